"""The places of PAd-Synth: thirteen families of sets around a product that stands at the origin on z = 0.

A set is laid out with the product's largest dimension as the unit of length and scaled to metres at the very end, so that the
composition works for a lipstick and for an armchair. The camera looks along +Y from about (0, -3, 0.5..1.5); the space up to
0.75 around the origin and everything between it and the camera belongs to the product.
"""

import colorsys
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import Colour, mix
from uniadgen.padsynth.specs import PALETTES, SceneSpec, rgb
from uniadgen.rng import stream

Point = tuple[float, float, float]
WHITE: Colour = (0.93, 0.92, 0.9)
BRASS: Colour = (0.86, 0.66, 0.36)
GREENS: tuple[Colour, ...] = ((0.2, 0.4, 0.17), (0.3, 0.46, 0.24), (0.36, 0.5, 0.33), (0.16, 0.34, 0.2))
WOODS: tuple[Colour, ...] = ((0.8, 0.66, 0.5), (0.72, 0.57, 0.42), (0.54, 0.4, 0.29), (0.86, 0.77, 0.64))
OUTDOORS = ("garden", "beach", "winter")


@dataclass
class Stage:
    """What every part of a set needs to know."""

    family: str
    rng: random.Random
    base: Colour
    second: Colour
    accent: Colour
    light: str
    decor: str
    floor: bool
    side: int  # where the light comes from: -1 left, 1 right
    swell: float = 0.0  # how far uneven ground may rise; decor sinks in by as much
    known: dict[tuple, Any] = field(default_factory=dict)

    def paint(self, colour: Colour, roughness: float = 0.55, metallic: float = 0.0) -> Any:
        """A plain material, shared by all that look alike."""
        key = ("paint", colour, roughness, metallic)
        if key not in self.known:
            self.known[key] = mat.principled("paint", colour, roughness, metallic)
        return self.known[key]

    def brass(self) -> Any:
        return self.paint(BRASS, 0.28, 1.0)

    def leaf(self, colour: Colour | None = None) -> Any:
        colour = colour or self.rng.choice(GREENS)
        key = ("leaf", colour)
        if key not in self.known:
            self.known[key] = mat.foliage(colour)
        return self.known[key]

    def tint(self) -> Colour:
        """One of the palette's colours for a piece of decor."""
        return self.rng.choice((self.second, self.accent, self.second, mix(self.base, self.second, 0.4)))


# --- meshes -----------------------------------------------------------------------------------------------------------------


def _surface(name: str, points: np.ndarray, material: Any) -> Any:
    """A smooth sheet through a grid of points (rows, columns, 3)."""
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    return _polygons(name, points.reshape(-1, 3), quads, material, smooth=True)


def _polygons(name: str, points: np.ndarray, faces: np.ndarray, material: Any, smooth: bool = False) -> Any:
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


