"""The verbs on data sets: `uniadgen data render`, `texts`, `convert`, `validate`, `similarity`, `encode`, `stats` and `sheets`.

    uniadgen data validate train.json --images pictures
    uniadgen data convert --from pad1m train.json --images pictures --out data --skip-bad
    uniadgen data similarity data --embedder hashed
    uniadgen data convert --to pad1m data --out again.json

Exit codes: 0 fine, 1 problems found, 2 bad input. Bad records that --skip-bad leaves out are no failure.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from uniadgen.cli.arguments import add_batch, add_seed, whole_number
from uniadgen.console import print_line, progress_bar
from uniadgen.cores import usable_cores
from uniadgen.errors import InputError
from uniadgen.files import check_out, checked_path, locked_folder, make_folder, whole_file
from uniadgen.padsynth import MOST_SHOPPERS
from uniadgen.words import parse_whole, quoted

SHEETS = {"families": "family", "categories": "category"}  # files of `sheets`, and the columns that they show
FEED_KINDS = ("google", "google-xml", "shopify", "woocommerce", "jsonl")
_PROCESSES = 64


def add_data(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="steps", metavar="STEP", required=True)
    _add_render(verbs)
    _add_texts(verbs)
    _add_convert(verbs)
    _add_validate(verbs)
    _add_products(verbs)
    verb = verbs.add_parser("similarity", help="fill in the product similarities of all clicks")
    verb.set_defaults(run=similarity)
    verb.add_argument("data", metavar="DIR", help="a data set in our layout; its users.parquet is written anew")
    verb.add_argument(
        "--embedder", default="hashed", metavar="NAME", help='"hashed" (default, offline) or a sentence-transformers model'
    )
    verb = verbs.add_parser("encode", help="add image codes and embeddings, which training reads")
    verb.set_defaults(run=encode)
    verb.add_argument("data", metavar="DIR", help="a data set in our layout; its creatives.parquet is written anew")
    verb.add_argument("--tokenizer", required=True, metavar="FOLDER", help="what `train tokenizer` wrote, or a model folder")
    verb.add_argument("--augment", action="store_true", help="also encode every picture mirrored and with other hues")
    add_batch(verb, 32)
    verb.add_argument("--embedder", default="hashed", metavar="NAME", help="as for `similarity`")
    verb.add_argument("--device", metavar="DEVICE", help="cpu or cuda (default: a GPU when there is one)")
    verb = verbs.add_parser("stats", help="print counts, draw one shopper's history and target")
    verb.set_defaults(run=stats)
    verb.add_argument("data", metavar="DIR", help="a data set in our layout")
    verb.add_argument("--sheet", metavar="FILE", help="draw the contact sheet of a user there (PNG)")
    verb.add_argument("--user", type=int, metavar="N", help="which user --sheet draws, by number in users.parquet (default 0)")
    verb = verbs.add_parser("sheets", help="draw ads of every scene family and category")
    verb.set_defaults(run=sheets)
    verb.add_argument("data", metavar="DIR", help="a data set in our layout, with pictures")
    verb.add_argument("--out", required=True, metavar="OUT", help="folder for families.jpg and categories.jpg")


def _add_render(verbs: Any) -> None:
    verb = verbs.add_parser("render", help="render PAd-Synth (needs the extra: uniadgen[world])")
    verb.set_defaults(run=render)
    verb.add_argument("--size", default="tiny", metavar="SIZE", help="tiny, standard, or a number of products (default tiny)")
    verb.add_argument(
        "--shoppers",
        type=whole_number(1, MOST_SHOPPERS),
        metavar="N",
        help="they cost no rendering (default 50, 30,000, or 15 a product)",
    )
    verb.add_argument("--out", required=True, metavar="DIR")
    add_seed(verb, "of the world")
    verb.add_argument("--workers", type=whole_number(1, 1024), default=1, metavar="N", help="processes that render (default 1)")
    verb.add_argument(
        "--pixels", type=whole_number(16, 2048), metavar="P", help="of all plates (default: 512 for 500 products, then 256)"
    )
    verb.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="cuda: an NVIDIA GPU renders (default cpu)")
    verb.add_argument("--resume", action="store_true", help="go on in a folder that holds renders of this world")
    verb.add_argument(
        "--quality", type=whole_number(1, 100), default=90, metavar="Q", help="of the stored WebP pictures (default 90)"
    )
    verb.add_argument("--pack-only", action="store_true", help="render nothing, pack what has been rendered so far")


def _add_texts(verbs: Any) -> None:
    verb = verbs.add_parser(
        "texts", help="PAd-Synth without its pictures: texts and clicks in plenty, for `train unified --texts`"
    )
    verb.set_defaults(run=texts)
    verb.add_argument("--size", default="standard", metavar="SIZE", help="standard, or a number of products (default standard)")
    verb.add_argument("--shoppers", type=whole_number(1, MOST_SHOPPERS), metavar="N", help="default 30,000, or 15 a product")
    verb.add_argument("--out", required=True, metavar="DIR", help="a new folder, for creatives.parquet and users.parquet")
    add_seed(verb, "of the world")


def _add_convert(verbs: Any) -> None:
    verb = verbs.add_parser("convert", help="convert PAd1M to our layout, or back")
    verb.set_defaults(run=convert)
    way = verb.add_mutually_exclusive_group(required=True)
    way.add_argument("--from", dest="source", choices=["pad1m"], help="SOURCE is a JSON list of this kind")
    way.add_argument("--to", dest="target", choices=["pad1m"], help="SOURCE is a folder that was converted from this kind")
    verb.add_argument("path", metavar="SOURCE", help="a JSON file, or with --to a data set in our layout")
    verb.add_argument("--out", required=True, metavar="OUT", help="folder of the data set, or with --to the JSON file")
    verb.add_argument(
        "--images", nargs="+", default=[], metavar="DIR", help="folders with the pictures (default: metadata only)"
    )
    verb.add_argument("--split", default="train", metavar="NAME", help="split that all records belong to (default %(default)s)")
    verb.add_argument("--skip-bad", action="store_true", help="leave bad records out and list them in OUT/skipped.jsonl")
    _add_workers(verb)


def _add_validate(verbs: Any) -> None:
    verb = verbs.add_parser("validate", help="list every problem of a PAd1M file or a data set")
    verb.set_defaults(run=validate)
    verb.add_argument("path", metavar="SOURCE", help="a PAd1M JSON file, or the folder of a data set in our layout")
    verb.add_argument("--images", nargs="+", default=[], metavar="DIR", help="folders with PAd1M's pictures, to check them too")
    verb.add_argument("--report", metavar="FILE", help="write the problems there, as JSON lines")
    _add_workers(verb)


def _add_products(verbs: Any) -> None:
    verb = verbs.add_parser("products", help="products of a shop's feed, in our layout")
    verb.set_defaults(run=products)
    verb.add_argument("feed", metavar="FEED", help="Google Merchant (text or XML), Shopify or WooCommerce (CSV), or JSON Lines")
    verb.add_argument("--out", required=True, metavar="DIR", help="folder for products.parquet")
    verb.add_argument(
        "--images", nargs="+", default=[], metavar="DIR", help="folders with the pictures (default: the feed's own)"
    )
    verb.add_argument("--kind", choices=FEED_KINDS, help="of the feed (default: as its columns tell)")
    verb.add_argument("--overwrite", action="store_true", help="replace the products that are in DIR already")
    verb.add_argument("--report", metavar="FILE", help="write the problems there, as JSON lines")


def _add_workers(verb: argparse.ArgumentParser) -> None:
    cpus = len(usable_cores())
    default = min(cpus, _PROCESSES)
    number = whole_number(1, _PROCESSES)
    verb.add_argument("--workers", type=number, default=default, metavar="N", help="processes (default: one per CPU)")


# The verbs ---------------------------------------------------------------------------------------------------------------


def render(arguments: argparse.Namespace) -> None:
    """Renders and packs, and says which products failed."""
    from uniadgen.data.build import render_dataset

    failed = render_dataset(
        Path(arguments.out),
        arguments.size if (products := parse_whole(arguments.size)) is None else products,
        arguments.seed,
        shoppers=arguments.shoppers,
        workers=arguments.workers,
        pixels=arguments.pixels,
        quality=arguments.quality,
        resume=arguments.resume,
        pack_only=arguments.pack_only,
        device=arguments.device,
    )
    if failed:
        print_line(f"{len(failed):,} products are missing, {quoted(failed[0])} is the first; run it again with --resume")
        raise SystemExit(1)


def texts(arguments: argparse.Namespace) -> None:
    """Write the texts and the shoppers, and say how many there are."""
    from uniadgen.data.build import write_texts

    out = _path(arguments.out, "--out")
    check_out(out)
    size = arguments.size if (products := parse_whole(arguments.size)) is None else products
    count = write_texts(out, size, arguments.seed, arguments.shoppers)
    print_line(f"{count['creatives']:,} texts, {count['users']:,} users in {quoted(out)}")


def convert(arguments: argparse.Namespace) -> None:
    """Convert in the direction asked for and say what there is now."""
    with progress_bar() as progress:
        from uniadgen.data.pad1m.convert import SKIPPED, convert_pad1m, export_pad1m

        source, out = _path(arguments.path, "SOURCE"), _path(arguments.out, "--out")
        if arguments.target is not None:
            if arguments.images or arguments.skip_bad:
                raise InputError("argument --to: --images and --skip-bad belong to --from; leave them out")
            if not source.is_dir():
                raise InputError(f"argument SOURCE: {quoted(source)} is no folder; name the folder of a data set")
            if out.is_dir():
                raise InputError(f"argument --out: {quoted(out)} is a folder; name a JSON file")
            message = f"{export_pad1m(source, out, progress):,} records in {quoted(out)}"
        else:
            images = [_path(folder, "--images") for folder in arguments.images]
            processes = _worthwhile(source, arguments.workers, images)
            done = convert_pad1m(source, out, images, arguments.split, arguments.skip_bad, processes, progress)
            message = (
                f"{done.records:,} records: {done.users:,} users, {done.creatives:,} creatives, {done.products:,} products "
                f"in {quoted(out)}"
            )
            if done.skipped:
                message += f"; {done.skipped:,} bad records left out, see {quoted(out / SKIPPED)}"
    print_line(message)


def validate(arguments: argparse.Namespace) -> None:
    """Print all problems. Raises SystemExit(1) when there are any."""
    with progress_bar() as progress:
        from uniadgen.data.validate import validate_layout, validate_pad1m

        path = _path(arguments.path, "SOURCE")
        images = [_path(folder, "--images") for folder in arguments.images]
        if path.is_dir():
            if images:
                raise InputError("argument --images: a data set has its pictures inside; leave --images out")
            problems = validate_layout(path)
        else:
            problems = validate_pad1m(
                path,
                images,
                _worthwhile(path, arguments.workers, images),
                lambda done, total: progress("checking", done, total),
            )
        count, places, last = 0, 0, ""
        with _report(arguments.report) as write:
            for problem in problems:
                print_line(problem)
                write(json.dumps(problem.as_dict()) + "\n")
                count, places, last = count + 1, places + (problem.where != last), problem.where
    if count:
        print_line(f"{count:,} problem{'s' if count > 1 else ''} in {places:,} place{'s' if places > 1 else ''}")
        raise SystemExit(1)
    print_line("no problems")


def products(arguments: argparse.Namespace) -> None:
    """Write the products and print what is wrong with the others. Raises SystemExit(1) when there is anything."""
    from uniadgen.data.feeds.products import Converted, convert_feed
    from uniadgen.data.layout import table_path

    feed, out = _path(arguments.feed, "FEED"), _path(arguments.out, "--out")
    images = [_path(folder, "--images") for folder in arguments.images]
    check_out(out)
    if table_path(out, "products").exists() and not arguments.overwrite:
        raise InputError(
            f"argument --out: {quoted(out)} has products already; --overwrite replaces them, or name another folder"
        )
    count = 0
    with locked_folder(out, "is being converted into"), _report(arguments.report) as write:
        for entry in convert_feed(feed, out, images, arguments.kind):
            if isinstance(entry, Converted):
                done = entry
                continue
            count += 1
            print_line(entry)
            write(json.dumps(entry.as_dict()) + "\n")
    print_line(f"{done.products:,} products of {done.items:,} items in {quoted(out)}; {count:,} problem{'s' * (count != 1)}")
    if count:
        raise SystemExit(1)


def similarity(arguments: argparse.Namespace) -> None:
    """Fill in the similarities and say how many."""
    with progress_bar() as progress:
        from uniadgen.data.similarity import fill_similarity, load_embedder

        folder = _path(arguments.data, "DIR")
        if not folder.is_dir():
            raise InputError(f"argument DIR: there is no folder {quoted(folder)}; name the folder of a data set")
        count = fill_similarity(folder, load_embedder(arguments.embedder), arguments.embedder, progress)
    print_line(f"{count:,} similarities in {quoted(folder / 'users.parquet')}")


def encode(arguments: argparse.Namespace) -> None:
    """Encode what is not yet encoded and say what there is."""
    with progress_bar() as progress:
        from uniadgen.data.encoding import encode_creatives
        from uniadgen.data.similarity import load_embedder
        from uniadgen.loading.checkpoint import load_tokenizer
        from uniadgen.loading.devices import named_devices

        folder = _path(arguments.data, "DIR")
        [device] = named_devices(arguments.device or "auto")
        tokenizer, config = load_tokenizer(_path(arguments.tokenizer, "--tokenizer"), device)
        embedder = load_embedder(arguments.embedder)
        count = encode_creatives(
            folder, tokenizer, config, arguments.augment, arguments.batch, embedder, arguments.embedder, progress
        )
    print_line(
        f"{count:,} creatives encoded in {quoted(folder)}" if count else f"{quoted(folder)} was encoded like this before"
    )


def stats(arguments: argparse.Namespace) -> None:
    """Print the counts and draw the sheet."""
    from uniadgen.data.stats import data_stats, user_sheet

    folder = _path(arguments.data, "DIR")
    if arguments.user is not None and arguments.sheet is None:
        raise InputError("argument --user: is about the picture of a user; name its file with --sheet FILE")
    print_line(data_stats(folder))
    if arguments.sheet is not None:
        path, user = _path(arguments.sheet, "--sheet"), arguments.user or 0
        sheet = user_sheet(folder, user)
        with whole_file(path, "argument --sheet") as temporary:
            sheet.save(temporary, format="PNG")
        print_line(f"history and target of user {user}: {quoted(path)}")


def sheets(arguments: argparse.Namespace) -> None:
    """Draw the sheets and say where they are."""
    from uniadgen.data.stats import kinds_sheet

    folder, out = _path(arguments.data, "DIR"), _path(arguments.out, "--out")
    drawn = {out / f"{name}.jpg": kinds_sheet(folder, column) for name, column in SHEETS.items()}
    make_folder(out, "argument --out")
    for path, sheet in drawn.items():
        with whole_file(path, "argument --out") as temporary:
            sheet.save(temporary, format="JPEG", quality=78, optimize=True)
    print_line("\n".join(map(str, drawn)))


# Helpers -----------------------------------------------------------------------------------------------------------------


def _path(text: str, what: str) -> Path:
    return checked_path(text, f"argument {what}")


def _worthwhile(path: Path, workers: int, images: list[Path]) -> int:
    """One process for small files without pictures, because starting more takes longer than the work."""
    small = not images and path.is_file() and path.stat().st_size < 2**25
    return 1 if small else workers


@contextmanager
def _report(path: str | None) -> Iterator[Callable[[str], object]]:
    if path is None:
        yield lambda line: None
        return
    with whole_file(_path(path, "--report"), "argument --report") as temporary, temporary.open("w", encoding="utf-8") as file:
        yield file.write
