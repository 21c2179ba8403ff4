"""What the networks that read and paint pictures are made of: convolutions, and attention over a feature map."""

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.layers import EncoderBlock


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(cast(Tensor, self.second.bias))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class Down(nn.Module):
    """Half the resolution: a convolution beside a shortcut that averages neighbouring channels of 2x2 pixels.

    Shortcuts without parameters carry the picture through an autoencoder from the first step (DC-AE, Chen et al., 2024).
    """

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv(x)
        shortcut = F.pixel_unshuffle(x, 2).unflatten(1, (out.shape[1], -1)).mean(2)
        return cast(Tensor, out + shortcut)


class Up(nn.Module):
    """Twice the resolution, beside a shortcut that repeats channels: the counterpart of `Down`."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out * 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.conv(x)
        return F.pixel_shuffle(wide + x.repeat_interleave(wide.shape[1] // x.shape[1], 1), 2)


class ChannelNorm(nn.Module):
    """Scales the channels of each position to a mean square of one, so that what follows can't drift into saturation."""

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x.movedim(1, -1), x.shape[1:2]).movedim(-1, 1)


class GridAttention(nn.Module):
    """One transformer block over all positions of a feature map; without learned positions, so any grid works."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = EncoderBlock(channels, max(1, channels // 32))

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        attended: Tensor = self.block(x.flatten(2).transpose(1, 2).contiguous())
        return attended.transpose(1, 2).unflatten(2, (height, width)).contiguous()
