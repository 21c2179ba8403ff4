"""The products: reproducible, balanced, richly and cleanly described."""

from collections import Counter

import pytest

from uniadgen.padsynth.catalogue import COLOURS, POOLS, make_product, make_products
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


def test_every_category_has_generous_pools() -> None:
    assert set(POOLS) == set(CATEGORIES)
    for pools in POOLS.values():
        assert len(set(pools.features)) >= 12
        assert min(map(len, (pools.types, pools.materials, pools.audiences, pools.sizes, pools.packs))) >= 4
    assert len(COLOURS) >= 14


def test_selling_points(products: list[ProductSpec]) -> None:
    assert {point.type for product in products for point in product.selling_points} == TYPES
    for product in products:
        texts = [point.text for point in product.selling_points]
        told = {point.type: point.text for point in product.selling_points}
        assert 8 <= len(texts) <= 16
        assert len(set(texts)) == len(texts)
        assert (told["brand"], told["series"]) == (product.brand, product.series)
        assert told.get("colour", product.colour_name) == product.colour_name
        for text in texts:
            assert 1 <= len(text.split()) <= 4
            assert text == " ".join(text.split())
            assert not set(text) & set(",|[]!"), "would be taken for a structural mark"
            assert "-" not in text.split(), "would be taken for a joiner"


def test_description_names_brand_category_and_features(products: list[ProductSpec]) -> None:
    for product in products:
        spoken = product.description.lower()
        assert 10 <= len(product.description.split()) <= 40
        assert product.brand in product.description
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
