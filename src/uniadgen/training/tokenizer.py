"""Trains the image tokenizer to reproduce pictures: pixels, and their gradients at two scales so that edges stay sharp."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from uniadgen.model.image_tokenizer import FSQTokenizer, psnr
from uniadgen.model.pixels import to_image
from uniadgen.training.augment import shift_hue
from uniadgen.training.loop import Schedule, fit


def gradient_loss(first: Tensor, second: Tensor) -> Tensor:
    """L1 between horizontal and vertical differences of two pictures [B, 3, H, W]."""
    horizontal = (first.diff(dim=3) - second.diff(dim=3)).abs().mean()
    return horizontal + (first.diff(dim=2) - second.diff(dim=2)).abs().mean()


def reconstruction_loss(pixels: Tensor, reconstructed: Tensor) -> Tensor:
    half, half_reconstructed = F.avg_pool2d(pixels, 2), F.avg_pool2d(reconstructed, 2)
    pixel = (pixels - reconstructed).abs().mean() + 0.5 * (pixels - reconstructed).square().mean()
    return pixel + gradient_loss(pixels, reconstructed) + gradient_loss(half, half_reconstructed)


def train_tokenizer(
    tokenizer: FSQTokenizer,
    pictures: NDArray[np.uint8],
    held_out: NDArray[np.uint8],
    schedule: Schedule,
    click_resolution: int,
    out: Path,
    resume: bool,
    samples: Sequence[int] = range(4),
) -> None:
    """pictures, held_out: [N, S, S, 3] uint8. Trains on whole pictures and on thumbnails, since clicks are tokenised small."""

    def batch_at(step: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((schedule.seed, step))
        chosen = rng.integers(len(pictures), size=schedule.batch)
        pixels = torch.from_numpy(pictures[np.sort(chosen)]).permute(0, 3, 1, 2).float() / 127.5 - 1
        if rng.random() < 0.5:
            pixels = pixels.flip(3)
        if rng.random() < 0.5:
            pixels = shift_hue(pixels, float(rng.uniform(-30, 30)))
        if rng.random() < 0.5:  # pictures larger than the grid, cut anew: other scales and alignments
            low = int(rng.integers(pixels.shape[2] * 5 // 8, pixels.shape[2]))
            top, left = rng.integers(pixels.shape[2] - low, size=2)
            cut = pixels[:, :, top : top + low, left : left + low]
            pixels = F.interpolate(cut, pixels.shape[2:], mode="bicubic", align_corners=False).clamp(-1, 1)
        small = F.interpolate(
            pixels, (click_resolution, click_resolution), mode="bilinear", antialias=True, align_corners=False
        )
        return pixels.contiguous(memory_format=torch.channels_last), small.contiguous(memory_format=torch.channels_last)

    def losses_at(step: int) -> dict[str, Tensor]:
        pixels, small = batch_at(step)
        with torch.autocast("cpu", torch.bfloat16):
            whole, thumbnails = tokenizer.reconstruct(pixels), tokenizer.reconstruct(small)
        return {
            "picture": reconstruction_loss(pixels, whole.float()),
            "thumbnail": 0.25 * reconstruction_loss(small, thumbnails.float()),
        }

    def look(step: int) -> None:
        pixels = torch.from_numpy(held_out[:48]).permute(0, 3, 1, 2).float() / 127.5 - 1
        codes = torch.cat([tokenizer.encode(part) for part in pixels.split(8)])
        grid = pixels.shape[2] // 16
        rebuilt = torch.cat([tokenizer.decode(part, grid) for part in codes.split(8)])
        used = len(codes.unique())
        print(
            f"\nstep {step}: held-out PSNR {psnr(pixels, rebuilt):.2f} dB, {used} codes in {codes.numel()} tokens", flush=True
        )
        chosen = list(samples)
        grid_image = torch.cat([torch.cat([pixels[i], rebuilt[i]], 1) for i in chosen if i < len(pixels)], 2)
        to_image(grid_image).save(out / f"samples-{step:06d}.png")

    tokenizer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fit(tokenizer, losses_at, schedule, out, resume, look)
