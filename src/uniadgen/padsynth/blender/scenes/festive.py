"""A fir tree with lights, presents, baubles and strings of lamps; or balloons and confetti."""

import math

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bauble, dress, gift
from uniadgen.padsynth.blender.scenes.forms import ball, blade, block, lights_string, swarm
from uniadgen.padsynth.blender.scenes.plants import fir
from uniadgen.padsynth.blender.scenes.room import back_wall, rug, table_top
from uniadgen.padsynth.blender.scenes.stage import BRASS, WHITE, WOODS, Stage, draws


def festive(stage: Stage) -> None:
    """A fir tree with lights, presents, baubles and strings of lamps; or balloons and confetti."""
    stage.sized_for(85 if stage.floor else 30)
    rng, chance, side = stage.rng, draws(stage), stage.rng.choice((-1, 1))
    y = 2.6
    low = 0.0 if stage.floor else -0.02
    if stage.floor:
        block((-12, 12), (-8, 6), (-0.12, -0.02), mat.wood(rng, rng.choice(WOODS), 0.35), 0.0)
        rug(stage, mat.fabric(rng, mix(stage.second, WHITE, 0.2), 20), 1.6)
    else:
        table_top(
            stage,
            mat.wood(rng, rng.choice(WOODS[:3]), 0.3)
            if rng.random() < 0.5
            else mat.fabric(rng, mix(stage.accent, stage.base, 0.3), 40),
            1.9,
        )
    back_wall(stage, y, mat.plaster(rng, stage.base, 0.06))
    warm = (1.0, 0.78, 0.42)
    count = 46
    x, row = np.linspace(-4.5, 4.5, count), np.arange(count) % 2
    strings = np.stack(
        [x, np.full(count, y - 0.15), 1.75 - 0.35 * np.abs(np.sin(x * 1.3)) + 0.55 * row + chance.normal(0, 0.05, count)], -1
    )
    lights_string(stage, strings, warm, 9, 0.045)
    if rng.random() < 0.68:
        tx, ty, tall = side * rng.uniform(1.0, 1.2), 1.6, rng.uniform(2.2, 2.6)
        needles = mat.foliage((0.13, 0.33, 0.19), 0.35) if rng.random() < 0.7 else mat.frosted((0.14, 0.34, 0.2), 0.45)
        fir(stage, (tx, ty, low), tall, needles)
        n = 42
        level, angle = chance.uniform(0.08, 0.95, n), chance.uniform(np.pi, 2 * np.pi, n)
        reach = (1.02 - level) * tall * 0.36
        spots = np.stack([tx + np.cos(angle) * reach, ty + np.sin(angle) * reach, low + level * tall * 0.93], -1)
        lights_string(stage, spots[:24], warm, 10, 0.035)
        for i, spot in enumerate(spots[24:]):
            ball(0.075, tuple(spot), stage.paint((stage.second, stage.accent, stage.base)[i % 3], 0.15, 0.6))
        star = [
            (
                0.17 * (1 if i % 2 == 0 else 0.45) * math.sin(i * math.pi / 5),
                0.17 * (1 if i % 2 == 0 else 0.45) * math.cos(i * math.pi / 5),
            )
            for i in range(10)
        ]
        shapes.move(shapes.plate("star", star, 0.05, mat.emission((1, 0.8, 0.4), 2.5), 0.01), (tx, ty, low + tall + 0.05))
    else:
        for i in range(11):
            bx, bz, r = side * rng.uniform(0.7, 2.3), rng.uniform(0.9, 2.4), rng.uniform(0.2, 0.28)
            skin = stage.paint(
                (stage.second, stage.accent, mix(stage.second, (1, 1, 1), 0.4), BRASS)[i % 4], 0.18, 0.7 if i % 4 == 3 else 0.0
            )
            at = (bx, rng.uniform(1.2, 2.2), low + bz)
            ball(r, at, skin, 1.2)
            shapes.tube("string", [at, (side * 1.4, 1.8, low - 0.3)], 0.004, stage.paint(WHITE), sides=4)
        confetti = np.stack([chance.uniform(-2.5, 2.5, 90), chance.uniform(0.1, 1.8, 90), np.full(90, low + 0.012)], -1)
        keep = np.hypot(confetti[:, 0], confetti[:, 1]) > 0.85
        for colour, part in ((stage.accent, 0), (BRASS, 1)):
            places = confetti[keep][part::2]
            swarm(
                "confetti",
                blade(0.9, 0.0, 0.0, 1),
                places,
                chance.normal(0, 1, places.shape) * [1, 1, 0.02],
                np.full(len(places), 0.06),
                stage.paint(colour, 0.3),
            )
    gift(stage, (-side * rng.uniform(1.05, 1.2), rng.uniform(0.55, 0.8), low), rng.uniform(0.42, 0.55))
    gift(stage, (-side * rng.uniform(1.55, 1.75), rng.uniform(1.0, 1.3), low), rng.uniform(0.7, 0.85))
    gift(stage, (side * rng.uniform(1.25, 1.4), 0.85, low), rng.uniform(0.3, 0.4))
    for dx, dy in ((0.98, 0.25), (1.12, 0.05)):
        bauble(stage, (side * dx, dy, low), 0.2)
    if stage.decor in ("botanical", "lifestyle"):
        dress(stage, low, places=1)
