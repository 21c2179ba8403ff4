"""The verbs around the main job: `uniadgen demo`, `uniadgen bench`, `uniadgen data ...` and `uniadgen train ...`."""

import argparse
import contextlib
import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniadgen.ad_files import png, staged, summary, write_ad
from uniadgen.console import print_json, print_line
from uniadgen.errors import InputError
from uniadgen.files import check_out, checked_path, own_folder, write_bytes
from uniadgen.words import quoted

if TYPE_CHECKING:
    from uniadgen.training.config import TrainingConfig

MOST_SHOPPERS = 100_000  # their ids have five digits


def add_demo(verbs: Any) -> None:
    verb = verbs.add_parser("demo", help="one product, two shoppers, two ads", allow_abbrev=False)
    verb.set_defaults(run=demo)
    verb.add_argument("--out", default="demo-out", metavar="DIR", help="folder for the ads (default demo-out)")
    verb.add_argument("--seed", type=int, default=0, metavar="S")


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


def add_bench(verbs: Any) -> None:
    verb = verbs.add_parser("bench", help="how fast ads are made, beside peers in the same run", allow_abbrev=False)
    verb.set_defaults(run=bench)
    verb.add_argument("--model", metavar="FOLDER", help="a trained model (default: the embedded one, else random weights)")
    verb.add_argument("--repeats", type=int, default=5, metavar="N", help="runs whose median counts (default 5)")
    verb.add_argument("--quick", action="store_true", help="tiny models and one run: a test of the benchmark, no measurement")
    verb.add_argument("--json", action="store_true", help="print a list of rows: name, ours, peer, ratio, unit, versions")


def bench(arguments: argparse.Namespace) -> None:
    if arguments.repeats < 1:
        raise InputError("argument --repeats: at least 1 is needed")

    from uniadgen.bench import run

    # Rows appear as they are measured. With --json, standard output is for the list only; libraries never get it.
    shown = sys.stderr if arguments.json else sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        rows = run(
            Path(arguments.model) if arguments.model else None,
            arguments.quick,
            1 if arguments.quick else arguments.repeats,
            lambda line: print_line(line, shown, flush=True),
        )
    if arguments.json:
        print_json([dataclasses.asdict(row) for row in rows])
    else:
        print_line("; ".join(f"{name} {value}" for name, value in rows[0].versions.items()))


def add_render(verbs: Any) -> None:
    verb = verbs.add_parser("render", help="render PAd-Synth (needs the extra: uniadgen[world])", allow_abbrev=False)
    verb.set_defaults(run=render)
    verb.add_argument("--size", default="tiny", metavar="SIZE", help="tiny, standard, or a number of products (default tiny)")
    verb.add_argument("--shoppers", type=int, metavar="N", help="they cost no rendering (default 50, 30,000, or 15 a product)")
    verb.add_argument("--out", required=True, metavar="DIR")
    verb.add_argument("--seed", type=int, default=0, metavar="S", help="of the world (default 0)")
    verb.add_argument("--workers", type=int, default=1, metavar="N", help="processes that render (default 1)")
    verb.add_argument("--pixels", type=int, metavar="P", help="of all plates (default: 512 for 500 products, then 256)")
    verb.add_argument("--resume", action="store_true", help="go on in a folder that holds renders of this world")
    verb.add_argument("--quality", type=int, default=90, metavar="Q", help="of the stored pictures, WebP 1-100 (default 90)")
    verb.add_argument("--pack-only", action="store_true", help="render nothing, pack what has been rendered so far")


def render(arguments: argparse.Namespace) -> None:
    """Renders, then packs the layout's Parquet files."""
    from uniadgen.data.build import build_dataset
    from uniadgen.padsynth.blender.render import render_world
    from uniadgen.padsynth.worldgen import make_world

    size: str | int = int(arguments.size) if arguments.size.isdigit() else arguments.size
    if arguments.shoppers is not None and not 1 <= arguments.shoppers <= MOST_SHOPPERS:
        raise InputError(f"argument --shoppers: {arguments.shoppers} is not between 1 and {MOST_SHOPPERS:,}")
    try:
        world = make_world(arguments.seed, size, arguments.shoppers)
    except ValueError as error:
        raise InputError(f"argument --size: {error}") from None
    out = Path(arguments.out)
    raw = out / "raw"
    if raw.exists() and any(raw.iterdir()) and not (arguments.resume or arguments.pack_only):
        raise InputError(f"argument --out: {out} already holds renders; add --resume to go on, or name another folder")
    failed: list[str] = []
    if arguments.pixels is not None and not 16 <= arguments.pixels <= 2048:
        raise InputError(f"argument --pixels: {arguments.pixels} is not between 16 and 2048")
    with own_folder(out, "is being rendered"):
        if not arguments.pack_only:
            failed = render_world(world.products, world.creatives, out, arguments.workers, arguments.pixels, seed=world.seed)
        build_dataset(world, raw, out, arguments.quality)
    if failed:
        print_line(f"{len(failed):,} products are missing, {quoted(failed[0])} is the first; run it again with --resume")
        raise SystemExit(1)


