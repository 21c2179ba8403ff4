"""A plinth in front of arches, discs or steps."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import arch_slab, block, curtain, drum, ring
from uniadgen.padsynth.blender.scenes.room import paper_roll
from uniadgen.padsynth.blender.scenes.stage import WHITE, Stage


def podium(stage: Stage) -> None:
    """A plinth in front of arches, discs or steps."""
    rng = stage.rng
    high = 0.14 if stage.floor else rng.uniform(0.26, 0.42)
    paper_roll(mat.plaster(rng, stage.base, 0.08), z=-high, far=2.6)
    top = (
        mat.marble(rng, mix(stage.accent, WHITE, 0.5), stage.second)
        if rng.random() < 0.3
        else mat.plaster(rng, mix(stage.base, stage.second, rng.uniform(0.25, 0.8)), 0.05)
    )
    radius = rng.uniform(0.8, 0.92)
    if rng.random() < 0.75:
        drum(radius, high, (0, 0, -high), top, 0.025, 72)
        if rng.random() < 0.5:
            drum(radius * 1.35, high * 0.45, (0, 0, -high), mat.plaster(rng, stage.second, 0.05), 0.02, 72)
    else:
        block((-radius, radius), (-radius, radius), (-high, 0), top, 0.03)
    motif = rng.choice(("arch", "arches", "ring", "curtain", "steps"))
    back = mat.plaster(rng, stage.second, 0.08)
    if motif == "arch":
        arch_slab(2.0, 2.1, 0.2, (rng.uniform(-0.15, 0.15), 1.25, -high), back)
    elif motif == "arches":
        for i, colour in enumerate((mix(stage.base, stage.second, 0.55), stage.second, mix(stage.second, stage.accent, 0.6))):
            arch_slab(3.0 - i * 0.75, 2.3 - i * 0.4, 0.16, (0, 1.75 - i * 0.22, -high), stage.paint(colour, 0.6))
    elif motif == "ring":
        ring(0.95, 0.07, (0, 1.15, 0.75), stage.brass() if rng.random() < 0.5 else stage.paint(stage.accent, 0.4))
    elif motif == "curtain":
        curtain((-6, 6), 1.9, (-high, 6), mat.fabric(rng, stage.second, 30), stage, 0.8)
    else:
        for i, side in enumerate((-1, 1, -1)):
            drum(
                0.5 - 0.05 * i,
                high + 0.35 + 0.3 * i,
                (side * (1.2 + 0.1 * i), 0.95 + 0.3 * i, -high),
                stage.paint(mix(stage.second, stage.accent, 0.3 * i), 0.55),
            )
    stage.swell = 0.0
    bear(stage)
    dress(stage, -high)
