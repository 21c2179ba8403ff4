"""Why an ad is as it is: which clicks drove its picture and its text, measured by leaving each of them out.

    explain(generate, request, seed, options)       # `AdGenerator.explain` passes its own `generate_many`

Everything else stays: product, place, seed, and the other clicks that were sampled. So what changes is due to the click, as far
as one seed tells: a click whose share of the scene was already given by others changes nothing.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from uniadgen.ablations import ABLATIONS
from uniadgen.ads import Ad
from uniadgen.metrics.palette import palette_distance
from uniadgen.options import GenerateOptions
from uniadgen.request import CheckedRequest
from uniadgen.words import words

Generate = Callable[[Sequence[CheckedRequest], Sequence[int], GenerateOptions], list[Ad]]
PARTS: tuple[str, ...] = tuple(name for name in ("pictures", "texts") if name in ABLATIONS)  # of the clicks


@dataclass(frozen=True)
class Change:
    """How far an ad changes. picture: Delta E (CIELAB) over 4 x 4 cells of the background. text: share of words, 0 to 1."""

    picture: float
    text: float

    def as_dict(self) -> dict[str, float]:
        return {"picture": round(self.picture, 3), "text": round(self.text, 3)}


@dataclass(frozen=True)
class ClickInfluence:
    """What leaving one click out changes. index: in the history; similarity: of its product, as coarse sampling saw it."""

    index: int
    similarity: float
    change: Change


@dataclass(frozen=True)
class Explanation:
    """What leaving out changes: each sampled click, in the order of the history; all clicked pictures, all clicked texts (parts
    that the model's method can do without); and the whole history, beside which the others are to be read."""

    clicks: list[ClickInfluence]
    parts: dict[str, Change]
    history: Change

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        clicks = [
            {"index": click.index, "similarity": round(click.similarity, 6), **click.change.as_dict()} for click in self.clicks
        ]
        parts = {name: change.as_dict() for name, change in self.parts.items()}
        return {"clicks": clicks, "parts": parts, "history": self.history.as_dict()}


def explain(generate: Generate, request: CheckedRequest, seed: int, options: GenerateOptions) -> Explanation:
    """Makes the ad and, for each sampled click, one without it: as many ads as clicks, and four more. Raises InputError."""
    options = replace(options, strict=False, typeset=False)
    (ad,) = generate([request], [seed], options)
    if ad.candidates:  # the others are made under the seed of the one that was chosen
        seed = next(candidate["seed"] for candidate in ad.candidates if candidate["chosen"])
    options = replace(options, best_of=1)
    sampled = [request.history[click.index] for click in ad.sampled_clicks]
    if not sampled:
        none = Change(0.0, 0.0)
        return Explanation([], dict.fromkeys(PARTS, none), none)
    # Of the sampled clicks alone all are sampled again, and of one fewer all of the others.
    kept = replace(request, history=sampled)
    fewer = [replace(request, history=[*sampled[:i], *sampled[i + 1 :]]) for i in range(len(sampled))]
    changed = generate([*fewer, replace(request, history=[])], [seed] * (len(fewer) + 1), options)
    parts = dict[str, Change]()
    for name in PARTS:
        without = replace(options, without=tuple(dict.fromkeys((*options.without, name))))
        parts[name] = change(ad, generate([kept], [seed], without)[0])
    clicks = [
        ClickInfluence(click.index, click.similarity, change(ad, other))
        for click, other in zip(ad.sampled_clicks, changed[:-1], strict=True)
    ]
    return Explanation(clicks, parts, change(ad, changed[-1]))


def change(first: Ad, second: Ad) -> Change:
    """How far two ads of one product differ."""
    same = difflib.SequenceMatcher(None, words(first.text), words(second.text), autojunk=False).ratio()
    return Change(float(palette_distance(first.background, second.background)), 1.0 - same)
