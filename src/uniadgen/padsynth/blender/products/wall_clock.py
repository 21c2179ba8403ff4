"""Wall clocks."""

import math
import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, WHITE, Look, Objects


def _face(look: Look, rng: random.Random, paper: sh.Colour, ink: sh.Colour) -> sh.Image.Image:
    from PIL import Image, ImageDraw

    size = 768
    image = Image.new("RGBA", (size, size), sh.rgb8(paper))
    draw, c = ImageDraw.Draw(image), size / 2
    kind, marks = rng.choice(("numbers", "quarters", "lines", "dots", "roman")), rng.random() < 0.6

    def write(text: str, box: tuple[float, ...]) -> None:
        sh.place_text(image, text, [edge / size for edge in box], ink)

    roman = ("XII", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI")
    for k in range(60):
        a = k * math.pi / 30
        if marks or (kind in ("lines", "dots") and k % 5 == 0):
            out, inner = 0.94 * c, (0.86 if k % 5 == 0 else 0.91) * c
            if kind == "dots":
                r = 11 if k % 5 == 0 else 4
                x, y = c + 0.9 * c * math.sin(a), c - 0.9 * c * math.cos(a)
                draw.ellipse([x - r, y - r, x + r, y + r], sh.rgb8(ink))
            else:
                ends = [(c + r * math.sin(a), c - r * math.cos(a)) for r in (inner, out)]
                draw.line(ends, sh.rgb8(ink), 9 if k % 5 == 0 else 3)
    for hour in range(12):
        if kind in ("lines", "dots") or (kind == "quarters" and hour % 3):
            continue
        a = hour * math.pi / 6
        x, y, r = c + 0.73 * c * math.sin(a), c - 0.73 * c * math.cos(a), 0.12 * c
        text = roman[hour] if kind == "roman" else str(hour or 12)
        write(text, (x - r, y - 0.8 * r, x + r, y + 0.8 * r))
    write(look.product.brand, (c - 0.26 * c, c - 0.46 * c, c + 0.26 * c, c - 0.34 * c))
    return image


def wall_clock(look: Look, rng: random.Random) -> Objects:
    r, deep, rim = 0.15, rng.uniform(0.025, 0.04), rng.uniform(0.007, 0.02)
    square = rng.random() < 0.2
    outline = sh.rounded_rect(2 * r, 2 * r, r * 0.25, 10) if square else sh.circle(r, 96)
    profile = [(0, 0), (0, deep, 0.004), (rim, deep, 0.003), (rim + 0.003, deep - 0.008)]
    parts = [sh.prism("frame", outline, sh.fillet(profile), look.body)]
    paper = rng.choice((WHITE, WHITE, (0.96, 0.93, 0.85), mix(look.colour, (1, 1, 1), 0.75), DARK, look.colour))
    ink = sh.readable(rng.choice((look.accent_colour, DARK)), paper, 4.5)
    inner = r - rim - 0.001
    face = sh.picture("face", sh.rounded_mask(_face(look, rng, paper, ink), 0.25 if square else 0.5), 0.5)
    parts.append(sh.move(sh.flat_label("face", 2 * inner, 2 * inner, (0, 0, 0), face), (0, 0, deep - 0.0074), (-90, 0, 0)))
    hands = principled("hands", ink, 0.35)
    hour, minute = rng.choice(((-58.0, 60.0), (55.0, -56.0), (-50.0, 63.0), (35.0, -62.0)))
    for angle, reach, width, z in ((hour, 0.52, 0.055, 0.006), (minute, 0.8, 0.04, 0.0045)):
        shape = [
            (-width * inner, -0.14 * inner),
            (width * inner, -0.14 * inner),
            (0.45 * width * inner, reach * inner),
            (-0.45 * width * inner, reach * inner),
        ]
        hand = sh.prism("hand", shape, [(0.0, 0.0), (0.0, 0.0012)], hands)
        parts.append(sh.move(hand, (0, 0, deep - z), (0, 0, -angle)))
    second = principled("second", look.accent_colour if ink is not look.accent_colour else (0.75, 0.15, 0.12), 0.35)
    thin = sh.prism(
        "hand",
        [(-0.001, -0.2 * inner), (0.001, -0.2 * inner), (0.0006, 0.84 * inner), (-0.0006, 0.84 * inner)],
        [(0.0, 0.0), (0.0, 0.001)],
        second,
    )
    parts.append(sh.move(thin, (0, 0, deep - 0.003), (0, 0, -rng.uniform(120, 240))))
    parts.append(
        sh.move(
            sh.lathe("pin", sh.fillet([(0, 0), (0.006, 0), (0.006, 0.003, 0.001), (0, 0.003)]), second, 32),
            (0, 0, deep - 0.004),
        )
    )
    return [sh.move(part, (0, 0, 0), (90, 0, 0)) for part in parts]
