"""What lies around a product that is seen from above: never under it and never over it."""

import math
from collections.abc import Callable

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bowl, candle, cones, mug, shells, sprig
from uniadgen.padsynth.blender.scenes.forms import ball, blade, box, drum, spread_cloth, swarm, turned
from uniadgen.padsynth.blender.scenes.stage import WOODS, Point, Stage, draws

Draw = Callable[[Stage, Point, float], None]  # draws within a circle of this radius


def petals(stage: Stage, at: Point, r: float) -> None:
    """Loose petals or small leaves."""
    chance, count = draws(stage), 14
    angle, reach = chance.uniform(0, 6.28, count), r * np.sqrt(chance.random(count))
    places = np.array(at) + np.stack([reach * np.cos(angle), reach * np.sin(angle), np.full(count, 0.012)], -1)
    along = np.stack([chance.normal(0, 1, count), chance.normal(0, 1, count), np.full(count, 0.08)], -1)
    tone = stage.rng.choice((mix(stage.accent, (1, 1, 1), 0.35), mix(stage.second, (1, 1, 1), 0.25)))
    swarm("petals", blade(0.62, 0.12), places, along, r * chance.uniform(0.22, 0.34, count), stage.leaf(tone))


def twig(stage: Stage, at: Point, r: float) -> None:
    sprig(stage, at, 1.9 * r)


def cup(stage: Stage, at: Point, r: float) -> None:
    """A cup of coffee on its saucer."""
    glaze = stage.paint(stage.tint(), 0.2)
    turned([(0, 0), (0.5 * r, 0), (r, 0.12 * r), (r, 0.15 * r), (0.5 * r, 0.05 * r), (0, 0.05 * r)], at, glaze, 48)
    mug(stage, (at[0], at[1], at[2] + 0.05 * r), r * 1.15)


def notebook(stage: Stage, at: Point, r: float) -> None:
    """A closed notebook with a ribbon, and a pencil on it or beside it."""
    rng, turn = stage.rng, stage.rng.uniform(-35, 35)
    w, h, thick = 1.05 * r, 1.5 * r, 0.09 * r
    cover = mat.fabric(rng, stage.tint(), 60) if rng.random() < 0.5 else stage.paint(stage.tint(), 0.45)
    paper = stage.paint((0.94, 0.92, 0.86), 0.9)
    parts = [
        shapes.box("pages", (w * 0.97, h * 0.97, thick * 0.8), (0, 0, thick * 0.1), paper, 0.002),
        shapes.box("cover", (w, h, thick * 0.16), (0, 0, thick * 0.84), cover, 0.004),
        shapes.box("band", (w * 0.05, h * 1.005, thick * 1.04), (w * 0.38, 0, 0), stage.paint(stage.accent, 0.6), 0.002),
        shapes.tube(
            "pencil", [(-w * 0.3, -h * 0.35, thick * 1.3), (w * 0.15, h * 0.3, thick * 1.3)], 0.035 * r,
            stage.paint(rng.choice((stage.accent, (0.95, 0.76, 0.25), (0.15, 0.15, 0.16))), 0.4), sides=6,
        ),
    ]  # fmt: skip
    for part in parts:
        shapes.move(part, at, (0, 0, turn))


def glasses(stage: Stage, at: Point, r: float) -> None:
    """A pair of sunglasses."""
    turn, frame = (
        stage.rng.uniform(0, 360),
        stage.paint(stage.rng.choice(((0.08, 0.07, 0.07), (0.4, 0.24, 0.13), stage.second)), 0.2),
    )
    lens = stage.paint((0.05, 0.06, 0.07), 0.05)
    parts = []
    for s in (-1, 1):
        circle = [
            (s * 0.46 * r + 0.37 * r * math.cos(a), 0.0, 0.36 * r + 0.32 * r * math.sin(a))
            for a in np.linspace(0, 6.28, 33)[:-1].tolist()
        ]
        parts.append(shapes.tube("rim", circle, 0.045 * r, frame, closed=True, sides=8))
        glass = shapes.plate("lens", [(x - s * 0.46 * r, z - 0.36 * r) for x, _, z in circle], 0.02 * r, lens, 0.002)
        parts.append(shapes.move(glass, (s * 0.46 * r, 0, 0.36 * r)))
        parts.append(
            shapes.tube(
                "arm",
                [(s * 0.84 * r, 0, 0.42 * r), (s * 0.86 * r, 0.8 * r, 0.4 * r), (s * 0.78 * r, 1.15 * r, 0.1 * r)],
                0.035 * r,
                frame,
                sides=6,
            )
        )
    parts.append(
        shapes.tube("bridge", [(-0.12 * r, 0, 0.45 * r), (0, 0, 0.5 * r), (0.12 * r, 0, 0.45 * r)], 0.04 * r, frame, sides=6)
    )
    for part in parts:
        shapes.move(shapes.move(part, (0, 0, 0), (24, 0, 0)), at, (0, 0, turn))


