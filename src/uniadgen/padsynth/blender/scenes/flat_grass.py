"""A lawn seen from above, with a cloth spread on it."""

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.flatlay import lay_around
from uniadgen.padsynth.blender.scenes.forms import blade, block, sheet, swarm
from uniadgen.padsynth.blender.scenes.plants import flowers
from uniadgen.padsynth.blender.scenes.stage import WHITE, Stage, draws


def flat_grass(stage: Stage) -> None:
    rng, chance = stage.rng, draws(stage)
    block((-4, 4), (-4, 4), (-0.2, -0.1), mat.grass(rng), 0.0)
    count = 15000
    places = np.stack([chance.uniform(-1.7, 1.7, count), chance.uniform(-1.5, 1.5, count), np.full(count, -0.1)], -1)
    turn = rng.uniform(-0.35, 0.35)
    c, s = np.cos(turn), np.sin(turn)
    half = rng.uniform(0.72, 0.85), rng.uniform(0.68, 0.8)
    shift = rng.uniform(-0.08, 0.08)
    u, v = (places[:, 0] - shift) * c + places[:, 1] * s, places[:, 1] * c - (places[:, 0] - shift) * s
    places = places[(np.abs(u) > half[0] - 0.02) | (np.abs(v) > half[1] - 0.02)]
    along = chance.normal(0, 0.55, places.shape) + np.array([0.0, 0.0, 0.8])
    blades = blade(0.1, 0.3, steps=2)
    swarm("lawn", blades, places, along, chance.uniform(0.1, 0.22, len(places)), mat.foliage((0.34, 0.5, 0.17), 0.4))
    a, b = np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 60))
    edge = np.maximum(np.abs(a), np.abs(b))
    wave = 0.02 * (np.sin(5 * a + chance.uniform(0, 6)) + np.sin(4 * b + 3 * a + chance.uniform(0, 6))) - 0.02
    z = wave * np.clip((edge - 0.55) / 0.4, 0, 1) - 0.003
    x, y = a * half[0] * (1 + 0.02 * np.sin(6 * b)), b * half[1] * (1 + 0.02 * np.sin(5 * a))
    pale = mix(stage.accent, WHITE, 0.55)
    cloth = (
        mat.gingham(rng.choice((stage.second, stage.base)), pale, min(max(stage.cm(2.2), 0.05), 0.16))
        if rng.random() < 0.6
        else mat.fabric(rng, stage.base, 40)
    )
    shapes.move(sheet("cloth", np.stack([x, y, z], -1), cloth), (shift, 0, 0), (0, 0, np.degrees(turn)))
    if stage.decor != "geometric":
        for x0, y0 in ((-1.05, 0.55), (1.05, -0.45), (0.95, 0.75), (-1.0, -0.7)):
            flowers(stage, (x0, y0, -0.1), (0.14, 0.2), 7, 0.28, rng.choice((stage.accent, stage.second, WHITE)))
    lay_around(stage, ("cup", "bowl", "glasses"), 0.0, most=4)
