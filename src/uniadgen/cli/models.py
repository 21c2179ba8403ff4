"""Which model makes ads, and where it does: the same arguments of every verb that makes some."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniadgen.errors import InputError
from uniadgen.files import is_dir
from uniadgen.loading.hub import is_hub_id
from uniadgen.words import quoted

if TYPE_CHECKING:
    from uniadgen.pipeline.generator import AdGenerator

DTYPES = ("float32", "bfloat16", "float16")


def add_model(verb: argparse.ArgumentParser) -> None:
    """The arguments that say which model makes ads, and where; `loaded_generator` reads them."""
    verb.add_argument("--model", metavar="FOLDER", help="a trained model (default: the embedded one)")
    verb.add_argument("--foreground", metavar="FOLDER", help="the DINOv2 of a plain Janus-Pro, by folder or hub id")
    verb.add_argument("--device", default="cpu", metavar="NAME", help="cpu, cuda, cuda:1 ..., auto: all GPUs (default cpu)")
    verb.add_argument("--dtype", choices=DTYPES, default=DTYPES[0], help="of the weights in memory (default %(default)s)")
    verb.add_argument(
        "--quantize",
        choices=("int8", "int4"),
        help="store the model's matrices in 8 bits, or on a GPU in 4 (needs uniadgen[quantize])",
    )


def check_models(arguments: argparse.Namespace) -> None:
    """Raises InputError for folders of `add_model` that are not there."""
    for name in ("model", "foreground"):
        given = getattr(arguments, name)
        if given is not None and not is_dir(Path(given)) and not is_hub_id(Path(given)):
            raise InputError(f"argument --{name}: there is no folder {quoted(given)}; name a folder with a trained model")


def generator_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `AdGenerator.from_pretrained` takes, of `add_model`'s arguments."""
    import torch

    return {
        "folder": arguments.model,
        "foreground": arguments.foreground,
        "device": arguments.device,
        "dtype": getattr(torch, arguments.dtype),
        "quantize": arguments.quantize,
    }


def loaded_generator(arguments: argparse.Namespace) -> "AdGenerator":
    """The model that `add_model`'s arguments name. Raises InputError."""
    from uniadgen.pipeline.generator import AdGenerator

    return AdGenerator.from_pretrained(**generator_arguments(arguments))
