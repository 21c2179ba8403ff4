"""Words, lists and safe texts in many scripts."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniadgen.words import clusters, count_words, opening, parse_whole, shorten, split_chinese, split_list, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Auto Shut-Off, 1.7 L m² a_b!", ["Auto", "Shut", "Off", "1", "7", "L", "m²", "a", "b"]),
        ("काला जूता", ["काला", "जूता"]),
        ("Tiếng Việt", ["Tiếng", "Việt"]),
        (unicodedata.normalize("NFD", "Tiếng Việt"), [unicodedata.normalize("NFD", w) for w in ("Tiếng", "Việt")]),
        ("مُدَرِّس كتاب", ["مُدَرِّس", "كتاب"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("ไม่มี 5", ["ไ", "ม่", "มี", "5"]),
        ("パンダ ハ\u309aン", ["パ", "ン", "ダ", "ハ\u309a", "ン"]),
        ("保温杯500ml", ["保", "温", "杯", "500ml"]),
        ("👨\u200d👩\u200d👧 \u0301 ❤\ufe0f _ -", []),
    ],
)  # fmt: skip
def test_words_keep_their_marks(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5000, None),
        *((t, None) for t in ("", "-1", "²", "٣", "1 ")),
    ],
)
def test_a_whole_number_is_of_digits_and_bounded(text: str, number: int | None) -> None:
    assert parse_whole(text) == number


@given(st.text())
def test_every_letter_and_digit_belongs_to_a_word(text: str) -> None:
    assert sum(map(str.isalnum, "".join(words(text)))) >= sum(map(str.isalnum, text))
    assert "".join(clusters(text)) == text


def test_chinese_is_split_and_other_words_in_it_stay_whole() -> None:
    text = "café保温杯 Привет ハ\u309a काला 500ml"
    split_words = split_chinese()(text)
    assert "".join(split_words) == text
    assert [word for word in split_words if re.search(r"\w", word)] == ["café", "保温杯", "Привет", "ハ\u309a", "काला", "500ml"]


def test_words_between_spaces_are_counted() -> None:
    assert count_words("Shut-Off - 保温杯 | काला !") == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,200 W Motor,Black", ["1,200 W Motor", "Black"]),
        ("10,000mAh,Fast", ["10,000mAh", "Fast"]),
        ("Power 2，000 W，Red", ["Power 2，000 W", "Red"]),
        ("1,00,000 Reviews,x", ["1,00,000 Reviews", "x"]),
        ("1,5 L,0,75kg,3,5 %", ["1,5 L", "0,75kg", "3,5 %"]),
        ("1.5 L,2024,100% Cotton", ["1.5 L", "2024", "100% Cotton"]),
        ("36,37,38,Red,42,Cotton", ["36", "37", "38", "Red", "42", "Cotton"]),
        ("Set (red, blue),Pot", ["Set (red, blue)", "Pot"]),
        ("套装（红，蓝），锅，【新，款】", ["套装（红，蓝）", "锅", "【新，款】"]),
        ("a (b [c, d], e), f", ["a (b [c, d], e)", "f"]),
        ('"Salt, Pepper",“a, b”,c', ['"Salt, Pepper"', "“a, b”", "c"]),
        ('7", Red, 10" Wide', ['7"', "Red", '10" Wide']),  # inches are no quotes
        ("Set (red, blue", ["Set (red", "blue"]),  # nothing closes it
        ("Red :), Blue", ["Red :)", "Blue"]),
        (", ，, ", []),
        ("Men's, Women's", ["Men's", "Women's"]),
    ],
)
def test_lists_are_split_at_commas_that_are_no_part_of_a_value(text: str, expected: list[str]) -> None:
    assert split_list(text) == expected


@pytest.mark.parametrize(
    ("description", "introduction", "rest"),
    [
        ("The  Joust\nDuffle Bag. Roomy.", "The", "Joust Duffle Bag. Roomy."),
        ("meet Acme!", "meet", "Acme!"),
        ("Theo Kettle", "", "Theo Kettle"),
        ("Acme, the kettle", "", "Acme, the kettle"),
        ("", "", ""),
    ],
)
def test_openings_of_descriptions(description: str, introduction: str, rest: str) -> None:
    assert opening(description) == (introduction, rest)


@pytest.mark.parametrize(
    ("description", "points", "introduction"),
    [
        ("The Body Shop Mist", ["Mist", "the  body shop"], ""),
        ("The Bodyguard Alarm", ["The Body"], "The"),
        ("New Balance 574 Sneakers", ["New Balance"], ""),
        ("New Arrival Acme Kettle", ["New Arrival", "Acme"], "New"),
        ("The sporty bag", ["Bag"], "The"),
    ],
)
def test_a_word_that_introduces_may_begin_a_name(description: str, points: list[str], introduction: str) -> None:
    assert opening(description, points).introduction == introduction


@given(st.lists(st.text(st.characters(categories=["L", "Zs", "Po"]))))
def test_lists_without_digits_and_brackets_are_split_at_every_comma(values: list[str]) -> None:
    plain = [re.sub('[,，"‘’“”«»「」]', "", value) for value in values]
    assert split_list(",".join(plain)) == [value.strip() for value in plain if value.strip()]


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("one two three", 8, "one two"),
        ("enormous", 3, "enormous"),
        ("無添加無香料", 4, "無添加無"),
        ("น้ำตาล", 3, "น้ำ"),
        ("a b", 3, "a b"),
        ("ab cd", 1, "ab"),
    ],
)
def test_shorten_cuts_at_boundaries(text: str, limit: int, expected: str) -> None:
    assert shorten(text, lambda t: len(t) <= limit) == expected
