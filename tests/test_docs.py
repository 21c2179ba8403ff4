"""What the documentation says is there: files, commands, names; and its tables can be read."""

import ast
import dataclasses
import importlib
import json
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniadgen.cli.arguments import Parser
from uniadgen.cli.main import make_parser
from uniadgen.clicks.sampling import SAMPLINGS
from uniadgen.demo import example_folder
from uniadgen.errors import InputError
from uniadgen.options import MAX_SIDE, MIN_SIDE, GenerateOptions

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NOW = [page for page in PAGES if "decisions" not in page.parts and page.name != "CHANGELOG.md"]
ROOMS = r"(?:[a-z0-9_]+/)+"
NAMED = re.compile(rf"`((?:{ROOMS})?[\w.-]+\.(?:py|yaml|jsonl|safetensors|md))`|`({ROOMS})`|`(\w[\w/]*/)`")
MODULES = {path.name for folder in ("src", "tests", "benchmarks", "scripts") for path in (ROOT / folder).rglob("*.py")}
HEADS = ("", "src/uniadgen/", "docs/")  # where a path may begin


def pages(chosen: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", chosen, ids=lambda page: page.relative_to(ROOT).as_posix())


def code(page: Path) -> Iterator[str]:
    """The blocks of code of a page, fenced or indented, without their indentation."""
    text = page.read_text()
    for block in re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield block
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for block in re.findall(r"(?:^\n|\A)((?:^    \S.*\n(?:^ {4,}.*\n|^\n(?=    ))*)+)", text, re.MULTILINE):
        yield re.sub(r"^    ", "", block, flags=re.MULTILINE)


def commands(page: Path) -> list[list[str]]:
    """The `uniadgen ...` lines of a page's code, as arguments."""
    lines = (line for block in code(page) for line in block.replace("\\\n", " ").splitlines())
    calls = (re.match(r"(?:\S*/)?uniadgen (?!\.\.\.)(.*)", line) for line in lines)
    return [shlex.split(call[1], comments=True) for call in calls if call and " ..." not in call[1]]


@pages(PAGES)
def test_commands_are_understood(page: Path) -> None:
    for arguments in commands(page):
        try:
            make_parser(arguments).parse_args(arguments)
        except InputError as error:
            pytest.fail(f"uniadgen {shlex.join(arguments)}: {error}")


def test_commands_are_found() -> None:
    used = [arguments[0] for page in PAGES for arguments in commands(page)]
    assert {"generate", "data", "train", "evaluate", "metrics", "inspect"} <= set(used)


def test_every_command_is_in_the_help_of_the_one_above_it() -> None:
    def look(parser: Parser) -> int:
        for name in parser.commands:
            assert re.search(rf"^    {name}(?:  +\S|\n {{8,}}\S)", parser.format_help(), re.MULTILINE), (parser.prog, name)
        return len(parser.commands) + sum(map(look, parser.commands.values()))

    assert look(make_parser()) > 20


@pages(NOW)
def test_files_that_are_named_are_there(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for groups in NAMED.findall(text):
        name = next(filter(None, groups))
        name = re.sub(r"(?:NAME|GROUP|NNN|\*)[\w.-]*$", "", name)  # of a file yet to be written, the folder
        if "/" not in name and name.endswith(".py"):
            assert name in MODULES, name
        if "/" not in name or name.split("/")[0] in ("runs", "ads", "world", "plan", "tensorboard"):  # what commands write
            continue
        assert any((ROOT / head / name).exists() for head in HEADS), name


def test_the_tour_names_every_room() -> None:
    package, readme = ROOT / "src" / "uniadgen", (ROOT / "README.md").read_text()
    rooms = [folder.name for folder in package.iterdir() if folder.is_dir() and any(folder.glob("*.py"))]
    assert [name for name in sorted(rooms) if f"`src/uniadgen/{name}/" not in readme] == []


@pages(PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if not re.match(r"[a-z]+:", link):
            assert (page.parent / link).exists() or link == "changelog.md", link


@pages(PAGES)
def test_python_can_be_run(page: Path) -> None:
    """Every import of the package in an example works, and every example is Python."""
    for block in code(page):
        if not re.search(r"^(from|import) \w", block, re.MULTILINE):
            continue
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("uniadgen"):
                module = importlib.import_module(str(node.module))
                assert all(hasattr(module, alias.name) for alias in node.names), ast.unparse(node)


@pages(PAGES)
def test_tables_can_be_read(page: Path) -> None:
    for line in page.read_text().splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) <= 9, line


def test_the_guide_quotes_the_options_as_they_are() -> None:
    """Every option of `generate` stands in the guide's table, with the default that its definition or the model has."""
    config = json.loads((ROOT / "src/uniadgen/weights/config.json").read_text())
    guidance = config["guidance"]
    models = {"history_length": config["preference"]["clicks"], "text_temperature": config["text_temperature"]}
    models |= {"guidance": guidance["weight"], "temperature": guidance["temperature"], "top_k": guidance["top_k"]}
    guide = (ROOT / "docs/guides/generate.md").read_text()
    rows = re.findall(r"^\| `--(?:no-)?([a-z-]+)[^|]*\|[^|]*\| (.*?) \| ([^|]*?) \|$", guide, re.MULTILINE)
    table = {name.replace("-", "_"): (what, default) for name, what, default in rows}
    for field in dataclasses.fields(GenerateOptions):
        what, default = table[field.name]
        if field.default is None:
            value = models.get(field.name)
            without = "no limit" if field.name == "characters" else "all"
            assert default == (without if value is None else f"the model's: {value:g}"), field.name
        elif field.name == "size":
            assert default == "{}x{}".format(*field.default)  # type: ignore[misc]
            assert f"{MIN_SIDE} to {MAX_SIDE}" in what
        elif isinstance(field.default, bool):
            assert default == ("yes" if field.default else "no"), field.name
        elif isinstance(field.default, int):
            assert default == str(field.default), field.name
        elif field.default == ():
            assert default == "nothing"
        else:
            assert default.startswith(f"`{field.default}`"), field.name
    assert all(f"`{name}`" in table["sampling"][0] for name in SAMPLINGS)


def test_decisions_are_numbered_and_begin_with_what_was_decided() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(file.name[:3]) for file in files] == list(range(1, len(files) + 1))
    assert all(re.match(r"# \S.*\n\n", file.read_text()) for file in files)


def test_a_page_that_loads_something_from_elsewhere_is_found(tmp_path: Path) -> None:
    check = runpy.run_path(str(ROOT / "scripts" / "check_site.py"))
    page = tmp_path / "page.html"
    page.write_text('<a href="https://example.org">x</a><link rel="canonical" href="https://example.org"><img src="a.png">')
    assert check["main"](tmp_path) == 0
    for bad in (
        '<script src="//cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="https://fonts.example.org/css">',
        '<link rel="preconnect" href="https://fonts.example.org">',
        '<img srcset="a.png 1x, https://example.org/b.png 2x">',
        "<style>@import 'https://example.org/x.css';</style>",
        '<p style="background: url(https://example.org/x.png)">',
    ):
        page.write_text(bad)
        assert check["main"](tmp_path) == 1, bad
    page.write_text("")
    (tmp_path / "style.css").write_text("body { background: url('https://example.org/x.png') }")
    assert check["main"](tmp_path) == 1


def test_clicked_pictures_in_the_guides_are_among_the_examples() -> None:
    named = {name for page in NOW for name in re.findall(r"clicks/p\d+-\d+\.webp", page.read_text())}
    assert named
    assert not [name for name in named if not (example_folder() / name).is_file()]
