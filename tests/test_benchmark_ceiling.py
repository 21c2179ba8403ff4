"""What is counted of clicks, which ads suit it best, and a run of benchmarks/ceiling.py on the tiny set."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from benchmark_modules import load_benchmark
from uniadgen.errors import InputError

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def ceiling() -> ModuleType:
    return load_benchmark("ceiling")


def ad(department: str, family: str, palette: str, light: str) -> dict[str, str]:
    return {"department": department, "family": family, "palette": palette, "light": light}


CLICKS = [ad("beauty", "marble", "warm", "soft"), ad("beauty", "beach", "warm", "hard"), ad("food", "kitchen", "cool", "hard")]


def test_families_count_in_the_department_and_palettes_everywhere(ceiling: ModuleType) -> None:
    worth = ceiling.worth_of_clicks(CLICKS, "beauty")
    assert set(worth["family"]) == {"marble", "beach"}
    assert worth["palette"]["warm"] == pytest.approx(2 * worth["palette"]["cool"])
    assert set(ceiling.worth_of_clicks(CLICKS, "furniture")["family"]) == {"marble", "beach", "kitchen"}


def test_the_best_are_all_that_suit_equally(ceiling: ModuleType) -> None:
    ads = {str(number): click for number, click in enumerate([*CLICKS, CLICKS[0]])}
    liked = {"families": "marble", "palettes": "warm", "lights": "soft", "text_styles": "short"}
    taste = {name: {"beauty": (value,)} for name, value in liked.items()} | {"interests": ("beauty",), "wanted": ()}
    worth = ceiling.worth_of_taste(taste, "beauty")
    assert sorted(ceiling.best(worth, ads, list(ads), np.random.default_rng(0))) == ["0", "3"]
    assert len(ceiling.best({}, ads, list(ads), np.random.default_rng(0))) == 4


def test_on_the_tiny_set(ceiling: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    rows, count = ceiling.ceiling(ROOT / "data" / "tiny", "train", None)
    assert count > 5
    assert rows["nothing"].share == 0
    assert rows["nothing"].palette_ratio == 1
    assert rows["the taste"].hits > rows["nothing"].hits
    assert rows["oracle"].share == 1
    assert set(rows["oracle"].right.values()) == {1.0}
    ceiling.main([str(ROOT / "data" / "tiny"), "--split", "train", "--limit", "8"])
    assert "| the taste |" in capsys.readouterr().out


def test_bad_input_is_one_line(ceiling: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError):
        ceiling.ceiling(ROOT / "data" / "none", "test", None)
    with pytest.raises(SystemExit) as stopped:
        ceiling.main([str(ROOT / "data" / "none")])
    assert stopped.value.code == 2
    assert "none" in capsys.readouterr().err
