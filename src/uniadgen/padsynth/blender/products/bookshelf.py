"""Bookshelfs."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, WHITE, Look, Objects
from uniadgen.padsynth.blender.products.parts import legs


def bookshelf(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.7, 0.9), rng.uniform(0.26, 0.32), rng.uniform(1.2, 1.65)
    levels, t = rng.randint(4, 5), 0.024
    wood = look.wood
    foot = rng.uniform(0.06, 0.1)
    step = (h - foot - t) / levels
    industrial = look.product.material == "metal" or rng.random() < 0.35
    parts = [
        sh.box("shelf", (w - 0.002, d, t), (0, 0, foot + i * step), wood, 0.003)
        for i in range(levels + (0 if industrial and rng.random() < 0.5 else 1))
    ]
    if industrial:
        metal = look.of("metal", mix(look.colour, DARK, 0.3)) if look.product.material == "metal" else look.black
        for s in (-1, 1):
            parts += [
                sh.box("post", (0.022, 0.022, h + 0.02), (s * (w / 2 + 0.008), y, 0), metal, 0.003)
                for y in (-d / 2 + 0.012, d / 2 - 0.012)
            ]
            parts += [
                sh.box("rung", (0.018, d, 0.018), (s * (w / 2 + 0.008), 0, foot + i * step + 0.003), metal, 0.003)
                for i in range(levels + 1)
            ]
        parts += [
            sh.tube("brace", [(-w / 2, d / 2, foot), (w / 2, d / 2, h)], 0.005, metal),
            sh.tube("brace", [(w / 2, d / 2, foot), (-w / 2, d / 2, h)], 0.005, metal),
        ]
    else:
        side = look.of("plastic") if rng.random() < 0.4 else wood
        parts += [sh.box("side", (t, d, h - foot + 0.002), (s * (w - t) / 2, 0, foot - 0.001), side, 0.003) for s in (-1, 1)]
        parts.append(sh.box("back", (w - t, 0.008, h - foot), (0, d / 2 - 0.004, foot), side, 0.002))
        parts += legs(look, w * 0.42, d * 0.36, foot + 0.005, look.wood, 0.02, 0.022)
    tones = [
        look.colour,
        look.accent_colour,
        WHITE,
        (0.2, 0.25, 0.35),
        (0.75, 0.6, 0.42),
        mix(look.colour, WHITE, 0.5),
        (0.55, 0.2, 0.18),
    ]
    covers = [look.of("paper", c) for c in tones]
    paper = principled("pages", (0.92, 0.88, 0.78), 0.8)
    for i in range(levels):
        z, x, room = foot + i * step + t, -w / 2 + t + 0.02, step - t
        end = x + (w - 2 * t) * rng.uniform(0.35, 0.9)
        while x < end - 0.05:
            bw, bh, bd = rng.uniform(0.018, 0.045), room * rng.uniform(0.6, 0.86), d * rng.uniform(0.6, 0.78)
            parts += [
                sh.box("book", (bw, bd, bh), (x + bw / 2, 0.01, z), rng.choice(covers), 0.002, 1),
                sh.box("pages", (bw * 0.7, bd - 0.008, 0.003), (x + bw / 2, 0.014, z + bh - 0.002), paper, 0.0005, 1),
            ]
            x += bw + 0.002
        free = w / 2 - t - x
        if free > 0.14:
            r, cx = min(free * 0.32, 0.07, room * 0.3), (x + w / 2 - t) / 2
            vase = sh.spline([(r * 0.6, 0), (r, r * 1.1), (r * 0.5, r * 2.1), (r * 0.62, r * 2.4)], 6)
            if rng.random() < 0.6:
                parts.append(
                    sh.move(
                        sh.lathe(
                            "vase",
                            [(0, 0), *vase, (r * 0.5, r * 2.35), (0, r * 1.8)],
                            look.of("ceramic", rng.choice(tones)),
                            36,
                        ),
                        (cx, 0, z),
                    )
                )
            else:
                parts.append(sh.box("box", (r * 2, d * 0.6, r * 1.7), (cx, 0, z), look.of("fabric", rng.choice(tones)), 0.008))
    return parts
