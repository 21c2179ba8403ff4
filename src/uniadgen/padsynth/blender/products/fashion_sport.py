"""Handbags, suitcases, water bottles, dumbbells."""

import itertools
import math
import random
from collections.abc import Callable

import bpy
import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, Builders, Look, Objects
from uniadgen.padsynth.blender.products.parts import disc
from uniadgen.padsynth.blender.shapes import Point2


def _bag_body(
    look: Look, w: float, d: float, h: float, taper: float
) -> tuple[bpy.types.Object, Callable[[float, float], sh.Point]]:
    """A soft bag, narrower and flatter towards its mouth, and a function for points on its front."""

    def size(t: float) -> Point2:
        return w * (1 - taper * t) * (1 + 0.02 * math.sin(math.pi * t)), d * (1 - 0.55 * t**1.3)

    sections = []
    for t in [0.0, 0.012, 0.035, *np.linspace(0.08, 1, 12).tolist()]:
        shrink = {0.0: 0.94, 0.012: 0.985}.get(t, 1.0)
        wide, deep = size(t)
        sections.append([(x * shrink, y * shrink, h * t) for x, y in sh.rounded_rect(wide, deep, 0.3 * deep, 7)])

    def front(u: float, v: float) -> sh.Point:
        wide, deep = size(v)
        return (u - 0.5) * wide, -deep / 2 - 0.0006, h * v

    return sh.loft("bag", sections, look.soft, 50), front


