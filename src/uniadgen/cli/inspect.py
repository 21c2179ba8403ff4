"""`uniadgen inspect text|picture`: is one ad's text, or its picture, acceptable, and if not, why."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniadgen.cli.arguments import add_json
from uniadgen.console import print_json, print_line
from uniadgen.errors import InputError
from uniadgen.strictjson import read_json
from uniadgen.words import parse_whole, quoted

if TYPE_CHECKING:
    from uniadgen.ads import Placement, Stance

MAX_CHARACTERS = 10_000
MAX_RECORD_BYTES = 2**24


def add_inspect(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="kinds", metavar="KIND", required=True)
    verb = kinds.add_parser("text", help="an ad's text: is it true to the selling points, and readable?")
    verb.set_defaults(run=inspect)
    verb.add_argument("--selling-points", required=True, metavar="FILE.json", help='a list of texts: ["...", "..."]')
    verb.add_argument("--text", type=_text, required=True, metavar="TEXT", help="the ad's text")
    add_json(verb)
    _add_picture(kinds)


def _add_picture(kinds: "argparse._SubParsersAction[Any]") -> None:
    verb = kinds.add_parser("picture", help="an ad's picture: size, shape, space and look as a reviewer judges them")
    verb.set_defaults(run=inspect_one_picture)
    verb.add_argument("ad", nargs="?", metavar="AD.json", help="an ad that `generate` wrote, its pictures beside it")
    verb.add_argument("--image", metavar="FILE", help="the ad's picture, where there is no AD.json")
    verb.add_argument("--background", metavar="FILE", help="the same without the product")
    verb.add_argument("--cutout", metavar="FILE", help="the product; without it, it is what the background lacks")
    verb.add_argument(
        "--placement", type=_placement, metavar="LEFT,TOP,WIDTH,HEIGHT", help="of the visible product, in pixels of the picture"
    )
    verb.add_argument(
        "--posture", choices=("stands", "lies", "hangs"), default="stands", help="how it is shown (default stands)"
    )
    verb.add_argument(
        "--words",
        metavar="NAME.typeset.json",
        help="the words in the picture, no fault unless they cover the product (of AD.json: those beside it)",
    )
    verb.add_argument("--ocr", action="store_true", help="look for stray characters, too (needs uniadgen[ocr])")
    add_json(verb)


def _placement(text: str) -> tuple[int, int, int, int]:
    numbers = [number for part in text.split(",") if (number := parse_whole(part.strip())) is not None]
    if len(numbers) != 4 or text.count(",") != 3:
        raise argparse.ArgumentTypeError(f"{quoted(text, 40)} is no placement; give LEFT,TOP,WIDTH,HEIGHT in pixels")
    left, top, width, height = numbers
    return left, top, width, height


def inspect_one_picture(arguments: argparse.Namespace) -> None:
    """Print the verdict on one picture; one that fails is a result, no error."""
    from uniadgen.ads import Placement, Stance
    from uniadgen.imaging.cutout import cut_out
    from uniadgen.imaging.loading import load_product, load_rgb
    from uniadgen.imaging.ocr import check_installed
    from uniadgen.inspection.picture import inspect_picture

    if arguments.ocr:
        try:
            check_installed()
        except InputError as error:
            raise InputError(f"argument --ocr: {error}") from None
    words_file = None if arguments.words is None else Path(arguments.words)
    given = {name: getattr(arguments, name) for name in ("image", "background", "placement")}
    if arguments.ad is not None:
        if named := [name for name, value in given.items() if value is not None]:
            raise InputError(f"argument --{named[0]}: AD.json says it already; leave one of them out")
        image, background, placement, stance = _recorded(Path(arguments.ad))
        beside = Path(arguments.ad).with_suffix(".typeset.json")
        words_file = words_file or (beside if beside.is_file() else None)
    else:
        if missing := [name for name, value in given.items() if value is None]:
            raise InputError(f"argument --{missing[0]}: name AD.json, or --image, --background and --placement")
        image, background = Path(arguments.image), Path(arguments.background)
        placement, stance = Placement(*arguments.placement), Stance(arguments.posture)
        if words_file is not None and arguments.cutout is None:
            raise InputError("argument --words: without the product letters can't be told from it; add --cutout")
    cutout = None
    if arguments.cutout is not None:
        cutout, _ = cut_out(load_product(Path(arguments.cutout), "argument --cutout")[0], "argument --cutout")
    inspection = inspect_picture(
        load_rgb(image, quoted(image)),
        load_rgb(background, quoted(background)),
        placement,
        cutout,
        stance,
        words=() if words_file is None else _words(words_file),
        read_letters=arguments.ocr,
    )
    if arguments.json:
        print_json(inspection.as_dict())
        return
    lines = ["qualified" if inspection.qualified else "not qualified"]
    for v in inspection.violations:
        lines.append(f"  {v.criterion:7} {v.score:.2f}  {v.reason}  [{', '.join(f'{value:.2f}' for value in v.box)}]")
    print_line("\n".join(lines))


def _recorded(path: Path) -> "tuple[Path, Path, Placement, Stance]":
    """Pictures, placement and stance of an ad by its JSON. Raises InputError."""
    from uniadgen.ads import Placement, Stance
    from uniadgen.imaging.stance import check_posture, check_size_cm

    what = f"argument AD.json: {quoted(path)}"
    record = read_json(path, "argument AD.json: ", MAX_RECORD_BYTES)
    try:
        files = [path.parent / record[name] for name in ("image", "background")]
        numbers = [record["placement"][name] for name in ("left", "top", "width", "height")]
        if not all(type(number) is int for number in numbers):
            raise TypeError
        stance_fields = record.get("stance", {})
        stance = Stance(check_posture(stance_fields.get("posture")) or "stands", check_size_cm(stance_fields.get("size_cm")))
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{what} is no record of an ad; name the JSON that `generate` wrote beside its pictures") from None
    return files[0], files[1], Placement(*numbers), stance


def _words(path: Path) -> list[tuple[int, int, int, int]]:
    """Where the words of a typeset ad stand. Raises InputError."""
    record = read_json(path, "argument --words: ", MAX_RECORD_BYTES)
    try:
        boxes = [tuple(block["box"][side] for side in ("left", "top", "width", "height")) for block in record["blocks"]]
        if not all(type(number) is int for box in boxes for number in box):
            raise TypeError
    except (KeyError, TypeError):
        said = "is no record of words in a picture; name the NAME.typeset.json that `typeset` wrote"
        raise InputError(f"argument --words: {quoted(path)} {said}") from None
    return [(left, top, left + width, top + height) for left, top, width, height in boxes]


def inspect(arguments: argparse.Namespace) -> None:
    """Print what the rules say about one text; a text that fails is a result, no error."""
    from uniadgen.inspection.text import inspect_text
    from uniadgen.selling_points import check_selling_points

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
