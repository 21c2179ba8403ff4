"""Placing the product: where it stands in the ad, and the cut-out over the background with exact pixels.

    placement = place(cutout, (768, 768), box=None)         # pixels
    ad = compose(background, cutout, placement)             # RGB; opaque pixels of the product are the product's own

Sizes and placements are in pixels, boxes in fractions of the canvas; y points downwards.
"""

import math
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ads import Box, Placement
from uniadgen.errors import InputError

FLOOR = 0.86  # the height, in fractions of the canvas, on which an automatically placed product stands
_SLACK = 1e-6  # fractions of a canvas are computed by others, in floating point

Plane = NDArray[np.float32]


def automatic_box(cutout_size: tuple[int, int]) -> Box:
    """Where a product stands when nobody says so: on the lower third, centred.

    cutout_size: width and height of the visible part. Its longer side gets 52 % (square) to 60 % (twice as long as wide, or
    more) of the canvas; on a canvas that is not square, so does the side that meets its limit first. Nothing is cropped.
    """
    width, height = cutout_size
    elongation = max(width, height) / max(1, min(width, height))
    side = 0.52 + 0.08 * min(elongation - 1.0, 1.0)
    return Box(0.5 - side / 2, FLOOR - side, 0.5 + side / 2, FLOOR)


def check_box(box: Box, what: str = "placement.box") -> Box:
    """The box with plain floats inside the canvas. Raises InputError when not finite, without size or outside."""
    if not isinstance(box, Box):
        raise InputError(f"{what}: a Box of four fractions x0, y0, x1, y1 is needed, not {type(box).__name__}")
    corners: list[Any] = [box.x0, box.y0, box.x1, box.y1]
    if any(isinstance(c, bool) or not isinstance(c, Real) for c in corners):
        raise InputError(f"{what}: x0, y0, x1, y1 must be four numbers, fractions of the canvas between 0 and 1")
    try:
        x0, y0, x1, y1 = (float(c) for c in corners)
    except OverflowError:
        x0 = y0 = x1 = y1 = math.inf
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        raise InputError(f"{what}: x0, y0, x1, y1 must be finite numbers, fractions of the canvas between 0 and 1")
    shown = f"[{x0:g}, {y0:g}, {x1:g}, {y1:g}]"
    if x1 <= x0 or y1 <= y0:
        raise InputError(f"{what}: {shown} has no size; x0 must be less than x1, and y0 less than y1")
    if min(x0, y0) < -_SLACK or max(x1, y1) > 1 + _SLACK:
        raise InputError(f"{what}: {shown} lies outside the canvas; use fractions between 0 and 1")
    return Box(max(x0, 0.0), max(y0, 0.0), min(x1, 1.0), min(y1, 1.0))


def visible_part(cutout: Image.Image) -> Image.Image:
    """The cut-out (RGBA) cropped to the bounding box of alpha > 0. Raises InputError when nothing is visible."""
    bounds = cutout.getchannel("A").getbbox()
    if bounds is None:
        raise InputError("product.image: the cut-out is fully transparent; supply a picture in which the product is visible")
    return cutout if bounds == (0, 0, *cutout.size) else cutout.crop(bounds)


def place(cutout: Image.Image, canvas_size: tuple[int, int], box: Box | None = None) -> Placement:
    """Fit the visible part of the cut-out into the box with its aspect ratio, centred, standing on the box's lower edge.

    canvas_size: width and height in pixels. box: fractions of the canvas, its edges rounded to whole pixels; automatic_box
    when None. A visible part of just the size that fits keeps it, and compose() then resamples nothing.
    Raises InputError for a box that check_box refuses, or that leaves the product less than one pixel wide or high.
    """
    width, height = visible_part(cutout).size
    box = automatic_box((width, height)) if box is None else check_box(box)
    left, right = (math.floor(x * canvas_size[0] + 0.5) for x in (box.x0, box.x1))
    top, bottom = (math.floor(y * canvas_size[1] + 0.5) for y in (box.y0, box.y1))
    room, rise = right - left, bottom - top
    # In integers: the side that meets its limit is exactly the box's, the other one is rounded to the nearest pixel.
    if room * height <= rise * width:
        scale, of = room, width
    else:
        scale, of = rise, height
    if scale * min(width, height) < of:
        raise InputError(
            f"placement.box: the product would be less than 1 pixel wide or high in a box of {room}x{rise} pixels; "
            "enlarge the box or the picture"
        )
    fitted = tuple((2 * side * scale + of) // (2 * of) for side in (width, height))
    return Placement(left + (room - fitted[0]) // 2, bottom - fitted[1], fitted[0], fitted[1])


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
    soft = Image.Resampling.HAMMING if size[0] * size[1] < part.width * part.height else Image.Resampling.BILINEAR
    opacity = np.asarray(part.getchannel("A")).astype(np.float32) / np.float32(255)
    alpha, crisp = _resized(opacity, size, soft), _resized(opacity, size, Image.Resampling.LANCZOS)
    trust = np.clip((crisp - 0.5) / 0.4, 0, 1)  # how far the Lanczos colours can be relied on
    planes = []
    for name in "RGB":
        weighted = np.asarray(part.getchannel(name)).astype(np.float32) * opacity
        safe = _resized(weighted, size, soft) / np.maximum(alpha, 1e-6)
        sharp = _resized(weighted, size, Image.Resampling.LANCZOS) / np.maximum(crisp, 0.5)
        planes.append(safe + trust * (sharp - safe))
    planes.append(alpha * np.float32(255))
    return Image.fromarray(np.clip(np.rint(np.dstack(planes)), 0, 255).astype(np.uint8))


def compose(background: Image.Image, cutout: Image.Image, placement: Placement) -> Image.Image:
    """The cut-out (RGBA) over the background at the placement: RGB, of the background's size.

    Wherever fitted_cutout() has alpha 255 the result equals it, value by value; wherever it has alpha 0, the background.
    Raises InputError when the placement has no size or leaves the background.
    """
    left, top, width, height = placement.left, placement.top, placement.width, placement.height
    if width < 1 or height < 1 or min(left, top) < 0 or left + width > background.width or top + height > background.height:
        raise InputError(
            f"placement: {width}x{height} pixels at ({left}, {top}) do not fit into "
            f"the canvas of {background.width}x{background.height}; use a box inside the canvas"
        )
    canvas = np.array(background.convert("RGB"))
    there = canvas[top : top + height, left : left + width]
    product = np.asarray(fitted_cutout(cutout, placement)).astype(np.uint32)
    colour, alpha = product[..., :3], product[..., 3:]
    there[:] = (colour * alpha + there * (255 - alpha) + 127) // 255
    return Image.fromarray(canvas)


def render_foreground(cutout: Image.Image, canvas_size: tuple[int, int], placement: Placement) -> Image.Image:
    """The product where it will stand, on a white canvas (RGB, canvas_size in pixels): what the model sees of it."""
    return compose(Image.new("RGB", canvas_size, "white"), cutout, placement)


def _resized(plane: Plane, size: tuple[int, int], resampling: Image.Resampling) -> Plane:
    # A photo of many megapixels is first averaged down to three times the size: far quicker, and no visible difference.
    return np.asarray(Image.fromarray(plane).resize(size, resampling, reducing_gap=3.0), np.float32)
