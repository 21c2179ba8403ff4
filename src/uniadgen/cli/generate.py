"""`uniadgen generate` and `uniadgen demo`: ads for one product and one shopper, and an example of it.

uniadgen generate request.json --out ads --count 3 --seed 7
"""

import argparse
import contextlib
import logging
import math
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniadgen.ad_files import Existing, finished_ads, png, publish, staged, summary, write_ad
from uniadgen.ads import AdRequest
from uniadgen.campaign import Campaign
from uniadgen.cli.arguments import add_json, add_progress, add_seed, whole_number
from uniadgen.cli.models import add_model, check_models, loaded_generator
from uniadgen.cli.options import add_options, add_output, chosen_campaign, chosen_options, chosen_output
from uniadgen.cli.typeset import add_brand, check_words, chosen_brand, chosen_kit
from uniadgen.console import notices, print_json, print_line, progress_bar
from uniadgen.digests import ads_digest
from uniadgen.errors import InputError
from uniadgen.files import check_out, checked_path, write_bytes
from uniadgen.options import GenerateOptions
from uniadgen.output import Output
from uniadgen.rng import MAX_SEED
from uniadgen.version import version
from uniadgen.words import quoted

if TYPE_CHECKING:
    from uniadgen.request import CheckedRequest
    from uniadgen.typography import Brand

_log = logging.getLogger(__name__)

MAX_COUNT = 1000
BATCH, BATCH_PIXELS = 16, 2**26  # ads that are made together, and pixels that they may have
_SHAPING = ("foreground", "dtype", "quantize")  # beside the options, what decides about an ad's pixels


def add_generate(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=generate)
    verb.add_argument(
        "request",
        metavar="REQUEST.json",
        help="product, the shopper's clicks and optionally the placement; - reads standard input",
    )
    verb.add_argument(
        "--out", required=True, metavar="DIR", help="folder for ad-000.png, ad-000.background.png, ad-000.json ..."
    )
    verb.add_argument("--name", type=_name, default="ad", metavar="NAME", help="of the files, in place of ad in ad-000.png")
    verb.add_argument(
        "--overwrite", action="store_true", help="replace ads that are in DIR already, which are refused otherwise"
    )
    verb.add_argument(
        "--resume", action="store_true", help="keep those ads in DIR that this command has made before, and make the others"
    )
    verb.add_argument("--check", action="store_true", help="check everything, make and write nothing; the model is not loaded")
    verb.add_argument("--media-root", metavar="DIR", help="refuse pictures outside of DIR (default: any path is fine)")
    verb.add_argument("--count", type=whole_number(1, MAX_COUNT), default=1, metavar="N", help="number of ads (default 1)")
    add_seed(verb, "ad i uses seed S+i")
    verb.add_argument(
        "--why", action="store_true", help="also measure which clicks drove picture and text, by leaving each of them out"
    )
    add_options(verb)
    add_brand(verb)
    add_output(verb)
    add_model(verb)
    add_progress(verb)
    add_json(verb, ": an object, or with --count above 1 a list of them")


def _name(text: str) -> str:
    if not text.strip() or text.startswith(".") or re.search(r"[/\\]", text) or len(text.encode("utf-8", "replace")) > 200:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no name for files; use some letters, without / and a dot in front")
    return str(checked_path(text, "argument --name"))


def generate(arguments: argparse.Namespace) -> None:
    """Make --count ads of one request. Everything that can be wrong is looked for before the model is loaded."""
    from uniadgen.request import check_request

    count, seed = int(arguments.count), int(arguments.seed)
    if seed + count - 1 > MAX_SEED:
        raise InputError(f"argument --seed: seed {seed} and {count} ads go beyond {MAX_SEED}; use a smaller seed")
    options, campaign, output = chosen_options(arguments), chosen_campaign(arguments), chosen_output(arguments)
    check_words(arguments, options)
    brand = chosen_brand(arguments)
    request = _request(arguments.request, arguments.media_root)
    checked, options = campaign.prepared(check_request(request), options)
    check_models(arguments)
    out = Path(arguments.out)
    check_out(out)
    seeds = {f"{arguments.name}-{number:03d}": seed + number for number in range(count)}
    if arguments.check:
        _check(arguments, checked, list(seeds))
        return
    shaping = options.shaping() | {name: getattr(arguments, name) for name in _SHAPING} | {"uniadgen": version()}
    shaping |= output.shaping() | {"sizes": [[size.name, size.width, size.height] for size in campaign.sizes]}
    if options.typeset:
        shaping |= {"typeset": [options.layout, arguments.layers, chosen_kit(arguments)]}
    digest = ads_digest(request, shaping, Path(arguments.model) if arguments.model else None)
    records = finished_ads(out, seeds, digest) if arguments.resume else {}
    if missing := {name: own_seed for name, own_seed in seeds.items() if name not in records}:
        records |= _make_ads(arguments, checked, options, campaign, brand, output, missing, digest, out)
    entries = [records[name] for name in seeds]
    if arguments.json:
        print_json(entries if count > 1 else entries[0])
    else:
        for entry in entries:
            print_line(summary(entry, out))


