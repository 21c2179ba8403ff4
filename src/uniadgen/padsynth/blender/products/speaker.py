"""Speakers."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import principled
from uniadgen.padsynth.blender.products.look import DARK, Look, Objects
from uniadgen.padsynth.blender.products.parts import disc, feet


def speaker(look: Look, rng: random.Random) -> Objects:
    form = rng.choice(("box", "column", "portable"))
    cone = principled("cone", (0.06, 0.06, 0.065), 0.55)
    if form == "box":
        w, d, h = rng.uniform(0.17, 0.21), rng.uniform(0.19, 0.24), rng.uniform(0.28, 0.35)
        cabinet = sh.box(
            "cabinet",
            (w, d, h),
            (0, 0, 0.008),
            look.body if look.product.material != "fabric" else look.wood,
            rng.uniform(0.004, 0.014),
            4,
        )
        baffle = sh.move(
            sh.plate(
                "baffle",
                sh.rounded_rect(w - 0.02, h - 0.02, 0.01),
                0.008,
                rng.choice((look.black, look.accent, look.black)),
                0.002,
            ),
            (0, -d / 2 - 0.001, h / 2 + 0.008),
        )
        parts, y = [cabinet, baffle, *feet(look, w * 0.36, d * 0.36, height=0.009)], -d / 2 - 0.005
        drivers = (
            [(w * 0.36, h * 0.4), (w * 0.19, h * 0.79)] if rng.random() < 0.7 else [(w * 0.33, h * 0.3), (w * 0.33, h * 0.72)]
        )
        for r, z in drivers:
            at = (0, y, z)
            dish = [
                (0, 0.002),
                (r * 0.25, 0.004),
                (r * 0.8, 0.012),
                (r * 0.82, 0.016),
                (r * 0.88, 0.018),
                (r * 0.94, 0.014),
                (r * 0.94, 0.0),
                (0, 0.0),
            ]
            parts.append(disc("ring", r, 0.006, (0, y + 0.001, z), rng.choice((look.chrome, look.black, look.gold)), 0.002))
            parts.append(sh.move(sh.lathe("driver", [(q, zz - 0.006) for q, zz in dish], cone, 48), at, (90, 0, 0)))
            parts.append(sh.ball("dust cap", r * 0.28, (0, y + 0.001, z), rng.choice((look.chrome, look.gold, cone)), 1.0))
        brand = sh.flat_label("brand", w * 0.32, w * 0.08, (0, -d / 2 - 0.0056, 0.027), look.brand(DARK, rng))
        return [*parts, brand]
    if form == "column":
        r, h = rng.uniform(0.055, 0.085), rng.uniform(0.15, 0.24)
        cut = h * rng.uniform(0.72, 0.86)
        low = sh.fillet([(0, 0.004), (r * 0.9, 0.004, 0.01), (r, 0.02, 0.01), (r, cut), (0, cut)], 5)
        top = sh.fillet(
            [(0, cut), (r * 0.985, cut), (r * 0.985, h, 0.014), (r * 0.7, h), (r * 0.68, h - 0.002), (0, h - 0.002)], 6
        )
        ring = sh.fillet([(r * 0.9, cut - 0.002), (r + 0.001, cut - 0.002), (r + 0.001, cut + 0.003), (r * 0.9, cut + 0.003)])
        glow = [(r * 0.69, h - 0.003), (r * 0.75, h + 0.0006), (r * 0.69, h + 0.0006)]
        upper = look.of("plastic") if look.product.material == "fabric" else look.body
        parts = [
            sh.lathe("cloth", low, look.of("fabric"), 64),
            sh.lathe("top", top, upper, 64),
            sh.lathe("seam", ring, look.chrome, 64, ring=True),
        ]
        parts.append(sh.lathe("light", glow, look.glow(look.accent_colour, 2.5), 64, ring=True))
        parts.append(sh.lathe("foot", sh.fillet([(0, 0), (r * 0.8, 0), (r * 0.8, 0.005), (0, 0.005)]), look.rubber, 48))
        parts += [
            sh.move(disc("key", 0.006, 0.001, (0, 0, 0), look.white), (x, 0, h - 0.002), (-90, 0, 0)) for x in (-0.018, 0.018)
        ]
        return [
            *parts,
            sh.round_label(
                "brand", top, cut + 0.008, cut + 0.008 + min(0.03, (h - cut) * 0.5), 62, look.brand(look.colour, rng)
            ),
        ]
    length, r = rng.uniform(0.19, 0.25), rng.uniform(0.036, 0.046)
    half = length / 2
    cloth = sh.fillet([(0, -half * 0.86), (r, -half * 0.86), (r, half * 0.86), (0, half * 0.86)])
    parts = [sh.move(sh.lathe("cloth", cloth, look.of("fabric"), 48), (0, 0, r + 0.008), (0, 90, 0))]
    for s in (-1, 1):
        cap = sh.fillet(
            [
                (0, half * 0.84),
                (r * 1.05, half * 0.84, 0.003),
                (r * 1.05, half * 0.93, 0.008),
                (r * 0.86, half, 0.006),
                (r * 0.8, half),
                (r * 0.74, half - 0.008),
                (0, half - 0.005),
            ]
        )
        parts.append(sh.move(sh.lathe("end", cap, look.accent if s else look.solid, 48), (0, 0, r + 0.008), (0, 90 * s, 0)))
        parts.append(
            sh.move(
                sh.lathe(
                    "radiator",
                    sh.fillet([(0, half - 0.01), (r * 0.66, half - 0.01), (r * 0.66, half - 0.002, 0.002), (0, half - 0.002)]),
                    look.black,
                    40,
                ),
                (0, 0, r + 0.008),
                (0, 90 * s, 0),
            )
        )
    strip = sh.box("strip", (length * 0.4, 0.026, 0.004), (0, 0, 2 * r + 0.006), look.solid, 0.0018)
    keys = [sh.box("key", (0.014, 0.012, 0.002), (x, 0, 2 * r + 0.0095), look.white, 0.0009) for x in (-0.03, 0, 0.03)]
    stand = sh.box("foot", (length * 0.6, 0.05, 0.012), (0, 0, 0), look.rubber, 0.004)
    badge = sh.move(
        sh.plate("badge", sh.rounded_rect(0.084, 0.024, 0.006), 0.003, look.black, 0.001), (0, -r - 0.0005, r + 0.008)
    )
    brand = sh.flat_label("brand", 0.072, 0.018, (0, -r - 0.0024, r + 0.008), look.brand(DARK, rng))
    return [*parts, strip, *keys, stand, badge, brand]
