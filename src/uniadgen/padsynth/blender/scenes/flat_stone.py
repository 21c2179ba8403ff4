"""A stone slab seen from above: marble, slate, terrazzo or concrete."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.flatlay import lay_around
from uniadgen.padsynth.blender.scenes.forms import block
from uniadgen.padsynth.blender.scenes.stage import WHITE, Stage


def flat_stone(stage: Stage) -> None:
    rng = stage.rng
    kind = rng.choice(("marble", "marble", "slate", "concrete", "tiles"))
    if kind == "marble":
        dark = sum(stage.base) < 1.4
        stone = mix(stage.base, WHITE, 0.55) if not dark else mix(stage.second, (0.1, 0.1, 0.11), 0.3)
        top = mat.marble(rng, stone, mix(stage.second, (0.4, 0.38, 0.38), 0.4) if not dark else mix(stage.accent, WHITE, 0.3))
    elif kind == "slate":
        top = mat.speckled(rng, mix((0.2, 0.21, 0.23), stage.second, 0.4), 0.12, 0.22, 0.5, 0.16)
    elif kind == "concrete":
        top = mat.speckled(rng, mix((0.72, 0.71, 0.69), stage.base, 0.6), 0.025, 0.1, 0.75, 0.06)
    else:
        glaze = mix(stage.base, WHITE, 0.25)
        size = min(max(stage.cm(15), 0.3), 0.8)
        top = mat.tiles(rng, glaze, mix(glaze, WHITE, 0.6), size, size, 0.0, upright=False)
    block((-4, 4), (-4, 4), (-0.1, 0), top, 0.0)
    lay_around(stage, ("tea light", "stones", "twig"))
