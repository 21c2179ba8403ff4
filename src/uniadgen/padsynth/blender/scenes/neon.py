"""A dark room with glowing tubes and a wet floor."""

import colorsys
import math

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import block, ring
from uniadgen.padsynth.blender.scenes.light import even_world, light_from
from uniadgen.padsynth.blender.scenes.plants import pot_plant
from uniadgen.padsynth.blender.scenes.room import back_wall
from uniadgen.padsynth.blender.scenes.stage import Stage, vivid


def neon(stage: Stage) -> None:
    """A dark room with glowing tubes and a wet floor."""
    rng = stage.rng
    one, two = vivid(stage.base), vivid(stage.accent if rng.random() < 0.5 else stage.second)
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
    block((-12, 12), (-8, 6), (-0.1, 0), wet, 0.0)
    y = 2.2
    wall = mat.tiles(rng, shade, mix(shade, (0, 0, 0), 0.5), 0.5, 0.17) if rng.random() < 0.6 else mat.plaster(rng, shade, 0.2)
    back_wall(stage, y, wall)
    glow_one, glow_two = (
        mat.emission(mix(one, (1, 1, 1), 0.12), 7 * bright),
        mat.emission(mix(two, (1, 1, 1), 0.12), 7 * bright),
    )
    motif = rng.choice(("ring", "arches", "lines", "frame", "zigzag"))
    if motif == "ring":
        x = rng.uniform(-0.35, 0.35)
        ring(0.95, 0.03, (x, y - 0.3, 1.0), glow_one)
        ring(0.72, 0.018, (x, y - 0.25, 1.0), glow_two)
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
        light_from("AREA", 70 * bright, mix(colour, (1, 1, 1), 0.1), (sign * 2.2, 0.1, 1.4), (0, 0, 0.4), 1.0)
    light_from("AREA", 35 * bright, one, (0, 1.3, 2.6), (0, 2.2, 0.8), 0.8)
    even_world(mix(one, two, 0.5), 0.05 + (0.05 if stage.light in ("soft", "cool") else 0))
    if stage.decor == "botanical":
        pot_plant(stage, (rng.choice((-1, 1)) * 1.2, 0.8, 0), 1.2)
    else:
        dress(stage, places=2)
    bear(stage)
