"""Foreground perception: what the product looks like and where it stands, as one feature per image token.

The product on its white canvas goes through a vision encoder once per ad. An MLP brings the features to the decoder's width,
and one small MLP per group of decoder layers turns them into what is added there (Uni-AdGen; reference encoder: DINOv2-small).
The last linear layer of each group starts at zero: an untrained module changes nothing.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.config import ForegroundConfig, ModelConfig
from uniadgen.model.layers import Encoder

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class PatchEncoder(nn.Module):
    """Our small encoder: convolutions to one position per token, then a transformer, so that every token knows the product."""

    def __init__(self, config: ForegroundConfig, grid: int) -> None:
        super().__init__()
        width, stem = config.features, config.features // 4
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, stem, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(stem, 2 * stem, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(2 * stem, width, 3, stride=2, padding=1),
        )
        self.position = nn.Parameter(torch.randn(1, grid * grid, width) * 0.02)
        self.encoder = Encoder(width, config.heads, config.layers)
        self.norm = nn.LayerNorm(width)

    def forward(self, canvas: Tensor) -> Tensor:
        features = self.stem(canvas).flatten(2).transpose(1, 2)
        return self.norm(self.encoder(features + self.position))


class DinoEncoder(nn.Module):
    """transformers' Dinov2Model as it is; its class token is dropped."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: ForegroundConfig, grid: int) -> None:
        super().__init__()
        from transformers import Dinov2Config, Dinov2Model

        options = {"hidden_size": config.features, "num_attention_heads": config.heads, "num_hidden_layers": 12}
        self.model = Dinov2Model(Dinov2Config(**{**options, **config.dinov2, "patch_size": config.pixels_per_token}))
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1))

    def forward(self, canvas: Tensor) -> Tensor:
        pixels = ((canvas + 1) / 2 - self.mean) / self.deviation
        hidden: Tensor = self.model(pixel_values=pixels).last_hidden_state
        return hidden[:, 1:]


class ForegroundPerception(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        settings, width = config.foreground, config.decoder.width
        self.size = settings.pixels_per_token * config.image.grid
        self.encoder = (PatchEncoder if settings.kind == "patch" else DinoEncoder)(settings, config.image.grid)
        self.project = nn.Sequential(nn.Linear(settings.features, width), nn.GELU(), nn.Linear(width, width))
        self.groups = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, width))
            for _ in range(config.foreground_groups)
        )
        for group in self.groups:
            nn.init.zeros_(group[-1].weight)  # type: ignore[index,arg-type]
            nn.init.zeros_(group[-1].bias)  # type: ignore[index,arg-type]

    def forward(self, canvas: Tensor) -> Tensor:
        """canvas [B, 3, S, S] in -1..1, the product on white -> [groups, B, image tokens, decoder width]."""
        if canvas.shape[-1] != self.size:
            canvas = F.interpolate(canvas, (self.size, self.size), mode="bilinear", antialias=True, align_corners=False)
        shared = self.project(self.encoder(canvas))
        return torch.stack([group(shared) for group in self.groups])
