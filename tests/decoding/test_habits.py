"""A text takes on the form of the texts that were clicked."""

import torch

from uniadgen.decoding.habits import Habits, habits_of, nats
from uniadgen.decoding.text import TextGrammar, decode_texts, make_points
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
    habits = habits_of(["Red Shoe, Soft, Light!", "[Sale] Blue Hat", "Tea | 80 g | Tin", "Warm Scarf"])
    assert habits == Habits({",": 0.25, " |": 0.25, " -": 0.0, " [": 0.25, "!": 0.25}, 4)
    assert habits_of([]) is None
    assert habits_of(["", "  "]) is None


def test_marks_and_length_follow_the_clicks(tokenizer: TextTokenizer) -> None:
    commas = [written(tokenizer, ["Soft Towel, Cotton, Blue, Large Size, For Beach Days"] * 5, seed) for seed in range(20)]
    bars = [written(tokenizer, ["[Sale] Towel | Blue"] * 5, seed) for seed in range(20)]
    assert sum("," in text for text in commas) >= 15
    assert sum("|" in text for text in commas) <= 5
    assert sum("[" in text for text in commas) < sum("[" in text for text in bars)
    assert sum("|" in text for text in bars) >= 10
    assert sum("," in text for text in bars) <= 5


def test_the_end_is_drawn_to_the_usual_length(tokenizer: TextTokenizer) -> None:
    grammar = TextGrammar(make_points(POINTS, tokenizer.encode, 48), tokenizer.encode, tokenizer.end, 48)
    short, long = habits_of(["Blue Towel"]), habits_of(["Blue Towel, Soft, Large, For Sunny Beach Days"])
    assert short is not None
    assert long is not None
    assert nats(short, grammar, [tokenizer.end])[0] > nats(long, grammar, [tokenizer.end])[0]


def test_one_kind_of_separator_and_one_bracket(tokenizer: TextTokenizer) -> None:
    mixed = ["[Sale] Towel | Blue", "Soft, Warm, Red", "Tea - 80 g - Tin"]
    for seed in range(30):
        text = written(tokenizer, mixed, seed)
        assert text.count("[") <= 1
        assert sum(mark in text for mark in (",", " |", " - ")) <= 1
