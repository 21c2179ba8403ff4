"""Figures of all pictures of a system together: how crisp, how like real ones, how many memorised, how diverse.

Backgrounds are held against real plates; where a system gives finished ads only, or the data have no plates, ads against ads.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from uniadgen.metrics.judged import Judge, Output, TooFew, opened
from uniadgen.metrics.picture_features import Kind, NoRealPictures, PictureSet, Seen, folder_pictures, real_features
from uniadgen.metrics.registry import all_metrics, set_figures


def judge_pictures(
    outputs: Sequence[Output], judge: Judge, varied: Mapping[str, Sequence[Path]] | None = None
) -> dict[str, Any]:
    """Results of a system's pictures by name; None for one that too few pictures, or the data, can't tell.

    varied: "seeds" and "products" -> folders whose pictures are to differ, for diversity.
    """
    kind: Kind = "plate" if all(output.background is not None for output in outputs) and _has_plates(judge) else "ad"
    groups = {name: [partial(folder_pictures, folder, kind) for folder in folders] for name, folders in (varied or {}).items()}
    beside = "test" if judge.split == "val" else "val"
    pictures = PictureSet(judge, kind, partial(_seen, outputs, kind), groups, beside)
    summary: dict[str, Any] = {"kind": kind}
    for metric in all_metrics():
        if metric.of_pictures is None:
            continue
        try:
            results = metric.of_pictures(pictures)
        except (NoRealPictures, TooFew):
            results = dict.fromkeys(figure.source[0] for figure in metric.figures if figure.source)
        summary |= {name: None if result is None else result.as_dict() for name, result in results.items()}
    return summary


def _has_plates(judge: Judge) -> bool:
    try:
        return len(real_features(judge, judge.split, "plate")) > 0
    except NoRealPictures:
        return False


def _seen(outputs: Sequence[Output], kind: Kind) -> Iterator[Seen]:
    for output in outputs:
        picture, place = opened(output.ad if kind == "ad" or output.background is None else output.background), output.placement
        width, height = picture.size
        box = None if place is None else (place.left / width, place.top / height, place.width / width, place.height / height)
        yield picture, box


def row(results: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a system's tables, by name."""
    values = {f.name: (results.get(f.source[0]) or {}).get(f.source[1]) for f in set_figures() if f.source}
    return {name: value for name, value in values.items() if value is not None}
