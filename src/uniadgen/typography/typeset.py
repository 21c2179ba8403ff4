"""Typesetting a finished ad, in steps: read the scene, decide what is said, choose type and place, draw, verify.

    result = typeset(ad.image, ad.background, ad.placement, ad.text, ad.selling_points)
    result.image.save("ad.typeset.png")
    result.as_dict()                        # {"layout": "top", "blocks": [{"text", "box", "font", "size", ...}], "notes": []}

Words are set, not painted: the letters are a font's, the text is the ad's own. The same ad and fonts give the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from uniadgen.ads import Layout, Placement
from uniadgen.errors import InputError
from uniadgen.typography.colours import (
    Colour,
    accent,
    badge_fill,
    hex_of,
    luminance,
    palette,
    tones,
    words_on,
)
from uniadgen.typography.drawing import Backing, Ink, draw, fill, ink_of, lay, least_contrast, near, plate, ramp
from uniadgen.typography.fonts import choose, settable
from uniadgen.typography.hierarchy import Message, messages
from uniadgen.typography.layouts import BACKING_COST, Candidate, SetBlock, Taste, Types, propose, safe_box
from uniadgen.typography.shaping import type_of
from uniadgen.typography.space import Box, Scene, read_scene

_TRIED = 24  # of the best candidates are drawn to see whether their contrast holds
_SHADES = (0.3, 0.45, 0.6, 0.72)
_PLATE = 0.92
_HEADROOM = 1.04  # so that rounding can't break the rule of contrast


@dataclass(frozen=True)
class Block:
    """Words as they are set. box: left, top, right and bottom of their ink in pixels, of a badge with its shape. colour and
    fill (of a badge): "#rrggbb". contrast: the least of any letter, by WCAG. lines: as they are broken."""

    text: str
    role: str
    box: Box
    font: str
    size: float
    colour: str
    contrast: float
    lines: tuple[str, ...]
    fill: str | None = None

    def as_dict(self) -> dict[str, Any]:
        left, top, right, bottom = self.box
        return {
            "text": self.text,
            "role": self.role,
            "lines": list(self.lines),
            "box": {"left": left, "top": top, "width": right - left, "height": bottom - top},
            "font": self.font,
            "size": round(self.size, 2),
            "colour": self.colour,
            "fill": self.fill,
            "contrast": round(self.contrast, 2),
        }


@dataclass(frozen=True)
class Typesetting:
    """An ad with words in its picture. image: RGB. layout, align, backing: what was chosen. notes: what was left out."""

    image: Image.Image
    layout: str
    align: str
    backing: str
    blocks: tuple[Block, ...]
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Everything but the picture, ready for JSON."""
        return {
            "layout": self.layout,
            "align": self.align,
            "backing": self.backing,
            "image_size": list(self.image.size),
            "blocks": [block.as_dict() for block in self.blocks],
            "notes": self.notes,
        }


def typeset(
    image: Image.Image,
    background: Image.Image,
    placement: Placement,
    text: str,
    selling_points: Sequence[str],
    *,
    description: str = "",
    layout: Layout = "auto",
) -> Typesetting:
    """Set the text of a finished ad into its picture.

    image, background: RGB, of one size: the ad with and without its product. selling_points: what the text consists of; without
    them it is set whole. description: of the product; what it names first makes the headline. Raises InputError where no word
    can be set: no font for a script, no room at any legible size.
    """
    # 1. What is free, and what is behind it.
    scene = read_scene(image, background, placement)
    # 2. What is said, from all of it down to a headline.
    notes: list[str] = []
    cleaned = settable(text, "headline")
    if cleaned != " ".join(text.split()):
        notes.append("emoji and symbols without a font are left out of the picture")
    if not cleaned:
        raise InputError("text: there is no word to set")
    points = [settable(point, "headline") for point in selling_points]
    options = messages(cleaned, points, description)
    # 3. Type for all of it, and the places where it fits.
    types = _types(options)
    candidates = propose(scene, options, types, layout, Taste(), safe_box(scene))
    if not candidates:
        raise InputError(
            f"typeset: no word fits beside the product at a legible size in {scene.width}x{scene.height} pixels; make a larger "
            "ad, a smaller product, or leave typesetting out"
        )
    # 4. The best of them whose letters can be read.
    chosen = _best(scene, candidates, types)
    if chosen is None:
        raise InputError("typeset: no layout keeps its contrast here; make another ad, or leave typesetting out")
    return _result(scene, chosen, types, notes)


