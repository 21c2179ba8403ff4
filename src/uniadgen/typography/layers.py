"""Layers: a typeset ad as a file that a designer goes on with.

    data = layered(typesetting, "svg")      # text stays text; the fonts' letters that it needs are inside
    data = layered(typesetting, "psd")      # background, what is behind words, product, logo, each block of words

The layers laid over each other are the typeset ad, but for rounding at the letters' edges.
"""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.imaging.png import transparent_png
from uniadgen.typography.colours import Colour, hex_of
from uniadgen.typography.drawing import Ink, rounded
from uniadgen.typography.fonts import Face, one_at_a_time
from uniadgen.typography.space import Box
from uniadgen.typography.stacks import SetBlock, union
from uniadgen.typography.typeset import Drawn, Typesetting, badge_radius

Kind = Literal["svg", "psd"]
KINDS: tuple[Kind, ...] = ("svg", "psd")


@dataclass(frozen=True)
class Layer:
    """A picture (RGBA) with its place. left, top: of its first pixel."""

    name: str
    image: Image.Image
    left: int = 0
    top: int = 0


def layered(typesetting: Typesetting, kind: Kind, background: Image.Image) -> bytes:
    """The file. background: of the ad, without product and words."""
    if typesetting.drawn is None:
        raise ValueError("a typesetting that was read from a file has no layers")
    with one_at_a_time:
        return (_svg if kind == "svg" else _psd)(typesetting, typesetting.drawn, background)


def block_pictures(typesetting: Typesetting) -> list[Layer]:
    """Each block by itself, its shape and its letters, as they lie over the picture."""
    if typesetting.drawn is None:
        raise ValueError("a typesetting that was read from a file has no layers")
    pictures = []
    for block, ink, colour, filled in typesetting.drawn.blocks:
        left, top, right, bottom = union([ink.box, block.box] if filled is not None else [ink.box])
        whole = Image.new("RGBA", (right - left, bottom - top))
        for layer in _words_of(block, ink, colour, filled):
            whole.alpha_composite(layer.image, (layer.left - left, layer.top - top))
        pictures.append(Layer(block.text, whole, left, top))
    return pictures


def _below(drawn: Drawn, background: Image.Image) -> Iterator[Layer]:
    """What lies below the words."""
    yield Layer("background", background.convert("RGB"))
    if drawn.backing.opacity is not None:
        alpha = drawn.backing.opacity * (1.0 - drawn.scene.kept)
        flat = Image.new("RGB", background.size, drawn.backing.colour)
        flat.putalpha(Image.fromarray(np.rint(alpha * 255).astype(np.uint8)))
        yield Layer(drawn.backing.kind, flat)
    pixels = drawn.scene.pixels
    differs = (pixels != np.asarray(background.convert("RGB"))).any(-1)
    product = Image.fromarray(np.dstack([pixels, np.where(differs, 255, 0).astype(np.uint8)]))
    box = product.getchannel("A").getbbox()
    if box is not None:
        yield Layer("product", product.crop(box), box[0], box[1])
    if drawn.logo is not None:
        yield Layer("logo", drawn.logo.image, drawn.logo.box[0], drawn.logo.box[1])


# PSD ---------------------------------------------------------------------------------------------------------------------


def _psd(typesetting: Typesetting, drawn: Drawn, background: Image.Image) -> bytes:
    from psd_tools import PSDImage

    document = PSDImage.new("RGB", background.size)
    for layer in [*_below(drawn, background), *_words(drawn)]:
        made = document.create_pixel_layer(layer.image, "layer", layer.top, layer.left)
        made.name = layer.name  # in Unicode; the name at creation may only be Mac Roman
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _words(drawn: Drawn) -> Iterator[Layer]:
    """Each block's shape and letters."""
    for drawn_block in drawn.blocks:
        yield from _words_of(*drawn_block)


