"""Lipsticks."""

import math
import random

import bpy
import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import principled
from uniadgen.padsynth.blender.products.look import Look, Objects
from uniadgen.padsynth.blender.shapes import Colour


def _tone(look: Look, rng: random.Random) -> Colour:
    return rng.choice(((0.72, 0.1, 0.17), (0.83, 0.28, 0.35), (0.55, 0.1, 0.2), (0.87, 0.45, 0.42), (0.78, 0.14, 0.4)))


def lipstick(look: Look, rng: random.Random) -> Objects:
    square, r, h = rng.random() < 0.4, rng.uniform(0.0095, 0.0115), rng.uniform(0.036, 0.042)
    case = look.gold if "gilded" in look.words else look.body
    trim = look.gold if case is not look.gold and rng.random() < 0.6 else look.chrome

    def stick(radius: float, low: float, high: float, material: bpy.types.Material, edge: float = 0.0012) -> bpy.types.Object:
        outline = sh.rounded_rect(2 * radius, 2 * radius, radius * 0.3, 5) if square else sh.circle(radius, 48)
        return sh.prism("part", outline, sh.fillet([(edge, low), (0, low, edge), (0, high, edge), (edge, high)]), material)

    tube_top = h + 0.012
    parts = [
        stick(r, 0, h * 0.72, case),
        stick(r * 1.01, h * 0.72 - 0.003, h * 0.72, trim, 0.0004),
        stick(r * 0.84, h * 0.7, tube_top, trim, 0.0005),
    ]
    tone, b = _tone(look, rng), r * 0.68
    slant = rng.uniform(0.7, 1.1)
    sections = []
    for t in np.linspace(0, 1, 10):
        k = 1 if t < 0.3 else math.sqrt(max(1 - ((t - 0.3) / 0.7) ** 2.6, 0.0))
        rise = tube_top - 0.002 + 0.021 * t
        # The tip is cut at a slant, as a bullet is.
        sections.append([(x * k, y * k, rise + slant * y * k * t * 0.8) for x, y in sh.circle(b, 36)])
    parts.append(sh.loft("bullet", sections, principled("wax", tone, 0.26, coat_weight=0.25, coat_roughness=0.2), 70))
    cap_h, cx = rng.uniform(0.042, 0.05), rng.choice((-1, 1)) * r * rng.uniform(2.5, 3.0)
    cap = [stick(r * 1.02, 0, cap_h, case), stick(r * 1.035, 0.002, 0.005, trim, 0.0004)]
    if rng.random() < 0.35:
        yaw = rng.uniform(-20, 20)
        cap = [sh.move(sh.move(o, (-cap_h / 2, 0, r * 1.03), (0, 90, 0)), (0, -r * 3.2, 0), (0, 0, yaw)) for o in cap]
    else:
        cap = [sh.move(o, (cx, -0.004, 0)) for o in cap]
    profile = [(r, 0.0), (r, h)]
    image = look.brand(look.colour if case is not look.gold else (0.89, 0.72, 0.42), rng)
    if square:
        brand = sh.flat_label("brand", r * 1.7, r * 0.425, (0, -r - 0.0002, h * 0.34), image)
    else:
        brand = sh.round_label("brand", profile, h * 0.29, h * 0.29 + 0.006, 130, image, lift=0.0002)
    return [*parts, *cap, brand]
