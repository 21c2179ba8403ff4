"""Free space: where in a finished ad words may stand - off the product, off its shadow, off what is busy.

    scene = read_scene(ad.image, ad.background, ad.placement)
    scene.is_free(box)                     # no pixel of the product in it, nor within the gap around it
    scene.business(box), scene.mean(box)   # how busy it is there, 0..1; its mean colour

Boxes are (left, top, right, bottom) in pixels. The product is what the ad shows beyond its background, so a finished ad
needs no cut-out.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from uniadgen.ads import Placement
from uniadgen.typography.colours import luminances

Box = tuple[int, int, int, int]
Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]

_LINES = 256  # columns or rows averaged at a time
_CELLS = 192  # of the longer side, for what is judged coarsely
_GAP = 0.025  # of the shorter side: words keep this far from the product
_LOSSY = 0.02  # of all pixels: if more differ outside of the product's place, the files were written with losses
_SHADOW = 0.35  # of the product's height, below it: where its shadow falls


@dataclass(frozen=True)
class Scene:
    """A picture as the layout sees it.

    pixels [H, W, 3]; product [H, W]: the product with all that it encloses; kept [H, W]: 1 where the picture stays as it is
    whatever is laid behind words, as it shows the product, down to 0; busy [h, w]: local contrast and edges in cells, 0..1;
    light [h, w]: their luminance; place: of the product.
    """

    pixels: NDArray[np.uint8]
    product: Mask
    kept: Plane
    busy: Plane
    light: Plane
    place: Box

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def short(self) -> int:
        return min(self.width, self.height)

    @property
    def measure(self) -> float:
        """What sizes of letters are relative to, in pixels: the side of a square of the same area."""
        return float(np.sqrt(self.width * self.height))

    @property
    def gap(self) -> int:
        return gap_of(self.width, self.height)

    @cached_property
    def _product_sum(self) -> tuple[NDArray[Any], Box]:
        """Sums of the product in the box around it, and that box."""
        rows, columns = np.flatnonzero(self.product.any(1)), np.flatnonzero(self.product.any(0))
        if not len(rows):
            return np.zeros((1, 1), np.int32), (0, 0, 0, 0)
        box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        return _integral(self.product[box[1] : box[3], box[0] : box[2]], np.int32), box

    @cached_property
    def _busy_sum(self) -> NDArray[Any]:
        return _integral(self.busy, np.float64)

    def without(self, box: Box) -> "Scene":
        """The same scene with a box in which no words may stand."""
        product = self.product.copy()
        product[max(0, box[1]) : max(0, box[3]), max(0, box[0]) : max(0, box[2])] = True
        return replace(self, product=product)

    def covered(self, box: Box, gap: int = 0) -> int:
        """Pixels of the product in a box that is grown by `gap` to all sides."""
        left, top, right, bottom = box
        sums, of = self._product_sum
        left, top = max(of[0], left - gap), max(of[1], top - gap)
        right, bottom = min(of[2], right + gap), min(of[3], bottom + gap)
        if right <= left or bottom <= top:
            return 0
        return int(_total(sums, (left - of[0], top - of[1], right - of[0], bottom - of[1])))

    def is_free(self, box: Box) -> bool:
        return self.covered(box, self.gap) == 0

    def business(self, box: Box) -> float:
        """How busy the picture is in a box, 0 (calm) to 1."""
        scale = self.busy.shape[1] / self.width
        cells = (int(box[0] * scale), int(box[1] * scale), -int(-box[2] * scale // 1), -int(-box[3] * scale // 1))
        left, top = min(cells[0], self.busy.shape[1] - 1), min(cells[1], self.busy.shape[0] - 1)
        right, bottom = min(max(cells[2], left + 1), self.busy.shape[1]), min(max(cells[3], top + 1), self.busy.shape[0])
        return float(_total(self._busy_sum, (left, top, right, bottom)) / ((right - left) * (bottom - top)))

    def extremes(self, box: Box) -> tuple[float, float]:
        """The darkest and the brightest luminance in a box, coarsely: without the last hundredth at both ends."""
        scale = self.light.shape[1] / self.width
        part = self.light[int(box[1] * scale) : max(int(box[1] * scale) + 1, round(box[3] * scale)),
                          int(box[0] * scale) : max(int(box[0] * scale) + 1, round(box[2] * scale))]  # fmt: skip
        values = np.sort(part, axis=None)
        return float(values[len(values) // 100]), float(values[-1 - len(values) // 100])

    def mean(self, box: Box) -> tuple[float, float, float]:
        """The mean colour of a box."""
        left, top, right, bottom = box
        red, green, blue = self.pixels[top:bottom:3, left:right:3].reshape(-1, 3).mean(0)
        return float(red), float(green), float(blue)


def gap_of(width: int, height: int) -> int:
    """How far words keep from the product, in pixels."""
    return max(4, round(_GAP * min(width, height)))


def smoothed(plane: NDArray[Any], radius: int) -> Plane:
    """Each value averaged with those around it, up to `radius` away in both directions; edges are repeated."""
    result = plane.astype(np.float32)
    for lines in (result.T, result):
        for first in range(0, len(lines), _LINES):  # sums of all at once would take many times a picture's memory
            padded = np.pad(lines[first : first + _LINES], [(0, 0), (radius + 1, radius)], mode="edge")
            sums = padded.cumsum(1, dtype=np.float64)
            lines[first : first + _LINES] = (sums[:, 2 * radius + 1 :] - sums[:, : -2 * radius - 1]) / (2 * radius + 1)
    return result


def read_scene(image: Image.Image, background: Image.Image, placement: Placement) -> Scene:
    """What a finished ad leaves free. image, background: RGB, of one size."""
    image = image if image.mode == "RGB" else image.convert("RGB")  # which would copy it
    pixels = np.asarray(image)
    place = (placement.left, placement.top, placement.left + placement.width, placement.top + placement.height)
    changed = _changed(image, background, place)
    product = np.zeros_like(changed)
    inside = changed[place[1] : place[3], place[0] : place[2]]
    product[place[1] : place[3], place[0] : place[2]] = _enclosed(inside)
    product |= changed
    cells = _cells(image)
    busy = _busy(cells, product, place, image.width)
    return Scene(pixels, product, _kept(changed, float(np.sqrt(changed.size))), busy, luminances(np.asarray(cells)), place)


def product_of(image: Image.Image, background: Image.Image, placement: Placement) -> Image.Image:
    """The product (RGBA, of its placement's size) as a finished ad shows it. How far its edges let the
    background through is not in it, so a pixel of them counts as half."""
    place = (placement.left, placement.top, placement.left + placement.width, placement.top + placement.height)
    pixels = np.asarray(image.convert("RGB"))
    changed = _changed(image, background, place)
    part = (slice(place[1], place[3]), slice(place[0], place[2]))
    inside = changed[part].astype(np.float32)
    alpha = np.clip((smoothed(inside, 1) - 0.4) / 0.6, 0, 1) * inside
    return Image.fromarray(np.dstack([pixels[part], np.rint(255 * alpha).astype(np.uint8)]))


def _changed(image: Image.Image, background: Image.Image, place: Box) -> Mask:
    """Where the ad differs from its background. Files that lost something in writing differ everywhere, a little: what they
    differ by outside of the product's place is no product."""
    red, green, blue = ImageChops.difference(*(p if p.mode == "RGB" else p.convert("RGB") for p in (image, background))).split()
    difference = np.asarray(ImageChops.lighter(ImageChops.lighter(red, green), blue))
    outside = difference.copy()
    outside[place[1] : place[3], place[0] : place[2]] = 0
    noise = int(outside.max()) if (outside > 0).mean() > _LOSSY else 0
    changed: Mask = difference > noise
    return changed


def _cells(image: Image.Image) -> Image.Image:
    scale = _CELLS / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.convert("RGB").resize(size, Image.Resampling.BOX)


def _enclosed(mask: Mask) -> Mask:
    """A mask with what lies between its pixels both in a row and in a column: a product has no windows for words."""
    across = np.maximum.accumulate(mask, 1) & np.maximum.accumulate(mask[:, ::-1], 1)[:, ::-1]
    down = np.maximum.accumulate(mask, 0) & np.maximum.accumulate(mask[::-1], 0)[::-1]
    return across & down


def _kept(changed: Mask, measure: float) -> Plane:
    """1 where a pixel shows the product, if only in part: it stays as it is. Around it softly down to 0, so that a shade has no
    hard rim there."""
    radius = max(1, round(0.0025 * measure))
    kept = np.zeros(changed.shape, np.float32)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    if len(rows):
        part = (
            slice(max(0, rows[0] - 2 * radius), rows[-1] + 2 * radius + 1),
            slice(max(0, columns[0] - 2 * radius), columns[-1] + 2 * radius + 1),
        )
        inside = changed[part]
        around = smoothed(inside.astype(np.float32), radius)
        kept[part] = np.where(inside, np.float32(1), np.minimum(1, 1.6 * around))
    return kept


def _busy(cells: Image.Image, product: Mask, place: Box, width: int) -> Plane:
    """Local contrast and edges in cells; the product and the ground below it count as fully busy, its shadow in part."""
    scale, size = cells.width / width, cells.size
    grey = np.asarray(cells.convert("L"), np.float32) / 255
    edges = np.zeros_like(grey)
    edges[:, 1:] += np.abs(np.diff(grey, axis=1))
    edges[1:] += np.abs(np.diff(grey, axis=0))
    mean = smoothed(grey, 3)
    spread = np.sqrt(np.maximum(smoothed(grey * grey, 3) - mean * mean, 0))
    busy = np.clip(smoothed(edges, 2) * 6 + spread * 3, 0, 1)
    covered = np.asarray(Image.fromarray(product.astype(np.uint8) * 255).resize(size, Image.Resampling.BOX)) > 0
    busy[covered] = 1.0
    left, right = (int(x * scale) for x in (place[0], place[2]))
    bottom, height = int(place[3] * scale), (place[3] - place[1]) * scale
    below = slice(max(0, bottom - 1), bottom + max(1, int(_SHADOW * height)))
    busy[below, left:right] = np.maximum(busy[below, left:right], 0.5)
    return busy


def _integral(values: NDArray[Any], kind: type[np.generic]) -> NDArray[Any]:
    """Sums of all that is above and to the left of each corner."""
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1), kind)
    np.cumsum(values, 0, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], 1, out=sums[1:, 1:])
    return sums


def _total(sums: NDArray[Any], box: Box) -> float:
    left, top, right, bottom = box
    return float(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])
