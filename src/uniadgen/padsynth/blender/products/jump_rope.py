"""Jump ropes, coiled."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import principled
from uniadgen.padsynth.blender.products.look import Look, Objects


def jump_rope(look: Look, rng: random.Random) -> Objects:
    """Loops of cord with both handles; hung, the loops are long and narrow and the handles dangle."""
    lies = look.product.posture == "lies"
    thick = rng.uniform(0.0024, 0.0036)
    cord = look.of("fabric") if look.product.material == "fabric" else look.of(look.product.material)
    turns = rng.choice((3, 4))
    wide, high = (0.115, 0.125) if lies else (0.05, 0.155)
    chance = np.random.default_rng(rng.getrandbits(32))
    a = np.linspace(0, 2 * math.pi * (turns + 0.5), 70 * turns)
    drift = np.repeat(chance.normal(0, 1, turns + 2), 70)[: len(a)]
    drift = np.convolve(drift, np.ones(41) / 41, "same")
    x = (wide + 0.012 * drift + 0.006 * np.sin(1.3 * a)) * np.sin(a) + 0.004 * np.sin(0.5 * a)
    y = (high + 0.01 * drift) * np.cos(a) * (1 if lies else -1)
    depth = thick * (1 + 1.9 * a / (2 * math.pi) + 0.5 * np.sin(3 * a))
    if not lies:  # the upper ends gather where they hang
        up = np.clip((y + high) / (2 * high), 0, 1)
        x *= 1 - 0.9 * up**4
        y += 0.02 * up
    path = np.stack([x, -depth, y], -1)
    start, end = path[0], path[-1]
    sign = 1 if lies else -1
    tail = [end + np.array([0.02, 0, -0.03]), np.array([0.05, end[1], -high * (0.4 if lies else 1.1)])]
    head = [np.array([-0.06, start[1], high * 0.35 if lies else -high * 1.1]), start + np.array([-0.03, 0, 0.01 * sign])]
    points = np.concatenate([np.array(head), path, np.array(tail)])
    smooth = sh.spline([tuple(p) for p in points.tolist()], 2)
    parts = [sh.tube("cord", smooth, thick, cord, (0, 1, 0), sides=10)]
    grip = (
        look.of("rubber", look.accent_colour) if rng.random() < 0.5 else look.of("wood") if rng.random() < 0.4 else look.accent
    )
    length, r = rng.uniform(0.12, 0.15), rng.uniform(0.012, 0.015)
    profile = sh.fillet(
        [
            (0, 0),
            (r * 0.7, 0, 0.002),
            (r, 0.012, 0.004),
            (r * 0.86, length * 0.45, 0.02),
            (r, length * 0.85, 0.01),
            (r * 0.6, length, 0.003),
            (0, length),
        ]
    )
    rings = principled("ring", look.colour if grip is not look.accent else (0.1, 0.1, 0.11), 0.4)
    ends = [
        ((smooth[0][0], smooth[0][2]), 205.0 if lies else 176.0),
        ((smooth[-1][0], smooth[-1][2]), 160.0 if lies else 186.0),
    ]
    for k, ((hx, hz), turn) in enumerate(ends):
        pieces = [
            sh.lathe("grip", profile, grip, 40),
            sh.lathe("cap", sh.fillet([(0, -0.006), (r * 0.62, -0.006, 0.002), (r * 0.7, 0.001), (0, 0.001)]), look.chrome, 32),
            sh.lathe("ring", [(r * 0.9, 0.02), (r * 1.05, 0.022), (r * 1.05, 0.028), (r * 0.9, 0.03)], rings, 40),
        ]
        for piece in pieces:
            parts.append(sh.move(piece, (hx, -r - 2 * thick * k, hz), (0, turn, 0)))
        if k == 1:
            ink = look.brand(look.accent_colour if grip is look.accent else (0.5, 0.4, 0.3), rng)
            label = sh.flat_label("brand", length * 0.5, length * 0.125, (0, 0, 0), ink)
            label = sh.move(label, (0, -r * 1.02, length * 0.55), (0, -90, 0))
            parts.append(sh.move(label, (hx, -r - 2 * thick * k, hz), (0, turn, 0)))
    return parts
