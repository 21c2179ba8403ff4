"""What every part of a set needs to know, and the colours that all share."""

import colorsys
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.specs import SCENE_FAMILIES, ProductSpec

Point = tuple[float, float, float]
WHITE: Colour = (0.93, 0.92, 0.9)
BRASS: Colour = (0.86, 0.66, 0.36)
GREENS: tuple[Colour, ...] = ((0.2, 0.4, 0.17), (0.3, 0.46, 0.24), (0.36, 0.5, 0.33), (0.16, 0.34, 0.2))
WOODS: tuple[Colour, ...] = ((0.8, 0.66, 0.5), (0.72, 0.57, 0.42), (0.54, 0.4, 0.29), (0.86, 0.77, 0.64))


@dataclass(frozen=True)
class Subject:
    """What a set has to know of its product; all points in units of the product's largest side."""

    product: ProductSpec
    unit: float  # metres
    elevation: float  # of the camera, degrees
    low: Point
    high: Point
    top: Point  # the middle of its highest part, where a hook would hold it
    back: Point  # its rearmost point, where a wall would bear it


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
    subject: Subject
    swell: float = 0.0  # how far uneven ground may rise; decor sinks in by as much
    spread: float = 1.0  # by how much the set is larger than laid out; see `sized_for`
    at_hand: set[Any] = field(default_factory=set)  # objects that are at their right size already
    known: dict[tuple, Any] = field(default_factory=dict)

    @property
    def outdoors(self) -> bool:
        return SCENE_FAMILIES[self.family].outdoors

    @property
    def close(self) -> bool:
        """Whether a surface is right behind the product: the ground it lies on or the wall it hangs on."""
        return self.subject.product.posture in ("lies", "hangs")

    @property
    def leans(self) -> bool:
        return self.subject.product.posture == "leans"

    @property
    def half(self) -> float:
        """How far the product reaches to either side, at least 0.28."""
        return max(0.28, -self.subject.low[0], self.subject.high[0])

    def cm(self, centimetres: float) -> float:
        """A length of the real world in units of the product."""
        return centimetres / self.subject.product.size_cm

    def sized_for(self, usual_cm: float, most: float = 2.2) -> None:
        """Says beside products of which size the set is right as laid out; for others it becomes larger or smaller."""
        self.spread = min(max(self.cm(usual_cm), 0.62), most)

    @contextmanager
    def right_size(self) -> Iterator[None]:
        """What is built inside is as large as it should be, whatever the size of the set."""
        before = set(bpy.data.objects)
        yield
        self.at_hand |= set(bpy.data.objects) - before

    @contextmanager
    def in_metres(self, at: Point = (0, 0, 0)) -> Iterator[None]:
        """What is built inside is meant in metres and at its real size beside the product; `at` (units) is its origin."""
        before = set(bpy.data.objects)
        yield
        bpy.context.view_layer.update()
        place = Matrix.Translation(at) @ Matrix.Scale(self.cm(100), 4)
        for obj in set(bpy.data.objects) - before:
            obj.matrix_world = place @ obj.matrix_world
        self.at_hand |= set(bpy.data.objects) - before

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


def vivid(colour: Colour) -> Colour:
    """The colour that a neon tube of this palette would have."""
    h, s, _ = colorsys.rgb_to_hsv(*colour)
    return colorsys.hsv_to_rgb(h, min(1.0, max(0.72, 1.6 * s)), 1.0)
