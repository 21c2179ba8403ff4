"""Inspection of an ad's picture by the four criteria of reviewers: size, shape, space, visual.

    inspection = inspect_picture(ad.image, ad.background, ad.placement, cutout, ad.stance)
    inspection.qualified, inspection.violations, inspection.scores

Rules judge what can be measured: no contrast between the product and what is behind it, a product that hardly shows, another
colour behind its holes, words that were set over it, stray letters where they are read. The rest - a product that floats, that
is tilted against the camera, of the wrong size for its scene, in front of a busy backdrop - is judged by a small classifier,
trained on violations composed on purpose.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from uniadgen.ads import STANDING, Placement, Stance
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.inspection.picture.network import CRITERIA, Classifier, Criterion, embedded
from uniadgen.inspection.picture.reading import Seen, as_fractions, hanger_box, make_views, measure, see
from uniadgen.inspection.picture.stray import stray_characters

Box = tuple[float, float, float, float]
PixelBox = tuple[int, int, int, int]

# Rules, as (measure, limit) of what no reviewer accepts.
_MOST_LOST = 0.62  # of the outline without contrast
_LEAST_COLOUR = 12.0  # CIE76 between product and surroundings, with half of the outline lost
_HOLE = 12.0  # CIE76 between what shows through the product's holes and any colour around it
_LEAST_EXTENT = 0.12

_REASONS: dict[str, str] = {
    "size": "the product and its surroundings are not of believable proportion",
    "shape": "something that is not the product touches its outline, or shows through it",
    "space": "the product is not connected with the scene: it floats, or is seen from another side than the scene",
    "visual": "the product does not stand out from its backdrop",
}


@dataclass(frozen=True)
class PictureViolation:
    """A reason to reject a picture. box: where, as fractions of the picture, y downwards. score: 0 to 1, how sure."""

    criterion: Criterion
    reason: str
    box: Box
    score: float


@dataclass(frozen=True)
class PictureInspection:
    """scores: the probability of a violation by criterion, and what was measured (`reading.MEASURES`)."""

    violations: tuple[PictureViolation, ...]
    scores: dict[str, float]

    @property
    def qualified(self) -> bool:
        return not self.violations

    @property
    def worst(self) -> float:
        """The greatest probability of a violation: the less, the better the picture."""
        return max(self.scores.get(criterion, 0.0) for criterion in CRITERIA)

    def as_dict(self) -> dict[str, Any]:
        """The inspection as the command line prints it."""
        violations = [
            {"criterion": v.criterion, "reason": v.reason, "box": list(v.box), "score": v.score} for v in self.violations
        ]
        return {"qualified": self.qualified, "violations": violations, "scores": self.scores}


def inspect_picture(
    image: Image.Image,
    background: Image.Image,
    placement: Placement,
    cutout: Image.Image | None = None,
    stance: Stance = STANDING,
    classifier: Classifier | None = None,
    words: Sequence[PixelBox] = (),
    read_letters: bool = False,
) -> PictureInspection:
    """image, background: of one size; placement: of the product in them, in pixels. cutout: RGBA; without it the product is
    what the background lacks. classifier: the embedded one when None. words: where the ad's own words were set into the picture
    (left, top, right, bottom in pixels), which are no fault unless they cover the product; with a cut-out they may be in the
    image. read_letters: look for stray ones, by OCR (`stray`). Raises InputError for pictures that don't fit together.
    """
    if image.size != background.size:
        raise InputError(
            f"background: it has {background.width}x{background.height} pixels, the picture {image.width}x{image.height}; "
            "supply the background of this picture"
        )
    left, top = placement.left, placement.top
    right, bottom = left + placement.width, top + placement.height
    if min(left, top) < 0 or min(placement.width, placement.height) < 1 or right > image.width or bottom > image.height:
        raise InputError(f"placement: it lies outside of the picture of {image.width}x{image.height} pixels; correct it")
    clean = image if cutout is None or not words else _without_words(image, background, placement, cutout, words)
    seen = see(clean, background, placement, cutout, stance)
    whole = as_fractions((left, top, right, bottom), (image.height, image.width))
    if seen is None:
        gone = PictureViolation("visual", "no product can be seen in the picture", whole, 1.0)
        return PictureInspection((gone,), dict.fromkeys(("size", "shape", "space"), 0.0) | {"visual": 1.0})
    measures = measure(seen)
    broken: dict[Criterion, PictureViolation] = {}
    for criterion, reason, score in by_rules(measures):
        broken.setdefault(criterion, PictureViolation(criterion, reason, whole, score))
    scores = dict.fromkeys(CRITERIA, 0.0)
    classifier = classifier or embedded()
    if classifier is not None:
        views = torch.from_numpy(make_views(seen))[None]
        probabilities = classifier.probabilities(views, torch.tensor([list(measures.values())]))[0].tolist()
        for name, probability, threshold in zip(CRITERIA, probabilities, classifier.thresholds, strict=True):
            scores[name] = round(probability, 4)
            if probability >= threshold and name not in broken:
                box = hanger_box(seen) if name == "shape" else _under(whole) if name == "space" else whole
                broken[name] = PictureViolation(name, _REASONS[name], box, scores[name])
    further = [_over_product(box, image.size) for box in words if _covers(box, seen, image.size)]
    if read_letters:
        further += [
            PictureViolation("visual", f'stray characters: "{read.text}"', _fractions(read.box, image.size), read.score)
            for read in stray_characters(image, background, placement, cutout, words)
        ]
    for violation in (*broken.values(), *further):
        scores[violation.criterion] = max(scores[violation.criterion], violation.score)
    ordered = sorted((*broken.values(), *further), key=lambda violation: CRITERIA.index(violation.criterion))
    return PictureInspection(tuple(ordered), scores | measures)


def _without_words(
    image: Image.Image, background: Image.Image, placement: Placement, cutout: Image.Image, words: Sequence[PixelBox]
) -> Image.Image:
    """The picture as it would be without its words: background and product in their place."""
    plain, clean = compose(background, cutout, placement), image.convert("RGB")
    for left, top, right, bottom in words:
        pad = round(0.3 * (bottom - top))
        box = (max(0, left - pad), max(0, top - pad), min(image.width, right + pad), min(image.height, bottom + pad))
        clean.paste(plain.crop(box), box[:2])
    return clean


def _covers(box: PixelBox, seen: Seen, size: tuple[int, int]) -> bool:
    """Whether words lie on the product; what they only touch at this size doesn't count."""
    height, width = seen.opacity.shape
    left, right = math.ceil(box[0] * width / size[0]), math.floor(box[2] * width / size[0])
    top, bottom = math.ceil(box[1] * height / size[1]), math.floor(box[3] * height / size[1])
    return bool(np.any(seen.opacity[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] > 0.5))


