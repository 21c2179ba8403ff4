"""The products of PAd-Synth: parametric meshes of 24 categories, and flat cut-outs of any outline.

`build(product)` puts a product at its real size (metres) on z=0, around x=y=0, with its front facing -Y. Proportions and form
follow from the product's seed, surfaces from its colours and material. The text and artwork on labels are drawn here as well.
"""

import itertools
import math
import random
from collections.abc import Callable
from functools import cached_property

import bpy
import numpy as np

from uniadgen.world import shapes as sh
from uniadgen.world.materials import mix, principled
from uniadgen.world.shapes import Colour, Point2
from uniadgen.world.specs import ProductSpec, stream

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


def build(product: ProductSpec) -> Objects:
    """The product's objects in the current scene, at real size, standing on z=0 around the origin, its front facing -Y."""
    rng = stream(product.seed, "shape")
    if product.form == "billboard":
        return _billboard(product, rng)
    objects = BUILDERS[product.category](Look(product), rng)
    _settle(objects)
    _run_grain(objects)
    return objects


def _settle(objects: Objects) -> None:
    """Centres the product in x and y and puts its lowest point on the floor."""
    points = np.concatenate([np.array([v.co for v in o.data.vertices]) for o in objects])
    low, high = points.min(0), points.max(0)
    for obj in objects:
        sh.move(obj, (-(low[0] + high[0]) / 2, -(low[1] + high[1]) / 2, -low[2]))


def _run_grain(objects: Objects) -> None:
    """Lets the grain of wood run along each part, finer on small parts."""
    variants: dict[tuple[str, int, int], bpy.types.Material] = {}
    for obj in objects:
        material = obj.data.materials[0]
        if not material.name.startswith("wood"):
            continue
        points = np.array([v.co for v in obj.data.vertices])
        size = np.ptp(points, axis=0)
        axis = int(size.argmax())
        across = 10 * round(7 / float(size[axis]) ** 0.45)
        if (material.name, axis, across) not in variants:
            copy = variants[material.name, axis, across] = material.copy()
            mapping = next(n for n in copy.node_tree.nodes if n.bl_idname == "ShaderNodeMapping")
            mapping.inputs["Scale"].default_value = [across / 14 if i == axis else across for i in range(3)]
        obj.data.materials[0] = variants[material.name, axis, across]


def _billboard(product: ProductSpec, rng: random.Random) -> Objects:
    image = sh.cutout(product.brand, product.colour, product.accent, rng)
    height = rng.uniform(0.2, 0.4)
    height = min(height, 0.45 * image.height / image.width)
    width = height * image.width / image.height
    # A little light of its own keeps an upright picture legible under light that comes from above.
    material = sh.picture("cutout", image, 0.75, emission=0.25)
    return [sh.flat_label("cutout", width, height, (0, 0, height / 2), material)]


# --- shared parts -----------------------------------------------------------------------------------------------------------


def _feet(look: Look, x: float, y: float, radius: float = 0.009, height: float = 0.006, z: float = 0.0) -> Objects:
    profile = sh.fillet([(0, z), (radius * 0.85, z, 0.002), (radius, z + height), (0, z + height)])
    return [sh.move(sh.lathe("foot", profile, look.rubber, 20), (sx * x, sy * y, 0)) for sx in (-1, 1) for sy in (-1, 1)]


def _disc(
    name: str, radius: float, depth: float, at: sh.Point, material: bpy.types.Material, edge: float = 0.001, hole: float = 0.0
) -> bpy.types.Object:
    """A button, dial or ring on a front: its back is at `at`, it comes forward (to -Y) by `depth`."""
    profile = sh.fillet([(hole, 0), (radius, 0), (radius, depth, edge), (hole, depth)])
    return sh.move(sh.lathe(name, profile, material, 40, ring=hole > 0), at, (90, 0, 0))


def _d_handle(
    look: Look, x: float, low: float, high: float, reach: float, thick: float, material: bpy.types.Material, width: float = 0.02
) -> bpy.types.Object:
    """A handle that bows out to +X between two heights, `x` at its ends."""
    mid = (low + high) / 2
    points = [
        (x - 0.008, 0, low),
        (x + reach * 0.75, 0, low + 0.004),
        (x + reach, 0, mid),
        (x + reach * 0.8, 0, high - 0.002),
        (x - 0.008, 0, high),
    ]
    return sh.sweep("handle", sh.spline(points, 7), sh.rounded_rect(thick, width, thick * 0.45, 4), material)


# --- appliances -------------------------------------------------------------------------------------------------------------


def _kettle(look: Look, rng: random.Random) -> Objects:
    trim = rng.choice((look.black, look.black, look.accent, look.wood))
    goose = rng.random() < 0.45
    h = rng.uniform(0.15, 0.17) if goose else rng.uniform(0.19, 0.23)
    r0, r1 = (
        (rng.uniform(0.082, 0.092), rng.uniform(0.05, 0.06))
        if goose
        else (rng.uniform(0.076, 0.086), rng.uniform(0.056, 0.066))
    )
    z = 0.026
    body = sh.fillet(
        [(0, z), (r0, z, 0.008), (r0, z + 0.02, 0.03), (r1, z + h, 0.012), (r1 - 0.008, z + h + 0.003), (0, z + h + 0.003)], 6
    )
    base = sh.fillet([(0, 0), (r0 + 0.004, 0, 0.003), (r0 + 0.008, 0.02, 0.006), (r0 - 0.006, 0.023), (0, 0.023)])
    top = z + h
    lid = sh.fillet([(r1 - 0.004, top), (r1 - 0.004, top + 0.006, 0.004), (r1 * 0.6, top + 0.018, 0.02), (0, top + 0.021)], 5)
    knob = sh.fillet(
        [
            (0, top + 0.017),
            (0.006, top + 0.017),
            (0.006, top + 0.028, 0.002),
            (0.015, top + 0.03, 0.003),
            (0.014, top + 0.042, 0.005),
            (0, top + 0.043),
        ]
    )
    parts = [
        sh.lathe("body", body, look.solid, 64),
        sh.lathe("base", base, look.black, 64),
        sh.lathe("lid", [(0, top), *lid], look.solid, 64),
        sh.lathe("knob", knob, trim, 28),
        sh.lathe(
            "band",
            sh.fillet([(r0 - 0.01, z - 0.004), (r0 + 0.0015, z - 0.004), (r0 + 0.0015, z + 0.006), (r0 - 0.01, z + 0.006)]),
            look.chrome,
            64,
            ring=True,
        ),
    ]
    high = top - 0.014
    at = sh.radius_at(body, high)
    low = z + h * rng.uniform(0.22, 0.35)
    reach = rng.uniform(0.055, 0.07) + (r0 - at) * 0.6
    grip = [
        (at - 0.008, 0, high),
        (at + reach * 0.7, 0, high + 0.006),
        (at + reach, 0, high - 0.03),
        (at + reach * 0.92, 0, (low + high) / 2),
    ]
    grip += (
        [(at + reach * 0.8, 0, low)]
        if goose
        else [(sh.radius_at(body, low) + 0.02, 0, low), (sh.radius_at(body, low) - 0.008, 0, low - 0.004)]
    )
    parts.append(sh.sweep("handle", sh.spline(grip, 8), sh.rounded_rect(0.017, 0.025, 0.008, 4), trim))
    if goose:
        s = -sh.radius_at(body, z + 0.03)
        path = sh.spline(
            [
                (s + 0.01, 0, z + 0.028),
                (s - 0.03, 0, z + 0.034),
                (s - 0.048, 0, z + h * 0.55),
                (s - 0.058, 0, z + h * 0.86),
                (s - 0.088, 0, z + h * 0.97),
            ],
            8,
        )
        parts.append(sh.tube("spout", path, 0.0078, look.solid))
    else:
        sections = []
        for t, reach_out, half, drop in ((0, -0.012, 0.028, 0.06), (0.5, 0.012, 0.02, 0.04), (1, 0.036, 0.009, 0.016)):
            x = -(at + reach_out)
            lip = top - 0.002 + 0.004 * t
            sections.append(
                [(x, half * math.cos(a), lip - drop * (0.5 - 0.5 * math.sin(a))) for a in np.linspace(0, 2 * math.pi, 25)[:-1]]
            )
        parts.append(sh.loft("spout", sections, look.solid))
        parts.append(_disc("light", 0.004, 0.003, (0, -(r0 + 0.004), 0.011), look.glow((0.35, 0.75, 1.0), 2.0)))
    parts.append(sh.round_label("brand", body, z + h * 0.42, z + h * 0.42 + 0.03, 80, look.brand(look.colour, rng)))
    return parts


def _toaster(look: Look, rng: random.Random) -> Objects:
    w, d, h, retro = rng.uniform(0.27, 0.32), rng.uniform(0.16, 0.19), rng.uniform(0.17, 0.2), rng.random() < 0.5
    z = 0.014
    edge = rng.uniform(0.045, 0.06) if retro else rng.uniform(0.012, 0.022)
    arch = sh.fillet([(edge * 0.9, z), (0, z, 0.006), (0, z + h, edge), (edge, z + h)], 8)
    body = sh.prism("body", sh.rounded_rect(w, d, 0.05 if retro else 0.03, 8), arch, look.solid)
    base = sh.slab("base", (w - 0.012, d - 0.012, 0.014), look.black, 0.03, 0.003, z=0.004)
    parts = [body, base, *_feet(look, w * 0.38, d * 0.33)]
    for y in (-0.026, 0.026):
        parts.append(sh.move(sh.slab("slot rim", (w * 0.66, 0.035, 0.004), look.chrome, 0.009, 0.0015), (0, y, z + h - 0.0008)))
        parts.append(
            sh.move(
                sh.slab("slot", (w * 0.66 - 0.012, 0.024, 0.0008), principled("void", (0.03, 0.02, 0.02), 0.9), 0.006, 0.0002),
                (0, y, z + h + 0.0031),
            )
        )
    if rng.random() < 0.45:
        crust = sh.textured(principled("toast", (0.78, 0.52, 0.25), 0.85), "noise", 60, 0.4, 0.002, (0.5, 0.27, 0.1))
        for y in (-0.026, 0.026):
            bread = sh.plate("toast", sh.rounded_rect(0.125, 0.11, 0.025), 0.016, crust, 0.004)
            parts.append(sh.move(bread, (rng.uniform(-0.01, 0.01), y, z + h - 0.005)))
    x, trim = w / 2, look.chrome if rng.random() < 0.6 else look.accent
    parts.append(sh.box("lever slot", (0.003, 0.008, h * 0.55), (x, 0, z + h * 0.22), look.black, 0.001))
    parts.append(sh.box("lever", (0.026, 0.042, 0.014), (x + 0.013, 0, z + h * 0.62), look.black, 0.005))
    knob = _disc("dial", 0.021, 0.014, (w * 0.27, -d / 2, z + h * 0.28), trim, 0.004)
    ring = _disc("dial ring", 0.026, 0.003, (w * 0.27, -d / 2, z + h * 0.28), look.black)
    mark = sh.box("mark", (0.002, 0.001, 0.012), (w * 0.27, -d / 2 - 0.0143, z + h * 0.28 + 0.003), look.white, 0.0003)
    buttons = [
        _disc("button", 0.008, 0.005, (w * 0.27 - 0.05 - 0.026 * i, -d / 2, z + h * 0.28), trim, 0.002)
        for i in range(rng.randint(1, 3))
    ]
    label = sh.flat_label("brand", 0.15, 0.0375, (-w * 0.12, -d / 2 - 0.0006, z + h * 0.56), look.brand(look.colour, rng))
    return [*parts, knob, ring, mark, *buttons, label]


def _blender(look: Look, rng: random.Random) -> Objects:
    w, bh = rng.uniform(0.155, 0.185), rng.uniform(0.13, 0.16)
    square = rng.random() < 0.5
    outline = sh.rounded_rect(w, w, 0.035, 8) if square else sh.circle(w / 2, 56)
    top_in = w * rng.uniform(0.14, 0.2)
    base = sh.prism(
        "base",
        outline,
        sh.fillet([(0.004, 0.006), (0, 0.006, 0.004), (0, 0.04, 0.05), (top_in, bh, 0.012), (top_in + 0.02, bh)], 6),
        look.solid,
    )
    parts = [base, *_feet(look, w * 0.3, w * 0.3)]
    front = -(w / 2) + 0.001 + (0.0 if square else 0.004)
    zdial = 0.036
    parts += [
        _disc("ring", 0.027, 0.009, (0, front + 0.006, zdial), look.chrome),
        _disc("dial", 0.022, 0.024, (0, front + 0.004, zdial), look.black, 0.004),
    ]
    parts.append(sh.box("mark", (0.002, 0.001, 0.012), (0, front - 0.0205, zdial + 0.004), look.white, 0.0003))
    jr0, jr1, jh = 0.05, rng.uniform(0.066, 0.075), rng.uniform(0.19, 0.23)
    z = bh + 0.022
    parts.append(
        sh.lathe(
            "collar",
            sh.fillet([(0, bh - 0.004), (jr0 + 0.008, bh - 0.004, 0.003), (jr0 + 0.005, z + 0.008, 0.003), (0, z + 0.008)]),
            look.black,
            56,
        )
    )
    outer = sh.fillet([(0, z), (jr0, z, 0.008), (jr1, z + jh)])
    parts.append(sh.lathe("jar", sh.hollow(outer, 0.0035, 0.006), look.clear, 56))
    fill = z + jh * rng.uniform(0.5, 0.78)
    drink = rng.choice(((0.86, 0.3, 0.42), (0.95, 0.62, 0.2), (0.45, 0.65, 0.25), (0.6, 0.3, 0.55), (0.96, 0.82, 0.5)))
    level = sh.radius_at(outer, fill) - 0.0045
    smoothie = sh.textured(principled("smoothie", drink, 0.35), "noise", 40, 0.05, 0.001, mix(drink, (1, 1, 1), 0.2))
    parts.append(
        sh.lathe(
            "smoothie", sh.fillet([(0, z + 0.008), (jr0 - 0.004, z + 0.008), (level, fill), (0, fill + 0.002)]), smoothie, 48
        )
    )
    top = z + jh
    parts.append(
        sh.lathe(
            "lid",
            sh.fillet(
                [
                    (0, top - 0.006),
                    (jr1 - 0.004, top - 0.006),
                    (jr1 - 0.004, top),
                    (jr1 + 0.004, top, 0.002),
                    (jr1 + 0.003, top + 0.015, 0.006),
                    (0.03, top + 0.02),
                    (0, top + 0.02),
                ]
            ),
            look.black,
            56,
        )
    )
    parts.append(
        sh.lathe(
            "cap",
            sh.fillet([(0, top + 0.019), (0.026, top + 0.019), (0.024, top + 0.034, 0.004), (0, top + 0.034)]),
            rng.choice((look.accent, look.clear, look.black)),
            36,
        )
    )
    parts.append(
        _d_handle(look, sh.radius_at(outer, z + jh * 0.5) + 0.004, z + jh * 0.18, z + jh * 0.9, 0.042, 0.014, look.black, 0.024)
    )
    marks = [sh.round_label("scale", outer, z + jh * t, z + jh * t + 0.0016, 22, look.white) for t in (0.3, 0.45, 0.6, 0.75)]
    slope = math.degrees(math.atan2(top_in, bh - 0.04))
    mid = (bh + 0.05) / 2 + 0.008
    badge = sh.move(
        sh.flat_label("brand", 0.08, 0.02, (0, 0, 0), look.brand(look.colour, rng)),
        (0, -(w / 2 - top_in * (mid - 0.04) / (bh - 0.04)) - 0.004, mid),
        (-slope, 0, 0),
    )
    return [*parts, *marks, badge]


