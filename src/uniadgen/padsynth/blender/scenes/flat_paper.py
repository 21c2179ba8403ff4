"""Sheets of coloured paper seen from above."""

import math

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.flatlay import lay_around
from uniadgen.padsynth.blender.scenes.forms import block, drum
from uniadgen.padsynth.blender.scenes.stage import Stage


def flat_paper(stage: Stage) -> None:
    rng = stage.rng
    ground = mat.plaster(rng, stage.base, 0.05, 8.0)
    second = mat.plaster(rng, stage.second, 0.05, 8.0)
    accent = mat.plaster(rng, mix(stage.accent, stage.base, 0.15), 0.05, 8.0)
    kind = rng.choice(("diagonal", "circle", "stripes", "torn", "plain"))
    if kind == "plain":
        block((-4, 4), (-4, 4), (-0.1, 0), ground, 0.0)
    else:
        block((-4, 4), (-4, 4), (-0.1, -0.012), ground, 0.0)
        # the product lies on the upper sheet as a whole, or the sheet begins beside it
        if kind == "circle":
            drum(rng.uniform(0.72, 0.8), 0.012, (0, 0, -0.012), second, 0.002, 96)
            drum(0.5, 0.01, (rng.choice((-1, 1)) * 1.15, rng.choice((-1, 1)) * 0.75, -0.012), accent, 0.002, 64)
        elif kind == "stripes":
            turn = rng.choice((0.0, 90.0)) + rng.uniform(-12, 12)
            for x0, x1, paper in ((-0.62, 0.62, second), (-0.95, -0.7, accent), (0.78, 0.9, accent)):
                strip = shapes.box("paper", (x1 - x0, 8, 0.012), ((x0 + x1) / 2, 0, -0.012), paper, 0.001, 1)
                shapes.move(strip, (0, 0, 0), (0, 0, turn))
        elif kind == "diagonal":
            turn = rng.uniform(20, 70) * rng.choice((-1, 1))
            sheet = shapes.box("paper", (8, 4, 0.012), (0, 1.3 if rng.random() < 0.5 else -1.3, -0.012), second, 0.001, 1)
            shapes.move(sheet, (0, 0, 0), (0, 0, turn))
            strip = shapes.box("paper", (8, 0.22, 0.01), (0, -1.0, -0.012), accent, 0.001, 1)
            shapes.move(strip, (0, 0, 0), (0, 0, turn))
        else:
            for paper, reach, z in ((second, 0.86, -0.006), (accent, 1.02, -0.011)):
                phase = rng.uniform(0, 6)
                edge = [
                    (
                        reach * (1 + 0.08 * math.sin(3 * a + phase) + 0.04 * math.sin(7 * a)) * math.cos(a),
                        reach * (1 + 0.08 * math.sin(2 * a + phase) + 0.04 * math.sin(5 * a)) * math.sin(a),
                    )
                    for a in [6.2832 * k / 120 for k in range(120)]
                ]
                shapes.prism("paper", edge, [(0.0, -0.012), (0.0, z + 0.006)], paper)
    lay_around(stage, ("discs", "ribbon"))
