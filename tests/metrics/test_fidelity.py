"""Product fidelity: an untouched ad passes, any touched pixel of the product does not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from uniadgen.ads import Placement
from uniadgen.imaging.composing import compose, fitted_cutout
from uniadgen.imaging.placing import place
from uniadgen.metrics import fidelity
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


def textured(width: int, height: int) -> Image.Image:
    """Noise with a soft outline and a hole, and other colours under what is transparent."""
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 4), dtype=np.uint8)
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).ellipse((2, 3, width - 4, height - 3), fill=255)
    ImageDraw.Draw(mask).ellipse((width // 3, height // 3, width // 2, height // 2), fill=0)
    pixels[..., 3] = mask.filter(ImageFilter.BoxBlur(1))
    return Image.fromarray(pixels)


SIZES = [(90, 70), (45, 35), (61, 60), (13, 10), (180, 140), (199, 90), (90, 35)]


@pytest.mark.parametrize("size", SIZES)
def test_the_reader_and_the_composer_agree_at_every_scale(size: tuple[int, int]) -> None:
    cutout, where = textured(96, 77), Placement(1, 30, *size)
    ad = compose(BACKGROUND, cutout, where)
    assert product_is_intact(ad, cutout, where, BACKGROUND)
    # and each single altered value is seen, wherever the product is opaque
    opaque = np.argwhere(np.asarray(fitted_cutout(cutout, where))[..., 3] == 255)
    for y, x in opaque[np.random.default_rng(0).integers(0, len(opaque), 20)]:
        for by in (1, -1):
            pixels = np.array(ad)
            value = int(pixels[30 + y, 1 + x, 1]) + by
            if 0 <= value <= 255:
                pixels[30 + y, 1 + x, 1] = value
                assert not product_is_intact(Image.fromarray(pixels), cutout, where)


Composer = Callable[[Image.Image, Image.Image, Placement], Image.Image]


def off_by_one(background: Image.Image, cutout: Image.Image, where: Placement) -> Image.Image:
    return compose(background, cutout, Placement(where.left + 1, where.top, where.width, where.height))


def of_another_size(background: Image.Image, cutout: Image.Image, where: Placement) -> Image.Image:
    return compose(background, cutout, Placement(where.left, where.top, where.width - 1, where.height))


def mirrored(background: Image.Image, cutout: Image.Image, where: Placement) -> Image.Image:
    return compose(background, cutout.transpose(Image.Transpose.FLIP_LEFT_RIGHT), where)


def without_premultiplied_colours(background: Image.Image, cutout: Image.Image, where: Placement) -> Image.Image:
    part = cutout.crop(cutout.getchannel("A").getbbox())
    planes = [plane.resize((where.width, where.height), Image.Resampling.LANCZOS) for plane in part.split()]
    ad = background.copy()
    ad.paste(Image.merge("RGBA", planes), (where.left, where.top), planes[3])
    return ad


def darkened(background: Image.Image, cutout: Image.Image, where: Placement) -> Image.Image:
    return compose(background, cutout, where).point(lambda value: max(0, value - 1))


@pytest.mark.parametrize("composer", [off_by_one, of_another_size, mirrored, without_premultiplied_colours, darkened])
def test_a_composer_that_alters_the_product_is_caught(composer: Composer) -> None:
    cutout, where = textured(96, 77), Placement(5, 30, 45, 35)
    assert product_is_intact(compose(BACKGROUND, cutout, where), cutout, where)
    assert not product_is_intact(composer(BACKGROUND, cutout, where), cutout, where)


def test_the_reader_shares_no_code_with_the_composer() -> None:
    assert "uniadgen.imaging" not in Path(fidelity.__file__).read_text("utf-8")
