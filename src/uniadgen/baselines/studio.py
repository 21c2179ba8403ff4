"""A plain studio backdrop in the mean colour of all that the shopper clicked: shows what colours alone are worth."""

import numpy as np
from PIL import Image

from uniadgen.baselines import Baseline, Made, Task
from uniadgen.imaging.loading import load_rgb

NEUTRAL = (200, 200, 200)  # without clicks


def make(task: Task) -> Made:
    history = task.request.history
    colours = [
        np.asarray(load_rgb(click.image, f"history[{number}].image").resize((16, 16), Image.Resampling.BOX), np.float64)
        for number, click in enumerate(history)
    ]
    red, green, blue = (round(float(value)) for value in np.mean(colours, (0, 1, 2))) if colours else NEUTRAL
    return Made(background=Image.new("RGB", task.size, (red, green, blue)), clicks=tuple(range(len(history))))


BASELINE = Baseline("studio", "a plain backdrop in the mean colour of the shopper's clicks", "picture", make)
