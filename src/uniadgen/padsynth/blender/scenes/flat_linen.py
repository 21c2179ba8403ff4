"""Linen seen from above, smooth under the product and in soft folds around it."""

import math

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.flatlay import lay_around
from uniadgen.padsynth.blender.scenes.forms import sheet
from uniadgen.padsynth.blender.scenes.stage import WHITE, Stage, draws


def flat_linen(stage: Stage) -> None:
    rng, chance = stage.rng, draws(stage)
    x, y = np.meshgrid(np.linspace(-3, 3, 170), np.linspace(-3, 3, 170))
    z = np.zeros_like(x)
    for _ in range(5):
        a, phase, size = chance.uniform(0, 3.14), chance.uniform(0, 6), chance.uniform(2.2, 5)
        along = x * math.cos(a) + y * math.sin(a) + 0.18 * np.sin(1.7 * (y * math.cos(a) - x * math.sin(a)) + phase)
        z += np.maximum(0, np.sin(size * along + phase)) ** 6 * 0.09
    low, high = stage.subject.low, stage.subject.high
    aside = np.hypot(np.maximum(np.maximum(low[0] - x, x - high[0]), 0), np.maximum(np.maximum(low[1] - y, y - high[1]), 0))
    z = (z - 0.02) * np.clip(aside / 0.5, 0, 1) ** 1.5
    tone = rng.choice((stage.base, mix(stage.base, WHITE, 0.45), mix(stage.second, stage.base, 0.5)))
    sheet("linen", np.stack([x, y, z - 0.002], -1), mat.fabric(rng, tone, max(22.0, 100 / max(stage.cm(12), 1.0))))
    lay_around(stage, ("cup", "twig"), 0.0, most=5)
