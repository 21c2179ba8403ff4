"""Lipsticks, face creams, perfumes, shampoos."""

import math
import random

import bpy
import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import WHITE, Builders, Look, Objects
from uniadgen.padsynth.blender.shapes import Colour


def _tone(look: Look, rng: random.Random) -> Colour:
    return rng.choice(((0.72, 0.1, 0.17), (0.83, 0.28, 0.35), (0.55, 0.1, 0.2), (0.87, 0.45, 0.42), (0.78, 0.14, 0.4)))


def _lipstick(look: Look, rng: random.Random) -> Objects:
    square, r, h = rng.random() < 0.4, rng.uniform(0.0095, 0.0115), rng.uniform(0.036, 0.042)
    case = look.gold if "gilded" in look.words else look.body
    trim = look.gold if case is not look.gold and rng.random() < 0.6 else look.chrome

    def stick(radius: float, low: float, high: float, material: bpy.types.Material, edge: float = 0.0012) -> bpy.types.Object:
        outline = sh.rounded_rect(2 * radius, 2 * radius, radius * 0.3, 5) if square else sh.circle(radius, 48)
        return sh.prism("part", outline, sh.fillet([(edge, low), (0, low, edge), (0, high, edge), (edge, high)]), material)

    tube_top = h + 0.012
    parts = [
        stick(r, 0, h * 0.72, case),
        stick(r * 1.01, h * 0.72 - 0.003, h * 0.72, trim, 0.0004),
        stick(r * 0.84, h * 0.7, tube_top, trim, 0.0005),
    ]
    tone, b = _tone(look, rng), r * 0.68
    slant = rng.uniform(0.7, 1.1)
    sections = []
    for t in np.linspace(0, 1, 10):
        k = 1 if t < 0.3 else math.sqrt(max(1 - ((t - 0.3) / 0.7) ** 2.6, 0.0))
        rise = tube_top - 0.002 + 0.021 * t
        # The tip is cut at a slant, as a bullet is.
        sections.append([(x * k, y * k, rise + slant * y * k * t * 0.8) for x, y in sh.circle(b, 36)])
    parts.append(sh.loft("bullet", sections, principled("wax", tone, 0.26, coat_weight=0.25, coat_roughness=0.2), 70))
    cap_h, cx = rng.uniform(0.042, 0.05), rng.choice((-1, 1)) * r * rng.uniform(2.5, 3.0)
    cap = [stick(r * 1.02, 0, cap_h, case), stick(r * 1.035, 0.002, 0.005, trim, 0.0004)]
    if rng.random() < 0.35:
        yaw = rng.uniform(-20, 20)
        cap = [sh.move(sh.move(o, (-cap_h / 2, 0, r * 1.03), (0, 90, 0)), (0, -r * 3.2, 0), (0, 0, yaw)) for o in cap]
    else:
        cap = [sh.move(o, (cx, -0.004, 0)) for o in cap]
    profile = [(r, 0.0), (r, h)]
    image = look.brand(look.colour if case is not look.gold else (0.89, 0.72, 0.42), rng)
    if square:
        brand = sh.flat_label("brand", r * 1.7, r * 0.425, (0, -r - 0.0002, h * 0.34), image)
    else:
        brand = sh.round_label("brand", profile, h * 0.29, h * 0.29 + 0.006, 130, image, lift=0.0002)
    return [*parts, *cap, brand]


