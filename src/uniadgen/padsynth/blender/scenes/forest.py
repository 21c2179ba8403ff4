"""A clearing in a wood: moss, leaves, ferns and trunks."""

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import ball, blade, block, drum, swarm
from uniadgen.padsynth.blender.scenes.places import ground, surroundings
from uniadgen.padsynth.blender.scenes.plants import flowers, frond
from uniadgen.padsynth.blender.scenes.room import stump
from uniadgen.padsynth.blender.scenes.stage import WOODS, Stage, draws


def forest(stage: Stage) -> None:
    rng, chance, side = stage.rng, draws(stage), stage.rng.choice((-1, 1))
    surroundings(stage, "forest", rng.choice((0.05, 0.22, 0.36, 0.58, 0.72, 0.93)) + rng.uniform(-0.03, 0.03))
    earth = mat.speckled(rng, (0.3, 0.23, 0.15), 0.05, 0.6)
    low = -0.012 if stage.floor else -0.9
    ground(stage, earth, low, 3.5, 9.0)
    count = 2600
    places = np.stack([chance.uniform(-4, 4, count), chance.uniform(-3, 6, count), np.full(count, low + 0.02)], -1)
    flat = np.stack([chance.normal(0, 1, count), chance.normal(0, 1, count), chance.normal(0, 0.18, count)], -1)
    if stage.floor:
        keep = np.hypot(places[:, 0], places[:, 1]) > 0.72
        places, flat = places[keep], flat[keep]
    for k, tone in enumerate(
        ((0.5, 0.33, 0.16), (0.62, 0.46, 0.2), (0.36, 0.27, 0.15), mix(stage.accent, (0.6, 0.4, 0.2), 0.5))
    ):
        some = slice(k, None, 4)
        sizes = chance.uniform(0.6, 1.2, len(places[some])) * max(0.1, min(0.24, stage.cm(9)))
        swarm("litter", blade(0.55, 0.25), places[some], flat[some], sizes, mat.foliage(tone, 0.3))
    if not stage.floor:
        if rng.random() < 0.55:
            radius = stump(stage)
        else:
            radius = 0.9
            moss = mat.speckled(rng, mix((0.28, 0.38, 0.14), stage.base, 0.12), 0.06, 0.5)
            drum(1.5, 1.4, (0, 0.1, -1.4), moss, 0.25, 64)
            tuft = np.stack([chance.uniform(-1.4, 1.4, 5200), chance.uniform(-1.4, 1.4, 5200), np.zeros(5200)], -1)
            reach = np.hypot(tuft[:, 0], tuft[:, 1])
            tuft = tuft[(reach < 1.35) & (reach > 0.6)]
            tuft[:, 1] += 0.1
            up = chance.normal(0, 0.55, tuft.shape) + np.array([0, 0, 1.0])
            swarm(
                "moss",
                blade(0.3, 0.3, steps=2),
                tuft,
                up,
                chance.uniform(0.03, 0.07, len(tuft)),
                mat.foliage((0.33, 0.45, 0.15), 0.4),
            )
        if rng.random() < 0.5:
            cloth = mat.gingham(stage.second, mix(stage.accent, (1, 1, 1), 0.6), max(0.08, stage.cm(2.5)))
            drum(min(radius * 0.9, 0.8), 0.012, (0, 0, -0.0135), cloth, 0.004, 64)
    bark = mat.speckled(rng, (0.33, 0.27, 0.21), 0.08, 0.5)
    for x, y, r in ((-side * 1.7, 3.2, 0.3), (side * 2.6, 4.8, 0.4), (-side * 3.4, 6.0, 0.45)):
        drum(r * rng.uniform(0.8, 1.2), 8.0, (x + rng.uniform(-0.3, 0.3), y, low - 0.1), bark, 0.02, 20)
    for x, y in ((side * 1.5, 1.6), (-side * 1.25, 2.1), (side * 2.3, 2.6), (-side * 2.6, 2.2)):
        for angle in np.linspace(0, 6.28, 8, endpoint=False) + chance.uniform(0, 1):
            way = np.array([np.cos(angle) * 0.8, np.sin(angle) * 0.8, 1.0])
            frond(stage, np.array([x, y, low]), way, rng.uniform(0.8, 1.2) - 0.25 * low, 0.4)
    for x, y in ((-side * 1.0, 1.3), (side * 1.1, 2.2)):
        flowers(stage, (x, y, low), (0.5, 0.3), 12, 0.5 - 0.75 * low, rng.choice((stage.accent, stage.second, stage.base)))
    for _ in range(3):
        rock = mat.plaster(rng, mix((0.45, 0.45, 0.43), stage.base, 0.15), 0.3, 4.0)
        ball(
            rng.uniform(0.15, 0.35),
            (rng.choice((-1, 1)) * rng.uniform(0.95, 2.2), rng.uniform(0.8, 2.5), low - 0.05),
            rock,
            0.7,
        )
    if rng.random() < 0.4:
        block((-5, 5), (3.6, 3.75), (low + 0.5, low + 0.66), mat.wood(rng, WOODS[2], 0.5), 0.03)
    bear(stage)
    dress(stage, 0.0 if not stage.floor else low, places=2 if not stage.floor else 1)
