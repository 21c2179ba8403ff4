"""Armchairs, side tables, table lamps, bookshelves."""

import math
import random

import bpy
import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, WHITE, Builders, Look, Objects
from uniadgen.padsynth.blender.products.parts import disc


def _legs(
    look: Look, x: float, y: float, height: float, material: bpy.types.Material, splay: float = 0.04, radius: float = 0.02
) -> Objects:
    parts = []
    for sx in (-1, 1):
        for sy in (-1, 1):
            sections = []
            for t in (0.0, 0.04, 1.0):
                r = radius * (0.55 + 0.45 * t)
                cx, cy = sx * (x + splay * (1 - t)), sy * (y + splay * (1 - t))
                sections.append([(cx + a, cy + b, height * t) for a, b in sh.circle(r * (0.85 if t == 0 else 1), 18)])
            parts.append(sh.loft("leg", sections, material))
    return parts


def _armchair(look: Look, rng: random.Random) -> Objects:
    w, d, leg = rng.uniform(0.74, 0.86), rng.uniform(0.72, 0.82), rng.uniform(0.12, 0.18)
    seam = principled("thread", mix(look.colour, (1, 1, 1), 0.35), 0.8)
    seat_top = rng.uniform(0.4, 0.44)
    back_top = rng.uniform(0.78, 0.92)
    if rng.random() < 0.6:
        arm, arm_h = rng.uniform(0.11, 0.15), rng.uniform(0.55, 0.63)
        inner = w - 2 * arm
        round_ = rng.uniform(2.5, 5)
        parts = [sh.box("frame", (w - 0.04, d - 0.06, 0.16), (0, 0.01, leg), look.soft, 0.03, 4)]
        for s in (-1, 1):
            parts.append(
                sh.cushion(
                    "arm", (arm, d - 0.03, arm_h - leg + 0.01), (s * (w - arm) / 2, 0.0, leg - 0.01), look.soft, 6, round_ + 2
                )
            )
        back = sh.cushion("back", (w - 0.02, 0.17, back_top - leg), (0, 0, 0), look.soft, 6, 5)
        parts.append(sh.move(back, (0, d / 2 - 0.085, leg), (-6, 0, 0)))
        parts.append(
            sh.cushion("seat", (inner + 0.015, d - 0.17, seat_top - leg - 0.11), (0, -0.06, leg + 0.12), look.soft, 6, 4)
        )
        rest = sh.cushion("rest", (inner - 0.01, 0.15, back_top - seat_top + 0.02), (0, 0, 0), look.soft, 5, 3)
        parts.append(sh.move(rest, (0, d / 2 - 0.215, seat_top - 0.03), (-11, 0, 0)))
        parts += _legs(look, w * 0.4, d * 0.36, leg + 0.02, look.wood, 0.03)
        z = seat_top - 0.06
        parts.append(
            sh.stitches(
                "seam",
                [(-inner / 2 + 0.05, -0.06 - (d - 0.17) / 2 - 0.001, z), (inner / 2 - 0.05, -0.06 - (d - 0.17) / 2 - 0.001, z)],
                seam,
                0.012,
                0.0012,
            )
        )
    else:
        bar = sh.rounded_rect(0.034, 0.045, 0.014, 4)
        parts = []
        for s in (-1, 1):
            x = s * (w / 2 - 0.03)
            loop = sh.spline(
                [
                    (x, -d * 0.44, 0.0),
                    (x, -d * 0.42, 0.3),
                    (x, -d * 0.38, 0.53),
                    (x, -d * 0.2, 0.57),
                    (x, d * 0.3, 0.555),
                    (x, d * 0.42, 0.5),
                    (x, d * 0.45, 0.3),
                    (x, d * 0.5, 0.0),
                ],
                6,
            )
            parts.append(sh.sweep("side", loop, bar, look.wood, up=(1, 0, 0)))
            parts.append(sh.box("rail", (0.035, d * 0.84, 0.045), (x, 0, 0.24), look.wood, 0.008))
        parts += [sh.box("cross", (w - 0.07, 0.04, 0.05), (0, y, 0.24), look.wood, 0.008) for y in (-d * 0.38, d * 0.36)]
        parts.append(
            sh.move(sh.cushion("seat", (w - 0.1, d * 0.82, 0.16), (0, -0.02, 0), look.soft, 6, 4), (0, -0.02, 0.275), (4, 0, 0))
        )
        back = sh.cushion("back", (w - 0.1, 0.15, back_top - 0.36), (0, 0, 0), look.soft, 6, 3.5)
        parts.append(sh.move(back, (0, d * 0.3, 0.38), (-15, 0, 0)))
        for i in range(2):
            for k in (-1, 1):
                button = sh.ball(
                    "button",
                    0.014,
                    (k * w * 0.16, d * 0.3 - 0.066 + 0.036 * i, 0.52 + 0.14 * i),
                    look.of("leather", mix(look.colour, DARK, 0.3)),
                    1,
                )
                parts.append(button)
    if rng.random() < 0.45:
        throw = sh.cushion("pillow", (0.42, 0.38, 0.14), (0, 0, -0.07), look.of("fabric", look.accent_colour), 4.5, 1.7)
        parts.append(sh.move(throw, (rng.uniform(-0.06, 0.06), d * 0.03, seat_top + 0.17), (74, rng.uniform(-8, 8), 0)))
    return parts


