"""Checks an installed wheel, with the Python of the clean environment that it is in (`make release-check`).

    build/release-venv/bin/python -I scripts/check_wheel.py src/uniadgen

Every file of the source that is no Python must be there, byte for byte; the commands must work without any extra; one that
needs an extra must say so in one line. Prints a line for each check, and ends at the first one that fails.
"""

import hashlib
import json
import subprocess
import sys
import sysconfig
import tempfile
from importlib import metadata, util
from pathlib import Path

EXTRAS = ("duckdb", "pyarrow", "peft", "transformers", "sacrebleu")  # a package of each, none of which may be there


def check(what: str, holds: bool, seen: object = "") -> None:
    if not holds:
        sys.exit(f"FAILED {what}: {seen}")
    print(f"ok  {what}", flush=True)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sysconfig.get_path("scripts")) / "uniadgen"
    return subprocess.run([str(command), *arguments], cwd=cwd, capture_output=True, text=True, timeout=600)


def data_files(folder: Path) -> dict[str, str]:
    """Digests of all files but Python's, by their place in the folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main(source: Path) -> None:
    spec = util.find_spec("uniadgen")
    check("uniadgen is installed", spec is not None and spec.origin is not None)
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent
    check("it is the wheel, not the source", not installed.is_relative_to(source.parent), installed)
    check("no extra is installed", not any(util.find_spec(name) for name in EXTRAS))

    there, wanted = data_files(installed), data_files(source)
    wrong = sorted(name for name, digest in wanted.items() if there.get(name) != digest)
    check(f"all {len(wanted)} data files are in it: weights, examples, training files, word lists", not wrong, wrong)
    modules = {path.relative_to(source) for path in source.rglob("*.py")}
    check(f"all {len(modules)} modules are in it", all((installed / module).is_file() for module in modules))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        version = run("--version", cwd=folder)
        check("uniadgen --version", version.stdout.split() == ["uniadgen", metadata.version("uniadgen")], version)
        demo = run("demo", "--out", "demo-out", cwd=folder)
        check("uniadgen demo", demo.returncode == 0 and (folder / "demo-out" / "demo.png").is_file(), demo)
        request = installed / "examples" / "shopper-1.json"
        made = run("generate", str(request), "--out", "ads", "--size", "256x256", "--json", cwd=folder)
        check("uniadgen generate", made.returncode == 0 and json.loads(made.stdout)["image_size"] == [256, 256], made)
        names = {path.name for path in (folder / "ads").iterdir()}
        check("its files", {"ad-000.png", "ad-000.background.png", "ad-000.json"} <= names, names)
        bad = run("generate", "nothing.json", "--out", "more", cwd=folder)
        check("bad input is one line and exit code 2", bad.returncode == 2 and len(bad.stderr.splitlines()) == 1, bad)
        extra = run("data", "stats", ".", cwd=folder)
        check("a missing extra is named", extra.returncode == 2 and "uniadgen[data]" in extra.stderr, extra)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
