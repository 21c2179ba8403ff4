"""Memorised: the share of painted pictures that are nearer to a training picture than real unseen ones are to theirs.

Near is what lies below the 5 % quantile of the distances from real pictures of another split to their nearest training
picture, so pictures that owe nothing to single training pictures have a share of about 0.05; ones that repeat them, near 1.
Measured twice: in the background encoder's features, and in pixels of thumbnails, outside of both products' boxes; in pixels,
training pictures count mirrored as well. Blurred pictures lie nearer to everything, which can raise the share, not hide a copy.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniadgen.metrics.metric import Figure, Metric
from uniadgen.metrics.picture_features import SMALL, PictureFeatures, PictureSet, standardiser

QUANTILE = 0.05
Distances = NDArray[np.float64]


@dataclass(frozen=True)
class Memorised:
    """Shares of `n` pictures. features, pixels: by either distance; bounds: the quantiles, in deviations and in 8-bit steps."""

    n: int
    features: float
    pixels: float
    features_bound: float
    pixels_bound: float
    train_n: int
    real_n: int
    signature: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def nearest_embedded(pictures: PictureFeatures, train: PictureFeatures) -> Distances:
    """Root mean squared difference of standardised features to the nearest training picture: [N]."""
    standardised = standardiser(train)
    x, y = (standardised(p).astype(np.float64) for p in (pictures, train))
    squares = (x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T
    nearest: Distances = np.sqrt(np.maximum(squares.min(1), 0) / x.shape[1])
    return nearest


def nearest_pixels(pictures: PictureFeatures, train: PictureFeatures, chunk: int = 1024) -> Distances:
    """Root mean squared difference of thumbnails, outside of both products, to the nearest training picture: [N], 0..255."""
    best = np.full(len(pictures), np.inf)
    visible = pictures.background.astype(np.float64)
    x = pictures.small.astype(np.float64) * visible[..., None]
    for start in range(0, len(train), chunk):
        small, seen = train.small[start : start + chunk], train.background[start : start + chunk]
        for mirrored in (False, True):
            if mirrored:
                small = small.reshape(-1, SMALL, SMALL, 3)[:, :, ::-1].reshape(small.shape)
                seen = seen.reshape(-1, SMALL, SMALL)[:, :, ::-1].reshape(seen.shape)
            mask = seen.astype(np.float64)
            y = small.astype(np.float64) * mask[..., None]
            common = visible @ mask.T
            squares = (x**2).sum(2) @ mask.T + visible @ (y**2).sum(2).T - 2 * x.reshape(len(x), -1) @ y.reshape(len(y), -1).T
            means = np.where(common > 0, np.maximum(squares, 0) / np.maximum(3 * common, 1), np.inf)
            best = np.minimum(best, np.sqrt(means.min(1)))
    return best


def memorised(painted: PictureFeatures, real: PictureFeatures, train: PictureFeatures, encoder: str) -> Memorised:
    """painted: what a model made; real: pictures that it has not seen; train: those it has. encoder: for the signature."""
    shares, bounds = [], []
    for nearest in (nearest_embedded, nearest_pixels):
        bound = float(np.quantile(nearest(real, train), QUANTILE))
        shares.append(float((nearest(painted, train) < bound).mean()))
        bounds.append(bound)
    signature = (
        f"memorised|nearest training picture|below:{QUANTILE:.0%} quantile of the real|{encoder}|standardised by train"
        f"|pixels:{SMALL}px rgb, outside both products, mirrored too"
    )
    return Memorised(len(painted), shares[0], shares[1], bounds[0], bounds[1], len(train), len(real), signature)


def of_pictures(pictures: PictureSet) -> dict[str, Memorised]:
    return {"memorised": memorised(pictures.features, pictures.real, pictures.train, pictures.signature)}


def _figure(name: str, what: str) -> Figure:
    source, topic = ("memorised", name), "Memory and diversity"
    return Figure(f"memorised_{name}", f"memorised, {name}", what, topic, higher_is_better=False, source=source)


METRIC = Metric(
    name="memorised",
    what="share of pictures that repeat a training picture",
    figures=(
        _figure("features", "is the share of pictures that are nearer to a training picture than real ones are (0.05: none)."),
        _figure("pixels", "is the same, by pixels of thumbnails."),
    ),
    needs=("pictures",),
    order=130,
    of_pictures=of_pictures,
)
