"""Changes that keep an ad an ad: mirroring and one hue shift for plate, cut-out and history alike, and parts of the plate."""

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

# (mirrored, degrees of hue shift): applied to plate, product and history of one training example alike
VARIANTS: tuple[tuple[bool, float], ...] = (
    (False, 0.0),
    (True, 0.0),
    (False, 16.0),
    (True, -16.0),
)

CROPS = 4  # parts of a plate, the first of which is the whole
SMALLEST = 0.7  # side of a part, as a share of the plate's
MARGIN = 0.03  # of the part's side, that is left around the product

# RGB <-> a luma axis and two chroma axes (YIQ): turning the chroma plane shifts the hue and keeps the brightness.
_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])


def shift_hue(pixels: Tensor, degrees: float) -> Tensor:
    """pixels [..., 3, H, W] in -1..1 with every hue turned by the angle."""
    if degrees == 0:
        return pixels
    return torch.einsum("ij,...jhw->...ihw", hue_matrix(degrees).to(pixels), (pixels + 1) / 2).clamp(0, 1) * 2 - 1


@cache
def hue_matrix(degrees: float) -> Tensor:
    """What turns the hue of RGB columns that start at 0 for black, on any scale: [3, 3]; greys stay as they are."""
    angle = math.radians(degrees)
    turn = np.array([[1, 0, 0], [0, math.cos(angle), -math.sin(angle)], [0, math.sin(angle), math.cos(angle)]])
    # in NumPy: within autocast torch would multiply, and remember, in half precision
    return torch.from_numpy(np.linalg.inv(_TO_YIQ) @ turn @ _TO_YIQ).float()


def varied(pixels: Tensor, variant: int) -> Tensor:
    """pixels [..., 3, H, W] in -1..1 as one of the VARIANTS shows them."""
    mirrored, degrees = VARIANTS[variant]
    return shift_hue(pixels.flip(-1) if mirrored else pixels, degrees)


class Window(NamedTuple):
    """A square part of a picture, in shares of its side."""

    left: float
    top: float
    side: float


def crop_window(box: Sequence[float], row: int, variant: int, crop: int) -> Window:
    """Which part of creative `row`'s plate a crop shows: always the same, and always the whole product.

    box: left, top, width and height of the product, in shares of the plate's side.
    """
    if crop == 0:
        return Window(0.0, 0.0, 1.0)
    rng = np.random.default_rng([row, variant, crop])
    left, top, width, height = box
    least = max(SMALLEST, (1 + 2 * MARGIN) * max(width, height))
    side = float(rng.uniform(min(least, 1.0), 1.0))
    starts = []
    for start, length in ((left, width), (top, height)):
        low, high = start + length + MARGIN * side - side, start - MARGIN * side
        low, high = max(0.0, low), min(1.0 - side, high)
        starts.append(float(rng.uniform(low, high)) if low < high else min(max(0.0, start + (length - side) / 2), 1.0 - side))
    return Window(starts[0], starts[1], side)