def _side_table(look: Look, rng: random.Random) -> Objects:
    h, r = rng.uniform(0.45, 0.58), rng.uniform(0.2, 0.26)
    top_material = look.body
    frame = rng.choice((look.gold, look.black, look.wood, look.of("metal", look.accent_colour)))
    form = rng.choice(("tripod", "drum", "drawer", "pedestal"))
    if form == "drawer":
        w, d = r * 1.9, r * 1.7
        parts = [
            sh.box("top", (w, d, 0.022), (0, 0, h - 0.022), top_material, 0.005),
            *_legs(look, w * 0.42, d * 0.4, h - 0.03, frame, 0.03, 0.018),
        ]
        parts.append(sh.box("case", (w * 0.94, d * 0.92, 0.12), (0, 0, h - 0.142), top_material, 0.004))
        parts.append(
            sh.box(
                "drawer",
                (w * 0.86, 0.016, 0.096),
                (0, -d * 0.46 - 0.002, h - 0.13),
                look.of("plastic") if look.product.material == "wood" else look.wood,
                0.003,
            )
        )
        parts.append(disc("knob", 0.014, 0.02, (0, -d * 0.46 - 0.009, h - 0.082), look.gold, 0.004))
        return [*parts, sh.box("shelf", (w * 0.86, d * 0.82, 0.014), (0, 0, h * 0.3), top_material, 0.003)]
    top = sh.lathe(
        "top",
        sh.fillet([(0, h - 0.024), (r - 0.012, h - 0.024, 0.004), (r, h - 0.008, 0.006), (r, h, 0.005), (0, h)]),
        top_material,
        72,
    )
    if form == "tripod":
        parts = [top]
        for k in range(3):
            a = math.radians(90 + 120 * k)
            c, s = math.cos(a), math.sin(a)
            parts.append(
                sh.loft(
                    "leg",
                    [
                        [(c * q + x, s * q + y, z) for x, y in sh.circle(rr, 16)]
                        for q, rr, z in ((r * 0.98, 0.011, 0), (r * 0.62, 0.018, h - 0.02))
                    ],
                    frame,
                )
            )
        ring = [(r * 0.74 * math.cos(a), r * 0.74 * math.sin(a), h * 0.35) for a in np.linspace(0, 2 * math.pi, 49)[:-1]]
        return [*parts, sh.tube("ring", ring, 0.006, frame, up=(0, 0, 1), closed=True)]
    if form == "drum":
        shelf = sh.lathe(
            "shelf", sh.fillet([(0, 0.07), (r * 0.9, 0.07), (r * 0.9, 0.086, 0.004), (0, 0.086)]), top_material, 64
        )
        rim = sh.fillet(
            [(r * 0.98, h - 0.02), (r + 0.006, h - 0.02), (r + 0.006, h + 0.02), (r - 0.001, h + 0.02), (r - 0.001, h - 0.005)]
        )
        bars = [
            sh.tube("bar", [(r * 0.97 * math.cos(a), r * 0.97 * math.sin(a), z) for z in (0, h)], 0.008, frame)
            for a in np.linspace(0.4, 0.4 + 2 * math.pi, 5)[:-1]
        ]
        hoops = [
            sh.tube(
                "hoop",
                [(r * 0.97 * math.cos(a), r * 0.97 * math.sin(a), z) for a in np.linspace(0, 2 * math.pi, 57)[:-1]],
                0.008,
                frame,
                up=(0, 0, 1),
                closed=True,
            )
            for z in (0.008, 0.075)
        ]
        return [top, shelf, sh.lathe("rim", rim, frame, 64, ring=True), *bars, *hoops]
    waist = rng.uniform(0.02, 0.09)
    stem = sh.fillet(
        [
            (0, 0),
            (r * 0.72, 0, 0.004),
            (r * 0.7, 0.018, 0.01),
            (waist, 0.05 if waist < 0.05 else h * 0.5, 0.12),
            (waist, h * 0.75, 0.1),
            (r * 0.3, h - 0.02),
            (0, h - 0.02),
        ],
        8,
    )
    return [top, sh.lathe("stem", stem, frame, 64)]


