"""Smartphones, speakers, headphones, cameras."""

import math
import random

import numpy as np

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.materials import mix, principled
from uniadgen.padsynth.blender.products.look import DARK, Builders, Look, Objects
from uniadgen.padsynth.blender.products.parts import disc, feet


def _smartphone(look: Look, rng: random.Random) -> Objects:
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


def _speaker(look: Look, rng: random.Random) -> Objects:
    form = rng.choice(("box", "column", "portable"))
    cone = principled("cone", (0.06, 0.06, 0.065), 0.55)
    if form == "box":
        w, d, h = rng.uniform(0.17, 0.21), rng.uniform(0.19, 0.24), rng.uniform(0.28, 0.35)
        cabinet = sh.box(
            "cabinet",
            (w, d, h),
            (0, 0, 0.008),
            look.body if look.product.material != "fabric" else look.wood,
            rng.uniform(0.004, 0.014),
            4,
        )
        baffle = sh.move(
            sh.plate(
                "baffle",
                sh.rounded_rect(w - 0.02, h - 0.02, 0.01),
                0.008,
                rng.choice((look.black, look.accent, look.black)),
                0.002,
            ),
            (0, -d / 2 - 0.001, h / 2 + 0.008),
        )
        parts, y = [cabinet, baffle, *feet(look, w * 0.36, d * 0.36, height=0.009)], -d / 2 - 0.005
        drivers = (
            [(w * 0.36, h * 0.4), (w * 0.19, h * 0.79)] if rng.random() < 0.7 else [(w * 0.33, h * 0.3), (w * 0.33, h * 0.72)]
        )
        for r, z in drivers:
            at = (0, y, z)
            dish = [
                (0, 0.002),
                (r * 0.25, 0.004),
                (r * 0.8, 0.012),
                (r * 0.82, 0.016),
                (r * 0.88, 0.018),
                (r * 0.94, 0.014),
                (r * 0.94, 0.0),
                (0, 0.0),
            ]
            parts.append(disc("ring", r, 0.006, (0, y + 0.001, z), rng.choice((look.chrome, look.black, look.gold)), 0.002))
            parts.append(sh.move(sh.lathe("driver", [(q, zz - 0.006) for q, zz in dish], cone, 48), at, (90, 0, 0)))
            parts.append(sh.ball("dust cap", r * 0.28, (0, y + 0.001, z), rng.choice((look.chrome, look.gold, cone)), 1.0))
        brand = sh.flat_label("brand", w * 0.32, w * 0.08, (0, -d / 2 - 0.0056, 0.027), look.brand(DARK, rng))
        return [*parts, brand]
    if form == "column":
        r, h = rng.uniform(0.055, 0.085), rng.uniform(0.15, 0.24)
        cut = h * rng.uniform(0.72, 0.86)
        low = sh.fillet([(0, 0.004), (r * 0.9, 0.004, 0.01), (r, 0.02, 0.01), (r, cut), (0, cut)], 5)
        top = sh.fillet(
            [(0, cut), (r * 0.985, cut), (r * 0.985, h, 0.014), (r * 0.7, h), (r * 0.68, h - 0.002), (0, h - 0.002)], 6
        )
        ring = sh.fillet([(r * 0.9, cut - 0.002), (r + 0.001, cut - 0.002), (r + 0.001, cut + 0.003), (r * 0.9, cut + 0.003)])
        glow = [(r * 0.69, h - 0.003), (r * 0.75, h + 0.0006), (r * 0.69, h + 0.0006)]
        upper = look.of("plastic") if look.product.material == "fabric" else look.body
        parts = [
            sh.lathe("cloth", low, look.of("fabric"), 64),
            sh.lathe("top", top, upper, 64),
            sh.lathe("seam", ring, look.chrome, 64, ring=True),
        ]
        parts.append(sh.lathe("light", glow, look.glow(look.accent_colour, 2.5), 64, ring=True))
        parts.append(sh.lathe("foot", sh.fillet([(0, 0), (r * 0.8, 0), (r * 0.8, 0.005), (0, 0.005)]), look.rubber, 48))
        parts += [
            sh.move(disc("key", 0.006, 0.001, (0, 0, 0), look.white), (x, 0, h - 0.002), (-90, 0, 0)) for x in (-0.018, 0.018)
        ]
        return [
            *parts,
            sh.round_label(
                "brand", top, cut + 0.008, cut + 0.008 + min(0.03, (h - cut) * 0.5), 62, look.brand(look.colour, rng)
            ),
        ]
    length, r = rng.uniform(0.19, 0.25), rng.uniform(0.036, 0.046)
    half = length / 2
    cloth = sh.fillet([(0, -half * 0.86), (r, -half * 0.86), (r, half * 0.86), (0, half * 0.86)])
    parts = [sh.move(sh.lathe("cloth", cloth, look.of("fabric"), 48), (0, 0, r + 0.008), (0, 90, 0))]
    for s in (-1, 1):
        cap = sh.fillet(
            [
                (0, half * 0.84),
                (r * 1.05, half * 0.84, 0.003),
                (r * 1.05, half * 0.93, 0.008),
                (r * 0.86, half, 0.006),
                (r * 0.8, half),
                (r * 0.74, half - 0.008),
                (0, half - 0.005),
            ]
        )
        parts.append(sh.move(sh.lathe("end", cap, look.accent if s else look.solid, 48), (0, 0, r + 0.008), (0, 90 * s, 0)))
        parts.append(
            sh.move(
                sh.lathe(
                    "radiator",
                    sh.fillet([(0, half - 0.01), (r * 0.66, half - 0.01), (r * 0.66, half - 0.002, 0.002), (0, half - 0.002)]),
                    look.black,
                    40,
                ),
                (0, 0, r + 0.008),
                (0, 90 * s, 0),
            )
        )
    strip = sh.box("strip", (length * 0.4, 0.026, 0.004), (0, 0, 2 * r + 0.006), look.solid, 0.0018)
    keys = [sh.box("key", (0.014, 0.012, 0.002), (x, 0, 2 * r + 0.0095), look.white, 0.0009) for x in (-0.03, 0, 0.03)]
    stand = sh.box("foot", (length * 0.6, 0.05, 0.012), (0, 0, 0), look.rubber, 0.004)
    badge = sh.move(
        sh.plate("badge", sh.rounded_rect(0.084, 0.024, 0.006), 0.003, look.black, 0.001), (0, -r - 0.0005, r + 0.008)
    )
    brand = sh.flat_label("brand", 0.072, 0.018, (0, -r - 0.0024, r + 0.008), look.brand(DARK, rng))
    return [*parts, strip, *keys, stand, badge, brand]


