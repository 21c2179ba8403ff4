"""Stacks: headline, support and badges below each other, at one size and width, before they have a place in the picture.

    stack = build(message, types, Style(size=60, least=18), width=600, align="left")     # None when it doesn't fit the width

Sizes and distances follow from the headline's size. Ink is aligned, not the pens' starts: letters stand in the margin, quotes
and commas hang in it. All lengths are in pixels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from uniadgen.typography.breaking import break_lines
from uniadgen.typography.fonts import is_cjk
from uniadgen.typography.hierarchy import Message, Role
from uniadgen.typography.shaping import Type
from uniadgen.typography.space import Box

Align = Literal["left", "centre", "right"]

SEPARATOR = " · "
_SUPPORT_SIZE, _BADGE_SIZE = 0.46, 0.42  # of the headline's size
_BADGE_PAD = (0.66, 0.42)  # of its size: beside and above the letters of a badge
_MOST_LINES = {"headline": 4, "support": 4}


@dataclass(frozen=True)
class Types:
    """The type of headlines and badges, and that of other text."""

    headline: Type
    text: Type

    def of(self, role: Role) -> Type:
        return self.text if role == "support" else self.headline

    def of_block(self, block: "SetBlock") -> Type:
        """That of its role, but where somebody has chosen another for it."""
        return block.chosen_type or self.of(block.role)


@dataclass(frozen=True)
class SetLine:
    """One line: where its pen starts and its baseline stands."""

    text: str
    x: float
    baseline: float


@dataclass(frozen=True)
class SetBlock:
    """One block of words at its place. box: of its ink, of a badge with its shape. kind: of a badge, else empty.
    chosen_type: where somebody has chosen another than that of its role."""

    role: Role
    text: str
    lines: tuple[SetLine, ...]
    size: float
    box: Box
    kind: str = ""
    chosen_type: Type | None = None

    def moved(self, x: float, y: float) -> "SetBlock":
        left, top, right, bottom = self.box
        box = (round(left + x), round(top + y), round(right + x), round(bottom + y))
        lines = tuple(SetLine(line.text, line.x + x, line.baseline + y) for line in self.lines)
        return replace(self, lines=lines, box=box)


@dataclass(frozen=True)
class Stack:
    """Blocks below each other, the upper left corner of their ink at (0, 0)."""

    blocks: tuple[SetBlock, ...]
    width: float
    height: float


def union(boxes: Iterable[Box]) -> Box:
    """The box around some boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def build(message: Message, types: Types, size: float, least: float, width: float, align: Align) -> Stack | None:
    """A message as a stack; None when it doesn't fit the width. size: of the headline; least: of any letter."""
    cjk = is_cjk(message.headline)
    lines = _lines(message.pieces, types.headline, width / size, _MOST_LINES["headline"])
    if lines is None:
        return None
    type_ = types.headline
    high = type_.measured(lines[0]).ascent if type_.rtl else type_.cap_height(cjk)
    baselines = [(high + number * leading_of(type_, message.headline, "headline")) * size for number in range(len(lines))]
    blocks = [block_of("headline", message.headline, lines, baselines, type_, size, align)]
    end = baselines[-1]
    small = max(least, _SUPPORT_SIZE * size)
    if message.support:
        joined = SEPARATOR.join(message.support)
        points = [*(point + SEPARATOR for point in message.support[:-1]), message.support[-1]]
        support = _lines(points, types.text, width / small, _MOST_LINES["support"])
        if support is None:
            return None
        cjk = is_cjk(joined)
        start = max(end + 0.46 * size, blocks[-1].box[3] + 0.2 * size) + types.text.cap_height(cjk) * small
        baselines = [start + number * leading_of(types.text, joined, "support") * small for number in range(len(support))]
        blocks.append(block_of("support", joined, support, baselines, types.text, small, align))
    if message.badges:
        top = blocks[-1].box[3] + max(0.36 * size, 0.5 * small)
        badges = _badge_rows(message.badges, types.headline, max(least, _BADGE_SIZE * size), width, align, top)
        if badges is None:
            return None
        blocks += badges
    left, top, right, bottom = union(block.box for block in blocks)
    if right - left > width:
        return None
    return Stack(tuple(block.moved(-left, -top) for block in blocks), right - left, bottom - top)


