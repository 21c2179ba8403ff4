"""Ads to set words into: a product on a wall of one colour, or on a chequered one."""

from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from uniadgen.ads import Ad
from uniadgen.imaging.composing import compose
from uniadgen.imaging.placing import place

pytest.importorskip("fontTools", reason="needs the extra typeset")
pytest.importorskip("uniseg", reason="needs the extra typeset")

MakeAd = Callable[..., Ad]


@pytest.fixture
def make_ad() -> MakeAd:
    def make(
        text: str,
        points: list[str],
        size: tuple[int, int] = (512, 512),
        description: str = "",
        wall: tuple[int, int, int] = (196, 205, 210),
        busy: bool = False,
    ) -> Ad:
        background = Image.new("RGB", size, wall)
        drawing = ImageDraw.Draw(background)
        for y in range(0, size[1], 16) if busy else ():
            for x in range(0, size[0], 16):
                drawing.rectangle((x, y, x + 15, y + 15), fill=(20, 30, 40) if (x + y) % 32 else (250, 240, 90))
        cutout = Image.new("RGBA", (120, 100))
        ImageDraw.Draw(cutout).ellipse((0, 0, 119, 99), fill=(170, 30, 40, 255))
        standing = place(cutout, size)
        image = compose(background, cutout, standing)
        return Ad(image, text, background, standing, [], {}, 0, "none", description=description, selling_points=points)

    return make
