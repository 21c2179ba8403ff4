"""Available: what the inspection accepts counts, of what is known of each ad."""

from pathlib import Path

import pytest
from PIL import Image

from uniadgen.ads import Placement, Product
from uniadgen.imaging.composing import compose
from uniadgen.metrics.available import of_ads
from uniadgen.metrics.judged import Ads, Case, Judge, Output

WHERE = Placement(80, 90, 96, 130)


def case(cutout: Image.Image) -> Case:
    plate = Image.new("RGB", (8, 8))
    product = Product(cutout, "A bag", ["Nylon Bag", "Waterproof", "Red", "Large"])
    return Case("u", product, [], "u", [], None, "c", plate, plate, "Nylon Bag", None, None, None)


def test_pictures_texts_and_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniadgen.inspection.picture.inspect.embedded", lambda: None)
    cutout = Image.new("RGBA", (96, 130))
    cutout.paste((176, 32, 48, 255), (0, 0, 80, 130))
    for name, colour in (("fine", "#d8d0c0"), ("lost", "#b02433")):
        background = Image.new("RGB", (256, 256), colour)
        background.save(tmp_path / f"{name}.background.png")
        compose(background, cutout, WHERE).save(tmp_path / f"{name}.png")

    def output(name: str, text: str | None, with_background: bool = True) -> Output:
        background = tmp_path / f"{name}.background.png" if with_background else None
        return Output(tmp_path / f"{name}.png", text, background, WHERE if with_background else None)

    outputs = [
        output("fine", "Waterproof Nylon Bag"),
        output("fine", "Best Titanium Bag"),
        output("lost", "Waterproof Nylon Bag"),
        output("lost", None),
        output("fine", "Waterproof Nylon Bag", with_background=False),
    ]
    scores = of_ads(Ads([case(cutout)] * 5, outputs, Judge(None, tmp_path, "test")))  # type: ignore[arg-type]
    assert scores.values == [
        {"available_picture": 1, "available_text": 1, "available": 1},
        {"available_picture": 1, "available_text": 0, "available": 0},
        {"available_picture": 0, "available_text": 1, "available": 0},
        {"available_picture": 0},
        {"available_text": 1},
    ]
    assert set(scores.signatures) == {"available_picture", "available_text", "available"}
