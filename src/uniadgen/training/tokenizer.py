"""Trains the image tokenizer to reproduce pictures, in two stages.

`train_tokenizer`: everything, on pixels and their gradients at two scales so that edges stay sharp. A tokenizer with
`upsampling: 2` sees plates small and is asked for both resolutions; plates that are no larger than its small one train that
alone. `refine_large`: its decoder alone, so that codes keep their meaning, for the sake of the larger resolution. What tokens
can't tell - where exactly edges run, the grain of wood, leaves, cloth - pixel losses answer with mush; so a patch discriminator
is asked as well, for its verdict and for the features that it comes to it by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor, nn

from uniadgen.ad_files import png
from uniadgen.console import print_line
from uniadgen.data.augment import shift_hue
from uniadgen.files import write_bytes
from uniadgen.imaging.loading import VIEWED_PIXELS, load_rgb, picture_size
from uniadgen.model.convolutions import ChannelNorm
from uniadgen.model.image_tokenizer import FSQTokenizer, psnr
from uniadgen.model.pixels import from_bytes, to_image
from uniadgen.training.ahead import in_order
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device

CROP = 128  # px that the encoder sees
NATIVE = 0.8  # share of crops that are not made smaller
LARGE = 0.6  # share of batches that are painted at twice the resolution, where there are pictures for it
DETAIL = 0.5  # weight of the larger picture in the first stage
# Of the second stage: the weight of the discriminator's features, and its verdict's, as a share of the others' gradient.
FEATURES, ADVERSARY = 1.0, 0.6
# Steps in which the discriminator learns before it is listened to, and over which its weight then grows: what a young one is
# answered with is noise.
ALONE, GROWING = 300, 1000
# Every so many steps the discriminator pays for steep slopes at real pictures (R1; Mescheder et al., 2018), else it learns them
# by heart and says nothing any more.
SMOOTHED, SLOPE = 8, 1.0
HELD_OUT = 48
BatchAt = Callable[[int], tuple[Tensor, Tensor | None, Tensor | None]]


@dataclass(frozen=True)
class Pictures:
    """Encoded pictures, decoded when they are drawn: many plates have many gigabytes of pixels. sides: the shorter ones, px."""

    files: list[bytes]
    sides: list[int]

    @classmethod
    def of(cls, files: Sequence[bytes]) -> "Pictures":
        return cls(list(files), [min(picture_size(file, "picture of the data set")) for file in files])

    def open(self, number: int, side: int) -> Image.Image:
        """The central square of a picture at side x side."""
        picture = load_rgb(self.files[number], "picture of the data set", VIEWED_PIXELS)
        return ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)


def pixels_of(pictures: Sequence[Image.Image]) -> Tensor:
    """Pictures of one size -> [N, 3, H, W] in -1..1."""
    return from_bytes(torch.from_numpy(np.stack([np.asarray(p) for p in pictures])).permute(0, 3, 1, 2))


def halved(pixels: Tensor) -> Tensor:
    """[N, 3, H, W] at half the resolution, as the tokenizer is shown a picture."""
    return F.interpolate(pixels, scale_factor=0.5, mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)


class Batches:
    """Crops of pictures at random. resolution: px at which the tokenizer sees a whole picture."""

    def __init__(self, pictures: Pictures, resolution: int, upsampling: int, batch: int, seed: int, click: int | None) -> None:
        self.pictures, self.resolution, self.batch, self.seed, self.click = pictures, resolution, batch, seed, click
        self.crop = min(CROP, resolution)
        sides = np.array(pictures.sides)
        self.large = np.flatnonzero(sides >= 2 * resolution) if upsampling == 2 else np.zeros(0, np.int64)

    def at(self, step: int, large: float = LARGE) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """crops [B, 3, C, C]; the same twice as large, in a share of the steps; thumbnails of whole pictures."""
        rng = np.random.default_rng((self.seed, step))
        scale = 2 if len(self.large) and rng.random() < large else 1
        eligible = self.large if scale == 2 else np.arange(len(self.pictures.files))
        # Decoding a large picture costs as much as learning from a crop of it: two crops of each.
        chosen = eligible[rng.integers(len(eligible), size=-(-self.batch // 2))]
        whole = [self.pictures.open(int(number), self.resolution * scale) for number in chosen]
        crops = pixels_of([self._cut(whole[i // 2], self.crop * scale, rng) for i in range(self.batch)])
        if rng.random() < 0.5:
            crops = crops.flip(3)
        if rng.random() < 0.5:
            crops = shift_hue(crops, float(rng.uniform(-30, 30)))
        small = None
        if self.click is not None:
            small = pixels_of([p.resize((self.click, self.click), Image.Resampling.BILINEAR) for p in whole])
        return (halved(crops), crops, small) if scale == 2 else (crops, None, small)

    @staticmethod
    def _cut(picture: Image.Image, crop: int, rng: np.random.Generator) -> Image.Image:
        # some of the crops show more of the picture, smaller: other scales and alignments of the same edges
        side = picture.width
        window = crop if rng.random() < NATIVE else int(rng.integers(crop, side + 1))
        top, left = (int(value) for value in rng.integers(side - window + 1, size=2))
        return picture.resize((crop, crop), Image.Resampling.LANCZOS, box=(left, top, left + window, top + window))


def _placed(pixels: Tensor | None) -> Tensor | None:
    return None if pixels is None else pixels.to(device()).contiguous(memory_format=torch.channels_last)


# Losses ------------------------------------------------------------------------------------------------------------------


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


def detail_loss(pixels: Tensor, painted: Tensor) -> Tensor:
    return (pixels - painted).abs().mean() + gradient_loss(pixels, painted)


class PatchDiscriminator(nn.Module):
    """Tells painted from real, patch by patch: pictures [B, 3, H, W] in -1..1 -> [B, 1, H/8, W/8]."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(*layers, nn.LeakyReLU(0.2))
            for layers in (
                (nn.PixelUnshuffle(2), nn.Conv2d(12, width, 3, padding=1)),
                (nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), ChannelNorm()),
                (nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1), ChannelNorm()),
                (nn.Conv2d(4 * width, 4 * width, 3, padding=1), ChannelNorm()),
            )
        )
        self.verdict = nn.Conv2d(4 * width, 1, 3, padding=1)

    def features(self, picture: Tensor) -> list[Tensor]:
        """Of every stage, from 1/2 to 1/8 of the resolution."""
        features = [picture]
        for stage in self.stages:
            features.append(stage(features[-1]))
        return features[1:]

    def forward(self, picture: Tensor) -> Tensor:
        verdict: Tensor = self.verdict(self.features(picture)[-1])
        return verdict


