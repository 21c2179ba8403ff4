"""A ledge in a tiled bathroom with mirror, basin, tap and towels."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import solids, towels
from uniadgen.padsynth.blender.scenes.forms import curtain, drum, ring, turned
from uniadgen.padsynth.blender.scenes.plants import pot_plant
from uniadgen.padsynth.blender.scenes.room import back_wall, table_top
from uniadgen.padsynth.blender.scenes.stage import WHITE, Stage


def bathroom(stage: Stage) -> None:
    """A ledge in a tiled bathroom with mirror, basin, tap and towels."""
    stage.sized_for(24)
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    y = 1.75
    glaze = mix(stage.base, (1, 1, 1), 0.08)
    shape = rng.choice(((0.24, 0.24, 0.0), (0.18, 0.5, 0.0), (0.5, 0.24, 0.5)))
    back_wall(stage, y, mat.tiles(rng, glaze, mix(glaze, (1, 1, 1), 0.6), *shape))
    ledge = (
        mat.marble(rng, mix(WHITE, stage.base, 0.15), mix(stage.second, (0.5, 0.5, 0.5), 0.5))
        if rng.random() < 0.6
        else mat.plaster(rng, mix(WHITE, stage.second, 0.25), 0.1, 4)
    )
    table_top(stage, ledge, 1.75)
    metal = stage.brass() if rng.random() < 0.5 else stage.paint((0.85, 0.86, 0.88), 0.12, 1.0)
    mirror_x = -side * rng.uniform(0.2, 0.5)
    shapes.move(
        shapes.plate(
            "mirror", shapes.circle(0.78, 64), 0.03, stage.paint(mix((0.8, 0.85, 0.88), stage.base, 0.35), 0.06, 1.0), 0.005
        ),
        (mirror_x, y - 0.05, 1.35),
    )
    ring(0.78, 0.04, (mirror_x, y - 0.06, 1.35), metal)
    white = stage.paint((0.95, 0.95, 0.95), 0.08)
    bx = side * 1.35
    curve = shapes.spline([(0.2, 0), (0.36, 0.08), (0.55, 0.34), (0.58, 0.4)], 5)
    turned([(0, 0), *curve, (0.54, 0.4), (0.45, 0.16), (0, 0.08)], (bx, 0.95, 0), white, 48)
    neck = shapes.spline(
        [(bx, 1.62, 0), (bx, 1.62, 0.75), (bx, 1.5, 0.92), (bx, 1.3, 0.93), (bx, 1.2, 0.8), (bx, 1.2, 0.72)], 5
    )
    shapes.tube("tap", neck, 0.045, metal, (1, 0, 0), sides=12)
    for dx in (-0.2, 0.2):
        drum(0.05, 0.16, (bx + dx, 1.62, 0), metal, 0.015, 20)
    # a towel over a rail
    tx = -side * 1.45
    shapes.tube("rail", [(tx - 0.5, y - 0.14, 1.2), (tx + 0.5, y - 0.14, 1.2)], 0.025, metal, (0, 0, 1), sides=8)
    curtain((tx - 0.33, tx + 0.33), y - 0.19, (0.35, 1.24), mat.fabric(rng, stage.second, 45), stage, 2.2)
    spot = (-side * rng.uniform(1.1, 1.25), rng.uniform(0.65, 0.9), 0.0)
    if stage.decor == "botanical":
        pot_plant(stage, spot, 1.0)
    elif stage.decor == "geometric":
        solids(stage, spot, 0.42)
    else:
        towels(stage, spot, 0.42)
