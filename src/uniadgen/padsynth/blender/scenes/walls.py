"""What walls have: something to hang the product on, and what hangs and stands around it.

The wall is the plane y = 0. The product hangs in front of it with its lowest point at z = 0.
"""

import math
from typing import Any

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.blender.scenes.decor import PROPS, put
from uniadgen.padsynth.blender.scenes.forms import ball, blade, block, curtain, only_seen, swarm, turned
from uniadgen.padsynth.blender.scenes.plants import frond
from uniadgen.padsynth.blender.scenes.room import limited
from uniadgen.padsynth.blender.scenes.stage import WOODS, Stage, draws


def wall_of(material: Any) -> None:
    block((-7, 7), (0, 0.2), (-6, 7), material, 0.0)


def hold(stage: Stage, metal: Any | None = None, rail: float | None = None) -> None:
    """A peg in the wall that the product hangs on, or a hook from a rail at height `rail`; a clock hides its own nail."""
    x, y, z = stage.subject.top
    category = stage.subject.product.category
    if category == "wall clock":
        return
    metal = metal or stage.brass()
    thick = limited(stage.cm(0.7), 0.008, 0.03)
    hang = z - 1.2 * thick  # the loop's inner edge, where the peg bears
    if category == "t-shirt" and stage.subject.product.form == "mesh":
        hang = _hanger(stage, metal, thick)
    if rail is None:
        path = [(x, 0.02, hang), (x, y - 0.04, hang), (x, y - 0.06, hang + 0.035)]
        shapes.tube("peg", path, thick, metal, (1, 0, 0), sides=12)
        rose = shapes.lathe("rose", [(0, 0), (2.6 * thick, 0), (2.2 * thick, thick), (0, thick)], metal, 24)
        shapes.move(rose, (x, 0, hang), (90, 0, 0))
        return
    r = 0.045
    top = [(x, y + r * math.cos(a), rail + r * math.sin(a)) for a in np.linspace(-0.4, 3.14, 9).tolist()]
    low = [(x, y + r * math.cos(a), hang + r + r * math.sin(a)) for a in np.linspace(3.14, 6.6, 9).tolist()]
    shapes.tube("hook", [*top, *low], 0.7 * thick, metal, (1, 0, 0), sides=10)


def _hanger(stage: Stage, metal: Any, thick: float) -> float:
    """A clothes hanger inside a shirt; returns how high its hook bears."""
    low, high = stage.subject.low, stage.subject.high
    x, y, z = stage.subject.top
    neck = z - 0.05
    reach = 0.26 * (high[0] - low[0])
    steps = (-1.0, -0.6, -0.25, 0.0, 0.25, 0.6, 1.0)
    arms = [(x + t * reach, y, neck - 0.1 * abs(t) ** 1.6) for t in steps]
    shapes.tube("hanger", shapes.spline(arms, 4), 0.014, stage.paint(WOODS[1], 0.45), (0, 1, 0), sides=10)
    r, rise = 0.035, z + 0.06
    curl = [(x + r * math.sin(a), y, rise + r + r * math.cos(a)) for a in np.linspace(math.pi, 0, 6).tolist()]
    curl += [(x + r * math.sin(a), y, rise + r + r * math.cos(a)) for a in np.linspace(-0.4, -1.9, 5).tolist()]
    shapes.tube("hook", [(x, y, neck), (x, y, rise), *curl[1:]], 0.7 * thick, metal, (0, 1, 0), sides=10)
    return rise + 2 * r - 0.012


def shelf(stage: Stage, x: float, z: float, width: float, names: tuple[str, ...], colour: Colour | None = None) -> None:
    """A board on the wall with things on it."""
    rng, deep = stage.rng, limited(stage.cm(16), 0.22, 0.6)
    stuff = mat.wood(rng, rng.choice(WOODS), 1.0) if colour is None else stage.paint(colour, 0.5)
    thick = limited(stage.cm(2), 0.02, 0.06)
    block((x - width / 2, x + width / 2), (-deep, 0), (z - thick, z), stuff, 0.006)
    for sign in (-1, 1):
        bracket = [(x + sign * 0.36 * width, -0.8 * deep, z - thick), (x + sign * 0.36 * width, -0.01, z - thick - 0.5 * deep)]
        shapes.tube("bracket", bracket, 0.012, stage.brass(), (1, 0, 0), sides=6)
    at = x - width / 2 + 0.04
    for name in names:
        reach = stage.cm(PROPS[name].height_cm[1]) * PROPS[name].reach
        if at + 2 * reach > x + width / 2:
            continue
        put(stage, name, (at, -deep / 2, z), 1)
        at += 2 * reach + 0.05


