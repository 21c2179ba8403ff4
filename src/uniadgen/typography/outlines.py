"""Outlines: the letters of a block as curves, which stay sharp at any size.

    curves = outlines_of(block, types, ink)         # None where they would not be the letters as they were drawn

Pillow, which draws the letters, does not say which glyphs it took, nor where it put them. HarfBuzz is asked again here, in the
same stretches, and gives the font's curves. They are then drawn and held against the block's letters.

Points are complex numbers, x + y * 1j, in pixels of the picture, y downwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from uniadgen.typography.bidi import levels_of, visual_order
from uniadgen.typography.drawing import Ink
from uniadgen.typography.fonts import Face
from uniadgen.typography.shaping import Run, Type, drawn_size
from uniadgen.typography.space import Box
from uniadgen.typography.stacks import SetBlock, Types

# For comparing curves with letters. Hints and rounding move the letters' edges by up to a pixel: in ten scripts, set in the
# chain's fonts at 8 to 220 px, that leaves at most 130. A part of a line that is two pixels off leaves 158 or more.
_MOST_OFF = 140
_FINE, _STEPS = 8, 8  # how much larger than the picture curves are drawn; lines of each
_EDGE = 2  # pixels around the letters, where curves may reach too far
_ROUND = 0.5522847498  # how far the handles of a quarter of a circle reach, of its radius
_UNIT = 64  # HarfBuzz gets sizes in shares of a pixel, as FreeType has them
_ANY = ("Zyyy", "Zinh")  # scripts of characters that go with any other


@dataclass(frozen=True)
class Contour:
    """A closed curve. knots [n, 3]: the handle before each point, the point, the handle behind it. hole: whether it takes away
    from those before it; all of a block are laid on in their order."""

    knots: NDArray[np.complex128]
    hole: bool = False


def outlines_of(block: SetBlock, types: Types, ink: Ink) -> list[Contour] | None:
    """The curves of a block's letters, or None where these are not what was drawn. Raises ModuleNotFoundError without the
    package uharfbuzz."""
    type_ = types.of_block(block)
    contours = [
        Contour(contour.knots + complex(round(line.x), round(line.baseline)), contour.hole)
        for line in block.lines
        for contour in _line(type_, line.text, block.size)
    ]
    return contours if _agrees(contours, ink) else None


def rounded_outline(box: Box, radius: float) -> Contour:
    """The curve of a rectangle with round corners. box, radius: in pixels."""
    left, top, right, bottom = box
    corners = complex(left, top), complex(right, top), complex(right, bottom), complex(left, bottom)
    knots: list[tuple[complex, complex, complex]] = []
    for number, corner in enumerate(corners):  # clockwise
        coming, going = 1j ** (number - 1), 1j**number
        start, end = corner - coming * radius, corner + going * radius
        knots.append((start, start, start + coming * radius * _ROUND))
        knots.append((end - going * radius * _ROUND, end, end))
    return Contour(np.array(knots))


def _line(type_: Type, text: str, size: float) -> Iterator[Contour]:
    """The curves of a line whose pen starts at 0."""
    large, scale = drawn_size(size)
    pen = 0.0
    for run in type_.runs(text):
        font = _font(run.face, large)
        for glyph, place in _glyphs(font, run, type_.language):
            for contour in _curves(run.face, large, glyph):
                yield Contour((contour.knots + place / _UNIT + pen) / scale, contour.hole)
        pen += run.face.at(large).getlength(run.text, direction="rtl" if run.rtl else "ltr", language=type_.language)


# Glyphs ------------------------------------------------------------------------------------------------------------------


def _glyphs(font: Any, run: Run, language: str | None) -> Iterator[tuple[int, complex]]:
    """The glyphs of a run and where they stand, in the units of the font."""
    import uharfbuzz

    pen = 0.0
    for start, end, rtl, script in _stretches(run.text, run.rtl):
        buffer = uharfbuzz.Buffer()
        buffer.add_str(run.text, start, end - start)  # all of the text, for letters that join those of the next stretch
        buffer.direction, buffer.script = "rtl" if rtl else "ltr", script
        if language is not None:
            buffer.language = language
        buffer.guess_segment_properties()  # the language, where it is not given
        uharfbuzz.shape(font, buffer)
        for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            yield info.codepoint, complex(pen + position.x_offset, -position.y_offset)
            pen += position.x_advance


def _stretches(text: str, rtl: bool) -> list[tuple[int, int, bool, str]]:
    """The parts of a run that have one direction and one script, as they stand from left to right: start, end, whether it runs
    to the left, and the script."""
    from fontTools import unicodedata as properties

    scripts = [properties.script(c) for c in text]
    script = next((name for name in scripts if name not in _ANY), _ANY[0])
    for place, name in enumerate(scripts):
        scripts[place] = script = script if name in _ANY else name
    parts, start = [], 0
    for (level, script), group in groupby(zip(levels_of(text, rtl), scripts, strict=True)):
        end = start + len(list(group))
        parts.append((start, end, level, script))
        start = end
    order = visual_order([level for _, _, level, _ in parts])
    return [(start, end, level % 2 == 1, script) for start, end, level, script in (parts[number] for number in order)]


# Fonts -------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _font(face: Face, large: int) -> Any:
    import uharfbuzz

    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(face.path), face.index))
    font.scale = (large * _UNIT, large * _UNIT)
    return font


class _Pen:
    """Collects a glyph's curves, all cubic: of each its start, then two handles and an end for each piece."""

    def __init__(self) -> None:
        self.curves: list[list[complex]] = []

    def moveTo(self, at: tuple[float, float]) -> None:
        self.curves.append([complex(*at)])

    def lineTo(self, end: tuple[float, float]) -> None:
        self.curves[-1] += [self.curves[-1][-1], complex(*end), complex(*end)]

    def qCurveTo(self, middle: tuple[float, float], end: tuple[float, float]) -> None:
        handle, last = 2 / 3 * complex(*middle), complex(*end)
        self.curves[-1] += [self.curves[-1][-1] / 3 + handle, last / 3 + handle, last]

    def curveTo(self, *points: tuple[float, float]) -> None:
        self.curves[-1] += [complex(*point) for point in points]

    def closePath(self) -> None:
        start, *_, last = self.curves[-1] * 2
        if start != last:
            self.lineTo((start.real, start.imag))


