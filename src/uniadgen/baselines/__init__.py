"""Other systems to compare with, one file each: what they make goes to `evaluate --outputs NAME=FOLDER`.

    uniadgen baselines run studio --data DATA --split test --out studio

A new one is one file of this folder that ends in `BASELINE = Baseline(...)`. It sees what our own model sees of a shopper, a
`Task`, never the ad that the shopper truly clicked. One that needs weights or a server says so in `prepare`, which looks for
all that can be missing before anything large is loaded.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from uniadgen.ads import AdRequest, Box, Click, Placement
from uniadgen.errors import InputError
from uniadgen.registry import defined


@dataclass(frozen=True)
class Task:
    """What a system is asked for: an ad of the request's product (an RGBA cut-out) for the shopper of its history.

    category: the product's, as the shop names it. size: of the ad in pixels. id: the shopper's. seed: of what is drawn.
    """

    request: AdRequest
    category: str | None
    size: tuple[int, int]
    id: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Made:
    """What a system made: "" for a system without texts; no background: the product stands on plain white.

    picture: the finished ad of a system that paints the product itself, in place of a background. box: where the product
    stands, if elsewhere than the request has it; None with a picture: only looking tells. clicks: numbers of the clicks that it
    looked at. notes: for the ad's record.
    """

    text: str = ""
    background: Image.Image | None = None
    clicks: tuple[int, ...] = ()
    picture: Image.Image | None = None
    box: Placement | None = None
    notes: tuple[str, ...] = ()


Make = Callable[[Task], Made | None]
"""None: there is nothing for this shopper, as among imported pictures."""


@dataclass(frozen=True)
class Settings:
    """Options of a run. A system knows some of them (`Baseline.options`); None: the system's own.

    weights: folder, file or hub id; controlnet: the same of a ControlNet. endpoint: address of an OpenAI-compatible server,
    asked for `model_name` with the key in the environment's `key_variable`, `parallel` requests at a time and `per_minute` at
    most, each for `timeout` seconds and once more for each of `retries`. thinking: whether a model that can is to think first.
    general: no clicks are shown; clicks: how many are, by product similarity. prompts: a file by `baselines prompts`; pool: of
    instructions. outputs: pictures that the system made elsewhere.
    """

    weights: str | None = None
    controlnet: str | None = None
    endpoint: str | None = None
    model_name: str | None = None
    key_variable: str = "UNIADGEN_ENDPOINT_KEY"
    timeout: float = 120.0
    retries: int = 5
    per_minute: int | None = None
    parallel: int = 1
    max_tokens: int | None = None
    temperature: float | None = None
    thinking: bool | None = None
    general: bool = False
    clicks: int = 10
    pool: str | None = None
    device: str = "auto"
    dtype: str = "auto"
    prompts: Path | None = None
    steps: int | None = None
    guidance: float | None = None
    candidates: int | None = None
    outputs: Path | None = None
    seed: int = 0

    def chosen(self) -> dict[str, Any]:
        """What differs from the defaults and can change an ad; not where files and servers are: what is in them is told by
        `Prepared.source`."""
        places = ("weights", "controlnet", "endpoint", "pool", "prompts", "outputs", "device")
        manners = ("key_variable", "timeout", "retries", "per_minute", "parallel")
        values = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {name: str(value) for name, value in values.items() if name not in (*places, *manners)}


@dataclass(frozen=True)
class Prepared:
    """A system that can run: all that it needs is there. source: what its weights and files are, for digests; open: loads
    them."""

    source: str
    open: Callable[[], AbstractContextManager[Make]]


def _unprepared(task: Task) -> Made:
    raise InputError("baseline: this system loads something; call what its `prepare` opens")


@dataclass(frozen=True)
class Baseline:
    """needs: in words, of weights, licences, memory; "" for nothing. runs: in process, or where its own code is installed.

    make: of a system that loads nothing; prepare: of others, raises InputError for what is missing. options: names of
    `Settings` that it knows. export: writes what the system's own code reads; its pictures come back with the option `outputs`.
    """

    name: str
    what: str
    makes: Literal["text", "picture", "both"]
    make: Callable[[Task], Made] = _unprepared
    needs: str = ""
    options: tuple[str, ...] = ()
    prepare: Callable[[Settings], Prepared] | None = None
    export: Callable[[Sequence[Task], Path, Settings], None] | None = field(default=None)
    runs: Literal["in process", "elsewhere"] = "in process"


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


def sampled(task: Task, count: int, sampling: str = "product-similarity") -> list[int]:
    """Numbers of at most `count` clicks, sampled as our own model's are."""
    import numpy as np

    from uniadgen.clicks.sampling import sample_clicks
    from uniadgen.clicks.similarity import product_similarity

    if not task.request.history:
        return []
    similarity = product_similarity([click.text for click in task.request.history], task.request.product.description)
    return sample_clicks(similarity, count, sampling, np.random.default_rng(task.seed))


def standing_box(task: Task) -> Placement:
    """Where the product stands, in pixels of the ad: in the request's box, or as large as it usually is."""
    from uniadgen.imaging.placing import place

    image = task.request.product.image
    if not isinstance(image, Image.Image):
        raise TypeError("tasks hold cut-outs, no paths")
    box: Box | None = task.request.box
    return place(image, task.size, box)
