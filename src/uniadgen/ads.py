"""The nouns of the domain, free of tensors: a product, a click, a request for an ad, and the ad."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

if TYPE_CHECKING:
    from uniadgen.typography import Brand, Taste, Typesetting


@dataclass(frozen=True)
class StoredPicture:
    """A picture in a data set, read when somebody looks at it. name: no other picture has it. read: a file's bytes."""

    name: str
    read: Callable[[], bytes] = field(compare=False, repr=False)


Picture = Image.Image | str | Path | bytes | StoredPicture
"""An open picture, the path of a file, a file's bytes, or what a data set holds."""

Posture = Literal["stands", "lies", "hangs"]
"""How a product is shown: on a ground; seen from above, lying on it; before a wall."""

Layout = Literal["auto", "top", "bottom", "left", "right", "band"]
"""Where words stand in the picture: where it is best, above the product, below it, beside it, on a band across the picture."""


@dataclass(frozen=True)
class Product:
    """What is advertised.

    image: the cut-out (RGBA), or a photo on a plain backdrop (on any, where `uniadgen fetch cutout` was called), or its path.
    description: what the product is; steers picture and text, but its words are never used in the ad's text by themselves.
    selling_points: 1 to 199 short statements; the ad's text consists of their words.
    size_cm: the product's longest visible side in centimetres; None: as far as its words or its kind tell.
    """

    image: Picture
    description: str
    selling_points: list[str]
    size_cm: float | None = None


@dataclass(frozen=True)
class Click:
    """One ad that the shopper clicked: its picture and its text."""

    image: Picture
    text: str


@dataclass(frozen=True)
class Box:
    """Where the visible part of the cut-out may stand, in fractions of the canvas, y downwards."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class AdRequest:
    """One ad to make: the product, the shopper's clicks, oldest first (may be empty), optionally where the product stands, and
    how it is shown (None: as its kind usually is)."""

    product: Product
    history: list[Click] = field(default_factory=list)
    box: Box | None = None
    posture: Posture | None = None


@dataclass(frozen=True)
class Stance:
    """How a product is shown, and its longest visible side in centimetres, None when nothing tells it."""

    posture: Posture = "stands"
    size_cm: float | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"posture": self.posture, "size_cm": self.size_cm}


STANDING = Stance()
"""How a product is shown of which nothing is known."""


@dataclass(frozen=True)
class Placement:
    """Where the visible part of the cut-out stands in the ad, in pixels: left, top (inclusive), width and height."""

    left: int
    top: int
    width: int
    height: int

    def as_dict(self) -> dict[str, int]:
        return {"left": self.left, "top": self.top, "width": self.width, "height": self.height}


@dataclass(frozen=True)
class Light:
    """What a painted scene tells about its light, which the product's shadow was drawn by.

    side: -1 to 1, how clearly shadows fall to the left or to the right. left: 0 to 1, how much of our shadow is
    still needed beside the one that is painted. gloss: 0 to 1, how much the ground mirrors.
    """

    side: float
    left: float
    gloss: float

    def as_dict(self) -> dict[str, float]:
        return {"side": round(self.side, 6), "left": round(self.left, 6), "gloss": round(self.gloss, 6)}


@dataclass(frozen=True)
class SampledClick:
    """A click of the history that coarse sampling kept: its index in the history and its product similarity (-1..1)."""

    index: int
    similarity: float


@dataclass(frozen=True)
class Ad:
    """The result: a picture of the product in a scene, and the ad's text.

    image and background are RGB and of the same size; background is the ad without its product, whose shadow is in it. timings
    are seconds by stage (of a batch, an equal share); notes tell what was cut or assumed; image_passes are the decoder's passes
    for the picture. inspection: verdicts by what was inspected, {"text": {"qualified", "violations", "flags"}}
    (`inspection.text_verdict`), and "picture" (`inspection.picture`) where it was chosen among several. candidates: those it
    was chosen among, with their verdicts. description and selling_points: the product's. typesetting: the ad with its text in
    the picture, if that was asked for and there was room. why: what leaving out each click changes, if that was measured
    (`AdGenerator.explain`). light: that the shadow in the background was drawn by; "none" where there is none; "unsaid" in ads
    that were written before it was kept. unshaded: the background without that shadow, where it is at hand.
    """

    image: Image.Image
    text: str
    background: Image.Image
    placement: Placement
    sampled_clicks: list[SampledClick]
    timings: dict[str, float]
    seed: int
    model: str
    notes: list[str] = field(default_factory=list)
    image_passes: int = 0
    inspection: dict[str, Any] = field(default_factory=dict)
    stance: Stance = STANDING
    description: str = ""
    selling_points: list[str] = field(default_factory=list)
    typesetting: "Typesetting | None" = None
    candidates: list[dict[str, Any]] = field(default_factory=list)
    why: dict[str, Any] | None = None
    light: Light | Literal["none", "unsaid"] = "unsaid"
    unshaded: Image.Image | None = field(default=None, repr=False, compare=False)

    @property
    def qualified(self) -> bool:
        """Whether everything that was inspected was accepted."""
        return all(verdict["qualified"] for verdict in self.inspection.values())

    def typeset(self, *, layout: Layout = "auto", brand: "Brand | None" = None, taste: "Taste | None" = None) -> "Typesetting":
        """The ad with its text set into the picture (see `uniadgen.typography`). Raises InputError where no word can be set.

        brand: fonts, colours, logo and tone (`typography.read_brand`). taste: of the shopper's clicks (`typography.taste_of`).
        """
        from uniadgen.typography import typeset

        return typeset(
            self.image,
            self.background,
            self.placement,
            self.text,
            self.selling_points,
            description=self.description,
            layout=layout,
            brand=brand,
            taste=taste,
        )

    def as_dict(self) -> dict[str, Any]:
        """Everything but the pictures, ready for JSON."""
        return {
            "text": self.text,
            "description": self.description,
            "selling_points": self.selling_points,
            "placement": self.placement.as_dict(),
            "stance": self.stance.as_dict(),
            **({} if self.light == "unsaid" else {"light": light_record(self.light)}),
            "seed": self.seed,
            "model": self.model,
            "sampled_clicks": [{"index": c.index, "similarity": round(c.similarity, 6)} for c in self.sampled_clicks],
            "timings": {name: round(seconds, 4) for name, seconds in self.timings.items()},
            "image_size": list(self.image.size),
            "image_passes": self.image_passes,
            "notes": self.notes,
            "inspection": self.inspection,
            "qualified": self.qualified,
            **({"candidates": self.candidates} if self.candidates else {}),
            **({} if self.why is None else {"why": self.why}),
        }


def light_record(light: Light | Literal["none", "unsaid"]) -> dict[str, float] | str:
    """Ready for JSON; `light_of` reads it."""
    return light if isinstance(light, str) else light.as_dict()


def light_of(record: object) -> Light | Literal["none", "unsaid"]:
    """Of an ad's record; "unsaid" for what is no light, as older records have none."""
    if record == "none":
        return "none"
    values = [record.get(name) for name in ("side", "left", "gloss")] if isinstance(record, dict) else []
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    if len(numbers) < 3 or not all(-1 <= number <= 1 for number in numbers) or min(numbers[1:]) < 0:
        return "unsaid"
    return Light(*numbers)
