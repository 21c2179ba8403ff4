"""Texts as unit vectors whose cosines are product similarities: learnt from what shoppers click one after the other.

    embedder = embedder_of(model.text_embedder, tokenizer)
    embedder([description, *texts])                         # [1 + N, width]

A text is the weighed mean of a vector for each of its tokens: little to compute, and a text of a product that nobody has seen
is made of tokens that many have. It is learnt before the unified model (`training/text_embedder.py`).
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.clicks.similarity import Embedder, Vectors
from uniadgen.model.text_tokenizer import TextTokenizer

MOST_TOKENS = 256  # of a text; what follows is not read


class TextEmbedder(nn.Module):
    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.vectors, self.weight = nn.Embedding(vocabulary, width), nn.Embedding(vocabulary, 1)
        nn.init.normal_(self.vectors.weight, std=0.02)  # so that a token that nobody has seen says little
        nn.init.zeros_(self.weight.weight)

    def forward(self, ids: Tensor, visible: Tensor) -> Tensor:
        """ids [B, T] long, visible [B, T] bool -> [B, width] of length 1; of length 0 where nothing is visible."""
        weights = self.weight(ids)[..., 0].float().exp() * visible
        return F.normalize((self.vectors(ids).float() * weights[..., None]).sum(1), dim=1)


def padded(texts: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids as `TextEmbedder` takes them."""
    longest = max(1, min(MOST_TOKENS, max(map(len, texts), default=1)))
    ids, visible = np.zeros((len(texts), longest), np.int64), np.zeros((len(texts), longest), bool)
    for row, text in enumerate(texts):
        count = min(len(text), longest)
        ids[row, :count], visible[row, :count] = text[:count], True
    return torch.from_numpy(ids).to(device), torch.from_numpy(visible).to(device)


def embedder_of(module: TextEmbedder, tokenizer: TextTokenizer) -> Embedder:
    @torch.no_grad()
    def embed(texts: Sequence[str]) -> Vectors:
        ids, visible = padded([tokenizer.encode(" " + text) for text in texts], module.weight.weight.device)
        vectors: Vectors = module(ids, visible).cpu().numpy()
        return vectors

    return embed
