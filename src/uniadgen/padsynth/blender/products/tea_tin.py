"""Tea tins."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import principled
from uniadgen.padsynth.blender.products.look import Look, Objects


def tea_tin(look: Look, rng: random.Random) -> Objects:
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
