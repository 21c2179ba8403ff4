"""Changes that keep an ad an ad: mirroring, and one hue shift for plate, cut-out and history alike."""

import math
from functools import cache

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
