"""Figures by hand, and the whole command on a few shoppers with a random model."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.evaluation import protocol
from uniadgen.evaluation.figures import interval, summarise, targets
from uniadgen.evaluation.protocol import conditions, load_cases
from uniadgen.evaluation.systems import read_system
from uniadgen.loading.background_encoder import save_encoder
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder
from uniadgen.pipeline.generator import AdGenerator

pytestmark = pytest.mark.slow

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
        assert case.other != case.id
    assert [case.other for case in load_cases(TINY, "test", 2)] == [case.other for case in cases[:2]]


def test_figures_by_hand() -> None:
    none = {"a": {"pbs": 0.2}, "b": {"pbs": 0.4}, "c": {"pbs": 0.0}}
    full = {"a": {"pbs": 0.5}, "b": {"pbs": 0.6}, "c": {"pbs": 0.0}}
    oracle = {"a": {"pbs": 0.7}, "b": {"pbs": 0.9}}
    result = targets({"length-0": none, "length-3": full, "swapped": none}, "length-3", oracle)
    assert result["personalisation"]["value"] == pytest.approx((0.55 - 0.3) / (0.8 - 0.3))
    assert result["personalisation"]["n"] == 2
    assert result["personalisation"]["met"] is False
    assert result["own_above_swapped"]["value"] == pytest.approx((1 + 1 + 0.5) / 3, abs=1e-5)
    assert result["scene_hit"]["value"] is None
    assert result["scene_hit"]["met"] is None
    nowhere = targets({"length-0": none, "length-3": full, "swapped": none}, "length-3", {})
    assert nowhere["personalisation"]["value"] is None
    summary = summarise(full | {"d": {}}).as_dict()
    assert summary["n"] == 4
    assert summary["pbs"] == pytest.approx(1.1 / 3, abs=1e-5)
    assert "bleu" not in summary


def test_goals_by_hand() -> None:
    none = {str(i): {"scene_hit": float(i % 4 == 0), "palette_distance": 20.0, "bleu": 0.1, "pbs": 0.0} for i in range(40)}
    full = {str(i): {"scene_hit": float(i % 4 != 0), "palette_distance": 15.0, "bleu": 0.2, "pbs": 1.0} for i in range(40)}
    for rows in (none, full):
        for i, row in enumerate(rows.values()):
            row["product_fidelity"] = float(i > 0 or rows is none)
    result = targets({"length-0": none, "length-10": full, "swapped": none}, "length-10", {})
    assert (result["scene_hit"]["value"], result["scene_hit"]["met"]) == (0.75, True)
    assert (result["scene_hit_ratio"]["value"], result["scene_hit_ratio"]["met"]) == (3, True)
    assert (result["palette_ratio"]["value"], result["palette_ratio"]["ci"], result["palette_ratio"]["met"]) == (
        0.75,
        (0.75, 0.75),
        True,
    )
    assert result["bleu_gain"]["value"] == pytest.approx(0.1)
    assert result["bleu_gain"]["met"] is False
    assert result["own_above_swapped"]["value"] == 1
    # one of 120 ads is not intact
    assert result["product_fidelity"]["value"] == pytest.approx(119 / 120, abs=1e-5)
    assert result["product_fidelity"]["met"] is False
    low, high = result["scene_hit"]["ci"]
    # three standard errors of a share on either side
    assert 0.75 - 3 * 0.0685 < low < 0.75 < high < 0.75 + 3 * 0.0685


def test_a_ratio_to_nothing_has_no_value() -> None:
    none, full = {"a": {"scene_hit": 0.0}}, {"a": {"scene_hit": 1.0}}
    result = targets({"length-0": none, "length-3": full, "swapped": none}, "length-3", {})["scene_hit_ratio"]
    assert (result["value"], result["ci"], result["met"]) == (None, (None, None), True)
    json.dumps(result, allow_nan=False)


def test_the_interval_covers_the_mean() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(100):
        low, high = interval(rng.normal(size=60), seed=trial)
        hits += low <= 0 <= high
    assert 85 <= hits <= 100
    assert interval(np.ones(7)) == (1, 1)


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_encoder(tmp_path / "pbs.safetensors", BackgroundEncoder(BackgroundConfig(32, 8, 32, 1, 2)))
    return tmp_path / "pbs.safetensors"


def test_the_command(
    generator: AdGenerator,
    encoder: Path,
    small_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator.save_pretrained(tmp_path / "model")
    shoppers = [case.id for case in load_cases(small_data, "test", 3)]
    system = tmp_path / "other"
    system.mkdir()
    shutil.copy(Path(__file__).parents[2] / "src" / "uniadgen" / "examples" / "product.webp", system / f"{shoppers[0]}.webp")
    (system / f"{shoppers[0]}.txt").write_text("Some Kettle")
    out = tmp_path / "out"
    arguments = ["evaluate", "--data", str(small_data), "--model", str(tmp_path / "model"), "--out", str(out), "--limit", "3"]
    arguments += ["--history-length", "0,3", "--sampling", "random,product-similarity", "--encoder", str(encoder)]
    with monkeypatch.context() as context:  # interrupted in the second condition, after a batch's first ad
        context.setattr(protocol, "BATCH", 2)
        context.setattr(protocol, "write_ad", _interrupted(protocol.write_ad, after=4))
        assert main(arguments) == 130
    capsys.readouterr()
    monkeypatch.setattr(protocol, "BATCH", 2)
    assert not (out / "results.json").exists()
    finished = sorted((out / "ads").rglob("*.json"))
    assert len(finished) == 4
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
    assert results["targets"]["product_fidelity"] | {"what": ""} == {
        "what": "", "value": 1, "ci": [1, 1], "n": 3, "goal": 1, "at_least": True, "met": True
    }  # fmt: skip
    assert results["history_length"]["3"]["product_fidelity"] == 1
    assert "product_fidelity" not in results["systems"]["other"]  # nobody said where its product stands
    ours, other = results["pictures"]["ours"], results["pictures"]["other"]
    assert (ours["kind"], other["kind"]) == ("plate", "ad")
    assert (ours["crispness"]["n"], other["crispness"]["n"], other["kid"]) == (3, 1, None)
    assert ours["kid"]["ratio"] == pytest.approx(ours["kid"]["kid"] / max(ours["kid"]["real"], ours["kid"]["noise"]))
    assert 0 <= ours["memorised"]["features"] <= 1
    assert (ours["diversity_seeds"]["groups"], ours["diversity_seeds"]["n"]) == (3, 12)
    assert (ours["diversity_products"]["groups"], ours["diversity_products"]["n"]) == (3, 9)
    assert "diversity_seeds" not in other
    assert str(tmp_path) not in results["command"]
    page = (out / "report.html").read_text()
    assert page.count("<section>") == 3
    assert page.count("<figure>") == 3 * 4 + 1
    assert len(page) < 3 / 24 * 15e6
    assert not re.search(r'(src|href)="(?!data:|#)', page.replace('<img alt="">', ""))  # self-contained
    # Three shoppers are too few to conclude anything from them.
    table = (out / "results.md").read_text()
    for text in (page, table):
        assert "too few shoppers" in text.lower()
        assert not re.search(r"goals are met|<td>met|\| met", text)
    shoppers_table = list(csv.DictReader((out / "shoppers.csv").open()))
    rows = [row for row in shoppers_table if row["row"] == "length-3"]
    assert [(row["shopper"], row["seed"]) for row in rows] == [(name, str(seed)) for seed, name in enumerate(shoppers)]
    mean = sum(float(row["pbs"]) for row in rows) / 3
    assert mean == pytest.approx(results["history_length"]["3"]["pbs"], abs=1e-5)
    assert [row["shopper"] for row in shoppers_table if row["table"] == "system"] == shoppers[:1]
    assert results["command"] in table
    assert "| 0 |" in table
    undisturbed = [*arguments[:5], "--out", str(tmp_path / "whole"), *arguments[7:]]
    assert main([*undisturbed, "--outputs", f"other={system}"]) == 0
    whole = json.loads((tmp_path / "whole" / "results.json").read_text())
    assert _without_seconds(whole) == _without_seconds(results)
    assert (out / "results.csv").read_text().count("\n") == 1 + 2 + 2 + 1 + 2

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("all ads were there")

    monkeypatch.setattr(AdGenerator, "generate_many", never)
    assert main(arguments) == 0  # goes on where it was: nothing to generate
    assert main([*arguments, "--seed", "7"]) == 2
    assert "another model, setting" in capsys.readouterr().err
    generator.model.text_head.weight.data.mul_(1)
    (out / "settings.json").write_text("{}")
    assert main(arguments) == 2
    assert "another model" in capsys.readouterr().err


def _interrupted(write: Callable[..., object], after: int) -> Callable[..., object]:
    """Writes `after` ads, then the user presses Ctrl-C."""
    left = iter(range(after))

    def maybe(*arguments: object) -> object:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return write(*arguments)

    return maybe


def _without_seconds(value: object) -> object:
    """Everything that a second run must repeat: no times, and no name of the output folder."""
    if isinstance(value, dict):
        return {
            k: _without_seconds(v) for k, v in value.items() if not k.startswith("seconds") and k not in ("command", "date")
        }
    return value


def test_other_systems(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "red").save(tmp_path / "u1.png")
    lines = tmp_path / "ads.jsonl"
    place = {"left": 1, "top": 2, "width": 3, "height": 4}
    lines.write_text(json.dumps({"id": "u1", "image": "u1.png", "text": "A  Kettle", "placement": place}) + "\n")
    output = read_system(lines, ["u1", "u2"]).ads["u1"]
    assert (output.ad, output.text) == (tmp_path / "u1.png", "A Kettle")
    assert output.placement is not None
    assert output.placement.as_dict() == place
    assert set(read_system(tmp_path, ["u1", "u2"]).ads) == {"u1"}
    for bad in (
        "{", "[]", '{"id": 1, "image": "u1.png"}', '{"id": "u1"}', '{"id": "u1", "image": "u1.png", "text": 3}',
        '{"id": "u1", "image": "u1.png", "placement": {"left": 1}}', '{"id": "u1", "image": "missing.png"}',
        '{"id": "u1", "image": "u1.png"}\n{"id": "u1", "image": "u1.png"}', '{"id": "unknown", "image": "u1.png"}', "",
    ):  # fmt: skip
        lines.write_text(bad)
        with pytest.raises(InputError) as caught:
            read_system(lines, ["u1"])
        assert "\n" not in str(caught.value)
    (tmp_path / "u1.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_system(tmp_path, ["u1"])
    (tmp_path / "u1.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"u1\.png"):
        read_system(tmp_path, ["u1"])


def test_endings_and_byte_order_marks_change_nothing(tmp_path: Path) -> None:
    for name, ending, encoding in (("u1", "JPG", "utf-8-sig"), ("u2", "Png", "utf-8"), ("u3", "bmp", "utf-8-sig")):
        kind = {"JPG": "JPEG", "Png": "PNG", "bmp": "BMP"}[ending]
        Image.new("RGB", (16, 16), "red").save(tmp_path / f"{name}.{ending}", format=kind)
        (tmp_path / f"{name}.{'TXT' if name == 'u2' else 'txt'}").write_text("Ein Kessel\n", encoding=encoding)
    system = read_system(tmp_path, ["u1", "u2", "u3"])
    assert [output.text for output in system.ads.values()] == ["Ein Kessel"] * 3
    assert (system.unused, system.missing, system.notes()) == ([], [], [])


def test_every_unused_file_is_named_and_every_missing_ad_counted(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "u1.png")
    for name in ("u2.txt", "u9.txt", "u1.png.bak", "U1.txt", "notes", "u3.svg"):
        (tmp_path / name).write_text("words")
    (tmp_path / "u2").mkdir()
    system = read_system(tmp_path, ["u1", "u2", "u3"])
    assert system.unused == sorted(["u2.txt", "u9.txt", "u1.png.bak", "U1.txt", "notes", "u3.svg", "u2"])
    assert system.missing == ["u2", "u3"]
    table = "\n".join(system.notes())
    assert all(f'"{name}"' in table for name in system.unused)
    assert "no ad for 2 of 3 shoppers" in table
    assert "no text for 1 of 1 ads" in table
    assert "and 5 more, see results.json" in system.notes(most=2)[0]
    lines = tmp_path / "ads.jsonl"
    lines.write_text('{"id": "u1", "image": "u1.png"}\n\n{"id": "u7", "image": "gone.png"}\n')
    assert read_system(lines, ["u1"]).unused == ["line 3"]


def test_two_ads_of_one_shopper_and_keys_that_stand_twice_are_refused(tmp_path: Path) -> None:
    for name in ("u1.png", "u1.JPG"):
        Image.new("RGB", (16, 16)).save(tmp_path / name, format="PNG")
    with pytest.raises(InputError, match=r'u1\.JPG" and "u1\.png" are of one shopper'):
        read_system(tmp_path, ["u1"])
    lines = tmp_path / "ads.jsonl"
    lines.write_text('{"id": "u1", "image": "u1.png", "text": "a", "text": "b"}')
    with pytest.raises(InputError, match='line 1: the key "text" stands there more than once'):
        read_system(lines, ["u1"])


def test_a_picture_that_is_cut_short_is_found_before_the_work(tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 90).save(tmp_path / "u1.png")
    whole = (tmp_path / "u1.png").read_bytes()
    (tmp_path / "u1.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"u1\.png.*cut short"):
        read_system(tmp_path, ["u1"])


@pytest.mark.parametrize(
    "wrong",
    [
        ["--history-length", "0,x"],
        ["--sampling", "best"],
        ["--limit", "0"],
        ["--seed", "-1"],
        ["--split", "nowhere"],
        ["--outputs", "no-path"],
        ["--outputs", "a=b", "--outputs", "a=c"],
        ["--outputs", "other=missing.jsonl"],
    ],
)
def test_bad_arguments(encoder: Path, tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", "--data", str(TINY), "--out", str(tmp_path / "out"), "--encoder", str(encoder), *wrong]
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()
