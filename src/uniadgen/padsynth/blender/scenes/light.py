"""The lights of the sets that are built as a whole."""

from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.blender.scenes.forms import polygons
from uniadgen.padsynth.blender.scenes.plants import frond
from uniadgen.padsynth.blender.scenes.stage import Point, Stage


def light_from(kind: str, energy: float, colour: Colour, at: Point, target: Point = (0, 0, 0.4), size: float = 1.0) -> Any:
    """A light that shines from `at` towards `target`; for areas and spots `energy` is watts where a unit is a metre."""
    light = bpy.data.lights.new(kind.lower(), kind)
    light.energy, light.color = energy, mat.linear(colour)[:3]
    if kind == "AREA":
        light.shape, light.size = "DISK", size
    elif kind == "SUN":
        light.angle = size
    else:
        light.shadow_soft_size = size
    obj = bpy.data.objects.new(light.name, light)
    obj.location = at
    obj.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(obj)
    return obj


def even_world(
    colour: Colour, strength: float, horizon: Colour | None = None, zenith: Colour | None = None, bright: float = 1.0
) -> None:
    """Even light from everywhere; the camera may see a sky instead."""
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    world.cycles.sampling_method = "NONE"  # an even sky needs no importance map, and building one takes time
    nodes, links = world.node_tree.nodes, world.node_tree.links
    light = nodes["Background"]
    light.inputs["Color"].default_value, light.inputs["Strength"].default_value = mat.linear(colour), strength
    if horizon is None or zenith is None:
        return
    place, parts = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeSeparateXYZ")
    ramp, sky = nodes.new("ShaderNodeValToRGB"), nodes.new("ShaderNodeBackground")
    path, either = nodes.new("ShaderNodeLightPath"), nodes.new("ShaderNodeMixShader")
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = mat.linear(horizon), mat.linear(zenith)
    ramp.color_ramp.elements[1].position = 0.45
    sky.inputs["Strength"].default_value = bright
    links.new(place.outputs["Generated"], parts.inputs[0])
    links.new(parts.outputs["Z"], ramp.inputs[0])
    links.new(ramp.outputs[0], sky.inputs["Color"])
    links.new(path.outputs["Is Camera Ray"], either.inputs[0])
    links.new(light.outputs[0], either.inputs[1])
    links.new(sky.outputs[0], either.inputs[2])
    links.new(either.outputs[0], nodes["World Output"].inputs["Surface"])


def gobo(stage: Stage, direction: Point, kind: str) -> None:
    """Something outside the picture that throws its shadow into it: a window, blinds or leaves."""
    rng, d = stage.rng, np.array(direction) / np.linalg.norm(direction)
    across = np.cross([0, 0, 1.0], d)
    across /= np.linalg.norm(across)
    upward = np.cross(d, across)
    black = stage.paint((0.02, 0.02, 0.02), 0.9)
    if kind == "leaves":
        before = set(bpy.data.objects)
        for _ in range(rng.choice((3, 4))):
            sign = rng.choice((-1, 1))
            start = d * 3.2 + np.array([0, 0, 0.5]) + across * sign * rng.uniform(0.9, 1.5) + upward * rng.uniform(-0.2, 1.4)
            frond(stage, start, -across * sign + upward * rng.uniform(-0.7, 0.4), rng.uniform(1.0, 1.6), 0.2)
        parts = [obj for obj in bpy.data.objects if obj not in before]
    else:
        # the product stands in one pane's light, not behind a bar
        centre = d * 4.5 + np.array([0, 0, 0.45]) + across * rng.choice((-0.62, 0.62)) + upward * rng.uniform(0.0, 0.25)
        bars: list[tuple[float, float, float, float]] = []  # across from-to, upward from-to
        if kind == "blinds":
            bars = [(-3, 3, z, z + 0.13) for z in np.arange(-2.2, 2.3, 0.3).tolist()]
            wide, high = 1.6, 2.2
        else:
            wide, high = 1.25, 1.7
            bars = [(-0.07, 0.07, -2, 2), (-2, 2, 0.62, 0.72), (-2, 2, -0.78, -0.68)]
        bars += [(-9, -wide, -9, 9), (wide, 9, -9, 9), (-wide, wide, high, 9), (-wide, wide, -9, -high)]
        points = [
            centre + across * a + upward * b for a0, a1, b0, b1 in bars for a, b in ((a0, b0), (a1, b0), (a1, b1), (a0, b1))
        ]
        parts = [polygons("gobo", np.array(points), np.arange(len(points)).reshape(-1, 4), black)]
    for obj in parts:
        obj.visible_camera = obj.visible_diffuse = obj.visible_glossy = obj.visible_transmission = False