def _rice_cooker(look: Look, rng: random.Random) -> Objects:
    if rng.random() < 0.5:
        w, d, h = rng.uniform(0.25, 0.28), rng.uniform(0.28, 0.32), rng.uniform(0.19, 0.22)
        outline = sh.superellipse(w, d, 3.0, 64)
        split = h * 0.62
        body = sh.prism(
            "body",
            outline,
            sh.fillet([(0.05, 0.006), (0.018, 0.006, 0.015), (0, h * 0.35, 0.06), (0.004, split), (0.03, split)], 7),
            look.solid,
        )
        lid = sh.prism(
            "lid",
            outline,
            sh.fillet(
                [
                    (0.03, split + 0.003),
                    (0.006, split + 0.003, 0.002),
                    (0.02, h * 0.92, 0.05),
                    (0.075, h, 0.03),
                    (w * 0.49, h + 0.001),
                ],
                8,
            ),
            look.solid,
        )
        seam = sh.prism(
            "seam",
            outline,
            [(0.03, split - 0.001), (0.002, split - 0.001), (0.002, split + 0.005), (0.03, split + 0.005)],
            look.chrome,
        )
        panel = sh.move(
            sh.plate("panel", sh.rounded_rect(0.1, 0.072, 0.014), 0.022, look.black, 0.003), (0, -d / 2 + 0.002, h * 0.34)
        )
        screen = sh.box(
            "screen", (0.05, 0.0012, 0.022), (0, -d / 2 - 0.0093, h * 0.34 + 0.004), look.glow((0.25, 0.55, 0.6), 0.6), 0.0004
        )
        y = -d / 2 - 0.009
        buttons = [
            _disc("button", 0.006, 0.003, (x, y, h * 0.34 - 0.018), look.chrome if x else look.accent) for x in (-0.03, 0, 0.03)
        ]
        vent = sh.lathe(
            "vent", sh.fillet([(0, h - 0.004), (0.022, h - 0.004), (0.02, h + 0.008, 0.003), (0, h + 0.008)]), look.black, 32
        )
        arc = sh.spline(
            [
                (-w * 0.45, 0, h * 0.7),
                (-w * 0.44, -0.01, h * 0.98),
                (-w * 0.3, -0.02, h + 0.028),
                (0, -0.025, h + 0.036),
                (w * 0.3, -0.02, h + 0.028),
                (w * 0.44, -0.01, h * 0.98),
                (w * 0.45, 0, h * 0.7),
            ],
            6,
        )
        handle = sh.sweep("handle", arc, sh.rounded_rect(0.012, 0.024, 0.005, 4), look.black)
        hinges = [
            sh.move(
                _disc("pivot", 0.014, 0.008, (0, 0, 0), look.black, 0.003), (s * (w / 2 - 0.006), 0, h * 0.7), (0, 0, s * 90)
            )
            for s in (-1, 1)
        ]
        brand = sh.flat_label("brand", 0.08, 0.02, (0, -d / 2 - 0.0012, split - 0.018), look.brand(look.colour, rng))
        return [
            body,
            lid,
            seam,
            panel,
            screen,
            *buttons,
            sh.move(vent, (0, 0.05, 0)),
            handle,
            *hinges,
            brand,
            *_feet(look, w * 0.25, d * 0.25),
        ]
    r, h = rng.uniform(0.12, 0.14), rng.uniform(0.15, 0.18)
    profile = sh.fillet([(0, 0.006), (r * 0.88, 0.006, 0.02), (r, h * 0.3, 0.08), (r * 0.98, h), (0, h)], 6)
    rim = sh.fillet([(r * 0.9, h - 0.003), (r * 1.02, h - 0.003, 0.003), (r * 1.02, h + 0.006, 0.003), (r * 0.9, h + 0.006)])
    dome = sh.fillet([(r * 0.96, h + 0.004), (r * 0.9, h + 0.022, 0.03), (r * 0.45, h + 0.042, 0.06), (0, h + 0.046)], 6)
    tinted = principled("lid glass", (0.75, 0.78, 0.8), 0.02, transmission_weight=0.9, ior=1.2)
    rice = sh.textured(principled("rice", (0.94, 0.92, 0.86), 0.7), "cells", 150, 0.9, 0.004)
    knob = sh.fillet(
        [
            (0, h + 0.04),
            (0.009, h + 0.04),
            (0.009, h + 0.055, 0.002),
            (0.021, h + 0.058, 0.004),
            (0.019, h + 0.072, 0.005),
            (0, h + 0.074),
        ]
    )
    parts = [
        sh.lathe("body", profile, look.solid, 64),
        sh.lathe("rim", rim, look.chrome, 64, ring=True),
        sh.lathe("rice", [(0, h + 0.001), (r * 0.9, h + 0.001), (r * 0.5, h + 0.012), (0, h + 0.014)], rice, 48),
    ]
    parts += [
        sh.lathe("lid", [(0, h + 0.004), *dome], tinted, 56),
        sh.lathe("knob", knob, look.black, 32),
        *_feet(look, r * 0.55, r * 0.55),
    ]
    for s in (-1, 1):
        bow = sh.spline(
            [
                (s * (r * 0.95), -0.04, h * 0.8),
                (s * (r + 0.03), -0.034, h * 0.82),
                (s * (r + 0.038), 0, h * 0.83),
                (s * (r + 0.03), 0.034, h * 0.82),
                (s * (r * 0.95), 0.04, h * 0.8),
            ],
            6,
        )
        parts.append(sh.sweep("grip", bow, sh.rounded_rect(0.011, 0.018, 0.005, 4), look.black, up=(0, 0, 1)))
    panel = sh.round_label("panel", profile, h * 0.12, h * 0.5, 34, look.black, lift=0.003)
    switch = sh.box("switch", (0.026, 0.02, 0.01), (0, -r - 0.003, h * 0.2), look.accent, 0.003)
    lights = [
        _disc("light", 0.004, 0.004, (x, -r - 0.0005, h * 0.42), look.glow(c, 1.5))
        for x, c in ((-0.014, (1, 0.45, 0.2)), (0.014, (0.4, 0.9, 0.4)))
    ]
    brand = sh.round_label("brand", profile, h * 0.62, h * 0.62 + 0.026, 50, look.brand(look.colour, rng))
    return [*parts, panel, switch, *lights, brand]


# --- electronics ------------------------------------------------------------------------------------------------------------


def _smartphone(look: Look, rng: random.Random) -> Objects:
    w, h, d = rng.uniform(0.07, 0.077), rng.uniform(0.147, 0.163), rng.uniform(0.0078, 0.009)
    corner = rng.uniform(0.008, 0.013)
    frame, back = (
        look.of("metal", mix(look.colour, (0.7, 0.7, 0.72), 0.3)),
        look.of("ceramic" if look.product.material != "metal" else "metal"),
    )
    style = rng.choice(("row", "square", "single"))

    def phone() -> Objects:
        body = [
            sh.plate("frame", sh.rounded_rect(w, h, corner, 9), d, frame, 0.0022),
            sh.box("power", (0.0015, 0.003, 0.013), (w / 2, 0, 0.018), frame, 0.0006),
        ]
        body += [sh.box("volume", (0.0015, 0.003, 0.011), (-w / 2, 0, 0.012 + i * 0.015), frame, 0.0006) for i in range(2)]
        return body

    def front() -> Objects:
        body = phone()
        face = sh.plate(
            "glass",
            sh.rounded_rect(w - 0.0024, h - 0.0024, corner - 0.001, 9),
            0.0006,
            principled("glass front", (0.01, 0.01, 0.012), 0.04, coat_weight=0.5),
            0.0002,
        )
        screen = sh.flat_label(
            "screen",
            w - 0.006,
            h - 0.006,
            (0, -d / 2 - 0.0006, 0),
            sh.picture("screen", _wallpaper(look, rng), 0.08, emission=0.55),
        )
        return [*body, sh.move(face, (0, -d / 2, 0)), screen]

    def rear() -> Objects:
        body = phone()
        panel = sh.move(
            sh.plate("back", sh.rounded_rect(w - 0.002, h - 0.002, corner - 0.001, 9), 0.0008, back, 0.0004), (0, -d / 2, 0)
        )
        y, lenses = -d / 2 - 0.0004, []
        island = {"row": (0.02, 0.052), "square": (0.032, 0.034), "single": (0.018, 0.018)}[style]
        cz = h / 2 - 0.006 - island[1] / 2
        cx = -w / 2 + 0.006 + island[0] / 2
        lenses.append(sh.move(sh.plate("island", sh.rounded_rect(*island, 0.009, 7), 0.003, frame, 0.0009), (cx, y, cz)))
        spots = {
            "row": [(0, 0.015), (0, 0), (0, -0.015)],
            "square": [(-0.007, 0.008), (-0.007, -0.008), (0.008, 0)],
            "single": [(0, 0)],
        }[style]
        for sx, sz in spots:
            at = (cx + sx, y - 0.0014, cz + sz)
            lenses += [
                _disc("lens ring", 0.0064, 0.0018, at, look.chrome, 0.0005),
                _disc("lens", 0.0053, 0.0021, at, principled("lens", (0.01, 0.012, 0.03), 0.03, coat_weight=1.0), 0.0003),
            ]
        lenses.append(
            _disc(
                "flash",
                0.0022,
                0.0004,
                (w / 2 - 0.012, y, h / 2 - 0.012) if style != "single" else (cx + 0.016, y, cz),
                look.glow((1, 0.95, 0.8), 0.3),
            )
        )
        logo = sh.flat_label("brand", w * 0.56, w * 0.14, (0, -d / 2 - 0.0012, -h * 0.08), look.brand(look.colour, rng))
        return [*body, panel, *lenses, logo]

    if rng.random() < 0.6:
        yaw = rng.uniform(-6, 2)
        first = [sh.move(o, (w * 0.3, -0.012, h / 2), (0, 0, yaw)) for o in front()]
        second = [sh.move(o, (-w * 0.38, 0.014, h / 2), (0, 0, 4)) for o in rear()]
        return first + second
    only = front() if rng.random() < 0.6 else rear()
    return [sh.move(o, (0, 0, h / 2)) for o in only]


def _wallpaper(look: Look, rng: random.Random) -> sh.Image.Image:
    """A phone's screen: flowing colours, the time, and a row of icons."""
    height, width = 480, 224
    y, x = np.mgrid[0:1:480j, 0:1:224j]
    a, b, c = look.colour, look.accent_colour, tuple(rng.random() for _ in range(3))
    flow = 0.5 + 0.5 * np.sin(3 * x * rng.uniform(0.5, 2) + 5 * y + 1.5 * np.sin(4 * y + 3 * x * rng.uniform(-1, 1)))
    glow = np.exp(-((x - rng.random()) ** 2 + (y - rng.random()) ** 2) * 6)
    colours = flow[..., None] * np.array(a) + (1 - flow[..., None]) * np.array(b)
    colours = colours * (1 - 0.7 * glow[..., None]) + 0.7 * glow[..., None] * np.array(c)
    image = sh.Image.fromarray((255 * colours.clip(0, 1)).astype(np.uint8)).convert("RGBA")
    sh.place_text(image, f"{rng.randint(7, 21)}:{rng.randint(10, 59)}", (0.18, 0.14, 0.82, 0.27), (1, 1, 1), weight=0.01)
    sh.place_text(image, look.product.brand, (0.3, 0.29, 0.7, 0.33), (1, 1, 1))
    draw = sh.ImageDraw.Draw(image)
    for row in range(rng.choice((0, 2, 3))):
        for i in range(4):
            left, top = width * (0.09 + 0.218 * i), height * (0.5 + 0.12 * row)
            draw.rounded_rectangle((left, top, left + 36, top + 36), 9, sh.rgb8((rng.random(), rng.random(), rng.random())))
    for i in range(4):
        left = width * (0.09 + 0.218 * i)
        draw.rounded_rectangle((left, height * 0.89, left + 36, height * 0.89 + 36), 9, sh.rgb8((1, 1, 1), 0.9))
    draw.ellipse((width / 2 - 6, 14, width / 2 + 6, 26), (0, 0, 0, 255))
    return sh.rounded_mask(image, 0.13)


