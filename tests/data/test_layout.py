"""The tables: what is written comes back, renders become data sets, and half a render is a data set too."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.data import build, layout
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.padsynth.specs import WORLD_VERSION
from uniadgen.padsynth.worldgen import World, make_world

SIDE = 32
PLACED = [0.25, 0.375, 0.5, 0.5]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(0, 20)


def render(world: World, raw: Path, count: int) -> None:
    """Stand-ins for renders of the first products: a plain plate in a colour of its own, and a blue disc."""
    y, x = np.mgrid[:16, :16]
    disc = np.zeros((16, 16, 4), np.uint8)
    disc[(y - 7.5) ** 2 + (x - 7.5) ** 2 <= 64] = (20, 40, 200, 255)
    for product in world.products[:count]:
        folder = raw / product.id
        folder.mkdir(parents=True)
        Image.fromarray(disc).save(folder / "cutout.webp", lossless=True, exact=True)
        names = [creative.id for creative in world.creatives if creative.product_id == product.id]
        for number, name in enumerate(names):
            Image.new("RGB", (SIDE, SIDE), (200, 30 * number, 60)).save(folder / f"plate-{name}.webp")
        (folder / "meta.json").write_text(json.dumps({"placements": dict.fromkeys(names, PLACED)}))


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_full_render_becomes_a_data_set(world: World, tmp_path: Path) -> None:
    render(world, tmp_path / "raw", 20)
    steps: list[tuple[int, int]] = []
    count = build.build_dataset(world, tmp_path / "raw", tmp_path / "out", 95, lambda done, of: steps.append((done, of)))
    assert count == {"creatives": 100, "products": 20, "users": len(list(world.shoppers()))}
    assert steps == [(k, 100) for k in range(1, 101)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "creatives.parquet",
        "labels.parquet",
        "products.parquet",
        "tastes.parquet",
        "users.parquet",
    ]
    rows = layout.read_creatives(tmp_path / "out").to_pylist()
    for row, creative in zip(rows, world.creatives, strict=True):
        assert (row["id"], row["text"], row["scene_id"]) == (creative.id, creative.text, creative.scene.id)
        assert row["split"] == world.splits[creative.product_id]
        assert row["placement"] == PLACED
    cutouts = {row["id"]: picture(row["cutout"]).convert("RGBA") for row in layout.read_products(tmp_path / "out").to_pylist()}
    first = rows[7]
    ad, plate = picture(first["ad"]).convert("RGB"), picture(first["plate"]).convert("RGB")
    expected = compose(Image.new("RGB", (SIDE, SIDE), (200, 60, 60)), cutouts[first["product_id"]], Placement(8, 12, 16, 16))
    assert ad.size == plate.size == (SIDE, SIDE)
    assert np.abs(np.asarray(ad, float) - np.asarray(expected, float)).mean() < 12
    assert np.abs(np.asarray(plate, float) - (200, 60, 60)).mean() < 6


def test_a_low_quality_saves_space_and_keeps_the_outline(world: World, tmp_path: Path) -> None:
    render(world, tmp_path / "raw", 2)
    build.build_dataset(world, tmp_path / "raw", tmp_path / "high", 90)
    build.build_dataset(world, tmp_path / "raw", tmp_path / "low", 40)
    rendered = picture((tmp_path / "raw" / "p00000" / "cutout.webp").read_bytes())
    high, low = (picture(layout.read_products(tmp_path / name).to_pylist()[0]["cutout"]) for name in ("high", "low"))
    assert np.array_equal(np.asarray(high), np.asarray(rendered))
    assert np.array_equal(np.asarray(low)[..., 3], np.asarray(rendered)[..., 3])
    assert not np.array_equal(np.asarray(low), np.asarray(rendered))


def test_users_come_back(world: World, tmp_path: Path) -> None:
    shoppers = list(world.shoppers())
    assert layout.write_users(tmp_path, map(build.user_row, shoppers)) == len(shoppers)
    rows = list(layout.iter_rows(tmp_path, "users", batch_size=3))
    assert rows == layout.read_users(tmp_path).to_pylist() == [build.user_row(shopper) for shopper in shoppers]
    assert rows[0]["clicks"][0] == dict(zip(("creative", "time"), shoppers[0].clicks[0], strict=True))


def test_half_a_render_is_usable(world: World, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    render(world, raw, 15)
    (raw / world.products[0].id / "meta.json").unlink()
    (raw / world.products[1].id / f"plate-{world.products[1].id}-3.webp").unlink()
    count = build.build_dataset(world, raw, out)
    assert (count["creatives"], count["products"]) == (14 * 5 - 1, 14)
    there = set(layout.read_creatives(out, ["id"])["id"].to_pylist())
    users = layout.read_users(out).to_pylist()
    assert users
    assert {click["creative"] for user in users for click in user["clicks"]} | {u["target"] for u in users} <= there


def test_targets_are_the_clicks_behind_the_first_five_and_the_last() -> None:
    user: layout.Row = {"clicks": [{"creative": name, "time": k} for k, name in enumerate("abcdefa")], "target": "t"}
    assert list(layout.targets_of(user)) == [
        (["a", "b", "c", "d", "e"], "f"),
        (["b", "c", "d", "e", "f"], "a"),  # clicked before, and never in its own history
        (["a", "b", "c", "d", "e", "f", "a"], "t"),
    ]
    assert list(layout.targets_of({**user, "clicks": user["clicks"][:3]})) == [(["a", "b", "c"], "t")]
    assert list(layout.targets_of({**user, "clicks": []})) == [([], "t")]


def test_a_data_set_tells_its_world_and_its_products_sizes(world: World, tmp_path: Path) -> None:
    render(world, tmp_path / "raw", 3)
    build.build_dataset(world, tmp_path / "raw", tmp_path / "out")
    assert layout.world_of(tmp_path / "out") == {"version": WORLD_VERSION, "seed": 0}
    sizes = [row["size_cm"] for row in layout.read_products(tmp_path / "out").to_pylist()]
    assert np.allclose(sizes, [product.size_cm for product in world.products[:3]])


def test_a_table_may_lack_optional_columns(tmp_path: Path) -> None:
    without = layout.PRODUCTS.remove(layout.PRODUCTS.get_field_index("size_cm"))
    rows = [{"id": "p", "split": "train", "cutout": b"x"}]
    pq.write_table(pa.Table.from_pylist(rows, without), tmp_path / "products.parquet")
    assert layout.read_products(tmp_path).to_pylist() == rows
    assert list(layout.iter_rows(tmp_path, "products")) == rows


def test_a_failed_build_leaves_the_old_table(tmp_path: Path) -> None:
    good: layout.Row = {"id": "u1", "split": "train", "clicks": [], "target": "p-0"}
    layout.write_users(tmp_path, [good])

    def failing() -> Iterator[layout.Row]:
        yield good
        raise RuntimeError

    with pytest.raises(RuntimeError):
        layout.write_users(tmp_path, failing())
    assert layout.read_users(tmp_path).num_rows == 1
    assert [path.name for path in tmp_path.iterdir()] == ["users.parquet"]


def test_problems_are_named(world: World, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"creatives\.parquet is missing"):
        layout.read_creatives(tmp_path)
    with pytest.raises(InputError, match="no rendered product"):
        build.build_dataset(world, tmp_path, tmp_path / "out")
    render(world, tmp_path / "raw", 2)
    plate = tmp_path / "raw" / "p00001" / "plate-p00001-0.webp"
    plate.write_bytes(b"half a picture")
    with pytest.raises(InputError, match="plate-p00001-0"):
        build.build_dataset(world, tmp_path / "raw", tmp_path / "out")
    (tmp_path / "raw" / "p00000" / "meta.json").write_text("{}")
    with pytest.raises(InputError, match=r"p00000.*meta\.json"):
        build.build_dataset(world, tmp_path / "raw", tmp_path / "out")
    (tmp_path / "users.parquet").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="no readable Parquet table"):
        layout.read_users(tmp_path)
