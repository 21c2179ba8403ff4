"""Diversity: how far apart the pictures of a group are - of one request with several seeds, of one shopper's several products -
as a ratio to how far apart real pictures are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniadgen.metrics.picture_features import PictureFeatures, standardiser


@dataclass(frozen=True)
class Diversity:
    """distance: mean over `groups` of the mean distance of their pairs; ratio: to that of all pairs of real pictures (None
    where these are all the same)."""

    groups: int
    n: int
    distance: float
    real: float
    ratio: float | None
    signature: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def mean_pairwise(vectors: NDArray[np.float32]) -> float:
    """Mean over all pairs of the root mean squared difference of vectors [N, D], N at least 2."""
    x = vectors.astype(np.float64)
    lengths = (x**2).sum(1)
    squares = np.maximum(lengths[:, None] + lengths - 2 * x @ x.T, 0) / x.shape[1]
    return float(np.sqrt(squares[np.triu_indices(len(x), 1)]).mean())


def diversity(groups: Sequence[PictureFeatures], real: PictureFeatures, encoder: str) -> Diversity:
    """groups: of at least two pictures each; smaller ones are left out. Raises ValueError when none is left."""
    compared = [group for group in groups if len(group) > 1]
    if not compared or len(real) < 2:
        raise ValueError("diversity needs a group of at least two pictures, and two real ones")
    standardised = standardiser(real)
    distance = float(np.mean([mean_pairwise(standardised(group)) for group in compared]))
    true = mean_pairwise(standardised(real))
    signature = f"diversity|mean pairwise distance|{encoder}|standardised by the real|mean over groups"
    return Diversity(len(compared), sum(map(len, compared)), distance, true, distance / true if true > 0 else None, signature)
