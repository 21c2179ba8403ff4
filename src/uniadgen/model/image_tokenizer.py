"""Pictures to image tokens and back. Two tokenizers behind one small interface: `encode` and `decode`.

`fsq`: ours. A 4x space-to-depth stem, convolutions at 1/4, 1/8 and 1/16 of the resolution, attention only at 1/16, and finite
scalar quantisation (Mentzer et al., 2023): each of a few dimensions is rounded to a fixed number of levels, so there is no
codebook to collapse. With `upsampling: 2` its decoder also paints twice the resolution, from the same tokens; with `completion`
it paints from tokens of half the resolution (`model/completion.py`). `janus-vq`: the vector-quantised tokenizer of Janus,
from transformers.
"""

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.completion import Completion
from uniadgen.model.config import ImageTokenizerConfig
from uniadgen.model.convolutions import ChannelNorm, Down, GridAttention, Residual, Up

NOISE = 8  # channels of noise that fine structure is made from


class Detail(nn.Module):
    """Paints twice the decoder's resolution: adds to the enlarged picture what it lacks.

    Little work at high resolution: convolutions at 1/4 of it, whose channels become pixels. Fine structure that no token tells
    of is made from a fixed field of noise, so that the same tokens are always the same picture.
    """

    noise: Tensor

    def __init__(self, fine: int) -> None:
        super().__init__()
        thin = fine // 2 + NOISE
        self.up = Up(fine, fine // 2)
        self.body = nn.Sequential(*(Residual(thin) for _ in range(3)))
        self.out = nn.Conv2d(thin, 48, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(cast(Tensor, self.out.bias))
        self.register_buffer(
            "noise", torch.randn(1, NOISE, 64, 64, generator=torch.Generator("cpu").manual_seed(0), device="cpu")
        )

    def forward(self, features: Tensor, picture: Tensor, shift: tuple[int, int] = (0, 0)) -> Tensor:
        """features [B, fine, h, w], picture [B, 3, 4h, 4w] -> [B, 3, 8h, 8w]. shift: of the noise, for training."""
        x = self.up(features)
        (rows, columns), side = x.shape[2:], self.noise.shape[2]
        noise = self.noise.roll(shift, (2, 3)).tile(1, 1, -(-rows // side), -(-columns // side))[..., :rows, :columns]
        x = torch.cat([x, noise.to(x.dtype).expand(len(x), -1, -1, -1)], 1)
        enlarged = F.interpolate(picture, scale_factor=2, mode="bicubic", align_corners=False)
        x = self.body(x)
        with torch.autocast(x.device.type, enabled=False):
            return enlarged + F.pixel_shuffle(self.out(x.to(self.out.weight.dtype)), 4)


class FSQTokenizer(nn.Module):
    """Finite scalar quantisation of a convolutional bottleneck; any picture whose sides are multiples of 16 px."""

    levels: Tensor
    strides: Tensor

    def __init__(self, config: ImageTokenizerConfig) -> None:
        super().__init__()
        if config.patch != 16:
            raise ValueError("the fsq tokenizer has 16 px per token")
        fine, middle, coarse = config.channels
        dimensions = len(config.levels)
        levels = torch.tensor(config.levels)
        self.register_buffer("levels", levels)
        self.register_buffer("strides", torch.tensor([math.prod(config.levels[:place]) for place in range(len(config.levels))]))
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, fine, 3, padding=1),
            Residual(fine),
            Down(fine, middle),
            Residual(middle),
            Residual(middle),
            Down(middle, coarse),
            Residual(coarse),
            GridAttention(coarse),
            Residual(coarse),
            ChannelNorm(),
            nn.Conv2d(coarse, dimensions, 1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(dimensions, coarse, 3, padding=1),
            Residual(coarse),
            GridAttention(coarse),
            Residual(coarse),
            Up(coarse, middle),
            Residual(middle),
            Residual(middle),
            Up(middle, fine),
            Residual(fine),
            Residual(fine),
            nn.Conv2d(fine, 48, 3, padding=1),
            nn.PixelShuffle(4),
        )
        self.detail = Detail(fine) if config.upsampling == 2 else None
        self.completion = Completion(config) if config.completion else None

    def quantise(self, latent: Tensor) -> Tensor:
        """latent [B, d, h, w] -> values on the grid, -1..1, gradient straight through the rounding."""
        half = (self.levels.view(1, -1, 1, 1) - 1) / 2
        bounded = torch.tanh(latent) * half
        # even numbers of levels have no level at zero: shift by half a step before rounding and back after it
        shift = (self.levels.view(1, -1, 1, 1) % 2 == 0).to(latent.dtype) * 0.5
        rounded = (bounded - shift).round() + shift
        rounded = rounded.clamp(-half, half)
        return (bounded + (rounded - bounded).detach()) / half

    def codes(self, values: Tensor) -> Tensor:
        """Values on the grid [B, d, h, w] -> ids [B, h*w]."""
        half = (self.levels.view(1, -1, 1, 1) - 1) / 2
        indices = (values * half + half).round().long()
        return (indices * self.strides.view(1, -1, 1, 1)).sum(1).flatten(1)

    def values(self, codes: Tensor) -> Tensor:
        """ids [B, n] -> values on the grid [B, d, n]."""
        indices = codes[:, None, :] // self.strides.view(1, -1, 1) % self.levels.view(1, -1, 1)
        return indices * 2 / (self.levels.view(1, -1, 1) - 1) - 1

    def reconstruct(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, H, W] in -1..1 -> the same after quantisation, differentiable; for training."""
        return self.paint(self.quantise(self.encoder(pixels)))[1]

    def encode(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, H, W] in -1..1 -> ids [B, H/16 * W/16]."""
        return self.codes(self.quantise(self.encoder(pixels)))

    def reconstruct_both(self, pixels: Tensor, shift: tuple[int, int] = (0, 0)) -> tuple[Tensor, Tensor]:
        """As `reconstruct`, and the same picture at twice the resolution. Only with `upsampling: 2`."""
        return self.paint_both(self.quantise(self.encoder(pixels)), shift)

    def paint(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Values on the grid [B, d, h, w] -> features [B, fine, 4h, 4w] and the picture [B, 3, 16h, 16w] that they become."""
        features = self.decoder[:-2](values)
        with torch.autocast(values.device.type, enabled=False):  # pixels want more than the eight bits of bfloat16
            return features, self.decoder[-2:](features.to(self.decoder[-2].weight.dtype))

    def paint_both(self, values: Tensor, shift: tuple[int, int] = (0, 0)) -> tuple[Tensor, Tensor]:
        """Values on the grid [B, d, h, w] -> pictures [B, 3, 16h, 16w] and [B, 3, 32h, 32w]. shift: of the noise."""
        if self.detail is None:
            raise ValueError("this tokenizer paints at one resolution only")
        features, picture = self.paint(values)
        return picture, self.detail(features, picture, shift)

    def decode(self, codes: Tensor, grid: int, scale: int = 1) -> Tensor:
        """ids [B, grid*grid] -> pixels [B, 3, side, side] in -1..1, side = 16*grid*scale; scale: up to config's upsampling."""
        values = self.values(codes).to(next(self.parameters()).dtype).unflatten(2, (grid, grid))
        pixels = (self.paint(values) if scale == 1 else self.paint_both(values))[1]
        return pixels.clamp(-1, 1)

    def complete(self, codes: Tensor, grid: int, scale: int = 1) -> Tensor:
        """ids [B, grid*grid] -> pixels [B, 3, side, side] in -1..1, side = 32*grid*scale. Only with `completion`."""
        if self.completion is None:
            raise ValueError("this tokenizer has no completion")
        values = self.values(codes).to(next(self.parameters()).dtype).unflatten(2, (grid, grid))
        features, picture = self.completion(values)
        return (picture if scale == 1 else self.completion.enlarge(features, picture)).clamp(-1, 1)


class JanusTokenizer(nn.Module):
    """transformers' JanusVQVAE; codes are looked up among L2-normalised vectors in both directions, as Janus was trained."""

    def __init__(self, config: ImageTokenizerConfig) -> None:
        super().__init__()
        from transformers import JanusVQVAE, JanusVQVAEConfig

        options = {"embed_dim": config.embedding, "num_embeddings": config.codes, **config.janus}
        self.model = JanusVQVAE(JanusVQVAEConfig(**options))
        # from pixels in -1..1 to the image processor's; exactly nothing for Janus as published
        self.scale = [0.5 / d for d in config.deviation]
        self.shift = [(0.5 - m) / d for m, d in zip(config.mean, config.deviation, strict=True)]

    def encode(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, H, W] in -1..1 -> ids [B, H/16 * W/16]: the code whose direction is nearest.

        Not JanusVQVAE.encode: that compares lengths too, while its decoder and the original Janus know directions only.
        """
        scale, shift = (pixels.new_tensor(values).view(1, 3, 1, 1) for values in (self.scale, self.shift))
        latent = self.model.quant_conv(self.model.encoder(pixels * scale + shift)).flatten(2).transpose(1, 2)
        vectors = F.normalize(self.model.quantize.embedding.weight.float(), dim=-1)
        return (F.normalize(latent.float(), dim=-1) @ vectors.t()).argmax(-1)

    def decode(self, codes: Tensor, grid: int, scale: int = 1) -> Tensor:
        """ids [B, grid*grid] -> pixels [B, 3, 16*grid, 16*grid] in -1..1; unlike JanusVQVAE.decode for any grid. scale: 1."""
        vectors = F.normalize(self.model.quantize.embedding(codes), dim=-1).transpose(1, 2).unflatten(2, (grid, grid))
        pixels: Tensor = self.model.decoder(self.model.post_quant_conv(vectors))
        factor, shift = (pixels.new_tensor(values).view(1, 3, 1, 1) for values in (self.scale, self.shift))
        return ((pixels - shift) / factor).clamp(-1, 1)


def build_image_tokenizer(config: ImageTokenizerConfig) -> FSQTokenizer | JanusTokenizer:
    return FSQTokenizer(config) if config.kind == "fsq" else JanusTokenizer(config)


def paint(tokenizer: FSQTokenizer | JanusTokenizer, config: ImageTokenizerConfig, codes: Tensor, scale: int = 1) -> Tensor:
    """What a model has written, [B, n] with all scales or the last alone -> pixels [B, 3, side, side] in -1..1,
    side = resolution*scale; scale: up to config's upsampling."""
    side = config.scales[-1]
    last = codes[:, -side * side :]
    if config.completion and isinstance(tokenizer, FSQTokenizer):
        return tokenizer.complete(last, side, scale)
    return tokenizer.decode(last, side, scale)


def psnr(first: Tensor, second: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pixels in -1..1."""
    return -10 * math.log10(max(float(((first - second) / 2).square().mean()), 1e-12))
