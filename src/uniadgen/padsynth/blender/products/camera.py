"""Cameras."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, Look, Objects


def camera(look: Look, rng: random.Random) -> Objects:
    w, h, d = rng.uniform(0.122, 0.14), rng.uniform(0.072, 0.082), rng.uniform(0.036, 0.044)
    slr = rng.random() < 0.55
    shell = look.of("metal", mix(look.colour, (0.6, 0.6, 0.62), 0.25)) if look.product.material == "metal" else look.solid
    skin = look.of("leather", DARK if sh.luminance(look.colour) > 0.02 else mix(look.accent_colour, DARK, 0.3))
    if look.product.material == "leather":
        skin, shell = look.of("leather"), look.of("metal", (0.76, 0.76, 0.77))
    cut = h * 0.76
    parts = [
        sh.slab("bottom", (w, d, h * 0.14), shell, d * 0.42, 0.002),
        sh.slab("wrap", (w - 0.001, d - 0.001, cut - h * 0.1), skin, d * 0.42, 0.001, z=h * 0.12),
        sh.slab("top", (w, d, h - cut), shell, d * 0.42, 0.004, z=cut),
    ]
    if slr:
        outline = [(-0.028, cut), (-0.021, h + 0.018), (0.021, h + 0.018), (0.028, cut)]
        parts.append(sh.move(sh.plate("prism", outline, d + 0.006, shell, 0.004), (-w * 0.03, 0, 0)))
        parts.append(sh.move(sh.slab("grip", (0.03, 0.026, h * 0.9), skin, 0.012, 0.006, z=0.002), (-w / 2 + 0.017, -d / 2, 0)))
        brand_at, brand_w = (-w * 0.03, -d / 2 - 0.0034, h + 0.0015), 0.034
    else:
        window = [
            sh.move(sh.plate("finder", sh.rounded_rect(fw, 0.011, 0.002), 0.002, m, 0.0005), (x, -d / 2, h - 0.009))
            for x, fw, m in ((w * 0.3, 0.02, look.black), (w * 0.08, 0.012, look.clear))
        ]
        parts += window
        brand_at, brand_w = (-w * 0.2, -d / 2 - 0.0006, h - 0.009), 0.042
    lx, lz, r = -w * 0.03 if slr else 0.0, h * 0.46, rng.uniform(0.028, 0.033)
    length = rng.uniform(0.03, 0.06)
    barrel = sh.fillet(
        [
            (0, 0),
            (r * 1.05, 0),
            (r * 1.05, 0.006),
            (r * 0.93, 0.007),
            (r * 0.93, length * 0.3),
            (r, length * 0.32),
            (r, length * 0.62),
            (r * 0.95, length * 0.64),
            (r * 0.95, length, 0.002),
            (r * 0.82, length),
            (r * 0.74, length - 0.006),
            (0, length - 0.007),
        ]
    )
    metal_ring = sh.fillet(
        [(r * 0.8, length * 0.66), (r * 0.97, length * 0.66), (r * 0.97, length * 0.74), (r * 0.8, length * 0.74)]
    )
    eye = [
        (0, 0.004),
        *[(r * 0.72 * math.sin(a), length - 0.012 + 0.006 * math.cos(a)) for a in np.linspace(0, math.pi / 2, 8)][::-1],
    ]
    lens_glass = principled("lens", (0.05, 0.03, 0.12), 0.02, 0.3, coat_weight=1.0, coat_tint=(0.6, 0.5, 1.0, 1.0))
    front = (lx, -d / 2, lz)
    parts += [
        sh.move(sh.lathe("barrel", barrel, look.black, 56), front, (90, 0, 0)),
        sh.move(sh.lathe("ring", metal_ring, rng.choice((look.chrome, look.accent)), 56, ring=True), front, (90, 0, 0)),
    ]
    parts.append(sh.move(sh.lathe("lens", [(0, length - 0.014), *eye[1:]], lens_glass, 48), front, (90, 0, 0)))
    ribs = [
        (lx + (r * 1.006) * math.cos(a), -d / 2 - length * 0.47, lz + (r * 1.006) * math.sin(a))
        for a in np.linspace(0, 2 * math.pi, 44)[:-1]
    ]
    vertices_of = [
        sh.box("rib", (0.0016, length * 0.26, 0.0016), (x, y, z - 0.0008), look.rubber, 0.0004, 1) for x, y, z in ribs
    ]
    parts.append(sh.join(vertices_of))
    dial = sh.fillet([(0, 0), (0.0095, 0), (0.0095, 0.008, 0.0012), (0, 0.008)])
    for x, k, m in ((w * 0.34, 1.0, look.chrome), (w * 0.2, 0.75, look.black), (-w * 0.36, 0.8, look.chrome)):
        parts.append(sh.move(sh.lathe("dial", [(a * k, b) for a, b in dial], m, 32), (x, 0, h - 0.0005)))
    parts.append(
        sh.move(sh.lathe("shutter", [(0, 0), (0.004, 0), (0.0035, 0.011), (0, 0.012)], look.accent, 24), (-w * 0.36, 0, h))
    )
    parts.append(sh.box("shoe", (0.018, 0.018, 0.003), (lx, 0.002, h + (0.017 if slr else -0.001)), look.chrome, 0.0008))
    surface = look.colour if look.product.material != "leather" else (0.76, 0.76, 0.77)
    parts.append(sh.flat_label("brand", brand_w, brand_w / 4, brand_at, look.brand(surface, rng)))
    return parts
