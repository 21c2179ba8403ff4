"""A text takes on the form of the texts that were clicked."""

import pytest
import torch

from uniadgen.decoding.habits import Habits, habits_of, nats
from uniadgen.decoding.text_grammar import TextGrammar, decode_texts, make_points
from uniadgen.model.text_tokenizer import TextTokenizer

POINTS = ["Steel Pan", "For Families", "28 cm", "Non-Stick", "Oven Safe", "Glass Lid", "Buy 2 Get 1"]


def written(tokenizer: TextTokenizer, clicked: list[str], seed: int) -> str:
    """A text by a model without any opinion, for a shopper who clicked these."""
    grammar = TextGrammar(make_points(POINTS, tokenizer.encode, 48), tokenizer.encode, tokenizer.end, 48)
    habits = habits_of(clicked)
    assert habits is not None
    decode_texts(
        [grammar],
        torch.zeros(1, 1),
        lambda rows: torch.zeros(len(rows), 1),
        lambda state, ids: torch.zeros(len(ids)),
        1.0,
        [torch.Generator().manual_seed(seed)],
        lambda row, ids: nats(habits, grammar, ids),
    )
    return grammar.text()


def test_habits_are_counted() -> None:
    habits = habits_of(["Red Shoe, Soft, Light!", "[Sale] Blue Hat", "Tea | 80 g [Tin]", "Warm Scarf"])
    joins = {"": 2, ",": 1, " |": 1, " -": 0}
    assert habits == Habits(joins, {"": 1, ",": 0, " |": 0, " -": 0}, 4, 1, 1, 1, 4)
    assert habits_of(["[Sale]"]) == Habits(dict.fromkeys(joins, 0), dict.fromkeys(joins, 0), 1, 1, 0, 0, 1)
    assert habits_of([]) is None
    assert habits_of(["", "  "]) is None


def test_marks_and_length_follow_the_clicks(tokenizer: TextTokenizer) -> None:
    commas = [written(tokenizer, ["Soft Towel, Cotton, Blue, Large Size, For Beach Days"] * 5, seed) for seed in range(12)]
    bars = [written(tokenizer, ["[Sale] Towel | Blue | Cotton | For Beach Days"] * 5, seed) for seed in range(12)]
    plain = [written(tokenizer, ["Soft Blue Towel For Beach Days"] * 5, seed) for seed in range(12)]
    shouted = [written(tokenizer, ["Soft Towel For Beach Days!"] * 5, seed) for seed in range(12)]
    assert sum("," in text for text in commas) >= 10
    assert not any("|" in text or "[" in text or "!" in text for text in commas)
    assert all(text.startswith("[") and "] |" not in text for text in bars)
    assert sum("|" in text for text in bars) >= 8
    assert not any("," in text for text in bars)
    assert not any(mark in text for text in plain for mark in (",", "|", " - ", "[", "!"))
    assert all(text.endswith("!") for text in shouted)


def test_every_join_of_a_text_is_of_one_kind(tokenizer: TextTokenizer) -> None:
    for seed in range(12):
        text = written(tokenizer, ["Soft, Warm, Red, For Men, Large", "Tea Tin 80 g For Guests"], seed)
        used = sum(point in text for point in POINTS)
        assert text.count(",") in (0, used - 1), text


def test_the_end_is_drawn_to_the_usual_length(tokenizer: TextTokenizer) -> None:
    grammar = TextGrammar(make_points(POINTS, tokenizer.encode, 48), tokenizer.encode, tokenizer.end, 48)
    for token in tokenizer.encode(" Glass Lid"):
        grammar.advance(token)
    short, long = habits_of(["Blue Towel"]), habits_of(["Blue Towel Soft Large For Sunny Beach Days"])
    assert short is not None
    assert long is not None
    allowed = grammar.allowed()
    end = allowed.index(tokenizer.end)
    assert nats(short, grammar, allowed)[end] > nats(long, grammar, allowed)[end] + 2
    used = nats(long, grammar, allowed, length=False)  # where an outline says the length
    assert used == nats(short, grammar, allowed, length=False)
    assert used[end] == pytest.approx(0, abs=0.1)


def test_one_kind_of_separator_and_one_bracket(tokenizer: TextTokenizer) -> None:
    mixed = ["[Sale] Towel | Blue", "Soft, Warm, Red", "Tea - 80 g - Tin"]
    for seed in range(30):
        text = written(tokenizer, mixed, seed)
        assert text.count("[") <= 1
        assert sum(mark in text for mark in (",", " |", " - ")) <= 1
