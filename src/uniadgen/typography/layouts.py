"""Layouts: where the words could stand and how large, each candidate with a score.

    candidates = propose(scene, messages, types, "auto", taste)     # the best first

A candidate is a stack - headline, support, badges - at one place: above the product, below it, in the column to its left or
right. Its score adds up room (large enough, not too large), calm (what is behind is not busy), what it says, alignment and
balance with the product, even lines, and whether the shopper's clicked ads are calm there, too. All lengths are in pixels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from uniadgen.ads import Layout
from uniadgen.typography.breaking import break_lines
from uniadgen.typography.colours import contrast
from uniadgen.typography.fonts import is_cjk
from uniadgen.typography.hierarchy import Message, Role
from uniadgen.typography.shaping import Type
from uniadgen.typography.space import Box, Scene

Align = Literal["left", "centre", "right"]

MARGIN = 0.06
"""Of the shorter side: nothing is set nearer to the edge."""

LEAST_TEXT = 0.026
"""Of the picture's measure (`Scene.measure`): the smallest size of letters, and never below LEAST_PIXELS."""

LEAST_PIXELS = 13
_HEADLINES = (
    0.15,
    0.128,
    0.11,
    0.094,
    0.08,
    0.068,
    0.058,
    0.05,
    0.043,
    0.037,
)  # sizes that are tried, of the picture's measure
_IDEAL = 0.092
_BADGE_PAD = (0.62, 0.36)  # of its size: beside and above the letters of a badge
_SEPARATOR = " · "

BACKING_COST = {"none": 0.0, "shade": 0.25, "plate": 0.7}
"""What is laid behind words takes this from a candidate's score; a shade up to 0.3 more by its strength."""


@dataclass(frozen=True)
class Types:
    """The type of headlines and badges, and that of other text."""

    headline: Type
    text: Type


@dataclass(frozen=True)
class SetLine:
    """One line: where its pen starts and its baseline stands."""

    text: str
    x: float
    baseline: float


@dataclass(frozen=True)
class SetBlock:
    """One block of words at its place. box: of its ink, for a badge with its filled shape. kind: of a badge, else empty."""

    role: Role
    text: str
    lines: tuple[SetLine, ...]
    size: float
    box: Box
    kind: str = ""


@dataclass(frozen=True)
class Candidate:
    """A layout of one message. box: of all its blocks. score: the higher the better; parts: what it adds up from."""

    layout: str
    align: Align
    message: Message
    blocks: tuple[SetBlock, ...]
    box: Box
    size: float
    score: float
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Taste:
    """What the shopper's clicked ads look like. calm [3, 3]: how calm each ninth of them is, 0..1; None without clicks."""

    calm: NDArray[np.float32] | None = None


def safe_box(scene: Scene, safe: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)) -> Box:
    """Where words may stand. safe: fractions that a format keeps free at left, top, right and bottom."""
    margin = MARGIN * scene.short
    left, top, right, bottom = (
        max(margin, own * side) for own, side in zip(safe, (scene.width, scene.height) * 2, strict=True)
    )
    return round(left), round(top), scene.width - round(right), scene.height - round(bottom)


def least_size(scene: Scene) -> float:
    return max(LEAST_PIXELS, LEAST_TEXT * scene.measure)


def propose(
    scene: Scene, messages: Sequence[Message], types: Types, layout: Layout, taste: Taste, safe: Box
) -> list[Candidate]:
    """All candidates that keep off the product and the margins, the best first."""
    found: list[Candidate] = []
    for name, region, aligns in _regions(scene, safe, layout, types.headline.rtl):
        for message in messages:
            for share in _HEADLINES:
                size = share * scene.measure
                for align in aligns:
                    stack = _stack(scene, message, types, size, region, align)
                    if stack is None:
                        continue
                    for placed, box in _placed(stack, region, name):
                        if scene.is_free(box):
                            parts = _score(scene, message, placed, box, size, name, align, taste)
                            found.append(Candidate(name, align, message, placed, box, size, sum(parts.values()), parts))
    return sorted(found, key=lambda c: -c.score)


def _regions(scene: Scene, safe: Box, layout: Layout, rtl: bool) -> Iterator[tuple[str, Box, tuple[Align, ...]]]:
    """The regions around the product, each with the ways in which lines may be aligned there."""
    left, top, right, bottom = safe
    product, gap = scene.place, scene.gap + 1
    start: Align = "right" if rtl else "left"
    if layout in ("auto", "top"):
        yield "top", (left, top, right, product[1] - gap), ("centre", start)
    if layout in ("auto", "bottom"):
        yield "bottom", (left, product[3] + gap, right, bottom), ("centre", start)
    if layout in ("auto", "left"):
        yield "left", (left, top, product[0] - gap, bottom), (start,)
    if layout in ("auto", "right"):
        yield "right", (product[2] + gap, top, right, bottom), (start,)


# Stacks ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Stack:
    """Blocks with the stack's own origin at (0, 0)."""

    blocks: tuple[SetBlock, ...]
    width: float
    height: float


