"""`uniadgen inspect text`: is one ad's text acceptable, and if not, why."""

import argparse
from pathlib import Path

from uniadgen.cli.arguments import add_json
from uniadgen.console import print_json, print_line
from uniadgen.files import read_json
from uniadgen.words import quoted

MAX_CHARACTERS = 10_000


def add_inspect(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="kinds", metavar="KIND", required=True)
    verb = kinds.add_parser("text", help="an ad's text: is it true to the selling points, and readable?")
    verb.set_defaults(run=inspect)
    verb.add_argument("--selling-points", required=True, metavar="FILE.json", help='a list of texts: ["...", "..."]')
    verb.add_argument("--text", type=_text, required=True, metavar="TEXT", help="the ad's text")
    add_json(verb)


def inspect(arguments: argparse.Namespace) -> None:
    """Print what the rules say about one text; a text that fails is a result, no error."""
    from uniadgen.inspection.selling_points import check_selling_points
    from uniadgen.inspection.text import inspect_text

    path, where = Path(arguments.selling_points), "argument --selling-points: "
    points = check_selling_points(read_json(path, where), f"{where}{quoted(path)}")
    inspection = inspect_text(arguments.text, points)
    if arguments.json:
        print_json(inspection.as_dict())
        return
    lines = ["qualified" if inspection.qualified else "not qualified"]
    lines += [f"  {v.criterion:11} {v.span[0]}-{v.span[1]}: {v.reason}" for v in inspection.violations]
    print_line("\n".join(lines))


def _text(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise argparse.ArgumentTypeError(f"{len(text):,} characters are too many; shorten it to at most {MAX_CHARACTERS:,}")
    return text
