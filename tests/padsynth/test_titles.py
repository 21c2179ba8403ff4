"""Ad texts are titles as shops write them, and say nothing but words of the selling points."""

import re
from collections import Counter

import numpy as np
import pytest

from uniadgen.padsynth.catalogue import is_chinese, make_products
from uniadgen.padsynth.specs import ProductSpec, SellingPoint
from uniadgen.padsynth.titles import (
    MARKS,
    STYLES,
    TextStyle,
    compose_text,
    fitting_styles,
    pseudo_selling_points,
    pseudo_title_task,
    write,
)
from uniadgen.rng import stream

TYPES = ("brand", "series", "type", "material", "colour", "audience", "size", "pack", "model", "promotion")


@pytest.fixture(scope="module")
def products() -> list[ProductSpec]:
    return make_products(3, 320)


def points_of(text: str, points: list[str]) -> list[str]:
    """The selling points that a text consists of, in order, once marks are removed; fails where something else stands."""
    parts: list[str] = []
    rest = text
    while rest := rest.lstrip(MARKS):
        # The longest one first: "Steel" must not be taken for a part of "Steel Body".
        options = [p for p in sorted(points, key=len, reverse=True) if rest.startswith(p)]
        assert options, f"{rest!r} begins with no selling point"
        parts.append(options[0])
        rest = rest.removeprefix(options[0])
        latin = options[0][-1].isascii() and options[0][-1].isalnum()
        assert not rest or not latin or not (rest[0].isascii() and rest[0].isalnum()), "words run together"
    return parts


def check(text: str, points: list[str]) -> None:
    used = points_of(text, points)
    assert not Counter(used) - Counter(points), "a point that was told more often than given"
    assert 2 <= len(used) < len(points)
    assert used != points
    for opening, closing in ("[]", "()", "【】", "（）"):
        assert text.count(opening) == text.count(closing)


def test_texts_of_products_keep_the_contract(products: list[ProductSpec]) -> None:
    for index, product in enumerate(products):
        points = [point.text for point in product.selling_points]
        for style in STYLES.values():
            text = write(product, style, stream(3, index, style.name))
            check(text, points)
            assert text == write(product, style, stream(3, index, style.name))


def test_every_title_names_brand_and_kind(products: list[ProductSpec]) -> None:
    for index, product in enumerate(products):
        used = {point.type: point.text for point in product.selling_points}
        for style in fitting_styles(product.selling_points):
            text = write(product, style, stream(4, index, style.name))
            assert used["brand"] in text
            assert used["type"] in text


def test_no_word_comes_twice(products: list[ProductSpec]) -> None:
    twice = 0
    for index, product in enumerate(products):
        for style in fitting_styles(product.selling_points):
            words = Counter(re.findall(r"[A-Za-z]{3,}", write(product, style, stream(5, index, style.name)).lower()))
            twice += any(count > 1 for word, count in words.items() if word not in ("for", "with"))
    assert twice <= 3  # a series may sound like a brand


def test_lengths_are_those_of_real_titles(products: list[ProductSpec]) -> None:
    """Of a public sample of Flipkart titles: the median has 7 words, 90 % have 3 to 11."""
    texts = [write(p, s, stream(6, k, s.name)) for k, p in enumerate(products) for s in fitting_styles(p.selling_points)]
    words = [len(re.findall(r"[^\s|-]+", text)) for text in texts if not is_chinese(text)]
    assert 6 <= np.median(words) <= 11
    assert 3 <= np.percentile(words, 5) <= 6
    assert np.percentile(words, 95) <= 20
    characters = [len(text) for text in texts if is_chinese(text)]
    assert 10 <= np.median(characters) <= 30


def test_every_product_fits_enough_styles(products: list[ProductSpec]) -> None:
    assert min(len(fitting_styles(product.selling_points)) for product in products) >= 5
    assert set().union(*({s.name for s in fitting_styles(p.selling_points)} for p in products)) == set(STYLES)


