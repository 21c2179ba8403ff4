"""A baseline's ads for the shoppers of a split, as files that `evaluate --outputs` reads; goes on where it was."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from uniadgen.ad_files import files_of, finished_ads, publish, staged, write_ad
from uniadgen.ads import Ad, AdRequest, SampledClick
from uniadgen.baselines import Baseline, Made, Task
from uniadgen.data.encoding import table_digest
from uniadgen.data.layout import table_path
from uniadgen.errors import InputError
from uniadgen.evaluation.protocol import load_cases
from uniadgen.files import check_out
from uniadgen.imaging.composing import compose
from uniadgen.imaging.placing import place
from uniadgen.metrics.judged import Case
from uniadgen.words import quoted

Progress = Callable[[str, int, int], None]
BATCH = 16  # ads that are reserved together


def run(
    baseline: Baseline, data: Path, split: str, limit: int | None, out: Path, side: int = 512, progress: Progress | None = None
) -> tuple[int, int]:
    """Write out/SHOPPER.png, .background.png and .json for every shopper; returns how many were made, and how many kept.

    side: of the ads, in pixels. Raises InputError, also when `out` holds other ads of these shoppers.
    """
    check_out(out)
    cases = load_cases(data, split, limit)
    tables = [table_digest(table_path(data, name)) for name in ("creatives", "users")]
    digest = hashlib.sha256(json.dumps([baseline.name, *tables, side]).encode()).hexdigest()[:16]
    done = set(finished_ads(out, {case.id: 0 for case in cases}, digest))
    waiting = [case for case in cases if case.id not in done]
    if other := [case.id for case in waiting if (out / files_of(case.id)[2]).exists()]:
        raise InputError(
            f"argument --out: {quoted(out)} holds an ad for {quoted(other[0])} of another system, data set or size; "
            "name another folder"
        )
    for start in range(0, len(waiting), BATCH):
        some = waiting[start : start + BATCH]
        with staged(out, [case.id for case in some], "finish") as stage:
            for number, case in enumerate(some, 1):
                write_ad(_ad(baseline, case, side), stage, case.id, digest)
                publish(stage, case.id, "finish")
                if progress is not None:
                    progress(baseline.name, len(done) + start + number, len(cases))
    return len(waiting), len(done)


def _ad(baseline: Baseline, case: Case, side: int) -> Ad:
    started = time.perf_counter()
    request, size = AdRequest(case.product, case.history, case.box), (side, side)
    if not isinstance(case.product.image, Image.Image):
        raise TypeError("cases hold cut-outs, no paths")
    made: Made = baseline.make(Task(request, case.department, size))
    background = Image.new("RGB", size, "white") if made.background is None else made.background
    placement = place(case.product.image, size, case.box)
    picture = compose(background, case.product.image, placement)
    return Ad(
        image=picture,
        text=made.text,
        background=background,
        placement=placement,
        sampled_clicks=[SampledClick(number, 0.0) for number in made.clicks],
        timings={"baseline": time.perf_counter() - started},
        seed=0,
        model=baseline.name,
    )
