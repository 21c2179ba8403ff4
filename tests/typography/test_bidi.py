"""Stretches of a line stand in the order in which a reader of their script reads them."""

import pytest

from uniadgen.typography.bidi import levels_of, visual_order
from uniadgen.typography.fonts import Faces, choose
from uniadgen.typography.shaping import type_of


@pytest.mark.parametrize(
    ("text", "rtl", "seen"),
    [
        ("abc 12", False, "abc 12"),
        ("אבג", True, "גבא"),
        ("אב 12 גד", True, "דג 12 בא"),
        ("אב Bag 45 L", True, "Bag 45 L בא"),
        ("Bag אב ★ גד L", False, "Bag דג ★ בא L"),
        ("עמ 20% גד", True, "דג 20% מע"),
        ("אב (Bag) ★", True, "★ )Bag( בא"),  # brackets are turned round when they are drawn
        ("سفر 1,5 L", True, "L 1,5 رفس"),
        ("", True, ""),
    ],
)
def test_characters_stand_where_unicode_says(text: str, rtl: bool, seen: str) -> None:
    assert "".join(text[place] for place in visual_order(levels_of(text, rtl))) == seen


def test_the_first_word_of_a_right_to_left_line_stands_at_the_right() -> None:
    text = "حقيبة 中 سفر"
    type_ = type_of(Faces(choose("حقيبة", "headline").main, (choose("中", "headline").main,)), text)
    assert [word for run in type_.runs(text) if (word := run.text.strip())] == ["سفر", "中", "حقيبة"]
    assert type_.measured(text).advance == pytest.approx(sum(type_.advance(run) for run in type_.runs(text)))
    # what stands at the left is the last word, as it looks by itself
    last, whole = (type_.draw(words, 40).ink.astype(int).sum(0) for words in ("سفر", text))
    assert (whole[: len(last) - 1] == last[:-1]).all()


def test_right_to_left_words_in_a_left_to_right_line_keep_their_order() -> None:
    text = "Bag حقيبة 中 سفر L"
    type_ = type_of(Faces(choose("حقيبة", "headline").main, (choose("中", "headline").main,)), text)
    assert [word for run in type_.runs(text) if (word := run.text.strip())] == ["Bag", "حقيبة", "中", "سفر", "L"]
