"""--json: which commands have it, and what they print then."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniadgen.cli.arguments import Parser
from uniadgen.cli.main import main, make_parser

# Their results are files, or what they do as long as they run.
REVIEW = (f"review {step}" for step in ("create", "serve", "links", "reopen", "export", "import"))
WITHOUT = (
    "demo",
    "serve",
    "studio",
    "train",
    "data",
    "evaluate",
    "baselines run",
    "baselines prompts",
    "baselines export",
    "fetch",
    *REVIEW,
)


def commands(parser: Parser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Parser]]:
    if not parser.commands:
        yield " ".join(words), parser
    for name, below in parser.commands.items():
        yield from commands(below, (*words, name))


COMMANDS = dict(commands(make_parser()))


@pytest.mark.parametrize("name", COMMANDS)
def test_who_has_it(name: str) -> None:
    has = re.search(r"^  --json +print JSON", COMMANDS[name].format_help(), re.MULTILINE) is not None
    assert has != any(name == other or name.startswith(f"{other} ") for other in WITHOUT)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "points.json").write_text(json.dumps(["Kettle", "1.7 L"]))
    line = {"prediction": "Kettle", "references": ["Kettle, 1.7 L"], "selling_points": ["Kettle", "1.7 L"]}
    (tmp_path / "lines.jsonl").write_text(json.dumps(line) + "\n")
    return tmp_path


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.mark.parametrize(
    "command",
    [
        "inspect text --selling-points points.json --text Kettle",
        "inspect text --selling-points points.json --text Teapot",
        "metrics text --predictions lines.jsonl",
        "metrics list",
        "baselines list",
    ],
)
def test_one_value_and_nothing_else(
    command: str, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(files)
    assert main([*command.split(), "--json"]) == 0
    printed = capsys.readouterr()
    value = json.loads(printed.out)
    assert printed.err == ""
    assert value
    assert all(re.fullmatch(r"[a-z0-9_]+", key) for key in keys(value))


@pytest.mark.parametrize(
    "command", ["inspect text --selling-points gone.json --text x", "metrics text --predictions gone.jsonl"]
)
def test_refusals_are_the_same(
    command: str, files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(files)
    outcomes = []
    for words in (command.split(), [*command.split(), "--json"]):
        outcomes.append((main(words), *capsys.readouterr()))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][:2] == (2, "")
