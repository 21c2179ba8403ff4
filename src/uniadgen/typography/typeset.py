"""Typesetting a finished ad, in steps: read the scene, decide what is said, choose type and place, draw, verify.

    result = typeset(ad.image, ad.background, ad.placement, ad.text, ad.selling_points)
    result.image.save("ad.typeset.png")
    result.as_dict()                        # {"layout": "top", "blocks": [{"text", "box", "font", "size", ...}], "notes": []}

Words are set, not painted: the letters are a font's, the text is the ad's own. The same ad and fonts give the same bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from uniadgen.ads import Layout, Placement
from uniadgen.errors import InputError
from uniadgen.typography.brand import Brand
from uniadgen.typography.colours import (
    Colour,
    accent,
    badge_fill,
    hex_of,
    lightened,
    luminance,
    palette,
    to_oklch,
    tones,
    words_on,
)
from uniadgen.typography.drawing import Backing, Ink, backing_of, draw, fill, ink_of, lay, least_contrast, near
from uniadgen.typography.fonts import LEFT_OUT, Face, choose, one_at_a_time, plain_text, settable
from uniadgen.typography.hierarchy import Message, messages
from uniadgen.typography.layouts import BACKING_COST, SMALL, Candidate, margins, propose, safe_box
from uniadgen.typography.logo import PlacedLogo, draw_logo, place_logo
from uniadgen.typography.shaping import type_of
from uniadgen.typography.space import Box, Scene, read_scene
from uniadgen.typography.stacks import Align, SetBlock, Types
from uniadgen.typography.taste import Taste

_SHADES = (0.3, 0.45, 0.6, 0.72)
_PLATE = 0.94
_BADGE_LEFT_OUT = "a badge is left out: no font here has its letters"
_COVERED = "the words stand where networks lay bars or marks over pictures of this form: there is no other room"
_BACKED = {
    "shade": "a shade lies behind the words, so that every letter can be read",
    "plate": "the words stand on a plate: what is behind them is too busy",
    "band": "the words stand on a band: what is behind them is too busy",
}
_HEADROOM = 1.04  # so that rounding can't break the rule of contrast


@dataclass(frozen=True)
class Block:
    """Words as they are set. box: left, top, right and bottom of their ink in pixels, of a badge with its shape. colour and
    fill (of a badge): "#rrggbb". contrast: the least of any letter, by WCAG. lines: as they are broken. align: of them.
    over_product: whether they cover a part of it, as they do only where somebody has moved them."""

    text: str
    role: str
    box: Box
    font: str
    size: float
    colour: str
    contrast: float
    lines: tuple[str, ...]
    align: Align = "left"
    fill: str | None = None
    over_product: bool = False

    def as_dict(self) -> dict[str, Any]:
        left, top, right, bottom = self.box
        return {
            "text": self.text,
            "role": self.role,
            "lines": list(self.lines),
            "align": self.align,
            "box": {"left": left, "top": top, "width": right - left, "height": bottom - top},
            "font": self.font,
            "size": round(self.size, 2),
            "colour": self.colour,
            "fill": self.fill,
            "contrast": round(self.contrast, 2),
            "over_product": self.over_product,
        }


@dataclass(frozen=True)
class Drawn:
    """What a typeset ad is made of, for exports with layers. blocks: with the letters, their colour and a badge's fill."""

    scene: Scene
    backing: Backing
    blocks: tuple[tuple[SetBlock, Ink, Colour, Colour | None], ...]
    types: Types
    logo: PlacedLogo | None = None


