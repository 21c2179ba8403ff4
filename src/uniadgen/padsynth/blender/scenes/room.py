"""Parts of rooms and grounds that several families have."""

import math
from typing import Any

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.blender.scenes.forms import blade, block, drum, sheet, swarm
from uniadgen.padsynth.blender.scenes.stage import BRASS, WOODS, Point, Stage, draws


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


def limited(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def ledge(stage: Stage, material: Any, depth_cm: float = 30.0, thick_cm: float = 5.0) -> None:
    """A table, a sill or a wall's top that ends behind the product."""
    back = limited(stage.cm(depth_cm), 0.85, 3.2)
    block((-9, 9), (-9, back), (-max(stage.cm(thick_cm), 0.06), 0), material, 0.015)


def round_table(stage: Stage, material: Any, radius_cm: float = 35.0) -> float:
    """The round top of a table, with a metal rim; returns its radius."""
    radius = limited(stage.cm(radius_cm), 0.95, 3.6)
    drum(radius, max(stage.cm(2.5), 0.05), (0, -0.12 * radius, -max(stage.cm(2.5), 0.05)), material, 0.02, 96)
    ring_z = -max(stage.cm(1.5), 0.03)
    path = [
        (radius * 1.004 * math.cos(a), radius * (1.004 * math.sin(a) - 0.12), ring_z)
        for a in np.linspace(0, 2 * math.pi, 96, endpoint=False).tolist()
    ]
    shapes.tube("rim", path, max(stage.cm(0.8), 0.015), stage.brass(), (0, 0, 1), closed=True, sides=8)
    return radius


def bench(stage: Stage, material: Any) -> None:
    """The seat of a bench: boards from left to right."""
    wide, gap = limited(stage.cm(11), 0.3, 1.1), limited(stage.cm(1.2), 0.03, 0.1)
    front = -0.5 * wide  # the product stands on the middle of a board
    for row in range(-6, 3 if wide < 0.6 else 2):
        y = front + row * (wide + gap)
        block((-9, 9), (y, y + wide), (-max(stage.cm(4), 0.08), 0), material, 0.02)


def stump(stage: Stage, radius_cm: float = 20.0) -> float:
    """A tree's stump with rings and bark; returns its radius."""
    rng = stage.rng
    radius = limited(stage.cm(radius_cm), 0.85, 2.6)
    g = mat.Graph("rings")
    bent = g.node("VectorMath", {"operation": "MULTIPLY_ADD"})
    warp = g.node("TexNoise", Vector=g.stretch(shift=rng.uniform(0, 9)), Scale=1.6 / radius, Detail=3.0)
    for socket, value in zip(bent.inputs, (warp.outputs["Color"], (0.3 * radius,) * 3, g.stretch(1, 1.12, 1)), strict=False):
        g.feed(socket, value)
    rings = g.node("TexWave", {"wave_type": "RINGS", "rings_direction": "Z"}, Vector=bent.outputs[0], Scale=4.2 / radius)
    rings.inputs["Distortion"].default_value, rings.inputs["Detail"].default_value = 1.2, 3.0
    tone = rng.choice(((0.66, 0.48, 0.31), (0.74, 0.58, 0.4), (0.56, 0.4, 0.27)))
    shade = g.blend(rings.outputs["Fac"], mix(tone, (0.25, 0.13, 0.06), 0.4), tone)
    fine = g.noise(g.coordinates, 40 / radius, 2.0)
    top = g.shade(base_color=g.blend(g.math("MULTIPLY", fine, 0.3), shade, (0.2, 0.12, 0.07)), roughness=0.8)
    angle = np.linspace(0, 2 * np.pi, 97)[:-1]
    wave = 1 + 0.035 * np.sin(3 * angle + rng.uniform(0, 6)) + 0.02 * np.sin(7 * angle + rng.uniform(0, 6))
    bark_wave = wave + 0.03 + 0.018 * np.sin(31 * angle) * np.sin(13 * angle)

    def circle(r: np.ndarray, z: float) -> list[Point]:
        return [(float(a * math.cos(t)) * radius, float(a * math.sin(t)) * radius, z) for a, t in zip(r, angle, strict=True)]

    bark = mat.speckled(rng, (0.3, 0.22, 0.16), 0.12, 0.5)
    shapes.loft("bark", [circle(bark_wave * 1.12, -2.0), circle(bark_wave, -0.12), circle(bark_wave, -0.012)], bark)
    shapes.loft("top", [circle(wave, -0.06), circle(wave, 0.0)], top)
    return radius


def planter(stage: Stage, at: Point, size: tuple[float, float], flower: Colour | None = None) -> None:
    """A trough with a bush, and flowers of one colour; `size` is its width and its height without plants."""
    w, h = size
    trough = stage.paint(mix(stage.second, (0.3, 0.3, 0.3), 0.25), 0.6)
    block((at[0] - w / 2, at[0] + w / 2), (at[1], at[1] + 0.6 * h), (at[2], at[2] + h), trough, 0.02)
    top = (at[0], at[1] + 0.3 * h, at[2] + h)
    chance, count = draws(stage), 420
    places = np.array(top) + np.stack(
        [
            chance.uniform(-0.5, 0.5, count) * w * 0.95,
            chance.normal(0, 0.13, count) * h,
            np.abs(chance.normal(0.12, 0.22, count)) * h,
        ],
        -1,
    )
    along = chance.normal(0, 1, (count, 3)) + np.array([0, -0.3, 0.8])
    swarm("bush", blade(0.42, 0.2, steps=2), places, along, h * chance.uniform(0.14, 0.3, count), stage.leaf())
    if flower is not None:
        some = places[chance.random(count) < 0.35] + np.array([0, -0.04, 0.1]) * h
        out = chance.normal(0, 1, (len(some), 3)) + np.array([0, -0.8, 0.5])
        swarm("blossoms", blade(0.9, 0.1, steps=2), some, out, h * chance.uniform(0.09, 0.16, len(some)), stage.leaf(flower))


def awning(stage: Stage, at: Point, width: float, reach: float) -> None:
    """A striped awning whose upper edge is at `at`; it comes forward and down."""
    pale = mix(stage.accent, (1, 1, 1), 0.7)
    count = 10
    for k in range(count):
        x0, x1 = (at[0] + width * (i / count - 0.5) for i in (k, k + 1))
        rows = np.array(
            [
                [(x0, at[1], at[2]), (x1, at[1], at[2])],
                [(x0, at[1] - reach, at[2] - 0.45 * reach), (x1, at[1] - reach, at[2] - 0.45 * reach)],
                [(x0, at[1] - reach, at[2] - 0.65 * reach), (x1, at[1] - reach, at[2] - 0.65 * reach)],
            ]
        )
        sheet("awning", rows, stage.paint(stage.second if k % 2 else pale, 0.7))
