"""What the verbs' arguments have in common: how a command line is parsed and refused, numbers within bounds."""

import argparse
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from uniadgen.errors import InputError
from uniadgen.rng import MAX_SEED
from uniadgen.words import quoted

_PATHS = r"DIR|FOLDER|FILE|PATH|OUT|MODEL|STUDY|PAIRS|FEED|SOURCE|PHOTO|[A-Z]\.[a-z]"  # metavars of what is a path


class Parser(argparse.ArgumentParser):
    """A parser that raises InputError instead of printing its usage and ending the process, and guesses no shortened names.

    All parsers know --quiet and --verbose; `verbosity` is not there when neither is given. commands: those below, by name.
    """

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **how})
        self.register("action", None, _Store)
        self.register("action", "store", _Store)
        self._below: Any = None
        # At every level, and without a default, by which a verb's parser would undo what stands before the verb.
        said: dict[str, Any] = {"dest": "verbosity", "action": "store_const", "default": argparse.SUPPRESS}
        self.add_argument("-q", "--quiet", const="quiet", help="print only errors and the result", **said)
        self.add_argument("-v", "--verbose", const="verbose", help="also say what is loaded and how long it takes", **said)

    @property
    def commands(self) -> Mapping[str, "Parser"]:
        return {} if self._below is None else self._below.choices

    def add_subparsers(self, **how: Any) -> Any:
        self._below = super().add_subparsers(**how)
        return self._below

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


class _Store(argparse.Action):
    """Keeps a value, as argparse does, but no empty path: it comes of a variable of the shell that has not been set. Only --out
    may be empty, which has always been the present folder."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _: str | None = None
    ) -> None:
        if values == "" and self.dest != "out" and re.search(_PATHS, str(self.metavar)):
            raise argparse.ArgumentError(self, '"" is no valid path; correct it')
        setattr(namespace, self.dest, values)


def whole_number(least: int, greatest: int) -> Callable[[str], int]:
    """A parser of whole numbers within bounds, for argparse."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,19}", text) or not least <= int(text) <= greatest:
            raise argparse.ArgumentTypeError(f"{quoted(text)} is no whole number from {least} to {greatest}")
        return int(text)

    return parse


def number(least: float, greatest: float) -> Callable[[str], float]:
    """A parser of numbers within bounds, for argparse."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= greatest:  # not a number fails every comparison
            raise argparse.ArgumentTypeError(f"{quoted(text)} is no number from {least:g} to {greatest:g}")
        return value

    return parse


def add_batch(verb: argparse.ArgumentParser, default: int) -> None:
    verb.add_argument(
        "--batch", type=whole_number(1, 4096), default=default, metavar="N", help="pictures at a time (default %(default)s)"
    )


def add_limit(verb: argparse.ArgumentParser, what: str = "shoppers") -> None:
    """what: is limited, in the help; None in the arguments when all are wanted."""
    verb.add_argument("--limit", type=whole_number(1, 10**9), metavar="N", help=f"{what} (default: all of the split)")


def add_json(verb: argparse.ArgumentParser, what: str = "") -> None:
    """For verbs whose result is more than files: with --json standard output is one JSON value. what: is said of it."""
    verb.add_argument("--json", action="store_true", help=f"print JSON{what}")


def add_seed(verb: argparse.ArgumentParser, help: str, most: int = MAX_SEED) -> None:
    """help: what the seed is for; the default is added."""
    verb.add_argument("--seed", type=whole_number(0, most), default=0, metavar="S", help=f"{help} (default %(default)s)")


def add_progress(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--progress", action="store_true", help="show how far it is, also where there is no terminal")
