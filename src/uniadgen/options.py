"""What an ad can be told to be, beside its request and its seed: one definition behind Python, command line, files and service.

    GenerateOptions(size=(1080, 1350), temperature=0.5)     # InputError names the first value that is out of its range
    GenerateOptions.from_mapping({"size": [768, 768]}, "options")

A new option is a field here: it appears in `AdGenerator.generate`, on the command line with its help and range, and in the
digest that `generate --resume` compares.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from uniadgen import schema
from uniadgen.ablations import check_ablations
from uniadgen.ads import Layout
from uniadgen.clicks.sampling import check_sampling
from uniadgen.errors import InputError
from uniadgen.schema import Range
from uniadgen.words import quoted

MIN_SIDE, MAX_SIDE = 64, 8192
Decoding = Literal["auto", "sequential", "parallel"]
TextStyle = Literal["any", "plain", "marked"]


def _said(metavar: str, help: str, changes_ad: bool = True) -> dict[str, Any]:
    """What the command line says of an option. changes_ad: False for one that leaves the ad as it is."""
    return {"metavar": metavar, "help": help, "changes_ad": changes_ad}


@dataclass(frozen=True)
class GenerateOptions:
    """Options of `AdGenerator.generate` and `generate_many`; None stands for the model's own value.

    size: width and height of the ad in pixels. history_length: clicks to sample. sampling: which (`clicks.sampling`).
    guidance, temperature, top_k: of the picture. text_temperature: of the text. decoding: image tokens one by one or several in
    a pass. must, never: selling points that the text has to have, and those that it may not have, as the product spells them.
    characters: its greatest length. text_style: whether it has marks. shadow: whether the product casts one (`imaging.shadow`).
    best_of: candidates to choose from, by inspecting picture and text. strict: an ad whose text the inspection does not accept
    is refused. typeset, layout: the text is set into the picture as well, and where (`typography`). calm: little detail is
    painted where words will stand. without: parts of the method that are taken out (`ablations`).

    Raises InputError for a value that is of another type or out of its range.
    """

    size: tuple[int, int] = field(default=(768, 768), metadata=_said("WxH", "of the ad, in pixels (default 768x768)"))
    history_length: Annotated[int | None, Range(0, 1000)] = field(
        default=None, metadata=_said("K", "clicks to sample (default: the model's)")
    )
    sampling: str = field(
        default="product-similarity", metadata=_said("NAME", "how to sample clicks (default product-similarity)")
    )
    guidance: Annotated[float | None, Range(0, 100)] = field(
        default=None, metadata=_said("G", "weight of the instruction in the picture, 0 to 100")
    )
    temperature: Annotated[float | None, Range(0, 100)] = field(
        default=None, metadata=_said("T", "of the picture, 0 (greedy) to 100")
    )
    top_k: Annotated[int | None, Range(1, 10**6)] = field(
        default=None, metadata=_said("K", "draw image tokens from the K likeliest")
    )
    text_temperature: Annotated[float | None, Range(0, 100)] = field(
        default=None, metadata=_said("T", "of the text, 0 (the likeliest, whatever the seed) to 100")
    )
    decoding: Decoding = field(
        default="auto",
        metadata=_said(
            "NAME", "image tokens one by one, or several in a pass; the ad is the same (default: what is faster)", False
        ),
    )
    best_of: Annotated[int, Range(1, 16)] = field(
        default=1, metadata=_said("N", "paint N candidates, inspect picture and text, keep the best that passes (default 1)")
    )
    strict: bool = field(
        default=False, metadata=_said("", "refuse an ad whose text the inspection does not accept, with its reason", False)
    )
    shadow: bool = field(default=True, metadata=_said("", "the shadow that the product casts on its surroundings"))
    typeset: bool = field(
        default=False, metadata=_said("", "set the ad's text into the picture as well (NAME.typeset.png)", False)
    )
    layout: Layout = field(
        default="auto", metadata=_said("NAME", "where --typeset sets the words (default: the best place)", False)
    )
    calm: bool = field(
        default=False, metadata=_said("", "paint little detail where words will stand, by --typeset or by somebody else")
    )
    must: tuple[str, ...] = field(
        default=(), metadata=_said("POINT", "a selling point that the text has to have, if there is room; repeatable")
    )
    never: tuple[str, ...] = field(
        default=(), metadata=_said("POINT", "a selling point that the text may not have; repeatable")
    )
    characters: Annotated[int | None, Range(1, 10_000)] = field(
        default=None, metadata=_said("N", "most characters of the text, as ad networks ask for (default: no limit)")
    )
    text_style: TextStyle = field(
        default="any", metadata=_said("STYLE", "of the text: plain has no marks but commas, marked has some (default: any)")
    )
    without: tuple[str, ...] = field(default=(), metadata=_said("PART", "take a part of the method out, to see what it is for"))

    def __post_init__(self) -> None:
        _check_size(self.size)
        for name, kind in hints().items():
            if name not in ("size", "sampling", "without", "must", "never"):
                schema.read(kind, getattr(self, name), name)
        check_sampling(self.sampling, "sampling")
        check_ablations(self.without, "without")
        for name, points in (("must", self.must), ("never", self.never)):
            if not isinstance(points, tuple) or not all(isinstance(point, str) and point.strip() for point in points):
                raise InputError(f"{name}: {quoted(str(points), 60)} is no list of selling points; give their words")
        if both := {folded(point) for point in self.must} & {folded(point) for point in self.never}:
            raise InputError(f"never: {quoted(min(both), 60)} is in must as well; leave it out of one of them")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], where: str) -> "GenerateOptions":
        """Options from JSON. where: what messages call them. Raises InputError, also for unknown names."""
        for name in values:
            if name not in hints():
                raise InputError(f"{where}: unknown option {name!r}; {schema.did_you_mean(name, hints())}")
        try:
            given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
            return cls(**given)
        except InputError as error:
            raise InputError(f"{where}.{error}") from None

    def shaping(self) -> dict[str, Any]:
        """The options that decide about pixels and words, ready for JSON."""
        changing = {f.name for f in dataclasses.fields(self) if f.metadata["changes_ad"]}
        changing |= {"layout"} if self.calm else set()
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name in changing}


def folded(point: str) -> str:
    """A selling point as it is compared: white space and capitals don't matter."""
    return " ".join(point.split()).casefold()


def hints() -> dict[str, Any]:
    """The options with their types and ranges, in the order of their definition."""
    return dict(schema.hints(GenerateOptions))


def _check_size(size: object) -> None:
    def fits(side: object) -> bool:
        return isinstance(side, int) and not isinstance(side, bool) and MIN_SIDE <= side <= MAX_SIDE

    if not (isinstance(size, tuple | list) and len(size) == 2 and all(map(fits, size))):
        raise InputError(f"size: {size!r} is no size; give (width, height), {MIN_SIDE} to {MAX_SIDE} pixels each")
