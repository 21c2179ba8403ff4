"""Perfumes."""

import math
import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.products.look import WHITE, Look, Objects


def perfume(look: Look, rng: random.Random) -> Objects:
    juice = look.liquid(mix(look.colour, WHITE, 0.25), 0.7)
    form = rng.choice(("block", "disc", "column"))
    metal = rng.choice((look.gold, look.chrome))
    if form == "disc":
        r, depth = rng.uniform(0.034, 0.042), rng.uniform(0.022, 0.028)
        outline = sh.circle(r, 56, rng.uniform(0.85, 1.0))
        h = max(y for _, y in outline) * 2
        glass = sh.move(sh.plate("bottle", outline, depth, look.body, depth * 0.35), (0, 0, h / 2 + 0.002))
        inside = sh.move(
            sh.plate("juice", [(x * 0.86, y * 0.86) for x, y in outline], depth * 0.6, juice, depth * 0.2),
            (0, 0, h / 2 + 0.002),
        )
        foot = sh.box("foot", (r * 0.9, depth * 0.9, 0.006), (0, 0, 0), metal, 0.0015)
        parts = [glass, inside, foot]
        brand_at = (0, -depth / 2 - 0.0005, h / 2)
        face = r * 1.15
    elif form == "block":
        w, d, h = rng.uniform(0.048, 0.062), rng.uniform(0.024, 0.034), rng.uniform(0.062, 0.085)
        glass = sh.slab("bottle", (w, d, h), look.body, rng.uniform(0.003, 0.01), 0.003)
        inside = sh.slab("juice", (w - 0.009, d - 0.009, h * rng.uniform(0.72, 0.86) - 0.008), juice, 0.003, 0.002, z=0.008)
        parts = [glass, inside]
        brand_at, face = (0, -d / 2 - 0.0003, h * 0.46), w * 0.74
    else:
        r, h = rng.uniform(0.019, 0.025), rng.uniform(0.075, 0.095)
        facets = rng.choice((6, 8, 56))
        parts = [
            sh.lathe("bottle", sh.fillet([(0, 0), (r, 0, 0.002), (r, h, 0.004), (0, h)]), look.body, facets, smooth=30),
            sh.lathe(
                "juice", sh.fillet([(0, 0.008), (r - 0.0045, 0.008, 0.002), (r - 0.0045, h * 0.82), (0, h * 0.82)]), juice, 48
            ),
        ]
        if facets == 8:
            parts = [sh.move(o, degrees=(0, 0, 22.5)) for o in parts]
        front, face = (r * math.cos(math.pi / facets), r * 0.9) if facets < 10 else (r, r * 0.72)
        brand_at = (0, -front - 0.0004, h * 0.45)
    collar_r = 0.0085
    parts.append(
        sh.lathe(
            "collar",
            sh.fillet([(0, h - 0.002), (collar_r, h - 0.002), (collar_r, h + 0.007, 0.001), (0, h + 0.007)]),
            metal,
            40,
        )
    )
    cap_kind = rng.choice(("cylinder", "cube", "ball"))
    cap_material = rng.choice((metal, look.accent, look.black, look.wood))
    z, ch = h + 0.007, rng.uniform(0.02, 0.028)
    if cap_kind == "ball":
        parts.append(sh.ball("cap", ch * 0.55, (0, 0, z + ch * 0.5), cap_material))
    elif cap_kind == "cube":
        parts.append(sh.box("cap", (ch, min(ch, 0.026), ch), (0, 0, z), cap_material, 0.0025))
    else:
        parts.append(
            sh.lathe("cap", sh.fillet([(0, z), (0.0125, z, 0.001), (0.0125, z + ch, 0.002), (0, z + ch)]), cap_material, 48)
        )
    if form == "column" and facets > 10:
        image = look.label(rng, 384, 320, line="eau de parfum")
        parts.append(sh.round_label("label", [(r, 0), (r, h)], h * 0.2, h * 0.6, 105, image, lift=0.0003))
    elif rng.random() < 0.5 and face > 0.025:
        parts.append(sh.flat_label("label", face, face * 0.6, brand_at, look.label(rng, 384, 230, line="eau de parfum")))
    else:
        parts.append(sh.flat_label("brand", face, face / 4, brand_at, look.brand(mix(look.colour, WHITE, 0.25), rng)))
    return parts
