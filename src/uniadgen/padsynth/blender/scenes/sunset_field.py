"""A meadow under a low sun, with tall grass and wild flowers."""

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import blade, block, swarm
from uniadgen.padsynth.blender.scenes.places import ground, surroundings
from uniadgen.padsynth.blender.scenes.plants import flowers
from uniadgen.padsynth.blender.scenes.room import bench, ledge, stump
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage, draws


def sunset_field(stage: Stage) -> None:
    rng, chance, side = stage.rng, draws(stage), stage.rng.choice((-1, 1))
    warm = (1.12, 0.9, 0.72) if stage.light in ("golden", "sunny") else (1.05, 0.93, 0.84)
    spot = rng.choice((0.3, 0.48, 0.56, 0.62, 0.72, 0.12)) + rng.uniform(-0.03, 0.03)
    surroundings(stage, "sunrise", spot, tint=mix(warm, stage.base, 0.15))
    low = -0.03 if stage.floor else -0.75
    soil = mat.grass(rng)
    ground(stage, soil, low, 4.0, 12.0)
    if stage.floor:
        block((-1.25, 1.25), (-1.3, 1.3), (-0.02, 0), mat.fabric(rng, mix(stage.second, WHITE, 0.2), 30), 0.008)
    else:
        kind = rng.choice(("bench", "blanket", "stump", "crate"))
        if kind == "bench":
            bench(stage, mat.wood(rng, mix(rng.choice(WOODS), stage.base, 0.3), 3.0))
        elif kind == "stump":
            stump(stage)
        elif kind == "crate":
            ledge(stage, mat.wood(rng, mix(rng.choice(WOODS), stage.second, 0.4), 0.3), 20)
        else:
            ledge(stage, mat.fabric(rng, mix(stage.second, stage.base, 0.3), 26), 22, 3)
    count = 5200
    places = np.stack([chance.uniform(-5, 5, count), chance.uniform(1.35, 8, count) ** 1.0, np.full(count, low)], -1)
    if stage.floor:
        ring = np.stack([chance.uniform(-4, 4, 4500), chance.uniform(-3, 3, 4500), np.full(4500, low)], -1)
        places = np.concatenate([places, ring[np.maximum(np.abs(ring[:, 0]), np.abs(ring[:, 1])) > 1.33]])
    up = chance.normal(0, 0.24, places.shape) + np.array([0.12 * side, 0, 1.0])
    tall = chance.uniform(0.3, 0.75, len(places)) * (0.55 if stage.floor else 1.45)
    tall[places[:, 1] < 1.6] *= 0.5
    swarm("meadow", blade(0.05, 0.35), places, up, tall, mat.foliage((0.5, 0.52, 0.2), 0.4))
    colours = (stage.accent, stage.second, stage.base)
    for k in range(5):
        at = (rng.choice((-1, 1)) * rng.uniform(0.75, 2.4), rng.uniform(1.5, 3.2), low)
        flowers(stage, at, (0.6, 0.35), 13, (0.7 if stage.floor else 1.25) * rng.uniform(0.8, 1.1), colours[k % 3])
    if rng.random() < 0.4:
        rail = mat.wood(rng, mix(WOODS[2], stage.base, 0.2), 0.5)
        for z in (0.55, 1.05):
            block((-7, 7), (5.0, 5.1), (low + z, low + z + 0.16), rail, 0.02)
        for x in (-3.4, -1.0, 1.5, 3.8):
            block((x, x + 0.16), (5.05, 5.2), (low, low + 1.35), rail, 0.02)
    bear(stage)
    dress(stage, 0.0 if not stage.floor else low, places=2)
