"""Line breaking: Unicode's rules (UAX 14) say where a line may end, and of all ways the most even one is taken.

    lines = break_lines("Rapid Boil Kettle, 1.7 L", measure, 8.0)      # widths in ems; None when a part is too wide

What belongs together stays together: a number and its unit, a Chinese phrase (jieba's, where it is installed), a small word and
what follows it. A bar or dash between two selling points goes where a line ends at it.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import regex

from uniadgen.errors import InputError
from uniadgen.words import HAN, split_chinese

Measure = Callable[[str], float]

_UNIT = regex.compile(r"\d\s+$")
_AFTER_NUMBER = regex.compile(r"[^\W\d]{1,5}\b|[%°″\"]")
_SMALL = frozenset(
    ["a", "an", "the", "of", "for", "in", "on", "to", "with", "and", "or", "by", "from", "at", "no", "not", "&", "+"]
)
_SHORT_LATIN = regex.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}$")
_FEW_LATIN = regex.compile(r"[A-Za-z]{1,2}(?![A-Za-z0-9])")
_BOUND = regex.compile(r"[的了着过们吗呢吧]")  # never begin a line
_SEPARATOR = regex.compile(r"\s*[|｜–—·-]\s*$")
_JOINER = regex.compile(r"(?:[,，、;；|｜·]|\s[-–—])\s*$")


@lru_cache(maxsize=512)
def units(text: str) -> tuple[str, ...]:
    """The text in parts between which a line may end, white space at the end of a part."""
    from uniseg.linebreak import line_break_units

    parts: list[str] = []
    for part in line_break_units(text):
        if parts and (_bound(parts[-1], part)):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(_phrases(parts))


def _bound(before: str, part: str) -> bool:
    if _UNIT.search(before) and _AFTER_NUMBER.match(part):
        return True  # "1.7 L"
    last = before.split()[-1] if before.split() else ""
    if last.casefold() in _SMALL and before.endswith(" "):
        return True  # "for men"
    if not before[-1].isspace() and before[-1] in "-‐/" and not HAN.search(part[:1]):
        return True  # "Shut-Off", "red/blue"
    # a mark between points stays behind the point before it
    return not any(c.isalnum() for c in part) or _BOUND.match(part) is not None


def _phrases(parts: list[str]) -> list[str]:
    """Neighbouring Chinese characters joined to jieba's words; as they are where jieba is not installed."""
    if not any(HAN.search(part) for part in parts):
        return parts
    try:
        split = split_chinese()
    except InputError:
        return parts
    text = "".join(parts)
    ends, place = set(), 0
    for word in split(text):
        place += len(word)
        ends.add(place)
    phrases: list[str] = []
    place = 0
    for part in parts:
        if phrases and (_within_word(phrases[-1], part) or (place not in ends and HAN.search(phrases[-1][-1:] + part[:1]))):
            phrases[-1] += part
        else:
            phrases.append(part)
        place += len(part)
    return phrases


def _within_word(before: str, part: str) -> bool:
    """Whether one or two Latin letters and a Chinese character stand side by side, as in "T恤"."""
    return bool(_SHORT_LATIN.search(before) and HAN.match(part)) or bool(HAN.search(before[-1:]) and _FEW_LATIN.match(part))


def trimmed(line: str) -> str:
    """A line as it is set: without the space at its end, and without a bar or dash that parted it from the next one."""
    return _SEPARATOR.sub("", line.rstrip()) or line.rstrip()


def break_lines(
    text: str, measure: Measure, width: float, most: int = 4, parts: Sequence[str] | None = None
) -> list[str] | None:
    """The lines of a text that fit the width, as even as they can be and as few as possible; None when they can't fit.

    measure: the width of a string, in the unit of `width`. most: lines at most. parts: of the text, between which alone a line
    may end; by Unicode's rules when None.
    """
    parts = tuple(parts) if parts else units(text)
    lengths = [measure(part) for part in parts]
    bare = [measure(trimmed(part)) for part in parts]
    if max(bare, default=0.0) > width:
        return None
    for count in range(1, most + 1):
        ends = _even(parts, lengths, bare, width, count)
        if ends is not None:
            starts = [0, *ends[:-1]]
            last = len(ends) - 1
            joined = ["".join(parts[a:b]) for a, b in zip(starts, ends, strict=True)]
            return [line.strip() if number == last else trimmed(line).strip() for number, line in enumerate(joined)]
    return None


def _even(parts: tuple[str, ...], lengths: list[float], bare: list[float], width: float, count: int) -> tuple[int, ...] | None:
    """Ends of `count` lines by dynamic programming: squared differences from the mean width are least."""
    total = len(parts)
    if count > total:
        return None
    mean = min(width, sum(lengths) / count)
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for line in range(count):
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, ends) in best.items():
            long = 0.0
            for end in range(start + 1, total - (count - line - 1) + 1):
                length = long + bare[end - 1]
                long += lengths[end - 1]
                if length > width:
                    break
                if (line == count - 1) != (end == total):
                    continue
                price = cost + ((length - mean) / width) ** 2
                if end < total:
                    price += _price(parts[end - 1])
                if end not in following or price < following[end][0]:
                    following[end] = (price, (*ends, end))
        best = following
    return best[total][1] if total in best else None


def _price(part: str) -> float:
    """Of ending a line with this part: a selling point's end reads best, the middle of a Chinese run worst."""
    if _JOINER.search(part):
        return -0.1
    return 0.1 if HAN.search(part[-1:]) else 0.0
