"""`uniadgen batch`: ads for many pairs of product and shopper, into shards; whatever ends it, the next call goes on.

    uniadgen batch pairs.csv --data shop --out ads --shard-size 1000 --progress

See docs/scale.md.
"""

import argparse
import contextlib
import logging
from typing import Any

from uniadgen.cli.arguments import add_json, add_progress, add_seed, whole_number
from uniadgen.cli.models import add_model, check_models, generator_arguments
from uniadgen.cli.options import add_options, add_output, chosen_campaign, chosen_options, chosen_output
from uniadgen.cli.typeset import add_brand, check_words, chosen_brand, chosen_kit
from uniadgen.console import notices, print_json, print_line, progress_bar
from uniadgen.errors import InputError
from uniadgen.files import check_out, checked_path, is_dir, locked_folder
from uniadgen.words import quoted

_log = logging.getLogger(__name__)


def add_batch(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(run=batch)
    verb.add_argument("pairs", metavar="PAIRS", help=".parquet, .csv or .jsonl with product, shopper and perhaps seed and size")
    verb.add_argument("--data", required=True, metavar="DIR", help="a data set in our layout, which has these ids")
    verb.add_argument("--out", required=True, metavar="DIR", help="folder for ads-00000.parquet ... and manifest.json")
    verb.add_argument("--engine", choices=("local", "ray"), default="local", help="who makes them (default %(default)s)")
    verb.add_argument(
        "--shard-size", type=whole_number(1, 10**6), default=1000, metavar="N", help="rows of a shard (default %(default)s)"
    )
    verb.add_argument(
        "--workers",
        type=whole_number(1, 1024),
        default=1,
        metavar="N",
        help="processes with a model each (default %(default)s)",
    )
    verb.add_argument(
        "--together",
        type=whole_number(1, 256),
        default=16,
        metavar="N",
        help="ads made together (default %(default)s)",
    )
    add_seed(verb, "of rows without one")
    add_options(verb)
    add_brand(verb, layers=False)
    add_output(verb)
    add_model(verb)
    add_progress(verb)
    add_json(verb, ": the manifest")


def batch(arguments: argparse.Namespace) -> None:
    """Make what is missing. Rows that can't be made are rows with an error; the batch goes on."""
    import dataclasses

    options, campaign, output = chosen_options(arguments), chosen_campaign(arguments), chosen_output(arguments)
    check_words(arguments, options)
    brand, kit = chosen_brand(arguments), chosen_kit(arguments)
    if len(campaign.sizes) > 1:
        raise InputError("argument --size: a batch has one size; give rows of their own a column size")
    pairs, data, out = (checked_path(getattr(arguments, n), f"argument {n}") for n in ("pairs", "data", "out"))
    if not is_dir(data):
        raise InputError(f"argument --data: there is no folder {quoted(data)}; name the folder of a data set")
    check_out(out)
    check_models(arguments)

    from uniadgen.batch.engines import WorkerDied, make_here, make_in_processes, make_on_ray
    from uniadgen.batch.job import Batch, collect, open_batch
    from uniadgen.batch.making import ShardSettings

    if arguments.engine == "ray":
        import ray  # noqa: F401 - missing, it is to be said before the work

    size = campaign.sizes[0]
    options = dataclasses.replace(options, size=(size.width, size.height))
    settings = ShardSettings(options, output, arguments.together, brand, kit)
    job = Batch(pairs, data, out, settings, generator_arguments(arguments), arguments.shard_size, arguments.seed)
    with locked_folder(out, "a batch is being made"), progress_bar(arguments.progress) as progress:
        manifest, missing = open_batch(job)
        progress("making", sum(shard["rows"] for shard in manifest["shards"].values()), manifest["rows"])
        try:
            with contextlib.redirect_stdout(notices()):
                if arguments.engine == "ray":
                    made = make_on_ray(job, missing, arguments.workers)
                elif arguments.workers > 1:
                    made = make_in_processes(job, missing, arguments.workers)
                else:
                    made = make_here(job, missing)
                manifest = collect(job, manifest, made, progress)
        except WorkerDied as error:
            _log.error("%s", error)
            raise SystemExit(1) from None
    _print(arguments, manifest)


def _print(arguments: argparse.Namespace, manifest: dict[str, Any]) -> None:
    if arguments.json:
        print_json(manifest)
        return
    rows, errors = manifest["rows"], manifest["errors"]
    shards = len(manifest["shards"])
    print_line(f"{rows - errors:,} ads in {shards:,} shards of {quoted(arguments.out)}; {errors:,} rows with an error")
