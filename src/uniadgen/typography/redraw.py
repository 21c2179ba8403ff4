"""Words as somebody has moved them: the blocks of a typeset ad, changed by hand or by a page, drawn again.

    record = json.loads(Path("ad-000.typeset.json").read_text())
    record["blocks"][0]["box"]["left"] += 40
    result = redraw(ad, record["blocks"], "argument --blocks", behind=record["behind"])

Text, lines, place, size, font, colour and fill of each block are kept; a shade, band or plate follows them, and the brand's
logo stands where it has room. Words must still be selling points, whole ones; what can't be read well or covers the product is
said in a note, since whoever moved it may want that.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import regex
from PIL import Image

from uniadgen.ads import Ad, Placement
from uniadgen.errors import InputError
from uniadgen.schema import Range
from uniadgen.typography.brand import Brand, colour_of, read_short
from uniadgen.typography.drawing import Backing, backing_of, draw, fill, ink_of, lay, least_contrast, near
from uniadgen.typography.fonts import LEFT_OUT, Face, Style, offered, one_at_a_time, plain_text, settable, with_symbols
from uniadgen.typography.hierarchy import Part, Role, parts_of
from uniadgen.typography.layouts import LEAST_PIXELS, safe_box
from uniadgen.typography.logo import draw_logo, place_logo
from uniadgen.typography.shaping import Type
from uniadgen.typography.space import Box, Scene, read_scene
from uniadgen.typography.stacks import SEPARATOR, Align, SetBlock, Types, badge, block_of, leading_of, union
from uniadgen.typography.typeset import Drawn, Typesetting, badge_radius, block_record, types_for
from uniadgen.words import clean_text, is_blank, quoted

# What says something: letters, digits and symbols, per cent, marks of units, a minus. Not spaces, punctuation, what has no form
# and the bars that stand between selling points.
_SAYING = regex.compile(r"[^\p{Z}\p{P}\p{Cf}\uFE00-\uFE0F|｜¦]|[%‰‱٪％﹪′″‴]|(?<![\w\p{P}])\p{Pd}(?=[\d.,])", regex.VERSION1)


_NAMED = 8  # fonts in a message


@dataclass(frozen=True)
class _Box:
    left: Annotated[int, Range(0, 10**5)]
    top: Annotated[int, Range(0, 10**5)]
    width: Annotated[int, Range(0, 10**5)] = 0
    height: Annotated[int, Range(0, 10**5)] = 0


@dataclass(frozen=True)
class _Block:
    text: str
    box: _Box
    size: Annotated[float, Range(LEAST_PIXELS, 2000)]
    colour: str
    role: Literal["headline", "support", "badge"] = "headline"
    lines: Annotated[tuple[str, ...], Range(0, 20)] = ()
    fill: str | None = None
    font: str = ""
    contrast: float = 0.0
    over_product: bool = False
    align: Literal["left", "centre", "right"] = "left"


@dataclass(frozen=True)
class _Behind:
    kind: Literal["shade", "band", "plate"]
    colour: str
    strength: Annotated[float, Range(0, 1)] = 1.0
    side: Literal["top", "bottom", "left", "right"] = "top"


@dataclass(frozen=True)
class _Blocks:
    behind: _Behind | None = None
    blocks: Annotated[tuple[_Block, ...], Range(1, 20)] = field(default_factory=tuple)


def redraw(
    ad: Ad,
    blocks: Sequence[Mapping[str, Any]],
    what: str,
    brand: Brand | None = None,
    behind: Mapping[str, Any] | None = None,
) -> Typesetting:
    """The ad with these blocks in its picture. blocks, behind: as in the JSON of a typeset ad. what: names them in messages.

    Raises InputError for blocks of another form, words that are no selling points of the ad, and places outside of its picture.
    """
    read: _Blocks = read_short(_Blocks, {"blocks": list(blocks), "behind": behind}, what)
    with one_at_a_time:
        return _redrawn(ad, read, what, brand or Brand())


def _redrawn(ad: Ad, read: _Blocks, what: str, brand: Brand) -> Typesetting:
    notes = list[str]()
    scene = read_scene(ad.image, ad.background, ad.placement)

    def written(text: str) -> str:
        """A text with the letters that there are, as `typeset` writes it."""
        return settable(text, "headline", brand.headline)

    given = [replace(block, text=written(block.text), lines=tuple(map(written, block.lines))) for block in read.blocks]
    if any(block.text != plain_text(asked.text) for block, asked in zip(given, read.blocks, strict=True)):
        notes.append(LEFT_OUT)
    points = [text for text in map(written, ad.selling_points) if text]
    for number, block in enumerate(given):
        _check_words(block, points, written(ad.text), f"{what}.blocks[{number}]")
    types = types_for([block.text for block in given], brand)
    usual = _usual_files(types, written(ad.text), brand)
    placed_blocks = [
        _placed(block, types, _chosen_type(block, types, usual, brand, f"{what}.blocks[{number}].font"))
        for number, block in enumerate(given)
    ]
    for number, placed in enumerate(placed_blocks):  # before anything is drawn: letters of any size would take any memory
        if not _is_inside(placed, types, scene):
            raise InputError(f"{what}.blocks[{number}].box: {_leaves(scene)}")
    backing = Backing("none") if read.behind is None else _backing(scene, read.behind, placed_blocks, f"{what}.behind")
    safe = safe_box(scene.width, scene.height)
    logo = place_logo(scene, brand.logo, safe)
    if brand.logo is not None and logo is None:
        notes.append("no corner has room for the logo")
    pixels, records, drawn = lay(scene.pixels, scene, backing).copy(), [], []
    if logo is not None:
        draw_logo(pixels, logo)
    for number, (block, placed) in enumerate(zip(given, placed_blocks, strict=True)):
        where = f"{what}.blocks[{number}]"
        ink = ink_of(placed, types)
        if ink.left < 0 or ink.top < 0 or ink.box[2] > scene.width or ink.box[3] > scene.height:
            raise InputError(f"{where}.box: {_leaves(scene)}")
        colour = colour_of(block.colour, f"{where}.colour")
        filled = None if block.fill is None else colour_of(block.fill, f"{where}.fill")
        if filled is not None:
            fill(pixels, placed.box, filled, badge_radius(placed))
        place = near(ink, placed, (scene.width, scene.height))
        measured = place.contrast(place.cut(pixels), colour)
        if measured < least_contrast(placed, scene):
            notes.append(f"block {number}: its contrast of {measured:.1f} is below {least_contrast(placed, scene)}")
        over = scene.covered(placed.box) > 0
        if over:
            notes.append(f"block {number} covers the product")
        if logo is not None and _meet(placed.box, logo.clear):
            notes.append(f"block {number} stands in the logo's clear space")
        if not _is_within(placed.box, safe):
            notes.append(f"block {number} leaves the margins")
        notes += [
            f"block {number} overlaps block {other}" for other in range(number) if _meet(placed.box, placed_blocks[other].box)
        ]
        draw(pixels, ink, colour)
        record = block_record(placed, types.of_block(placed).faces.main, colour, filled, measured, block.align)
        records.append(replace(record, over_product=over))
        drawn.append((placed, ink, colour, filled))
    return Typesetting(
        Image.fromarray(pixels),
        "by hand",
        given[0].align,
        backing.kind,
        tuple(records),
        notes,
        backing.as_dict(),
        Drawn(scene, backing, tuple(drawn), types, logo),
    )


def carried(blocks: Sequence[Mapping[str, Any]], before: Placement, ad: Ad) -> list[dict[str, Any]]:
    """Blocks of an ad for the same ad in another size: they stand to the product as they did.

    blocks: as in the JSON of a typeset ad, with whole boxes. before: where the product was. All of them together are moved into
    the other picture, and made smaller, as far as they must be to be in it.
    """
    (width, height), after = ad.image.size, ad.placement
    scale = after.width / before.width
    boxes = [[float(block["box"][side]) for side in ("left", "top", "width", "height")] for block in blocks]
    lefts = [after.left + scale * (box[0] - before.left) for box in boxes]
    tops = [after.top + scale * (box[1] - before.top) for box in boxes]
    wide = max(left + scale * box[2] for left, box in zip(lefts, boxes, strict=True)) - min(lefts)
    high = max(top + scale * box[3] for top, box in zip(tops, boxes, strict=True)) - min(tops)
    safe = safe_box(width, height)
    shrunk = min(1.0, (safe[2] - safe[0]) / wide, (safe[3] - safe[1]) / high)
    left = min(max(min(lefts), safe[0]), safe[2] - shrunk * wide)
    top = min(max(min(tops), safe[1]), safe[3] - shrunk * high)
    return [
        {
            **block,
            "size": max(float(LEAST_PIXELS), block["size"] * scale * shrunk),
            "box": {
                "left": round(left + shrunk * (x - min(lefts))),
                "top": round(top + shrunk * (y - min(tops))),
                "width": round(shrunk * scale * box[2]),
                "height": round(shrunk * scale * box[3]),
            },
        }
        for block, box, x, y in zip(blocks, boxes, lefts, tops, strict=True)
    ]


def _backing(scene: Scene, behind: _Behind, blocks: Sequence[SetBlock], what: str) -> Backing:
    """What was laid behind the words, at their new place. Badges that stand apart from them don't count."""
    words = [block for block in blocks if block.role != "badge"] or list(blocks)
    size = max(block.size for block in words)
    box = union(block.box for block in words)
    around = (round(box[0] - size), round(box[1] - size), round(box[2] + size), round(box[3] + size))
    box = union([box, *(block.box for block in blocks if _meet(block.box, around))])
    return backing_of(scene, behind.kind, colour_of(behind.colour, f"{what}.colour"), behind.strength, behind.side, box, size)


