"""Drawing: words into the picture, with no more help behind them than their contrast needs.

First as they are; then on a soft shade that comes from the edge of the picture; then on a plate. The product stays in front of
all of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from uniadgen.typography.colours import Colour, Plane, contrast, hex_of, luminance, luminances
from uniadgen.typography.space import Box, Scene, smoothed
from uniadgen.typography.stacks import SetBlock, Types

Pixels = NDArray[np.uint8]

LEAST_CONTRAST, LEAST_CONTRAST_LARGE = 4.5, 3.0
_ROWS = 256  # of a picture mixed at a time
_LARGE = 0.045  # of the shorter side, and 24 px: letters that may have less contrast


@dataclass(frozen=True)
class Ink:
    """The letters of a block as they cover the picture. coverage [h, w]: 0..255; left, top: of its first pixel."""

    coverage: NDArray[np.uint8]
    left: int
    top: int

    @property
    def box(self) -> Box:
        height, width = self.coverage.shape
        return self.left, self.top, self.left + width, self.top + height


@dataclass(frozen=True)
class Backing:
    """What is laid behind words. kind: "none", "shade", "band" or "plate". opacity [H, W]: 0..1. strength: its greatest; side:
    of the picture that a shade or a band comes from."""

    kind: str
    colour: Colour = (0, 0, 0)
    opacity: Plane | None = None
    strength: float = 1.0
    side: str = "top"

    def as_dict(self) -> dict[str, Any] | None:
        """What `backing_of` makes it again from; None for nothing."""
        if self.kind == "none":
            return None
        return {"kind": self.kind, "colour": hex_of(self.colour), "strength": self.strength, "side": self.side}


def ink_of(block: SetBlock, types: Types) -> Ink:
    """The letters of all lines of a block."""
    type_ = types.of_block(block)
    masks = []
    for line in block.lines:
        drawn = type_.draw(line.text, block.size)
        masks.append((drawn.ink, round(line.x) + drawn.left, round(line.baseline) + drawn.top))
    left, top = min(m[1] for m in masks), min(m[2] for m in masks)
    right, bottom = max(m[1] + m[0].shape[1] for m in masks), max(m[2] + m[0].shape[0] for m in masks)
    whole = np.zeros((bottom - top, right - left), np.uint8)
    for ink, x, y in masks:
        part = whole[y - top : y - top + ink.shape[0], x - left : x - left + ink.shape[1]]
        np.maximum(part, ink, out=part)
    return Ink(whole, left, top)


def is_large(block: SetBlock, scene: Scene) -> bool:
    return block.role == "headline" and block.size >= max(24, _LARGE * scene.short)


def least_contrast(block: SetBlock, scene: Scene) -> float:
    return LEAST_CONTRAST_LARGE if is_large(block, scene) else LEAST_CONTRAST


@dataclass(frozen=True)
class Near:
    """Where the contrast of a block's letters is measured: under them and closely around. box: of the mask in the picture."""

    mask: NDArray[np.bool_]
    box: Box
    blur: int

    def contrast(self, pixels: Pixels, colour: Colour) -> float:
        """The least contrast of any letter, of the colour against what is behind it in the pixels of this box.

        What is behind is averaged over about half a stroke's width, as a reader's eye does; the worst place counts.
        """
        if not self.mask.any():
            return 21.0
        behind = smoothed(luminances(pixels), self.blur)[self.mask]
        light = luminance(colour)
        return float(min(contrast(behind.min(), light), contrast(behind.max(), light))) if not _within(behind, light) else 1.0

    def cut(self, pixels: Pixels) -> Pixels:
        left, top, right, bottom = self.box
        return pixels[top:bottom, left:right]


def _within(values: Plane, light: float) -> bool:
    return bool(values.min() <= light <= values.max())


def near(ink: Ink, block: SetBlock, size: tuple[int, int]) -> Near:
    """size: of the picture, width and height."""
    reach = max(1, round(block.size / 10))
    box = (
        max(0, ink.left - reach),
        max(0, ink.top - reach),
        min(size[0], ink.box[2] + reach),
        min(size[1], ink.box[3] + reach),
    )
    covered = np.zeros((box[3] - box[1], box[2] - box[0]), np.float32)
    x, y = ink.left - box[0], ink.top - box[1]
    covered[max(0, y) : y + ink.coverage.shape[0], max(0, x) : x + ink.coverage.shape[1]] = ink.coverage[
        max(0, -y) : covered.shape[0] - y, max(0, -x) : covered.shape[1] - x
    ]
    return Near(smoothed(covered, reach) > 1.0, box, max(1, round(block.size / 28)))


