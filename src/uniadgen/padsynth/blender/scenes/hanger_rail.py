"""A rail in a room, out of focus: clothes beside the product, or nothing but light."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.forms import block, curtain
from uniadgen.padsynth.blender.scenes.places import surroundings
from uniadgen.padsynth.blender.scenes.plants import pot_plant
from uniadgen.padsynth.blender.scenes.room import couch, painting
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage
from uniadgen.padsynth.blender.scenes.walls import hold


def hanger_rail(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    surroundings(stage, "interior", rng.choice((0.1, 0.32, 0.5, 0.8)), tint=mix((1, 1, 1), stage.base, 0.2))
    z, y = stage.subject.top[2], stage.subject.top[1]
    metal = stage.brass() if rng.random() < 0.5 else stage.paint((0.08, 0.08, 0.09), 0.35)
    shirt = stage.subject.product.category == "t-shirt" and stage.subject.product.form == "mesh"
    rail = z + (0.13 if shirt else rng.uniform(0.14, 0.2))
    stuff = mat.wood(rng, rng.choice(WOODS), 6.0) if rng.random() < 0.4 else metal
    shapes.tube("rail", [(-8, y, rail), (8, y, rail)], 0.022, stuff, (0, 0, 1), sides=16)
    hold(stage, metal, rail)
    if stage.decor != "plain":  # clothes on both sides, further apart than the product is wide
        for k in range(rng.randint(2, 4)):
            at = side * (stage.half + 0.3 + 0.22 * k)
            cloth = mat.fabric(rng, (stage.second, stage.accent, stage.base, mix(stage.second, WHITE, 0.5))[k % 4], 40)
            long = rng.uniform(0.9, 1.5)
            garment = curtain((-0.3, 0.3), 0.0, (rail - 0.12 - long, rail - 0.12), cloth, stage, 5.0)
            shapes.move(garment, (at, y, 0), (0, 0, 82))
            hook = [(at, y, rail - 0.13), (at, y, rail - 0.03), (at, y + 0.025, rail + 0.02), (at, y, rail + 0.04)]
            shapes.tube("hook", hook, 0.007, metal, (1, 0, 0), sides=6)
    floor = -stage.cm(90)
    with stage.in_metres((0, 0, floor)):
        x0, x1 = sorted((side * 0.1, side * 5.0))
        block((x0, x1), (2.6, 2.7), (0, 3.4), mat.plaster(rng, stage.base, 0.08), 0.0)
        if rng.random() < 0.5:
            couch(stage, side * 0.9, 1.5, 0.0, 1.9, stage.second)
        painting(stage, side * 1.2, 2.6, 1.3, 0.8, 1.0)
        pot_plant(stage, (-side * rng.uniform(0.6, 0.9), 1.4, 0.0), rng.uniform(1.3, 1.7))
