"""`uniadgen bench`: how fast ads are made."""

import argparse
import contextlib
import dataclasses
import sys
from pathlib import Path

from uniadgen.cli.arguments import add_json, whole_number
from uniadgen.console import notices, print_json, print_line
from uniadgen.errors import InputError


def add_bench(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=bench)
    verb.add_argument("--model", metavar="FOLDER", help="a trained model (default: the embedded one, else random weights)")
    verb.add_argument("--repeats", type=whole_number(1, 99), default=5, metavar="N", help="runs; the median counts (default 5)")
    verb.add_argument("--quick", action="store_true", help="tiny models and one run: a test of the benchmark, no measurement")
    add_json(verb, ": a list of rows: name, ours, peer, ratio, unit, versions")


def bench(arguments: argparse.Namespace) -> None:
    from uniadgen.bench import run

    if arguments.quick and arguments.model:
        raise InputError("argument --model: --quick runs tiny models of its own; leave one of the two out")
    # Rows appear as they are measured. With --json, standard output is for the list only; libraries never get it.
    stream = notices() if arguments.json else sys.stdout
    with contextlib.redirect_stdout(notices()):
        rows = run(
            Path(arguments.model) if arguments.model else None,
            arguments.quick,
            1 if arguments.quick else arguments.repeats,
            lambda line: print_line(line, stream, flush=True),
        )
    if arguments.json:
        print_json([dataclasses.asdict(row) for row in rows])
    else:
        print_line("; ".join(f"{name} {value}" for name, value in rows[0].versions.items()))
