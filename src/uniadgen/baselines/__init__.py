"""Other systems to compare with, one file each: what they make goes to `evaluate --outputs NAME=FOLDER`.

    uniadgen baselines run studio --data DATA --split test --out studio

A new one is one file of this folder that ends in `BASELINE = Baseline(...)`. It sees what our own model sees of a shopper, a
`Task`, never the ad that the shopper truly clicked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from PIL import Image

from uniadgen.ads import AdRequest, Click
from uniadgen.registry import defined


@dataclass(frozen=True)
class Task:
    """What a system is asked for: an ad of the request's product (an RGBA cut-out) for the shopper of its history.

    category: the product's, as the shop names it. size: of the ad in pixels.
    """

    request: AdRequest
    category: str | None
    size: tuple[int, int]


@dataclass(frozen=True)
class Made:
    """What a system made: "" for a system without texts; no background: the product stands on plain white. clicks: numbers of
    the clicks that it looked at."""

    text: str = ""
    background: Image.Image | None = None
    clicks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """needs: in words, of weights, licences, memory; "" for nothing."""

    name: str
    what: str
    makes: Literal["text", "picture", "both"]
    make: Callable[[Task], Made]
    needs: str = ""


@cache
def all_baselines() -> dict[str, Baseline]:
    """By name, in the order of the names of their files."""
    import uniadgen.baselines as package

    baselines: list[Baseline] = defined(package, "BASELINE")
    return {baseline.name: baseline for baseline in baselines}


def most_similar_click(request: AdRequest) -> tuple[int, Click] | None:
    """The click whose text is most like the product's description, with its number; None without clicks."""
    from uniadgen.clicks.similarity import product_similarity

    if not request.history:
        return None
    similarity = product_similarity([click.text for click in request.history], request.product.description)
    number = int(similarity.argmax())
    return number, request.history[number]
