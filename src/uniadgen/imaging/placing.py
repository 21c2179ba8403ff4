"""Placing: where the product stands in the ad.

    placement = place(cutout, (768, 768), box=None)         # pixels

Sizes and placements are in pixels, boxes in fractions of the canvas; y points downwards.
"""

import math
from numbers import Real
from typing import Any

from PIL import Image

from uniadgen.ads import STANDING, Box, Placement, Stance
from uniadgen.errors import InputError

FLOOR = 0.86  # the height, in fractions of the canvas, on which an automatically placed product stands
_MIDDLE = {"lies": 0.5, "hangs": 0.46}  # the height of the middle of what lies or hangs
_USUAL_CM, _BY_SIZE, _LEAST, _MOST = 25.0, 0.055, 0.85, 1.12  # each doubling of the size adds so much to what 25 cm get
_SLACK = 1e-6  # fractions of a canvas are computed by others, in floating point


def automatic_box(cutout_size: tuple[int, int], stance: Stance = STANDING) -> Box:
    """Where a product stands when nobody says so: on the lower third, centred; what lies or hangs is in the middle.

    cutout_size: width and height of the visible part. Its longer side gets 52 % (square) to 60 % (twice as long as wide, or
    more) of the canvas; on a canvas that is not square, so does the side that meets its limit first. Nothing is cropped. What
    is known to be small gets up to 15 % less, with more of its surroundings in the picture; what is large up to 12 % more.
    """
    width, height = cutout_size
    elongation = max(width, height) / max(1, min(width, height))
    side = 0.52 + 0.08 * min(elongation - 1.0, 1.0)
    if stance.size_cm is not None:
        side *= min(max(1 + _BY_SIZE * math.log2(stance.size_cm / _USUAL_CM), _LEAST), _MOST)
    base = FLOOR if stance.posture == "stands" else _MIDDLE[stance.posture] + side * _share_of_height(width, height) / 2
    return Box(0.5 - side / 2, base - side, 0.5 + side / 2, base)


def _share_of_height(width: int, height: int) -> float:
    """How much of a square's height a picture fitted into it takes."""
    return min(1.0, height / max(1, width))


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
    written = f"[{x0:g}, {y0:g}, {x1:g}, {y1:g}]"
    if x1 <= x0 or y1 <= y0:
        raise InputError(f"{what}: {written} has no size; x0 must be less than x1, and y0 less than y1")
    if min(x0, y0) < -_SLACK or max(x1, y1) > 1 + _SLACK:
        raise InputError(f"{what}: {written} lies outside the canvas; use fractions between 0 and 1")
    return Box(max(x0, 0.0), max(y0, 0.0), min(x1, 1.0), min(y1, 1.0))


def visible_part(cutout: Image.Image) -> Image.Image:
    """The cut-out (RGBA) cropped to the bounding box of alpha > 0. Raises InputError when nothing is visible."""
    bounds = cutout.getchannel("A").getbbox()
    if bounds is None:
        raise InputError("product.image: the cut-out is fully transparent; supply a picture in which the product is visible")
    return cutout if bounds == (0, 0, *cutout.size) else cutout.crop(bounds)


def place(cutout: Image.Image, canvas_size: tuple[int, int], box: Box | None = None, stance: Stance = STANDING) -> Placement:
    """Fit the visible part of the cut-out into the box with its aspect ratio, centred, standing on the box's lower edge.

    canvas_size: width and height in pixels. box: fractions of the canvas, its edges rounded to whole pixels; automatic_box
    for the stance when None. A visible part of just the size that fits keeps it, and compose() then resamples nothing.
    Raises InputError for a box that check_box refuses, or that leaves the product less than one pixel wide or high.
    """
    width, height = visible_part(cutout).size
    box = automatic_box((width, height), stance) if box is None else check_box(box)
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
