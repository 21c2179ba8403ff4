"""Glazed tiles with a rail, hooks and a shelf, as in a kitchen or a bathroom."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.forms import curtain, turned
from uniadgen.padsynth.blender.scenes.room import limited
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage
from uniadgen.padsynth.blender.scenes.walls import hold, shelf, trailing, wall_of


def tile_wall(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    glaze = mix(stage.base, WHITE, 0.12)
    size = limited(stage.cm(rng.uniform(7, 12)), 0.16, 0.5)
    shape = rng.choice(((size, size, 0.0), (2.2 * size, size, 0.5), (0.6 * size, 1.8 * size, 0.0)))
    wall_of(mat.tiles(rng, glaze, mix(glaze, WHITE, 0.65), *shape))
    z, x = stage.subject.top[2], stage.half + 0.5
    metal = stage.brass() if rng.random() < 0.5 else stage.paint((0.82, 0.83, 0.85), 0.15, 1.0)
    hold(stage, metal)
    if stage.subject.product.category != "wall clock":
        for k in (-1, 1):
            shapes.tube("rail", [(k * 0.12, -0.05, z + 0.07), (k * 4, -0.05, z + 0.07)], 0.014, metal, (0, 0, 1), sides=10)
        for k in range(3):  # utensils, or a towel
            at = -side * (x + 0.28 * k)
            if stage.decor == "lifestyle":
                handle = stage.paint(WOODS[k % 4], 0.5)
                shapes.tube("handle", [(at, -0.06, z + 0.06), (at, -0.06, z - 0.4)], 0.014, handle, (1, 0, 0), sides=8)
                turned([(0, 0), (0.07, 0.04), (0.075, 0.12), (0, 0.19)], (at, -0.06, z - 0.57), handle, 16)
        if stage.decor == "plain":
            curtain(
                (-side * x - 0.2, -side * x + 0.2), -0.07, (z - 0.75, z + 0.08), mat.fabric(rng, stage.second, 50), stage, 5.0
            )
    names = {"botanical": ("pot plant", "succulent", "succulent"), "geometric": ("candle", "jar")}
    shelf(stage, side * (x + 0.3), z * rng.uniform(0.1, 0.3), 1.1, names.get(stage.decor, ("jar", "mug", "jar", "bowl")))
    if stage.decor == "botanical":
        trailing(stage, -side * (x + 0.2), 0.3 * z)
