"""Diversity: how far apart the pictures of a group are - of one request with several seeds, of one shopper's several products -
as a ratio to how far apart real pictures are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniadgen.metrics.judged import TooFew
from uniadgen.metrics.metric import Figure, Metric
from uniadgen.metrics.picture_features import PictureFeatures, PictureSet, standardiser


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
    """groups: of at least two pictures each; smaller ones are left out. Raises TooFew when none is left."""
    compared = [group for group in groups if len(group) > 1]
    if not compared or len(real) < 2:
        raise TooFew("diversity needs a group of at least two pictures, and two real ones")
    standardised = standardiser(real)
    distance = float(np.mean([mean_pairwise(standardised(group)) for group in compared]))
    true = mean_pairwise(standardised(real))
    signature = f"diversity|mean pairwise distance|{encoder}|standardised by the real|mean over groups"
    return Diversity(len(compared), sum(map(len, compared)), distance, true, distance / true if true > 0 else None, signature)


def of_pictures(pictures: PictureSet) -> dict[str, Diversity | None]:
    """By the name of the groups: "diversity" for groups without a name, "diversity_NAME" for others."""
    results: dict[str, Diversity | None] = {}
    for name in pictures.groups:
        try:
            result = diversity(pictures.group_features(name), pictures.real, pictures.signature)
        except TooFew:
            if len(pictures.groups) == 1:
                raise
            result = None
        results[f"diversity_{name}" if name else "diversity"] = result
    return results


def _figure(name: str, title: str, what: str) -> Figure:
    source, topic = (f"diversity_{name}", "ratio"), "Memory and diversity"
    return Figure(f"diversity_{name}", title, what, topic, higher_is_better=None, source=source)


METRIC = Metric(
    name="diversity",
    what="how far pictures of a group are apart, as a ratio to real ones",
    figures=(
        _figure("seeds", "diversity of seeds / real", "is how far pictures of one request are apart: clearly above 0."),
        _figure("products", "diversity of a shopper's products / real", "is the same of one shopper's products: below 1."),
    ),
    needs=("groups",),
    order=140,
    of_pictures=of_pictures,
)