def _stack(scene: Scene, message: Message, types: Types, size: float, region: Box, align: Align) -> _Stack | None:
    """Headline, support and badges below each other in the width of a region; None when they don't fit."""
    width, height = region[2] - region[0], region[3] - region[1]
    least = least_size(scene)
    if size < 1.2 * least or width < 3 * size or height < size:
        return None
    cjk = is_cjk(message.headline)
    lines = break_lines(message.headline, types.headline.width, width / size, 4)
    if lines is None:
        return None
    cap, leading = types.headline.cap_height(cjk), 1.24 if cjk else 1.08 if types.headline.language is None else 1.2
    if types.headline.rtl:
        leading = 1.35
    first = max(cap, types.headline.ascent(lines[0]) if types.headline.rtl else cap) * size
    baselines = [first + number * leading * size for number in range(len(lines))]
    rows = _aligned(lines, types.headline, size, align, baselines)
    text_size = max(least, 0.46 * size)
    bottom = baselines[-1] + types.headline.descent(lines[-1]) * size
    pieces = [("headline", message.headline, rows, size, "")]
    end = baselines[-1]
    if message.support:
        joined = _SEPARATOR.join(message.support)
        support = break_lines(joined, types.text.width, width / text_size, 3)
        if support is None:
            return None
        cap_text, lead = types.text.cap_height(is_cjk(joined)), 1.45 if is_cjk(joined) or types.text.rtl else 1.3
        start = max(end + 0.42 * size, bottom + 0.14 * size) + cap_text * text_size
        own = [start + number * lead * text_size for number in range(len(support))]
        pieces.append(("support", joined, _aligned(support, types.text, text_size, align, own), text_size, ""))
        end = own[-1]
        bottom = end + types.text.descent(support[-1]) * text_size
    extents = [_extent(rows, types.headline if role == "headline" else types.text, s) for role, _, rows, s, _ in pieces]
    found = [
        SetBlock(role, text, rows, s, _ink_box(rows, types.headline if role == "headline" else types.text, s))  # type: ignore[arg-type]
        for role, text, rows, s, _ in pieces
    ]
    if message.badges:
        badges = _badge_rows(
            message, types.headline, max(least, 0.40 * size), width, align, bottom + 0.42 * max(size * 0.8, text_size)
        )
        if badges is None:
            return None
        found += badges
        bottom = max(block.box[3] for block in badges)
        extents.append((min(b.box[0] for b in badges), max(b.box[2] for b in badges)))
    left, right = min(e[0] for e in extents), max(e[1] for e in extents)
    if bottom > height or right - left > width + 1:
        return None
    moved = tuple(_moved(block, -left, 0) for block in found)
    return _Stack(moved, right - left, bottom)


def _aligned(lines: Sequence[str], type_: Type, size: float, align: Align, baselines: Sequence[float]) -> tuple[SetLine, ...]:
    """Lines whose ink, not whose pen, is aligned: quotes and brackets hang, round letters stand in the margin."""
    placed = []
    for line, baseline in zip(lines, baselines, strict=True):
        left, right = type_.bearings(line)
        advance = type_.width(line)
        hang_left, hang_right = _hang(line, type_)
        if align == "left":
            x = -(left + hang_left)
        elif align == "right":
            x = -(advance - right - hang_right)
        else:
            x = -(left + advance - right) / 2
        placed.append(SetLine(line, x * size, baseline))
    return tuple(placed)


_HANGING = frozenset("\"'“”‘’«»「」『』【】《》,.，。、-–—")


def _hang(line: str, type_: Type) -> tuple[float, float]:
    """How far quotes and marks hang beyond the margin, in ems."""
    first, last = line[0], line[-1]
    small = 0.5 if not type_.rtl else 0.0
    left = small * type_.width(first) if first in "\"'“‘«" and len(line) > 1 else 0.0
    right = small * type_.width(last) if last in "\"'”’»,.，。、-–" and len(line) > 1 else 0.0
    return left, right


def _extent(rows: Sequence[SetLine], type_: Type, size: float) -> tuple[float, float]:
    """Left and right edge of the ink of some lines."""
    edges = [
        (row.x + type_.bearings(row.text)[0] * size, row.x + (type_.width(row.text) - type_.bearings(row.text)[1]) * size)
        for row in rows
    ]
    return min(e[0] for e in edges), max(e[1] for e in edges)


