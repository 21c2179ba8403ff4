"""Sand seen from above, with ripples and what the sea leaves."""

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.flatlay import THINGS, lay_around
from uniadgen.padsynth.blender.scenes.forms import sheet
from uniadgen.padsynth.blender.scenes.stage import Stage, draws


def flat_sand(stage: Stage) -> None:
    rng, chance = stage.rng, draws(stage)
    x, y = np.meshgrid(np.linspace(-3, 3, 220), np.linspace(-3, 3, 220))
    a = chance.uniform(0, 3.14)
    along = x * np.cos(a) + y * np.sin(a)
    across = y * np.cos(a) - x * np.sin(a)
    ripple = np.sin(13 * along + 1.1 * np.sin(2.1 * across + chance.uniform(0, 6)) + 0.5 * np.sin(5 * across))
    low, high = stage.subject.low, stage.subject.high
    aside = np.hypot(np.maximum(np.maximum(low[0] - x, x - high[0]), 0), np.maximum(np.maximum(low[1] - y, y - high[1]), 0))
    # pressed flat where the product lies, with a low rim around it
    z = (0.016 * ripple - 0.012) * np.clip((aside - 0.03) / 0.25, 0, 1) + 0.02 * np.exp(-(((aside - 0.1) / 0.06) ** 2))
    sheet("sand", np.stack([x, y, z], -1), mat.sand(rng, mix((0.9, 0.8, 0.64), stage.base, rng.uniform(0.25, 0.6))))
    lay_around(stage, ("shells", "stones", "glasses"), -0.01, most=4)
    for _ in range(2):
        side, up = rng.choice((-1, 1)), rng.choice((-1, 1))
        r = min(max(stage.cm(6), 0.14), 0.24)
        x0 = (high[0] + r + 0.12) if side > 0 else (low[0] - r - 0.12)
        if stage.decor != "geometric":
            THINGS["shells"][0](stage, (x0 + side * rng.uniform(0, 0.2), up * rng.uniform(0.2, 0.6), -0.01), r)
