"""`uniadgen verify FILE`: what a picture says about who made it, whether its signature holds, and whether its pixels changed.

Exit codes: 0 it is marked as made by a model, and nothing is wrong; 1 it is not, or something is; 2 it is no picture.
"""

import argparse

from uniadgen.cli.arguments import add_json
from uniadgen.console import print_json, print_line
from uniadgen.errors import InputError
from uniadgen.files import checked_path
from uniadgen.words import quoted

MOST_BYTES = 2**28


def add_verify(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=verify)
    verb.add_argument("file", metavar="FILE", help="a PNG, JPEG or WebP picture, or an SVG or PSD with layers")
    add_json(verb)


def verify(arguments: argparse.Namespace) -> None:
    """Print the verdict. Raises SystemExit(1) for a picture without marks, and for one whose marks don't hold."""
    from uniadgen.provenance import verify as verified

    path = checked_path(arguments.file, "argument FILE")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"argument FILE: {quoted(path)} can't be read ({error.strerror}); correct the path") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"argument FILE: {quoted(path)} has more than {MOST_BYTES:,} bytes; name a smaller one")
    verdict = verified(data, f"argument FILE: {quoted(path)}")
    if arguments.json:
        print_json(verdict.as_dict())
    else:
        generator = " ".join(filter(None, (verdict.generator, verdict.version)))
        signature = f"{verdict.signature}, of {verdict.signer}" if verdict.signer else verdict.signature
        print_line(f"{path}: {'fine' if verdict.holds else 'not fine'}")
        print_line(f"  source     {verdict.source_type or 'it does not say how it was made'}")
        print_line(f"  made by    {generator or 'unknown'}, model {verdict.model or 'unknown'}")
        print_line(f"  pixels     {verdict.pixels}")
        print_line(f"  signature  {signature}")
        for problem in verdict.problems:
            print_line(f"  note       {problem}")
    if not verdict.holds:
        raise SystemExit(1)
