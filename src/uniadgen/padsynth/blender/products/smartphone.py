"""Smartphones."""

import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import Look, Objects
from uniadgen.padsynth.blender.products.parts import disc


def smartphone(look: Look, rng: random.Random) -> Objects:
    w, h, d = rng.uniform(0.07, 0.077), rng.uniform(0.147, 0.163), rng.uniform(0.0078, 0.009)
    corner = rng.uniform(0.008, 0.013)
    frame, back = (
        look.of("metal", mix(look.colour, (0.7, 0.7, 0.72), 0.3)),
        look.of("ceramic" if look.product.material != "metal" else "metal"),
    )
    style = rng.choice(("row", "square", "single"))

    def phone() -> Objects:
        body = [
            sh.plate("frame", sh.rounded_rect(w, h, corner, 9), d, frame, 0.0022),
            sh.box("power", (0.0015, 0.003, 0.013), (w / 2, 0, 0.018), frame, 0.0006),
        ]
        body += [sh.box("volume", (0.0015, 0.003, 0.011), (-w / 2, 0, 0.012 + i * 0.015), frame, 0.0006) for i in range(2)]
        return body

    def front() -> Objects:
        body = phone()
        face = sh.plate(
            "glass",
            sh.rounded_rect(w - 0.0024, h - 0.0024, corner - 0.001, 9),
            0.0006,
            principled("glass front", (0.01, 0.01, 0.012), 0.04, coat_weight=0.5),
            0.0002,
        )
        screen = sh.flat_label(
            "screen",
            w - 0.006,
            h - 0.006,
            (0, -d / 2 - 0.0006, 0),
            sh.picture("screen", _wallpaper(look, rng), 0.08, emission=0.55),
        )
        return [*body, sh.move(face, (0, -d / 2, 0)), screen]

    def rear() -> Objects:
        body = phone()
        panel = sh.move(
            sh.plate("back", sh.rounded_rect(w - 0.002, h - 0.002, corner - 0.001, 9), 0.0008, back, 0.0004), (0, -d / 2, 0)
        )
        y, lenses = -d / 2 - 0.0004, []
        island = {"row": (0.02, 0.052), "square": (0.032, 0.034), "single": (0.018, 0.018)}[style]
        cz = h / 2 - 0.006 - island[1] / 2
        cx = -w / 2 + 0.006 + island[0] / 2
        lenses.append(sh.move(sh.plate("island", sh.rounded_rect(*island, 0.009, 7), 0.003, frame, 0.0009), (cx, y, cz)))
        spots = {
            "row": [(0, 0.015), (0, 0), (0, -0.015)],
            "square": [(-0.007, 0.008), (-0.007, -0.008), (0.008, 0)],
            "single": [(0, 0)],
        }[style]
        for sx, sz in spots:
            at = (cx + sx, y - 0.0014, cz + sz)
            lenses += [
                disc("lens ring", 0.0064, 0.0018, at, look.chrome, 0.0005),
                disc("lens", 0.0053, 0.0021, at, principled("lens", (0.01, 0.012, 0.03), 0.03, coat_weight=1.0), 0.0003),
            ]
        lenses.append(
            disc(
                "flash",
                0.0022,
                0.0004,
                (w / 2 - 0.012, y, h / 2 - 0.012) if style != "single" else (cx + 0.016, y, cz),
                look.glow((1, 0.95, 0.8), 0.3),
            )
        )
        logo = sh.flat_label("brand", w * 0.56, w * 0.14, (0, -d / 2 - 0.0012, -h * 0.08), look.brand(look.colour, rng))
        return [*body, panel, *lenses, logo]

    if rng.random() < 0.6:
        yaw = rng.uniform(-6, 2)
        first = [sh.move(o, (w * 0.3, -0.012, h / 2), (0, 0, yaw)) for o in front()]
        second = [sh.move(o, (-w * 0.38, 0.014, h / 2), (0, 0, 4)) for o in rear()]
        return first + second
    only = front() if rng.random() < 0.6 else rear()
    return [sh.move(o, (0, 0, h / 2)) for o in only]


def _wallpaper(look: Look, rng: random.Random) -> sh.Image.Image:
    """A phone's screen: flowing colours, the time, and a row of icons."""
    height, width = 480, 224
    y, x = np.mgrid[0:1:480j, 0:1:224j]
    a, b, c = look.colour, look.accent_colour, tuple(rng.random() for _ in range(3))
    flow = 0.5 + 0.5 * np.sin(3 * x * rng.uniform(0.5, 2) + 5 * y + 1.5 * np.sin(4 * y + 3 * x * rng.uniform(-1, 1)))
    glow = np.exp(-((x - rng.random()) ** 2 + (y - rng.random()) ** 2) * 6)
    colours = flow[..., None] * np.array(a) + (1 - flow[..., None]) * np.array(b)
    colours = colours * (1 - 0.7 * glow[..., None]) + 0.7 * glow[..., None] * np.array(c)
    image = sh.Image.fromarray((255 * colours.clip(0, 1)).astype(np.uint8)).convert("RGBA")
    sh.place_text(image, f"{rng.randint(7, 21)}:{rng.randint(10, 59)}", (0.18, 0.14, 0.82, 0.27), (1, 1, 1), weight=0.01)
    sh.place_text(image, look.product.brand, (0.3, 0.29, 0.7, 0.33), (1, 1, 1))
    draw = sh.ImageDraw.Draw(image)
    for row in range(rng.choice((0, 2, 3))):
        for i in range(4):
            left, top = width * (0.09 + 0.218 * i), height * (0.5 + 0.12 * row)
            draw.rounded_rectangle((left, top, left + 36, top + 36), 9, sh.rgb8((rng.random(), rng.random(), rng.random())))
    for i in range(4):
        left = width * (0.09 + 0.218 * i)
        draw.rounded_rectangle((left, height * 0.89, left + 36, height * 0.89 + 36), 9, sh.rgb8((1, 1, 1), 0.9))
    draw.ellipse((width / 2 - 6, 14, width / 2 + 6, 26), (0, 0, 0, 255))
    return sh.rounded_mask(image, 0.13)
