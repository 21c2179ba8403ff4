"""Baby bottles."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import WHITE, Look, Objects


def baby_bottle(look: Look, rng: random.Random) -> Objects:
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
