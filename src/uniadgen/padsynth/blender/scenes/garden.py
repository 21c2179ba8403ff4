"""A table or lawn in front of a fence, hedge and flower beds."""

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import dress
from uniadgen.padsynth.blender.scenes.forms import ball, blade, block, drum, swarm
from uniadgen.padsynth.blender.scenes.plants import flowers, hedge
from uniadgen.padsynth.blender.scenes.stage import GREENS, WOODS, Stage, draws


def garden(stage: Stage) -> None:
    """A table or lawn in front of a fence, hedge and flower beds."""
    stage.sized_for(85 if stage.floor else 30)
    rng, chance = stage.rng, draws(stage)
    low = 0.0 if stage.floor else -0.7
    if stage.floor:
        block((-14, 14), (-8, 14), (-0.12, -0.03), mat.grass(rng), 0.0)
        drum(1.15, 0.05, (0, 0, -0.05), mat.tiles(rng, (0.72, 0.69, 0.64), (0.5, 0.5, 0.42), 0.5, 0.4, upright=False), 0.02)
        count = 9000
        places = np.stack([chance.uniform(-4, 4, count), chance.uniform(-2.6, 3, count), np.full(count, -0.03)], -1)
        places = places[np.hypot(places[:, 0], places[:, 1]) > 1.2]
        along = chance.normal(0, 0.3, places.shape) + np.array([0.0, 0.0, 1.0])
        swarm(
            "lawn",
            blade(0.12, 0.2, steps=2),
            places,
            along,
            chance.uniform(0.08, 0.17, len(places)),
            mat.foliage((0.36, 0.54, 0.19), 0.3),
        )
    else:
        block((-14, 14), (-8, 14), (low - 0.1, low), mat.grass(rng), 0.0)
        top = mat.wood(rng, rng.choice((*WOODS, (0.62, 0.58, 0.52))), 0.3, along_view=False)
        block((-7, 7), (-8, 1.15), (-0.1, -0.012), top, 0.02)
        if rng.random() < 0.65:
            block((-0.95, 0.95), (-8, 1.17), (-0.1, 0), mat.fabric(rng, mix(stage.base, stage.accent, 0.15), 45), 0.004)
        else:
            drum(0.85, 0.02, (0, 0, -0.02), mat.wood(rng, WOODS[2], 0.4), 0.006)
    hedge(stage, (-7, 7), 4.2, (low, 2.0), rng.choice(((0.24, 0.42, 0.16), (0.33, 0.5, 0.2), (0.2, 0.38, 0.2))))
    for _ in range(5):
        ball(rng.uniform(0.9, 1.6), (rng.uniform(-6, 6), 6.5, rng.uniform(0.3, 1.2)), stage.paint(rng.choice(GREENS), 0.9))
    fence = stage.paint(mix(stage.base, (1, 1, 1), 0.3), 0.5)
    if rng.random() < 0.7:
        for i in range(-13, 14):
            outline = [(-0.13, 0), (0.13, 0), (0.13, 1.45), (0, 1.65), (-0.13, 1.45)]
            shapes.move(shapes.plate("pale", outline, 0.05, fence, 0.01), (i * 0.36, 3.0, low))
        for z in (0.35, 1.15):
            block((-5, 5), (3.03, 3.1), (low + z, low + z + 0.13), fence)
    for x in (-1.55, 1.5) if rng.random() < 0.6 else (-1.7, -0.2, 1.6):
        flowers(stage, (x, 2.2, low), (0.75, 0.3), 16, 1.15, rng.choice((stage.base, stage.second, stage.accent)))
    if stage.floor:
        flowers(stage, (rng.choice((-1, 1)) * 1.5, 0.9, 0), (0.3, 0.25), 9, 0.6, stage.second)
    dress(stage, -0.012 if not stage.floor else -0.02, places=2)
