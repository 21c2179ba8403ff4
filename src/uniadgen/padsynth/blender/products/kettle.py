"""Kettles."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.products.look import Look, Objects
from uniadgen.padsynth.blender.products.parts import disc


def kettle(look: Look, rng: random.Random) -> Objects:
    trim = rng.choice((look.black, look.black, look.accent, look.wood))
    goose = rng.random() < 0.45
    h = rng.uniform(0.15, 0.17) if goose else rng.uniform(0.19, 0.23)
    r0, r1 = (
        (rng.uniform(0.082, 0.092), rng.uniform(0.05, 0.06))
        if goose
        else (rng.uniform(0.076, 0.086), rng.uniform(0.056, 0.066))
    )
    z = 0.026
    body = sh.fillet(
        [(0, z), (r0, z, 0.008), (r0, z + 0.02, 0.03), (r1, z + h, 0.012), (r1 - 0.008, z + h + 0.003), (0, z + h + 0.003)], 6
    )
    base = sh.fillet([(0, 0), (r0 + 0.004, 0, 0.003), (r0 + 0.008, 0.02, 0.006), (r0 - 0.006, 0.023), (0, 0.023)])
    top = z + h
    lid = sh.fillet([(r1 - 0.004, top), (r1 - 0.004, top + 0.006, 0.004), (r1 * 0.6, top + 0.018, 0.02), (0, top + 0.021)], 5)
    knob = sh.fillet(
        [
            (0, top + 0.017),
            (0.006, top + 0.017),
            (0.006, top + 0.028, 0.002),
            (0.015, top + 0.03, 0.003),
            (0.014, top + 0.042, 0.005),
            (0, top + 0.043),
        ]
    )
    parts = [
        sh.lathe("body", body, look.solid, 64),
        sh.lathe("base", base, look.black, 64),
        sh.lathe("lid", [(0, top), *lid], look.solid, 64),
        sh.lathe("knob", knob, trim, 28),
        sh.lathe(
            "band",
            sh.fillet([(r0 - 0.01, z - 0.004), (r0 + 0.0015, z - 0.004), (r0 + 0.0015, z + 0.006), (r0 - 0.01, z + 0.006)]),
            look.chrome,
            64,
            ring=True,
        ),
    ]
    high = top - 0.014
    at = sh.radius_at(body, high)
    low = z + h * rng.uniform(0.22, 0.35)
    reach = rng.uniform(0.055, 0.07) + (r0 - at) * 0.6
    grip = [
        (at - 0.008, 0, high),
        (at + reach * 0.7, 0, high + 0.006),
        (at + reach, 0, high - 0.03),
        (at + reach * 0.92, 0, (low + high) / 2),
    ]
    grip += (
        [(at + reach * 0.8, 0, low)]
        if goose
        else [(sh.radius_at(body, low) + 0.02, 0, low), (sh.radius_at(body, low) - 0.008, 0, low - 0.004)]
    )
    parts.append(sh.sweep("handle", sh.spline(grip, 8), sh.rounded_rect(0.017, 0.025, 0.008, 4), trim))
    if goose:
        s = -sh.radius_at(body, z + 0.03)
        path = sh.spline(
            [
                (s + 0.01, 0, z + 0.028),
                (s - 0.03, 0, z + 0.034),
                (s - 0.048, 0, z + h * 0.55),
                (s - 0.058, 0, z + h * 0.86),
                (s - 0.088, 0, z + h * 0.97),
            ],
            8,
        )
        parts.append(sh.tube("spout", path, 0.0078, look.solid))
    else:
        sections = []
        for t, reach_out, half, drop in ((0, -0.012, 0.028, 0.06), (0.5, 0.012, 0.02, 0.04), (1, 0.036, 0.009, 0.016)):
            x = -(at + reach_out)
            lip = top - 0.002 + 0.004 * t
            sections.append(
                [(x, half * math.cos(a), lip - drop * (0.5 - 0.5 * math.sin(a))) for a in np.linspace(0, 2 * math.pi, 25)[:-1]]
            )
        parts.append(sh.loft("spout", sections, look.solid))
        parts.append(disc("light", 0.004, 0.003, (0, -(r0 + 0.004), 0.011), look.glow((0.35, 0.75, 1.0), 2.0)))
    parts.append(sh.round_label("brand", body, z + h * 0.42, z + h * 0.42 + 0.03, 80, look.brand(look.colour, rng)))
    return parts
