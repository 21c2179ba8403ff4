"""What metrics judge: shoppers, what systems made for them, and what it is judged with."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ads import Box, Click, Placement, Product
from uniadgen.imaging.loading import load_rgb
from uniadgen.metrics.background_features import features
from uniadgen.words import quoted

if TYPE_CHECKING:
    from uniadgen.model.background_encoder import BackgroundEncoder

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".avif", ".jp2"}


@dataclass(frozen=True)
class Case:
    """One shopper: what is asked for, and the ad that was truly clicked."""

    id: str
    product: Product
    history: list[Click]
    other: str  # the shopper whose clicks stand for somebody else's
    other_history: list[Click]
    box: Box | None
    target: str
    true_ad: Image.Image
    true_plate: Image.Image
    true_text: str
    department: str | None
    taste: dict[str, Any] | None
    oracle: str | None  # a creative of the same family, palette and light, with another product


@dataclass(frozen=True)
class Output:
    """What a system made for one shopper; pictures are opened when they are judged.

    background, placement (pixels of the ad): None where a system gives only the finished ad. sampled: numbers of the clicks
    that the model looked at.
    """

    ad: Path
    text: str | None
    background: Path | None = None
    placement: Placement | None = None
    seconds: float | None = None
    sampled: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Judge:
    """What ads are judged with, the same for all systems: the background encoder, and the data set that the shoppers are of."""

    encoder: "BackgroundEncoder"
    data: Path
    split: str
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` returns; called once for each key, however many systems are judged."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


@dataclass(frozen=True, eq=False)
class Ads:
    """Finished ads of one system: `cases[i]` and what was made for it, `outputs[i]`."""

    cases: Sequence[Case]
    outputs: Sequence[Output]
    judge: Judge

    def picture(self, number: int) -> Image.Image:
        """RGB; opened anew each time, as all of them would be much memory. Raises InputError."""
        return opened(self.outputs[number].ad)

    def background(self, number: int) -> Image.Image | None:
        path = self.outputs[number].background
        return None if path is None else opened(path)

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """Of the ads' pictures by the background encoder, before its projection: [N, features]."""
        return features(self.judge.encoder, map(self.picture, range(len(self.outputs))))


def opened(path: Path) -> Image.Image:
    """RGB. Raises InputError."""
    return load_rgb(path, quoted(path))


class TooFew(ValueError):
    """There are too few pictures to tell."""
