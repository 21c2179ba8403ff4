"""Where a product touches what it stands on: the lower outline of its cut-out, not the edge of its box.

    contact = find_contact(opacity)      # of the cut-out as placed, [H, W] in 0..1

Seen from the front or from a corner, the base of a product is the lower hull of its outline, as far as that hull is about
level: edges that run away from the camera rise gently, sides rise steeply. Straps, cables and handles hang above the hull and
touch nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniadgen.errors import InputError

_OPAQUE = 0.5
_STEEPEST = 0.6  # rise of the hull per pixel to the side, above which it is a side of the product and not its base
_HIGHEST = 0.3  # of the product's height: no base rises further than that from the lowest point
Values = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Contact:
    """The base of a product in the pixels of its cut-out as placed.

    first, last: its columns, both inclusive. ground [last - first + 1]: the row of the ground below each of them, which is that
    of the hull. gap, of the same length: how many pixels the product's outline lies above it; 0 where it touches.
    """

    first: int
    last: int
    ground: Values
    gap: Values

    @property
    def span(self) -> int:
        return self.last - self.first + 1


def find_contact(opacity: Values) -> Contact:
    """The base of a product by its opacity [H, W], 0..1. Raises InputError when no pixel is opaque."""
    solid = opacity >= _OPAQUE
    columns = np.nonzero(solid.any(0))[0]
    if not len(columns):
        raise InputError("product.image: no pixel of the product is opaque; supply a cut-out whose product has alpha 255")
    height = solid.shape[0]
    lowest = height - 1 - np.argmax(solid[::-1, columns], axis=0)
    hull = _lower_hull(columns, lowest)
    corners = [int(i) for i in hull]
    bottom = max(range(len(corners)), key=lambda n: (lowest[corners[n]], -abs(n - len(corners) / 2)))
    first = last = bottom
    limit = lowest[corners[bottom]] - _HIGHEST * np.ptp(np.nonzero(solid.any(1))[0])

    def goes_on(inner: int, outer: int) -> bool:
        here, there = corners[inner], corners[outer]
        rise = abs(int(lowest[here]) - int(lowest[there])) / abs(int(columns[here]) - int(columns[there]))
        return rise <= _STEEPEST and bool(lowest[there] >= limit)

    while first > 0 and goes_on(first, first - 1):
        first -= 1
    while last < len(corners) - 1 and goes_on(last, last + 1):
        last += 1
    kept = corners[first : last + 1]
    left, right = int(columns[kept[0]]), int(columns[kept[-1]])
    across = np.arange(left, right + 1)
    ground = np.interp(across, columns[kept], lowest[kept]).astype(np.float32)
    outline = np.full(solid.shape[1], -1)
    outline[columns] = lowest
    gap = np.where(outline[across] < 0, height, ground - outline[across]).astype(np.float32)
    return Contact(left, right, ground, np.maximum(gap, 0))


def _lower_hull(x: NDArray[np.intp], y: NDArray[np.intp]) -> list[int]:
    """The indices of the points on the hull on the side of greater y, from left to right."""
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) >= 2:
            a, b = hull[-2], hull[-1]
            if (x[b] - x[a]) * (y[i] - y[a]) - (y[b] - y[a]) * (x[i] - x[a]) < 0:
                break
            hull.pop()
        hull.append(i)
    return hull
