"""What an ad's text says in which role: headline, support, badges - by whole selling points, and never a word of anything else.

    parts = parts_of("Kettle | 1.7 L, Auto Shut-Off", ["Kettle", "Auto Shut-Off", "1.7 L"])
    for message in messages(text, selling_points): ...      # from all of the text to the headline alone

A text whose selling points are not known, or that is not made of whole ones, is one part: it is set as it is or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

import regex
import yaml

from uniadgen.inspection.text import acceptable
from uniadgen.words import HAN, clean_text, clusters, is_unspaced, opening, words

Role = Literal["headline", "support", "badge"]

HEADLINE_EMS = 17.0
"""About as long as a headline may be, in ems: 34 Latin letters, 17 Chinese characters."""

MAX_BADGES = 3
_BADGE_EMS = 11.0
_FIRST_WORDS, _FIRST_UNSPACED = 8, 16  # words, and characters of scripts without spaces, that a description begins with
_OTHER_WORDS = 3  # that may stand between what a description names first: a series, a model
_SUPPORT = 4  # selling points beside the headline: an ad is no list
_KINDS = ("promotion", "award", "size")


@dataclass(frozen=True)
class Part:
    """One selling point in a text. [start, end): its characters, with the brackets around it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Message:
    """What is set, by role. pieces: of the headline, a selling point each with the marks behind it. badges: with their kinds.
    said: the share of the selling points that it could say at most. rank: how far the headline is from what the description
    names first."""

    pieces: tuple[str, ...]
    support: tuple[str, ...]
    badges: tuple[tuple[str, str], ...]
    said: float
    rank: int = 0

    @property
    def headline(self) -> str:
        return "".join(self.pieces)

    def texts(self) -> list[str]:
        return [self.headline, *self.support, *(text for text, _ in self.badges)]


@lru_cache(maxsize=1024)
def ems(text: str) -> float:
    """About how long a text is when it is set, in ems: for decisions that no font should change."""
    return sum(1.0 if HAN.search(c) or ord(c[0]) > 0x2E80 else 0.5 for c in clusters(text))


def parts_of(text: str, selling_points: Sequence[str]) -> list[Part]:
    """The selling points that a text consists of, in order; the text as one part where it is not made of whole ones."""
    points = sorted({p for p in (" ".join(point.split()) for point in selling_points) if p}, key=len, reverse=True)
    parted = _parted(text, points, 0)
    whole = [Part(text.strip(), 0, len(text))]
    return whole if not parted else [_with_brackets(text, part) for part in parted]


def _parted(text: str, points: Sequence[str], start: int) -> list[Part] | None:
    """The parts from `start` on, longest points first; None where other words stand."""
    while start < len(text) and not any(text.startswith(p, start) for p in points):
        if text[start].isalnum():
            return None
        start += 1
    if start == len(text):
        return []
    for point in points:
        end = start + len(point)
        if text.startswith(point, start) and not _splits_word(text, end):
            rest = _parted(text, points, end)
            if rest is not None:
                return [Part(point, start, end), *rest]
    return None


def _splits_word(text: str, place: int) -> bool:
    around = text[place - 1 : place + 1]
    return len(around) == 2 and around.isalnum() and not HAN.search(around)


def _with_brackets(text: str, part: Part) -> Part:
    before, after = text[part.start - 1 : part.start], text[part.end : part.end + 1]
    inside = before + after in ("[]", "()", "【】", "「」", "（）")
    return Part(part.text, part.start - 1, part.end + 1) if inside else part


def kind_of(point: str) -> str | None:
    """As which kind of badge a selling point may stand; None for one that is no badge."""
    if ems(point) > _BADGE_EMS:
        return None
    return next((kind for kind in _KINDS if _patterns()[kind].search(point)), None)


@cache
def _patterns() -> dict[str, regex.Pattern[str]]:
    data = yaml.safe_load((resources.files(__package__) / "data" / "badges.yaml").read_text("utf-8"))
    return {kind: regex.compile(data[kind].replace("\n", ""), regex.I) for kind in _KINDS}


