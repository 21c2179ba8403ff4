"""The product's pixels: exact where they are opaque, blended without a fringe where they are not."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from uniadgen.ads import Box, Placement
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose, fitted_alpha, fitted_cutout, render_foreground
from uniadgen.imaging.placing import place, visible_part


def noise(width: int, height: int, channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(width * height).integers(0, 256, (height, width, channels), dtype=np.uint8)


def soft_disc(size: int, colour: tuple[int, int, int], hidden: tuple[int, int, int]) -> Image.Image:
    """A disc with a soft edge; under its transparent pixels lies another colour, as in many real cut-outs."""
    mask = Image.new("L", (size * 4, size * 4))
    ImageDraw.Draw(mask).ellipse((size // 2, size // 2, size * 7 // 2, size * 7 // 2), fill=255)
    mask = mask.resize((size, size), Image.Resampling.BOX)
    pixels = np.zeros((size, size, 4), np.uint8)
    pixels[..., :3] = np.where(np.asarray(mask)[..., None] > 0, colour, hidden)
    pixels[..., 3] = mask
    return Image.fromarray(pixels)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=100, deadline=None)
def test_a_box_of_the_visible_parts_size_resamples_nothing(width: int, height: int, left: int, top: int) -> None:
    pixels = noise(width, height, 4)
    pixels[0, 0, 3] = pixels[-1, -1, 3] = 255
    margin = np.zeros((height + 7, width + 9, 4), np.uint8)
    margin[3 : 3 + height, 5 : 5 + width] = pixels
    cutout, canvas = Image.fromarray(margin), (97, 89)
    p = place(cutout, canvas, Box(left / 97, top / 89, (left + width) / 97, (top + height) / 89))
    assert p == Placement(left, top, width, height)
    background = noise(*canvas)
    ad = np.asarray(compose(Image.fromarray(background), cutout, p))
    there, opaque = ad[top : top + height, left : left + width], pixels[..., 3] == 255
    assert np.array_equal(there[opaque], pixels[opaque][:, :3])
    clear = pixels[..., 3] == 0
    assert np.array_equal(there[clear], background[top : top + height, left : left + width][clear])
    outside = np.ones(ad.shape[:2], bool)
    outside[top : top + height, left : left + width] = False
    assert np.array_equal(ad[outside], background[outside])


@pytest.mark.parametrize("size", [31, 60, 97, 150, 333])
def test_opaque_pixels_equal_the_resized_cutout(size: int) -> None:
    pixels = noise(120, 120, 4)
    pixels[20:100, 20:100, 3] = 255
    placement = Placement(10, 7, size, size)
    resized = np.asarray(fitted_cutout(Image.fromarray(pixels), placement))
    ad = np.asarray(compose(Image.fromarray(noise(400, 400)), Image.fromarray(pixels), placement))
    opaque = resized[..., 3] == 255
    assert opaque.mean() > 0.2
    assert np.array_equal(ad[7 : 7 + size, 10 : 10 + size][opaque], resized[opaque][:, :3])


@pytest.mark.parametrize("size", [(31, 60), (100, 100), (64, 64), (150, 90)])
def test_alpha_alone_is_that_of_the_fitted_cutout(size: tuple[int, int]) -> None:
    cutout = soft_disc(100, (10, 20, 30), (0, 0, 0))
    placement = Placement(3, 5, *size)
    assert np.array_equal(fitted_alpha(cutout, placement), np.asarray(fitted_cutout(cutout, placement))[..., 3])


def test_an_opaque_picture_is_resized_like_pillow_does() -> None:
    pixels = noise(90, 70) // 4 + 96  # mild contrast, since Pillow's 8-bit arithmetic clips between its two passes
    cutout = Image.fromarray(np.dstack([pixels, np.full((70, 90), 255, np.uint8)]))
    resized = np.asarray(fitted_cutout(cutout, Placement(0, 0, 45, 35))).astype(int)
    expected = np.asarray(Image.fromarray(pixels).resize((45, 35), Image.Resampling.LANCZOS)).astype(int)
    assert (resized[..., 3] == 255).all()
    assert np.abs(resized[..., :3] - expected).max() <= 1


@pytest.mark.parametrize("hidden", [(255, 255, 255), (0, 0, 0)])
@pytest.mark.parametrize("target", [23, 70, 130, 260])
def test_soft_edges_have_no_fringe(hidden: tuple[int, int, int], target: int) -> None:
    colour = (180, 60, 90)
    cutout = soft_disc(100, colour, hidden)
    placement = Placement(20, 20, target, target)
    resized = np.asarray(fitted_cutout(cutout, placement)).astype(int)
    assert np.abs(resized[resized[..., 3] > 0][:, :3] - colour).max() <= 1  # the hidden colour never shows
    # On a background of its own colour the product is invisible; any light or dark outline would stand out.
    ad = np.asarray(compose(Image.new("RGB", (300, 300), colour), cutout, placement)).astype(int)
    assert np.abs(ad - colour).max() <= 1
    # On any other, each pixel lies between the two colours.
    other = (20, 200, 255)
    ad = np.asarray(compose(Image.new("RGB", (300, 300), other), cutout, placement)).astype(int)
    assert (ad >= np.minimum(colour, other) - 1).all()
    assert (ad <= np.maximum(colour, other) + 1).all()


@pytest.mark.parametrize("target", [40, 75, 200])
def test_alpha_does_not_ring(target: int) -> None:
    square = np.zeros((100, 100, 4), np.uint8)
    square[..., :3] = noise(100, 100)
    square[20:80, 20:80, 3] = 255
    square[0, 0, 3] = square[-1, -1, 3] = 255  # so that the visible part is the whole picture
    alpha = np.asarray(fitted_cutout(Image.fromarray(square), Placement(0, 0, target, target)))[..., 3]
    row = alpha[target // 2].astype(int)
    middle = target // 2
    assert (np.diff(row[:middle]) >= 0).all()
    assert (np.diff(row[middle:]) <= 0).all()
    reach = math.ceil(target / 100) + 1  # one source or target pixel around the edge, whichever is wider
    assert (row[: int(0.2 * target) - reach] == 0).all()
    assert (row[int(0.2 * target) + reach : int(0.8 * target) - reach] == 255).all()


def test_the_foreground_stands_on_white_where_the_product_will() -> None:
    cutout = soft_disc(80, (10, 20, 30), (0, 0, 0))
    placement = place(cutout, (64, 48))
    picture = render_foreground(cutout, (64, 48), placement)
    assert picture.size == (64, 48)
    assert picture.mode == "RGB"
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    centre = (placement.left + placement.width // 2, placement.top + placement.height // 2)
    assert picture.getpixel(centre) == (10, 20, 30)


def test_placements_that_leave_the_canvas() -> None:
    cutout, background = Image.new("RGBA", (10, 10), "red"), Image.new("RGB", (50, 50))
    for placement in (Placement(45, 0, 10, 10), Placement(-1, 0, 10, 10), Placement(0, 0, 0, 10), Placement(0, 41, 10, 10)):
        with pytest.raises(InputError, match="placement"):
            compose(background, cutout, placement)
    with pytest.raises(InputError, match="fully transparent"):
        visible_part(Image.new("RGBA", (4, 4)))
