"""Table lamps."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import WHITE, Look, Objects


def table_lamp(look: Look, rng: random.Random) -> Objects:
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
