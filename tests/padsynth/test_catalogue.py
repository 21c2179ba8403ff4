"""The products: reproducible, balanced, richly and cleanly described."""

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from uniadgen.padsynth.catalogue import is_chinese, make_product, make_products
from uniadgen.padsynth.pools import CHINESE_COLOURS, CHINESE_POOLS, COLOURS, POOLS, SECTIONS, chinese_size
from uniadgen.padsynth.specs import CATEGORIES, DEPARTMENTS, ProductSpec, categories_of, families_for

TYPES = {"brand", "type", "feature", "material", "colour", "audience", "size", "pack", "model", "promotion", "series"}


@pytest.fixture(scope="module")
def products() -> list[ProductSpec]:
    return make_products(0, 480)


def test_a_product_depends_on_seed_and_index_only(products: list[ProductSpec]) -> None:
    assert make_products(0, 40) == products[:40]
    assert make_product(0, 123) == products[123]
    assert make_product(1, 123) != products[123]
    assert len({product.id for product in products}) == len({product.seed for product in products}) == 480


@pytest.mark.parametrize("count", [7, 24, 40, 480])
def test_departments_and_categories_are_balanced_at_any_count(products: list[ProductSpec], count: int) -> None:
    departments = Counter(product.department for product in products[:count])
    assert len(departments) == 6
    assert max(departments.values()) - min(departments.values()) <= 1
    if count >= 42:  # the largest department has seven categories
        categories = Counter(product.category for product in products[:count])
        assert set(categories) == set(CATEGORIES)
        for department in DEPARTMENTS:
            counts = [categories[name] for name in categories_of(department)]
            assert max(counts) - min(counts) <= 1


def test_sizes_postures_and_views(products: list[ProductSpec]) -> None:
    for product in products:
        kind = CATEGORIES[product.category]
        assert kind.department == product.department
        assert kind.size_cm[0] <= product.size_cm <= kind.size_cm[1]
        assert product.posture in dict(kind.postures)
        assert (product.view == "above") == (product.posture == "lies")
        assert len(set(families_for(product))) >= 5
    shares = {name: count / len(products) for name, count in Counter(p.posture for p in products).items()}
    assert 0.15 < shares["lies"] < 0.27
    assert 0.07 < shares["hangs"] + shares["leans"] < 0.15
    assert {"front", "three_quarter", "above"} == {product.view for product in products}


def test_one_in_ten_is_a_chinese_listing(products: list[ProductSpec]) -> None:
    kinds = [next(p.text for p in product.selling_points if p.type == "type") for product in products]
    assert 0.06 < np.mean([is_chinese(kind) for kind in kinds]) < 0.14
    assert {"chinese 20寸", "chinese 1.5L", "chinese 宽72cm", "chinese L码", "chinese 2000万像素"} == {
        f"chinese {chinese_size(size)}" for size in ("20 Inch", "1.5 L", "72 cm Wide", "Size L", "20 MP")
    }
    every = {size for pools in POOLS.values() for size in pools.sizes}
    assert all(" " not in chinese_size(size) for size in every)


def test_kinds_are_many_and_named(products: list[ProductSpec]) -> None:
    """Every kind ends with one of its category's names, and many differ, so that none need be learnt by heart."""
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for product in make_products(1, 960):
        kind = next(p.text for p in product.selling_points if p.type == "type")
        if is_chinese(kind):
            assert kind in CHINESE_POOLS[product.category].types
        else:
            assert kind.endswith(POOLS[product.category].names)
            kinds[product.category].add(kind)
    assert min(map(len, kinds.values())) >= 8
    usual = np.mean([kind.startswith(SECTIONS[CATEGORIES[name].department]) for name, some in kinds.items() for kind in some])
    assert 0.15 < usual < 0.6


def test_looks_do_not_depend_on_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rendered stays the same when other things are said, so that new texts need no new renders."""
    before = make_products(0, 40)
    monkeypatch.setattr("uniadgen.padsynth.catalogue.CHINESE_SHARE", 1.0)
    after = make_products(0, 40)
    assert all(is_chinese(product.description) for product in after)
    words: dict[str, Any] = {"brand": "", "series": "", "description": "", "selling_points": ()}
    assert [replace(product, **words) for product in after] == [replace(product, **words) for product in before]


def test_every_category_has_generous_pools() -> None:
    assert set(POOLS) == set(CHINESE_POOLS) == set(CATEGORIES)
    for chinese in CHINESE_POOLS.values():
        assert len(set(chinese.features)) >= 8
        assert len(chinese.materials) == 4
        assert min(len(set(chinese.types)), len(set(chinese.audiences))) >= 3
        assert all(is_chinese(text) for some in (chinese.types, chinese.features, chinese.audiences) for text in some)
    for pools in POOLS.values():
        assert len(set(pools.features)) >= 12
        assert min(map(len, (pools.types, pools.materials, pools.audiences, pools.sizes, pools.packs))) >= 4
    assert len(COLOURS) >= 14


def test_selling_points(products: list[ProductSpec]) -> None:
    assert {point.type for product in products for point in product.selling_points} == TYPES
    for product in products:
        texts = [point.text for point in product.selling_points]
        points = {point.type: point.text for point in product.selling_points}
        assert 8 <= len(texts) <= 16
        assert len(set(texts)) == len(texts)
        assert (points["brand"], points["series"]) == (product.brand, product.series)
        chinese = is_chinese(points["type"])
        colour = CHINESE_COLOURS[product.colour_name] if chinese else product.colour_name
        assert points.get("colour", colour) == colour
        for text in texts:
            assert 1 <= len(text.split()) <= 4
            assert len(text) <= 12 or not chinese or not is_chinese(text)
            assert text == " ".join(text.split())
            assert not set(text) & set(",|[]!"), "would be taken for a structural mark"
            assert not set(text) & set("，｜【】（）()"), "would be taken for a structural mark"
            assert "-" not in text.split(), "would be taken for a joiner"


def test_description_names_brand_category_and_features(products: list[ProductSpec]) -> None:
    for product in products:
        spoken = product.description.lower()
        points = {point.type: point.text for point in product.selling_points}
        assert product.brand in product.description
        if is_chinese(points["type"]):
            assert 15 <= len(product.description) <= 80
            assert points["type"] in product.description
        else:
            assert 10 <= len(product.description.split()) <= 40
            assert product.category in spoken
        assert sum(point.text.lower() in spoken for point in product.selling_points if point.type == "feature") >= 2


def test_brands_and_looks_vary(products: list[ProductSpec]) -> None:
    brands = {product.brand for product in products}
    assert len(brands) > 470
    assert any(" " in brand for brand in brands)
    assert any(brand.isupper() for brand in brands)
    assert 0.10 < sum(product.form == "billboard" for product in products) / len(products) < 0.20
    assert all(product.accent != product.colour for product in products)
    assert all(0 <= value <= 1 for product in products for value in (*product.colour, *product.accent))
