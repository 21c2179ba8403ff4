"""Kettles, toasters, blenders, rice cookers."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import Builders, Look, Objects
from uniadgen.padsynth.blender.products.parts import d_handle, disc, feet


def _kettle(look: Look, rng: random.Random) -> Objects:
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


def _toaster(look: Look, rng: random.Random) -> Objects:
    w, d, h, retro = rng.uniform(0.27, 0.32), rng.uniform(0.16, 0.19), rng.uniform(0.17, 0.2), rng.random() < 0.5
    z = 0.014
    edge = rng.uniform(0.045, 0.06) if retro else rng.uniform(0.012, 0.022)
    arch = sh.fillet([(edge * 0.9, z), (0, z, 0.006), (0, z + h, edge), (edge, z + h)], 8)
    body = sh.prism("body", sh.rounded_rect(w, d, 0.05 if retro else 0.03, 8), arch, look.solid)
    base = sh.slab("base", (w - 0.012, d - 0.012, 0.014), look.black, 0.03, 0.003, z=0.004)
    parts = [body, base, *feet(look, w * 0.38, d * 0.33)]
    for y in (-0.026, 0.026):
        parts.append(sh.move(sh.slab("slot rim", (w * 0.66, 0.035, 0.004), look.chrome, 0.009, 0.0015), (0, y, z + h - 0.0008)))
        parts.append(
            sh.move(
                sh.slab("slot", (w * 0.66 - 0.012, 0.024, 0.0008), principled("void", (0.03, 0.02, 0.02), 0.9), 0.006, 0.0002),
                (0, y, z + h + 0.0031),
            )
        )
    if rng.random() < 0.45:
        crust = sh.textured(principled("toast", (0.78, 0.52, 0.25), 0.85), "noise", 60, 0.4, 0.002, (0.5, 0.27, 0.1))
        for y in (-0.026, 0.026):
            bread = sh.plate("toast", sh.rounded_rect(0.125, 0.11, 0.025), 0.016, crust, 0.004)
            parts.append(sh.move(bread, (rng.uniform(-0.01, 0.01), y, z + h - 0.005)))
    x, trim = w / 2, look.chrome if rng.random() < 0.6 else look.accent
    parts.append(sh.box("lever slot", (0.003, 0.008, h * 0.55), (x, 0, z + h * 0.22), look.black, 0.001))
    parts.append(sh.box("lever", (0.026, 0.042, 0.014), (x + 0.013, 0, z + h * 0.62), look.black, 0.005))
    knob = disc("dial", 0.021, 0.014, (w * 0.27, -d / 2, z + h * 0.28), trim, 0.004)
    ring = disc("dial ring", 0.026, 0.003, (w * 0.27, -d / 2, z + h * 0.28), look.black)
    mark = sh.box("mark", (0.002, 0.001, 0.012), (w * 0.27, -d / 2 - 0.0143, z + h * 0.28 + 0.003), look.white, 0.0003)
    buttons = [
        disc("button", 0.008, 0.005, (w * 0.27 - 0.05 - 0.026 * i, -d / 2, z + h * 0.28), trim, 0.002)
        for i in range(rng.randint(1, 3))
    ]
    label = sh.flat_label("brand", 0.15, 0.0375, (-w * 0.12, -d / 2 - 0.0006, z + h * 0.56), look.brand(look.colour, rng))
    return [*parts, knob, ring, mark, *buttons, label]


def _blender(look: Look, rng: random.Random) -> Objects:
    w, bh = rng.uniform(0.155, 0.185), rng.uniform(0.13, 0.16)
    square = rng.random() < 0.5
    outline = sh.rounded_rect(w, w, 0.035, 8) if square else sh.circle(w / 2, 56)
    top_in = w * rng.uniform(0.14, 0.2)
    base = sh.prism(
        "base",
        outline,
        sh.fillet([(0.004, 0.006), (0, 0.006, 0.004), (0, 0.04, 0.05), (top_in, bh, 0.012), (top_in + 0.02, bh)], 6),
        look.solid,
    )
    parts = [base, *feet(look, w * 0.3, w * 0.3)]
    front = -(w / 2) + 0.001 + (0.0 if square else 0.004)
    zdial = 0.036
    parts += [
        disc("ring", 0.027, 0.009, (0, front + 0.006, zdial), look.chrome),
        disc("dial", 0.022, 0.024, (0, front + 0.004, zdial), look.black, 0.004),
    ]
    parts.append(sh.box("mark", (0.002, 0.001, 0.012), (0, front - 0.0205, zdial + 0.004), look.white, 0.0003))
    jr0, jr1, jh = 0.05, rng.uniform(0.066, 0.075), rng.uniform(0.19, 0.23)
    z = bh + 0.022
    parts.append(
        sh.lathe(
            "collar",
            sh.fillet([(0, bh - 0.004), (jr0 + 0.008, bh - 0.004, 0.003), (jr0 + 0.005, z + 0.008, 0.003), (0, z + 0.008)]),
            look.black,
            56,
        )
    )
    outer = sh.fillet([(0, z), (jr0, z, 0.008), (jr1, z + jh)])
    parts.append(sh.lathe("jar", sh.hollow(outer, 0.0035, 0.006), look.clear, 56))
    fill = z + jh * rng.uniform(0.5, 0.78)
    drink = rng.choice(((0.86, 0.3, 0.42), (0.95, 0.62, 0.2), (0.45, 0.65, 0.25), (0.6, 0.3, 0.55), (0.96, 0.82, 0.5)))
    level = sh.radius_at(outer, fill) - 0.0045
    smoothie = sh.textured(principled("smoothie", drink, 0.35), "noise", 40, 0.05, 0.001, mix(drink, (1, 1, 1), 0.2))
    parts.append(
        sh.lathe(
            "smoothie", sh.fillet([(0, z + 0.008), (jr0 - 0.004, z + 0.008), (level, fill), (0, fill + 0.002)]), smoothie, 48
        )
    )
    top = z + jh
    parts.append(
        sh.lathe(
            "lid",
            sh.fillet(
                [
                    (0, top - 0.006),
                    (jr1 - 0.004, top - 0.006),
                    (jr1 - 0.004, top),
                    (jr1 + 0.004, top, 0.002),
                    (jr1 + 0.003, top + 0.015, 0.006),
                    (0.03, top + 0.02),
                    (0, top + 0.02),
                ]
            ),
            look.black,
            56,
        )
    )
    parts.append(
        sh.lathe(
            "cap",
            sh.fillet([(0, top + 0.019), (0.026, top + 0.019), (0.024, top + 0.034, 0.004), (0, top + 0.034)]),
            rng.choice((look.accent, look.clear, look.black)),
            36,
        )
    )
    parts.append(
        d_handle(look, sh.radius_at(outer, z + jh * 0.5) + 0.004, z + jh * 0.18, z + jh * 0.9, 0.042, 0.014, look.black, 0.024)
    )
    marks = [sh.round_label("scale", outer, z + jh * t, z + jh * t + 0.0016, 22, look.white) for t in (0.3, 0.45, 0.6, 0.75)]
    slope = math.degrees(math.atan2(top_in, bh - 0.04))
    mid = (bh + 0.05) / 2 + 0.008
    badge = sh.move(
        sh.flat_label("brand", 0.08, 0.02, (0, 0, 0), look.brand(look.colour, rng)),
        (0, -(w / 2 - top_in * (mid - 0.04) / (bh - 0.04)) - 0.004, mid),
        (-slope, 0, 0),
    )
    return [*parts, *marks, badge]


def _rice_cooker(look: Look, rng: random.Random) -> Objects:
    if rng.random() < 0.5:
        w, d, h = rng.uniform(0.25, 0.28), rng.uniform(0.28, 0.32), rng.uniform(0.19, 0.22)
        outline = sh.superellipse(w, d, 3.0, 64)
        split = h * 0.62
        body = sh.prism(
            "body",
            outline,
            sh.fillet([(0.05, 0.006), (0.018, 0.006, 0.015), (0, h * 0.35, 0.06), (0.004, split), (0.03, split)], 7),
            look.solid,
        )
        lid = sh.prism(
            "lid",
            outline,
            sh.fillet(
                [
                    (0.03, split + 0.003),
                    (0.006, split + 0.003, 0.002),
                    (0.02, h * 0.92, 0.05),
                    (0.075, h, 0.03),
                    (w * 0.49, h + 0.001),
                ],
                8,
            ),
            look.solid,
        )
        seam = sh.prism(
            "seam",
            outline,
            [(0.03, split - 0.001), (0.002, split - 0.001), (0.002, split + 0.005), (0.03, split + 0.005)],
            look.chrome,
        )
        panel = sh.move(
            sh.plate("panel", sh.rounded_rect(0.1, 0.072, 0.014), 0.022, look.black, 0.003), (0, -d / 2 + 0.002, h * 0.34)
        )
        screen = sh.box(
            "screen", (0.05, 0.0012, 0.022), (0, -d / 2 - 0.0093, h * 0.34 + 0.004), look.glow((0.25, 0.55, 0.6), 0.6), 0.0004
        )
        y = -d / 2 - 0.009
        buttons = [
            disc("button", 0.006, 0.003, (x, y, h * 0.34 - 0.018), look.chrome if x else look.accent) for x in (-0.03, 0, 0.03)
        ]
        vent = sh.lathe(
            "vent", sh.fillet([(0, h - 0.004), (0.022, h - 0.004), (0.02, h + 0.008, 0.003), (0, h + 0.008)]), look.black, 32
        )
        arc = sh.spline(
            [
                (-w * 0.45, 0, h * 0.7),
                (-w * 0.44, -0.01, h * 0.98),
                (-w * 0.3, -0.02, h + 0.028),
                (0, -0.025, h + 0.036),
                (w * 0.3, -0.02, h + 0.028),
                (w * 0.44, -0.01, h * 0.98),
                (w * 0.45, 0, h * 0.7),
            ],
            6,
        )
        handle = sh.sweep("handle", arc, sh.rounded_rect(0.012, 0.024, 0.005, 4), look.black)
        hinges = [
            sh.move(
                disc("pivot", 0.014, 0.008, (0, 0, 0), look.black, 0.003), (s * (w / 2 - 0.006), 0, h * 0.7), (0, 0, s * 90)
            )
            for s in (-1, 1)
        ]
        brand = sh.flat_label("brand", 0.08, 0.02, (0, -d / 2 - 0.0012, split - 0.018), look.brand(look.colour, rng))
        return [
            body,
            lid,
            seam,
            panel,
            screen,
            *buttons,
            sh.move(vent, (0, 0.05, 0)),
            handle,
            *hinges,
            brand,
            *feet(look, w * 0.25, d * 0.25),
        ]
    r, h = rng.uniform(0.12, 0.14), rng.uniform(0.15, 0.18)
    profile = sh.fillet([(0, 0.006), (r * 0.88, 0.006, 0.02), (r, h * 0.3, 0.08), (r * 0.98, h), (0, h)], 6)
    rim = sh.fillet([(r * 0.9, h - 0.003), (r * 1.02, h - 0.003, 0.003), (r * 1.02, h + 0.006, 0.003), (r * 0.9, h + 0.006)])
    dome = sh.fillet([(r * 0.96, h + 0.004), (r * 0.9, h + 0.022, 0.03), (r * 0.45, h + 0.042, 0.06), (0, h + 0.046)], 6)
    tinted = principled("lid glass", (0.75, 0.78, 0.8), 0.02, transmission_weight=0.9, ior=1.2)
    rice = sh.textured(principled("rice", (0.94, 0.92, 0.86), 0.7), "cells", 150, 0.9, 0.004)
    knob = sh.fillet(
        [
            (0, h + 0.04),
            (0.009, h + 0.04),
            (0.009, h + 0.055, 0.002),
            (0.021, h + 0.058, 0.004),
            (0.019, h + 0.072, 0.005),
            (0, h + 0.074),
        ]
    )
    parts = [
        sh.lathe("body", profile, look.solid, 64),
        sh.lathe("rim", rim, look.chrome, 64, ring=True),
        sh.lathe("rice", [(0, h + 0.001), (r * 0.9, h + 0.001), (r * 0.5, h + 0.012), (0, h + 0.014)], rice, 48),
    ]
    parts += [
        sh.lathe("lid", [(0, h + 0.004), *dome], tinted, 56),
        sh.lathe("knob", knob, look.black, 32),
        *feet(look, r * 0.55, r * 0.55),
    ]
    for s in (-1, 1):
        bow = sh.spline(
            [
                (s * (r * 0.95), -0.04, h * 0.8),
                (s * (r + 0.03), -0.034, h * 0.82),
                (s * (r + 0.038), 0, h * 0.83),
                (s * (r + 0.03), 0.034, h * 0.82),
                (s * (r * 0.95), 0.04, h * 0.8),
            ],
            6,
        )
        parts.append(sh.sweep("grip", bow, sh.rounded_rect(0.011, 0.018, 0.005, 4), look.black, up=(0, 0, 1)))
    panel = sh.round_label("panel", profile, h * 0.12, h * 0.5, 34, look.black, lift=0.003)
    switch = sh.box("switch", (0.026, 0.02, 0.01), (0, -r - 0.003, h * 0.2), look.accent, 0.003)
    lights = [
        disc("light", 0.004, 0.004, (x, -r - 0.0005, h * 0.42), look.glow(c, 1.5))
        for x, c in ((-0.014, (1, 0.45, 0.2)), (0.014, (0.4, 0.9, 0.4)))
    ]
    brand = sh.round_label("brand", profile, h * 0.62, h * 0.62 + 0.026, 50, look.brand(look.colour, rng))
    return [*parts, panel, switch, *lights, brand]


BUILDERS: Builders = {"kettle": _kettle, "toaster": _toaster, "blender": _blender, "rice cooker": _rice_cooker}
