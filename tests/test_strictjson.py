"""A key that stands twice in a JSON file of a user's is named, wherever such a file is read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.strictjson import parse_json, read_json

DOUBLED = '{"text": "Acme Kettle", "text": "Bolt Kettle"}'


def test_values_and_what_is_no_json() -> None:
    assert parse_json('{"a": [1, {"b": 2}]}', "x") == {"a": [1, {"b": 2}]}
    assert parse_json(b'{"a": null}', "x") == {"a": None}
    assert parse_json("{", "x") is None
    assert parse_json(b"\xff", "x") is None
    assert parse_json("[" * 10**5, "x") is None
    with pytest.raises(InputError, match=r'^x: the key "b" stands there more than once; keep one$'):
        parse_json('{"a": {"b": 1, "b": 1}}', "x")


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "points.json"
    file.write_text("\ufeff[1]", "utf-8")
    assert read_json(file) == [1]
    file.write_text(DOUBLED, "utf-8")
    with pytest.raises(InputError, match=r'points\.json": the key'):
        read_json(file)


Command = Callable[[Path], list[str]]


@pytest.mark.parametrize(
    "command",
    [
        lambda file: ["inspect", "picture", str(file)],
        lambda file: ["inspect", "text", "--text", "Kettle", "--selling-points", str(file)],
        lambda file: ["typeset", str(file), "--out", str(file.parent / "out")],
        lambda file: ["typeset", str(file), "--blocks", str(file), "--out", str(file.parent / "out")],
    ],
)
def test_commands_name_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: Command) -> None:
    pytest.importorskip("uniseg")
    file = tmp_path / "ad.json"
    file.write_text(DOUBLED, "utf-8")
    assert main(command(file)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith('ad.json": the key "text" stands there more than once; keep one')
    assert not (tmp_path / "out").exists()
