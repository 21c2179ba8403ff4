"""A bright room, photographed: a table or a floor by soft daylight, with furniture in the palette's colours behind."""

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress, lamp, put
from uniadgen.padsynth.blender.scenes.forms import block, curtain
from uniadgen.padsynth.blender.scenes.places import ground, surroundings
from uniadgen.padsynth.blender.scenes.plants import pot_plant
from uniadgen.padsynth.blender.scenes.room import couch, ledge, painting, round_table, rug
from uniadgen.padsynth.blender.scenes.stage import WHITE, WOODS, Stage


def bright_interior(stage: Stage) -> None:
    rng, side = stage.rng, stage.rng.choice((-1, 1))
    surroundings(
        stage,
        "interior",
        rng.choice((0.1, 0.32, 0.5, 0.6, 0.8)) + rng.uniform(-0.03, 0.03),
        tint=mix((1, 1, 1), stage.base, 0.2),
    )
    if stage.floor:
        ground(
            stage,
            mat.wood(rng, mix(rng.choice(WOODS), WHITE, 0.2), stage.cm(14), along_view=rng.random() < 0.5),
            -0.02,
            4.0,
            9.0,
        )
        rug(stage, mat.fabric(rng, mix(stage.second, WHITE, 0.25), 26), 1.5)
    else:
        kind = rng.choice(("wood", "white", "round", "cloth"))
        if kind == "round":
            round_table(stage, mat.wood(rng, mix(rng.choice(WOODS), WHITE, 0.15), 0.9), 45)
        elif kind == "wood":
            ledge(stage, mat.wood(rng, rng.choice(WOODS), max(0.4, stage.cm(14))), 38)
        elif kind == "white":
            ledge(stage, mat.marble(rng, mix(WHITE, stage.base, 0.2), mix((0.55, 0.55, 0.55), stage.second, 0.3)), 38)
        else:
            ledge(stage, mat.fabric(rng, mix(stage.base, WHITE, 0.35), 46), 38, 2)
    # behind: a wall piece and furniture at their real size, the photographed room beyond
    floor = 0.0 if stage.floor else -stage.cm(60)
    with stage.in_metres((0, 0, floor)):
        distance = rng.uniform(1.5, 2.0)
        x0, x1 = sorted((side * 0.25, side * 4.0))
        block((x0, x1), (distance + 1.2, distance + 1.3), (0, 3.2), mat.plaster(rng, stage.base, 0.08), 0.0)
        piece = rng.choice(("couch", "couch", "sideboard", "curtain"))
        if piece == "couch":
            couch(stage, side * rng.uniform(0.75, 1.1), distance, 0.0, 1.9, stage.second)
        elif piece == "sideboard":
            b0, b1 = sorted((side * 0.3, side * 1.9))
            block(
                (b0, b1),
                (distance + 0.6, distance + 1.1),
                (0.15, 0.85),
                mat.wood(rng, mix(WOODS[1], stage.second, 0.5), 0.4),
                0.02,
            )
            lamp(stage, (side * 0.65, distance + 0.85, 0.85), 0.6)
        else:
            c0, c1 = sorted((side * 0.2, side * 1.6))
            curtain((c0, c1), distance + 0.9, (0.02, 3.2), mat.fabric(rng, stage.second, 60), stage, 3.0)
        painting(stage, side * 1.3, distance + 1.2, 1.35, 0.8, 1.0)
        pot_plant(stage, (-side * rng.uniform(0.7, 1.0), distance, 0.0), rng.uniform(1.2, 1.6))
    bear(stage)
    if stage.floor and stage.decor == "lifestyle":
        put(stage, "floor lamp", (-side * (stage.half + 0.3), 0.8, -0.02), -side)
    dress(stage, 0.0 if not stage.floor else -0.02, places=2)
