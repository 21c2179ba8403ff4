"""The surfaces of products, and what all builders share."""

import random
from functools import cached_property

import bpy

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.shapes import Colour
from uniadgen.padsynth.specs import ProductSpec
from uniadgen.rng import stream

Objects = list[bpy.types.Object]
WHITE, DARK = (0.93, 0.92, 0.9), (0.05, 0.05, 0.055)
_WOODS = {
    "walnut": (0.42, 0.27, 0.17), "oak": (0.76, 0.58, 0.38), "pine": (0.87, 0.69, 0.46), "bamboo": (0.86, 0.73, 0.48),
    "beech": (0.83, 0.63, 0.45),
}  # fmt: skip


class Look:
    """The surfaces a product is made of; each is created when a part first asks for it."""

    def __init__(self, product: ProductSpec) -> None:
        self.product = product
        self.colour, self.accent_colour = product.colour, product.accent
        self.words = next((p.text for p in product.selling_points if p.type == "material"), "").lower()
        self.line = product.series or product.category

    def of(self, kind: str, colour: Colour | None = None) -> bpy.types.Material:
        """A surface of this kind ("plastic", "metal", "leather" ...) in this colour, by default the product's."""
        tone = self.colour if colour is None else colour
        rng = stream(self.product.seed, "surface", kind)
        if kind == "metal":
            # Painted or anodised in the product's colour; pale colours look like bare steel.
            material = principled("metal", mix(tone, (0.85, 0.85, 0.86), 0.15), 0.27, 1.0)
            return sh.textured(material, "noise", 60, stretch=(1, 1, 40), roughness=(0.18, 0.4))
        if kind == "glass":
            tint = mix((1, 1, 1), tone, 0.25)
            rough = 0.22 if "frosted" in self.words else 0.01
            return principled("glass", tint, rough, transmission_weight=1.0, ior=1.45)
        if kind == "ceramic":
            return principled("ceramic", tone, 0.16, coat_weight=0.6, coat_roughness=0.04)
        if kind == "fabric":
            material = principled("fabric", tone, 0.92, sheen_weight=0.35)
            thread = {"small": 1500, "medium": 1000, "large": 380}[self.product.size_class]
            return sh.textured(material, "noise", thread, 0.5, 0.3 / thread, mix(tone, (0, 0, 0), 0.2), contrast=(0.35, 0.75))
        if kind == "leather":
            material = principled("leather", tone, rng.uniform(0.36, 0.5), coat_weight=0.12, coat_roughness=0.3)
            return sh.textured(material, "cells", 260, 0.35, 0.0008)
        if kind == "wood":
            base = next((c for name, c in _WOODS.items() if name in self.words), None) if colour is None else colour
            base = base or rng.choice(tuple(_WOODS.values()))
            material = principled("wood", base, 0.42, coat_weight=0.15, coat_roughness=0.2)
            grain = mix(base, (0.15, 0.07, 0.03), 0.36)
            return sh.textured(material, "noise", 1, 0.1, 0.0005, grain, contrast=(0.38, 0.72))
        if kind == "stone":
            material = principled("stone", mix(WHITE, tone, 0.15), 0.14, coat_weight=0.4)
            return sh.textured(material, "noise", 7, tint=mix((0.4, 0.4, 0.42), tone, 0.3), contrast=(0.52, 0.7))
        if kind == "paper":
            return sh.textured(principled("card", tone, 0.62), "noise", 500, 0.08, 0.0004)
        if kind == "rubber":
            return sh.textured(principled("rubber", tone, 0.68), "noise", 700, 0.2, 0.0003)
        if stream(self.product.seed, "gloss").random() < 0.5:
            return principled("plastic", tone, 0.2, coat_weight=0.5, coat_roughness=0.06)
        return sh.textured(principled("plastic", tone, 0.42), "noise", 900, 0.08, 0.0002)

    @cached_property
    def body(self) -> bpy.types.Material:
        return self.of(self.product.material)

    @cached_property
    def solid(self) -> bpy.types.Material:
        """Like the body, for parts that cannot be made of glass, cloth or paper."""
        kind = self.product.material
        return self.of(kind if kind in ("metal", "ceramic", "plastic") else "plastic")

    @cached_property
    def soft(self) -> bpy.types.Material:
        return self.of("leather" if self.product.material == "leather" else "fabric")

    @cached_property
    def accent(self) -> bpy.types.Material:
        return self.of("plastic", self.accent_colour)

    @cached_property
    def black(self) -> bpy.types.Material:
        return principled("black plastic", DARK, 0.38, coat_weight=0.1)

    @cached_property
    def white(self) -> bpy.types.Material:
        return principled("white plastic", WHITE, 0.3, coat_weight=0.2)

    @cached_property
    def chrome(self) -> bpy.types.Material:
        tone = (0.83, 0.66, 0.4) if any(w in self.words for w in ("brass", "gilded")) else (0.84, 0.84, 0.86)
        return principled("chrome", tone, 0.13, 1.0)

    @cached_property
    def gold(self) -> bpy.types.Material:
        return principled("gold", (0.89, 0.72, 0.42), 0.18, 1.0)

    @cached_property
    def rubber(self) -> bpy.types.Material:
        return self.of("rubber", (0.09, 0.09, 0.095))

    @cached_property
    def wood(self) -> bpy.types.Material:
        return self.of("wood")

    @cached_property
    def clear(self) -> bpy.types.Material:
        return principled("clear", (0.98, 0.99, 0.99), 0.01, transmission_weight=1.0, ior=1.3)

    def liquid(self, colour: Colour, clarity: float = 0.35) -> bpy.types.Material:
        """A drink or a perfume, mostly its own colour, so that it holds on any background."""
        return principled("liquid", colour, 0.06, transmission_weight=clarity, ior=1.34, subsurface_weight=0.0)

    def glow(self, colour: Colour, strength: float) -> bpy.types.Material:
        return principled("glow", colour, 0.5, emission_color=(*sh.linear(colour)[:3], 1.0), emission_strength=strength)

    def brand(self, surface: Colour, rng: random.Random, width: int = 256) -> bpy.types.Material:
        """The brand's name alone, in an ink that can be read on the surface."""
        ink = sh.readable(rng.choice((self.accent_colour, WHITE, DARK)), surface, 3.5)
        return sh.picture("brand", sh.print_image(self.product.brand, ink, rng, width, width // 4), 0.3)

    def label(self, rng: random.Random, width: int, height: int, motif: str = "", line: str = "") -> bpy.types.Material:
        """A printed label on light paper, or on the accent colour."""
        papers = (WHITE, (0.96, 0.91, 0.8), mix(self.colour, (1, 1, 1), 0.8), self.accent_colour)
        paper = rng.choice(papers)
        accent = self.colour if paper is self.accent_colour else rng.choice((self.accent_colour, self.colour))
        image = sh.label_image(
            self.product.brand, line or self.line, paper, sh.readable(accent, paper, 1.8), rng, width, height, motif
        )
        return sh.picture("label", image, 0.42, coat=0.15)