@dataclass(frozen=True)
class Typesetting:
    """An ad with words in its picture. image: RGB. layout, align, backing: what was chosen. notes: what was left out. behind:
    what `redraw` lays behind the words again."""

    image: Image.Image
    layout: str
    align: str
    backing: str
    blocks: tuple[Block, ...]
    notes: list[str] = field(default_factory=list)
    behind: dict[str, Any] | None = None
    drawn: Drawn | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Everything but the picture, ready for JSON."""
        return {
            "layout": self.layout,
            "align": self.align,
            "backing": self.backing,
            "behind": self.behind,
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
    brand: Brand | None = None,
    taste: Taste | None = None,
) -> Typesetting:
    """Set the text of a finished ad into its picture.

    image, background: RGB, of one size: the ad with and without its product. selling_points: what the text consists of; without
    them it is set whole. description: of the product; what it names first makes the headline. Raises InputError where no word
    can be set: no font for a script, no room at any legible size.
    """
    brand, taste, notes = brand or Brand(), taste or Taste(), list[str]()
    with one_at_a_time:
        # 1. What is free, and what is behind it.
        scene = read_scene(image, background, placement)
        safe = safe_box(scene.width, scene.height)
        logo = place_logo(scene, brand.logo, safe)
        if brand.logo is not None and logo is None:
            notes.append("no corner has room for the logo")
        if logo is not None:
            scene = scene.without(logo.clear)
        # 2. What is said, from all of it down to a headline.
        said = _said(text, selling_points, description, brand, notes)
        # 3. Type for all of it, and the places where it fits.
        types = _types_of(said, settable(text, "headline", brand.headline), brand, notes)
        candidates = propose(scene, types, layout, taste, safe)
        if not candidates and (candidates := propose(scene, types, layout, taste, margins(scene.width, scene.height))):
            notes.append(_COVERED)
        if not candidates:
            raise InputError(
                f"typeset: no word fits beside the product at a legible size in {scene.width}x{scene.height} pixels; make a "
                "larger ad, a smaller product, or leave typesetting out"
            )
        # 4. The best of them whose letters can be read.
        palette_of = _Palette(brand, _strong(scene, brand, taste))
        chosen = _best(scene, candidates, palette_of, layout)
        if chosen is None:
            raise InputError("typeset: no layout keeps its contrast here; make another ad, or leave typesetting out")
        # 5. Into the picture, with what is measured there.
        notes += _stand_ins(chosen.candidate.types, brand)
        return _drawn(scene, chosen, palette_of, logo, notes, said[0], layout == "band")


def _said(text: str, selling_points: Sequence[str], description: str, brand: Brand, notes: list[str]) -> list[Message]:
    """The ways to say the text with the letters that there are."""
    cleaned = settable(text, "headline", brand.headline)
    if cleaned != plain_text(text):
        notes.append(LEFT_OUT)
    if not any(c.isalnum() for c in cleaned):
        raise InputError("text: there is no word to set")
    points = [settable(point, "headline", brand.headline) for point in selling_points]
    said = messages(cleaned, points, description)
    if not brand.capitals:
        return said
    return [replace(message, pieces=tuple(piece.upper() for piece in message.pieces)) for message in said]


def _types_of(said: Sequence[Message], text: str, brand: Brand, notes: list[str]) -> dict[Message, Types]:
    """The type of each message: that of the text where it has the message's letters, else one that has.

    Badges that the text doesn't have may need other letters than it. Where no font has them, they are left out.
    """
    of_text = replace(said[0], badges=tuple(badge for badge in said[0].badges if badge[0] in text))
    usual = types_for(of_text.texts(), brand)
    usual_letters = set("".join(of_text.texts()))
    typed: dict[Message, Types] = {}
    for message in said:
        everything = "".join(message.texts())
        if usual_letters.issuperset(everything) or all(t.faces.main.covers(everything) for t in (usual.headline, usual.text)):
            typed[message] = usual
            continue
        try:
            types = types_for(message.texts(), brand)
        except InputError:
            notes += [_BADGE_LEFT_OUT] if _BADGE_LEFT_OUT not in notes else []
            continue
        typed[message] = Types(*(replace(type_, rtl=usual.headline.rtl) for type_ in (types.headline, types.text)))
    return typed or {of_text: usual}


def types_for(texts: Sequence[str], brand: Brand) -> Types:
    """One family for all that is said, so that an ad speaks with one voice. Raises InputError for letters without a font."""
    everything = " ".join(texts)
    headline, text = choose(everything, "headline", brand.headline), choose(everything, "text", brand.text)
    return Types(type_of(headline, everything), type_of(text, everything))


def _stand_ins(types: Types, brand: Brand) -> list[str]:
    """Notes on the brand's fonts that could not be taken."""
    pairs = (brand.headline, types.headline.faces.main), (brand.text, types.text.faces.main)
    notes = [
        f"the brand's font {face.family} lacks letters of this text; {chosen.family} stands in"
        for face, chosen in pairs
        if face is not None and chosen != face
    ]
    return list(dict.fromkeys(notes))


