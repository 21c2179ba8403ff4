"""Bricks, bare or painted, with a lamp, a pipe, a poster or ivy."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.room import limited
from uniadgen.padsynth.blender.scenes.stage import WHITE, Stage
from uniadgen.padsynth.blender.scenes.walls import frame, hold, ivy, sconce, shelf, wall_of


def brick_wall(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    painted = rng.random() < 0.6
    brick = mix(stage.base, WHITE, 0.12) if painted else mix((0.58, 0.32, 0.24), stage.base, 0.3)
    high = limited(stage.cm(7), 0.12, 0.3)
    joint = mix(brick, WHITE, 0.15) if painted else (0.68, 0.65, 0.6)
    wall_of(mat.tiles(rng, brick, joint, 3.1 * high, high))
    z, x = stage.subject.top[2], stage.half + 0.62
    metal = stage.paint((0.08, 0.08, 0.09), 0.45)
    hold(stage, metal)
    if rng.random() < 0.5:
        pipe = stage.paint(mix(stage.second, (0.3, 0.3, 0.3), 0.4), 0.4, 0.5)
        shapes.tube("pipe", [(-side * (x + 0.55), -0.09, -6), (-side * (x + 0.55), -0.09, 7)], 0.06, pipe, (1, 0, 0), sides=16)
    if stage.decor == "botanical":
        ivy(stage, side)
    elif stage.decor == "geometric":
        frame(stage, side * x, 0.35 * z, 0.6, 0.8)
    elif stage.decor == "lifestyle":
        sconce(stage, side * x, 0.85 * z)
        shelf(stage, side * (x + 0.1), 0.12 * z, 1.0, ("succulent", "candle", "books"))
        if rng.random() < 0.5:
            frame(stage, -side * x, 0.4 * z, 0.5, 0.65)
    elif rng.random() < 0.5:
        sconce(stage, side * x, 0.9 * z)
