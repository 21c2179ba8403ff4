"""The table of verbs: every verb answers, nothing is loaded in vain; --quiet and --verbose."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniadgen import console
from uniadgen.cli.arguments import Parser
from uniadgen.cli.main import VERBS, main, make_parser
from uniadgen.errors import InputError

TINY = str(Path(__file__).resolve().parents[2] / "data" / "tiny")
HEAVY = ("torch", "pyarrow", "duckdb", "transformers", "bpy", "accelerate")


def calls(parser: Parser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group of commands, as it is typed."""
    yield words
    for name, below in parser.commands.items():
        yield from calls(below, (*words, name))


CALLS = list(calls(make_parser()))


def test_the_table_is_the_command_line() -> None:
    assert [words[0] for words in CALLS if len(words) == 1] == [verb.name for verb in VERBS]
    assert len(CALLS) > 25


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_every_verb_has_help_and_can_be_quiet_or_verbose(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(" ".join(("usage: uniadgen", *words)))
    assert "--quiet" in said.out
    assert "--verbose" in said.out
    assert not said.err


def test_help_and_bad_input_load_nothing_heavy() -> None:
    code = f"""
import contextlib, io, sys
from uniadgen.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    assert main(["--help"]) == 0 and main(["--version"]) == 0 and main(["nonsense"]) == 2
verbs = [name for name in sys.modules if name.startswith("uniadgen.cli.")]
assert set(verbs) == {{"uniadgen.cli.main", "uniadgen.cli.arguments"}}, verbs
assert "numpy" not in sys.modules
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    for words in {CALLS!r}:
        assert main([*words, "--help"]) == 0
        assert main([*words, "--nonsense"]) == 2
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


def test_only_the_verb_that_is_called_gets_its_arguments() -> None:
    parser = make_parser(["--quiet", "inspect", "text", "--selling-points", "p.json", "--text", "train"])
    assert parser.parse_args(["inspect", "text", "--selling-points", "p.json", "--text", "a"]).text == "a"
    with pytest.raises(InputError):
        parser.parse_args(["demo", "--out", "x"])


@pytest.fixture
def points(tmp_path: Path) -> Path:
    file = tmp_path / "points.json"
    file.write_text(json.dumps(["Kettle"]), encoding="utf-8")
    return file


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("flag", "lines"), [("--quiet", 0), ("--verbose", 2)])
def test_verbosity_is_about_standard_error_only(
    flag: str, lines: int, before: bool, points: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["inspect", "text", "--selling-points", str(points), "--text", "Kettle secret"]
    assert main(words) == 0
    usual = capsys.readouterr()
    assert usual.err == ""
    assert main([flag, *words] if before else [*words, flag]) == 0
    said = capsys.readouterr()
    assert said.out == usual.out
    assert len(said.err.splitlines()) == lines
    assert all(line.startswith("uniadgen: ") for line in said.err.splitlines())
    assert "secret" not in said.err
    assert logging.getLogger("uniadgen").level == logging.NOTSET  # as it was


def test_errors_are_said_when_all_is_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--quiet", str(tmp_path / "gone.json"), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("uniadgen: ")


def test_notices_and_warnings_are_gone_when_all_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    for verbosity, said in (("quiet", ""), ("normal", "a notice\n")):
        with console.logging_to_standard_error(verbosity):
            console.print_line("a notice", console.notices())
            assert console.is_quiet() == (verbosity == "quiet")
        assert capsys.readouterr().err == said
    assert not console.is_quiet()


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("demo",), ("--seed", "-1")),
        (("demo",), ("--seed", str(2**63))),
        (("bench",), ("--repeats", "0")),
        (("data", "render", "--out", "o"), ("--seed", "1.5")),
        (("data", "render", "--out", "o"), ("--workers", "0")),
        (("data", "render", "--out", "o"), ("--quality", "101")),
        (("data", "render", "--out", "o"), ("--pixels", "15")),
        (("data", "encode", "d", "--tokenizer", "t"), ("--batch", "0")),
        (("metrics", "pbs", "--a", "a", "--b", "b", "--out", "c"), ("--batch", "4097")),
        (("metrics", "reconstruction", "--data", "d"), ("--limit", "0")),
        (("evaluate", "--data", "d", "--out", "o"), ("--guidance", "nan")),
        (("evaluate", "--data", "d", "--out", "o"), ("--seed", str(2**62))),
        (("baselines", "run", "x", "--data", "d", "--out", "o"), ("--side", "63")),
    ],
)
def test_numbers_have_bounds(
    words: tuple[str, ...],
    wrong: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*words, *wrong]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"uniadgen: argument {wrong[0]}: ")
    assert "number from" in said
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "--data", TINY, "--out", "o"),
        ("baselines", "run", "studio", "--data", TINY, "--out", "o"),
        ("metrics", "reconstruction", "--data", TINY),
        ("metrics", "fidelity", "--outputs", "o", "--data", TINY),
        ("data", "convert", "--from", "pad1m", "records.json", "--out", "o"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_splits_are_refused_in_the_same_words(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records.json").write_text("[]")
    assert main([*words, "--split", "dev"]) == 2
    assert capsys.readouterr().err == 'uniadgen: argument --split: "dev" is unknown; use train, val, test\n'
    assert [path.name for path in tmp_path.iterdir()] == ["records.json"]


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["generate", "", "--out", "x"],
            ["generate", "r.json", "--out", "x", "--model", ""],
        ),
        *(["data", "stats", ""], ["metrics", "reconstruction", "--data", "x", "--model", ""], ["review", "report", ""]),
        *(["batch", "", "--data", "x", "--out", "y"], ["evaluate", "--data", "x", "--out", "y", "--encoder", ""]),
    ],
)
def test_an_empty_path_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert re.fullmatch(r'uniadgen: argument \S+: "" is no valid path; correct it .*\n', capsys.readouterr().err)


@pytest.mark.parametrize("words", [["data", "stats"], ["data", "validate"], ["review", "report"], ["generate", "--out", "x"]])
def test_a_name_that_no_file_can_have_is_bad_input(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "x" * 300]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "correct the path" in error


def test_a_quick_benchmark_has_models_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--quick", "--model", "x"]) == 2
    assert "leave one of the two out" in capsys.readouterr().err


def test_links_that_lead_nowhere_and_files_for_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("no data set")
    for name in ("loop", "file"):
        path = str(tmp_path / name)
        for words in (
            *(
                ["data", "stats", path],
                ["data", "validate", path],
                ["evaluate", "--data", path, "--out", str(tmp_path / "out")],
            ),
            ["evaluate", "--data", TINY, "--out", str(tmp_path / "out"), "--encoder", path],
            ["review", "create", str(tmp_path / "s.db"), "--items", path, "--teams", "x", "--out", str(tmp_path / "s.db")],
        ):
            assert main(words) == 2, words
            error = capsys.readouterr().err
            assert error.count("\n") == 1
            assert len(error) < 400
    assert main(["data", "stats", str(tmp_path / "file")]) == 2
    assert "it is no folder" in capsys.readouterr().err