def _speaker(look: Look, rng: random.Random) -> Objects:
    form = rng.choice(("box", "column", "portable"))
    cone = principled("cone", (0.06, 0.06, 0.065), 0.55)
    if form == "box":
        w, d, h = rng.uniform(0.17, 0.21), rng.uniform(0.19, 0.24), rng.uniform(0.28, 0.35)
        cabinet = sh.box(
            "cabinet",
            (w, d, h),
            (0, 0, 0.008),
            look.body if look.product.material != "fabric" else look.wood,
            rng.uniform(0.004, 0.014),
            4,
        )
        baffle = sh.move(
            sh.plate(
                "baffle",
                sh.rounded_rect(w - 0.02, h - 0.02, 0.01),
                0.008,
                rng.choice((look.black, look.accent, look.black)),
                0.002,
            ),
            (0, -d / 2 - 0.001, h / 2 + 0.008),
        )
        parts, y = [cabinet, baffle, *_feet(look, w * 0.36, d * 0.36, height=0.009)], -d / 2 - 0.005
        drivers = (
            [(w * 0.36, h * 0.4), (w * 0.19, h * 0.79)] if rng.random() < 0.7 else [(w * 0.33, h * 0.3), (w * 0.33, h * 0.72)]
        )
        for r, z in drivers:
            at = (0, y, z)
            dish = [
                (0, 0.002),
                (r * 0.25, 0.004),
                (r * 0.8, 0.012),
                (r * 0.82, 0.016),
                (r * 0.88, 0.018),
                (r * 0.94, 0.014),
                (r * 0.94, 0.0),
                (0, 0.0),
            ]
            parts.append(_disc("ring", r, 0.006, (0, y + 0.001, z), rng.choice((look.chrome, look.black, look.gold)), 0.002))
            parts.append(sh.move(sh.lathe("driver", [(q, zz - 0.006) for q, zz in dish], cone, 48), at, (90, 0, 0)))
            parts.append(sh.ball("dust cap", r * 0.28, (0, y + 0.001, z), rng.choice((look.chrome, look.gold, cone)), 1.0))
        brand = sh.flat_label("brand", w * 0.32, w * 0.08, (0, -d / 2 - 0.0056, 0.027), look.brand(DARK, rng))
        return [*parts, brand]
    if form == "column":
        r, h = rng.uniform(0.055, 0.085), rng.uniform(0.15, 0.24)
        cut = h * rng.uniform(0.72, 0.86)
        low = sh.fillet([(0, 0.004), (r * 0.9, 0.004, 0.01), (r, 0.02, 0.01), (r, cut), (0, cut)], 5)
        top = sh.fillet(
            [(0, cut), (r * 0.985, cut), (r * 0.985, h, 0.014), (r * 0.7, h), (r * 0.68, h - 0.002), (0, h - 0.002)], 6
        )
        ring = sh.fillet([(r * 0.9, cut - 0.002), (r + 0.001, cut - 0.002), (r + 0.001, cut + 0.003), (r * 0.9, cut + 0.003)])
        glow = [(r * 0.69, h - 0.003), (r * 0.75, h + 0.0006), (r * 0.69, h + 0.0006)]
        upper = look.of("plastic") if look.product.material == "fabric" else look.body
        parts = [
            sh.lathe("cloth", low, look.of("fabric"), 64),
            sh.lathe("top", top, upper, 64),
            sh.lathe("seam", ring, look.chrome, 64, ring=True),
        ]
        parts.append(sh.lathe("light", glow, look.glow(look.accent_colour, 2.5), 64, ring=True))
        parts.append(sh.lathe("foot", sh.fillet([(0, 0), (r * 0.8, 0), (r * 0.8, 0.005), (0, 0.005)]), look.rubber, 48))
        parts += [
            sh.move(_disc("key", 0.006, 0.001, (0, 0, 0), look.white), (x, 0, h - 0.002), (-90, 0, 0)) for x in (-0.018, 0.018)
        ]
        return [
            *parts,
            sh.round_label(
                "brand", top, cut + 0.008, cut + 0.008 + min(0.03, (h - cut) * 0.5), 62, look.brand(look.colour, rng)
            ),
        ]
    length, r = rng.uniform(0.19, 0.25), rng.uniform(0.036, 0.046)
    half = length / 2
    cloth = sh.fillet([(0, -half * 0.86), (r, -half * 0.86), (r, half * 0.86), (0, half * 0.86)])
    parts = [sh.move(sh.lathe("cloth", cloth, look.of("fabric"), 48), (0, 0, r + 0.008), (0, 90, 0))]
    for s in (-1, 1):
        cap = sh.fillet(
            [
                (0, half * 0.84),
                (r * 1.05, half * 0.84, 0.003),
                (r * 1.05, half * 0.93, 0.008),
                (r * 0.86, half, 0.006),
                (r * 0.8, half),
                (r * 0.74, half - 0.008),
                (0, half - 0.005),
            ]
        )
        parts.append(sh.move(sh.lathe("end", cap, look.accent if s else look.solid, 48), (0, 0, r + 0.008), (0, 90 * s, 0)))
        parts.append(
            sh.move(
                sh.lathe(
                    "radiator",
                    sh.fillet([(0, half - 0.01), (r * 0.66, half - 0.01), (r * 0.66, half - 0.002, 0.002), (0, half - 0.002)]),
                    look.black,
                    40,
                ),
                (0, 0, r + 0.008),
                (0, 90 * s, 0),
            )
        )
    strip = sh.box("strip", (length * 0.4, 0.026, 0.004), (0, 0, 2 * r + 0.006), look.solid, 0.0018)
    keys = [sh.box("key", (0.014, 0.012, 0.002), (x, 0, 2 * r + 0.0095), look.white, 0.0009) for x in (-0.03, 0, 0.03)]
    stand = sh.box("foot", (length * 0.6, 0.05, 0.012), (0, 0, 0), look.rubber, 0.004)
    badge = sh.move(
        sh.plate("badge", sh.rounded_rect(0.084, 0.024, 0.006), 0.003, look.black, 0.001), (0, -r - 0.0005, r + 0.008)
    )
    brand = sh.flat_label("brand", 0.072, 0.018, (0, -r - 0.0024, r + 0.008), look.brand(DARK, rng))
    return [*parts, strip, *keys, stand, badge, brand]


def _headphones(look: Look, rng: random.Random) -> Objects:
    half, top = rng.uniform(0.072, 0.082), rng.uniform(0.185, 0.205)
    ew, eh = rng.uniform(0.034, 0.04), rng.uniform(0.04, 0.047)
    ez, lift = eh + 0.002, 0.0
    on_stand = rng.random() < 0.35
    if on_stand:
        lift = 0.06
    ez += lift
    pad = look.of("leather", mix(DARK, look.colour, 0.25) if look.product.material != "leather" else look.colour)
    parts: Objects = []
    arc = [
        (half * math.cos(a) * 1.0, 0, ez + 0.055 + (top - 0.1) * max(math.sin(a), 0) ** 0.85)
        for a in np.linspace(0, math.pi, 25)
    ]
    crown = arc[3:-3]
    parts.append(
        sh.sweep(
            "band",
            arc,
            sh.rounded_rect(0.004, 0.018, 0.0018, 4),
            look.of("metal", (0.72, 0.72, 0.74)) if look.product.material == "metal" else look.solid,
        )
    )
    parts.append(sh.sweep("padding", crown, sh.rounded_rect(0.014, 0.034, 0.006, 5), pad))
    for s in (-1, 1):
        turn = (0, 90 * s, 0)
        at = (s * half, 0, ez)
        shell = sh.fillet(
            [
                (0, 0.002),
                (ew, 0.002),
                (ew, 0.014, 0.01),
                (ew * 0.72, 0.026, 0.008),
                (ew * 0.66, 0.026),
                (ew * 0.62, 0.0245),
                (0, 0.0245),
            ],
            5,
        )
        ring = sh.fillet([(ew * 0.9, 0.004), (ew * 1.02, 0.004), (ew * 1.02, 0.008), (ew * 0.9, 0.008)])
        ear = [
            (ew * 0.55, -0.002),
            *sh.fillet(
                [
                    (ew * 0.5, 0.003),
                    (ew * 1.06, 0.003, 0.008),
                    (ew * 1.04, -0.02, 0.012),
                    (ew * 0.62, -0.02, 0.012),
                    (ew * 0.5, 0.0),
                ],
                6,
            ),
        ]
        lining = [(0, -0.004), (ew * 0.7, -0.004), (ew * 0.7, 0.001), (0, 0.001)]
        pieces = [
            sh.lathe("cup", shell, look.solid, 48),
            sh.lathe("ring", ring, rng.choice((look.accent, look.chrome)), 48, ring=True),
            sh.lathe("pad", ear[1:], pad, 48, ring=True),
            sh.lathe("cloth", lining, look.of("fabric", (0.12, 0.12, 0.13)), 36),
        ]
        for piece in pieces:
            # Cups are taller than wide: the lathe's x becomes the height once it lies on its side.
            parts.append(sh.move(sh.move(piece, scale=(eh / ew, 1, 1)), at, turn))
        fork = sh.spline(
            [
                (s * (half + 0.013), -ew * 1.06, ez),
                (s * (half + 0.011), -ew * 0.8, ez + eh * 0.8),
                (s * half, 0, ez + eh + 0.016),
                (s * (half + 0.011), ew * 0.8, ez + eh * 0.8),
                (s * (half + 0.013), ew * 1.06, ez),
            ],
            6,
        )
        parts.append(sh.tube("fork", fork, 0.0032, look.chrome, up=(1, 0, 0)))
        parts.append(sh.box("slider", (0.009, 0.02, 0.034), (s * half, 0, ez + eh + 0.008), look.black, 0.003))
        logo = sh.move(
            sh.flat_label("brand", ew * 1.05, ew * 0.26, (0, -0.0251, 0), look.brand(look.colour, rng)), at, (0, 0, 90 * s)
        )
        parts.append(logo)
    if on_stand:
        high = max(p[2] for p in arc) - 0.012
        foot = sh.fillet([(0, 0), (0.06, 0, 0.003), (0.06, 0.012, 0.004), (0.012, 0.014), (0, 0.014)])
        parts.append(sh.lathe("stand", foot, look.wood, 48))
        parts.append(sh.lathe("pole", [(0, 0.01), (0.008, 0.01), (0.008, high), (0, high)], look.wood, 28))
        parts.append(sh.box("rest", (0.05, 0.03, 0.012), (0, 0, high - 0.01), look.wood, 0.005))
    yaw = rng.uniform(25, 40) * rng.choice((-1, 1))
    return [sh.move(o, degrees=(0, 0, yaw)) for o in parts]


def _camera(look: Look, rng: random.Random) -> Objects:
    w, h, d = rng.uniform(0.122, 0.14), rng.uniform(0.072, 0.082), rng.uniform(0.036, 0.044)
    slr = rng.random() < 0.55
    shell = look.of("metal", mix(look.colour, (0.6, 0.6, 0.62), 0.25)) if look.product.material == "metal" else look.solid
    skin = look.of("leather", DARK if sh.luminance(look.colour) > 0.02 else mix(look.accent_colour, DARK, 0.3))
    if look.product.material == "leather":
        skin, shell = look.of("leather"), look.of("metal", (0.76, 0.76, 0.77))
    cut = h * 0.76
    parts = [
        sh.slab("bottom", (w, d, h * 0.14), shell, d * 0.42, 0.002),
        sh.slab("wrap", (w - 0.001, d - 0.001, cut - h * 0.1), skin, d * 0.42, 0.001, z=h * 0.12),
        sh.slab("top", (w, d, h - cut), shell, d * 0.42, 0.004, z=cut),
    ]
    if slr:
        outline = [(-0.028, cut), (-0.021, h + 0.018), (0.021, h + 0.018), (0.028, cut)]
        parts.append(sh.move(sh.plate("prism", outline, d + 0.006, shell, 0.004), (-w * 0.03, 0, 0)))
        parts.append(sh.move(sh.slab("grip", (0.03, 0.026, h * 0.9), skin, 0.012, 0.006, z=0.002), (-w / 2 + 0.017, -d / 2, 0)))
        brand_at, brand_w = (-w * 0.03, -d / 2 - 0.0034, h + 0.0015), 0.034
    else:
        window = [
            sh.move(sh.plate("finder", sh.rounded_rect(fw, 0.011, 0.002), 0.002, m, 0.0005), (x, -d / 2, h - 0.009))
            for x, fw, m in ((w * 0.3, 0.02, look.black), (w * 0.08, 0.012, look.clear))
        ]
        parts += window
        brand_at, brand_w = (-w * 0.2, -d / 2 - 0.0006, h - 0.009), 0.042
    lx, lz, r = -w * 0.03 if slr else 0.0, h * 0.46, rng.uniform(0.028, 0.033)
    length = rng.uniform(0.03, 0.06)
    barrel = sh.fillet(
        [
            (0, 0),
            (r * 1.05, 0),
            (r * 1.05, 0.006),
            (r * 0.93, 0.007),
            (r * 0.93, length * 0.3),
            (r, length * 0.32),
            (r, length * 0.62),
            (r * 0.95, length * 0.64),
            (r * 0.95, length, 0.002),
            (r * 0.82, length),
            (r * 0.74, length - 0.006),
            (0, length - 0.007),
        ]
    )
    metal_ring = sh.fillet(
        [(r * 0.8, length * 0.66), (r * 0.97, length * 0.66), (r * 0.97, length * 0.74), (r * 0.8, length * 0.74)]
    )
    eye = [
        (0, 0.004),
        *[(r * 0.72 * math.sin(a), length - 0.012 + 0.006 * math.cos(a)) for a in np.linspace(0, math.pi / 2, 8)][::-1],
    ]
    lens_glass = principled("lens", (0.05, 0.03, 0.12), 0.02, 0.3, coat_weight=1.0, coat_tint=(0.6, 0.5, 1.0, 1.0))
    front = (lx, -d / 2, lz)
    parts += [
        sh.move(sh.lathe("barrel", barrel, look.black, 56), front, (90, 0, 0)),
        sh.move(sh.lathe("ring", metal_ring, rng.choice((look.chrome, look.accent)), 56, ring=True), front, (90, 0, 0)),
    ]
    parts.append(sh.move(sh.lathe("lens", [(0, length - 0.014), *eye[1:]], lens_glass, 48), front, (90, 0, 0)))
    ribs = [
        (lx + (r * 1.006) * math.cos(a), -d / 2 - length * 0.47, lz + (r * 1.006) * math.sin(a))
        for a in np.linspace(0, 2 * math.pi, 44)[:-1]
    ]
    vertices_of = [
        sh.box("rib", (0.0016, length * 0.26, 0.0016), (x, y, z - 0.0008), look.rubber, 0.0004, 1) for x, y, z in ribs
    ]
    parts.append(sh.join(vertices_of))
    dial = sh.fillet([(0, 0), (0.0095, 0), (0.0095, 0.008, 0.0012), (0, 0.008)])
    for x, k, m in ((w * 0.34, 1.0, look.chrome), (w * 0.2, 0.75, look.black), (-w * 0.36, 0.8, look.chrome)):
        parts.append(sh.move(sh.lathe("dial", [(a * k, b) for a, b in dial], m, 32), (x, 0, h - 0.0005)))
    parts.append(
        sh.move(sh.lathe("shutter", [(0, 0), (0.004, 0), (0.0035, 0.011), (0, 0.012)], look.accent, 24), (-w * 0.36, 0, h))
    )
    parts.append(sh.box("shoe", (0.018, 0.018, 0.003), (lx, 0.002, h + (0.017 if slr else -0.001)), look.chrome, 0.0008))
    surface = look.colour if look.product.material != "leather" else (0.76, 0.76, 0.77)
    parts.append(sh.flat_label("brand", brand_w, brand_w / 4, brand_at, look.brand(surface, rng)))
    return parts