# Colour and contrast -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Palette:
    """The brand's colours, and the accent of this ad; None where all is grey."""

    brand: Brand
    accent: Colour | None

    def words(self, scene: Scene, box: Box, contrast_of: Callable[[Colour], float]) -> list[Colour]:
        """Colours that letters may have here, those that are preferred first: the brand's as it names them, else the one that
        stands out most."""
        return list(self.brand.words) or sorted(tones(scene.mean(box)), key=lambda colour: -contrast_of(colour))

    def ground(self, colour: Colour, scene: Scene, box: Box) -> Colour:
        """What is laid behind letters of this colour, in the picture's tone."""
        if self.brand.plate is not None:
            return self.brand.plate
        light, dark = tones(scene.mean(box))
        return dark if luminance(colour) > 0.25 else light

    def band(self, colour: Colour, scene: Scene, box: Box) -> Colour:
        """The colour of a band behind letters of this colour: the accent, light or dark enough."""
        if self.brand.plate is not None or self.accent is None:
            return self.ground(colour, scene, box)
        return lightened(self.accent, 0.36 if luminance(colour) > 0.25 else 0.93)


@dataclass(frozen=True)
class _Chosen:
    candidate: Candidate
    inks: tuple[Ink, ...]
    colour: Colour
    backing: Backing
    score: float


def _best(scene: Scene, candidates: Sequence[Candidate], colours: _Palette, layout: Layout) -> _Chosen | None:
    """The candidate of the best score, once it is known what must be laid behind it to make it legible."""
    best: _Chosen | None = None
    for candidate in candidates:
        if best is not None and candidate.score <= best.score:
            break
        legible = _legible(scene, candidate, colours, layout == "band")
        if legible is not None and (best is None or legible.score > best.score):
            best = legible
    return best


def _legible(scene: Scene, candidate: Candidate, colours: _Palette, banded: bool) -> _Chosen | None:
    """A candidate with the colour and the least backing that keep the rule of contrast. banded: on a band in any case."""
    inks = tuple(ink_of(block, candidate.types) for block in candidate.blocks)
    size, box = (scene.width, scene.height), candidate.box
    free = [(block, near(ink, block, size)) for block, ink in zip(candidate.blocks, inks, strict=True) if block.role != "badge"]

    def holds(colour: Colour, backing: Backing) -> float:
        """The least ratio of contrast to what is demanded; 1 and more holds."""
        return min(
            place.contrast(lay(scene.pixels, scene, backing, place.box), colour) / (least_contrast(block, scene) * _HEADROOM)
            for block, place in free
        )

    plain = Backing("none")
    ranked = colours.words(scene, box, lambda colour: holds(colour, plain))
    predicted = candidate.score - candidate.parts["backing"]
    if not banded:
        for colour in ranked:
            if holds(colour, plain) >= 1:
                return _Chosen(candidate, inks, colour, plain, predicted)
        for strength in _SHADES:
            for colour in ranked:
                ground = colours.ground(colour, scene, box)
                backing = backing_of(scene, "shade", ground, strength, candidate.layout, box, candidate.size)
                if holds(colour, backing) >= 1:
                    return _Chosen(candidate, inks, colour, backing, predicted - BACKING_COST["shade"] - 0.3 * strength)
    for kind in ("band",) if banded else ("plate", "band"):
        for colour in ranked:
            ground = colours.ground(colour, scene, box) if kind == "plate" else colours.band(colour, scene, box)
            strength = _PLATE if kind == "plate" else 1.0
            backing = backing_of(scene, kind, ground, strength, candidate.layout, box, candidate.size)
            if holds(colour, backing) >= 1:
                return _Chosen(candidate, inks, colour, backing, predicted - BACKING_COST[kind])
    return None


