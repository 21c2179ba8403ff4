"""What every part of a set needs to know, and the colours that all share."""

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import Colour, mix

Point = tuple[float, float, float]
WHITE: Colour = (0.93, 0.92, 0.9)
BRASS: Colour = (0.86, 0.66, 0.36)
GREENS: tuple[Colour, ...] = ((0.2, 0.4, 0.17), (0.3, 0.46, 0.24), (0.36, 0.5, 0.33), (0.16, 0.34, 0.2))
WOODS: tuple[Colour, ...] = ((0.8, 0.66, 0.5), (0.72, 0.57, 0.42), (0.54, 0.4, 0.29), (0.86, 0.77, 0.64))
OUTDOORS = ("garden", "beach", "winter")


@dataclass
class Stage:
    """What every part of a set needs to know."""

    family: str
    rng: random.Random
    base: Colour
    second: Colour
    accent: Colour
    light: str
    decor: str
    floor: bool
    side: int  # where the light comes from: -1 left, 1 right
    swell: float = 0.0  # how far uneven ground may rise; decor sinks in by as much
    known: dict[tuple, Any] = field(default_factory=dict)

    def paint(self, colour: Colour, roughness: float = 0.55, metallic: float = 0.0) -> Any:
        """A plain material, shared by all that look alike."""
        key = ("paint", colour, roughness, metallic)
        if key not in self.known:
            self.known[key] = mat.principled("paint", colour, roughness, metallic)
        return self.known[key]

    def brass(self) -> Any:
        return self.paint(BRASS, 0.28, 1.0)

    def leaf(self, colour: Colour | None = None) -> Any:
        colour = colour or self.rng.choice(GREENS)
        key = ("leaf", colour)
        if key not in self.known:
            self.known[key] = mat.foliage(colour)
        return self.known[key]

    def tint(self) -> Colour:
        """One of the palette's colours for a piece of decor."""
        return self.rng.choice((self.second, self.accent, self.second, mix(self.base, self.second, 0.4)))


def draws(stage: Stage) -> np.random.Generator:
    return np.random.default_rng(stage.rng.getrandbits(32))