def _face_cream(look: Look, rng: random.Random) -> Objects:
    trim = rng.choice((look.gold, look.chrome, look.accent, look.white))
    if rng.random() < 0.7:
        r, h = rng.uniform(0.028, 0.036), rng.uniform(0.032, 0.046)
        wall = sh.fillet([(0, 0), (r * 0.94, 0, 0.005), (r, h * 0.35, 0.02), (r, h, 0.006), (r * 0.86, h), (0, h)], 6)
        parts = []
        if look.product.material == "glass":
            core = sh.fillet([(0, 0.007), (r * 0.78, 0.007, 0.006), (r * 0.82, h - 0.003), (0, h - 0.003)], 5)
            parts += [
                sh.lathe("jar", wall, look.body, 64),
                sh.lathe("cream", core, principled("cream", mix(look.colour, WHITE, 0.6), 0.35), 48),
            ]
        else:
            parts.append(sh.lathe("jar", wall, look.body, 64))
        parts.append(
            sh.lathe("ring", [(0, h - 0.001), (r * 0.9, h - 0.001), (r * 0.9, h + 0.003), (0, h + 0.003)], look.chrome, 56)
        )
        lid_h = rng.uniform(0.014, 0.022)
        lid_profile = sh.fillet([(0, 0), (r * 1.01, 0, 0.001), (r * 1.01, lid_h, 0.004), (0, lid_h + 0.001)], 5)
        lid = sh.lathe("lid", lid_profile, trim, 64)
        if rng.random() < 0.35:
            swirl = [
                (r * 0.84 * math.cos(a) * (1 - a / 16), r * 0.84 * math.sin(a) * (1 - a / 16), h + 0.002 + 0.0007 * a)
                for a in np.linspace(0, 14.5, 90)
            ]
            parts.append(
                sh.tube("swirl", swirl, 0.0045, principled("cream", (0.97, 0.94, 0.9), 0.3, coat_weight=0.2), up=(0, 0, 1))
            )
            parts.append(sh.move(lid, (r * 1.42, -r * 0.4, r * 0.94), (68, 0, 74)))
        else:
            parts.append(sh.move(lid, (0, 0, h + 0.0025)))
        label = sh.round_label("label", wall, h * 0.18, h * 0.86, 112, look.label(rng, 512, 256), lift=0.0003)
        return [*parts, label]
    w, h, cap_h = rng.uniform(0.024, 0.03), rng.uniform(0.11, 0.14), rng.uniform(0.018, 0.026)
    sections = []
    for t in np.linspace(0, 1, 14):
        flat = max(1 - t**1.25, 0.035)
        wide = 1 + 0.18 * t
        sections.append(
            [(x * wide * min(1, 0.9 + t * 2), y * flat * min(1, 0.9 + t * 2), cap_h + h * t) for x, y in sh.circle(w, 48)]
        )
    tube = sh.loft("tube", sections, look.of("plastic"), 60)
    crimp = sh.box("crimp", (w * 2.36, 0.0022, 0.01), (0, 0, cap_h + h - 0.002), look.of("plastic"), 0.0006)
    cap = sh.lathe("cap", sh.fillet([(0, 0), (w * 0.92, 0, 0.002), (w * 0.95, cap_h, 0.001), (0, cap_h)]), trim, 56)
    material = look.label(rng, 256, 384)

    def at(u: float, v: float) -> sh.Point:
        t = 0.14 + 0.68 * v
        a = (u - 0.5) * 1.7
        wide, flat = w * (1 + 0.18 * t), w * max(1 - t**1.25, 0.035)
        return wide * math.sin(a), -flat * math.cos(a) - 0.0006, cap_h + h * t

    return [tube, crimp, cap, sh.patch("label", at, material, 18, 18)]


def _perfume(look: Look, rng: random.Random) -> Objects:
    juice = look.liquid(mix(look.colour, WHITE, 0.25), 0.7)
    form = rng.choice(("block", "disc", "column"))
    metal = rng.choice((look.gold, look.chrome))
    if form == "disc":
        r, depth = rng.uniform(0.034, 0.042), rng.uniform(0.022, 0.028)
        outline = sh.circle(r, 56, rng.uniform(0.85, 1.0))
        h = max(y for _, y in outline) * 2
        glass = sh.move(sh.plate("bottle", outline, depth, look.body, depth * 0.35), (0, 0, h / 2 + 0.002))
        inside = sh.move(
            sh.plate("juice", [(x * 0.86, y * 0.86) for x, y in outline], depth * 0.6, juice, depth * 0.2),
            (0, 0, h / 2 + 0.002),
        )
        foot = sh.box("foot", (r * 0.9, depth * 0.9, 0.006), (0, 0, 0), metal, 0.0015)
        parts = [glass, inside, foot]
        brand_at = (0, -depth / 2 - 0.0005, h / 2)
        face = r * 1.15
    elif form == "block":
        w, d, h = rng.uniform(0.048, 0.062), rng.uniform(0.024, 0.034), rng.uniform(0.062, 0.085)
        glass = sh.slab("bottle", (w, d, h), look.body, rng.uniform(0.003, 0.01), 0.003)
        inside = sh.slab("juice", (w - 0.009, d - 0.009, h * rng.uniform(0.72, 0.86) - 0.008), juice, 0.003, 0.002, z=0.008)
        parts = [glass, inside]
        brand_at, face = (0, -d / 2 - 0.0003, h * 0.46), w * 0.74
    else:
        r, h = rng.uniform(0.019, 0.025), rng.uniform(0.075, 0.095)
        facets = rng.choice((6, 8, 56))
        parts = [
            sh.lathe("bottle", sh.fillet([(0, 0), (r, 0, 0.002), (r, h, 0.004), (0, h)]), look.body, facets, smooth=30),
            sh.lathe(
                "juice", sh.fillet([(0, 0.008), (r - 0.0045, 0.008, 0.002), (r - 0.0045, h * 0.82), (0, h * 0.82)]), juice, 48
            ),
        ]
        if facets == 8:
            parts = [sh.move(o, degrees=(0, 0, 22.5)) for o in parts]
        front, face = (r * math.cos(math.pi / facets), r * 0.9) if facets < 10 else (r, r * 0.72)
        brand_at = (0, -front - 0.0004, h * 0.45)
    collar_r = 0.0085
    parts.append(
        sh.lathe(
            "collar",
            sh.fillet([(0, h - 0.002), (collar_r, h - 0.002), (collar_r, h + 0.007, 0.001), (0, h + 0.007)]),
            metal,
            40,
        )
    )
    cap_kind = rng.choice(("cylinder", "cube", "ball"))
    cap_material = rng.choice((metal, look.accent, look.black, look.wood))
    z, ch = h + 0.007, rng.uniform(0.02, 0.028)
    if cap_kind == "ball":
        parts.append(sh.ball("cap", ch * 0.55, (0, 0, z + ch * 0.5), cap_material))
    elif cap_kind == "cube":
        parts.append(sh.box("cap", (ch, min(ch, 0.026), ch), (0, 0, z), cap_material, 0.0025))
    else:
        parts.append(
            sh.lathe("cap", sh.fillet([(0, z), (0.0125, z, 0.001), (0.0125, z + ch, 0.002), (0, z + ch)]), cap_material, 48)
        )
    if form == "column" and facets > 10:
        image = look.label(rng, 384, 320, line="eau de parfum")
        parts.append(sh.round_label("label", [(r, 0), (r, h)], h * 0.2, h * 0.6, 105, image, lift=0.0003))
    elif rng.random() < 0.5 and face > 0.025:
        parts.append(sh.flat_label("label", face, face * 0.6, brand_at, look.label(rng, 384, 230, line="eau de parfum")))
    else:
        parts.append(sh.flat_label("brand", face, face / 4, brand_at, look.brand(mix(look.colour, WHITE, 0.25), rng)))
    return parts


