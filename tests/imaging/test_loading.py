"""Pictures from outside: every kind opens in its true colours, and what is none is refused with one clear line."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw

from uniadgen.errors import InputError
from uniadgen.imaging.cutout import cut_out
from uniadgen.imaging.loading import check_picture, load_picture

RED = (200, 30, 40)


def saved(folder: Path, name: str, image: Image.Image, **options: object) -> Path:
    path = folder / name
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def at(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    return tuple(int(value) for value in np.asarray(image)[y, x])


def refusal(source: object, **options: int) -> str:
    with pytest.raises(InputError) as caught:
        load_picture(source, "history[3].image", **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert message.startswith("history[3].image: ")
    assert "\n" not in message
    return message


def noise(size: tuple[int, int], channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)


# What must simply work ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["png", "webp", "bmp", "tiff", "ppm"])
def test_rgb_pixels_survive_lossless_formats(tmp_path: Path, extension: str) -> None:
    pixels = noise((20, 10))
    options = {"lossless": True} if extension == "webp" else {}
    path = saved(tmp_path, f"a.{extension}", Image.fromarray(pixels), **options)
    loaded = load_picture(str(path), "x")
    assert loaded.mode == "RGB"
    assert np.array_equal(np.asarray(loaded), pixels)


def test_rgba_pixels_survive(tmp_path: Path) -> None:
    pixels = noise((20, 10), 4)
    loaded = load_picture(saved(tmp_path, "a.png", Image.fromarray(pixels)), "x")
    assert loaded.mode == "RGBA"
    assert np.array_equal(np.asarray(loaded), pixels)
    assert np.array_equal(np.asarray(load_picture(loaded, "x")), pixels)  # a second pass changes nothing


def test_grey_grey_with_alpha_and_one_bit(tmp_path: Path) -> None:
    grey = noise((8, 8), 1)[..., 0]
    assert np.array_equal(np.asarray(load_picture(saved(tmp_path, "l.png", Image.fromarray(grey)), "x"))[..., 1], grey)
    both = noise((8, 8), 2)
    loaded = load_picture(saved(tmp_path, "la.png", Image.fromarray(both, "LA")), "x")
    assert loaded.mode == "RGBA"
    assert np.array_equal(np.asarray(loaded)[..., [2, 3]], both)
    bits = Image.fromarray(np.where(grey > 127, 255, 0).astype(np.uint8)).convert("1")
    assert np.array_equal(np.asarray(load_picture(saved(tmp_path, "1.png", bits), "x"))[..., 0] > 0, grey > 127)


def test_palette_with_a_transparent_entry(tmp_path: Path) -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([*RED, 1, 2, 3])
    image.putpixel((1, 1), 1)
    loaded = load_picture(saved(tmp_path, "p.png", image, transparency=1), "x")
    assert loaded.mode == "RGBA"
    assert at(loaded, 0, 0) == (*RED, 255)
    assert at(loaded, 1, 1)[3] == 0
    assert load_picture(saved(tmp_path, "q.png", image), "x").mode == "RGB"


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    levels = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    expected = np.rint(levels / 257).astype(np.uint8)
    for name in ("a.png", "a.tiff"):
        loaded = load_picture(saved(tmp_path, name, Image.fromarray(levels)), "x")
        assert np.array_equal(np.asarray(loaded)[..., 0], expected)


def test_sixteen_bit_rgb_png_and_its_transparent_colour(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + struct.pack(">6H", 0xFFFF, 0x8080, 0x0101, 0x2020, 0x3030, 0x4040)
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    key = chunk(b"tRNS", struct.pack(">3H", 0x2020, 0x3030, 0x4040))
    body = chunk(b"IHDR", header) + key + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    loaded = load_picture(tmp_path / "a.png", "x")
    assert at(loaded, 0, 0) == (255, 128, 1, 255)
    assert at(loaded, 1, 0)[3] == 0


@pytest.mark.parametrize("mode", ["F", "I", "I;16B"])
def test_deep_grey_pictures_in_memory(mode: str) -> None:
    ramp = np.array([[0, 32768, 65535]])
    image = Image.fromarray(ramp.astype({"F": "<f4", "I": "<i4", "I;16B": ">u2"}[mode]))
    values = np.asarray(load_picture(image, "x"))[0, :, 0]
    assert list(values) == [0, 128, 255]


@pytest.mark.parametrize("name", ["cmyk.jpg", "cmyk.tiff"])
def test_cmyk(tmp_path: Path, name: str) -> None:
    loaded = load_picture(saved(tmp_path, name, Image.new("CMYK", (8, 8), (0, 255, 255, 0))), "x")
    assert loaded.mode == "RGB"
    assert np.abs(np.asarray(loaded)[4, 4].astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize("mode", ["HSV", "YCbCr", "LAB", "RGBX", "RGBa", "La", "PA"])
def test_rare_modes_in_memory(mode: str) -> None:
    via = {"RGBa": "RGBA", "La": "LA", "PA": "P", "LAB": None}.get(mode, "RGB")
    image = (
        Image.new("RGB", (4, 4), (102, 102, 102)).convert(via).convert(mode)
        if via
        else Image.new("LAB", (4, 4), (110, 128, 128))
    )
    loaded = load_picture(image, "x")
    assert loaded.mode in ("RGB", "RGBA")
    assert np.abs(np.asarray(loaded)[2, 2, :3].astype(int) - 102).max() <= 3


def test_exif_orientation_is_applied_once(tmp_path: Path) -> None:
    image = Image.new("RGB", (30, 20), "white")
    image.putpixel((0, 0), (0, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    path = saved(tmp_path, "a.png", image, exif=exif)
    loaded = load_picture(path, "x")
    assert loaded.size == (20, 30)
    assert at(loaded, 19, 0) == (0, 0, 0)
    assert load_picture(loaded, "x").size == (20, 30)
    assert load_picture(Image.open(path), "x").size == (20, 30)


def test_colour_profile_is_converted_and_srgb_left_alone(tmp_path: Path) -> None:
    pixels = noise((16, 16))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    same = load_picture(saved(tmp_path, "s.png", Image.fromarray(pixels), icc_profile=srgb), "x")
    assert np.array_equal(np.asarray(same), pixels)
    swapped = with_swapped_primaries(srgb)
    other = load_picture(saved(tmp_path, "o.png", Image.new("RGB", (4, 4), (250, 10, 10)), icc_profile=swapped), "x")
    assert at(other, 1, 1)[1] > at(other, 1, 1)[0] + 150  # this profile's first channel is green
    translucent = saved(tmp_path, "t.png", Image.new("RGBA", (4, 4), (250, 10, 10, 77)), icc_profile=swapped)
    assert at(load_picture(translucent, "x"), 1, 1) == (*at(other, 1, 1), 77)
    palette = Image.new("RGB", (4, 4), (250, 10, 10)).quantize(2)
    assert at(load_picture(saved(tmp_path, "p.png", palette, icc_profile=swapped), "x"), 1, 1) == at(other, 1, 1)


def with_swapped_primaries(profile: bytes) -> bytes:
    """The profile with the names of its red and green primaries exchanged."""
    return profile.replace(b"rXYZ", b"?XYZ", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"?XYZ", b"gXYZ", 1)


def test_broken_profile_and_profile_of_another_kind_are_ignored(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    broken = saved(tmp_path, "a.png", Image.new("RGB", (4, 4), RED), icc_profile=b"nonsense")
    assert at(load_picture(broken, "x"), 0, 0) == RED
    grey = saved(tmp_path, "b.png", Image.new("L", (4, 4), 99), icc_profile=srgb)
    assert at(load_picture(grey, "x"), 0, 0) == (99, 99, 99)


# What is refused ---------------------------------------------------------------------------------------------------------


def test_missing_folder_empty_and_other_files(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "missing.png")
    assert "folder" in refusal(tmp_path)
    (tmp_path / "empty.png").touch()
    assert "0 bytes" in refusal(tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("no picture at all")
    assert "no picture" in refusal(tmp_path / "text.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert "regular file" in refusal(tmp_path / "pipe.png")
    for odd in ("", "  ", "nul\0.png", "\ud800.png", "x" * 5000, "a\nb.png", 7, None, b"a.png"):
        refusal(odd)


@pytest.mark.parametrize("extension", ["png", "jpg", "webp", "tiff", "bmp", "gif"])
def test_truncated_files(tmp_path: Path, extension: str) -> None:
    whole = saved(tmp_path, f"whole.{extension}", Image.fromarray(noise((64, 64)))).read_bytes()
    for share in (0.05, 0.3, 0.7, 0.9):
        path = tmp_path / f"cut.{extension}"
        path.write_bytes(whole[: int(len(whole) * share)])
        assert "damaged" in refusal(path)


@pytest.mark.parametrize("extension", ["gif", "png", "webp", "tiff"])
def test_animated_and_multi_page_files(tmp_path: Path, extension: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    path = saved(tmp_path, f"a.{extension}", frames[0], save_all=True, append_images=frames[1:])
    assert "animated" in refusal(path)
    assert "animated" in refusal(Image.open(path))
    with pytest.raises(InputError, match="animated"):
        check_picture(path, "x")


def test_a_phone_photo_with_a_preview_is_one_picture(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.mpo", Image.new("RGB", (8, 8), RED), save_all=True, append_images=[Image.new("RGB", (8, 8))])
    assert load_picture(path, "x").size == (8, 8)


def test_too_many_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, "a.png", Image.new("1", (9000, 9000)))
    before = Image.MAX_IMAGE_PIXELS
    assert "UNIADGEN_MAX_PIXELS" in refusal(path)
    assert before == Image.MAX_IMAGE_PIXELS
    small = saved(tmp_path, "b.png", Image.new("RGB", (100, 100)))
    for limit in (9999, 4000):
        assert f"{limit:,} pixels" in refusal(small, max_pixels=limit)
    assert load_picture(small, "x", max_pixels=10_000).size == (100, 100)
    monkeypatch.setenv("UNIADGEN_MAX_PIXELS", "9999")
    refusal(small)
    refusal(Image.open(small))
    for nonsense in ("many", "-1", "0", "1e9"):
        monkeypatch.setenv("UNIADGEN_MAX_PIXELS", nonsense)
        with pytest.raises(InputError, match="UNIADGEN_MAX_PIXELS"):
            load_picture(small, "x")


# Cutting out -------------------------------------------------------------------------------------------------------------


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
    assert cut_out(image, "x") is image


def test_fully_transparent_picture_is_refused() -> None:
    with pytest.raises(InputError, match="fully transparent"):
        cut_out(Image.new("RGBA", (9, 9), (1, 2, 3, 0)), "product.image")


@pytest.mark.parametrize("backdrop", [(255, 255, 255), (0, 0, 0), (30, 160, 70)])
def test_a_plain_backdrop_goes_and_takes_its_tint_along(backdrop: tuple[int, int, int]) -> None:
    photo = disc(backdrop)
    result = np.asarray(cut_out(photo, "x")).astype(int)
    truth = np.asarray(disc((255, 255, 255), (0, 0, 0)))[..., 0]
    alpha = 255 - truth.astype(int)
    assert np.abs(result[..., 3] - alpha).max() <= 12
    sure = result[..., 3] > 25
    assert np.abs(result[sure][:, :3] - RED).max() <= 12  # the disc has one colour, up to its edge
    inner = alpha == 255
    assert np.array_equal(result[inner][:, :3], np.asarray(photo)[inner])


def test_enclosed_areas_of_the_backdrops_colour_stay() -> None:
    result = cut_out(disc((255, 255, 255), label=True), "x")
    assert at(result, 60, 60) == (255, 255, 255, 255)
    assert at(result, 1, 1)[3] == 0


def test_thin_parts_survive() -> None:
    image = Image.new("RGB", (60, 60), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((10, 30, 50, 50), fill=RED)
    draw.line((30, 5, 30, 30), fill=RED)
    assert at(cut_out(image, "x"), 30, 10) == (*RED, 255)


def test_jpeg_noise_on_the_backdrop_goes() -> None:
    file = io.BytesIO()
    disc((250, 250, 250)).save(file, "JPEG", quality=80)
    alpha = np.asarray(cut_out(load_picture(Image.open(file), "x"), "x"))[..., 3]
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
    assert at(cut_out(image, "x"), 40, 40)[3] == 0


def test_no_plain_border_or_nothing_on_it() -> None:
    with pytest.raises(InputError, match="supply a cut-out"):
        cut_out(Image.fromarray(noise((50, 50))), "product.image")
    with pytest.raises(InputError, match="nothing stands out"):
        cut_out(Image.new("RGB", (50, 50), "white"), "product.image")
    with pytest.raises(InputError, match=r"product\.image"):
        cut_out(Image.new("RGB", (1, 1), "white"), "product.image")
