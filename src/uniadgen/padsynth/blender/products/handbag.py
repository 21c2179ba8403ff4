"""Handbags."""

import itertools
import math
import random
from collections.abc import Callable

import bpy
import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, Look, Objects
from uniadgen.padsynth.blender.products.parts import disc
from uniadgen.padsynth.blender.shapes import Point2


def _bag_body(
    look: Look, w: float, d: float, h: float, taper: float
) -> tuple[bpy.types.Object, Callable[[float, float], sh.Point]]:
    """A soft bag, narrower and flatter towards its mouth, and a function for points on its front."""

    def size(t: float) -> Point2:
        return w * (1 - taper * t) * (1 + 0.02 * math.sin(math.pi * t)), d * (1 - 0.55 * t**1.3)

    sections = []
    for t in [0.0, 0.012, 0.035, *np.linspace(0.08, 1, 12).tolist()]:
        shrink = {0.0: 0.94, 0.012: 0.985}.get(t, 1.0)
        wide, deep = size(t)
        sections.append([(x * shrink, y * shrink, h * t) for x, y in sh.rounded_rect(wide, deep, 0.3 * deep, 7)])

    def front(u: float, v: float) -> sh.Point:
        wide, deep = size(v)
        return (u - 0.5) * wide, -deep / 2 - 0.0006, h * v

    return sh.loft("bag", sections, look.soft, 50), front