@lru_cache(maxsize=2048)
def _curves(face: Face, large: int, glyph: int) -> list[Contour]:
    """A glyph's curves around its origin, at a size in pixels: the largest first, each with its holes behind it."""
    pen = _Pen()
    _font(face, large).draw_glyph_with_pen(glyph, pen)
    # from "start, handle, handle, end, ..., start" to points with the handles around them
    knots: list[NDArray[np.complex128]] = [
        np.asarray(np.roll(np.conj(curve[:-1]), 1).reshape(-1, 3) / _UNIT, np.complex128)
        for curve in pen.curves
        if len(curve) > 1
    ]
    areas = [_area(_points(curve)) for curve in knots]
    order = sorted((number for number, area in enumerate(areas) if area), key=lambda number: -abs(areas[number]))
    if not order:
        return []
    solid = [number for number in order if areas[number] * areas[order[0]] > 0]
    placed = {number: [Contour(knots[number])] for number in solid}
    for number in order:
        if number not in placed:  # it turns the other way: a hole, of the smallest that it is in
            around = [other for other in solid if _is_within(knots[number], knots[other])]
            placed[(around or solid)[-1]].append(Contour(knots[number], hole=True))
    return [contour for contours in placed.values() for contour in contours]


def _points(knots: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Points along a closed curve. [n]"""
    _, start, first = knots.T[..., None]
    second, end, _ = np.roll(knots, -1, axis=0).T[..., None]
    t = np.arange(_STEPS) / _STEPS
    curve = start * (1 - t) ** 3 + 3 * first * t * (1 - t) ** 2 + 3 * second * t**2 * (1 - t) + end * t**3
    return np.asarray(curve.ravel(), np.complex128)


def _area(points: NDArray[np.complex128]) -> float:
    """What a curve encloses, negative where it turns to the left."""
    return float((np.conj(points) * np.roll(points, -1)).imag.sum() / 2)


def _is_within(inner: NDArray[np.complex128], outer: NDArray[np.complex128]) -> bool:
    """Whether the box of one curve lies in that of another."""
    a, b = inner[:, 1], outer[:, 1]
    return all(of(b).min() <= of(a).min() and of(a).max() <= of(b).max() for of in (np.real, np.imag))


# Comparing ---------------------------------------------------------------------------------------------------------------


def _agrees(contours: list[Contour], ink: Ink) -> bool:
    """Whether the curves, drawn, are the letters: no pixel of either is darker or lighter than all around it in the other."""
    if not contours:
        return False
    letters = Image.fromarray(np.pad(ink.coverage, _EDGE))
    canvas = Image.new("L", (letters.width * _FINE, letters.height * _FINE), 0)
    drawing = ImageDraw.Draw(canvas)
    for contour in contours:
        points = (_points(contour.knots) - complex(ink.left - _EDGE, ink.top - _EDGE)) * _FINE - complex(0.5, 0.5)
        drawing.polygon([(point.real, point.imag) for point in points.tolist()], fill=0 if contour.hole else 255)
    curves = canvas.reduce(_FINE)
    return all(
        ImageChops.subtract(*pair).getextrema()[1] <= _MOST_OFF  # type: ignore[operator]
        for one, other in ((letters, curves), (curves, letters))
        for pair in ((one, other.filter(ImageFilter.MaxFilter(3))), (other.filter(ImageFilter.MinFilter(3)), one))
    )
