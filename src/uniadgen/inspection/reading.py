"""How the inspection reads a text: folded characters, tokens, and where each token stands in the selling points.

    points = Points(["Auto Shut-Off", "1.7 L"])
    pieces = points.align(read("1700ml kettle, auto shutoff"))      # "kettle" has no place: no selling point has it

Two spellings are the same word when they differ in case, width, punctuation, English inflection, British or American spelling,
in where they are joined ("shut-off", "shut off", "shutoff"), or in that one lacks the accents of Latin or Greek letters; all
other marks are part of the word. Quantities are compared by value ("0.5 L" is "500 ml") and sign, ranges and tolerances whole,
numerals as digits ("seven levels" is "7 levels"). Chinese runs are covered by the longest stretches of the
selling points. All spans are [start, end) in characters of the text as it was given.
"""

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

import regex
import yaml

from uniadgen.words import HAN, NUMBER, UNSPACED, clusters

Kind = Literal["word", "number", "quantity", "han"]
Accents = tuple[tuple[int, str], ...]
Place = tuple[int, int, int]
"""Selling point, start and end in its compact spelling (tokens without anything between them)."""

_LETTER = rf"(?:(?![{UNSPACED}\d_])\w)"  # of a script with spaces, with its marks
_TOKEN = regex.compile(rf"(?P<number>{NUMBER})|(?P<han>(?:[{UNSPACED}]\p{{M}}*)+)|(?P<word>{_LETTER}+(?:'{_LETTER}+)*)")
_LOOSE = re.compile(r"[\s\-'’./]*")  # what may stand inside a joined word
# Ends a phrase: a mark between phrases, or a dash between spaces.
_HARD = re.compile(r"[,|;!?()\[\]{}【】「」、。…•·]|\s[-–—]+\s|\.\s")
_MAX_JOINED = 4
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}


@cache
def language() -> dict[str, Any]:
    """The data file about English and Chinese, its lists of words as sets."""
    data = load_data("language")
    lists = (
        "function_words", "dangling_words", "closing_words", "negations", "narrow_negations", "closing_negations",
        "bound_modifiers", "open_modifiers", "standalone_nouns",
    )  # fmt: skip
    return data | {name: frozenset(data[name].split()) for name in lists}


def load_data(name: str) -> dict[str, Any]:
    """One of the word lists that come with the package."""
    data = yaml.safe_load((resources.files(__package__) / "data" / f"{name}.yaml").read_text(encoding="utf-8"))
    return dict(data)


