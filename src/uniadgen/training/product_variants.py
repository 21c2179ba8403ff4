"""Products (RGBA) as they could have been as well: of other colours, turned, seen from a corner."""

import math
import random

import numpy as np
from PIL import Image


def recoloured(cutout: Image.Image, draw: random.Random) -> Image.Image:
    """The product in black, white or grey, as real ones often are."""
    level, share = draw.choice((0.25, 0.5, 1.0, 1.5)), draw.uniform(0.6, 1)
    grey = np.asarray(cutout.convert("L"), np.float32)[..., None] * level
    pixels = np.asarray(cutout).copy()
    pixels[..., :3] = np.clip(pixels[..., :3] * (1 - share) + grey * share, 0, 255)
    return Image.fromarray(pixels)


def rotated(cutout: Image.Image, angle: float) -> Image.Image:
    """By degrees against the clock, cropped to what is visible."""
    cutout = cutout.convert("RGBa").rotate(angle, Image.Resampling.BICUBIC, expand=True).convert("RGBA")
    return cutout.crop(cutout.getchannel("A").getbbox())


def sheared(cutout: Image.Image, draw: random.Random) -> Image.Image:
    """The product as from a corner: level edges slope, upright ones stay upright. What is tilted slopes in both."""
    slope = draw.choice((-1, 1)) * draw.uniform(0.08, 0.4)
    width, height = cutout.size
    # of each pixel of the result the place in the cut-out
    mapping = (1.0, 0.0, 0.0, -slope, 1.0, min(0.0, slope * width))
    size = width, height + math.ceil(abs(slope) * width)
    moved = cutout.convert("RGBa").transform(size, Image.Transform.AFFINE, mapping, Image.Resampling.BILINEAR).convert("RGBA")
    return moved.crop(moved.getchannel("A").getbbox())