def _over_product(box: PixelBox, size: tuple[int, int]) -> PictureViolation:
    return PictureViolation("visual", "words cover the product", _fractions(box, size), 1.0)


def _fractions(box: PixelBox, size: tuple[int, int]) -> Box:
    return as_fractions(box, (size[1], size[0]))


def by_rules(measures: Mapping[str, float]) -> list[tuple[Criterion, str, float]]:
    """What is beyond doubt by the measures (`reading.MEASURES`): criteria, reasons, scores."""
    broken: list[tuple[Criterion, str, float]] = []
    lost, colour = measures["lost_outline"], measures["own_colour"]
    if lost > _MOST_LOST or (lost > 0.5 and colour < _LEAST_COLOUR):
        share = f"{lost:.0%} of the product's outline can hardly be told from what is behind it"
        broken.append(("visual", share, round(min(1.0, 0.5 + lost / 2), 4)))
    if measures["holes"] > _HOLE:
        broken.append(("shape", "something of another colour than the backdrop shows through the product's holes", 0.9))
    if measures["extent"] < _LEAST_EXTENT:
        broken.append(("size", "the product is so small that it is hardly noticed", 1.0))
    return broken


def _under(box: Box) -> Box:
    """The strip around the base of a product."""
    height = box[3] - box[1]
    return box[0], round(max(0.0, box[3] - 0.15 * height), 4), box[2], round(min(1.0, box[3] + 0.15 * height), 4)
