"""Common placements of ads and what of them networks cover or cut off, from presets.yaml.

placements()["story"].size          # (1080, 1920)
safe_area(1080 / 1920)              # SafeArea(left=0.0, top=0.14, right=0.0, bottom=0.2)
"""

from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import yaml

from uniadgen import schema

_ALIKE = 0.03  # by which the ratio of a picture's sides may differ from that of a placement


@dataclass(frozen=True)
class SafeArea:
    """What is covered or cut off at each side, as fractions of width or height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


@dataclass(frozen=True)
class AdPlacement:
    """size: width and height in pixels."""

    size: tuple[int, int]
    safe: SafeArea = field(default_factory=SafeArea)


@cache
def placements() -> dict[str, AdPlacement]:
    """By their names, in the file's order."""
    read = yaml.safe_load((resources.files("uniadgen") / "presets.yaml").read_text("utf-8"))
    entries = {name: entry if isinstance(entry, dict) else {"size": entry} for name, entry in read.items()}
    return {name: schema.read(AdPlacement, entry, f"presets.yaml: {name}") for name, entry in entries.items()}


def safe_area(ratio: float) -> SafeArea:
    """That of the placement whose form a picture has; nothing where it has the form of none. ratio: width by height."""
    near = [(abs(ratio * entry.size[1] / entry.size[0] - 1), entry.safe) for entry in placements().values()]
    off, safe = min(near, key=lambda pair: pair[0])
    return safe if off <= _ALIKE else SafeArea()
