"""What is set can be read: a reader that knows nothing of the text reads it back."""

from collections.abc import Callable

import pytest

from uniadgen.ads import Ad
from uniadgen.imaging.ocr import read_lines

MakeAd = Callable[..., Ad]


def letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("Joust Duffle Bag, Waterproof", ["Joust Duffle Bag", "Waterproof"]),
        ("轻便健身包 防水耐用", ["轻便健身包", "防水耐用"]),
    ],
)
@pytest.mark.parametrize("wall", [(20, 24, 40), (240, 238, 230), (150, 150, 150)])
def test_words_are_read_back(make_ad: MakeAd, text: str, points: list[str], wall: tuple[int, int, int]) -> None:
    result = make_ad(text, points, (640, 640), wall=wall).typeset()
    lines = read_lines(result.image)
    for block in result.blocks:
        left, top, right, bottom = block.box
        inside = [
            line.text
            for line in lines
            if left <= (line.box[0] + line.box[2]) / 2 <= right and top <= (line.box[1] + line.box[3]) / 2 <= bottom
        ]
        assert letters("".join(inside)) == letters(block.text)
    assert letters("".join(line.text for line in lines)) == letters("".join(block.text for block in result.blocks))
