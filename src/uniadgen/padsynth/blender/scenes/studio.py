"""A seamless backdrop in the palette's base colour."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender import shapes
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import block, spread_cloth
from uniadgen.padsynth.blender.scenes.room import paper_roll
from uniadgen.padsynth.blender.scenes.stage import Stage


def studio(stage: Stage) -> None:
    """A seamless backdrop in the palette's base colour."""
    rng = stage.rng
    paper_roll(mat.plaster(rng, stage.base, 0.06), far=rng.uniform(1.9, 2.6), bend=rng.uniform(0.7, 1.3))
    motif = rng.choice(("disc", "panel", "none", "cloth"))
    if motif == "disc":
        disc = shapes.plate("disc", shapes.circle(rng.uniform(0.8, 1.1), 64), 0.06, mat.plaster(rng, stage.second, 0.06), 0.02)
        shapes.move(disc, (rng.uniform(-0.35, 0.35), 1.35, rng.uniform(0.75, 0.95)))
    elif motif == "panel":
        x = rng.choice((-1, 1)) * rng.uniform(0.1, 0.5)
        block((x - 0.75, x + 0.75), (1.2, 1.26), (0, 2.6), mat.plaster(rng, stage.second, 0.06), 0.01)
    elif motif == "cloth":
        side = rng.choice((-1, 1))
        spread_cloth((side * 1.35, 0.7), (1.1, 1.5), 0.0, mat.fabric(rng, stage.second, 40), stage, side * 0.4)
    bear(stage)
    dress(stage)
