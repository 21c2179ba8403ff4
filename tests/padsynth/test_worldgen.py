"""The world as a whole: reproducible, a prefix of larger ones, and cleanly split."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from uniadgen.cli.main import main
from uniadgen.padsynth.specs import FLOOR_FAMILIES, SceneSpec, families_for
from uniadgen.padsynth.worldgen import World, make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(0, 300)


@pytest.fixture(scope="module")
def tiny() -> World:
    return make_world(0, "tiny")


def test_same_seed_same_world(tiny: World) -> None:
    assert make_world(0, "tiny") == tiny
    assert make_world(1, "tiny").creatives != tiny.creatives
    assert (len(tiny.products), len(tiny.creatives), len(list(tiny.shoppers()))) == (40, 200, 50)


def test_a_small_world_is_a_prefix_of_a_large_one(world: World, tiny: World) -> None:
    assert world.products[:40] == tiny.products
    assert world.creatives[:200] == tiny.creatives
    assert {name: world.splits[name] for name in tiny.splits} == tiny.splits


def test_creatives(world: World) -> None:
    products = {product.id: product for product in world.products}
    of_product = defaultdict(list)
    for creative in world.creatives:
        of_product[creative.product_id].append(creative)
        assert creative.scene.family in families_for(products[creative.product_id])
        assert 0.38 <= creative.centre_x <= 0.62
        centred = products[creative.product_id].posture in ("lies", "hangs")
        assert (0.73 if centred else 0.78) <= creative.base_y <= (0.80 if centred else 0.90)
        assert 0.45 <= creative.extent <= 0.62
        assert creative.base_y - creative.extent > 0.1
    assert len({creative.id for creative in world.creatives}) == len(world.creatives) == 1500
    for creatives in of_product.values():
        assert len(creatives) == len({creative.scene.family for creative in creatives}) == 5


def test_scenes_are_shared_within_split_and_floor_kind_only(world: World) -> None:
    products = {product.id: product for product in world.products}
    users: defaultdict[str, set[str]] = defaultdict(set)
    scenes: dict[str, SceneSpec] = {}
    for creative in world.creatives:
        users[creative.scene.id].add(creative.product_id)
        assert scenes.setdefault(creative.scene.id, creative.scene) == creative.scene, "shared scenes are the same in full"
    shared = [names for names in users.values() if len(names) > 1]
    assert 0.15 < len(shared) / len(users) < 0.35
    assert any(len({products[name].department for name in names}) > 1 for names in shared)
    for names in shared:
        assert len({world.splits[name] for name in names}) == 1
        assert len({products[name].size_class == "large" for name in names}) == 1
    assert {scenes[s].family for s, names in users.items() if any(products[n].size_class == "large" for n in names)} <= set(
        FLOOR_FAMILIES
    )


def test_splits_of_products(world: World) -> None:
    assert Counter(world.splits.values()) == {"train": 240, "val": 30, "test": 30}


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(ValueError, match="tiny, standard"):
        make_world(0, "huge")


def test_the_number_of_shoppers_is_an_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = make_world(0, 20, 7)
    assert world.shopper_count == 7
    assert len(list(world.shoppers())) == 7
    for number in ("0", "100001"):
        assert main(["data", "render", "--shoppers", number, "--out", str(tmp_path / "world")]) == 2
        message = capsys.readouterr().err
        assert "argument --shoppers" in message
        assert len(message.splitlines()) == 1
    assert not (tmp_path / "world").exists()
