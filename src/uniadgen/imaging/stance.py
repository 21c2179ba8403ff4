"""How a product is to be shown, and how large it is: from what is said of it, and from its outline.

    stance = find_stance(cutout, description, selling_points, size_cm=None, posture=None)

What the request says goes first. Otherwise the kind of product is read off its description and selling points (`kinds.yaml`),
its size off dimensions in them ("27-inch", "500ml", "40 x 30 cm") or else off the kind; and an outline of several parts, some
of which nothing carries, was photographed from above.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, cast

import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ads import Posture, Stance
from uniadgen.errors import InputError
from uniadgen.imaging.components import components
from uniadgen.imaging.contact import find_contact

LEAST_CM, GREATEST_CM = 0.5, 2000.0
POSTURES: tuple[Posture, ...] = ("stands", "lies", "hangs")

_LONG = 2.0  # times as long as wide
_OUTLINE = 192  # pixels along a side at which the outline's parts are looked at
_PART = 0.02  # of the outline's area: smaller parts don't count
_LIFTED = 0.12  # of the outline's height: a part that ends so far above the ground isn't carried by it

_POINT, _FIRST_SENTENCE, _LATER = 2.0, 1.5, 0.25  # what it counts to be named there


@dataclass(frozen=True)
class _Kind:
    names: tuple[str, ...]
    size_cm: float
    posture: str


def check_size_cm(value: object, what: str = "product.size_cm") -> float | None:
    """The longest visible side in centimetres; None stays None. Raises InputError for what is no plausible size."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and LEAST_CM <= value <= GREATEST_CM:
        return float(value)
    written = f"{value:g}" if isinstance(value, float) else repr(value) if isinstance(value, int) else "this"
    raise InputError(
        f"{what}: {written[:40]} is no size of a product; give its longest visible side in centimetres, "
        f"a number from {LEAST_CM:g} to {GREATEST_CM:,.0f}"
    )


def check_posture(value: object, what: str = "placement.posture", required: bool = False) -> Posture | None:
    """Raises InputError for what is no posture; None stays None unless one is required."""
    if value is None and not required:
        return None
    for posture in POSTURES:
        if value == posture:
            return posture
    raise InputError(f"{what}: use {', '.join(POSTURES[:-1])} or {POSTURES[-1]}")


def find_stance(
    cutout: Image.Image,
    description: str,
    selling_points: Sequence[str],
    size_cm: float | None = None,
    posture: Posture | None = None,
) -> Stance:
    """cutout: RGBA with something visible. size_cm, posture: what the request says, which is taken as it is."""
    kind = _kind(description, tuple(selling_points))
    if size_cm is None:
        size_cm = said_size((*selling_points, description)) or (kind.size_cm if kind else None)
    return Stance(posture or _posture(cutout, kind), size_cm)