def _headphones(look: Look, rng: random.Random) -> Objects:
    half, top = rng.uniform(0.072, 0.082), rng.uniform(0.185, 0.205)
    ew, eh = rng.uniform(0.034, 0.04), rng.uniform(0.04, 0.047)
    ez, lift = eh + 0.002, 0.0
    on_stand = rng.random() < 0.35
    if on_stand:
        lift = 0.06
    ez += lift
    pad = look.of("leather", mix(DARK, look.colour, 0.25) if look.product.material != "leather" else look.colour)
    parts: Objects = []
    arc = [
        (half * math.cos(a) * 1.0, 0, ez + 0.055 + (top - 0.1) * max(math.sin(a), 0) ** 0.85)
        for a in np.linspace(0, math.pi, 25)
    ]
    crown = arc[3:-3]
    parts.append(
        sh.sweep(
            "band",
            arc,
            sh.rounded_rect(0.004, 0.018, 0.0018, 4),
            look.of("metal", (0.72, 0.72, 0.74)) if look.product.material == "metal" else look.solid,
        )
    )
    parts.append(sh.sweep("padding", crown, sh.rounded_rect(0.014, 0.034, 0.006, 5), pad))
    for s in (-1, 1):
        turn = (0, 90 * s, 0)
        at = (s * half, 0, ez)
        shell = sh.fillet(
            [
                (0, 0.002),
                (ew, 0.002),
                (ew, 0.014, 0.01),
                (ew * 0.72, 0.026, 0.008),
                (ew * 0.66, 0.026),
                (ew * 0.62, 0.0245),
                (0, 0.0245),
            ],
            5,
        )
        ring = sh.fillet([(ew * 0.9, 0.004), (ew * 1.02, 0.004), (ew * 1.02, 0.008), (ew * 0.9, 0.008)])
        ear = [
            (ew * 0.55, -0.002),
            *sh.fillet(
                [
                    (ew * 0.5, 0.003),
                    (ew * 1.06, 0.003, 0.008),
                    (ew * 1.04, -0.02, 0.012),
                    (ew * 0.62, -0.02, 0.012),
                    (ew * 0.5, 0.0),
                ],
                6,
            ),
        ]
        lining = [(0, -0.004), (ew * 0.7, -0.004), (ew * 0.7, 0.001), (0, 0.001)]
        pieces = [
            sh.lathe("cup", shell, look.solid, 48),
            sh.lathe("ring", ring, rng.choice((look.accent, look.chrome)), 48, ring=True),
            sh.lathe("pad", ear[1:], pad, 48, ring=True),
            sh.lathe("cloth", lining, look.of("fabric", (0.12, 0.12, 0.13)), 36),
        ]
        for piece in pieces:
            # Cups are taller than wide: the lathe's x becomes the height once it lies on its side.
            parts.append(sh.move(sh.move(piece, scale=(eh / ew, 1, 1)), at, turn))
        fork = sh.spline(
            [
                (s * (half + 0.013), -ew * 1.06, ez),
                (s * (half + 0.011), -ew * 0.8, ez + eh * 0.8),
                (s * half, 0, ez + eh + 0.016),
                (s * (half + 0.011), ew * 0.8, ez + eh * 0.8),
                (s * (half + 0.013), ew * 1.06, ez),
            ],
            6,
        )
        parts.append(sh.tube("fork", fork, 0.0032, look.chrome, up=(1, 0, 0)))
        parts.append(sh.box("slider", (0.009, 0.02, 0.034), (s * half, 0, ez + eh + 0.008), look.black, 0.003))
        logo = sh.move(
            sh.flat_label("brand", ew * 1.05, ew * 0.26, (0, -0.0251, 0), look.brand(look.colour, rng)), at, (0, 0, 90 * s)
        )
        parts.append(logo)
    if on_stand:
        high = max(p[2] for p in arc) - 0.012
        foot = sh.fillet([(0, 0), (0.06, 0, 0.003), (0.06, 0.012, 0.004), (0.012, 0.014), (0, 0.014)])
        parts.append(sh.lathe("stand", foot, look.wood, 48))
        parts.append(sh.lathe("pole", [(0, 0.01), (0.008, 0.01), (0.008, high), (0, high)], look.wood, 28))
        parts.append(sh.box("rest", (0.05, 0.03, 0.012), (0, 0, high - 0.01), look.wood, 0.005))
    yaw = rng.uniform(25, 40) * rng.choice((-1, 1))
    return [sh.move(o, degrees=(0, 0, yaw)) for o in parts]


def _camera(look: Look, rng: random.Random) -> Objects:
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


BUILDERS: Builders = {"smartphone": _smartphone, "speaker": _speaker, "headphones": _headphones, "camera": _camera}
