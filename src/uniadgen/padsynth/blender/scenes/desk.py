"""A desk with a screen, a keyboard, books and a lamp."""

import math

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import dress, pens
from uniadgen.padsynth.blender.scenes.forms import ball, block, drum, only_seen, polygons, sheet
from uniadgen.padsynth.blender.scenes.room import back_wall, table_top
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage


def desk(stage: Stage) -> None:
    """A desk with a screen, a keyboard, books and a lamp."""
    stage.sized_for(30)
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    table_top(
        stage,
        mat.wood(rng, rng.choice(WOODS), 1.1) if rng.random() < 0.65 else stage.paint(mix(WHITE, stage.base, 0.2), 0.35),
        1.75,
    )
    y = 2.3
    back_wall(stage, y, mat.plaster(rng, stage.base, 0.05))
    grey, dark = stage.paint((0.75, 0.76, 0.78), 0.3, 0.8), stage.paint((0.07, 0.07, 0.08), 0.3)
    x = side * rng.uniform(0.5, 0.7)
    block((x - 0.3, x + 0.3), (1.2, 1.55), (0, 0.03), grey, 0.01)
    block((x - 0.07, x + 0.07), (1.4, 1.45), (0, 0.5), grey, 0.01)
    block((x - 1.0, x + 1.0), (1.32, 1.4), (0.36, 1.55), dark, 0.025)
    u, v = np.meshgrid(np.linspace(0, 1, 2), np.linspace(0, 1, 2))
    night = stage.light == "moody"
    sheet(
        "screen",
        np.stack([x - 0.95 + 1.9 * u, np.full_like(u, 1.312), 0.41 + 1.09 * v], -1),
        mat.emission(mix(stage.second, stage.base, 0.5), 0.7 if night else 0.85),
    )
    for i, colour in enumerate((stage.second, stage.accent, mix(stage.second, (0, 0, 0), 0.3))):  # hills on the screen
        hill = (
            [(-0.94, 0.42)]
            + [
                (a, 0.62 + 0.16 * (2 - i) * 0.7 + 0.13 * math.sin(3 * a + i * 2.1))
                for a in np.linspace(-0.94, 0.94, 20).tolist()
            ]
            + [(0.94, 0.42)]
        )
        points = np.array([(x + a, 1.308 - 0.004 * i, b) for a, b in hill])
        polygons("hill", points, np.arange(len(points))[None], mat.emission(colour, 0.7))
    kx = side * 1.3
    block((kx - 0.5, kx + 0.5), (0.5, 0.82), (0, 0.035), stage.paint((0.9, 0.9, 0.91), 0.4), 0.012)
    for row in range(4):
        for column in range(11):
            a, b = kx - 0.46 + column * 0.084, 0.53 + row * 0.068
            block((a, a + 0.07), (b, b + 0.055), (0.035, 0.05), stage.paint((0.98, 0.98, 0.98), 0.4), 0.0)
    # a desk lamp with a bent arm
    lx = -side * rng.uniform(1.15, 1.3)
    paint = stage.paint(stage.second, 0.35)
    drum(0.2, 0.04, (lx, 1.25, 0), paint, 0.015)
    shapes.tube(
        "arm",
        [(lx, 1.25, 0.03), (lx - side * 0.25, 1.25, 0.75), (lx + side * 0.2, 1.2, 1.25)],
        0.02,
        stage.brass(),
        (0, 1, 0),
        sides=8,
    )
    shade = shapes.lathe("shade", [(0.05, 0.24), (0.09, 0.2), (0.22, 0), (0.205, 0), (0.08, 0.18)], paint, 32)
    shapes.move(shade, (lx + side * 0.32, 1.2, 1.05), (0, -side * 25, 0))
    if night or rng.random() < 0.5:
        only_seen(ball(0.09, (lx + side * 0.33, 1.19, 1.02), mat.emission((1, 0.85, 0.6), 5)))
    pens(stage, (-side * 1.15, 0.75, 0), 0.36)
    if rng.random() < 0.6:
        block((-4, 4), (y - 0.35, y), (2.05, 2.11), mat.wood(rng, WOODS[0], 0.6), 0.01)
    dress(stage, places=2)