def lay(pixels: Pixels, scene: Scene, backing: Backing, box: Box | None = None) -> Pixels:
    """A backing over the picture, or over a box of it, and the product in front of it."""
    left, top, right, bottom = box or (0, 0, scene.width, scene.height)
    cut = pixels[top:bottom, left:right]
    if backing.opacity is None:
        return cut
    result, whole = cut.copy(), backing.opacity[top:bottom, left:right]
    rows = np.flatnonzero(whole.any(1))
    end = int(rows[-1]) + 1 if len(rows) else 0
    for row in range(int(rows[0]) if len(rows) else 0, end, _ROWS):  # floats of a whole large picture would take much memory
        part = slice(row, min(end, row + _ROWS))
        opacity = whole[part]
        share = (opacity * (1.0 - scene.kept[top:bottom, left:right][part]))[..., None]
        result[part] = np.rint(cut[part] * (1.0 - share) + np.array(backing.colour, np.float32) * share)
    return result


def backing_of(scene: Scene, kind: str, colour: Colour, strength: float, side: str, box: Box, size: float) -> Backing:
    """What is laid behind words in a box whose headline has this size. side: of the product or picture that they are at."""
    if kind == "shade":
        opacity = _ramp(scene, side, box, size)
    elif kind == "plate":
        opacity = _plate(scene, box, size)
    else:
        opacity = _band(scene, side, box, size)
    return Backing(kind, colour, opacity * np.float32(strength), strength, side)


def _ramp(scene: Scene, side: str, box: Box, size: float) -> Plane:
    """A soft gradient from the edge of the picture that the words are at, 1, to nothing beyond them, 0. [H, W]"""
    left, top, right, bottom = box
    pad = 0.6 * size
    ys, xs = np.arange(scene.height, dtype=np.float32), np.arange(scene.width, dtype=np.float32)
    if side == "top":
        fall = _fall(ys, bottom + pad)[:, None]
    elif side == "bottom":
        fall = _fall(scene.height - ys, scene.height - top + pad)[:, None]
    elif side == "left":
        fall = _fall(xs, right + pad)[None]
    else:
        fall = _fall(scene.width - xs, scene.width - left + pad)[None]
    return np.broadcast_to(fall, (scene.height, scene.width))


def _fall(distance: Plane, start: float) -> Plane:
    """1 up to `start`, then smoothly to 0 over half as much again."""
    x = np.clip((distance - start) / max(1.0, 0.55 * start), 0, 1)
    return (1 - x * x * (3 - 2 * x)).astype(np.float32)


def _plate(scene: Scene, words: Box, size: float) -> Plane:
    """A plate with round corners behind all blocks. [H, W]"""
    pad = 0.5 * size
    left, top, right, bottom = words
    box = (
        max(0, round(left - pad)),
        max(0, round(top - pad)),
        min(scene.width, round(right + pad)),
        min(scene.height, round(bottom + pad)),
    )
    return rounded((scene.width, scene.height), box, 0.3 * size)


def _band(scene: Scene, side: str, words: Box, size: float) -> Plane:
    """A band from the edge of the picture, or from one side to the other, behind all blocks. [H, W]"""
    pad = round(0.55 * size)
    left, top, right, bottom = words
    if side in ("top", "bottom"):
        near_top, near_bottom = top < 2.2 * pad + scene.gap, scene.height - bottom < 2.2 * pad + scene.gap
        box = (0, 0 if near_top else top - pad, scene.width, scene.height if near_bottom else bottom + pad)
    else:
        box = (0, 0, right + pad, scene.height) if side == "left" else (left - pad, 0, scene.width, scene.height)
    mask = np.zeros((scene.height, scene.width), np.float32)
    mask[max(0, box[1]) : box[3], max(0, box[0]) : box[2]] = 1
    return mask


def rounded(size: tuple[int, int], box: Box, radius: float) -> Plane:
    """A rectangle with round corners, 0..1, smooth at its edge."""
    left, top, right, bottom = box
    fine = 4
    shape = Image.new("L", ((right - left) * fine, (bottom - top) * fine), 0)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, shape.width - 1, shape.height - 1), radius * fine, fill=255)
    whole = np.zeros((size[1], size[0]), np.float32)
    whole[top:bottom, left:right] = np.asarray(shape.reduce(fine), np.float32) / 255
    return whole


def draw(pixels: Pixels, ink: Ink, colour: Colour) -> None:
    """Letters into the picture, in place."""
    left, top, right, bottom = ink.box
    height, width = pixels.shape[:2]
    cut = (max(0, left), max(0, top), min(width, right), min(height, bottom))
    coverage = ink.coverage[cut[1] - top : cut[3] - top, cut[0] - left : cut[2] - left].astype(np.uint16)[..., None]
    there = pixels[cut[1] : cut[3], cut[0] : cut[2]]
    there[:] = ((there * (255 - coverage) + np.array(colour, np.uint16) * coverage + 127) // 255).astype(np.uint8)


def fill(pixels: Pixels, box: Box, colour: Colour, radius: float) -> None:
    """A badge's shape into the picture, in place."""
    left, top, right, bottom = box
    mask = (rounded((right - left, bottom - top), (0, 0, right - left, bottom - top), radius) * 255).astype(np.uint8)
    draw(pixels, Ink(mask, left, top), colour)