def _handbag(look: Look, rng: random.Random) -> Objects:
    metal = rng.choice((look.gold, look.chrome))
    trim = look.of("leather", rng.choice((look.accent_colour, mix(look.colour, DARK, 0.45), (0.45, 0.28, 0.17))))
    thread = principled(
        "thread", mix(look.colour, (1, 1, 1), 0.5) if sh.luminance(look.colour) < 0.4 else mix(look.colour, DARK, 0.45), 0.8
    )
    if rng.random() < 0.5:
        w, d, h = rng.uniform(0.28, 0.36), rng.uniform(0.1, 0.14), rng.uniform(0.22, 0.28)
        body, front = _bag_body(look, w, d, h, rng.uniform(-0.12, 0.18))
        parts = [body]
        for y_sign in (-1, 1):
            fx = w * 0.2
            _, y, _ = front(0.5, 0.88)
            _, ytop, _ = front(0.5, 1.0)
            y, ytop = (y, ytop) if y_sign < 0 else (-y, -ytop)
            rise = rng.uniform(0.11, 0.14) if y_sign < 0 else 0.12
            path = sh.spline(
                [
                    (-fx, y, h * 0.84),
                    (-fx, ytop, h * 1.0),
                    (-fx * 0.86, ytop * 0.9, h + rise * 0.65),
                    (0, ytop * 0.8, h + rise),
                    (fx * 0.86, ytop * 0.9, h + rise * 0.65),
                    (fx, ytop, h * 1.0),
                    (fx, y, h * 0.84),
                ],
                7,
            )
            parts.append(sh.tube("handle", path, 0.0055, trim))
            for s in (-1, 1):
                tab = sh.plate("tab", sh.rounded_rect(0.03, 0.052, 0.012), 0.005, trim, 0.0015)
                parts.append(sh.move(tab, (s * fx, y + y_sign * 0.001, h * 0.84), (-6 * -y_sign, 0, 0)))
                parts.append(
                    disc("rivet", 0.0045, 0.004, (s * fx, y - 0.002, h * 0.82), metal)
                    if y_sign < 0
                    else sh.ball("rivet", 0.004, (s * fx, y + 0.003, h * 0.82), metal)
                )
        for v in (0.05, 0.955):
            parts.append(sh.stitches("seam", [front(u, v) for u in np.linspace(0.12, 0.88, 9)], thread, 0.006, 0.0009))
        if rng.random() < 0.6:

            def low(u: float, v: float) -> sh.Point:
                x, y, z = front(0.14 + 0.72 * u, 0.16 * v)
                return x, y - 0.0004, z

            parts.append(sh.patch("strip", low, trim, 20, 6))
        _, y, z = front(0.5, 0.6)
        parts.append(
            sh.move(
                sh.flat_label("brand", 0.11, 0.0275, (0, 0, 0), look.brand(look.colour, rng)), (0, y - 0.0012, z), (-7, 0, 0)
            )
        )
        if rng.random() < 0.5:
            parts.append(
                sh.tube(
                    "tassel ring",
                    [
                        (w * 0.2 + 0.011 * math.cos(a), y - 0.012, h * 0.74 + 0.011 * math.sin(a))
                        for a in np.linspace(0, 2 * math.pi, 25)[:-1]
                    ],
                    0.0014,
                    metal,
                    closed=True,
                )
            )
            parts.append(
                sh.move(
                    sh.lathe(
                        "tassel", sh.fillet([(0, -0.07), (0.011, -0.07), (0.006, -0.014, 0.004), (0.005, 0), (0, 0)]), trim, 20
                    ),
                    (w * 0.2, y - 0.012, h * 0.7),
                )
            )
        return parts
    w, d, h = rng.uniform(0.21, 0.26), rng.uniform(0.08, 0.1), rng.uniform(0.15, 0.18)
    parts = [sh.slab("body", (w, d, h), look.soft, 0.022, 0.008)]
    drop = rng.uniform(0.5, 0.68) * h
    lower = rng.uniform(0.012, 0.06)
    outline = sh.fillet(
        [
            (0, h - drop),
            (w / 2 - lower, h - drop, 0.04),
            (w / 2 + 0.002, h - drop + lower + 0.01, 0.03),
            (w / 2 + 0.002, h + 0.002),
        ],
        6,
    )
    outline = [(-x, z) for x, z in reversed(outline)][:-1] + outline
    flap = sh.plate("flap", outline, 0.006, look.soft, 0.0022)
    parts += [
        sh.move(flap, (0, -d / 2 - 0.003, 0)),
        sh.slab("flap top", (w + 0.004, d + 0.009, 0.008), look.soft, 0.02, 0.0035, z=h - 0.003),
    ]
    edge = [(x * 0.965, -d / 2 - 0.0064, h - (h - z) * 0.955) for x, z in outline]
    parts.append(sh.stitches("seam", edge, thread, 0.0045, 0.0006))
    parts.append(
        sh.move(
            sh.plate("clasp", sh.rounded_rect(0.034, 0.026, 0.006), 0.007, metal, 0.002), (0, -d / 2 - 0.007, h - drop + 0.016)
        )
    )
    parts.append(disc("turn", 0.006, 0.006, (0, -d / 2 - 0.0095, h - drop + 0.016), metal, 0.002))
    parts.append(sh.flat_label("brand", 0.075, 0.01875, (0, -d / 2 - 0.0064, h - drop * 0.42), look.brand(look.colour, rng)))
    x, rise = w / 2 - 0.012, rng.uniform(0.09, 0.16)
    if rng.random() < 0.5:
        links = sh.spline(
            [(-x, 0, h), (-x * 0.95, 0, h + rise * 0.6), (0, 0, h + rise), (x * 0.95, 0, h + rise * 0.6), (x, 0, h)], 9
        )
        chain = []
        for i, (a, b) in enumerate(itertools.pairwise(links)):
            mid, size = [(p + q) / 2 for p, q in zip(a, b, strict=True)], math.dist(a, b)
            ring = sh.tube(
                "link",
                [(size * 0.72 * math.cos(t), 0, size * 0.42 * math.sin(t)) for t in np.linspace(0, 2 * math.pi, 15)[:-1]],
                0.0017,
                metal,
                closed=True,
                sides=7,
            )
            slope = math.degrees(math.atan2(b[2] - a[2], b[0] - a[0]))
            chain.append(sh.move(sh.move(ring, degrees=(90 * (i % 2), 0, 0)), mid, (0, -slope, 0)))
        parts.append(sh.join(chain))
    else:
        strap = sh.spline(
            [
                (-x, 0, h - 0.004),
                (-x * 0.97, 0, h + rise * 0.55),
                (-x * 0.5, 0, h + rise),
                (x * 0.5, 0, h + rise),
                (x * 0.97, 0, h + rise * 0.55),
                (x, 0, h - 0.004),
            ],
            7,
        )
        parts.append(sh.sweep("strap", strap, sh.rounded_rect(0.004, 0.022, 0.0018, 3), look.soft))
    parts += [
        sh.tube(
            "ring",
            [(s * x, 0.014 * math.cos(a), h + 0.006 + 0.011 * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 21)[:-1]],
            0.0022,
            metal,
            up=(1, 0, 0),
            closed=True,
        )
        for s in (-1, 1)
    ]
    return parts


