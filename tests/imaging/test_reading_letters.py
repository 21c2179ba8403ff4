"""The reader of letters: what it tells of a picture, alone, in silence, and without the network."""

import logging
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from uniadgen.errors import InputError
from uniadgen.imaging import ocr
from uniadgen.imaging.ocr import check_installed, is_installed, read_line, read_lines


@pytest.fixture(autouse=True)
def small_pictures_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "PIXELS", 150_000)


def lettered(size: tuple[int, int], *words: tuple[str, tuple[int, int], int]) -> Image.Image:
    picture = Image.new("RGB", size, "#d8d0c0")
    for text, at, pixels in words:
        ImageDraw.Draw(picture).text(at, text, "#203040", ImageFont.load_default(pixels))
    return picture


@pytest.mark.parametrize("scale", [1, 3])
def test_lines_have_text_place_and_score(scale: int) -> None:
    picture = lettered((360 * scale, 240 * scale), ("Duffle Bag", (20 * scale, 20 * scale), 30 * scale))
    ImageDraw.Draw(picture).text((200 * scale, 180 * scale), "49", "#203040", ImageFont.load_default(24 * scale))
    lines = read_lines(picture)
    assert [line.text for line in lines] == ["Duffle Bag", "49"]
    assert all(0.9 < line.score <= 1 for line in lines)
    for line, inked in zip(lines, ((22, 27, 160, 56), (201, 187, 227, 204)), strict=True):
        assert line.box == pytest.approx([edge * scale for edge in inked], abs=5 * scale)
    assert read_lines(picture) == lines
    text, score = read_line(picture.crop((10 * scale, 18 * scale, 190 * scale, 62 * scale)))
    assert (text, score > 0.9) == ("Duffle Bag", True)


def test_no_letters_no_lines() -> None:
    plain = lettered((300, 200))
    ImageDraw.Draw(plain).ellipse((100, 60, 200, 160), "#b02030")
    assert read_lines(plain) == []
    for size in ((1, 1), (900, 2), (2, 900)):
        assert read_lines(Image.new("RGB", size)) == []


def test_it_is_quiet_and_loads_what_the_package_brings(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from rapidocr.utils.download_file import DownloadFile

    def download(*_: Any) -> None:
        raise AssertionError("a download was begun")

    monkeypatch.setattr(DownloadFile, "run", download)
    monkeypatch.setattr("socket.socket.connect", download)
    monkeypatch.setattr(logging.root, "handlers", [logging.StreamHandler()])
    made = ocr.reader.__wrapped__()
    monkeypatch.setattr(ocr, "reader", lambda: made)
    assert [line.text for line in read_lines(lettered((200, 100), ("SALE", (20, 20), 40)))] == ["SALE"]
    assert capfd.readouterr() == ("", "")


def test_a_damaged_installation_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for damaged in ("none.onnx", "a.onnx"):
        (tmp_path / "a.onnx").write_bytes(b"no network")
        monkeypatch.setattr(ocr, "DETECTOR", str(tmp_path / damaged))
        with pytest.raises(InputError, match=r"missing or damaged; pip install --force-reinstall"):
            ocr.reader.__wrapped__()


@pytest.mark.parametrize("missing", ["rapidocr", "onnxruntime"])
def test_without_its_packages_it_says_how_to_install_them(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_installed()
    monkeypatch.setattr(ocr.importlib.util, "find_spec", lambda name: None if missing == name else object())
    assert not is_installed()
    with pytest.raises(InputError, match=r"pip install \"uniadgen\[ocr\]\""):
        check_installed()
