"""Acceptance of an ad's text by rules: factuality and readability, with the place of everything that is wrong.

    inspect_text("Waterproof kettle for", ["Kettle", "Not Waterproof"]).as_dict()

Factuality: words and quantities that no selling point has; selling points turned into their opposite; claims (superlative,
absolute, permanence, guarantee, medical) that no selling point makes in the same words; sensitive content. Readability: the
list copied as it stands; words or points repeated; broken-off ends; modifiers and numbers torn from what they belong to. A
chain of noun phrases is how shop titles read, and is fine. The word lists are the YAML files in data/.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from uniadgen.inspection.reading import Folded, Piece, Place, Points, Reading, is_hard, language, load_data, read
from uniadgen.words import HAN, quoted, split_chinese

Criterion = Literal["factuality", "readability"]
Span = tuple[int, int]

_COPIED_SHARE, _COPIED_LEAST = 0.8, 5
_PAIRS = {"[": "]", "(": ")", "{": "}", "【": "】", "「": "」", "（": "）"}
_JOINERS = ",|;:/&+，、；：｜＆-–—"


@dataclass(frozen=True)
class Violation:
    """One reason to reject a text. span: [start, end) in characters of the text as given."""

    criterion: Criterion
    reason: str
    span: Span


@dataclass(frozen=True)
class Flag:
    """Something that a person should look at, though a selling point says it. kind: "superlative", "medical", "link" ..."""

    kind: str
    reason: str
    span: Span


@dataclass(frozen=True)
class Inspection:
    """What is wrong with a text, by place. covered: how many of the `points` different selling points it says in full.

    flags: what is no reason to reject it, but risky.
    """

    violations: tuple[Violation, ...]
    covered: int
    points: int
    flags: tuple[Flag, ...] = ()

    @property
    def qualified(self) -> bool:
        return not self.violations

    def meets(self, criterion: Criterion) -> bool:
        return all(violation.criterion != criterion for violation in self.violations)

    def as_dict(self) -> dict[str, Any]:
        """The inspection as the command line prints it."""
        violations = [{"criterion": v.criterion, "reason": v.reason, "span": list(v.span)} for v in self.violations]
        return {"qualified": self.qualified, "violations": violations}


def inspect_text(text: str, selling_points: Sequence[str]) -> Inspection:
    """Inspect one text. Raises InputError when Chinese has to be split and jieba is not installed."""
    return inspect_against(text, Points(selling_points))


def text_verdict(text: str, selling_points: Sequence[str]) -> dict[str, Any]:
    """The inspection's verdict on the text of a finished ad, ready for JSON.

    {"qualified": ..., "violations": [{"criterion", "reason", "span"}], "flags": [{"kind", "reason", "span"}]}; spans are
    [start, end) in characters of the text. A violation is a reason to refuse the ad; a flag is for a person to look at. Raises
    InputError when jieba is needed and not installed; the generator's texts of whole selling points never need it.
    """
    inspection = inspect_text(text, selling_points)
    flags = [{"kind": flag.kind, "reason": flag.reason, "span": list(flag.span)} for flag in inspection.flags]
    return inspection.as_dict() | {"flags": flags}


def inspect_against(text: str, points: Points) -> Inspection:
    """`inspect_text` for selling points that have been read, when many texts are held against them."""
    reading = read(text)
    if not reading.tokens:
        empty = Violation("readability", "there are no words to read", (0, len(text)))
        return Inspection((empty,), 0, len(points.points))
    return _Inspector(text, points, reading).inspect()


@lru_cache(maxsize=32)
def acceptable(selling_points: tuple[str, ...]) -> Callable[[str], bool]:
    """A function that says whether a text of these selling points is qualified; it remembers what it has said."""
    points = Points(selling_points)

    @lru_cache(maxsize=2**12)
    def accepts(text: str) -> bool:
        return inspect_against(text, points).qualified

    return accepts


class _Inspector:
    """The rules, applied to one text."""

    def __init__(self, text: str, points: Points, reading: Reading) -> None:
        self.text, self.points, self.reading = text, points, reading
        self.pieces = points.align(reading)
        self.whole = points.whole_in(reading)
        self.violations: list[Violation] = []
        self.flags: list[Flag] = []
        self.explained: list[Span] = []  # said by a more telling reason than "no selling point has this"
        self._negated_in_text = self._negations()

    def inspect(self) -> Inspection:
        self._markup()
        self._illness()
        self._claims()
        self._broken()
        self._torn()
        self._turned()
        self._unsupported()
        self._copied()
        self._repeated()
        violations = tuple(sorted(dict.fromkeys(self.violations), key=lambda v: (v.span, v.criterion)))
        flags = tuple(sorted(dict.fromkeys(self.flags), key=lambda flag: (flag.span, flag.kind)))
        return Inspection(violations, self._covered(), len(self.points.points), flags)

    def _report(self, criterion: Criterion, reason: str, span: Span) -> None:
        self.violations.append(Violation(criterion, reason, span))

    def _quote(self, span: Span) -> str:
        return quoted(self.text[span[0] : span[1]])

    def _is_whole(self, start: int, end: int) -> bool:
        """Whether what stands there is part of a selling point that the text has whole, word for word and mark for mark."""
        return any(first <= start and end <= last for first, last in self.whole)

    # Neighbours

    def _content(self, index: int, step: int) -> Piece | None:
        """The next piece (step 1) or the one before (-1) that is more than a function word, within the phrase."""
        while True:
            if step > 0 and (index + 1 == len(self.pieces) or is_hard(self.pieces[index + 1].gap)):
                return None
            if step < 0 and (index == 0 or is_hard(self.pieces[index].gap)):
                return None
            index += step
            if self.pieces[index].content:
                return self.pieces[index]

    def _ends_phrase(self, index: int) -> bool:
        """Chinese spaces part phrases, others don't."""
        if index + 1 == len(self.pieces):
            return True
        following = self.pieces[index + 1]
        return is_hard(following.gap) or (self.pieces[index].kind == "han" and bool(following.gap.strip(" ") != following.gap))

    def _joined(self, piece: Piece, other: Piece | None) -> bool:
        """Whether the two stand side by side in a selling point, too."""
        return other is not None and any(self.points.near(a, b) for a in piece.places for b in other.places)

    # Whatever the selling points say

    def _markup(self) -> None:
        """Tags, placeholders and links: the selling points were copied from where they work, and a reader would see them."""
        for kind, pattern in _MARKUP.items():
            for match in pattern.finditer(self.text):
                self._report("readability", f"{kind} that a reader would see: {self._quote(match.span())}", match.span())
                self.explained.append(match.span())
        for match in _SITE.finditer(self.text):
            if not any(start <= match.start() < end for start, end in self.explained):
                self._flag("link", f"the name of a site: {self._quote(match.span())}", match.span())

    def _illness(self) -> None:
        """Claims that the product works against an illness."""
        for match in _illness_pattern().finditer(self.reading.folded.text):
            span = self.reading.folded.span(*match.span())
            self._report("factuality", f"no ad may say that a product works against an illness: {self._quote(span)}", span)
            self.explained.append(span)

    def _flag(self, kind: str, reason: str, span: Span) -> None:
        self.flags.append(Flag(kind, reason, span))

    # Factuality

    def _claims(self) -> None:
        """Claims and sensitive words, unless a selling point has them in the same company."""
        refused = list(self.explained)
        for start, end, kind in _matches(self.reading.folded, _claim_patterns()):
            span = self.reading.folded.span(start, end)
            if kind != "sensitive, always" and self._given(span):
                if not any(first < span[1] and span[0] < last for first, last in refused):
                    self._flag(kind.split(",")[0], f"a selling point says so, but look at it: {self._quote(span)}", span)
                continue
            name = "sensitive content" if kind.startswith("sensitive") else f"exaggeration ({kind} claim)"
            given = "" if kind == "sensitive, always" else " that no selling point makes"
            self._report("factuality", f"{name}{given}: {self._quote(span)}", span)
            self.explained.append(span)

    def _given(self, span: Span) -> bool:
        """Whether the words of a span come from one selling point, whole or together with one of its neighbouring words."""
        inside = [i for i, p in enumerate(self.pieces) if p.start < span[1] and p.end > span[0]]
        if not inside or not all(self.pieces[i].places or self.pieces[i].small for i in inside):
            return False
        first = next((i for i in inside if self.pieces[i].places), inside[0])
        for place in self.pieces[first].places:
            point = self.points.points[place[0]]
            # follow the selling point to both sides for as long as the text says the same
            start, end = place[1], place[2]
            left, right = first, first
            while right + 1 < len(self.pieces) and (step := self._continued(right + 1, place[0], end)):
                right, end = right + 1, step
            while left and (back := self._continued(left - 1, place[0], start, backwards=True)) is not None:
                left, start = left - 1, back
            if left > inside[0] or right < inside[-1]:
                continue
            piece = self.pieces[first]
            longer = piece.kind == "han" and piece.end - piece.start > span[1] - span[0]
            if (start == 0 and end == len(point.compact)) or right > inside[-1] or left < inside[0] or longer:
                return True
        return False

    def _continued(self, index: int, point: int, offset: int, backwards: bool = False) -> int | None:
        for place in self.pieces[index].places:
            if place[0] == point and place[2 if backwards else 1] == offset:
                return place[1 if backwards else 2]
        return None

    def _unsupported(self) -> None:
        """Pieces without a place that nothing else has explained, neighbours reported together."""
        group: list[Piece] = []
        for piece in [*self.pieces, None]:
            missing = piece is not None and piece.content and not piece.places and not self._is_explained(piece)
            if piece is not None and missing and (not group or (not is_hard(piece.gap))):
                group.append(piece)
                continue
            if group:
                span = (group[0].start, group[-1].end)
                self._report("factuality", f"no selling point has {self._quote(span)}", span)
            group = [piece] if piece is not None and missing else []

    def _is_explained(self, piece: Piece) -> bool:
        return any(start < piece.end and piece.start < end for start, end in self.explained)

    def _negations(self) -> set[int]:
        """Pieces that the text itself negates; that is fine when the selling points negate them too, in whatever words."""
        words = language()
        negated: set[int] = set()
        for i, piece in enumerate(self.pieces):
            if piece.kind == "word" and piece.text in words["negations"] | words["narrow_negations"]:
                reach = 3 if piece.text in words["negations"] else 1
                for j in range(i + 1, min(i + 1 + reach, len(self.pieces))):
                    if is_hard(self.pieces[j].gap):
                        break
                    negated.add(j)
                    # "without sugar" where the selling point is "sugar free": the small word needs no place of its own
                    if self._all_negated(self.pieces[j]):
                        piece.small = piece.small or not piece.places
            if piece.kind == "word" and piece.text in words["closing_negations"] and i and not is_hard(piece.gap):
                before = self.pieces[i - 1]
                if self._joined(piece, before) or self._all_negated(before) or piece.gap == "-":
                    negated.add(i - 1)
                    if self._all_negated(before):
                        piece.small = piece.small or not piece.places
            if piece.kind == "han" and self._all_negated(piece):
                j = i
                while j and self.pieces[j - 1].kind == "han" and not self.pieces[j].gap and len(self.pieces[j - 1].text) <= 2:
                    word = self.pieces[j - 1].text
                    j -= 1
                    if word[0] in words["negation_characters"]:
                        negated.add(i)
                        for k in range(j, i):
                            self.pieces[k].small = True
                        break
        return negated

    def _all_negated(self, piece: Piece) -> bool:
        return bool(piece.places) and piece.content and all(self._is_negated(place) for place in piece.places)

    def _is_negated(self, place: Place) -> bool:
        """Whether the selling point turns the meaning of what stands at this place."""
        words, point = language(), self.points.points[place[0]]
        first = point.covering(place[1])
        inside = place[1] - point.offsets[first]
        if point.tokens[first].kind == "han" and inside:
            run = point.tokens[first].text[:inside]
            bare = run[:-1] if run[-1] in words["negation_bridges"] else run
            return run[-1] in words["negation_characters"] or (
                bool(bare) and bare != run and bare[-1] in words["negation_characters"]
            )
        before = [token.text for token in point.tokens[:first]]
        if before and before[-1][-1:] in words["negation_characters"]:
            return True
        if before[-2:-1] and HAN.search(before[-1]) and before[-1] in words["negation_characters"]:
            return True
        wide = any(word in words["negations"] for word in before)
        narrow = bool(before) and before[-1] in words["narrow_negations"]
        last = point.covering(place[2] - 1)
        after = point.tokens[last + 1].text if last + 1 < len(point.tokens) else ""
        head = point.tokens[first].text
        return (wide or narrow or after in words["closing_negations"]) and head not in words["negations"] | words[
            "narrow_negations"
        ]

    def _turned(self) -> None:
        """Selling points that lose their "not", or get one."""
        words = language()
        for i, piece in enumerate(self.pieces):
            if not piece.places or not piece.content or piece.kind not in ("word", "han"):
                continue
            span = (piece.start, piece.end)
            if self._all_negated(piece) and i not in self._negated_in_text and not self._is_whole(*span):
                source = self.points.points[piece.places[0][0]].reading.given
                self._report(
                    "factuality", f"{self._quote(span)} turns the selling point {quoted(source)} into its opposite", span
                )
                self._report("readability", f"{self._quote(span)} is torn from its negation in {quoted(source)}", span)
            before = self.pieces[i - 1] if i and not is_hard(piece.gap) else None
            if before is None or before.kind != "word" or before.text not in words["negations"] | words["narrow_negations"]:
                continue
            if before.places and not self._joined(before, piece) and not any(self._is_negated(p) for p in piece.places):
                whole = (before.start, piece.end)
                if not self._is_whole(*whole):
                    self._report("factuality", f"{self._quote(whole)} denies what the selling points say", whole)

    # Readability

    def _broken(self) -> None:
        """Beginnings and ends that lack something, brackets that don't close, joiners that join nothing."""
        self._broken_marks()
        words, last = language(), self.pieces[-1]
        span = (last.start, last.end)
        finished = self._finishes(last) or self._is_whole(*span)
        if last.kind == "word" and not finished and len(self.pieces) - 1 not in self._negated_in_text:
            small = (last.small and last.text not in words["closing_words"]) or last.text in words["function_words"]
            if (
                (small and last.text not in words["closing_words"])
                or last.text in words["dangling_words"]
                or self._opens_point(last)
            ):
                self._report("readability", f"the text breaks off after {self._quote(span)}", span)
                self.explained.append(span)
                return
            if last.text in words["closing_words"] and any(not self._is_last(p) for p in last.places):
                self._report("readability", f"the text breaks off after {self._quote(span)}", span)
                return
        if last.kind == "word" and not last.places and self._cut_word(last.text):
            self._report("readability", f"the last word is cut off: {self._quote(span)}", span)
            self.explained.append(span)
        for i, piece in enumerate(self.pieces):
            if piece.kind == "han" and self._ends_phrase(i):
                self._broken_run(i)

    def _broken_marks(self) -> None:
        stack: list[tuple[str, int]] = []
        for index, character in enumerate(self.text):
            if self._is_whole(index, index + 1):
                continue
            if character in _PAIRS:
                stack.append((_PAIRS[character], index))
            elif character in _PAIRS.values() and (not stack or stack.pop()[0] != character):
                self._report("readability", f"{quoted(character)} closes what was never opened", (index, index + 1))
                stack.clear()
        for _, index in stack:
            self._report("readability", f"{quoted(self.text[index])} is never closed", (index, index + 1))
        start, end = self.pieces[0].start, self.pieces[-1].end
        end += self.text[end : end + 1] == "+"  # "Ages 3+"
        for match in re.finditer(rf"[{re.escape(_JOINERS)}](?=\W*$)|\.\.\.|…", self.text[end:]):
            if not self._is_whole(end + match.start(), end + match.end()):
                self._report("readability", "the text ends with a joiner", (end + match.start(), end + match.end()))
                break
        opening = re.search(rf"[{re.escape(_JOINERS)}](?=\s)|[,，、;；|]", self.text[:start])
        if opening and not self._is_whole(*opening.span()):
            self._report("readability", "the text starts with a joiner", opening.span())
        middle = self.text[start:end]
        for match in re.finditer(r"[,，、|;；]\s*[,，、|;；]|[\[(【]\s*[\])】]|(?<=\w)-(?=\s)", middle):
            span = (start + match.start(), start + match.end())
            if not self._is_whole(*span):
                self._report("readability", f"{quoted(match[0])} joins nothing", span)

    def _is_last(self, place: Place) -> bool:
        return place[2] == len(self.points.points[place[0]].compact)

    def _finishes(self, piece: Piece) -> bool:
        """Whether the piece is the end of a selling point somewhere ("Made By", "Pop Up")."""
        return any(self._is_last(place) for place in piece.places)

    def _opens_point(self, piece: Piece) -> bool:
        """One word from the front of a longer selling point, and no noun that stands for itself."""
        if not piece.places or any(stem in language()["standalone_nouns"] for stem in piece.keys):
            return False
        for place in piece.places:
            point = self.points.points[place[0]]
            opens = place[1] == 0 and len(point.tokens) > 1 and len(point.tokens) <= 4 and not self._after_number(place)
            follows = point.tokens[min(point.covering(place[2] - 1) + 1, len(point.tokens) - 1)]
            # "Torkel" of "Torkel 2000": a name before a number or code; a capitalised pair is no name for us to know
            if not opens or follows.kind != "word":
                return False
        return True

    def _cut_word(self, text: str) -> bool:
        return len(text) > 1 and any(
            token.text.startswith(text) and token.text != text
            for point in self.points.points
            for token in point.tokens
            if token.kind == "word"
        )

    def _broken_run(self, index: int) -> None:
        """A Chinese phrase whose end is the beginning of a longer word."""
        words, piece = language(), self.pieces[index]
        span = (piece.start, piece.end)
        final = index + 1 == len(self.pieces)
        if piece.small and piece.text[-1] in words["dangling_characters"] and not piece.places:
            if final:
                self._report("readability", f"the text breaks off after {self._quote(span)}", span)
            return
        if not piece.places:
            opens = any(p.startswith(piece.text) for p in self._runs() if p != piece.text)
            if final and opens and not is_hard(self.reading.tail):
                self._report("readability", f"the text breaks off after {self._quote(span)}", span)
                self.explained.append(span)
            return
        if piece.kind == "han" and not any(map(self._ends_run, piece.places)) and not any(map(self._clean_end, piece.places)):
            source = self.points.points[piece.places[0][0]].reading.given
            self._report("readability", f"{self._quote(span)} is cut from {quoted(source)} inside a word", span)

    def _runs(self) -> list[str]:
        return [token.text for point in self.points.points for token in point.tokens if token.kind == "han"]

    def _rest(self, place: Place) -> tuple[str, int]:
        """The unspaced run of a selling point that a place is in, and where in it the place ends."""
        point = self.points.points[place[0]]
        first = point.covering(place[1])
        return point.tokens[first].text, place[2] - point.offsets[first]

    def _ends_run(self, place: Place) -> bool:
        """Whether a stretch of an unspaced run leaves out nothing behind it but a droppable ending."""
        run, end = self._rest(place)
        return not run[end:] or (len(run[end:]) == 1 and run[end:] in language()["droppable_endings"])

    def _clean_end(self, place: Place) -> bool:
        """Whether a stretch of an unspaced run ends where a word ends."""
        run, end = self._rest(place)
        return not HAN.search(run) or end in _word_ends(run)

    def _torn(self) -> None:
        for i, piece in enumerate(self.pieces):
            if self._is_whole(piece.start, piece.end):
                continue
            if piece.kind in ("number", "quantity"):
                self._torn_number(i)
            elif piece.content and piece.places:
                self._torn_word(i)
            elif piece.content and piece.kind == "word":
                unit = language()["units"].get(piece.text)
                if unit and f"{unit[0]}>" in self.points.measured:
                    span = (piece.start, piece.end)
                    self._report("readability", f"{self._quote(span)} has lost its number", span)
                    self.explained.append(span)

    def _torn_number(self, index: int) -> None:
        piece = self.pieces[index]
        span = (piece.start, piece.end)
        before, after = self._content(index, -1), self._content(index, 1)
        if piece.kind == "quantity":
            loose = all(" of>" in piece.keys[0] and not self.points.whole(place) for place in piece.places)
            if piece.places and loose and not self._joined(piece, before) and not self._joined(piece, after):
                source = self.points.points[piece.places[0][0]].reading.given
                self._report("readability", f"{self._quote(span)} is torn from what it belongs to in {quoted(source)}", span)
            return
        if any(self.points.whole(place) for place in piece.places) or self._joined(piece, before) or self._joined(piece, after):
            return
        bare = piece.number in self.points.measured
        if not piece.places and not bare:
            return  # no selling point has the number
        if after is not None and self._counted_otherwise(after, piece.number):
            wrong = (piece.start, after.end)
            self._report("factuality", f"no selling point has {self._quote(wrong)}", wrong)
            self.explained.append(span)
            return
        self._report("readability", f"the number {self._quote(span)} is torn from what it belongs to", span)
        self.explained.append(span)

    def _counted_otherwise(self, piece: Piece, number: str) -> bool:
        """Whether the selling points have this word behind a number, but never behind this one."""
        numbers = {self._after_number(place) for place in piece.places} - {""}
        return bool(numbers) and number not in numbers

    def _after_number(self, place: Place) -> str:
        """The number right before this place in its selling point, or nothing."""
        point = self.points.points[place[0]]
        token = point.at(place[1])
        return point.tokens[token - 1].number if token and point.tokens[token - 1].kind == "number" else ""

    def _torn_word(self, index: int) -> None:
        piece, words = self.pieces[index], language()
        span = (piece.start, piece.end)
        before, after = self._content(index, -1), self._content(index, 1)
        if any(p is not None and p.kind in ("number", "quantity") and not p.places for p in (before, after)):
            return  # the number is wrong, and reported as such; the word still has one
        source = quoted(self.points.points[piece.places[0][0]].reading.given)
        if (
            all(self._counted(place) for place in piece.places)
            and not self._joined(piece, before)
            and not self._joined(piece, after)
        ):
            self._report("readability", f"{self._quote(span)} is torn from its number in {source}", span)
            return
        if piece.kind != "word":
            return
        if all(self._counted(place) and not self._is_last(place) for place in piece.places) and not self._leads_on(index):
            self._report("readability", f"{self._quote(span)} is torn from what it belongs to in {source}", span)
            return
        if all(self._labelled(place) for place in piece.places) and not self._joined(piece, after):
            self._report("readability", f"{self._quote(span)} is torn from its number in {source}", span)
            return
        if self._finishes(piece) or self._meets_rest(index):
            return
        bound = any(stem in words["bound_modifiers"] for stem in piece.keys)
        modifies = bound or any(stem in words["open_modifiers"] for stem in piece.keys)
        if bound or (modifies and after is None):
            self._report("readability", f"{self._quote(span)} is torn from what it belongs to in {source}", span)

    def _counted(self, place: Place) -> bool:
        """A word that counts: tied to a number that opens the selling point, or all that follows it ("4-Person")."""
        if not self._after_number(place):
            return False
        point = self.points.points[place[0]]
        token = point.covering(place[1])
        if point.tokens[token].kind == "han":
            return place[1] == point.offsets[token] and point.tokens[token].text[0] in language()["classifiers"] + "位"
        return token == 1 and (self._is_last(place) or point.tokens[token].gap == "-")

    def _leads_on(self, index: int) -> bool:
        """Whether a word that can be modified follows at once."""
        following = self.pieces[index + 1] if index + 1 < len(self.pieces) else None
        return following is not None and following.content and not is_hard(following.gap)

    def _labelled(self, place: Place) -> bool:
        """A word with a number tied to its end ("Omega-3")."""
        point = self.points.points[place[0]]
        last = point.covering(place[2] - 1)
        if last + 1 == len(point.tokens):
            return False
        following = point.tokens[last + 1]
        return following.kind == "number" and following.gap in ("", "-")

    def _meets_rest(self, index: int) -> bool:
        """Whether a later word of the same selling point follows within the phrase."""
        for following in range(index + 1, len(self.pieces)):
            if is_hard(self.pieces[following].gap):
                return False
            for mine in self.pieces[index].places:
                if any(
                    p[0] == mine[0] and p[1] >= mine[2] for p in self.pieces[following].places if self.pieces[following].content
                ):
                    return True
        return False

    def _copied(self) -> None:
        """The list in its own order: all of it, or most of a long one."""
        compacts = [point.compact for point in self.points.points]
        count = len(compacts)
        if count < 2:
            return
        needed = count if count <= _COPIED_LEAST else max(_COPIED_LEAST, -int(-_COPIED_SHARE * count // 1))
        said = self.reading.compact
        for start in range(count - needed + 1):
            if "".join(compacts[start : start + needed]) in said:
                span = (self.pieces[0].start, self.pieces[-1].end)
                self._report("readability", "the list of selling points is copied as it stands", span)
                return

    def _repeated(self) -> None:
        """Words said more often than the selling points have them."""
        count: dict[object, int] = {}
        spans: list[Span] = []
        before: Piece | None = None
        for piece in self.pieces:
            if piece.kind in ("number", "quantity"):
                before = None
                continue
            key: object = piece.places or piece.keys[-1]
            count[key] = count.get(key, 0) + 1
            doubled = before is not None and before.keys[0] == piece.keys[0] and not self._joined(before, piece)
            short = piece.kind == "han" and len(piece.text) < 2
            if (piece.content and not short and count[key] > max(1, len(piece.places))) or (doubled and not short):
                if spans and not self.text[spans[-1][1] : piece.start].strip(" -"):
                    spans[-1] = (spans[-1][0], piece.end)
                else:
                    spans.append((piece.start, piece.end))
            before = piece
        for span in spans:
            self._report("readability", f"{self._quote(span)} is repeated", span)

    def _covered(self) -> int:
        """Selling points whose words, function words aside, stand together in the text from the first to the last."""
        done: set[int] = set()
        content = [piece for piece in self.pieces if piece.places and piece.content]
        for start, piece in enumerate(content):
            for place in piece.places:
                point = self.points.points[place[0]]
                if place[0] in done or not point.only_small(0, place[1]):
                    continue
                end, index = place[2], start
                while not point.only_small(end, len(point.compact)):
                    index += 1
                    following = content[index].places if index < len(content) else ()
                    ends = [p[2] for p in following if p[0] == place[0] and end <= p[1] and point.only_small(end, p[1])]
                    if not ends:
                        break
                    end = max(ends)
                else:
                    done.add(place[0])
        return len(done)


# Word lists ---------------------------------------------------------------------------------------------------------------


@cache
def _claim_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """One pattern per list, the longest entry first, so that of two that fit the longer is named."""
    lists = [(kind, entries) for kind, entries in load_data("claims").items()]
    lists += [(f"sensitive, {kind}".replace("_", " "), entries) for kind, entries in load_data("sensitive").items()]
    patterns = []
    for kind, entries in lists:
        patterns.append((_any_of(str(entry).casefold() for entry in sorted(entries, key=lambda e: -len(str(e)))), kind))
    return tuple(patterns)


def _any_of(entries: Iterable[str]) -> re.Pattern[str]:
    """Any of these words and phrases: Chinese ones wherever they stand, others between words, however they are spaced."""
    chinese, spaced = [], []
    for entry in entries:
        if HAN.search(entry):
            chinese.append(re.escape(entry))
        else:
            spaced.append(r"[\s\-]*".join(re.escape(word) for word in re.split(r"[\s\-]+", entry)))
    # one check of the place before all of them: a check in front of each is ten times as slow
    return re.compile("|".join([*chinese, rf"(?<![^\W_])(?:{'|'.join(spaced)})(?![^\W_])"] if spaced else chinese))


@cache
def _illness_pattern() -> re.Pattern[str]:
    """A word of working against something, up to three others, and an illness; or an illness and what works against it."""
    data = load_data("illness")
    works, illnesses, phrases = (_any_of(map(str, data[name])).pattern for name in ("works", "illnesses", "phrases"))
    between = r"(?:[\s\-]?(?:[^\W_]+[\s\-]){0,3}?|[^\s,，.。;；!]{0,4}?)"
    return re.compile(f"(?:{phrases})|(?:{works}){between}(?:{illnesses})|(?:{illnesses})[\\s\\-]+(?:{works})")


_MARKUP = {
    "markup": re.compile(r"</?[A-Za-z!][^<>]*>|<\|[^<>]*\|>|&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z]{2,8});"),
    "a placeholder": re.compile(r"\{[^{}]*\}|(?<![\w%])%[sd](?!\w)"),
    "a link": re.compile(
        r"(?:https?://|www\.|mailto:)\S+|[\w.+-]+@[\w-]+\.\w+|\b[\w-]+\.(?:com|net|org|cn|shop|store|info)/\S*"
    ),
}
_SITE = re.compile(r"(?<![\w.])[\w-]+\.(?:com|net|org|cn|shop|store|info|co\.uk)(?![\w.])", re.IGNORECASE)


def _matches(folded: Folded, patterns: Sequence[tuple[re.Pattern[str], str]]) -> Iterator[tuple[int, int, str]]:
    """All entries that occur; of those that overlap only the longest, so that one claim is one violation."""
    spans = [(m.start(), m.end(), kind) for pattern, kind in patterns for m in pattern.finditer(folded.text)]
    spans.sort(key=lambda f: (-(f[1] - f[0]), f[0]))
    taken: list[tuple[int, int]] = []
    for start, end, kind in spans:
        if all(end <= a or start >= b for a, b in taken):
            taken.append((start, end))
            yield start, end, kind


def _word_ends(run: str) -> frozenset[int]:
    """Where words end in a Chinese run."""
    ends, position = set(), 0
    for word in split_chinese()(run):
        position += len(word)
        ends.add(position)
    return frozenset(ends)