def messages(text: str, selling_points: Sequence[str], description: str = "") -> list[Message]:
    """Ways to say an ad's text, from all of it to one selling point as headline; without repetition.

    The headline is what the description names first - brand and kind of product -, or the text's first selling points, up to
    about HEADLINE_EMS; a short text is a headline as it is. Others support it. Promotions, awards and sizes, of the text or of
    other selling points that the inspection accepts, may be badges. Brackets around a selling point are left out.
    """
    text = clean_text(text)
    parts = parts_of(text, selling_points)
    if len(parts) == 1:
        badges = _badges(parts[0].text, [], selling_points)
        return [Message((parts[0].text,), (), some, 1.0) for some in _fewer(badges)]
    kinds = {part: kind_of(part.text) for part in parts}
    spoken = [part for part in parts if kinds[part] is None] or parts[:1]
    candidates = [(part.text, str(kinds[part])) for part in parts if part not in spoken]
    badges = _badges(" ".join(part.text for part in spoken), candidates, selling_points)
    wanted = 1 + min(len(spoken) - 1, _SUPPORT) + min(len(candidates), MAX_BADGES)
    ways: list[Message] = []
    if len(spoken) == len(parts) and ems(text) <= HEADLINE_EMS:
        ways.append(Message(_pieces(text, parts), (), (), 1.0))
    for some in _fewer(badges):
        kept_badges = sum(badge in candidates for badge in some)
        for rank, first in _headlines(spoken, description):
            rest = [part for part in spoken if part not in first]
            most = min(len(rest), _SUPPORT)
            for kept in sorted({most, most - 1, most // 2, 0} - {-1}, reverse=True):
                said = min(1.0, (len(first) + kept + kept_badges) / wanted)
                support = tuple(part.text for part in rest[:kept])
                ways.append(Message(_pieces(text, first), support, some, said, rank))
    accepts = acceptable(tuple(selling_points))
    refused = {m.headline for m in ways if len(m.pieces) < len(parts) and not accepts(m.headline)}
    return [message for message in dict.fromkeys(ways) if message.headline not in refused] or ways[-1:]


def _headlines(parts: Sequence[Part], description: str) -> list[tuple[int, list[Part]]]:
    """Which parts may be the headline, those first that the description begins with; with their rank."""
    named = _named(parts, _first_words(description, [part.text for part in parts]))
    runs = [list(parts[:count]) for count in range(len(parts), 0, -1)]
    if named:
        runs = [named[start:] for start in range(len(named))] + [named[:1]]
    fitting = [run for run in runs if sum(ems(part.text) for part in run) + len(run) <= HEADLINE_EMS]
    ranks = range(len(fitting)) if named else [0] * len(fitting)
    return list(zip(ranks, fitting, strict=True))[:3] or [(0, runs[-1])]


def _first_words(description: str, points: Sequence[str]) -> list[str]:
    """The words that a description begins with: brand and kind of product, until the details begin."""
    introduction, rest = opening(description, points)
    if introduction.casefold() == "new":  # a brand may begin with it
        rest = f"{introduction} {rest}"
    first = regex.split(r"[,，。;；:：|(（]|\.\s| - | in | with | for | by ", rest.casefold(), maxsplit=1)[0]
    return words(first)[: _FIRST_UNSPACED if is_unspaced(first) else _FIRST_WORDS]


def _named(parts: Sequence[Part], first_words: Sequence[str]) -> list[Part]:
    """The parts that the first words name one after the other, with few other words between them; details come later."""
    places = {part: place for part in parts if (place := _place(first_words, part.text)) is not None}
    named, end = set(), 0
    for part in sorted(places, key=lambda part: places[part]):
        if places[part][0] > end + _OTHER_WORDS and not is_unspaced(part.text):
            break
        named.add(part)
        end = max(end, places[part][1])
    return [part for part in parts if part in named]


def _place(first_words: Sequence[str], point: str) -> tuple[int, int] | None:
    """Where the first words have all words of a point, or its last one: "perfume" names "Floral Perfume"."""
    point_words = words(point.casefold())
    for start in range(len(first_words) - len(point_words) + 1):
        if point_words and first_words[start : start + len(point_words)] == point_words:
            return start, start + len(point_words)
    if (
        point_words
        and not is_unspaced(point)
        and len(point_words[-1]) > 3
        and point_words[-1].isalpha()
        and point_words[-1] in first_words
    ):
        return first_words.index(point_words[-1]), first_words.index(point_words[-1]) + 1
    return None


def _badges(said: str, of_text: list[tuple[str, str]], selling_points: Sequence[str]) -> list[tuple[str, str]]:
    """Badges by kind: those that the text has, then others; nothing that is said already."""
    chosen = dict(of_text)
    for point in selling_points:
        point = clean_text(point)
        kind = kind_of(point)
        fresh = point.casefold() not in said.casefold() and point not in chosen and kind not in chosen.values()
        if kind and fresh and acceptable((point,))(point):
            chosen[point] = kind
    ranked = sorted(chosen.items(), key=lambda badge: _KINDS.index(badge[1]))
    return ranked[:MAX_BADGES]


def _fewer(badges: Sequence[tuple[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    """All, those that are no promotion, the most telling one, none."""
    calm = tuple(badge for badge in badges if badge[1] != "promotion")
    return list(dict.fromkeys((tuple(badges), calm, tuple(badges[:1]), ())))


def _pieces(text: str, parts: Sequence[Part]) -> tuple[str, ...]:
    """The text of these parts, each with the marks up to the next one: a space where the text has none; where others were taken
    out, the first mark of the gap."""
    pieces = []
    for part, following in zip(parts, (*parts[1:], None), strict=True):
        if following is None:
            pieces.append(part.text + ("!" if text[part.end : part.end + 1] == "!" else ""))
            continue
        gap = text[part.end : following.start]
        pieces.append(part.text + (_first_joiner(gap) if any(c.isalnum() for c in gap) else gap or " "))
    return tuple(pieces)


def _first_joiner(gap: str) -> str:
    match = regex.match(r"\s*[,，、|｜;；]?\s*(?:[-–]\s)?", gap)
    return match[0] if match and match[0] else " "