def _types(options: Sequence[Message]) -> Types:
    everything = " ".join(options[0].texts())
    return Types(type_of(choose(everything, "headline"), everything), type_of(choose(everything, "text"), everything))


# Colour and contrast -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Chosen:
    candidate: Candidate
    inks: tuple[Ink, ...]
    colour: Colour
    backing: Backing
    score: float


def _best(scene: Scene, candidates: Sequence[Candidate], types: Types) -> _Chosen | None:
    """The candidate of the best score, once it is known what must be laid behind it to make it legible."""
    best: _Chosen | None = None
    for candidate in candidates[:_TRIED]:
        if best is not None and candidate.score <= best.score:
            break
        found = _legible(scene, candidate, types)
        if found is not None and (best is None or found.score > best.score):
            best = found
    return best


def _legible(scene: Scene, candidate: Candidate, types: Types) -> _Chosen | None:
    """A candidate with the colour and the least backing that keep the rule of contrast."""
    inks = tuple(ink_of(block, types) for block in candidate.blocks)
    size = (scene.width, scene.height)
    free = [(block, near(ink, block, size)) for block, ink in zip(candidate.blocks, inks, strict=True) if block.role != "badge"]

    def holds(colour: Colour, backing: Backing) -> float:
        """The least ratio of contrast to what is demanded; 1 and more holds."""
        return min(
            place.contrast(lay(scene.pixels, scene, backing, place.box), colour) / (least_contrast(block, scene) * _HEADROOM)
            for block, place in free
        )

    plain = Backing("none")
    light, dark = tones(scene.mean(candidate.box))
    ranked = sorted(((holds(colour, plain), colour) for colour in (light, dark)), reverse=True)
    predicted = candidate.score - candidate.parts["backing"]
    if ranked[0][0] >= 1:
        return _Chosen(candidate, inks, ranked[0][1], plain, predicted)
    pairs = ((ranked[0][1], ranked[1][1]), (ranked[1][1], ranked[0][1]))
    shape = ramp(scene, candidate)
    for strength in _SHADES:
        for colour, behind in pairs:
            backing = Backing("shade", behind, shape * np.float32(strength))
            if holds(colour, backing) >= 1:
                return _Chosen(candidate, inks, colour, backing, predicted - BACKING_COST["shade"] - 0.3 * strength)
    for colour, behind in pairs:
        backing = plate(scene, candidate, behind, _PLATE)
        if holds(colour, backing) >= 1:
            return _Chosen(candidate, inks, colour, backing, predicted - BACKING_COST["plate"])
    return None


# Drawing and verifying ---------------------------------------------------------------------------------------------------


def _result(scene: Scene, chosen: _Chosen, types: Types, notes: list[str]) -> Typesetting:
    candidate = chosen.candidate
    pixels = lay(scene.pixels, scene, chosen.backing).copy()
    strong = _accent(scene)
    blocks = []
    for block, ink in zip(candidate.blocks, chosen.inks, strict=True):
        colour, filled = chosen.colour, None
        if block.role == "badge":
            filled = badge_fill(strong, luminance([int(v) for v in scene.mean(block.box)])) if strong else chosen.colour
            colour = words_on(filled)
            fill(pixels, block.box, filled, 0.32 * (block.box[3] - block.box[1]))
        place = near(ink, block, (scene.width, scene.height))
        measured = place.contrast(place.cut(pixels), colour)
        draw(pixels, ink, colour)
        blocks.append(_block(block, types, colour, filled, measured))
    said = candidate.message
    if said.said < 1:
        notes.append(f"room for {said.said:.0%} of the text; the rest is left out of the picture")
    if chosen.backing.kind == "plate":
        notes.append("the words stand on a plate: what is behind them is too busy")
    return Typesetting(Image.fromarray(pixels), candidate.layout, candidate.align, chosen.backing.kind, tuple(blocks), notes)


def _accent(scene: Scene) -> Colour | None:
    left, top, right, bottom = scene.place
    product = Image.fromarray(np.dstack([scene.pixels, (scene.kept * 255).astype(np.uint8)])[top:bottom, left:right])
    return accent([palette(product), palette(Image.fromarray(scene.pixels))])


def _block(block: SetBlock, types: Types, colour: Colour, filled: Colour | None, measured: float) -> Block:
    type_ = types.text if block.role == "support" else types.headline
    lines = tuple(line.text for line in block.lines)
    return Block(
        block.text, block.role, block.box, type_.faces.main.file, block.size, hex_of(colour), measured, lines,
        None if filled is None else hex_of(filled),
    )  # fmt: skip
