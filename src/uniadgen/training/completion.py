"""Trains the completion (`model/completion.py`): pictures from the tokens of half the resolution.

At first it learns what the encoder says of the finer tokens, then to paint. What it makes up can't be compared pixel by pixel
with what was there, so only colours of areas and, weakly, gradients are; for the rest its pictures have to have the features of
a network that has learnt from photographs, and to pass for plates before discriminators: heads on those features (Sauer et al.,
2021) for what things are, and patches of pixels for what they are made of. Tokens that a model has drawn don't fit each other
as true ones do, and no plate belongs to them: what is painted from them comes before the discriminators, too, and has the
colours that the tokenizer's own decoder gives them at half the resolution.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.ad_files import png
from uniadgen.data.augment import shift_hue
from uniadgen.files import write_bytes
from uniadgen.imaging.photograph_trunk import make_trunk
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.pixels import resized, to_image
from uniadgen.training.ahead import in_order
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.photographs import begin_with, photograph_weights
from uniadgen.training.precision import autocast, device
from uniadgen.training.tokenizer import (
    SLOPE,
    SMOOTHED,
    PatchDiscriminator,
    Pictures,
    accepted,
    feature_loss,
    gradient_loss,
    pixels_of,
    refused,
    slope,
)

GUESSING = 0.05  # share of the steps that only learn what finer tokens would have been, at most
MOST_GUESSING = 1000
LARGE = 0.5  # share of steps that are painted at twice the resolution as well, where there are pictures for it
WINDOW = 128  # px of the smaller picture, of which a window is enlarged
WRONG = 0.15  # of half of the true pictures: share of values that are a level off, as drawn ones may be
# Weights: colours of areas, gradients at a quarter of the resolution, features of areas; the verdicts of the heads, and of
# patches at either resolution. What is finer than that is nobody's business but the discriminators': compared place by place
# with what was there, texture can only lose, and noise is never used.
COLOUR, GRADIENT, FEATURES, HEADS, PATCHES = 1.0, 0.25, 1.0, 0.2, 0.1
ALONE, GROWING = 20, 100  # steps in which discriminators learn unheard, and over which their weight grows
FEATURE_STAGES = 5  # of EfficientNet-Lite0
FEATURE_BLOCKS = (2, 4, 10)  # of EfficientNet-Lite0, whose outputs are looked at: at 1/4, 1/8 and 1/16 of the resolution
CHANNELS = (24, 40, 112)
PATCH_WIDTH = 32
LOOKS = 4


@dataclass(frozen=True)
class Sample:
    """Of a step: true pictures [B, 3, S, S], the same twice as large or None, drawn tokens [D, n] or None."""

    small: Tensor
    large: Tensor | None
    drawn: Tensor | None


class Samples:
    """resolution: px of the smaller pictures. drawn: tokens that a model has drawn [N, n]; half as many a step as plates."""

    def __init__(
        self, pictures: Pictures, resolution: int, upsampling: int, batch: int, seed: int, drawn: Tensor | None
    ) -> None:
        self.pictures, self.resolution, self.batch, self.seed, self.drawn = pictures, resolution, batch, seed, drawn
        sides = np.array(pictures.sides)
        self.large = np.flatnonzero(sides >= 2 * resolution) if upsampling == 2 else np.zeros(0, np.int64)

    def at(self, step: int) -> Sample:
        rng = np.random.default_rng((self.seed, step))
        scale = 2 if len(self.large) and rng.random() < LARGE else 1
        eligible = self.large if scale == 2 else np.arange(len(self.pictures.files))
        chosen = eligible[rng.integers(len(eligible), size=self.batch)]
        pixels = pixels_of([self.pictures.open(int(number), self.resolution * scale) for number in chosen])
        mirrored = torch.from_numpy(rng.random(self.batch) < 0.5).view(-1, 1, 1, 1)
        pixels = torch.where(mirrored, pixels.flip(3), pixels)
        if rng.random() < 0.5:
            pixels = shift_hue(pixels, float(rng.uniform(-30, 30)))
        drawn = None
        if self.drawn is not None:
            drawn = self.drawn[torch.from_numpy(rng.integers(len(self.drawn), size=-(-self.batch // 2)))]
        return Sample(resized(pixels, self.resolution), pixels if scale == 2 else None, drawn)


class PhotographFeatures(nn.Module):
    """What EfficientNet-Lite0 sees in pictures [B, 3, H, W] in -1..1: features at 1/4, 1/8 and 1/16 of the resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.blocks = make_trunk(3, FEATURE_STAGES)
        begin_with(self, photograph_weights())
        self.requires_grad_(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        x, features = F.relu6(self.stem(pictures)), []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in FEATURE_BLOCKS:
                features.append(x)
        return features


def of_areas(features: Sequence[Tensor]) -> list[Tensor]:
    """Features at 1/4, 1/8 and 1/16 of the resolution -> their means over areas, at 1/16."""
    return [F.avg_pool2d(each.float(), 4 >> number) for number, each in enumerate(features)]


class Heads(nn.Module):
    """Tell painted from real by features of photographs, place by place at each of their resolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, 64, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(64, 1, 3, padding=1))
            for channels in CHANNELS
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Verdicts of all places [B, n]."""
        verdicts = [head(each).flatten(1) for head, each in zip(self.heads, features, strict=True)]
        return torch.cat(verdicts, 1)


def train_completion(
    tokenizer: FSQTokenizer,
    pictures: Pictures,
    held_out: Pictures,
    resolution: int,
    schedule: Schedule,
    out: Path,
    resume: bool,
    photographs: PhotographFeatures,
    drawn: Tensor | None = None,
    workers: int = 0,
) -> None:
    """Trains the tokenizer's completion alone; the discriminators are kept in the checkpoints.

    resolution: px of a picture. drawn: tokens [N, n] that a model has drawn, to learn from as well. workers: processes that
    make batches ahead.
    """
    completion = tokenizer.completion
    assert completion is not None
    tokenizer.requires_grad_(False)
    completion.requires_grad_(True)
    upsampling = 1 if tokenizer.detail is None else 2
    samples = Samples(pictures, resolution, upsampling, schedule.batch, schedule.seed, drawn)
    sample_at: Callable[[int], Sample] = in_order(samples.at, schedule.steps * schedule.accumulate, workers)
    photographs = photographs.to(device())
    trained = nn.ModuleDict(
        {"tokenizer": tokenizer, "heads": Heads(), "patches": PatchDiscriminator(PATCH_WIDTH)}
        | ({"fine_patches": PatchDiscriminator(PATCH_WIDTH)} if len(samples.large) else {})
    )
    trained.to(device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
    guessing = min(MOST_GUESSING, int(GUESSING * schedule.steps))

    def losses_at(number: int) -> dict[str, Tensor]:
        sample, step = sample_at(number), number // schedule.accumulate
        small = sample.small.to(device())
        with torch.no_grad():
            finer = tokenizer.quantise(tokenizer.encoder(small))
            values = tokenizer.quantise(tokenizer.encoder(resized(small, resolution // 2)))
        if step < guessing:
            with autocast():
                return {"guess": (completion.guessed(values)[1].float() - finer).square().mean()}
        heard = min(1.0, max(0.0, (step - guessing - ALONE) / GROWING))
        true, values = len(values), mistaken(tokenizer, values)
        if sample.drawn is not None:
            invented = tokenizer.values(sample.drawn.to(device())).to(values.dtype)
            values = torch.cat([values, invented.unflatten(2, values.shape[2:])])
        with autocast():
            features, painted = completion(values)
            losses = adversaries(trained, photographs, small, painted.float(), true, heard)
            losses |= alike(F.avg_pool2d(small, 2), painted[:true].float())
            if sample.drawn is not None:
                with torch.no_grad():
                    plain = tokenizer.paint(values[true:])[1]
                losses |= {f"drawn_{name}": loss for name, loss in alike(plain.float(), painted[true:].float()).items()}
            if sample.large is not None:
                window, fine = enlarged(trained, features, painted.float(), sample.large.to(device()), true, heard)
                losses |= fine
        if step % SMOOTHED == 0:
            losses["slope"] = SMOOTHED * SLOPE * slope(trained["patches"], small)
            if sample.large is not None:
                losses["fine_slope"] = SMOOTHED * SLOPE * slope(trained["fine_patches"], window)
        return losses

    show = partial(look, tokenizer, held_out, resolution, drawn, out)
    fit(trained, losses_at, schedule, out, resume, show, adversaries=[part for part in trained if part != "tokenizer"])


def alike(half: Tensor, painted: Tensor) -> dict[str, Tensor]:
    """How far colours of areas and gradients of what is painted [B, 3, 2s, 2s] are from those of pictures half as large."""
    return {
        "colour": COLOUR * (F.avg_pool2d(half, 4) - F.avg_pool2d(painted, 8)).abs().mean(),
        "gradient": GRADIENT * gradient_loss(F.avg_pool2d(half, 2), F.avg_pool2d(painted, 4)),
    }


def mistaken(tokenizer: FSQTokenizer, values: Tensor) -> Tensor:
    """Values on the grid [B, d, h, w] with some of them a level off in the first half of the batch."""
    step = 2 / (tokenizer.levels.view(1, -1, 1, 1) - 1)
    off = torch.randint(0, 2, values.shape, device=values.device) * 2 - 1
    first_half = (torch.arange(len(values), device=values.device) < len(values) // 2).view(-1, 1, 1, 1)
    wrong = (torch.rand_like(values) < WRONG) & first_half
    return torch.where(wrong, (values + off * step).clamp(-1, 1), values)


def adversaries(
    trained: nn.ModuleDict,
    photographs: PhotographFeatures,
    real: Tensor,
    painted: Tensor,
    true: int,
    heard: float,
) -> dict[str, Tensor]:
    """Losses of what is painted at the model's resolution, of which the first `true` have a real counterpart, and of those who
    judge it. heard: how much is given on their verdicts, 0 to 1."""
    heads, patches = trained["heads"], cast(PatchDiscriminator, trained["patches"])
    stored = as_stored(painted)
    with torch.no_grad():
        seen = photographs(real)
    features = photographs(stored)
    heads.requires_grad_(False)
    patches.requires_grad_(False)
    losses = {
        "features": FEATURES * feature_loss(of_areas(seen), of_areas([each[:true].float() for each in features])),
        "heads": -HEADS * heard * heads(features).float().mean(),
        "patches": -PATCHES * heard * patches(stored).float().mean(),
    }
    heads.requires_grad_(True)
    patches.requires_grad_(True)
    by_features = accepted(heads(seen).float()) + refused(heads([each.detach() for each in features]).float())
    by_pixels = accepted(patches(real).float()) + refused(patches(stored.detach()).float())
    losses["discriminators"] = by_features + by_pixels
    return losses


def enlarged(
    trained: nn.ModuleDict, features: Tensor, painted: Tensor, large: Tensor, true: int, heard: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """A window of the real pictures [B, 3, 2S, 2S], and losses of what is painted there, at twice the resolution."""
    completion, patches = cast(FSQTokenizer, trained["tokenizer"]).completion, cast(PatchDiscriminator, trained["fine_patches"])
    assert completion is not None
    side = min(WINDOW, painted.shape[-1])
    top, left = torch.randint(0, painted.shape[-1] - side + 1, (2,)).tolist()
    rows, columns = slice(top, top + side), slice(left, left + side)
    # What is painted small answers to those who look at it small.
    fine = completion.enlarge(features[..., rows, columns], painted[..., rows, columns].detach()).float()
    real = large[..., 2 * top : 2 * (top + side), 2 * left : 2 * (left + side)]
    stored = as_stored(fine)
    patches.requires_grad_(False)
    losses = {
        "fine_gradient": GRADIENT * gradient_loss(*(F.avg_pool2d(p, 4) for p in (real, fine[:true]))),
        "fine_patches": -PATCHES * heard * patches(stored).float().mean(),
    }
    patches.requires_grad_(True)
    losses["fine_discriminator"] = accepted(patches(real).float()) + refused(patches(stored.detach()).float())
    return real, losses


def as_stored(painted: Tensor) -> Tensor:
    """With the noise of rounding to 256 steps, as real pictures have it."""
    return painted + (torch.rand_like(painted) - 0.5) / 127.5


def look(tokenizer: FSQTokenizer, held_out: Pictures, resolution: int, drawn: Tensor | None, out: Path, step: int) -> None:
    """Draws unseen plates, below them what is painted from their tokens, and below that what a model has drawn."""
    scale, side = (1 if tokenizer.detail is None else 2), resolution // 32
    chosen = [number * len(held_out.files) // LOOKS for number in range(min(LOOKS, len(held_out.files)))]
    pixels = pixels_of([held_out.open(number, resolution) for number in chosen]).to(device())
    rows = [F.interpolate(pixels, scale_factor=scale, mode="bicubic").clamp(-1, 1)]
    codes = [tokenizer.encode(resized(pixels, resolution // 2))]
    codes += [] if drawn is None else [drawn[torch.arange(len(chosen)) % len(drawn)].to(device())]
    rows += [torch.cat([tokenizer.complete(each[None], side, scale) for each in some]) for some in codes]
    sheet = torch.cat([torch.cat(list(row), 2) for row in rows], 1)
    write_bytes(out / f"samples-{step:06d}.png", png(to_image(sheet)))