def test_styles_are_many_and_differ() -> None:
    assert 10 <= len(STYLES) <= 16
    assert len({style.template for style in STYLES.values()}) == len(STYLES)
    counts = {len(style.slots) for style in STYLES.values()}
    assert (min(counts), max(counts)) == (3, 10)
    first = Counter(style.slots[0] for style in STYLES.values())
    assert first["brand"] > first["type"] > 1
    assert first["promotion"] > 1
    marks = "".join(style.template for style in STYLES.values())
    assert all(mark in marks for mark in "[]【】()（），｜|,-!")
    assert all({"brand", "type"} <= set(style.slots) for style in STYLES.values())
    assert any(len(part.items) > 1 for style in STYLES.values() for part in style.parts if part.opening)


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("short", "Brand Type Feature", "品牌品类特点"),
        ("audience_dash", "Brand Model Feature Type - Audience", "品牌型号特点品类 人群"),
        ("kind_commas", "Type, Feature, Feature, Material, Brand", "品类，特点，特点，材质，品牌"),
        ("size_dash_pack", "Brand Feature Colour Type - Size (Pack)", "品牌特点颜色品类 尺寸（包装）"),
        ("promotion_square", "[Promotion] Brand Type Feature Feature", "【促销】品牌品类特点特点"),
        (
            "lenticular_several",
            "【Brand Series】Type Feature Feature【Pack, Promotion】",
            "【品牌系列】品类特点特点【包装，促销】",
        ),
        ("full_width", "Brand｜Type｜Feature｜Feature（Material，Size）", "品牌｜品类｜特点｜特点（材质，尺寸）"),
        ("deal", "Brand Type Size Pack Promotion!", "品牌品类尺寸包装促销！"),
    ],
)
def test_forms(name: str, english: str, chinese: str) -> None:
    """Whole titles of a product that has everything; it does not matter which features they tell."""
    names = ("品牌", "系列", "品类", "材质", "颜色", "人群", "尺寸", "包装", "型号", "促销")
    for kinds, features, feature, expected in (
        ([kind.capitalize() for kind in TYPES], ["Light", "Quiet", "Soft"], "Feature", english),
        (names, ["轻便", "静音", "防水"], "特点", chinese),
    ):
        used = [SellingPoint(*pair) for pair in zip(TYPES, kinds, strict=True)] + [SellingPoint("feature", f) for f in features]
        text = compose_text(used, STYLES[name], stream(0, name))
        assert re.sub("|".join(features), feature, text) == expected


def test_what_is_missing_leaves_no_mark() -> None:
    used = [SellingPoint(kind, kind.capitalize()) for kind in ("brand", "type", "colour", "series")]
    style = TextStyle("any", "[promotion] brand, size - type (pack, colour)【model】 series!")
    assert compose_text([*used, SellingPoint("extra", "x")], style, stream(0)) == "Brand - Type (Colour) Series!"


def test_latin_words_never_run_together_in_chinese() -> None:
    used = [
        SellingPoint(*pair)
        for pair in (("brand", "VELMO"), ("model", "X5"), ("type", "台灯"), ("size", "8W"), ("feature", "暖光"))
    ]
    assert compose_text(used, TextStyle("any", "brand model type size"), stream(0)) == "VELMO X5台灯8W"


@pytest.mark.parametrize("missing", ["promotion", "pack", "size"])
def test_a_style_without_what_it_brackets_does_not_fit(missing: str) -> None:
    points = [SellingPoint(name, name) for name in (*TYPES, "feature")]
    bracketed = [style for style in STYLES.values() if missing in style.marked]
    assert bracketed
    assert all(style in fitting_styles(points) for style in bracketed)
    without = fitting_styles([p for p in points if p.type != missing])
    assert not any(style in without for style in bracketed)


# Invented tasks ----------------------------------------------------------------------------------------------------------


def test_invented_tasks_keep_the_contract() -> None:
    chinese = 0
    for seed in range(300):
        task = pseudo_title_task(stream(seed, "task"), history=2)
        check(task.text, task.selling_points)
        assert task.description
        assert len(task.clicked_texts) == 2
        assert 8 <= len(task.selling_points) <= 20
        assert len(set(task.selling_points)) == len(task.selling_points)
        chinese += is_chinese(task.description)
    assert 20 < chinese < 75


def test_invented_tasks_differ_and_repeat_by_stream() -> None:
    tasks = [pseudo_title_task(stream(seed, "task"), history=0) for seed in range(200)]
    assert tasks[7] == pseudo_title_task(stream(7, "task"), history=0)
    assert len({task.text for task in tasks}) > 195


def test_invented_tasks_tell_no_label() -> None:
    """What a model is given are texts alone: no type of a selling point, no name of a style."""
    names = {*STYLES, "brand", "audience", "promotion", "feature"}
    task = pseudo_title_task(stream(0, "task"), 3, STYLES["spec_pipes"])
    used = [task.description, task.text, *task.selling_points, *task.clicked_texts]
    assert all(type(text) is str for text in used)
    assert not names & set(used)
    assert set(vars(task)) == {"description", "selling_points", "text", "clicked_texts"}


def test_history_of_an_invented_task_shows_the_style() -> None:
    tasks = [pseudo_title_task(stream(seed, "history"), 10, STYLES["spec_pipes"]) for seed in range(30)]
    assert all(re.search(r" \| |｜", task.text) for task in tasks)
    share = np.mean([bool(re.search(r" \| |｜", text)) for task in tasks for text in task.clicked_texts])
    assert 0.6 < share < 0.95


@pytest.mark.parametrize("chinese", [False, True])
def test_types_show_in_the_form_of_invented_selling_points(chinese: bool) -> None:
    forms = {"brand": r"[A-Z\u4e00-\u9fff]", "model": r"[A-Z]+-?\d+$"}
    forms |= (
        {"size": r"\d+(ml|L|g|cm|W|寸|毫升|厘米)$"}
        if chinese
        else {"size": r"\d+(\.\d+)? [A-Za-z]+$", "audience": r"(?i)for \w+$"}
    )
    for seed in range(200):
        points = pseudo_selling_points(stream(seed, "points"), chinese)
        assert any(is_chinese(point.text) for point in points) == chinese
        for point in points:
            assert re.match(forms.get(point.type, ""), point.text), point
