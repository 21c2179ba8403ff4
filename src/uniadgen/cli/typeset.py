"""`uniadgen typeset`: the text of finished ads, set into their pictures.

uniadgen typeset ads/ad-000.json --request request.json --out ads
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from uniadgen.ads import Layout
from uniadgen.cli.arguments import add_json
from uniadgen.cli.options import add_output, chosen_output
from uniadgen.console import print_json, print_line
from uniadgen.errors import InputError
from uniadgen.files import check_out, checked_path, made_folder, open_json, scratch_folder
from uniadgen.strictjson import parse_json
from uniadgen.words import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uniadgen.ads import Ad, Click
    from uniadgen.options import GenerateOptions
    from uniadgen.typography import Brand, Taste


def add_typeset(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=typeset)
    verb.add_argument("ads", nargs="+", metavar="AD.json", help="finished ads, as generate writes them")
    verb.add_argument("--out", required=True, metavar="DIR", help="folder for NAME.typeset.png and NAME.typeset.json")
    verb.add_argument(
        "--layout", choices=get_args(Layout), default="auto", help="where the words stand (default: the best place)"
    )
    verb.add_argument(
        "--request",
        metavar="REQUEST.json",
        help="what the ads were made of: words stand as its clicked ads have it, as with generate --typeset",
    )
    verb.add_argument(
        "--blocks", metavar="BLOCKS.json", help="draw these blocks: NAME.typeset.json with what you changed in it"
    )
    add_brand(verb)
    add_output(verb)
    verb.add_argument("--overwrite", action="store_true", help="replace words that are in DIR already, refused otherwise")
    add_json(verb, ": an object, or a list of them for several ads")


def add_brand(parser: argparse.ArgumentParser, layers: bool = True) -> None:
    """How words are set, beside the options of `generate`; `chosen_brand` reads it."""
    parser.add_argument("--brand", metavar="BRAND.yaml", help="the brand's fonts, colours, logo and tone")
    if layers:
        parser.add_argument("--layers", choices=("svg", "psd"), help="write a file with layers as well, to go on with")


def check_words(arguments: argparse.Namespace, options: "GenerateOptions") -> None:
    """Raises InputError for options that need --typeset, and where words can't be set at all."""
    from uniadgen.typography.fonts import check_installed

    if not options.typeset and (arguments.brand or options.layout != "auto" or getattr(arguments, "layers", None)):
        named = "--brand, --layout and --layers need it" if "layers" in arguments else "--brand and --layout need it"
        raise InputError(f"argument --typeset: {named}; add it, or leave them out")
    if options.typeset:
        check_installed()


def chosen_kit(arguments: argparse.Namespace) -> str | None:
    """The digest of the brand kit. Raises InputError."""
    from uniadgen.typography.brand import kit_digest

    return None if arguments.brand is None else kit_digest(Path(arguments.brand), "argument --brand")


def chosen_brand(arguments: argparse.Namespace) -> "Brand | None":
    """Raises InputError."""
    from uniadgen.typography import read_brand

    return (
        None if arguments.brand is None else read_brand(checked_path(arguments.brand, "argument --brand"), "argument --brand")
    )


def typeset(arguments: argparse.Namespace) -> None:
    """Read all ads first, so that a bad one is told before anything is written."""
    from uniadgen.ad_files import load_ad, publish_words, write_typesetting
    from uniadgen.request import load_request
    from uniadgen.typography import redraw

    moved = None if arguments.blocks is None else _moved(Path(arguments.blocks))
    if moved is not None and len(arguments.ads) > 1:
        raise InputError("argument --blocks: they belong to one ad; name one AD.json")
    if moved is not None and arguments.request:
        raise InputError("argument --request: blocks stand where --blocks has them; leave one of them out")
    history = [] if arguments.request is None else load_request(arguments.request).history
    brand, output = chosen_brand(arguments), chosen_output(arguments)
    out = Path(arguments.out)
    check_out(out)
    paths = [Path(path) for path in arguments.ads]
    names = [path.name.removesuffix(".json") for path in paths]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"argument AD.json: two ads are called {quoted(twice)}; set their words into different folders")
    records: list[dict[str, Any]] = []
    with made_folder(out, "argument --out"), scratch_folder(out, "argument --out") as stage:
        for path, name in zip(paths, names, strict=True):
            ad = load_ad(path, "argument AD.json")
            try:
                if moved is not None:
                    typesetting = redraw(ad, moved["blocks"], "argument --blocks", brand, moved.get("behind"))
                elif history:
                    typesetting = ad.typeset(layout=arguments.layout, brand=brand, taste=_taste(ad, history))
                else:
                    typesetting = ad.typeset(layout=arguments.layout, brand=brand)
            except InputError as error:
                raise InputError(f"{quoted(path)}: {error}" if len(paths) > 1 else str(error)) from None
            records.append(write_typesetting(ad, typesetting, stage, name, output, arguments.layers))
        for name in names:
            publish_words(stage, name, arguments.overwrite)
    if arguments.json:
        print_json(records if len(records) > 1 else records[0])
        return
    for record in records:
        print_line(f"{out / record['image']}  {record['layout']}, {record['align']}")
        for block in record["blocks"]:
            print_line(f"  {block['role']:8} {block['text']}  ({block['size']:.0f} px, contrast {block['contrast']:.1f})")
        for note in record["notes"]:
            print_line(f"  note     {note}")


def _taste(ad: "Ad", history: "Sequence[Click]") -> "Taste":
    """Of the clicks that the ad was made from. Raises InputError."""
    from uniadgen.pipeline.setting import taste_for

    if any(not 0 <= click.index < len(history) for click in ad.sampled_clicks):
        raise InputError("argument --request: it has fewer clicks than the ad was made from; name the ad's own request")
    return taste_for(ad, history)


def _moved(path: Path) -> dict[str, Any]:
    """A JSON of words, as it was changed. Raises InputError for one without blocks."""
    from uniadgen.ad_files import MAX_RECORD

    with open_json(path, "argument --blocks: ") as file:
        data = file.read(MAX_RECORD + 1)
    record = parse_json(data, f"argument --blocks: {quoted(path)}") if len(data) <= MAX_RECORD else None
    if not isinstance(record, dict) or not isinstance(record.get("blocks"), list):
        raise InputError(f"argument --blocks: {quoted(path)} has no blocks; name a NAME.typeset.json")
    return record
