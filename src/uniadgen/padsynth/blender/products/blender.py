"""Blenders."""

import math
import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import Look, Objects
from uniadgen.padsynth.blender.products.parts import d_handle, disc, feet


def blender(look: Look, rng: random.Random) -> Objects:
    w, bh = rng.uniform(0.155, 0.185), rng.uniform(0.13, 0.16)
    square = rng.random() < 0.5
    outline = sh.rounded_rect(w, w, 0.035, 8) if square else sh.circle(w / 2, 56)
    top_in = w * rng.uniform(0.14, 0.2)
    base = sh.prism(
        "base",
        outline,
        sh.fillet([(0.004, 0.006), (0, 0.006, 0.004), (0, 0.04, 0.05), (top_in, bh, 0.012), (top_in + 0.02, bh)], 6),
        look.solid,
    )
    parts = [base, *feet(look, w * 0.3, w * 0.3)]
    front = -(w / 2) + 0.001 + (0.0 if square else 0.004)
    zdial = 0.036
    parts += [
        disc("ring", 0.027, 0.009, (0, front + 0.006, zdial), look.chrome),
        disc("dial", 0.022, 0.024, (0, front + 0.004, zdial), look.black, 0.004),
    ]
    parts.append(sh.box("mark", (0.002, 0.001, 0.012), (0, front - 0.0205, zdial + 0.004), look.white, 0.0003))
    jr0, jr1, jh = 0.05, rng.uniform(0.066, 0.075), rng.uniform(0.19, 0.23)
    z = bh + 0.022
    parts.append(
        sh.lathe(
            "collar",
            sh.fillet([(0, bh - 0.004), (jr0 + 0.008, bh - 0.004, 0.003), (jr0 + 0.005, z + 0.008, 0.003), (0, z + 0.008)]),
            look.black,
            56,
        )
    )
    outer = sh.fillet([(0, z), (jr0, z, 0.008), (jr1, z + jh)])
    parts.append(sh.lathe("jar", sh.hollow(outer, 0.0035, 0.006), look.clear, 56))
    fill = z + jh * rng.uniform(0.5, 0.78)
    drink = rng.choice(((0.86, 0.3, 0.42), (0.95, 0.62, 0.2), (0.45, 0.65, 0.25), (0.6, 0.3, 0.55), (0.96, 0.82, 0.5)))
    level = sh.radius_at(outer, fill) - 0.0045
    smoothie = sh.textured(principled("smoothie", drink, 0.35), "noise", 40, 0.05, 0.001, mix(drink, (1, 1, 1), 0.2))
    parts.append(
        sh.lathe(
            "smoothie", sh.fillet([(0, z + 0.008), (jr0 - 0.004, z + 0.008), (level, fill), (0, fill + 0.002)]), smoothie, 48
        )
    )
    top = z + jh
    parts.append(
        sh.lathe(
            "lid",
            sh.fillet(
                [
                    (0, top - 0.006),
                    (jr1 - 0.004, top - 0.006),
                    (jr1 - 0.004, top),
                    (jr1 + 0.004, top, 0.002),
                    (jr1 + 0.003, top + 0.015, 0.006),
                    (0.03, top + 0.02),
                    (0, top + 0.02),
                ]
            ),
            look.black,
            56,
        )
    )
    parts.append(
        sh.lathe(
            "cap",
            sh.fillet([(0, top + 0.019), (0.026, top + 0.019), (0.024, top + 0.034, 0.004), (0, top + 0.034)]),
            rng.choice((look.accent, look.clear, look.black)),
            36,
        )
    )
    parts.append(
        d_handle(look, sh.radius_at(outer, z + jh * 0.5) + 0.004, z + jh * 0.18, z + jh * 0.9, 0.042, 0.014, look.black, 0.024)
    )
    marks = [sh.round_label("scale", outer, z + jh * t, z + jh * t + 0.0016, 22, look.white) for t in (0.3, 0.45, 0.6, 0.75)]
    slope = math.degrees(math.atan2(top_in, bh - 0.04))
    mid = (bh + 0.05) / 2 + 0.008
    badge = sh.move(
        sh.flat_label("brand", 0.08, 0.02, (0, 0, 0), look.brand(look.colour, rng)),
        (0, -(w / 2 - top_in * (mid - 0.04) / (bh - 0.04)) - 0.004, mid),
        (-slope, 0, 0),
    )
    return [*parts, *marks, badge]
