"""Dumbbells."""

import math
import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import principled
from uniadgen.padsynth.blender.products.look import Look, Objects


def dumbbell(look: Look, rng: random.Random) -> Objects:
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
