"""Shampoos."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.products.look import Look, Objects


def shampoo(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.034, 0.042), rng.uniform(0.14, 0.18)
    squash = rng.choice((1.0, 0.62, 0.62))
    shoulder = rng.uniform(0.018, 0.045)
    waist = rng.uniform(0.86, 1.02)
    neck = 0.013
    profile = sh.fillet(
        [
            (0, 0),
            (r, 0, 0.005),
            (r * waist, h * 0.5, 0.08),
            (r, h - shoulder, shoulder),
            (neck, h, 0.004),
            (neck, h + 0.008),
            (0, h + 0.008),
        ],
        7,
    )
    pump = "pump" in look.words or rng.random() < 0.45
    trim = rng.choice((look.white, look.black, look.accent, look.chrome))
    label = sh.round_label(
        "label", profile, h * 0.14, h * 0.7, 110, look.label(rng, 320, 400, rng.choice(("leaf", "", "leaf"))), squash, 0.0005
    )
    parts = [sh.lathe("bottle", profile, look.body, 64, squash), label]
    if pump:
        z = h + 0.004
        parts += [
            sh.lathe("collar", sh.fillet([(0, z), (0.0165, z, 0.001), (0.016, z + 0.018, 0.003), (0, z + 0.019)]), trim, 40),
            sh.lathe("stem", [(0, z + 0.018), (0.0045, z + 0.018), (0.0045, z + 0.04), (0, z + 0.04)], look.white, 20),
            sh.lathe(
                "head",
                sh.fillet([(0, z + 0.036), (0.012, z + 0.036, 0.002), (0.0115, z + 0.05, 0.004), (0, z + 0.052)]),
                trim,
                32,
            ),
        ]
        s = rng.choice((-1, 1))
        spout = sh.spline(
            [(0, 0, z + 0.045), (s * 0.024, -0.004, z + 0.0465), (s * 0.04, -0.006, z + 0.043), (s * 0.045, -0.007, z + 0.034)],
            6,
        )
        parts.append(sh.tube("spout", spout, 0.0048, trim))
    else:
        z, cr = h + 0.001, rng.uniform(0.018, 0.023)
        parts.append(
            sh.lathe(
                "cap",
                sh.fillet(
                    [
                        (0, z),
                        (cr, z, 0.001),
                        (cr, z + 0.018),
                        (cr - 0.0006, z + 0.0185),
                        (cr - 0.0006, z + 0.0195),
                        (cr, z + 0.02),
                        (cr * 0.97, z + 0.03, 0.004),
                        (0, z + 0.031),
                    ]
                ),
                trim,
                48,
            )
        )
    return parts
