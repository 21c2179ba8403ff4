"""Stray characters: letters in an ad's picture that neither the product nor its words have, read by Tesseract.

    check_installed()                                           # the extra `ocr` and the program tesseract
    texts = stray_characters(image, background, placement, cutout, words)

Painters that were trained on ads write scraps of letters into scenes and onto products. What is printed on the product itself
is none: there the picture is the cut-out, pixel for pixel.
"""

import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose

Box = tuple[int, int, int, int]

_LANGUAGES = ("eng", "chi_sim", "chi_tra", "jpn", "kor", "rus", "ara")  # those that are installed are read
_SURE, _SURE_ALONE = 80.0, 90.0  # least confidence of several characters, and of a single one, 0 to 100
_SIDE = 1400  # pixels that the longer side is brought to: Tesseract wants letters of some 30
_HIGHEST = 0.25  # of the picture's longer side: what is read larger is a shape in the scene
_SAME = 12  # of a channel: what differs less from the product is the product
_UNTOUCHED = 0.95  # of a print's box: a stray letter changes more of it
_SECONDS = 60


@dataclass(frozen=True)
class StrayText:
    """box: in pixels of the picture. confidence: 0 to 1."""

    text: str
    box: Box
    confidence: float


def check_installed() -> None:
    """Raises InputError where letters can't be read."""
    if importlib.util.find_spec("pytesseract") is None:
        raise InputError('stray characters are read with the package pytesseract; pip install "uniadgen[ocr]"')
    if shutil.which("tesseract") is None:
        raise InputError("stray characters are read with the program tesseract; install it (Debian: tesseract-ocr)")


def stray_characters(
    image: Image.Image,
    background: Image.Image,
    placement: Placement,
    cutout: Image.Image | None,
    words: Sequence[Box] = (),
) -> list[StrayText]:
    """What is read in the picture but for the words that were set into it. Without a cut-out all letters on the product count
    as its print. Raises InputError."""
    check_installed()
    shape = image.height, image.width
    product, untouched, set_words = np.zeros(shape, bool), np.ones(shape, bool), np.zeros(shape, bool)
    if cutout is None:
        left, top = placement.left, placement.top
        product[top : top + placement.height, left : left + placement.width] = True
    else:
        composed = np.asarray(compose(background, cutout, placement), np.int16)
        untouched = np.abs(np.asarray(image.convert("RGB"), np.int16) - composed).max(-1) < _SAME
        product = (composed != np.asarray(background.convert("RGB"), np.int16)).any(-1)
    for x0, y0, x1, y1 in words:
        pad = round(0.4 * (y1 - y0))  # ascenders, and what the reader takes for a frame
        set_words[max(0, y0 - pad) : y1 + pad, max(0, x0 - pad) : x1 + pad] = True

    def is_known(box: Box) -> bool:
        printed = _share(product, box) >= 0.5 and _share(untouched, box) >= _UNTOUCHED
        return printed or _share(set_words, box) >= 0.5

    return [read for read in _read(image) if not is_known(read.box)]


def _share(mask: Any, box: Box) -> float:
    left, top, right, bottom = box
    part = mask[top:bottom, left:right]
    return float(part.mean()) if part.size else 1.0


def _read(image: Image.Image) -> list[StrayText]:
    """The words in a picture, wherever they stand."""
    import pytesseract

    zoom = _SIDE / max(image.size)
    large = image.convert("L").resize((round(image.width * zoom), round(image.height * zoom)), Image.Resampling.BICUBIC)
    try:
        languages = [name for name in _LANGUAGES if name in pytesseract.get_languages()]
        read = pytesseract.image_to_data(
            large,
            lang="+".join(languages) or None,
            config="--psm 11",
            timeout=_SECONDS,
            output_type=pytesseract.Output.DICT,
        )
    except (pytesseract.TesseractError, OSError, RuntimeError) as error:
        raise InputError(
            f"tesseract can't read the picture ({type(error).__name__}); see what `tesseract --version` says"
        ) from None
    texts = []
    columns = (read[name] for name in ("text", "conf", "left", "top", "width", "height"))
    for text, confidence, left, top, width, height in zip(*columns, strict=True):
        letters = "".join(c for c in text if c.isalnum())
        sure = float(confidence) >= (_SURE if len(letters) > 1 else _SURE_ALONE)
        if letters and sure and height <= _HIGHEST * _SIDE:
            box = (left / zoom, top / zoom, (left + width) / zoom, (top + height) / zoom)
            x0, y0, x1, y1 = (round(value) for value in box)
            texts.append(StrayText(text.strip(), (x0, y0, max(x0 + 1, x1), max(y0 + 1, y1)), float(confidence) / 100))
    return texts
