"""The options of `generate` on the command line, made from their one definition in `uniadgen.options`."""

import argparse
import dataclasses
import math
import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from uniadgen.ablations import ABLATIONS
from uniadgen.campaign import Campaign, preset, size_of
from uniadgen.cli.arguments import number, whole_number
from uniadgen.clicks.sampling import SAMPLINGS
from uniadgen.errors import InputError
from uniadgen.files import checked_path
from uniadgen.options import MAX_SIDE, MIN_SIDE, GenerateOptions, hints
from uniadgen.output import FORMATS, Output
from uniadgen.provenance import PRODUCER, Signer
from uniadgen.schema import Range
from uniadgen.words import quoted

CHOICES: dict[str, tuple[str, ...]] = {"sampling": tuple(SAMPLINGS), "without": tuple(ABLATIONS)}


def add_options(parser: argparse.ArgumentParser) -> None:
    """One argument for each field of GenerateOptions, and what sizes and files are wanted."""
    for field in dataclasses.fields(GenerateOptions):
        flag, texts = f"--{field.name.replace('_', '-')}", field.metadata
        kind, within = _taken_apart(hints()[field.name])
        if field.name == "size":
            help = f"{texts['help']}; several give the ad in each of them"
            parser.add_argument(flag, type=_size, action="append", metavar=texts["metavar"], help=help)
        elif kind is bool and field.default:  # the flag takes away what is there otherwise
            parser.add_argument(f"--no-{flag[2:]}", dest=field.name, action="store_false", help=f"leave out {texts['help']}")
        elif kind is bool:
            parser.add_argument(flag, action="store_true", help=texts["help"])
        elif get_origin(kind) is tuple and field.name not in CHOICES:
            parser.add_argument(flag, action="append", metavar=texts["metavar"], help=texts["help"])
        elif field.name in CHOICES or get_origin(kind) is Literal:
            several = get_origin(kind) is tuple
            choices = CHOICES.get(field.name) or get_args(kind)
            extra: dict[str, Any] = {"action": "append"} if several else {"default": field.default}
            parser.add_argument(flag, choices=choices, help=texts["help"], **extra)
        else:
            parse = whole_number(int(within.least), int(within.most)) if kind is int else number(within.least, within.most)
            parser.add_argument(flag, type=parse, default=field.default, metavar=texts["metavar"], help=texts["help"])
    parser.add_argument(
        "--preset",
        action="append",
        metavar="NAME",
        help="a common size by its name (square, portrait, story ...); several give the ad in each of them",
    )


def chosen_options(arguments: argparse.Namespace) -> GenerateOptions:
    """Those but for the size, of which there may be several: `chosen_campaign`."""
    values = {
        field.name: getattr(arguments, field.name) for field in dataclasses.fields(GenerateOptions) if field.name != "size"
    }
    several = {name: tuple(dict.fromkeys(values[name] or ())) for name in ("must", "never", "without")}
    return GenerateOptions(**{**values, **several})


def chosen_campaign(arguments: argparse.Namespace) -> Campaign:
    """The sizes in which ads are wanted: those of --size, then those of --preset. Raises InputError."""
    sizes = [size_of(*size) for size in arguments.size or ()]
    sizes += [preset(name, "argument --preset") for name in arguments.preset or ()]
    try:
        return Campaign(tuple(sizes) or (size_of(*GenerateOptions().size),))
    except InputError:
        raise InputError("argument --size: a size is named twice; name each once") from None


def add_output(parser: argparse.ArgumentParser) -> None:
    """How pictures are written; `chosen_output` reads it."""
    defaults = Output()
    parser.add_argument("--format", choices=FORMATS, default=defaults.format, help="of the pictures (default %(default)s)")
    parser.add_argument(
        "--quality",
        type=whole_number(1, 100),
        default=defaults.quality,
        metavar="Q",
        help="of webp and jpeg; webp with 100 is lossless (default %(default)s)",
    )
    add_marks(parser)


def add_marks(parser: argparse.ArgumentParser) -> None:
    """What pictures say of themselves; `chosen_output` reads it."""
    parser.add_argument(
        "--producer", default=PRODUCER, metavar="NAME", help="who answers for the ads, in the marks of their files"
    )
    parser.add_argument("--no-provenance", action="store_true", help="write no marks that say that a model made the picture")
    parser.add_argument(
        "--sign",
        nargs=2,
        metavar=("CERT", "KEY"),
        help="sign the pictures with C2PA: a chain of certificates and its key, PEM (needs uniadgen[provenance])",
    )


def chosen_output(arguments: argparse.Namespace) -> Output:
    """Raises InputError, also for a certificate that can't sign."""
    signer = None
    if arguments.sign is not None:
        certificate, key = (checked_path(path, "argument --sign") for path in arguments.sign)
        signer = Signer.read(certificate, key)
        signer.check()
    try:
        marks = Output(provenance=not arguments.no_provenance, producer=arguments.producer, signer=signer)
        if "format" not in arguments:  # of a service, each request says it
            return marks
        return dataclasses.replace(marks, format=arguments.format, quality=arguments.quality)
    except InputError as error:
        raise InputError(f"argument --{error}") from None


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
