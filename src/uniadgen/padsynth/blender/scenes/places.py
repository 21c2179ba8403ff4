"""Light of real places: the photographed surroundings that come with Blender, as light and, out of focus, as distance.

The sun of a photograph is cut off and set up anew as a lamp, so that it shines from where the scene's light wants it and makes
no noise; what is left lights softly and truly. Exposure follows from the picture itself, so any place in it may be behind.
"""

import os
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.blender.scenes.forms import lights_string, polygons
from uniadgen.padsynth.blender.scenes.light import gobo, light_from
from uniadgen.padsynth.blender.scenes.stage import Stage, draws

BRIGHTEST = 6.0  # of the light, in units of its mean; what is brighter is the sun's disc


@dataclass(frozen=True)
class Mood:
    """What a light does to a place: colours multiply it, `around` and `view` are its brightness as light and as picture."""

    tint: Colour
    around: float
    view: float
    sun: float  # watts per square metre
    warmth: Colour = (1, 0.97, 0.92)
    height: float = 1.3
    angle: float = 0.012


MOODS: dict[str, Mood] = {
    "soft": Mood((1, 1, 1), 0.6, 0.6, 2.0, (1, 0.98, 0.96), 2.0, 0.4),
    "sunny": Mood((1, 1, 1), 0.62, 0.72, 3.6, (1, 0.95, 0.86)),
    "golden": Mood((1, 0.88, 0.74), 0.52, 0.6, 3.6, (1, 0.76, 0.5), 0.8, 0.02),
    "cool": Mood((0.8, 0.91, 1.1), 0.6, 0.52, 1.5, (0.82, 0.91, 1), 1.9, 0.25),
    "moody": Mood((0.72, 0.78, 1.0), 0.3, 0.22, 0.0),
}


