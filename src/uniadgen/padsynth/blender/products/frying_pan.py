"""Frying pans."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import Look, Objects


def frying_pan(look: Look, rng: random.Random) -> Objects:
    """It hangs by the eye of its handle: the inside of the pan looks to the front, the handle upwards."""
    r, deep, wall = rng.uniform(0.12, 0.15), rng.uniform(0.035, 0.055), 0.003
    flare = rng.uniform(0.82, 0.9)
    inside = r * flare - wall
    shell = [(0, 0), (r * flare, 0, 0.014), (r, deep, 0.001), (r - wall, deep, 0.001), (inside, wall, 0.013), (0, wall)]
    # a thin skin within the pan, closed in itself so that it has no lid
    skin = [(0, wall + 0.001), (inside - 0.001, wall + 0.001, 0.012), (r - wall - 0.0008, deep - 0.0015)]
    skin += [(r - wall - 0.0002, deep - 0.0015), (inside, wall + 0.0003, 0.013), (0, wall + 0.0003)]
    body = sh.lathe("outside", sh.fillet(shell, 5), look.body, 96)
    cast = "iron" in look.words
    coat = (0.07, 0.07, 0.075) if rng.random() < 0.7 or cast else mix(look.accent_colour, (0.9, 0.88, 0.84), 0.5)
    lining = principled("lining", coat, 0.42 if cast else 0.3, coat_weight=0.15)
    sh.textured(lining, "noise", 900, 0.12 if cast else 0.05, 0.0003)
    if look.product.material == "metal" and not cast and rng.random() < 0.4:
        lining = principled("steel", (0.8, 0.8, 0.82), 0.24, 1.0)
        sh.textured(lining, "noise", 40, roughness=(0.16, 0.34))
    pan = [body, sh.lathe("inside", sh.fillet(skin, 5), lining, 96)]
    length = rng.uniform(0.17, 0.2)
    grip = look.of("wood") if rng.random() < 0.4 else look.body if cast else look.of("rubber", (0.1, 0.1, 0.11))
    mount = look.chrome if not cast else look.body
    path = [(0, r - 0.006, deep * 0.75), (0, r + 0.03, deep * 0.95), (0, r + 0.06, deep + 0.008)]
    pan.append(sh.sweep("mount", sh.spline(path, 5), sh.rounded_rect(0.009, 0.024, 0.004, 4), mount))
    start = r + 0.05
    line = [(0, start + t * length, deep + 0.006 + 0.012 * math.sin(1.6 * t)) for t in np.linspace(0, 1, 12).tolist()]
    pan.append(sh.sweep("grip", line[:-1], sh.rounded_rect(0.015, 0.027, 0.007, 5), grip))
    tip = line[-2]
    eye = [(0.011 * math.cos(a), tip[1] + 0.008 + 0.011 * math.sin(a), tip[2]) for a in np.linspace(0, 6.283, 25)[:-1].tolist()]
    pan.append(sh.tube("eye", eye, 0.0036, mount if mount is not look.body else grip, (0, 0, 1), closed=True, sides=10))
    for x in (-0.012, 0.012):  # rivets
        rivet = sh.ball("rivet", 0.0045, (x, r * 0.96 - 0.004, deep * 0.72), look.chrome, 0.8)
        pan.append(rivet)
    brand = look.brand(look.colour if grip is look.body else (0.1, 0.1, 0.11), rng)
    label = sh.flat_label("brand", length * 0.42, 0.0105, (0, 0, 0), brand)
    middle = line[4]
    pan.append(sh.move(sh.move(label, (0, 0, 0), (-90, 0, -90)), (0, middle[1] + 0.02, middle[2] + 0.0082)))
    # the pan was turned about the upright axis: now its opening looks at the viewer
    return [sh.move(part, (0, 0, 0), (90, 0, 0)) for part in pan]
