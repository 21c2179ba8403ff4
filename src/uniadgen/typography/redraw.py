"""Words as somebody has moved them: the blocks of a typeset ad, changed by hand or by a page, drawn again.

    record = json.loads(Path("ad-000.typeset.json").read_text())
    record["blocks"][0]["box"]["left"] += 40
    result = redraw(ad, record["blocks"], "argument --blocks")

Text, lines, place, size, colour, fill and font of each block are kept. Its words must still be selling points, whole ones; what
can't be read well or covers the product is said in a note, since whoever moved it may want that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from PIL import Image

from uniadgen import schema
from uniadgen.ads import Ad
from uniadgen.errors import InputError
from uniadgen.schema import Range
from uniadgen.typography.brand import Brand, colour_of
from uniadgen.typography.drawing import Backing, draw, fill, ink_of, least_contrast, near
from uniadgen.typography.fonts import choose
from uniadgen.typography.hierarchy import Role, parts_of
from uniadgen.typography.layouts import LEAST_PIXELS
from uniadgen.typography.shaping import type_of
from uniadgen.typography.space import read_scene
from uniadgen.typography.stacks import SEPARATOR, Align, SetBlock, Types, badge, block_of, leading_of
from uniadgen.typography.typeset import Drawn, Typesetting, badge_radius, block_record
from uniadgen.words import clean_text


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
    align: Literal["left", "centre", "right"] = "left"


@dataclass(frozen=True)
class _Blocks:
    blocks: Annotated[tuple[_Block, ...], Range(1, 20)] = field(default_factory=tuple)


def redraw(ad: Ad, blocks: Sequence[Mapping[str, Any]], what: str, brand: Brand | None = None) -> Typesetting:
    """The ad with these blocks in its picture. blocks: as in the JSON of a typeset ad. what: names them in messages.

    Raises InputError for blocks of another form, words that are no selling points of the ad, and places outside of its picture.
    """
    read: _Blocks = schema.read(_Blocks, {"blocks": list(blocks)}, what)
    brand, notes = brand or Brand(), list[str]()
    scene = read_scene(ad.image, ad.background, ad.placement)
    everything = " ".join(block.text for block in read.blocks)
    types = Types(
        type_of(choose(everything, "headline", brand.headline), everything),
        type_of(choose(everything, "text", brand.text), everything),
    )
    pixels, records, drawn = scene.pixels.copy(), [], []
    for number, block in enumerate(read.blocks):
        where = f"{what}.blocks[{number}]"
        _check_words(block, ad, where)
        placed = _placed(block, types)
        ink = ink_of(placed, types)
        if ink.left < 0 or ink.top < 0 or ink.box[2] > scene.width or ink.box[3] > scene.height:
            raise InputError(
                f"{where}.box: the words leave the picture of {scene.width}x{scene.height} pixels; move them inside"
            )
        colour = colour_of(block.colour, f"{where}.colour")
        filled = None if block.fill is None else colour_of(block.fill, f"{where}.fill")
        if filled is not None:
            fill(pixels, placed.box, filled, badge_radius(placed))
        place = near(ink, placed, (scene.width, scene.height))
        measured = place.contrast(place.cut(pixels), colour)
        if measured < least_contrast(placed, scene):
            notes.append(f"block {number}: its contrast of {measured:.1f} is below {least_contrast(placed, scene)}")
        if scene.covered(placed.box):
            notes.append(f"block {number} covers the product")
        draw(pixels, ink, colour)
        records.append(block_record(placed, types.of(placed.role).faces.main, colour, filled, measured, block.align))
        drawn.append((placed, ink, colour, filled))
    kept = Drawn(scene, Backing("none"), tuple(drawn), types)
    return Typesetting(Image.fromarray(pixels), "by hand", read.blocks[0].align, "none", tuple(records), notes, kept)


def _check_words(block: _Block, ad: Ad, where: str) -> None:
    """Raises InputError for words that are not whole selling points, nor the ad's whole text."""
    allowed = {clean_text(point).casefold() for point in (*ad.selling_points, ad.text)}
    points = [*ad.selling_points, *(point.upper() for point in ad.selling_points), ad.text]
    for part in clean_text(block.text).split(SEPARATOR):
        for piece in parts_of(part, points):
            if piece.text.casefold() not in allowed:
                raise InputError(f"{where}.text: {piece.text!r} is no selling point of this ad; use whole ones")
    if _letters("".join(block.lines)) != _letters(block.text) and block.lines:
        raise InputError(f"{where}.lines: they have other words than the block's text; break the text into lines, nothing else")


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _placed(block: _Block, types: Types) -> SetBlock:
    """The block at its place: the upper left corner of its ink, or of its shape, is that of the box."""
    role: Role = block.role
    if role == "badge":
        made = badge(clean_text(block.text), "", types.headline, block.size)
        return made.moved(block.box.left, block.box.top)
    type_ = types.of(role)
    lines = [clean_text(line) for line in block.lines] or [clean_text(block.text)]
    align: Align = block.align
    baselines = [number * leading_of(type_, block.text, role) * block.size for number in range(len(lines))]
    made = block_of(role, block.text, lines, baselines, type_, block.size, align)
    return made.moved(block.box.left - made.box[0], block.box.top - made.box[1])
