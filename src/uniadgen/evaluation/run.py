"""An evaluation from its settings to its tables and report: generate, judge, write.

results = evaluate(Evaluation(data=Path("data"), out=Path("results")))
"""

import os
import platform
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from uniadgen.ablations import check_ablations
from uniadgen.clicks.sampling import SAMPLINGS
from uniadgen.cores import usable_cores
from uniadgen.errors import InputError
from uniadgen.evaluation.comparison import Compared, write_comparison
from uniadgen.evaluation.figures import LEAST_SHOPPERS, differences, judge_ads, oracle_values, summarise, targets
from uniadgen.evaluation.gallery import gallery
from uniadgen.evaluation.picture_sets import judge_pictures
from uniadgen.evaluation.protocol import (
    Progress,
    check_samplings,
    conditions,
    generate_all,
    generate_variants,
    load_cases,
)
from uniadgen.evaluation.report import (
    REFERENCE_LENGTHS,
    provenance,
    write_markdown,
    write_report,
    write_results,
    write_shoppers,
)
from uniadgen.evaluation.systems import generated_outputs, read_system
from uniadgen.files import check_out
from uniadgen.loading.background_encoder import load_encoder
from uniadgen.metrics.judged import Judge
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.words import quoted

LENGTHS = tuple(int(length) for length in REFERENCE_LENGTHS)


@dataclass(frozen=True)
class Evaluation:
    """What is evaluated. out: for ads and results; goes on where it was.

    model: a folder, None for the embedded model. lengths: of histories. without: parts of the method (`ablations`). limit: of
    shoppers. guidance: None for the model's. encoder: background encoder of PBS, None for the embedded one. study: file
    or URL of a finished study of `review`, for what people say. systems: ads of other systems by name; general: those of them
    that saw no clicks and don't say so. Shopper i's ads use seed + i. command: how one may repeat it, for the report.
    """

    data: Path
    out: Path
    model: str | None = None
    lengths: Sequence[int] = LENGTHS
    samplings: Sequence[str] = tuple(SAMPLINGS)
    without: Sequence[str] = ()
    split: str = "test"
    limit: int | None = None
    guidance: float | None = None
    encoder: Path | None = None
    study: str | None = None
    systems: Mapping[str, Path] = field(default_factory=dict)
    general: Sequence[str] = ()
    seed: int = 0
    command: str = ""


