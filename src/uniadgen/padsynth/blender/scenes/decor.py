"""Props that stand beside a product, and how a set is dressed with them."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.blender.scenes.forms import arch_slab, ball, blade, block, drum, only_seen, ring, scaled, swarm, turned
from uniadgen.padsynth.blender.scenes.plants import branches, pot_plant
from uniadgen.padsynth.blender.scenes.stage import WOODS, Point, Stage, draws


def _vase_profile(rng: random.Random, height: float) -> list[tuple[float, float]]:
    belly, neck = rng.uniform(0.26, 0.4) * height, rng.uniform(0.09, 0.15) * height
    points = [
        (0, 0),
        (belly * 0.55, 0),
        (belly * 0.95, 0.2),
        (belly, 0.4),
        (belly * 0.7, 0.68),
        (neck, 0.85),
        (neck * 1.15, 1.0),
    ]
    curve = shapes.spline([(r, z * height if z <= 1 else z) for r, z in points[1:]], 5)
    return [(0.0, 0.0), *curve, (neck * 0.8, height), (neck * 0.8, height * 0.8), (0, height * 0.78)]  # type: ignore[list-item]


def vase(stage: Stage, at: Point, height: float, colour: Colour | None = None, leafy: bool = True) -> None:
    """A ceramic vase with branches or dried grass."""
    rng = stage.rng
    clay = (
        mat.plaster(rng, colour or stage.tint(), 0.08, 6.0) if rng.random() < 0.5 else stage.paint(colour or stage.tint(), 0.25)
    )
    body = height * (0.42 if leafy else 1.0)
    shapes.move(shapes.lathe("vase", _vase_profile(rng, body), clay, 36), at)
    if leafy:
        top = (at[0], at[1], at[2] + body * 0.9)
        kind = rng.choice(("eucalyptus", "olive", "dry", "blossom"))
        if kind == "dry":
            branches(stage, top, height * 0.62, 11, 40, blade(0.06, 0.1), mix((0.87, 0.76, 0.57), stage.accent, 0.3), 0.35)
        elif kind == "blossom":
            branches(stage, top, height * 0.62, 6, 26, blade(0.09, 0.05), mix(stage.second, (1, 1, 1), 0.25), 0.5)
        else:
            width, green = (0.15, (0.42, 0.54, 0.46)) if kind == "eucalyptus" else (0.08, (0.33, 0.42, 0.25))
            branches(stage, top, height * 0.6, 6, 20, scaled(blade(width / 0.2, 0.1), 0.2), green)


def books(stage: Stage, at: Point, h: float) -> None:
    """A pile of books without titles."""
    rng, z, paper = stage.rng, at[2], stage.paint((0.92, 0.89, 0.82), 0.9)
    for _ in range(rng.choice((2, 3, 4))):
        thick, w, d = h * rng.uniform(0.16, 0.28), h * rng.uniform(1.1, 1.4), h * rng.uniform(0.8, 0.95)
        cover, turn = (
            stage.paint(rng.choice((stage.second, stage.accent, stage.base, mix(stage.second, (0, 0, 0), 0.35))), 0.6),
            rng.uniform(-14, 14),
        )
        rim = thick * 0.12
        for size, low, stuff in (
            ((w, d, rim), 0, cover),
            ((w, d, rim), thick - rim, cover),
            ((w * 0.96, d * 0.94, thick - 2 * rim), rim, paper),
        ):
            shapes.move(shapes.box("book", size, (0, 0, low), stuff, 0.004, 1), (at[0], at[1], z), (0, 0, turn))
        z += thick


def mug(stage: Stage, at: Point, h: float, colour: Colour | None = None) -> None:
    """A cup with a handle."""
    glaze, r = stage.paint(colour or stage.tint(), 0.2), h * 0.42
    turned([(0, 0), (r * 0.8, 0, 0.05 * h), (r, h, 0.02 * h), (r * 0.9, h), (r * 0.88, 0.8 * h), (0, 0.8 * h)], at, glaze, 32)
    drum(r * 0.88, 0.02 * h, (at[0], at[1], at[2] + 0.8 * h), stage.paint((0.25, 0.14, 0.08), 0.2), 0.001, 24)
    sign = 1 if at[0] > 0 else -1
    path = [
        (at[0] + sign * (r * 0.95 + 0.28 * h * math.sin(a)), at[1], at[2] + h * (0.52 + 0.27 * math.cos(a)))
        for a in np.linspace(0.1, 3.04, 9).tolist()
    ]
    shapes.tube("handle", path, 0.055 * h, glaze, sides=8)


def candle(stage: Stage, at: Point, h: float) -> None:
    """A burning candle."""
    r = h * stage.rng.uniform(0.2, 0.34)
    drum(r, h, at, stage.paint(mix(stage.tint(), (1, 0.97, 0.9), 0.5), 0.6), 0.02 * h, 28)
    flame = [(0, 0), (0.05, 0.04), (0.06, 0.1), (0.03, 0.2), (0, 0.28)]
    only_seen(
        turned([(r_ * h, z * h) for r_, z in flame], (at[0], at[1], at[2] + h * 1.04), mat.emission((1, 0.75, 0.35), 6), 10)
    )


def bowl(stage: Stage, at: Point, h: float, fruit: bool = True) -> None:
    """A bowl of fruit."""
    rng, r = stage.rng, h * 1.15
    glaze = stage.paint(stage.tint(), 0.25)
    curve = shapes.spline([(0.35 * r, 0), (0.4 * r, 0.06 * h), (0.8 * r, 0.3 * h), (r, 0.75 * h)], 5)
    turned([(0, 0), *curve, (0.94 * r, 0.75 * h), (0.7 * r, 0.35 * h), (0, 0.16 * h)], at, glaze, 36)
    if fruit:
        skin = stage.paint(rng.choice(((0.97, 0.8, 0.16), (0.96, 0.55, 0.12), (0.78, 0.16, 0.12), (0.55, 0.7, 0.2))), 0.4)
        for x, y, z in ((-0.45, 0, 0.3), (0.4, 0.2, 0.3), (0.05, -0.4, 0.32), (0, 0.45, 0.3), (0.02, 0, 0.68)):
            ball(h * 0.34, (at[0] + x * r, at[1] + y * r, at[2] + z * h), skin, rng.uniform(0.85, 1.0))


def gift(stage: Stage, at: Point, h: float) -> None:
    """A wrapped box with a ribbon and a bow."""
    rng = stage.rng
    w, turn = h * rng.uniform(0.9, 1.35), rng.uniform(-35, 35)
    wrap, band = rng.sample((stage.second, stage.accent, stage.base, mix(stage.second, (1, 1, 1), 0.75)), 2)
    ribbon = stage.paint(band, 0.25)
    parts = [
        shapes.box("gift", (w, w, h), (0, 0, 0), stage.paint(wrap, 0.45), 0.01),
        shapes.box("ribbon", (w * 0.16, w * 1.012, h * 1.008), (0, 0, 0), ribbon, 0.003, 1),
        shapes.box("ribbon", (w * 1.012, w * 0.16, h * 1.008), (0, 0, 0), ribbon, 0.003, 1),
    ]
    for turn_of_loop in (25, 155, 85, -60):
        loop = [
            (w * (0.16 + 0.16 * math.cos(a)), 0, w * (0.07 + 0.09 * math.sin(a)))
            for a in np.linspace(0, 6.283, 14, endpoint=False).tolist()
        ]
        strip = shapes.sweep(
            "bow", loop, shapes.rounded_rect(0.012 * w, w * 0.13, 0.005 * w, 2), ribbon, (0, 1, 0), closed=True
        )
        parts.append(shapes.move(strip, (0, 0, h), (0, 0, turn_of_loop)))
    for part in parts:
        shapes.move(part, at, (0, 0, turn))


def bauble(stage: Stage, at: Point, h: float) -> None:
    """A shiny ball ornament."""
    ball(h * 0.5, at, stage.paint(stage.tint(), 0.12, 0.75))
    drum(h * 0.1, h * 0.1, (at[0], at[1], at[2] + h * 0.98), stage.brass(), 0.004, 14)


def towels(stage: Stage, at: Point, h: float) -> None:
    """Rolled towels in a pyramid."""
    r, terry = (
        h * 0.29,
        [mat.fabric(stage.rng, c, 45) for c in (mix(stage.second, (1, 1, 1), 0.15), mix(stage.accent, (1, 1, 1), 0.5))],
    )
    for i, (x, z) in enumerate(((-r, 0), (r, 0), (0, r * 1.7))):
        spiral = [(r * (1 - 0.05 * a) * math.cos(a), r * (1 - 0.05 * a) * math.sin(a)) for a in np.linspace(0, 12, 60).tolist()]
        roll = shapes.lathe(
            "towel",
            shapes.fillet([(0, -h * 0.55), (r, -h * 0.55, r * 0.35), (r, h * 0.55, r * 0.35), (0, h * 0.55)]),
            terry[i % 2],
            28,
        )
        shapes.move(roll, (at[0] + x, at[1], at[2] + z + r), (90, 0, 0))
        line = [(at[0] + x + a, at[1] - h * 0.555, at[2] + z + r + b) for a, b in spiral[::2]]
        shapes.tube("roll", line, r * 0.045, stage.paint(mix(stage.second, (0, 0, 0), 0.25), 0.9), sides=5)


def pebbles(stage: Stage, at: Point, h: float) -> None:
    """Smooth stones on top of each other."""
    z, r = at[2], h * 0.75
    for _ in range(3):
        stone = mat.plaster(
            stage.rng,
            mix(stage.rng.choice(((0.5, 0.5, 0.5), (0.75, 0.72, 0.67), (0.33, 0.34, 0.36))), stage.tint(), 0.3),
            0.15,
            5.0,
        )
        ball(r, (at[0] + stage.rng.uniform(-0.08, 0.08) * h, at[1], z), stone, 0.42)
        z, r = z + 2 * r * 0.4, r * 0.72


def jar(stage: Stage, at: Point, h: float, filling: Colour | None = None) -> None:
    """A storage jar with a wooden lid."""
    r = h * stage.rng.uniform(0.3, 0.4)
    body = filling or stage.rng.choice(((0.85, 0.72, 0.5), (0.62, 0.36, 0.2), (0.93, 0.88, 0.78), stage.second))
    drum(r, h * 0.82, at, stage.paint(body, 0.12), 0.08 * h, 32)
    drum(r * 0.92, h * 0.16, (at[0], at[1], at[2] + h * 0.82), stage.paint(WOODS[1], 0.6), 0.02 * h, 32)


def pens(stage: Stage, at: Point, h: float) -> None:
    """A cup of pencils."""
    r = h * 0.27
    turned(
        [(0, 0), (r, 0, 0.01), (r, h * 0.62), (r * 0.9, h * 0.62), (r * 0.9, 0.1 * h), (0, 0.1 * h)],
        at,
        stage.paint(stage.second, 0.4),
        28,
    )
    for i in range(6):
        angle = i * 1.05
        x, y = math.cos(angle) * r * 0.45, math.sin(angle) * r * 0.45
        colour = stage.rng.choice((stage.accent, stage.base, (0.95, 0.75, 0.2), (0.2, 0.2, 0.22)))
        shapes.tube(
            "pencil",
            [
                (at[0] + x, at[1] + y, at[2] + 0.12 * h),
                (at[0] + 2 * x, at[1] + 2 * y, at[2] + h * stage.rng.uniform(0.85, 1.1)),
            ],
            0.045 * h,
            stage.paint(colour, 0.4),
            sides=6,
        )


def shells(stage: Stage, at: Point, h: float) -> None:
    """A starfish and a few shells."""
    rng = stage.rng
    star = [
        (
            h * (0.8 if i % 2 == 0 else 0.3) * math.cos(i * math.pi / 5),
            h * (0.8 if i % 2 == 0 else 0.3) * math.sin(i * math.pi / 5),
        )
        for i in range(10)
    ]
    body = mat.plaster(rng, mix(stage.second, (0.93, 0.5, 0.3), 0.45), 0.2, 18)
    shapes.move(
        shapes.plate("star", star, h * 0.2, body, h * 0.09),
        (at[0], at[1], at[2] + 0.16 * h),
        (rng.uniform(62, 75), 0, rng.uniform(-40, 40)),
    )
    for dx, dy, size in ((0.9, -0.5, 0.36), (-0.95, 0.1, 0.28), (0.6, 0.7, 0.3)):
        colour = mix(stage.accent, (0.97, 0.9, 0.83), 0.6)
        cone = [
            (size * h * (1 - t) * (1 + 0.12 * math.cos(t * 34)), size * h * 2.2 * t) for t in np.linspace(0, 1, 22).tolist()
        ]
        shell = shapes.lathe("shell", [(0, 0), *cone, (0, size * h * 2.2)], stage.paint(colour, 0.35), 22)
        shapes.move(
            shell, (at[0] + dx * h, at[1] + dy * h, at[2] + size * h * 0.8), (rng.uniform(75, 95), 0, rng.uniform(0, 360))
        )


def cones(stage: Stage, at: Point, h: float) -> None:
    """Pine cones."""
    chance, scales = draws(stage), 90
    for dx, dy, size in ((0, 0, 1.0), (0.75, 0.35, 0.8)):
        t = np.linspace(0.02, 0.98, scales)
        angle = np.arange(scales) * 2.4
        r = 0.32 * np.sin(np.pi * t**0.8) * h * size
        places = (
            np.array(at)
            + np.array([dx * h, dy * h, 0])
            + np.stack([np.cos(angle) * r * 0.4, np.sin(angle) * r * 0.4, t * h * size * 0.9], -1)
        )
        along = np.stack([np.cos(angle), np.sin(angle), np.full(scales, 0.75) + chance.normal(0, 0.1, scales)], -1)
        swarm("cone", blade(0.9, -0.3, 0.3, 2), places, along, r * 0.85 + 0.04 * h, mat.frosted((0.42, 0.27, 0.16), 0.25))


def lamp(stage: Stage, at: Point, h: float) -> None:
    """A lamp with a shining shade."""
    foot = stage.paint(stage.accent, 0.4) if stage.rng.random() < 0.5 else stage.brass()
    drum(0.16 * h, 0.03 * h, at, foot, 0.01 * h, 32)
    drum(0.018 * h, 0.75 * h, at, foot, 0.002, 12)
    shade = mat.emission(mix((1, 0.82, 0.55), stage.second, 0.25), 1.5)
    r = 0.24 * h
    turned([(r, 0), (r * 0.7, 0.36 * h), (r * 0.69, 0.36 * h), (r * 0.99, 0)], (at[0], at[1], at[2] + 0.64 * h), shade, 36)


def solids(stage: Stage, at: Point, h: float) -> None:
    """A group of plain geometric bodies."""
    rng = stage.rng
    skins = [stage.paint(c, 0.5) for c in (stage.second, stage.accent, mix(stage.base, stage.second, 0.5))]
    rng.shuffle(skins)
    kind = rng.choice(("ball", "cone", "cubes", "ring", "drum", "arch"))
    if kind == "ball":
        drum(0.34 * h, 0.45 * h, at, skins[0])
        ball(0.27 * h, (at[0], at[1], at[2] + 0.45 * h), skins[1])
    elif kind == "cone":
        turned([(0, 0), (0.4 * h, 0, 0.02), (0, h)], at, skins[0], 48)
        ball(0.2 * h, (at[0] + 0.5 * h, at[1] - 0.25 * h, at[2]), skins[1])
    elif kind == "cubes":
        for size, x, z, skin in ((0.55, 0, 0, skins[0]), (0.34, 0.06, 0.55, skins[1])):
            shapes.move(
                shapes.box("cube", (size * h,) * 3, (0, 0, 0), skin, 0.02 * h),
                (at[0] + x * h, at[1], at[2] + z * h),
                (0, 0, rng.uniform(-40, 40)),
            )
    elif kind == "ring":
        ring(0.38 * h, 0.11 * h, (at[0], at[1], at[2] + 0.49 * h), skins[0], 0, rng.uniform(-35, 35))
        ball(0.16 * h, (at[0] - 0.5 * h, at[1] - 0.2 * h, at[2]), skins[1])
    elif kind == "drum":
        drum(0.24 * h, h, at, skins[0])
        drum(0.3 * h, 0.4 * h, (at[0] + 0.5 * h, at[1] + 0.1 * h, at[2]), skins[1])
    else:
        arch_slab(0.6 * h, h, 0.25 * h, at, skins[0])
        ball(0.18 * h, (at[0] - 0.35 * h, at[1] - 0.2 * h, at[2]), skins[1])


@dataclass(frozen=True)
class Prop:
    """A thing of daily life: how high it is, in centimetres, and how far it reaches to a side, in heights."""

    draw: Callable[[Stage, Point, float], None]
    height_cm: tuple[float, float]
    reach: float


PROPS: dict[str, Prop] = {
    "books": Prop(books, (15, 19), 0.7), "mug": Prop(mug, (8.5, 10.5), 0.6), "candle": Prop(candle, (5, 13), 0.35),
    "bowl": Prop(bowl, (6, 9), 1.15), "gift": Prop(gift, (9, 18), 0.75), "bauble": Prop(bauble, (6, 8), 0.5),
    "towels": Prop(towels, (14, 18), 0.6), "pebbles": Prop(pebbles, (2.5, 5), 0.8), "jar": Prop(jar, (9, 18), 0.4),
    "pens": Prop(pens, (14, 17), 0.4), "shells": Prop(shells, (3, 6), 1.4), "cones": Prop(cones, (6, 9), 0.9),
    "lamp": Prop(lamp, (34, 45), 0.26), "floor lamp": Prop(lamp, (130, 160), 0.26), "vase": Prop(vase, (28, 42), 0.36),
    "floor vase": Prop(vase, (70, 110), 0.36), "pot plant": Prop(pot_plant, (22, 40), 0.4),
    "floor plant": Prop(pot_plant, (70, 130), 0.4), "succulent": Prop(pot_plant, (8, 13), 0.4),
}  # fmt: skip
_EVERYWHERE = ("candle", "mug", "books", "succulent", "pebbles")
LIFESTYLE: dict[str, tuple[str, ...]] = {
    "podium": ("candle", "pebbles", "bowl", "vase"),
    "marble": ("candle", "towels", "jar", "bowl", "pebbles"),
    "living_room": ("books", "candle", "lamp", "mug"),
    "kitchen": ("bowl", "jar", "mug", "jar"),
    "desk": ("pens", "books", "mug", "candle"),
    "garden": ("bowl", "mug", "pebbles", "succulent"),
    "beach": ("shells", "pebbles"),
    "festive": ("gift", "bauble", "candle"),
    "winter": ("cones", "candle", "bauble"),
    "street": ("mug", "books", "succulent", "jar"),
    "courtyard": ("bowl", "mug", "pot plant", "jar", "succulent"),
    "forest": ("cones", "pebbles", "cones"),
    "sunset_field": ("mug", "candle", "bowl", "books"),
    "sunrise_window": ("mug", "books", "succulent", "candle"),
    "night_city": ("candle", "mug", "jar"),
    "bright_interior": ("books", "mug", "vase", "candle", "bowl"),
    "leaning_shelf": ("books", "candle", "vase", "mug", "pot plant"),
}
_PLANTS = ("succulent", "pot plant", "vase")


def _fitting(stage: Stage, names: Sequence[str]) -> list[str]:
    """Those of these props that, at their real size, are neither crumbs nor walls beside the product."""
    fits = []
    for name in names:
        low, high = (stage.cm(cm) for cm in PROPS[name].height_cm)
        if high > 0.16 and low * PROPS[name].reach < 0.62 and low < 1.9:
            fits.append(name)
    return fits


def put(stage: Stage, name: str, at: Point, side: int = 0) -> float:
    """Puts a prop at its real size; with a `side` (-1, 1), at[0] is where its inner edge begins. Returns its height."""
    prop = PROPS[name]
    height = stage.cm(stage.rng.uniform(*prop.height_cm))
    prop.draw(stage, (at[0] + side * prop.reach * height, at[1], at[2]), height)
    return height


def dress(stage: Stage, z: float = 0.0, places: int = 3) -> None:
    """Decor beside and behind the product at its real size, as the scene's decor says; most of it on one side."""
    with stage.right_size():
        _dress(stage, (z - stage.swell) * stage.spread, places)


