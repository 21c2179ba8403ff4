"""The background encoder behind PBS: a vision transformer whose embedding ignores the product and tells the scene.

One class for the small encoder in the package and for the reference's ViT-B/16.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from uniadgen.imaging.colour import flatten
from uniadgen.model.config import Heads, Layers, Pixels, Width
from uniadgen.model.layers import Encoder
from uniadgen.schema import Range

DESCRIBED = 4  # blocks whose states are a picture's features
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet


@dataclass(frozen=True)
class BackgroundConfig:
    """Shape of a background encoder. The picture is scaled to size * 256 / 224 and its centre of size x size is seen."""

    size: Pixels = 128
    patch: Pixels = 16
    width: Width = 160
    layers: Layers = 4
    heads: Heads = 5
    embedding: Width = 64
    norm_eps: Annotated[float, Range(0, 0.1)] = 1e-5


class BackgroundEncoder(nn.Module):
    def __init__(self, config: BackgroundConfig) -> None:
        super().__init__()
        self.config = config
        self.patches = nn.Conv2d(3, config.width, config.patch, stride=config.patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, config.width))
        self.positions = nn.Parameter(torch.randn(1, (config.size // config.patch) ** 2 + 1, config.width) * 0.02)
        self.encoder = Encoder(config.width, config.heads, config.layers)
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.embedding)
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = config.norm_eps

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, size, size] in 0..1 -> embeddings [B, 64] of length 1."""
        return self._embedded(self._states(pixels)[-1][:, 0])

    def features(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, size, size] in 0..1 -> [B, features]: class token, and mean and deviation of the patches, after each of
        the last DESCRIBED blocks. Embeddings are a projection of the last class token; the rest tells more about a scene."""
        described = ((x[:, 0], x[:, 1:].mean(1), x[:, 1:].std(1)) for x in self._states(pixels)[-DESCRIBED:])
        return torch.cat([part for parts in described for part in parts], 1)

    @property
    def described(self) -> int:
        """How many features a picture has."""
        return 3 * self.config.width * min(DESCRIBED, self.config.layers)

    def project(self, features: Tensor) -> Tensor:
        """features [B, features] -> embeddings [B, 64] of length 1."""
        width = self.config.width
        return self._embedded(features[:, -3 * width : -2 * width])

    def _states(self, pixels: Tensor) -> list[Tensor]:
        """Class token and patches after each block [B, 1 + patches, width]."""
        mean, deviation = (torch.tensor(values).view(1, 3, 1, 1).to(pixels) for values in (_MEAN, _DEVIATION))
        x = self.patches((pixels - mean) / deviation).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(x), -1, -1).to(x.dtype), x], 1) + self.positions.to(x.dtype)
        states: list[Tensor] = []
        for block in self.encoder.blocks:
            x = block(x)
            states.append(x)
        return states

    def _embedded(self, class_token: Tensor) -> Tensor:
        return F.normalize(self.head(self.norm(class_token)).float(), dim=-1)

    def prepare(self, image: Image.Image) -> Tensor:
        """What the encoder sees of a picture: [3, size, size] in 0..1."""
        size = self.config.size
        image, side = flatten(image), round(size * 256 / 224)
        scale = side / min(image.size)
        width, height = (max(size, round(length * scale)) for length in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
        left, top = (width - size) // 2, (height - size) // 2
        cut = image.crop((left, top, left + size, top + size))
        return torch.frombuffer(bytearray(cut.tobytes()), dtype=torch.uint8).view(size, size, 3).permute(2, 0, 1).float() / 255
