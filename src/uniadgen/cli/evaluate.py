"""`uniadgen evaluate`: generate for a split, measure, and write tables and a report (docs/evaluation.md)."""

import argparse
import os
import re
import shlex
import sys
from pathlib import Path

from uniadgen.ablations import ABLATIONS
from uniadgen.cli.arguments import add_limit, add_seed, number
from uniadgen.clicks.sampling import SAMPLINGS
from uniadgen.console import print_line, progress_bar
from uniadgen.errors import InputError
from uniadgen.rng import MAX_SEED
from uniadgen.words import quoted


def add_evaluate(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=evaluate)
    verb.add_argument("--data", required=True, metavar="DIR", help="a data set in our layout")
    verb.add_argument("--model", metavar="FOLDER", help="a model folder (default: the embedded model)")
    verb.add_argument(
        "--history-length", default="0,3,5,8,10,12", metavar="N,...", help="clicks that the model sees (default %(default)s)"
    )
    samplings = ",".join(SAMPLINGS)
    verb.add_argument("--sampling", default=samplings, metavar="NAME,...", help="ways to sample clicks (default %(default)s)")
    verb.add_argument("--without", metavar="PART,...", help=f"also without parts of the method: {', '.join(ABLATIONS)}")
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
    verb.add_argument(
        "--general", metavar="NAME,...", help="those of --outputs that saw no clicks (default: as their records say)"
    )
    verb.add_argument("--study", metavar="STUDY", help="a finished study of `uniadgen review`, for tables of what people say")
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
        study=arguments.study,
        systems=systems,
        general=_names(arguments.general),
        seed=arguments.seed,
        command=_command(arguments),
    )
    with progress_bar() as progress:
        results = run(evaluation, progress, lambda line: print_line(line, sys.stderr))
    shoppers = results["shoppers"]
    print_line(f"{shoppers} shoppers: {out / 'results.json'}, {out / 'report.html'}, {out / 'compare.html'}")
    if shoppers < LEAST_SHOPPERS:
        print_line(f"too few shoppers for conclusions; at least {LEAST_SHOPPERS} are needed")


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
        "general",
        "out",
        "seed",
    ):
        value = getattr(arguments, name)
        if value is not None and (name, value) != ("seed", 0):
            word = (
                os.path.basename(os.path.realpath(value))
                if name in ("data", "model", "encoder", "study", "out")
                else str(value)
            )
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
        if name == "ours":
            raise InputError('argument --outputs: "ours" is the name of the evaluated model; choose another one')
        if name in systems:
            raise InputError(f"argument --outputs: the name {quoted(name)} is given twice; choose another one")
        systems[name] = Path(path)
    return systems
