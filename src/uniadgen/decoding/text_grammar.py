"""Text that cannot lie: the ad's text is decoded along a grammar that only the selling points span.

    text  = item { joiner item } [ "!" ]
    item  = point | "[" point "]"

At most one point stands in brackets, and of commas, bars and dashes a text has one kind: mixed forms read like a mistake.
Every point is a whole selling point, word for word as given, and used at most once; between points stand only the joiners. So
whatever the model's weights are, every word comes from the selling points, as often as given, and the text ends at a word's
end. "Not waterproof" can't lose its "not", nor "500 ml" its number. The text is never empty, and it is never the whole list in
the order given, unless the list is one point.

A grammar may be told which texts are acceptable (the inspection's word): then what is written is acceptable from point to
point, so the text may end behind any of them, and a point or joiner that would spoil it is not offered.

The grammar walks token ids, but the text is put together from the points themselves, so a tokenizer that
loses characters can't corrupt it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

JOINERS = (" ", ", ", " | ", " - ")
MAX_READINGS = 4
_SEPARATORS = frozenset((",", " |", " -"))
OPEN, CLOSE, EMPHASIS = "[", "]", "!"


@dataclass(frozen=True)
class Point:
    """One selling point as the grammar may use it."""

    text: str
    index: int


@dataclass(frozen=True)
class _Path:
    """One way to read the tokens so far: what has been written, and the token sequence under way."""

    written: tuple[str, ...]
    used: tuple[int, ...]  # indices into points, in order of use
    bracketed: bool  # the point under way stands in brackets
    sequence: tuple[int, ...]  # tokens of the element under way ...
    offset: int  # ... of which so many have been emitted
    kind: str  # element under way: "point", "joiner", "open", "close", "emphasis"; "boundary" before any element


@dataclass(frozen=True)
class Continuation:
    """One way to read the id that may come next."""

    token: int
    kind: str  # of the element that it belongs to, as in a path; "end" ends the text
    element: str  # how that element is spelled
    begins: bool  # the id is its first
    before: str  # the text before the element
    used: tuple[int, ...]  # points in order, with the one that the id belongs to


def make_points(
    selling_points: Sequence[str],
    encode: Callable[[str], list[int]],
    budget: int,
    accepts: Callable[[str], bool] | None = None,
) -> list[Point]:
    """Selling points as points: white space folded, repetitions dropped, those of more than `budget` tokens left out.

    A part of a selling point may say something else than the whole, so none is cut: if all that are accepted as a text are too
    long, the shortest of them stays.
    """
    points: dict[str, Point] = {}
    for index, raw in enumerate(selling_points):
        text = " ".join(raw.split())
        if text:
            points.setdefault(text.casefold(), Point(text, index))
    lengths = {point: len(encode(" " + point.text)) for point in points.values()}
    sound = [point for point in lengths if accepts is None or accepts(point.text)] or list(lengths)
    if any(lengths[point] <= budget for point in sound):
        return [point for point, length in lengths.items() if length <= budget]
    return sorted(sound, key=lambda point: lengths[point])[:1]


def left_out(selling_points: Sequence[str], points: Sequence[Point], accepts: Callable[[str], bool]) -> list[str]:
    """Notes about selling points that no text of these points can have, by their place in the list."""
    kept = {point.text.casefold() for point in points}
    some = any(accepts(point.text) for point in points)
    notes = []
    for index, raw in enumerate(selling_points):
        text = " ".join(raw.split())
        if some and text and not accepts(text):
            notes.append(f"selling_points[{index}] stays out of the text: the inspection refuses it")
        elif text and text.casefold() not in kept:
            notes.append(f"selling_points[{index}] is too long for the text and stays out of it")
    return notes


class TextGrammar:
    """A non-deterministic walk along the grammar: `allowed()` gives the next ids, `advance(id)` takes one, `text()` reads."""

    def __init__(
        self,
        points: Sequence[Point],
        encode: Callable[[str], list[int]],
        end: int,
        budget: int,
        accepts: Callable[[str], bool] | None = None,
    ) -> None:
        """end: the id that ends the text; budget: tokens that the text should not exceed (one point always fits).

        accepts: whether a text may be written. If it accepts no point alone, it isn't asked again, and the text is one point.
        """
        if not points:
            raise ValueError("a text needs at least one point")
        if accepts is not None and not any(accepts(point.text) for point in points):
            points, accepts = points[:1], None
        self.points, self.end, self.budget = list(points), end, budget
        self._accepts = accepts
        self._spaced = [tuple(encode(" " + p.text)) or tuple(encode(p.text)) for p in points]
        self._tight = [tuple(encode(p.text)) for p in points]
        self.marks = {mark: tuple(encode(mark)) for mark in (",", " |", " -", " [", "]", "!")}
        length = {mark: len(sequence) for mark, sequence in self.marks.items()}
        # room for the marks that may still come before and after a point: with it, a point still fits after a mark
        self._after = length["]"] + length["!"]
        self._around = self._after + length[" ["] + max(length[","], length[" |"], length[" -"])
        self._in_order = tuple(range(len(self.points)))
        self._copy_words = [word for p in self.points for word in p.text.split()]
        self.emitted = 0
        self._paths = self._expand(_Path((), (), False, (), 0, "boundary"))
        self._finished: _Path | None = None

    def allowed(self) -> list[int]:
        """The ids that may come next, sorted; empty only after the end."""
        if self._finished is not None:
            return []
        return sorted({self.end if p.kind == "end" else p.sequence[p.offset] for p in self._paths})

    def continuations(self) -> list[Continuation]:
        """Every way to read every id that may come next; several readings may share an id."""
        return [
            Continuation(self.end, p.kind, "", True, "".join(p.written), p.used)
            if p.kind == "end"
            else Continuation(p.sequence[p.offset], p.kind, p.written[-1], p.offset == 0, "".join(p.written[:-1]), p.used)
            for p in ([] if self.done else self._paths)
        ]

    def advance(self, token: int) -> None:
        self.emitted += 1
        following: list[_Path] = []
        completed: list[_Path] = []
        for path in self._paths:
            if path.kind == "end":
                if token == self.end and self._finished is None:
                    self._finished = path
            elif path.sequence[path.offset] == token:
                path = _Path(path.written, path.used, path.bracketed, path.sequence, path.offset + 1, path.kind)
                (following if path.offset < len(path.sequence) else completed).append(path)
        # Points that spell the same words in several ways ("a", "a a", ...) have exponentially many readings: follow a few.
        for path in completed[:MAX_READINGS]:
            following += self._expand(path)
        if self._finished is None and not following:
            raise ValueError(f"id {token} is not allowed here")
        self._paths = list(dict.fromkeys(following))

    @property
    def done(self) -> bool:
        return self._finished is not None

    def text(self) -> str:
        """What has been written, once `done`."""
        if self._finished is None:
            raise ValueError("the text has not ended yet")
        return "".join(self._finished.written)

    def _expand(self, path: _Path) -> list[_Path]:
        """The elements that may follow a completed one (or the beginning)."""
        if path.kind == "open":
            return self._point_paths(path, self._tight, "", bracketed=True)
        if path.kind == "point" and path.bracketed:
            return self._mark_path(path, "]", CLOSE, "close")
        if path.kind == "boundary":
            return self._items(path, first=True)
        if path.kind == "joiner":
            return self._items(path, first=False)
        if path.kind == "emphasis":
            return [self._ended(path)]
        # after a point or a closing bracket
        paths = self._items(path, first=False)
        for mark, joiner in ((",", ","), (" |", " |"), (" -", " -")):
            if _SEPARATORS.difference((joiner,)).intersection(path.written):
                continue
            if self._may_follow(path, joiner + " ", self._around):
                paths += self._mark_path(path, mark, joiner, "joiner")
        emphasised = "".join(path.written) + EMPHASIS
        if (
            path.kind == "point"
            and not path.bracketed
            and not path.written[-1].endswith(EMPHASIS)
            and self._may_end(emphasised)
        ):
            paths += self._mark_path(path, "!", EMPHASIS, "emphasis")
        return [*paths, self._ended(path)]

    def _items(self, path: _Path, first: bool) -> list[_Path]:
        paths = self._point_paths(path, self._spaced, "" if first else " ", bracketed=False)
        opening = OPEN if first else " " + OPEN
        if {OPEN, " " + OPEN}.isdisjoint(path.written):
            room = self._after + len(self.marks[" ["]) if path.kind == "joiner" else self._around
            if self._may_follow(path, opening, room, bracketed=True):
                paths += self._mark_path(path, " [", opening, "open")
        return paths

    def _point_paths(self, path: _Path, sequences: list[tuple[int, ...]], space: str, bracketed: bool) -> list[_Path]:
        room = self._after if path.kind in ("joiner", "open") else self._around
        fitting = [i for i in self._remaining(path, room) if self._acceptable(path, space, i, bracketed)]
        # of several points that the tokenizer can't tell apart, the first will do
        first = {sequences[i]: i for i in reversed(fitting) if sequences[i]}
        return [
            _Path((*path.written, space + self.points[i].text), (*path.used, i), bracketed, sequences[i], 0, "point")
            for i in first.values()
        ]

    def _may_follow(self, path: _Path, marks: str, room: int, bracketed: bool = False) -> bool:
        """Whether some point may stand behind these marks. room: tokens that must be left beside it."""
        return any(self._acceptable(path, marks, i, bracketed) for i in self._remaining(path, room))

    def _acceptable(self, path: _Path, marks: str, index: int, bracketed: bool) -> bool:
        point = self.points[index].text
        if not self._tight[index] or (bracketed and (OPEN in point or CLOSE in point)):
            return False
        return self._may_end("".join((*path.written, marks, point, CLOSE if bracketed else "")))

    def _may_end(self, text: str) -> bool:
        return self._accepts is None or self._accepts(text)

    def _mark_path(self, path: _Path, mark: str, written: str, kind: str) -> list[_Path]:
        sequence = self.marks[mark]
        return (
            [_Path((*path.written, written), path.used, path.bracketed and kind != "close", sequence, 0, kind)]
            if sequence
            else []
        )

    def _ended(self, path: _Path) -> _Path:
        return _Path(path.written, path.used, False, (), 0, "end")

    def _remaining(self, path: _Path, room: int) -> list[int]:
        """Points that may still follow: unused, leaving room in the budget, and not completing a copy of the list."""
        remaining = [i for i in range(len(self.points)) if i not in path.used]
        if not path.used:
            return remaining
        left = self.budget - self.emitted - room
        remaining = [i for i in remaining if max(len(self._spaced[i]), len(self._tight[i])) <= left]
        return [i for i in remaining if not self._copies((*path.used, i))]

    def _copies(self, used: tuple[int, ...]) -> bool:
        """Whether these points in this order spell the whole list as it was given."""
        if len(used) < len(self.points):
            return False
        return used == self._in_order or [w for i in used for w in self.points[i].text.split()] == self._copy_words


def decode_texts(
    grammars: Sequence[TextGrammar],
    hidden: Tensor,
    read: Callable[[list[list[int]]], Tensor],
    logits_of: Callable[[Tensor, list[int]], Tensor],
    temperature: float,
    generators: Sequence[torch.Generator | None],
    habits: Callable[[int, list[int]], Sequence[float]] | None = None,
) -> None:
    """Samples one text along each grammar, all in one batch; at the end every text's ids are read, without the end.

    hidden [B, D]: the model's state before the first token. read(ids): each row reads some ids (one row's list may be empty),
    returns the states after them [B, D]. logits_of(state [D], ids): the logits of these ids [len(ids)]. temperature 0: greedy.
    habits(row, ids): nats to add to these logits. The model is only asked where the grammar leaves a choice; what is forced
    until then is read in one pass.
    """
    unread: list[list[int]] = [[] for _ in grammars]
    while True:
        for row, (grammar, generator) in enumerate(zip(grammars, generators, strict=True)):
            while not grammar.done:
                allowed = grammar.allowed()
                if len(allowed) == 1:
                    token = allowed[0]
                elif unread[row]:  # first the model must have read what it is to continue
                    break
                else:
                    logits = logits_of(hidden[row], allowed)
                    if habits is not None:
                        logits = logits + logits.new_tensor(habits(row, allowed))
                    token = _choose(allowed, logits, temperature, generator)
                grammar.advance(token)
                if not grammar.done:
                    unread[row].append(token)
        if any(unread):
            hidden = read(unread)
            unread = [[] for _ in grammars]
        if all(grammar.done for grammar in grammars):
            return


def _choose(allowed: list[int], logits: Tensor, temperature: float, generator: torch.Generator | None) -> int:
    logits = logits.float().nan_to_num(-1e9)
    if temperature == 0:
        return allowed[int(logits.argmax())]
    return allowed[int(torch.multinomial(torch.softmax(logits / temperature, 0), 1, generator=generator))]
