"""Plants: stems, pots, fronds, flower beds, hedges, firs."""

from typing import Any

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.blender.scenes.forms import blade, block, crystal, drum, scaled, swarm, turned
from uniadgen.padsynth.blender.scenes.stage import GREENS, Point, Stage, draws


def stem_curve(start: np.ndarray, direction: np.ndarray, length: float, droop: float, steps: int = 8) -> np.ndarray:
    """A stem that grows along `direction` and bends down."""
    t = np.linspace(0, 1, steps)[:, None]
    direction = direction / np.linalg.norm(direction)
    return start + direction * length * t - np.array([0, 0, 1.0]) * droop * length * t**2


def branches(
    stage: Stage, at: Point, height: float, stems: int, leaves: int, leaf: tuple, colour: Colour, spread: float = 0.5
) -> None:
    """Leafy stems that rise from one spot."""
    chance = draws(stage)
    places, along, sizes = [], [], []
    wood = stage.paint((0.34, 0.3, 0.18), 0.8)
    for _ in range(stems):
        angle = chance.uniform(0, 2 * np.pi)
        lean = np.array([np.cos(angle) * spread, np.sin(angle) * spread, 1.0]) * chance.uniform(0.75, 1.0)
        curve = stem_curve(np.array(at), lean, height * chance.uniform(0.75, 1.05), 0.22, 7)
        shapes.tube("stem", curve.tolist(), 0.008 * height, wood, sides=5)
        t = chance.uniform(0.25, 1.0, leaves)
        k = np.minimum((t * 6).astype(int), 5)
        spot = curve[k] + (curve[k + 1] - curve[k]) * (t * 6 - k)[:, None]
        stem_way = (curve[k + 1] - curve[k]) / np.linalg.norm(curve[k + 1] - curve[k], axis=1, keepdims=True)
        sideways = chance.normal(0, 1, (leaves, 3))
        places.append(spot)
        along.append(0.6 * stem_way + 0.55 * sideways / np.linalg.norm(sideways, axis=1, keepdims=True))
        sizes.append(height * chance.uniform(0.7, 1.2, leaves) * (1.15 - 0.5 * t))
    points, faces = leaf
    swarm("leaves", (points, faces), np.concatenate(places), np.concatenate(along), np.concatenate(sizes), stage.leaf(colour))


def pot_plant(stage: Stage, at: Point, height: float, pot: Colour | None = None) -> None:
    """A potted plant: sword leaves, a bush or a palm."""
    rng, chance = stage.rng, draws(stage)
    deep = height * 0.32
    r = deep * rng.uniform(0.5, 0.62)
    clay = stage.paint(pot or stage.tint(), 0.5)
    turned(
        [(0, 0), (r * 0.75, 0, 0.01), (r, deep, 0.01), (r * 0.9, deep), (r * 0.88, deep * 0.88), (0, deep * 0.88)], at, clay, 32
    )
    soil = np.array([at[0], at[1], at[2] + deep * 0.85])
    kind = rng.choice(("sword", "bush", "palm"))
    if kind == "sword":
        angle, lean = chance.uniform(0, 2 * np.pi, 16), chance.uniform(0.05, 0.4, 16)
        along = np.stack([np.cos(angle) * lean, np.sin(angle) * lean, np.ones(16)], -1)
        swarm(
            "swords",
            blade(0.13, 0.05, 0.3, 5),
            soil + along * 0.05 * [1, 1, 0],
            along,
            height * chance.uniform(0.4, 0.72, 16),
            stage.leaf(),
        )
    elif kind == "bush":
        branches(stage, tuple(soil), height * 0.6, 12, 16, scaled(blade(0.55, 0.25), 0.3), rng.choice(GREENS), 0.55)
    else:
        for angle in np.linspace(0, 2 * np.pi, 9, endpoint=False) + chance.uniform(0, 1):
            lean = chance.uniform(0.25, 0.8)
            frond(
                stage,
                soil,
                np.array([np.cos(angle) * lean, np.sin(angle) * lean, 1.0]),
                height * chance.uniform(0.65, 0.85),
                0.3,
            )


