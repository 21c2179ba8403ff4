"""A courtyard with painted walls, arches, big pots and shade."""

import math

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import arch_slab, block
from uniadgen.padsynth.blender.scenes.places import ground, surroundings
from uniadgen.padsynth.blender.scenes.plants import flowers, pot_plant
from uniadgen.padsynth.blender.scenes.room import ledge, round_table
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage


def courtyard(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    surroundings(stage, "courtyard", rng.choice((0.38, 0.5, 0.62, 0.95)) + rng.uniform(-0.03, 0.03))
    clay = (0.66, 0.42, 0.31)
    if stage.floor:
        paving = rng.choice(
            (
                mat.tiles(rng, clay, (0.55, 0.48, 0.42), stage.cm(30), stage.cm(30), 0.0, upright=False),
                mat.stones(rng, (0.64, 0.6, 0.53), stage.cm(22)),
                mat.tiles(rng, (0.75, 0.71, 0.64), (0.5, 0.47, 0.43), stage.cm(60), stage.cm(40), upright=False),
            )
        )
        ground(stage, paving, near=5.0, far=11.0)
    else:
        kind = rng.choice(("table", "wall", "tiles"))
        if kind == "table":
            round_table(stage, mat.wood(rng, mix(rng.choice(WOODS), stage.accent, 0.2), 0.4), 40)
        elif kind == "wall":
            ledge(stage, mat.plaster(rng, mix(stage.base, WHITE, 0.55), 0.2, 3.0), 32)
        else:
            glaze = mix(stage.second, WHITE, 0.3)
            ledge(stage, mat.tiles(rng, glaze, mix(glaze, WHITE, 0.6), stage.cm(12), stage.cm(12), 0.0, upright=False), 34)
    low = 0.0 if stage.floor else -1.1
    y = 4.4
    x0, x1 = sorted((side * 0.35, side * 9))
    wash = mat.plaster(rng, stage.base, 0.22, 0.8)
    block((x0, x1), (y, y + 0.4), (low, 4.0), wash, 0.03)
    arch_slab(1.5, 2.3 - 0.4 * low, 0.1, (side * 1.75, y - 0.04, low), stage.paint(mix(stage.second, (0, 0, 0), 0.15), 0.6))
    for k in range(3):
        at = (-side * (1.3 + 0.75 * k), 2.3 + 0.8 * k, low)
        pot_plant(stage, at, (1.5 + 0.3 * k) - 0.6 * low, mix(clay, stage.second, 0.35))
    pot_plant(stage, (side * 2.9, y - 0.7, low), 1.5 - 0.4 * low, mix(clay, stage.accent, 0.3))
    if rng.random() < 0.6:  # a climbing plant in flower over the wall
        for k in range(5):
            a = 0.5 + 0.55 * k
            flowers(stage, (side * (0.5 + a), y - 0.15, 2.0 + 0.3 * math.sin(2 * a)), (0.4, 0.1), 9, 0.5, stage.accent)
    bear(stage)
    dress(stage, places=2)
