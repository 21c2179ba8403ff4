"""What is counted of clicks, which ads suit it best, and a run of benchmarks/ceiling.py on the tiny set."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from benchmark_modules import load_benchmark
from uniadgen.errors import InputError
from uniadgen.padsynth.shoppers import Taste
from uniadgen.padsynth.worldgen import make_world

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def ceiling() -> ModuleType:
    return load_benchmark("ceiling")


def ad(department: str, family: str, palette: str, light: str) -> dict[str, str]:
    return {"department": department, "family": family, "palette": palette, "light": light}


CLICKS = [ad("beauty", "marble", "warm", "soft"), ad("beauty", "beach", "warm", "hard"), ad("food", "kitchen", "cool", "hard")]


def test_families_count_in_the_department_and_palettes_everywhere(ceiling: ModuleType) -> None:
    weights = ceiling.weights_of_clicks(CLICKS, "beauty")
    assert set(weights["family"]) == {"marble", "beach"}
    assert weights["palette"]["warm"] == pytest.approx(4 * weights["palette"]["cool"])  # clicks elsewhere count half
    assert set(ceiling.weights_of_clicks(CLICKS, "furniture")["family"]) == {"marble", "beach", "kitchen"}


def test_the_best_are_all_that_suit_equally(ceiling: ModuleType) -> None:
    ads = {str(number): click for number, click in enumerate([*CLICKS, CLICKS[0]])}
    taste = Taste({"beauty": ("marble",)}, {"beauty": ("warm",)}, {"beauty": ("soft",)}, {}, ("beauty",), ())
    weights = ceiling.weights_of_taste(taste, "beauty")
    assert sorted(ceiling.best(weights, ads, list(ads), np.random.default_rng(0))) == ["0", "3"]
    assert len(ceiling.best({}, ads, list(ads), np.random.default_rng(0))) == 4


def test_on_the_tiny_set(ceiling: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    rows, count = ceiling.ceiling(ROOT / "data" / "tiny", "train", None)
    assert count > 5
    seen = {name: row.pictures for name, row in rows.items()}
    assert seen["nothing"].share == 0
    assert seen["nothing"].palette_ratio == pytest.approx(1)
    assert seen["the taste"].hits > seen["nothing"].hits
    assert seen["oracle"].share == 1
    assert rows["oracle"].all_share == 1
    assert set(rows["oracle"].right.values()) == {1.0}
    ceiling.main([str(ROOT / "data" / "tiny"), "--split", "train", "--limit", "8"])
    assert "| the taste |" in capsys.readouterr().out


@pytest.mark.slow
def test_well_chosen_clicks_tell_more(ceiling: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """On a world of labels alone: ten clicks on related products tell more than ten random ones, and the taste most."""
    rows, count = ceiling.ceiling_of_world(make_world(0, 400, 500), "train", None)
    assert count > 350
    share = {name.removeprefix("labels of "): row.agreement_share for name, row in rows.items()}
    assert share["nothing"] == 0
    assert share["somebody else's taste"] < 0.15
    assert share["ten random clicks"] + 0.05 < share["ten clicks, product-similarity"]
    assert share["ten clicks, product-similarity"] < share["ten clicks of the department"] < share["the taste"]
    inside = {name: row.inside for name, row in rows.items() if row.inside is not None}
    assert inside["labels of ten clicks, product-similarity"] > 1.15 * inside["labels of ten random clicks"]
    ceiling.main(["--labels-only", "--size", "60", "--shoppers", "200", "--limit", "5"])
    assert "| labels of ten random clicks |" in capsys.readouterr().out


def test_bad_input_is_one_line(ceiling: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError):
        ceiling.ceiling(ROOT / "data" / "none", "test", None)
    with pytest.raises(SystemExit) as stopped:
        ceiling.main([str(ROOT / "data" / "none")])
    assert stopped.value.code == 2
    assert "none" in capsys.readouterr().err