def _words_of(block: SetBlock, ink: Ink, colour: Colour, filled: Colour | None) -> Iterator[Layer]:
    if filled is not None:
        left, top, right, bottom = block.box
        size = (right - left, bottom - top)
        yield _flat(f"shape: {block.text}", rounded(size, (0, 0, *size), badge_radius(block)) * 255, filled, left, top)
    yield _flat(f"{block.role}: {block.text}", ink.coverage, colour, ink.left, ink.top)


def _flat(name: str, coverage: NDArray[Any], colour: Colour, left: int, top: int) -> Layer:
    image = Image.new("RGB", (coverage.shape[1], coverage.shape[0]), colour)
    image.putalpha(Image.fromarray(np.rint(coverage).astype(np.uint8)))
    return Layer(name, image, left, top)


# SVG ---------------------------------------------------------------------------------------------------------------------


def _svg(typesetting: Typesetting, drawn: Drawn, background: Image.Image) -> bytes:
    width, height = background.size
    faces = _faces(drawn)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        "<style>",
        *(_font_face(name, face, letters) for name, (face, letters) in faces.items()),
        "</style>",
    ]
    for layer in _below(drawn, background):
        data = base64.b64encode(transparent_png(layer.image)).decode()
        size = f'width="{layer.image.width}" height="{layer.image.height}"'
        parts.append(
            f'<image id={quoteattr(layer.name)} x="{layer.left}" y="{layer.top}" {size} href="data:image/png;base64,{data}"/>'
        )
    names = {face: name for name, (face, _) in faces.items()}
    for number, (block, ink, colour, filled) in enumerate(drawn.blocks):
        parts.append(f'<g id="{block.role}-{number}">')
        if filled is not None:
            parts.append(_shape(block.box, badge_radius(block), hex_of(filled)))
        parts += [f"<title>{escape(block.text)}</title>", *_lines(drawn, block, ink, hex_of(colour), names), "</g>"]
    return "\n".join([*parts, "</svg>", ""]).encode()


def _shape(box: Box, radius: float, colour: str) -> str:
    left, top, right, bottom = box
    return f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" rx="{radius:.1f}" fill="{colour}"/>'


def _lines(drawn: Drawn, block: SetBlock, ink: Ink, colour: str, names: dict[Face, str]) -> Iterator[str]:
    """The lines as text, a piece for each face."""
    type_ = drawn.types.of(block.role)
    for line in block.lines:
        x = line.x
        for run in type_.runs(line.text):
            advance = type_.advance(run) * block.size
            start = f'x="{x + advance:.2f}" direction="rtl"' if run.rtl else f'x="{x:.2f}"'
            font = f'font-family="{names[run.face]}, {_quoted(run.face.family)}, sans-serif" font-size="{block.size:.2f}"'
            yield f'<text {start} y="{line.baseline:.2f}" {font} fill="{colour}" xml:space="preserve">{escape(run.text)}</text>'
            x += advance


def _faces(drawn: Drawn) -> dict[str, tuple[Face, str]]:
    """The faces that the words need, each with its letters, by the name that the file gives it."""
    letters: dict[Face, str] = {}
    for block, *_ in drawn.blocks:
        for line in block.lines:
            for face, run in drawn.types.of(block.role).faces.runs(line.text):
                letters[face] = letters.get(face, "") + run
    return {f"font-{number}": (face, text) for number, (face, text) in enumerate(letters.items())}


def _quoted(family: str) -> str:
    return "'" + "".join(c for c in family if c.isalnum() or c in " -") + "'"


def _font_face(name: str, face: Face, letters: str) -> str:
    """A font of these letters alone, inside the file."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(layout_features=["*"], notdef_outline=True, hinting=False, flavor="woff", name_IDs=["*"])
    with TTFont(face.path, fontNumber=face.index, recalcTimestamp=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=letters)
        subsetter.subset(font)
        font.flavor = "woff"
        buffer = io.BytesIO()
        font.save(buffer)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"@font-face {{ font-family: {name}; src: url(data:font/woff;base64,{data}) format('woff'); }}"
