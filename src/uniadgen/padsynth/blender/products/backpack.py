"""Backpacks."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import Look, Objects


def backpack(look: Look, rng: random.Random) -> Objects:
    w, h, d = rng.uniform(0.28, 0.31), rng.uniform(0.4, 0.46), rng.uniform(0.13, 0.16)
    round_top = rng.uniform(0.5, 0.95)
    body = look.soft

    def shell(
        width: float, low: float, high: float, depth: float, front: float, belly: float, corner: float
    ) -> list[list[sh.Point]]:
        sections = []
        for t in np.linspace(0, 1, 30).tolist():
            z = low + (high - low) * t
            k = (
                math.sqrt(max(1 - max(0.0, (t - 1 + 0.34 * corner) / (0.34 * corner)) ** 2.4, 0.0015))
                if t > 1 - 0.34 * corner
                else 1.0
            )
            k *= math.sqrt(max(1 - ((0.07 - t) / 0.07) ** 2, 0.05)) if t < 0.07 else 1.0
            half, deep = width / 2 * (0.25 + 0.75 * k) if t > 0.5 else width / 2 * (0.86 + 0.14 * k), depth * k
            swell = 1 + belly * math.sin(math.pi * min(1, t * 1.05))
            ring = sh.superellipse(2 * half, deep * swell, 3.4, 56)
            sections.append([(x, front - deep * swell / 2 + y, z) for x, y in ring])
        return sections

    parts = [sh.loft("body", shell(w, 0, h, d, 0.0, 0.08, round_top), body, 60)]
    pocket_h = h * rng.uniform(0.42, 0.52)
    pocket_cloth = (
        body
        if rng.random() < 0.5
        else look.of(
            body.name.split(".")[0] if body.name.startswith(("leather", "fabric")) else "fabric",
            mix(look.colour, look.accent_colour, 0.55),
        )
    )
    pocket = shell(w * 0.78, 0.02, 0.02 + pocket_h, 0.045, -d * 0.97, 0.12, 0.8)
    parts.append(sh.loft("pocket", pocket, pocket_cloth, 60))
    zipper = principled("zip", (0.08, 0.08, 0.085), 0.4)
    pull = look.chrome if rng.random() < 0.6 else look.gold

    arc_z, arc_w = h * 0.7, w * 0.43
    arc = [(arc_w * math.cos(a), 0, arc_z + (h * 0.2) * math.sin(a)) for a in np.linspace(-0.25, math.pi + 0.25, 30).tolist()]
    body_points = np.array([v.co for v in parts[0].data.vertices])
    path = []
    for x, _, z in arc:
        near = np.argmin(
            (body_points[:, 0] - x) ** 2 + (body_points[:, 2] - z) ** 2 + np.where(body_points[:, 1] < -d / 2, 0, 9)
        )
        path.append((x, float(body_points[near, 1]) - 0.0005, z))
    parts.append(sh.tube("zip", path, 0.0035, zipper, (0, 1, 0), sides=8))
    tag = path[4]
    parts.append(sh.box("pull", (0.008, 0.004, 0.026), (tag[0], tag[1] - 0.004, tag[2] - 0.026), pull, 0.002))
    pocket_points = np.array([v.co for v in parts[1].data.vertices])
    z = 0.02 + pocket_h * 0.8
    line = []
    for x in np.linspace(-w * 0.33, w * 0.33, 16).tolist():
        near = np.argmin(
            (pocket_points[:, 0] - x) ** 2 + (pocket_points[:, 2] - z) ** 2 + np.where(pocket_points[:, 1] < -d * 1.0, 0, 9)
        )
        line.append((x, float(pocket_points[near, 1]) - 0.0008, z))
    parts.append(sh.tube("zip", line, 0.0034, zipper, (0, 1, 0), sides=8))
    parts.append(sh.box("pull", (0.008, 0.004, 0.026), (line[2][0], line[2][1] - 0.004, z - 0.026), pull, 0.002))
    front = float(pocket_points[:, 1].min())
    patch = look.brand(look.colour if pocket_cloth is body else mix(look.colour, look.accent_colour, 0.55), rng)
    parts.append(sh.flat_label("brand", w * 0.36, w * 0.09, (0, front - 0.0015, 0.02 + pocket_h * 0.42), patch))
    webbing = look.of("fabric", mix(look.accent_colour, (0.12, 0.12, 0.13), 0.35))
    loop = [
        (-0.035, -d * 0.32, h - 0.012),
        (-0.028, -d * 0.34, h + 0.035),
        (0, -d * 0.34, h + 0.05),
        (0.028, -d * 0.34, h + 0.035),
        (0.035, -d * 0.32, h - 0.012),
    ]
    parts.append(sh.sweep("loop", sh.spline(loop, 5), sh.rounded_rect(0.006, 0.02, 0.0025, 3), webbing, (0, 1, 0)))
    for side in (-1, 1):  # shoulder straps behind, of which the edges show, and side pockets
        strap = [
            (side * w * 0.2, -0.01, h * 0.93), (side * w * 0.38, 0.03, h * 0.72), (side * w * 0.46, 0.03, h * 0.42),
            (side * w * 0.46, 0.012, h * 0.2), (side * w * 0.44, -0.01, h * 0.07),
        ]  # fmt: skip
        parts.append(sh.sweep("strap", sh.spline(strap, 6), sh.rounded_rect(0.01, 0.05, 0.004, 3), webbing, (1, 0, 0)))
        net = shell(0.04, 0.015, h * 0.36, d * 0.66, -d * 0.18, 0.1, 0.25)
        cell = sh.loft("side", net, look.of("fabric", mix(look.colour, (0.1, 0.1, 0.1), 0.35)), 60)
        parts.append(sh.move(cell, (side * (w * 0.5 - 0.004), 0, 0)))
    return parts
