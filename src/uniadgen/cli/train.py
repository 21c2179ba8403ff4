"""`uniadgen train ...`: a part of the model, from a data set."""

import argparse
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from uniadgen.cli.arguments import add_seed, whole_number
from uniadgen.console import json_text, print_json, progress_bar
from uniadgen.errors import InputError
from uniadgen.files import checked_path, write_text

if TYPE_CHECKING:
    from uniadgen.training.config import TrainingConfig

_log = logging.getLogger(__name__)


def add_train(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(title="parts", metavar="PART", required=True)
    runs = (
        ("tokenizer", train_tokenizer_verb, "pictures to image tokens and back"),
        (
            "completion",
            train_completion_verb,
            "what paints without the finest image tokens, which a model then need not write",
        ),
        ("scenes", train_scenes_verb, "the encoder that reads scenes, for the scene token"),
        ("unified", train_unified_verb, "the model, with a scene token if it gets --scenes"),
        ("pbs", train_pbs_verb, "the background encoder of the metric PBS"),
        ("cutout", train_cutout_verb, "the network that cuts products out of photos"),
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
        if name == "completion":
            verb.add_argument("--start", required=True, metavar="FOLDER", help="the tokenizer, or the model, that it is for")
            verb.add_argument(
                "--drawn",
                type=whole_number(1, 10**6),
                default=1000,
                metavar="N",
                help="pictures that the model draws, to learn from those as well (default %(default)s)",
            )
        if name == "scenes":
            verb.add_argument("--start", metavar="DIR", help="what `train scenes` wrote before, whose weights to begin with")
        if name == "unified":
            verb.add_argument("--tokenizer", metavar="DIR", help="what `train tokenizer` wrote; a backbone has its own")
            verb.add_argument(
                "--scenes", metavar="DIR", help="what `train scenes` wrote; without it the model has no scene token"
            )
            verb.add_argument("--start", metavar="MODEL", help="a model whose weights training begins with, where they fit")
            verb.add_argument(
                "--backbone", metavar="FOLDER", help="a Janus-Pro to start from, by folder or hub id (uniadgen[train])"
            )
            verb.add_argument(
                "--texts", metavar="DIR", help="another data set, of which only texts and clicks are read: the share mix.texts"
            )
            verb.add_argument("--foreground", metavar="FOLDER", help="the DINOv2 of a backbone, by folder or hub id")
        if name in ("tokenizer", "completion", "unified", "cutout"):
            verb.add_argument(
                "--workers", type=int, metavar="N", help="processes that make batches ahead (default: 2 for a GPU, else 0)"
            )

    _add_inspector(parts)


def _add_inspector(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = parts.add_parser(
        "inspector", help="the classifier of the picture inspection, on cases composed of renders (PAd-Synth)"
    )
    verb.set_defaults(run=train_inspector_verb)
    verb.add_argument("--renders", required=True, metavar="DIR", help="what `data render` wrote")
    verb.add_argument(
        "--count", type=whole_number(100, 10**6), default=9000, metavar="N", help="cases to learn from (default 9000)"
    )
    verb.add_argument(
        "--held-out",
        type=whole_number(1, 10**6),
        default=800,
        metavar="N",
        help="cases of other products and scenes (default 800)",
    )
    verb.add_argument(
        "--model",
        metavar="FOLDER",
        help="a model: most scenes are seen as its image tokenizer paints them (default: the embedded one)",
    )
    verb.add_argument(
        "--start",
        metavar="FILE",
        help="weights whose heads alone go on learning, `embedded` for those that ship (default: all is learnt anew)",
    )
    add_seed(verb, "of the cases and the training")
    verb.add_argument("--out", required=True, metavar="FILE", help="the weights; the figures go into FILE.json")


def train_inspector_verb(arguments: argparse.Namespace) -> None:
    """Compose cases, train, print precision and recall of the held-out ones."""
    from uniadgen.inspection.picture import network
    from uniadgen.loading.checkpoint import embedded_folder, load_tokenizer
    from uniadgen.training.photographs import photograph_weights
    from uniadgen.training.picture_inspector import Cases, figures, make_examples, painter, train, train_heads

    start = None
    if arguments.start:
        start = network.embedded() if arguments.start == "embedded" else network.load(Path(arguments.start))
        if start is None:
            raise InputError("argument --start: this package has no weights of the picture inspection; name a file")
    tokenizer, _ = load_tokenizer(Path(arguments.model) if arguments.model else embedded_folder())
    cases, out, seed = Cases(Path(arguments.renders), painter(tokenizer)), Path(arguments.out), int(arguments.seed)
    weights = photograph_weights() if start is None else None
    with progress_bar() as progress:
        parts = [
            make_examples(cases, count, seed, held_out, partial(_tick, progress, name, count))
            for name, count, held_out in (("cases", arguments.count, False), ("held-out cases", arguments.held_out, True))
        ]
        if start is None:
            classifier = train(parts[0], seed, weights=weights, tick=_log.info)
        else:
            classifier = train_heads(start, parts[0], seed, tick=_log.info)
    result = figures(classifier, parts[1])
    network.save(out, classifier)
    write_text(out.with_name(f"{out.name}.json"), json_text(result) + "\n")
    print_json(result)


def _tick(progress: Callable[[str, int, int], None], name: str, count: int, done: int) -> None:
    progress(name, done, count)


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
        run_refine(data, config, Path(arguments.refine), out, arguments.resume, arguments.workers)
    else:
        start = None if arguments.start is None else Path(arguments.start)
        run_tokenizer(data, config, out, arguments.resume, start, arguments.workers)


def train_completion_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.pipeline.drawing import drawn_tokens
    from uniadgen.training.stages import run_completion

    data, config = Path(arguments.data), _training(arguments)
    draw = partial(drawn_tokens, data, arguments.drawn)
    run_completion(data, config, Path(arguments.start), Path(arguments.out), arguments.resume, draw, arguments.workers)


def train_unified_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_unified

    tokenizer, backbone, foreground, scenes, start, texts = (
        None if name is None else Path(name)
        for name in (
            arguments.tokenizer,
            arguments.backbone,
            arguments.foreground,
            arguments.scenes,
            arguments.start,
            arguments.texts,
        )
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
        texts,
    )


def train_scenes_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_scenes

    start = None if arguments.start is None else Path(arguments.start)
    run_scenes(Path(arguments.data), _training(arguments), Path(arguments.out), arguments.resume, start)


def train_cutout_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_cutout

    run_cutout(Path(arguments.data), _training(arguments), Path(arguments.out), arguments.resume, arguments.workers)


def train_pbs_verb(arguments: argparse.Namespace) -> None:
    from uniadgen.training.stages import run_pbs

    run_pbs(Path(arguments.data), _training(arguments), Path(arguments.out), arguments.resume)
