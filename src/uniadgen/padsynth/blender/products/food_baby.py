"""Juices, cereals, tea tins, baby bottles."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, WHITE, Builders, Look, Objects


def _juice(look: Look, rng: random.Random) -> Objects:
    drink = rng.choice(((0.96, 0.56, 0.1), (0.82, 0.14, 0.2), (0.96, 0.78, 0.25), (0.5, 0.68, 0.2), (0.45, 0.12, 0.32)))
    if look.product.material == "paper":
        w, h = rng.uniform(0.066, 0.08), rng.uniform(0.15, 0.2)
        paper = look.of("paper", rng.choice((look.colour, WHITE, mix(look.colour, WHITE, 0.7))))
        rise, half = w * 0.52, w / 2
        sections = [[(x, y, z) for x, y in sh.rounded_rect(w, w, 0.003, 3)] for z in (0.0, h)]
        ridge = [(x * 1.0, math.copysign(min(abs(y), 0.0016), y), h + rise) for x, y, _ in sections[0]]
        fin = [(x, y, h + rise + 0.018) for x, y, _ in ridge]
        body = sh.loft("carton", [*sections, ridge, fin], paper, 25)
        face = look.label(rng, 384, 640, "fruit")
        labels = [sh.flat_label("front", w - 0.004, h - 0.004, (0, -half - 0.0004, h / 2), face)]
        for s in (-1, 1):
            side = sh.flat_label("side", w - 0.004, h - 0.004, (0, -half - 0.0004, h / 2), face)
            labels.append(sh.move(side, degrees=(0, 0, 90 * s)))
        tilt = math.degrees(math.atan2(half, rise))
        cap = sh.lathe(
            "cap",
            sh.fillet([(0, -0.002), (0.0145, -0.002), (0.0145, 0.004), (0.0115, 0.005), (0.0115, 0.015, 0.002), (0, 0.015)]),
            look.of("plastic", drink),
            36,
        )
        return [body, *labels, sh.move(cap, (0, -half / 2, h + rise / 2), (90 - tilt, 0, 0))]
    r, h = rng.uniform(0.03, 0.038), rng.uniform(0.15, 0.21)
    square = rng.random() < 0.3
    neck, shoulder = 0.0135, h * rng.uniform(0.62, 0.74)
    profile = sh.fillet([(0, 0), (r, 0, 0.006), (r, shoulder, 0.03), (neck, h * 0.9, 0.03), (neck, h), (0, h)], 8)
    inner = [(max(q - 0.003, 0), max(z, 0.005)) for q, z in profile if z <= h * 0.86]
    level = inner[-1][1]
    clear = look.clear
    if square:
        outline = sh.rounded_rect(2 * r, 2 * r, r * 0.4, 6)
        bottle = sh.prism("bottle", outline, [(r - q, z) for q, z in profile], clear)
        fill = sh.prism("juice", outline, [(r - q, z) for q, z in [*inner, (0, level)]], look.liquid(drink, 0.1))
    else:
        bottle, fill = (
            sh.lathe("bottle", profile, clear, 56),
            sh.lathe("juice", [*inner, (0, level)], look.liquid(drink, 0.1), 56),
        )
    image = look.label(rng, 420, 360, "fruit")
    low, high = h * 0.1, shoulder - h * 0.1
    label = (
        sh.flat_label("label", r * 1.5, high - low, (0, -r - 0.0004, (low + high) / 2), image)
        if square
        else sh.round_label("label", profile, low, high, 130, image)
    )
    cap = sh.lathe(
        "cap",
        sh.fillet([(0, h - 0.016), (0.0162, h - 0.016, 0.001), (0.0162, h + 0.004, 0.002), (0, h + 0.004)]),
        rng.choice((look.accent, look.gold, look.white)),
        40,
    )
    return [bottle, fill, label, cap]


def _cereal(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.17, 0.2), rng.uniform(0.05, 0.065), rng.uniform(0.24, 0.29)
    paper = (0.72, 0.56, 0.38) if "kraft" in look.words else rng.choice((look.colour, look.colour, WHITE))
    accent = sh.readable(look.accent_colour, paper, 1.8)
    front = sh.label_image(look.product.brand, look.line, paper, accent, rng, 448, 640, "bowl")
    if rng.random() < 0.6:
        material = sh.picture("front", front, 0.4, coat=0.25)
        side_image = sh.label_image(look.product.brand, "nutrition", paper, accent, rng, 160, 640, "")
        draw = sh.ImageDraw.Draw(side_image)
        for i in range(11):
            y = 640 * (0.58 + 0.022 * i)
            draw.line((24, y, 24 + rng.uniform(60, 112), y), sh.rgb8(sh.readable(DARK, paper)), 3)
        side = sh.picture("side", side_image, 0.4, coat=0.25)
        parts = [
            sh.box("box", (w, d, h), (0, 0, 0), look.of("paper", paper), 0.0016, 2),
            sh.flat_label("front", w - 0.002, h - 0.002, (0, -d / 2 - 0.0003, h / 2), material),
        ]
        for s in (-1, 1):
            parts.append(
                sh.move(
                    sh.flat_label("side", d - 0.002, h - 0.002, (0, 0, 0), side),
                    (s * (w / 2 + 0.0003), 0, h / 2),
                    (0, 0, 90 * s),
                )
            )
        parts.append(
            sh.box("flap", (w * 0.4, d * 0.5, 0.0006), (0, -d * 0.22, h), look.of("paper", mix(paper, DARK, 0.06)), 0.0002, 1)
        )
        return parts

    # A stand-up pouch: an oval foot, flat at the sealed top.
    def half_depth(u: float, z: float) -> float:
        return 0.004 + (d * 0.62) * max(1 - (2 * u - 1) ** 2, 0) ** 0.7 * max(1 - (z / (h * 0.93)) ** 2.2, 0) ** 0.8

    sections = []
    for t in np.linspace(0, 1, 22):
        z, wide = h * t, w * (1 - 0.05 * math.sin(math.pi * t))
        ring = [((u - 0.5) * wide, -half_depth(u, z) * (0.12 if u in (0, 1) else 1), z) for u in np.linspace(0, 1, 25)]
        ring += [(x, -y, z) for x, y, _ in reversed(ring[1:-1])]
        sections.append(ring)
    foil = sh.textured(principled("foil", paper, 0.3, 0.15, coat_weight=0.3), "noise", 14, 0.35, 0.006)
    body = sh.loft("pouch", sections, foil, 70)

    def at(u: float, v: float) -> sh.Point:
        z, uu = h * (0.03 + 0.88 * v), 0.03 + 0.94 * u
        return (uu - 0.5) * w * (1 - 0.05 * math.sin(math.pi * z / h)), -half_depth(uu, z) - 0.0008, z

    label = sh.patch("front", at, sh.textured(sh.picture("front", front, 0.35, coat=0.3), "noise", 14, 0.3, 0.006), 30, 36)
    return [
        body,
        label,
        sh.box("seal", (w * 0.985, 0.01, 0.012), (0, 0, h - 0.012), look.accent, 0.002),
        sh.box("zip", (w * 0.95, 0.0125, 0.002), (0, 0, h - 0.028), look.accent, 0.0008),
    ]


def _tea_tin(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.036, 0.045), rng.uniform(0.085, 0.12)
    cut = h * rng.uniform(0.76, 0.86)
    metal = look.of("metal") if rng.random() < 0.5 else principled("lacquer", look.colour, 0.25, coat_weight=0.6)
    trim = rng.choice((look.gold, look.chrome, metal))
    square = rng.random() < 0.45
    body = sh.fillet([(0, 0), (r, 0, 0.002), (r, cut, 0.001), (0, cut)])
    lid = sh.fillet(
        [
            (0, cut + 0.0006),
            (r + 0.0012, cut + 0.0006),
            (r + 0.0012, h, 0.004),
            (r * 0.86, h),
            (r * 0.84, h + 0.002, 0.002),
            (0, h + 0.002),
        ]
    )
    bead = sh.fillet(
        [(r * 0.9, cut - 0.003), (r + 0.0018, cut - 0.003, 0.001), (r + 0.0018, cut + 0.0006, 0.001), (r * 0.9, cut + 0.0006)]
    )
    image = look.label(rng, 448, 448, rng.choice(("leaf", "leaf", "fruit")))
    low, high = h * 0.07, cut - h * 0.06
    if square:
        outline = sh.rounded_rect(2 * r, 2 * r, r * 0.22, 6)
        parts = [
            sh.prism(n, outline, [(r - q, z) for q, z in p], m)
            for n, p, m in (("tin", body, metal), ("lid", lid, metal), ("bead", bead, trim))
        ]
        parts.append(sh.flat_label("label", r * 1.62, high - low, (0, -r - 0.0003, (low + high) / 2), image))
        for s in (-1, 1):
            parts.append(
                sh.move(
                    sh.flat_label("label", r * 1.62, high - low, (0, -r - 0.0003, (low + high) / 2), image),
                    degrees=(0, 0, 90 * s),
                )
            )
    else:
        parts = [
            sh.lathe("tin", body, metal, 64),
            sh.lathe("lid", lid, metal, 64),
            sh.lathe("bead", bead, trim, 64, ring=True),
            sh.round_label("label", body, low, high, 120, image, lift=0.0003),
        ]
    if rng.random() < 0.5:
        parts.append(
            sh.lathe(
                "knob",
                sh.fillet(
                    [
                        (0, h),
                        (0.005, h),
                        (0.005, h + 0.006, 0.002),
                        (0.01, h + 0.01, 0.003),
                        (0.008, h + 0.018, 0.004),
                        (0, h + 0.019),
                    ]
                ),
                rng.choice((trim, look.wood)),
                28,
            )
        )
    return parts


def _baby_bottle(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.028, 0.034), rng.uniform(0.1, 0.135)
    waist = rng.choice((1.0, 0.84))
    profile = sh.fillet(
        [
            (0, 0),
            (r * 0.97, 0, 0.008),
            (r, h * 0.25, 0.03),
            (r * waist, h * 0.55, 0.05),
            (r, h * 0.85, 0.02),
            (r * 0.9, h),
            (0, h),
        ],
        7,
    )
    fill = h * rng.uniform(0.55, 0.85)
    inner = [(max(q - 0.0028, 0), max(z, 0.004)) for q, z in profile if z < fill]
    inner += [(sh.radius_at(profile, fill) - 0.0028, fill), (0, fill)]
    clear = principled("bottle", mix((1, 1, 1), look.colour, 0.18), 0.05, transmission_weight=0.95, ior=1.35)
    collar = sh.fillet(
        [(0, h - 0.004), (r * 1.04, h - 0.004, 0.002), (r * 1.02, h + 0.02, 0.004), (r * 0.7, h + 0.024), (0, h + 0.024)], 5
    )
    z = h + 0.022
    teat = sh.spline(
        [
            (r * 0.74, z),
            (r * 0.66, z + 0.01),
            (r * 0.34, z + 0.02),
            (r * 0.22, z + 0.03),
            (r * 0.24, z + 0.038),
            (r * 0.14, z + 0.0445),
            (0.0, z + 0.046),
        ],
        6,
    )
    silicone = principled("silicone", (0.93, 0.82, 0.66), 0.35, transmission_weight=0.35, ior=1.35)
    parts = [sh.lathe("bottle", profile, clear, 56), sh.lathe("milk", inner, principled("milk", (0.97, 0.96, 0.93), 0.25), 56)]
    parts += [sh.lathe("collar", collar, look.of("plastic"), 56), sh.lathe("teat", [(0, z), *teat], silicone, 40)]
    ridges = [
        sh.move(
            sh.box("ridge", (0.002, 0.0022, 0.014), (0, -r * 1.035, h + 0.001), look.of("plastic"), 0.0008, 1),
            degrees=(0, 0, 12 * k),
        )
        for k in range(30)
    ]
    parts.append(sh.join(ridges))
    ink = look.of("plastic", sh.readable(look.colour, (0.97, 0.96, 0.93), 2.0))
    for i in range(1, 8):
        zz = h * (0.14 + 0.09 * i)
        mark = sh.round_label("mark", profile, zz, zz + 0.0011, 26 if i % 2 else 44, ink, lift=0.0004)
        parts.append(sh.move(mark, degrees=(0, 0, 38)))
    paper = sh.label_image(
        look.product.brand,
        look.line,
        mix(look.colour, WHITE, 0.75),
        sh.readable(look.accent_colour, WHITE, 2),
        rng,
        320,
        320,
        "dot",
    )
    parts.append(
        sh.move(sh.round_label("label", profile, h * 0.2, h * 0.66, 72, sh.picture("label", paper, 0.4)), degrees=(0, 0, -16))
    )
    if rng.random() < 0.5:
        for s in (-1, 1):
            loop = sh.spline(
                [
                    (s * r * 0.95, 0, h * 0.92),
                    (s * (r + 0.026), 0, h * 0.9),
                    (s * (r + 0.034), 0, h * 0.66),
                    (s * (r + 0.022), 0, h * 0.4),
                    (s * (r + 0.006), 0, h * 0.36),
                ],
                7,
            )
            parts.append(sh.tube("handle", loop, 0.0052, look.of("plastic")))
        parts.append(
            sh.lathe(
                "holder",
                sh.fillet(
                    [(r * 0.8, h * 0.89), (r * 1.06, h * 0.89, 0.002), (r * 1.06, h * 0.955, 0.002), (r * 0.8, h * 0.955)]
                ),
                look.of("plastic"),
                56,
                ring=True,
            )
        )
    return parts


BUILDERS: Builders = {"juice": _juice, "cereal": _cereal, "tea tin": _tea_tin, "baby bottle": _baby_bottle}
