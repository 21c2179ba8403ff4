"""Trains the image tokenizer to reproduce pictures: pixels, and their gradients at two scales so that edges stay sharp."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from uniadgen.data.augment import shift_hue
from uniadgen.model.image_tokenizer import FSQTokenizer, psnr
from uniadgen.model.pixels import from_bytes, to_image
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device

CROP = 128  # px
NATIVE = 0.8  # share of steps whose crops are not made smaller


def gradient_loss(first: Tensor, second: Tensor) -> Tensor:
    """L1 between horizontal and vertical differences of two pictures [B, 3, H, W]."""
    horizontal = (first.diff(dim=3) - second.diff(dim=3)).abs().mean()
    return horizontal + (first.diff(dim=2) - second.diff(dim=2)).abs().mean()


def reconstruction_loss(pixels: Tensor, reconstructed: Tensor) -> Tensor:
    half, half_reconstructed = F.avg_pool2d(pixels, 2), F.avg_pool2d(reconstructed, 2)
    pixel = (pixels - reconstructed).abs().mean() + 0.5 * (pixels - reconstructed).square().mean()
    # Edges are mostly luminance, and few bits are spent on hue without a term that sees nothing but the colours of areas.
    colour = (F.avg_pool2d(pixels, 8) - F.avg_pool2d(reconstructed, 8)).abs().mean()
    return pixel + colour + gradient_loss(pixels, reconstructed) + gradient_loss(half, half_reconstructed)


def train_tokenizer(
    tokenizer: FSQTokenizer,
    pictures: NDArray[np.uint8],
    held_out: NDArray[np.uint8],
    schedule: Schedule,
    click_resolution: int | None,
    out: Path,
    resume: bool,
    samples: Sequence[int] = range(4),
) -> None:
    """pictures, held_out: [N, S, S, 3] uint8. Trains on crops, many small steps being worth more than few large ones, and on
    thumbnails, since clicks are tokenised small; without a click_resolution on crops alone."""
    crop = min(CROP, pictures.shape[1])

    def batch_at(step: int) -> list[Tensor]:
        rng = np.random.default_rng((schedule.seed, step))
        chosen = np.sort(rng.integers(len(pictures), size=schedule.batch))
        side = pictures.shape[1]
        # some of the crops show more of the picture, smaller: other scales and alignments of the same edges
        window = crop if rng.random() < NATIVE else int(rng.integers(crop, side + 1))
        top, left = rng.integers(side - window + 1, size=2)
        pixels = from_bytes(torch.from_numpy(pictures[chosen, top : top + window, left : left + window]).permute(0, 3, 1, 2))
        if window != crop:
            pixels = F.interpolate(pixels, (crop, crop), mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)
        if rng.random() < 0.5:
            pixels = pixels.flip(3)
        if rng.random() < 0.5:
            pixels = shift_hue(pixels, float(rng.uniform(-30, 30)))
        views = [pixels]
        if click_resolution is not None:
            whole = from_bytes(torch.from_numpy(pictures[chosen[::2]]).permute(0, 3, 1, 2))
            small = (click_resolution, click_resolution)
            views.append(F.interpolate(whole, small, mode="bilinear", antialias=True, align_corners=False))
        return [view.to(device()).contiguous(memory_format=torch.channels_last) for view in views]

    def losses_at(step: int) -> dict[str, Tensor]:
        losses = {}
        for name, weight, view in zip(("picture", "thumbnail"), (1.0, 0.25), batch_at(step), strict=False):
            with autocast():
                rebuilt = tokenizer.reconstruct(view)
            losses[name] = weight * reconstruction_loss(view, rebuilt.float())
        return losses

    def look(step: int) -> float:
        pixels = from_bytes(torch.from_numpy(held_out[:48]).permute(0, 3, 1, 2)).to(device())
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
        return -psnr(pixels, rebuilt)

    tokenizer.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    fit(tokenizer, losses_at, schedule, out, resume, look)
