"""The order in which a line's stretches stand from left to right, by Unicode's rules (UAX 9) without explicit marks.

    levels_of("abc אבג 12", rtl=False)         # one level for each character; even ones run from left to right
    visual_order([0, 1, 2])                    # [0, 2, 1]: which of the stretches of these levels stands first, second ...

HarfBuzz does this for a line of one font; a line of several is laid out stretch by stretch. Marks that turn the direction never
get as far (`fonts.settable`).
"""

import unicodedata
from collections.abc import Sequence

_STRONG = {"L": "L", "R": "R", "EN": "R", "AN": "R"}  # as neutral characters see their neighbours: numbers count as R


def levels_of(text: str, rtl: bool) -> list[int]:
    """The level of each character of a line. rtl: the direction of the line."""
    base = int(rtl)
    kinds = _weak([unicodedata.bidirectional(c) or "L" for c in text], "R" if rtl else "L")
    _resolve_neutral(text, kinds, "R" if rtl else "L")
    levels = [_level(kind, base) for kind in kinds]
    for i in range(len(text) - 1, -1, -1):  # spaces at the line's end stand at its end
        if not text[i].isspace():
            break
        levels[i] = base
    return levels


def visual_order(levels: Sequence[int]) -> list[int]:
    """The numbers of stretches with these levels as they stand from left to right."""
    order = list(range(len(levels)))
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end + 1
    return order


def _level(kind: str, base: int) -> int:
    if kind == "L":
        return base + base % 2
    if kind == "R":
        return base + 1 - base % 2
    return base + 2 - base % 2  # numbers run from left to right within what runs from right to left


def _weak(kinds: list[str], base: str) -> list[str]:
    """Marks as what they stand on, numbers by the letters before them, and signs that belong to numbers as these (W1 to W7)."""
    strong, before = base, base
    for i, kind in enumerate(kinds):
        if kind in ("NSM", "BN"):
            kind = before
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kind = "AN"
        kinds[i] = before = kind
    for i in range(1, len(kinds) - 1):
        around = kinds[i - 1], kinds[i + 1]
        if (kinds[i] in ("ES", "CS") and around == ("EN", "EN")) or (kinds[i] == "CS" and around == ("AN", "AN")):
            kinds[i] = around[0]
    for step in (1, -1):  # a percent sign or a currency beside a number
        for i in range(len(kinds))[::step]:
            if kinds[i] == "ET" and 0 <= i - step < len(kinds) and kinds[i - step] == "EN":
                kinds[i] = "EN"
    strong = base
    for i, kind in enumerate(kinds):
        if kind in ("L", "R", "AL"):
            strong = kind
        if kind == "EN" and strong == "L":
            kind = "L"
        kinds[i] = {"AL": "R", "ES": "ON", "CS": "ON", "ET": "ON"}.get(kind, kind)
    return kinds


def _resolve_neutral(text: str, kinds: list[str], base: str) -> None:
    """Brackets by what is in them, other marks and spaces by what is around them, in place (N0 to N2)."""
    for start, end in sorted(_brackets(text, kinds)):
        inside = {_STRONG.get(kind) for kind in kinds[start + 1 : end]} - {None}
        if base in inside:
            kinds[start] = kinds[end] = base
        elif inside:
            before = next((_STRONG[kind] for kind in reversed(kinds[:start]) if kind in _STRONG), base)
            kinds[start] = kinds[end] = before
    i = 0
    while i < len(kinds):
        end = i
        while end < len(kinds) and kinds[end] not in _STRONG:
            end += 1
        if end > i:
            before = _STRONG[kinds[i - 1]] if i else base
            behind = _STRONG[kinds[end]] if end < len(kinds) else base
            kinds[i:end] = [before if before == behind else base] * (end - i)
        i = max(end, i + 1)


def _brackets(text: str, kinds: Sequence[str]) -> list[tuple[int, int]]:
    """The places of brackets that open and close each other."""
    pairs, opened = [], list[tuple[str, int]]()
    for i, character in enumerate(text):
        if kinds[i] != "ON":
            continue
        if unicodedata.category(character) == "Ps" and unicodedata.mirrored(character):
            opened.append((unicodedata.name(character, "").replace("LEFT", "RIGHT"), i))
        elif unicodedata.category(character) == "Pe":
            name = unicodedata.name(character, "")
            place = next((n for n in range(len(opened) - 1, -1, -1) if opened[n][0] == name), None)
            if place is not None:
                pairs.append((opened[place][1], i))
                del opened[place:]
    return pairs
