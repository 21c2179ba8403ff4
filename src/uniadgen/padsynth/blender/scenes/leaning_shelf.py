"""A shelf, a sideboard or a floor along a wall that the product leans on."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import PROPS, put
from uniadgen.padsynth.blender.scenes.forms import block
from uniadgen.padsynth.blender.scenes.plants import pot_plant
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage
from uniadgen.padsynth.blender.scenes.walls import frame


def leaning_shelf(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    y = stage.subject.back[1] + 0.002
    kind = rng.choice(("plaster", "plaster", "panels", "tiles"))
    if kind == "tiles":
        glaze = mix(stage.base, WHITE, 0.1)
        wall = mat.tiles(rng, glaze, mix(glaze, WHITE, 0.6), 0.36, 0.16)
    else:
        wall = mat.plaster(rng, stage.base, 0.12)
    block((-8, 8), (y, y + 0.2), (-6, 7), wall, 0.0)
    on_floor = stage.subject.product.size_cm > 38 and rng.random() < 0.7
    boards = mat.wood(rng, rng.choice(WOODS), 0.3 if on_floor else 2.0)
    if on_floor:
        block((-8, 8), (-8, y), (-0.1, 0), boards, 0.0)
        block((-8, 8), (y - 0.03, y), (0, 0.16), stage.paint(mix(stage.base, WHITE, 0.6), 0.5), 0.01)
        stage_back = -0.03
    else:
        top = boards if rng.random() < 0.6 else stage.paint(mix(stage.second, WHITE, 0.2), 0.4)
        block((-8, 8), (y - max(0.75, stage.cm(24)), y), (-max(stage.cm(3), 0.05), 0), top, 0.01)
        stage_back = 0.0
    if stage_back:  # the skirting board keeps things off the wall, and the product's foot stands before it
        y += stage_back
    x, front = stage.half + 0.14, y - 0.02
    names = {
        "plain": (),
        "botanical": ("vase", "succulent", "pot plant"),
        "geometric": ("candle",),
        "lifestyle": ("books", "candle", "vase", "mug", "succulent"),
    }[stage.decor]
    for k, sign in enumerate((side, -side, side)):
        fits = [n for n in names if 0.1 < stage.cm(PROPS[n].height_cm[1]) < 1.3]
        if not fits or (k == 2 and rng.random() < 0.5):
            continue
        name = rng.choice(fits)
        reach = stage.cm(PROPS[name].height_cm[1]) * PROPS[name].reach
        put(stage, name, (sign * (x + (0.75 if k == 2 else 0.05 * k)), front - reach, 0), sign)
    if stage.decor == "geometric":
        for k, tone in enumerate((stage.second, stage.accent)):
            at = (1 - 2 * k) * side * (x + 0.3)
            block((at - 0.2, at + 0.2), (front - 0.4, front - 0.05), (0, 0.3 + 0.35 * k), stage.paint(tone, 0.55), 0.02)
    elif rng.random() < 0.6:
        before = y - stage_back if stage_back else y
        # a picture that leans or hangs behind, at the wall
        for obj in _framed(stage, side * (x + 0.45), 0.7 + 0.3 * rng.random()):
            obj.location.y += before
    if on_floor and stage.decor != "plain":
        pot_plant(stage, (-side * (x + 0.75), front - 0.4, 0), min(1.9, stage.cm(80)))


def _framed(stage: Stage, x: float, z: float) -> list:
    import bpy

    before = set(bpy.data.objects)
    frame(stage, x, z, 0.5, 0.62)
    return [obj for obj in bpy.data.objects if obj not in before]
