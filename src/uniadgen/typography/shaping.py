"""Shaping: a line of text measured, and drawn as a mask of its letters. Pillow shapes through Raqm and HarfBuzz.

type_ = Type(faces, language="zh-Hans")
width = type_.width("轻便防水")                  # in ems
line = type_.draw("轻便防水", 48)                # LineMask: coverage, and where the ink stands beside pen and baseline
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from uniadgen.typography.bidi import levels_of, visual_order
from uniadgen.typography.fonts import REFERENCE, Face, Faces, is_right_to_left, scripts

Coverage = NDArray[np.uint8]

# Letters are drawn larger and averaged down: their places are then not rounded to whole pixels, and hinting doesn't bend them.
_FINE, _COARSE, _COARSE_FROM = 4, 2, 72


@dataclass(frozen=True)
class Run:
    """A stretch of a line that has one face and one direction."""

    face: Face
    text: str
    rtl: bool


@dataclass(frozen=True)
class LineMask:
    """A drawn line. ink: coverage 0..255 [h, w], cropped; left, top: of the ink, from the pen's start and the baseline."""

    ink: Coverage
    left: int
    top: int


@dataclass(frozen=True)
class Measured:
    """A line in ems: its advance; space before the first and behind the last ink; the ink above and below the baseline."""

    advance: float
    left: float
    right: float
    ascent: float
    descent: float


@dataclass(frozen=True)
class Type:
    """Faces, the language of the text (BCP 47, None when unknown), its direction and its first script."""

    faces: Faces
    language: str | None = None
    rtl: bool = False
    script: str = ""

    @cached_property
    def _measured(self) -> dict[str, "Measured"]:
        return {}

    def measured(self, text: str) -> "Measured":
        """The measures of a line."""
        if text not in self._measured:
            boxes, advance = [], 0.0
            for run in self.runs(text):
                left, top, right, bottom = _ink(run.face, run.text, self.language, run.rtl)
                boxes.append((advance + left, top, advance + right, bottom))
                advance += self.advance(run)
            if not boxes:
                return Measured(0.0, 0.0, 0.0, 0.0, 0.0)
            top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
            self._measured[text] = Measured(advance, boxes[0][0], advance - boxes[-1][2], max(0.0, -top), max(0.0, bottom))
        return self._measured[text]

    def runs(self, text: str) -> list[Run]:
        """The stretches of a line as they stand from left to right."""
        faced = self.faces.runs(text)
        if len(faced) < 2:  # HarfBuzz orders a line of one face by itself
            return [Run(face, run, self.rtl) for face, run in faced]
        levels, start = levels_of(text, self.rtl), 0
        split: list[tuple[Face, str, int]] = []
        for face, run in faced:
            for level, places in groupby(range(start, start + len(run)), levels.__getitem__):
                split.append((face, "".join(text[place] for place in places), level))
            start += len(run)
        return [
            Run(face, run, level % 2 == 1)
            for face, run, level in (split[number] for number in visual_order([level for *_, level in split]))
        ]

    def advance(self, run: Run) -> float:
        """How far a stretch moves the pen, in ems."""
        return _advance(run.face, run.text, self.language, run.rtl)

    def width(self, text: str) -> float:
        """The advance of a line, in ems."""
        return self.measured(text).advance

    def cap_height(self, cjk: bool) -> float:
        """Height of capitals, or of Chinese characters, above the baseline, in ems."""
        return self.measured("国" if cjk and self.faces.main.covers("国") else "H").ascent

    @property
    def is_alphabetic(self) -> bool:
        """Whether the main face has Latin letters without tall marks as its first purpose."""
        return self.script in ("Latin", "Cyrillic", "Greek", "")

    def draw(self, text: str, pixels: float) -> LineMask:
        """The letters of a line at a size in pixels."""
        large, scale = drawn_size(pixels)
        pen, boxes = 0.0, []
        for run in self.runs(text):
            boxes.append((run, pen))
            pen += run.face.at(large).getlength(run.text, direction=_direction(run.rtl), language=self.language)
        above, below, side = large * 2, large, large
        canvas = Image.new("L", (int(pen) + 2 * side, above + below), 0)
        drawing = ImageDraw.Draw(canvas)
        for run, start in boxes:
            drawing.text(
                (side + start, above), run.text, fill=255, font=run.face.at(large), anchor="ls",
                direction=_direction(run.rtl), language=self.language,
            )  # fmt: skip
        box = canvas.getbbox()
        if box is None:
            return LineMask(np.zeros((0, 0), np.uint8), 0, 0)
        # cropped to whole pixels of the result, then averaged down
        left, top = (box[0] - side) // scale, (box[1] - above) // scale
        right, bottom = -(-(box[2] - side) // scale), -(-(box[3] - above) // scale)
        crop = canvas.crop((left * scale + side, top * scale + above, right * scale + side, bottom * scale + above))
        return LineMask(np.asarray(crop.reduce(scale)), left, top)


def drawn_size(pixels: float) -> tuple[int, int]:
    """The whole size that letters of a size in pixels are drawn at, and how many times as large as that it is."""
    scale = _FINE if pixels < _COARSE_FROM else _COARSE
    return max(1, round(pixels * scale)), scale


def type_of(faces: Faces, text: str) -> Type:
    script_names = scripts(text)
    names = {"Hiragana": "ja", "Katakana": "ja", "Hangul": "ko", "Han": "zh-Hans"}
    language = next((names[name] for name in script_names if name in names), None)
    return Type(faces, language, is_right_to_left(text), script_names[0] if script_names else "")


def _direction(rtl: bool) -> str:
    return "rtl" if rtl else "ltr"


@lru_cache(maxsize=4096)
def _advance(face: Face, text: str, language: str | None, rtl: bool) -> float:
    return face.at(REFERENCE).getlength(text, direction=_direction(rtl), language=language) / REFERENCE


@lru_cache(maxsize=4096)
def _ink(face: Face, text: str, language: str | None, rtl: bool) -> tuple[float, float, float, float]:
    box = face.at(REFERENCE).getbbox(text, anchor="ls", direction=_direction(rtl), language=language)
    return tuple(side / REFERENCE for side in box)  # type: ignore[return-value]