# --- furniture --------------------------------------------------------------------------------------------------------------


def _legs(
    look: Look, x: float, y: float, height: float, material: bpy.types.Material, splay: float = 0.04, radius: float = 0.02
) -> Objects:
    parts = []
    for sx in (-1, 1):
        for sy in (-1, 1):
            sections = []
            for t in (0.0, 0.04, 1.0):
                r = radius * (0.55 + 0.45 * t)
                cx, cy = sx * (x + splay * (1 - t)), sy * (y + splay * (1 - t))
                sections.append([(cx + a, cy + b, height * t) for a, b in sh.circle(r * (0.85 if t == 0 else 1), 18)])
            parts.append(sh.loft("leg", sections, material))
    return parts


def _armchair(look: Look, rng: random.Random) -> Objects:
    w, d, leg = rng.uniform(0.74, 0.86), rng.uniform(0.72, 0.82), rng.uniform(0.12, 0.18)
    seam = principled("thread", mix(look.colour, (1, 1, 1), 0.35), 0.8)
    seat_top = rng.uniform(0.4, 0.44)
    back_top = rng.uniform(0.78, 0.92)
    if rng.random() < 0.6:
        arm, arm_h = rng.uniform(0.11, 0.15), rng.uniform(0.55, 0.63)
        inner = w - 2 * arm
        round_ = rng.uniform(2.5, 5)
        parts = [sh.box("frame", (w - 0.04, d - 0.06, 0.16), (0, 0.01, leg), look.soft, 0.03, 4)]
        for s in (-1, 1):
            parts.append(
                sh.cushion(
                    "arm", (arm, d - 0.03, arm_h - leg + 0.01), (s * (w - arm) / 2, 0.0, leg - 0.01), look.soft, 6, round_ + 2
                )
            )
        back = sh.cushion("back", (w - 0.02, 0.17, back_top - leg), (0, 0, 0), look.soft, 6, 5)
        parts.append(sh.move(back, (0, d / 2 - 0.085, leg), (-6, 0, 0)))
        parts.append(
            sh.cushion("seat", (inner + 0.015, d - 0.17, seat_top - leg - 0.11), (0, -0.06, leg + 0.12), look.soft, 6, 4)
        )
        rest = sh.cushion("rest", (inner - 0.01, 0.15, back_top - seat_top + 0.02), (0, 0, 0), look.soft, 5, 3)
        parts.append(sh.move(rest, (0, d / 2 - 0.215, seat_top - 0.03), (-11, 0, 0)))
        parts += _legs(look, w * 0.4, d * 0.36, leg + 0.02, look.wood, 0.03)
        z = seat_top - 0.06
        parts.append(
            sh.stitches(
                "seam",
                [(-inner / 2 + 0.05, -0.06 - (d - 0.17) / 2 - 0.001, z), (inner / 2 - 0.05, -0.06 - (d - 0.17) / 2 - 0.001, z)],
                seam,
                0.012,
                0.0012,
            )
        )
    else:
        bar = sh.rounded_rect(0.034, 0.045, 0.014, 4)
        parts = []
        for s in (-1, 1):
            x = s * (w / 2 - 0.03)
            loop = sh.spline(
                [
                    (x, -d * 0.44, 0.0),
                    (x, -d * 0.42, 0.3),
                    (x, -d * 0.38, 0.53),
                    (x, -d * 0.2, 0.57),
                    (x, d * 0.3, 0.555),
                    (x, d * 0.42, 0.5),
                    (x, d * 0.45, 0.3),
                    (x, d * 0.5, 0.0),
                ],
                6,
            )
            parts.append(sh.sweep("side", loop, bar, look.wood, up=(1, 0, 0)))
            parts.append(sh.box("rail", (0.035, d * 0.84, 0.045), (x, 0, 0.24), look.wood, 0.008))
        parts += [sh.box("cross", (w - 0.07, 0.04, 0.05), (0, y, 0.24), look.wood, 0.008) for y in (-d * 0.38, d * 0.36)]
        parts.append(
            sh.move(sh.cushion("seat", (w - 0.1, d * 0.82, 0.16), (0, -0.02, 0), look.soft, 6, 4), (0, -0.02, 0.275), (4, 0, 0))
        )
        back = sh.cushion("back", (w - 0.1, 0.15, back_top - 0.36), (0, 0, 0), look.soft, 6, 3.5)
        parts.append(sh.move(back, (0, d * 0.3, 0.38), (-15, 0, 0)))
        for i in range(2):
            for k in (-1, 1):
                button = sh.ball(
                    "button",
                    0.014,
                    (k * w * 0.16, d * 0.3 - 0.066 + 0.036 * i, 0.52 + 0.14 * i),
                    look.of("leather", mix(look.colour, DARK, 0.3)),
                    1,
                )
                parts.append(button)
    if rng.random() < 0.45:
        throw = sh.cushion("pillow", (0.42, 0.38, 0.14), (0, 0, -0.07), look.of("fabric", look.accent_colour), 4.5, 1.7)
        parts.append(sh.move(throw, (rng.uniform(-0.06, 0.06), d * 0.03, seat_top + 0.17), (74, rng.uniform(-8, 8), 0)))
    return parts


def _side_table(look: Look, rng: random.Random) -> Objects:
    h, r = rng.uniform(0.45, 0.58), rng.uniform(0.2, 0.26)
    top_material = look.body
    frame = rng.choice((look.gold, look.black, look.wood, look.of("metal", look.accent_colour)))
    form = rng.choice(("tripod", "drum", "drawer", "pedestal"))
    if form == "drawer":
        w, d = r * 1.9, r * 1.7
        parts = [
            sh.box("top", (w, d, 0.022), (0, 0, h - 0.022), top_material, 0.005),
            *_legs(look, w * 0.42, d * 0.4, h - 0.03, frame, 0.03, 0.018),
        ]
        parts.append(sh.box("case", (w * 0.94, d * 0.92, 0.12), (0, 0, h - 0.142), top_material, 0.004))
        parts.append(
            sh.box(
                "drawer",
                (w * 0.86, 0.016, 0.096),
                (0, -d * 0.46 - 0.002, h - 0.13),
                look.of("plastic") if look.product.material == "wood" else look.wood,
                0.003,
            )
        )
        parts.append(_disc("knob", 0.014, 0.02, (0, -d * 0.46 - 0.009, h - 0.082), look.gold, 0.004))
        return [*parts, sh.box("shelf", (w * 0.86, d * 0.82, 0.014), (0, 0, h * 0.3), top_material, 0.003)]
    top = sh.lathe(
        "top",
        sh.fillet([(0, h - 0.024), (r - 0.012, h - 0.024, 0.004), (r, h - 0.008, 0.006), (r, h, 0.005), (0, h)]),
        top_material,
        72,
    )
    if form == "tripod":
        parts = [top]
        for k in range(3):
            a = math.radians(90 + 120 * k)
            c, s = math.cos(a), math.sin(a)
            parts.append(
                sh.loft(
                    "leg",
                    [
                        [(c * q + x, s * q + y, z) for x, y in sh.circle(rr, 16)]
                        for q, rr, z in ((r * 0.98, 0.011, 0), (r * 0.62, 0.018, h - 0.02))
                    ],
                    frame,
                )
            )
        ring = [(r * 0.74 * math.cos(a), r * 0.74 * math.sin(a), h * 0.35) for a in np.linspace(0, 2 * math.pi, 49)[:-1]]
        return [*parts, sh.tube("ring", ring, 0.006, frame, up=(0, 0, 1), closed=True)]
    if form == "drum":
        shelf = sh.lathe(
            "shelf", sh.fillet([(0, 0.07), (r * 0.9, 0.07), (r * 0.9, 0.086, 0.004), (0, 0.086)]), top_material, 64
        )
        rim = sh.fillet(
            [(r * 0.98, h - 0.02), (r + 0.006, h - 0.02), (r + 0.006, h + 0.02), (r - 0.001, h + 0.02), (r - 0.001, h - 0.005)]
        )
        bars = [
            sh.tube("bar", [(r * 0.97 * math.cos(a), r * 0.97 * math.sin(a), z) for z in (0, h)], 0.008, frame)
            for a in np.linspace(0.4, 0.4 + 2 * math.pi, 5)[:-1]
        ]
        hoops = [
            sh.tube(
                "hoop",
                [(r * 0.97 * math.cos(a), r * 0.97 * math.sin(a), z) for a in np.linspace(0, 2 * math.pi, 57)[:-1]],
                0.008,
                frame,
                up=(0, 0, 1),
                closed=True,
            )
            for z in (0.008, 0.075)
        ]
        return [top, shelf, sh.lathe("rim", rim, frame, 64, ring=True), *bars, *hoops]
    waist = rng.uniform(0.02, 0.09)
    stem = sh.fillet(
        [
            (0, 0),
            (r * 0.72, 0, 0.004),
            (r * 0.7, 0.018, 0.01),
            (waist, 0.05 if waist < 0.05 else h * 0.5, 0.12),
            (waist, h * 0.75, 0.1),
            (r * 0.3, h - 0.02),
            (0, h - 0.02),
        ],
        8,
    )
    return [top, sh.lathe("stem", stem, frame, 64)]


def _table_lamp(look: Look, rng: random.Random) -> Objects:
    form = rng.choice(("shade", "mushroom", "arm"))
    base_material = (
        look.of("ceramic") if look.product.material == "fabric" else look.wood if look.product.material == "wood" else look.body
    )
    warm = (1.0, 0.86, 0.62)
    if form == "shade":
        h, r = rng.uniform(0.2, 0.27), rng.uniform(0.06, 0.085)
        profile = sh.spline(
            [
                (r * 0.72, 0.012),
                (r, h * rng.uniform(0.25, 0.45)),
                (r * rng.uniform(0.5, 0.9), h * 0.7),
                (0.02, h),
                (0.014, h + 0.02),
            ],
            8,
        )
        sr0, sr1, sh_ = rng.uniform(0.13, 0.16), rng.uniform(0.085, 0.13), rng.uniform(0.16, 0.2)
        z = h + 0.0
        cloth = principled(
            "shade",
            mix(look.accent_colour, WHITE, 0.65),
            0.85,
            sheen_weight=0.3,
            emission_color=sh.linear(mix(warm, look.accent_colour, 0.15)),
            emission_strength=0.55,
        )
        sh.textured(cloth, "noise", 500, 0.3, 0.0008)
        shade = sh.lathe("shade", [(sr0, z), (sr1, z + sh_), (sr1 - 0.003, z + sh_), (sr0 - 0.003, z)], cloth, 64, ring=True)
        hoops = [
            sh.lathe(
                "hem",
                [(q - 0.003, zz - 0.003), (q + 0.0015, zz - 0.003), (q + 0.0015, zz + 0.003), (q - 0.003, zz + 0.003)],
                look.of("fabric", mix(look.accent_colour, WHITE, 0.3)),
                64,
                ring=True,
            )
            for q, zz in ((sr0, z), (sr1, z + sh_))
        ]
        return [
            sh.lathe("foot", sh.fillet([(0, 0), (r * 0.85, 0, 0.003), (r * 0.82, 0.014, 0.004), (0, 0.014)]), look.gold, 48),
            sh.lathe("base", [(0, 0.012), *profile, (0, h + 0.02)], base_material, 56),
            sh.lathe("neck", [(0, h + 0.015), (0.009, h + 0.015), (0.009, h + 0.09), (0, h + 0.09)], look.gold, 24),
            shade,
            *hoops,
            sh.ball("bulb", 0.03, (0, 0, h + 0.11), look.glow(warm, 6.0)),
            sh.tube("spider", [(-sr1, 0, z + sh_ - 0.01), (sr1, 0, z + sh_ - 0.01)], 0.002, look.gold),
            sh.tube("rod", [(0, 0, h + 0.08), (0, 0, z + sh_ + 0.006)], 0.003, look.gold),
            sh.ball("finial", 0.008, (0, 0, z + sh_ + 0.012), look.gold),
        ]
    if form == "mushroom":
        h, r = rng.uniform(0.22, 0.28), rng.uniform(0.11, 0.15)
        dome = [(r * math.cos(a), h + r * 0.62 * math.sin(a)) for a in np.linspace(0, math.pi / 2, 14)]
        stem = sh.fillet(
            [
                (0, 0),
                (r * 0.6, 0, 0.004),
                (r * 0.58, 0.018, 0.02),
                (r * 0.3, h * 0.3, 0.08),
                (r * 0.24, h + 0.01),
                (0, h + 0.01),
            ],
            7,
        )
        cap = look.of(
            "ceramic"
            if look.product.material in ("ceramic", "fabric")
            else "metal"
            if look.product.material == "metal"
            else "plastic"
        )
        under = sh.lathe(
            "glow", [(0, h - 0.001), (r * 0.96, h - 0.001), (r * 0.96, h + 0.002), (0, h + 0.002)], look.glow(warm, 2.5), 56
        )
        return [
            sh.lathe("stem", stem, base_material, 56),
            sh.lathe("dome", [(0, h + 0.003), (r, h + 0.003), *dome[1:-1], (0, dome[-1][1])], cap, 64),
            under,
            sh.ball("finial", 0.012, (0, 0, dome[-1][1] + 0.006), look.gold),
        ]
    metal = look.of("metal") if look.product.material == "metal" else look.of("plastic")
    joint = look.gold if rng.random() < 0.5 else look.black
    low, knee, head = (0.03, 0, 0.03), (0.11, 0, rng.uniform(0.24, 0.28)), (-0.07, 0, rng.uniform(0.38, 0.43))
    shade = sh.fillet(
        [
            (0.016, 0.06),
            (0.024, 0.06, 0.006),
            (0.03, 0.03, 0.02),
            (0.075, -0.06),
            (0.072, -0.06),
            (0.028, 0.026),
            (0.016, 0.03),
        ],
        5,
    )
    parts = [
        sh.lathe(
            "base",
            sh.fillet([(0, 0), (0.085, 0, 0.004), (0.082, 0.02, 0.008), (0, 0.022)]),
            look.wood if look.product.material == "wood" else metal,
            56,
        )
    ]
    parts += [
        sh.tube("arm", [low, knee], 0.0065, metal),
        sh.tube("arm", [knee, head], 0.0065, metal),
        sh.lathe("post", [(0, 0.01), (0.013, 0.01), (0.011, 0.045), (0, 0.046)], joint, 28),
    ]
    parts[-1] = sh.move(parts[-1], (0.03, 0, 0))
    parts += [sh.ball("joint", 0.013, p, joint) for p in (knee, head)]
    at, tilt = (head[0] - 0.02, 0, head[2] - 0.03), (14, 28, 0)
    parts.append(sh.move(sh.lathe("head", shade, metal, 56, ring=True), at, tilt))
    parts.append(sh.move(sh.lathe("plug", [(0, 0.05), (0.02, 0.05), (0.018, 0.062), (0, 0.066)], joint, 36), at, tilt))
    return [*parts, sh.move(sh.ball("bulb", 0.028, (0, 0, -0.015), look.glow(warm, 5.0)), at, tilt)]


