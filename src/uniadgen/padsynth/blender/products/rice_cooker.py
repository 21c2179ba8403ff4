"""Rice cookers."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import principled
from uniadgen.padsynth.blender.products.look import Look, Objects
from uniadgen.padsynth.blender.products.parts import disc, feet


def rice_cooker(look: Look, rng: random.Random) -> Objects:
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
