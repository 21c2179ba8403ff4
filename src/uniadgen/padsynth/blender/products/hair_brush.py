"""Hair brushes."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import WHITE, Look, Objects


def hair_brush(look: Look, rng: random.Random) -> Objects:
    """The bristles look to the front; the handle points upwards, where a loop of cord is."""
    head_h, head_w = rng.uniform(0.085, 0.11), rng.uniform(0.058, 0.08)
    grip_h, grip_w, thick = rng.uniform(0.1, 0.12), rng.uniform(0.019, 0.024), 0.013
    power = rng.choice((2.3, 3.2))
    steps = np.linspace(-1, 1, 41)
    half = [head_w / 2 * max(1 - abs(t) ** power, 0.0) ** (1 / power) for t in steps.tolist()]
    right = []
    for t, w in zip(steps.tolist(), half, strict=True):
        y = head_h / 2 * (t + 1)
        right.append((max(w, grip_w * 0.32) if t > 0.5 else w, y))
    top = head_h + grip_h
    for t in np.linspace(0.12, 1, 16).tolist():
        bulge = grip_w / 2 * (0.72 + 0.38 * math.sin(math.pi * t * 0.9))
        right.append((bulge * (1.0 if t < 0.88 else math.sqrt(max(1 - ((t - 0.88) / 0.125) ** 2, 0.02))), head_h + grip_h * t))
    outline = [*right, *[(-x, y) for x, y in reversed(right[1:])]]
    wood = look.product.material == "wood"
    body = look.of("wood") if wood else look.body
    parts = [sh.prism("body", outline, sh.fillet([(0.004, 0), (0, 0.004, 0.004), (0, thick, 0.004), (0.004, thick)], 4), body)]
    pad_w, pad_h = head_w * 0.8, head_h * 0.8
    cushion = look.of("rubber", mix(look.accent_colour, (0.1, 0.1, 0.1), 0.15))
    pad = [(pad_w / 2 * math.cos(a), pad_h / 2 * math.sin(a)) for a in np.linspace(0, 6.283, 64, endpoint=False).tolist()]
    rise = sh.fillet([(0, thick - 0.001), (0, thick + 0.003, 0.003), (0.008, thick + 0.006)], 4)
    parts.append(sh.move(sh.prism("pad", pad, rise, cushion), (0, head_h / 2, 0)))
    pin = principled("pin", rng.choice(((0.08, 0.08, 0.09), WHITE, mix(look.colour, (1, 1, 1), 0.3))), 0.3)
    tip = principled("tip", rng.choice((WHITE, (0.1, 0.1, 0.11), look.accent_colour)), 0.35)
    pins, tips, step = [], [], 0.0078
    for row, y in enumerate(np.arange(-pad_h / 2 + 0.006, pad_h / 2 - 0.004, step * 0.9).tolist()):
        for x in np.arange(-pad_w / 2, pad_w / 2, step).tolist():
            at = x + (step / 2 if row % 2 else 0)
            if (at / (pad_w / 2 - 0.004)) ** 2 + (y / (pad_h / 2 - 0.004)) ** 2 > 0.95:
                continue
            foot = (at, head_h / 2 + y, thick + 0.004)
            end = (at * 1.1, head_h / 2 + y * 1.08, thick + 0.019)
            pins.append(sh.tube("pin", [foot, end], 0.0006, pin, (0, 1, 0), sides=5))
            tips.append(sh.ball("tip", 0.0011, end, tip))
    parts += [sh.join(pins), sh.join(tips)]
    cord = look.of("fabric", mix(look.accent_colour, (0.3, 0.25, 0.2), 0.3))
    loop = [
        (0.011 * math.sin(a), top + 0.012 - 0.018 * math.cos(a), thick / 2) for a in np.linspace(0, 6.283, 25)[:-1].tolist()
    ]
    parts.append(sh.tube("loop", loop, 0.0013, cord, (0, 0, 1), closed=True, sides=8))
    label = sh.flat_label(
        "brand", grip_h * 0.5, grip_h * 0.125, (0, 0, 0), look.brand(look.colour if not wood else (0.75, 0.6, 0.42), rng)
    )
    parts.append(sh.move(sh.move(label, (0, 0, 0), (-90, 0, 90)), (0, head_h + grip_h * 0.5, thick + 0.0003)))
    return [sh.move(part, (0, 0, 0), (90, 0, 0)) for part in parts]