def _table_lamp(look: Look, rng: random.Random) -> Objects:
    form = rng.choice(("shade", "mushroom", "arm"))
    base_material = (
        look.of("ceramic") if look.product.material == "fabric" else look.wood if look.product.material == "wood" else look.body
    )
    warm = (1.0, 0.86, 0.62)
    if form == "shade":
        h, r = rng.uniform(0.2, 0.27), rng.uniform(0.06, 0.085)
        profile = sh.spline(
            [
                (r * 0.72, 0.012),
                (r, h * rng.uniform(0.25, 0.45)),
                (r * rng.uniform(0.5, 0.9), h * 0.7),
                (0.02, h),
                (0.014, h + 0.02),
            ],
            8,
        )
        sr0, sr1, sh_ = rng.uniform(0.13, 0.16), rng.uniform(0.085, 0.13), rng.uniform(0.16, 0.2)
        z = h + 0.0
        cloth = principled(
            "shade",
            mix(look.accent_colour, WHITE, 0.65),
            0.85,
            sheen_weight=0.3,
            emission_color=sh.linear(mix(warm, look.accent_colour, 0.15)),
            emission_strength=0.55,
        )
        sh.textured(cloth, "noise", 500, 0.3, 0.0008)
        shade = sh.lathe("shade", [(sr0, z), (sr1, z + sh_), (sr1 - 0.003, z + sh_), (sr0 - 0.003, z)], cloth, 64, ring=True)
        hoops = [
            sh.lathe(
                "hem",
                [(q - 0.003, zz - 0.003), (q + 0.0015, zz - 0.003), (q + 0.0015, zz + 0.003), (q - 0.003, zz + 0.003)],
                look.of("fabric", mix(look.accent_colour, WHITE, 0.3)),
                64,
                ring=True,
            )
            for q, zz in ((sr0, z), (sr1, z + sh_))
        ]
        return [
            sh.lathe("foot", sh.fillet([(0, 0), (r * 0.85, 0, 0.003), (r * 0.82, 0.014, 0.004), (0, 0.014)]), look.gold, 48),
            sh.lathe("base", [(0, 0.012), *profile, (0, h + 0.02)], base_material, 56),
            sh.lathe("neck", [(0, h + 0.015), (0.009, h + 0.015), (0.009, h + 0.09), (0, h + 0.09)], look.gold, 24),
            shade,
            *hoops,
            sh.ball("bulb", 0.03, (0, 0, h + 0.11), look.glow(warm, 6.0)),
            sh.tube("spider", [(-sr1, 0, z + sh_ - 0.01), (sr1, 0, z + sh_ - 0.01)], 0.002, look.gold),
            sh.tube("rod", [(0, 0, h + 0.08), (0, 0, z + sh_ + 0.006)], 0.003, look.gold),
            sh.ball("finial", 0.008, (0, 0, z + sh_ + 0.012), look.gold),
        ]
    if form == "mushroom":
        h, r = rng.uniform(0.22, 0.28), rng.uniform(0.11, 0.15)
        dome = [(r * math.cos(a), h + r * 0.62 * math.sin(a)) for a in np.linspace(0, math.pi / 2, 14)]
        stem = sh.fillet(
            [
                (0, 0),
                (r * 0.6, 0, 0.004),
                (r * 0.58, 0.018, 0.02),
                (r * 0.3, h * 0.3, 0.08),
                (r * 0.24, h + 0.01),
                (0, h + 0.01),
            ],
            7,
        )
        cap = look.of(
            "ceramic"
            if look.product.material in ("ceramic", "fabric")
            else "metal"
            if look.product.material == "metal"
            else "plastic"
        )
        under = sh.lathe(
            "glow", [(0, h - 0.001), (r * 0.96, h - 0.001), (r * 0.96, h + 0.002), (0, h + 0.002)], look.glow(warm, 2.5), 56
        )
        return [
            sh.lathe("stem", stem, base_material, 56),
            sh.lathe("dome", [(0, h + 0.003), (r, h + 0.003), *dome[1:-1], (0, dome[-1][1])], cap, 64),
            under,
            sh.ball("finial", 0.012, (0, 0, dome[-1][1] + 0.006), look.gold),
        ]
    metal = look.of("metal") if look.product.material == "metal" else look.of("plastic")
    joint = look.gold if rng.random() < 0.5 else look.black
    low, knee, head = (0.03, 0, 0.03), (0.11, 0, rng.uniform(0.24, 0.28)), (-0.07, 0, rng.uniform(0.38, 0.43))
    shade = sh.fillet(
        [
            (0.016, 0.06),
            (0.024, 0.06, 0.006),
            (0.03, 0.03, 0.02),
            (0.075, -0.06),
            (0.072, -0.06),
            (0.028, 0.026),
            (0.016, 0.03),
        ],
        5,
    )
    parts = [
        sh.lathe(
            "base",
            sh.fillet([(0, 0), (0.085, 0, 0.004), (0.082, 0.02, 0.008), (0, 0.022)]),
            look.wood if look.product.material == "wood" else metal,
            56,
        )
    ]
    parts += [
        sh.tube("arm", [low, knee], 0.0065, metal),
        sh.tube("arm", [knee, head], 0.0065, metal),
        sh.lathe("post", [(0, 0.01), (0.013, 0.01), (0.011, 0.045), (0, 0.046)], joint, 28),
    ]
    parts[-1] = sh.move(parts[-1], (0.03, 0, 0))
    parts += [sh.ball("joint", 0.013, p, joint) for p in (knee, head)]
    at, tilt = (head[0] - 0.02, 0, head[2] - 0.03), (14, 28, 0)
    parts.append(sh.move(sh.lathe("head", shade, metal, 56, ring=True), at, tilt))
    parts.append(sh.move(sh.lathe("plug", [(0, 0.05), (0.02, 0.05), (0.018, 0.062), (0, 0.066)], joint, 36), at, tilt))
    return [*parts, sh.move(sh.ball("bulb", 0.028, (0, 0, -0.015), look.glow(warm, 5.0)), at, tilt)]


