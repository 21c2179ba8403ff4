"""Procedural materials for Cycles: plain surfaces and textures made of shader nodes, without any image file.

Colours come in as sRGB floats (what designers and `specs.PALETTES` use) and are made linear here, so nobody else has to know.
Textures use object coordinates: scenes are built in units of the product's size, so a plank is a plank whatever its product.
"""

import random
from typing import Any

import bpy

Colour = tuple[float, float, float]
_SPELLING = {"ior": "IOR", "specular_ior_level": "Specular IOR Level", "coat_ior": "Coat IOR"}


def linear(colour: Colour) -> tuple[float, float, float, float]:
    """An sRGB colour as linear RGBA."""
    return (*(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]), 1.0)  # type: ignore[return-value]


def mix(a: Colour, b: Colour, amount: float) -> Colour:
    """`a` with this amount of `b` in it."""
    return tuple(x + (y - x) * amount for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


class Graph:
    """A thin hand on a material's node tree: inputs are given by name, as values or as the sockets that feed them."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.coordinates = self.node("TexCoord").outputs["Object"]

    @classmethod
    def of(cls, material: Any) -> "Graph":
        """The graph of a material that is there already."""
        graph = cls.__new__(cls)
        graph.material, graph.tree = material, material.node_tree
        graph.coordinates = graph.node("TexCoord").outputs["Object"]
        return graph

    def node(self, kind: str, settings: dict[str, Any] | None = None, **inputs: Any) -> Any:
        """A new ShaderNode<kind>."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for key, value in (settings or {}).items():
            setattr(node, key, value)
        for key, value in inputs.items():
            self.feed(node.inputs[_SPELLING.get(key, key.replace("_", " ").title())], value)
        return node

    def feed(self, socket: Any, value: Any) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif socket.type == "RGBA" and len(value) == 3:
            socket.default_value = linear(value)
        else:
            socket.default_value = value

    def math(self, operation: str, *values: Any) -> Any:
        node = self.node("Math", {"operation": operation})
        for socket, value in zip(node.inputs, values, strict=False):
            self.feed(socket, value)
        return node.outputs[0]

    def blend(self, factor: Any, a: Any, b: Any, mode: str = "MIX") -> Any:
        node = self.node("Mix", {"data_type": "RGBA", "blend_type": mode})
        for index, value in ((0, factor), (6, a), (7, b)):
            self.feed(node.inputs[index], value)
        return node.outputs[2]

    def ramp(self, factor: Any, low: float, high: float) -> Any:
        """`factor`, stretched so that low..high becomes 0..1."""
        node = self.node("MapRange", {"interpolation_type": "SMOOTHSTEP"}, Value=factor)
        node.inputs["From Min"].default_value, node.inputs["From Max"].default_value = low, high
        return node.outputs[0]

    def stretch(self, x: float = 1.0, y: float = 1.0, z: float = 1.0, turn: float = 0.0, shift: float = 0.0) -> Any:
        node = self.node(
            "Mapping", Vector=self.coordinates, Scale=(x, y, z), Rotation=(0, 0, turn), Location=(shift, shift, shift)
        )
        return node.outputs[0]

    def upright(self) -> Any:
        """Coordinates whose x and y are an upright surface's x and z."""
        parts = self.node("SeparateXYZ", Vector=self.coordinates).outputs
        return self.node("CombineXYZ", X=parts["X"], Y=parts["Z"], Z=parts["Y"]).outputs[0]

    def noise(self, vector: Any, scale: float, detail: float = 3.0, roughness: float = 0.55) -> Any:
        return self.node("TexNoise", Vector=vector, Scale=scale, Detail=detail, Roughness=roughness).outputs["Fac"]

    def bump(self, height: Any, strength: float, distance: float = 0.02) -> Any:
        return self.node("Bump", Height=height, Strength=strength, Distance=distance).outputs[0]

    def shade(self, **inputs: Any) -> Any:
        """Ends the graph in a principled surface and returns the material."""
        return self.end(self.node("BsdfPrincipled", **inputs).outputs[0])

    def end(self, surface: Any) -> Any:
        self.tree.links.new(surface, self.node("OutputMaterial").inputs["Surface"])
        return self.material


def principled(name: str, colour_srgb: Colour, roughness: float = 0.5, metallic: float = 0.0, **inputs: Any) -> Any:
    """A plain surface. Further inputs of Principled BSDF by name, e.g. coat_weight=0.5, transmission_weight=1, ior=1.45."""
    return Graph(name).shade(base_color=colour_srgb, roughness=roughness, metallic=metallic, **inputs)


def emission(colour: Colour, strength: float = 1.0, name: str = "glow") -> Any:
    """A surface that shines by itself."""
    g = Graph(name)
    return g.end(g.node("Emission", Color=colour, Strength=strength).outputs[0])


def glass(colour: Colour = (1, 1, 1), roughness: float = 0.02) -> Any:
    """Clear or tinted glass."""
    return principled("glass", colour, roughness, transmission_weight=1.0, ior=1.45)


def wood(rng: random.Random, tone: Colour, plank: float = 0.45, along_view: bool = False, gloss: float = 0.4) -> Any:
    """Planks with grain; they run from left to right, or away from the viewer."""
    g = Graph("wood")
    turn, shift = (1.5708 if along_view else 0.0), rng.uniform(0, 50)
    dark, light = mix(tone, (0.12, 0.06, 0.03), 0.45), mix(tone, (1, 0.93, 0.8), 0.18)
    flat = g.stretch(turn=turn, shift=shift)
    boards = g.node(
        "TexBrick", {"offset": 0.37}, Vector=flat, Color1=light, Color2=mix(tone, dark, 0.25), Mortar=mix(dark, (0, 0, 0), 0.5),
        Scale=1.0, Mortar_Size=0.006, Mortar_Smooth=0.2, Brick_Width=plank * 6.3, Row_Height=plank,
    )  # fmt: skip
    # each board's own colour moves the grain, so that no figure runs on over a joint
    offset = g.node("VectorMath", {"operation": "MULTIPLY_ADD"})
    for socket, value in zip(
        offset.inputs, (boards.outputs["Color"], (9.0, 9.0, 9.0), g.stretch(0.9, 11, 11, turn, shift)), strict=False
    ):
        g.feed(socket, value)
    figure = g.noise(offset.outputs[0], 1.3, 4.0, 0.62)
    grain = g.ramp(figure, 0.38, 0.68)
    colour = g.blend(g.math("MULTIPLY", grain, 0.62), boards.outputs["Color"], dark)
    height = g.math("SUBTRACT", g.math("MULTIPLY", grain, -0.15), boards.outputs["Fac"])
    return g.shade(
        base_color=colour, roughness=g.math("ADD", g.math("MULTIPLY", grain, 0.2), gloss), normal=g.bump(height, 0.5, 0.01)
    )


def marble(rng: random.Random, colour: Colour, vein: Colour, upright: bool = False) -> Any:
    """Polished stone with warped veins."""
    g = Graph("marble")
    shift = rng.uniform(0, 50)
    place = (
        g.stretch(1, 1.6, 1, rng.uniform(-0.8, 0.8), shift)
        if not upright
        else g.stretch(1, 1, 1.5, rng.uniform(-0.4, 0.4), shift)
    )
    warp = g.node("TexNoise", Vector=place, Scale=0.9, Detail=3.0)
    bent = g.node("VectorMath", {"operation": "MULTIPLY_ADD"})
    for socket, value in zip(bent.inputs, (warp.outputs["Color"], (1.6, 1.6, 1.6), place), strict=False):
        g.feed(socket, value)
    bold = g.ramp(g.math("ABSOLUTE", g.math("SUBTRACT", g.noise(bent.outputs[0], 0.75, 5.0), 0.5)), 0.045, 0.0)
    fine = g.ramp(g.math("ABSOLUTE", g.math("SUBTRACT", g.noise(bent.outputs[0], 2.2, 4.0), 0.5)), 0.02, 0.0)
    cloud = g.ramp(g.noise(place, 0.9, 2.0), 0.35, 0.75)
    base = g.blend(g.math("MULTIPLY", cloud, 0.3), colour, vein)
    lines = g.math("MAXIMUM", g.math("MULTIPLY", bold, 0.75), g.math("MULTIPLY", fine, 0.35))
    return g.shade(base_color=g.blend(lines, base, vein), roughness=0.14, coat_weight=0.3)


def fabric(rng: random.Random, colour: Colour, weave: float = 60.0) -> Any:
    """Linen or knit: mottled threads and a soft sheen. A small `weave` makes coarse wool."""
    g = Graph("fabric")
    shift = rng.uniform(0, 9)
    threads = g.math(
        "ADD", g.noise(g.stretch(1, 0.12, 1, 0, shift), weave, 1.0), g.noise(g.stretch(0.12, 1, 0.2, 0, shift), weave, 1.0)
    )
    uneven = g.ramp(threads, 0.7, 1.3)
    shade = g.blend(uneven, mix(colour, (0, 0, 0), 0.16), mix(colour, (1, 1, 1), 0.08))
    return g.shade(base_color=shade, roughness=0.9, sheen_weight=0.25, normal=g.bump(threads, 0.35, 0.02))


def plaster(rng: random.Random, colour: Colour, mottle: float = 0.14, scale: float = 1.2) -> Any:
    """A painted wall, paper, or concrete when `mottle` is high."""
    g = Graph("plaster")
    place = g.stretch(shift=rng.uniform(0, 50))
    cloud = g.ramp(g.noise(place, scale, 5.0, 0.65), 0.2, 0.8)
    shade = g.blend(cloud, mix(colour, (0, 0, 0), 0.6 * mottle), mix(colour, (1, 1, 1), mottle * 0.5))
    return g.shade(
        base_color=shade, roughness=0.85, specular_ior_level=0.25, normal=g.bump(g.noise(place, 14.0, 2.0), mottle, 0.02)
    )


def tiles(
    rng: random.Random, colour: Colour, grout: Colour, width: float, height: float, offset: float = 0.5, upright: bool = True
) -> Any:
    """Glazed tiles, bricks or paving stones, no two of quite the same colour."""
    g = Graph("tiles")
    place = g.upright() if upright else g.coordinates
    bricks = g.node(
        "TexBrick", {"offset": offset}, Vector=place, Color1=mix(colour, (1, 1, 1), 0.12), Color2=mix(colour, (0, 0, 0), 0.1),
        Mortar=grout, Scale=1.0, Mortar_Size=0.016 * (width + height), Mortar_Smooth=0.4, Brick_Width=width, Row_Height=height,
    )  # fmt: skip
    joint = bricks.outputs["Fac"]
    wavy = g.math("SUBTRACT", g.math("MULTIPLY", g.noise(g.stretch(shift=rng.uniform(0, 9)), 3.0, 1.0), 0.35), joint)
    return g.shade(
        base_color=bricks.outputs["Color"],
        roughness=g.math("ADD", g.math("MULTIPLY", joint, 0.6), 0.14),
        normal=g.bump(wavy, 0.6),
    )


def foliage(colour: Colour, variety: float = 0.35, name: str = "leaf") -> Any:
    """Leaves, blades of grass or petals; every loose piece of the mesh gets its own shade."""
    g = Graph(name)
    chance = g.node("NewGeometry").outputs["Random Per Island"]
    dark, light = mix(colour, (0.02, 0.08, 0.03), variety), mix(colour, (0.95, 1.0, 0.7), variety * 0.7)
    shade = g.blend(chance, dark, light)
    surface = g.node("BsdfPrincipled", base_color=shade, roughness=0.5)
    through = g.node("BsdfTranslucent", Color=shade)
    both = g.node("MixShader", Fac=0.25)
    g.tree.links.new(surface.outputs[0], both.inputs[1])
    g.tree.links.new(through.outputs[0], both.inputs[2])
    return g.end(both.outputs[0])


def frosted(colour: Colour, amount: float = 0.6) -> Any:
    """Leaves, wood or stone with snow lying on everything that faces upwards."""
    g = Graph("frosted")
    geometry = g.node("NewGeometry")
    chance = geometry.outputs["Random Per Island"]
    up = g.math("ABSOLUTE", g.node("SeparateXYZ", Vector=geometry.outputs["Normal"]).outputs["Z"])
    snow_here = g.ramp(g.math("ADD", up, g.math("MULTIPLY", g.math("SUBTRACT", chance, 0.5), 0.5)), 1 - amount, 1.12 - amount)
    return g.shade(base_color=g.blend(snow_here, mix(colour, (0, 0, 0), 0.15), (0.94, 0.96, 1.0)), roughness=0.8)


def grass(rng: random.Random) -> Any:
    """The soil between the blades."""
    g = Graph("grass")
    patch = g.ramp(g.noise(g.stretch(shift=rng.uniform(0, 50)), 5.0, 5.0), 0.3, 0.7)
    return g.shade(base_color=g.blend(patch, (0.16, 0.27, 0.09), (0.36, 0.5, 0.18)), roughness=0.95)


def sand(rng: random.Random, colour: Colour = (0.9, 0.8, 0.63)) -> Any:
    """Fine sand with grains and soft ripples."""
    g = Graph("sand")
    place = g.stretch(shift=rng.uniform(0, 50))
    grains, patch = g.noise(place, 45.0, 2.0, 0.7), g.ramp(g.noise(place, 1.5, 4.0), 0.3, 0.7)
    speckle = g.blend(g.ramp(grains, 0.32, 0.55), mix(colour, (0.35, 0.24, 0.12), 0.35), colour)
    shade = g.blend(g.math("MULTIPLY", patch, 0.35), speckle, mix(colour, (1, 1, 1), 0.4))
    return g.shade(base_color=shade, roughness=0.95, normal=g.bump(grains, 0.6, 0.02))


def water(rng: random.Random, shallow: Colour, deep: Colour, shore: float) -> Any:
    """The sea, from foam and shallows at y = `shore` to deep water."""
    g = Graph("water")
    place = g.stretch(0.5, 1.5, 1, 0, rng.uniform(0, 50))
    swell = g.noise(place, 1.6, 4.0, 0.6)
    depth = g.node("SeparateXYZ", Vector=g.coordinates).outputs["Y"]
    near = g.ramp(depth, shore + 14.0, shore)  # far waves are smaller than a pixel and would only be noise
    wavering = g.math("ADD", depth, g.math("MULTIPLY", swell, 1.6))
    tint = g.blend(g.ramp(wavering, shore + 0.8, shore + 9.0), shallow, deep)
    foam = g.ramp(wavering, shore + 1.25, shore + 0.95)
    crest = g.math("MULTIPLY", g.ramp(swell, 0.62, 0.72), g.math("MULTIPLY", near, 0.45))
    colour = g.blend(g.math("MAXIMUM", foam, crest), tint, (0.96, 0.98, 0.98))
    return g.shade(base_color=colour, roughness=0.2, normal=g.bump(swell, g.math("MULTIPLY", near, 0.5), 0.3))


def snow(rng: random.Random, shade: Colour = (0.93, 0.95, 0.99)) -> Any:
    """Fresh snow."""
    g = Graph("snow")
    place = g.stretch(shift=rng.uniform(0, 50))
    grains = g.noise(place, 22.0, 3.0, 0.7)
    colour = g.blend(g.ramp(g.noise(place, 1.3, 3.0), 0.3, 0.7), mix(shade, (0.7, 0.78, 0.95), 0.25), shade)
    return g.shade(base_color=colour, roughness=0.7, normal=g.bump(grains, 0.5, 0.03))


def stones(rng: random.Random, colour: Colour, size: float, round_: bool = True) -> Any:
    """Cobbles: stones of many shades with dark joints."""
    g = Graph("stones")
    place = g.stretch(shift=rng.uniform(0, 50))
    cells = g.node("TexVoronoi", {"feature": "F1"}, Vector=place, Scale=1 / size, Randomness=0.75 if round_ else 0.35)
    edge = g.node(
        "TexVoronoi", {"feature": "DISTANCE_TO_EDGE"}, Vector=place, Scale=1 / size, Randomness=0.75 if round_ else 0.35
    )
    joint = g.ramp(edge.outputs["Distance"], 0.02, 0.13)
    shade = g.node("SeparateXYZ", Vector=cells.outputs["Color"]).outputs["X"]
    stone = g.blend(shade, mix(colour, (0, 0, 0), 0.3), mix(colour, (1, 1, 1), 0.22))
    fine = g.noise(place, 9 / size, 3.0)
    tone = g.blend(g.math("MULTIPLY", fine, 0.4), stone, mix(colour, (0, 0, 0), 0.5))
    height = g.math("ADD", joint, g.math("MULTIPLY", fine, 0.12))
    return g.shade(
        base_color=g.blend(joint, mix(colour, (0.05, 0.05, 0.04), 0.75), tone),
        roughness=0.62,
        normal=g.bump(height, 0.7, 0.25 * size),
    )


def speckled(
    rng: random.Random, colour: Colour, grain: float, contrast: float = 0.4, roughness: float = 0.85, relief: float = 0.4
) -> Any:
    """Asphalt, concrete, terrazzo or earth: grains of `grain` units in lighter and darker shades over slow patches."""
    g = Graph("speckled")
    place = g.stretch(shift=rng.uniform(0, 50))
    grains = g.noise(place, 1 / grain, 2.0, 0.75)
    patch = g.noise(place, 0.9, 4.0)
    speck = g.blend(g.ramp(grains, 0.34, 0.66), mix(colour, (0, 0, 0), contrast), mix(colour, (1, 1, 1), 0.5 * contrast))
    shade = g.blend(g.math("MULTIPLY", g.ramp(patch, 0.3, 0.7), 0.35), speck, mix(colour, (0, 0, 0), 0.3))
    return g.shade(base_color=shade, roughness=roughness, normal=g.bump(grains, relief, 0.5 * grain))


def wet(rng: random.Random, colour: Colour, puddle: float = 1.4) -> Any:
    """Dark ground with puddles that mirror."""
    g = Graph("wet")
    place = g.stretch(shift=rng.uniform(0, 30))
    dry = g.ramp(g.noise(place, puddle, 3.0), 0.42, 0.6)
    grains = g.noise(place, 26.0, 2.0, 0.7)
    shade = g.blend(g.math("MULTIPLY", grains, 0.5), colour, mix(colour, (0, 0, 0), 0.6))
    return g.shade(
        base_color=shade,
        roughness=g.math("ADD", g.math("MULTIPLY", dry, 0.4), 0.06),
        coat_weight=0.4,
        normal=g.bump(grains, g.math("MULTIPLY", dry, 0.35), 0.02),
    )


def gingham(colour: Colour, ground: Colour, check: float) -> Any:
    """Checked cloth; `check` is the width of a stripe."""
    g = Graph("gingham")
    parts = g.node("SeparateXYZ", Vector=g.coordinates).outputs
    lines = [g.math("GREATER_THAN", g.math("FRACT", g.math("MULTIPLY", parts[axis], 0.5 / check)), 0.5) for axis in ("X", "Y")]
    amount = g.math("MULTIPLY", g.math("ADD", *lines), 0.5)
    weave = g.noise(g.coordinates, 12 / check, 1.0)
    tone = g.blend(amount, ground, colour)
    shade = g.blend(g.math("MULTIPLY", weave, 0.3), tone, mix(colour, (0, 0, 0), 0.5))
    return g.shade(base_color=shade, roughness=0.92, sheen_weight=0.2, normal=g.bump(weave, 0.3, 0.02))


def perforated(colour: Colour, step: float, hole: float = 0.16) -> Any:
    """An upright board with rows of holes `step` apart."""
    g = Graph("perforated")
    parts = g.node("SeparateXYZ", Vector=g.coordinates).outputs
    aside = [
        g.math(
            "ABSOLUTE", g.math("SUBTRACT", g.math("FRACT", g.math("ADD", g.math("MULTIPLY", parts[a], 1 / step), 100.5)), 0.5)
        )
        for a in ("X", "Z")
    ]
    squares = [g.math("MULTIPLY", a, a) for a in aside]
    inside = g.ramp(g.math("SQRT", g.math("ADD", *squares)), hole + 0.015, hole - 0.015)
    shade = g.blend(inside, colour, mix(colour, (0.02, 0.02, 0.02), 0.85))
    return g.shade(base_color=shade, roughness=0.55, normal=g.bump(g.math("SUBTRACT", 1.0, inside), 0.6, 0.15 * step))
