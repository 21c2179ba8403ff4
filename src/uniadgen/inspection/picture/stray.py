"""Stray characters: letters in an ad's picture that neither the product nor its words have.

    check_installed()                                           # the extra `ocr`
    lines = stray_characters(image, background, placement, cutout, words)

Painters that were trained on ads write scraps of letters into scenes and onto products. What is printed on the product itself
is none: there the picture is the cut-out, pixel for pixel.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.imaging.composing import compose
from uniadgen.imaging.ocr import Box, Line, check_installed, read_lines

_HIGHEST = 0.25  # of the picture's longer side: what is read larger is a shape in the scene
_SAME = 12  # of a channel: what differs less from the product is the product
_UNTOUCHED = 0.95  # of a print's box: a stray letter changes more of it


def stray_characters(
    image: Image.Image,
    background: Image.Image,
    placement: Placement,
    cutout: Image.Image | None,
    words: Sequence[Box] = (),
) -> list[Line]:
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

    highest = _HIGHEST * max(image.size)
    return [line for line in read_lines(image) if line.box[3] - line.box[1] <= highest and not is_known(line.box)]


def _share(mask: Any, box: Box) -> float:
    left, top, right, bottom = box
    part = mask[top:bottom, left:right]
    return float(part.mean()) if part.size else 1.0
