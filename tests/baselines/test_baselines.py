"""Simple systems: what each makes, and the files of a run, interrupted or not."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import uniadgen.baselines
from uniadgen.ads import AdRequest, Click, Product
from uniadgen.baselines import Task, all_baselines
from uniadgen.baselines import run as runner
from uniadgen.baselines.click_pattern import filled
from uniadgen.cli.main import main
from uniadgen.evaluation.protocol import load_cases
from uniadgen.evaluation.systems import read_system
from uniadgen.metrics.fidelity import product_is_intact

TINY = Path(__file__).parents[2] / "data" / "tiny"
POINTS = ["Velmora", "Rapid Boil Kettle", "1.7 L", "Auto Shut-Off"]


def task(cutout: Image.Image, clicks: list[Click], category: str | None = "kitchen") -> Task:
    return Task(AdRequest(Product(cutout, "an electric kettle", POINTS), clicks), category, (64, 48))


def test_texts(cutout: Image.Image) -> None:
    clicks = [Click(Image.new("RGB", (8, 8)), text) for text in ("Oak Table, Round", "Electric Kettle | 1 L | Quiet")]
    assert all_baselines()["all-points"].make(task(cutout, clicks)).text == "Velmora, Rapid Boil Kettle, 1.7 L, Auto Shut-Off"
    made = all_baselines()["click-pattern"].make(task(cutout, clicks))
    assert (made.text, made.clicks) == ("Velmora | Rapid Boil Kettle | 1.7 L", (1,))
    assert all_baselines()["click-pattern"].make(task(cutout, [])).text == " ".join(POINTS)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("Red, Green", "Velmora, Rapid Boil Kettle"),
        ("[New] Tin Opener!", "[Velmora] Rapid Boil Kettle!"),
        ("Big [Gift] Tin Opener", "Velmora [Rapid Boil Kettle]"),
        ("One", "Velmora"),
        ("", " ".join(POINTS)),
    ],
)
def test_a_pattern_is_filled(pattern: str, expected: str) -> None:
    assert filled(pattern, POINTS) == expected


def test_backgrounds(cutout: Image.Image) -> None:
    halves = Image.new("RGB", (20, 20), (250, 0, 0))
    halves.paste((0, 250, 0), (10, 0, 20, 20))
    clicks = [Click(halves, "Oak Table"), Click(Image.new("RGB", (30, 10), (0, 0, 250)), "Electric Kettle")]
    given = task(cutout, clicks)
    made = {
        name: baseline.make(given)
        for name, baseline in all_baselines().items()
        if baseline.makes == "picture" and not baseline.prepare
    }
    assert set(made) == {"studio", "copied-background", "template"}
    for baseline_output in made.values():
        assert baseline_output.background is not None
        assert baseline_output.background.size == (64, 48)
        assert baseline_output.text == ""
    # the mean of a picture half red and half green, and of a blue one
    assert made["studio"].background.getcolors() == [(64 * 48, (62, 62, 125))]
    assert made["copied-background"].background.getcolors() == [(64 * 48, (0, 0, 250))]
    other = task(cutout, clicks[:1])
    template = all_baselines()["template"]
    assert template.make(other).background.tobytes() == made["template"].background.tobytes()  # whoever the shopper is
    looks = {template.make(task(cutout, [], name)).background.tobytes() for name in "abcdefgh"}
    assert len(looks) > 2
    assert all_baselines()["copied-background"].make(task(cutout, [])).background is None
    assert all_baselines()["studio"].make(task(cutout, [])).background is not None


def test_a_run_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, out = load_cases(TINY, "test", 3), tmp_path / "studio"
    command = ["baselines", "run", "studio", "--data", str(TINY), "--limit", "3", "--side", "96", "--out", str(out)]
    write = runner.write_ad
    with monkeypatch.context() as context:  # Ctrl-C after two ads
        left = iter([write, write])

        def interrupted(*arguments: object) -> object:
            return next(left, _interrupt)(*arguments)  # type: ignore[arg-type]

        context.setattr(runner, "write_ad", interrupted)
        assert main(command) == 130
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert {name for name in first if name.endswith(".json")} == {f"{case.id}.json" for case in cases[:2]}
    assert main(command) == 0
    assert "1 ads made, 2 were there" in capsys.readouterr().out
    assert first.items() <= {path.name: path.read_bytes() for path in out.iterdir()}.items()
    assert main([*command[:2], "template", *command[3:]]) == 2
    assert "another system, data set or size" in capsys.readouterr().err

    system = read_system(out, [case.id for case in cases])
    assert (system.unused, system.missing, len(system.ads)) == ([], [], 3)
    for case in cases:
        output = system.ads[case.id]
        assert output.text is None
        assert output.background is not None
        assert output.placement is not None
        assert output.seconds is not None
        ad, background = Image.open(output.ad), Image.open(output.background)
        assert ad.size == (96, 96)
        assert product_is_intact(ad, case.product.image, output.placement, background)
        mean = np.mean([np.asarray(click.image).mean((0, 1)) for click in case.history], 0)
        assert np.abs(np.asarray(background)[0, 0] - mean).max() < 2
        assert output.sampled == tuple(range(len(case.history)))
    capsys.readouterr()
    assert main(["metrics", "fidelity", "--outputs", str(out), "--data", str(TINY), "--limit", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["product_fidelity"] == {"mean": 1.0, "ci": [1.0, 1.0], "n": 3}


def _interrupt(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_texts_run_on_white(tmp_path: Path) -> None:
    out = tmp_path / "texts"
    assert main(["baselines", "run", "all-points", "--data", str(TINY), "--limit", "1", "--side", "64", "--out", str(out)]) == 0
    [case] = load_cases(TINY, "test", 1)
    output = read_system(out, [case.id]).ads[case.id]
    assert output.text == ", ".join(case.product.selling_points)
    assert Image.open(output.background).getcolors() == [(64 * 64, (255, 255, 255))]


def test_a_record_of_another_kind_is_named_as_unused(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "u1.png")
    for text in ("{", "[]", '{"image": "u1.png"}', '{"image": "other.png"}'):
        (tmp_path / "u1.json").write_text(text)
        system = read_system(tmp_path, ["u1"])
        assert system.unused == ["u1.json"]
        assert system.ads["u1"].background is None


def test_a_baseline_is_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "silent.py").write_text(
        '"""Nothing."""\nfrom uniadgen.baselines import Baseline, Made\n\n'
        'BASELINE = Baseline("silent", "says nothing", "text", lambda task: Made())\n'
    )
    monkeypatch.setattr(uniadgen.baselines, "__path__", [*uniadgen.baselines.__path__, str(tmp_path)])
    all_baselines.cache_clear()
    try:
        assert main(["baselines", "list", "--json"]) == 0
        listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
        assert {"silent", "all-points", "click-pattern", "studio", "copied-background", "template"} <= set(listed)
    finally:
        all_baselines.cache_clear()


@pytest.mark.parametrize(
    "wrong", [["nobody"], ["studio", "--limit", "0"], ["studio", "--side", "9"], ["studio", "--split", "no"]]
)
def test_bad_arguments(wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baselines", "run", *wrong, "--data", str(TINY), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()
