"""Cereals."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, WHITE, Look, Objects


def cereal(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.17, 0.2), rng.uniform(0.05, 0.065), rng.uniform(0.24, 0.29)
    paper = (0.72, 0.56, 0.38) if "kraft" in look.words else rng.choice((look.colour, look.colour, WHITE))
    accent = sh.readable(look.accent_colour, paper, 1.8)
    front = sh.label_image(look.product.brand, look.line, paper, accent, rng, 448, 640, "bowl")
    if rng.random() < 0.6:
        material = sh.picture("front", front, 0.4, coat=0.25)
        side_image = sh.label_image(look.product.brand, "nutrition", paper, accent, rng, 160, 640, "")
        draw = sh.ImageDraw.Draw(side_image)
        for i in range(11):
            y = 640 * (0.58 + 0.022 * i)
            draw.line((24, y, 24 + rng.uniform(60, 112), y), sh.rgb8(sh.readable(DARK, paper)), 3)
        side = sh.picture("side", side_image, 0.4, coat=0.25)
        parts = [
            sh.box("box", (w, d, h), (0, 0, 0), look.of("paper", paper), 0.0016, 2),
            sh.flat_label("front", w - 0.002, h - 0.002, (0, -d / 2 - 0.0003, h / 2), material),
        ]
        for s in (-1, 1):
            parts.append(
                sh.move(
                    sh.flat_label("side", d - 0.002, h - 0.002, (0, 0, 0), side),
                    (s * (w / 2 + 0.0003), 0, h / 2),
                    (0, 0, 90 * s),
                )
            )
        parts.append(
            sh.box("flap", (w * 0.4, d * 0.5, 0.0006), (0, -d * 0.22, h), look.of("paper", mix(paper, DARK, 0.06)), 0.0002, 1)
        )
        return parts

    # A stand-up pouch: an oval foot, flat at the sealed top.
    def half_depth(u: float, z: float) -> float:
        return 0.004 + (d * 0.62) * max(1 - (2 * u - 1) ** 2, 0) ** 0.7 * max(1 - (z / (h * 0.93)) ** 2.2, 0) ** 0.8

    sections = []
    for t in np.linspace(0, 1, 22):
        z, wide = h * t, w * (1 - 0.05 * math.sin(math.pi * t))
        ring = [((u - 0.5) * wide, -half_depth(u, z) * (0.12 if u in (0, 1) else 1), z) for u in np.linspace(0, 1, 25)]
        ring += [(x, -y, z) for x, y, _ in reversed(ring[1:-1])]
        sections.append(ring)
    foil = sh.textured(principled("foil", paper, 0.3, 0.15, coat_weight=0.3), "noise", 14, 0.35, 0.006)
    body = sh.loft("pouch", sections, foil, 70)

    def at(u: float, v: float) -> sh.Point:
        z, uu = h * (0.03 + 0.88 * v), 0.03 + 0.94 * u
        return (uu - 0.5) * w * (1 - 0.05 * math.sin(math.pi * z / h)), -half_depth(uu, z) - 0.0008, z

    label = sh.patch("front", at, sh.textured(sh.picture("front", front, 0.35, coat=0.3), "noise", 14, 0.3, 0.006), 30, 36)
    return [
        body,
        label,
        sh.box("seal", (w * 0.985, 0.01, 0.012), (0, 0, h - 0.012), look.accent, 0.002),
        sh.box("zip", (w * 0.95, 0.0125, 0.002), (0, 0, h - 0.028), look.accent, 0.0008),
    ]
