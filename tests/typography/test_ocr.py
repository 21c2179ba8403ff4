"""What is set can be read: a reader that knows nothing of the text finds it in the whole picture and reads it back."""

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from benchmark_modules import load_benchmark
from uniadgen.ads import Ad
from uniadgen.imaging.ocr import is_installed, read_lines
from uniadgen.typography import Brand, Typesetting

MakeAd = Callable[..., Ad]
TINY = Path(__file__).parents[2] / "data" / "tiny"

pytestmark = pytest.mark.skipif(not is_installed(), reason="needs the extra ocr: a reader of letters")


def letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def read_by_block(result: Typesetting) -> list[str]:
    """The letters that the reader notices in the place of each block; those elsewhere, which nobody has set, come last."""
    seen = [""] * (len(result.blocks) + 1)
    for line in read_lines(result.image):
        x, y = (line.box[0] + line.box[2]) / 2, (line.box[1] + line.box[3]) / 2
        inside = [b.box[0] <= x <= b.box[2] and b.box[1] <= y <= b.box[3] for b in result.blocks]
        seen[inside.index(True) if True in inside else -1] += letters(line.text)
    return seen


def assert_read_back(result: Typesetting) -> None:
    assert read_by_block(result) == [*(letters(block.text) for block in result.blocks), ""]


ENGLISH = "Joust Duffle Bag, Waterproof"
CHINESE = "轻便健身包 防水耐用"


def points_of(text: str) -> list[str]:
    return text.split(", ") if ", " in text else text.split(" ")


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
@pytest.mark.parametrize("wall", [(20, 24, 40), (240, 238, 230), (150, 150, 150)])
def test_words_are_read_back(make_ad: MakeAd, text: str, wall: tuple[int, int, int]) -> None:
    assert_read_back(make_ad(text, points_of(text), (640, 640), wall=wall).typeset())


@pytest.mark.parametrize("size", [(768, 960), (720, 1280), (1280, 720), (1500, 500), (300, 250)])
@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_words_are_read_back_in_every_format(make_ad: MakeAd, size: tuple[int, int], text: str) -> None:
    assert_read_back(make_ad(text, points_of(text), size).typeset())


@pytest.mark.parametrize(
    "text",
    [
        "Grüne Gießkanne, 5 Liter, für Balkon",
        "Théière émaillée, Garantie à vie",
        "Tetera eléctrica, Diseño español",
        "ステンレスケトル, 保温機能",
        "Nykiox 轻便健身包, 防水 IPX7, 45L 容量",
    ],
)
def test_words_of_other_languages_are_read_back(make_ad: MakeAd, text: str) -> None:
    assert_read_back(make_ad(text, text.split(", "), (800, 800)).typeset())


@pytest.mark.parametrize("brand", [None, Brand(words=((128, 128, 128),)), Brand(words=((250, 240, 90),), capitals=True)])
def test_words_on_busy_ground_are_read_back(make_ad: MakeAd, brand: Brand | None) -> None:
    result = make_ad(ENGLISH, points_of(ENGLISH), (640, 640), busy=True).typeset(brand=brand)
    assert result.backing in ("shade", "plate", "band")
    *seen, _ = read_by_block(result)  # a pattern may look like letters
    assert seen == [letters(block.text) for block in result.blocks]


@pytest.mark.slow
def test_words_on_true_plates_are_noticed_and_read() -> None:
    """Small pictures, many words, and whatever lies behind them: nearly all letters, as benchmarks/typography.py measures."""
    benchmark, put, noticed = load_benchmark("typography"), 0, 0
    for _, _, ad in benchmark.ads(TINY, argparse.Namespace(count=10, renders=None, only=None)):
        result = ad.typeset()
        put += sum(Counter(letters(block.text)).total() for block in result.blocks)
        noticed += benchmark.noticed_letters(result)
    assert noticed >= 0.97 * put


def test_what_is_not_set_is_not_noticed(make_ad: MakeAd) -> None:
    benchmark = load_benchmark("typography")
    ad = make_ad(ENGLISH, points_of(ENGLISH), (640, 640))
    result = ad.typeset()
    assert benchmark.noticed_letters(result) == len(letters(ENGLISH))
    erased = Typesetting(Image.new("RGB", (640, 640), "grey"), "top", "left", "none", result.blocks)
    assert benchmark.noticed_letters(erased) == 0
