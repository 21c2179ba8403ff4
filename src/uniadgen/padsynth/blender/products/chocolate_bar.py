"""Chocolate bars, wrapped, some of them opened."""

import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import principled
from uniadgen.padsynth.blender.products.look import Look, Objects


def chocolate_bar(look: Look, rng: random.Random) -> Objects:
    w, h, thick = rng.uniform(0.072, 0.082), rng.uniform(0.15, 0.17), 0.0105
    opened = rng.random() < 0.5
    cut = h * rng.uniform(0.6, 0.72) if opened else h
    image = sh.label_image(
        look.product.brand,
        look.line,
        look.colour,
        sh.readable(look.accent_colour, look.colour, 2.2),
        rng,
        512,
        round(512 * cut / w),
        "cocoa",
    )
    paper = sh.textured(principled("paper", look.colour, 0.5), "noise", 600, 0.06, 0.0003)
    wrap = [
        sh.slab("wrap", w, thick, 0.0, cut, paper, 0.003)
        if False
        else sh.box("wrap", (w, cut, thick), (0, cut / 2, 0), paper, 0.0028, 4)
    ]
    label = sh.flat_label("label", w * 0.985, cut * 0.985, (0, 0, 0), sh.picture("label", image, 0.42, coat=0.12))
    wrap.append(sh.move(label, (0, cut / 2, thick + 0.0003), (-90, 0, 0)))
    if not opened:
        return [sh.move(part, (0, 0, 0), (90, 0, 0)) for part in wrap]
    foil = principled("foil", rng.choice(((0.86, 0.86, 0.88), (0.86, 0.68, 0.38))), 0.28, 1.0)
    sh.textured(foil, "noise", 160, 0.5, 0.002)
    # the foil's torn edge rises a little above the paper
    u = np.linspace(-1, 1, 40)
    edge = cut + 0.006 + 0.005 * np.sin(9 * u + rng.uniform(0, 6)) + 0.004 * np.sin(23 * u)
    front = [(float(x) * w * 0.498, float(y)) for x, y in zip(u, edge, strict=True)]
    outline = [(-w * 0.498, cut - 0.01), (w * 0.498, cut - 0.01), *front[::-1]]
    wrap.append(sh.prism("foil", outline, [(0.0, 0.0006), (0.0, thick - 0.0003)], foil))
    cocoa = rng.choice(((0.22, 0.11, 0.06), (0.36, 0.19, 0.1), (0.9, 0.8, 0.62)))
    chocolate = principled("chocolate", cocoa, 0.34, coat_weight=0.2, coat_roughness=0.25)
    sh.textured(chocolate, "noise", 350, 0.05, 0.0004)
    wide, long = w * 0.94, h * 0.985
    wrap.append(sh.box("bar", (wide, long, thick * 0.55), (0, long / 2, 0.001), chocolate, 0.0015))
    columns, rows = 3, 7
    for row in range(rows):
        for column in range(columns):
            x, y = (column - (columns - 1) / 2) * wide / columns, long * (row + 0.5) / rows
            if y < cut - 0.012:
                continue
            size = (wide / columns * 0.93, long / rows * 0.92, thick * 0.4)
            wrap.append(sh.box("piece", size, (x, y, 0.001 + thick * 0.5), chocolate, 0.0016, 3))
    return [sh.move(part, (0, 0, 0), (90, 0, 0)) for part in wrap]
