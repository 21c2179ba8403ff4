"""A room with a sofa, pictures and a lamp."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress, lamp
from uniadgen.padsynth.blender.scenes.forms import block, drum
from uniadgen.padsynth.blender.scenes.plants import pot_plant
from uniadgen.padsynth.blender.scenes.room import back_wall, couch, painting, panels, rug
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage


def living_room(stage: Stage) -> None:
    """A room with a sofa, pictures and a lamp."""
    stage.sized_for(85, 5.0)
    rng = stage.rng
    low = 0.0 if stage.floor else -0.45
    y, side = 3.0, rng.choice((-1, 1))
    boards = mat.wood(rng, rng.choice(WOODS), 0.35)
    if stage.floor:
        block((-12, 12), (-8, 6), (-0.12, -0.02), boards, 0.0)
        rug(stage, mat.fabric(rng, mix(stage.second, WHITE, 0.3), 18), 1.6)
    else:
        block((-12, 12), (-8, 6), (low - 0.1, low), boards, 0.0)
        table = rng.choice(("round", "long"))
        stuff = mat.wood(rng, rng.choice(WOODS), 1.2) if rng.random() < 0.7 else stage.paint(mix(stage.accent, WHITE, 0.6), 0.3)
        if table == "round":
            drum(1.75, 0.09, (0, -0.35, -0.09), stuff, 0.03, 80)
        else:
            block((-5, 5), (-8, 1.1), (-0.12, 0), stuff, 0.03)
    back_wall(stage, y, mat.plaster(rng, stage.base, 0.05))
    if rng.random() < 0.5:
        panels(stage, y, stage.paint(mix(stage.base, (1, 1, 1), 0.12), 0.6), (low + 0.3, low + 3.6))
    block((-12, 12), (y - 0.05, y), (low, low + 0.2), stage.paint(mix(stage.base, (1, 1, 1), 0.55), 0.5), 0.01)
    couch(stage, side * rng.uniform(0.75, 1.0), 1.55 if stage.floor else 1.7, low, 1.7 if stage.floor else 2.0, stage.second)
    painting(stage, -side * rng.uniform(0.7, 0.95), y, low + 1.55, 0.85, 1.1)
    painting(stage, side * 0.75, y, low + 1.75, 1.1, 0.8)
    if rng.random() < 0.6:
        lamp(stage, (-side * 1.55, 1.9, low), 1.85)
    else:
        pot_plant(stage, (-side * 1.5, 1.9, low), 1.7)
    if stage.floor:
        pot_plant(stage, (-side * 1.35, 1.1, 0), 1.0)
    else:
        dress(stage, places=2)
    bear(stage)
