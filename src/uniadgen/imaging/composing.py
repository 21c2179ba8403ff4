"""Composing: the cut-out over the background, with exact pixels.

    ad = compose(background, cutout, placement)             # RGB; opaque pixels of the product are the product's own

Placements are in pixels; y points downwards.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.errors import InputError
from uniadgen.imaging.placing import visible_part

Plane = NDArray[np.float32]
_ROWS = 256  # of the product blended at a time; whole at once, a large one would be held four times over


def fitted_cutout(cutout: Image.Image, placement: Placement) -> Image.Image:
    """The visible part (RGBA) at the placement's size, which is what compose() lays over the background.

    The same pixels when the size already fits. Otherwise resized in floating point with colours premultiplied by alpha, so
    that colours under transparent pixels never bleed into the edge.
    """
    part, size = visible_part(cutout), (placement.width, placement.height)
    if part.size == size:
        return part
    # Lanczos keeps texture sharp, but around an edge of alpha it rings: a ghost outline outside, pinholes inside. So alpha
    # comes from a filter without negative lobes, and so do the colours where alpha is small.
    soft, opacity = _soft(part, size), _opacity(part)
    alpha, crisp = _resized(opacity, size, soft), _resized(opacity, size, Image.Resampling.LANCZOS)
    trust = np.clip((crisp - 0.5) / 0.4, 0, 1)  # how far the Lanczos colours can be relied on
    result = np.empty((size[1], size[0], 4), np.uint8)  # filled plane by plane: floats of all four take much memory
    for channel, name in enumerate("RGB"):
        weighted = np.asarray(part.getchannel(name)).astype(np.float32) * opacity
        safe = _resized(weighted, size, soft) / np.maximum(alpha, 1e-6)
        sharp = _resized(weighted, size, Image.Resampling.LANCZOS) / np.maximum(crisp, 0.5)
        result[..., channel] = _to_8_bit(safe + trust * (sharp - safe))
    result[..., 3] = _to_8_bit(alpha * np.float32(255))
    return Image.fromarray(result)


def fitted_alpha(cutout: Image.Image, placement: Placement) -> Image.Image:
    """The alpha of fitted_cutout() (mode L), without what its colours take: seven of eight resizings."""
    part, size = visible_part(cutout), (placement.width, placement.height)
    if part.size == size:
        return part.getchannel("A")
    return Image.fromarray(_to_8_bit(_resized(_opacity(part), size, _soft(part, size)) * np.float32(255)))


def _soft(part: Image.Image, size: tuple[int, int]) -> Image.Resampling:
    smaller = size[0] * size[1] < part.width * part.height
    return Image.Resampling.HAMMING if smaller else Image.Resampling.BILINEAR


def _opacity(part: Image.Image) -> Plane:
    return np.asarray(part.getchannel("A")).astype(np.float32) / np.float32(255)


def compose(
    background: Image.Image, cutout: Image.Image, placement: Placement, fitted: Image.Image | None = None
) -> Image.Image:
    """The cut-out (RGBA) over the background at the placement: RGB, of the background's size.

    fitted: what fitted_cutout() makes of it, where that is at hand. Wherever it has alpha 255 the result equals it, value by
    value; wherever it has alpha 0, the background. Raises InputError when the placement has no size or leaves the background.
    """
    left, top, width, height = placement.left, placement.top, placement.width, placement.height
    if width < 1 or height < 1 or min(left, top) < 0 or left + width > background.width or top + height > background.height:
        raise InputError(
            f"placement: {width}x{height} pixels at ({left}, {top}) do not fit into "
            f"the canvas of {background.width}x{background.height}; use a box inside the canvas"
        )
    canvas = np.array(background if background.mode == "RGB" else background.convert("RGB"))
    there = canvas[top : top + height, left : left + width]
    product = np.asarray(fitted_cutout(cutout, placement) if fitted is None else fitted)
    for row in range(0, height, _ROWS):
        part = product[row : row + _ROWS].astype(np.uint32)
        colour, alpha = part[..., :3], part[..., 3:]
        there[row : row + _ROWS] = (colour * alpha + there[row : row + _ROWS] * (255 - alpha) + 127) // 255
    return Image.fromarray(canvas)


def render_foreground(cutout: Image.Image, canvas_size: tuple[int, int], placement: Placement) -> Image.Image:
    """The product where it will stand, on a white canvas (RGB, canvas_size in pixels): what the model sees of it."""
    return compose(Image.new("RGB", canvas_size, "white"), cutout, placement)


def _to_8_bit(plane: Plane) -> NDArray[np.uint8]:
    return np.clip(np.rint(plane), 0, 255).astype(np.uint8)


def _resized(plane: Plane, size: tuple[int, int], resampling: Image.Resampling) -> Plane:
    # A photo of many megapixels is first averaged down to three times the size: far quicker, and no visible difference.
    return np.asarray(Image.fromarray(plane).resize(size, resampling, reducing_gap=3.0), np.float32)
