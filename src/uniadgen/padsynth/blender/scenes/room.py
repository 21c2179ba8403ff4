"""Parts of rooms and grounds that several families have."""

import math
from typing import Any

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.blender.scenes.forms import block, sheet
from uniadgen.padsynth.blender.scenes.stage import BRASS, WOODS, Stage, draws


def paper_roll(material: Any, near: float = -7.0, far: float = 2.3, z: float = 0.0, bend: float = 1.2) -> None:
    """A seamless roll of paper: floor and wall without an edge."""
    corner = [
        (far - bend + bend * math.sin(a), z + bend - bend * math.cos(a)) for a in np.linspace(0, math.pi / 2, 12).tolist()
    ]
    profile = np.array([(near, z), (-2, z), (0, z), *corner, (far, z + 9)])
    x = np.linspace(-13, 13, 3)
    points = np.stack(
        [np.repeat(x[None], len(profile), 0), np.repeat(profile[:, :1], 3, 1), np.repeat(profile[:, 1:], 3, 1)], -1
    )
    sheet("backdrop", points, material)


def table_top(stage: Stage, material: Any, back: float = 1.5, z: float = 0.0, thick: float = 0.14) -> None:
    """The table or counter that the product stands on, or for floor products the floor up to the wall."""
    if stage.floor:
        block((-12, 12), (-8, 6), (z - 0.1, z), material, 0.0)
    else:
        block((-8, 8), (-8, back), (z - thick, z), material, 0.02)


def back_wall(stage: Stage, y: float, material: Any, hole: tuple[float, float, float, float] | None = None) -> None:
    """A wall at depth y, with room for a window at (x0, x1, z0, z1)."""
    low = 0.0 if stage.floor else -3.5
    if hole is None:
        block((-13, 13), (y, y + 0.2), (low, 9), material, 0.0)
        return
    x0, x1, z0, z1 = hole
    for x, z in (((-13, x0), (low, 9)), ((x1, 13), (low, 9)), ((x0, x1), (low, z0)), ((x0, x1), (z1, 9))):
        block(x, (y, y + 0.2), z, material, 0.0)


def rug(stage: Stage, material: Any, radius: float = 1.7) -> None:
    """A round rug with a border under a floor product, its top at z = 0."""
    shapes.move(
        shapes.lathe("rug", [(0, -0.03), (radius, -0.03), (radius, -0.008), (radius - 0.02, 0.0), (0, 0)], material, 64),
        (0, 0.1, 0),
    )


def panels(stage: Stage, y: float, material: Any, z: tuple[float, float]) -> None:
    """Mouldings on a wall."""
    for i in range(-3, 4):
        x0, x1 = i * 1.9 + 0.15, i * 1.9 + 1.75
        for xs, zs in (
            ((x0, x1), (z[0], z[0] + 0.06)),
            ((x0, x1), (z[1] - 0.06, z[1])),
            ((x0, x0 + 0.06), z),
            ((x1 - 0.06, x1), z),
        ):
            block(xs, (y - 0.05, y), zs, material, 0.015)


def painting(stage: Stage, x: float, y: float, z: float, w: float, h: float) -> None:
    """A framed abstract picture."""
    rng = stage.rng
    frame = stage.paint(rng.choice((WOODS[2], (0.12, 0.12, 0.13), BRASS, (0.95, 0.95, 0.93))), 0.4)
    block((x - w / 2, x + w / 2), (y - 0.06, y), (z, z + h), frame, 0.01)
    block(
        (x - w / 2 + 0.05, x + w / 2 - 0.05),
        (y - 0.066, y - 0.05),
        (z + 0.05, z + h - 0.05),
        stage.paint(mix(stage.accent, (1, 1, 1), 0.6), 0.8),
        0.0,
    )
    for _ in range(3):
        r = rng.uniform(0.14, 0.26) * min(w, h)
        disc = shapes.plate(
            "shape", shapes.circle(r, 28), 0.012, stage.paint(rng.choice((stage.second, stage.base, stage.accent)), 0.8), 0.001
        )
        shapes.move(disc, (x + rng.uniform(-0.2, 0.2) * w, y - 0.07 - rng.uniform(0, 0.006), z + h * rng.uniform(0.35, 0.65)))


def couch(stage: Stage, x: float, y: float, z: float, w: float, colour: Colour) -> None:
    """A sofa whose seat front is at y."""
    cloth = mat.fabric(stage.rng, colour, 30)
    block((x - w / 2, x + w / 2), (y, y + 0.9), (z + 0.1, z + 0.42), cloth, 0.08)
    block((x - w / 2, x + w / 2), (y + 0.65, y + 1.0), (z + 0.1, z + 1.0), cloth, 0.12)
    for side in (-1, 1):
        block(
            tuple(sorted((x + side * (w / 2 - 0.02), x + side * (w / 2 + 0.24)))),
            (y - 0.05, y + 0.95),
            (z + 0.05, z + 0.68),
            cloth,
            0.1,
        )
    for i in range(2):
        block(
            (x - w / 2 + i * w / 2 + 0.01, x + (i - 1) * w / 2 + w / 2 - 0.01),
            (y - 0.03, y + 0.75),
            (z + 0.42, z + 0.58),
            cloth,
            0.07,
        )
    for side, shade in ((-1, stage.accent), (1, stage.base), (0.55, mix(stage.second, (1, 1, 1), 0.4))):
        pillow = shapes.cushion("pillow", (0.55, 0.55, 0.2), (0, 0, 0), mat.fabric(stage.rng, shade, 40))
        shapes.move(pillow, (x + side * (w / 2 - 0.35), y + 0.6, z + 0.86), (72, 0, stage.rng.uniform(-15, 15)))


def dunes(stage: Stage, material: Any, height: float, flat: float, far: float, below: float = 0.0) -> Any:
    """Uneven ground that is level where the product stands; `below` makes room for something it stands on."""
    chance = draws(stage)
    x, y = np.meshgrid(np.linspace(-9, 9, 120), np.concatenate([np.linspace(-6, -1.5, 20), np.linspace(-1.4, far, 90)]))
    z = np.zeros_like(x)
    for size in (1.1, 2.3, 4.5):
        a, b, c = chance.uniform(0, 2 * np.pi, 3)
        z += (
            np.sin(size * (x * np.cos(a) + y * np.sin(a)) + b) * np.sin(size * 0.8 * (y * np.cos(a) - x * np.sin(a)) + c) / size
        )
    distance = np.hypot(x, y)
    z = (z * height - height * 0.5) * np.clip((distance - flat) / 0.8, 0, 1) ** 2
    return sheet("ground", np.stack([x, y, np.minimum(z, 0.35 * np.clip(distance - flat, 0, 9)) - below], -1), material)
