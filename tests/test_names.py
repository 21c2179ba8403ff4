"""Names are the field's words: those of a private language, which say nothing of what a value is, are not used."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VAGUE = {"told", "found", "own", "shown", "known", "worth"}
STORED = {
    ("model/plan.py", "worth"),
    ("training/plan.py", "worth"),
    ("evaluation/test_ablations.py", "worth"),
}  # a parameter in files of models that were written before


def identifiers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno


@pytest.mark.parametrize("folder", ["src/uniadgen", "tests", "benchmarks", "scripts"])
def test_names_say_what_a_value_is(folder: str) -> None:
    vague = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not {"typography", "review"} & set(path.parts)  # rooms that are being built
        for name, line in identifiers(ast.parse(path.read_text("utf-8")))
        if name.strip("_").lower() in VAGUE and (path.relative_to(ROOT / folder).as_posix(), name) not in STORED
    ]
    assert vague == [], "name what the value is: paths, logits, settings, match ..."


def test_nouns_of_the_domain_mean_one_thing() -> None:
    """A placement is a place in a picture, and nothing else; the same for an ad, a click, a product."""

    def classes(path: Path) -> list[str]:
        return [node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef)]

    nouns = set(classes(ROOT / "src/uniadgen/ads.py"))
    assert "Placement" in nouns
    files = [path for path in (ROOT / "src/uniadgen").rglob("*.py") if path.name != "ads.py"]
    assert {path.name: both for path in files if (both := nouns & set(classes(path)))} == {}


@pytest.mark.parametrize("name", ["scenes"])
def test_one_module_of_a_name(name: str) -> None:
    assert len([path for path in (ROOT / "src/uniadgen").rglob("*") if path.stem == name and path.suffix in ("", ".py")]) == 1