def frame(stage: Stage, x: float, z: float, w: float, h: float) -> None:
    """A framed print of shapes or of a twig."""
    rng = stage.rng
    rim = rng.choice((stage.paint((0.1, 0.1, 0.11), 0.4), stage.paint(WOODS[1], 0.5), stage.paint((0.95, 0.95, 0.93), 0.4)))
    block((x - w / 2, x + w / 2), (-0.035, 0), (z, z + h), rim, 0.006)
    edge = 0.07 * w
    paper = stage.paint(mix(stage.accent, (1, 1, 1), 0.7), 0.85)
    block((x - w / 2 + edge, x + w / 2 - edge), (-0.038, -0.02), (z + edge, z + h - edge), paper, 0.0)
    for k in range(3):
        r = rng.uniform(0.1, 0.2) * min(w, h)
        disc = shapes.plate(
            "shape", shapes.circle(r, 28), 0.004, stage.paint(rng.choice((stage.second, stage.base, stage.accent)), 0.8), 0.001
        )
        shapes.move(disc, (x + rng.uniform(-0.2, 0.2) * w, -0.041 - 0.002 * k, z + h * rng.uniform(0.32, 0.68)))


def ivy(stage: Stage, side: int, count: int = 520, low: float = -1.6) -> None:
    """Leaves that climb along one side of the wall."""
    chance = draws(stage)
    edge = stage.half + 0.32
    x = side * (edge + np.abs(chance.normal(0, 0.42, count)) + 0.1)
    z = chance.uniform(low, 2.2, count)
    x = x - side * 0.18 * np.sin(2.3 * z + chance.uniform(0, 6))
    places = np.stack([x, -0.03 - 0.05 * chance.random(count), z], -1)
    places = places[np.abs(places[:, 0]) > edge - 0.05]
    along = chance.normal(0, 0.7, places.shape) + np.array([0, -0.5, -0.5])
    swarm("ivy", blade(0.75, 0.2), places, along, chance.uniform(0.09, 0.18, len(places)), stage.leaf())


def trailing(stage: Stage, x: float, z: float) -> None:
    """A pot on the wall with leaves that hang down."""
    clay = stage.paint(stage.tint(), 0.5)
    turned([(0, 0), (0.1, 0, 0.01), (0.14, 0.22, 0.01), (0.12, 0.22), (0, 0.2)], (x, -0.16, z), clay, 32)
    rng = stage.rng
    for k in range(9):
        a = 0.7 * k
        way = np.array([math.cos(a), math.sin(a) * 0.5 - 0.3, rng.uniform(0.1, 0.7)])
        frond(stage, np.array([x, -0.18, z + 0.2]), way, rng.uniform(0.25, 0.5), 0.9)


def sconce(stage: Stage, x: float, z: float, glow: float = 3.0) -> None:
    """A lamp on the wall."""
    metal = stage.paint((0.1, 0.1, 0.11), 0.4) if stage.rng.random() < 0.5 else stage.brass()
    shapes.tube("arm", [(x, 0, z), (x, -0.14, z + 0.06), (x, -0.17, z - 0.01)], 0.014, metal, (1, 0, 0), sides=8)
    turned([(0.03, 0.14), (0.15, 0), (0.14, 0), (0.02, 0.13)], (x, -0.17, z - 0.14), metal, 32)
    only_seen(ball(0.05, (x, -0.17, z - 0.16), mat.emission((1, 0.82, 0.55), glow)))


def hung(stage: Stage, x: float, z: float, peg: Any) -> None:
    """Another peg, with a scarf, a bag, a hat or nothing on it."""
    rng = stage.rng
    shapes.tube("peg", [(x, 0, z), (x, -0.11, z + 0.01)], 0.018, peg, (0, 0, 1), sides=10)
    ball(0.026, (x, -0.12, z - 0.016), peg)
    kind = rng.choice(("scarf", "bag", "hat", "none", "twigs"))
    tone = stage.tint()
    if kind == "scarf":
        curtain((x - 0.1, x + 0.1), -0.07, (z - rng.uniform(0.7, 1.0), z + 0.03), mat.fabric(rng, tone, 40), stage, 9.0)
    elif kind == "bag":
        handle = [
            (x - 0.12, -0.07, z - 0.32),
            (x - 0.09, -0.07, z - 0.06),
            (x, -0.07, z + 0.03),
            (x + 0.09, -0.07, z - 0.06),
            (x + 0.12, -0.07, z - 0.32),
        ]
        cloth = mat.fabric(rng, tone, 40)
        shapes.tube("handle", shapes.spline(handle, 4), 0.014, cloth, (0, 1, 0), sides=8)
        block((x - 0.24, x + 0.24), (-0.11, -0.03), (z - 0.85, z - 0.3), cloth, 0.03)
    elif kind == "hat":
        straw = mat.fabric(rng, mix((0.86, 0.74, 0.52), tone, 0.2), 30)
        rim = shapes.lathe(
            "hat",
            shapes.fillet([(0, 0), (0.3, 0, 0.01), (0.3, 0.015, 0.005), (0.16, 0.02), (0.14, 0.15, 0.04), (0, 0.16)]),
            straw,
            48,
        )
        shapes.move(rim, (x, -0.02, z - 0.1), (82, 0, 0))
    elif kind == "twigs":
        for k in range(5):
            way = np.array([rng.uniform(-0.25, 0.25), -0.05, -1.0])
            frond(stage, np.array([x + 0.02 * (k - 2), -0.06, z]), way, rng.uniform(0.35, 0.6), 0.0)