def _suitcase(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.36, 0.44), rng.uniform(0.22, 0.27), rng.uniform(0.52, 0.66)
    z0, soft = 0.055, look.product.material == "fabric"
    shell = look.soft if soft else look.body
    corner = rng.uniform(0.045, 0.075)
    parts: Objects = []
    for s in (-1, 1):
        half = sh.plate("shell", sh.rounded_rect(w, h, corner, 8), d / 2 - 0.004, shell, 0.03 if not soft else 0.02)
        parts.append(sh.move(half, (0, s * (d / 4 + 0.002), z0 + h / 2)))
    parts.append(
        sh.move(
            sh.plate(
                "zip", sh.rounded_rect(w - 0.006, h - 0.006, corner, 8), 0.014, look.black if not soft else look.accent, 0.001
            ),
            (0, 0, z0 + h / 2),
        )
    )
    front, ribs = -d / 2 + 0.0005, rng.choice(("vertical", "horizontal", "plain"))
    if not soft and ribs == "vertical":
        count = rng.randint(5, 9)
        for i in range(count):
            x = (i / (count - 1) - 0.5) * (w - 2 * corner)
            parts.append(
                sh.box("rib", (w / count * 0.42, 0.012, h - 2 * corner), (x, front + 0.001, z0 + corner), shell, 0.0055)
            )
    elif not soft and ribs == "horizontal":
        for i in range(7):
            parts.append(
                sh.box(
                    "rib",
                    (w - 2 * corner, 0.01, 0.022),
                    (0, front + 0.001, z0 + corner + (h - 2 * corner - 0.02) * i / 6),
                    shell,
                    0.0045,
                )
            )
    elif soft:
        pocket = sh.plate("pocket", sh.rounded_rect(w * 0.8, h * 0.42, 0.03), 0.03, shell, 0.012)
        parts += [
            sh.move(pocket, (0, front - 0.006, z0 + h * 0.32)),
            sh.box("zip", (w * 0.7, 0.006, 0.008), (0, front - 0.02, z0 + h * 0.47), look.black, 0.002),
            sh.box(
                "band", (w * 0.78, 0.014, 0.1), (0, front - 0.002, z0 + h * 0.66), look.of("fabric", look.accent_colour), 0.005
            ),
        ]
    else:
        for k in (0.88, 0.72):
            path = [(x, front - 0.0005, z0 + h / 2 + y) for x, y in sh.rounded_rect(w * k, h * k, corner, 8)]
            parts.append(sh.tube("groove", path, 0.003, shell, closed=True, sides=10))
    if not soft:
        for sx in (-1, 1):
            for sz in (0.0, 1.0):
                guard = sh.box(
                    "guard",
                    (0.07, d * 0.62, 0.05),
                    (sx * (w / 2 - 0.031), 0, z0 - 0.004 + sz * (h - 0.042)),
                    rng.choice((look.black, shell)),
                    0.022,
                    4,
                )
                parts.append(guard)
    for sx in (-1, 1):
        for sy in (-1, 1):
            x, y = sx * (w / 2 - 0.055), sy * (d / 2 - 0.05)
            parts.append(sh.box("fork", (0.03, 0.034, 0.042), (x, y, 0.024), look.black, 0.007))
            wheel = sh.fillet([(0, -0.011), (0.026, -0.011, 0.004), (0.026, 0.011, 0.004), (0, 0.011)])
            for side in (-0.015, 0.015):
                parts.append(
                    sh.move(
                        sh.lathe("wheel", [(q, zz * 0.75) for q, zz in wheel], look.rubber, 28),
                        (x + side, y, 0.026),
                        (0, 90, 0),
                    )
                )
    top, up = z0 + h, rng.choice((0.05, 0.22, 0.34))
    pole = look.of("metal", (0.78, 0.78, 0.8))
    parts += [sh.box("pole", (0.018, 0.012, up + 0.03), (s * w * 0.18, d / 2 - 0.05, top - 0.03), pole, 0.003) for s in (-1, 1)]
    parts.append(sh.box("grip", (w * 0.36 + 0.03, 0.03, 0.032), (0, d / 2 - 0.05, top + up - 0.006), look.black, 0.011, 4))
    handle = sh.spline(
        [
            (-0.08, -0.02, top - 0.004),
            (-0.07, -0.02, top + 0.024),
            (0, -0.02, top + 0.028),
            (0.07, -0.02, top + 0.024),
            (0.08, -0.02, top - 0.004),
        ],
        6,
    )
    parts.append(sh.sweep("carry", handle, sh.rounded_rect(0.013, 0.026, 0.005, 4), look.black))
    parts.append(
        sh.move(
            sh.sweep(
                "carry",
                [(x * 0.9, y + 0.02, z - top) for x, y, z in handle],
                sh.rounded_rect(0.013, 0.024, 0.005, 4),
                look.black,
            ),
            (w / 2, 0, z0 + h * 0.55),
            (0, 90, 0),
        )
    )
    plate = sh.plate("badge", sh.rounded_rect(0.11, 0.032, 0.006), 0.006, look.black, 0.0015)
    bz, by = z0 + h * 0.82, front - 0.008
    return [
        *parts,
        sh.move(plate, (0, by + 0.001, bz)),
        sh.flat_label("brand", 0.096, 0.024, (0, by - 0.0026, bz), look.brand(DARK, rng)),
    ]


