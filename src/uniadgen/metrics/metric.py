"""What a metric is: figures with names and titles, what it needs, and a function from finished ads to values.

A new metric is one file of this folder that ends in `METRIC = Metric(...)`: it shows up in `uniadgen metrics`, in the tables
of `uniadgen evaluate`, in the report and in its glossary (see `registry`). A metric is of single ads (`of_ads`: values of each)
or of sets of pictures (`of_pictures`: results of all pictures of a system). Modules of metrics import torch and pyarrow inside
of functions, since the command line reads all metrics for its help.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ads import Box, Click, Placement, Product
from uniadgen.imaging.loading import load_rgb
from uniadgen.words import quoted

if TYPE_CHECKING:
    from uniadgen.metrics.picture_features import PictureSet
    from uniadgen.model.background_encoder import BackgroundEncoder

Values = dict[str, float]  # of one ad, by figure; a figure that has no value for this ad is missing
Need = Literal["text", "selling points", "ad", "background", "placement", "labels", "seconds", "pictures", "groups", "beside"]


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
        from uniadgen.metrics.pbs import features

        return features(self.judge.encoder, map(self.picture, range(len(self.outputs))))


def opened(path: Path) -> Image.Image:
    """RGB. Raises InputError."""
    return load_rgb(path, quoted(path))


@dataclass(frozen=True)
class Scores:
    """What a metric says of `Ads`: the values of each, how each figure was computed, and what else a reader should know."""

    values: Sequence[Values]
    signatures: Mapping[str, str]
    about: Mapping[str, Any] = field(default_factory=dict)


class TooFew(ValueError):
    """There are too few pictures to tell."""


@dataclass(frozen=True)
class Figure:
    """One column of the tables.

    what: for the report's reader, after the title. topic: the table it stands in, of at most six figures. follows_taste: more
    history should improve it, so it is drawn over the number of clicks, and compared shopper by shopper. source: of figures
    of picture sets, the result and its field.
    """

    name: str
    title: str
    what: str
    topic: str
    digits: int = 3
    unit: str = ""
    higher_is_better: bool | None = True  # None: near 1 is best, or neither
    follows_taste: bool = False
    source: tuple[str, str] | None = None


@dataclass(frozen=True)
class Metric:
    """name: of the verb, `uniadgen metrics NAME`. what: its line of help. needs: of an ad or a set. order: place in tables."""

    name: str
    what: str
    figures: tuple[Figure, ...]
    needs: tuple[Need, ...]
    order: int
    of_ads: Callable[[Ads], Scores] | None = None
    of_pictures: Callable[["PictureSet"], Mapping[str, Any]] | None = None  # results by name, each with as_dict() and signature
