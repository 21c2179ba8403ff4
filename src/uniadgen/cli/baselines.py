"""`uniadgen baselines list|run|prompts|export`: other systems' ads, to be compared by `evaluate --outputs`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from uniadgen.cli.arguments import add_json, add_limit, add_progress, add_seed, number, whole_number
from uniadgen.console import print_json, print_line, progress_bar
from uniadgen.errors import InputError
from uniadgen.words import quoted

MIN_SIDE, MAX_SIDE = 64, 4096


def add_baselines(parser: argparse.ArgumentParser) -> None:
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True)
    verb = steps.add_parser("list", help="the systems there are, what they make and what they need")
    verb.set_defaults(run=baselines_list)
    add_json(verb)
    verb = steps.add_parser("run", help="make one system's ads for the shoppers of a split")
    verb.set_defaults(run=baselines_run)
    verb.add_argument("name", metavar="NAME", help="of `uniadgen baselines list`")
    _add_shoppers(verb, "for the ads; goes on where it was")
    _add_side(verb)
    add_progress(verb)
    _add_settings(verb)
    verb = steps.add_parser("prompts", help="prompts for backgrounds, by a vision language model or a template")
    verb.set_defaults(run=baselines_prompts)
    _add_shoppers(verb, "a file of JSON lines; goes on where it was")
    add_progress(verb)
    _add_model(verb, "a vision language model: folder or hub id (default: none, a template)")
    _add_texts(verb)
    verb = steps.add_parser("export", help="what a system's own code reads, for systems that run elsewhere")
    verb.set_defaults(run=baselines_export)
    verb.add_argument("name", metavar="NAME", help="of `uniadgen baselines list`")
    _add_shoppers(verb, "a new folder")
    _add_side(verb)
    verb.add_argument("--prompts", metavar="FILE", help="by `uniadgen baselines prompts` (default: a template)")


def _add_side(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--side", type=whole_number(MIN_SIDE, MAX_SIDE), default=512, metavar="PX", help="of the ads (default %(default)s)"
    )


def _add_shoppers(verb: argparse.ArgumentParser, out: str) -> None:
    verb.add_argument("--data", required=True, metavar="DIR", help="a data set in our layout")
    verb.add_argument("--split", default="test", metavar="SPLIT", help="(default %(default)s)")
    add_limit(verb)
    verb.add_argument("--out", required=True, metavar="DIR", help=out)


def _add_settings(verb: argparse.ArgumentParser) -> None:
    """Options of single systems; none has a default here, so that one which a system doesn't know is noticed."""
    _add_model(verb, "folder, GGUF file or hub id (default: the system's published one)")
    _add_texts(verb)
    pictures = verb.add_argument_group("pictures")
    pictures.add_argument("--prompts", metavar="FILE", help="by `uniadgen baselines prompts` (default: a template)")
    pictures.add_argument("--controlnet", metavar="PATH", help="folder or hub id (default: the system's published one)")
    pictures.add_argument("--steps", type=whole_number(1, 1000), metavar="N", help="of denoising (default: the system's)")
    pictures.add_argument("--guidance", type=number(0, 100), metavar="G", help="(default: the system's)")
    pictures.add_argument("--candidates", type=whole_number(1, 100), metavar="N", help="of which the best is kept")
    pictures.add_argument("--outputs", metavar="DIR", help="pictures that the system's own code has made")


def _add_model(verb: argparse.ArgumentParser, weights: str) -> None:
    models = verb.add_argument_group("models, for systems that know these options (`uniadgen baselines list`)")
    models.add_argument("--weights", metavar="PATH", help=weights)
    models.add_argument("--device", metavar="DEVICE", help="such as cpu, cuda:1 (default: auto, all GPUs there are)")
    models.add_argument("--dtype", metavar="TYPE", help="float32, bfloat16, float16 (default: by the device)")
    add_seed(verb, "of what is drawn")


def _add_texts(verb: argparse.ArgumentParser) -> None:
    texts = verb.add_argument_group("texts")
    _add_endpoint(texts)
    texts.add_argument("--max-tokens", type=whole_number(1, 10**6), metavar="N", help="of an answer, thinking included")
    texts.add_argument("--temperature", type=number(0, 10), metavar="T", help="0: always the likeliest word")
    texts.add_argument("--thinking", choices=("yes", "no"), help="whether a model that can is to think first")
    texts.add_argument("--general", action="store_true", default=None, help="show no clicks: ads for everybody")
    texts.add_argument("--clicks", type=whole_number(1, 1000), metavar="N", help="that are shown (default 10)")
    texts.add_argument("--pool", metavar="FILE", help="of instructions (default: ours)")


