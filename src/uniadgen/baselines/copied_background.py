"""The most similar clicked ad copied as the background, its own product included: shows what copying the history is worth."""

from PIL import Image, ImageOps

from uniadgen.baselines import Baseline, Made, Task, most_similar_click
from uniadgen.imaging.loading import load_rgb


def make(task: Task) -> Made:
    most_similar = most_similar_click(task.request)
    if most_similar is None:
        return Made()
    number, click = most_similar
    picture = load_rgb(click.image, f"history[{number}].image")
    return Made(background=ImageOps.fit(picture, task.size, Image.Resampling.LANCZOS), clicks=(number,))


BASELINE = Baseline("copied-background", "the most similar clicked ad, with the product pasted on it", "picture", make)
