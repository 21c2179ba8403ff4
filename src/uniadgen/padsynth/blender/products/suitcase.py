"""Suitcases."""

import random

from uniadgen.padsynth.blender import shapes as sh
from uniadgen.padsynth.blender.products.look import DARK, Look, Objects


def suitcase(look: Look, rng: random.Random) -> Objects:
    w, d, h = rng.uniform(0.36, 0.44), rng.uniform(0.22, 0.27), rng.uniform(0.52, 0.66)
    z0, soft = 0.055, look.product.material == "fabric"
    shell = look.soft if soft else look.body
    corner = rng.uniform(0.045, 0.075)
    parts: Objects = []
    for s in (-1, 1):
        half = sh.plate("shell", sh.rounded_rect(w, h, corner, 8), d / 2 - 0.004, shell, 0.03 if not soft else 0.02)
        parts.append(sh.move(half, (0, s * (d / 4 + 0.002), z0 + h / 2)))
    parts.append(
        sh.move(
            sh.plate(
                "zip", sh.rounded_rect(w - 0.006, h - 0.006, corner, 8), 0.014, look.black if not soft else look.accent, 0.001
            ),
            (0, 0, z0 + h / 2),
        )
    )
    front, ribs = -d / 2 + 0.0005, rng.choice(("vertical", "horizontal", "plain"))
    if not soft and ribs == "vertical":
        count = rng.randint(5, 9)
        for i in range(count):
            x = (i / (count - 1) - 0.5) * (w - 2 * corner)
            parts.append(
                sh.box("rib", (w / count * 0.42, 0.012, h - 2 * corner), (x, front + 0.001, z0 + corner), shell, 0.0055)
            )
    elif not soft and ribs == "horizontal":
        for i in range(7):
            parts.append(
                sh.box(
                    "rib",
                    (w - 2 * corner, 0.01, 0.022),
                    (0, front + 0.001, z0 + corner + (h - 2 * corner - 0.02) * i / 6),
                    shell,
                    0.0045,
                )
            )
    elif soft:
        pocket = sh.plate("pocket", sh.rounded_rect(w * 0.8, h * 0.42, 0.03), 0.03, shell, 0.012)
        parts += [
            sh.move(pocket, (0, front - 0.006, z0 + h * 0.32)),
            sh.box("zip", (w * 0.7, 0.006, 0.008), (0, front - 0.02, z0 + h * 0.47), look.black, 0.002),
            sh.box(
                "band", (w * 0.78, 0.014, 0.1), (0, front - 0.002, z0 + h * 0.66), look.of("fabric", look.accent_colour), 0.005
            ),
        ]
    else:
        for k in (0.88, 0.72):
            path = [(x, front - 0.0005, z0 + h / 2 + y) for x, y in sh.rounded_rect(w * k, h * k, corner, 8)]
            parts.append(sh.tube("groove", path, 0.003, shell, closed=True, sides=10))
    if not soft:
        for sx in (-1, 1):
            for sz in (0.0, 1.0):
                guard = sh.box(
                    "guard",
                    (0.07, d * 0.62, 0.05),
                    (sx * (w / 2 - 0.031), 0, z0 - 0.004 + sz * (h - 0.042)),
                    rng.choice((look.black, shell)),
                    0.022,
                    4,
                )
                parts.append(guard)
    for sx in (-1, 1):
        for sy in (-1, 1):
            x, y = sx * (w / 2 - 0.055), sy * (d / 2 - 0.05)
            parts.append(sh.box("fork", (0.03, 0.034, 0.042), (x, y, 0.024), look.black, 0.007))
            wheel = sh.fillet([(0, -0.011), (0.026, -0.011, 0.004), (0.026, 0.011, 0.004), (0, 0.011)])
            for side in (-0.015, 0.015):
                parts.append(
                    sh.move(
                        sh.lathe("wheel", [(q, zz * 0.75) for q, zz in wheel], look.rubber, 28),
                        (x + side, y, 0.026),
                        (0, 90, 0),
                    )
                )
    top, up = z0 + h, rng.choice((0.05, 0.22, 0.34))
    pole = look.of("metal", (0.78, 0.78, 0.8))
    parts += [sh.box("pole", (0.018, 0.012, up + 0.03), (s * w * 0.18, d / 2 - 0.05, top - 0.03), pole, 0.003) for s in (-1, 1)]
    parts.append(sh.box("grip", (w * 0.36 + 0.03, 0.03, 0.032), (0, d / 2 - 0.05, top + up - 0.006), look.black, 0.011, 4))
    handle = sh.spline(
        [
            (-0.08, -0.02, top - 0.004),
            (-0.07, -0.02, top + 0.024),
            (0, -0.02, top + 0.028),
            (0.07, -0.02, top + 0.024),
            (0.08, -0.02, top - 0.004),
        ],
        6,
    )
    parts.append(sh.sweep("carry", handle, sh.rounded_rect(0.013, 0.026, 0.005, 4), look.black))
    parts.append(
        sh.move(
            sh.sweep(
                "carry",
                [(x * 0.9, y + 0.02, z - top) for x, y, z in handle],
                sh.rounded_rect(0.013, 0.024, 0.005, 4),
                look.black,
            ),
            (w / 2, 0, z0 + h * 0.55),
            (0, 90, 0),
        )
    )
    plate = sh.plate("badge", sh.rounded_rect(0.11, 0.032, 0.006), 0.006, look.black, 0.0015)
    bz, by = z0 + h * 0.82, front - 0.008
    return [
        *parts,
        sh.move(plate, (0, by + 0.001, bz)),
        sh.flat_label("brand", 0.096, 0.024, (0, by - 0.0026, bz), look.brand(DARK, rng)),
    ]
