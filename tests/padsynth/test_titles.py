"""Ad texts say nothing but words of the selling points, in clearly different styles."""

import re
from collections import Counter

import pytest

from uniadgen.padsynth.catalogue import make_products
from uniadgen.padsynth.specs import SellingPoint
from uniadgen.padsynth.titles import (
    STYLES,
    TextStyle,
    compose_text,
    fitting_styles,
    pseudo_selling_points,
    pseudo_title_task,
    write,
)
from uniadgen.rng import stream


def parts(text: str, style: TextStyle, points: list[str]) -> list[str]:
    """The selling points that a text consists of, in order, once marks are removed; fails where something else stands."""
    assert text.endswith("!") == style.emphasis
    text = text.removesuffix("!")
    chunks = text.split(style.joiner) if style.joiner != " " else [text]
    found: list[str] = []
    for chunk in chunks:
        rest = chunk
        while rest:
            # The longest one first: "Steel" must not be taken for a part of "Steel Body".
            options = [p for p in sorted(points, key=len, reverse=True) if re.match(rf"\[?{re.escape(p)}\]?( |$)", rest)]
            assert options, f"{rest!r} begins with no selling point"
            found.append(options[0])
            rest = re.sub(rf"^\[?{re.escape(options[0])}\]?( |$)", "", rest, count=1)
    return found


def check_words(text: str, style: TextStyle, points: list[str]) -> None:
    bare = re.sub(r"[\[\]]", "", text.removesuffix("!")).replace(",", "").replace(" | ", " ").replace(" - ", " ")
    assert not Counter(bare.split()) - Counter(" ".join(points).split()), "a word that was not given, or used too often"
    assert text.count("[") == text.count("]") <= 1
    assert parts(text, style, points) != points
    assert len(parts(text, style, points)) < len(points)


def test_texts_of_products_keep_the_contract() -> None:
    for index, product in enumerate(make_products(3, 240)):
        points = [point.text for point in product.selling_points]
        for style in STYLES.values():
            text = write(product, style, stream(3, index, style.name))
            check_words(text, style, points)
            assert text == write(product, style, stream(3, index, style.name))


def test_invented_tasks_keep_the_contract() -> None:
    for seed in range(300):
        description, points, text, style, history = pseudo_title_task(stream(seed, "task"), history=2)
        check_words(text, style, points)
        assert description
        assert len(history) == 2
        assert 8 <= len(points) <= 20
        assert len(set(points)) == len(points)


def test_invented_tasks_differ_and_repeat_by_stream() -> None:
    tasks = [pseudo_title_task(stream(seed, "task"), history=0) for seed in range(200)]
    assert tasks[7] == pseudo_title_task(stream(7, "task"), history=0)
    assert len({text for _, _, text, _, _ in tasks}) > 195
    assert {style.name for *_, style, _ in tasks} == set(STYLES)


def test_history_of_an_invented_task_shows_the_style() -> None:
    shouting = [task for seed in range(150) if (task := pseudo_title_task(stream(seed, "history")))[3].name == "spec_pipes"]
    assert shouting
    share = sum(" | " in text for *_, history in shouting for text in history) / sum(len(task[4]) for task in shouting)
    assert 0.35 < share < 0.95


def test_slot_types_show_in_the_form_of_invented_selling_points() -> None:
    forms = {
        "brand": r"[A-Z]",
        "size": r"\d+(\.\d+)? [A-Za-z]+$",
        "model": r"[A-Z]+-?\d+$",
        "audience": r"(?i)for \w+$",
    }
    for seed in range(200):
        for point in pseudo_selling_points(stream(seed, "points")):
            assert re.match(forms.get(point.type, ""), point.text), point


def test_styles_are_many_and_differ() -> None:
    assert len(STYLES) >= 8
    assert len({(s.slots, s.joiner, s.bracketed, s.emphasis) for s in STYLES.values()}) == len(STYLES)
    assert {style.count for style in STYLES.values()} == {3, 5, 8}
    assert {style.joiner for style in STYLES.values()} == {" ", ", ", " | ", " - "}


def test_a_style_puts_its_slots_in_order() -> None:
    types = ("brand", "series", "type", "material", "colour", "audience", "size", "pack", "model", "promotion")
    points = [SellingPoint(name, name.capitalize()) for name in types]
    points += [SellingPoint("feature", f"Feature{k}") for k in range(4)]
    for style in STYLES.values():
        text = compose_text(points, style, stream(0, style.name))
        told = [re.sub(r"\d", "", part).lower() for part in parts(text, style, [point.text for point in points])]
        assert tuple(told) == style.slots
    assert compose_text(points, STYLES["promotion_bracket"], stream(0, "x")).startswith("[Promotion] Brand")


@pytest.mark.parametrize("missing", ["promotion", "audience"])
def test_a_style_without_its_opening_does_not_fit(missing: str) -> None:
    types = ("brand", "type", "material", "size", "feature", "colour", "promotion", "audience")
    points = [SellingPoint(name, name) for name in types]
    assert any(style.slots[0] == missing for style in fitting_styles(points))
    assert all(style.slots[0] != missing for style in fitting_styles([p for p in points if p.type != missing]))
