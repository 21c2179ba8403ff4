"""A baseline's ads for the shoppers of a split, as files that `evaluate --outputs` reads; goes on where it was."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path

from PIL import Image

from uniadgen.ad_files import files_of, finished_ads, publish, staged, write_ad, write_finished
from uniadgen.ads import Ad, AdRequest, SampledClick
from uniadgen.baselines import Baseline, Made, Make, Prepared, Settings, Task, standing_box
from uniadgen.baselines.parallel import in_parallel
from uniadgen.data.encoding import table_digest
from uniadgen.data.layout import table_path
from uniadgen.errors import InputError
from uniadgen.evaluation.protocol import load_cases
from uniadgen.files import check_out
from uniadgen.imaging.composing import compose
from uniadgen.metrics.judged import Case
from uniadgen.rng import stream
from uniadgen.words import quoted

Progress = Callable[[str, int, int], None]
BATCH = 16  # ads that are reserved together
MAX_SEED = 2**31 - 1  # what every library takes


@dataclass(frozen=True)
class Ran:
    """How many ads were made, how many had been there, and for how many shoppers the system has nothing. faults: what went
    wrong with ads that were made, and how often."""

    made: int
    kept: int
    missing: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)


def check_settings(baseline: Baseline, settings: Settings) -> None:
    """Raises InputError for an option that this system doesn't know."""
    for option in fields(settings):
        if getattr(settings, option.name) != option.default and option.name not in baseline.options:
            options = ", ".join(flag(name) for name in baseline.options) or "none"
            raise InputError(f"argument {flag(option.name)}: {baseline.name} has no such option; it knows {options}")


def flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def run(
    baseline: Baseline,
    data: Path,
    split: str,
    limit: int | None,
    out: Path,
    side: int = 512,
    progress: Progress | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> Ran:
    """Write the files of an ad into `out` for every shopper who has none yet.

    side: of the ads, in pixels. Raises InputError, also when `out` holds other ads of these shoppers.
    """
    check_out(out)
    check_settings(baseline, settings)
    prepared = prepared_baseline(baseline, settings)
    cases = load_cases(data, split, limit)
    tables = [table_digest(table_path(data, name)) for name in ("creatives", "users")]
    chosen = [settings.chosen(), prepared.source] if settings.chosen() or prepared.source else []
    digest = hashlib.sha256(json.dumps([baseline.name, *tables, side, *chosen]).encode()).hexdigest()[:16]
    seeds = {case.id: seed_of(baseline, settings, case.id) for case in cases}
    done = set(finished_ads(out, seeds, digest))
    waiting = [case for case in cases if case.id not in done]
    if other := [case.id for case in waiting if (out / files_of(case.id)[2]).exists()]:
        raise InputError(
            f"argument --out: {quoted(out)} holds an ad for {quoted(other[0])} of another system, data set or size, or of "
            "other options; name another folder"
        )
    made = looked = 0
    faults: Counter[str] = Counter()
    if not waiting:
        return Ran(0, len(done))
    with prepared.open() as make:
        for start in range(0, len(waiting), BATCH):
            some = {case.id: case for case in waiting[start : start + BATCH]}
            tasks = [task_of(case, side, settings, seeds[case.id]) for case in some.values()]
            with staged(out, list(some), "finish") as stage:
                for task, result in in_parallel(partial(_timed, make), tasks, settings.parallel):
                    if result is not None:
                        _write(result, task, baseline.name, stage, digest)
                        publish(stage, task.id, "finish")
                        made += 1
                        faults.update(note for note in result.made.notes if ": " not in note)
                    looked += 1
                    if progress is not None:
                        progress(baseline.name, len(done) + looked, len(cases))
    return Ran(made, len(done), looked - made, faults)


def prepared_baseline(baseline: Baseline, settings: Settings) -> Prepared:
    """Raises InputError when something is missing that the system needs."""
    if baseline.prepare is not None:
        return baseline.prepare(settings)

    def opened() -> AbstractContextManager[Make]:
        return nullcontext(baseline.make)

    return Prepared("", opened)


def seed_of(baseline: Baseline, settings: Settings, shopper: str) -> int:
    """Of what a system draws for a shopper; 0 for one that draws nothing."""
    return _drawn_seed(settings, shopper) if "seed" in baseline.options else 0


def _drawn_seed(settings: Settings, shopper: str) -> int:
    return stream(settings.seed, "baseline", shopper).randrange(MAX_SEED)


def task_of(case: Case, side: int, settings: Settings, seed: int = 0) -> Task:
    """What a system is asked for; without clicks for general ads."""
    request = AdRequest(case.product, [] if settings.general else case.history, case.box)
    return Task(request, case.department, (side, side), case.id, seed)


def tasks_of(data: Path, split: str, limit: int | None, side: int, settings: Settings) -> list[Task]:
    """The tasks of a split. Raises InputError."""
    cases = load_cases(data, split, limit)
    return [task_of(case, side, settings, _drawn_seed(settings, case.id)) for case in cases]


@dataclass(frozen=True)
class _Timed:
    made: Made
    seconds: float


def _timed(make: Make, task: Task) -> _Timed | None:
    started = time.perf_counter()
    made = make(task)
    return None if made is None else _Timed(made, time.perf_counter() - started)


def _write(result: _Timed, task: Task, name: str, stage: Path, digest: str) -> None:
    made = result.made
    cutout = task.request.product.image
    if not isinstance(cutout, Image.Image):
        raise TypeError("cases hold cut-outs, no paths")
    background = Image.new("RGB", task.size, "white") if made.background is None else made.background
    placement = made.box or standing_box(task)
    ad = Ad(
        image=compose(background, cutout, placement) if made.picture is None else made.picture,
        text=made.text,
        background=background,
        placement=placement,
        sampled_clicks=[SampledClick(number, 0.0) for number in made.clicks],
        timings={"baseline": result.seconds},
        seed=task.seed,
        model=name,
        notes=list(made.notes),
    )
    if made.picture is None:
        write_ad(ad, stage, task.id, digest)
    else:
        write_finished(ad, stage, task.id, digest, placed=made.box is not None)
