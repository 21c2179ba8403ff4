"""`uniadgen baselines list` and `uniadgen baselines run NAME`: other systems' ads, to be compared by `evaluate --outputs`."""

import argparse
from pathlib import Path

from uniadgen.cli.arguments import add_json, add_limit, whole_number
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
    verb.add_argument("--data", required=True, metavar="DIR", help="a data set in our layout")
    verb.add_argument("--split", default="test", metavar="SPLIT", help="(default %(default)s)")
    add_limit(verb)
    verb.add_argument(
        "--side", type=whole_number(MIN_SIDE, MAX_SIDE), default=512, metavar="PX", help="of the ads (default %(default)s)"
    )
    verb.add_argument("--out", required=True, metavar="DIR", help="for the ads; goes on where it was")


def baselines_list(arguments: argparse.Namespace) -> None:
    from uniadgen.baselines import all_baselines

    systems = all_baselines().values()
    if arguments.json:
        print_json([{"name": b.name, "what": b.what, "makes": b.makes, "needs": b.needs} for b in systems])
        return
    for baseline in systems:
        print_line(f"{baseline.name:18} {baseline.makes:8} {baseline.what}")
        if baseline.needs:
            print_line(f"{'':27} needs {baseline.needs}")


def baselines_run(arguments: argparse.Namespace) -> None:
    from uniadgen.baselines import all_baselines

    systems = all_baselines()
    if arguments.name not in systems:
        raise InputError(f"argument NAME: {quoted(arguments.name)} is unknown; use {', '.join(systems)}")
    from uniadgen.baselines.run import run

    out, baseline = Path(arguments.out), systems[arguments.name]
    with progress_bar() as progress:
        made, kept = run(baseline, Path(arguments.data), arguments.split, arguments.limit, out, arguments.side, progress)
    print_line(f"{made} ads made, {kept} were there: {out}")
    print_line(f"compare: uniadgen evaluate ... --outputs {baseline.name}={out}")
