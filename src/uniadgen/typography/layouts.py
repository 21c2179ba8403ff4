"""Layouts: where the words could stand and how large, each candidate with a score.

    candidates = propose(scene, types_of_messages, "auto", taste, safe)     # the best first

A candidate is a stack at one place - above the product, below it, in the column to its left or right - and perhaps a promotion
as a badge in a corner. Its score adds up room (large enough, not too large), calm (what is behind is not busy), what it says,
alignment and balance with the product, even lines, what has to be laid behind it, and whether the shopper's clicked ads are
calm there, too. All lengths are in pixels.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from uniadgen.ads import Layout, Placement
from uniadgen.presets import SafeArea, safe_area
from uniadgen.typography.colours import contrast
from uniadgen.typography.fonts import is_cjk
from uniadgen.typography.hierarchy import Message, ems
from uniadgen.typography.space import Box, Scene, gap_of
from uniadgen.typography.stacks import Align, SetBlock, Stack, Types, badge, build, union
from uniadgen.typography.taste import Taste

MARGIN = 0.06
"""Of the shorter side: nothing is set nearer to the edge."""

LEAST_TEXT = 0.026
"""Of the picture's measure (`Scene.measure`): the smallest size of letters, and never below LEAST_PIXELS."""

LEAST_PIXELS = 13

BACKING_COST = {"none": 0.0, "shade": 0.25, "band": 0.5, "plate": 0.7}
"""What is laid behind words takes this from a candidate's score; a shade up to 0.3 more by its strength."""

_SAID = 1.4  # what it is worth to say all of the text
_IDEAL = 0.092
_HEADLINES = tuple(_IDEAL * 1.17**step for step in (0, 1, -1, 2, -2, 3, -3, -4, -5, -6))
"""Sizes of headlines, of the picture's measure, the best first."""

SMALL = 0.65 * _IDEAL
"""Of the picture's measure: headlines below this are small, and a note says so."""

_ROOM = (0.6, 0.24)  # width and height of what a headline and its badges need, of the picture's measure
_FITTING = 2  # sizes that are looked at for each message and region
_CORNER_BADGE = 0.05  # size of its letters, of the picture's measure
_CORNER_DISTANCE = 0.45  # of the picture's measure: a badge in a corner stands well apart from the words


@dataclass(frozen=True)
class Candidate:
    """A layout of one message. types: that it is set in. box: of its stack. score: the higher the better; parts: what it adds
    up from."""

    layout: str
    align: Align
    message: Message
    types: Types
    blocks: tuple[SetBlock, ...]
    box: Box
    size: float
    score: float
    parts: dict[str, float] = field(default_factory=dict)


def safe_box(width: int, height: int) -> Box:
    """Where words may stand in a picture: inside the margins, and off what networks cover or cut off in this format."""
    return margins(width, height, safe_area(width / height))


def margins(width: int, height: int, safe: SafeArea = SafeArea()) -> Box:  # noqa: B008 - frozen
    """What the margins of a picture leave."""
    margin = MARGIN * min(width, height)
    left, right = max(margin, safe.left * width), max(margin, safe.right * width)
    top, bottom = max(margin, safe.top * height), max(margin, safe.bottom * height)
    return round(left), round(top), width - round(right), height - round(bottom)


def room_for_words(size: tuple[int, int], placement: Placement, layout: Layout = "auto") -> Box | None:
    """Where words will probably stand in an ad that is not painted yet: the roomiest place around the product.

    None where there is no room.
    """
    width, height = size
    wide, high = (share * float(np.sqrt(width * height)) for share in _ROOM)

    def room(box: Box) -> float:
        return min(1, (box[2] - box[0]) / wide) * min(1, (box[3] - box[1]) / high)

    place = (placement.left, placement.top, placement.left + placement.width, placement.top + placement.height)
    boxes = [box for _, box, _ in _regions(place, gap_of(width, height), safe_box(width, height), layout)]
    return max(boxes, key=room, default=None)


def least_size(scene: Scene) -> float:
    return max(LEAST_PIXELS, LEAST_TEXT * scene.measure)