def _bookshelf(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.7, 0.9), rng.uniform(0.26, 0.32), rng.uniform(1.2, 1.65)
    levels, t = rng.randint(4, 5), 0.024
    wood = look.wood
    foot = rng.uniform(0.06, 0.1)
    step = (h - foot - t) / levels
    industrial = look.product.material == "metal" or rng.random() < 0.35
    parts = [
        sh.box("shelf", (w - 0.002, d, t), (0, 0, foot + i * step), wood, 0.003)
        for i in range(levels + (0 if industrial and rng.random() < 0.5 else 1))
    ]
    if industrial:
        metal = look.of("metal", mix(look.colour, DARK, 0.3)) if look.product.material == "metal" else look.black
        for s in (-1, 1):
            parts += [
                sh.box("post", (0.022, 0.022, h + 0.02), (s * (w / 2 + 0.008), y, 0), metal, 0.003)
                for y in (-d / 2 + 0.012, d / 2 - 0.012)
            ]
            parts += [
                sh.box("rung", (0.018, d, 0.018), (s * (w / 2 + 0.008), 0, foot + i * step + 0.003), metal, 0.003)
                for i in range(levels + 1)
            ]
        parts += [
            sh.tube("brace", [(-w / 2, d / 2, foot), (w / 2, d / 2, h)], 0.005, metal),
            sh.tube("brace", [(w / 2, d / 2, foot), (-w / 2, d / 2, h)], 0.005, metal),
        ]
    else:
        side = look.of("plastic") if rng.random() < 0.4 else wood
        parts += [sh.box("side", (t, d, h - foot + 0.002), (s * (w - t) / 2, 0, foot - 0.001), side, 0.003) for s in (-1, 1)]
        parts.append(sh.box("back", (w - t, 0.008, h - foot), (0, d / 2 - 0.004, foot), side, 0.002))
        parts += _legs(look, w * 0.42, d * 0.36, foot + 0.005, look.wood, 0.02, 0.022)
    tones = [
        look.colour,
        look.accent_colour,
        WHITE,
        (0.2, 0.25, 0.35),
        (0.75, 0.6, 0.42),
        mix(look.colour, WHITE, 0.5),
        (0.55, 0.2, 0.18),
    ]
    covers = [look.of("paper", c) for c in tones]
    paper = principled("pages", (0.92, 0.88, 0.78), 0.8)
    for i in range(levels):
        z, x, room = foot + i * step + t, -w / 2 + t + 0.02, step - t
        end = x + (w - 2 * t) * rng.uniform(0.35, 0.9)
        while x < end - 0.05:
            bw, bh, bd = rng.uniform(0.018, 0.045), room * rng.uniform(0.6, 0.86), d * rng.uniform(0.6, 0.78)
            parts += [
                sh.box("book", (bw, bd, bh), (x + bw / 2, 0.01, z), rng.choice(covers), 0.002, 1),
                sh.box("pages", (bw * 0.7, bd - 0.008, 0.003), (x + bw / 2, 0.014, z + bh - 0.002), paper, 0.0005, 1),
            ]
            x += bw + 0.002
        free = w / 2 - t - x
        if free > 0.14:
            r, cx = min(free * 0.32, 0.07, room * 0.3), (x + w / 2 - t) / 2
            vase = sh.spline([(r * 0.6, 0), (r, r * 1.1), (r * 0.5, r * 2.1), (r * 0.62, r * 2.4)], 6)
            if rng.random() < 0.6:
                parts.append(
                    sh.move(
                        sh.lathe(
                            "vase",
                            [(0, 0), *vase, (r * 0.5, r * 2.35), (0, r * 1.8)],
                            look.of("ceramic", rng.choice(tones)),
                            36,
                        ),
                        (cx, 0, z),
                    )
                )
            else:
                parts.append(sh.box("box", (r * 2, d * 0.6, r * 1.7), (cx, 0, z), look.of("fabric", rng.choice(tones)), 0.008))
    return parts


# --- beauty -----------------------------------------------------------------------------------------------------------------


def _tone(look: Look, rng: random.Random) -> Colour:
    return rng.choice(((0.72, 0.1, 0.17), (0.83, 0.28, 0.35), (0.55, 0.1, 0.2), (0.87, 0.45, 0.42), (0.78, 0.14, 0.4)))


def _lipstick(look: Look, rng: random.Random) -> Objects:
    square, r, h = rng.random() < 0.4, rng.uniform(0.0095, 0.0115), rng.uniform(0.036, 0.042)
    case = look.gold if "gilded" in look.words else look.body
    trim = look.gold if case is not look.gold and rng.random() < 0.6 else look.chrome

    def stick(radius: float, low: float, high: float, material: bpy.types.Material, edge: float = 0.0012) -> bpy.types.Object:
        outline = sh.rounded_rect(2 * radius, 2 * radius, radius * 0.3, 5) if square else sh.circle(radius, 48)
        return sh.prism("part", outline, sh.fillet([(edge, low), (0, low, edge), (0, high, edge), (edge, high)]), material)

    tube_top = h + 0.012
    parts = [
        stick(r, 0, h * 0.72, case),
        stick(r * 1.01, h * 0.72 - 0.003, h * 0.72, trim, 0.0004),
        stick(r * 0.84, h * 0.7, tube_top, trim, 0.0005),
    ]
    tone, b = _tone(look, rng), r * 0.68
    slant = rng.uniform(0.7, 1.1)
    sections = []
    for t in np.linspace(0, 1, 10):
        k = 1 if t < 0.3 else math.sqrt(max(1 - ((t - 0.3) / 0.7) ** 2.6, 0.0))
        rise = tube_top - 0.002 + 0.021 * t
        # The tip is cut at a slant, as a bullet is.
        sections.append([(x * k, y * k, rise + slant * y * k * t * 0.8) for x, y in sh.circle(b, 36)])
    parts.append(sh.loft("bullet", sections, principled("wax", tone, 0.26, coat_weight=0.25, coat_roughness=0.2), 70))
    cap_h, cx = rng.uniform(0.042, 0.05), rng.choice((-1, 1)) * r * rng.uniform(2.5, 3.0)
    cap = [stick(r * 1.02, 0, cap_h, case), stick(r * 1.035, 0.002, 0.005, trim, 0.0004)]
    if rng.random() < 0.35:
        yaw = rng.uniform(-20, 20)
        cap = [sh.move(sh.move(o, (-cap_h / 2, 0, r * 1.03), (0, 90, 0)), (0, -r * 3.2, 0), (0, 0, yaw)) for o in cap]
    else:
        cap = [sh.move(o, (cx, -0.004, 0)) for o in cap]
    profile = [(r, 0.0), (r, h)]
    image = look.brand(look.colour if case is not look.gold else (0.89, 0.72, 0.42), rng)
    if square:
        brand = sh.flat_label("brand", r * 1.7, r * 0.425, (0, -r - 0.0002, h * 0.34), image)
    else:
        brand = sh.round_label("brand", profile, h * 0.29, h * 0.29 + 0.006, 130, image, lift=0.0002)
    return [*parts, *cap, brand]


def _face_cream(look: Look, rng: random.Random) -> Objects:
    trim = rng.choice((look.gold, look.chrome, look.accent, look.white))
    if rng.random() < 0.7:
        r, h = rng.uniform(0.028, 0.036), rng.uniform(0.032, 0.046)
        wall = sh.fillet([(0, 0), (r * 0.94, 0, 0.005), (r, h * 0.35, 0.02), (r, h, 0.006), (r * 0.86, h), (0, h)], 6)
        parts = []
        if look.product.material == "glass":
            core = sh.fillet([(0, 0.007), (r * 0.78, 0.007, 0.006), (r * 0.82, h - 0.003), (0, h - 0.003)], 5)
            parts += [
                sh.lathe("jar", wall, look.body, 64),
                sh.lathe("cream", core, principled("cream", mix(look.colour, WHITE, 0.6), 0.35), 48),
            ]
        else:
            parts.append(sh.lathe("jar", wall, look.body, 64))
        parts.append(
            sh.lathe("ring", [(0, h - 0.001), (r * 0.9, h - 0.001), (r * 0.9, h + 0.003), (0, h + 0.003)], look.chrome, 56)
        )
        lid_h = rng.uniform(0.014, 0.022)
        lid_profile = sh.fillet([(0, 0), (r * 1.01, 0, 0.001), (r * 1.01, lid_h, 0.004), (0, lid_h + 0.001)], 5)
        lid = sh.lathe("lid", lid_profile, trim, 64)
        if rng.random() < 0.35:
            swirl = [
                (r * 0.84 * math.cos(a) * (1 - a / 16), r * 0.84 * math.sin(a) * (1 - a / 16), h + 0.002 + 0.0007 * a)
                for a in np.linspace(0, 14.5, 90)
            ]
            parts.append(
                sh.tube("swirl", swirl, 0.0045, principled("cream", (0.97, 0.94, 0.9), 0.3, coat_weight=0.2), up=(0, 0, 1))
            )
            parts.append(sh.move(lid, (r * 1.42, -r * 0.4, r * 0.94), (68, 0, 74)))
        else:
            parts.append(sh.move(lid, (0, 0, h + 0.0025)))
        label = sh.round_label("label", wall, h * 0.18, h * 0.86, 112, look.label(rng, 512, 256), lift=0.0003)
        return [*parts, label]
    w, h, cap_h = rng.uniform(0.024, 0.03), rng.uniform(0.11, 0.14), rng.uniform(0.018, 0.026)
    sections = []
    for t in np.linspace(0, 1, 14):
        flat = max(1 - t**1.25, 0.035)
        wide = 1 + 0.18 * t
        sections.append(
            [(x * wide * min(1, 0.9 + t * 2), y * flat * min(1, 0.9 + t * 2), cap_h + h * t) for x, y in sh.circle(w, 48)]
        )
    tube = sh.loft("tube", sections, look.of("plastic"), 60)
    crimp = sh.box("crimp", (w * 2.36, 0.0022, 0.01), (0, 0, cap_h + h - 0.002), look.of("plastic"), 0.0006)
    cap = sh.lathe("cap", sh.fillet([(0, 0), (w * 0.92, 0, 0.002), (w * 0.95, cap_h, 0.001), (0, cap_h)]), trim, 56)
    material = look.label(rng, 256, 384)

    def at(u: float, v: float) -> sh.Point:
        t = 0.14 + 0.68 * v
        a = (u - 0.5) * 1.7
        wide, flat = w * (1 + 0.18 * t), w * max(1 - t**1.25, 0.035)
        return wide * math.sin(a), -flat * math.cos(a) - 0.0006, cap_h + h * t

    return [tube, crimp, cap, sh.patch("label", at, material, 18, 18)]