def stones(stage: Stage, at: Point, r: float) -> None:
    """Smooth pebbles."""
    rng = stage.rng
    for k in range(3):
        tone = mix(rng.choice(((0.5, 0.5, 0.5), (0.78, 0.75, 0.7), (0.3, 0.31, 0.33))), stage.tint(), 0.25)
        a = k * 2.1 + rng.uniform(-0.3, 0.3)
        spot = (at[0] + 0.5 * r * math.cos(a), at[1] + 0.5 * r * math.sin(a), at[2] - 0.004)
        ball(r * rng.uniform(0.3, 0.48), spot, mat.plaster(rng, tone, 0.2, 6.0), 0.5)


def fold(stage: Stage, at: Point, r: float) -> None:
    """A napkin in folds."""
    cloth = mat.fabric(stage.rng, stage.tint(), 60)
    spread_cloth((at[0], at[1]), (1.3 * r, 1.1 * r), at[2] - 0.004, cloth, stage, stage.rng.uniform(0, 3))


def discs(stage: Stage, at: Point, r: float) -> None:
    """Flat bodies of painted wood: discs, half-discs, blocks."""
    rng = stage.rng
    tones = [stage.second, stage.accent, mix(stage.base, stage.second, 0.5)]
    rng.shuffle(tones)
    kind = rng.choice(("disc", "ring", "blocks", "balls", "steps"))
    if kind == "disc":
        drum(0.85 * r, 0.16 * r, at, stage.paint(tones[0], 0.5), 0.02)
        drum(0.45 * r, 0.2 * r, (at[0], at[1], at[2] + 0.16 * r), stage.paint(tones[1], 0.5), 0.02)
    elif kind == "ring":
        path = [
            (at[0] + 0.65 * r * math.cos(a), at[1] + 0.65 * r * math.sin(a), at[2] + 0.2 * r)
            for a in np.linspace(0, 6.28, 49)[:-1].tolist()
        ]
        shapes.tube("ring", path, 0.2 * r, stage.paint(tones[0], 0.45), (0, 0, 1), closed=True, sides=16)
        ball(0.22 * r, at, stage.paint(tones[1], 0.4))
    elif kind == "blocks":
        for k, tone in enumerate(tones[:2]):
            part = box((0.75 * r, 0.75 * r, 0.4 * r * (1 + k)), (0, 0, 0), stage.paint(tone, 0.5), 0.02)
            shapes.move(part, (at[0] + (k - 0.5) * 0.85 * r, at[1] + 0.15 * r * k, at[2]), (0, 0, rng.uniform(-30, 30)))
    elif kind == "balls":
        for k, tone in enumerate(tones):
            a = 2.1 * k
            ball(
                r * (0.42 - 0.08 * k),
                (at[0] + 0.5 * r * math.cos(a), at[1] + 0.5 * r * math.sin(a), at[2]),
                stage.paint(tone, 0.35),
            )
    else:
        turn = rng.uniform(0, 90)
        for k, tone in enumerate(tones):
            part = box(((1.5 - 0.45 * k) * r, 0.9 * r, 0.14 * r), (0, 0, 0.14 * r * k), stage.paint(tone, 0.5), 0.015)
            shapes.move(part, at, (0, 0, turn))


def ribbon(stage: Stage, at: Point, r: float) -> None:
    """A curled ribbon."""
    turn = stage.rng.uniform(0, 6)
    curl = [
        (
            at[0] + r * (0.25 + 0.06 * a) * math.cos(a + turn),
            at[1] + r * (0.25 + 0.06 * a) * math.sin(a + turn),
            at[2] + 0.06 * r,
        )
        for a in np.linspace(0, 11, 60).tolist()
    ]
    shapes.sweep(
        "ribbon", curl, shapes.rounded_rect(0.012 * r, 0.12 * r, 0.004 * r, 2), stage.paint(stage.tint(), 0.25), (0, 0, 1)
    )


