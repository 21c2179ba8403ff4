"""Side tables."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.products.look import Look, Objects
from uniadgen.padsynth.blender.products.parts import disc, legs


def side_table(look: Look, rng: random.Random) -> Objects:
    h, r = rng.uniform(0.45, 0.58), rng.uniform(0.2, 0.26)
    top_material = look.body
    frame = rng.choice((look.gold, look.black, look.wood, look.of("metal", look.accent_colour)))
    form = rng.choice(("tripod", "drum", "drawer", "pedestal"))
    if form == "drawer":
        w, d = r * 1.9, r * 1.7
        parts = [
            sh.box("top", (w, d, 0.022), (0, 0, h - 0.022), top_material, 0.005),
            *legs(look, w * 0.42, d * 0.4, h - 0.03, frame, 0.03, 0.018),
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
