"""A slab of marble in front of a stone and plaster wall."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import dress, vase
from uniadgen.padsynth.blender.scenes.forms import arch_slab, block, drum
from uniadgen.padsynth.blender.scenes.room import back_wall, table_top
from uniadgen.padsynth.blender.scenes.stage import WHITE, Stage


def marble(stage: Stage) -> None:
    """A slab of marble in front of a stone and plaster wall."""
    stage.sized_for(20)
    rng = stage.rng
    dark = sum(stage.base) < 1.3
    stone = mix(stage.base, WHITE, 0.72) if not dark else mix(stage.second, (0.08, 0.08, 0.09), 0.35)
    vein = mix(stage.second, (0.35, 0.33, 0.33), 0.35) if not dark else mix(stage.accent, (0.9, 0.9, 0.88), 0.4)
    table_top(stage, mat.marble(rng, stone, vein), 1.6)
    back_wall(stage, 1.9, mat.plaster(rng, stage.base, 0.1))
    if rng.random() < 0.6:
        high = rng.uniform(0.5, 0.9)
        block((-12, 12), (1.72, 1.9), (-1, high), mat.marble(rng, stone, vein, upright=True), 0.01)
        block((-12, 12), (1.66, 1.9), (high, high + 0.045), stage.brass(), 0.008)
    else:
        side = rng.choice((-1, 1))
        arch_slab(1.7, 2.2, 0.12, (side * 0.4, 1.74, -0.05), mat.plaster(rng, stage.second, 0.08))
    if rng.random() < 0.6:
        side = rng.choice((-1, 1))
        for i in range(2):  # a tray with brass rim
            drum(
                0.42 - 0.03 * i,
                0.05,
                (side * 1.25, 0.95, 0.012 * i),
                stage.brass() if i == 0 else stage.paint(stone, 0.15),
                0.015,
            )
        vase(stage, (side * 1.25, 0.95, 0.06), 1.15, stage.second)
    dress(stage, places=2)
