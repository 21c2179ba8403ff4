"""Headphones."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.products.look import DARK, Look, Objects


def headphones(look: Look, rng: random.Random) -> Objects:
    half, top = rng.uniform(0.072, 0.082), rng.uniform(0.185, 0.205)
    ew, eh = rng.uniform(0.034, 0.04), rng.uniform(0.04, 0.047)
    ez, lift = eh + 0.002, 0.0
    on_stand = rng.random() < 0.35
    if on_stand:
        lift = 0.06
    ez += lift
    pad = look.of("leather", mix(DARK, look.colour, 0.25) if look.product.material != "leather" else look.colour)
    parts: Objects = []
    arc = [
        (half * math.cos(a) * 1.0, 0, ez + 0.055 + (top - 0.1) * max(math.sin(a), 0) ** 0.85)
        for a in np.linspace(0, math.pi, 25)
    ]
    crown = arc[3:-3]
    parts.append(
        sh.sweep(
            "band",
            arc,
            sh.rounded_rect(0.004, 0.018, 0.0018, 4),
            look.of("metal", (0.72, 0.72, 0.74)) if look.product.material == "metal" else look.solid,
        )
    )
    parts.append(sh.sweep("padding", crown, sh.rounded_rect(0.014, 0.034, 0.006, 5), pad))
    for s in (-1, 1):
        turn = (0, 90 * s, 0)
        at = (s * half, 0, ez)
        shell = sh.fillet(
            [
                (0, 0.002),
                (ew, 0.002),
                (ew, 0.014, 0.01),
                (ew * 0.72, 0.026, 0.008),
                (ew * 0.66, 0.026),
                (ew * 0.62, 0.0245),
                (0, 0.0245),
            ],
            5,
        )
        ring = sh.fillet([(ew * 0.9, 0.004), (ew * 1.02, 0.004), (ew * 1.02, 0.008), (ew * 0.9, 0.008)])
        ear = [
            (ew * 0.55, -0.002),
            *sh.fillet(
                [
                    (ew * 0.5, 0.003),
                    (ew * 1.06, 0.003, 0.008),
                    (ew * 1.04, -0.02, 0.012),
                    (ew * 0.62, -0.02, 0.012),
                    (ew * 0.5, 0.0),
                ],
                6,
            ),
        ]
        lining = [(0, -0.004), (ew * 0.7, -0.004), (ew * 0.7, 0.001), (0, 0.001)]
        pieces = [
            sh.lathe("cup", shell, look.solid, 48),
            sh.lathe("ring", ring, rng.choice((look.accent, look.chrome)), 48, ring=True),
            sh.lathe("pad", ear[1:], pad, 48, ring=True),
            sh.lathe("cloth", lining, look.of("fabric", (0.12, 0.12, 0.13)), 36),
        ]
        for piece in pieces:
            # Cups are taller than wide: the lathe's x becomes the height once it lies on its side.
            parts.append(sh.move(sh.move(piece, scale=(eh / ew, 1, 1)), at, turn))
        fork = sh.spline(
            [
                (s * (half + 0.013), -ew * 1.06, ez),
                (s * (half + 0.011), -ew * 0.8, ez + eh * 0.8),
                (s * half, 0, ez + eh + 0.016),
                (s * (half + 0.011), ew * 0.8, ez + eh * 0.8),
                (s * (half + 0.013), ew * 1.06, ez),
            ],
            6,
        )
        parts.append(sh.tube("fork", fork, 0.0032, look.chrome, up=(1, 0, 0)))
        parts.append(sh.box("slider", (0.009, 0.02, 0.034), (s * half, 0, ez + eh + 0.008), look.black, 0.003))
        logo = sh.move(
            sh.flat_label("brand", ew * 1.05, ew * 0.26, (0, -0.0251, 0), look.brand(look.colour, rng)), at, (0, 0, 90 * s)
        )
        parts.append(logo)
    if on_stand:
        high = max(p[2] for p in arc) - 0.012
        foot = sh.fillet([(0, 0), (0.06, 0, 0.003), (0.06, 0.012, 0.004), (0.012, 0.014), (0, 0.014)])
        parts.append(sh.lathe("stand", foot, look.wood, 48))
        parts.append(sh.lathe("pole", [(0, 0.01), (0.008, 0.01), (0.008, high), (0, high)], look.wood, 28))
        parts.append(sh.box("rest", (0.05, 0.03, 0.012), (0, 0, high - 0.01), look.wood, 0.005))
    yaw = rng.uniform(25, 40) * rng.choice((-1, 1))
    return [sh.move(o, degrees=(0, 0, yaw)) for o in parts]