def _blade(width: float = 0.3, bend: float = 0.15, cup: float = 0.12, steps: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A leaf of length 1 along y that bends towards -z, as vertices and quads."""
    along = np.linspace(0, 1, steps + 1)
    half = width / 2 * np.sin(np.pi * np.clip(along, 0.06, 0.985)) ** 0.75
    rows = [np.stack([s * half, along, cup * abs(s) * half - bend * along**2], -1) for s in (-1, 0, 1)]
    points = np.stack(rows, 1).reshape(-1, 3)
    quads = [(3 * i + j, 3 * i + j + 1, 3 * i + j + 4, 3 * i + j + 3) for i in range(steps) for j in range(2)]
    return points, np.array(quads)


def _crystal() -> tuple[np.ndarray, np.ndarray]:
    """An octahedron of radius 1: the cheapest thing that looks round when it is small and out of focus."""
    points = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)], float)
    faces = [(a, b, c) for a in (0, 1) for b in (2, 3) for c in (4, 5)]
    return points, np.array(faces)


def _swarm(
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
    return _polygons(name, all_points.reshape(-1, 3), all_faces.reshape(-1, faces.shape[1]), material, smooth=True)


def _chance(stage: Stage) -> np.random.Generator:
    return np.random.default_rng(stage.rng.getrandbits(32))


def _box(size: Point, centre: Point, material: Any, bevel: float = 0.012) -> Any:
    return shapes.box("box", size, centre, material, bevel, 2)


def _block(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], material: Any, bevel: float = 0.012) -> Any:
    """A box from its limits."""
    return _box((x[1] - x[0], y[1] - y[0], z[1] - z[0]), ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, z[0]), material, bevel)


def _turned(profile: Sequence[tuple[float, ...]], at: Point, material: Any, segments: int = 40) -> Any:
    """A lathed body; profile points are (radius, z) or (radius, z, fillet)."""
    return shapes.move(shapes.lathe("turned", shapes.fillet(profile, 3), material, segments), at)


def _drum(radius: float, height: float, at: Point, material: Any, bevel: float = 0.02, segments: int = 56) -> Any:
    """A cylinder with soft rims that stands on `at`."""
    return _turned([(0, 0), (radius, 0, bevel), (radius, height, bevel), (0, height)], at, material, segments)


def _ball(radius: float, at: Point, material: Any, squash: float = 1.0) -> Any:
    """A ball that rests on `at`."""
    return shapes.ball("ball", radius, (at[0], at[1], at[2] + radius * squash), material, squash)


def _arch(width: float, height: float, depth: float, at: Point, material: Any, bevel: float = 0.02) -> Any:
    """An upright slab with a round top; `at` is the middle of its front's lower edge."""
    r = width / 2
    top = [(r * math.cos(a), height - r + r * math.sin(a)) for a in np.linspace(0, math.pi, 25).tolist()]
    slab = shapes.plate("arch", [(r, 0), *top, (-r, 0)][::-1], depth, material, bevel)
    return shapes.move(slab, (at[0], at[1] + depth / 2, at[2]))


def _ring(radius: float, thick: float, centre: Point, material: Any, tilt: float = 0.0, turn: float = 0.0) -> Any:
    """A torus that stands upright, facing the viewer."""
    path = [(radius * math.cos(a), 0.0, radius * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 48, endpoint=False).tolist()]
    return shapes.move(shapes.tube("ring", path, thick, material, closed=True, sides=12), centre, (tilt, 0, turn))


def _curtain(x: tuple[float, float], y: float, z: tuple[float, float], material: Any, stage: Stage, folds: float = 5.0) -> Any:
    """Cloth that hangs in folds."""
    u, v = np.meshgrid(np.linspace(0, 1, 90), np.linspace(0, 1, 10))
    width, phase = x[1] - x[0], stage.rng.uniform(0, 6)
    wave = np.sin(u * folds * width * 2 * np.pi + phase + 0.8 * np.sin(u * 9)) * (0.75 + 0.25 * np.sin(u * 17 + phase))
    points = np.stack([x[0] + u * width, y + 0.075 * wave * (1.15 - 0.3 * v), z[0] + v * (z[1] - z[0])], -1)
    return _surface("curtain", points, material)


def _cloth(centre: tuple[float, float], size: tuple[float, float], z: float, material: Any, stage: Stage, turn: float) -> Any:
    """Cloth that lies on the surface in ridges."""
    u, v = np.meshgrid(np.linspace(-1, 1, 46), np.linspace(-1, 1, 40))
    a, b = stage.rng.uniform(0, 6), stage.rng.uniform(0, 6)
    bend = v + 0.35 * np.sin(2.2 * u + a)
    ridges = np.maximum(0, np.sin(5.5 * bend + b)) ** 2 * (0.55 + 0.45 * np.sin(2.5 * u + b))
    x = u * size[0] / 2 * (1 + 0.05 * np.sin(3 * v + a))
    y = v * size[1] / 2 * (1 + 0.05 * np.sin(3 * u + b))
    c, s = math.cos(turn), math.sin(turn)
    points = np.stack([centre[0] + c * x - s * y, centre[1] + s * x + c * y, z + 0.008 + 0.05 * size[1] * ridges], -1)
    return _surface("cloth", points, material)


def _lights_string(stage: Stage, places: np.ndarray, colour: Colour, strength: float, size: float) -> None:
    """Little lamps that only the camera sees: out of focus they become discs of light, and they add no noise to the scene."""
    sizes = size * _chance(stage).uniform(0.6, 1.3, len(places))
    along = np.tile([0.0, 1.0, 0.0], (len(places), 1))
    _only_seen(_swarm("lamps", _crystal(), places, along, sizes, mat.emission(colour, strength)))


def _only_seen(obj: Any) -> Any:
    obj.visible_diffuse = obj.visible_shadow = False
    return obj


# --- plants -----------------------------------------------------------------------------------------------------------------


def _curve(start: np.ndarray, direction: np.ndarray, length: float, droop: float, steps: int = 8) -> np.ndarray:
    """A stem that grows along `direction` and bends down."""
    t = np.linspace(0, 1, steps)[:, None]
    direction = direction / np.linalg.norm(direction)
    return start + direction * length * t - np.array([0, 0, 1.0]) * droop * length * t**2


def _branches(
    stage: Stage, at: Point, height: float, stems: int, leaves: int, leaf: tuple, colour: Colour, spread: float = 0.5
) -> None:
    """Leafy stems that rise from one spot."""
    chance = _chance(stage)
    places, along, sizes = [], [], []
    wood = stage.paint((0.34, 0.3, 0.18), 0.8)
    for _ in range(stems):
        angle = chance.uniform(0, 2 * np.pi)
        lean = np.array([np.cos(angle) * spread, np.sin(angle) * spread, 1.0]) * chance.uniform(0.75, 1.0)
        curve = _curve(np.array(at), lean, height * chance.uniform(0.75, 1.05), 0.22, 7)
        shapes.tube("stem", curve.tolist(), 0.008 * height, wood, sides=5)
        t = chance.uniform(0.25, 1.0, leaves)
        k = np.minimum((t * 6).astype(int), 5)
        spot = curve[k] + (curve[k + 1] - curve[k]) * (t * 6 - k)[:, None]
        stem_way = (curve[k + 1] - curve[k]) / np.linalg.norm(curve[k + 1] - curve[k], axis=1, keepdims=True)
        sideways = chance.normal(0, 1, (leaves, 3))
        places.append(spot)
        along.append(0.6 * stem_way + 0.55 * sideways / np.linalg.norm(sideways, axis=1, keepdims=True))
        sizes.append(height * chance.uniform(0.7, 1.2, leaves) * (1.15 - 0.5 * t))
    points, faces = leaf
    _swarm("leaves", (points, faces), np.concatenate(places), np.concatenate(along), np.concatenate(sizes), stage.leaf(colour))


def _vase_profile(rng: random.Random, height: float) -> list[tuple[float, float]]:
    belly, neck = rng.uniform(0.26, 0.4) * height, rng.uniform(0.09, 0.15) * height
    points = [
        (0, 0),
        (belly * 0.55, 0),
        (belly * 0.95, 0.2),
        (belly, 0.4),
        (belly * 0.7, 0.68),
        (neck, 0.85),
        (neck * 1.15, 1.0),
    ]
    curve = shapes.spline([(r, z * height if z <= 1 else z) for r, z in points[1:]], 5)
    return [(0.0, 0.0), *curve, (neck * 0.8, height), (neck * 0.8, height * 0.8), (0, height * 0.78)]  # type: ignore[list-item]


def vase(stage: Stage, at: Point, height: float, colour: Colour | None = None, leafy: bool = True) -> None:
    """A ceramic vase with branches or dried grass."""
    rng = stage.rng
    clay = (
        mat.plaster(rng, colour or stage.tint(), 0.08, 6.0) if rng.random() < 0.5 else stage.paint(colour or stage.tint(), 0.25)
    )
    body = height * (0.42 if leafy else 1.0)
    shapes.move(shapes.lathe("vase", _vase_profile(rng, body), clay, 36), at)
    if leafy:
        top = (at[0], at[1], at[2] + body * 0.9)
        kind = rng.choice(("eucalyptus", "olive", "dry", "blossom"))
        if kind == "dry":
            _branches(stage, top, height * 0.62, 11, 40, _blade(0.06, 0.1), mix((0.87, 0.76, 0.57), stage.accent, 0.3), 0.35)
        elif kind == "blossom":
            _branches(stage, top, height * 0.62, 6, 26, _blade(0.09, 0.05), mix(stage.second, (1, 1, 1), 0.25), 0.5)
        else:
            width, green = (0.15, (0.42, 0.54, 0.46)) if kind == "eucalyptus" else (0.08, (0.33, 0.42, 0.25))
            _branches(stage, top, height * 0.6, 6, 20, _scaled(_blade(width / 0.2, 0.1), 0.2), green)


def _scaled(template: tuple[np.ndarray, np.ndarray], size: float) -> tuple[np.ndarray, np.ndarray]:
    return template[0] * size, template[1]


def pot_plant(stage: Stage, at: Point, height: float, pot: Colour | None = None) -> None:
    """A potted plant: sword leaves, a bush or a palm."""
    rng, chance = stage.rng, _chance(stage)
    deep = height * 0.32
    r = deep * rng.uniform(0.5, 0.62)
    clay = stage.paint(pot or stage.tint(), 0.5)
    _turned(
        [(0, 0), (r * 0.75, 0, 0.01), (r, deep, 0.01), (r * 0.9, deep), (r * 0.88, deep * 0.88), (0, deep * 0.88)], at, clay, 32
    )
    soil = np.array([at[0], at[1], at[2] + deep * 0.85])
    kind = rng.choice(("sword", "bush", "palm"))
    if kind == "sword":
        angle, lean = chance.uniform(0, 2 * np.pi, 16), chance.uniform(0.05, 0.4, 16)
        along = np.stack([np.cos(angle) * lean, np.sin(angle) * lean, np.ones(16)], -1)
        _swarm(
            "swords",
            _blade(0.13, 0.05, 0.3, 5),
            soil + along * 0.05 * [1, 1, 0],
            along,
            height * chance.uniform(0.4, 0.72, 16),
            stage.leaf(),
        )
    elif kind == "bush":
        _branches(stage, tuple(soil), height * 0.6, 12, 16, _scaled(_blade(0.55, 0.25), 0.3), rng.choice(GREENS), 0.55)
    else:
        for angle in np.linspace(0, 2 * np.pi, 9, endpoint=False) + chance.uniform(0, 1):
            lean = chance.uniform(0.25, 0.8)
            frond(
                stage,
                soil,
                np.array([np.cos(angle) * lean, np.sin(angle) * lean, 1.0]),
                height * chance.uniform(0.65, 0.85),
                0.3,
            )


def frond(stage: Stage, start: np.ndarray, direction: np.ndarray, length: float, droop: float = 0.35) -> None:
    """A palm leaf: leaflets on both sides of a drooping rib."""
    count = 22
    rib = _curve(np.asarray(start, float), direction, length, droop, count + 1)
    way = np.diff(rib, axis=0)
    side = np.cross(way, [0, 0, 1.0])
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
    t = np.linspace(0.15, 1, count)
    size = length * 0.42 * np.sin(np.pi * np.clip(t * 0.9 + 0.08, 0, 1)) ** 0.7
    unit_way = way / np.linalg.norm(way, axis=1, keepdims=True)
    along = np.concatenate([unit_way + side * s - [0, 0, 0.25] for s in (0.9, -0.9)])
    _swarm(
        "frond",
        _blade(0.16, 0.2, 0.2),
        np.concatenate([rib[1:], rib[1:]]),
        along,
        np.tile(size, 2),
        stage.leaf((0.2, 0.42, 0.18)),
    )
    shapes.tube("rib", rib[::4].tolist(), 0.008 * length, stage.leaf((0.2, 0.42, 0.18)), sides=5)


def flowers(stage: Stage, centre: Point, spread: tuple[float, float], count: int, height: float, colour: Colour) -> None:
    """A bed of flowers: stalks with leaves and round heads of petals."""
    chance = _chance(stage)
    feet = np.array(centre) + np.stack(
        [chance.uniform(-1, 1, count) * spread[0], chance.uniform(-1, 1, count) * spread[1], np.zeros(count)], -1
    )
    tall = height * chance.uniform(0.6, 1.0, count)
    lean = np.stack([chance.normal(0, 0.15, count), chance.normal(0, 0.15, count), np.ones(count)], -1)
    heads = feet + lean * tall[:, None]
    _swarm("stalks", _blade(0.035, 0.0), feet, lean, tall, stage.leaf((0.27, 0.43, 0.17)))
    leaves = np.repeat(feet, 5, 0) + np.repeat(lean * tall[:, None], 5, 0) * chance.uniform(0.05, 0.7, (count * 5, 1))
    _swarm(
        "leaves",
        _blade(0.3),
        leaves,
        chance.normal(0, 1, (count * 5, 3)) + np.array([0, 0, 0.8]),
        np.repeat(tall, 5) * 0.35,
        stage.leaf((0.27, 0.43, 0.17)),
    )
    petals, turn = 9, np.tile(np.linspace(0, 2 * np.pi, 9, endpoint=False), count)
    tilt = np.repeat(chance.normal(0, 0.3, (count, 2)), petals, 0)
    out = np.stack([np.cos(turn) + tilt[:, 0], np.sin(turn) * 0.9 - 0.35, 0.35 + np.sin(turn) * 0.45 + tilt[:, 1]], -1)
    _swarm(
        "petals",
        _blade(0.6, 0.1),
        np.repeat(heads, petals, 0),
        out,
        np.repeat(height * chance.uniform(0.13, 0.2, count), petals),
        stage.leaf(colour),
    )
    _swarm(
        "hearts",
        _crystal(),
        heads + np.array([0, -0.01, 0.01]),
        lean,
        np.full(count, height * 0.045),
        stage.paint((0.9, 0.68, 0.2), 0.7),
    )


def hedge(
    stage: Stage, x: tuple[float, float], y: float, z: tuple[float, float], green: Colour, count: int = 2600, size: float = 0.28
) -> None:
    """A wall of leaves."""
    chance = _chance(stage)
    places = np.stack([chance.uniform(*x, count), y + chance.normal(0, 0.18, count), chance.uniform(*z, count)], -1)
    top = 0.3 * np.sin(places[:, 0] * 1.9 + chance.uniform(0, 6)) + 0.2 * np.sin(places[:, 0] * 4.3)
    places[:, 2] += top * (places[:, 2] - z[0]) / (z[1] - z[0])
    along = chance.normal(0, 1, (count, 3)) + np.array([0, -0.7, 0.35])
    _block(x, (y + 0.15, y + 0.4), (z[0], z[1] - 0.35), stage.paint(mix(green, (0.02, 0.06, 0.02), 0.6), 0.9))
    _swarm("hedge", _blade(0.5, 0.2, steps=2), places, along, size * chance.uniform(0.6, 1.2, count), mat.foliage(green, 0.5))


def fir(stage: Stage, at: Point, height: float, material: Any) -> None:
    """A fir tree out of drooping branches."""
    chance, count = _chance(stage), 420
    level = chance.uniform(0.04, 1.0, count) ** 0.8
    angle = chance.uniform(0, 2 * np.pi, count)
    reach = (1.02 - level) * height * 0.36 * chance.uniform(0.75, 1.1, count)
    places = np.array(at) + np.stack([np.zeros(count), np.zeros(count), level * height * 0.95], -1)
    along = np.stack([np.cos(angle), np.sin(angle), chance.normal(0.02, 0.14, count)], -1)
    _swarm("fir", _blade(0.42, 0.28, 0.1), places, along, reach + 0.05 * height, material)
    _drum(0.03 * height, height * 0.5, at, stage.paint((0.3, 0.2, 0.13), 0.9), 0.002, 12)


# --- props: each stands on `at` and is about `h` high -------------------------------------------------------------------------


def books(stage: Stage, at: Point, h: float) -> None:
    """A pile of books without titles."""
    rng, z, paper = stage.rng, at[2], stage.paint((0.92, 0.89, 0.82), 0.9)
    for _ in range(rng.choice((2, 3, 4))):
        thick, w, d = h * rng.uniform(0.16, 0.28), h * rng.uniform(1.1, 1.4), h * rng.uniform(0.8, 0.95)
        cover, turn = (
            stage.paint(rng.choice((stage.second, stage.accent, stage.base, mix(stage.second, (0, 0, 0), 0.35))), 0.6),
            rng.uniform(-14, 14),
        )
        rim = thick * 0.12
        for size, low, stuff in (
            ((w, d, rim), 0, cover),
            ((w, d, rim), thick - rim, cover),
            ((w * 0.96, d * 0.94, thick - 2 * rim), rim, paper),
        ):
            shapes.move(shapes.box("book", size, (0, 0, low), stuff, 0.004, 1), (at[0], at[1], z), (0, 0, turn))
        z += thick


def mug(stage: Stage, at: Point, h: float, colour: Colour | None = None) -> None:
    """A cup with a handle."""
    glaze, r = stage.paint(colour or stage.tint(), 0.2), h * 0.42
    _turned([(0, 0), (r * 0.8, 0, 0.05 * h), (r, h, 0.02 * h), (r * 0.9, h), (r * 0.88, 0.8 * h), (0, 0.8 * h)], at, glaze, 32)
    _drum(r * 0.88, 0.02 * h, (at[0], at[1], at[2] + 0.8 * h), stage.paint((0.25, 0.14, 0.08), 0.2), 0.001, 24)
    sign = 1 if at[0] > 0 else -1
    path = [
        (at[0] + sign * (r * 0.95 + 0.28 * h * math.sin(a)), at[1], at[2] + h * (0.52 + 0.27 * math.cos(a)))
        for a in np.linspace(0.1, 3.04, 9).tolist()
    ]
    shapes.tube("handle", path, 0.055 * h, glaze, sides=8)


def candle(stage: Stage, at: Point, h: float) -> None:
    """A burning candle."""
    r = h * stage.rng.uniform(0.2, 0.34)
    _drum(r, h, at, stage.paint(mix(stage.tint(), (1, 0.97, 0.9), 0.5), 0.6), 0.02 * h, 28)
    flame = [(0, 0), (0.05, 0.04), (0.06, 0.1), (0.03, 0.2), (0, 0.28)]
    _only_seen(
        _turned([(r_ * h, z * h) for r_, z in flame], (at[0], at[1], at[2] + h * 1.04), mat.emission((1, 0.75, 0.35), 6), 10)
    )


def bowl(stage: Stage, at: Point, h: float, fruit: bool = True) -> None:
    """A bowl of fruit."""
    rng, r = stage.rng, h * 1.15
    glaze = stage.paint(stage.tint(), 0.25)
    curve = shapes.spline([(0.35 * r, 0), (0.4 * r, 0.06 * h), (0.8 * r, 0.3 * h), (r, 0.75 * h)], 5)
    _turned([(0, 0), *curve, (0.94 * r, 0.75 * h), (0.7 * r, 0.35 * h), (0, 0.16 * h)], at, glaze, 36)
    if fruit:
        skin = stage.paint(rng.choice(((0.97, 0.8, 0.16), (0.96, 0.55, 0.12), (0.78, 0.16, 0.12), (0.55, 0.7, 0.2))), 0.4)
        for x, y, z in ((-0.45, 0, 0.3), (0.4, 0.2, 0.3), (0.05, -0.4, 0.32), (0, 0.45, 0.3), (0.02, 0, 0.68)):
            _ball(h * 0.34, (at[0] + x * r, at[1] + y * r, at[2] + z * h), skin, rng.uniform(0.85, 1.0))


def gift(stage: Stage, at: Point, h: float) -> None:
    """A wrapped box with a ribbon and a bow."""
    rng = stage.rng
    w, turn = h * rng.uniform(0.9, 1.35), rng.uniform(-35, 35)
    wrap, band = rng.sample((stage.second, stage.accent, stage.base, mix(stage.second, (1, 1, 1), 0.75)), 2)
    ribbon = stage.paint(band, 0.25)
    parts = [
        shapes.box("gift", (w, w, h), (0, 0, 0), stage.paint(wrap, 0.45), 0.01),
        shapes.box("ribbon", (w * 0.16, w * 1.012, h * 1.008), (0, 0, 0), ribbon, 0.003, 1),
        shapes.box("ribbon", (w * 1.012, w * 0.16, h * 1.008), (0, 0, 0), ribbon, 0.003, 1),
    ]
    for turn_of_loop in (25, 155, 85, -60):
        loop = [
            (w * (0.16 + 0.16 * math.cos(a)), 0, w * (0.07 + 0.09 * math.sin(a)))
            for a in np.linspace(0, 6.283, 14, endpoint=False).tolist()
        ]
        strip = shapes.sweep(
            "bow", loop, shapes.rounded_rect(0.012 * w, w * 0.13, 0.005 * w, 2), ribbon, (0, 1, 0), closed=True
        )
        parts.append(shapes.move(strip, (0, 0, h), (0, 0, turn_of_loop)))
    for part in parts:
        shapes.move(part, at, (0, 0, turn))


def bauble(stage: Stage, at: Point, h: float) -> None:
    """A shiny ball ornament."""
    _ball(h * 0.5, at, stage.paint(stage.tint(), 0.12, 0.75))
    _drum(h * 0.1, h * 0.1, (at[0], at[1], at[2] + h * 0.98), stage.brass(), 0.004, 14)


def towels(stage: Stage, at: Point, h: float) -> None:
    """Rolled towels in a pyramid."""
    r, terry = (
        h * 0.29,
        [mat.fabric(stage.rng, c, 45) for c in (mix(stage.second, (1, 1, 1), 0.15), mix(stage.accent, (1, 1, 1), 0.5))],
    )
    for i, (x, z) in enumerate(((-r, 0), (r, 0), (0, r * 1.7))):
        spiral = [(r * (1 - 0.05 * a) * math.cos(a), r * (1 - 0.05 * a) * math.sin(a)) for a in np.linspace(0, 12, 60).tolist()]
        roll = shapes.lathe(
            "towel",
            shapes.fillet([(0, -h * 0.55), (r, -h * 0.55, r * 0.35), (r, h * 0.55, r * 0.35), (0, h * 0.55)]),
            terry[i % 2],
            28,
        )
        shapes.move(roll, (at[0] + x, at[1], at[2] + z + r), (90, 0, 0))
        line = [(at[0] + x + a, at[1] - h * 0.555, at[2] + z + r + b) for a, b in spiral[::2]]
        shapes.tube("roll", line, r * 0.045, stage.paint(mix(stage.second, (0, 0, 0), 0.25), 0.9), sides=5)


def pebbles(stage: Stage, at: Point, h: float) -> None:
    """Smooth stones on top of each other."""
    z, r = at[2], h * 0.75
    for _ in range(3):
        stone = mat.plaster(
            stage.rng,
            mix(stage.rng.choice(((0.5, 0.5, 0.5), (0.75, 0.72, 0.67), (0.33, 0.34, 0.36))), stage.tint(), 0.3),
            0.15,
            5.0,
        )
        _ball(r, (at[0] + stage.rng.uniform(-0.08, 0.08) * h, at[1], z), stone, 0.42)
        z, r = z + 2 * r * 0.4, r * 0.72


def jar(stage: Stage, at: Point, h: float, filling: Colour | None = None) -> None:
    """A storage jar with a wooden lid."""
    r = h * stage.rng.uniform(0.3, 0.4)
    body = filling or stage.rng.choice(((0.85, 0.72, 0.5), (0.62, 0.36, 0.2), (0.93, 0.88, 0.78), stage.second))
    _drum(r, h * 0.82, at, stage.paint(body, 0.12), 0.08 * h, 32)
    _drum(r * 0.92, h * 0.16, (at[0], at[1], at[2] + h * 0.82), stage.paint(WOODS[1], 0.6), 0.02 * h, 32)


def pens(stage: Stage, at: Point, h: float) -> None:
    """A cup of pencils."""
    r = h * 0.27
    _turned(
        [(0, 0), (r, 0, 0.01), (r, h * 0.62), (r * 0.9, h * 0.62), (r * 0.9, 0.1 * h), (0, 0.1 * h)],
        at,
        stage.paint(stage.second, 0.4),
        28,
    )
    for i in range(6):
        angle = i * 1.05
        x, y = math.cos(angle) * r * 0.45, math.sin(angle) * r * 0.45
        colour = stage.rng.choice((stage.accent, stage.base, (0.95, 0.75, 0.2), (0.2, 0.2, 0.22)))
        shapes.tube(
            "pencil",
            [
                (at[0] + x, at[1] + y, at[2] + 0.12 * h),
                (at[0] + 2 * x, at[1] + 2 * y, at[2] + h * stage.rng.uniform(0.85, 1.1)),
            ],
            0.045 * h,
            stage.paint(colour, 0.4),
            sides=6,
        )


def shells(stage: Stage, at: Point, h: float) -> None:
    """A starfish and a few shells."""
    rng = stage.rng
    star = [
        (
            h * (0.8 if i % 2 == 0 else 0.3) * math.cos(i * math.pi / 5),
            h * (0.8 if i % 2 == 0 else 0.3) * math.sin(i * math.pi / 5),
        )
        for i in range(10)
    ]
    body = mat.plaster(rng, mix(stage.second, (0.93, 0.5, 0.3), 0.45), 0.2, 18)
    shapes.move(
        shapes.plate("star", star, h * 0.2, body, h * 0.09),
        (at[0], at[1], at[2] + 0.16 * h),
        (rng.uniform(62, 75), 0, rng.uniform(-40, 40)),
    )
    for dx, dy, size in ((0.9, -0.5, 0.36), (-0.95, 0.1, 0.28), (0.6, 0.7, 0.3)):
        colour = mix(stage.accent, (0.97, 0.9, 0.83), 0.6)
        cone = [
            (size * h * (1 - t) * (1 + 0.12 * math.cos(t * 34)), size * h * 2.2 * t) for t in np.linspace(0, 1, 22).tolist()
        ]
        shell = shapes.lathe("shell", [(0, 0), *cone, (0, size * h * 2.2)], stage.paint(colour, 0.35), 22)
        shapes.move(
            shell, (at[0] + dx * h, at[1] + dy * h, at[2] + size * h * 0.8), (rng.uniform(75, 95), 0, rng.uniform(0, 360))
        )


def cones(stage: Stage, at: Point, h: float) -> None:
    """Pine cones."""
    chance, scales = _chance(stage), 90
    for dx, dy, size in ((0, 0, 1.0), (0.75, 0.35, 0.8)):
        t = np.linspace(0.02, 0.98, scales)
        angle = np.arange(scales) * 2.4
        r = 0.32 * np.sin(np.pi * t**0.8) * h * size
        places = (
            np.array(at)
            + np.array([dx * h, dy * h, 0])
            + np.stack([np.cos(angle) * r * 0.4, np.sin(angle) * r * 0.4, t * h * size * 0.9], -1)
        )
        along = np.stack([np.cos(angle), np.sin(angle), np.full(scales, 0.75) + chance.normal(0, 0.1, scales)], -1)
        _swarm("cone", _blade(0.9, -0.3, 0.3, 2), places, along, r * 0.85 + 0.04 * h, mat.frosted((0.42, 0.27, 0.16), 0.25))


def lamp(stage: Stage, at: Point, h: float) -> None:
    """A lamp with a shining shade."""
    foot = stage.paint(stage.accent, 0.4) if stage.rng.random() < 0.5 else stage.brass()
    _drum(0.16 * h, 0.03 * h, at, foot, 0.01 * h, 32)
    _drum(0.018 * h, 0.75 * h, at, foot, 0.002, 12)
    shade = mat.emission(mix((1, 0.82, 0.55), stage.second, 0.25), 1.5)
    r = 0.24 * h
    _turned([(r, 0), (r * 0.7, 0.36 * h), (r * 0.69, 0.36 * h), (r * 0.99, 0)], (at[0], at[1], at[2] + 0.64 * h), shade, 36)


def solids(stage: Stage, at: Point, h: float) -> None:
    """A group of plain geometric bodies."""
    rng = stage.rng
    skins = [stage.paint(c, 0.5) for c in (stage.second, stage.accent, mix(stage.base, stage.second, 0.5))]
    rng.shuffle(skins)
    kind = rng.choice(("ball", "cone", "cubes", "ring", "drum", "arch"))
    if kind == "ball":
        _drum(0.34 * h, 0.45 * h, at, skins[0])
        _ball(0.27 * h, (at[0], at[1], at[2] + 0.45 * h), skins[1])
    elif kind == "cone":
        _turned([(0, 0), (0.4 * h, 0, 0.02), (0, h)], at, skins[0], 48)
        _ball(0.2 * h, (at[0] + 0.5 * h, at[1] - 0.25 * h, at[2]), skins[1])
    elif kind == "cubes":
        for size, x, z, skin in ((0.55, 0, 0, skins[0]), (0.34, 0.06, 0.55, skins[1])):
            shapes.move(
                shapes.box("cube", (size * h,) * 3, (0, 0, 0), skin, 0.02 * h),
                (at[0] + x * h, at[1], at[2] + z * h),
                (0, 0, rng.uniform(-40, 40)),
            )
    elif kind == "ring":
        _ring(0.38 * h, 0.11 * h, (at[0], at[1], at[2] + 0.49 * h), skins[0], 0, rng.uniform(-35, 35))
        _ball(0.16 * h, (at[0] - 0.5 * h, at[1] - 0.2 * h, at[2]), skins[1])
    elif kind == "drum":
        _drum(0.24 * h, h, at, skins[0])
        _drum(0.3 * h, 0.4 * h, (at[0] + 0.5 * h, at[1] + 0.1 * h, at[2]), skins[1])
    else:
        _arch(0.6 * h, h, 0.25 * h, at, skins[0])
        _ball(0.18 * h, (at[0] - 0.35 * h, at[1] - 0.2 * h, at[2]), skins[1])


LIFESTYLE: dict[str, tuple[Callable[[Stage, Point, float], None], ...]] = {
    "studio": (books, mug, candle, bowl),
    "podium": (candle, pebbles, bowl),
    "wood_window": (mug, books, bowl, candle),
    "marble": (candle, towels, jar, bowl),
    "living_room": (books, candle, lamp, mug),
    "kitchen": (bowl, jar, mug, jar),
    "bathroom": (towels, candle, pebbles),
    "desk": (pens, books, mug),
    "garden": (bowl, mug, pebbles),
    "beach": (shells, pebbles, shells),
    "neon": (solids, books),
    "festive": (gift, bauble, candle),
    "winter": (cones, candle, bauble),
}


def dress(stage: Stage, z: float = 0.0, places: int = 3) -> None:
    """Decor beside and behind the product, as the scene's decor says; most of it on one side."""
    rng, z = stage.rng, z - stage.swell
    if stage.decor == "plain":
        if rng.random() < 0.5:
            return
        places = 1
    heavy = rng.choice((-1, 1))
    spots = [
        (heavy * rng.uniform(0.98, 1.12), rng.uniform(0.3, 0.55)),
        (-heavy * rng.uniform(1.05, 1.3), rng.uniform(0.55, 0.9)),
        (heavy * rng.uniform(1.45, 1.65), rng.uniform(0.8, 1.1)),
    ]
    for i, (x, y) in enumerate(spots[:places]):
        h = rng.uniform(0.3, 0.42) if i != 2 else rng.uniform(0.6, 0.8)
        if stage.decor == "geometric":
            solids(stage, (x, y, z), h * 1.25)
        elif stage.decor == "botanical":
            if stage.family == "beach":
                (shells if i == 0 else pot_plant)(stage, (x, y, z), h if i == 0 else 1.2)
            elif stage.family == "winter":
                cones(stage, (x, y, z), h * 0.8)
            elif i == 0 and rng.random() < 0.5:
                pot_plant(stage, (x, y, z), 0.8)
            else:
                rng.choice((vase, pot_plant))(stage, (x * 1.05, y, z), rng.uniform(0.95, 1.35))
        elif stage.decor == "plain":
            rng.choice((pebbles, candle, bowl))(stage, (x, y, z), 0.26)
        else:
            rng.choice(LIFESTYLE[stage.family])(stage, (x, y, z), h)


# --- light ------------------------------------------------------------------------------------------------------------------


def _lamp(kind: str, energy: float, colour: Colour, at: Point, target: Point = (0, 0, 0.4), size: float = 1.0) -> Any:
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


def _world(
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


def _gobo(stage: Stage, direction: Point, kind: str) -> None:
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
        parts = [_polygons("gobo", np.array(points), np.arange(len(points)).reshape(-1, 4), black)]
    for obj in parts:
        obj.visible_camera = obj.visible_diffuse = obj.visible_glossy = obj.visible_transmission = False


def light_up(stage: Stage) -> None:
    """The scene's light; families with a light of their own (neon) don't come here."""
    rng, s, outside = stage.rng, stage.side, stage.family in OUTDOORS
    sky = mix(stage.base, (0.8, 0.88, 0.97), 0.35)
    pale = mix(sky, (1, 1, 1), 0.45)
    if stage.light == "soft":
        _world((1, 1, 1), 0.75 if outside else 0.5, pale, sky)
        if outside:
            _lamp("SUN", 1.6, (1, 0.98, 0.95), (s * 1.6, -1.6, 3), size=0.6)
        else:
            _lamp("AREA", 75, (1, 0.99, 0.97), (s * 2.3, -1.5, 2.9), size=2.4)
    elif stage.light == "sunny":
        direction = (s * rng.uniform(1.0, 1.4), -rng.uniform(0.7, 1.0), rng.uniform(1.15, 1.5))
        _world((0.87, 0.93, 1), 0.55 if outside else 0.38, pale, mix(sky, (0.35, 0.6, 0.95), 0.3), 1.1)
        _lamp("SUN", 3.6, (1, 0.95, 0.86), direction, (0, 0, 0), 0.012)
        if stage.family == "garden" or (stage.family in ("beach", "bathroom", "studio", "podium") and rng.random() < 0.6):
            _gobo(stage, direction, "leaves")
        elif not outside:
            _gobo(stage, direction, rng.choice(("window", "window", "blinds", "leaves")))
    elif stage.light == "golden":
        direction = (s * rng.uniform(1.5, 2.0), -rng.uniform(0.5, 0.9), rng.uniform(0.75, 0.95))
        _world(
            (1, 0.92, 0.87),
            0.5 if outside else 0.42,
            mix((1, 0.72, 0.45), stage.base, 0.25),
            mix(stage.base, (0.86, 0.66, 0.62), 0.4),
        )
        _lamp("SUN", 3.8, (1, 0.78, 0.52), direction, (0, 0, 0), 0.02)
        if not outside:
            _gobo(stage, direction, rng.choice(("window", "leaves")))
    elif stage.light == "cool":
        _world(
            (0.76, 0.87, 1), 0.7 if outside else 0.48, mix(pale, (0.75, 0.87, 1), 0.5), mix(sky, (0.55, 0.7, 0.92), 0.5), 0.9
        )
        if outside:
            _lamp("SUN", 1.3, (0.8, 0.9, 1), (s * 1.6, -1.4, 2.4), size=0.35)
        else:
            _lamp("AREA", 70, (0.8, 0.9, 1), (s * 2.6, -0.9, 2.6), size=1.8)
    else:
        dusk = mix(mix(stage.base, (0.3, 0.3, 0.5), 0.35), (0, 0, 0), 0.35)
        _world(
            mix(stage.base, (0.6, 0.65, 0.9), 0.4),
            0.1 if not outside else 0.16,
            mix(dusk, (0.95, 0.6, 0.5), 0.35),
            mix(dusk, (0.05, 0.06, 0.16), 0.5),
            0.7,
        )
        spot = _lamp("SPOT", 520, (1, 0.88, 0.72), (s * 1.9, -1.7, 3.2), (0.05 * s, 0.15, 0.25), 0.12)
        spot.data.spot_size, spot.data.spot_blend = 0.62, 0.9
        if not outside:
            wash = _lamp("SPOT", 260, mix((1, 0.85, 0.7), stage.base, 0.3), (-s * 1.6, 0.4, 2.6), (-s * 0.3, 2.6, 0.9), 0.3)
            wash.data.spot_size, wash.data.spot_blend = 1.1, 1.0


# --- the families -----------------------------------------------------------------------------------------------------------


def _backdrop(material: Any, near: float = -7.0, far: float = 2.3, z: float = 0.0, bend: float = 1.2) -> None:
    """A seamless roll of paper: floor and wall without an edge."""
    corner = [
        (far - bend + bend * math.sin(a), z + bend - bend * math.cos(a)) for a in np.linspace(0, math.pi / 2, 12).tolist()
    ]
    profile = np.array([(near, z), (-2, z), (0, z), *corner, (far, z + 9)])
    x = np.linspace(-13, 13, 3)
    points = np.stack(
        [np.repeat(x[None], len(profile), 0), np.repeat(profile[:, :1], 3, 1), np.repeat(profile[:, 1:], 3, 1)], -1
    )
    _surface("backdrop", points, material)


def _top(stage: Stage, material: Any, back: float = 1.5, z: float = 0.0, thick: float = 0.14) -> None:
    """The table or counter that the product stands on, or for floor products the floor up to the wall."""
    if stage.floor:
        _block((-12, 12), (-8, 6), (z - 0.1, z), material, 0.0)
    else:
        _block((-8, 8), (-8, back), (z - thick, z), material, 0.02)


def _wall(stage: Stage, y: float, material: Any, hole: tuple[float, float, float, float] | None = None) -> None:
    """A wall at depth y, with room for a window at (x0, x1, z0, z1)."""
    low = 0.0 if stage.floor else -3.5
    if hole is None:
        _block((-13, 13), (y, y + 0.2), (low, 9), material, 0.0)
        return
    x0, x1, z0, z1 = hole
    for x, z in (((-13, x0), (low, 9)), ((x1, 13), (low, 9)), ((x0, x1), (low, z0)), ((x0, x1), (z1, 9))):
        _block(x, (y, y + 0.2), z, material, 0.0)


def _rug(stage: Stage, material: Any, radius: float = 1.7) -> None:
    """A round rug with a border under a floor product, its top at z = 0."""
    shapes.move(
        shapes.lathe("rug", [(0, -0.03), (radius, -0.03), (radius, -0.008), (radius - 0.02, 0.0), (0, 0)], material, 64),
        (0, 0.1, 0),
    )


def _panels(stage: Stage, y: float, material: Any, z: tuple[float, float]) -> None:
    """Mouldings on a wall."""
    for i in range(-3, 4):
        x0, x1 = i * 1.9 + 0.15, i * 1.9 + 1.75
        for xs, zs in (
            ((x0, x1), (z[0], z[0] + 0.06)),
            ((x0, x1), (z[1] - 0.06, z[1])),
            ((x0, x0 + 0.06), z),
            ((x1 - 0.06, x1), z),
        ):
            _block(xs, (y - 0.05, y), zs, material, 0.015)


def _painting(stage: Stage, x: float, y: float, z: float, w: float, h: float) -> None:
    """A framed abstract picture."""
    rng = stage.rng
    frame = stage.paint(rng.choice((WOODS[2], (0.12, 0.12, 0.13), BRASS, (0.95, 0.95, 0.93))), 0.4)
    _block((x - w / 2, x + w / 2), (y - 0.06, y), (z, z + h), frame, 0.01)
    _block(
        (x - w / 2 + 0.05, x + w / 2 - 0.05),
        (y - 0.066, y - 0.05),
        (z + 0.05, z + h - 0.05),
        stage.paint(mix(stage.accent, (1, 1, 1), 0.6), 0.8),
        0.0,
    )
    for _ in range(3):
        r = rng.uniform(0.14, 0.26) * min(w, h)
        disc = shapes.plate(
            "shape", shapes.circle(r, 28), 0.012, stage.paint(rng.choice((stage.second, stage.base, stage.accent)), 0.8), 0.001
        )
        shapes.move(disc, (x + rng.uniform(-0.2, 0.2) * w, y - 0.07 - rng.uniform(0, 0.006), z + h * rng.uniform(0.35, 0.65)))


def _sofa(stage: Stage, x: float, y: float, z: float, w: float, colour: Colour) -> None:
    """A sofa whose seat front is at y."""
    cloth = mat.fabric(stage.rng, colour, 30)
    _block((x - w / 2, x + w / 2), (y, y + 0.9), (z + 0.1, z + 0.42), cloth, 0.08)
    _block((x - w / 2, x + w / 2), (y + 0.65, y + 1.0), (z + 0.1, z + 1.0), cloth, 0.12)
    for side in (-1, 1):
        _block(
            tuple(sorted((x + side * (w / 2 - 0.02), x + side * (w / 2 + 0.24)))),
            (y - 0.05, y + 0.95),
            (z + 0.05, z + 0.68),
            cloth,
            0.1,
        )
    for i in range(2):
        _block(
            (x - w / 2 + i * w / 2 + 0.01, x + (i - 1) * w / 2 + w / 2 - 0.01),
            (y - 0.03, y + 0.75),
            (z + 0.42, z + 0.58),
            cloth,
            0.07,
        )
    for side, shade in ((-1, stage.accent), (1, stage.base), (0.55, mix(stage.second, (1, 1, 1), 0.4))):
        pillow = shapes.cushion("pillow", (0.55, 0.55, 0.2), (0, 0, 0), mat.fabric(stage.rng, shade, 40))
        shapes.move(pillow, (x + side * (w / 2 - 0.35), y + 0.6, z + 0.86), (72, 0, stage.rng.uniform(-15, 15)))


def studio(stage: Stage) -> None:
    """A seamless backdrop in the palette's base colour."""
    rng = stage.rng
    _backdrop(mat.plaster(rng, stage.base, 0.06), far=rng.uniform(1.9, 2.6), bend=rng.uniform(0.7, 1.3))
    motif = rng.choice(("disc", "panel", "none", "cloth"))
    if motif == "disc":
        disc = shapes.plate("disc", shapes.circle(rng.uniform(0.8, 1.1), 64), 0.06, mat.plaster(rng, stage.second, 0.06), 0.02)
        shapes.move(disc, (rng.uniform(-0.35, 0.35), 1.35, rng.uniform(0.75, 0.95)))
    elif motif == "panel":
        x = rng.choice((-1, 1)) * rng.uniform(0.1, 0.5)
        _block((x - 0.75, x + 0.75), (1.2, 1.26), (0, 2.6), mat.plaster(rng, stage.second, 0.06), 0.01)
    elif motif == "cloth":
        side = rng.choice((-1, 1))
        _cloth((side * 1.35, 0.7), (1.1, 1.5), 0.0, mat.fabric(rng, stage.second, 40), stage, side * 0.4)
    dress(stage)


def podium(stage: Stage) -> None:
    """A plinth in front of arches, discs or steps."""
    rng = stage.rng
    high = 0.14 if stage.floor else rng.uniform(0.26, 0.42)
    _backdrop(mat.plaster(rng, stage.base, 0.08), z=-high, far=2.6)
    top = (
        mat.marble(rng, mix(stage.accent, WHITE, 0.5), stage.second)
        if rng.random() < 0.3
        else mat.plaster(rng, mix(stage.base, stage.second, rng.uniform(0.25, 0.8)), 0.05)
    )
    radius = rng.uniform(0.8, 0.92)
    if rng.random() < 0.75:
        _drum(radius, high, (0, 0, -high), top, 0.025, 72)
        if rng.random() < 0.5:
            _drum(radius * 1.35, high * 0.45, (0, 0, -high), mat.plaster(rng, stage.second, 0.05), 0.02, 72)
    else:
        _block((-radius, radius), (-radius, radius), (-high, 0), top, 0.03)
    motif = rng.choice(("arch", "arches", "ring", "curtain", "steps"))
    back = mat.plaster(rng, stage.second, 0.08)
    if motif == "arch":
        _arch(2.0, 2.1, 0.2, (rng.uniform(-0.15, 0.15), 1.25, -high), back)
    elif motif == "arches":
        for i, colour in enumerate((mix(stage.base, stage.second, 0.55), stage.second, mix(stage.second, stage.accent, 0.6))):
            _arch(3.0 - i * 0.75, 2.3 - i * 0.4, 0.16, (0, 1.75 - i * 0.22, -high), stage.paint(colour, 0.6))
    elif motif == "ring":
        _ring(0.95, 0.07, (0, 1.15, 0.75), stage.brass() if rng.random() < 0.5 else stage.paint(stage.accent, 0.4))
    elif motif == "curtain":
        _curtain((-6, 6), 1.9, (-high, 6), mat.fabric(rng, stage.second, 30), stage, 0.8)
    else:
        for i, side in enumerate((-1, 1, -1)):
            _drum(
                0.5 - 0.05 * i,
                high + 0.35 + 0.3 * i,
                (side * (1.2 + 0.1 * i), 0.95 + 0.3 * i, -high),
                stage.paint(mix(stage.second, stage.accent, 0.3 * i), 0.55),
            )
    stage.swell = 0.0
    dress(stage, -high)


def wood_window(stage: Stage) -> None:
    """A wooden table by a window with curtains."""
    rng = stage.rng
    boards = mat.wood(rng, rng.choice(WOODS), rng.uniform(0.3, 0.55), along_view=rng.random() < 0.35)
    runner = not stage.floor and rng.random() < 0.5
    # under a rug or a runner, whose top is where the product stands, the wood lies a little lower
    _top(stage, boards, 1.25, -0.02 if stage.floor or runner else 0.0)
    y, side = 2.1, rng.choice((-1, 1))
    centre, width = side * rng.uniform(0.45, 0.85), rng.uniform(2.0, 2.5)
    x0, x1, z0, z1 = centre - width / 2, centre + width / 2, 0.35, 3.4
    _wall(stage, y, mat.plaster(rng, stage.base, 0.07), (x0, x1, z0, z1))
    frame = stage.paint(mix(stage.accent, (0.96, 0.95, 0.92), 0.75), 0.4)
    _block((x0 - 0.2, x1 + 0.2), (y - 0.22, y + 0.2), (z0 - 0.1, z0), frame, 0.02)
    for x in (x0, centre - 0.05, x1 - 0.1):
        _block((x, x + 0.1), (y, y + 0.14), (z0, z1), frame)
    for z in (z0, z0 + 1.2, z1 - 0.1):
        _block((x0, x1), (y, y + 0.14), (z, z + 0.1), frame)
    night = stage.light == "moody"
    glow = mix((0.78, 0.9, 0.98), stage.base, 0.15) if not night else (0.12, 0.16, 0.3)
    glow = mix(glow, (1, 0.72, 0.42), 0.6) if stage.light == "golden" else glow
    outside = np.array([[(x, y + 2.5, z) for x in (-8, 8)] for z in (-4, 8)], float)
    _only_seen(_surface("outside", outside, mat.emission(glow, 0.4 if night else 1.15)))
    if not night:
        green = mat.emission(mix((0.35, 0.55, 0.25), glow, 0.3), 0.75)
        for _ in range(5):
            _only_seen(_ball(rng.uniform(0.5, 0.9), (centre + rng.uniform(-2, 2), y + 1.7, rng.uniform(-0.7, 0.2)), green))
    cloth = mat.fabric(rng, stage.second, 40)
    _curtain((x0 - 0.75, x0 + 0.22), y - 0.3, (-0.4 if not stage.floor else 0.02, 3.8), cloth, stage, 3.2)
    _curtain((x1 - 0.22, x1 + 0.75), y - 0.3, (-0.4 if not stage.floor else 0.02, 3.8), cloth, stage, 3.2)
    if stage.floor:
        _rug(stage, mat.fabric(rng, stage.second, 22))
    elif runner:
        _block((-0.85, 0.85), (-9, 1.27), (-0.03, 0), mat.fabric(rng, mix(stage.second, stage.accent, 0.4), 50), 0.0)
    dress(stage)


def marble_top(stage: Stage) -> None:
    """A slab of marble in front of a stone and plaster wall."""
    rng = stage.rng
    dark = sum(stage.base) < 1.3
    stone = mix(stage.base, WHITE, 0.72) if not dark else mix(stage.second, (0.08, 0.08, 0.09), 0.35)
    vein = mix(stage.second, (0.35, 0.33, 0.33), 0.35) if not dark else mix(stage.accent, (0.9, 0.9, 0.88), 0.4)
    _top(stage, mat.marble(rng, stone, vein), 1.6)
    _wall(stage, 1.9, mat.plaster(rng, stage.base, 0.1))
    if rng.random() < 0.6:
        high = rng.uniform(0.5, 0.9)
        _block((-12, 12), (1.72, 1.9), (-1, high), mat.marble(rng, stone, vein, upright=True), 0.01)
        _block((-12, 12), (1.66, 1.9), (high, high + 0.045), stage.brass(), 0.008)
    else:
        side = rng.choice((-1, 1))
        _arch(1.7, 2.2, 0.12, (side * 0.4, 1.74, -0.05), mat.plaster(rng, stage.second, 0.08))
    if rng.random() < 0.6:
        side = rng.choice((-1, 1))
        for i in range(2):  # a tray with brass rim
            _drum(
                0.42 - 0.03 * i,
                0.05,
                (side * 1.25, 0.95, 0.012 * i),
                stage.brass() if i == 0 else stage.paint(stone, 0.15),
                0.015,
            )
        vase(stage, (side * 1.25, 0.95, 0.06), 1.15, stage.second)
    dress(stage, places=2)


def living_room(stage: Stage) -> None:
    """A room with a sofa, pictures and a lamp."""
    rng = stage.rng
    low = 0.0 if stage.floor else -0.45
    y, side = 3.0, rng.choice((-1, 1))
    boards = mat.wood(rng, rng.choice(WOODS), 0.35)
    if stage.floor:
        _block((-12, 12), (-8, 6), (-0.12, -0.02), boards, 0.0)
        _rug(stage, mat.fabric(rng, mix(stage.second, WHITE, 0.3), 18), 1.6)
    else:
        _block((-12, 12), (-8, 6), (low - 0.1, low), boards, 0.0)
        table = rng.choice(("round", "long"))
        stuff = mat.wood(rng, rng.choice(WOODS), 1.2) if rng.random() < 0.7 else stage.paint(mix(stage.accent, WHITE, 0.6), 0.3)
        if table == "round":
            _drum(1.75, 0.09, (0, -0.35, -0.09), stuff, 0.03, 80)
        else:
            _block((-5, 5), (-8, 1.1), (-0.12, 0), stuff, 0.03)
    _wall(stage, y, mat.plaster(rng, stage.base, 0.05))
    if rng.random() < 0.5:
        _panels(stage, y, stage.paint(mix(stage.base, (1, 1, 1), 0.12), 0.6), (low + 0.3, low + 3.6))
    _block((-12, 12), (y - 0.05, y), (low, low + 0.2), stage.paint(mix(stage.base, (1, 1, 1), 0.55), 0.5), 0.01)
    _sofa(stage, side * rng.uniform(0.75, 1.0), 1.55 if stage.floor else 1.7, low, 1.7 if stage.floor else 2.0, stage.second)
    _painting(stage, -side * rng.uniform(0.7, 0.95), y, low + 1.55, 0.85, 1.1)
    _painting(stage, side * 0.75, y, low + 1.75, 1.1, 0.8)
    if rng.random() < 0.6:
        lamp(stage, (-side * 1.55, 1.9, low), 1.85)
    else:
        pot_plant(stage, (-side * 1.5, 1.9, low), 1.7)
    if stage.floor:
        pot_plant(stage, (-side * 1.35, 1.1, 0), 1.0)
        if stage.decor == "lifestyle":
            books(stage, (side * 1.15, 0.5, 0), 0.25)
    else:
        dress(stage, places=1)


def kitchen(stage: Stage) -> None:
    """A worktop in front of a tiled wall with shelf, utensils and jars."""
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    worktop = rng.choice(("wood", "stone"))
    _top(
        stage,
        mat.wood(rng, rng.choice(WOODS), 0.22, gloss=0.3)
        if worktop == "wood"
        else mat.marble(rng, (0.88, 0.87, 0.85), (0.6, 0.58, 0.56)),
        1.5,
    )
    y = 1.5
    glaze = mix(stage.base, (1, 1, 1), 0.1)
    shape = rng.choice(((0.46, 0.2, 0.5), (0.3, 0.3, 0.0), (0.2, 0.42, 0.0)))
    _wall(stage, y, mat.tiles(rng, glaze, mix(glaze, (0.96, 0.95, 0.93), 0.65), *shape))
    shelf_z = rng.uniform(1.3, 1.5)
    x0, x1 = sorted((side * 0.15, side * 4.5))
    _block((x0, x1), (y - 0.42, y), (shelf_z, shelf_z + 0.06), mat.wood(rng, WOODS[1], 0.6), 0.01)
    x = side * 0.42
    for i in range(5):
        (jar, jar, mug, bowl, jar)[i](stage, (x, y - 0.2, shelf_z + 0.06), rng.uniform(0.26, 0.36) if i not in (2, 3) else 0.2)
        x += side * 0.45
    # cupboards on the other side, in the second colour
    c0, c1 = sorted((-side * 0.75, -side * 4))
    front = stage.paint(stage.second, 0.4)
    _block((c0, c1), (y - 0.45, y), (1.25, 4), front, 0.015)
    for i in range(3):
        d0, d1 = sorted((-side * (0.78 + i * 1.0), -side * (1.72 + i * 1.0)))
        _block((d0, d1), (y - 0.49, y - 0.44), (1.28, 4), front, 0.02)
        handle = -side * (1.6 + i * 1.0)
        _block((handle - 0.02, handle + 0.02), (y - 0.55, y - 0.49), (1.4, 1.75), stage.brass(), 0.008)
    # a rail with utensils
    shapes.tube(
        "rail", [(-side * 0.8, y - 0.07, 0.98), (-side * 2.6, y - 0.07, 0.98)], 0.018, stage.brass(), (0, 0, 1), sides=8
    )
    for i in range(4):
        x = -side * (1.0 + i * 0.3)
        shapes.tube(
            "handle", [(x, y - 0.08, 0.97), (x, y - 0.08, 0.6)], 0.016, stage.paint(WOODS[i % 4], 0.5), (1, 0, 0), sides=6
        )
        _turned([(0, 0), (0.07, 0.04), (0.075, 0.12), (0, 0.19)], (x, y - 0.08, 0.44), stage.paint(WOODS[i % 4], 0.5), 14)
    if rng.random() < 0.6:  # boards that lean on the wall
        board = shapes.plate("board", shapes.rounded_rect(0.62, 0.85, 0.12), 0.05, mat.wood(rng, WOODS[2], 0.9), 0.012)
        shapes.move(board, (side * 1.0, y - 0.14, 0.42), (-8, 0, 0))
    if stage.decor == "plain":
        bowl(stage, (-side * 1.15, 0.7, 0), 0.3)
    dress(stage, places=2)


def bathroom(stage: Stage) -> None:
    """A ledge in a tiled bathroom with mirror, basin, tap and towels."""
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    y = 1.75
    glaze = mix(stage.base, (1, 1, 1), 0.08)
    shape = rng.choice(((0.24, 0.24, 0.0), (0.18, 0.5, 0.0), (0.5, 0.24, 0.5)))
    _wall(stage, y, mat.tiles(rng, glaze, mix(glaze, (1, 1, 1), 0.6), *shape))
    ledge = (
        mat.marble(rng, mix(WHITE, stage.base, 0.15), mix(stage.second, (0.5, 0.5, 0.5), 0.5))
        if rng.random() < 0.6
        else mat.plaster(rng, mix(WHITE, stage.second, 0.25), 0.1, 4)
    )
    _top(stage, ledge, 1.75)
    metal = stage.brass() if rng.random() < 0.5 else stage.paint((0.85, 0.86, 0.88), 0.12, 1.0)
    mirror_x = -side * rng.uniform(0.2, 0.5)
    shapes.move(
        shapes.plate(
            "mirror", shapes.circle(0.78, 64), 0.03, stage.paint(mix((0.8, 0.85, 0.88), stage.base, 0.35), 0.06, 1.0), 0.005
        ),
        (mirror_x, y - 0.05, 1.35),
    )
    _ring(0.78, 0.04, (mirror_x, y - 0.06, 1.35), metal)
    white = stage.paint((0.95, 0.95, 0.95), 0.08)
    bx = side * 1.35
    curve = shapes.spline([(0.2, 0), (0.36, 0.08), (0.55, 0.34), (0.58, 0.4)], 5)
    _turned([(0, 0), *curve, (0.54, 0.4), (0.45, 0.16), (0, 0.08)], (bx, 0.95, 0), white, 48)
    neck = shapes.spline(
        [(bx, 1.62, 0), (bx, 1.62, 0.75), (bx, 1.5, 0.92), (bx, 1.3, 0.93), (bx, 1.2, 0.8), (bx, 1.2, 0.72)], 5
    )
    shapes.tube("tap", neck, 0.045, metal, (1, 0, 0), sides=12)
    for dx in (-0.2, 0.2):
        _drum(0.05, 0.16, (bx + dx, 1.62, 0), metal, 0.015, 20)
    # a towel over a rail
    tx = -side * 1.45
    shapes.tube("rail", [(tx - 0.5, y - 0.14, 1.2), (tx + 0.5, y - 0.14, 1.2)], 0.025, metal, (0, 0, 1), sides=8)
    _curtain((tx - 0.33, tx + 0.33), y - 0.19, (0.35, 1.24), mat.fabric(rng, stage.second, 45), stage, 2.2)
    spot = (-side * rng.uniform(1.1, 1.25), rng.uniform(0.65, 0.9), 0.0)
    if stage.decor == "botanical":
        pot_plant(stage, spot, 1.0)
    elif stage.decor == "geometric":
        solids(stage, spot, 0.42)
    else:
        towels(stage, spot, 0.42)


def desk(stage: Stage) -> None:
    """A desk with a screen, a keyboard, books and a lamp."""
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    _top(
        stage,
        mat.wood(rng, rng.choice(WOODS), 1.1) if rng.random() < 0.65 else stage.paint(mix(WHITE, stage.base, 0.2), 0.35),
        1.75,
    )
    y = 2.3
    _wall(stage, y, mat.plaster(rng, stage.base, 0.05))
    grey, dark = stage.paint((0.75, 0.76, 0.78), 0.3, 0.8), stage.paint((0.07, 0.07, 0.08), 0.3)
    x = side * rng.uniform(0.5, 0.7)
    _block((x - 0.3, x + 0.3), (1.2, 1.55), (0, 0.03), grey, 0.01)
    _block((x - 0.07, x + 0.07), (1.4, 1.45), (0, 0.5), grey, 0.01)
    _block((x - 1.0, x + 1.0), (1.32, 1.4), (0.36, 1.55), dark, 0.025)
    u, v = np.meshgrid(np.linspace(0, 1, 2), np.linspace(0, 1, 2))
    night = stage.light == "moody"
    _surface(
        "screen",
        np.stack([x - 0.95 + 1.9 * u, np.full_like(u, 1.312), 0.41 + 1.09 * v], -1),
        mat.emission(mix(stage.second, stage.base, 0.5), 0.7 if night else 0.85),
    )
    for i, colour in enumerate((stage.second, stage.accent, mix(stage.second, (0, 0, 0), 0.3))):  # hills on the screen
        hill = (
            [(-0.94, 0.42)]
            + [
                (a, 0.62 + 0.16 * (2 - i) * 0.7 + 0.13 * math.sin(3 * a + i * 2.1))
                for a in np.linspace(-0.94, 0.94, 20).tolist()
            ]
            + [(0.94, 0.42)]
        )
        points = np.array([(x + a, 1.308 - 0.004 * i, b) for a, b in hill])
        _polygons("hill", points, np.arange(len(points))[None], mat.emission(colour, 0.7))
    kx = side * 1.3
    _block((kx - 0.5, kx + 0.5), (0.5, 0.82), (0, 0.035), stage.paint((0.9, 0.9, 0.91), 0.4), 0.012)
    for row in range(4):
        for column in range(11):
            a, b = kx - 0.46 + column * 0.084, 0.53 + row * 0.068
            _block((a, a + 0.07), (b, b + 0.055), (0.035, 0.05), stage.paint((0.98, 0.98, 0.98), 0.4), 0.0)
    # a desk lamp with a bent arm
    lx = -side * rng.uniform(1.15, 1.3)
    paint = stage.paint(stage.second, 0.35)
    _drum(0.2, 0.04, (lx, 1.25, 0), paint, 0.015)
    shapes.tube(
        "arm",
        [(lx, 1.25, 0.03), (lx - side * 0.25, 1.25, 0.75), (lx + side * 0.2, 1.2, 1.25)],
        0.02,
        stage.brass(),
        (0, 1, 0),
        sides=8,
    )
    shade = shapes.lathe("shade", [(0.05, 0.24), (0.09, 0.2), (0.22, 0), (0.205, 0), (0.08, 0.18)], paint, 32)
    shapes.move(shade, (lx + side * 0.32, 1.2, 1.05), (0, -side * 25, 0))
    if night or rng.random() < 0.5:
        _only_seen(_ball(0.09, (lx + side * 0.33, 1.19, 1.02), mat.emission((1, 0.85, 0.6), 5)))
    pens(stage, (-side * 1.15, 0.75, 0), 0.36)
    if rng.random() < 0.6:
        _block((-4, 4), (y - 0.35, y), (2.05, 2.11), mat.wood(rng, WOODS[0], 0.6), 0.01)
    dress(stage, places=2)


def garden(stage: Stage) -> None:
    """A table or lawn in front of a fence, hedge and flower beds."""
    rng, chance = stage.rng, _chance(stage)
    low = 0.0 if stage.floor else -0.7
    if stage.floor:
        _block((-14, 14), (-8, 14), (-0.12, -0.03), mat.grass(rng), 0.0)
        _drum(1.15, 0.05, (0, 0, -0.05), mat.tiles(rng, (0.72, 0.69, 0.64), (0.5, 0.5, 0.42), 0.5, 0.4, upright=False), 0.02)
        count = 9000
        places = np.stack([chance.uniform(-4, 4, count), chance.uniform(-2.6, 3, count), np.full(count, -0.03)], -1)
        places = places[np.hypot(places[:, 0], places[:, 1]) > 1.2]
        along = chance.normal(0, 0.3, places.shape) + np.array([0.0, 0.0, 1.0])
        _swarm(
            "lawn",
            _blade(0.12, 0.2, steps=2),
            places,
            along,
            chance.uniform(0.08, 0.17, len(places)),
            mat.foliage((0.36, 0.54, 0.19), 0.3),
        )
    else:
        _block((-14, 14), (-8, 14), (low - 0.1, low), mat.grass(rng), 0.0)
        top = mat.wood(rng, rng.choice((*WOODS, (0.62, 0.58, 0.52))), 0.3, along_view=False)
        _block((-7, 7), (-8, 1.15), (-0.1, -0.012), top, 0.02)
        if rng.random() < 0.65:
            _block((-0.95, 0.95), (-8, 1.17), (-0.1, 0), mat.fabric(rng, mix(stage.base, stage.accent, 0.15), 45), 0.004)
        else:
            _drum(0.85, 0.02, (0, 0, -0.02), mat.wood(rng, WOODS[2], 0.4), 0.006)
    hedge(stage, (-7, 7), 4.2, (low, 2.0), rng.choice(((0.24, 0.42, 0.16), (0.33, 0.5, 0.2), (0.2, 0.38, 0.2))))
    for _ in range(5):
        _ball(rng.uniform(0.9, 1.6), (rng.uniform(-6, 6), 6.5, rng.uniform(0.3, 1.2)), stage.paint(rng.choice(GREENS), 0.9))
    fence = stage.paint(mix(stage.base, (1, 1, 1), 0.3), 0.5)
    if rng.random() < 0.7:
        for i in range(-13, 14):
            outline = [(-0.13, 0), (0.13, 0), (0.13, 1.45), (0, 1.65), (-0.13, 1.45)]
            shapes.move(shapes.plate("pale", outline, 0.05, fence, 0.01), (i * 0.36, 3.0, low))
        for z in (0.35, 1.15):
            _block((-5, 5), (3.03, 3.1), (low + z, low + z + 0.13), fence)
    for x in (-1.55, 1.5) if rng.random() < 0.6 else (-1.7, -0.2, 1.6):
        flowers(stage, (x, 2.2, low), (0.75, 0.3), 16, 1.15, rng.choice((stage.base, stage.second, stage.accent)))
    if stage.floor:
        flowers(stage, (rng.choice((-1, 1)) * 1.5, 0.9, 0), (0.3, 0.25), 9, 0.6, stage.second)
    dress(stage, -0.012 if not stage.floor else -0.02, places=2)


def _dunes(stage: Stage, material: Any, height: float, flat: float, far: float, below: float = 0.0) -> Any:
    """Uneven ground that is level where the product stands; `below` makes room for something it stands on."""
    chance = _chance(stage)
    x, y = np.meshgrid(np.linspace(-9, 9, 120), np.concatenate([np.linspace(-6, -1.5, 20), np.linspace(-1.4, far, 90)]))
    z = np.zeros_like(x)
    for size in (1.1, 2.3, 4.5):
        a, b, c = chance.uniform(0, 2 * np.pi, 3)
        z += (
            np.sin(size * (x * np.cos(a) + y * np.sin(a)) + b) * np.sin(size * 0.8 * (y * np.cos(a) - x * np.sin(a)) + c) / size
        )
    distance = np.hypot(x, y)
    z = (z * height - height * 0.5) * np.clip((distance - flat) / 0.8, 0, 1) ** 2
    return _surface("ground", np.stack([x, y, np.minimum(z, 0.35 * np.clip(distance - flat, 0, 9)) - below], -1), material)


def beach(stage: Stage) -> None:
    """Sand, the sea and the sky, with a parasol, a towel, shells or palms."""
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    shore = rng.uniform(2.2, 3.0)
    disc = not stage.floor and rng.random() < 0.5
    sand = mat.sand(rng, mix((0.91, 0.81, 0.64), stage.base, 0.12))
    # two surfaces at the same height would shade each other black
    _dunes(stage, sand, 0.16, 0.85, shore + 2.5, below=0.02 if disc else 0.0)
    shallow = mix(mix((0.45, 0.82, 0.82), stage.base, 0.3), (1, 1, 1), 0.1)
    deep = mix((0.1, 0.42, 0.62), stage.second, 0.3)
    corners = np.array(
        [[(x, y, -0.02 if y > shore + 0.4 else -0.1) for x in (-90, 90)] for y in (shore - 1, shore + 0.8, 160)], float
    )
    _surface("sea", corners, mat.water(rng, shallow, deep, shore))
    motif = rng.choice(("parasol", "hut", "palm")) if stage.decor != "botanical" else "palm"
    if motif == "parasol":
        px, py = side * rng.uniform(1.35, 1.6), 2.0
        shapes.tube("pole", [(px, py, -0.2), (px + 0.15 * side, py, 1.9)], 0.03, stage.paint((0.95, 0.94, 0.9), 0.5), sides=8)
        for i in range(12):
            a = np.linspace(i * math.pi / 6, (i + 1) * math.pi / 6, 4)
            rows = np.array(
                [
                    [(r * math.cos(t), r * math.sin(t), 0.55 * (1 - (r / 1.25) ** 1.6)) for t in a]
                    for r in (0.02, 0.4, 0.8, 1.25)
                ]
            )
            panel = _surface("panel", rows, stage.paint(stage.second if i % 2 else mix(stage.accent, (1, 1, 1), 0.6), 0.7))
            shapes.move(panel, (px + 0.12 * side, py, 1.4), (0, 8 * side, 0))
    elif motif == "hut":
        for i, colour in enumerate((stage.second, stage.base, stage.accent)):
            hx = side * (1.05 + i * 0.95)
            _block((hx - 0.4, hx + 0.4), (shore - 0.5, shore + 0.2), (-0.2, 1.0), stage.paint(colour, 0.6), 0.01)
            for k in range(4):
                _block(
                    (hx - 0.4 + k * 0.2, hx - 0.32 + k * 0.2),
                    (shore - 0.51, shore),
                    (-0.2, 1.0),
                    stage.paint(mix(colour, (1, 1, 1), 0.75), 0.6),
                    0.0,
                )
            roof = shapes.plate(
                "roof", [(-0.5, 0), (0.5, 0), (0, 0.45)], 0.9, stage.paint(mix(colour, (1, 1, 1), 0.55), 0.6), 0.01
            )
            shapes.move(roof, (hx, shore - 0.15, 1.0))
    else:
        for k in range(7):
            start = np.array([side * 1.9, 0.9, 1.5 + 0.08 * k])
            frond(
                stage,
                start,
                np.array([-side * rng.uniform(0.3, 1.0), rng.uniform(-0.2, 0.6), rng.uniform(-0.5, 0.5)]),
                rng.uniform(0.8, 1.15),
                0.35,
            )
        shapes.tube(
            "trunk",
            [(side * 2.3, 1.3, -0.3), (side * 2.2, 1.2, 0.8), (side * 1.9, 0.9, 1.6)],
            0.12,
            stage.paint((0.5, 0.4, 0.3), 0.9),
            sides=10,
        )
    if rng.random() < 0.6:  # a striped towel
        tx = -side * 1.4
        for i in range(6):
            _cloth(
                (tx + (i - 2.5) * 0.17, 0.9),
                (0.172, 1.2),
                -0.09,
                mat.fabric(rng, (stage.second, mix(stage.accent, (1, 1, 1), 0.6))[i % 2], 50),
                stage,
                0.0,
            )
    if stage.decor in ("lifestyle", "botanical", "plain"):
        shells(stage, (-side * rng.uniform(1.0, 1.1), 0.2, -0.09), 0.2)
    if disc:
        _drum(0.85, 0.05, (0, 0, -0.05), mat.wood(rng, (0.75, 0.68, 0.58), 0.35), 0.012)
    stage.swell = 0.08
    dress(stage, places=1 if stage.decor != "geometric" else 2)


def _vivid(colour: Colour) -> Colour:
    """The colour that a neon tube of this palette would have."""
    h, s, _ = colorsys.rgb_to_hsv(*colour)
    return colorsys.hsv_to_rgb(h, min(1.0, max(0.72, 1.6 * s)), 1.0)


def neon(stage: Stage) -> None:
    """A dark room with glowing tubes and a wet floor."""
    rng = stage.rng
    one, two = _vivid(stage.base), _vivid(stage.accent if rng.random() < 0.5 else stage.second)
    h = colorsys.rgb_to_hsv(*one)[0]
    if abs((colorsys.rgb_to_hsv(*two)[0] - h + 0.5) % 1 - 0.5) < 0.06:
        two = colorsys.hsv_to_rgb((h + rng.choice((-0.14, 0.14, 0.4))) % 1, 0.75, 1.0)
    shade = mix(stage.base, (0.05, 0.05, 0.09), 0.75)
    bright = {"soft": 1.0, "sunny": 1.25, "golden": 1.1, "cool": 1.0, "moody": 0.6}[stage.light]
    g = mat.Graph("wet")
    puddles = g.ramp(g.noise(g.stretch(shift=rng.uniform(0, 30)), 1.4, 3.0), 0.4, 0.62)
    wet = g.shade(
        base_color=mix(shade, (0, 0, 0), 0.45),
        roughness=g.math("ADD", g.math("MULTIPLY", puddles, 0.32), 0.05),
        coat_weight=0.4,
    )
    _block((-12, 12), (-8, 6), (-0.1, 0), wet, 0.0)
    y = 2.2
    wall = mat.tiles(rng, shade, mix(shade, (0, 0, 0), 0.5), 0.5, 0.17) if rng.random() < 0.6 else mat.plaster(rng, shade, 0.2)
    _wall(stage, y, wall)
    glow_one, glow_two = (
        mat.emission(mix(one, (1, 1, 1), 0.12), 7 * bright),
        mat.emission(mix(two, (1, 1, 1), 0.12), 7 * bright),
    )
    motif = rng.choice(("ring", "arches", "lines", "frame", "zigzag"))
    if motif == "ring":
        x = rng.uniform(-0.35, 0.35)
        _ring(0.95, 0.03, (x, y - 0.3, 1.0), glow_one)
        _ring(0.72, 0.018, (x, y - 0.25, 1.0), glow_two)
    elif motif == "arches":
        for i, glow in enumerate((glow_one, glow_two, glow_one)):
            w, top = 0.75 + 0.3 * i, 1.0 + 0.22 * i
            arch = (
                [(-w, y - 0.25, 0), (-w, y - 0.25, top)]
                + [(-w * math.cos(a), y - 0.25, top + w * math.sin(a)) for a in np.linspace(0.1, 3.04, 24).tolist()]
                + [(w, y - 0.25, top), (w, y - 0.25, 0)]
            )
            shapes.tube("tube", arch, 0.022, glow, sides=8)
    elif motif == "frame":
        for size, glow, turn in (
            ((1.05, glow_one, 45), (0.75, glow_two, 45)) if rng.random() < 0.5 else ((0.95, glow_one, 0), (0.7, glow_two, 0))
        ):
            square = [(size * a, 0.0, size * b) for a, b in shapes.rounded_rect(2, 2, 0.15)]
            shapes.move(shapes.tube("tube", square, 0.022, glow, closed=True, sides=8), (0, y - 0.3, 1.05), (0, turn, 0))
    elif motif == "zigzag":
        for i, glow in enumerate((glow_one, glow_two)):
            path = [(-3 + 0.6 * k, y - 0.2, 1.0 + 0.45 * i + (0.35 if k % 2 else -0.35)) for k in range(11)]
            shapes.tube("tube", path, 0.024, glow, (0, 1, 0), sides=8)
    else:
        for k in range(9):
            x = (k - 4) * 0.55
            shapes.tube(
                "tube",
                [(x, y - 0.15, 0.05), (x, y - 0.15, rng.uniform(1.4, 2.6))],
                0.022,
                (glow_one, glow_two)[k % 2],
                (0, 1, 0),
                sides=8,
            )
    for sign in (-1, 1):
        colour, glow = ((one, glow_one), (two, glow_two))[sign > 0]
        shapes.tube("tube", [(sign * 1.75, 0.9, 0.02), (sign * 1.75, 0.9, 2.6)], 0.026, glow, (0, 1, 0), sides=8)
        _lamp("AREA", 70 * bright, mix(colour, (1, 1, 1), 0.1), (sign * 2.2, 0.1, 1.4), (0, 0, 0.4), 1.0)
    _lamp("AREA", 35 * bright, one, (0, 1.3, 2.6), (0, 2.2, 0.8), 0.8)
    _world(mix(one, two, 0.5), 0.05 + (0.05 if stage.light in ("soft", "cool") else 0))
    if stage.decor == "botanical":
        pot_plant(stage, (rng.choice((-1, 1)) * 1.2, 0.8, 0), 1.2)
    else:
        dress(stage, places=2)


def festive(stage: Stage) -> None:
    """A fir tree with lights, presents, baubles and strings of lamps; or balloons and confetti."""
    rng, chance, side = stage.rng, _chance(stage), stage.rng.choice((-1, 1))
    y = 2.6
    low = 0.0 if stage.floor else -0.02
    if stage.floor:
        _block((-12, 12), (-8, 6), (-0.12, -0.02), mat.wood(rng, rng.choice(WOODS), 0.35), 0.0)
        _rug(stage, mat.fabric(rng, mix(stage.second, WHITE, 0.2), 20), 1.6)
    else:
        _top(
            stage,
            mat.wood(rng, rng.choice(WOODS[:3]), 0.3)
            if rng.random() < 0.5
            else mat.fabric(rng, mix(stage.accent, stage.base, 0.3), 40),
            1.9,
        )
    _wall(stage, y, mat.plaster(rng, stage.base, 0.06))
    warm = (1.0, 0.78, 0.42)
    count = 46
    x, row = np.linspace(-4.5, 4.5, count), np.arange(count) % 2
    strings = np.stack(
        [x, np.full(count, y - 0.15), 1.75 - 0.35 * np.abs(np.sin(x * 1.3)) + 0.55 * row + chance.normal(0, 0.05, count)], -1
    )
    _lights_string(stage, strings, warm, 9, 0.045)
    if rng.random() < 0.68:
        tx, ty, tall = side * rng.uniform(1.0, 1.2), 1.6, rng.uniform(2.2, 2.6)
        needles = mat.foliage((0.13, 0.33, 0.19), 0.35) if rng.random() < 0.7 else mat.frosted((0.14, 0.34, 0.2), 0.45)
        fir(stage, (tx, ty, low), tall, needles)
        n = 42
        level, angle = chance.uniform(0.08, 0.95, n), chance.uniform(np.pi, 2 * np.pi, n)
        reach = (1.02 - level) * tall * 0.36
        spots = np.stack([tx + np.cos(angle) * reach, ty + np.sin(angle) * reach, low + level * tall * 0.93], -1)
        _lights_string(stage, spots[:24], warm, 10, 0.035)
        for i, spot in enumerate(spots[24:]):
            _ball(0.075, tuple(spot), stage.paint((stage.second, stage.accent, stage.base)[i % 3], 0.15, 0.6))
        star = [
            (
                0.17 * (1 if i % 2 == 0 else 0.45) * math.sin(i * math.pi / 5),
                0.17 * (1 if i % 2 == 0 else 0.45) * math.cos(i * math.pi / 5),
            )
            for i in range(10)
        ]
        shapes.move(shapes.plate("star", star, 0.05, mat.emission((1, 0.8, 0.4), 2.5), 0.01), (tx, ty, low + tall + 0.05))
    else:
        for i in range(11):
            bx, bz, r = side * rng.uniform(0.7, 2.3), rng.uniform(0.9, 2.4), rng.uniform(0.2, 0.28)
            skin = stage.paint(
                (stage.second, stage.accent, mix(stage.second, (1, 1, 1), 0.4), BRASS)[i % 4], 0.18, 0.7 if i % 4 == 3 else 0.0
            )
            at = (bx, rng.uniform(1.2, 2.2), low + bz)
            _ball(r, at, skin, 1.2)
            shapes.tube("string", [at, (side * 1.4, 1.8, low - 0.3)], 0.004, stage.paint(WHITE), sides=4)
        confetti = np.stack([chance.uniform(-2.5, 2.5, 90), chance.uniform(0.1, 1.8, 90), np.full(90, low + 0.012)], -1)
        keep = np.hypot(confetti[:, 0], confetti[:, 1]) > 0.85
        for colour, part in ((stage.accent, 0), (BRASS, 1)):
            places = confetti[keep][part::2]
            _swarm(
                "confetti",
                _blade(0.9, 0.0, 0.0, 1),
                places,
                chance.normal(0, 1, places.shape) * [1, 1, 0.02],
                np.full(len(places), 0.06),
                stage.paint(colour, 0.3),
            )
    gift(stage, (-side * rng.uniform(1.05, 1.2), rng.uniform(0.55, 0.8), low), rng.uniform(0.42, 0.55))
    gift(stage, (-side * rng.uniform(1.55, 1.75), rng.uniform(1.0, 1.3), low), rng.uniform(0.7, 0.85))
    gift(stage, (side * rng.uniform(1.25, 1.4), 0.85, low), rng.uniform(0.3, 0.4))
    for dx, dy in ((0.98, 0.25), (1.12, 0.05)):
        bauble(stage, (side * dx, dy, low), 0.2)
    if stage.decor in ("botanical", "lifestyle"):
        dress(stage, low, places=1)


def winter(stage: Stage) -> None:
    """Snow, frosted firs and falling flakes under a tinted sky."""
    rng, chance = stage.rng, _chance(stage)
    ground = _dunes(stage, mat.snow(rng, mix((0.94, 0.96, 1.0), stage.base, 0.1)), 0.22, 0.8, 9)
    for i in range(4):  # hills
        hill = (
            [(-9, -1)]
            + [
                (a, 0.5 + 0.35 * i + 0.4 * math.sin(0.7 * a + i * 2) + 0.15 * math.sin(2.1 * a + i))
                for a in np.linspace(-9, 9, 30).tolist()
            ]
            + [(9, -1)]
        )
        points = np.array([(a * (1 + 0.3 * i), 8.5 + 1.5 * i, b) for a, b in hill])
        _polygons(
            "hill",
            points,
            np.arange(len(points))[None],
            stage.paint(mix(mix((0.9, 0.94, 1), stage.second, 0.12), stage.base, 0.16 * i), 0.9),
        )
    needles = mat.frosted(mix((0.16, 0.32, 0.25), stage.second, 0.15), 0.62)
    for x, y, tall in (
        (-1.9, 2.4, 2.3),
        (1.75, 2.8, 2.6),
        (-3.3, 4.2, 3.0),
        (3.4, 4.6, 3.2),
        (0.5, 5.5, 2.6),
        (-1.1, 6.0, 2.4),
    ):
        fir(stage, (x + rng.uniform(-0.3, 0.3), y, -0.15), tall * rng.uniform(0.8, 1.1), needles)
    flakes = np.stack([chance.uniform(-3, 3, 150), chance.uniform(0.9, 4, 150), chance.uniform(0, 3.2, 150)], -1)
    _lights_string(stage, flakes, (1, 1, 1), 1.0 if stage.light != "moody" else 0.5, 0.014)
    if rng.choice(("slab", "log", "scarf", "snow")) in ("slab", "log"):  # a slice of a log
        # two surfaces at the same height would shade each other black
        shapes.move(ground, (0, 0, -0.045))
        _drum(0.82, 0.09, (0, 0, -0.09), mat.wood(rng, WOODS[1], 0.5), 0.02)
        _turned([(0.835, 0), (0.85, 0.05), (0.8, 0.086), (0.83, 0)], (0, 0, -0.092), stage.paint((0.32, 0.22, 0.15), 0.9), 64)
    side = rng.choice((-1, 1))
    knit = mat.fabric(rng, stage.second, 14)
    for i in range(3):
        _cloth((side * 1.35, 0.5 + 0.22 * i), (1.0, 0.5), -0.1 + 0.02 * i, knit, stage, side * 0.2 * (1 - i))
    x = -side * 1.15  # a lantern
    frame = stage.paint(mix(stage.second, (0.1, 0.1, 0.1), 0.5), 0.4)
    _block((x - 0.2, x + 0.2), (0.75, 1.15), (-0.14, -0.06), frame, 0.01)
    _block((x - 0.2, x + 0.2), (0.75, 1.15), (0.48, 0.54), frame, 0.01)
    for dx in (-0.18, 0.15):
        for dy in (0.77, 1.1):
            _block((x + dx, x + dx + 0.03), (dy, dy + 0.03), (-0.06, 0.48), frame, 0.004)
    _turned([(0.24, 0), (0.05, 0.2), (0, 0.2)], (x, 0.95, 0.54), frame, 4)
    candle(stage, (x, 0.95, -0.06), 0.3)
    _lamp("POINT", 4, (1, 0.7, 0.35), (x, 0.7, 0.25), size=0.08)
    for i in range(3):
        bauble(stage, (side * (1.0 + 0.2 * i), 0.25 - 0.06 * i, -0.06), 0.2)
    stage.swell = 0.06
    dress(stage, places=1)


BUILDERS: dict[str, Callable[[Stage], None]] = {
    "studio": studio, "podium": podium, "wood_window": wood_window, "marble": marble_top, "living_room": living_room,
    "kitchen": kitchen, "bathroom": bathroom, "desk": desk, "garden": garden, "beach": beach, "neon": neon,
    "festive": festive, "winter": winter,
}  # fmt: skip


def build(scene: SceneSpec, unit: float, floor: bool) -> None:
    """Builds the whole environment of a product of size `unit` (metres) that stands at the origin; `floor` if on the floor."""
    already = set(bpy.data.objects)
    base, second, accent = map(rgb, PALETTES[scene.palette])
    rng = stream(scene.seed, scene.family, "layout")
    stage = Stage(scene.family, rng, base, second, accent, scene.light, scene.decor, floor, rng.choice((-1, 1)))
    BUILDERS[scene.family](stage)
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
