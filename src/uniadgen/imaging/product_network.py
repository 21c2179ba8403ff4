"""The network that tells a product from what is behind it in a photo, and half-transparent from opaque.

It sees what U-2-Net-p takes for salient, and corrects it. It is U-shaped (Ronneberger et al., 2015): the trunk of
EfficientNet-Lite0 down to 1/32 of the resolution, and back up to all of it, beside what the trunk saw on its way. It has
learnt from composites, whose true alpha is known (`training/cutout.py`).
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

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

SIDE = 320  # pixels along a side of what it sees
_TAPS = (0, 2, 4, 10)  # blocks whose outputs are seen again on the way up, at 1/2, 1/4, 1/8 and 1/16
_TAPPED = (16, 24, 40, 112)  # their channels
_UP = (24, 40, 64, 96)  # channels on the way up, at the same resolutions
_LAST = 16
_SEEN = 4  # channels: colours and salience
CERTAIN = 1e-3  # how far from 0 and 1 a salience is at least, for logits
_LARGEST = 7.0  # such logits
_GROUPS = 8  # of channels that are normalised together
_ROUGH = 2  # of _UP: where the rough mask is taken from


class ProductNetwork(nn.Module):
    """Photos [B, 3, H, W] in -1..1, logits of their salience [B, 1, H, W] (0: not known) -> logits of being the product
    [B, 1, H, W], and rough ones at 1/8 of the resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.blocks = make_trunk(_SEEN, len(STAGES))
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
        self.last = nn.Sequential(nn.Conv2d(_UP[0] + _SEEN, _LAST, 3, padding=1), nn.ReLU(), nn.Conv2d(_LAST, 1, 3, padding=1))

    def forward(self, photos: Tensor, salience: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat([photos, salience / _LARGEST], 1)
        x, tapped = F.relu6(self.stem(seen)), []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in _TAPS:
                tapped.append(x)
        x = F.relu6(self.context(torch.cat([x, x.mean((2, 3), keepdim=True).expand_as(x)], 1)))
        rough = x
        for number in reversed(range(len(_UP))):
            x = self.ups[number](torch.cat([_enlarged(x, tapped[number]), tapped[number]], 1))
            if number == _ROUGH:
                rough = self.rough(x)
        correction: Tensor = self.last(torch.cat([_enlarged(x, seen), seen], 1))
        return correction.float() + salience, rough


def _enlarged(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


def logits_of(salience: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Salience in 0..1 as logits, none of them certain."""
    salience = salience.astype(np.float32).clip(CERTAIN, 1 - CERTAIN)
    return np.asarray(np.log(salience / (1 - salience)), np.float32)


@torch.inference_mode()
def product_logits(network: ProductNetwork, rgb: NDArray[np.uint8], salience: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """A photo [H, W, 3] and its salience [SIDE, SIDE] in 0..1 -> logits of being the product [SIDE, SIDE].

    Of the photo and its mirror image together; never more than the salience's own, since the network knows holes, rings and
    what is behind, but far fewer things than U-2-Net-p.
    """
    picture = Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    photo = torch.from_numpy(np.array(picture, np.float32).transpose(2, 0, 1) / 127.5 - 1)
    before = logits_of(salience)
    salient = torch.from_numpy(before)[None]
    logits, _ = network(torch.stack([photo, photo.flip(2)]), torch.stack([salient, salient.flip(2)]))
    result: NDArray[np.float32] = ((logits[0, 0] + logits[1, 0].flip(1)) / 2).numpy()
    return np.minimum(result, before)


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
