"""Armchairs."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, Look, Objects
from uniadgen.padsynth.blender.products.parts import legs


def armchair(look: Look, rng: random.Random) -> Objects:
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
        parts += legs(look, w * 0.4, d * 0.36, leg + 0.02, look.wood, 0.03)
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