@dataclass(frozen=True)
class Folded:
    """A text without case, European accents, width and invisible characters.

    starts[i], ends[i]: the part of the given text, a character with its marks, that character i comes from.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return (self.starts[start], self.ends[end - 1]) if end > start else (0, 0)


def fold(text: str) -> Folded:
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    for cluster in clusters(_THOUSANDS.sub(",", text)):
        plain = _plain(cluster)
        if characters and characters[-1].isdigit() and plain[:1].isdigit() and unicodedata.category(cluster[0]) == "No":
            # "1½" is 1.5 and "10²" is no 102
            plain = f"^{plain}" if not plain.startswith("0.") else plain[1:]
        characters += plain
        starts += [place] * len(plain)
        place += len(cluster)
        ends += [place] * len(plain)
    return Folded("".join(characters), tuple(starts), tuple(ends))


@lru_cache(maxsize=2**14)
def _plain(cluster: str) -> str:
    """A character as it is compared: accents are left out of Latin and Greek; other scripts need all of their marks."""
    if cluster.isascii():
        return cluster.casefold()
    cluster = "".join(_SPELLED.get(c, c) for c in cluster if unicodedata.category(c) not in ("Cf", "Cs"))
    if len(cluster) == 1 and "fraction" in unicodedata.decomposition(cluster):
        return f"{unicodedata.numeric(cluster):.4g}"
    letters = unicodedata.normalize("NFKD", cluster)
    if letters and (letters[0] <= "\u024f" or "\u0370" <= letters[0] <= "\u03ff"):
        letters = "".join(c for c in letters if unicodedata.category(c) != "Mn")
    letters = "".join(_SPELLED.get(c, c) for c in letters)
    return "".join(str(unicodedata.decimal(c, c)) for c in unicodedata.normalize("NFC", letters).casefold())


_THOUSANDS = regex.compile(r"(?<=(?<!\d)\d{1,3})[\u00a0\u2009\u202f](?=\d{3}(?!\d))")  # spaces that part no two numbers
# Marks that are typed in several ways.
_SPELLED = {
    "’": "'", "‘": "'", "″": '"', "−": "-", "﹣": "-", "－": "-", "‐": "-", "‑": "-", "٫": ".", "٬": ",", "٪": "%", "º": "°",
    "≦": "≤", "≧": "≥", "⩽": "≤", "⩾": "≥", "～": "~", "〜": "~", "∼": "~", "⁓": "~", "÷": "/", "⁄": "/", "∕": "/",
}  # fmt: skip


def accents_of(word: str) -> Accents:
    """The marks that `fold` leaves out of Latin and Greek letters, by the place of the letter."""
    accents: list[tuple[int, str]] = []
    letters = 0
    for character in unicodedata.normalize("NFD", word):
        if unicodedata.category(character) == "Mn":
            accents.append((letters, character))
        else:
            letters += 1
    return tuple(accents)


def is_tonal(text: str) -> bool:
    """Whether a text in Latin letters has marks as Vietnamese has them, where "ma", "má" and "mạ" are three words."""
    return _TONAL.search(unicodedata.normalize("NFD", text)) is not None


_TONAL = regex.compile("[a-zA-Z](?:[\u0309\u031b\u0323]|[\u0300-\u0323]{2})")


@dataclass(frozen=True)
class Token:
    """A word, number, quantity (number and unit) or unspaced run.

    keys: spellings to compare, the first the canonical one. gap: what stands between this token and the one before it.
    accents: what `fold` has left out. number: the value of a quantity or number. starts, ends: of each character of an unspaced
    run.
    """

    kind: Kind
    text: str
    keys: tuple[str, ...]
    start: int
    end: int
    gap: str
    accents: Accents = ()
    number: str = ""
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    @property
    def compact(self) -> str:
        return self.keys[0]


@dataclass(frozen=True)
class Reading:
    """A text as tokens; tail: what stands after the last one, folded."""

    given: str
    folded: Folded
    tokens: tuple[Token, ...]
    tail: str

    @property
    def compact(self) -> str:
        return "".join(token.compact for token in self.tokens)


def read(text: str) -> Reading:
    """Split a text into tokens."""
    folded = fold(text)
    source, starts, ends = _with_digits(folded)
    tokens: list[Token] = []
    end = 0
    position = 0
    while match := _TOKEN.search(source, position):
        gap, start, position = source[end : match.start()], match.start(), match.end()
        number, kind = "", match.lastgroup
        keys: tuple[str, ...]
        word = match[0]
        if kind == "word" and word in language()["number_words"]:
            kind, word = "number", str(language()["number_words"][word])
        if kind == "number":
            number = _plain_number(word)
            unit = _unit_after(source, position)
            if unit:
                position = unit.end()
                keys = _quantity_keys(number, unit["unit"])
                kind = "quantity"
            else:
                keys = (number,)
        elif kind == "han":
            keys = (word,)
        else:
            keys = stems(word)
        end = position
        first, last = starts[start], ends[position - 1]
        run = (tuple(starts[start:position]), tuple(ends[start:position])) if kind == "han" else ((), ())
        marks = () if kind != "word" or text.isascii() else accents_of(text[first:last])
        tokens.append(Token(_kind(kind), source[start:position], keys, first, last, gap, marks, number, *run))
    return Reading(text, folded, tuple(tokens), source[end:])


def _kind(name: str | None) -> Kind:
    return "number" if name == "number" else "quantity" if name == "quantity" else "han" if name == "han" else "word"


def is_hard(gap: str) -> bool:
    """Whether what stands between two tokens separates phrases."""
    return bool(_HARD.search(gap))


@cache
def stems(word: str) -> tuple[str, ...]:
    """Forms that a folded English word may be inflected from, its own spelling first. Others pass through unchanged."""
    word = _american(word.replace("'s", "").replace("'", "") or word)
    forms = [word]
    irregular = language()["irregular"]
    if word in irregular:
        forms.append(irregular[word])
    if word.endswith("ies") and len(word) > 4:
        forms += [word[:-3] + "y"]
    if word.endswith("es") and len(word) > 4:
        forms.append(word[:-2])
    if word.endswith("s") and len(word) > 2 and word[-2] not in "sui":
        forms.append(word[:-1])
    if word.endswith("ly") and len(word) > 4:
        forms.append(word[:-2])
    for ending in ("ed", "ing"):
        base = word.removesuffix(ending)
        if base != word and len(base) > 2 and re.search("[aeiouy]", base):
            forms += [base, base + "e"]
            if base[-1] == base[-2]:
                forms.append(base[:-1])
            if ending == "ed" and base[-1] == "i":
                forms.append(base[:-1] + "y")
    forms += [irregular[form] for form in forms[1:] if form in irregular]
    return tuple(dict.fromkeys(forms))


def _american(word: str) -> str:
    word = language()["spelling"].get(word, word)
    if len(word) > 4:
        word = word.replace("our", "or").replace("sulph", "sulf")
        word = re.sub(r"([bt])re(s?)$", r"\1er\2", word)
        word = re.sub(r"is(e|es|ed|ing|er|ers|ation)$", r"iz\1", word)
    return word


def script_of(character: str) -> str:
    """The script of a character that is written without spaces, as far as words end where it changes."""
    if HAN.match(character):
        return "han"
    return next((name for name, last in _SCRIPTS.items() if character <= last), "han")


_SCRIPTS = {
    "thai": "\u0e7f",
    "lao": "\u0eff",
    "burmese": "\u109f",
    "khmer": "\u17ff",
    "han": "\u3007",
    "hiragana": "\u309f",
    "katakana": "\u30ff",
}


def _plain_number(written: str) -> str:
    """A value of `words.NUMBER` in one spelling: "−1,200.50" is "-1200.5", "10 to 20" is "10..20", "+/- 5" is "±5"."""
    plain = written.replace("+/-", "±").replace("–", "-").replace(" ", "")
    plain = _VALUE.sub(lambda match: _plain_value(match[0]), re.sub(r"\+(?=\d)", "", plain))
    return re.sub(r"(?<=\d)(?:-|~|to|至|到)(?=[-\d])", "..", plain)


_VALUE = re.compile(r"\d+(?:[.,]\d+)*")


def _plain_value(digits: str) -> str:
    digits = digits.replace(",", "." if re.fullmatch(r"\d+,\d{1,2}", digits) else "")
    value = Decimal(digits)
    return format(value.normalize(), "f") if value else "0"


@cache
def _unit_pattern() -> regex.Pattern[str]:
    units = sorted(language()["units"], key=len, reverse=True)
    spaced = "|".join(re.escape(unit) for unit in units if unit.isascii() and unit.isalpha())
    unspaced = "|".join(re.escape(unit) for unit in units if not (unit.isascii() and unit.isalpha()))
    return regex.compile(rf"[\s\-]?(?P<unit>(?:{spaced})(?!{_LETTER})|(?:{unspaced}))")


def _unit_after(source: str, position: int) -> regex.Match[str] | None:
    match = _unit_pattern().match(source, position)
    # "Keadix 9 TB-76": a number ends one name, and a model begins
    is_model = match and match.start("unit") > position and re.match(r"-?\d", source[match.end() :])
    return None if is_model else match


def _quantity_keys(number: str, unit: str) -> tuple[str, ...]:
    """Canonical spelling of a quantity; "256g" may also be short for 256 GB."""
    kind, factor = language()["units"][unit]
    keys = [_quantity(number, kind, factor)]
    if unit == "g" and number in ("8", "16", "32", "64", "128", "256", "512"):
        keys.append(_quantity(number, "memory", 1))
    return tuple(keys)


def _quantity(number: str, kind: str, factor: float) -> str:
    """A value in the base unit of its kind; a ratio ("1/2 inch") is a value, too."""
    parts = number.split("/")
    if len(parts) == 2 and all(re.fullmatch(r"\d+(?:\.\d+)?", part) for part in parts) and Decimal(parts[1]):
        number = f"{Decimal(parts[0]) / Decimal(parts[1]):.4g}"
    return f"{_VALUE.sub(lambda match: _plain_value(str(Decimal(match[0]) * Decimal(str(factor)))), number)}<{kind}>"


@cache
def _numeral_pattern() -> re.Pattern[str]:
    digits = "".join(_DIGITS)
    return re.compile(f"(?<![百千万十{digits}])(?:[{digits}]?十[{digits}]?|[{digits}])(?=[{language()['classifiers']}])")


def _with_digits(folded: Folded) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """Chinese numerals before a measure word as digits: the text, and where its characters start and end."""
    text, starts, ends = folded.text, folded.starts, folded.ends
    for match in reversed(list(_numeral_pattern().finditer(text))):
        tens, ten, ones = match[0].rpartition("十")
        value = (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
        digits = str(value)
        first, last = folded.span(match.start(), match.end())
        text = text[: match.start()] + digits + text[match.end() :]
        starts = starts[: match.start()] + (first,) * len(digits) + starts[match.end() :]
        ends = ends[: match.start()] + (last,) * len(digits) + ends[match.end() :]
    return text, starts, ends


# --- selling points ---


@dataclass
class Piece:
    """A part of the text and its places in the selling points; no place: no selling point has it.

    negated: whether something in the text turns its meaning. small: it says nothing (a function word).
    """

    kind: Kind
    text: str
    keys: tuple[str, ...]
    start: int
    end: int
    gap: str
    places: tuple[Place, ...] = ()
    small: bool = False
    number: str = ""

    @property
    def content(self) -> bool:
        return not self.small


@dataclass(frozen=True)
class Point:
    """A selling point. offsets[i]: where token i starts in `compact`; small: the same for its function words."""

    reading: Reading
    compact: str
    offsets: tuple[int, ...]
    small: frozenset[int] = field(default_factory=frozenset)

    @property
    def tokens(self) -> tuple[Token, ...]:
        return self.reading.tokens

    def at(self, offset: int) -> int | None:
        """The token that starts at a place of the compact spelling."""
        return self.offsets.index(offset) if offset in self.offsets else None

    def covering(self, offset: int) -> int:
        """The token that a place of the compact spelling belongs to."""
        return max(i for i, start in enumerate(self.offsets) if start <= offset)

    def parts_at(self, offset: int) -> bool:
        """Whether a place in the compact spelling is inside no character and no word, as far as scripts tell."""
        if offset == len(self.compact):
            return True
        token = self.tokens[self.covering(offset)]
        inside = offset - self.offsets[self.covering(offset)]
        if not inside or token.kind != "han":
            return True
        before, after = script_of(token.text[inside - 1]), script_of(token.text[inside])
        return token.starts[inside] != token.starts[inside - 1] and (before != after or after == "han")

    def only_small(self, start: int, end: int) -> bool:
        """Whether nothing but function words stands between two places (or nothing at all)."""
        inside = [i for i, offset in enumerate(self.offsets) if start <= offset < end and i in self.small]
        return start <= end and sum(len(self.tokens[i].compact) for i in inside) == end - start


class Points:
    """The selling points of one product, indexed. Repeated ones count once."""

    def __init__(self, selling_points: Sequence[str]) -> None:
        self.points: list[Point] = []
        self.tonal = any(map(is_tonal, selling_points))
        seen: set[str] = set()
        small_words = language()["function_words"]
        for text in selling_points:
            reading = read(text)
            spelled = reading.compact + repr([token.accents for token in reading.tokens if token.accents])
            if not reading.tokens or spelled in seen:
                continue
            seen.add(spelled)
            lengths = [len(token.compact) for token in reading.tokens]
            offsets = tuple(sum(lengths[:i]) for i in range(len(lengths)))
            small = frozenset(
                i
                for i, t in enumerate(reading.tokens)
                if t.kind == "word" and t.text in small_words and not _is_code(reading.tokens[i + 1 : i + 2])
            )
            if len(small) == len(offsets):
                small = frozenset()
            self.points.append(Point(reading, reading.compact, offsets, small))
        self._accented = any(token.accents for point in self.points for token in point.tokens)
        self.words: dict[str, set[Place]] = defaultdict(set)
        self.joined: dict[str, set[Place]] = defaultdict(set)
        self.numbers: dict[str, set[Place]] = defaultdict(set)
        self.quantities: dict[str, set[Place]] = defaultdict(set)
        self.measured: dict[str, set[Place]] = defaultdict(set)  # by the number of a quantity, and by its kind of unit
        self._bigrams: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._singles: dict[str, set[Place]] = defaultdict(set)
        for index, point in enumerate(self.points):
            self._add(index, point)

    def _add(self, index: int, point: Point) -> None:
        for i, token in enumerate(point.tokens):
            offset = point.offsets[i]
            place = (index, offset, offset + len(token.compact))
            if token.kind == "number":
                self.numbers[token.number].add(place)
            elif token.kind == "quantity":
                for key in token.keys:
                    self.quantities[key].add(place)
                self.measured[token.number].add(place)
                self.measured[token.keys[0].partition("<")[2]].add(place)
            elif token.kind == "han":
                run = token.text
                for j in range(len(run) - 1):
                    self._bigrams[run[j : j + 2]].append((index, offset + j))
                for j, character in enumerate(run):
                    if len(run) == 1 or character in language()["bound_nouns"]:
                        self._singles[character].add((index, offset + j, offset + j + 1))
            else:
                for key in token.keys:
                    self.words[key].add(place)
                for last in range(i, min(i + _MAX_JOINED, len(point.tokens))):
                    if last > i and (point.tokens[last].kind != "word" or not _LOOSE.fullmatch(point.tokens[last].gap)):
                        break
                    joined = "".join(t.text.replace("'", "") for t in point.tokens[i : last + 1])
                    for key in stems(joined):
                        self.joined[key].add((index, offset, point.offsets[last] + len(point.tokens[last].compact)))

    def align(self, reading: Reading) -> list[Piece]:
        """The text as pieces in order, each with its places; function words may have none."""
        pieces: list[Piece] = []
        tokens = reading.tokens
        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.kind == "word":
                end = index
                while end < len(tokens) and tokens[end].kind == "word":
                    end += 1
                pieces += self._align_words(tokens[index:end])
                index = end
                continue
            if token.kind == "han":
                pieces += self._align_run(token)
            else:
                index_of = self.numbers if token.kind == "number" else self.quantities
                places = {place for key in token.keys for place in index_of.get(key, ())}
                pieces.append(_piece(token, places))
            index += 1
        for piece, following in itertools.pairwise(pieces):
            piece.small &= not _is_code([following])
        return pieces

    def _align_words(self, tokens: Sequence[Token]) -> list[Piece]:
        """Cover neighbouring words, single or joined, so that as few as possible stay without a place."""
        best: list[tuple[float, list[Piece]]] = [(0.0, [])]
        small_words = language()["function_words"]
        for end in range(1, len(tokens) + 1):
            options: list[tuple[float, list[Piece]]] = []
            for start in range(max(0, end - _MAX_JOINED), end):
                group = tokens[start:end]
                cost, before = best[start]
                if len(group) == 1:
                    token = group[0]
                    places = self._agreeing(group, {p for key in token.keys for p in self.words.get(key, ())})
                    if not places:
                        places = self._agreeing(group, {p for key in token.keys for p in self.joined.get(key, ())})
                    small = token.text in small_words
                    options.append((cost + (0.0 if places else 0.1 if small else 1.0), [*before, _piece(token, places, small)]))
                elif all(_LOOSE.fullmatch(token.gap) for token in group[1:]):
                    joined = "".join(token.text.replace("'", "") for token in group)
                    places = self._agreeing(group, {p for key in stems(joined) for p in self.joined.get(key, ())})
                    if places:
                        whole = Token("word", joined, stems(joined), group[0].start, group[-1].end, group[0].gap)
                        options.append((cost + 0.01, [*before, _piece(whole, places)]))
            best.append(min(options, key=lambda option: option[0]))
        return best[-1][1]

    def _agreeing(self, group: Sequence[Token], places: set[Place]) -> set[Place]:
        """Without the places whose accents differ. A word may lack all of its accents, but not in a language of tones."""
        if not self._accented and not any(token.accents for token in group):
            return places
        mine = _joined_accents(group)
        agreeing = set()
        for place in places:
            point = self.points[place[0]]
            theirs = _joined_accents(point.tokens[point.covering(place[1]) : point.covering(place[2] - 1) + 1])
            # an inflected form may have more letters, and accents in them
            shared = min(place[2] - place[1], sum(len(token.text) for token in group))
            here, there = (tuple(mark for mark in marks if mark[0] <= shared) for marks in (mine, theirs))
            if here == there or not (self.tonal or (here and there)):
                agreeing.add(place)
        return agreeing

    def _align_run(self, token: Token) -> list[Piece]:
        """Cover an unspaced run by stretches of the selling points, as much and in as few as possible."""
        run, words = token.text, language()
        size = len(run)
        best: list[tuple[float, int, set[Place], bool]] = [(0.0, 0, set(), False)]
        reach = [self._longest(run, start) for start in range(size)]
        for end in range(1, size + 1):
            start = end - 1
            character = run[start]
            single = self._singles.get(character, set())
            small = character in words["function_characters"]
            options = [(best[start][0] + (0.6 if single else 0.5 if small else 1.0), start, single, small and not single)]
            for start in range(end - 2, -1, -1):
                if run[start:end] in words["function_phrases"]:
                    options.append((best[start][0] + 0.4, start, set(), True))
                if end - start <= reach[start] and (places := self._occurrences(run[start:end])):
                    options.append((best[start][0] + 0.2, start, places, False))
            best.append(min(options, key=lambda option: option[0]))
        pieces: list[Piece] = []
        end = size
        while end:
            _, start, places, small = best[end]
            first, last = token.starts[start], token.ends[end - 1]
            gap = token.gap if start == 0 else ""
            pieces.append(Piece("han", run[start:end], (run[start:end],), first, last, gap, tuple(sorted(places)), small))
            end = start
        return pieces[::-1]

    def _longest(self, run: str, start: int) -> int:
        """Characters of the longest stretch of a selling point that the run has at `start`; 0 for less than two."""
        longest = 0
        for index, offset in self._bigrams.get(run[start : start + 2], ()):
            token = self.points[index].covering(offset)
            text = self.points[index].tokens[token].text
            inside = offset - self.points[index].offsets[token]
            length = 2
            while start + length < len(run) and inside + length < len(text) and run[start + length] == text[inside + length]:
                length += 1
            longest = max(longest, length)
        return longest

    def _occurrences(self, stretch: str) -> set[Place]:
        return {
            (index, offset, offset + len(stretch))
            for index, offset in self._bigrams[stretch[:2]]
            if self.points[index].compact.startswith(stretch, offset)
            and self.points[index].parts_at(offset)
            and self.points[index].parts_at(offset + len(stretch))
        }

    def whole_in(self, reading: Reading) -> list[tuple[int, int]]:
        """Where a text has a selling point whole, word for word and mark for mark, between words."""
        text = reading.folded.text
        spans = []
        for point in self.points:
            wanted = point.reading.folded.text.strip()
            start = text.find(wanted)
            while start >= 0:
                end = start + len(wanted)
                if not (_joins(text[start - 1 : start + 1]) or _joins(text[end - 1 : end + 1])):
                    spans.append(reading.folded.span(start, end))
                start = text.find(wanted, start + 1)
        return spans

    def near(self, first: Place, second: Place) -> bool:
        """Whether two places are neighbours in one selling point, in either order, function words between them left out."""
        if first[0] != second[0]:
            return False
        point = self.points[first[0]]
        return point.only_small(first[2], second[1]) or point.only_small(second[2], first[1])

    def whole(self, place: Place) -> bool:
        return place[1] == 0 and place[2] == len(self.points[place[0]].compact)


def _joined_accents(tokens: Sequence[Token]) -> Accents:
    """Accents of neighbouring words, as of one."""
    before = [sum(len(token.text) for token in tokens[:i]) for i in range(len(tokens))]
    return tuple((start + at, mark) for start, token in zip(before, tokens, strict=True) for at, mark in token.accents)


def _joins(two: str) -> bool:
    """Whether two characters belong to one word."""
    return len(two) == 2 and all(map(_WORD_CHARACTER.match, two))


_WORD_CHARACTER = regex.compile(r"\w")


def _is_code(following: Sequence[Token | Piece]) -> bool:
    """Whether a number is tied on behind: "A-60" is a model, no "a"."""
    return any(next_.kind in ("number", "quantity") and next_.gap in ("", "-") for next_ in following)


def _piece(token: Token, places: set[Place], small: bool = False) -> Piece:
    return Piece(
        token.kind, token.text, token.keys, token.start, token.end, token.gap, tuple(sorted(places)), small, token.number
    )
