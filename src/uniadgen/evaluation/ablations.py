"""The parts of the method, and how each is taken out of a generator: what a part is worth is what the ads lose without it.

Nothing is trained anew and no weight is touched: the model stays the one that has learned to work with the part.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.words import quoted

PARTS = {
    "foreground": "the model does not see the product",
    "mask": "all tokens of the clicks are kept, not only the telling ones",
    "fusion": "pictures and texts of the clicks are not brought together",
    "pictures": "of the clicks only the texts are shown",
    "texts": "of the clicks only the pictures are shown",
    "plan": "the picture follows no remembered scene",
    "outline": "no outline says which selling point a text tells next",
}


def check_parts(names: Sequence[str]) -> list[str]:
    """The names, each once. Raises InputError for one that is not in PARTS."""
    for name in names:
        if name not in PARTS:
            raise InputError(f"argument --without: {quoted(name)} is unknown; use {', '.join(PARTS)}")
    return list(dict.fromkeys(names))


@contextmanager
def taken_out(generator: AdGenerator, part: str | None) -> Iterator[None]:
    """Meanwhile the generator makes its ads without one of PARTS (None: with all of them)."""
    preference = generator.model.preference
    with ExitStack() as stack:
        match part:
            case None:
                pass
            case "foreground":
                stack.enter_context(_replaced_output(generator.model.foreground, lambda _, output: torch.zeros_like(output)))
            case "mask":
                for mask in (preference.mask_image, preference.mask_text):
                    stack.enter_context(_changed(mask, "keep", 1.0))
            case "fusion":
                stack.enter_context(_replaced_output(preference.fusion, lambda given, _: given))
            case "pictures" | "texts":
                stack.enter_context(_changed(generator, "shown", generator.shown - {part}))
            case "plan" | "outline":
                if getattr(generator.model, part) is None:
                    raise InputError(f"argument --without: the model has no {part}")
                config = generator.model.config
                own = config.guidance
                guidance = replace(own, plan=0.0) if part == "plan" else replace(own, outline=0.0)
                stack.enter_context(_changed(generator.model, "config", replace(config, guidance=guidance)))
            case _:
                raise ValueError(f"unknown part: {part}")
        yield


@contextmanager
def _changed(owner: object, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def _replaced_output(module: nn.Module, output: Callable[[Tensor, Tensor], Tensor]) -> Iterator[None]:
    """The module returns what `output` makes of its first input and its own output."""

    def hook(_: nn.Module, inputs: tuple[Any, ...], found: Tensor) -> Tensor:
        return output(inputs[0], found)

    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
