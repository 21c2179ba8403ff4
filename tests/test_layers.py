"""Rooms stand on each other: a module imports from its own room and from rooms below it, never from above."""

import ast
from pathlib import Path

import uniadgen

ROOT = Path(uniadgen.__file__).parent

# From the ground up; rooms on one line don't know each other. A room is a module or a folder right below `uniadgen`.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("cores", "errors", "registry", "rng", "templates", "version"),
    ("pages", "words", "signals"),
    ("console", "files", "schema", "strictyaml"),
    ("strictjson",),
    ("ads", "ablations", "presets", "selling_points"),
    ("clicks", "digests", "imaging", "prompts", "sheets"),
    ("inspection",),
    ("options", "picture_chunks", "request", "typography"),
    ("campaign", "model", "padsynth", "provenance"),
    ("output",),
    ("ad_files",),
    ("loading",),
    ("data", "decoding"),
    ("metrics", "review"),
    ("pipeline", "training"),
    ("demo", "evaluation", "studio"),
    ("baselines", "bench", "batch", "service"),
    ("cli",),
    ("__main__", ""),
)
# What a noun offers as a verb, loaded when it is called: `ad.typeset()`.
OFFERED = {("ads.py", "typography")}
FLOOR = {room: number for number, layer in enumerate(LAYERS) for room in layer}


def imports(path: Path) -> set[str]:
    """The modules of uniadgen that a file imports, anywhere in it, without the package's name."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names if alias.name.partition(".")[0] == "uniadgen"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "uniadgen":
            # `from uniadgen import words` names a room, `from uniadgen.words import quoted` something in one
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.partition(".")[2] for name in modules}


def room(module: str) -> str:
    return module.partition(".")[0]


def test_no_room_imports_from_above() -> None:
    upward, unknown = [], set()
    for path in sorted(ROOT.rglob("*.py")):
        here = room(".".join(path.relative_to(ROOT).with_suffix("").parts)).replace("__init__", "")
        for module in imports(path):
            there = room(module)
            if there not in FLOOR and not (ROOT / there).exists() and not (ROOT / f"{there}.py").exists():
                there = ""  # a name of the package itself, as in `from uniadgen import AdGenerator`
            unknown |= {name for name in (here, there) if name not in FLOOR}
            if (path.name, there) in OFFERED:
                continue
            if here != there and FLOOR.get(there, 0) >= FLOOR.get(here, 99):
                upward.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not unknown, "give new rooms a place in LAYERS"
    assert upward == []


def test_no_code_that_makes_ads_knows_the_synthetic_world() -> None:
    rooms = ("clicks", "decoding", "imaging", "inspection", "loading", "model", "pipeline", "prompts", "typography")
    upward = [
        path for name in rooms for path in (ROOT / name).rglob("*.py") if any(room(m) == "padsynth" for m in imports(path))
    ]
    assert upward == []