def _make_ads(
    arguments: argparse.Namespace,
    checked: "CheckedRequest",
    options: GenerateOptions,
    campaign: Campaign,
    brand: "Brand | None",
    output: Output,
    seeds: dict[str, int],
    digest: str,
    out: Path,
) -> dict[str, dict[str, Any]]:
    """Make and publish ads of these names and seeds, batch by batch; returns their records by name."""
    from uniadgen.pipeline.setting import with_words

    existing: Existing = "replace" if arguments.overwrite else "finish" if arguments.resume else "refuse"
    names, records = list(seeds), dict[str, dict[str, Any]]()
    # Models and their libraries may print; standard output is for the result only.
    with (
        staged(out, names, existing) as stage,
        contextlib.redirect_stdout(notices()),
        progress_bar(arguments.progress) as progress,
    ):
        generator = loaded_generator(arguments)
        batch = max(1, min(BATCH, BATCH_PIXELS // math.prod(options.size)) // options.best_of)
        progress("generating", 0, len(names))
        for first in range(0, len(names), batch):  # what the ads share is read once for each batch
            some = names[first : first + batch]
            try:
                some_seeds = [seeds[name] for name in some]
                ads = generator.generate_many([checked] * len(some), seeds=some_seeds, options=replace(options, typeset=False))
            except InputError as error:  # a picture that is cut short shows when it is sampled
                raise InputError(f"{error}; {first} finished ads stay" if first else str(error)) from error
            for name, ad in zip(some, ads, strict=True):
                if arguments.why:
                    ad = replace(ad, why=generator.explain(checked, seed=ad.seed, options=options).as_dict())
                (_, main), *others = [
                    (size.name, with_words(one, checked.history, options, brand))
                    for size, one in campaign.cut(ad, checked.cutout)
                ]
                records[name] = write_ad(main, stage, name, digest, output, others, arguments.layers)
                _log.info("%s: %s", name, ", ".join(f"{step} {seconds:.2f} s" for step, seconds in ad.timings.items()))
                publish(stage, name, existing)
                progress("generating", len(records), len(names))
    return records


def _check(arguments: argparse.Namespace, checked: "CheckedRequest", names: list[str]) -> None:
    """What --check says: everything is fine, these ads would be made."""
    from uniadgen.imaging.loading import load_picture

    for index, click in enumerate(checked.history):  # decoded now, as any of them may be sampled
        load_picture(click.image, f"history[{index}].image")
    if arguments.json:
        print_json({"ads": names, "clicks": len(checked.history), "notes": checked.notes})
        return
    print_line(f"nothing is wrong: {len(names)} ads from {quoted(names[0])} on, {len(checked.history)} clicks")
    for note in checked.notes:
        print_line(f"  note     {note}")


def _request(source: str, media_root: str | None) -> AdRequest:
    """The request from a file or, for -, from standard input, whose paths are relative to the present folder."""
    from uniadgen.request import MAX_REQUEST_BYTES, load_request, parse_request

    if source != "-":
        return load_request(source, media_root)
    return parse_request(sys.stdin.buffer.read(MAX_REQUEST_BYTES + 1), Path(), "standard input", media_root)


def add_demo(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=demo)
    verb.add_argument("--out", default="demo-out", metavar="DIR", help="folder for the ads (default demo-out)")
    add_seed(verb, "both ads use it")


def demo(arguments: argparse.Namespace) -> None:
    from uniadgen.demo import example_requests, sheet
    from uniadgen.pipeline.generator import AdGenerator

    out = Path(arguments.out)
    check_out(out)
    generator, requests = AdGenerator.from_pretrained(), example_requests()
    ads = [generator.generate(r.product, r.history, box=r.box, seed=arguments.seed) for r in requests]
    for number, ad in enumerate(ads, 1):
        folder = out / f"shopper-{number}"
        with staged(folder, ["ad-000"], "replace") as stage:  # the demo's own folders
            record = write_ad(ad, stage, "ad-000")
        print_line(summary(record, folder))
    write_bytes(out / "demo.png", png(sheet(requests, ads)), "argument --out")
    print_line(f"both side by side, with the clicks they come from: {out / 'demo.png'}")
