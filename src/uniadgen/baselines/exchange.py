"""Systems that run where their own code is installed: inputs are exported in its format, its pictures are taken from there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from uniadgen.baselines import Baseline, Made, Make, Prepared, Settings, Task
from uniadgen.errors import InputError
from uniadgen.files import scratch_folder
from uniadgen.imaging.loading import load_rgb
from uniadgen.words import quoted


def imported(folder: Path, find: Callable[[Path, Task], Path | None], take: Callable[[Task, Image.Image], Made]) -> Prepared:
    """A system whose pictures lie in a folder. find: a shopper's picture there, None if there is none. Raises InputError."""
    if not folder.is_dir():
        raise InputError(f"argument --outputs: {quoted(folder)} is no folder; name the one with the system's pictures")

    @contextmanager
    def open_it() -> Iterator[Make]:
        def make(task: Task) -> Made | None:
            path = find(folder, task)
            return None if path is None else take(task, load_rgb(path, f"argument --outputs: {quoted(path.name)}"))

        yield make

    return Prepared("imported", open_it)


def check_export(baseline: Baseline, out: Path) -> None:
    """Raises InputError for a system that runs here, and for a folder that is there or can't be made."""
    if baseline.export is None:
        raise InputError(
            f"argument NAME: {baseline.name} runs here (`uniadgen baselines run {baseline.name}`); nothing to export"
        )
    if out.exists():
        raise InputError(f"argument --out: {quoted(out)} is there already; name a new folder")
    if not out.absolute().parent.is_dir():
        raise InputError(f"argument --out: {quoted(out.parent)} is no folder; make it first")


def export_inputs(baseline: Baseline, tasks: Sequence[Task], out: Path, settings: Settings) -> None:
    """Write what a system's own code reads into a new folder, all or nothing. Raises InputError."""
    check_export(baseline, out)
    if baseline.export is not None:
        with scratch_folder(out.absolute().parent, "argument --out") as scratch:
            made = scratch / "inputs"
            made.mkdir()
            baseline.export(tasks, made, settings)
            made.rename(out)
