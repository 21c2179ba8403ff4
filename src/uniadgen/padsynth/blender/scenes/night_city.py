"""A terrace over a town at night: wet stone, a railing, lamps and windows far away."""

import numpy as np

from uniadgen.padsynth.blender import materials as mat
from uniadgen.padsynth.blender.materials import mix
from uniadgen.padsynth.blender.scenes.decor import bear, dress
from uniadgen.padsynth.blender.scenes.forms import block, drum, lights_string
from uniadgen.padsynth.blender.scenes.light import light_from
from uniadgen.padsynth.blender.scenes.places import Mood, far_lights, ground, surroundings
from uniadgen.padsynth.blender.scenes.room import ledge
from uniadgen.padsynth.blender.scenes.stage import Stage, draws, vivid


def night_city(stage: Stage) -> None:
    rng, chance, side = stage.rng, draws(stage), stage.rng.choice((-1, 1))
    bright = {"soft": 1.15, "sunny": 1.3, "golden": 1.15, "cool": 1.0, "moody": 0.75}[stage.light]
    key = {"golden": (1, 0.76, 0.5), "cool": (0.72, 0.85, 1), "moody": (1, 0.8, 0.62)}.get(stage.light, (1, 0.93, 0.84))
    name, spots = rng.choice((("city", (0.06, 0.2, 0.35, 0.66, 0.8, 0.92)), ("night", (0.05, 0.3, 0.55))))
    tint = mix((0.42, 0.52, 1.0), stage.base, 0.3)
    surroundings(stage, name, rng.choice(spots) + rng.uniform(-0.03, 0.03), Mood(tint, 0.2 * bright, 0.13 * bright, 0))
    one, two = vivid(stage.base), vivid(stage.accent)
    shade = mix(stage.base, (0.1, 0.1, 0.13), 0.72)
    if stage.floor:
        ground(stage, mat.wet(rng, mix(shade, (0.16, 0.16, 0.18), 0.5)), 0.0, 5.0, 12.0)
    else:
        kind = rng.choice(("stone", "wood", "wet"))
        if kind == "stone":
            top = mat.marble(rng, mix(shade, (0.05, 0.05, 0.06), 0.3), mix(stage.accent, (0.8, 0.8, 0.8), 0.5))
        elif kind == "wood":
            top = mat.wood(rng, (0.34, 0.23, 0.16), 0.5, gloss=0.16)
        else:
            top = mat.wet(rng, mix(shade, (0.2, 0.2, 0.22), 0.4), 2.0)
        ledge(stage, top, 30)
    low = 0.0 if stage.floor else -0.9
    # the railing keeps the eye here; lamps behind it are discs of light
    bar = stage.paint(mix((0.1, 0.1, 0.11), stage.second, 0.25), 0.3, 0.6)
    if rng.random() < 0.6:
        for x in np.arange(-6, 6.1, 1.5).tolist():
            block((x, x + 0.06), (4.0, 4.06), (low, low + 2.0), bar, 0.01)
        for z in (0.6, 1.3, 2.0):
            block((-9, 9), (4.0, 4.05), (low + z, low + z + 0.05), bar, 0.01)
    warm = (1.0, 0.72, 0.38)
    far_lights(stage, (warm, one, two, (1, 0.9, 0.7)), 30, 5.5 * bright, (-1.6, 3.6), 11.0)
    for k in range(7):  # towers with lit windows
        x, wide, tall = rng.uniform(-9, 9), rng.uniform(0.9, 1.8), rng.uniform(0.5, 3.2)
        y = 15 + 1.2 * k
        block((x - wide, x + wide), (y, y + 1), (-8, tall), stage.paint(mix((0.05, 0.06, 0.1), stage.base, 0.12), 0.8), 0.0)
        n = 26
        windows = np.stack([chance.uniform(x - wide, x + wide, n), np.full(n, y - 0.1), chance.uniform(-5, tall, n)], -1)
        lights_string(stage, windows, (1.0, 0.8, 0.5), 2.6 * bright, 0.09)
    count = 40
    x, phase = np.linspace(-5, 5, count), rng.uniform(0, 3)
    garland = np.stack([x, np.full(count, 3.4), 1.75 - 0.3 * np.abs(np.sin(1.1 * x + phase))], -1)
    if rng.random() < 0.6:
        lights_string(stage, garland, warm, 8 * bright, 0.05)
    spot = light_from("AREA", 95 * bright, key, (side * 2.2, -1.6, 2.6), (0, 0, 0.35), 1.3)
    spot.data.spread = 1.6
    light_from("AREA", 60 * bright, one, (-side * 2.4, 0.7, 1.5), (0, 0, 0.4), 0.9)
    light_from("AREA", 35 * bright, two, (side * 2.0, 1.9, 1.3), (0, 0, 0.4), 0.8)
    if stage.decor == "geometric":
        drum(0.22, 0.7, (-side * 1.6, 1.3, 0.0 if stage.floor else low), stage.paint(stage.second, 0.3), 0.02)
    bear(stage)
    dress(stage, places=2)
