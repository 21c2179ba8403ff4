"""Parts that several categories have."""

import bpy

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.products.look import Look, Objects


def feet(look: Look, x: float, y: float, radius: float = 0.009, height: float = 0.006, z: float = 0.0) -> Objects:
    profile = sh.fillet([(0, z), (radius * 0.85, z, 0.002), (radius, z + height), (0, z + height)])
    return [sh.move(sh.lathe("foot", profile, look.rubber, 20), (sx * x, sy * y, 0)) for sx in (-1, 1) for sy in (-1, 1)]


def disc(
    name: str, radius: float, depth: float, at: sh.Point, material: bpy.types.Material, edge: float = 0.001, hole: float = 0.0
) -> bpy.types.Object:
    """A button, dial or ring on a front: its back is at `at`, it comes forward (to -Y) by `depth`."""
    profile = sh.fillet([(hole, 0), (radius, 0), (radius, depth, edge), (hole, depth)])
    return sh.move(sh.lathe(name, profile, material, 40, ring=hole > 0), at, (90, 0, 0))


def d_handle(
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


def legs(
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
