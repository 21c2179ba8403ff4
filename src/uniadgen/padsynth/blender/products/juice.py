"""Juices."""

import math
import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.products.look import WHITE, Look, Objects


def juice(look: Look, rng: random.Random) -> Objects:
    drink = rng.choice(((0.96, 0.56, 0.1), (0.82, 0.14, 0.2), (0.96, 0.78, 0.25), (0.5, 0.68, 0.2), (0.45, 0.12, 0.32)))
    if look.product.material == "paper":
        w, h = rng.uniform(0.066, 0.08), rng.uniform(0.15, 0.2)
        paper = look.of("paper", rng.choice((look.colour, WHITE, mix(look.colour, WHITE, 0.7))))
        rise, half = w * 0.52, w / 2
        sections = [[(x, y, z) for x, y in sh.rounded_rect(w, w, 0.003, 3)] for z in (0.0, h)]
        ridge = [(x * 1.0, math.copysign(min(abs(y), 0.0016), y), h + rise) for x, y, _ in sections[0]]
        fin = [(x, y, h + rise + 0.018) for x, y, _ in ridge]
        body = sh.loft("carton", [*sections, ridge, fin], paper, 25)
        face = look.label(rng, 384, 640, "fruit")
        labels = [sh.flat_label("front", w - 0.004, h - 0.004, (0, -half - 0.0004, h / 2), face)]
        for s in (-1, 1):
            side = sh.flat_label("side", w - 0.004, h - 0.004, (0, -half - 0.0004, h / 2), face)
            labels.append(sh.move(side, degrees=(0, 0, 90 * s)))
        tilt = math.degrees(math.atan2(half, rise))
        cap = sh.lathe(
            "cap",
            sh.fillet([(0, -0.002), (0.0145, -0.002), (0.0145, 0.004), (0.0115, 0.005), (0.0115, 0.015, 0.002), (0, 0.015)]),
            look.of("plastic", drink),
            36,
        )
        return [body, *labels, sh.move(cap, (0, -half / 2, h + rise / 2), (90 - tilt, 0, 0))]
    r, h = rng.uniform(0.03, 0.038), rng.uniform(0.15, 0.21)
    square = rng.random() < 0.3
    neck, shoulder = 0.0135, h * rng.uniform(0.62, 0.74)
    profile = sh.fillet([(0, 0), (r, 0, 0.006), (r, shoulder, 0.03), (neck, h * 0.9, 0.03), (neck, h), (0, h)], 8)
    inner = [(max(q - 0.003, 0), max(z, 0.005)) for q, z in profile if z <= h * 0.86]
    level = inner[-1][1]
    clear = look.clear
    if square:
        outline = sh.rounded_rect(2 * r, 2 * r, r * 0.4, 6)
        bottle = sh.prism("bottle", outline, [(r - q, z) for q, z in profile], clear)
        fill = sh.prism("juice", outline, [(r - q, z) for q, z in [*inner, (0, level)]], look.liquid(drink, 0.1))
    else:
        bottle, fill = (
            sh.lathe("bottle", profile, clear, 56),
            sh.lathe("juice", [*inner, (0, level)], look.liquid(drink, 0.1), 56),
        )
    image = look.label(rng, 420, 360, "fruit")
    low, high = h * 0.1, shoulder - h * 0.1
    label = (
        sh.flat_label("label", r * 1.5, high - low, (0, -r - 0.0004, (low + high) / 2), image)
        if square
        else sh.round_label("label", profile, low, high, 130, image)
    )
    cap = sh.lathe(
        "cap",
        sh.fillet([(0, h - 0.016), (0.0162, h - 0.016, 0.001), (0.0162, h + 0.004, 0.002), (0, h + 0.004)]),
        rng.choice((look.accent, look.gold, look.white)),
        40,
    )
    return [bottle, fill, label, cap]
