"""Face creams."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import WHITE, Look, Objects


def face_cream(look: Look, rng: random.Random) -> Objects:
    trim = rng.choice((look.gold, look.chrome, look.accent, look.white))
    if rng.random() < 0.7:
        r, h = rng.uniform(0.028, 0.036), rng.uniform(0.032, 0.046)
        wall = sh.fillet([(0, 0), (r * 0.94, 0, 0.005), (r, h * 0.35, 0.02), (r, h, 0.006), (r * 0.86, h), (0, h)], 6)
        parts = []
        if look.product.material == "glass":
            core = sh.fillet([(0, 0.007), (r * 0.78, 0.007, 0.006), (r * 0.82, h - 0.003), (0, h - 0.003)], 5)
            parts += [
                sh.lathe("jar", wall, look.body, 64),
                sh.lathe("cream", core, principled("cream", mix(look.colour, WHITE, 0.6), 0.35), 48),
            ]
        else:
            parts.append(sh.lathe("jar", wall, look.body, 64))
        parts.append(
            sh.lathe("ring", [(0, h - 0.001), (r * 0.9, h - 0.001), (r * 0.9, h + 0.003), (0, h + 0.003)], look.chrome, 56)
        )
        lid_h = rng.uniform(0.014, 0.022)
        lid_profile = sh.fillet([(0, 0), (r * 1.01, 0, 0.001), (r * 1.01, lid_h, 0.004), (0, lid_h + 0.001)], 5)
        lid = sh.lathe("lid", lid_profile, trim, 64)
        if rng.random() < 0.35:
            swirl = [
                (r * 0.84 * math.cos(a) * (1 - a / 16), r * 0.84 * math.sin(a) * (1 - a / 16), h + 0.002 + 0.0007 * a)
                for a in np.linspace(0, 14.5, 90)
            ]
            parts.append(
                sh.tube("swirl", swirl, 0.0045, principled("cream", (0.97, 0.94, 0.9), 0.3, coat_weight=0.2), up=(0, 0, 1))
            )
            parts.append(sh.move(lid, (r * 1.42, -r * 0.4, r * 0.94), (68, 0, 74)))
        else:
            parts.append(sh.move(lid, (0, 0, h + 0.0025)))
        label = sh.round_label("label", wall, h * 0.18, h * 0.86, 112, look.label(rng, 512, 256), lift=0.0003)
        return [*parts, label]
    w, h, cap_h = rng.uniform(0.024, 0.03), rng.uniform(0.11, 0.14), rng.uniform(0.018, 0.026)
    sections = []
    for t in np.linspace(0, 1, 14):
        flat = max(1 - t**1.25, 0.035)
        wide = 1 + 0.18 * t
        sections.append(
            [(x * wide * min(1, 0.9 + t * 2), y * flat * min(1, 0.9 + t * 2), cap_h + h * t) for x, y in sh.circle(w, 48)]
        )
    tube = sh.loft("tube", sections, look.of("plastic"), 60)
    crimp = sh.box("crimp", (w * 2.36, 0.0022, 0.01), (0, 0, cap_h + h - 0.002), look.of("plastic"), 0.0006)
    cap = sh.lathe("cap", sh.fillet([(0, 0), (w * 0.92, 0, 0.002), (w * 0.95, cap_h, 0.001), (0, cap_h)]), trim, 56)
    material = look.label(rng, 256, 384)

    def at(u: float, v: float) -> sh.Point:
        t = 0.14 + 0.68 * v
        a = (u - 0.5) * 1.7
        wide, flat = w * (1 + 0.18 * t), w * max(1 - t**1.25, 0.035)
        return wide * math.sin(a), -flat * math.cos(a) - 0.0006, cap_h + h * t

    return [tube, crimp, cap, sh.patch("label", at, material, 18, 18)]
