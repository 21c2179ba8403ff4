"""Water bottles."""

import math
import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import Look, Objects


def water_bottle(look: Look, rng: random.Random) -> Objects:
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