def handbag(look: Look, rng: random.Random) -> Objects:
    metal = rng.choice((look.gold, look.chrome))
    trim = look.of("leather", rng.choice((look.accent_colour, mix(look.colour, DARK, 0.45), (0.45, 0.28, 0.17))))
    thread = principled(
        "thread", mix(look.colour, (1, 1, 1), 0.5) if sh.luminance(look.colour) < 0.4 else mix(look.colour, DARK, 0.45), 0.8
    )
    if rng.random() < 0.5:
        w, d, h = rng.uniform(0.28, 0.36), rng.uniform(0.1, 0.14), rng.uniform(0.22, 0.28)
        body, front = _bag_body(look, w, d, h, rng.uniform(-0.12, 0.18))
        parts = [body]
        for y_sign in (-1, 1):
            fx = w * 0.2
            _, y, _ = front(0.5, 0.88)
            _, ytop, _ = front(0.5, 1.0)
            y, ytop = (y, ytop) if y_sign < 0 else (-y, -ytop)
            rise = rng.uniform(0.11, 0.14) if y_sign < 0 else 0.12
            path = sh.spline(
                [
                    (-fx, y, h * 0.84),
                    (-fx, ytop, h * 1.0),
                    (-fx * 0.86, ytop * 0.9, h + rise * 0.65),
                    (0, ytop * 0.8, h + rise),
                    (fx * 0.86, ytop * 0.9, h + rise * 0.65),
                    (fx, ytop, h * 1.0),
                    (fx, y, h * 0.84),
                ],
                7,
            )
            parts.append(sh.tube("handle", path, 0.0055, trim))
            for s in (-1, 1):
                tab = sh.plate("tab", sh.rounded_rect(0.03, 0.052, 0.012), 0.005, trim, 0.0015)
                parts.append(sh.move(tab, (s * fx, y + y_sign * 0.001, h * 0.84), (-6 * -y_sign, 0, 0)))
                parts.append(
                    disc("rivet", 0.0045, 0.004, (s * fx, y - 0.002, h * 0.82), metal)
                    if y_sign < 0
                    else sh.ball("rivet", 0.004, (s * fx, y + 0.003, h * 0.82), metal)
                )
        for v in (0.05, 0.955):
            parts.append(sh.stitches("seam", [front(u, v) for u in np.linspace(0.12, 0.88, 9)], thread, 0.006, 0.0009))
        if rng.random() < 0.6:

            def low(u: float, v: float) -> sh.Point:
                x, y, z = front(0.14 + 0.72 * u, 0.16 * v)
                return x, y - 0.0004, z

            parts.append(sh.patch("strip", low, trim, 20, 6))
        _, y, z = front(0.5, 0.6)
        parts.append(
            sh.move(
                sh.flat_label("brand", 0.11, 0.0275, (0, 0, 0), look.brand(look.colour, rng)), (0, y - 0.0012, z), (-7, 0, 0)
            )
        )
        if rng.random() < 0.5:
            parts.append(
                sh.tube(
                    "tassel ring",
                    [
                        (w * 0.2 + 0.011 * math.cos(a), y - 0.012, h * 0.74 + 0.011 * math.sin(a))
                        for a in np.linspace(0, 2 * math.pi, 25)[:-1]
                    ],
                    0.0014,
                    metal,
                    closed=True,
                )
            )
            parts.append(
                sh.move(
                    sh.lathe(
                        "tassel", sh.fillet([(0, -0.07), (0.011, -0.07), (0.006, -0.014, 0.004), (0.005, 0), (0, 0)]), trim, 20
                    ),
                    (w * 0.2, y - 0.012, h * 0.7),
                )
            )
        return parts
    w, d, h = rng.uniform(0.21, 0.26), rng.uniform(0.08, 0.1), rng.uniform(0.15, 0.18)
    parts = [sh.slab("body", (w, d, h), look.soft, 0.022, 0.008)]
    drop = rng.uniform(0.5, 0.68) * h
    lower = rng.uniform(0.012, 0.06)
    outline = sh.fillet(
        [
            (0, h - drop),
            (w / 2 - lower, h - drop, 0.04),
            (w / 2 + 0.002, h - drop + lower + 0.01, 0.03),
            (w / 2 + 0.002, h + 0.002),
        ],
        6,
    )
    outline = [(-x, z) for x, z in reversed(outline)][:-1] + outline
    flap = sh.plate("flap", outline, 0.006, look.soft, 0.0022)
    parts += [
        sh.move(flap, (0, -d / 2 - 0.003, 0)),
        sh.slab("flap top", (w + 0.004, d + 0.009, 0.008), look.soft, 0.02, 0.0035, z=h - 0.003),
    ]
    edge = [(x * 0.965, -d / 2 - 0.0064, h - (h - z) * 0.955) for x, z in outline]
    parts.append(sh.stitches("seam", edge, thread, 0.0045, 0.0006))
    parts.append(
        sh.move(
            sh.plate("clasp", sh.rounded_rect(0.034, 0.026, 0.006), 0.007, metal, 0.002), (0, -d / 2 - 0.007, h - drop + 0.016)
        )
    )
    parts.append(disc("turn", 0.006, 0.006, (0, -d / 2 - 0.0095, h - drop + 0.016), metal, 0.002))
    parts.append(sh.flat_label("brand", 0.075, 0.01875, (0, -d / 2 - 0.0064, h - drop * 0.42), look.brand(look.colour, rng)))
    x, rise = w / 2 - 0.012, rng.uniform(0.09, 0.16)
    if rng.random() < 0.5:
        links = sh.spline(
            [(-x, 0, h), (-x * 0.95, 0, h + rise * 0.6), (0, 0, h + rise), (x * 0.95, 0, h + rise * 0.6), (x, 0, h)], 9
        )
        chain = []
        for i, (a, b) in enumerate(itertools.pairwise(links)):
            mid, size = [(p + q) / 2 for p, q in zip(a, b, strict=True)], math.dist(a, b)
            ring = sh.tube(
                "link",
                [(size * 0.72 * math.cos(t), 0, size * 0.42 * math.sin(t)) for t in np.linspace(0, 2 * math.pi, 15)[:-1]],
                0.0017,
                metal,
                closed=True,
                sides=7,
            )
            slope = math.degrees(math.atan2(b[2] - a[2], b[0] - a[0]))
            chain.append(sh.move(sh.move(ring, degrees=(90 * (i % 2), 0, 0)), mid, (0, -slope, 0)))
        parts.append(sh.join(chain))
    else:
        strap = sh.spline(
            [
                (-x, 0, h - 0.004),
                (-x * 0.97, 0, h + rise * 0.55),
                (-x * 0.5, 0, h + rise),
                (x * 0.5, 0, h + rise),
                (x * 0.97, 0, h + rise * 0.55),
                (x, 0, h - 0.004),
            ],
            7,
        )
        parts.append(sh.sweep("strap", strap, sh.rounded_rect(0.004, 0.022, 0.0018, 3), look.soft))
    parts += [
        sh.tube(
            "ring",
            [(s * x, 0.014 * math.cos(a), h + 0.006 + 0.011 * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 21)[:-1]],
            0.0022,
            metal,
            up=(1, 0, 0),
            closed=True,
        )
        for s in (-1, 1)
    ]
    return parts
