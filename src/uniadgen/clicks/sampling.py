"""Coarse preference: which clicks of a long, noisy history the model gets to see.

Product similarity is the cosine between text embeddings of a clicked ad's text and of the target's description. The embedder
is any function from texts to unit vectors; the default needs no download.
"""

import unicodedata
import zlib
from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Embedder = Callable[[Sequence[str]], Vectors]
Sampling = Literal["product-similarity", "most-similar", "random"]
SAMPLINGS: tuple[str, ...] = get_args(Sampling)

DIMENSIONS = 512


def hashed_embedder(texts: Sequence[str]) -> Vectors:
    """Bags of words and of character trigrams, hashed to 512 signed dimensions: [len(texts), 512], rows of length 1.

    An empty text has length 0. Works for any language, since trigrams need no word boundaries and marks count as letters;
    damped counts keep repetition from winning.
    """
    vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in enumerate(texts):
        folded = " ".join(unicodedata.normalize("NFC", text).casefold().split())
        counts: dict[str, float] = {}
        for word in folded.split(" ") if folded else ():
            counts["w" + word] = counts.get("w" + word, 0.0) + 2.0  # whole words say more than trigrams
        for i in range(len(folded) - 2):
            counts["t" + folded[i : i + 3]] = counts.get("t" + folded[i : i + 3], 0.0) + 1.0
        for feature, count in counts.items():
            bits = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
            vectors[row, bits % DIMENSIONS] += np.sqrt(count) * (1.0 if bits >> 16 & 1 else -1.0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def product_similarity(texts: Sequence[str], description: str, embedder: Embedder = hashed_embedder) -> NDArray[np.float64]:
    """Cosine (-1..1) of each clicked ad's text to the description: [len(texts)]."""
    if not texts:
        return np.zeros(0)
    vectors = embedder([description, *texts])
    similarity: NDArray[np.float64] = np.clip(vectors[1:] @ vectors[0], -1, 1).astype(np.float64)
    return similarity


def sample_clicks(
    similarity: NDArray[np.float64], count: int, sampling: Sampling, rng: np.random.Generator, exclude: Sequence[int] = ()
) -> list[int]:
    """Indices of at most `count` clicks, in the order of the history.

    `exclude` are clicks that must never be drawn (the target's own ad). product-similarity draws without replacement, with a
    probability proportional to the similarity; clicks of no or negative similarity keep a very small one.
    """
    allowed = np.ones(len(similarity), bool)
    allowed[list(exclude)] = False
    candidates = np.flatnonzero(allowed)
    count = min(count, len(candidates))
    if count <= 0:
        return []
    scores = similarity[candidates]
    if sampling == "random":
        chosen = rng.choice(candidates, count, replace=False)
    elif sampling == "most-similar":
        chosen = candidates[np.argsort(-scores, kind="stable")[:count]]
    else:
        weights = np.maximum(scores, 1e-6)
        chosen = rng.choice(candidates, count, replace=False, p=weights / weights.sum())
    return sorted(int(i) for i in chosen)
