"""Text from outside: made safe to tokenise and print, and taken apart in any script.

    words("दिन Shut-Off ด้าย")                   # ["दिन", "Shut", "Off", "ด้", "า", "ย"]
    split_list("1,200 W, Set (red, blue)")     # ["1,200 W", "Set (red, blue)"]

What a word is stands here once, for the text grammar, the inspection and the metrics. A word is a run of letters and digits
with all marks that belong to them: the vowels of Hindi, the tones of Thai and the voiced sounds of Japanese are no decoration.
Scripts without spaces are taken apart into characters as a reader sees them (Unicode's grapheme clusters), Chinese by jieba
where words are wanted. A number is a value with all that changes it: sign, bound, thousands, decimals, range, tolerance.
"""

import logging
import unicodedata
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

import regex

from uniadgen.errors import InputError, kind_of

# Line and paragraph separators are no control characters by category, yet they break a line like one.
_BREAKS = regex.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL = regex.compile("[\x00-\x1f\x7f-\x9f]")

# Written without spaces: Thai, Lao, Burmese, Khmer, Japanese, Chinese. As the inside of a character class.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
HAN = regex.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_UNSPACED = regex.compile(f"[{UNSPACED}]")
_FIRST = r"[[\p{Alphabetic}\p{N}]--\p{M}]"  # marks and joiners stand behind a letter; alone they are no word
_INSIDE = rf"(?:(?![{UNSPACED}])[[\w\p{{N}}]--\p{{Pc}}])"
WORD = regex.compile(rf"(?=[{UNSPACED}])(?={_FIRST})\X|(?![{UNSPACED}]){_FIRST}{_INSIDE}*", regex.VERSION1)
_SPACED = regex.compile(_INSIDE, regex.VERSION1)

# "1,200.5", "1,00,000", "2.5", "2,5": a comma before one or two digits is a decimal comma unless more numbers follow.
_DIGITS = r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)(?:\.\d+)?|\d+(?:\.\d+|(?<!\d,\d+),\d{1,2}(?![\d,]))?)"
# A minus stands tight before its number and behind nothing that it could join; other signs may be spaced. "-" is any dash.
_SIGN = rf"(?:(?:(?<![\w)\]%°])|(?<=[{UNSPACED}])(?=-{_DIGITS}\s?°))[-–]|(?:±|\+/-|[<>≤≥≈~])\s?|(?<!\w)\+)"
_BETWEEN = r"(?:[-–~/:]|\s(?:to|–|~)\s|[至到])"
NUMBER = rf"{_SIGN}?{_DIGITS}(?:(?:{_BETWEEN}(?:[-–+](?=\d))?|\s?(?:±|\+/-)\s?){_DIGITS})?(?:\+(?![\w+]))?"
"""A number as it stands in a text of ASCII digits and marks (what `inspection.reading.fold` makes of others)."""

_OPENING = {
    "(": ")",
    "[": "]",
    "{": "}",
    "（": "）",
    "［": "］",
    "【": "】",
    "「": "」",
    "『": "』",
    "《": "》",
    "“": "”",
    "«": "»",
}
_INTRODUCTION = regex.compile(r"(the|a|an|our|this|these|meet|new)\s+", regex.I)
_NOVELTY = regex.compile(
    r"new\s+(arrivals?|collection|colou?rs?|designs?|edition|generation|in|looks?|models?|release|season|styles?|version)\b",
    regex.I,
)
_QUOTED = regex.compile(r"(?<!\w)\"[^\"]*\"(?!\w)|(?<!\w)‘[^‘’]*’(?!\w)")


# --- safe text ---


def clean_text(text: str) -> str:
    """The same text on one line: control characters become spaces, runs of spaces one, and lone surrogates U+FFFD.

    Everything else stays as it is: emoji and their joiners, right-to-left marks, and the spellings of special tokens.
    """
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return " ".join(_BREAKS.sub(" ", whole).split())


def check_text(value: object, what: str) -> str:
    """The value, if it is a text. what: its name in messages. Raises InputError."""
    if not isinstance(value, str):
        raise InputError(f"{what}: a text is needed, not {kind_of(value)}")
    return value


def has_control_characters(text: str) -> bool:
    """Whether a name would break a terminal's line or colours. All other characters may be in it: spaces of any width, emoji
    and their joiners, and the stand-ins for bytes that aren't UTF-8."""
    return bool(_CONTROL.search(text))


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing: only spaces, control characters and invisible formatting."""
    return all(unicodedata.category(c)[0] in "ZC" for c in text)


def quoted(value: object, limit: int = 120) -> str:
    """A name or path as it appears in a message: in quotes, on one line, cut in the middle when it is long."""
    text = clean_text(str(value))
    if len(text) > limit:
        text = f"{text[: limit // 2 - 2]}...{text[-(limit // 2 - 2) :]}"
    return f'"{text}"'


def parse_whole(text: str) -> int | None:
    """A number of at most 18 of the digits 0 to 9; None for any other text, such as "", "-1", "²" or an endless one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# --- words ---


