"""Meshes that sets are made of: sheets, blocks, turned bodies, swarms of small copies."""

import math
from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import Colour
from uniadgen.padsynth.blender.scenes.stage import Point, Stage, draws


def sheet(name: str, points: np.ndarray, material: Any) -> Any:
    """A smooth sheet through a grid of points (rows, columns, 3)."""
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    return polygons(name, points.reshape(-1, 3), quads, material, smooth=True)


def polygons(name: str, points: np.ndarray, faces: np.ndarray, material: Any, smooth: bool = False) -> Any:
    """A mesh from arrays; all faces have the same number of corners."""
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(points, np.float32).ravel())
    count, corners = faces.shape
    mesh.loops.add(count * corners)
    mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(faces, np.int32).ravel())
    mesh.polygons.add(count)
    mesh.polygons.foreach_set("loop_start", np.arange(0, count * corners, corners, dtype=np.int32))
    mesh.polygons.foreach_set("use_smooth", np.full(count, smooth))
    mesh.update()
    mesh.materials.append(material)
    obj = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(obj)
    return obj


def blade(width: float = 0.3, bend: float = 0.15, cup: float = 0.12, steps: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A leaf of length 1 along y that bends towards -z, as vertices and quads."""
    along = np.linspace(0, 1, steps + 1)
    half = width / 2 * np.sin(np.pi * np.clip(along, 0.06, 0.985)) ** 0.75
    rows = [np.stack([s * half, along, cup * abs(s) * half - bend * along**2], -1) for s in (-1, 0, 1)]
    points = np.stack(rows, 1).reshape(-1, 3)
    quads = [(3 * i + j, 3 * i + j + 1, 3 * i + j + 4, 3 * i + j + 3) for i in range(steps) for j in range(2)]
    return points, np.array(quads)


def crystal() -> tuple[np.ndarray, np.ndarray]:
    """An octahedron of radius 1: the cheapest thing that looks round when it is small and out of focus."""
    points = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)], float)
    faces = [(a, b, c) for a in (0, 1) for b in (2, 3) for c in (4, 5)]
    return points, np.array(faces)


def swarm(
    name: str, template: tuple[np.ndarray, np.ndarray], places: np.ndarray, along: np.ndarray, sizes: np.ndarray, material: Any,
    seed: int = 0,
) -> Any:  # fmt: skip
    """Many copies of a small mesh as one object: the copy's y axis points `along`, its z axis upwards if it can."""
    points, faces = template
    y = along / np.linalg.norm(along, axis=1, keepdims=True)
    up = np.array([0, 0, 1.0]) + np.random.default_rng(seed).normal(0, 0.35, y.shape)
    x = np.cross(y, up)
    x /= np.linalg.norm(x, axis=1, keepdims=True) + 1e-9
    frames = np.stack([x, y, np.cross(x, y)], 1)  # (copies, axis, 3)
    all_points = places[:, None] + sizes[:, None, None] * np.einsum("pa,nab->npb", points, frames)
    all_faces = faces[None] + (np.arange(len(places)) * len(points))[:, None, None]
    return polygons(name, all_points.reshape(-1, 3), all_faces.reshape(-1, faces.shape[1]), material, smooth=True)


def box(size: Point, centre: Point, material: Any, bevel: float = 0.012) -> Any:
    return shapes.box("box", size, centre, material, bevel, 2)


def block(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], material: Any, bevel: float = 0.012) -> Any:
    """A box from its limits."""
    return box((x[1] - x[0], y[1] - y[0], z[1] - z[0]), ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, z[0]), material, bevel)


def turned(profile: Sequence[tuple[float, ...]], at: Point, material: Any, segments: int = 40) -> Any:
    """A lathed body; profile points are (radius, z) or (radius, z, fillet)."""
    return shapes.move(shapes.lathe("turned", shapes.fillet(profile, 3), material, segments), at)


