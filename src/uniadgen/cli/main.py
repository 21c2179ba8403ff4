"""The command line: `uniadgen VERB ...`, one function per verb.

    uniadgen generate request.json --out ads --count 3 --seed 7

Exit codes: 0 done, 1 failed, 2 bad input (one line on standard error, nothing half-written), 130, 143 and 129 after SIGINT,
SIGTERM and SIGHUP. Whatever needs torch is imported inside the verbs, so that --help and bad input are answered at once.
"""

import argparse
import contextlib
import math
import re
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from uniadgen import console
from uniadgen.ad_files import Existing, finished_ads, publish, staged, summary, write_ad
from uniadgen.ads import AdRequest
from uniadgen.cli.data import add_data_verbs
from uniadgen.cli.evaluate import add_evaluate
from uniadgen.cli.generate import add_bench, add_demo, add_render, add_train
from uniadgen.cli.inspect import add_inspect_verbs
from uniadgen.cli.metrics import add_metrics_verbs
from uniadgen.cli.options import add_options, chosen_options, whole_number
from uniadgen.console import print_json, print_line, progress_bar
from uniadgen.digests import ads_digest
from uniadgen.errors import InputError, check_address_space, lacks_memory
from uniadgen.files import check_out, checked_path, is_dir
from uniadgen.loading.hub import is_hub_id
from uniadgen.options import GenerateOptions
from uniadgen.signals import ending_by_exception
from uniadgen.words import clean_text, quoted

if TYPE_CHECKING:
    from uniadgen.request import CheckedRequest

MAX_SEED = 2**63 - 1
MAX_COUNT = 1000
BATCH, BATCH_PIXELS = 16, 2**26  # ads that are made together, and pixels that they may have
DTYPES = ("float32", "bfloat16", "float16")
_SHAPING = ("foreground", "dtype", "quantize")  # beside the options, what decides about an ad's pixels