def _meet(first: Box, second: Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def _is_within(box: Box, safe: Box) -> bool:
    """Whether it keeps the margins; a pixel of rounding doesn't count."""
    return box[0] >= safe[0] - 1 and box[1] >= safe[1] - 1 and box[2] <= safe[2] + 1 and box[3] <= safe[3] + 1


def _is_inside(block: SetBlock, types: Types, scene: Scene) -> bool:
    """Whether letters of these measures are in the picture, but for what sizes are rounded when they are drawn."""
    type_ = types.of_block(block)
    for line in block.lines:
        extent = type_.measured(line.text)
        left, right = line.x + extent.left * block.size, line.x + (extent.advance - extent.right) * block.size
        top, bottom = line.baseline - extent.ascent * block.size, line.baseline + extent.descent * block.size
        spare = 2 + 0.02 * max(right - left, bottom - top)
        if min(left, top) < -spare or right > scene.width + spare or bottom > scene.height + spare:
            return False
    return True


def _leaves(scene: Scene) -> str:
    return f"the words leave the picture of {scene.width}x{scene.height} pixels; move them inside, or make them smaller"


def _check_words(block: _Block, points: Sequence[str], text: str, where: str) -> None:
    """Raises InputError for words that are not whole selling points, nor the ad's whole text, and for signs that say something
    and that neither of them has."""
    sayable = [*points, text] if text else points
    if is_blank(block.text):
        raise InputError(f"{where}.text: there is no word to set; leave the block out")
    allowed = {whole.casefold() for whole in sayable}
    wanted = [*sayable, *(whole.upper() for whole in sayable)]
    signs = Counter[str]()
    for part in block.text.split(SEPARATOR):
        pieces = parts_of(part, wanted)
        for piece in pieces:
            if piece.text.casefold() not in allowed:
                raise InputError(f"{where}.text: {piece.text!r} is no selling point of this ad; use whole ones")
        signs += _signs_between(part, pieces)
    added = signs - _signs_between(text, parts_of(text, points))  # those that the ad's text has between selling points may stay
    if added:
        raise InputError(f"{where}.text: {quoted(''.join(added))} is in no selling point of this ad; leave it out")
    if block.lines and _saying(" ".join(block.lines)) != _saying(block.text):
        raise InputError(f"{where}.lines: they have other words than the block's text; break the text into lines, nothing else")


def _signs_between(text: str, parts: Sequence[Part]) -> Counter[str]:
    """The signs that say something and belong to no selling point."""
    inside = {place for part in parts for place in range(part.start, part.end)}
    return Counter(match[0] for match in _SAYING.finditer(text) if match.start() not in inside)


def _saying(text: str) -> list[str]:
    """What a text says: its letters, digits and signs, without spaces, punctuation and bars."""
    return _SAYING.findall(text)


def fonts_for(text: str, role: Role, brand: Brand | None = None) -> list[Face]:
    """The fonts that a block with these words may have, those that are preferred first."""
    brand = brand or Brand()
    faces = [face for face in ((brand.text, brand.headline) if role == "support" else (brand.headline, brand.text)) if face]
    with one_at_a_time:
        return offered(text, _style_of(role), faces)


def _style_of(role: Role) -> Style:
    return "text" if role == "support" else "headline"


def _usual_files(types: Types, text: str, brand: Brand) -> set[str]:
    """The files of fonts that nobody has chosen: those of these words, and of the ad's own."""
    try:
        of_text = types_for([text], brand)
    except InputError:  # words that somebody has put in their place may have a font all the same
        of_text = types
    return {type_.faces.main.file for type_ in (types.headline, types.text, of_text.headline, of_text.text)}


def _chosen_type(block: _Block, types: Types, usual: set[str], brand: Brand, where: str) -> Type | None:
    """The type of a block whose font somebody has changed; None for that of its role. Raises InputError for a font that isn't
    here or lacks letters of the block."""
    own_type = types.of(block.role)
    if not block.font or block.font == own_type.faces.main.file:
        return None
    style: Style = _style_of(block.role)
    faces = offered(block.text, style, [face for face in (brand.headline, brand.text) if face])
    face = next((face for face in faces if face.file == block.font), None)
    if face is not None:
        return replace(own_type, faces=with_symbols(face, block.text, style))
    if block.font in usual:  # it is from before the words were changed
        return None
    files = ", ".join(face.file for face in faces[:_NAMED]) or "none"
    raise InputError(
        f"{where}: {quoted(block.font, 80)} is not here, or lacks letters of this block; leave the font out, or take one of "
        f"those that have them: {files}"
    )


def _placed(block: _Block, types: Types, chosen_type: Type | None) -> SetBlock:
    """The block at its place: the upper left corner of its ink, or of its shape, is that of the box."""
    role: Role = block.role
    if role == "badge":
        made = badge(clean_text(block.text), "", chosen_type or types.headline, block.size)
        return replace(made, chosen_type=chosen_type).moved(block.box.left, block.box.top)
    type_ = chosen_type or types.of(role)
    lines = [clean_text(line) for line in block.lines] or [clean_text(block.text)]
    align: Align = block.align
    baselines = [number * leading_of(type_, block.text, role) * block.size for number in range(len(lines))]
    made = block_of(role, block.text, lines, baselines, type_, block.size, align)
    made = replace(made, chosen_type=chosen_type)
    return made.moved(block.box.left - made.box[0], block.box.top - made.box[1])
