"""Instruction pools: what the model is told, in many wordings, kept in YAML files next to this one.

    pool = load_pool("unified")                                  # or a path to a user's own file
    segments = render(pool.templates[0], description, selling_points)

A file holds `kind` (one of KINDS) and `templates` (a list of texts). {description} and {selling_points} stand for the
product, <text_ph> and <image_ph> for what fine preference makes of the shopper's clicks. Our own templates put the product
first and the clicks after it, so that what is computed for a product can serve many shoppers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import yaml

from uniadgen.errors import InputError
from uniadgen.words import quoted

KINDS = ("general_text", "personalised_text", "background_prompt", "unified")

Segment = tuple[Literal["text", "points"], str] | tuple[Literal["placeholder"], Literal["text", "image"]]
"""A piece of an instruction: plain text, the selling points, or the place of a shopper's text or image preference."""

BETWEEN_POINTS = "; "

_REQUIRED = {
    "general_text": {"{description}", "{selling_points}"},
    "personalised_text": {"{description}", "{selling_points}", "<text_ph>"},
    "background_prompt": {"{description}"},
    "unified": {"{description}", "{selling_points}", "<text_ph>", "<image_ph>"},
}
_SLOT = re.compile(r"(\{description\}|\{selling_points\}|<text_ph>|<image_ph>)")
_LOOKALIKE = re.compile(r"\{\w*\}|<\w+_ph>")
_MAX_BYTES = 2**20


@dataclass(frozen=True)
class InstructionPool:
    """Differently worded instructions of one kind, at least one."""

    kind: str
    templates: tuple[str, ...]


def load_pool(kind_or_path: str | Path) -> InstructionPool:
    """One of the package's own pools, by its kind, or a user's pool, by its path. Raises InputError for a file that is none."""
    shipped = isinstance(kind_or_path, str) and kind_or_path in KINDS
    file: Traversable = resources.files(__name__) / f"{kind_or_path}.yaml" if shipped else Path(kind_or_path)
    name = f"instruction pool {quoted(kind_or_path)}"
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError):
        raise InputError(f"{name}: the file can't be read; name a YAML file or one of {', '.join(KINDS)}") from None
    if len(data) > _MAX_BYTES:
        raise InputError(f"{name}: the file is larger than 1 MiB; shorten it")
    try:
        content = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise InputError(f"{name}: not valid YAML{where}; correct it") from None
    return _checked_pool(content, name)


def render(template: str, description: str, selling_points: Sequence[str]) -> list[Segment]:
    """Fill a template in. Returns its pieces in order; neighbouring texts are one piece, and none is empty.

    The template is split before anything is put in, so a description that spells "<image_ph>" stays plain text.
    """
    segments: list[Segment] = []
    text = ""
    for piece in _SLOT.split(template):
        if piece not in ("<text_ph>", "<image_ph>", "{selling_points}"):
            text += description if piece == "{description}" else piece
            continue
        if text:
            segments.append(("text", text))
            text = ""
        if piece == "{selling_points}":
            if selling_points:
                segments.append(("points", BETWEEN_POINTS.join(selling_points)))
        else:
            segments.append(("placeholder", "text" if piece == "<text_ph>" else "image"))
    if text:
        segments.append(("text", text))
    return segments


def _checked_pool(content: object, name: str) -> InstructionPool:
    if not isinstance(content, dict):
        raise InputError(f"{name}: a mapping with kind and templates is needed, not {type(content).__name__}")
    unknown = [key for key in content if key not in ("kind", "templates")]
    if unknown:
        raise InputError(f"{name}: unknown field {quoted(unknown[0], 40)}; known are kind and templates")
    kind, templates = content.get("kind"), content.get("templates")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"{name}: kind must be one of {', '.join(KINDS)}")
    if not isinstance(templates, list) or not templates:
        raise InputError(f"{name}: templates must be a list of at least one text")
    return InstructionPool(kind, tuple(_checked_template(t, kind, f"{name}: templates[{i}]") for i, t in enumerate(templates)))


def _checked_template(template: object, kind: str, what: str) -> str:
    if not isinstance(template, str):
        raise InputError(f"{what} must be a text, not {type(template).__name__}; put it into quotes")
    slots = _SLOT.findall(template)
    allowed = _REQUIRED[kind] | {"{selling_points}"}
    for slot in sorted(_REQUIRED[kind]):
        if slots.count(slot) != 1:
            raise InputError(f"{what} must contain {slot} exactly once, but does {slots.count(slot)} times")
    for slot in _LOOKALIKE.findall(template):
        if slot not in allowed:
            raise InputError(
                f"{what} contains {quoted(slot, 40)}, which {kind} does not have; use {', '.join(sorted(allowed))}"
            )
    return template
