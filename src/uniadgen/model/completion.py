"""Pictures from coarse tokens: what a grid of half as many tokens a side leaves open is made up, always in the same way.

The finest tokens of a picture are most of it, and what they tell is texture that nobody can guess token by token: a decoder of
modest size draws them as noise. So a model may stop at the scale before. Convolutions and attention over its tokens guess what
the encoder would have said of the finer ones, and go on from there as the tokenizer's own decoder does. What can't be known -
which leaf, which grain of wood - comes from fields of noise that are added at every resolution (Karras et al., 2019) and are
the same for every picture, so that the same tokens are always the same picture. Pixels that come out of channels 4 x 4 at a
time make bricks, once a discriminator asks for structure; so that picture is blurred, and what is sharp is added by
convolutions up to full resolution. 2 x 2 are small enough to pass. Trained with discriminators (`training/completion.py`).
"""

from functools import lru_cache
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.config import ImageTokenizerConfig
from uniadgen.model.convolutions import GridAttention, Residual, Up

NOISE = 0.4  # how strong it is at first: from nothing, training doesn't find out what it is good for
GRAIN = (8, 4, 4)  # channels of noise beside the features at half of the resolution, at it, and for twice as much


class Completion(nn.Module):
    """Values of the tokens [B, d, h, w] -> features [B, F, 32h, 32w] and the picture [B, 3, 32h, 32w] that they become."""

    def __init__(self, config: ImageTokenizerConfig) -> None:
        super().__init__()
        (fine, middle, coarse), width, dimensions = config.channels, config.completion, len(config.levels)
        self.read = nn.Sequential(
            nn.Conv2d(dimensions, width, 3, padding=1),
            Residual(width),
            GridAttention(width),
            Residual(width),
            GridAttention(width),
            Up(width, coarse),
            Residual(coarse),
            GridAttention(coarse),
            Residual(coarse),
        )
        self.guess = nn.Conv2d(coarse, dimensions, 1)  # at what the encoder says of the picture where finer tokens would be
        self.more = nn.Conv2d(coarse, coarse, 1)  # what a guess has no room for
        # as the tokenizer's decoder, whose weights these parts begin with
        self.first = nn.Conv2d(dimensions, coarse, 3, padding=1)
        self.body = nn.Sequential(
            Noisy(coarse, 0),
            Residual(coarse),
            GridAttention(coarse),
            Residual(coarse),
            Up(coarse, middle),
            Noisy(middle, 1),
            Residual(middle),
            Residual(middle),
            Up(middle, fine),
            Noisy(fine, 2),
            Residual(fine),
            Residual(fine),
        )
        self.pixels = nn.Conv2d(fine, 48, 3, padding=1)
        self.at_half = Grain(fine, fine // 2, GRAIN[0], 3, blocks=2)
        self.at_full = Grain(self.at_half.channels, self.at_half.channels // 4, GRAIN[1], 4)
        self.full_pixels = nn.Conv2d(self.at_full.channels, 3, 3, padding=1)
        beginning_at_nothing = [self.more, self.full_pixels]
        if config.upsampling == 2:
            channels = self.at_full.channels + GRAIN[2]
            self.finer = Residual(channels)
            self.twice_pixels = nn.Conv2d(channels, 12, 3, padding=1)
            beginning_at_nothing.append(self.twice_pixels)
        for part in beginning_at_nothing:
            nn.init.zeros_(part.weight)
            nn.init.zeros_(cast(Tensor, part.bias))

    def begin_with(self, decoder: nn.Sequential) -> None:
        """Takes over the weights of the tokenizer's decoder, which goes on where the guess ends."""
        parts = [self.first, *(layer for layer in self.body if not isinstance(layer, Noisy)), self.pixels]
        for part, theirs in zip(parts, decoder, strict=False):  # but for the shuffle at its end
            part.load_state_dict(theirs.state_dict())

    def guessed(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Values [B, d, h, w] -> features [B, coarse, 2h, 2w], and the guess at values in -1..1 [B, d, 2h, 2w]."""
        features = self.read(values)
        return features, torch.tanh(self.guess(features))

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        read, guess = self.guessed(values)
        features = self.body(self.first(guess) + self.more(read))
        picture = without_seams(F.pixel_shuffle(to_pixels(self.pixels, features), 4))
        features = self.at_full(self.at_half(features))
        return features, picture + to_pixels(self.full_pixels, features)

    def enlarge(self, features: Tensor, picture: Tensor) -> Tensor:
        """What `forward` gives, or the same window of both [B, ..., H, W] -> [B, 3, 2H, 2W]. Only with `upsampling: 2`."""
        enlarged = F.interpolate(picture, scale_factor=2, mode="bicubic", align_corners=False)
        x = self.finer(torch.cat([features, noise_beside(features, GRAIN[2], self.training, 5)], 1))
        return enlarged + F.pixel_shuffle(to_pixels(self.twice_pixels, x), 2)


class Noisy(nn.Module):
    """Adds one field of noise to all channels, to each as much as it has learnt to want."""

    def __init__(self, channels: int, place: int) -> None:
        super().__init__()
        self.place = place
        self.strength = nn.Parameter(torch.full((channels,), NOISE))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.strength.view(1, -1, 1, 1) * noise_beside(x, 1, self.training, self.place)


class Grain(nn.Module):
    """Features [B, before, h, w] at twice their resolution, fewer, and channels of noise mixed in [B, channels, 2h, 2w]."""

    def __init__(self, before: int, kept: int, noise: int, place: int, blocks: int = 1) -> None:
        super().__init__()
        self.noise, self.channels, self.place = noise, kept + noise, place
        self.up = Up(before, kept)
        self.mix = nn.Sequential(*(Residual(self.channels) for _ in range(blocks)))

    def forward(self, x: Tensor) -> Tensor:
        x = self.up(x)
        mixed: Tensor = self.mix(torch.cat([x, noise_beside(x, self.noise, self.training, self.place)], 1))
        return mixed


def without_seams(pictures: Tensor) -> Tensor:
    """Pictures [B, 3, H, W] of 4 x 4 pixels that came out together: blurred by as much as hides what repeats with them."""
    return F.avg_pool2d(F.avg_pool2d(F.pad(pictures, (2, 2, 2, 2), mode="replicate"), 4, 1), 2, 1)


def to_pixels(layer: nn.Conv2d, features: Tensor) -> Tensor:
    """What a last convolution makes of features, which wants more than the eight bits of bfloat16."""
    with torch.autocast(features.device.type, enabled=False):
        pixels: Tensor = layer(features.to(layer.weight.dtype))
        return pixels


def noise_beside(x: Tensor, channels: int, fresh: bool, place: int) -> Tensor:
    """Normal noise [B, channels, h, w], of the size of x [B, ..., h, w]: fresh, or the same for all, always.

    place: in the network; every place has a field of its own.
    """
    if fresh:
        return torch.randn(len(x), channels, *x.shape[2:], device=x.device, dtype=x.dtype)
    return field_of_noise(channels, x.shape[2], x.shape[3], place).to(x.device, x.dtype).expand(len(x), -1, -1, -1)


@lru_cache
@torch.inference_mode(False)
def field_of_noise(channels: int, height: int, width: int, place: int) -> Tensor:
    """[1, channels, height, width]."""
    generator = torch.Generator("cpu").manual_seed(place)
    return torch.randn(1, channels, height, width, generator=generator, device="cpu")
