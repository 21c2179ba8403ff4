"""Text that cannot lie: the ad's text is a sequence of choices along a grammar that only the selling points span.

    text    = item { [ joiner ] item } [ "!" ]
    item    = point | bracket
    bracket = "[" point { inner joiner, point } "]"            also with ( ), 【 】 and （ ）

Joiners are a space, comma, bar or dash, and their full-width forms. Between points of which one ends or the other begins in
Chinese or Japanese there need not be anything. A text has one kind of separator outside its brackets and one kind of bracket,
which it opens at most twice: mixed forms read like a mistake.

Every point is a whole selling point, word for word as given, and used at most once; between points stand only the marks. So
whatever the model's weights are, every word comes from the selling points, as often as given, and the text ends at a word's
end. "Not waterproof" can't lose its "not", nor "500 ml" its number. The text is never empty, and it is never the whole list in
the order given, unless the list is one point.

A choice is a point or a mark as a whole. The model says how likely each is (`decode_texts`); the tokens of the one that is
taken are then read in one pass. The text is put together from the points themselves, so a tokenizer that loses characters
can't corrupt it. A grammar may be told which texts are acceptable (the inspection's word): then what is written is acceptable
from point to point, and a choice that would spoil it is not taken.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import regex
import torch
from torch import Tensor

from uniadgen.decoding.temperature import tempered

Kind = Literal["point", "mark", "open", "close", "emphasis", "end"]
BRACKETS = {"[": "]", "(": ")", "【": "】", "（": "）"}
_HALF_WIDTH = frozenset("[(")
_SEPARATORS = (", ", " | ", " - ")
_FULL_WIDTH_SEPARATORS = ("，", "｜")
_MOST_BRACKETS = 2
# Scripts that are written without spaces between words, and the full-width marks that belong to them.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}ー、。，！？；：（）【】「」『』《》｜]")


@dataclass(frozen=True)
class Point:
    """One selling point as the grammar may use it."""

    text: str
    index: int  # its place in the list


@dataclass(frozen=True)
class Choice:
    """One way to go on."""

    kind: Kind
    text: str  # what it adds to the ad's text
    tokens: tuple[int, ...]  # what the decoder reads of it; "end": the id that ends the text
    point: int = -1  # a point's number among the grammar's points


@dataclass(frozen=True)
class Controls:
    """What a user wants of a text. must: indices of selling points that have to be in it. never: those that may not.
    characters: its greatest length. style: "plain" has no marks but commas, "marked" has some. names: indices of those that
    name the product; they have to be in it as well, if there is room beside what must."""

    must: tuple[int, ...] = ()
    never: tuple[int, ...] = ()
    characters: int | None = None
    style: Literal["any", "plain", "marked"] = "any"
    names: tuple[int, ...] = ()


@dataclass(frozen=True)
class _State:
    """What has been written, and what that leaves open."""

    text: str = ""
    used: tuple[int, ...] = ()
    emitted: int = 0
    last: Literal["start", "point", "mark", "open", "close", "emphasis"] = "start"
    separator: str | None = None  # outside of brackets
    bracket: str | None = None  # the kind of this text
    brackets: int = 0
    inside: bool = False
    inner: str | None = None  # the separator of the bracket that is open


def make_points(
    selling_points: Sequence[str],
    encode: Callable[[str], list[int]],
    budget: int,
    accepts: Callable[[str], bool] | None = None,
    controls: Controls | None = None,
) -> list[Point]:
    """Selling points as points: white space folded, repetitions dropped, those of more than `budget` tokens left out.

    A part of a selling point may say something else than the whole, so none is cut: if all that are accepted as a text are too
    long, the shortest of them stays.
    """
    wanted = controls or Controls()
    points: dict[str, Point] = {}
    for index, raw in enumerate(selling_points):
        text = " ".join(raw.split())
        if text and index not in wanted.never and len(text) <= (wanted.characters or len(text)):
            points.setdefault(text.casefold(), Point(text, index))
    lengths = {point: len(encode(" " + point.text)) for point in points.values()}
    sound = [point for point in lengths if accepts is None or accepts(point.text)] or list(lengths)
    if any(lengths[point] <= budget for point in sound):
        return [point for point, length in lengths.items() if length <= budget]
    return sorted(sound, key=lambda point: lengths[point])[:1]


def left_out(
    selling_points: Sequence[str], points: Sequence[Point], accepts: Callable[[str], bool], controls: Controls | None = None
) -> list[str]:
    """Notes about selling points that no text of these points can have, by their place in the list."""
    kept = {point.text.casefold() for point in points}
    some = any(accepts(point.text) for point in points)
    notes = []
    for index, raw in enumerate(selling_points):
        text = " ".join(raw.split())
        if controls is not None and index in controls.never:
            continue
        if some and text and not accepts(text):
            notes.append(f"selling_points[{index}] stays out of the text: the inspection refuses it")
        elif text and text.casefold() not in kept:
            notes.append(f"selling_points[{index}] is too long for the text and stays out of it")
    return notes


class TextGrammar:
    """A walk along the grammar: `choices()` are the ways to go on, `take(choice)` goes one, `text` is what has been written."""

    def __init__(
        self,
        points: Sequence[Point],
        encode: Callable[[str], list[int]],
        end: int,
        budget: int,
        accepts: Callable[[str], bool] | None = None,
        controls: Controls | None = None,
    ) -> None:
        """end: the id that ends the text; budget: tokens that the text should not exceed (one point always fits).

        accepts: whether a text may be written. If it accepts no point alone, it isn't asked again, and the text is one point.
        """
        if not points:
            raise ValueError("a text needs at least one point")
        if accepts is not None and not any(accepts(point.text) for point in points):
            points, accepts = points[:1], None
        self.points, self.budget, self.controls = list(points), budget, controls or Controls()
        self._accepts, self._end = accepts, Choice("end", "", (end,))
        self._spaced = [tuple(encode(" " + p.text)) or tuple(encode(p.text)) for p in points]
        self._tight = [tuple(encode(p.text)) or spaced for p, spaced in zip(points, self._spaced, strict=True)]
        marks = [*_SEPARATORS, *_FULL_WIDTH_SEPARATORS, " ", "!", "！", *BRACKETS.values()]
        self._marks = {mark: tuple(encode(mark.rstrip() or mark)) for mark in marks}
        self._marks |= {mark: tuple(encode(" " + mark if mark in _HALF_WIDTH else mark)) for mark in BRACKETS}
        self._unspaced = [(_unspaced(p.text[0]), _unspaced(p.text[-1])) for p in points]
        self._some_unspaced = any(first or last for first, last in self._unspaced)
        self._bracketed = [any(mark in p.text for pair in BRACKETS.items() for mark in pair) for p in points]
        # tokens and characters of each point, however it is joined, and of what stands beside one at most: a mark or an opening
        # bracket before it, and what closes behind it
        self._sizes = [(max(map(len, ids)), len(p.text)) for p, *ids in zip(points, self._spaced, self._tight, strict=True)]
        closing = max(len(self._marks[mark]) for mark in BRACKETS.values())
        self._beside = closing + max(map(len, self._marks.values())), 3
        self._must = frozenset(i for i, p in enumerate(points) if p.index in self.controls.must)
        self._names = frozenset(
            i for i, p in enumerate(points) if p.index in self.controls.names and (accepts is None or accepts(p.text))
        )
        if not self._has_room(_State(), self._must | self._names):
            self._names = frozenset()
        self._names_next = False  # once the text would have ended without them
        self._in_order = tuple(range(len(points)))
        self._copied_words = [word for p in points for word in p.text.split()]
        self._state = _State()
        self.done = False

    @property
    def text(self) -> str:
        """What has been written so far."""
        return self._state.text

    @property
    def used(self) -> tuple[int, ...]:
        """The points in the text, in order."""
        return self._state.used

    def choices(self) -> list[Choice]:
        """The ways to go on; none after the end."""
        return [] if self.done else list(self._choices(self._state))

    def acceptable(self, choice: Choice) -> bool:
        """Whether the text stays acceptable with this choice: some acceptable text begins with it, which
        names the product."""
        return self._can_be_named(choice) and self._acceptable(self._state, choice)

    def refuse(self, choice: Choice) -> None:
        """A choice that was drawn and isn't acceptable: who would end without the product's name tells it next."""
        self._names_next = self._names_next or choice.kind == "end"

    def take(self, choice: Choice) -> None:
        self._state = self._after(self._state, choice)
        self.done = choice.kind == "end"

    def spelled(self, text: str) -> list[tuple[list[Choice], int]] | None:
        """The choices by which a whole text comes about: at each, all ways to go on and which is taken. None if none do."""
        return self._spelled(_State(), text)

    def _spelled(self, state: _State, rest: str) -> list[tuple[list[Choice], int]] | None:
        options = list(self._choices(state))
        for number, choice in enumerate(options):
            if choice.kind == "end":
                if not rest:
                    return [(options, number)]
            elif rest.startswith(choice.text):
                following = self._spelled(self._after(state, choice), rest[len(choice.text) :])
                if following is not None:
                    return [(options, number), *following]
        return None

    def _after(self, state: _State, choice: Choice) -> _State:
        if choice.kind == "end":
            return state
        new = replace(state, text=state.text + choice.text, emitted=state.emitted + len(choice.tokens), last=choice.kind)
        if choice.kind == "point":
            return replace(new, used=(*state.used, choice.point))
        if choice.kind == "open":
            return replace(new, bracket=choice.text.strip(), brackets=state.brackets + 1, inside=True, inner=None)
        if choice.kind == "close":
            return replace(new, inside=False)
        if choice.kind == "mark":
            return replace(new, inner=choice.text) if state.inside else replace(new, separator=choice.text)
        return new

    def _choices(self, state: _State) -> Iterator[Choice]:
        if state.last == "emphasis":
            yield self._end
            return
        unmarked = bool(self.controls.style == "marked" and state.used and not (state.separator or state.brackets))
        if not (unmarked and state.last == "point"):
            yield from self._point_choices(state)
        if state.last in ("mark", "open"):
            return
        more = self._indices(state, *self._beside)  # what may follow behind a mark
        if more and state.last != "close":
            yield from self._bracket_choices(state, more)
        if state.last == "start":
            return
        if more:
            yield from self._separator_choices(state, more)
        if state.inside:
            assert state.bracket is not None
            yield self._mark("close", BRACKETS[state.bracket])
            return
        if more and self._must.difference(state.used):
            return
        if not state.text.endswith(("!", "！")) and state.last == "point" and self.controls.style != "plain":
            for mark in ("!", "！") if self._some_unspaced else ("!",):
                if self._left(state, len(self._marks[mark]), 1):
                    yield self._mark("emphasis", mark)
        if not (unmarked and more):
            yield self._end

    def _point_choices(self, state: _State) -> Iterator[Choice]:
        """Points that may come next, as what stands before them has them joined."""
        after_joint = state.last in ("point", "close")
        left_unspaced = bool(state.text) and _unspaced(state.text[-1])
        closing = (len(self._marks[BRACKETS[state.bracket or ""]]), 1) if state.inside else (0, 0)
        bare = self._indices(state, closing[0], closing[1] + after_joint)
        if not bare and state.last == "start":  # what must be told has no room: then as much of it as has
            bare = sorted(self._must) or list(range(len(self.points)))
        seen: set[tuple[int, ...]] = set()
        for index in bare:
            tight = state.last == "open" or (bool(state.text) and (left_unspaced or self._unspaced[index][0]))
            if state.last == "mark":
                tight = not state.text.endswith(", ") and _inner_separator(state) not in _SEPARATORS
            tokens = self._tight[index] if tight else self._spaced[index]
            # of several points that the tokenizer can't tell apart, the first will do
            if not tokens or tokens in seen:
                continue
            seen.add(tokens)
            space = " " if after_joint and not tight else ""
            yield Choice("point", space + self.points[index].text, tokens, index)

    def _separator_choices(self, state: _State, more: Sequence[int]) -> Iterator[Choice]:
        """What may join another item; a text goes on with the separator that it has begun with."""
        separator = _inner_separator(state)
        offered: list[str] = list(_SEPARATORS)
        if state.inside:
            offered = [", "]
        elif state.bracket is not None and state.bracket not in _HALF_WIDTH and state.last == "close":
            offered = []
        if self._some_unspaced or (state.inside and state.bracket not in _HALF_WIDTH):
            offered += ["，"]
        if self._some_unspaced and (_unspaced(state.text[-1]) or any(self._unspaced[i][0] for i in more)):
            offered += [" "]
        if not state.inside:
            offered += ["｜"]
        if self.controls.style == "plain":
            offered = [mark for mark in offered if mark in (", ", "，", " ")]
        if self.controls.style == "marked":
            offered = [mark for mark in offered if mark != " "]
        for mark in offered:
            if separator in (None, mark):
                yield self._mark("mark", mark)

    def _bracket_choices(self, state: _State, more: Sequence[int]) -> Iterator[Choice]:
        if state.inside or state.brackets == _MOST_BRACKETS or self.controls.style == "plain":
            return
        if all(self._bracketed[i] for i in more):
            return
        for mark in BRACKETS:
            if state.bracket in (None, mark):
                spaced = mark in _HALF_WIDTH and state.last == "point"
                yield Choice("open", " " * spaced + mark, self._marks[mark])

    def _mark(self, kind: Kind, mark: str) -> Choice:
        return Choice(kind, mark, self._marks[mark])

    def _left(self, state: _State, tokens: int, characters: int) -> bool:
        """Whether so many tokens and characters have room behind what has been written."""
        limit = self.controls.characters
        return state.emitted + tokens <= self.budget and (limit is None or len(state.text) + characters <= limit)

    def _indices(self, state: _State, tokens: int, characters: int) -> list[int]:
        """Points that may come next: unused, within the limits with so many tokens and characters beside them, leaving room for
        what must be told, and not completing a copy of the list."""
        owed = self._must.difference(state.used)
        tokens_owed, characters_owed = self._room_for(owed)
        possible = []
        for index, (length, width) in enumerate(self._sizes):
            if index in state.used or self._spoils(state.used, index) or (state.inside and self._bracketed[index]):
                continue
            must = index in owed
            alone = not state.text and not (tokens or characters or (owed and not must))  # one point has room in any text
            if not must:
                length, width = length + tokens_owed, width + characters_owed
            if alone or self._left(state, length + tokens, width + characters):
                possible.append(index)
        return possible

    def _spoils(self, used: tuple[int, ...], index: int) -> bool:
        """Whether the list would be copied with this point, or could no longer be told but by copying it."""
        if len(used) < len(self.points) - 2:
            return False
        used_then = (*used, index)
        if used and self._copies(used_then):
            return True
        return self._only_copies(used_then, self._must.difference(used_then))

    def _only_copies(self, used: tuple[int, ...], left: frozenset[int]) -> bool:
        """Whether these points could be followed by what is left to tell only in a copy of the list."""
        return len(left) == 1 and len(used) == len(self.points) - 1 and self._copies((*used, *left))

    def _can_be_named(self, choice: Choice) -> bool:
        """Whether a choice leaves room for the points that name the product. They are asked for when a choice is drawn, not
        when choices are listed, so a text that has them anyway is not another one for it."""
        owed = self._names.difference(self._state.used)
        if not owed:
            return True
        if choice.kind in ("end", "emphasis"):
            return False
        if choice.kind != "point":
            return True
        if self._names_next and choice.point not in owed:
            return False
        new = self._after(self._state, choice)
        left = (self._must | owed).difference(new.used)
        return not self._only_copies(new.used, left) and (choice.point in owed or self._has_room(new, left))

    def _room_for(self, points: frozenset[int]) -> tuple[int, int]:
        """Tokens and characters that all these points take at most, with what stands beside them."""
        tokens, characters = (sum(self._sizes[i][unit] + self._beside[unit] for i in points) for unit in (0, 1))
        return tokens, characters

    def _has_room(self, state: _State, points: frozenset[int]) -> bool:
        """Whether all these points fit behind what has been written."""
        return self._left(state, *self._room_for(points))

    def _acceptable(self, state: _State, choice: Choice) -> bool:
        if self._accepts is None or choice.kind in ("close", "end"):
            return True
        new = self._after(state, choice)
        if choice.kind in ("point", "emphasis"):
            assert not new.inside or new.bracket is not None
            return self._accepts(new.text + (BRACKETS[new.bracket or ""] if new.inside else ""))
        return any(self._acceptable(new, following) for following in self._point_choices(new))

    def _copies(self, used: tuple[int, ...]) -> bool:
        """Whether these points in this order spell the whole list as it was given."""
        if len(used) < len(self.points):
            return False
        return used == self._in_order or [w for i in used for w in self.points[i].text.split()] == self._copied_words


def _inner_separator(state: _State) -> str | None:
    return state.inner if state.inside else state.separator


def _unspaced(character: str) -> bool:
    return _UNSPACED.match(character) is not None


def decode_texts(
    grammars: Sequence[TextGrammar],
    hidden: Tensor,
    read: Callable[[list[list[int]]], Tensor],
    logits: Callable[[int, Tensor, list[Choice]], Tensor],
    temperature: float,
    generators: Sequence[torch.Generator | None],
) -> None:
    """Draws one text along each grammar, all in one batch; at the end every text's ids are read, without the end.

    hidden [B, D]: the model's state before the first choice. read(ids): each row reads some ids (one row's list may be empty),
    returns the states after them [B, D]. logits(row, state [D], choices) -> [len(choices)]. temperature 0: the likeliest.
    The model is only asked where the grammar leaves a choice.
    """
    unread: list[list[int]] = [[] for _ in grammars]
    while True:
        for row, (grammar, generator) in enumerate(zip(grammars, generators, strict=True)):
            while not grammar.done:
                choices = grammar.choices()
                if len(choices) > 1 and unread[row]:  # first the model must have read what it is to continue
                    break
                choice = choices[0]
                if len(choices) > 1:
                    choice = draw_choice(grammar, choices, logits(row, hidden[row], choices), temperature, generator)
                grammar.take(choice)
                if not grammar.done:
                    unread[row] += choice.tokens
        if any(unread):
            hidden = read(unread)
            unread = [[] for _ in grammars]
        if all(grammar.done for grammar in grammars):
            return


def draw_choice(
    grammar: TextGrammar, choices: list[Choice], logits: Tensor, temperature: float, generator: torch.Generator | None
) -> Choice:
    """A choice drawn from those that keep the text acceptable; the likeliest at temperature 0.

    Those that don't are found out only when they are drawn, which is the same and saves nearly all of the inspection's work.
    """
    logits = logits.float().nan_to_num(-1e9)
    while True:
        if temperature == 0:
            number = int(logits.argmax())
        else:
            number = int(torch.multinomial(torch.softmax(tempered(logits, temperature), 0), 1, generator=generator))
        if grammar.acceptable(choices[number]):
            return choices[number]
        grammar.refuse(choices[number])
        logits[number] = -torch.inf
        if not torch.isfinite(logits).any():  # what must be told can't be: the text ends as it is
            return next((c for c in choices if c.kind in ("end", "close")), Choice("end", "", ()))