def feature_loss(wanted: Sequence[Tensor], features: Sequence[Tensor]) -> Tensor:
    """Mean over layers of L1 between features, in units of their mean size."""
    each = [(a - b).abs().mean() / a.abs().mean().clamp(min=1e-6) for a, b in zip(wanted, features, strict=True)]
    return torch.stack(each).mean()


def refused(verdict: Tensor) -> Tensor:
    """What a discriminator has to pay for these verdicts of painted pictures, a hinge."""
    return F.relu(1 + verdict).mean()


def accepted(verdict: Tensor) -> Tensor:
    """The same for real ones."""
    return F.relu(1 - verdict).mean()


def slope(discriminator: nn.Module, pictures: Tensor) -> Tensor:
    """Mean over pictures [B, 3, H, W] of the squared gradient of the mean verdict, at a unit of a pixel's range."""
    pictures = pictures.detach().requires_grad_(True)
    verdict = discriminator(pictures).float().mean((1, 2, 3)).sum()
    (gradient,) = torch.autograd.grad(verdict, pictures, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


# Training ----------------------------------------------------------------------------------------------------------------


@torch.no_grad()
def begin_with(tokenizer: FSQTokenizer, before: FSQTokenizer) -> None:
    """Puts the weights of another tokenizer into this one, where names and shapes agree; the rest stays as it is.

    Dimensions of the codes that come after those of the other one are at first ignored by the decoder, so pictures come out as
    they did before.
    """
    stored, dimensions = before.state_dict(), len(before.levels)
    for name, tensor in tokenizer.state_dict().items():
        if name not in ("levels", "strides") and name in stored and stored[name].shape == tensor.shape:
            tensor.copy_(stored[name])
    (last, first), (other_last, other_first) = (
        (cast(nn.Conv2d, each.encoder[-1]), cast(nn.Conv2d, each.decoder[0])) for each in (tokenizer, before)
    )
    alike = last.weight.shape[1:] == other_last.weight.shape[1:] and torch.equal(tokenizer.levels[:dimensions], before.levels)
    if alike and len(tokenizer.levels) > dimensions:
        last.weight[:dimensions] = other_last.weight
        cast(Tensor, last.bias)[:dimensions] = cast(Tensor, other_last.bias)
        first.weight.zero_()
        first.weight[:, :dimensions] = other_first.weight


def train_tokenizer(
    tokenizer: FSQTokenizer,
    pictures: Pictures,
    held_out: Pictures,
    resolution: int,
    schedule: Schedule,
    click_resolution: int | None,
    out: Path,
    resume: bool,
    workers: int = 0,
) -> None:
    """Trains on crops, many small steps being worth more than few large ones, and on thumbnails, since clicks are tokenised
    small; without a click_resolution on crops alone. resolution: px at which the tokenizer sees whole pictures.

    workers: processes that make batches ahead.
    """
    upsampling = 1 if tokenizer.detail is None else 2
    batches = Batches(pictures, resolution, upsampling, schedule.batch, schedule.seed, click_resolution)
    batch_at: BatchAt = in_order(batches.at, schedule.steps * schedule.accumulate, workers)

    def losses_at(step: int) -> dict[str, Tensor]:
        crops, large, small = map(_placed, batch_at(step))
        assert crops is not None
        losses = {}
        with autocast():
            if large is None:
                painted, detailed = tokenizer.reconstruct(crops), None
            else:
                painted, detailed = tokenizer.reconstruct_both(crops, _shift(schedule.seed, step))
            thumbnails = None if small is None else tokenizer.reconstruct(small)
        losses["picture"] = reconstruction_loss(crops, painted.float())
        if large is not None and detailed is not None:
            losses["large"] = DETAIL * detail_loss(large, detailed.float())
        if small is not None and thumbnails is not None:
            losses["thumbnail"] = 0.25 * reconstruction_loss(small, thumbnails.float())
        return losses

    def look(step: int) -> float:
        return -_look(tokenizer, held_out, resolution, out, step)

    tokenizer.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    fit(tokenizer, losses_at, schedule, out, resume, look)


def refine_large(
    tokenizer: FSQTokenizer,
    pictures: Pictures,
    held_out: Pictures,
    resolution: int,
    schedule: Schedule,
    out: Path,
    resume: bool,
    workers: int = 0,
) -> None:
    """Trains the decoder, and the discriminator beside it, which the checkpoints keep as well."""
    detail = tokenizer.detail
    assert detail is not None
    tokenizer.encoder.requires_grad_(False)
    batches = Batches(pictures, resolution, 2, schedule.batch, schedule.seed, None)
    batch_at: BatchAt = in_order(partial(batches.at, large=1.0), schedule.steps * schedule.accumulate, workers)
    both = nn.ModuleDict({"tokenizer": tokenizer, "discriminator": PatchDiscriminator()})
    both.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    discriminator = cast(PatchDiscriminator, both["discriminator"])

    def losses_at(step: int) -> dict[str, Tensor]:
        crops, large, _ = map(_placed, batch_at(step))
        assert crops is not None
        assert large is not None
        with autocast():
            with torch.no_grad():
                values = tokenizer.quantise(tokenizer.encoder(crops))
            small, painted = (p.float() for p in tokenizer.paint_both(values, _shift(schedule.seed, step)))
            # Stored pictures have 256 steps: what is painted is judged with the noise of this rounding, as real ones have it.
            stored = painted + (torch.rand_like(painted) - 0.5) / 127.5
            discriminator.requires_grad_(False)
            with torch.no_grad():
                wanted = [each.float() for each in discriminator.features(large)]
            features = discriminator.features(stored)
            verdict = discriminator.verdict(features[-1]).float()
            discriminator.requires_grad_(True)
            true, false = (discriminator(p).float() for p in (large, stored.detach()))
        pixel, feature = detail_loss(large, painted), FEATURES * feature_loss(wanted, [each.float() for each in features])
        last = detail.out.weight
        ours, theirs = (torch.autograd.grad(loss, last, retain_graph=True)[0].norm() for loss in (pixel, -verdict.mean()))
        heard = min(1.0, max(0, step - ALONE) / GROWING)
        weight = ADVERSARY * (ours / (theirs + 1e-6)).clamp(max=1e3) * heard
        losses = {
            "picture": reconstruction_loss(crops, small),
            "large": pixel,
            "feature": feature * heard,
            "adversary": -weight * verdict.mean(),
            "discriminator": (accepted(true) + refused(false)) / 2,
        }
        if step % SMOOTHED == 0:
            losses["slope"] = SMOOTHED * SLOPE * slope(discriminator, large)
        return losses

    def look(step: int) -> None:
        _look(tokenizer, held_out, resolution, out, step)

    fit(both, losses_at, schedule, out, resume, look, adversaries=["discriminator"])


def _shift(seed: int, step: int) -> tuple[int, int]:
    down, right = np.random.default_rng((seed, step, 1)).integers(64, size=2).tolist()
    return down, right


def _look(tokenizer: FSQTokenizer, held_out: Pictures, resolution: int, out: Path, step: int) -> float:
    """Says how unseen pictures come out, draws four of them below what they should be, and returns their PSNR in dB."""
    scale = 1 if tokenizer.detail is None else 2
    large = [number for number, side in enumerate(held_out.sides) if side >= scale * resolution] or range(len(held_out.files))
    chosen = [large[number * len(large) // HELD_OUT] for number in range(min(HELD_OUT, len(large)))]
    pixels = pixels_of([held_out.open(number, resolution) for number in chosen]).to(device())
    codes = torch.cat([tokenizer.encode(part) for part in pixels.split(8)])
    grid = resolution // 16
    rebuilt = torch.cat([tokenizer.decode(part, grid) for part in codes.split(8)])
    quality, used = psnr(pixels, rebuilt), len(codes.unique())
    print_line(f"\nstep {step}: held-out PSNR {quality:.2f} dB, {used} codes in {codes.numel()} tokens", flush=True)
    rows = range(0, len(chosen), max(1, len(chosen) // 4))[:4]
    columns = []
    for number in rows:
        true = pixels_of([held_out.open(chosen[number], scale * resolution)]).to(device())[0]
        columns.append(torch.cat([true, tokenizer.decode(codes[number : number + 1], grid, scale)[0]], 1))
    write_bytes(out / f"samples-{step:06d}.png", png(to_image(torch.cat(columns, 2))))
    return quality
