"""The planks of a shed or a fence out of doors, weathered or painted, with leaves and lanterns."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.forms import block
from uniadgen.padsynth.blender.scenes.places import surroundings
from uniadgen.padsynth.blender.scenes.plants import flowers
from uniadgen.padsynth.blender.scenes.room import limited
from uniadgen.padsynth.blender.scenes.stage import WOODS, Stage
from uniadgen.padsynth.blender.scenes.walls import hold, hung, ivy, sconce, trailing


def plank_wall(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    surroundings(stage, rng.choice(("courtyard", "forest")), rng.uniform(0, 1))
    grey = mix(rng.choice((*WOODS, (0.55, 0.52, 0.48))), stage.base, rng.choice((0.25, 0.85)))
    wide, upright = limited(stage.cm(rng.uniform(9, 14)), 0.16, 0.5), rng.random() < 0.5
    count = round(8 / wide)
    woods = [mat.wood(rng, mix(grey, (0, 0, 0), 0.05 * k), 6.0) for k in range(3)]
    for k in range(-count, count):
        span = (k * wide + 0.008, (k + 1) * wide - 0.008)
        depth = rng.uniform(0.0, 0.012)
        if upright:
            # laid along x and turned, so that the grain runs along the plank
            board = block((-6, 7), (depth, 0.1), (-span[1], -span[0]), rng.choice(woods), 0.006)
            board.rotation_euler.y = -1.5707963
        else:
            block((-7, 7), (depth, 0.1), span, rng.choice(woods), 0.006)
    block((-7, 7), (0.09, 0.2), (-6, 7), stage.paint((0.05, 0.045, 0.04), 0.9), 0.0)
    z, x = stage.subject.top[2], stage.half + 0.6
    metal = stage.paint((0.1, 0.09, 0.09), 0.5, 0.6)
    hold(stage, metal)
    if stage.decor == "botanical" or rng.random() < 0.35:
        ivy(stage, side)
        flowers(stage, (-side * (x + 0.2), -0.25, -0.75), (0.4, 0.05), 12, 0.75, stage.accent)
    if stage.decor == "lifestyle":
        hung(stage, -side * x, 0.9 * z, metal)
        sconce(stage, side * (x + 0.1), 0.95 * z)
    elif stage.decor == "geometric":
        for k, tone in enumerate((stage.second, stage.accent, stage.base)):
            block((side * x - 0.3, side * x + 0.3), (-0.04, 0), (0.3 * z * k, 0.3 * z * k + 0.2), stage.paint(tone, 0.6), 0.01)
    elif stage.decor == "botanical":
        trailing(stage, -side * x, 0.8 * z)