def _posture(cutout: Image.Image, kind: _Kind | None) -> Posture:
    if kind is not None and kind.posture in ("lies", "hangs"):
        return cast(Posture, kind.posture)
    alpha = cutout.getchannel("A")
    box = alpha.getbbox()
    assert box is not None
    width, height = box[2] - box[0], box[3] - box[1]
    if kind is not None and kind.posture == "lies_if_long" and max(width, height) >= _LONG * min(width, height):
        return "lies"
    scale = min(1.0, _OUTLINE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    opacity = np.asarray(alpha.crop(box).resize(size, Image.Resampling.BOX), np.float32) / 255
    return "lies" if _has_lifted_part(opacity) else "stands"


def _has_lifted_part(opacity: NDArray[np.floating[Any]]) -> bool:
    """Whether a part of the outline that touches no other ends well above the ground: from the front it would fall."""
    solid = opacity >= 0.5
    if not solid.any():
        return False
    contact = find_contact(opacity)
    labels = components(solid)
    for label, area in zip(*np.unique(labels[solid], return_counts=True), strict=True):
        rows, columns = np.nonzero(labels == label)
        ground = np.interp(columns, np.arange(contact.first, contact.last + 1), contact.ground)
        if area >= _PART * solid.sum() and float(np.min(ground - rows)) > _LIFTED * solid.shape[0]:
            return True
    return False


# Words -------------------------------------------------------------------------------------------------------------------


@lru_cache
def _kinds() -> tuple[_Kind, ...]:
    entries = yaml.safe_load((resources.files(__package__) / "kinds.yaml").read_text("utf-8"))
    return tuple(_Kind(tuple(entry["names"]), float(entry["size_cm"]), entry.get("posture", "stands")) for entry in entries)


@lru_cache
def _names() -> tuple[re.Pattern[str], dict[str, _Kind]]:
    """A pattern that finds the longest name at a place, and the kind of each."""
    kinds = {name.lower(): kind for kind in _kinds() for name in kind.names}
    longest = sorted(kinds, key=len, reverse=True)
    parts = [re.escape(name) if not name.isascii() else rf"\b{re.escape(name)}(?:s|es)?\b" for name in longest]
    return re.compile("|".join(f"({part})" for part in parts), re.IGNORECASE), {name: kinds[name] for name in longest}


@lru_cache(maxsize=256)  # of products; a batch asks once for each shopper
def _kind(description: str, selling_points: tuple[str, ...]) -> _Kind | None:
    """The kind that is named most: selling points and the description's first sentence say what a product is."""
    first, _, rest = re.sub(r"(?<=[a-z])[.!?] |[。！？]", "\n", description.lower()).partition("\n")
    weights: dict[_Kind, float] = {}
    pattern, kinds = _names()
    by_group = list(kinds.values())
    for text, weight in ((first, _FIRST_SENTENCE), *((point, _POINT) for point in selling_points), (rest, _LATER)):
        lower = text.lower()
        if not any(name in lower for name in kinds):  # the pattern would take twenty times as long to find nothing
            continue
        for kind in dict.fromkeys(_heads(text, [(m.span(), by_group[(m.lastindex or 1) - 1]) for m in pattern.finditer(text)])):
            weights[kind] = weights.get(kind, 0) + weight
    # of kinds that are named equally often the one that is named first
    return max(weights, key=lambda kind: weights[kind]) if weights and max(weights.values()) > _LATER else None


def _heads(text: str, named: Sequence[tuple[tuple[int, int], _Kind]]) -> Iterator[_Kind]:
    """What is named, without what only says more of the name behind it: a bread toaster is a toaster."""
    for place, ((_, end), kind) in enumerate(named):
        following = named[place + 1][0][0] if place + 1 < len(named) else len(text) + 1
        if following > len(text) or text[end:following].strip():
            yield kind


_UNITS = {
    **dict.fromkeys(("mm", "毫米"), 0.1),
    **dict.fromkeys(("cm", "厘米", "公分"), 1.0),
    **dict.fromkeys(("inch", "inches", "in", '"', "”", "″", "英寸", "寸"), 2.54),
    **dict.fromkeys(("ft", "feet"), 30.5),
    "m": 100.0,
}  # centimetres
_NUMBER = r"(\d{1,4}(?:[.,]\d{1,2})?)"
_UNIT = r'(mm|毫米|cm|厘米|公分|inch(?:es)?|in\b(?!\s+\w)|"|”|″|英寸|寸|ft|feet|m(?![a-z]))'
_NEXT = rf"\s*[a-z]?\s*[x×*]\s*(?:[a-z]\s*)?{_NUMBER}\s*{_UNIT}?"  # sides may be named: L 29" x W 13"
_SEVERAL = re.compile(rf"(?<![\d.]){_NUMBER}\s*{_UNIT}?{_NEXT}(?:{_NEXT})?", re.IGNORECASE)
_ONE = re.compile(rf"(?<![\d.]){_NUMBER}[\s-]*(mm|毫米|cm|厘米|公分|inch(?:es)?|\"|”|″|英寸|寸)(?![a-z])", re.IGNORECASE)
_VOLUME = re.compile(rf"(?<![\d.]){_NUMBER}\s*(ml|毫升|cl|l|liters?|litres?|升)(?![a-z])", re.IGNORECASE)
_LITRES = {"ml": 0.001, "毫升": 0.001, "cl": 0.01}
_NO_OVERALL = re.compile(r"strap|cable|cord|waterproof|resist|depth|screen|display|fits|laptop|thick", re.IGNORECASE)


def said_size(texts: Sequence[str]) -> float | None:
    """The longest side in centimetres that the texts tell; None when they tell none.

    Several sides beat one, one beats a volume, of which the height of a bottle three times as high as wide is taken. Lengths of
    straps and cables, and what fits in, are no size of the product.
    """
    for find in (_of_sides, _of_one, _of_volume):
        for text in texts:
            for clause in re.split(r"[;,。；]\s|\.\s", text):
                size = None if find is not _of_sides and _NO_OVERALL.search(clause) else find(clause)
                if size is not None and LEAST_CM <= size <= GREATEST_CM:
                    return round(size, 1)
    return None


def _value(text: str) -> float:
    return float(text.replace(",", "."))


def _of_sides(text: str) -> float | None:
    match = _SEVERAL.search(text)
    if match is None:
        return None
    groups = match.groups()
    unit = next((u for u in (groups[1::2])[::-1] if u), None)
    if unit is None:
        return None
    return max(_value(number) for number in groups[::2] if number) * _UNITS[unit.lower()]


def _of_one(text: str) -> float | None:
    match = _ONE.search(text)
    return _value(match[1]) * _UNITS[match[2].lower()] if match else None


def _of_volume(text: str) -> float | None:
    match = _VOLUME.search(text)
    if match is None:
        return None
    litres = _value(match[1]) * _LITRES.get(match[2].lower(), 1.0)
    return (36 * 1000 * litres / math.pi) ** (1 / 3) if litres else None
