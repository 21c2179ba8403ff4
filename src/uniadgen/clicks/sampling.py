"""Coarse preference: which clicks of a long, noisy history the model gets to see.

A new way of sampling is a function and an entry in SAMPLINGS; it shows up in `GenerateOptions`, on the command line and in the
tables of `evaluate`.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from uniadgen.errors import InputError

Similarities = NDArray[np.float64]
Sampler = Callable[[Similarities, int, np.random.Generator], NDArray[np.int64]]
"""From the product similarities of candidates [n] and a number of at most n to as many of their indices, in any order."""


def by_similarity(similarity: Similarities, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Without replacement, with a probability proportional to the similarity (Uni-AdGen): related, and still diverse.

    Clicks of no or negative similarity keep a very small probability.
    """
    weights = np.maximum(similarity, 1e-6)
    return rng.choice(len(similarity), count, replace=False, p=weights / weights.sum())


def most_similar(similarity: Similarities, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The highest similarities; of equal ones the older clicks."""
    return np.argsort(-similarity, kind="stable")[:count]


def at_random(similarity: Similarities, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Uniformly, whatever the similarities."""
    return rng.choice(len(similarity), count, replace=False)


SAMPLINGS: dict[str, Sampler] = {
    "product-similarity": by_similarity,
    "most-similar": most_similar,
    "random": at_random,
}


def check_sampling(name: object, where: str) -> str:
    """The name of a sampling. Raises InputError for one that is unknown."""
    if not isinstance(name, str) or name not in SAMPLINGS:
        raise InputError(f"{where}: {name!r} is unknown; use one of {', '.join(SAMPLINGS)}")
    return name


def sample_clicks(
    similarity: Similarities, count: int, sampling: str, rng: np.random.Generator, exclude: Sequence[int] = ()
) -> list[int]:
    """Indices of at most `count` clicks, in the order of the history.

    `exclude` are clicks that must never be drawn (the target's own ad). Raises InputError for an unknown sampling.
    """
    sampler = SAMPLINGS[check_sampling(sampling, "sampling")]
    allowed = np.ones(len(similarity), bool)
    allowed[list(exclude)] = False
    candidates = np.flatnonzero(allowed)
    count = min(count, len(candidates))
    if count <= 0:
        return []
    return sorted(int(i) for i in candidates[sampler(similarity[candidates], count, rng)])
