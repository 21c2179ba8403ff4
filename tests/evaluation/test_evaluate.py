"""Figures by hand, and the whole command on a few shoppers with a random model."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from uniadgen.cli import main
from uniadgen.evaluation.figures import interval, personalisation, share_above, summarise
from uniadgen.evaluation.protocol import conditions, load_cases
from uniadgen.generator import AdGenerator
from uniadgen.model.background import BackgroundConfig, BackgroundEncoder, save_encoder

TINY = Path(__file__).parents[2] / "data" / "tiny"


def test_conditions_come_once() -> None:
    names = [c.name for c in conditions([0, 3, 10], ["random", "product-similarity"], 10)]
    assert names == ["length-0", "length-3", "length-10", "sampling-random", "swapped"]
    assert [c.name for c in conditions([0], [], 10)] == ["length-0", "length-10", "swapped"]


def test_cases_are_what_the_data_says() -> None:
    cases = load_cases(TINY, "test", None)
    assert len(cases) == 5
    for case in cases:
        assert len(case.history) >= 12
        assert case.true_ad.size == case.true_plate.size == (256, 256)
        assert case.taste is not None
        assert case.department in case.taste["families"]
        assert case.oracle is None or case.oracle.split("-")[0] != case.target.split("-")[0]


def test_figures_by_hand() -> None:
    none = {"a": {"pbs": 0.2}, "b": {"pbs": 0.4}, "c": {"pbs": 0.0}}
    full = {"a": {"pbs": 0.5}, "b": {"pbs": 0.6}, "c": {"pbs": 0.0}}
    oracle = {"a": {"pbs": 0.7}, "b": {"pbs": 0.9}}
    assert personalisation(none, full, oracle) == pytest.approx((0.55 - 0.3) / (0.8 - 0.3))
    assert personalisation(none, full, {}) is None
    assert share_above(full, none) == pytest.approx((1 + 1 + 0.5) / 3)
    summary = summarise(full | {"d": {}}).as_dict()
    assert summary["n"] == 4
    assert summary["pbs"] == pytest.approx(1.1 / 3, abs=1e-5)
    assert "bleu" not in summary


def test_the_interval_covers_the_mean() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(100):
        low, high = interval(rng.normal(size=60), seed=trial)
        hits += low <= 0 <= high
    assert 85 <= hits <= 100
    assert interval(np.ones(7)) == (1, 1)


@pytest.fixture
def encoder(tmp_path: Path) -> Iterator[Path]:
    torch.manual_seed(0)
    save_encoder(tmp_path / "pbs.safetensors", BackgroundEncoder(BackgroundConfig(32, 8, 32, 1, 2)))
    return tmp_path / "pbs.safetensors"


def test_the_command(
    generator: AdGenerator, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    generator.save_pretrained(tmp_path / "model")
    shoppers = [case.id for case in load_cases(TINY, "test", 3)]
    system = tmp_path / "other"
    system.mkdir()
    shutil.copy(Path(__file__).parents[2] / "src" / "uniadgen" / "examples" / "product.webp", system / f"{shoppers[0]}.webp")
    (system / f"{shoppers[0]}.txt").write_text("Some Kettle")
    out = tmp_path / "out"
    arguments = ["evaluate", "--data", str(TINY), "--model", str(tmp_path / "model"), "--out", str(out), "--limit", "3"]
    arguments += ["--history-length", "0,3", "--sampling", "random,product-similarity", "--encoder", str(encoder)]
    assert main([*arguments, "--outputs", f"other={system}"]) == 0
    results = json.loads((out / "results.json").read_text())
    assert set(results["history_length"]) == {"0", "3"}
    assert set(results["sampling"]) == {"random", "product-similarity"}
    assert results["sampling"]["product-similarity"] == results["history_length"]["3"]
    for figures in (results["history_length"]["3"], results["swapped"]):
        assert figures["n"] == 3
        assert figures["pbs_ci"][0] <= figures["pbs"] <= figures["pbs_ci"][1]
        assert {"bleu", "rouge_l", "scene_hit", "palette_distance"} <= set(figures)
    assert results["systems"]["other"]["n"] == 1
    assert results["history_length"]["3"]["factuality"] == 1  # decoding is constrained
    page = (out / "report.html").read_text()
    assert page.count("<section>") == 3
    assert not re.search(r'(src|href)="(?!data:)', page)  # self-contained
    assert (out / "results.csv").read_text().count("\n") == 1 + 2 + 2 + 1 + 2

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("all ads were there")

    monkeypatch.setattr(AdGenerator, "generate_many", never)
    assert main(arguments) == 0  # goes on where it was: nothing to generate
    generator.model.text_head.weight.data.mul_(1)
    (out / "settings.json").write_text("{}")
    assert main(arguments) == 2
    assert "another model" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ["--history-length", "0,x"],
        ["--sampling", "best"],
        ["--limit", "0"],
        ["--split", "nowhere"],
        ["--outputs", "no-path"],
        ["--outputs", "other=missing.jsonl"],
    ],
)
def test_bad_arguments(encoder: Path, tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", "--data", str(TINY), "--out", str(tmp_path / "out"), "--encoder", str(encoder), *wrong]
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()