def propose(
    scene: Scene, said: Mapping[Message, Types], layout: Layout, taste: Taste, safe: Box, best: int = 24
) -> list[Candidate]:
    """Candidates that keep off the product and the margins, the best first. said: messages, each with the type that has its
    letters. best: how many."""
    proposals: list[Candidate] = []
    rtl = any(types.headline.rtl for types in said.values())  # they have one direction
    for name, region, aligns in _regions(scene.place, scene.gap, safe, layout, rtl):
        for message, types in said.items():
            for align in aligns:
                for size, stack in _fitting(scene, message, types, region, align):
                    for blocks, box in _placed(stack, region, name, align):
                        if scene.is_free(box):
                            parts = _score(scene, message, blocks, box, size, name, align, taste)
                            proposals.append(
                                Candidate(name, align, message, types, blocks, box, size, sum(parts.values()), parts)
                            )
    proposals = sorted(proposals, key=lambda candidate: -candidate.score)[: 2 * best]
    cornered = [_with_corner(scene, candidate, list(said), safe) for candidate in proposals]
    return sorted([*proposals, *(c for c in cornered if c)], key=lambda candidate: -candidate.score)[:best]


def _regions(
    product: Box, gap: int, safe: Box, layout: Layout, rtl: bool = False
) -> Iterator[tuple[str, Box, tuple[Align, ...]]]:
    """The regions around the product, each with the ways in which lines may be aligned there."""
    left, top, right, bottom = safe
    gap += 1
    start: Align = "right" if rtl else "left"
    for name, region, aligns in (
        ("top", (left, top, right, product[1] - gap), ("centre", start)),
        ("bottom", (left, product[3] + gap, right, bottom), ("centre", start)),
        ("left", (left, top, product[0] - gap, bottom), (start,)),
        ("right", (product[2] + gap, top, right, bottom), (start,)),
    ):
        wanted = layout in ("auto", name) or (layout == "band" and name in ("top", "bottom"))
        if wanted and region[2] - region[0] > 2 * LEAST_PIXELS and region[3] - region[1] > LEAST_PIXELS:
            yield name, region, aligns  # type: ignore[misc]


def _fitting(scene: Scene, message: Message, types: Types, region: Box, align: Align) -> Iterator[tuple[float, Stack]]:
    """Stacks of a message that fit a region, those of the best sizes."""
    width, height = region[2] - region[0], region[3] - region[1]
    least, count = least_size(scene), 0
    for share in _HEADLINES:
        size = share * scene.measure
        if size < 1.15 * least or size > height or width < 2.5 * size:
            continue
        stack = build(message, types, size, least, width, align)
        if stack is not None and stack.height <= height:
            yield size, stack
            count += 1
            if count == _FITTING:
                return


def _placed(stack: Stack, region: Box, name: str, align: Align) -> Iterator[tuple[tuple[SetBlock, ...], Box]]:
    """The stack at its possible places in a region."""
    left, top, right, bottom = region
    spare_x, spare_y = right - left - stack.width, bottom - top - stack.height
    if align == "centre":
        x = left + spare_x / 2
    elif name in ("left", "right"):  # both columns stand at the picture's margin
        x = left + (spare_x if name == "right" else 0)
    else:
        x = left + (spare_x if align == "right" else 0)
    shares = {"top": (0.0, 0.42), "bottom": (1.0, 0.5), "left": (0.0, 0.45, 1.0), "right": (0.0, 0.45, 1.0)}[name]
    for share in shares:
        blocks = tuple(block.moved(x, top + share * spare_y) for block in stack.blocks)
        yield blocks, union(block.box for block in blocks)


