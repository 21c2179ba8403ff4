"""What benchmarks/scene_codes.py counts, and a run of it on the tiny set."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from benchmark_modules import load_benchmark
from uniadgen.errors import InputError
from uniadgen.loading.scene_encoder import save_scene_encoder
from uniadgen.model.config import tiny
from uniadgen.model.scene import SceneEncoder

TINY = Path(__file__).parents[1] / "data" / "tiny"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    return load_benchmark("scene_codes")


def test_neighbours_and_what_they_share(benchmark: ModuleType) -> None:
    labelled = np.eye(8, dtype=np.float32)
    queries = np.array([[0, 9, 8, 7, 6, 5, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8]], np.float32)
    rows = benchmark.neighbours(queries, labelled)
    assert rows.tolist() == [[1, 2, 3, 4, 5], [7, 6, 5, 4, 3]]
    labels = np.array(list("aabbbbcc"))
    assert benchmark.agreement(rows, np.array(["a", "c"]), labels) == pytest.approx(3 / 10)
    assert benchmark.chance(np.array(["a", "b"]), labels) == pytest.approx(3 / 8)


def test_information_of_equal_and_of_independent_groups(benchmark: ModuleType) -> None:
    codes = np.repeat(np.arange(4), 30)
    assert benchmark.information(codes, codes.astype(str)) == pytest.approx(1)
    assert benchmark.information(codes, (codes // 2).astype(str)) == pytest.approx(np.log(2) / (1.5 * np.log(2)))
    assert benchmark.information(codes, np.tile(np.array(["x", "y", "z"]), 40)) == pytest.approx(0, abs=1e-9)


def test_clicks_that_tell_what_is_clicked_gain_something(benchmark: ModuleType) -> None:
    white = Image.new("RGB", (4, 4))
    labelled = benchmark.Labelled(
        [white] * 6, [white] * 6, list("ppqqrr"), np.array([True] * 4 + [False] * 2), {}, [([0, 2], 4), ([1, 3], 5), ([0], 2)]
    )
    likes = np.array([0, 1, 0, 1, 0, 1])  # product r is unseen; who clicks the first of others clicks its first
    nats = benchmark.nats_above_chance(labelled, (likes[:, None] == likes).astype(np.float32))
    assert nats == pytest.approx(np.log(2), abs=1e-3)
    assert benchmark.nats_above_chance(labelled, np.ones((6, 6), np.float32)) == pytest.approx(0, abs=1e-5)


@pytest.mark.slow
def test_on_the_tiny_set(benchmark: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    encoder = SceneEncoder(tiny().scene)
    encoder.codebooks.normal_(std=0.3)
    save_scene_encoder(tmp_path / "scenes.safetensors", encoder)
    command = [str(TINY), "--encoder", str(tmp_path / "scenes.safetensors"), "--sheet", str(tmp_path / "sheet.png")]
    benchmark.main(command)
    summary = capsys.readouterr().out
    assert "| scene encoder |" in summary
    assert summary.count("| level ") == 2 * encoder.config.levels
    figures = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:] for line in summary.split("\n\n")[0].splitlines()}
    of_pbs, by_chance = (float(figures[name][0]) for name in ("background encoder (PBS)", "chance"))
    assert of_pbs > 2 * by_chance
    gains = dict(line.strip("| ").split(" | ") for line in summary.split("nats above chance")[1].splitlines()[2:])
    assert float(gains["the labels"]) > 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > sheet.height / 16 * 5


def test_data_of_shops_cannot_be_scored(benchmark: ModuleType, tmp_path: Path) -> None:
    for name in ("creatives", "products", "users"):
        (tmp_path / f"{name}.parquet").write_bytes((TINY / f"{name}.parquet").read_bytes())
    with pytest.raises(InputError, match="no labels"):
        benchmark.read(tmp_path)
