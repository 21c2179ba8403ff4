"""Training files: shipped ones by name, values of one's own, and what is wrong with the rest in one line."""

from pathlib import Path

import pytest
import torch

from uniadgen.cli.main import main
from uniadgen.cores import cores_of_container
from uniadgen.errors import InputError
from uniadgen.training.config import load_config, shipped
from uniadgen.training.precision import MOST_THREADS, use_threads

GOOD = """
model: tiny
unified: {steps: 4, batch: 2, learning_rate: 5e-5}
mix: {ads: 1, words: 0, pictures: 0}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my.yaml"
    path.write_text(GOOD)
    return path


def test_all_shipped_files_are_read_by_name() -> None:
    assert {"embedded", "gpu", "janus-pro-1b", "janus-pro-7b"} <= set(shipped())
    for name in shipped():
        config = load_config(name)
        assert config.schedule("unified").steps > 1000
        assert (config.sizes is None) == name.startswith("janus")


def test_a_file_comes_before_a_name(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config("embedded").schedule("unified").steps > 4
    file.rename("embedded")
    assert load_config("embedded").schedule("unified").steps == 4


def test_numbers_are_read_as_people_write_them(file: Path) -> None:
    assert load_config(file).schedule("unified").learning_rate == 0.00005


def test_values_from_the_command_line(file: Path) -> None:
    changes = ["unified.steps=7", "unified.ema=0.5", "mix.words=2", "pbs.steps=1", "pbs.batch=2", "pbs.learning_rate=1e-3"]
    config = load_config(file, changes)
    assert config.schedule("unified").steps == 7
    assert config.schedule("unified").ema == 0.5
    assert config.schedule("unified").batch == 2
    assert config.mix.words == 2
    assert config.mix.ads == 1
    assert config.schedule("pbs").learning_rate == 0.001


@pytest.mark.parametrize(
    "change",
    ["unified.steps", "=3", "unified.steps.more=3", "unified.steps=[", "unified.steps={a: 1, a: 2}"],
)
def test_a_change_that_is_none(file: Path, change: str) -> None:
    with pytest.raises(InputError, match="argument --set"):
        load_config(file, [change])


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("steps: 4", "steps: -6", r"unified\.steps: -6 is no whole number from 1 to"),
        ("steps: 4", "steps: 4.5", r"unified\.steps"),
        ("steps: 4", "steps: many", r"unified\.steps: 'many' is no whole number"),
        ("steps: 4", "steps: yes", r"unified\.steps: True"),
        ("steps: 4", "steps: .nan", r"unified\.steps: nan"),
        ("steps: 4", "step: 4", r"unified\.step: unknown field .*did you mean steps"),
        ("steps: 4, ", "", r"unified: steps is missing"),
        ("steps: 4", "steps: 4, steps: 5", '"steps" is there twice'),
        ("unified:", "unifed:", r"\.unifed: unknown field .*did you mean unified"),
        ("mix:", "unified:", '"unified" is there twice'),
        ("{steps: 4, batch: 2, learning_rate: 5e-5}", "fast", r"unified: 'fast' is no object with the fields steps"),
        ("{steps: 4, batch: 2, learning_rate: 5e-5}", "[1, 2]", r"unified"),
        ("learning_rate: 5e-5", "learning_rate: 0", r"learning_rate: 0 is no number"),
        ("learning_rate: 5e-5", "learning_rate: .inf", r"learning_rate: inf is no number"),
        ("tiny", "large", r"model: 'large' must be one of embedded, tiny, janus"),
        ("model: tiny", "", "model is missing"),
        ("ads: 1", "ads: 0", "mix: one of ads, words, pictures, texts must be above 0"),
        ("ads: 1", "ads: -1", r"mix\.ads"),
        ("ads: 1", "ads: 1, made_up: 2", r"mix\.made_up"),
        ("ads: 1", "personal: 1", r"mix\.personal: unknown field"),
        ("model", "lora: {rank: 0}\nmodel", r"lora\.rank"),
        ("model", "histories: drawn\nmodel", r"histories: unknown field"),
        (GOOD, "- 1\n- 2", "is no object"),
        (GOOD, "", "is no object"),
        (GOOD, "a: [", "not readable as YAML"),
        (GOOD, "a: " + "9" * 5000, "not readable as YAML"),
        (GOOD, "{[1, 2]: 3}", "not readable as YAML"),
        (GOOD, "1: 2", ": 1: unknown field"),
        (GOOD, "&a [*a]", "is no object"),
    ],
)
def test_what_is_wrong_is_named(file: Path, old: str, new: str, named: str) -> None:
    assert old in GOOD
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=named) as caught:
        load_config(file)
    message = str(caught.value)
    assert message.startswith(("training file ", "lora", "mix"))
    assert "\n" not in message
    assert len(message) < 600


def test_a_part_without_a_schedule_and_a_file_that_is_not_there(file: Path) -> None:
    with pytest.raises(InputError, match="no section pbs"):
        load_config(file).schedule("pbs")
    with pytest.raises(InputError, match=r"no such file.*embedded, gpu"):
        load_config("nowhere")


def test_the_command_line_refuses_before_it_looks_at_data(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["train", "pbs", "--data", str(tmp_path / "none"), "--out", str(tmp_path / "out"), "--config", str(file)]
    before = torch.get_num_threads()
    for more in (["--set", "pbs.steps=-6"], ["--set", "steps"], ["--threads", "0"], ["--threads", "4.5"]):
        assert main([*common, *more]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert torch.get_num_threads() == before


def test_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    before = torch.get_num_threads()
    try:
        monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))
        use_threads(3)
        assert torch.get_num_threads() == 3
        monkeypatch.setattr("uniadgen.training.precision.cores_of_container", lambda: 2)
        use_threads(None)
        assert torch.get_num_threads() == 2
        assert capsys.readouterr().err == ""
        monkeypatch.setattr("os.getloadavg", lambda: (1000.0, 0.0, 0.0))
        use_threads(2)
        assert "--threads 1" in capsys.readouterr().err
        use_threads(1)
        assert capsys.readouterr().err == ""
    finally:
        torch.set_num_threads(before)
    limits = tmp_path / "cpu.max"
    for text, cores in (
        ("250000 100000\n", 2),
        ("50000 100000\n", 1),
        ("max 100000\n", MOST_THREADS),
        ("nonsense", MOST_THREADS),
    ):
        limits.write_text(text)
        assert cores_of_container(limits) == cores
