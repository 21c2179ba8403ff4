"""Pictures (PIL) to tensors and back."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from uniadgen.imaging.colour import flatten


def to_pixels(image: Image.Image, size: int) -> Tensor:
    """The central square of a picture at size x size: [3, size, size] in -1..1."""
    image = flatten(image)
    if image.size != (size, size):
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.resize((size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side), reducing_gap=3.0)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 127.5 - 1


def from_bytes(pixels: Tensor) -> Tensor:
    """uint8 0..255 -> -1..1."""
    return pixels.float() / 127.5 - 1


def to_image(pixels: Tensor) -> Image.Image:
    """[3, H, W] in -1..1 -> RGB picture."""
    values = ((pixels.float().clamp(-1, 1) + 1) * 127.5).round().byte()
    return Image.fromarray(values.permute(1, 2, 0).cpu().numpy())


def resized(pixels: Tensor, side: int) -> Tensor:
    """pixels [B, 3, S, S], made smaller to side x side, as a tokenizer is shown the coarser scales of a picture."""
    if pixels.shape[-1] == side:
        return pixels
    return F.interpolate(pixels, (side, side), mode="bilinear", antialias=True, align_corners=False)
