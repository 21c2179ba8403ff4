"""A street or a square of a town, with awnings, planters and house fronts out of focus."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import block, drum
from uniadgen.padsynth.blender.scenes.places import ground, surroundings
from uniadgen.padsynth.blender.scenes.room import awning, bench, ledge, planter, round_table
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage


def street(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    name, spots = rng.choice((("city", (0.06, 0.2, 0.35, 0.66, 0.8, 0.92)), ("sunset", (0.1, 0.2, 0.9))))
    surroundings(stage, name, rng.choice(spots) + rng.uniform(-0.03, 0.03))
    if stage.floor:
        kind = rng.choice(("asphalt", "cobbles", "slabs"))
        if kind == "cobbles":
            paving = mat.stones(rng, (0.5, 0.49, 0.47), stage.cm(12))
        elif kind == "slabs":
            paving = mat.tiles(rng, (0.62, 0.6, 0.57), (0.36, 0.35, 0.33), stage.cm(50), stage.cm(50), upright=False)
        else:
            paving = mat.speckled(rng, (0.33, 0.33, 0.34), 0.02)
        ground(stage, paving, near=4.0, far=11.0)
    else:
        kind = rng.choice(("bench", "table", "wall"))
        if kind == "bench":
            bench(stage, mat.wood(rng, mix(rng.choice(WOODS), stage.second, 0.45), 3.0))
        elif kind == "table":
            top = mat.marble(rng, mix(WHITE, stage.base, 0.3), (0.5, 0.5, 0.5))
            round_table(stage, top if rng.random() < 0.5 else mat.wood(rng, WOODS[1], 0.5))
        else:
            ledge(stage, mat.speckled(rng, mix((0.68, 0.66, 0.63), stage.base, 0.35), 0.03, 0.18, 0.8, 0.12), 28)
    low = 0.0 if stage.floor else -1.3
    # what stands further off brings the palette in: a shop's front with an awning on one side, planters on the other
    x0, x1 = sorted((side * 1.1, side * 7))
    front = mat.plaster(rng, stage.base, 0.12)
    block((x0, x1), (5.2, 5.6), (low, 3.4), front, 0.02)
    door = sorted((side * 1.7, side * 2.7))
    block((door[0], door[1]), (5.1, 5.3), (low, 1.5), stage.paint(stage.second, 0.4), 0.02)
    window = sorted((side * 3.0, side * 5.2))
    block((window[0], window[1]), (5.12, 5.3), (low + 0.9, 1.6), stage.paint((0.3, 0.36, 0.4), 0.08), 0.02)
    awning(stage, (side * 3.2, 5.1, 1.75), 4.6, 1.0)
    for k in range(2 if rng.random() < 0.6 else 1):
        planter(
            stage,
            (-side * (1.45 + 1.3 * k), 2.6 + 0.9 * k, low),
            (1.1, 0.55 - 0.55 * low),
            rng.choice((stage.accent, stage.second)),
        )
    if rng.random() < 0.5:
        post = stage.paint((0.12, 0.13, 0.14), 0.4)
        drum(0.05, 5.0, (-side * 0.75, 4.2, low), post, 0.01, 14)
    bear(stage)
    dress(stage, places=2)