def _water_bottle(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.033, 0.04), rng.uniform(0.19, 0.24)
    trim = rng.choice((look.black, look.accent, look.chrome, look.wood))
    neck = r * rng.uniform(0.6, 0.74)
    slope = rng.uniform(0.02, 0.045)
    profile = sh.fillet([(0, 0), (r, 0, 0.005), (r, h - slope, 0.03), (neck, h, 0.006), (neck, h + 0.006), (0, h + 0.006)], 7)
    clear = look.product.material in ("glass", "plastic") and rng.random() < 0.7
    parts: Objects = []
    if clear:
        tinted = principled("clear", mix((1, 1, 1), look.colour, 0.45), 0.03, transmission_weight=0.95, ior=1.3)
        parts.append(sh.lathe("bottle", profile, tinted, 56))
        fill = [(max(q - 0.003, 0), max(z, 0.005)) for q, z in profile if z < h * 0.8]
        parts.append(
            sh.lathe("water", [*fill, (0, fill[-1][1])], look.liquid(mix(look.colour, (0.8, 0.92, 1), 0.65), 0.75), 56)
        )
        if look.product.material == "glass":
            sleeve = sh.fillet([(r * 0.8, 0.002), (r + 0.002, 0.002, 0.002), (r + 0.002, h * 0.55, 0.001), (r * 0.8, h * 0.55)])
            parts.append(sh.lathe("sleeve", sleeve, look.of("rubber"), 56, ring=True))
    else:
        kind = "metal" if look.product.material == "metal" and rng.random() < 0.6 else "plastic"
        parts.append(sh.lathe("bottle", profile, look.of(kind), 64))
        parts.append(
            sh.lathe(
                "base",
                sh.fillet([(0, -0.001), (r + 0.0008, -0.001, 0.003), (r + 0.0008, h * 0.06), (0, h * 0.06)]),
                trim if rng.random() < 0.5 else look.chrome,
                64,
            )
        )
    lid = rng.choice(("loop", "sport", "cup"))
    z = h + 0.004
    if lid == "loop":
        parts.append(
            sh.lathe(
                "lid", sh.fillet([(0, z), (neck + 0.003, z, 0.001), (neck + 0.003, z + 0.024, 0.003), (0, z + 0.025)]), trim, 48
            )
        )
        arc = sh.spline(
            [
                (-neck * 0.9, 0, z + 0.018),
                (-neck * 0.8, 0, z + 0.042),
                (0, 0, z + 0.052),
                (neck * 0.8, 0, z + 0.042),
                (neck * 0.9, 0, z + 0.018),
            ],
            7,
        )
        parts.append(sh.sweep("loop", arc, sh.rounded_rect(0.008, 0.016, 0.0035, 4), trim))
    elif lid == "sport":
        parts.append(
            sh.lathe(
                "lid",
                sh.fillet(
                    [
                        (0, z),
                        (neck + 0.004, z, 0.001),
                        (neck + 0.003, z + 0.016, 0.006),
                        (0.013, z + 0.03, 0.006),
                        (0.011, z + 0.036),
                        (0, z + 0.036),
                    ]
                ),
                trim,
                48,
            )
        )
        parts.append(
            sh.lathe(
                "nozzle",
                sh.fillet(
                    [
                        (0, z + 0.034),
                        (0.009, z + 0.034),
                        (0.008, z + 0.05, 0.002),
                        (0.0105, z + 0.053, 0.002),
                        (0.009, z + 0.062, 0.003),
                        (0, z + 0.063),
                    ]
                ),
                look.of("rubber", look.accent_colour),
                32,
            )
        )
    else:
        parts.append(
            sh.lathe(
                "lid", sh.fillet([(0, z), (neck + 0.006, z, 0.001), (neck + 0.002, z + 0.042, 0.006), (0, z + 0.044)]), trim, 48
            )
        )
        parts.append(
            sh.lathe(
                "band",
                sh.fillet(
                    [(neck * 0.8, z + 0.004), (neck + 0.0068, z + 0.004), (neck + 0.0066, z + 0.01), (neck * 0.8, z + 0.01)]
                ),
                look.chrome,
                48,
                ring=True,
            )
        )
    low = h * 0.28
    if rng.random() < 0.5:
        mark = sh.round_label(
            "label",
            profile,
            low,
            low + h * 0.36,
            100,
            look.label(rng, 320, 360, rng.choice(("leaf", "dot", ""))),
            lift=0.0025 if clear else 0.0004,
        )
    else:
        # A name that runs up the bottle, as sports brands like it.
        ink = look.brand(look.colour, rng)
        span = h * 0.5

        def at(u: float, v: float) -> sh.Point:
            a = (0.5 - v) * 0.62
            radius = r + (0.0025 if clear else 0.0004)
            return radius * math.sin(a), -radius * math.cos(a), low - h * 0.06 + span * u

        mark = sh.patch("brand", at, ink, 12, 10)
    return [*parts, mark]


