"""A painted wall with hooks, shelves and pictures."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.forms import block
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage
from uniadgen.padsynth.blender.scenes.walls import frame, hold, hung, shelf, trailing, wall_of


def hook_wall(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    wall_of(mat.plaster(rng, stage.base, rng.choice((0.05, 0.16))))
    z, clock = stage.subject.top[2], stage.subject.product.category == "wall clock"
    kind = rng.choice(("pegs", "panel", "plain"))
    if kind == "panel":  # a wainscot below, with mouldings
        high = -rng.uniform(0.05, 0.2) if clock else z * rng.uniform(0.3, 0.5)
        paint = stage.paint(mix(stage.second, WHITE, 0.1), 0.5)
        block((-7, 7), (-0.012, 0.05), (-6, high), paint, 0.0)
        block((-7, 7), (-0.05, 0.05), (high, high + 0.06), paint, 0.012)
    metal = stage.brass() if rng.random() < 0.6 else stage.paint((0.08, 0.08, 0.09), 0.4)
    if kind == "pegs" and not clock:
        stuff = mat.wood(rng, rng.choice(WOODS), 2.0) if rng.random() < 0.6 else stage.paint(stage.second, 0.5)
        peg = stage.paint(WOODS[1], 0.5)
        block((-7, 7), (-0.03, 0.05), (z - 0.1, z + 0.06), stuff, 0.01)
        hold(stage, peg)
        for k in (-2, -1, 1, 2):
            hung(stage, k * (stage.half + 0.42), z - 0.03, peg)
    else:
        hold(stage, metal)
        x = side * (stage.half + 0.62)
        if stage.decor == "botanical":
            trailing(stage, x, 0.75 * z)
            trailing(stage, -side * (stage.half + 0.75), 0.35 * z)
        elif stage.decor == "geometric":
            for k, tone in enumerate((stage.second, stage.accent)):
                high = z * (0.9 - 0.6 * k)
                block((x - 0.22 + 0.1 * k, x + 0.22), (-0.05, 0), (high - 0.4, high), stage.paint(tone, 0.6), 0.01)
            frame(stage, -side * (stage.half + 0.6), 0.3 * z, 0.5, 0.6)
        elif stage.decor == "lifestyle":
            shelf(stage, x + side * 0.2, 0.28 * z, 1.1, ("succulent", "books", "candle", "vase", "mug"))
            frame(stage, x, 0.28 * z + 0.75, 0.45, 0.55)
            frame(stage, -side * (stage.half + 0.6), 0.45 * z, 0.5, 0.65)
        elif rng.random() < 0.6:
            frame(stage, x + side * 0.1, 0.3 * z, 0.55, 0.75)
