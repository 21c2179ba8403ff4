"""Where lines end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniadgen.typography.breaking import break_lines, units
from uniadgen.typography.fonts import choose, is_right_to_left, scripts
from uniadgen.typography.hierarchy import kind_of, messages, parts_of
from uniadgen.typography.shaping import type_of


def width(text: str) -> float:
    return float(sum(1.0 if ord(c) > 0x2E80 else 0.5 for c in text))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Rapid Kettle 1.7 L", "1.7 L"),
        ("Sleeping Bag 500 g", "500 g"),
        ("Kettle, Auto Shut-Off", "Shut-Off"),
        ("Bags for Men", "for Men"),
        ("健身包，防水", "包，"),
        ("【买一送一】健身包", "【买"),
        ("大家的健身包", "大家的"),
        ("男士圆领T恤", "T恤"),
    ],
)
def test_what_belongs_together_stays_together(text: str, kept: str) -> None:
    assert any(kept in unit for unit in units(text))


def test_lines_are_even_and_end_with_a_point() -> None:
    assert break_lines("Joust Duffle Bag | Waterproof", width, 9) == ["Joust Duffle Bag", "Waterproof"]
    assert break_lines("one two three four", width, 5.5) == ["one two", "three four"]  # no word alone


def test_a_part_that_is_too_wide_does_not_fit() -> None:
    assert break_lines("Waterproof", width, 3) is None
    assert break_lines("a b c d e f", width, 1, most=4) is None


def test_marks_never_begin_a_line() -> None:
    for limit in range(3, 12):
        for line in break_lines("轻便，防水！健身包（大号）", width, limit, most=9) or []:
            assert line[0] not in "，！）"
            assert line[-1] not in "（"


def test_scripts_and_directions() -> None:
    assert scripts("Bag 包 カバン")[0] == "Katakana"
    assert is_right_to_left("حقيبة Joust")
    assert not is_right_to_left("Joust حقيبة")


def test_fonts_have_what_they_set() -> None:
    for text in ("Joust ★ Duffle", "轻便健身包 500ml", "حقيبة", "กระเป๋า", "Túi chống thấm"):
        faces = choose(text, "headline")
        assert "".join(run for _, run in faces.runs(text)) == text
        assert all(face.covers(run) for face, run in faces.runs(text))


def test_right_to_left_lines_are_shaped_as_a_whole() -> None:
    text = "حقيبة رياضية"
    type_ = type_of(choose(text, "headline"), text)
    assert type_.rtl
    assert type_.width(text) < sum(type_.width(c) for c in text)  # letters join
    assert type_.draw(text, 40).ink.max() == 255


def test_parts_are_whole_selling_points() -> None:
    points = ["Not Waterproof", "Waterproof", "Bag"]
    assert [part.text for part in parts_of("[Bag] Not Waterproof", points)] == ["Bag", "Not Waterproof"]
    assert [part.text for part in parts_of("Bagpipe", ["Bag"])] == ["Bagpipe"]  # no point: as it is, or not at all
    for message in messages("Bag | Not Waterproof", points):
        assert "Waterproof" not in message.support  # never without its "Not"


def test_a_headline_is_what_the_description_names_first() -> None:
    points = ["Quiet", "Lemon", "Acme", "Travel Kettle"]
    said = messages("Quiet | Lemon | Acme | Travel Kettle", points, "Acme Travel Kettle in lemon, quiet")
    assert said[0].headline == "Acme | Travel Kettle"
    assert said[0].support == ("Quiet", "Lemon")
    assert messages("Quiet | Lemon | Acme | Travel Kettle", points)[0].said == 1.0  # without one, from the beginning
    scents = ["Mint", "Floral Perfume", "Sahox"]
    said = messages(
        "Mint, Floral Perfume, Sahox - For Women", [*scents, "For Women"], "Sahox perfume Diles 100 50 ml mint glass"
    )
    assert said[0].headline == "Floral Perfume, Sahox"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_every_message_is_made_of_whole_points(data: st.DataObject) -> None:
    alphabet = (
        st.text("ab Bé包水5%-", min_size=1, max_size=9).map(str.strip).filter(lambda text: any(c.isalnum() for c in text))
    )
    points = data.draw(st.lists(alphabet, min_size=1, max_size=5, unique=True))
    used = data.draw(st.permutations(points))[: data.draw(st.integers(1, len(points)))]
    text = data.draw(st.sampled_from([" ", ", ", " | ", " - "])).join(used)
    allowed = {" ".join(point.split()) for point in points} | {" ".join(text.split())}
    for message in messages(text, points):
        for support in message.support:
            assert support in allowed
        for piece in message.pieces:
            assert any(piece.startswith(point) and not any(c.isalnum() for c in piece[len(point) :]) for point in allowed)


def test_kinds_of_badges() -> None:
    assert kind_of("Free Gift") == "promotion"
    assert kind_of("买一送一") == "promotion"
    assert kind_of("BPA Free") is None
    assert kind_of("1.7 L") == "size"
    assert kind_of("Award Winning") == "award"
    assert kind_of("Stainless Steel") is None
