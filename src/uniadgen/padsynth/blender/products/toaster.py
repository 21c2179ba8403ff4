"""Toasters."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import principled
from uniadgen.padsynth.blender.products.look import Look, Objects
from uniadgen.padsynth.blender.products.parts import disc, feet


def toaster(look: Look, rng: random.Random) -> Objects:
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