def _dress(stage: Stage, z: float, places: int) -> None:
    rng = stage.rng
    if stage.decor == "plain":
        if rng.random() < 0.5:
            return
        places = 1
    heavy = rng.choice((-1, 1))
    spots = [
        (heavy, stage.half + rng.uniform(0.1, 0.22), rng.uniform(0.2, 0.5)),
        (-heavy, stage.half + rng.uniform(0.18, 0.4), rng.uniform(0.5, 0.9)),
        (heavy, stage.half + rng.uniform(0.5, 0.75), rng.uniform(0.9, 1.3)),
    ]
    everyday = LIFESTYLE.get(stage.family, _EVERYWHERE)
    plants = _PLANTS
    if stage.floor:
        plants = ("floor plant", "floor vase")
        everyday = plants if stage.outdoors else (*plants, "floor lamp")
    for number, (side, x, y) in enumerate(spots[:places]):
        names = _fitting(stage, plants if stage.decor == "botanical" else everyday)
        if stage.decor == "geometric" or (stage.decor == "plain" and rng.random() < 0.5):
            h = rng.uniform(0.36, 0.5) if number != 2 else rng.uniform(0.7, 0.95)
            solids(stage, (side * (x + 0.5 * h), y, z), h)
        elif stage.decor == "botanical" and stage.family in ("beach", "winter"):
            draw = shells if stage.family == "beach" else cones
            draw(stage, (side * (x + 0.3), y, z), min(0.4, stage.cm(6)))
        elif stage.decor == "botanical" and not names:  # a lipstick stands beside a twig, not beside a tree
            sprig(stage, (side * (x + 0.25), y, z), rng.uniform(0.7, 1.0))
        elif names:
            put(stage, rng.choice(names), (side * x, y, z), side)
        else:
            pebbles(stage, (side * (x + 0.3), y, z), rng.uniform(0.24, 0.34))