def add_train(verbs: Any) -> None:
    train = verbs.add_parser("train", help="train a part of the model").add_subparsers(
        title="parts", metavar="PART", required=True
    )
    runs = (
        ("tokenizer", train_tokenizer_verb, "pictures to image tokens and back"),
        ("scenes", train_scenes_verb, "the encoder of scenes that a plan needs (PAd-Synth)"),
        ("unified", train_unified_verb, "the model, with its plan if it gets --scenes"),
        ("outline", train_outline_verb, "which selling point a text tells next (PAd-Synth)"),
        ("pbs", train_pbs_verb, "the background encoder of the metric PBS"),
    )
    for name, run, what in runs:
        verb = train.add_parser(name, help=what, allow_abbrev=False)
        verb.set_defaults(run=partial(_train, run))
        verb.add_argument("--data", required=True, metavar="DIR", help="a data set in our layout")
        verb.add_argument(
            "--config",
            required=True,
            metavar="NAME",
            help="a YAML file, or embedded, gpu, janus-pro-1b, janus-pro-7b",
        )
        verb.add_argument(
            "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="another value than the file's; repeatable"
        )
        verb.add_argument("--threads", type=int, metavar="N", help="for computing (default: one for each core)")
        verb.add_argument("--out", required=True, metavar="DIR", help="for checkpoints, samples and the model")
        verb.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
        if name == "tokenizer":
            verb.add_argument(
                "--refine", metavar="FOLDER", help="train only how this tokenizer's or model's codes become pictures"
            )
            verb.add_argument(
                "--start", metavar="FOLDER", help="a tokenizer or model whose weights to begin with, where they fit"
            )
        if name == "outline":
            verb.add_argument("--model", required=True, metavar="FOLDER", help="the trained model that gets the outline")
        if name == "unified":
            verb.add_argument("--tokenizer", metavar="DIR", help="what `train tokenizer` wrote; a backbone has its own")
            verb.add_argument(
                "--scenes", metavar="DIR", help="what `train scenes` wrote; without it the model plans no pictures"
            )
            verb.add_argument("--start", metavar="MODEL", help="a model whose weights training begins with, where they fit")
            verb.add_argument(
                "--backbone", metavar="FOLDER", help="a Janus-Pro to start from, by folder or hub id (uniadgen[train])"
            )
            verb.add_argument("--foreground", metavar="FOLDER", help="the DINOv2 of a backbone, by folder or hub id")
            verb.add_argument(
                "--workers", type=int, metavar="N", help="processes that make batches ahead (default: 2 for a GPU, else 0)"
            )


def _training(arguments: argparse.Namespace) -> "TrainingConfig":
    """The training file with its changes; limits the threads on the way, since nothing computes before."""
    from uniadgen.training.config import load_config
    from uniadgen.training.precision import use_threads

    config = load_config(arguments.config, arguments.set)
    use_threads(arguments.threads)
    return config


def _train(run: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import training_folder

    with training_folder(checked_path(arguments.out, "argument --out"), arguments.resume):
        run(arguments)


def train_tokenizer_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_refine, run_tokenizer

    data, config, out = Path(arguments.data), _training(arguments), Path(arguments.out)
    if arguments.refine is not None:
        run_refine(data, config, Path(arguments.refine), out, arguments.resume)
    else:
        run_tokenizer(data, config, out, arguments.resume, None if arguments.start is None else Path(arguments.start))


def train_unified_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_unified

    tokenizer, backbone, foreground, scenes, start = (
        None if name is None else Path(name)
        for name in (arguments.tokenizer, arguments.backbone, arguments.foreground, arguments.scenes, arguments.start)
    )
    run_unified(
        Path(arguments.data),
        _training(arguments),
        tokenizer,
        Path(arguments.out),
        arguments.resume,
        backbone,
        foreground,
        scenes,
        start,
        arguments.workers,
    )


def train_scenes_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_scenes

    run_scenes(Path(arguments.data), _training(arguments), Path(arguments.out), arguments.resume)


def train_outline_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_outline

    data, model, out = Path(arguments.data), Path(arguments.model), Path(arguments.out)
    run_outline(data, _training(arguments), model, out, arguments.resume)


def train_pbs_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_pbs

    run_pbs(Path(arguments.data), _training(arguments), Path(arguments.out), arguments.resume)
