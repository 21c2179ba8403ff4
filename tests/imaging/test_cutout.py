"""Cutting out: plain backdrops go with their tint and soft shadows, products stay whole, and doubts are told."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from uniadgen.errors import InputError
from uniadgen.imaging import loading
from uniadgen.imaging.cutout import cut_out, has_transparency
from uniadgen.imaging.loading import load_picture, load_product

RED = (200, 30, 40)


def cut(image: Image.Image, what: str) -> Image.Image:
    return cut_out(image, what)[0]


def product_of(source: Image.Image) -> tuple[Image.Image, list[str]]:
    """What a request makes of a picture: the product, and all notes."""
    photo, reduced = load_product(source, "x")
    product, assumed = cut_out(photo, "x")
    return product, [*assumed, *reduced]


def at(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    return tuple(int(value) for value in np.asarray(image)[y, x])


def noise(size: tuple[int, int], channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)


def as_jpeg(image: Image.Image, quality: int = 90) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return load_picture(file.getvalue(), "x")


def disc(backdrop: tuple[int, int, int], colour: tuple[int, int, int] = RED, label: bool = False) -> Image.Image:
    """A disc with a smooth edge on a plain backdrop; with a label of the backdrop's colour on it when asked."""
    image = Image.new("RGB", (480, 480), backdrop)
    draw = ImageDraw.Draw(image)
    draw.ellipse((80, 80, 400, 400), fill=colour)
    if label:
        draw.rectangle((200, 200, 280, 280), fill=backdrop)
    return image.resize((120, 120), Image.Resampling.BOX)


def test_transparent_pictures_are_returned_as_they_are() -> None:
    image = Image.fromarray(noise((9, 9), 4))
    assert cut(image, "x") is image


def test_fully_transparent_picture_is_refused() -> None:
    with pytest.raises(InputError, match="fully transparent"):
        cut(Image.new("RGBA", (9, 9), (1, 2, 3, 0)), "product.image")


@pytest.mark.parametrize("backdrop", [(255, 255, 255), (0, 0, 0), (30, 160, 70)])
def test_a_plain_backdrop_goes_and_takes_its_tint_along(backdrop: tuple[int, int, int]) -> None:
    photo = disc(backdrop)
    result = np.asarray(cut(photo, "x")).astype(int)
    truth = np.asarray(disc((255, 255, 255), (0, 0, 0)))[..., 0]
    alpha = 255 - truth.astype(int)
    assert np.abs(result[..., 3] - alpha).max() <= 12
    sure = result[..., 3] > 25
    assert np.abs(result[sure][:, :3] - RED).max() <= 12  # the disc has one colour, up to its edge
    inner = alpha == 255
    assert np.array_equal(result[inner][:, :3], np.asarray(photo)[inner])


def test_enclosed_areas_of_the_backdrops_colour_stay() -> None:
    result = cut(disc((255, 255, 255), label=True), "x")
    assert at(result, 60, 60) == (255, 255, 255, 255)
    assert at(result, 1, 1)[3] == 0


