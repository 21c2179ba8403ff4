"""Names are the field's words: those of a private language, which say nothing of what a value is, are not used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VAGUE = {"told", "found", "own", "shown", "known", "worth"}
STORED = {
    # a column of studies, and the key of it in exports
    ("review/exchange.py", "shown"),
    # code whose hash says which renders may be kept
    ("padsynth/blender/scenes/places.py", "own"),
    ("padsynth/blender/scenes/stage.py", "known"),
}


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
        if VAGUE & set(re.split(r"\W|_", (source := path.read_text("utf-8")).lower()))
        for name, line in identifiers(ast.parse(source))
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


# How often tests reach into what the package keeps to itself; less is fine, more is not.
PRIVATE = {"data/test_encoding.py": 5, "data/test_pad1m.py": 1, "decoding/test_engine.py": 1, "imaging/test_segmenting.py": 2}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def kept_inside() -> set[str]:
    """Names with an underscore in the package's code."""
    sources = (path.read_text("utf-8") for path in (ROOT / "src/uniadgen").rglob("*.py"))
    return {name for source in sources for name in re.findall(r"\b_[a-zA-Z]\w*", source)}


def private_uses(source: str, inside: set[str]) -> int:
    """Names with an underscore that are imported from the package, or taken from or set in one of its modules or objects."""
    modules, count = set[str](), 0
    if not re.search(r"\b_[a-zA-Z]", source):
        return 0  # no need to parse it
    nodes = list(ast.walk(ast.parse(source)))
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("uniadgen"):
            modules |= {alias.asname or alias.name for alias in node.names}
            count += sum(is_private(alias.name) for alias in node.names)
    for node in nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in modules:
                count += is_private(name)
            case ast.Attribute(value=ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super"))):
                pass  # of a test's own class
            case ast.Attribute(attr=name) if name in inside:
                count += 1
            case ast.Call(args=[ast.Name(id=module), ast.Constant(value=str(name)), *_]) if module in modules:
                count += is_private(name)
            case ast.Constant(value=str(path)) if path.startswith("uniadgen.") and "._" in path and " " not in path:
                count += 1
    return count


def test_tests_use_public_names() -> None:
    tests, inside = ROOT / "tests", kept_inside()
    used = {p.relative_to(tests).as_posix(): private_uses(p.read_text("utf-8"), inside) for p in tests.rglob("*.py")}
    assert {name: count for name, count in used.items() if count > PRIVATE.get(name, 0)} == {}
