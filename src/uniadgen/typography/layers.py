"""Layers: a typeset ad as a file that a designer goes on with.

    data = layered(typesetting, "svg")      # text stays text; the fonts' letters that it needs are inside
    data = layered(typesetting, "psd")      # background, shadow, what is behind words, product, logo, each block as outlines
    data, notes = layers_of(ad, typesetting, "psd")      # the same of an ad, which says what its shadow is

The layers laid over each other are the typeset ad, but for rounding at the letters' edges.
"""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from uniadgen.ads import Ad, Light
from uniadgen.imaging.png import transparent_png
from uniadgen.imaging.shadow import without_shadow
from uniadgen.typography.colours import Colour, hex_of
from uniadgen.typography.drawing import Ink, rounded
from uniadgen.typography.fonts import Face, one_at_a_time
from uniadgen.typography.outlines import Contour, outlines_of, rounded_outline
from uniadgen.typography.space import Box, product_of
from uniadgen.typography.stacks import SetBlock, union
from uniadgen.typography.typeset import Drawn, Typesetting, badge_radius
from uniadgen.words import quoted

Kind = Literal["svg", "psd"]
KINDS: tuple[Kind, ...] = ("svg", "psd")
_ADD, _TAKE_AWAY = 1, 2  # what a path does to those before it, in PSD files


@dataclass(frozen=True)
class Layer:
    """A picture (RGBA) with its place. left, top: of its first pixel. colour: of one that is a shape of this colour alone.
    contours: its curves, where it has some."""

    name: str
    image: Image.Image
    left: int = 0
    top: int = 0
    colour: Colour | None = None
    contours: tuple[Contour, ...] = ()


SHADOW_UNSAID = "layers: the shadow is part of the background; an ad of before does not say how it was drawn"
"""A note on layers of an ad that an older version wrote."""


def layers_of(ad: Ad, typesetting: Typesetting, kind: Kind) -> tuple[bytes, list[str]]:
    """The file of an ad's words, and notes on it."""
    bare = ad.unshaded
    if bare is None and isinstance(ad.light, Light):
        product = product_of(ad.image, ad.background, ad.placement)
        bare = without_shadow(ad.background, product, ad.placement, ad.stance.posture, ad.light)
    data, notes = _layered(typesetting, kind, ad.background, bare)
    return data, [SHADOW_UNSAID, *notes] if ad.light == "unsaid" else notes


def layered(typesetting: Typesetting, kind: Kind, background: Image.Image, bare: Image.Image | None = None) -> bytes:
    """The file. background: of the ad, without product and words. bare: the same without the product's shadow, which then is a
    layer of its own. Raises ValueError for a typesetting that was read from a file."""
    return _layered(typesetting, kind, background, bare)[0]


def _layered(
    typesetting: Typesetting, kind: Kind, background: Image.Image, bare: Image.Image | None
) -> tuple[bytes, list[str]]:
    """The file, and notes on it."""
    if typesetting.drawn is None:
        raise ValueError("a typesetting that was read from a file has no layers")
    with one_at_a_time:
        return (_svg(typesetting.drawn, background, bare), []) if kind == "svg" else _psd(typesetting.drawn, background, bare)


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


def _below(drawn: Drawn, background: Image.Image, bare: Image.Image | None) -> Iterator[Layer]:
    """What lies below the words."""
    yield Layer("background", (bare or background).convert("RGB"))
    if bare is not None and (shadow := _shadow(bare, background)) is not None:
        yield shadow
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


def _shadow(bare: Image.Image, background: Image.Image) -> Layer | None:
    """What makes one picture the other when it is laid over it: as little of black as that needs; of a mirrored product its
    colours. None where they are the same."""
    box = ImageChops.difference(bare.convert("RGB"), background.convert("RGB")).getbbox()
    if box is None:
        return None
    below, above = (np.asarray(picture.convert("RGB").crop(box), np.float32) for picture in (bare, background))
    darker = np.where(below > 0, (below - above) / np.maximum(below, 1), 0)
    lighter = np.where(below < 255, (above - below) / np.maximum(255 - below, 1), 0)
    alpha = np.ceil(255 * np.maximum(darker, lighter).max(-1, keepdims=True)).clip(0, 255)
    share = alpha / 255
    colour = np.where(share > 0, (above - below * (1 - share)) / np.maximum(share, 1 / 255), 0)
    pixels = np.rint(np.concatenate([colour.clip(0, 255), alpha], -1)).astype(np.uint8)
    return Layer("shadow", Image.fromarray(pixels), box[0], box[1])


# PSD ---------------------------------------------------------------------------------------------------------------------


