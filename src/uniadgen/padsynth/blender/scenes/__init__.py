"""The places of PAd-Synth: sets around a product that stands at the origin on z = 0, a module for each family.

A module holds a function of its own name that builds the set; `specs.SCENE_FAMILIES` says what belongs in it.

A set is laid out with the product's largest dimension as the unit of length and scaled to metres at the very end, so that the
composition works for a lipstick and for an armchair. The camera looks along +Y from about (0, -3, 0.5..1.5); the space up to
0.75 around the origin and everything between it and the camera belongs to the product.
"""

from importlib import import_module
from typing import Any

import bpy
from mathutils import Matrix

from uniadgen.padsynth.blender.scenes.light import light_up
from uniadgen.padsynth.blender.scenes.stage import Stage, Subject
from uniadgen.padsynth.specs import PALETTES, SceneSpec, rgb
from uniadgen.rng import stream


def build(scene: SceneSpec, subject: Subject) -> None:
    """Builds the whole environment of a product that stands, lies, hangs or leans at the origin."""
    already = set(bpy.data.objects)
    base, second, accent = map(rgb, PALETTES[scene.palette])
    rng, floor = stream(scene.seed, scene.family, "layout"), subject.product.size_class == "large"
    stage = Stage(scene.family, rng, base, second, accent, scene.light, scene.decor, floor, rng.choice((-1, 1)), subject)
    getattr(import_module(f"{__name__}.{scene.family}"), scene.family)(stage)
    bpy.context.view_layer.update()
    _enlarge([obj for obj in bpy.data.objects if obj not in already and obj not in stage.at_hand], stage.spread)
    if bpy.context.scene.world is None:  # a family with a light of its own has lit itself
        light_up(stage)
    bpy.context.view_layer.update()
    _enlarge([obj for obj in bpy.data.objects if obj not in already], subject.unit)


def _enlarge(objects: list[Any], scale: float) -> None:
    """Scales about the origin; lamps keep the brightness of what they shine on."""
    matrix = Matrix.Scale(scale, 4)
    for obj in objects:
        if obj.type == "LIGHT":
            obj.location *= scale
            if obj.data.type != "SUN":
                obj.data.energy *= scale * scale
                for name in ("size", "shadow_soft_size"):
                    if hasattr(obj.data, name):
                        setattr(obj.data, name, getattr(obj.data, name) * scale)
        else:
            # as the object's own transform, so that textures in object coordinates keep their size
            obj.matrix_world = matrix @ obj.matrix_world