def _perfume(look: Look, rng: random.Random) -> Objects:
    juice = look.liquid(mix(look.colour, WHITE, 0.25), 0.7)
    form = rng.choice(("block", "disc", "column"))
    metal = rng.choice((look.gold, look.chrome))
    if form == "disc":
        r, depth = rng.uniform(0.034, 0.042), rng.uniform(0.022, 0.028)
        outline = sh.circle(r, 56, rng.uniform(0.85, 1.0))
        h = max(y for _, y in outline) * 2
        glass = sh.move(sh.plate("bottle", outline, depth, look.body, depth * 0.35), (0, 0, h / 2 + 0.002))
        inside = sh.move(
            sh.plate("juice", [(x * 0.86, y * 0.86) for x, y in outline], depth * 0.6, juice, depth * 0.2),
            (0, 0, h / 2 + 0.002),
        )
        foot = sh.box("foot", (r * 0.9, depth * 0.9, 0.006), (0, 0, 0), metal, 0.0015)
        parts = [glass, inside, foot]
        brand_at = (0, -depth / 2 - 0.0005, h / 2)
        face = r * 1.15
    elif form == "block":
        w, d, h = rng.uniform(0.048, 0.062), rng.uniform(0.024, 0.034), rng.uniform(0.062, 0.085)
        glass = sh.slab("bottle", (w, d, h), look.body, rng.uniform(0.003, 0.01), 0.003)
        inside = sh.slab("juice", (w - 0.009, d - 0.009, h * rng.uniform(0.72, 0.86) - 0.008), juice, 0.003, 0.002, z=0.008)
        parts = [glass, inside]
        brand_at, face = (0, -d / 2 - 0.0003, h * 0.46), w * 0.74
    else:
        r, h = rng.uniform(0.019, 0.025), rng.uniform(0.075, 0.095)
        facets = rng.choice((6, 8, 56))
        parts = [
            sh.lathe("bottle", sh.fillet([(0, 0), (r, 0, 0.002), (r, h, 0.004), (0, h)]), look.body, facets, smooth=30),
            sh.lathe(
                "juice", sh.fillet([(0, 0.008), (r - 0.0045, 0.008, 0.002), (r - 0.0045, h * 0.82), (0, h * 0.82)]), juice, 48
            ),
        ]
        if facets == 8:
            parts = [sh.move(o, degrees=(0, 0, 22.5)) for o in parts]
        front, face = (r * math.cos(math.pi / facets), r * 0.9) if facets < 10 else (r, r * 0.72)
        brand_at = (0, -front - 0.0004, h * 0.45)
    collar_r = 0.0085
    parts.append(
        sh.lathe(
            "collar",
            sh.fillet([(0, h - 0.002), (collar_r, h - 0.002), (collar_r, h + 0.007, 0.001), (0, h + 0.007)]),
            metal,
            40,
        )
    )
    cap_kind = rng.choice(("cylinder", "cube", "ball"))
    cap_material = rng.choice((metal, look.accent, look.black, look.wood))
    z, ch = h + 0.007, rng.uniform(0.02, 0.028)
    if cap_kind == "ball":
        parts.append(sh.ball("cap", ch * 0.55, (0, 0, z + ch * 0.5), cap_material))
    elif cap_kind == "cube":
        parts.append(sh.box("cap", (ch, min(ch, 0.026), ch), (0, 0, z), cap_material, 0.0025))
    else:
        parts.append(
            sh.lathe("cap", sh.fillet([(0, z), (0.0125, z, 0.001), (0.0125, z + ch, 0.002), (0, z + ch)]), cap_material, 48)
        )
    if form == "column" and facets > 10:
        image = look.label(rng, 384, 320, line="eau de parfum")
        parts.append(sh.round_label("label", [(r, 0), (r, h)], h * 0.2, h * 0.6, 105, image, lift=0.0003))
    elif rng.random() < 0.5 and face > 0.025:
        parts.append(sh.flat_label("label", face, face * 0.6, brand_at, look.label(rng, 384, 230, line="eau de parfum")))
    else:
        parts.append(sh.flat_label("brand", face, face / 4, brand_at, look.brand(mix(look.colour, WHITE, 0.25), rng)))
    return parts


def _shampoo(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.034, 0.042), rng.uniform(0.14, 0.18)
    squash = rng.choice((1.0, 0.62, 0.62))
    shoulder = rng.uniform(0.018, 0.045)
    waist = rng.uniform(0.86, 1.02)
    neck = 0.013
    profile = sh.fillet(
        [
            (0, 0),
            (r, 0, 0.005),
            (r * waist, h * 0.5, 0.08),
            (r, h - shoulder, shoulder),
            (neck, h, 0.004),
            (neck, h + 0.008),
            (0, h + 0.008),
        ],
        7,
    )
    pump = "pump" in look.words or rng.random() < 0.45
    trim = rng.choice((look.white, look.black, look.accent, look.chrome))
    label = sh.round_label(
        "label", profile, h * 0.14, h * 0.7, 110, look.label(rng, 320, 400, rng.choice(("leaf", "", "leaf"))), squash, 0.0005
    )
    parts = [sh.lathe("bottle", profile, look.body, 64, squash), label]
    if pump:
        z = h + 0.004
        parts += [
            sh.lathe("collar", sh.fillet([(0, z), (0.0165, z, 0.001), (0.016, z + 0.018, 0.003), (0, z + 0.019)]), trim, 40),
            sh.lathe("stem", [(0, z + 0.018), (0.0045, z + 0.018), (0.0045, z + 0.04), (0, z + 0.04)], look.white, 20),
            sh.lathe(
                "head",
                sh.fillet([(0, z + 0.036), (0.012, z + 0.036, 0.002), (0.0115, z + 0.05, 0.004), (0, z + 0.052)]),
                trim,
                32,
            ),
        ]
        s = rng.choice((-1, 1))
        spout = sh.spline(
            [(0, 0, z + 0.045), (s * 0.024, -0.004, z + 0.0465), (s * 0.04, -0.006, z + 0.043), (s * 0.045, -0.007, z + 0.034)],
            6,
        )
        parts.append(sh.tube("spout", spout, 0.0048, trim))
    else:
        z, cr = h + 0.001, rng.uniform(0.018, 0.023)
        parts.append(
            sh.lathe(
                "cap",
                sh.fillet(
                    [
                        (0, z),
                        (cr, z, 0.001),
                        (cr, z + 0.018),
                        (cr - 0.0006, z + 0.0185),
                        (cr - 0.0006, z + 0.0195),
                        (cr, z + 0.02),
                        (cr * 0.97, z + 0.03, 0.004),
                        (0, z + 0.031),
                    ]
                ),
                trim,
                48,
            )
        )
    return parts


# --- food and baby ----------------------------------------------------------------------------------------------------------


def _juice(look: Look, rng: random.Random) -> Objects:
    drink = rng.choice(((0.96, 0.56, 0.1), (0.82, 0.14, 0.2), (0.96, 0.78, 0.25), (0.5, 0.68, 0.2), (0.45, 0.12, 0.32)))
    if look.product.material == "paper":
        w, h = rng.uniform(0.066, 0.08), rng.uniform(0.15, 0.2)
        paper = look.of("paper", rng.choice((look.colour, WHITE, mix(look.colour, WHITE, 0.7))))
        rise, half = w * 0.52, w / 2
        sections = [[(x, y, z) for x, y in sh.rounded_rect(w, w, 0.003, 3)] for z in (0.0, h)]
        ridge = [(x * 1.0, math.copysign(min(abs(y), 0.0016), y), h + rise) for x, y, _ in sections[0]]
        fin = [(x, y, h + rise + 0.018) for x, y, _ in ridge]
        body = sh.loft("carton", [*sections, ridge, fin], paper, 25)
        face = look.label(rng, 384, 640, "fruit")
        labels = [sh.flat_label("front", w - 0.004, h - 0.004, (0, -half - 0.0004, h / 2), face)]
        for s in (-1, 1):
            side = sh.flat_label("side", w - 0.004, h - 0.004, (0, -half - 0.0004, h / 2), face)
            labels.append(sh.move(side, degrees=(0, 0, 90 * s)))
        tilt = math.degrees(math.atan2(half, rise))
        cap = sh.lathe(
            "cap",
            sh.fillet([(0, -0.002), (0.0145, -0.002), (0.0145, 0.004), (0.0115, 0.005), (0.0115, 0.015, 0.002), (0, 0.015)]),
            look.of("plastic", drink),
            36,
        )
        return [body, *labels, sh.move(cap, (0, -half / 2, h + rise / 2), (90 - tilt, 0, 0))]
    r, h = rng.uniform(0.03, 0.038), rng.uniform(0.15, 0.21)
    square = rng.random() < 0.3
    neck, shoulder = 0.0135, h * rng.uniform(0.62, 0.74)
    profile = sh.fillet([(0, 0), (r, 0, 0.006), (r, shoulder, 0.03), (neck, h * 0.9, 0.03), (neck, h), (0, h)], 8)
    inner = [(max(q - 0.003, 0), max(z, 0.005)) for q, z in profile if z <= h * 0.86]
    level = inner[-1][1]
    clear = look.clear
    if square:
        outline = sh.rounded_rect(2 * r, 2 * r, r * 0.4, 6)
        bottle = sh.prism("bottle", outline, [(r - q, z) for q, z in profile], clear)
        fill = sh.prism("juice", outline, [(r - q, z) for q, z in [*inner, (0, level)]], look.liquid(drink, 0.1))
    else:
        bottle, fill = (
            sh.lathe("bottle", profile, clear, 56),
            sh.lathe("juice", [*inner, (0, level)], look.liquid(drink, 0.1), 56),
        )
    image = look.label(rng, 420, 360, "fruit")
    low, high = h * 0.1, shoulder - h * 0.1
    label = (
        sh.flat_label("label", r * 1.5, high - low, (0, -r - 0.0004, (low + high) / 2), image)
        if square
        else sh.round_label("label", profile, low, high, 130, image)
    )
    cap = sh.lathe(
        "cap",
        sh.fillet([(0, h - 0.016), (0.0162, h - 0.016, 0.001), (0.0162, h + 0.004, 0.002), (0, h + 0.004)]),
        rng.choice((look.accent, look.gold, look.white)),
        40,
    )
    return [bottle, fill, label, cap]


def _cereal(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.17, 0.2), rng.uniform(0.05, 0.065), rng.uniform(0.24, 0.29)
    paper = (0.72, 0.56, 0.38) if "kraft" in look.words else rng.choice((look.colour, look.colour, WHITE))
    accent = sh.readable(look.accent_colour, paper, 1.8)
    front = sh.label_image(look.product.brand, look.line, paper, accent, rng, 448, 640, "bowl")
    if rng.random() < 0.6:
        material = sh.picture("front", front, 0.4, coat=0.25)
        side_image = sh.label_image(look.product.brand, "nutrition", paper, accent, rng, 160, 640, "")
        draw = sh.ImageDraw.Draw(side_image)
        for i in range(11):
            y = 640 * (0.58 + 0.022 * i)
            draw.line((24, y, 24 + rng.uniform(60, 112), y), sh.rgb8(sh.readable(DARK, paper)), 3)
        side = sh.picture("side", side_image, 0.4, coat=0.25)
        parts = [
            sh.box("box", (w, d, h), (0, 0, 0), look.of("paper", paper), 0.0016, 2),
            sh.flat_label("front", w - 0.002, h - 0.002, (0, -d / 2 - 0.0003, h / 2), material),
        ]
        for s in (-1, 1):
            parts.append(
                sh.move(
                    sh.flat_label("side", d - 0.002, h - 0.002, (0, 0, 0), side),
                    (s * (w / 2 + 0.0003), 0, h / 2),
                    (0, 0, 90 * s),
                )
            )
        parts.append(
            sh.box("flap", (w * 0.4, d * 0.5, 0.0006), (0, -d * 0.22, h), look.of("paper", mix(paper, DARK, 0.06)), 0.0002, 1)
        )
        return parts

    # A stand-up pouch: an oval foot, flat at the sealed top.
    def half_depth(u: float, z: float) -> float:
        return 0.004 + (d * 0.62) * max(1 - (2 * u - 1) ** 2, 0) ** 0.7 * max(1 - (z / (h * 0.93)) ** 2.2, 0) ** 0.8

    sections = []
    for t in np.linspace(0, 1, 22):
        z, wide = h * t, w * (1 - 0.05 * math.sin(math.pi * t))
        ring = [((u - 0.5) * wide, -half_depth(u, z) * (0.12 if u in (0, 1) else 1), z) for u in np.linspace(0, 1, 25)]
        ring += [(x, -y, z) for x, y, _ in reversed(ring[1:-1])]
        sections.append(ring)
    foil = sh.textured(principled("foil", paper, 0.3, 0.15, coat_weight=0.3), "noise", 14, 0.35, 0.006)
    body = sh.loft("pouch", sections, foil, 70)

    def at(u: float, v: float) -> sh.Point:
        z, uu = h * (0.03 + 0.88 * v), 0.03 + 0.94 * u
        return (uu - 0.5) * w * (1 - 0.05 * math.sin(math.pi * z / h)), -half_depth(uu, z) - 0.0008, z

    label = sh.patch("front", at, sh.textured(sh.picture("front", front, 0.35, coat=0.3), "noise", 14, 0.3, 0.006), 30, 36)
    return [
        body,
        label,
        sh.box("seal", (w * 0.985, 0.01, 0.012), (0, 0, h - 0.012), look.accent, 0.002),
        sh.box("zip", (w * 0.95, 0.0125, 0.002), (0, 0, h - 0.028), look.accent, 0.0008),
    ]


def _tea_tin(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.036, 0.045), rng.uniform(0.085, 0.12)
    cut = h * rng.uniform(0.76, 0.86)
    metal = look.of("metal") if rng.random() < 0.5 else principled("lacquer", look.colour, 0.25, coat_weight=0.6)
    trim = rng.choice((look.gold, look.chrome, metal))
    square = rng.random() < 0.45
    body = sh.fillet([(0, 0), (r, 0, 0.002), (r, cut, 0.001), (0, cut)])
    lid = sh.fillet(
        [
            (0, cut + 0.0006),
            (r + 0.0012, cut + 0.0006),
            (r + 0.0012, h, 0.004),
            (r * 0.86, h),
            (r * 0.84, h + 0.002, 0.002),
            (0, h + 0.002),
        ]
    )
    bead = sh.fillet(
        [(r * 0.9, cut - 0.003), (r + 0.0018, cut - 0.003, 0.001), (r + 0.0018, cut + 0.0006, 0.001), (r * 0.9, cut + 0.0006)]
    )
    image = look.label(rng, 448, 448, rng.choice(("leaf", "leaf", "fruit")))
    low, high = h * 0.07, cut - h * 0.06
    if square:
        outline = sh.rounded_rect(2 * r, 2 * r, r * 0.22, 6)
        parts = [
            sh.prism(n, outline, [(r - q, z) for q, z in p], m)
            for n, p, m in (("tin", body, metal), ("lid", lid, metal), ("bead", bead, trim))
        ]
        parts.append(sh.flat_label("label", r * 1.62, high - low, (0, -r - 0.0003, (low + high) / 2), image))
        for s in (-1, 1):
            parts.append(
                sh.move(
                    sh.flat_label("label", r * 1.62, high - low, (0, -r - 0.0003, (low + high) / 2), image),
                    degrees=(0, 0, 90 * s),
                )
            )
    else:
        parts = [
            sh.lathe("tin", body, metal, 64),
            sh.lathe("lid", lid, metal, 64),
            sh.lathe("bead", bead, trim, 64, ring=True),
            sh.round_label("label", body, low, high, 120, image, lift=0.0003),
        ]
    if rng.random() < 0.5:
        parts.append(
            sh.lathe(
                "knob",
                sh.fillet(
                    [
                        (0, h),
                        (0.005, h),
                        (0.005, h + 0.006, 0.002),
                        (0.01, h + 0.01, 0.003),
                        (0.008, h + 0.018, 0.004),
                        (0, h + 0.019),
                    ]
                ),
                rng.choice((trim, look.wood)),
                28,
            )
        )
    return parts


