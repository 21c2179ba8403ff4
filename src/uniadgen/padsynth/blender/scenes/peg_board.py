"""A perforated board with pegs, little shelves and tools."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.room import limited
from uniadgen.padsynth.blender.scenes.stage import WHITE, Stage
from uniadgen.padsynth.blender.scenes.walls import frame, hold, hung, shelf, trailing, wall_of


def peg_board(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    step = limited(stage.cm(3.2), 0.07, 0.16)
    wall_of(mat.perforated(mix(stage.base, WHITE, rng.choice((0.0, 0.3))), step))
    z, x = stage.subject.top[2], stage.half + 0.55
    metal = stage.paint((0.75, 0.76, 0.78), 0.2, 1.0) if rng.random() < 0.5 else stage.brass()
    hold(stage, metal)
    things = {
        "plain": ("candle",),
        "botanical": ("succulent", "pot plant", "succulent"),
        "geometric": ("candle", "jar", "succulent"),
        "lifestyle": ("jar", "mug", "books", "pens", "succulent"),
    }[stage.decor]
    shelf(stage, side * (x + 0.1), z * rng.uniform(0.15, 0.35), 0.95, things, mix(stage.second, WHITE, 0.1))
    if stage.decor != "plain":
        shelf(stage, -side * (x + 0.1), z * rng.uniform(0.5, 0.7), 0.85, things[::-1], mix(stage.second, WHITE, 0.1))
    if stage.decor == "botanical":
        trailing(stage, -side * (x + 0.1), z * 0.1)
    elif stage.decor == "lifestyle":
        hung(stage, -side * x, 0.36 * z, metal)
        # a roll of tape and a ruler
        ring = [(side * x + 0.1 * c, -0.04, 0.93 * z + 0.1 * s) for c, s in shapes.circle(1.0, 32)]
        shapes.tube("tape", ring, 0.035, stage.paint(stage.accent, 0.4), (0, 1, 0), closed=True, sides=10)
    elif stage.decor == "geometric":
        frame(stage, side * x, 0.62 * z, 0.4, 0.4)
