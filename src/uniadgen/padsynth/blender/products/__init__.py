"""The products of PAd-Synth: parametric meshes of 32 categories, and flat cut-outs of any outline.

`build(product)` puts a product at its real size (metres) on z=0, around x=y=0, with its front facing -Y. Proportions and form
follow from the product's seed, surfaces from its colours and material. The text and artwork on labels are drawn here as well.
There is a module for each category, with a function of the same name that builds it.
"""

import random
from importlib import import_module

import bpy
import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.products.look import Look, Objects
from uniadgen.padsynth.specs import ProductSpec
from uniadgen.rng import stream


def build(product: ProductSpec) -> Objects:
    """The product's objects in the current scene, at real size, standing on z=0 around the origin, its front facing -Y."""
    rng = stream(product.seed, "shape")
    if product.form == "billboard":
        return _billboard(product, rng)
    name = product.category.replace(" ", "_").replace("-", "_")
    objects: Objects = getattr(import_module(f"{__name__}.{name}"), name)(Look(product), rng)
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
