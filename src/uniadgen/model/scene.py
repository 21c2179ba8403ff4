"""The scene of a picture in a few codes: the kind of place, its colours, and both together, whatever product stands in it.

    encoder = SceneEncoder(config.scene)
    pixels = torch.stack([encoder.prepare(picture) for picture in pictures])
    codes = encoder.codes(encoder(pixels))                  # [B, levels]
    encoder.values(codes)                                   # [B, embedding], near to the embeddings

A convolutional encoder gives a picture an embedding of length 1 in three parts, the facets: place (which colours don't change),
colours (which the layout doesn't change), and the whole. Taste is about one or the other: a click on another kind of place may
show the colours that a shopper likes, so each facet has codes of its own. Level l refines facet l modulo 3. Encoder and
codebooks are learned without labels (`training/scenes.py`).
"""

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from uniadgen.model.config import SceneConfig
from uniadgen.model.convolutions import ChannelNorm, Down, Residual
from uniadgen.model.pixels import to_pixels
from uniadgen.model.residual import residual_codes, residual_values

FACETS = ("place", "colours", "whole")


class SceneEncoder(nn.Module):
    codebooks: Tensor  # [levels, codes, embedding]; an entry is zero outside of its level's facet

    def __init__(self, config: SceneConfig) -> None:
        super().__init__()
        self.config = config
        fine, middle, coarse = config.channels
        above = [(config.blocks + 1) // 2] * 2
        self.stem = nn.Conv2d(3, fine, 8, stride=4, padding=2)
        self.body = nn.Sequential(
            ChannelNorm(),
            *(Residual(fine) for _ in range(above[0])),
            Down(fine, middle),
            ChannelNorm(),
            *(Residual(middle) for _ in range(above[1])),
            Down(middle, coarse),
            ChannelNorm(),
            *(Residual(coarse) for _ in range(config.blocks)),
        )
        self.head = nn.Linear(3 * coarse, config.embedding)
        self.register_buffer("codebooks", torch.zeros(config.levels, config.codes, config.embedding))

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, size, size] in -1..1 -> embeddings [B, embedding] of length 1, as are their facets among each other."""
        features = F.silu(self.body(self.stem(pixels))).float()
        upper, lower = features.chunk(2, 2)  # walls and what stands or lies there differ; left and right do not
        spread = (features.var((2, 3), unbiased=False) + 1e-5).sqrt()  # the root has no slope at zero
        described = torch.cat([upper.mean((2, 3)), lower.mean((2, 3)), spread], 1)
        facets = self.head(described.to(self.head.weight.dtype)).float().unflatten(1, (len(FACETS), -1))
        return F.normalize(facets, dim=2).flatten(1) / len(FACETS) ** 0.5

    def codes(self, embeddings: Tensor) -> Tensor:
        """embeddings [B, embedding] -> codes [B, levels]: the entry nearest to what the levels before have left."""
        return residual_codes(embeddings, self.codebooks)

    def values(self, codes: Tensor) -> Tensor:
        """codes [..., levels], or their first few levels -> what they stand for [..., embedding], the sum of their entries."""
        return residual_values(codes, self.codebooks)

    def prepare(self, image: Image.Image) -> Tensor:
        """What the encoder sees of a picture: its central square [3, size, size] in -1..1."""
        return to_pixels(image, self.config.size)
