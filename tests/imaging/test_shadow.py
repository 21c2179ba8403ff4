"""Contact and shadow: where a product touches, what gets darker, and that its own pixels stay."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageDraw

from uniadgen.ads import Placement, Posture
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.contact import find_contact
from uniadgen.imaging.placing import place
from uniadgen.imaging.shadow import read_light, with_shadow
from uniadgen.metrics.fidelity import product_is_intact


def table() -> Image.Image:
    """A board on two legs, with a cable that hangs from its side."""
    image = Image.new("RGBA", (200, 160))
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 10, 180, 40), fill="brown")
    draw.rectangle((30, 40, 45, 150), fill="brown")
    draw.rectangle((150, 40, 165, 150), fill="brown")
    draw.line((180, 30, 195, 100), fill="black", width=3)
    return image


def opacity(image: Image.Image) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(image.getchannel("A"), np.float32) / 255


def darker(before: Image.Image, after: Image.Image) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(before, int).sum(-1) - np.asarray(after, int).sum(-1)


def test_legs_touch_what_is_between_them_and_beside_them_does_not() -> None:
    contact = find_contact(opacity(table()))
    assert (contact.first, contact.last) == (30, 165)
    assert set(contact.ground) == {150}
    assert not contact.gap[:16].any()
    assert not contact.gap[-16:].any()
    assert (contact.gap[20:-20] == 110).all()


def test_a_base_may_run_away_from_the_camera_and_a_side_may_not() -> None:
    image = Image.new("RGBA", (200, 160))
    ImageDraw.Draw(image).polygon([(10, 20), (190, 20), (190, 110), (120, 150), (10, 118)], fill="green")
    contact = find_contact(opacity(image))
    assert contact.first == 10
    assert contact.last > 180
    assert contact.ground[0] == pytest.approx(118, abs=1)
    assert contact.ground.max() == 150
    ball = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(ball).ellipse((0, 0, 199, 199), fill="green")
    contact = find_contact(opacity(ball))
    assert 60 < contact.span < 130  # a ball's sides are no base


def test_no_opaque_pixel_is_refused() -> None:
    with pytest.raises(InputError, match="alpha 255"):
        find_contact(np.full((5, 5), 0.4, np.float32))


@pytest.mark.parametrize("posture", ["stands", "lies", "hangs"])
@pytest.mark.parametrize("size", [(256, 256), (300, 900), (900, 300)])
def test_the_ground_gets_darker_and_the_product_stays(posture: Posture, size: tuple[int, int]) -> None:
    background, product = Image.new("RGB", size, (180, 170, 160)), table()
    placement = place(product, size)
    shaded = with_shadow(background, product, placement, posture)
    assert shaded.size == background.size
    difference = darker(background, shaded)
    assert (difference >= 0).all()
    assert difference.max() > 60
    ad = compose(shaded, product, placement)
    assert product_is_intact(ad, product, placement, shaded)
    assert with_shadow(background, product, placement, posture).tobytes() == shaded.tobytes()


def test_the_shadow_is_at_the_base_and_not_above() -> None:
    background, product = Image.new("RGB", (400, 400), (180, 170, 160)), table()
    where = Placement(100, 150, 200, 160)
    difference = darker(background, with_shadow(background, product, where, "stands"))
    legs, between = difference[150 + 153, 100 + 37], difference[150 + 153, 100 + 100]
    assert legs > between > 0
    assert not difference[: 150 + 60].any()
    assert not difference[:, :20].any()


def test_a_base_out_of_sight_and_a_veil_have_no_shadow() -> None:
    background, product = Image.new("RGB", (300, 300), "gray"), table()
    for top in (140, 0):  # on the lower edge, in the upper third
        place_there = Placement(50, top, 200, 160 if top else 100)
        assert with_shadow(background, product, place_there, "stands") is background
    veil = table()
    veil.putalpha(veil.getchannel("A").point(lambda value: value // 4))
    assert with_shadow(background, veil, Placement(50, 60, 200, 160), "stands") is background


def test_shadows_fall_to_the_darker_side_and_are_weaker_where_one_is_painted() -> None:
    lit = Image.linear_gradient("L").resize((300, 300)).rotate(90).convert("RGB")  # dark on the left
    where = Placement(100, 100, 100, 140)
    left, right = read_light(lit, where), read_light(lit.transpose(Image.Transpose.FLIP_LEFT_RIGHT), where)
    assert left.side < -0.5 < 0.5 < right.side
    painted = Image.new("RGB", (300, 300), (200, 200, 200))
    assert read_light(painted, where).left == 1
    ImageDraw.Draw(painted).ellipse((100, 220, 200, 250), fill=(60, 60, 60))
    assert read_light(painted, where).left < 0.7


def test_only_ground_that_repeats_the_scene_mirrors() -> None:
    where = Placement(100, 100, 100, 140)
    stripes = np.repeat(np.where(np.arange(300) // 25 % 2, 220, 90)[None], 300, 0).astype(np.uint8)
    mirroring = Image.fromarray(stripes).convert("RGB")
    matt = mirroring.copy()
    matt.paste((120, 120, 120), (0, 235, 300, 300))
    assert read_light(mirroring, where).gloss > 0.9
    assert read_light(matt, where).gloss == 0
    red = Image.new("RGBA", (100, 140), (255, 0, 0, 255))
    below = np.asarray(with_shadow(mirroring, red, where, "stands"), float)[244:250, 120:180].mean((0, 1))
    assert below[0] > below[1] + 10  # the product's red is in it


def test_a_mirrored_product_ends_within_a_large_picture() -> None:
    stripes = np.repeat(np.where(np.arange(900) // 75 % 2, 220, 90)[None], 900, 0).astype(np.uint8)
    mirroring, where = Image.fromarray(stripes).convert("RGB"), Placement(300, 120, 304, 304)
    red = Image.new("RGBA", (304, 304), (255, 0, 0, 255))
    changed = np.asarray(with_shadow(mirroring, red, where, "stands"), int) - np.asarray(mirroring, int)
    reddened = np.flatnonzero((changed[..., 0] - changed[..., 1]).max(1) > 8)
    assert 424 <= reddened[0] <= reddened[-1] < 526  # rows: from the base, a third of the product's height
    assert (changed[600:] == 0).all()


@pytest.mark.parametrize("posture", ["stands", "hangs"])
def test_large_shadows_take_little_memory(posture: Posture) -> None:
    side = 1200
    background, product = Image.new("RGB", (side, side), (180, 170, 160)), table().resize((800, 640))
    placement = place(product, background.size)
    tracemalloc.start()
    with_shadow(background, product, placement, posture)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12 * side**2  # bytes


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1), (3, 3)])
def test_products_of_a_few_pixels(size: tuple[int, int]) -> None:
    background, product = Image.new("RGB", (256, 256), "white"), Image.new("RGBA", size, "black")
    for posture in ("stands", "lies", "hangs"):
        with_shadow(background, product, Placement(20, 30, max(1, size[0]), max(1, size[1])), posture)  # type: ignore[arg-type]
        with_shadow(background, product, Placement(20, 130, 1, 1), posture)  # type: ignore[arg-type]