def frond(stage: Stage, start: np.ndarray, direction: np.ndarray, length: float, droop: float = 0.35) -> None:
    """A palm leaf: leaflets on both sides of a drooping rib."""
    count = 22
    rib = stem_curve(np.asarray(start, float), direction, length, droop, count + 1)
    way = np.diff(rib, axis=0)
    side = np.cross(way, [0, 0, 1.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
    t = np.linspace(0.15, 1, count)
    size = length * 0.42 * np.sin(np.pi * np.clip(t * 0.9 + 0.08, 0, 1)) ** 0.7
    unit_way = way / np.linalg.norm(way, axis=1, keepdims=True)
    along = np.concatenate([unit_way + side * s - [0, 0, 0.25] for s in (0.9, -0.9)])
    swarm(
        "frond",
        blade(0.16, 0.2, 0.2),
        np.concatenate([rib[1:], rib[1:]]),
        along,
        np.tile(size, 2),
        stage.leaf((0.2, 0.42, 0.18)),
    )
    shapes.tube("rib", rib[::4].tolist(), 0.008 * length, stage.leaf((0.2, 0.42, 0.18)), sides=5)


def flowers(stage: Stage, centre: Point, spread: tuple[float, float], count: int, height: float, colour: Colour) -> None:
    """A bed of flowers: stalks with leaves and round heads of petals."""
    chance = draws(stage)
    feet = np.array(centre) + np.stack(
        [chance.uniform(-1, 1, count) * spread[0], chance.uniform(-1, 1, count) * spread[1], np.zeros(count)], -1
    )
    tall = height * chance.uniform(0.6, 1.0, count)
    lean = np.stack([chance.normal(0, 0.15, count), chance.normal(0, 0.15, count), np.ones(count)], -1)
    heads = feet + lean * tall[:, None]
    swarm("stalks", blade(0.035, 0.0), feet, lean, tall, stage.leaf((0.27, 0.43, 0.17)))
    leaves = np.repeat(feet, 5, 0) + np.repeat(lean * tall[:, None], 5, 0) * chance.uniform(0.05, 0.7, (count * 5, 1))
    swarm(
        "leaves",
        blade(0.3),
        leaves,
        chance.normal(0, 1, (count * 5, 3)) + np.array([0, 0, 0.8]),
        np.repeat(tall, 5) * 0.35,
        stage.leaf((0.27, 0.43, 0.17)),
    )
    petals, turn = 9, np.tile(np.linspace(0, 2 * np.pi, 9, endpoint=False), count)
    tilt = np.repeat(chance.normal(0, 0.3, (count, 2)), petals, 0)
    out = np.stack([np.cos(turn) + tilt[:, 0], np.sin(turn) * 0.9 - 0.35, 0.35 + np.sin(turn) * 0.45 + tilt[:, 1]], -1)
    swarm(
        "petals",
        blade(0.6, 0.1),
        np.repeat(heads, petals, 0),
        out,
        np.repeat(height * chance.uniform(0.13, 0.2, count), petals),
        stage.leaf(colour),
    )
    swarm(
        "hearts",
        crystal(),
        heads + np.array([0, -0.01, 0.01]),
        lean,
        np.full(count, height * 0.045),
        stage.paint((0.9, 0.68, 0.2), 0.7),
    )


def hedge(
    stage: Stage, x: tuple[float, float], y: float, z: tuple[float, float], green: Colour, count: int = 2600, size: float = 0.28
) -> None:
    """A wall of leaves."""
    chance = draws(stage)
    places = np.stack([chance.uniform(*x, count), y + chance.normal(0, 0.18, count), chance.uniform(*z, count)], -1)
    top = 0.3 * np.sin(places[:, 0] * 1.9 + chance.uniform(0, 6)) + 0.2 * np.sin(places[:, 0] * 4.3)
    places[:, 2] += top * (places[:, 2] - z[0]) / (z[1] - z[0])
    along = chance.normal(0, 1, (count, 3)) + np.array([0, -0.7, 0.35])
    block(x, (y + 0.15, y + 0.4), (z[0], z[1] - 0.35), stage.paint(mix(green, (0.02, 0.06, 0.02), 0.6), 0.9))
    swarm("hedge", blade(0.5, 0.2, steps=2), places, along, size * chance.uniform(0.6, 1.2, count), mat.foliage(green, 0.5))


def fir(stage: Stage, at: Point, height: float, material: Any) -> None:
    """A fir tree out of drooping branches."""
    chance, count = draws(stage), 420
    level = chance.uniform(0.04, 1.0, count) ** 0.8
    angle = chance.uniform(0, 2 * np.pi, count)
    reach = (1.02 - level) * height * 0.36 * chance.uniform(0.75, 1.1, count)
    places = np.array(at) + np.stack([np.zeros(count), np.zeros(count), level * height * 0.95], -1)
    along = np.stack([np.cos(angle), np.sin(angle), chance.normal(0.02, 0.14, count)], -1)
    swarm("fir", blade(0.42, 0.28, 0.1), places, along, reach + 0.05 * height, material)
    drum(0.03 * height, height * 0.5, at, stage.paint((0.3, 0.2, 0.13), 0.9), 0.002, 12)