def citrus(stage: Stage, at: Point, r: float) -> None:
    """Slices of an orange or a lime, or cinnamon and a spoon."""
    rng = stage.rng
    peel, flesh = rng.choice(
        (
            ((0.95, 0.5, 0.08), (0.98, 0.68, 0.22)),
            ((0.96, 0.8, 0.12), (0.99, 0.91, 0.45)),
            ((0.4, 0.6, 0.15), (0.75, 0.85, 0.4)),
        )
    )
    for k in range(2):
        a = rng.uniform(0, 6)
        spot = (at[0] + (k - 0.5) * 0.8 * r, at[1] + 0.25 * r * (k - 0.5), at[2])
        size = 0.42 * r
        drum(size, 0.12 * r, spot, stage.paint(peel, 0.4), 0.01, 40)
        drum(size * 0.9, 0.125 * r, spot, stage.paint(mix(flesh, (1, 1, 1), 0.7), 0.5), 0.002, 40)
        for n in range(9):
            t = a + n * 0.698
            wedge = [(0.1 * size, 0), (0.8 * size, -0.21 * size), (0.86 * size, 0), (0.8 * size, 0.21 * size)]
            piece = shapes.prism("flesh", wedge, [(0.0, 0.0), (0.0, 0.008 * r)], stage.paint(flesh, 0.25))
            shapes.move(piece, (spot[0], spot[1], spot[2] + 0.125 * r), (0, 0, math.degrees(t)))


def spoon(stage: Stage, at: Point, r: float) -> None:
    """A wooden spoon and a spatula."""
    for k in range(2):
        turn = stage.rng.uniform(60, 120) + 12 * k
        grain = stage.paint(WOODS[(k + 1) % 4], 0.55)
        bowl_ = ball(0.24 * r, (0.68 * r, 0, 0), grain, 0.35)
        stick = shapes.tube("stick", [(-0.95 * r, 0, 0.07 * r), (0.55 * r, 0, 0.07 * r)], 0.06 * r, grain, (0, 0, 1), sides=10)
        for part in (bowl_, stick):
            shapes.move(part, (at[0] + (k - 0.5) * 0.5 * r, at[1], at[2]), (0, 0, turn))


def tea_light(stage: Stage, at: Point, r: float) -> None:
    candle(stage, at, 1.5 * r)


# name: what draws it, and the radius of what it covers in centimetres
THINGS: dict[str, tuple[Draw, float]] = {
    "petals": (petals, 7), "twig": (twig, 11), "cup": (cup, 7.5), "notebook": (notebook, 11), "glasses": (glasses, 8.5),
    "stones": (stones, 5), "fold": (fold, 17), "discs": (discs, 7), "ribbon": (ribbon, 8), "citrus": (citrus, 7.5),
    "spoon": (spoon, 15), "bowl": (lambda stage, at, r: bowl(stage, at, r / 1.15), 8), "tea light": (tea_light, 3.5),
    "shells": (lambda stage, at, r: shells(stage, at, 0.6 * r), 6),
    "cones": (lambda stage, at, r: cones(stage, at, 0.75 * r), 6),
}  # fmt: skip
_SCALE_FREE = ("petals", "twig", "discs", "stones", "fold", "ribbon")
LIFE: dict[str, tuple[str, ...]] = {
    "appliances": ("cup", "spoon", "bowl", "citrus", "fold", "twig"),
    "electronics": ("notebook", "cup", "glasses", "twig", "tea light"),
    "furniture": ("notebook", "cup", "fold", "twig"),
    "beauty": ("petals", "fold", "tea light", "ribbon", "stones", "twig"),
    "food_baby": ("citrus", "fold", "bowl", "spoon", "twig"),
    "fashion_sport": ("glasses", "notebook", "cup", "ribbon", "stones", "fold"),
}


def lay_around(stage: Stage, usual: tuple[str, ...] = (), z: float = 0.0, most: int = 6) -> None:
    """Lays things around the product, as the scene's decor says; `usual` are those of the place."""
    rng, low, high = stage.rng, stage.subject.low, stage.subject.high
    names = {
        "plain": ("twig", "fold"),
        "botanical": ("twig", "petals", "twig", "stones"),
        "geometric": ("discs",),
        "lifestyle": (*LIFE[stage.subject.product.department], *usual),
    }[stage.decor]
    count = rng.choice((0, 1, 2)) if stage.decor == "plain" else rng.randint(most - 2, most)
    taken: list[tuple[float, float, float]] = []
    deck: list[str] = []
    for _ in range(count):
        if not deck:
            deck = list(dict.fromkeys(names))
            rng.shuffle(deck)
        name = deck.pop()
        draw, radius_cm = THINGS[name]
        r = stage.cm(radius_cm)
        if name in _SCALE_FREE:
            r = min(max(r, 0.15), 0.3 if name != "fold" else 0.42)
        if not 0.07 < r < 0.42:  # at its real size a crumb or a wall
            name, r = rng.choice(("twig", "stones")), 0.26
            draw = THINGS[name][0]
        for _ in range(40):
            x, y = rng.uniform(-1.05, 1.05), rng.uniform(-0.95, 0.95)
            aside = math.hypot(max(low[0] - x, 0, x - high[0]), max(low[1] - y, 0, y - high[1]))
            if aside > r + 0.05 and all(math.hypot(x - a, y - b) > r + c + 0.02 for a, b, c in taken):
                draw(stage, (x, y, z), r)
                taken.append((x, y, r))
                break
