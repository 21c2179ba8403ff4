"""The data set in the repository: what the world says, with pictures that open."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from uniadgen.compose import compose
from uniadgen.data import layout
from uniadgen.world.worldgen import make_world

TINY = Path(__file__).parents[2] / "data" / "tiny"


def test_it_is_the_tiny_world() -> None:
    world = make_world(0, "tiny")
    rows = layout.read_creatives(TINY, ("id", "text", "scene_id", "split")).to_pylist()
    assert [(row["id"], row["text"], row["scene_id"]) for row in rows] == [
        (creative.id, creative.text, creative.scene.id) for creative in world.creatives
    ]
    assert [row["id"] for row in layout.read_products(TINY, ("id",)).to_pylist()] == [product.id for product in world.products]
    assert layout.read_users(TINY).to_pylist() == [layout.user_row(shopper) for shopper in world.shoppers]


def test_its_ads_are_cutouts_on_plates() -> None:
    def picture(data: bytes, mode: str) -> Image.Image:
        with Image.open(io.BytesIO(data)) as image:
            return image.convert(mode)

    cutouts = {row["id"]: picture(row["cutout"], "RGBA") for row in layout.read_products(TINY).to_pylist()}
    for row in layout.read_creatives(TINY).to_pylist():
        ad, plate, cutout = picture(row["ad"], "RGB"), picture(row["plate"], "RGB"), cutouts[row["product_id"]]
        composed = compose(plate, cutout, layout.in_pixels(tuple(row["placement"]), plate.size))
        assert ad.size == plate.size == (256, 256)
        assert np.abs(np.asarray(ad, float) - np.asarray(composed, float)).mean() < 6


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in TINY.iterdir()) <= 3_000_000
