"""Smart watches, their straps laid out."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, WHITE, Look, Objects


def _dial(look: Look, rng: random.Random, round_: bool) -> sh.Image.Image:
    """A watch face: the time, rings of activity and a few figures."""
    from PIL import Image, ImageDraw

    size = 512
    ground = rng.choice(((0.03, 0.03, 0.04), mix(look.colour, (0, 0, 0), 0.8), (0.05, 0.07, 0.12)))
    image = Image.new("RGBA", (size, size), sh.rgb8(ground))
    draw = ImageDraw.Draw(image)
    vivid = [mix(look.accent_colour, (1, 1, 1), 0.2), (0.35, 0.85, 0.6), (0.98, 0.62, 0.25), (0.4, 0.7, 0.98)]
    rng.shuffle(vivid)
    kind = rng.choice(("rings", "hands", "figures"))

    def write(text: str, box: tuple[float, ...], ink: sh.Colour) -> None:
        sh.place_text(image, text, [edge / size for edge in box], ink)

    if kind == "rings":
        for k in range(3):
            box = [52 + 42 * k, 52 + 42 * k, size - 52 - 42 * k, size - 52 - 42 * k]
            draw.arc(box, 0, 360, sh.rgb8(mix(vivid[k], (0, 0, 0), 0.72)), 28)
            draw.arc(box, -90, rng.randint(60, 260), sh.rgb8(vivid[k]), 28)
        write(f"{rng.randint(1, 12)}:{rng.randint(10, 59)}", (170, 210, 342, 302), WHITE)
    elif kind == "hands":
        for k in range(60):
            a, inner = k * math.pi / 30, 214 if k % 5 == 0 else 226
            ends = [(256 + radius * math.sin(a), 256 - radius * math.cos(a)) for radius in (inner, 240)]
            draw.line(ends, sh.rgb8(vivid[0] if k % 15 == 0 else (0.8, 0.8, 0.8)), 8 if k % 5 == 0 else 3)
        for angle, reach, width in ((rng.uniform(0, 6.28), 130, 18), (rng.uniform(0, 6.28), 195, 12)):
            draw.line([(256, 256), (256 + reach * math.sin(angle), 256 - reach * math.cos(angle))], sh.rgb8(WHITE), width)
        draw.ellipse([240, 240, 272, 272], sh.rgb8(vivid[1]))
    else:
        write(f"{rng.randint(1, 12)}:{rng.randint(10, 59)}", (96, 110, 416, 250), vivid[0])
        write(look.product.brand, (140, 60, 372, 100), (0.75, 0.75, 0.75))
        for k in range(3):
            x = 100 + 112 * k
            draw.ellipse([x, 300, x + 88, 388], outline=sh.rgb8(vivid[k]), width=9)
            write(str(rng.randint(40, 99)), (x + 20, 322, x + 68, 366), WHITE)
    return image


def smartwatch(look: Look, rng: random.Random) -> Objects:
    round_ = rng.random() < 0.5
    w = rng.uniform(0.04, 0.046)
    h = w if round_ else w * rng.uniform(1.08, 1.2)
    thick, strap_w = 0.0105, w * (0.5 if round_ else 0.62)
    outline = sh.circle(w / 2, 72) if round_ else sh.rounded_rect(w, h, w * 0.24, 10)
    case = rng.choice((look.chrome, look.gold, look.black, look.of("metal", mix(look.accent_colour, (0.4, 0.4, 0.42), 0.5))))
    parts = [sh.prism("case", outline, sh.fillet([(0.004, 0), (0, 0.002, 0.002), (0, thick, 0.002), (0.003, thick)]), case)]
    glass = sh.circle(w * 0.455, 72) if round_ else sh.rounded_rect(w * 0.9, h * 0.91, w * 0.2, 10)
    black = principled("glass", (0.015, 0.015, 0.018), 0.05, coat_weight=0.6)
    parts.append(
        sh.prism("glass", glass, sh.fillet([(0, thick - 0.001), (0, thick + 0.0012, 0.0008), (0.001, thick + 0.0012)]), black)
    )
    face = sh.picture("dial", sh.rounded_mask(_dial(look, rng, round_), 0.5 if round_ else 0.24), 0.06, emission=0.7)
    side = w * 0.84
    dial = sh.flat_label("dial", side, side if round_ else side * h / w, (0, 0, 0), face)
    parts.append(sh.move(dial, (0, 0, thick + 0.0015), (-90, 0, 0)))
    crown = sh.lathe("crown", sh.fillet([(0, 0), (0.0032, 0, 0.0006), (0.0032, 0.003, 0.0008), (0, 0.003)]), case, 28)
    parts.append(sh.move(crown, (w / 2 - 0.0006, 0, thick * 0.55), (0, 90, 0)))
    parts.append(sh.box("button", (0.0016, 0.008, 0.003), (w / 2 + 0.0002, -h * 0.22, thick * 0.42), case, 0.0006))
    band = look.chrome if "steel" in look.words and rng.random() < 0.4 else look.body
    metal = band is look.chrome
    for sign, length in ((1, rng.uniform(0.07, 0.078)), (-1, rng.uniform(0.09, 0.102))):
        count = 22 if metal else 1
        y0 = h / 2 - 0.003
        if metal:
            step = length / count
            for k in range(count):
                width = strap_w * (1 - 0.2 * k / count)
                link = sh.box(
                    "link", (width, step * 0.9, 0.0032), (0, sign * (y0 + step * (k + 0.5)), thick * 0.22), band, 0.0008
                )
                parts.append(link)
        else:
            sections = []
            for t in np.linspace(0, 1, 16).tolist():
                half = (
                    strap_w
                    / 2
                    * (1.12 - 0.3 * min(1, 1.6 * t))
                    * (1.0 if t < 0.93 else math.sqrt(max(1 - ((t - 0.93) / 0.075) ** 2, 0.02)))
                )
                y, z = sign * (y0 + length * t), thick * 0.5 * (1 - min(1, 2.2 * t)) ** 2 + 0.0003
                ring = sh.rounded_rect(2 * half, 0.0028, 0.0012, 3)
                sections.append([(x, y, z + 0.0014 + dz) for x, dz in ring])
            parts.append(sh.loft("strap", sections if sign > 0 else [s[::-1] for s in sections], band))
            if sign < 0:
                hole = principled("hole", mix(look.colour, DARK, 0.8), 0.8)
                for k in range(7):
                    dot = sh.lathe("hole", [(0, 0), (0.0013, 0), (0.0013, 0.0002), (0, 0.0002)], hole, 16)
                    parts.append(sh.move(dot, (0, -(y0 + length * (0.45 + 0.065 * k)), 0.0031)))
        if sign > 0:
            end = y0 + length
            wide = strap_w * 0.98
            loop = [(wide / 2 * sx, end + 0.006 * sy, 0.0028) for sx, sy in ((-1, -0.6), (-1, 1), (1, 1), (1, -0.6))]
            parts.append(sh.tube("buckle", loop, 0.0011, case, (0, 0, 1), closed=True, sides=8))
            parts.append(
                sh.tube("tongue", [(0, end - 0.003, 0.004), (0, end + 0.006, 0.0042)], 0.0009, case, (0, 0, 1), sides=6)
            )
    return [sh.move(part, (0, 0, 0), (90, 0, 0)) for part in parts]
