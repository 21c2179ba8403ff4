"""What the shopper's clicked ads look like, as far as words care: where they are calm, and their colours.

taste = taste_of([load_rgb(click.image, "click", TASTE_PIXELS) for click in clicks])
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.typography.colours import Colour, palette

TASTE_PIXELS = 2**14
"""`keep` for clicked pictures."""

_SIDE = 48


@dataclass(frozen=True)
class Taste:
    """calm [3, 3]: how calm each ninth of the clicked ads is, beside their mean, -1..1; None without any. colours: theirs."""

    calm: NDArray[np.float32] | None = None
    colours: tuple[tuple[Colour, float], ...] = ()


def taste_of(pictures: Sequence[Image.Image]) -> Taste:
    """The taste of clicked ads' pictures (RGB)."""
    if not pictures:
        return Taste()
    small = [picture.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX) for picture in pictures]
    busy = np.zeros((3, 3), np.float32)
    for picture in small:
        grey = np.asarray(picture.convert("L"), np.float32) / 255
        edges = np.abs(np.diff(grey, axis=0))[:, :-1] + np.abs(np.diff(grey, axis=1))[:-1]
        edges = np.pad(edges, ((0, 1), (0, 1)))
        busy += edges.reshape(3, _SIDE // 3, 3, _SIDE // 3).mean((1, 3))
    calm = (busy.mean() - busy) / max(float(busy.max()), 1e-6)
    strip = Image.new("RGB", (_SIDE * len(small), _SIDE))
    for number, picture in enumerate(small):
        strip.paste(picture, (number * _SIDE, 0))
    return Taste(calm.astype(np.float32), tuple(palette(strip)))
