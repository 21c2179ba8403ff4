"""Snow, frosted firs and falling flakes under a tinted sky."""

import math

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bauble, candle, dress
from uniadgen.padsynth.blender.scenes.forms import block, drum, lights_string, polygons, spread_cloth, turned
from uniadgen.padsynth.blender.scenes.light import light_from
from uniadgen.padsynth.blender.scenes.plants import fir
from uniadgen.padsynth.blender.scenes.room import dunes
from uniadgen.padsynth.blender.scenes.stage import WOODS, Stage, draws


def winter(stage: Stage) -> None:
    """Snow, frosted firs and falling flakes under a tinted sky."""
    stage.sized_for(30)
    rng, chance = stage.rng, draws(stage)
    ground = dunes(stage, mat.snow(rng, mix((0.94, 0.96, 1.0), stage.base, 0.1)), 0.22, 0.8, 9)
    for i in range(4):  # hills
        hill = (
            [(-9, -1)]
            + [
                (a, 0.5 + 0.35 * i + 0.4 * math.sin(0.7 * a + i * 2) + 0.15 * math.sin(2.1 * a + i))
                for a in np.linspace(-9, 9, 30).tolist()
            ]
            + [(9, -1)]
        )
        points = np.array([(a * (1 + 0.3 * i), 8.5 + 1.5 * i, b) for a, b in hill])
        polygons(
            "hill",
            points,
            np.arange(len(points))[None],
            stage.paint(mix(mix((0.9, 0.94, 1), stage.second, 0.12), stage.base, 0.16 * i), 0.9),
        )
    needles = mat.frosted(mix((0.16, 0.32, 0.25), stage.second, 0.15), 0.62)
    for x, y, tall in (
        (-1.9, 2.4, 2.3),
        (1.75, 2.8, 2.6),
        (-3.3, 4.2, 3.0),
        (3.4, 4.6, 3.2),
        (0.5, 5.5, 2.6),
        (-1.1, 6.0, 2.4),
    ):
        fir(stage, (x + rng.uniform(-0.3, 0.3), y, -0.15), tall * rng.uniform(0.8, 1.1), needles)
    flakes = np.stack([chance.uniform(-3, 3, 150), chance.uniform(0.9, 4, 150), chance.uniform(0, 3.2, 150)], -1)
    lights_string(stage, flakes, (1, 1, 1), 1.0 if stage.light != "moody" else 0.5, 0.014)
    if rng.choice(("slab", "log", "scarf", "snow")) in ("slab", "log"):  # a slice of a log
        # two surfaces at the same height would shade each other black
        shapes.move(ground, (0, 0, -0.045))
        drum(0.82, 0.09, (0, 0, -0.09), mat.wood(rng, WOODS[1], 0.5), 0.02)
        turned([(0.835, 0), (0.85, 0.05), (0.8, 0.086), (0.83, 0)], (0, 0, -0.092), stage.paint((0.32, 0.22, 0.15), 0.9), 64)
    side = rng.choice((-1, 1))
    knit = mat.fabric(rng, stage.second, 14)
    for i in range(3):
        spread_cloth((side * 1.35, 0.5 + 0.22 * i), (1.0, 0.5), -0.1 + 0.02 * i, knit, stage, side * 0.2 * (1 - i))
    x = -side * 1.15  # a lantern
    frame = stage.paint(mix(stage.second, (0.1, 0.1, 0.1), 0.5), 0.4)
    block((x - 0.2, x + 0.2), (0.75, 1.15), (-0.14, -0.06), frame, 0.01)
    block((x - 0.2, x + 0.2), (0.75, 1.15), (0.48, 0.54), frame, 0.01)
    for dx in (-0.18, 0.15):
        for dy in (0.77, 1.1):
            block((x + dx, x + dx + 0.03), (dy, dy + 0.03), (-0.06, 0.48), frame, 0.004)
    turned([(0.24, 0), (0.05, 0.2), (0, 0.2)], (x, 0.95, 0.54), frame, 4)
    candle(stage, (x, 0.95, -0.06), 0.3)
    light_from("POINT", 4, (1, 0.7, 0.35), (x, 0.7, 0.25), size=0.08)
    for i in range(3):
        bauble(stage, (side * (1.0 + 0.2 * i), 0.25 - 0.06 * i, -0.06), 0.2)
    stage.swell = 0.06
    dress(stage, places=1)