def _with_corner(scene: Scene, candidate: Candidate, messages: Sequence[Message], safe: Box) -> Candidate | None:
    """The candidate with the promotion that its message leaves out, as a badge in the calmest free corner."""
    said = candidate.message
    fuller = next((m for m in messages if (m.headline, m.support) == (said.headline, said.support) and m.badges), said)
    promotion = next((entry for entry in fuller.badges if entry[1] == "promotion"), None)
    type_ = candidate.types.headline
    if promotion is None or promotion in said.badges or not type_.faces.sets(promotion[0]):
        return None
    block = badge(*promotion, type_, max(least_size(scene), _CORNER_BADGE * scene.measure))
    width, height = block.box[2:]
    free: list[tuple[float, SetBlock]] = []
    for x in (safe[2] - width, safe[0]):
        for y in (safe[1], safe[3] - height):
            box, words = (x, y, x + width, y + height), candidate.box
            beside = box[2] + scene.gap < words[0] or box[0] > words[2] + scene.gap
            apart = beside or box[3] + scene.gap < words[1] or box[1] > words[3] + scene.gap
            across = abs((box[0] + box[2]) - (words[0] + words[2])) / 2 / scene.measure
            down = abs((box[1] + box[3]) - (words[1] + words[3])) / 2 / scene.measure
            if apart and max(across, down) > _CORNER_DISTANCE and min(x, y) >= 0 and scene.is_free(box):
                free.append((scene.business(box), block.moved(x, y)))
    if not free:
        return None
    business, placed = min(free, key=lambda entry: entry[0])
    more_said = fuller.said - said.said
    parts = {**candidate.parts, "said": _SAID * (said.said + max(0.0, more_said)), "corner": 0.15 - 0.4 * business}
    message = replace(said, badges=(*said.badges, promotion), said=said.said + max(0.0, more_said))
    return replace(candidate, message=message, blocks=(*candidate.blocks, placed), parts=parts, score=sum(parts.values()))


# Scores ------------------------------------------------------------------------------------------------------------------


def _score(
    scene: Scene, message: Message, blocks: Sequence[SetBlock], box: Box, size: float, name: str, align: Align, taste: Taste
) -> dict[str, float]:
    """What is good about a candidate, by name; the sum is its score."""
    length = ems(message.headline)
    ideal = _IDEAL * float(np.clip((9 / length) ** 0.3, 0.9, 1.35)) * (1.2 if scene.measure > 1.6 * scene.short else 1.0)
    ratio = float(np.log(size / scene.measure / ideal))
    lines = len(blocks[0].lines)
    middle = ((box[0] + box[2]) / 2 / scene.width, (box[1] + box[3]) / 2 / scene.height)
    product = ((scene.place[0] + scene.place[2]) / 2 / scene.width, (scene.place[1] + scene.place[3]) / 2 / scene.height)
    business = max(scene.business(block.box) for block in blocks)
    parts = {
        "room": 1.2 * (1.0 + (1.1 * ratio if ratio < 0 else -0.5 * ratio)),
        "calm": 1.5 * (1.0 - business) - 2.0 * max(0.0, business - 0.3),
        "said": _SAID * message.said,
        "headline": _headline_score(message, length),
        "hierarchy": 0.15 * bool(message.support) + 0.05 * len(message.badges),
        "lines": -0.16 * max(0, lines - 2) - (0.12 * (len(blocks[1].lines) - 1) if message.support else 0.0),
        "balance": -0.8 * abs(middle[0] + product[0] - 1.0),
        "align": _aligned_score(align, name, middle, product),
        "backing": -_backing_cost(scene, box),
    }
    if taste.calm is not None:
        row, column = min(2, int(middle[1] * 3)), min(2, int(middle[0] * 3))
        parts["clicks"] = 0.6 * float(taste.calm[row, column])
    return parts


def _headline_score(message: Message, length: float) -> float:
    """Neither a brand alone nor a list; rather what the description names first. length: of the headline, in ems."""
    most = 8 if is_cjk(message.headline) else 12
    listed = 0.2 * max(0, len(message.pieces) - 2)
    return 0.35 * min(1.0, length / 6) - 0.05 * max(0.0, length - most) - listed - 0.15 * message.rank


def _aligned_score(align: Align, name: str, middle: tuple[float, float], product: tuple[float, float]) -> float:
    """Centred words want a product in the middle, words at the margin one beside it; columns stand level with it."""
    off = abs(product[0] - 0.5)
    if name in ("left", "right"):
        return 0.3 - 0.5 * abs(middle[1] - product[1])
    if align == "centre":
        return 0.25 - 1.5 * off
    return 0.0 + 0.6 * min(off, 0.3)


def _backing_cost(scene: Scene, box: Box) -> float:
    """About what must be laid behind words here, by the darkest and brightest of the picture: nothing, a shade, a plate."""
    low, high = scene.extremes(box)
    best = max(contrast(0.97, high), contrast(low, 0.025))
    return 0.0 if best >= 4.7 else BACKING_COST["shade"] + 0.4 * float(np.clip((4.7 - best) / 3.0, 0, 1))