def light_up(stage: Stage) -> None:
    """The scene's light; families with a light of their own (neon) don't come here."""
    rng, s, outside = stage.rng, stage.side, stage.outdoors
    sky = mix(stage.base, (0.8, 0.88, 0.97), 0.35)
    pale = mix(sky, (1, 1, 1), 0.45)
    if stage.light == "soft":
        even_world((1, 1, 1), 0.75 if outside else 0.5, pale, sky)
        if outside:
            light_from("SUN", 1.6, (1, 0.98, 0.95), (s * 1.6, -1.6, 3), size=0.6)
        else:
            light_from("AREA", 75, (1, 0.99, 0.97), (s * 2.3, -1.5, 2.9), size=2.4)
    elif stage.light == "sunny":
        direction = (s * rng.uniform(1.0, 1.4), -rng.uniform(0.7, 1.0), rng.uniform(1.15, 1.5))
        even_world((0.87, 0.93, 1), 0.55 if outside else 0.38, pale, mix(sky, (0.35, 0.6, 0.95), 0.3), 1.1)
        light_from("SUN", 3.6, (1, 0.95, 0.86), direction, (0, 0, 0), 0.012)
        if stage.family in ("garden", "flat_grass", "flat_sand", "plank_wall") or (
            stage.family in ("beach", "bathroom", "studio", "podium", "flat_stone") and rng.random() < 0.6
        ):
            gobo(stage, direction, "leaves")
        elif not outside:
            gobo(stage, direction, rng.choice(("window", "window", "blinds", "leaves")))
    elif stage.light == "golden":
        direction = (s * rng.uniform(1.5, 2.0), -rng.uniform(0.5, 0.9), rng.uniform(0.75, 0.95))
        even_world(
            (1, 0.92, 0.87),
            0.52 if outside else 0.5,
            mix((1, 0.72, 0.45), stage.base, 0.25),
            mix(stage.base, (0.86, 0.66, 0.62), 0.4),
        )
        light_from("SUN", 3.8, (1, 0.78, 0.52), direction, (0, 0, 0), 0.02)
        if not outside:
            gobo(stage, direction, rng.choice(("window", "leaves")))
    elif stage.light == "cool":
        even_world(
            (0.76, 0.87, 1), 0.7 if outside else 0.48, mix(pale, (0.75, 0.87, 1), 0.5), mix(sky, (0.55, 0.7, 0.92), 0.5), 0.9
        )
        if outside:
            light_from("SUN", 1.3, (0.8, 0.9, 1), (s * 1.6, -1.4, 2.4), size=0.35)
        else:
            light_from("AREA", 70, (0.8, 0.9, 1), (s * 2.6, -0.9, 2.6), size=1.8)
    else:
        dusk = mix(mix(stage.base, (0.3, 0.3, 0.5), 0.35), (0, 0, 0), 0.35)
        even_world(
            mix(stage.base, (0.6, 0.65, 0.9), 0.4),
            0.34 if not outside else 0.36,
            mix(dusk, (0.95, 0.6, 0.5), 0.35),
            mix(dusk, (0.05, 0.06, 0.16), 0.5),
            0.7,
        )
        spot = light_from("SPOT", 680, (1, 0.88, 0.72), (s * 1.9, -1.7, 3.2), (0.05 * s, 0.15, 0.25), 0.12)
        spot.data.spot_size, spot.data.spot_blend = 0.72, 1.0
        if not outside and not stage.close:
            wash = light_from(
                "SPOT", 520, mix((1, 0.85, 0.7), stage.base, 0.3), (-s * 1.6, 0.4, 2.6), (-s * 0.3, 2.6, 0.9), 0.3
            )
            wash.data.spot_size, wash.data.spot_blend = 1.1, 1.0
