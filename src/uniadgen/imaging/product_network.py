"""The network that tells a product from what is behind it in a photo, and half-transparent from opaque.

It is U-shaped (Ronneberger et al., 2015): the trunk of EfficientNet-Lite0 down to 1/32 of the resolution, and back up to all
of it, beside what the trunk saw on its way. It has learnt from composites, whose true alpha is known (`training/cutout.py`).
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.imaging.photograph_trunk import STAGES, make_trunk
from uniadgen.words import quoted

SIDES = 320, 416, 512  # pixels along a side of what it sees: holes want many, whole products few
_TAPS = (0, 2, 4, 10)  # blocks whose outputs are seen again on the way up, at 1/2, 1/4, 1/8 and 1/16
_TAPPED = (16, 24, 40, 112)  # their channels
_UP = (24, 40, 64, 96)  # channels on the way up, at the same resolutions
_LAST = 16
_GROUPS = 8  # of channels that are normalised together
_ROUGH = 2  # of _UP: where the rough mask is taken from


class ProductNetwork(nn.Module):
    """Photos [B, 3, H, W] in -1..1 -> logits of being the product [B, 1, H, W], and rough ones at 1/8 of the resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.blocks = make_trunk(3, len(STAGES))
        deepest = STAGES[-1].channels
        self.context = nn.Conv2d(2 * deepest, deepest, 1)  # of a place and of the whole photo
        before = (*_UP[1:], deepest)
        self.ups = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(below + tapped, channels, 3, padding=1),
                nn.GroupNorm(_GROUPS, channels),
                nn.ReLU(),
                nn.Conv2d(channels, channels, 3, padding=1),
                nn.GroupNorm(_GROUPS, channels),
                nn.ReLU(),
            )
            for below, tapped, channels in zip(before, _TAPPED, _UP, strict=True)
        )
        self.rough = nn.Conv2d(_UP[_ROUGH], 1, 1)
        self.last = nn.Sequential(nn.Conv2d(_UP[0] + 3, _LAST, 3, padding=1), nn.ReLU(), nn.Conv2d(_LAST, 1, 3, padding=1))

    def forward(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        x, tapped = F.relu6(self.stem(photos)), []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in _TAPS:
                tapped.append(x)
        x = F.relu6(self.context(torch.cat([x, x.mean((2, 3), keepdim=True).expand_as(x)], 1)))
        rough = x
        for number in reversed(range(len(_UP))):
            x = self.ups[number](torch.cat([_enlarged(x, tapped[number].shape[2:]), tapped[number]], 1))
            if number == _ROUGH:
                rough = self.rough(x)
        logits: Tensor = self.last(torch.cat([_enlarged(x, photos.shape[2:]), photos], 1))
        return logits, rough


def _enlarged(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


@torch.inference_mode()
def product_logits(network: ProductNetwork, rgb: NDArray[np.uint8], sides: Sequence[int] = SIDES) -> NDArray[np.float32]:
    """A photo [H, W, 3] -> logits of being the product [N, S, S], as seen at each of the N `sides`, S the last; each the mean
    of those of the photo and of its mirror image."""
    seen = []
    for side in sides:
        picture = Image.fromarray(rgb).resize((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
        photo = torch.from_numpy(np.array(picture, np.float32).transpose(2, 0, 1) / 127.5 - 1)
        logits, _ = network(torch.stack([photo, photo.flip(2)]))
        seen.append(_enlarged((logits[:1] + logits[1:].flip(3)) / 2, (sides[-1], sides[-1]))[0])
    result: NDArray[np.float32] = torch.cat(seen).numpy()
    return result


def save_network(path: Path, network: ProductNetwork) -> None:
    with whole_file(path) as temporary:
        save_file({name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}, temporary)


@lru_cache
def load_network(path: Path) -> ProductNetwork:
    """Raises InputError for a file that is none of `save_network`."""
    network = ProductNetwork()
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    except (OSError, SafetensorError, RuntimeError, ValueError):
        raise InputError(f"{quoted(path)}: no weights of the cut-out network; restore the file or train it again") from None
    return network.eval()
