"""`uniadgen evaluate`: generate for a split, measure, and write tables and a report (docs/evaluation.md)."""

import argparse
import re
import shlex
import sys
from pathlib import Path

from uniadgen.cli.arguments import add_limit, add_seed, number
from uniadgen.console import print_line, progress_bar
from uniadgen.errors import InputError
from uniadgen.rng import MAX_SEED
from uniadgen.words import quoted


def add_evaluate(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=evaluate)
    verb.add_argument("--data", required=True, metavar="DIR", help="a data set in our layout")
    verb.add_argument("--model", metavar="FOLDER", help="a model folder (default: the embedded model)")
    verb.add_argument("--history-length", default="0,3,5,8,10,12", metavar="N,N,...", help="(default %(default)s)")
    verb.add_argument("--sampling", default="random,most-similar,product-similarity", metavar="NAMES", help="(default: all)")
    verb.add_argument(
        "--without", metavar="PART,...", help="also without foreground, mask, fusion, pictures, texts, plan or outline"
    )
    verb.add_argument("--out", required=True, metavar="DIR", help="for ads and results; goes on where it was")
    verb.add_argument("--split", default="test", metavar="NAME", help="(default %(default)s)")
    add_limit(verb)
    verb.add_argument("--guidance", type=number(0, 100), metavar="G", help="of the picture (default: the model's)")
    verb.add_argument("--encoder", metavar="FILE", help="background encoder for PBS (default: embedded)")
    verb.add_argument(
        "--outputs",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="another system's ads: a folder with ID.png and ID.txt, or JSON lines of id, image, text, placement; repeatable",
    )
    verb.add_argument("--study", metavar="STUDY", help="a finished study of `uniadgen review`, for a table of what people say")
    add_seed(verb, "shopper i's ads use seed S+i", most=MAX_SEED // 2)  # so that any number of shoppers has seeds


def evaluate(arguments: argparse.Namespace) -> None:
    """Evaluate, and say where the results are."""
    lengths, systems = _lengths(arguments.history_length), _systems(arguments.outputs)
    from uniadgen.evaluation.figures import LEAST_SHOPPERS
    from uniadgen.evaluation.run import Evaluation
    from uniadgen.evaluation.run import evaluate as run

    out = Path(arguments.out)
    evaluation = Evaluation(
        data=Path(arguments.data),
        out=out,
        model=arguments.model,
        lengths=lengths,
        samplings=_names(arguments.sampling),
        without=_names(arguments.without),
        split=arguments.split,
        limit=arguments.limit,
        guidance=arguments.guidance,
        encoder=Path(arguments.encoder) if arguments.encoder else None,
        systems=systems,
        seed=arguments.seed,
        command=_command(arguments),
    )
    with progress_bar() as progress:
        results = run(evaluation, progress, lambda line: print_line(line, sys.stderr))
    shoppers = results["shoppers"]
    print_line(f"{shoppers} shoppers: {out / 'results.json'}, {out / 'report.html'}")
    if shoppers < LEAST_SHOPPERS:
        print_line(f"too few shoppers for conclusions; at least {LEAST_SHOPPERS} are needed")


    began = time.perf_counter()
    out, data = Path(arguments.out), Path(arguments.data)
    check_out(out)
    people = _judged_by_people(arguments.study) if arguments.study else None
    lengths = _lengths(arguments.history_length)
    samplings = check_samplings([name for name in arguments.sampling.split(",") if name])
    parts = check_ablations([name for name in (arguments.without or "").split(",") if name], "argument --without")
    systems = _systems(arguments.outputs)
    encoder = load_encoder(Path(arguments.encoder) if arguments.encoder else None)
    cases = load_cases(data, arguments.split, arguments.limit)
    others = {name: read_system(path, [case.id for case in cases]) for name, path in systems.items()}
    for name, system in others.items():
        for line in system.notes():
            print_line(f"--outputs {name}: {line}", sys.stderr)
    generator = AdGenerator.from_pretrained(arguments.model)
    full = generator.model.config.preference.clicks
    wanted = conditions(lengths, samplings, full, parts)
    started = time.perf_counter()
    with progress_bar() as progress:
        generate_all(generator, data, cases, wanted, out, arguments.guidance, progress, arguments.seed)
        variants = generate_variants(generator, cases, out, arguments.guidance, arguments.seed)
    generating = time.perf_counter() - started
    judge = Judge(encoder, data, arguments.split)
    names = [case.id for case in cases]
    made = {c.name: generated_outputs(out / "ads" / c.name, names) for c in wanted}
    judgements = {name: judge_ads(cases, outputs, judge) for name, outputs in made.items()}
    rows = {name: judgement.rows for name, judgement in judgements.items()}
    oracle = oracle_values(cases, data, encoder)
    judged = {name: judge_ads(cases, system.ads, judge).rows for name, system in others.items()}
    summaries = {name: summarise(values).as_dict() for name, values in rows.items()}
    # Seconds of ads that an earlier, interrupted run has made count as well: they are in the ads' own records.
    seconds = sum(output.seconds or 0.0 for outputs in made.values() for output in outputs.values())
    pictures = {"ours": judge_pictures(list(made[f"length-{full}"].values()), judge, variants)}
    pictures |= {name: judge_pictures(list(system.ads.values()), judge) for name, system in others.items()}
    whole = judgements[f"length-{full}"]
    results: dict[str, Any] = {
        "history_length": {str(c.length): summaries[c.name] for c in wanted if c.name.startswith("length-")},
        "sampling": {
            name: summaries[f"length-{full}" if name == "product-similarity" else f"sampling-{name}"] for name in samplings
        },
        "oracle": summarise(oracle).as_dict(),
        "swapped": summaries["swapped"],
        "parts": _parts(parts, rows, summaries, f"length-{full}"),
        "systems": {name: summarise(values).as_dict() for name, values in judged.items()},
        "outputs": {name: {"unused": system.unused, "missing": system.missing} for name, system in others.items()},
        "pictures": pictures,
        **({"people": people} if people else {}),
        "targets": targets(rows, f"length-{full}", oracle),
        **whole.about,
        "signatures": whole.signatures,
        "model": generator.model.config.name,
        "encoder": Path(arguments.encoder).name if arguments.encoder else "embedded",
        "data": data.resolve().name,
        "split": arguments.split,
        "shoppers": len(cases),
        "least_shoppers": LEAST_SHOPPERS,
        "seed": arguments.seed,
        "command": _command(arguments),
        "machine": _machine(),
        "date": date.today().isoformat(),
        "seconds_generating": round(seconds, 1),
        "seconds": round(seconds + time.perf_counter() - began - generating, 1),
    }
    write_results(out, results)
    write_markdown(out, results)
    seeds = {case.id: arguments.seed + number for number, case in enumerate(cases)}
    write_shoppers(out, {"condition": rows, "bound": {"oracle": oracle}, "system": judged}, seeds)
    ads = {name: system.ads for name, system in others.items()}
    write_report(out, results, _gallery(cases[:GALLERY], made, rows, ads, full))
    print_line(f"{len(cases)} shoppers, {len(wanted)} conditions: {out / 'results.json'}, {out / 'report.html'}")
    if len(cases) < LEAST_SHOPPERS:
        print_line(f"too few shoppers for conclusions; at least {LEAST_SHOPPERS} are needed")


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
    parts: Sequence[str], rows: dict[str, dict[str, dict[str, float]]], summaries: dict[str, dict[str, Any]], whole: str
) -> dict[str, dict[str, Any]]:
    """The figures with all parts of the method, and without each of `parts` those and what they differ by; {} for no parts."""
    from uniadgen.evaluation.figures import differences

    without = {part: f"without-{part}" for part in parts}
    taken = {part: summaries[name] | differences(rows[name], rows[whole]) for part, name in without.items()}
    return {"whole": summaries[whole], **taken} if parts else {}


