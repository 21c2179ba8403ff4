"""A wooden table by a window with curtains."""

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import ball, block, curtain, only_seen, sheet
from uniadgen.padsynth.blender.scenes.room import back_wall, rug, table_top
from uniadgen.padsynth.blender.scenes.stage import WOODS, Stage


def wood_window(stage: Stage) -> None:
    """A wooden table by a window with curtains."""
    stage.sized_for(85 if stage.floor else 30)
    rng = stage.rng
    boards = mat.wood(rng, rng.choice(WOODS), rng.uniform(0.3, 0.55), along_view=rng.random() < 0.35)
    runner = not stage.floor and rng.random() < 0.5
    # under a rug or a runner, whose top is where the product stands, the wood lies a little lower
    table_top(stage, boards, 1.25, -0.02 if stage.floor or runner else 0.0)
    y, side = 2.1, rng.choice((-1, 1))
    centre, width = side * rng.uniform(0.45, 0.85), rng.uniform(2.0, 2.5)
    x0, x1, z0, z1 = centre - width / 2, centre + width / 2, 0.35, 3.4
    back_wall(stage, y, mat.plaster(rng, stage.base, 0.07), (x0, x1, z0, z1))
    frame = stage.paint(mix(stage.accent, (0.96, 0.95, 0.92), 0.75), 0.4)
    block((x0 - 0.2, x1 + 0.2), (y - 0.22, y + 0.2), (z0 - 0.1, z0), frame, 0.02)
    for x in (x0, centre - 0.05, x1 - 0.1):
        block((x, x + 0.1), (y, y + 0.14), (z0, z1), frame)
    for z in (z0, z0 + 1.2, z1 - 0.1):
        block((x0, x1), (y, y + 0.14), (z, z + 0.1), frame)
    night = stage.light == "moody"
    glow = mix((0.78, 0.9, 0.98), stage.base, 0.15) if not night else (0.12, 0.16, 0.3)
    glow = mix(glow, (1, 0.72, 0.42), 0.6) if stage.light == "golden" else glow
    outside = np.array([[(x, y + 2.5, z) for x in (-8, 8)] for z in (-4, 8)], float)
    only_seen(sheet("outside", outside, mat.emission(glow, 0.4 if night else 1.15)))
    if not night:
        green = mat.emission(mix((0.35, 0.55, 0.25), glow, 0.3), 0.75)
        for _ in range(5):
            only_seen(ball(rng.uniform(0.5, 0.9), (centre + rng.uniform(-2, 2), y + 1.7, rng.uniform(-0.7, 0.2)), green))
    cloth = mat.fabric(rng, stage.second, 40)
    curtain((x0 - 0.75, x0 + 0.22), y - 0.3, (-0.4 if not stage.floor else 0.02, 3.8), cloth, stage, 3.2)
    curtain((x1 - 0.22, x1 + 0.75), y - 0.3, (-0.4 if not stage.floor else 0.02, 3.8), cloth, stage, 3.2)
    if stage.floor:
        rug(stage, mat.fabric(rng, stage.second, 22))
    elif runner:
        block((-0.85, 0.85), (-9, 1.27), (-0.03, 0), mat.fabric(rng, mix(stage.second, stage.accent, 0.4), 50), 0.0)
    bear(stage)
    dress(stage)