def _baby_bottle(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.028, 0.034), rng.uniform(0.1, 0.135)
    waist = rng.choice((1.0, 0.84))
    profile = sh.fillet(
        [
            (0, 0),
            (r * 0.97, 0, 0.008),
            (r, h * 0.25, 0.03),
            (r * waist, h * 0.55, 0.05),
            (r, h * 0.85, 0.02),
            (r * 0.9, h),
            (0, h),
        ],
        7,
    )
    fill = h * rng.uniform(0.55, 0.85)
    inner = [(max(q - 0.0028, 0), max(z, 0.004)) for q, z in profile if z < fill]
    inner += [(sh.radius_at(profile, fill) - 0.0028, fill), (0, fill)]
    clear = principled("bottle", mix((1, 1, 1), look.colour, 0.18), 0.05, transmission_weight=0.95, ior=1.35)
    collar = sh.fillet(
        [(0, h - 0.004), (r * 1.04, h - 0.004, 0.002), (r * 1.02, h + 0.02, 0.004), (r * 0.7, h + 0.024), (0, h + 0.024)], 5
    )
    z = h + 0.022
    teat = sh.spline(
        [
            (r * 0.74, z),
            (r * 0.66, z + 0.01),
            (r * 0.34, z + 0.02),
            (r * 0.22, z + 0.03),
            (r * 0.24, z + 0.038),
            (r * 0.14, z + 0.0445),
            (0.0, z + 0.046),
        ],
        6,
    )
    silicone = principled("silicone", (0.93, 0.82, 0.66), 0.35, transmission_weight=0.35, ior=1.35)
    parts = [sh.lathe("bottle", profile, clear, 56), sh.lathe("milk", inner, principled("milk", (0.97, 0.96, 0.93), 0.25), 56)]
    parts += [sh.lathe("collar", collar, look.of("plastic"), 56), sh.lathe("teat", [(0, z), *teat], silicone, 40)]
    ridges = [
        sh.move(
            sh.box("ridge", (0.002, 0.0022, 0.014), (0, -r * 1.035, h + 0.001), look.of("plastic"), 0.0008, 1),
            degrees=(0, 0, 12 * k),
        )
        for k in range(30)
    ]
    parts.append(sh.join(ridges))
    ink = look.of("plastic", sh.readable(look.colour, (0.97, 0.96, 0.93), 2.0))
    for i in range(1, 8):
        zz = h * (0.14 + 0.09 * i)
        mark = sh.round_label("mark", profile, zz, zz + 0.0011, 26 if i % 2 else 44, ink, lift=0.0004)
        parts.append(sh.move(mark, degrees=(0, 0, 38)))
    paper = sh.label_image(
        look.product.brand,
        look.line,
        mix(look.colour, WHITE, 0.75),
        sh.readable(look.accent_colour, WHITE, 2),
        rng,
        320,
        320,
        "dot",
    )
    parts.append(
        sh.move(sh.round_label("label", profile, h * 0.2, h * 0.66, 72, sh.picture("label", paper, 0.4)), degrees=(0, 0, -16))
    )
    if rng.random() < 0.5:
        for s in (-1, 1):
            loop = sh.spline(
                [
                    (s * r * 0.95, 0, h * 0.92),
                    (s * (r + 0.026), 0, h * 0.9),
                    (s * (r + 0.034), 0, h * 0.66),
                    (s * (r + 0.022), 0, h * 0.4),
                    (s * (r + 0.006), 0, h * 0.36),
                ],
                7,
            )
            parts.append(sh.tube("handle", loop, 0.0052, look.of("plastic")))
        parts.append(
            sh.lathe(
                "holder",
                sh.fillet(
                    [(r * 0.8, h * 0.89), (r * 1.06, h * 0.89, 0.002), (r * 1.06, h * 0.955, 0.002), (r * 0.8, h * 0.955)]
                ),
                look.of("plastic"),
                56,
                ring=True,
            )
        )
    return parts


# --- fashion and sport ------------------------------------------------------------------------------------------------------


def _bag_body(
    look: Look, w: float, d: float, h: float, taper: float
) -> tuple[bpy.types.Object, Callable[[float, float], sh.Point]]:
    """A soft bag, narrower and flatter towards its mouth, and a function for points on its front."""

    def size(t: float) -> Point2:
        return w * (1 - taper * t) * (1 + 0.02 * math.sin(math.pi * t)), d * (1 - 0.55 * t**1.3)

    sections = []
    for t in [0.0, 0.012, 0.035, *np.linspace(0.08, 1, 12).tolist()]:
        shrink = {0.0: 0.94, 0.012: 0.985}.get(t, 1.0)
        wide, deep = size(t)
        sections.append([(x * shrink, y * shrink, h * t) for x, y in sh.rounded_rect(wide, deep, 0.3 * deep, 7)])

    def front(u: float, v: float) -> sh.Point:
        wide, deep = size(v)
        return (u - 0.5) * wide, -deep / 2 - 0.0006, h * v

    return sh.loft("bag", sections, look.soft, 50), front


def _handbag(look: Look, rng: random.Random) -> Objects:
    metal = rng.choice((look.gold, look.chrome))
    trim = look.of("leather", rng.choice((look.accent_colour, mix(look.colour, DARK, 0.45), (0.45, 0.28, 0.17))))
    thread = principled(
        "thread", mix(look.colour, (1, 1, 1), 0.5) if sh.luminance(look.colour) < 0.4 else mix(look.colour, DARK, 0.45), 0.8
    )
    if rng.random() < 0.5:
        w, d, h = rng.uniform(0.28, 0.36), rng.uniform(0.1, 0.14), rng.uniform(0.22, 0.28)
        body, front = _bag_body(look, w, d, h, rng.uniform(-0.12, 0.18))
        parts = [body]
        for y_sign in (-1, 1):
            fx = w * 0.2
            _, y, _ = front(0.5, 0.88)
            _, ytop, _ = front(0.5, 1.0)
            y, ytop = (y, ytop) if y_sign < 0 else (-y, -ytop)
            rise = rng.uniform(0.11, 0.14) if y_sign < 0 else 0.12
            path = sh.spline(
                [
                    (-fx, y, h * 0.84),
                    (-fx, ytop, h * 1.0),
                    (-fx * 0.86, ytop * 0.9, h + rise * 0.65),
                    (0, ytop * 0.8, h + rise),
                    (fx * 0.86, ytop * 0.9, h + rise * 0.65),
                    (fx, ytop, h * 1.0),
                    (fx, y, h * 0.84),
                ],
                7,
            )
            parts.append(sh.tube("handle", path, 0.0055, trim))
            for s in (-1, 1):
                tab = sh.plate("tab", sh.rounded_rect(0.03, 0.052, 0.012), 0.005, trim, 0.0015)
                parts.append(sh.move(tab, (s * fx, y + y_sign * 0.001, h * 0.84), (-6 * -y_sign, 0, 0)))
                parts.append(
                    _disc("rivet", 0.0045, 0.004, (s * fx, y - 0.002, h * 0.82), metal)
                    if y_sign < 0
                    else sh.ball("rivet", 0.004, (s * fx, y + 0.003, h * 0.82), metal)
                )
        for v in (0.05, 0.955):
            parts.append(sh.stitches("seam", [front(u, v) for u in np.linspace(0.12, 0.88, 9)], thread, 0.006, 0.0009))
        if rng.random() < 0.6:

            def low(u: float, v: float) -> sh.Point:
                x, y, z = front(0.14 + 0.72 * u, 0.16 * v)
                return x, y - 0.0004, z

            parts.append(sh.patch("strip", low, trim, 20, 6))
        _, y, z = front(0.5, 0.6)
        parts.append(
            sh.move(
                sh.flat_label("brand", 0.11, 0.0275, (0, 0, 0), look.brand(look.colour, rng)), (0, y - 0.0012, z), (-7, 0, 0)
            )
        )
        if rng.random() < 0.5:
            parts.append(
                sh.tube(
                    "tassel ring",
                    [
                        (w * 0.2 + 0.011 * math.cos(a), y - 0.012, h * 0.74 + 0.011 * math.sin(a))
                        for a in np.linspace(0, 2 * math.pi, 25)[:-1]
                    ],
                    0.0014,
                    metal,
                    closed=True,
                )
            )
            parts.append(
                sh.move(
                    sh.lathe(
                        "tassel", sh.fillet([(0, -0.07), (0.011, -0.07), (0.006, -0.014, 0.004), (0.005, 0), (0, 0)]), trim, 20
                    ),
                    (w * 0.2, y - 0.012, h * 0.7),
                )
            )
        return parts
    w, d, h = rng.uniform(0.21, 0.26), rng.uniform(0.08, 0.1), rng.uniform(0.15, 0.18)
    parts = [sh.slab("body", (w, d, h), look.soft, 0.022, 0.008)]
    drop = rng.uniform(0.5, 0.68) * h
    lower = rng.uniform(0.012, 0.06)
    outline = sh.fillet(
        [
            (0, h - drop),
            (w / 2 - lower, h - drop, 0.04),
            (w / 2 + 0.002, h - drop + lower + 0.01, 0.03),
            (w / 2 + 0.002, h + 0.002),
        ],
        6,
    )
    outline = [(-x, z) for x, z in reversed(outline)][:-1] + outline
    flap = sh.plate("flap", outline, 0.006, look.soft, 0.0022)
    parts += [
        sh.move(flap, (0, -d / 2 - 0.003, 0)),
        sh.slab("flap top", (w + 0.004, d + 0.009, 0.008), look.soft, 0.02, 0.0035, z=h - 0.003),
    ]
    edge = [(x * 0.965, -d / 2 - 0.0064, h - (h - z) * 0.955) for x, z in outline]
    parts.append(sh.stitches("seam", edge, thread, 0.0045, 0.0006))
    parts.append(
        sh.move(
            sh.plate("clasp", sh.rounded_rect(0.034, 0.026, 0.006), 0.007, metal, 0.002), (0, -d / 2 - 0.007, h - drop + 0.016)
        )
    )
    parts.append(_disc("turn", 0.006, 0.006, (0, -d / 2 - 0.0095, h - drop + 0.016), metal, 0.002))
    parts.append(sh.flat_label("brand", 0.075, 0.01875, (0, -d / 2 - 0.0064, h - drop * 0.42), look.brand(look.colour, rng)))
    x, rise = w / 2 - 0.012, rng.uniform(0.09, 0.16)
    if rng.random() < 0.5:
        links = sh.spline(
            [(-x, 0, h), (-x * 0.95, 0, h + rise * 0.6), (0, 0, h + rise), (x * 0.95, 0, h + rise * 0.6), (x, 0, h)], 9
        )
        chain = []
        for i, (a, b) in enumerate(itertools.pairwise(links)):
            mid, size = [(p + q) / 2 for p, q in zip(a, b, strict=True)], math.dist(a, b)
            ring = sh.tube(
                "link",
                [(size * 0.72 * math.cos(t), 0, size * 0.42 * math.sin(t)) for t in np.linspace(0, 2 * math.pi, 15)[:-1]],
                0.0017,
                metal,
                closed=True,
                sides=7,
            )
            slope = math.degrees(math.atan2(b[2] - a[2], b[0] - a[0]))
            chain.append(sh.move(sh.move(ring, degrees=(90 * (i % 2), 0, 0)), mid, (0, -slope, 0)))
        parts.append(sh.join(chain))
    else:
        strap = sh.spline(
            [
                (-x, 0, h - 0.004),
                (-x * 0.97, 0, h + rise * 0.55),
                (-x * 0.5, 0, h + rise),
                (x * 0.5, 0, h + rise),
                (x * 0.97, 0, h + rise * 0.55),
                (x, 0, h - 0.004),
            ],
            7,
        )
        parts.append(sh.sweep("strap", strap, sh.rounded_rect(0.004, 0.022, 0.0018, 3), look.soft))
    parts += [
        sh.tube(
            "ring",
            [(s * x, 0.014 * math.cos(a), h + 0.006 + 0.011 * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 21)[:-1]],
            0.0022,
            metal,
            up=(1, 0, 0),
            closed=True,
        )
        for s in (-1, 1)
    ]
    return parts


