"""The places of PAd-Synth: sets around a product that stands at the origin on z = 0, a module for each family.

A module holds a function of its own name that builds the set; `specs.SCENE_FAMILIES` says what belongs in it.

A set is laid out with the product's largest dimension as the unit of length and scaled to metres at the very end, so that the
composition works for a lipstick and for an armchair. The camera looks along +Y from about (0, -3, 0.5..1.5); the space up to
0.75 around the origin and everything between it and the camera belongs to the product.
"""

from importlib import import_module

import bpy
from mathutils import Matrix

from uniadgen.padsynth.blender.scenes.light import light_up
from uniadgen.padsynth.blender.scenes.stage import Stage
from uniadgen.padsynth.specs import PALETTES, SceneSpec, rgb
from uniadgen.rng import stream


def build(scene: SceneSpec, unit: float, floor: bool) -> None:
    """Builds the whole environment of a product of size `unit` (metres) that stands at the origin; `floor` if on the floor."""
    already = set(bpy.data.objects)
    base, second, accent = map(rgb, PALETTES[scene.palette])
    rng = stream(scene.seed, scene.family, "layout")
    stage = Stage(scene.family, rng, base, second, accent, scene.light, scene.decor, floor, rng.choice((-1, 1)))
    getattr(import_module(f"{__name__}.{scene.family}"), scene.family)(stage)
    if scene.family != "neon":
        light_up(stage)
    scale = Matrix.Scale(unit, 4)
    for obj in bpy.data.objects:
        if obj in already:
            continue
        if obj.type == "LIGHT":
            obj.location *= unit
            if obj.data.type != "SUN":
                obj.data.energy *= unit * unit
                for name in ("size", "shadow_soft_size"):
                    if hasattr(obj.data, name):
                        setattr(obj.data, name, getattr(obj.data, name) * unit)
        else:
            # as the object's own transform, so that textures in object coordinates keep their size
            obj.matrix_world = scale @ obj.matrix_world