def _bookshelf(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.7, 0.9), rng.uniform(0.26, 0.32), rng.uniform(1.2, 1.65)
    levels, t = rng.randint(4, 5), 0.024
    wood = look.wood
    foot = rng.uniform(0.06, 0.1)
    step = (h - foot - t) / levels
    industrial = look.product.material == "metal" or rng.random() < 0.35
    parts = [
        sh.box("shelf", (w - 0.002, d, t), (0, 0, foot + i * step), wood, 0.003)
        for i in range(levels + (0 if industrial and rng.random() < 0.5 else 1))
    ]
    if industrial:
        metal = look.of("metal", mix(look.colour, DARK, 0.3)) if look.product.material == "metal" else look.black
        for s in (-1, 1):
            parts += [
                sh.box("post", (0.022, 0.022, h + 0.02), (s * (w / 2 + 0.008), y, 0), metal, 0.003)
                for y in (-d / 2 + 0.012, d / 2 - 0.012)
            ]
            parts += [
                sh.box("rung", (0.018, d, 0.018), (s * (w / 2 + 0.008), 0, foot + i * step + 0.003), metal, 0.003)
                for i in range(levels + 1)
            ]
        parts += [
            sh.tube("brace", [(-w / 2, d / 2, foot), (w / 2, d / 2, h)], 0.005, metal),
            sh.tube("brace", [(w / 2, d / 2, foot), (-w / 2, d / 2, h)], 0.005, metal),
        ]
    else:
        side = look.of("plastic") if rng.random() < 0.4 else wood
        parts += [sh.box("side", (t, d, h - foot + 0.002), (s * (w - t) / 2, 0, foot - 0.001), side, 0.003) for s in (-1, 1)]
        parts.append(sh.box("back", (w - t, 0.008, h - foot), (0, d / 2 - 0.004, foot), side, 0.002))
        parts += _legs(look, w * 0.42, d * 0.36, foot + 0.005, look.wood, 0.02, 0.022)
    tones = [
        look.colour,
        look.accent_colour,
        WHITE,
        (0.2, 0.25, 0.35),
        (0.75, 0.6, 0.42),
        mix(look.colour, WHITE, 0.5),
        (0.55, 0.2, 0.18),
    ]
    covers = [look.of("paper", c) for c in tones]
    paper = principled("pages", (0.92, 0.88, 0.78), 0.8)
    for i in range(levels):
        z, x, room = foot + i * step + t, -w / 2 + t + 0.02, step - t
        end = x + (w - 2 * t) * rng.uniform(0.35, 0.9)
        while x < end - 0.05:
            bw, bh, bd = rng.uniform(0.018, 0.045), room * rng.uniform(0.6, 0.86), d * rng.uniform(0.6, 0.78)
            parts += [
                sh.box("book", (bw, bd, bh), (x + bw / 2, 0.01, z), rng.choice(covers), 0.002, 1),
                sh.box("pages", (bw * 0.7, bd - 0.008, 0.003), (x + bw / 2, 0.014, z + bh - 0.002), paper, 0.0005, 1),
            ]
            x += bw + 0.002
        free = w / 2 - t - x
        if free > 0.14:
            r, cx = min(free * 0.32, 0.07, room * 0.3), (x + w / 2 - t) / 2
            vase = sh.spline([(r * 0.6, 0), (r, r * 1.1), (r * 0.5, r * 2.1), (r * 0.62, r * 2.4)], 6)
            if rng.random() < 0.6:
                parts.append(
                    sh.move(
                        sh.lathe(
                            "vase",
                            [(0, 0), *vase, (r * 0.5, r * 2.35), (0, r * 1.8)],
                            look.of("ceramic", rng.choice(tones)),
                            36,
                        ),
                        (cx, 0, z),
                    )
                )
            else:
                parts.append(sh.box("box", (r * 2, d * 0.6, r * 1.7), (cx, 0, z), look.of("fabric", rng.choice(tones)), 0.008))
    return parts


BUILDERS: Builders = {"armchair": _armchair, "side table": _side_table, "table lamp": _table_lamp, "bookshelf": _bookshelf}