def badge(text: str, kind: str, type_: Type, size: float) -> SetBlock:
    """One badge, its shape's upper left corner at (0, 0)."""
    beside, above = _BADGE_PAD[0] * size, _BADGE_PAD[1] * size
    cap = type_.cap_height(is_cjk(text)) * size
    measured = type_.measured(text)
    line = SetLine(text, beside - measured.left * size, above + cap)
    width = (measured.advance - measured.left - measured.right) * size + 2 * beside
    return SetBlock("badge", text, (line,), size, (0, 0, round(width), round(cap + 2 * above)), kind)


def leading_of(type_: Type, text: str, role: Role) -> float:
    """The distance of baselines, in ems."""
    cjk = is_cjk(text)
    if type_.rtl or (type_.language is None and not type_.is_alphabetic):
        return 1.45  # marks above and below the letters need room
    if role == "headline":
        return 1.24 if cjk else 1.08
    return 1.45 if cjk else 1.3


def _lines(pieces: Sequence[str], type_: Type, width: float, most: int) -> list[str] | None:
    """Lines that end between selling points where they can."""
    whole = "".join(pieces)
    between = break_lines(whole, type_.width, width, most, parts=pieces)
    if between and len(between) <= 2:
        return between
    within = break_lines(whole, type_.width, width, most)
    return between if between and (within is None or len(between) <= len(within) + 1) else within


def block_of(
    role: Role, text: str, lines: Sequence[str], baselines: Sequence[float], type_: Type, size: float, align: Align
) -> SetBlock:
    """A block of lines whose ink is aligned at x = 0."""
    placed, boxes = [], []
    for line, baseline in zip(lines, baselines, strict=True):
        extent = type_.measured(line)
        before, behind = _hang(line, type_)
        x = {
            "left": -(extent.left + before),
            "right": -(extent.advance - extent.right - behind),
            "centre": -(extent.left + extent.advance - extent.right) / 2,
        }[align] * size
        placed.append(SetLine(line, x, baseline))
        left, right = x + extent.left * size, x + (extent.advance - extent.right) * size
        top, bottom = baseline - extent.ascent * size, baseline + extent.descent * size
        boxes.append((int(left // 1), int(top // 1), int(-(-right // 1)), int(-(-bottom // 1))))
    return SetBlock(role, text, tuple(placed), size, union(boxes))


def _hang(line: str, type_: Type) -> tuple[float, float]:
    """How far quotes and marks at a line's ends hang beyond the margin, in ems."""
    if type_.rtl or len(line) < 2:
        return 0.0, 0.0
    before = 0.5 * type_.width(line[0]) if line[0] in "\"'“‘«" else 0.0
    behind = 0.5 * type_.width(line[-1]) if line[-1] in "\"'”’»,.!-–" else 0.0
    return before, behind


def _badge_rows(
    badges: Sequence[tuple[str, str]], type_: Type, size: float, width: float, align: Align, top: float
) -> list[SetBlock] | None:
    """Badges side by side, in as many rows as they need; None when one is too wide."""
    space = 0.45 * size
    rows: list[list[SetBlock]] = [[]]
    for text, kind in badges:
        block = badge(text, kind, type_, size)
        if block.box[2] > width:
            return None
        if rows[-1] and sum(b.box[2] + space for b in rows[-1]) + block.box[2] > width:
            rows.append([])
        rows[-1].append(block)
    placed, y = [], top
    for row in rows:
        long = sum(block.box[2] for block in row) + (len(row) - 1) * space
        x = {"left": 0.0, "right": -long, "centre": -long / 2}[align]
        for block in row if align != "right" else reversed(row):
            placed.append(block.moved(x, y))
            x += block.box[2] + space
        y += max(block.box[3] for block in row) + space
    return placed
