"""What somebody works on, as plain data: each change gives a new state, so that undoing is going back to the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from uniadgen.ads import AdRequest, Box, Click, Product
from uniadgen.errors import InputError
from uniadgen.inspection import text_verdict
from uniadgen.selling_points import MAX_POINT_CHARACTERS, MAX_POINTS
from uniadgen.words import clean_text, split_list

SIDE = 768  # pixels of the ads; other sizes are cut from them
MAX_CLICKS = 200
SEPARATORS = {", ": "commas", " | ": "bars", " · ": "dots", " - ": "dashes", " ": "spaces"}
NEAR = (0.6, 0.8, 1.2)  # temperatures of pictures that are like one of the same seed


@dataclass(frozen=True)
class Point:
    """A selling point. on: whether ads may use it."""

    text: str
    on: bool = True


@dataclass(frozen=True)
class Spec:
    """What decides about an ad's picture or text. photo, clicks: digests of stored files, clicks with their texts. best_of:
    candidates that it is chosen from."""

    photo: str
    description: str
    points: tuple[str, ...]
    clicks: tuple[tuple[str, str], ...]
    box: tuple[float, float, float, float] | None
    seed: int
    temperature: float | None = None
    best_of: int = 1

    def request(self, read: Any) -> AdRequest:
        """read: from a digest to a file's bytes."""
        history = [Click(read(picture), text) for picture, text in self.clicks]
        box = None if self.box is None else Box(*self.box)
        return AdRequest(Product(read(self.photo), self.description, list(self.points)), history, box)


@dataclass(frozen=True)
class Project:
    """photo, cutout: digests of stored files, None before there is a product. variants: on the table, oldest first. locked:
    those that stay when others are made. seed: of the next variant. best_of: candidates of each; layout: where the text stands
    in the pictures of the next ones, "" for nowhere; brand: the digest of their brand kit (`words.Kits`)."""

    photo: str | None = None
    cutout: str | None = None
    description: str = ""
    points: tuple[Point, ...] = ()
    clicks: tuple[tuple[str, str], ...] = ()
    variants: tuple[int, ...] = ()
    locked: tuple[int, ...] = ()
    seed: int = 0
    best_of: int = 1
    layout: str = ""
    brand: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Project":
        lists = {name: tuple(data[name]) for name in ("variants", "locked")}
        points = tuple(Point(**point) for point in data["points"])
        return cls(**{**data, **lists, "points": points, "clicks": tuple((a, b) for a, b in data["clicks"])})

    @property
    def usable(self) -> tuple[str, ...]:
        return tuple(point.text for point in self.points if point.on)

    @property
    def missing(self) -> str | None:
        """What is still needed before ads can be made."""
        for lacking, what in (
            (self.photo is None, "a photo of the product"),
            (not self.description, "a description"),
            (not self.usable, "a selling point"),
        ):
            if lacking:
                return what
        return None

    def spec(self, seed: int) -> Spec:
        """Raises InputError when something is missing."""
        if self.missing or self.photo is None:
            raise InputError(f"The product still needs {self.missing}.")
        return Spec(self.photo, self.description, self.usable, self.clicks, None, seed, best_of=self.best_of)

    @property
    def words(self) -> dict[str, Any] | None:
        """How the text of the next ads stands in their pictures."""
        return {"layout": self.layout, "brand": self.brand} if self.layout else None

    def with_points(self, text: str) -> "Project":
        """Further points from a pasted list: one a line, or with commas between them. Raises InputError."""
        given = [part for line in text.splitlines() for part in ([line] if "\n" in text.strip() else split_list(line))]
        there = {point.text for point in self.points}
        new = [clean for part in given if (clean := clean_text(part.strip(" -*•\t"))) and clean not in there]
        if any(len(point) > MAX_POINT_CHARACTERS for point in new) or len(self.points) + len(new) > MAX_POINTS:
            raise InputError(f"At most {MAX_POINTS} selling points of at most {MAX_POINT_CHARACTERS} characters.")
        return replace(self, points=(*self.points, *(Point(point) for point in dict.fromkeys(new))))

    def with_point(self, number: int, action: str) -> "Project":
        """A point switched on or off, moved or taken away."""
        points = list(self.points)
        if not 0 <= number < len(points):
            return self
        if action == "toggle":
            points[number] = replace(points[number], on=not points[number].on)
        elif action in ("left", "right"):
            other = number + (1 if action == "right" else -1)
            if 0 <= other < len(points):
                points[number], points[other] = points[other], points[number]
        elif action == "remove":
            del points[number]
        return replace(self, points=tuple(points))

    def with_typed(self, description: str | None, texts: Mapping[int, str]) -> "Project":
        """As it is after typing. texts: of clicked ads, by their places."""
        clicks = tuple((picture, texts.get(place, text)) for place, (picture, text) in enumerate(self.clicks))
        return replace(self, description=self.description if description is None else description, clicks=clicks)

    def typed_into(self, later: "Project") -> str | None:
        """The field by whose text alone a later state differs from this one; None where it differs otherwise, or not at all."""
        if replace(later, description=self.description, clicks=self.clicks) != self or len(later.clicks) != len(self.clicks):
            return None
        pairs = list(zip(self.clicks, later.clicks, strict=True))
        if any(before[0] != after[0] for before, after in pairs):
            return None
        fields = [f"text {place}" for place, (before, after) in enumerate(pairs) if before != after]
        if self.description != later.description:
            fields.append("description")
        return fields[0] if len(fields) == 1 else None

    def with_clicks(self, clicks: Sequence[tuple[str, str]]) -> "Project":
        if len(clicks) > MAX_CLICKS:
            raise InputError(f"At most {MAX_CLICKS} clicked ads.")
        return replace(self, clicks=tuple(clicks))

    def with_variants(self, new: Sequence[int], seed: int) -> "Project":
        """New ones in place of those that aren't locked."""
        return replace(self, variants=(*(v for v in self.variants if v in self.locked), *new), seed=seed)

    def with_more(self, new: Sequence[int], seed: int, after: int) -> "Project":
        """New ones beside the one that they come from."""
        at = self.variants.index(after) + 1 if after in self.variants else len(self.variants)
        return replace(self, variants=(*self.variants[:at], *new, *self.variants[at:]), seed=seed)

    def with_instead(self, new: int, old: int) -> "Project":
        """A new one in place of the one that it comes from."""
        variants, locked = (tuple(new if v == old else v for v in numbers) for numbers in (self.variants, self.locked))
        return replace(self, variants=variants, locked=locked)


def joined_text(points: Sequence[str], separator: str, allowed: Sequence[str]) -> str:
    """An ad's text of whole selling points in this order. Raises InputError, with the reason, for one that would not be true or
    could not be read."""
    if not points:
        raise InputError("Choose at least one selling point.")
    if separator not in SEPARATORS or any(point not in allowed for point in points):
        raise InputError("Only the product's own selling points can be in a text.")
    text = separator.join(points)
    verdict = text_verdict(text, allowed)
    for violation in verdict["violations"]:
        raise InputError(f"This text can't be used ({violation['criterion']}): {violation['reason']}.")
    return text
