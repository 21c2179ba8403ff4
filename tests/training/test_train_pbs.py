"""The background encoder learns the scene and not the product, on a world small enough to train it in seconds."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from uniadgen.ads import Placement
from uniadgen.data.plates import Plates, load_plates
from uniadgen.errors import InputError
from uniadgen.loading.background_encoder import load_encoder
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder
from uniadgen.training.loop import Schedule
from uniadgen.training.pbs import train_pbs, triple_accuracy, triples

pytestmark = pytest.mark.slow

TINY = Path(__file__).parents[2] / "data" / "tiny"


def world(products: range, scenes: int, seed: int) -> Plates:
    """Striped scenes of any direction and colour; products are large discs of a loud colour, which plain pixels are led by."""
    rng = np.random.default_rng(seed)
    made = Plates([], [], [], [], [], {})
    looks = [(int(rng.integers(2, 8)), bool(rng.integers(2)), rng.integers(60, 200, 3)) for _ in range(scenes)]
    for product in products:
        disc = Image.new("RGBA", (24, 24))
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        ImageDraw.Draw(disc).ellipse((0, 0, 23, 23), fill=(*colour, 255))
        made.cutouts[str(product)] = disc
        for scene in rng.permutation(scenes)[:4]:
            width, across, tint = looks[scene]
            y, x = np.mgrid[:48, :48]
            stripes = ((x if across else y) // width % 2)[..., None] * 50 + tint
            made.ids.append(f"{product}-{scene}")
            made.plates.append(Image.fromarray(stripes.clip(0, 255).astype(np.uint8)))
            made.products.append(str(product))
            made.scene_ids.append(f"s{scene}")
            made.places.append(Placement(10, 14, 26, 26))
    return made


def test_triples_are_what_they_say() -> None:
    plates = world(range(6), 5, 0)
    some_triples = triples(plates, 50)
    assert len(some_triples) == 50
    for anchor, positive, negative in some_triples:
        assert plates.scene_ids[anchor] == plates.scene_ids[positive] != plates.scene_ids[negative]
        assert plates.products[positive] != plates.products[anchor] == plates.products[negative]


def test_training_makes_the_scene_matter(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = BackgroundEncoder(BackgroundConfig(size=32, patch=8, width=48, layers=2, heads=2))
    train, unseen = world(range(24), 16, 1), world(range(100, 112), 8, 2)
    chosen = triples(unseen, 200)
    before = triple_accuracy(encoder.eval(), unseen, chosen)
    train_pbs(encoder, train, unseen, Schedule(steps=60, learning_rate=2e-3, batch=8, warmup=5, ema=0.9), tmp_path, False)
    after = triple_accuracy(encoder, unseen, chosen)
    assert after > 0.85
    assert after > before + 0.05


def test_scenes_come_from_a_data_set(tmp_path: Path) -> None:
    plates = load_plates(TINY, ("val",), size=64)
    assert len(plates.plates) == 20
    assert all(plate.size == (64, 64) for plate in plates.plates)
    assert plates.ad(0).size == (64, 64)
    assert len(set(plates.products)) == 4
    with pytest.raises(InputError):
        load_plates(TINY, ("nowhere",))


def test_the_embedded_encoder_measures_the_background() -> None:
    """Same scene with another product scores above same product in another scene, also for unseen products."""
    encoder = load_encoder()
    for splits, least in ((("val", "test"), 16), (("train", "val", "test"), 300)):
        plates = load_plates(TINY, splits)
        chosen = triples(plates, 400)
        assert len(chosen) >= least
        assert triple_accuracy(encoder, plates, chosen) >= 0.97