def _add_endpoint(verb: Any) -> None:
    verb.add_argument("--endpoint", metavar="URL", help="an OpenAI-compatible server, as http://127.0.0.1:8000/v1")
    verb.add_argument("--model-name", metavar="NAME", help="of the endpoint's model")
    verb.add_argument(
        "--key-variable", metavar="NAME", help="environment variable with the endpoint's key (default UNIADGEN_ENDPOINT_KEY)"
    )
    verb.add_argument("--timeout", type=number(0.1, 86400), metavar="S", help="seconds for an answer (default 120)")
    verb.add_argument("--retries", type=whole_number(0, 100), metavar="N", help="of a request that failed (default 5)")
    verb.add_argument("--per-minute", type=whole_number(1, 10**6), metavar="N", help="requests (default: no limit)")
    verb.add_argument("--parallel", type=whole_number(1, 256), metavar="N", help="requests at a time (default 1)")


def baselines_list(arguments: argparse.Namespace) -> None:
    from uniadgen.baselines import all_baselines
    from uniadgen.baselines.run import flag

    systems = all_baselines().values()
    if arguments.json:
        columns = ("name", "what", "makes", "needs", "runs")
        print_json([{c: getattr(b, c) for c in columns} | {"options": [flag(o) for o in b.options]} for b in systems])
        return
    for baseline in systems:
        print_line(f"{baseline.name:18} {baseline.makes:8} {baseline.what}")
        if baseline.needs:
            print_line(f"{'':27} needs {baseline.needs}")
        if baseline.options:
            print_line(f"{'':27} options {', '.join(map(flag, baseline.options))}")


def baselines_run(arguments: argparse.Namespace) -> None:
    from uniadgen.baselines.run import run

    out, baseline = Path(arguments.out), _baseline(arguments.name)
    settings = _settings(arguments)
    with progress_bar(arguments.progress) as progress:
        ran = run(baseline, Path(arguments.data), arguments.split, arguments.limit, out, arguments.side, progress, settings)
    nothing = f", nothing for {ran.missing}" if ran.missing else ""
    for fault, count in ran.faults.items():
        print_line(f"{count} of them: {fault}", sys.stderr)
    print_line(f"{ran.made} ads made, {ran.kept} were there{nothing}: {out}")
    print_line(f"compare: uniadgen evaluate ... --outputs {baseline.name}={out}")


def baselines_prompts(arguments: argparse.Namespace) -> None:
    from uniadgen.baselines.background_prompts import write_prompts
    from uniadgen.baselines.run import tasks_of

    settings, out = _settings(arguments), Path(arguments.out)
    tasks = tasks_of(Path(arguments.data), arguments.split, arguments.limit, 512, settings)
    with progress_bar(arguments.progress) as progress:
        wrote = write_prompts(tasks, settings, out, progress)
    if wrote.silent:
        print_line(f"{wrote.silent} of them by the template: the model said nothing", sys.stderr)
    print_line(f"{wrote.new} prompts written, {wrote.there} were there: {out}")


def baselines_export(arguments: argparse.Namespace) -> None:
    from uniadgen.baselines.exchange import check_export, export_inputs
    from uniadgen.baselines.run import tasks_of

    settings, out, baseline = _settings(arguments), Path(arguments.out), _baseline(arguments.name)
    check_export(baseline, out)
    tasks = tasks_of(Path(arguments.data), arguments.split, arguments.limit, arguments.side, settings)
    export_inputs(baseline, tasks, out, settings)
    print_line(f"inputs for {len(tasks)} ads: {out}")
    print_line(f"then: uniadgen baselines run {baseline.name} ... --outputs DIR")


def _baseline(name: str) -> Any:
    from uniadgen.baselines import all_baselines

    systems = all_baselines()
    if name not in systems:
        raise InputError(f"argument NAME: {quoted(name)} is unknown; use {', '.join(systems)}")
    return systems[name]


def _settings(arguments: argparse.Namespace) -> Any:
    """What was given."""
    from dataclasses import fields

    from uniadgen.baselines import Settings

    given: dict[str, Any] = {f.name: getattr(arguments, f.name, None) for f in fields(Settings)}
    given["thinking"] = {"yes": True, "no": False}.get(given["thinking"] or "")
    for name in ("prompts", "outputs"):
        given[name] = Path(given[name]) if given[name] else None
    return Settings(**{name: value for name, value in given.items() if value is not None})