def _psd(drawn: Drawn, background: Image.Image, bare: Image.Image | None) -> tuple[bytes, list[str]]:
    """The file, and a note on each block whose letters are pixels alone."""
    from psd_tools import PSDImage
    from psd_tools.constants import Tag

    document, notes = PSDImage.new("RGB", background.size), []
    layers = [*_below(drawn, background, bare)]
    for block, ink, colour, filled in drawn.blocks:
        *shape, letters = _words_of(block, ink, colour, filled)
        layers += [replace(layer, contours=(rounded_outline(block.box, badge_radius(block)),)) for layer in shape]
        contours = outlines_of(block, drawn.types, ink)
        if contours is None:
            notes.append(f"layers: the letters of {quoted(block.text)} are pixels alone; no outlines match them")
        layers.append(replace(letters, contours=tuple(contours or ())))
    for layer in layers:
        if layer.colour is None:
            made = document.create_pixel_layer(layer.image, "layer", layer.top, layer.left)
        else:  # transparency instead of a mask of pixels, which would stand beside that of curves
            made = document.create_pixel_layer_from_array(np.asarray(layer.image), "layer", layer.top, layer.left)
        made.name = layer.name  # in Unicode; the name at creation may only be Mac Roman
        if layer.colour is not None and layer.contours:  # the pixels stay, for readers without curves
            made.tagged_blocks.set_data(Tag.SOLID_COLOR_SHEET_SETTING, items=_solid(layer.colour))
            made.tagged_blocks.set_data(Tag.VECTOR_MASK_SETTING1, path=_path(layer.contours, *background.size))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue(), notes


def _solid(colour: Colour) -> list[tuple[bytes, Any]]:
    """A fill of one colour, as items of a descriptor."""
    from psd_tools.psd.descriptor import Descriptor, Double
    from psd_tools.terminology import Key, Klass

    solid: Any = Descriptor(classID=Klass.RGBColor.value)
    for key, value in zip((Key.Red, Key.Green, Key.Blue), colour, strict=True):
        solid[key] = Double(float(value))
    return [(Key.Color.value, solid)]


def _path(contours: tuple[Contour, ...], width: int, height: int) -> Any:
    """Curves as a vector mask has them: points as shares of the document's height and width, vertical first."""
    from psd_tools.psd.vector import ClosedKnotUnlinked, ClosedPath, InitialFillRule, Path, PathFillRule

    path: list[Any] = [PathFillRule(), InitialFillRule(0)]
    for contour in contours:
        knots: list[Any] = [
            ClosedKnotUnlinked(*((point.imag / height, point.real / width) for point in knot))
            for knot in contour.knots.tolist()
        ]
        path.append(ClosedPath(knots, operation=_TAKE_AWAY if contour.hole else _ADD))
    return Path(path)


def _words_of(block: SetBlock, ink: Ink, colour: Colour, filled: Colour | None) -> Iterator[Layer]:
    if filled is not None:
        left, top, right, bottom = block.box
        size = (right - left, bottom - top)
        yield _flat(f"shape: {block.text}", rounded(size, (0, 0, *size), badge_radius(block)) * 255, filled, left, top)
    yield _flat(f"{block.role}: {block.text}", ink.coverage, colour, ink.left, ink.top)


def _flat(name: str, coverage: NDArray[Any], colour: Colour, left: int, top: int) -> Layer:
    image = Image.new("RGB", (coverage.shape[1], coverage.shape[0]), colour)
    image.putalpha(Image.fromarray(np.rint(coverage).astype(np.uint8)))
    return Layer(name, image, left, top, colour)


# SVG ---------------------------------------------------------------------------------------------------------------------


def _svg(drawn: Drawn, background: Image.Image, bare: Image.Image | None) -> bytes:
    width, height = background.size
    faces = _faces(drawn)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        "<style>",
        *(_font_face(name, face, letters) for name, (face, letters) in faces.items()),
        "</style>",
    ]
    for layer in _below(drawn, background, bare):
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
    type_ = drawn.types.of_block(block)
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
            for face, run in drawn.types.of_block(block).faces.runs(line.text):
                letters[face] = letters.get(face, "") + run
    return {f"font-{number}": (face, text) for number, (face, text) in enumerate(letters.items())}


def _quoted(family: str) -> str:
    return "'" + "".join(c for c in family if c.isalnum() or c in " -") + "'"


def _font_face(name: str, face: Face, letters: str) -> str:
    """A font of these letters alone, inside the file."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(layout_features=["*"], notdef_outline=True, hinting=False, flavor="woff", name_IDs=["*"])
    with TTFont(face.path, fontNumber=face.index, recalcTimestamp=False, lazy=True) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=letters)
        subsetter.subset(font)
        font.flavor = "woff"
        buffer = io.BytesIO()
        font.save(buffer)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"@font-face {{ font-family: {name}; src: url(data:font/woff;base64,{data}) format('woff'); }}"
