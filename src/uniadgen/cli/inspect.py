"""`uniadgen inspect text`: is one ad's text acceptable, and if not, why."""

import argparse
import json
from pathlib import Path

from uniadgen.console import print_json, print_line
from uniadgen.errors import InputError
from uniadgen.words import quoted

MAX_BYTES = 2**20
MAX_CHARACTERS = 10_000


def add_inspect(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="kinds", metavar="KIND", required=True)
    verb = kinds.add_parser("text", help="an ad's text: is it true to the selling points, and readable?")
    verb.set_defaults(run=inspect)
    verb.add_argument("--selling-points", required=True, metavar="FILE.json", help='a list of texts: ["...", "..."]')
    verb.add_argument("--text", required=True, metavar="TEXT", help="the ad's text")
    verb.add_argument("--json", action="store_true", help="print JSON")


def inspect(arguments: argparse.Namespace) -> None:
    """Print what the rules say about one text; a text that fails is a result, no error."""
    from uniadgen.inspection.text import inspect_text

    text = arguments.text
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"argument --text: {len(text):,} characters are too many; shorten it to at most {MAX_CHARACTERS:,}")
    inspection = inspect_text(text, load_selling_points(Path(arguments.selling_points)))
    if arguments.json:
        print_json(inspection.as_dict())
        return
    lines = ["qualified" if inspection.qualified else "not qualified"]
    lines += [f"  {v.criterion:11} {v.span[0]}-{v.span[1]}: {v.reason}" for v in inspection.violations]
    print_line("\n".join(lines))


def load_selling_points(path: Path) -> list[str]:
    """Read a JSON list of texts. Raises InputError for anything else, and when all of them are blank."""
    from uniadgen.inspection.selling_points import check_selling_points

    what = f"argument --selling-points: {quoted(path)}"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{what} is larger than 1 MiB; shorten it")
        content = json.loads(data.decode("utf-8-sig"))
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{what} can't be read ({error.strerror or error}); name a JSON file") from None
    except UnicodeDecodeError:
        raise InputError(f"{what} is not UTF-8; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{what} is not JSON (line {error.lineno}: {error.msg}); correct it there") from None
    except (ValueError, RecursionError):
        raise InputError(f"{what} can't be read as JSON; simplify it") from None
    return check_selling_points(content, what)
