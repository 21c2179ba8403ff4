"""Best of N: several candidates of one ad, inspected, and the one that a reviewer would rather accept."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from PIL import Image

from uniadgen.ads import Ad
from uniadgen.errors import InputError
from uniadgen.inspection.picture import PictureInspection, inspect_picture
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.setting import with_words
from uniadgen.request import CheckedRequest
from uniadgen.rng import stream


class Candidate(NamedTuple):
    """An ad, and the request that it was made for."""

    ad: Ad
    request: CheckedRequest


def chosen_ads(candidates: Sequence[Candidate], options: GenerateOptions) -> list[Ad]:
    """Of every `best_of` candidates, which stand together, the best ad; words are set into that one only.

    Raises InputError with `strict` when the text of a chosen one isn't qualified.
    """
    if options.best_of == 1:
        return [candidate.ad for candidate in candidates]
    chosen = []
    for start in range(0, len(candidates), options.best_of):
        some, request = candidates[start : start + options.best_of], candidates[start].request
        ad = best([candidate.ad for candidate in some], request.cutout)
        if options.strict:
            refuse_unqualified([ad.inspection["text"]])
        chosen.append(with_words(ad, request.history, options))
    return chosen


def refuse_unqualified(verdicts: Sequence[dict[str, Any]]) -> None:
    """Raises InputError for the first verdict on a text with a violation."""
    for verdict in verdicts:
        for violation in verdict["violations"]:
            raise InputError(
                f"the ad's text is refused: {violation['reason']}; correct product.selling_points, or leave strict out"
            )


def candidate_seeds(seed: int, count: int) -> list[int]:
    """The seeds of an ad's candidates; the first one is the ad's own, so that one candidate is the ad as ever."""
    return [seed, *(stream(seed, "candidate", number).getrandbits(63) for number in range(1, count))]


def best(candidates: Sequence[Ad], cutout: Image.Image) -> Ad:
    """The candidate that passes the inspection of picture and text with the least doubt, under the seed of the first.

    Its `candidates` tell seed and verdicts of all; where none passes, a note says so.
    """
    inspected = [inspected_ad(ad, cutout) for ad in candidates]

    def rank(number: int) -> tuple[bool, int, float, int]:
        ad, inspection = inspected[number]
        violations = len(ad.inspection["text"]["violations"]) + len(inspection.violations)
        return not ad.qualified, violations, inspection.worst, number

    order = sorted(range(len(inspected)), key=rank)
    chosen = inspected[order[0]][0]
    notes = list(chosen.notes)
    if not chosen.qualified:
        notes.append(
            f"none of {len(candidates)} candidates passed the inspection; this is the one with the least that is wrong"
        )
    verdicts = [
        {"seed": ad.seed, "chosen": number == order[0], "qualified": ad.qualified, "text": ad.text, "inspection": ad.inspection}
        for number, (ad, _) in enumerate(inspected)
    ]
    return replace(chosen, seed=candidates[0].seed, notes=notes, candidates=verdicts)


def inspected_ad(ad: Ad, cutout: Image.Image) -> tuple[Ad, PictureInspection]:
    """The ad with the verdict on its picture beside that on its text."""
    inspection = inspect_picture(ad.image, ad.background, ad.placement, cutout, ad.stance)
    return replace(ad, inspection={**ad.inspection, "picture": inspection.as_dict()}), inspection
