"""An ad's picture as the inspection sees it: the product's outline, and numbers that tell how it relates to its surroundings.

seen = see(image, background, placement, cutout, stance)
measures = measure(seen)        # by name; what each means stands in MEASURES
views = make_views(seen)        # [VIEWS, 4, SIDE, SIDE]: what the classifier looks at
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from uniadgen.ads import Placement, Stance
from uniadgen.imaging.composing import render_alpha
from uniadgen.imaging.contact import find_contact

VIEWS = 4
SIDE = 96  # pixels of a view along a side
_TURN = 0.75  # of a full turn: what of the outline is unrolled; below is the ground
_INWARDS, _OUTWARDS = 0.1, 0.35  # of the product's longer side: how far from the outline the unrolled view reaches
_WORK = 208  # pixels of the picture's longer side at which everything is measured
_DIFFERENT = 10  # of a channel: where an ad differs so much from its background, there is the product
_LOST = 9.0  # CIE76 between product and background, below which an edge is lost
_SEEN_THROUGH, _AROUND = 1000, 300  # pixels in a product's holes, and around it, whose colours are compared, at most
_EDGE = 9.0  # of luma between neighbours: an edge in a backdrop

MEASURES: dict[str, str] = {
    "contrast": "CIE76 between the product's rim and what is around it, median along the outline",
    "lost_outline": "share of the outline with hardly any contrast",
    "own_colour": "CIE76 between the product's mean colour and that of its surroundings",
    "clutter": "share of the surroundings' pixels on an edge",
    "extent": "longer side of the product, of the picture's side",
    "base": "height of the product's base in the picture, 0 to 1 from above",
    "below": "luma of the ground right below the base, of that to both sides of it",
    "horizon": "how far the strongest level edge of the backdrop lies above the base, of the picture's height",
    "level": "how much stronger that edge is than others",
    "hanger": "share of the outline at which what touches it differs from what is a little further away",
    "holes": "CIE76 between what is seen through the product's holes and the nearest colour around it, mean over their pixels",
    "stands": "1 for a product that stands",
    "lies": "1 for one that lies",
    "hangs": "1 for one that hangs",
    "log_size": "logarithm of the product's size in units of 25 cm; 0 when it is not known",
}

Plane = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """A picture at working size. image, background: uint8 [H, W, 3]; opacity [H, W] of the product, 0..1; box: left, top,
    right, bottom of the product in these pixels."""

    image: NDArray[np.uint8]
    background: NDArray[np.uint8]
    opacity: Plane
    box: tuple[int, int, int, int]
    stance: Stance


def see(
    image: Image.Image, background: Image.Image, placement: Placement, cutout: Image.Image | None, stance: Stance
) -> Seen | None:
    """Pictures of one size. cutout: None where it isn't at hand; then the product is what the background lacks. None when no
    product can be seen."""
    scale = min(1.0, _WORK / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small, plate = (np.asarray(p.convert("RGB").resize(size, Image.Resampling.BOX)) for p in (image, background))
    if cutout is not None:
        whole = render_alpha(cutout, image.size, placement)
        opacity = np.asarray(whole.resize(size, Image.Resampling.BOX), np.float32) / 255
    else:
        difference = np.abs(small.astype(np.int16) - plate).max(-1)
        there = np.zeros_like(difference, bool)
        rows, columns = _span(placement.top, placement.height, scale), _span(placement.left, placement.width, scale)
        there[rows, columns] = difference[rows, columns] > _DIFFERENT
        filled = Image.fromarray(there.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.MinFilter(3))
        opacity = np.asarray(filled, np.float32) / 255
    solid = opacity > 0.5
    if not solid.any():
        return None
    rows_there, columns_there = np.nonzero(solid.any(1))[0], np.nonzero(solid.any(0))[0]
    box = int(columns_there[0]), int(rows_there[0]), int(columns_there[-1]) + 1, int(rows_there[-1]) + 1
    return Seen(small, plate, opacity, box, stance)


def _span(start: int, length: int, scale: float) -> slice:
    return slice(int(start * scale), max(int(start * scale) + 1, round((start + length) * scale)))


def measure(seen: Seen) -> dict[str, float]:
    """Numbers by the names of MEASURES, finite ones."""
    solid, box = seen.opacity > 0.5, seen.box
    height, width = solid.shape
    longer = max(box[2] - box[0], box[3] - box[1])
    product, plate = _lab(seen.image), _lab(seen.background)
    reach = max(2, round(0.05 * longer))
    near, wide = _grown(solid, max(1, reach // 3)), _grown(solid, 2 * reach)
    covered = seen.opacity > 0.02
    rim = solid & _grown(~solid, 2)
    around, touching = wide & ~_grown(covered, 1), near & ~covered
    colour_around = _spread(plate, around | touching, reach)
    contrast = np.linalg.norm(product - colour_around, axis=-1)[rim]
    edges = _edges(seen.background)
    surroundings = _grown(solid, 4 * reach) & ~covered
    further = _spread(plate, around & ~near, reach)
    hanging = np.linalg.norm(_spread(plate, touching, 1) - further, axis=-1)[touching]
    holes = find_holes(covered)
    ring = wide & ~covered & ~holes
    outside = plate[ring].mean(0) if ring.any() else plate.mean((0, 1))
    horizon, level = _horizon(seen.background, covered, box[3])
    stance = seen.stance
    values = {
        "contrast": float(np.median(contrast)) if contrast.size else 0.0,
        "lost_outline": float((contrast < _LOST).mean()) if contrast.size else 1.0,
        "own_colour": float(np.linalg.norm(product[solid].mean(0) - outside)),
        "clutter": float(edges[surroundings].mean()) if surroundings.any() else 0.0,
        "extent": longer / max(height, width),
        "base": box[3] / height,
        "below": _below(seen, solid),
        "horizon": horizon,
        "level": level,
        "hanger": float((hanging > 22).mean()) if hanging.size else 0.0,
        "holes": _foreign(plate[holes], plate[ring]) if holes.sum() > 12 and ring.any() else 0.0,
        "stands": float(stance.posture == "stands"),
        "lies": float(stance.posture == "lies"),
        "hangs": float(stance.posture == "hangs"),
        "log_size": float(np.log(stance.size_cm / 25)) if stance.size_cm else 0.0,
    }
    return {name: round(float(np.nan_to_num(values[name])), 5) for name in MEASURES}


def hanger_box(seen: Seen) -> tuple[float, float, float, float]:
    """Where what touches the product differs most from what is a little further away, as fractions of the picture."""
    solid, covered, plate = seen.opacity > 0.5, seen.opacity > 0.02, _lab(seen.background)
    longer = max(seen.box[2] - seen.box[0], seen.box[3] - seen.box[1])
    reach = max(2, round(0.05 * longer))
    touching = _grown(solid, max(1, reach // 3)) & ~covered
    further = _spread(plate, _grown(solid, 2 * reach) & ~_grown(covered, 1) & ~touching, reach)
    odd = touching & (np.linalg.norm(plate - further, axis=-1) > 22)
    height, width = solid.shape
    if not odd.any():
        return as_fractions(seen.box, solid.shape)
    y, x = np.unravel_index(int(np.argmax(_mean(odd.astype(np.float32), 2 * reach))), odd.shape)
    half = 3 * reach
    return as_fractions((max(0, x - half), max(0, y - half), min(width, x + half), min(height, y + half)), solid.shape)


def as_fractions(box: tuple[Any, Any, Any, Any], shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    height, width = shape[:2]
    x0, y0, x1, y1 = (round(float(v), 4) for v in (box[0] / width, box[1] / height, box[2] / width, box[3] / height))
    return x0, y0, x1, y1


# Views -------------------------------------------------------------------------------------------------------------------


def make_views(seen: Seen) -> NDArray[np.uint8]:
    """The whole picture, the part with the product, the part around its base, and what is at its outline, unrolled: RGB and
    opacity, [VIEWS, 4, SIDE, SIDE]."""
    left, top, right, bottom = seen.box
    middle, longer = (left + right) / 2, max(right - left, bottom - top)
    height, width = seen.opacity.shape
    whole = max(height, width)
    return np.stack(
        [
            _view(seen, width / 2, height / 2, whole),
            _view(seen, middle, (top + bottom) / 2, 1.4 * longer),
            _view(seen, middle, bottom - 0.15 * longer, 1.1 * longer),
            _unrolled(seen, longer),
        ]
    )


def _unrolled(seen: Seen, longer: int) -> NDArray[np.uint8]:
    """The outline as a level line, seen from the product's middle: columns go round it clockwise, from below on the left to
    below on the right; rows lead from outside, above, to inside. A foreign part at the outline stands upright."""
    solid = seen.opacity > 0.5
    height, width = solid.shape
    y, x = (float(places.mean()) + 0.5 for places in np.nonzero(solid))  # of pixels' middles
    share = (np.arange(2 * SIDE) + 0.5) / (2 * SIDE) - 0.5  # two rays for each column, as a part may be thin
    angle = 2 * np.pi * _TURN * share - np.pi / 2
    down, across = np.sin(angle)[:, None], np.cos(angle)[:, None]

    def along(distance: Plane) -> tuple[NDArray[np.intp], NDArray[np.intp], Mask]:
        rows, columns = np.floor(y + down * distance).astype(int), np.floor(x + across * distance).astype(int)
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        return np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1), inside

    steps = np.arange(height + width, dtype=np.float64)
    rows, columns, inside = along(steps[None])
    outline = np.where(solid[rows, columns] & inside, steps, 0).max(1)
    depths = (_OUTWARDS - (np.arange(SIDE) + 0.5) / SIDE * (_OUTWARDS + _INWARDS)) * longer
    rows, columns, inside = along(np.maximum(0, outline[:, None] + depths))
    mask = np.rint(seen.opacity[rows, columns] * 255 * inside)
    rays = np.concatenate([seen.image[rows, columns], mask[..., None]], -1).reshape(SIDE, 2, SIDE, 4)
    return np.rint(rays.mean(1)).astype(np.uint8).transpose(2, 1, 0)


def _view(seen: Seen, x: float, y: float, side: float) -> NDArray[np.uint8]:
    """A square of this side around a point; beyond the picture its edges go on, without a product."""
    height, width = seen.opacity.shape
    steps = (np.arange(SIDE) + 0.5) / SIDE * side - side / 2
    rows, columns = np.floor(y + steps).astype(int), np.floor(x + steps).astype(int)
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[None]
    index = np.ix_(np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1))
    mask = np.rint(seen.opacity[index] * 255 * inside).astype(np.uint8)
    return np.concatenate([seen.image[index].transpose(2, 0, 1), mask[None]])


# Pixels ------------------------------------------------------------------------------------------------------------------

_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32)
_WHITE = np.array([0.9505, 1.0, 1.089], np.float32)


def _lab(rgb: NDArray[np.uint8]) -> Plane:
    """CIE L*a*b* of sRGB, [H, W, 3]."""
    value = rgb.astype(np.float32) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    ratio = linear @ _XYZ.T / _WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def _luma(rgb: NDArray[np.uint8]) -> Plane:
    return rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _edges(rgb: NDArray[np.uint8]) -> Mask:
    luma = _luma(rgb)
    across, down = np.abs(np.diff(luma, axis=1, append=luma[:, -1:])), np.abs(np.diff(luma, axis=0, append=luma[-1:]))
    return np.asarray(np.maximum(across, down) > _EDGE)


def _grown(mask: Mask, by: int) -> Mask:
    return np.asarray(_mean(mask, by) > 1e-9)


def _mean(plane: Plane | Mask, radius: int) -> Plane:
    """Over windows of 2 x radius + 1 pixels, which are smaller at the border: [H, W] -> [H, W]."""
    sums = np.pad(plane.astype(np.float32), ((1, 0), (1, 0))).cumsum(0, np.float64).cumsum(1)
    height, width = plane.shape
    y, x = np.arange(height), np.arange(width)
    top, bottom = np.maximum(y - radius, 0), np.minimum(y + radius + 1, height)
    left, right = np.maximum(x - radius, 0), np.minimum(x + radius + 1, width)
    rows = sums[bottom] - sums[top]
    return (rows[:, right] - rows[:, left]) / ((bottom - top)[:, None] * (right - left))


def _spread(plane: Plane, mask: Mask, radius: int) -> Plane:
    """Colours of the known pixels nearby, everywhere; where none is near the mean of all known."""
    result = np.empty_like(plane)
    result[:] = plane[mask].mean(0) if mask.any() else plane.mean((0, 1))
    for reach in (5 * radius, radius):  # the nearer ones overwrite
        weight = _mean(mask, reach)
        near = weight > 1e-6
        for channel in range(plane.shape[-1]):
            result[..., channel][near] = _mean(plane[..., channel] * mask, reach)[near] / weight[near]
    return result


def find_holes(covered: Mask) -> Mask:
    """What a product encloses on all four sides, [H, W] of what it covers."""
    enclosed = ~covered
    for axis in (0, 1):
        enclosed &= np.logical_or.accumulate(covered, axis)
        enclosed &= np.flip(np.logical_or.accumulate(np.flip(covered, axis), axis), axis)
    return enclosed


def _foreign(colours: Plane, around: Plane) -> float:
    """How far colours [N, 3] are from those around [M, 3]: a wall and a floor both pass, what is of neither colour doesn't."""
    some, others = (part[:: -(-len(part) // most)] for part, most in ((colours, _SEEN_THROUGH), (around, _AROUND)))
    return float(np.linalg.norm(some[:, None] - others[None], axis=-1).min(1).mean())


def _below(seen: Seen, solid: Mask) -> float:
    """Less than 1 where the ground is darker under the product than beside it."""
    luma, contact = _luma(seen.background) + 1, find_contact(seen.opacity)
    height = len(solid)
    longer = max(seen.box[2] - seen.box[0], seen.box[3] - seen.box[1])
    depth = max(2, round(0.03 * longer))
    columns = np.arange(contact.first, contact.last + 1)
    rows = np.clip(contact.ground.astype(int)[None] + 1 + np.arange(depth)[:, None], 0, height - 1)
    under = float(np.median(luma[rows, columns[None]]))
    base = slice(max(0, seen.box[3] - 2 * depth), min(height, seen.box[3] + depth))
    far = round(0.45 * longer)
    sides = [
        luma[base, max(0, seen.box[0] - far) : max(1, seen.box[0] - far // 2)],
        luma[base, seen.box[2] + far // 2 : seen.box[2] + far],
    ]
    beside = np.concatenate([part.ravel() for part in sides])
    return under / float(np.median(beside)) if beside.size else 1.0


def _horizon(rgb: NDArray[np.uint8], covered: Mask, base: int) -> tuple[float, float]:
    luma = _luma(rgb)
    step = np.abs(luma[4:] - luma[:-4])
    free = ~covered[4:] & ~covered[:-4]
    rows = (step * free).sum(1) / np.maximum(free.sum(1), 1)
    rows[free.sum(1) < 0.15 * luma.shape[1]] = 0
    row = int(np.argmax(rows))
    return (base - row - 2) / luma.shape[0], float(rows[row] / (np.median(rows) + 4))
