"""Pictures from outside: every kind opens in its true colours, and what is none is refused with one clear line."""

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from uniadgen.errors import InputError
from uniadgen.imaging import colour, loading
from uniadgen.imaging.loading import (
    PictureError,
    check_picture,
    check_whole_picture,
    identity,
    load_picture,
    load_rgb,
    load_stored,
    picture_size,
)

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
    for odd in ("", "  ", "nul\0.png", "\ud800.png", "x" * 5000, "a\nb.png", 7, None, b"", b"a.png"):
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


def test_a_closed_picture_is_one_clear_line(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png", Image.new("RGB", (8, 8), RED))
    with Image.open(path) as never_decoded:
        pass
    in_memory = Image.new("RGB", (8, 8), RED)
    in_memory.close()
    assert "closed" in refusal(never_decoded)
    assert "closed" in refusal(in_memory)
    with pytest.raises(InputError, match="closed"):
        check_picture(never_decoded, "x")
    with pytest.raises(InputError, match="closed"):
        identity(in_memory, "x")
    # with its pixels read in time it is as good as any
    with Image.open(path) as kept:
        kept.load()
    assert load_picture(kept, "x").getpixel((0, 0)) == RED


def test_libtiff_says_nothing_beside_the_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, "a.tif", Image.fromarray(noise((66, 120), 4)), compression="tiff_lzw")
    data = bytearray(path.read_bytes())
    data[2000:2400] = bytes(400)
    path.write_bytes(data)
    assert "damaged" in refusal(path)
    with pytest.raises(PictureError):
        check_whole_picture(bytes(data), "x")
    assert capfd.readouterr() == ("", "")


# One look for all ---------------------------------------------------------------------------------------------------------


def turned(folder: Path) -> Path:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(folder, "turned.jpg", Image.fromarray(noise((64, 48))), exif=exif, quality=95, subsampling=0)


def deep(folder: Path) -> Path:
    levels = np.linspace(0, 65535, 64 * 48).astype(np.uint16).reshape(48, 64)
    return saved(folder, "deep.png", Image.fromarray(levels))


def transparent_palette(folder: Path) -> Path:
    image = Image.fromarray(noise((64, 48), 1)[..., 0] // 128, "L").convert("P")
    image.putpalette([*RED, 255, 0, 255])
    return saved(folder, "palette.png", image, transparency=1)


def hidden_colours(folder: Path) -> Path:
    return saved(folder, "hidden.png", Image.fromarray(noise((64, 48), 4)))


def four_inks(folder: Path) -> Path:
    return saved(folder, "cmyk.jpg", Image.fromarray(noise((64, 48), 4), "CMYK"), quality=95)


KINDS = [turned, deep, transparent_palette, hidden_colours, four_inks]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_its_bytes_and_an_open_picture_look_the_same(tmp_path: Path, kind: Callable[[Path], Path]) -> None:
    path = kind(tmp_path)
    given = load_rgb(path, "x")
    assert given.mode == "RGB"
    for other in (path.read_bytes(), Image.open(path)):
        assert np.array_equal(np.asarray(load_rgb(other, "x")), np.asarray(given))
    stored = load_stored(path.read_bytes(), "x")
    assert np.array_equal(np.asarray(colour.flatten(stored)), np.asarray(given))


def test_what_is_hidden_under_alpha_never_shows(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 4), (255, 0, 255, 0), np.uint8)
    pixels[:, 4:] = (*RED, 255)
    loaded = np.asarray(load_rgb(saved(tmp_path, "a.png", Image.fromarray(pixels)), "x"))
    assert (loaded[:, :4] == 255).all()
    assert (loaded[:, 4:] == RED).all()


def test_stored_pictures_that_are_missing_or_broken() -> None:
    for data, reason in ((None, "stored"), (b"", "0 bytes|empty"), (b"nonsense", "no picture")):
        with pytest.raises(PictureError, match=f'creative "c": has no .*({reason}).*convert') as caught:
            load_stored(data, 'creative "c"')
        assert caught.value.problem