def drum(radius: float, height: float, at: Point, material: Any, bevel: float = 0.02, segments: int = 56) -> Any:
    """A cylinder with soft rims that stands on `at`."""
    return turned([(0, 0), (radius, 0, bevel), (radius, height, bevel), (0, height)], at, material, segments)


def ball(radius: float, at: Point, material: Any, squash: float = 1.0) -> Any:
    """A ball that rests on `at`."""
    return shapes.ball("ball", radius, (at[0], at[1], at[2] + radius * squash), material, squash)


def arch_slab(width: float, height: float, depth: float, at: Point, material: Any, bevel: float = 0.02) -> Any:
    """An upright slab with a round top; `at` is the middle of its front's lower edge."""
    r = width / 2
    top = [(r * math.cos(a), height - r + r * math.sin(a)) for a in np.linspace(0, math.pi, 25).tolist()]
    slab = shapes.plate("arch", [(r, 0), *top, (-r, 0)][::-1], depth, material, bevel)
    return shapes.move(slab, (at[0], at[1] + depth / 2, at[2]))


def ring(radius: float, thick: float, centre: Point, material: Any, tilt: float = 0.0, turn: float = 0.0) -> Any:
    """A torus that stands upright, facing the viewer."""
    path = [(radius * math.cos(a), 0.0, radius * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 48, endpoint=False).tolist()]
    return shapes.move(shapes.tube("ring", path, thick, material, closed=True, sides=12), centre, (tilt, 0, turn))


def curtain(x: tuple[float, float], y: float, z: tuple[float, float], material: Any, stage: Stage, folds: float = 5.0) -> Any:
    """Cloth that hangs in folds."""
    u, v = np.meshgrid(np.linspace(0, 1, 90), np.linspace(0, 1, 10))
    width, phase = x[1] - x[0], stage.rng.uniform(0, 6)
    wave = np.sin(u * folds * width * 2 * np.pi + phase + 0.8 * np.sin(u * 9)) * (0.75 + 0.25 * np.sin(u * 17 + phase))
    points = np.stack([x[0] + u * width, y + 0.075 * wave * (1.15 - 0.3 * v), z[0] + v * (z[1] - z[0])], -1)
    return sheet("curtain", points, material)


def spread_cloth(
    centre: tuple[float, float], size: tuple[float, float], z: float, material: Any, stage: Stage, turn: float
) -> Any:
    """Cloth that lies on the surface in ridges."""
    u, v = np.meshgrid(np.linspace(-1, 1, 46), np.linspace(-1, 1, 40))
    a, b = stage.rng.uniform(0, 6), stage.rng.uniform(0, 6)
    bend = v + 0.35 * np.sin(2.2 * u + a)
    ridges = np.maximum(0, np.sin(5.5 * bend + b)) ** 2 * (0.55 + 0.45 * np.sin(2.5 * u + b))
    x = u * size[0] / 2 * (1 + 0.05 * np.sin(3 * v + a))
    y = v * size[1] / 2 * (1 + 0.05 * np.sin(3 * u + b))
    c, s = math.cos(turn), math.sin(turn)
    points = np.stack([centre[0] + c * x - s * y, centre[1] + s * x + c * y, z + 0.008 + 0.05 * size[1] * ridges], -1)
    return sheet("cloth", points, material)


def lights_string(stage: Stage, places: np.ndarray, colour: Colour, strength: float, size: float) -> None:
    """Little lamps that only the camera sees: out of focus they become discs of light, and they add no noise to the scene."""
    sizes = size * draws(stage).uniform(0.6, 1.3, len(places))
    along = np.tile([0.0, 1.0, 0.0], (len(places), 1))
    only_seen(swarm("lamps", crystal(), places, along, sizes, mat.emission(colour, strength)))


def only_seen(obj: Any) -> Any:
    obj.visible_diffuse = obj.visible_shadow = False
    return obj


def scaled(template: tuple[np.ndarray, np.ndarray], size: float) -> tuple[np.ndarray, np.ndarray]:
    return template[0] * size, template[1]