def _strong(scene: Scene, brand: Brand, taste: Taste) -> Colour | None:
    """The accent: the brand's, the product's, the clicked ads', or the scene's."""
    if brand.accent is not None:
        return brand.accent
    left, top, right, bottom = scene.place
    part = (slice(top, bottom), slice(left, right))
    product = Image.fromarray(np.dstack([scene.pixels[part], (scene.kept[part] * 255).astype(np.uint8)]))
    return accent([palette(product), taste.colours, palette(Image.fromarray(scene.pixels))])


# Drawing and verifying ---------------------------------------------------------------------------------------------------


def _compromises(candidate: Candidate, backing: Backing, fullest: Message, measure: float, banded: bool) -> list[str]:
    """Notes on what the words had to give up: parts of the text, their size, a bare ground. fullest: says all."""
    said, notes = candidate.message, list[str]()
    if not said.support and not said.badges and (fullest.support or fullest.badges) and said.said < 1:
        notes.append("only a headline has room in the picture; the other selling points are left out")
    elif said.said < 1:
        notes.append("not all of the text has room in the picture; whole selling points are left out")
    if candidate.size < SMALL * measure:
        notes.append("the words are small: there is little room beside the product")
    if backing.kind != "none" and not banded:
        notes.append(_BACKED[backing.kind])
    return notes


def _drawn(
    scene: Scene,
    chosen: _Chosen,
    colours: _Palette,
    logo: PlacedLogo | None,
    notes: list[str],
    fullest: Message,
    banded: bool,
) -> Typesetting:
    candidate, backing, types = chosen.candidate, chosen.backing, chosen.candidate.types
    pixels = lay(scene.pixels, scene, backing).copy()
    if logo is not None:
        draw_logo(pixels, logo)
    blocks, drawn = [], []
    for block, ink in zip(candidate.blocks, chosen.inks, strict=True):
        colour, filled = chosen.colour, None
        if block.role == "badge":
            filled = _badge_colour(colours, chosen, scene, block)
            colour = words_on(filled)
            fill(pixels, block.box, filled, badge_radius(block))
        place = near(ink, block, (scene.width, scene.height))
        measured = place.contrast(place.cut(pixels), colour)
        draw(pixels, ink, colour)
        blocks.append(block_record(block, types.of(block.role).faces.main, colour, filled, measured, candidate.align))
        drawn.append((block, ink, colour, filled))
    notes += _compromises(candidate, backing, fullest, scene.measure, banded)
    return Typesetting(
        Image.fromarray(pixels),
        candidate.layout,
        candidate.align,
        backing.kind,
        tuple(blocks),
        notes,
        backing.as_dict(),
        Drawn(scene, backing, tuple(drawn), types, logo),
    )


def _badge_colour(colours: _Palette, chosen: _Chosen, scene: Scene, block: SetBlock) -> Colour:
    """The accent where it stands out from what is behind the badge, else the colour of the words."""
    behind = chosen.backing.colour if chosen.backing.kind in ("band", "plate") else scene.mean(block.box)
    behind_badge = luminance([int(value) for value in behind])
    if colours.accent is None or (
        chosen.backing.kind == "band" and abs(to_oklch(colours.accent)[0] - to_oklch(behind)[0]) < 0.12
    ):
        return chosen.colour
    return colours.accent if colours.brand.accent is not None else badge_fill(colours.accent, behind_badge)


def badge_radius(block: SetBlock) -> float:
    """Of the round corners of a badge."""
    return 0.32 * (block.box[3] - block.box[1])


def block_record(block: SetBlock, face: Face, colour: Colour, filled: Colour | None, measured: float, align: Align) -> Block:
    """A block as it is told in JSON."""
    return Block(
        text=block.text,
        role=block.role,
        box=block.box,
        font=face.file,
        size=block.size,
        colour=hex_of(colour),
        contrast=measured,
        lines=tuple(line.text for line in block.lines),
        align=align,
        fill=None if filled is None else hex_of(filled),
    )