def sprig(stage: Stage, at: Point, length: float, turn: float | None = None) -> None:
    """A twig with leaves or a stalk with blossoms that lies on the surface."""
    rng, chance = stage.rng, draws(stage)
    turn = rng.uniform(0, 6.28) if turn is None else turn
    way = np.array([math.cos(turn), math.sin(turn), 0.0])
    side = np.array([-way[1], way[0], 0.0])
    t = np.linspace(-0.5, 0.5, 13)[:, None]
    bend = rng.uniform(-0.25, 0.25)
    stem = np.array(at) + way * t * length + side * bend * length * (4 * t**2 - 1) * 0.5 + [0, 0, 0.02 * length]
    shapes.tube("twig", stem.tolist(), 0.009 * length, stage.paint((0.4, 0.33, 0.2), 0.8), sides=5)
    blossom = rng.random() < 0.3
    count = 22
    k = chance.integers(2, 12, count)
    sign = np.where(np.arange(count) % 2 == 0, 1, -1)[:, None]
    along = way * 0.6 + side * sign * chance.uniform(0.6, 1.1, (count, 1)) + np.array([0, 0, 0.16])
    leaf = blade(0.42, 0.12) if rng.random() < 0.5 else blade(0.2, 0.1)
    green = rng.choice(((0.42, 0.54, 0.44), (0.33, 0.45, 0.25), (0.25, 0.42, 0.22)))
    swarm("leaves", leaf, stem[k], along, length * chance.uniform(0.16, 0.26, count), stage.leaf(green))
    if blossom:
        tips = stem[chance.integers(6, 12, 5)] + side * chance.uniform(-0.12, 0.12, (5, 1)) * length + [0, 0, 0.05 * length]
        around = np.tile(np.linspace(0, 6.28, 6, endpoint=False), 5)
        out = np.stack([np.cos(around), np.sin(around), np.full(30, 0.5)], -1)
        petals = stage.leaf(mix(stage.accent, (1, 1, 1), 0.3))
        swarm("petals", blade(0.7, 0.1), np.repeat(tips, 6, 0), out, np.full(30, 0.1 * length), petals)


def bear(stage: Stage, z: float = 0.0) -> None:
    """Something for a leaning product to lean on, unless a wall does it: a crate, a block or a pile of books."""
    if not stage.leans:
        return
    rng, back = stage.rng, stage.subject.back
    depth, high = rng.uniform(0.3, 0.5), back[2] + rng.uniform(0.02, 0.12)
    wide = 2 * stage.half * rng.uniform(0.6, 0.95)
    stuff = mat.wood(rng, rng.choice(WOODS), 0.2) if rng.random() < 0.5 else mat.plaster(rng, stage.second, 0.1)
    x = rng.uniform(-0.12, 0.12)
    with stage.right_size():
        block((x - wide / 2, x + wide / 2), (back[1] + 0.002, back[1] + depth), (z, high), stuff, 0.02)
