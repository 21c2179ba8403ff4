"""A template by category: every product of a category stands before the same wall, whoever the shopper is."""

import numpy as np
from PIL import Image

from uniadgen.baselines import Baseline, Made, Task
from uniadgen.rng import stream

# Wall and floor, RGB.
TEMPLATES = (
    ((236, 232, 224), (201, 178, 148)),
    ((214, 226, 234), (168, 182, 194)),
    ((244, 222, 214), (222, 186, 172)),
    ((222, 232, 214), (172, 188, 158)),
    ((52, 58, 70), (34, 38, 46)),
    ((250, 250, 250), (226, 226, 226)),
)
HORIZON, SOFT = 0.72, 0.02  # where the wall meets the floor, and over how much of the height
FALL = 0.12  # share of light that is lost towards the edges


def make(task: Task) -> Made:
    wall, floor = TEMPLATES[stream(0, "template", task.category or "").randrange(len(TEMPLATES))]
    width, height = task.size
    y, x = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    share = np.clip((y - HORIZON) / SOFT + 0.5, 0, 1)[:, None, None]
    light = 1 - FALL * np.hypot(2 * x[None, :] - 1, 2 * y[:, None] - 1)[..., None]
    pixels = (np.array(wall) * (1 - share) + np.array(floor) * share) * light
    return Made(background=Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8)))


BASELINE = Baseline("template", "a wall and floor by the product's category, the same for all shoppers", "picture", make)
