"""How a product is shown and how large it is, read off words and outline."""

import math
from typing import Any

import pytest
from PIL import Image, ImageDraw

from uniadgen.ads import AdRequest, Product, Stance
from uniadgen.errors import InputError
from uniadgen.imaging.placing import automatic_box, place
from uniadgen.imaging.stance import find_stance, said_size
from uniadgen.request import check_request


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("27-inch monitor", 68.6),
        ("40 x 30 cm", 40),
        ("30 × 45,5 × 10 cm", 45.5),
        ('L 29" x W 13" x H 11"', 73.7),
        ('Dimensions: W 21" x H 15" x D 10"', 53.3),
        ("Height 240 mm", 24),
        ("500ml", 17.9),
        ("1.7 L", 26.9),
        ("高度25厘米", 25),
        ("Water resistant (100 meters)", None),
        ('Strap fits 7" to 10"', None),
        ("2m charging cable, 30 cm", 30),
        ("Fits a 15-inch laptop", None),
        ("0 x 0 cm", None),
        ("99 x 99 m", None),
        ("Model 40x30", None),
        ("Pack of 4", None),
        ("5 in 1 tool", None),
    ],
)
def test_sizes_that_words_tell(text: str, size: float | None) -> None:
    read = said_size([text])
    assert read == (None if size is None else pytest.approx(size, abs=0.1))


def solid(width: int = 60, height: int = 60) -> Image.Image:
    return Image.new("RGBA", (width, height), "black")


@pytest.mark.parametrize(
    ("description", "points", "cutout", "posture", "size"),
    [
        ("The Driven Backpack", ["Backpack", "School"], solid(), "stands", 46),
        ("School books and clothes fit into this backpack.", ["Backpack", "Laptop"], solid(), "stands", 46),
        ("Endurance Watch", ["Rubber"], solid(60, 80), "stands", 10),
        ("Endurance Watch", ["Rubber"], solid(20, 80), "lies", 10),
        ("A skipping rope, 300 cm long", ["Jump Rope"], solid(), "lies", 300),
        ("A wall clock in oak", ["Oak"], solid(), "hangs", 38),
        ("Kitchen Bread Toaster, slate grey", ["850 W"], solid(), "stands", 30),
        ("Dark Chocolate Tablet", ["70 % Cocoa"], solid(), "lies", 17),
        ("新款双肩包，大容量", ["防水"], solid(), "stands", 46),
        ("Something", ["Nice"], solid(), "stands", None),
        ("", ["Nice"], solid(), "stands", None),
    ],
)
def test_kinds(description: str, points: list[str], cutout: Image.Image, posture: str, size: float | None) -> None:
    assert find_stance(cutout, description, points) == Stance(posture, size)  # type: ignore[arg-type]


def test_what_the_request_says_goes_first() -> None:
    assert find_stance(solid(), "A wall clock, 30 cm", ["Oak"], 12.0, "lies") == Stance("lies", 12.0)


def test_loose_parts_that_nothing_carries_lie() -> None:
    image = Image.new("RGBA", (200, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 60, 90, 190), fill="black")
    draw.rectangle((110, 100, 180, 190), fill="black")
    assert find_stance(image, "A set", ["Nice"]).posture == "stands"
    draw.rectangle((110, 10, 180, 80), fill="black")
    assert find_stance(image, "A set", ["Nice"]).posture == "lies"


def test_what_lies_is_in_the_middle_and_large_things_are_larger() -> None:
    lying = place(solid(100, 50), (400, 400), None, Stance("lies"))
    assert lying.top + lying.height / 2 == pytest.approx(200, abs=1)
    sides = [automatic_box((50, 50), Stance("stands", size)).x1 for size in (0.5, 8, 25, 80, 2000)]
    assert sides == sorted(sides)
    assert automatic_box((50, 50), Stance("stands", 25)) == automatic_box((50, 50))
    assert math.isclose(automatic_box((50, 50), Stance("stands", 2000)).y1, automatic_box((50, 50)).y1)


BAD_SIZES: list[Any] = [-3, 0, 0.1, 5000, math.nan, math.inf, "30", True, [30], 10**400]


@pytest.mark.parametrize("size", BAD_SIZES)
def test_absurd_sizes_are_refused(size: Any) -> None:
    with pytest.raises(InputError, match=r"product\.size_cm: .* from 0\.5 to 2,000") as caught:
        check_request(AdRequest(Product(solid(), "A bag", ["Nice"], size)))
    assert "\n" not in str(caught.value)


def test_other_postures_are_refused() -> None:
    with pytest.raises(InputError, match=r"placement\.posture: use stands, lies or hangs"):
        check_request(AdRequest(Product(solid(), "A bag", ["Nice"]), posture="floats"))  # type: ignore[arg-type]
    cutout = Image.new("RGBA", (80, 80))
    cutout.paste(solid(), (10, 10))
    assert check_request(AdRequest(Product(cutout, "A bag", ["Nice"], 1), posture="hangs")).stance == Stance("hangs", 1.0)