# Packages that commands import when they need them, and the extra that brings each.
EXTRAS = {"accelerate": "data", "duckdb": "data", "msgspec": "data", "pyarrow": "data"}


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code. argv: the arguments without the program's name; sys.argv's when None."""
    console.open_standard_streams()
    try:
        with ending_by_exception():
            arguments = make_parser().parse_args(argv)
            check_address_space()
            run: Callable[[argparse.Namespace], None] = arguments.run
            run(arguments)
            console.flush()
    except InputError as error:
        return _fail(str(error), 2)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        return _fail(f'the package {package} is missing; pip install "uniadgen[{EXTRAS[package]}]"', 2)
    except KeyboardInterrupt as error:
        return _fail(str(error) or "interrupted", getattr(error, "exit_code", 130))
    except BrokenPipeError:
        console.drop_standard_output()
        return 1
    except (MemoryError, RuntimeError, ImportError, OSError) as error:
        if lacks_memory(error):
            return _fail("out of memory; make fewer or smaller ads at once, or give the process more memory", 2)
        if not isinstance(error, OSError):
            raise
        if error.filename == console.STDOUT:
            console.drop_standard_output()
        return _fail(f"{error.strerror or error}{f': {quoted(error.filename)}' if error.filename else ''}", 1)
    except SystemExit as end:  # argparse, after --help and --version
        return int(end.code or 0)
    return 0


def _fail(message: str, code: int) -> int:
    with contextlib.suppress(OSError):  # the terminal is gone, as after SIGHUP
        print(f"uniadgen: {clean_text(message)}", file=sys.stderr)
    return code


# Arguments ---------------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """A parser that raises InputError instead of printing its usage and ending the process."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def make_parser() -> argparse.ArgumentParser:
    """All commands with their arguments. It raises InputError for arguments that it does not understand."""
    parser = _Parser(
        prog="uniadgen", description="Personalised product ads, picture and text from one model.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"uniadgen {_version()}")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_generate(verbs)
    add_demo(verbs)
    add_bench(verbs)
    add_train(verbs)
    data = verbs.add_parser("data", help="make and prepare data").add_subparsers(title="steps", metavar="STEP", required=True)
    add_render(data)
    add_data_verbs(data)
    add_evaluate(verbs)
    add_metrics_verbs(verbs)
    add_inspect_verbs(verbs)
    return parser


def _add_generate(verbs: Any) -> None:
    verb = verbs.add_parser("generate", help="make ads for one product and one shopper", allow_abbrev=False)
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
    verb.add_argument("--seed", type=whole_number(0, MAX_SEED), default=0, metavar="S", help="ad i uses seed S+i (default 0)")
    verb.add_argument("--model", metavar="FOLDER", help="a trained model (default: the embedded one)")
    verb.add_argument("--foreground", metavar="FOLDER", help="the DINOv2 of a plain Janus-Pro, by folder or hub id")
    add_options(verb)
    verb.add_argument("--device", default="cpu", metavar="NAME", help="cpu, cuda, cuda:1 ..., auto: all GPUs (default cpu)")
    verb.add_argument("--dtype", choices=DTYPES, default=DTYPES[0], help="of the weights in memory (default %(default)s)")
    verb.add_argument(
        "--quantize",
        choices=("int8", "int4"),
        help="store the model's matrices in 8 bits, or on a GPU in 4 (needs uniadgen[quantize])",
    )
    verb.add_argument("--json", action="store_true", help="print JSON: an object, or with --count above 1 a list of them")


def _name(text: str) -> str:
    if not text.strip() or text.startswith(".") or re.search(r"[/\\]", text) or len(text.encode("utf-8", "replace")) > 200:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no name for files; use some letters, without / and a dot in front")
    return str(checked_path(text, "argument --name"))


def _version() -> str:
    try:
        return metadata.version("uniadgen")
    except metadata.PackageNotFoundError:
        return "(not installed)"


# generate ----------------------------------------------------------------------------------------------------------------


def generate(arguments: argparse.Namespace) -> None:
    """Make --count ads of one request. Everything that can be wrong is looked for before the model is loaded."""
    from uniadgen.request import check_request

    count, seed = int(arguments.count), int(arguments.seed)
    if seed + count - 1 > MAX_SEED:
        raise InputError(f"argument --seed: seed {seed} and {count} ads go beyond {MAX_SEED}; use a smaller seed")
    options = chosen_options(arguments)
    request = _request(arguments.request, arguments.media_root)
    checked = check_request(request)
    for name in ("model", "foreground"):
        if getattr(arguments, name) is not None:
            _check_model(Path(getattr(arguments, name)), name)
    out = Path(arguments.out)
    check_out(out)
    seeds = {f"{arguments.name}-{number:03d}": seed + number for number in range(count)}
    if arguments.check:
        _check(arguments, checked, list(seeds))
        return
    shaping = options.shaping() | {name: getattr(arguments, name) for name in _SHAPING} | {"uniadgen": _version()}
    digest = ads_digest(request, shaping, Path(arguments.model) if arguments.model else None)
    records = finished_ads(out, seeds, digest) if arguments.resume else {}
    if missing := {name: own for name, own in seeds.items() if name not in records}:
        records |= _make_ads(arguments, checked, options, missing, digest, out)
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
    seeds: dict[str, int],
    digest: str,
    out: Path,
) -> dict[str, dict[str, Any]]:
    """Make and publish ads of these names and seeds, batch by batch; returns their records by name."""
    import torch

    from uniadgen.pipeline.generator import AdGenerator

    existing: Existing = "replace" if arguments.overwrite else "finish" if arguments.resume else "refuse"
    names, records = list(seeds), dict[str, dict[str, Any]]()
    # Models and their libraries may print; standard output is for the result only.
    with staged(out, names, existing) as stage, contextlib.redirect_stdout(sys.stderr), progress_bar() as progress:
        generator = AdGenerator.from_pretrained(
            arguments.model,
            foreground=arguments.foreground,
            device=arguments.device,
            dtype=getattr(torch, arguments.dtype),
            quantize=arguments.quantize,
        )
        batch = max(1, min(BATCH, BATCH_PIXELS // math.prod(options.size)))
        progress("generating", 0, len(names))
        for first in range(0, len(names), batch):  # what the ads share is read once for each batch
            some = names[first : first + batch]
            try:
                ads = generator.generate_many([checked] * len(some), seeds=[seeds[name] for name in some], options=options)
            except InputError as error:  # a picture that is cut short shows when it is sampled
                raise InputError(f"{error}; {first} finished ads stay" if first else str(error)) from error
            for name, ad in zip(some, ads, strict=True):
                records[name] = write_ad(ad, stage, name, digest)
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


def _check_model(folder: Path, name: str) -> None:
    if not is_dir(folder) and not is_hub_id(folder):
        raise InputError(f"argument --{name}: there is no folder {quoted(folder)}; name a folder with a trained model")
