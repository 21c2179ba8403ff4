"""Product similarity: the cosine between text embeddings of a clicked ad's text and of the target's description.

The embedder is any function from texts to unit vectors; the default needs no download and knows no language.
"""

import unicodedata
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Embedder = Callable[[Sequence[str]], Vectors]

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
