"""A sill or a floor in front of a tall window, with the morning outside."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import block, curtain
from uniadgen.padsynth.blender.scenes.places import surroundings
from uniadgen.padsynth.blender.scenes.plants import pot_plant
from uniadgen.padsynth.blender.scenes.room import limited, rug
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage


def sunrise_window(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    name, spots = rng.choice((("sunrise", (0.3, 0.5, 0.6, 0.7)), ("sunset", (0.52, 0.62, 0.7)), ("forest", (0.22, 0.58))))
    surroundings(stage, name, rng.choice(spots) + rng.uniform(-0.03, 0.03))
    y = limited(stage.cm(32), 1.15, 2.6) if not stage.floor else 1.9
    white = stage.paint(mix(WHITE, stage.accent, 0.12), 0.4)
    low = 0.0 if stage.floor else -0.02
    boards = mat.wood(rng, rng.choice(WOODS), 0.25 if stage.floor else 1.4, along_view=stage.floor)
    if stage.floor:
        block((-9, 9), (-9, y + 0.1), (-0.12, -0.02), boards, 0.0)
        rug(stage, mat.fabric(rng, mix(stage.second, WHITE, 0.15), 24), 1.5)
        low = -0.02
    else:
        sill = boards if rng.random() < 0.6 else mat.marble(rng, mix(WHITE, stage.base, 0.25), (0.55, 0.53, 0.52))
        block((-9, 9), (-9, y + 0.12), (-0.16, 0), sill, 0.03)
        low = 0.0
    # the window: a frame with bars, walls on both sides in the base colour
    wide = rng.uniform(1.5, 1.9) * (y + 3.2) / 4.4
    shift = side * rng.uniform(0.0, 0.35) * wide
    x0, x1 = shift - wide, shift + wide
    wall = mat.plaster(rng, stage.base, 0.06)
    block((-14, x0), (y, y + 0.3), (low - 1, 9), wall, 0.0)
    block((x1, 14), (y, y + 0.3), (low - 1, 9), wall, 0.0)
    frame = 0.075 * (y + 3.2) / 4.4
    for x in (x0, shift + side * 0.36 * wide, x1 - frame):
        block((x, x + frame), (y + 0.04, y + 0.14), (low, 9), white, 0.012)
    block((x0, x1), (y + 0.04, y + 0.14), (low, low + 1.3 * frame), white, 0.012)
    high = low + rng.uniform(1.5, 2.0) * (y + 3.2) / 4.4
    block((x0, x1), (y + 0.05, y + 0.13), (high, high + 0.7 * frame), white, 0.012)
    cloth = mat.fabric(rng, stage.second, 60)
    for edge in (x0, x1):
        out = -1 if edge == x0 else 1
        c0, c1 = sorted((edge + out * 0.35 * wide, edge - out * rng.uniform(0.12, 0.3) * wide))
        curtain((c0, c1), y - 0.18, (low + (0.02 if stage.floor else -0.6), 9), cloth, stage, 3.0 / wide)
    if stage.floor:
        pot_plant(stage, (-side * 1.3, 1.2, -0.02), min(2.0, stage.cm(110)))
    bear(stage)
    dress(stage, low, places=2)
