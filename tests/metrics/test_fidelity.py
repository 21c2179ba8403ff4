"""Product fidelity: an untouched ad passes, any touched pixel of the product does not."""

import numpy as np
import pytest
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.compose import compose, place
from uniadgen.metrics.fidelity import product_is_intact

BACKGROUND = Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 200, 3), dtype=np.uint8))


def changed(ad: Image.Image, x: int, y: int, by: int) -> Image.Image:
    pixels = np.array(ad).astype(int)
    pixels[y, x] = np.where(pixels[y, x] + by > 255, pixels[y, x] - by, pixels[y, x] + by)
    return Image.fromarray(pixels.astype(np.uint8))


def test_one_changed_value_is_noticed(cutout: Image.Image) -> None:
    where = place(cutout, BACKGROUND.size)
    ad = compose(BACKGROUND, cutout, where)
    assert product_is_intact(ad, cutout, where)
    assert product_is_intact(ad, cutout, where, BACKGROUND)
    middle = changed(ad, where.left + where.width // 2, where.top + where.height // 2, 1)
    assert not product_is_intact(middle, cutout, where)
    beside = changed(ad, 0, 0, 1)
    assert product_is_intact(beside, cutout, where)
    assert not product_is_intact(beside, cutout, where, BACKGROUND)
    corner = changed(ad, where.left, where.top, 40)  # transparent there
    assert not product_is_intact(corner, cutout, where, BACKGROUND)


@pytest.mark.parametrize("moved", [(1, 0), (0, -1), (-500, 0), (500, 0)])
def test_another_place_is_noticed(cutout: Image.Image, moved: tuple[int, int]) -> None:
    where = place(cutout, BACKGROUND.size)
    ad = compose(BACKGROUND, cutout, where)
    there = Placement(where.left + moved[0], where.top + moved[1], where.width, where.height)
    assert not product_is_intact(ad, cutout, there, BACKGROUND)


def test_a_background_of_another_size(cutout: Image.Image) -> None:
    where = place(cutout, BACKGROUND.size)
    ad = compose(BACKGROUND, cutout, where)
    assert not product_is_intact(ad, cutout, where, BACKGROUND.resize((8, 8)))
