"""Instruction pools: ours are many, short and truthful; users' are checked; what a product says never becomes a placeholder."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniadgen.errors import InputError
from uniadgen.prompts import KINDS, load_pool, render

UNIFIED = load_pool("unified").templates
PLACEHOLDERS = re.compile(r"\{description\}|\{selling_points\}|<text_ph>|<image_ph>")


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_pools(kind: str) -> None:
    pool = load_pool(kind)
    assert pool.kind == kind
    assert len(set(pool.templates)) == len(pool.templates) >= 10
    bare = [PLACEHOLDERS.sub("", template) for template in pool.templates]
    assert len(set(bare)) == len(bare)
    assert all(len(re.findall(r"\w+(?:['-]\w+)*", text)) <= 25 for text in bare)


@pytest.mark.parametrize("kind", ["general_text", "personalised_text", "unified"])
def test_every_text_instruction_demands_the_selling_points_words(kind: str) -> None:
    restriction = re.compile(
        r"\b(only|no|nothing but|solely|must|each word|every word|limited to|without|forbidden)\b", re.IGNORECASE
    )
    for template in load_pool(kind).templates:
        order = template.split("\n", 2)[2]
        assert restriction.search(order), template
        assert "selling" in order or "other words" in order, template


@pytest.mark.parametrize("kind", KINDS)
def test_the_product_comes_before_the_clicks(kind: str) -> None:
    for template in load_pool(kind).templates:
        slots = PLACEHOLDERS.findall(template)
        assert slots == sorted(slots, key=lambda slot: slot.startswith("<"))


def test_render_splits_at_the_history() -> None:
    template = "A {description} B {selling_points} C <text_ph> D <image_ph><text_ph>"
    assert render(template, "bag", ["red", "big"]) == [
        ("text", "A bag B "),
        ("points", "red; big"),
        ("text", " C "),
        ("placeholder", "text"),
        ("text", " D "),
        ("placeholder", "image"),
        ("placeholder", "text"),
    ]


@pytest.mark.parametrize("hostile", ["<image_ph>", "{description}", "{selling_points}", "<text_ph>", "{0}", "%s", "{{", "\\1"])
def test_spellings_of_placeholders_in_a_product_stay_text(hostile: str) -> None:
    segments = render("{description}|{selling_points}|<text_ph>", hostile, [hostile, "x"])
    assert segments == [("text", f"{hostile}|"), ("points", f"{hostile}; x"), ("text", "|"), ("placeholder", "text")]


@given(st.text(), st.lists(st.text(), max_size=5))
def test_rendering_keeps_the_products_words_and_the_number_of_placeholders(description: str, points: list[str]) -> None:
    for template in UNIFIED[:3]:
        segments = render(template, description, points)
        assert [value for kind, value in segments if kind == "placeholder"] == ["text", "image"]
        assert "".join(value for kind, value in segments if kind == "text").count(description) >= 1
        assert [value for kind, value in segments if kind == "points"] == (["; ".join(points)] if points else [])


def test_a_users_pool(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text('kind: general_text\ntemplates: ["{description} / {selling_points} é"]\n', encoding="utf-8")
    assert load_pool(path) == load_pool(str(path))
    assert load_pool(path).templates == ("{description} / {selling_points} é",)


FINE = "{description} {selling_points}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "a mapping"),
        ("- a", "a mapping"),
        ("kind: [", "not valid YAML"),
        ("a: b: c", r"not valid YAML \(line 1\)"),
        ("kind: general_text\ntemplates: []", "at least one"),
        ("kind: general_text", "at least one"),
        (f"kind: general_text\ntemplates: '{FINE}'", "a list"),
        ("kind: general_text\ntemplates: [5]", r"templates\[0\] must be a text"),
        (f"kind: general\ntemplates: ['{FINE}']", "kind must be one of"),
        (f"kind: [x]\ntemplates: ['{FINE}']", "kind must be one of"),
        (f"kind: general_text\ntemplates: ['{FINE}']\nextra: 1", 'unknown field "extra"'),
        (
            f"kind: general_text\ntemplates: ['{FINE}', 'Just {{description}}']",
            r"templates\[1\] must contain \{selling_points\}",
        ),
        (f"kind: general_text\ntemplates: ['{FINE} {{description}}']", "exactly once"),
        (f"kind: general_text\ntemplates: ['{FINE} {{brand}}']", "brand"),
        (f"kind: general_text\ntemplates: ['{FINE} <text_ph>']", "<text_ph>"),
        (f"kind: unified\ntemplates: ['{FINE} <text_ph>']", "<image_ph>"),
        ("kind: !!python/object/apply:os.getcwd []", "not valid YAML"),
    ],
)
def test_bad_pools(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=reason) as caught:
        load_pool(path)
    assert "\n" not in str(caught.value)


def test_bad_files(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"kind: \xe4")
    (tmp_path / "big.yaml").write_bytes(b" " * (2**20 + 1))
    for source in ("no_such_kind", tmp_path, tmp_path / "latin.yaml", tmp_path / "big.yaml", "a\0b"):
        with pytest.raises(InputError, match="instruction pool"):
            load_pool(source)
