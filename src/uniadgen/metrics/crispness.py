"""Crispness: how much fine structure pictures have at 512 px, and its ratio to real pictures.

    crispness_of(picture)        # (Laplacian, gradient): medians over the picture's pixels, in 8-bit steps of luma
    crispness(painted, real)     # means over pictures, and their ratios

Medians, since a single hard edge, such as that of a pasted product, moves them hardly. A picture without any structure has a
Laplacian of about 0.4, since it is stored in 8 bits: a ratio of 0.3 to real pictures is none at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

CrispnessOf = tuple[float, float]  # Laplacian, gradient
SIDE = 512  # px of the shorter side
SIGNATURE = (
    f"crispness|{SIDE}px short side:lanczos|luma:bt601 0-255|median|Laplacian:4 neighbours|gradient:central|mean over pictures"
)


@dataclass(frozen=True)
class Crispness:
    """Means over `n` pictures, and those divided by the same of the real ones, whose shorter sides had `real_px` pixels (None
    for real ones without any structure)."""

    n: int
    laplacian: float
    gradient: float
    laplacian_ratio: float | None
    gradient_ratio: float | None
    real_n: int
    real_px: int
    signature: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def crispness_of(picture: Image.Image) -> CrispnessOf:
    """Medians of the absolute Laplacian (four neighbours) and of the gradient's length (central differences, per pixel)."""
    scale = SIDE / min(picture.size)
    if scale != 1:
        size = (max(SIDE, round(picture.width * scale)), max(SIDE, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    luma = np.asarray(picture.convert("RGB"), np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    inner = luma[1:-1, 1:-1]
    left, right, above, below = luma[1:-1, :-2], luma[1:-1, 2:], luma[:-2, 1:-1], luma[2:, 1:-1]
    laplacian = np.abs(left + right + above + below - 4 * inner)
    gradient = np.hypot(right - left, below - above) / 2
    return float(np.median(laplacian)), float(np.median(gradient))


def crispness(painted: Iterable[Image.Image], real: Iterable[Image.Image]) -> Crispness:
    """Of the real pictures those count whose shorter side is SIDE or more, if there are some: others are enlarged, and no
    measure of what is crisp. Raises ValueError without any picture."""
    made = [crispness_of(picture) for picture in painted]
    true = [(crispness_of(picture), min(picture.size)) for picture in real]
    if not made or not true:
        raise ValueError("no pictures")
    large = [found for found in true if found[1] >= SIDE] or true
    return ratios(made, [values for values, _ in large], min(side for _, side in large))


def ratios(made: Sequence[CrispnessOf], true: Sequence[CrispnessOf], side: int) -> Crispness:
    """Means and ratios of what `crispness_of` says of painted and of real pictures, the latter of `side` px or more."""
    (laplacian, gradient), (real_laplacian, real_gradient) = np.mean(made, 0).tolist(), np.mean(true, 0).tolist()
    return Crispness(
        n=len(made),
        laplacian=laplacian,
        gradient=gradient,
        laplacian_ratio=laplacian / real_laplacian if real_laplacian else None,
        gradient_ratio=gradient / real_gradient if real_gradient else None,
        real_n=len(true),
        real_px=side,
        signature=f"{SIGNATURE}|real:{side}px",
    )