def words(text: str) -> list[str]:
    """The words of a text in order; of scripts without spaces, their characters."""
    return WORD.findall(text)


def count_words(text: str) -> int:
    """Words between spaces; marks that stand alone are none."""
    return sum(WORD.search(part) is not None for part in text.split())


def clusters(text: str) -> list[str]:
    """The characters of a text as a reader sees them: a letter with its marks, an emoji of several parts."""
    return regex.findall(r"\X", text)


def is_unspaced(text: str) -> bool:
    """Whether some character is of a script that is written without spaces."""
    return _UNSPACED.search(text) is not None


def shorten(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of the text that ends at a word boundary and fits; one whole word if none does.

    A long run of a script without spaces may be cut between any two characters. What is cut off may change what is said, so
    this is for texts that are only read.
    """
    if fits(text):
        return text
    boundaries, place, last = [], 0, ""
    for cluster in clusters(text):
        if place and (cluster == " " or (is_unspaced(cluster) and is_unspaced(last))):
            boundaries.append(place)
        place, last = place + len(cluster), cluster
    if not boundaries:
        return text
    low, high = 0, len(boundaries) - 1
    while low < high:  # the last boundary whose beginning fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[: boundaries[middle]]) else (low, middle - 1)
    return text[: boundaries[low]].rstrip()


@cache
def split_chinese() -> Callable[[str], list[str]]:
    """jieba's splitter; what it cuts off other scripts' words is put back. Raises InputError when jieba is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jieba  # type: ignore[import-untyped]

            jieba.setLogLevel(logging.WARNING)
            jieba.initialize()
    except ImportError:
        raise InputError("Chinese text needs jieba; install it: pip install uniadgen[metrics]") from None

    def split(text: str) -> list[str]:
        pieces: list[str] = []
        for part in jieba.lcut(text):
            if pieces and _belongs(pieces[-1], part):
                pieces[-1] += part
            else:
                pieces.append(part)
        return pieces

    return split


def _belongs(before: str, part: str) -> bool:
    """Whether a cut between two neighbours goes through a character, or a word that is neither Chinese nor English."""
    ends = before[-1] + part[0]
    if ends.isascii():
        return False
    return len(clusters(ends)) == 1 or (_SPACED.match(before[-1]) is not None and _SPACED.match(part[0]) is not None)


# --- descriptions ---


class Opening(NamedTuple):
    """A description on one line: it begins with brand and kind of product as a rule, or with a word that introduces them."""

    introduction: str  # "The", "Meet" ...; "" for none
    rest: str


def opening(description: str, selling_points: Iterable[str] = ()) -> Opening:
    """selling_points: where one of them begins with the word that would introduce, it belongs to a name: "The Body Shop"."""
    text = clean_text(description)
    first = _INTRODUCTION.match(text)
    if first is None:
        return Opening("", text)
    named = (" ".join(point.split()).casefold() for point in selling_points)
    beginning, folded = first[0].casefold(), text.casefold()
    named = (point for point in named if point.startswith(beginning) and not _NOVELTY.match(point))
    if any(folded.startswith(point) and not folded[len(point) : len(point) + 1].isalnum() for point in named):
        return Opening("", text)
    return Opening(first[1], text[first.end() :])


# --- lists ---


def split_list(text: str) -> list[str]:
    """The values of a list joined by commas of either width; blank ones are left out.

    Commas of thousands ("1,200 W", "2，000 W"), decimal commas before a unit ("1,5 L"), and commas inside brackets or quotes
    belong to a value.
    """
    kept = {i for span in _enclosed(text) for i in range(*span)}
    kept |= {i for match in _VALUES.finditer(text) for i in range(*match.span())}
    values, start = [], 0
    for i, character in enumerate(text):
        if character in ",，" and i not in kept:
            values.append(text[start:i])
            start = i + 1
    return [value.strip() for value in (*values, text[start:]) if value.strip()]


_VALUES = regex.compile(
    r"(?<![\d.])\d{1,3}(?:[,，]\d{2,3})*[,，]\d{3}(?!\d)"
    r"|(?<![\d.]|\d[,，])\d+[,，]\d{1,2}(?=\s?(?:[lL%″\"°]|[mck]?[lgm]|[mM][mM]|[cC][mM]|[kK]?[wWgGvV]|[hH]|[iI]nch)(?!\w))"
)


def _enclosed(text: str) -> list[tuple[int, int]]:
    """The spans inside brackets that close, and inside quotes; an inch mark opens none."""
    spans = [match.span() for match in _QUOTED.finditer(text)]
    open_: list[tuple[str, int]] = []
    for i, character in enumerate(text):
        if character in _OPENING:
            open_.append((_OPENING[character], i))
        elif any(close == character for close, _ in open_):
            while open_:
                close, start = open_.pop()
                if close == character:
                    spans.append((start, i))
                    break
    return spans
