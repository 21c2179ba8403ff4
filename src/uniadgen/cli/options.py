"""The options of `generate` on the command line, made from their one definition in `uniadgen.options`."""

import argparse
import dataclasses
import math
import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from uniadgen.ablations import ABLATIONS
from uniadgen.cli.arguments import number, whole_number
from uniadgen.clicks.sampling import SAMPLINGS
from uniadgen.options import MAX_SIDE, MIN_SIDE, GenerateOptions, hints
from uniadgen.schema import Range
from uniadgen.words import quoted

CHOICES: dict[str, tuple[str, ...]] = {"sampling": tuple(SAMPLINGS), "without": tuple(ABLATIONS)}


def add_options(parser: argparse.ArgumentParser) -> None:
    """One argument for each field of GenerateOptions."""
    for field in dataclasses.fields(GenerateOptions):
        flag, texts = f"--{field.name.replace('_', '-')}", field.metadata
        kind, within = _taken_apart(hints()[field.name])
        if field.name == "size":
            parser.add_argument(flag, type=_size, default=field.default, metavar=texts["metavar"], help=texts["help"])
        elif kind is bool:
            parser.add_argument(flag, action="store_true", help=texts["help"])
        elif field.name in CHOICES or get_origin(kind) is Literal:
            several = field.name == "without"
            choices = CHOICES.get(field.name) or get_args(kind)
            extra: dict[str, Any] = {"action": "append"} if several else {"default": field.default}
            parser.add_argument(flag, choices=choices, help=texts["help"], **extra)
        else:
            parse = whole_number(int(within.least), int(within.most)) if kind is int else number(within.least, within.most)
            parser.add_argument(flag, type=parse, default=field.default, metavar=texts["metavar"], help=texts["help"])


def chosen_options(arguments: argparse.Namespace) -> GenerateOptions:
    values = {field.name: getattr(arguments, field.name) for field in dataclasses.fields(GenerateOptions)}
    return GenerateOptions(**{**values, "without": tuple(dict.fromkeys(values["without"] or ()))})


def _taken_apart(kind: Any) -> tuple[Any, Range]:
    """A type without its range and without None, and the range."""
    within = Range(-math.inf, math.inf)
    if get_origin(kind) is Annotated:
        kind, within = get_args(kind)[:2]
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    return kind, within


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,6})[xX]([0-9]{1,6})", text)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is no size; write WxH, {MIN_SIDE} to {MAX_SIDE} pixels each, as in 768x768"
        )
    return width, height
