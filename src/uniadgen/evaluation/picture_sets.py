"""Figures of all pictures of a system together: how crisp, how like real ones, how many memorised, how diverse.

Backgrounds are held against real plates; where a system gives finished ads only, or the data have no plates, ads against ads.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from uniadgen.errors import InputError
from uniadgen.evaluation.figures import Output
from uniadgen.imaging.loading import load_picture
from uniadgen.metrics.crispness import crispness
from uniadgen.metrics.diversity import diversity
from uniadgen.metrics.kid import kid
from uniadgen.metrics.memorised import memorised
from uniadgen.metrics.picture_features import (
    Kind,
    PictureFeatures,
    Seen,
    encoder_signature,
    folder_pictures,
    picture_features,
    real_pictures,
)
from uniadgen.model.background_encoder import BackgroundEncoder
from uniadgen.words import quoted

COLUMNS = (  # of the table: a name, its figure and field, and the column's title
    ("crispness_laplacian", "crispness", "laplacian_ratio", "crispness, Laplacian / real"),
    ("crispness_gradient", "crispness", "gradient_ratio", "crispness, gradient / real"),
    ("crispness_edges", "crispness", "edges_ratio", "crispness, edges / real"),
    ("kid", "kid", "ratio", "KID / real"),
    ("memorised_features", "memorised", "features", "memorised, features"),
    ("memorised_pixels", "memorised", "pixels", "memorised, pixels"),
    ("diversity_seeds", "diversity_seeds", "ratio", "diversity of seeds / real"),
    ("diversity_products", "diversity_products", "ratio", "diversity of a shopper's products / real"),
)


class RealPictures:
    """Features of a data set's real pictures, each kind and split computed once."""

    def __init__(self, data: Path, split: str, encoder: BackgroundEncoder) -> None:
        self.data, self.split, self.encoder, self.signature = data, split, encoder, encoder_signature(encoder)
        self.features = cache(self._features)
        self.has_plates = self.features(split, "plate") is not None

    def _features(self, split: str, kind: Kind) -> PictureFeatures | None:
        try:
            return picture_features(self.encoder, real_pictures(self.data, split, kind))
        except InputError:  # it has none
            return None


def set_figures(
    outputs: Sequence[Output], real: RealPictures, varied: Mapping[str, Sequence[Path]] | None = None
) -> dict[str, Any]:
    """Figures of a system's pictures by name; None for one that too few pictures, or the data, can't tell.

    varied: "seeds" and "products" -> folders whose pictures are to differ, for diversity.
    """
    kind: Kind = "plate" if real.has_plates and all(output.background is not None for output in outputs) else "ad"
    found: dict[str, Any] = {"kind": kind}
    known = real.features(real.split, kind)
    if known is None or not outputs:
        return found | dict.fromkeys(("crispness", "kid", "memorised"))
    pictures, shown = picture_features(real.encoder, _seen(outputs, kind)), real.signature
    beside, train = real.features("test" if real.split == "val" else "val", kind), real.features("train", kind)
    true = (picture for picture, _ in real_pictures(real.data, real.split, kind))
    found["crispness"] = crispness((picture for picture, _ in _seen(outputs, kind)), true).as_dict()
    enough = beside is not None and min(len(pictures), len(known), len(beside)) > 1
    found["kid"] = kid(pictures, known, beside, shown).as_dict() if beside is not None and enough else None
    found["memorised"] = None if train is None else memorised(pictures, known, train, shown).as_dict()
    for name, folders in (varied or {}).items():
        groups = [picture_features(real.encoder, folder_pictures(folder, kind)) for folder in folders]
        told = len(known) > 1 and any(len(group) > 1 for group in groups)
        found[f"diversity_{name}"] = diversity(groups, known, shown).as_dict() if told else None
    return found


def _seen(outputs: Sequence[Output], kind: Kind) -> Iterator[Seen]:
    for output in outputs:
        path = output.ad if kind == "ad" or output.background is None else output.background
        picture = load_picture(path, quoted(path)).convert("RGB")
        place = output.placement
        width, height = picture.size
        box = None if place is None else (place.left / width, place.top / height, place.width / width, place.height / height)
        yield picture, box


def row(figures: Mapping[str, Any]) -> dict[str, float]:
    """The figures of the table by the names of COLUMNS."""
    values = ((name, (figures.get(figure) or {}).get(field)) for name, figure, field, _ in COLUMNS)
    return {name: value for name, value in values if value is not None}
