"""Composing: the cut-out over the background, with exact pixels.

    ad = compose(background, cutout, placement)             # RGB; opaque pixels of the product are the product's own

Placements are in pixels; y points downwards.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.errors import InputError
from uniadgen.imaging.placing import visible_part

Plane = NDArray[np.float32]
Window = tuple[int, int, int, int]  # left, top, right, bottom of a part of a picture, in pixels
Paint = Callable[[NDArray[np.uint8], slice], NDArray[np.uint8]]
_ROWS = 128  # computed at a time


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
    result = np.empty((size[1], size[0], 4), np.uint8)  # filled plane by plane: floats of all four take much memory
    strips = [slice(row, row + _ROWS) for row in range(0, size[1], _ROWS)]
    for channel, name in enumerate("RGB"):
        weighted = np.asarray(part.getchannel(name)).astype(np.float32)
        weighted *= opacity
        soft_colour, crisp_colour = _resized(weighted, size, soft), _resized(weighted, size, Image.Resampling.LANCZOS)
        for rows in strips:
            safe = soft_colour[rows] / np.maximum(alpha[rows], 1e-6)
            sharp = crisp_colour[rows] / np.maximum(crisp[rows], 0.5)
            trust = np.clip((crisp[rows] - 0.5) / 0.4, 0, 1)  # how far the Lanczos colours can be relied on
            result[rows, :, channel] = to_8_bit(safe + trust * (sharp - safe))
    for rows in strips:
        result[rows, :, 3] = to_8_bit(alpha[rows] * np.float32(255))
    return Image.fromarray(result)


def fitted_alpha(cutout: Image.Image, placement: Placement) -> Image.Image:
    """The alpha of fitted_cutout() (mode L), without what its colours take: seven of eight resizings."""
    part, size = visible_part(cutout), (placement.width, placement.height)
    if part.size == size:
        return part.getchannel("A")
    return Image.fromarray(to_8_bit(_resized(_opacity(part), size, _soft(part, size)) * np.float32(255)))


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
    product = fitted_cutout(cutout, placement) if fitted is None else fitted
    if product.size != (width, height):
        raise ValueError(f"fitted has {product.width}x{product.height} pixels, its placement {width}x{height}")

    def covered(strip: NDArray[np.uint8], rows: slice) -> NDArray[np.uint8]:
        part = np.asarray(product.crop((0, rows.start, width, rows.stop))).astype(np.uint32)
        colour, alpha = part[..., :3], part[..., 3:]
        return ((colour * alpha + strip * (255 - alpha) + 127) // 255).astype(np.uint8)

    return repainted(background, (left, top, left + width, top + height), covered)


def repainted(background: Image.Image, window: Window, paint: Paint) -> Image.Image:
    """The picture (RGB) with other pixels in the window. paint: from a strip [rows, W, 3] and its rows to what it becomes.

    In strips: as arrays, the pixels of a large picture would be held several times over.
    """
    left, top, right, bottom = window
    result = background.convert("RGB")  # a copy, if it was RGB
    result.info = {}
    for first in range(0, bottom - top, _ROWS):
        rows = slice(first, min(first + _ROWS, bottom - top))
        box = left, top + rows.start, right, top + rows.stop
        result.paste(Image.fromarray(paint(np.asarray(result.crop(box)), rows)), box)
    return result


def render_foreground(cutout: Image.Image, canvas_size: tuple[int, int], placement: Placement) -> Image.Image:
    """The product where it will stand, on a white canvas (RGB, canvas_size in pixels): what the model sees of it."""
    return compose(Image.new("RGB", canvas_size, "white"), cutout, placement)


def render_alpha(cutout: Image.Image, canvas_size: tuple[int, int], placement: Placement) -> Image.Image:
    """How much of each pixel of a canvas the product covers where it will stand (mode L, canvas_size in pixels)."""
    canvas = Image.new("L", canvas_size)
    canvas.paste(fitted_alpha(cutout, placement), (placement.left, placement.top))
    return canvas


def to_8_bit(plane: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Levels 0 to 255, rounded and clipped."""
    return np.clip(np.rint(plane), 0, 255).astype(np.uint8)


def _resized(plane: Plane, size: tuple[int, int], resampling: Image.Resampling) -> Plane:
    # A photo of many megapixels is first averaged down to three times the size: far quicker, and no visible difference.
    picture, result = Image.fromarray(plane).resize(size, resampling, reducing_gap=3.0), np.empty(size[::-1], np.float32)
    for row in range(0, size[1], _ROWS):  # as a whole, Pillow hands pixels over in two copies
        result[row : row + _ROWS] = picture.crop((0, row, size[0], min(row + _ROWS, size[1])))
    return result