def test_thin_parts_survive() -> None:
    image = Image.new("RGB", (60, 60), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((10, 30, 50, 50), fill=RED)
    draw.line((30, 5, 30, 30), fill=RED)
    assert at(cut(image, "x"), 30, 10) == (*RED, 255)


def test_jpeg_noise_on_the_backdrop_goes() -> None:
    file = io.BytesIO()
    disc((250, 250, 250)).save(file, "JPEG", quality=80)
    alpha = np.asarray(cut(load_picture(Image.open(file), "x"), "x"))[..., 3]
    assert not alpha[:14].any()
    assert not alpha[:, :14].any()
    assert alpha[60, 60] == 255


def test_a_maze_of_backdrop_is_followed_to_its_end() -> None:
    image = Image.new("RGB", (81, 81), "white")
    draw = ImageDraw.Draw(image)
    for ring in range(4, 36, 4):  # rings, each with a gap on the other side than the last
        draw.rectangle((ring, ring, 80 - ring, 80 - ring), outline=RED, width=2)
        gap = ring if ring % 8 else 79 - ring
        draw.rectangle((gap, 40, gap + 1, 41), fill="white")
    assert at(cut(image, "x"), 40, 40)[3] == 0


def test_no_plain_border_or_nothing_on_it() -> None:
    with pytest.raises(InputError, match="supply a cut-out"):
        cut(Image.fromarray(noise((50, 50))), "product.image")
    with pytest.raises(InputError, match="nothing stands out"):
        cut(Image.new("RGB", (50, 50), "white"), "product.image")
    with pytest.raises(InputError, match=r"product\.image"):
        cut(Image.new("RGB", (1, 1), "white"), "product.image")


# Shadows and fringes ------------------------------------------------------------------------------------------------------


def with_shadow(backdrop: tuple[int, int, int], softness: float, shift: int = 0) -> tuple[Image.Image, NDArray[np.bool_]]:
    """A blue box on a backdrop with its shadow at its foot, as JPEG; and where the box is."""
    photo, shadow = Image.new("RGB", (300, 300), backdrop), Image.new("L", (300, 300))
    ImageDraw.Draw(shadow).ellipse((80 + shift, 215, 220 + shift, 265), fill=130)
    dark = Image.new("RGB", (300, 300), tuple(value // 6 for value in backdrop))
    photo.paste(dark, (0, 0), shadow.filter(ImageFilter.GaussianBlur(softness)))
    box = Image.new("L", (300, 300))
    ImageDraw.Draw(box).rounded_rectangle((110, 80, 190, 240), 15, fill=255)
    photo.paste((40, 90, 170), (0, 0), box)
    return as_jpeg(photo), np.asarray(box) > 0


@pytest.mark.parametrize("backdrop", [(255, 255, 255), (225, 225, 228), (230, 205, 180)])
@pytest.mark.parametrize("shift", [0, 40])
def test_a_soft_shadow_is_left_out_and_said(backdrop: tuple[int, int, int], shift: int) -> None:
    photo, box = with_shadow(backdrop, 12, shift)
    result, notes = product_of(photo)
    pixels = np.asarray(result).astype(int)
    assert (pixels[..., 3][box] > 128).mean() > 0.99
    assert (pixels[..., 3][~box] > 128).sum() < 0.01 * box.sum()
    visible = pixels[..., 3] > 60
    assert np.abs(pixels[visible][:, :3] - (40, 90, 170)).max() < 60  # neither a grey nor a white rim
    assert any("shadow on the backdrop was left out" in note for note in notes)


def test_a_shadow_that_cannot_be_told_from_the_product_is_said_and_stays() -> None:
    # a grey bowl, shaded as softly as any shadow: taking its shades away would leave the mark on it
    x, y = np.meshgrid(np.arange(300) - 150.0, np.arange(300) - 150.0)
    ball = np.clip(1 - np.hypot(x, y) / 110, 0, 1)
    grey = (255 - 120 * np.sqrt(ball)).astype(np.uint8)
    photo = Image.fromarray(np.dstack([grey] * 3))
    ImageDraw.Draw(photo).rectangle((140, 140, 160, 160), fill=(120, 40, 40))
    result, notes = product_of(photo)
    assert at(result, 150, 150)[3] == at(result, 100, 150)[3] == 255
    assert not any("left out" in note for note in notes)
    assert any("may be its shadow or part of it, and stayed" in note for note in notes)


def test_a_light_product_with_an_edge_keeps_its_shading() -> None:
    photo = Image.new("RGB", (300, 300), "white")
    shades = np.tile(np.linspace(232, 190, 160).astype(np.uint8), (160, 1))
    photo.paste(Image.fromarray(np.dstack([shades] * 3)), (70, 70))
    result, notes = product_of(as_jpeg(photo))
    alpha = np.asarray(result)[..., 3]
    assert (alpha[74:226, 74:226] == 255).mean() > 0.99
    assert not any("left out" in note for note in notes)


@pytest.mark.parametrize("backdrop", [(0, 177, 63), (255, 255, 255), (30, 90, 220)])
@pytest.mark.parametrize("quality", [85, 95])
def test_no_fringe_of_the_backdrop_stays_at_the_edge_of_a_jpeg(backdrop: tuple[int, int, int], quality: int) -> None:
    yellow = (221, 189, 60)
    photo = Image.new("RGB", (1200, 1200), backdrop)
    ImageDraw.Draw(photo).ellipse((300, 300, 900, 900), fill=yellow)
    result = np.asarray(cut(as_jpeg(photo.resize((400, 400), Image.Resampling.BOX), quality), "x")).astype(int)
    visible = result[result[..., 3] > 60][:, :3]
    nearer = np.abs(visible - backdrop).max(-1) < np.abs(visible - yellow).max(-1)
    assert nearer.sum() == 0
    assert abs(result[..., 3].sum() / 255 - np.pi * 100**2) < 0.02 * np.pi * 100**2


# Cut-outs that may be none ------------------------------------------------------------------------------------------------


def card(radius: int, backdrop: str | None = "white") -> Image.Image:
    """A photo with rounded, transparent corners: a red disc on one colour, or noise."""
    photo = Image.fromarray(noise((200, 200))) if backdrop is None else Image.new("RGB", (200, 200), backdrop)
    ImageDraw.Draw(photo).ellipse((60, 60, 140, 140), fill=RED)
    mask = Image.new("L", (200, 200))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 199, 199), radius, fill=255)
    photo.putalpha(mask)
    return photo


@pytest.mark.parametrize("radius", [4, 12, 30])
@pytest.mark.parametrize(("backdrop", "part"), [("white", "#ffffff"), ("#204080", "#204080"), (None, "more than the product")])
def test_a_card_with_rounded_corners_is_said(radius: int, backdrop: str | None, part: str) -> None:
    photo = card(radius, backdrop)
    result, notes = product_of(photo)
    assert np.array_equal(np.asarray(result), np.asarray(photo))
    assert len(notes) == 1
    assert "nearly a full rectangle" in notes[0]
    assert part in notes[0]


def test_an_ordinary_cutout_has_nothing_to_say() -> None:
    image = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(image).ellipse((20, 20, 180, 180), fill=(*RED, 255))
    assert product_of(image)[1] == []
    plain = Image.new("RGBA", (200, 200))
    plain.paste((*RED, 255), (20, 20, 180, 180))  # a rectangle of one colour is its own backdrop at worst
    assert product_of(plain)[1] == []


@pytest.mark.parametrize("alpha", [254, 200, 1])
def test_alpha_that_is_the_same_everywhere_means_nothing(alpha: int) -> None:
    photo = disc((255, 255, 255)).convert("RGBA")
    photo.putalpha(alpha)
    assert not has_transparency(photo)
    result, notes = product_of(photo)
    assert at(result, 1, 1)[3] == 0
    assert at(result, 60, 60) == (*RED, 255)
    assert ("transparency is the same everywhere" in " ".join(notes)) == (alpha < 250)


@pytest.mark.parametrize("side", [1, 3, 15])
def test_a_tiny_product_is_said(side: int) -> None:
    image = Image.new("RGBA", (100, 100))
    image.paste((*RED, 255), (40, 40, 40 + side, 40 + side))
    assert f"only {side}x{side} pixels" in " ".join(product_of(image)[1])


def test_a_huge_product_is_read_smaller_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "PRODUCT_PIXELS", 4000)
    result, notes = product_of(disc((255, 255, 255)))
    assert result.size == (60, 60)
    assert any("120x120 pixels and was read at 50%" in note for note in notes)
