"""KID, kernel inception distance (Binkowski et al., 2018), in the features of our own background encoder.

The unbiased estimate of the squared maximum mean discrepancy with the kernel (x.y / d + 1)^3. Unbiased means that two samples
of one distribution give 0 on average, so one in two gives less than 0, and a ratio to such a value says nothing. Hence beside
the value of real pictures against real ones stands `noise`: the deviation of KID between random halves of them. The ratio is to
the larger of both.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniadgen.metrics.judged import TooFew
from uniadgen.metrics.metric import Figure, Metric
from uniadgen.metrics.picture_features import PictureFeatures, PictureSet, standardiser

HALVES = 100  # random halvings of the real pictures
Vectors = NDArray[np.float64]


@dataclass(frozen=True)
class Kid:
    """kid: painted against real; real: other real ones (of the split `--beside`) against the same; noise: of real halves."""

    n: int
    kid: float
    real: float
    noise: float
    ratio: float
    real_n: tuple[int, int]
    signature: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def squared_mmd(first: Vectors, second: Vectors) -> float:
    """Unbiased squared MMD of two samples [N, d], [M, d], of at least two each, with the cubic kernel."""
    return _squared_mmd(_kernel(first, first), _kernel(second, second), _kernel(first, second))


def _kernel(first: Vectors, second: Vectors) -> Vectors:
    values: Vectors = (first @ second.T / first.shape[1] + 1) ** 3
    return values


def _squared_mmd(xx: Vectors, yy: Vectors, xy: Vectors) -> float:
    n, m = xy.shape
    within = (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1))
    return float(within - 2 * xy.mean())


def kid(painted: PictureFeatures, real: PictureFeatures, beside: PictureFeatures, encoder: str, seed: int = 0) -> Kid:
    """painted and `beside` against `real`, all in units of the real pictures' deviation. encoder: for the signature.

    Raises TooFew for fewer than two pictures of a kind.
    """
    if min(len(painted), len(real), len(beside)) < 2:
        raise TooFew("KID needs at least two pictures of each kind")
    standardised = standardiser(real)
    x, y, z = (standardised(pictures).astype(np.float64) for pictures in (painted, real, beside))
    value, true = squared_mmd(x, y), squared_mmd(z, y)
    pooled, rng = _kernel(both := np.concatenate([y, z]), both), np.random.default_rng(seed)
    halves = []
    for _ in range(HALVES):
        order = rng.permutation(len(pooled))
        a, b = order[: len(y)], order[len(y) :]
        halves.append(_squared_mmd(pooled[np.ix_(a, a)], pooled[np.ix_(b, b)], pooled[np.ix_(a, b)]))
    noise = float(np.std(halves))
    scale = max(true, noise)
    signature = (
        f"KID|kernel:(x.y/d+1)^3|unbiased|whole sets|{encoder}|standardised by the real|noise:{HALVES} random halves"
        "|ratio:to the larger of real and noise"
    )
    return Kid(len(x), value, true, noise, value / scale if scale > 0 else 0.0, (len(y), len(z)), signature)


def of_pictures(pictures: PictureSet) -> dict[str, Kid]:
    return {"kid": kid(pictures.features, pictures.real, pictures.real_beside, pictures.signature)}


METRIC = Metric(
    name="kid",
    what="how far a folder of pictures is from real ones as a whole",
    figures=(
        Figure(
            "kid",
            "KID / real",
            "is how far all pictures together are from real ones, against the distance of other real ones: at most 3 is good.",
            "Crispness and likeness",
            higher_is_better=False,
            source=("kid", "ratio"),
        ),
    ),
    needs=("pictures", "beside"),
    order=120,
    of_pictures=of_pictures,
)