def _ink_box(rows: Sequence[SetLine], type_: Type, size: float) -> Box:
    left, right = _extent(rows, type_, size)
    top = min(row.baseline - type_.ascent(row.text) * size for row in rows)
    bottom = max(row.baseline + type_.descent(row.text) * size for row in rows)
    return int(left // 1), int(top // 1), int(-(-right // 1)), int(-(-bottom // 1))


def _badge_rows(message: Message, type_: Type, size: float, width: float, align: Align, top: float) -> list[SetBlock] | None:
    """Badges side by side, in as many rows as they need."""
    beside, above = _BADGE_PAD[0] * size, _BADGE_PAD[1] * size
    cap = max(type_.cap_height(is_cjk(text)) for text, _ in message.badges) * size
    height, space = cap + 2 * above, 0.45 * size
    rows: list[list[tuple[str, str, float]]] = [[]]
    for text, kind in message.badges:
        own = type_.width(text) * size + 2 * beside
        if own > width:
            return None
        if rows[-1] and sum(w for _, _, w in rows[-1]) + len(rows[-1]) * space + own > width:
            rows.append([])
        rows[-1].append((text, kind, own))
    placed = []
    for number, row in enumerate(rows):
        long = sum(w for _, _, w in row) + (len(row) - 1) * space
        x = {"left": 0.0, "right": -long, "centre": -long / 2}[align]
        y = top + number * (height + space)
        for text, kind, own in row:
            line = SetLine(text, x + beside, y + above + cap)
            placed.append(SetBlock("badge", text, (line,), size, (round(x), round(y), round(x + own), round(y + height)), kind))
            x += own + space
    return placed


def _moved(block: SetBlock, x: float, y: float) -> SetBlock:
    left, top, right, bottom = block.box
    box = (round(left + x), round(top + y), round(right + x), round(bottom + y))
    lines = tuple(SetLine(line.text, line.x + x, line.baseline + y) for line in block.lines)
    return SetBlock(block.role, block.text, lines, block.size, box, block.kind)


def _placed(stack: _Stack, region: Box, name: str) -> Iterator[tuple[tuple[SetBlock, ...], Box]]:
    """The stack at its possible places in a region."""
    left, top, right, bottom = region
    spare_x, spare_y = right - left - stack.width, bottom - top - stack.height
    centred = any(block.role == "headline" and abs(block.box[0] + block.box[2] - stack.width) < 3 for block in stack.blocks)
    x = left + (spare_x if name == "right" else 0 if name == "left" or not centred else spare_x / 2)
    shares = {"top": (0.0, 0.42), "bottom": (1.0, 0.5), "left": (0.0, 0.45, 1.0), "right": (0.0, 0.45, 1.0)}[name]
    for share in shares:
        y = top + share * spare_y
        blocks = tuple(_moved(block, x, y) for block in stack.blocks)
        yield blocks, _union(block.box for block in blocks)


def _union(boxes: Iterator[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


# Scores ------------------------------------------------------------------------------------------------------------------


def _score(
    scene: Scene, message: Message, blocks: Sequence[SetBlock], box: Box, size: float, name: str, align: Align, taste: Taste
) -> dict[str, float]:
    """What is good about a candidate, by name; the sum is its score."""
    relative = size / scene.measure
    lines = len(blocks[0].lines)
    middle = ((box[0] + box[2]) / 2 / scene.width, (box[1] + box[3]) / 2 / scene.height)
    product = ((scene.place[0] + scene.place[2]) / 2 / scene.width, (scene.place[1] + scene.place[3]) / 2 / scene.height)
    room = 1.0 - 1.1 * abs(np.log(relative / _IDEAL)) if relative < _IDEAL else 1.0 - 0.5 * abs(np.log(relative / _IDEAL))
    business = scene.business(box)
    parts = {
        "room": 1.2 * float(room),
        "calm": 1.5 * (1.0 - business) - (2.0 * max(0.0, business - 0.3)),
        "said": 1.0 * message.said,
        "hierarchy": 0.15 * bool(message.support) + 0.05 * len(message.badges),
        "lines": -0.18 * max(0, lines - 2) - 0.1 * (lines == 1 and len(message.headline) > 24),
        "balance": -0.8 * abs((middle[0] - 0.5) * 0.5 + (product[0] - 0.5) * 0.5) * 2,
        "align": _aligned_score(align, name, middle, product),
    }
    parts["backing"] = -_backing_cost(scene, box)
    if taste.calm is not None:
        row, column = min(2, int(middle[1] * 3)), min(2, int(middle[0] * 3))
        parts["clicks"] = 0.4 * float(taste.calm[row, column] - taste.calm.mean())
    return parts


def _aligned_score(align: Align, name: str, middle: tuple[float, float], product: tuple[float, float]) -> float:
    """Centred words want a product in the middle, words at the margin one beside it; columns stand level with it."""
    off = abs(product[0] - 0.5)
    if name in ("left", "right"):
        return 0.25 - 0.5 * abs(middle[1] - product[1])
    if align == "centre":
        return 0.25 - 1.5 * off
    return 0.05 + 0.5 * min(off, 0.3)


def _backing_cost(scene: Scene, box: Box) -> float:
    """About what must be laid behind words here, by the darkest and brightest of the picture: nothing, a shade, a plate."""
    low, high = scene.extremes(box)
    best = max(contrast(0.97, high), contrast(low, 0.025))
    return 0.0 if best >= 4.7 else BACKING_COST["shade"] + 0.4 * float(np.clip((4.7 - best) / 3.0, 0, 1))
