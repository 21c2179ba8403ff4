"""Letters in a picture, read by RapidOCR: PP-OCRv6's small networks on onnxruntime, whose files lie inside its wheel.

    check_installed()                                   # the extra `ocr`
    for line in read_lines(picture):
        line.text, line.box, line.score
    text, score = read_line(part)                       # what stands in a picture of one line

Chinese, Japanese and languages in Latin letters are read, no others. Nothing is downloaded. It computes on one thread, and the
same picture gives the same lines.
"""

import importlib.util
import math
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from uniadgen.errors import InputError

Box = tuple[int, int, int, int]

PIXELS = 1_000_000  # of a picture when it is read: letters of some 16 px and more are then told
_LONGEST = 2000  # pixels along a side
_SURE, _SURE_ALONE = 0.8, 0.95  # least score of several characters, and of a single one, which textures resemble; 0 to 1
_MARGIN = 0.12  # of a line's height, that the detector leaves around it

READER = f"PP-OCRv6 small by rapidocr at {PIXELS / 1e6:g} megapixel"
"""What figures that depend on it say of the reader."""

DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"

_reading = threading.Lock()  # a reader keeps which steps it takes from one call to the next


@dataclass(frozen=True)
class Line:
    """Characters beside each other. box: left, top, right, bottom in pixels of the picture. score: 0 to 1, how sure."""

    text: str
    box: Box
    score: float


def is_installed() -> bool:
    return all(importlib.util.find_spec(package) is not None for package in ("rapidocr", "onnxruntime"))


def check_installed() -> None:
    """Raises InputError where letters can't be read."""
    if not is_installed():
        raise InputError('letters in pictures are read with the package rapidocr; pip install "uniadgen[ocr]"')


def read_lines(picture: Image.Image) -> list[Line]:
    """All lines of letters in a picture, from top to bottom. Raises InputError where the reader isn't installed."""
    zoom = min(math.sqrt(PIXELS / (picture.width * picture.height)), _LONGEST / max(picture.size))
    size = max(1, round(picture.width * zoom)), max(1, round(picture.height * zoom))
    large = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    with _reading:
        read = reader()(_pixels(large), use_det=True, use_cls=False, use_rec=True)
    if read.boxes is None:
        return []
    lines = []
    for text, corners, score in zip(read.txts, read.boxes, read.scores, strict=True):
        letters = sum(c.isalnum() for c in text)
        if letters and score >= (_SURE if letters > 1 else _SURE_ALONE):
            trim = _MARGIN * min(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[1]))
            (left, top), (right, bottom) = (corners.min(0) + trim) / zoom, (corners.max(0) - trim) / zoom
            right, bottom = min(picture.width, math.ceil(right)), min(picture.height, math.ceil(bottom))
            box = max(0, math.floor(left)), max(0, math.floor(top)), right, bottom
            lines.append(Line(text.strip(), box, round(float(score), 4)))
    return lines


def read_line(picture: Image.Image) -> tuple[str, float]:
    """Text and score, 0 to 1, of a picture of one line. Raises InputError where the reader isn't installed."""
    with _reading:
        read = reader()(_pixels(picture.convert("RGB")), use_det=False, use_cls=False, use_rec=True)
    return ("", 0.0) if not read.txts else (read.txts[0], float(read.scores[0]))


def _pixels(picture: Image.Image) -> Any:
    return np.ascontiguousarray(np.asarray(picture)[..., ::-1])


@cache
def reader() -> Any:
    """RapidOCR itself, made once. Raises InputError where it isn't installed, or damaged."""
    check_installed()
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    parameters = {
        "Global.log_level": "critical",
        "Global.max_side_len": _LONGEST,
        # Named files are taken as they are; of others rapidocr compares the checksum, and fetches what doesn't agree.
        "Det.model_path": str(folder / DETECTOR),
        "Rec.model_path": str(folder / RECOGNISER),
        "Det.limit_type": "max",
        "Det.limit_side_len": _LONGEST,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    blank = np.zeros((32, 96, 3), np.uint8)
    try:
        made = rapidocr.RapidOCR(params=parameters)
        for detecting in (True, False):  # its networks are opened when they are needed
            made(blank, use_det=detecting, use_cls=False, use_rec=True)
    except Exception:  # a damaged file raises anything
        raise InputError(
            'the networks of rapidocr are missing or damaged; pip install --force-reinstall "uniadgen[ocr]"'
        ) from None
    module: Any = rapidocr.main
    module.cv2.setNumThreads(1)  # which has a pool of its own
    return made
