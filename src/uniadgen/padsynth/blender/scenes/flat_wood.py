"""Boards seen from above: bare, or painted in the palette's colour."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.flatlay import lay_around
from uniadgen.padsynth.blender.scenes.forms import block
from uniadgen.padsynth.blender.scenes.stage import WOODS, Stage


def flat_wood(stage: Stage) -> None:
    rng = stage.rng
    painted = rng.random() < 0.5
    tone = mix(rng.choice(WOODS), stage.base, 0.75 if painted else 0.2)
    plank = min(max(stage.cm(rng.uniform(9, 15)), 0.22), 1.3)
    boards = mat.wood(rng, tone, plank, along_view=rng.random() < 0.6)
    block((-4, 4), (-4, 4), (-0.1, 0), boards, 0.0)
    lay_around(stage, ("cup", "twig", "fold"))
