"""What the field's systems are said to do wrong, measured: lists copied, products stretched, history copied, edges littered."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from uniadgen.ads import Click, Placement, Product
from uniadgen.imaging.composing import compose
from uniadgen.metrics import copied_click, copying, edges, proportion
from uniadgen.metrics.judged import Ads, Case, Judge, Output

POINTS = ["Velmora", "Rapid Boil Kettle", "1.7 L", "Auto Shut-Off"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Velmora, Rapid Boil Kettle, 1.7 L, Auto Shut-Off", {"list_copied": 1, "order_kept": 1}),
        ("Auto Shut-Off, 1.7 L, Rapid Boil Kettle, Velmora", {"list_copied": 0, "order_kept": 0}),
        ("Velmora 1.7 L Rapid Boil Kettle", {"list_copied": 0, "order_kept": 2 / 3}),
        ("Velmora", {"list_copied": 0}),
        ("", {"list_copied": 0}),
    ],
)
def test_copied_lists(text: str, values: dict[str, float]) -> None:
    assert copying.copying(text, POINTS) == pytest.approx(values)


def test_two_points_are_no_list() -> None:
    assert copying.copying("Velmora 1.7 L", ["Velmora", "1.7 L"]) == {"order_kept": 1}


def scene(seed: int, side: int = 128) -> Image.Image:
    """A smooth picture in colours of its own."""
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 255, (4, 4, 3), np.uint8)).resize((side, side), Image.Resampling.BICUBIC)


@pytest.fixture
def bottle() -> Image.Image:
    picture = Image.new("RGBA", (60, 90))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((5, 20, 54, 89), 12, (160, 30, 40, 255))
    draw.rectangle((22, 0, 38, 22), (30, 30, 60, 255))
    draw.rectangle((12, 45, 47, 66), (240, 235, 220, 255))
    return picture


def case(cutout: Image.Image, clicks: list[Image.Image]) -> Case:
    history = [Click(picture, "a title") for picture in clicks]
    plate = Image.new("RGB", (8, 8))
    return Case("u", Product(cutout, "a bottle", POINTS), history, "u", [], None, "c", plate, plate, "t", None, None, None)


@pytest.mark.parametrize(("wide", "error"), [(1.0, 0), (1.35, 35), (0.72, 39)])
def test_a_stretched_product_is_measured(bottle: Image.Image, wide: float, error: float) -> None:
    size = round(60 * wide), 90
    picture = scene(3).copy()
    stretched = bottle.resize(size)
    picture.paste(stretched, (20, 28), stretched)
    ratio = proportion.ratio_in(picture, bottle)
    assert ratio is not None
    assert 100 * np.expm1(abs(np.log(ratio))) == pytest.approx(error, abs=7)
    assert proportion.ratio_in(scene(3), bottle) is None


def test_a_composed_products_proportion_is_its_placement(bottle: Image.Image, tmp_path: Path) -> None:
    for file in ("ad.png", "background.png"):
        scene(1).save(tmp_path / file)
    outputs = [
        Output(tmp_path / "ad.png", None, tmp_path / "background.png", where)
        for where in (Placement(10, 10, 33, 60), Placement(10, 10, 66, 60))
    ]
    values = proportion.of_ads(Ads([case(bottle, [])] * 2, outputs, Judge(None, tmp_path, "test"))).values  # type: ignore[arg-type]
    assert values[0]["proportion_error"] < 1
    assert 90 < values[1]["proportion_error"] < 102


def test_copied_history(bottle: Image.Image, tmp_path: Path) -> None:
    clicks = [scene(number) for number in range(4)]
    where = Placement(40, 30, 50, 80)
    copy = compose(clicks[2].resize((256, 256)).resize((128, 128)), bottle, where)
    mirrored = clicks[1].transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for name, picture in (("copy", copy), ("mirrored", mirrored), ("new", scene(9))):
        picture.save(tmp_path / f"{name}.png")
    outputs = [Output(tmp_path / f"{name}.png", None, placement=where) for name in ("copy", "mirrored", "new")]
    judge = Judge(None, tmp_path, "test")  # type: ignore[arg-type]
    rows = copied_click.of_ads(Ads([case(bottle, clicks)] * 3, outputs, judge)).values
    assert [row["copied_click"] for row in rows] == [1, 1, 0]
    assert rows[2]["nearest_click"] > 25
    assert copied_click.of_ads(Ads([case(bottle, [])], outputs[:1], Judge(None, tmp_path, "test"))).values == [{}]  # type: ignore[arg-type]


def test_parts_at_the_edge(bottle: Image.Image) -> None:
    where = Placement(36, 20, 60, 90)
    clean = compose(Image.new("RGB", (128, 128), "#d8d0c0"), bottle, where)
    littered = clean.copy()
    ImageDraw.Draw(littered).rectangle((0, 60, 40, 84), (20, 60, 160))  # hangs on the bottle's left side
    measured = [edges.edge_parts(picture, bottle, where) for picture in (clean, littered)]
    assert measured[0] == 0
    assert measured[1] is not None
    assert 0.02 < measured[1] < 0.3
    horizon = Image.new("RGB", (128, 128), "#d8d0c0")
    horizon.paste("#6a4a30", (0, 70, 128, 128))
    share = edges.edge_parts(compose(horizon, bottle, where), bottle, where)
    assert share is not None
    assert share < measured[1]
    assert edges.edge_parts(clean, bottle, Placement(100, 20, 60, 90)) is None


def test_stray_characters(bottle: Image.Image) -> None:
    where = Placement(150, 120, 240, 360)
    clean = compose(Image.new("RGB", (512, 512), "#d8d0c0"), bottle, where)
    littered = clean.copy()
    ImageDraw.Draw(littered).text((190, 320), "SPRING", "black", ImageFont.load_default(52))
    assert edges.stray_characters(clean, bottle, where) <= edges.FEW < edges.stray_characters(littered, bottle, where)
