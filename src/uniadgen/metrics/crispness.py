"""Crispness: how much fine structure pictures have at 512 px, and its ratio to real pictures.

    crispness_of(picture)        # (Laplacian, gradient, edges), in 8-bit steps of luma
    crispness(painted, real)     # means over pictures, and their ratios

Laplacian and gradient are medians over the picture's pixels, which a single hard edge, such as that of a pasted product, moves
hardly. But half of most pictures is smooth: what the medians tell of is as well rounding to 8 bits, compression, or a grain
that nobody sees. `edges` is the 95 % quantile of the absolute Laplacian: outlines, leaves, the grain of wood, or none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from uniadgen.metrics.judged import TooFew
from uniadgen.metrics.metric import Figure, Metric
from uniadgen.metrics.picture_features import PictureSet

CrispnessOf = tuple[float, float, float]  # Laplacian, gradient, edges
SIDE = 512  # px of the shorter side
SIGNATURE = (
    f"crispness|{SIDE}px short side:lanczos|luma:bt601 0-255|Laplacian:4 neighbours|gradient:central|medians"
    "|edges:95% of Laplacian|mean over pictures"
)


@dataclass(frozen=True)
class Crispness:
    """Means over `n` pictures, and those divided by the same of the real ones, whose shorter sides had `real_px` pixels (None
    for real ones without any structure)."""

    n: int
    laplacian: float
    gradient: float
    edges: float
    laplacian_ratio: float | None
    gradient_ratio: float | None
    edges_ratio: float | None
    real_n: int
    real_px: int
    signature: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def crispness_of(picture: Image.Image) -> CrispnessOf:
    """Medians of the absolute Laplacian (four neighbours) and of the gradient's length (central differences, per pixel), and
    the 95 % quantile of the former."""
    scale = SIDE / min(picture.size)
    if scale != 1:
        size = (max(SIDE, round(picture.width * scale)), max(SIDE, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    luma = np.asarray(picture.convert("RGB"), np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    inner = luma[1:-1, 1:-1]
    left, right, above, below = luma[1:-1, :-2], luma[1:-1, 2:], luma[:-2, 1:-1], luma[2:, 1:-1]
    laplacian = np.abs(left + right + above + below - 4 * inner)
    gradient = np.hypot(right - left, below - above) / 2
    median, edges = np.quantile(laplacian, (0.5, 0.95))
    return float(median), float(np.median(gradient)), float(edges)


def crispness(painted: Iterable[Image.Image], real: Iterable[Image.Image]) -> Crispness:
    """Of the real pictures those count whose shorter side is SIDE or more, if there are some: others are enlarged, and no
    measure of what is crisp. Raises TooFew without any picture."""
    made = [crispness_of(picture) for picture in painted]
    true = [(crispness_of(picture), min(picture.size)) for picture in real]
    if not made or not true:
        raise TooFew("no pictures")
    large = [entry for entry in true if entry[1] >= SIDE] or true
    return ratios(made, [values for values, _ in large], min(side for _, side in large))


def ratios(made: Sequence[CrispnessOf], true: Sequence[CrispnessOf], side: int) -> Crispness:
    """Means and ratios of what `crispness_of` says of painted and of real pictures, the latter of `side` px or more."""
    means, of_real = np.mean(made, 0).tolist(), np.mean(true, 0).tolist()
    quotients = [mean / real if real else None for mean, real in zip(means, of_real, strict=True)]
    return Crispness(
        n=len(made),
        laplacian=means[0],
        gradient=means[1],
        edges=means[2],
        laplacian_ratio=quotients[0],
        gradient_ratio=quotients[1],
        edges_ratio=quotients[2],
        real_n=len(true),
        real_px=side,
        signature=f"{SIGNATURE}|real:{side}px",
    )


def of_pictures(pictures: PictureSet) -> dict[str, Crispness]:
    return {"crispness": crispness((picture for picture, _ in pictures.pictures()), pictures.real_pictures())}


def _figure(name: str, title: str, what: str) -> Figure:
    source = "crispness", f"{name}_ratio"
    return Figure(f"crispness_{name}", title, what, "Crispness and likeness", higher_is_better=None, source=source)


METRIC = Metric(
    name="crispness",
    what="fine structure of pictures at 512 px, and its ratio to real ones",
    figures=(
        _figure("laplacian", "crispness, Laplacian / real", "is fine structure in most places; near 1 is best."),
        _figure("gradient", "crispness, gradient / real", "is how steep brightness is, likewise."),
        _figure("edges", "crispness, edges / real", "is the fine structure at outlines, leaves, grain; near 1 is best."),
    ),
    needs=("pictures",),
    order=110,
    of_pictures=of_pictures,
)
