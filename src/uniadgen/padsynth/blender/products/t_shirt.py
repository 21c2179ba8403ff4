"""T-shirts, hung or spread out."""

import itertools
import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import WHITE, Look, Objects


def t_shirt(look: Look, rng: random.Random) -> Objects:
    """Two layers of jersey that meet at the seams; hung, the cloth falls in folds from the shoulders."""
    lies = look.product.posture == "lies"
    chest, long = rng.uniform(0.235, 0.265), rng.uniform(0.71, 0.78)  # half the width, the length
    sleeve, drop = rng.uniform(0.16, 0.2), rng.uniform(0.13, 0.18)
    neck, shoulder = rng.uniform(0.082, 0.095), chest * 0.86
    droop = rng.uniform(0.15, 0.3) if lies else rng.uniform(0.75, 1.0)  # how far sleeves hang down
    armpit = long - 0.235
    hem = rng.uniform(0.98, 1.06)
    deep = neck * rng.uniform(0.75, 1.0) if rng.random() < 0.75 else neck * 1.6
    right = [
        (neck, long), (neck + 0.4 * (shoulder - neck), long - 0.016), (shoulder, long - 0.05),
        (shoulder + 0.55 * sleeve, long - 0.05 - 0.55 * sleeve * (0.35 + 0.5 * droop)),
        (shoulder + sleeve, long - 0.055 - sleeve * (0.45 + 0.75 * droop)),
        (shoulder + sleeve - 0.1 * (0.4 + droop), long - 0.06 - sleeve * (0.5 + 0.7 * droop) - drop * 0.85),
        (chest + 0.008, armpit), (chest * 0.985, armpit * 0.6), (chest * hem, 0.0),
    ]  # fmt: skip

    def outline(dip: float) -> list[tuple[float, float]]:
        collar = [
            (neck * math.sin(a), long - dip * math.cos(a)) for a in np.linspace(-math.pi / 2, math.pi / 2, 15)[1:-1].tolist()
        ]
        dense: list[tuple[float, float]] = []
        for (x0, y0), (x1, y1) in itertools.pairwise(right):
            n = max(2, round(math.hypot(x1 - x0, y1 - y0) / 0.02))
            dense += [(x0 + (x1 - x0) * k / n, y0 + (y1 - y0) * k / n) for k in range(n)]
        dense.append(right[-1])
        hemline = [(x, 0.004 * math.sin(9 * x)) for x in np.linspace(right[-1][0], -right[-1][0], 26)[1:-1].tolist()]
        return [*dense, *hemline, *[(-x, y) for x, y in reversed(dense)], *collar]

    cloth = principled("jersey", look.colour, 0.95, sheen_weight=0.3)
    sh.textured(cloth, "noise", 900, 0.35, 0.0006, mix(look.colour, (0, 0, 0), 0.12), contrast=(0.35, 0.75))
    chance = np.random.default_rng(rng.getrandbits(32))
    phases = chance.uniform(0, 6.28, 8)
    amount = 0.011 if lies else 0.017

    def relief(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        t = np.clip(1 - y / long, 0, 1)
        folds = np.sin(17 * x + phases[0] + 2.2 * np.sin(4 * y + phases[1])) * t**1.2
        folds += 0.6 * np.sin(31 * x + 9 * y + phases[2]) * t
        pull = np.sin(38 * (np.abs(x) * 0.75 + (armpit - y) * 0.8) + phases[3]) * np.exp(
            -(((np.abs(x) - chest) / 0.1) ** 2 + ((y - armpit) / 0.12) ** 2)
        )
        small = 0.25 * np.sin(55 * x + phases[4] + 3 * np.sin(20 * y)) * np.sin(23 * y + phases[5])
        return amount * (folds + 0.8 * pull + small)

    def layer(name: str, dip: float, side: float) -> object:
        shape = outline(dip)
        points, faces = _filled(shape, 0.012)
        edge = _distance(points, np.array(shape))
        puff = (0.012 if lies else 0.02) * np.sqrt(np.clip(edge / 0.09, 0, 1))
        z = side * puff + (
            relief(points[:, 0], points[:, 1]) if side > 0 else 0.4 * relief(points[:, 0], points[:, 1])
        ) * np.clip(edge / 0.03, 0.25, 1)
        verts = [(float(x), float(-d), float(y)) for (x, y), d in zip(points, z, strict=True)]
        return sh.mesh_object(name, verts, faces if side > 0 else [f[::-1] for f in faces], cloth)

    parts = [layer("back", 0.022, -1.0), layer("front", deep, 1.0)]
    trim = look.of("fabric", look.colour if rng.random() < 0.6 else look.accent_colour)
    for dip, lift in ((0.022, -0.001), (deep, 0.004)):
        band = [
            (neck * 1.0 * math.sin(a), -lift, long - dip * math.cos(a))
            for a in np.linspace(-math.pi / 2, math.pi / 2, 21).tolist()
        ]
        parts.append(sh.sweep("collar", band, sh.rounded_rect(0.004, 0.018, 0.0018, 3), trim, (0, 1, 0)))
    width = chest * rng.uniform(0.8, 1.15)
    if rng.random() < 0.5:
        image = sh.print_image(look.product.brand, sh.readable(look.accent_colour, look.colour, 3.0), rng, 512, 160)
        height = width * 160 / 512
    else:
        image = sh.cutout(look.product.brand, sh.readable(look.accent_colour, look.colour, 2.0), WHITE, rng, 512)
        width *= 0.75
        height = width * image.height / image.width
    centre = long * 0.64

    def at(u: float, v: float) -> sh.Point:
        x, y = (u - 0.5) * width, centre + (v - 0.5) * height
        lift = (0.012 if lies else 0.02) + float(relief(np.array([x]), np.array([y]))[0])
        return x, -lift - 0.0012, y

    parts.append(sh.patch("print", at, sh.picture("print", image, 0.8), 36, 36))
    return parts


def _filled(outline: list[tuple[float, float]], step: float) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """A fine triangulation inside an outline."""
    from mathutils import Vector
    from mathutils.geometry import delaunay_2d_cdt

    ring = np.array(outline)
    low, high = ring.min(0), ring.max(0)
    x, y = np.meshgrid(np.arange(low[0] + step / 2, high[0], step), np.arange(low[1] + step / 2, high[1], step))
    inner = np.stack([x.ravel() + (np.arange(x.size) // x.shape[1] % 2) * step / 2, y.ravel()], -1)
    inner = inner[_inside(inner, ring) & (_distance(inner, ring) > step * 0.6)]
    points = [Vector(p) for p in (*outline, *inner.tolist())]
    count = len(outline)
    edges = [(k, (k + 1) % count) for k in range(count)]
    verts, _, faces, *_ = delaunay_2d_cdt(points, edges, [list(range(count))], 1, 1e-6)
    return np.array([tuple(v) for v in verts]), [tuple(f) for f in faces]


def _inside(points: np.ndarray, ring: np.ndarray) -> np.ndarray:
    x, y = points[:, :1], points[:, 1:]
    a, b = ring, np.roll(ring, -1, 0)
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    at = a[:, 0] + (y - a[:, 1]) / np.where(b[:, 1] == a[:, 1], 1e-12, b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return (crosses & (x < at)).sum(1) % 2 == 1


def _distance(points: np.ndarray, ring: np.ndarray) -> np.ndarray:
    return np.min(np.hypot(points[:, :1] - ring[:, 0], points[:, 1:] - ring[:, 1]), axis=1)