def evaluate(
    evaluation: Evaluation, progress: Progress | None = None, notice: Callable[[str], object] = lambda line: None
) -> dict[str, Any]:
    """Generates what is missing, and writes results.json, results.csv, results.md, shoppers.csv and report.html.

    progress: called with what is done, ads so far, in all. notice: gets lines on what of other systems' ads is left out.
    Returns what results.json holds. Raises InputError.
    """
    began = time.perf_counter()
    data, out = evaluation.data, evaluation.out
    check_out(out)
    samplings = check_samplings(evaluation.samplings)
    parts = check_ablations(evaluation.without, "argument --without")
    if unknown := [name for name in evaluation.general if name not in evaluation.systems]:
        raise InputError(f"argument --general: {quoted(unknown[0])} is no name of --outputs")
    encoder = load_encoder(evaluation.encoder)
    people = None if evaluation.study is None else _judged_by_people(evaluation.study)
    cases = load_cases(data, evaluation.split, evaluation.limit)
    names = [case.id for case in cases]
    others = {name: read_system(path, names) for name, path in evaluation.systems.items()}
    for name, system in others.items():
        for line in system.notes():
            notice(f"--outputs {name}: {line}")
    # 1. Generate: every shopper under every condition.
    generator = AdGenerator.from_pretrained(evaluation.model)
    clicks = generator.model.config.preference.clicks
    wanted, full = conditions(evaluation.lengths, samplings, clicks, parts), f"length-{clicks}"
    started = time.perf_counter()
    generate_all(generator, data, cases, wanted, out, evaluation.guidance, progress, evaluation.seed)
    variants = generate_variants(generator, cases, out, evaluation.guidance, evaluation.seed)
    generating = time.perf_counter() - started
    # 2. Judge: each ad by itself, then the pictures of each system together.
    judge = Judge(encoder, data, evaluation.split)
    made = {c.name: generated_outputs(out / "ads" / c.name, names) for c in wanted}
    judgements = {name: judge_ads(cases, outputs, judge) for name, outputs in made.items()}
    rows = {name: judgement.rows for name, judgement in judgements.items()}
    oracle = oracle_values(cases, data, encoder)
    judged = {name: judge_ads(cases, system.ads, judge).rows for name, system in others.items()}
    summaries = {name: summarise(values).as_dict() for name, values in rows.items()}
    pictures = {"ours": judge_pictures(list(made[full].values()), judge, variants)}
    pictures |= {name: judge_pictures(list(system.ads.values()), judge) for name, system in others.items()}
    general = {name for name, system in others.items() if system.general or name in evaluation.general}
    without_clicks = judge_pictures(list(made["length-0"].values()), judge) if general and "length-0" in made else {}
    # Seconds of ads that an earlier, interrupted run has made count as well: they are in the ads' own records.
    seconds = sum(output.seconds or 0.0 for outputs in made.values() for output in outputs.values())
    # 3. Write.
    results: dict[str, Any] = {
        "history_length": {str(c.length): summaries[c.name] for c in wanted if c.name.startswith("length-")},
        "sampling": {name: summaries[full if name == "product-similarity" else f"sampling-{name}"] for name in samplings},
        "oracle": summarise(oracle).as_dict(),
        "swapped": summaries["swapped"],
        "parts": _parts(parts, rows, summaries, full),
        "systems": {name: summarise(values).as_dict() for name, values in judged.items()},
        "outputs": {
            name: {"unused": system.unused, "missing": system.missing, "general": name in general}
            for name, system in others.items()
        },
        "pictures": pictures,
        **({} if people is None else {"people": people}),
        "targets": targets(rows, full, oracle),
        **judgements[full].about,
        "signatures": judgements[full].signatures,
        "model": generator.model.config.name,
        "encoder": evaluation.encoder.name if evaluation.encoder else "embedded",
        "data": os.path.basename(os.path.realpath(data)),
        "split": evaluation.split,
        "shoppers": len(cases),
        "least_shoppers": LEAST_SHOPPERS,
        "seed": evaluation.seed,
        "command": evaluation.command,
        "machine": machine(),
        "date": date.today().isoformat(),
        "seconds_generating": round(seconds, 1),
        "seconds": round(seconds + time.perf_counter() - began - generating, 1),
    }
    write_results(out, results)
    write_markdown(out, results)
    seeds = {name: evaluation.seed + number for number, name in enumerate(names)}
    write_shoppers(out, {"condition": rows, "bound": {"oracle": oracle}, "system": judged}, seeds)
    ours = [Compared("ours", made[full], rows[full], _means(rows[full]), pictures["ours"], general=False, ours=True)]
    if "length-0" in made:
        ours.append(
            Compared("ours", made["length-0"], rows["length-0"], _means(rows["length-0"]), without_clicks, True, ours=True)
        )
    theirs = [
        Compared(name, s.ads, judged[name], _means(judged[name]), pictures[name], name in general) for name, s in others.items()
    ]
    write_comparison(out, cases, [*ours, *theirs], judge, provenance(results))
    write_report(out, results, gallery(cases, made, rows, {name: system.ads for name, system in others.items()}, full))
    return results


def _judged_by_people(place: str) -> dict[str, Any]:
    """What people say of the ads of each system in a study. Raises InputError unless it is finished."""
    from uniadgen.review.figures import study_figures
    from uniadgen.review.store import open_study

    study = open_study(place, "argument --study")
    figures = study_figures(study)
    study.close()
    if not figures["finished"]:
        raise InputError(
            f"argument --study: {quoted(figures['study']['title'])} is not finished; let its teams finish it first"
        )
    return {name: figures[name] for name in ("study", "criteria", "systems", "recheck")}


def _parts(
    parts: Sequence[str],
    rows: Mapping[str, dict[str, dict[str, float]]],
    summaries: Mapping[str, Mapping[str, Any]],
    whole: str,
) -> dict[str, dict[str, Any]]:
    """The figures with all parts of the method, and without each of `parts` those and what they differ by; {} for no parts."""
    without = {part: f"without-{part}" for part in parts}
    taken = {part: {**summaries[name], **differences(rows[name], rows[whole])} for part, name in without.items()}
    return {"whole": dict(summaries[whole]), **taken} if parts else {}


def _means(rows: Mapping[str, Mapping[str, float]]) -> Mapping[str, float]:
    return summarise({key: dict(row) for key, row in rows.items()}).means


def machine() -> str:
    """The processor, in words."""
    cores = len(usable_cores())
    name = platform.processor() or platform.machine()
    try:
        match = re.search("model name.*: (.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:  # no Linux
        match = None
    return f"{cores} core{'s' if cores > 1 else ''} of {match[1].strip() if match else name}"
