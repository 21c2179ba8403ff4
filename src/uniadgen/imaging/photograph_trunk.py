"""The trunk of EfficientNet-Lite0 (Tan & Le, 2019; Liu, 2020), which networks that look at pictures begin with.

It has no normalisation: in weights that have learnt from photographs (`training/photographs.py`) it is folded into the
convolutions.
"""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn


class Stage(NamedTuple):
    """Blocks of a kind. wider: how much wider they are inside; stride: of the first of them."""

    wider: int
    channels: int
    kernel: int
    stride: int
    blocks: int


STEM = 32  # channels of the first convolution, at 1/2 of the resolution
STAGES = (  # at 1/2, 1/4, 1/8, 1/16, 1/16 and 1/32
    Stage(1, 16, 3, 1, 1),
    Stage(6, 24, 3, 2, 2),
    Stage(6, 40, 5, 2, 2),
    Stage(6, 80, 3, 2, 3),
    Stage(6, 112, 5, 1, 3),
    Stage(6, 192, 5, 2, 4),
)


class Convolution(nn.Conv2d):
    """Padded so that a stride divides the side, by more at the end than at the start where it has to be."""

    def forward(self, x: Tensor) -> Tensor:
        side, stride = self.kernel_size[0], self.stride[0]
        rows, columns = (max((-(-length // stride) - 1) * stride + side - length, 0) for length in x.shape[2:])
        return super().forward(F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)))


class InvertedResidual(nn.Module):
    """Wider inside, where each channel is convolved by itself (Sandler et al., 2018)."""

    def __init__(self, before: int, wider: int, channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        inside = before * wider
        self.expand = Convolution(before, inside, 1) if wider > 1 else None
        self.depthwise = Convolution(inside, inside, kernel, stride, groups=inside)
        self.project = Convolution(inside, channels, 1)
        self.shortcut = stride == 1 and before == channels

    def forward(self, x: Tensor) -> Tensor:
        inside = x if self.expand is None else F.relu6(self.expand(x))
        projected: Tensor = self.project(F.relu6(self.depthwise(inside)))
        return x + projected if self.shortcut else projected


def make_trunk(channels: int, stages: int) -> tuple[Convolution, nn.Sequential]:
    """The first convolution, which ReLU6 follows, of pictures with so many channels, and the blocks of the first stages."""
    blocks, before = [], STEM
    for stage in STAGES[:stages]:
        for number in range(stage.blocks):
            stride = stage.stride if number == 0 else 1
            blocks.append(InvertedResidual(before, stage.wider, stage.channels, stage.kernel, stride))
            before = stage.channels
    return Convolution(channels, STEM, 3, 2), nn.Sequential(*blocks)
