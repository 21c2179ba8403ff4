"""Sand, the sea and the sky, with a parasol, a towel, shells or palms."""

import math

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import dress, shells
from uniadgen.padsynth.blender.scenes.forms import block, drum, sheet, spread_cloth
from uniadgen.padsynth.blender.scenes.plants import frond
from uniadgen.padsynth.blender.scenes.room import dunes
from uniadgen.padsynth.blender.scenes.stage import Stage


def beach(stage: Stage) -> None:
    """Sand, the sea and the sky, with a parasol, a towel, shells or palms."""
    stage.sized_for(85 if stage.floor else 30)
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    shore = rng.uniform(2.2, 3.0)
    disc = not stage.floor and rng.random() < 0.5
    sand = mat.sand(rng, mix((0.91, 0.81, 0.64), stage.base, 0.12))
    # two surfaces at the same height would shade each other black
    dunes(stage, sand, 0.16, 0.85, shore + 2.5, below=0.02 if disc else 0.0)
    shallow = mix(mix((0.45, 0.82, 0.82), stage.base, 0.3), (1, 1, 1), 0.1)
    deep = mix((0.1, 0.42, 0.62), stage.second, 0.3)
    corners = np.array(
        [[(x, y, -0.02 if y > shore + 0.4 else -0.1) for x in (-90, 90)] for y in (shore - 1, shore + 0.8, 160)], float
    )
    sheet("sea", corners, mat.water(rng, shallow, deep, shore))
    motif = rng.choice(("parasol", "hut", "palm")) if stage.decor != "botanical" else "palm"
    if motif == "parasol":
        px, py = side * rng.uniform(1.35, 1.6), 2.0
        shapes.tube("pole", [(px, py, -0.2), (px + 0.15 * side, py, 1.9)], 0.03, stage.paint((0.95, 0.94, 0.9), 0.5), sides=8)
        for i in range(12):
            a = np.linspace(i * math.pi / 6, (i + 1) * math.pi / 6, 4)
            rows = np.array(
                [
                    [(r * math.cos(t), r * math.sin(t), 0.55 * (1 - (r / 1.25) ** 1.6)) for t in a]
                    for r in (0.02, 0.4, 0.8, 1.25)
                ]
            )
            panel = sheet("panel", rows, stage.paint(stage.second if i % 2 else mix(stage.accent, (1, 1, 1), 0.6), 0.7))
            shapes.move(panel, (px + 0.12 * side, py, 1.4), (0, 8 * side, 0))
    elif motif == "hut":
        for i, colour in enumerate((stage.second, stage.base, stage.accent)):
            hx = side * (1.05 + i * 0.95)
            block((hx - 0.4, hx + 0.4), (shore - 0.5, shore + 0.2), (-0.2, 1.0), stage.paint(colour, 0.6), 0.01)
            for k in range(4):
                block(
                    (hx - 0.4 + k * 0.2, hx - 0.32 + k * 0.2),
                    (shore - 0.51, shore),
                    (-0.2, 1.0),
                    stage.paint(mix(colour, (1, 1, 1), 0.75), 0.6),
                    0.0,
                )
            roof = shapes.plate(
                "roof", [(-0.5, 0), (0.5, 0), (0, 0.45)], 0.9, stage.paint(mix(colour, (1, 1, 1), 0.55), 0.6), 0.01
            )
            shapes.move(roof, (hx, shore - 0.15, 1.0))
    else:
        for k in range(7):
            start = np.array([side * 1.9, 0.9, 1.5 + 0.08 * k])
            frond(
                stage,
                start,
                np.array([-side * rng.uniform(0.3, 1.0), rng.uniform(-0.2, 0.6), rng.uniform(-0.5, 0.5)]),
                rng.uniform(0.8, 1.15),
                0.35,
            )
        shapes.tube(
            "trunk",
            [(side * 2.3, 1.3, -0.3), (side * 2.2, 1.2, 0.8), (side * 1.9, 0.9, 1.6)],
            0.12,
            stage.paint((0.5, 0.4, 0.3), 0.9),
            sides=10,
        )
    if rng.random() < 0.6:  # a striped towel
        tx = -side * 1.4
        for i in range(6):
            spread_cloth(
                (tx + (i - 2.5) * 0.17, 0.9),
                (0.172, 1.2),
                -0.09,
                mat.fabric(rng, (stage.second, mix(stage.accent, (1, 1, 1), 0.6))[i % 2], 50),
                stage,
                0.0,
            )
    if stage.decor in ("lifestyle", "botanical", "plain"):
        shells(stage, (-side * rng.uniform(1.0, 1.1), 0.2, -0.09), 0.2)
    if disc:
        drum(0.85, 0.05, (0, 0, -0.05), mat.wood(rng, (0.75, 0.68, 0.58), 0.35), 0.012)
    stage.swell = 0.08
    dress(stage, places=1 if stage.decor != "geometric" else 2)
