"""The data set in the repository: what the world says, with pictures that open."""

import io
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from uniadgen.data import layout
from uniadgen.imaging.composing import compose
from uniadgen.padsynth.worldgen import make_world

TINY = Path(__file__).parents[2] / "data" / "tiny"


@pytest.mark.xfail(reason="the packed set is of the first world until the second one is rendered", strict=True)
def test_it_is_the_tiny_world() -> None:
    world = make_world(0, "tiny")
    rows = layout.read_creatives(TINY, ("id", "text", "scene_id", "split")).to_pylist()
    assert [(row["id"], row["text"], row["scene_id"]) for row in rows] == [
        (creative.id, creative.text, creative.scene.id) for creative in world.creatives
    ]
    assert [row["id"] for row in layout.read_products(TINY, ("id",)).to_pylist()] == [product.id for product in world.products]
    assert layout.read_users(TINY).to_pylist() == [layout.user_row(shopper) for shopper in world.shoppers()]


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


def test_its_statistics_are_those_that_are_promised() -> None:
    """In the tables themselves; tests/world does the same, and more exactly, for larger worlds."""
    columns = ("id", "product_id", "split", "department", "scene_id", "family", "palette", "light", "text_style")
    ads = {row["id"]: row for row in layout.read_creatives(TINY, columns).to_pylist()}
    users = [(user, json.loads(user["taste"])) for user in layout.read_users(TINY).to_pylist()]

    def fit(name: str, taste: dict[str, Any]) -> list[bool]:
        ad = ads[name]
        likes = (ad["family"] in taste["families"][ad["department"]], ad["palette"] in taste["palettes"])
        return [*likes, ad["light"] in taste["lights"], ad["text_style"] == taste["text_style"]]

    clicked = np.array([fit(click["creative"], taste) for user, taste in users for click in user["clicks"]])
    by_chance = np.array([fit(name, taste) for _, taste in users for name in ads])
    targets = np.array([fit(user["target"], taste) for user, taste in users])
    assert (clicked.mean(0) > 1.4 * by_chance.mean(0)).all()
    assert (targets.mean(0) > 1.4 * by_chance.mean(0)).all()
    assert targets.mean() > clicked.mean()
    # What follows the taste fits in something, so that of the clicks that fit in nothing all are noise.
    noise = (~clicked.any(1)).mean() / (~by_chance.any(1)).mean()
    assert 0.2 < noise < 0.32, noise
    for user, _ in users:
        history = {ads[click["creative"]]["product_id"] for click in user["clicks"]}
        assert ads[user["target"]]["product_id"] not in history
        assert ads[user["target"]]["split"] == user["split"]
        assert {ads[click["creative"]]["split"] for click in user["clicks"]} <= {"train", user["split"]}
    splits: defaultdict[str, set[str]] = defaultdict(set)
    products: defaultdict[str, set[str]] = defaultdict(set)
    for ad in ads.values():
        splits[ad["scene_id"]].add(ad["split"])
        products[ad["scene_id"]].add(ad["product_id"])
    assert {len(found) for found in splits.values()} == {1}
    assert sum(len(found) > 1 for found in products.values()) >= 0.15 * len(products)


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in TINY.iterdir()) <= 3_000_000
