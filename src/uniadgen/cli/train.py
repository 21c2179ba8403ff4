"""`uniadgen train ...`: a part of the model, from a data set."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from uniadgen.files import checked_path

if TYPE_CHECKING:
    from uniadgen.training.config import TrainingConfig


def add_train(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(title="parts", metavar="PART", required=True)
    runs = (
        ("tokenizer", train_tokenizer_verb, "pictures to image tokens and back"),
        ("scenes", train_scenes_verb, "the encoder of scenes that a plan needs (PAd-Synth)"),
        ("unified", train_unified_verb, "the model, with its plan if it gets --scenes"),
        ("outline", train_outline_verb, "which selling point a text tells next (PAd-Synth)"),
        ("pbs", train_pbs_verb, "the background encoder of the metric PBS"),
    )
    for name, run, what in runs:
        verb = parts.add_parser(name, help=what)
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