def _dumbbell(look: Look, rng: random.Random) -> Objects:
    length, grip = rng.uniform(0.24, 0.3), rng.uniform(0.0135, 0.016)
    head, r = length * rng.uniform(0.26, 0.3), rng.uniform(0.052, 0.068)
    half = length / 2
    form = rng.choice(("hex", "hex", "plates", "round"))
    steel = look.of("metal", (0.8, 0.8, 0.82))
    knurl = sh.textured(principled("knurl", (0.72, 0.72, 0.74), 0.34, 1.0), "cells", 600, 0.9, 0.001)
    coat = look.body if look.product.material == "rubber" else look.of("rubber") if form == "hex" else look.body
    inner = half - head
    parts = []
    bar = sh.spline(
        [(grip, -inner), (grip * 1.06, -inner * 0.5), (grip * 1.16, 0), (grip * 1.06, inner * 0.5), (grip, inner)], 6
    )
    parts.append(sh.lathe("grip", [(0, -inner), *bar, (0, inner)], knurl, 40))
    faces: Objects = []
    for s in (-1, 1):
        pieces: Objects = []
        if form == "hex":
            profile = sh.fillet(
                [
                    (0, inner),
                    (r * 0.8, inner, 0.004),
                    (r, inner + head * 0.22, 0.006),
                    (r, half - head * 0.2, 0.006),
                    (r * 0.8, half, 0.004),
                    (0, half),
                ],
                3,
            )
            pieces.append(sh.lathe("head", profile, coat, 6, smooth=25))
            pieces.append(
                sh.lathe(
                    "disc",
                    [(0, half - 0.002), (r * 0.62, half - 0.002), (r * 0.6, half + 0.001), (0, half + 0.001)],
                    steel if rng.random() < 0.5 else look.accent,
                    40,
                )
            )
            pieces.append(
                sh.lathe(
                    "collar",
                    sh.fillet(
                        [
                            (0, inner - 0.008),
                            (grip * 1.5, inner - 0.008, 0.002),
                            (grip * 1.5, inner + 0.002),
                            (0, inner + 0.002),
                        ]
                    ),
                    steel,
                    36,
                )
            )
        elif form == "plates":
            x = inner
            for k in (1.0, 0.86, 0.7):
                t = head * 0.26
                pieces.append(
                    sh.lathe(
                        "plate",
                        sh.fillet(
                            [
                                (0, x),
                                (r * k, x, 0.004),
                                (r * k, x + t, 0.004),
                                (r * k * 0.8, x + t, 0.002),
                                (r * k * 0.75, x + t - 0.003),
                                (0, x + t - 0.003),
                            ],
                            4,
                        ),
                        coat if k != 0.86 else look.of("rubber", look.accent_colour),
                        48,
                    )
                )
                x += t
            pieces.append(
                sh.lathe(
                    "nut",
                    sh.fillet([(0, x), (grip * 1.9, x, 0.002), (grip * 1.7, x + 0.014, 0.003), (0, x + 0.014)]),
                    steel,
                    6,
                    smooth=25,
                )
            )
            pieces.append(
                sh.lathe("end", sh.fillet([(0, x), (grip * 0.8, x), (grip * 0.8, x + 0.03, 0.002), (0, x + 0.03)]), steel, 28)
            )
        else:
            profile = sh.fillet(
                [
                    (0, inner),
                    (r * 0.6, inner, 0.01),
                    (r, inner + head * 0.3, 0.025),
                    (r, half - head * 0.25, 0.025),
                    (r * 0.62, half, 0.008),
                    (0, half),
                ],
                6,
            )
            pieces.append(sh.lathe("head", profile, coat, 56))
            pieces.append(
                sh.lathe(
                    "cap",
                    sh.fillet(
                        [(0, half - 0.001), (r * 0.55, half - 0.001), (r * 0.52, half + 0.002, 0.001), (0, half + 0.002)]
                    ),
                    look.chrome,
                    40,
                )
            )
        faces += [sh.move(o, degrees=(180 if s < 0 else 0, 0, 0)) for o in pieces]
    parts = [sh.move(o, degrees=(0, 90, 0)) for o in [*parts, *faces]]
    # Six sides have to lie on one of them; the same turn does no harm to round heads.
    parts = [sh.move(o, degrees=(30, 0, 0)) for o in parts]
    flat = r * math.cos(math.pi / 6) if form == "hex" else r
    end = half + (0.0018 if form != "plates" else 0.0)
    if form != "plates":
        ink = look.brand(look.accent_colour if form == "hex" else (0.8, 0.8, 0.8), rng)
        side = sh.flat_label("brand", r * 0.95, r * 0.24, (0, -end - 0.0007, 0), ink)
        parts += [sh.move(side, degrees=(0, 0, 90))]
    if form == "hex":
        name = sh.flat_label("brand", head * 0.52, head * 0.13, (inner + head / 2, 0, 0), look.brand(look.colour, rng))
        parts.append(sh.move(name, (0, -flat * math.cos(math.radians(30)) - 0.0006, flat * 0.5), (-30, 0, 0)))
    yaw = rng.uniform(18, 38) * rng.choice((-1, 1))
    return [sh.move(o, degrees=(0, 0, yaw)) for o in parts]


BUILDERS: Builders = {"handbag": _handbag, "suitcase": _suitcase, "water bottle": _water_bottle, "dumbbell": _dumbbell}