def _command(arguments: argparse.Namespace) -> str:
    """The command as one may repeat it; of paths only the last part, for a page that others read."""
    words = ["uniadgen", "evaluate"]
    for name in (
        "data",
        "model",
        "history_length",
        "sampling",
        "without",
        "split",
        "limit",
        "guidance",
        "encoder",
        "study",
        "out",
        "seed",
    ):
        value = getattr(arguments, name)
        if value is not None and (name, value) != ("seed", 0):
            word = Path(value).resolve().name if name in ("data", "model", "encoder", "study", "out") else str(value)
            words += [f"--{name.replace('_', '-')}", word]
    for system in arguments.outputs:
        name, _, path = system.partition("=")
        words += ["--outputs", f"{name}={Path(path).name}"]
    return shlex.join(words)


def _lengths(text: str) -> list[int]:
    lengths = text.split(",")
    if not all(re.fullmatch("[0-9]{1,3}", value) for value in lengths):
        raise InputError(f"argument --history-length: {quoted(text)} is no list of numbers such as 0,3,10")
    return [int(value) for value in lengths]


def _names(text: str | None) -> list[str]:
    return [name for name in (text or "").split(",") if name]


def _systems(given: list[str]) -> dict[str, Path]:
    systems: dict[str, Path] = {}
    for text in given:
        name, separator, path = text.partition("=")
        if not separator or not name.strip() or not path:
            raise InputError(f"argument --outputs: {quoted(text)} is not NAME=PATH")
        if name in systems:
            raise InputError(f"argument --outputs: the name {quoted(name)} is given twice; choose another one")
        systems[name] = Path(path)
    return systems