def _suitcase(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.36, 0.44), rng.uniform(0.22, 0.27), rng.uniform(0.52, 0.66)
    z0, soft = 0.055, look.product.material == "fabric"
    shell = look.soft if soft else look.body
    corner = rng.uniform(0.045, 0.075)
    parts: Objects = []
    for s in (-1, 1):
        half = sh.plate("shell", sh.rounded_rect(w, h, corner, 8), d / 2 - 0.004, shell, 0.03 if not soft else 0.02)
        parts.append(sh.move(half, (0, s * (d / 4 + 0.002), z0 + h / 2)))
    parts.append(
        sh.move(
            sh.plate(
                "zip", sh.rounded_rect(w - 0.006, h - 0.006, corner, 8), 0.014, look.black if not soft else look.accent, 0.001
            ),
            (0, 0, z0 + h / 2),
        )
    )
    front, ribs = -d / 2 + 0.0005, rng.choice(("vertical", "horizontal", "plain"))
    if not soft and ribs == "vertical":
        count = rng.randint(5, 9)
        for i in range(count):
            x = (i / (count - 1) - 0.5) * (w - 2 * corner)
            parts.append(
                sh.box("rib", (w / count * 0.42, 0.012, h - 2 * corner), (x, front + 0.001, z0 + corner), shell, 0.0055)
            )
    elif not soft and ribs == "horizontal":
        for i in range(7):
            parts.append(
                sh.box(
                    "rib",
                    (w - 2 * corner, 0.01, 0.022),
                    (0, front + 0.001, z0 + corner + (h - 2 * corner - 0.02) * i / 6),
                    shell,
                    0.0045,
                )
            )
    elif soft:
        pocket = sh.plate("pocket", sh.rounded_rect(w * 0.8, h * 0.42, 0.03), 0.03, shell, 0.012)
        parts += [
            sh.move(pocket, (0, front - 0.006, z0 + h * 0.32)),
            sh.box("zip", (w * 0.7, 0.006, 0.008), (0, front - 0.02, z0 + h * 0.47), look.black, 0.002),
            sh.box(
                "band", (w * 0.78, 0.014, 0.1), (0, front - 0.002, z0 + h * 0.66), look.of("fabric", look.accent_colour), 0.005
            ),
        ]
    else:
        for k in (0.88, 0.72):
            path = [(x, front - 0.0005, z0 + h / 2 + y) for x, y in sh.rounded_rect(w * k, h * k, corner, 8)]
            parts.append(sh.tube("groove", path, 0.003, shell, closed=True, sides=10))
    if not soft:
        for sx in (-1, 1):
            for sz in (0.0, 1.0):
                guard = sh.box(
                    "guard",
                    (0.07, d * 0.62, 0.05),
                    (sx * (w / 2 - 0.031), 0, z0 - 0.004 + sz * (h - 0.042)),
                    rng.choice((look.black, shell)),
                    0.022,
                    4,
                )
                parts.append(guard)
    for sx in (-1, 1):
        for sy in (-1, 1):
            x, y = sx * (w / 2 - 0.055), sy * (d / 2 - 0.05)
            parts.append(sh.box("fork", (0.03, 0.034, 0.042), (x, y, 0.024), look.black, 0.007))
            wheel = sh.fillet([(0, -0.011), (0.026, -0.011, 0.004), (0.026, 0.011, 0.004), (0, 0.011)])
            for side in (-0.015, 0.015):
                parts.append(
                    sh.move(
                        sh.lathe("wheel", [(q, zz * 0.75) for q, zz in wheel], look.rubber, 28),
                        (x + side, y, 0.026),
                        (0, 90, 0),
                    )
                )
    top, up = z0 + h, rng.choice((0.05, 0.22, 0.34))
    pole = look.of("metal", (0.78, 0.78, 0.8))
    parts += [sh.box("pole", (0.018, 0.012, up + 0.03), (s * w * 0.18, d / 2 - 0.05, top - 0.03), pole, 0.003) for s in (-1, 1)]
    parts.append(sh.box("grip", (w * 0.36 + 0.03, 0.03, 0.032), (0, d / 2 - 0.05, top + up - 0.006), look.black, 0.011, 4))
    handle = sh.spline(
        [
            (-0.08, -0.02, top - 0.004),
            (-0.07, -0.02, top + 0.024),
            (0, -0.02, top + 0.028),
            (0.07, -0.02, top + 0.024),
            (0.08, -0.02, top - 0.004),
        ],
        6,
    )
    parts.append(sh.sweep("carry", handle, sh.rounded_rect(0.013, 0.026, 0.005, 4), look.black))
    parts.append(
        sh.move(
            sh.sweep(
                "carry",
                [(x * 0.9, y + 0.02, z - top) for x, y, z in handle],
                sh.rounded_rect(0.013, 0.024, 0.005, 4),
                look.black,
            ),
            (w / 2, 0, z0 + h * 0.55),
            (0, 90, 0),
        )
    )
    plate = sh.plate("badge", sh.rounded_rect(0.11, 0.032, 0.006), 0.006, look.black, 0.0015)
    bz, by = z0 + h * 0.82, front - 0.008
    return [
        *parts,
        sh.move(plate, (0, by + 0.001, bz)),
        sh.flat_label("brand", 0.096, 0.024, (0, by - 0.0026, bz), look.brand(DARK, rng)),
    ]


def _water_bottle(look: Look, rng: random.Random) -> Objects:
    r, h = rng.uniform(0.033, 0.04), rng.uniform(0.19, 0.24)
    trim = rng.choice((look.black, look.accent, look.chrome, look.wood))
    neck = r * rng.uniform(0.6, 0.74)
    slope = rng.uniform(0.02, 0.045)
    profile = sh.fillet([(0, 0), (r, 0, 0.005), (r, h - slope, 0.03), (neck, h, 0.006), (neck, h + 0.006), (0, h + 0.006)], 7)
    clear = look.product.material in ("glass", "plastic") and rng.random() < 0.7
    parts: Objects = []
    if clear:
        tinted = principled("clear", mix((1, 1, 1), look.colour, 0.45), 0.03, transmission_weight=0.95, ior=1.3)
        parts.append(sh.lathe("bottle", profile, tinted, 56))
        fill = [(max(q - 0.003, 0), max(z, 0.005)) for q, z in profile if z < h * 0.8]
        parts.append(
            sh.lathe("water", [*fill, (0, fill[-1][1])], look.liquid(mix(look.colour, (0.8, 0.92, 1), 0.65), 0.75), 56)
        )
        if look.product.material == "glass":
            sleeve = sh.fillet([(r * 0.8, 0.002), (r + 0.002, 0.002, 0.002), (r + 0.002, h * 0.55, 0.001), (r * 0.8, h * 0.55)])
            parts.append(sh.lathe("sleeve", sleeve, look.of("rubber"), 56, ring=True))
    else:
        kind = "metal" if look.product.material == "metal" and rng.random() < 0.6 else "plastic"
        parts.append(sh.lathe("bottle", profile, look.of(kind), 64))
        parts.append(
            sh.lathe(
                "base",
                sh.fillet([(0, -0.001), (r + 0.0008, -0.001, 0.003), (r + 0.0008, h * 0.06), (0, h * 0.06)]),
                trim if rng.random() < 0.5 else look.chrome,
                64,
            )
        )
    lid = rng.choice(("loop", "sport", "cup"))
    z = h + 0.004
    if lid == "loop":
        parts.append(
            sh.lathe(
                "lid", sh.fillet([(0, z), (neck + 0.003, z, 0.001), (neck + 0.003, z + 0.024, 0.003), (0, z + 0.025)]), trim, 48
            )
        )
        arc = sh.spline(
            [
                (-neck * 0.9, 0, z + 0.018),
                (-neck * 0.8, 0, z + 0.042),
                (0, 0, z + 0.052),
                (neck * 0.8, 0, z + 0.042),
                (neck * 0.9, 0, z + 0.018),
            ],
            7,
        )
        parts.append(sh.sweep("loop", arc, sh.rounded_rect(0.008, 0.016, 0.0035, 4), trim))
    elif lid == "sport":
        parts.append(
            sh.lathe(
                "lid",
                sh.fillet(
                    [
                        (0, z),
                        (neck + 0.004, z, 0.001),
                        (neck + 0.003, z + 0.016, 0.006),
                        (0.013, z + 0.03, 0.006),
                        (0.011, z + 0.036),
                        (0, z + 0.036),
                    ]
                ),
                trim,
                48,
            )
        )
        parts.append(
            sh.lathe(
                "nozzle",
                sh.fillet(
                    [
                        (0, z + 0.034),
                        (0.009, z + 0.034),
                        (0.008, z + 0.05, 0.002),
                        (0.0105, z + 0.053, 0.002),
                        (0.009, z + 0.062, 0.003),
                        (0, z + 0.063),
                    ]
                ),
                look.of("rubber", look.accent_colour),
                32,
            )
        )
    else:
        parts.append(
            sh.lathe(
                "lid", sh.fillet([(0, z), (neck + 0.006, z, 0.001), (neck + 0.002, z + 0.042, 0.006), (0, z + 0.044)]), trim, 48
            )
        )
        parts.append(
            sh.lathe(
                "band",
                sh.fillet(
                    [(neck * 0.8, z + 0.004), (neck + 0.0068, z + 0.004), (neck + 0.0066, z + 0.01), (neck * 0.8, z + 0.01)]
                ),
                look.chrome,
                48,
                ring=True,
            )
        )
    low = h * 0.28
    if rng.random() < 0.5:
        mark = sh.round_label(
            "label",
            profile,
            low,
            low + h * 0.36,
            100,
            look.label(rng, 320, 360, rng.choice(("leaf", "dot", ""))),
            lift=0.0025 if clear else 0.0004,
        )
    else:
        # A name that runs up the bottle, as sports brands like it.
        ink = look.brand(look.colour, rng)
        span = h * 0.5

        def at(u: float, v: float) -> sh.Point:
            a = (0.5 - v) * 0.62
            radius = r + (0.0025 if clear else 0.0004)
            return radius * math.sin(a), -radius * math.cos(a), low - h * 0.06 + span * u

        mark = sh.patch("brand", at, ink, 12, 10)
    return [*parts, mark]


def _dumbbell(look: Look, rng: random.Random) -> Objects:
    length, grip = rng.uniform(0.24, 0.3), rng.uniform(0.0135, 0.016)
    head, r = length * rng.uniform(0.26, 0.3), rng.uniform(0.052, 0.068)
    half = length / 2
    form = rng.choice(("hex", "hex", "plates", "round"))
    steel = look.of("metal", (0.8, 0.8, 0.82))
    knurl = sh.textured(principled("knurl", (0.72, 0.72, 0.74), 0.34, 1.0), "cells", 600, 0.9, 0.001)
    coat = look.body if look.product.material == "rubber" else look.of("rubber") if form == "hex" else look.body
    inner = half - head
    parts = []
    bar = sh.spline(
        [(grip, -inner), (grip * 1.06, -inner * 0.5), (grip * 1.16, 0), (grip * 1.06, inner * 0.5), (grip, inner)], 6
    )
    parts.append(sh.lathe("grip", [(0, -inner), *bar, (0, inner)], knurl, 40))
    faces: Objects = []
    for s in (-1, 1):
        pieces: Objects = []
        if form == "hex":
            profile = sh.fillet(
                [
                    (0, inner),
                    (r * 0.8, inner, 0.004),
                    (r, inner + head * 0.22, 0.006),
                    (r, half - head * 0.2, 0.006),
                    (r * 0.8, half, 0.004),
                    (0, half),
                ],
                3,
            )
            pieces.append(sh.lathe("head", profile, coat, 6, smooth=25))
            pieces.append(
                sh.lathe(
                    "disc",
                    [(0, half - 0.002), (r * 0.62, half - 0.002), (r * 0.6, half + 0.001), (0, half + 0.001)],
                    steel if rng.random() < 0.5 else look.accent,
                    40,
                )
            )
            pieces.append(
                sh.lathe(
                    "collar",
                    sh.fillet(
                        [
                            (0, inner - 0.008),
                            (grip * 1.5, inner - 0.008, 0.002),
                            (grip * 1.5, inner + 0.002),
                            (0, inner + 0.002),
                        ]
                    ),
                    steel,
                    36,
                )
            )
        elif form == "plates":
            x = inner
            for k in (1.0, 0.86, 0.7):
                t = head * 0.26
                pieces.append(
                    sh.lathe(
                        "plate",
                        sh.fillet(
                            [
                                (0, x),
                                (r * k, x, 0.004),
                                (r * k, x + t, 0.004),
                                (r * k * 0.8, x + t, 0.002),
                                (r * k * 0.75, x + t - 0.003),
                                (0, x + t - 0.003),
                            ],
                            4,
                        ),
                        coat if k != 0.86 else look.of("rubber", look.accent_colour),
                        48,
                    )
                )
                x += t
            pieces.append(
                sh.lathe(
                    "nut",
                    sh.fillet([(0, x), (grip * 1.9, x, 0.002), (grip * 1.7, x + 0.014, 0.003), (0, x + 0.014)]),
                    steel,
                    6,
                    smooth=25,
                )
            )
            pieces.append(
                sh.lathe("end", sh.fillet([(0, x), (grip * 0.8, x), (grip * 0.8, x + 0.03, 0.002), (0, x + 0.03)]), steel, 28)
            )
        else:
            profile = sh.fillet(
                [
                    (0, inner),
                    (r * 0.6, inner, 0.01),
                    (r, inner + head * 0.3, 0.025),
                    (r, half - head * 0.25, 0.025),
                    (r * 0.62, half, 0.008),
                    (0, half),
                ],
                6,
            )
            pieces.append(sh.lathe("head", profile, coat, 56))
            pieces.append(
                sh.lathe(
                    "cap",
                    sh.fillet(
                        [(0, half - 0.001), (r * 0.55, half - 0.001), (r * 0.52, half + 0.002, 0.001), (0, half + 0.002)]
                    ),
                    look.chrome,
                    40,
                )
            )
        faces += [sh.move(o, degrees=(180 if s < 0 else 0, 0, 0)) for o in pieces]
    parts = [sh.move(o, degrees=(0, 90, 0)) for o in [*parts, *faces]]
    # Six sides have to lie on one of them; the same turn does no harm to round heads.
    parts = [sh.move(o, degrees=(30, 0, 0)) for o in parts]
    flat = r * math.cos(math.pi / 6) if form == "hex" else r
    end = half + (0.0018 if form != "plates" else 0.0)
    if form != "plates":
        ink = look.brand(look.accent_colour if form == "hex" else (0.8, 0.8, 0.8), rng)
        side = sh.flat_label("brand", r * 0.95, r * 0.24, (0, -end - 0.0007, 0), ink)
        parts += [sh.move(side, degrees=(0, 0, 90))]
    if form == "hex":
        name = sh.flat_label("brand", head * 0.52, head * 0.13, (inner + head / 2, 0, 0), look.brand(look.colour, rng))
        parts.append(sh.move(name, (0, -flat * math.cos(math.radians(30)) - 0.0006, flat * 0.5), (-30, 0, 0)))
    yaw = rng.uniform(18, 38) * rng.choice((-1, 1))
    return [sh.move(o, degrees=(0, 0, yaw)) for o in parts]


BUILDERS: dict[str, Callable[[Look, random.Random], Objects]] = {
    "kettle": _kettle, "toaster": _toaster, "blender": _blender, "rice cooker": _rice_cooker,
    "smartphone": _smartphone, "speaker": _speaker, "headphones": _headphones, "camera": _camera,
    "armchair": _armchair, "side table": _side_table, "table lamp": _table_lamp, "bookshelf": _bookshelf,
    "lipstick": _lipstick, "face cream": _face_cream, "perfume": _perfume, "shampoo": _shampoo,
    "juice": _juice, "cereal": _cereal, "tea tin": _tea_tin, "baby bottle": _baby_bottle,
    "handbag": _handbag, "suitcase": _suitcase, "water bottle": _water_bottle, "dumbbell": _dumbbell,
}  # fmt: skip