# Memory -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I;16B", "I", "F", "HSV", "La", "RGBa"])
@pytest.mark.parametrize("keep", [None, 300])
def test_bands_of_rows_give_the_same_pixels(mode: str, keep: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    values = noise((41, 37), 4)
    grey = values[..., 0]
    image = {
        "I;16": lambda: Image.fromarray(grey.astype(np.uint16) * 257),
        "I;16B": lambda: Image.fromarray(grey.astype(">u2")),
        "F": lambda: Image.fromarray(grey.astype(np.float32)),
        "LA": lambda: Image.fromarray(values[..., :2], "LA"),
        "La": lambda: Image.fromarray(values[..., :2], "LA").convert("La"),
        "RGBA": lambda: Image.fromarray(values),
        "RGBa": lambda: Image.fromarray(values).convert("RGBa"),
    }.get(mode, lambda: Image.fromarray(values[..., :3]).convert(mode))()
    whole = colour.to_srgb(image, keep)
    monkeypatch.setattr(colour, "BAND_PIXELS", 200)
    banded = colour.to_srgb(image, keep)
    assert banded.mode == whole.mode
    assert np.array_equal(np.asarray(banded), np.asarray(whole))
    if keep:
        assert whole.size == (14, 13)  # divided by three
        return
    size, bands = colour.srgb_bands(image)
    parts = [np.asarray(band) for band in bands]
    assert size == whole.size
    assert len(parts) > 1
    assert np.array_equal(np.concatenate(parts), np.asarray(whole))


def test_a_picture_that_has_to_be_turned_is_one_band() -> None:
    turned = Image.fromarray(noise((41, 37), 3))
    turned.getexif()[ExifTags.Base.Orientation] = 6
    size, bands = colour.srgb_bands(turned)
    (band,) = bands
    assert size == band.size == (37, 41)
    assert np.array_equal(np.asarray(band), np.asarray(colour.to_srgb(turned)))


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_large_pictures_are_averaged_down(tmp_path: Path, name: str) -> None:
    x, y = np.meshgrid(np.linspace(0, 255, 400), np.linspace(0, 255, 200))
    smooth = Image.fromarray(np.dstack([x, y, 255 - x]).astype(np.uint8))
    path = saved(tmp_path, name, smooth)
    loaded = load_rgb(path, "x", keep=6000)
    assert loaded.width * loaded.height <= 6000
    expected = np.asarray(smooth.resize(loaded.size, Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(loaded).astype(int) - expected).max() <= 6
    assert picture_size(path, "x") == (400, 200)
    assert load_rgb(path, "x", keep=400 * 200).size == (400, 200)


def test_no_more_than_a_reduced_jpeg_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[tuple[int, int]] = []
    convert = loading.to_srgb

    def watched(image: Image.Image, keep: int | None) -> Image.Image:
        decoded.append(image.size)
        return convert(image, keep)

    monkeypatch.setattr(loading, "to_srgb", watched)
    path = saved(tmp_path, "a.jpg", Image.fromarray(noise((800, 400))))
    assert load_picture(path, "x", keep=100 * 50).size == (100, 50)
    assert decoded == [(100, 50)]


def test_formats_that_decode_in_much_memory_have_a_lower_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_PIXELS", 64 * 48)
    picture = Image.new("RGB", (64, 48), RED)
    assert load_picture(saved(tmp_path, "a.png", picture), "x", max_pixels=64 * 48).size == (64, 48)
    path = saved(tmp_path, "a.webp", picture)
    assert "MB to decode" in refusal(path, max_pixels=64 * 48)
    with pytest.raises(InputError, match="MB to decode"):
        check_picture(path, "x")
    assert load_picture(path, "x", max_pixels=64 * 48 * 2).size == (64, 48)  # who raises the one limit raises the other


def test_open_pictures_are_known_again_by_their_pixels(tmp_path: Path) -> None:
    pixels = noise((30, 20), 4)
    first, second = Image.fromarray(pixels), Image.fromarray(pixels.copy())
    assert identity(first, "x") == identity(second, "x")
    second.putpixel((29, 19), (1, 2, 3, 4))
    assert identity(first, "x") != identity(second, "x")
    path = saved(tmp_path, "a.png", first)
    before = identity(path, "x")
    os.utime(path, (1, 1))
    assert identity(path, "x") != before
