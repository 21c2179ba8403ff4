"""A worktop in front of a tiled wall with shelf, utensils and jars."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, bowl, dress, jar, mug
from uniadgen.padsynth.blender.scenes.forms import block, turned
from uniadgen.padsynth.blender.scenes.room import back_wall, table_top
from uniadgen.padsynth.blender.scenes.stage import WOODS, Stage


def kitchen(stage: Stage) -> None:
    """A worktop in front of a tiled wall with shelf, utensils and jars."""
    stage.sized_for(30)
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    worktop = rng.choice(("wood", "stone"))
    table_top(
        stage,
        mat.wood(rng, rng.choice(WOODS), 0.22, gloss=0.3)
        if worktop == "wood"
        else mat.marble(rng, (0.88, 0.87, 0.85), (0.6, 0.58, 0.56)),
        1.5,
    )
    y = 1.5
    glaze = mix(stage.base, (1, 1, 1), 0.1)
    shape = rng.choice(((0.46, 0.2, 0.5), (0.3, 0.3, 0.0), (0.2, 0.42, 0.0)))
    back_wall(stage, y, mat.tiles(rng, glaze, mix(glaze, (0.96, 0.95, 0.93), 0.65), *shape))
    shelf_z = rng.uniform(1.3, 1.5)
    x0, x1 = sorted((side * 0.15, side * 4.5))
    block((x0, x1), (y - 0.42, y), (shelf_z, shelf_z + 0.06), mat.wood(rng, WOODS[1], 0.6), 0.01)
    x = side * 0.42
    for i in range(5):
        (jar, jar, mug, bowl, jar)[i](stage, (x, y - 0.2, shelf_z + 0.06), rng.uniform(0.26, 0.36) if i not in (2, 3) else 0.2)
        x += side * 0.45
    # cupboards on the other side, in the second colour
    c0, c1 = sorted((-side * 0.75, -side * 4))
    front = stage.paint(stage.second, 0.4)
    block((c0, c1), (y - 0.45, y), (1.25, 4), front, 0.015)
    for i in range(3):
        d0, d1 = sorted((-side * (0.78 + i * 1.0), -side * (1.72 + i * 1.0)))
        block((d0, d1), (y - 0.49, y - 0.44), (1.28, 4), front, 0.02)
        handle = -side * (1.6 + i * 1.0)
        block((handle - 0.02, handle + 0.02), (y - 0.55, y - 0.49), (1.4, 1.75), stage.brass(), 0.008)
    # a rail with utensils
    shapes.tube(
        "rail", [(-side * 0.8, y - 0.07, 0.98), (-side * 2.6, y - 0.07, 0.98)], 0.018, stage.brass(), (0, 0, 1), sides=8
    )
    for i in range(4):
        x = -side * (1.0 + i * 0.3)
        shapes.tube(
            "handle", [(x, y - 0.08, 0.97), (x, y - 0.08, 0.6)], 0.016, stage.paint(WOODS[i % 4], 0.5), (1, 0, 0), sides=6
        )
        turned([(0, 0), (0.07, 0.04), (0.075, 0.12), (0, 0.19)], (x, y - 0.08, 0.44), stage.paint(WOODS[i % 4], 0.5), 14)
    if rng.random() < 0.6:  # boards that lean on the wall
        board = shapes.plate("board", shapes.rounded_rect(0.62, 0.85, 0.12), 0.05, mat.wood(rng, WOODS[2], 0.9), 0.012)
        shapes.move(board, (side * 1.0, y - 0.14, 0.42), (-8, 0, 0))
    bear(stage)
    dress(stage, places=2)
