"""What a metric is: figures with names and titles, what it needs, and a function from finished ads to values.

A new metric is one file of this folder that ends in `METRIC = Metric(...)`: it shows up in `uniadgen metrics`, in the tables
of `uniadgen evaluate`, in the report and in its glossary (see `registry`). A metric is of single ads (`of_ads`: values of each)
or of sets of pictures (`of_pictures`: results of all pictures of a system). Modules of metrics import torch and pyarrow inside
of functions, since the command line reads all metrics for its help.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from uniadgen.metrics.judged import Ads

if TYPE_CHECKING:
    from uniadgen.metrics.picture_features import PictureSet

Values = dict[str, float]  # of one ad, by figure; a figure that has no value for this ad is missing
Need = Literal["text", "selling points", "ad", "background", "placement", "labels", "seconds", "pictures", "groups", "beside"]


@dataclass(frozen=True)
class Scores:
    """What a metric says of `Ads`: the values of each, how each figure was computed, and what else a reader should know."""

    values: Sequence[Values]
    signatures: Mapping[str, str]
    about: Mapping[str, Any] = field(default_factory=dict)


def in_lines(values: Mapping[str, Any]) -> str:
    """Figures by name as a table: fractions with four digits, means with their interval, a signature at the end.

    values: numbers, texts, or {"mean", "ci", "n"} as `means_over_ads` gives them.
    """
    cells = {name: _cell(value) for name, value in values.items() if name != "signature"}
    width = max(map(len, cells), default=0)
    lines = [f"{name:{width}}  {cell}" for name, cell in cells.items()]
    return "\n".join([*lines, values["signature"]] if "signature" in values else lines)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        low, high = value["ci"]
        return f"{value['mean']:.4f} [{low:.4f}, {high:.4f}]  {value['n']} ads"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


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