def surroundings(stage: Stage, name: str, centre: float, mood: Mood | None = None, tint: Colour = (1, 1, 1)) -> None:
    """Puts the photograph `name` around the set: what stands at `centre` (0..1 from its left edge) is behind the product.

    With an own `mood` the set lights itself; otherwise a sun or a lamp is added as the scene's light says.
    """
    own, mood = mood is not None, mood or MOODS[stage.light]
    folder = os.path.join(bpy.utils.system_resource("DATAFILES"), "studiolights", "world")
    image = bpy.data.images.load(os.path.join(folder, f"{name}.exr"))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(height, width, 4)[..., :3]  # from the nadir upwards
    mean = float(np.minimum(pixels, 40).mean())
    lit = float(np.minimum(pixels[height // 2 :], BRIGHTEST * mean).mean())
    columns = np.arange(round((centre - 0.07) * width), round((centre + 0.07) * width)) % width
    seen = float(np.quantile(pixels[round(0.4 * height) : round(0.6 * height), columns].mean(-1), 0.6))

    world = bpy.data.worlds.new("place")
    bpy.context.scene.world = world
    world.use_nodes = True
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", 256
    nodes, links = world.node_tree.nodes, world.node_tree.links
    turn, photograph = nodes.new("ShaderNodeMapping"), nodes.new("ShaderNodeTexEnvironment")
    photograph.image, photograph.interpolation = image, "Cubic"
    # From above little more than pavement would be seen behind the product: the distance comes up by a few degrees.
    pitch = np.radians(min(9.0, 0.65 * max(0.0, stage.subject.elevation - 4)))
    turn.inputs["Rotation"].default_value = (0, 0, np.radians(360 * (0.5 - centre) - 90))
    lift = nodes.new("ShaderNodeMapping")
    lift.inputs["Rotation"].default_value = (pitch, 0, 0)
    links.new(nodes.new("ShaderNodeTexCoord").outputs["Generated"], lift.inputs["Vector"])
    links.new(lift.outputs["Vector"], turn.inputs["Vector"])
    links.new(turn.outputs["Vector"], photograph.inputs["Vector"])

    def shine(limit: float, strength: float) -> Any:
        capped = nodes.new("ShaderNodeMix")
        capped.data_type, capped.blend_type = "RGBA", "DARKEN"
        capped.inputs[0].default_value, capped.inputs[7].default_value = 1.0, (limit, limit, limit, 1)
        tinted = nodes.new("ShaderNodeMix")
        tinted.data_type, tinted.blend_type = "RGBA", "MULTIPLY"
        tinted.inputs[0].default_value = 1.0
        tinted.inputs[7].default_value = (*(a * b for a, b in zip(mood.tint, tint, strict=True)), 1)
        light = nodes.new("ShaderNodeBackground")
        light.inputs["Strength"].default_value = strength
        links.new(photograph.outputs["Color"], capped.inputs[6])
        links.new(capped.outputs[2], tinted.inputs[6])
        links.new(tinted.outputs[2], light.inputs["Color"])
        return light.outputs[0]

    either, path = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeLightPath")
    links.new(path.outputs["Is Camera Ray"], either.inputs[0])
    links.new(shine(BRIGHTEST * mean, (1.35 if stage.close else 1.0) * mood.around / lit), either.inputs[1])
    exposure = mood.view / max(seen, 0.3 * mean)
    links.new(shine((1.7 * mood.view + 0.12) / exposure, exposure), either.inputs[2])
    links.new(either.outputs[0], nodes["World Output"].inputs["Surface"])
    if not own:
        _sunlight(stage, mood)


def _sunlight(stage: Stage, mood: Mood) -> None:
    rng, s = stage.rng, stage.side
    if stage.light == "moody":
        spot = light_from("SPOT", 620, (1, 0.86, 0.68), (s * 1.9, -1.7, 3.2), (0.05 * s, 0.15, 0.25), 0.15)
        spot.data.spot_size, spot.data.spot_blend = 0.75, 1.0
        light_from("AREA", 30, (0.7, 0.8, 1), (-s * 2.2, 1.2, 2.0), size=1.2)
        return
    direction = (s * rng.uniform(1.0, 1.6), -rng.uniform(0.5, 1.0), mood.height)
    light_from("SUN", mood.sun, mood.warmth, direction, (0, 0, 0), mood.angle)
    if stage.light in ("sunny", "golden") and rng.random() < (0.2 if stage.close else 0.45):
        gobo(stage, direction, "leaves" if stage.outdoors else rng.choice(("window", "leaves")))


def ground(stage: Stage, material: Any, z: float = 0.0, near: float = 3.0, far: float = 9.0) -> None:
    """Level ground around the product that fades into the photographed one, so that no edge shows."""
    fade(material, near, far)
    corners = np.array([(-far, -far, z), (far, -far, z), (far, far, z), (-far, far, z)], float)
    polygons("ground", corners, np.arange(4)[None], material)


def fade(material: Any, near: float, far: float) -> None:
    """Lets a surface become transparent from `near` to `far` away from its object's origin."""
    g = mat.Graph.of(material)
    output = next(node for node in g.tree.nodes if node.type == "OUTPUT_MATERIAL")
    surface = output.inputs["Surface"].links[0].from_socket
    flat = g.node("VectorMath", {"operation": "MULTIPLY"})
    g.feed(flat.inputs[0], g.coordinates)
    g.feed(flat.inputs[1], (1, 1, 0))
    length = g.node("VectorMath", {"operation": "LENGTH"})
    g.feed(length.inputs[0], flat.outputs[0])
    both = g.node("MixShader", Fac=g.ramp(length.outputs["Value"], near, far))
    g.tree.links.new(surface, both.inputs[1])
    g.tree.links.new(g.node("BsdfTransparent").outputs[0], both.inputs[2])
    g.tree.links.new(both.outputs[0], output.inputs["Surface"])


def far_lights(
    stage: Stage, colours: tuple[Colour, ...], count: int, strength: float, z: tuple[float, float], y: float = 9.0
) -> None:
    """Lamps of the distance, discs of light out of focus."""
    chance = draws(stage)
    for colour in colours:
        places = np.stack([chance.uniform(-6, 6, count), y + chance.uniform(-2, 5, count), chance.uniform(*z, count)], -1)
        lights_string(stage, places, mix(colour, (1, 1, 1), 0.15), strength, 0.06)