def _shampoo(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.034, 0.042), rng.uniform(0.14, 0.18)
    squash = rng.choice((1.0, 0.62, 0.62))
    shoulder = rng.uniform(0.018, 0.045)
    waist = rng.uniform(0.86, 1.02)
    neck = 0.013
    profile = sh.fillet(
        [
            (0, 0),
            (r, 0, 0.005),
            (r * waist, h * 0.5, 0.08),
            (r, h - shoulder, shoulder),
            (neck, h, 0.004),
            (neck, h + 0.008),
            (0, h + 0.008),
        ],
        7,
    )
    pump = "pump" in look.words or rng.random() < 0.45
    trim = rng.choice((look.white, look.black, look.accent, look.chrome))
    label = sh.round_label(
        "label", profile, h * 0.14, h * 0.7, 110, look.label(rng, 320, 400, rng.choice(("leaf", "", "leaf"))), squash, 0.0005
    )
    parts = [sh.lathe("bottle", profile, look.body, 64, squash), label]
    if pump:
        z = h + 0.004
        parts += [
            sh.lathe("collar", sh.fillet([(0, z), (0.0165, z, 0.001), (0.016, z + 0.018, 0.003), (0, z + 0.019)]), trim, 40),
            sh.lathe("stem", [(0, z + 0.018), (0.0045, z + 0.018), (0.0045, z + 0.04), (0, z + 0.04)], look.white, 20),
            sh.lathe(
                "head",
                sh.fillet([(0, z + 0.036), (0.012, z + 0.036, 0.002), (0.0115, z + 0.05, 0.004), (0, z + 0.052)]),
                trim,
                32,
            ),
        ]
        s = rng.choice((-1, 1))
        spout = sh.spline(
            [(0, 0, z + 0.045), (s * 0.024, -0.004, z + 0.0465), (s * 0.04, -0.006, z + 0.043), (s * 0.045, -0.007, z + 0.034)],
            6,
        )
        parts.append(sh.tube("spout", spout, 0.0048, trim))
    else:
        z, cr = h + 0.001, rng.uniform(0.018, 0.023)
        parts.append(
            sh.lathe(
                "cap",
                sh.fillet(
                    [
                        (0, z),
                        (cr, z, 0.001),
                        (cr, z + 0.018),
                        (cr - 0.0006, z + 0.0185),
                        (cr - 0.0006, z + 0.0195),
                        (cr, z + 0.02),
                        (cr * 0.97, z + 0.03, 0.004),
                        (0, z + 0.031),
                    ]
                ),
                trim,
                48,
            )
        )
    return parts


BUILDERS: Builders = {"lipstick": _lipstick, "face cream": _face_cream, "perfume": _perfume, "shampoo": _shampoo}
