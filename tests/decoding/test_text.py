"""Constrained decoding with random scores: whatever the model wants, the text consists of the selling points."""

import re
from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniadgen.decoding.text import TextGrammar, decode_text, make_points, shorten
from uniadgen.model.text_tokenizer import TextTokenizer

BUDGET = 24
NAMES = ["Aster", "Boil", "Cotton", "Dew", "Elm", "Fox", "Gold"]


def _write(tokenizer: TextTokenizer, selling_points: list[str], seed: int, temperature: float = 1.0) -> str:
    points = make_points(selling_points, tokenizer.encode, BUDGET)
    grammar = TextGrammar(points, tokenizer.encode, tokenizer.begin_image, BUDGET)
    random = torch.Generator().manual_seed(seed)

    def scores(token: int = 0) -> torch.Tensor:
        return torch.randn(tokenizer.size, generator=random) * 3

    decode_text(grammar, scores(), scores, temperature, random)
    return grammar.text()


def _pieces(text: str) -> Counter[str]:
    """Words without the marks that the grammar may add."""
    return Counter(word for word in re.sub(r"[\[\],|!-]", " ", text).split() if word)


hostile = st.one_of(
    st.sampled_from(
        ["<image_ph>", "</s> <|endoftext|>", "[", "]", "!", ", ,", "| -", "- -", "不含酒精", "清新 不油腻", "🔥🔥", "שלום עולם",
         "7\" to 10\"",
         "Soft", "Soft Cotton", "Cotton", "soft", "e\u0301te\u0301", "ไม่มีน้ำตาล", "a" * 300, "x " * 200, "無添加" * 60]
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=40),
).filter(lambda s: s.strip())  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(hostile, min_size=1, max_size=12), st.integers(0, 2**31))
def test_words_come_from_the_selling_points(tokenizer: TextTokenizer, selling_points: list[str], seed: int) -> None:
    text = _write(tokenizer, selling_points, seed)
    assert text.strip()
    given_words = [_pieces(p) for p in selling_points]
    for word, count in _pieces(text).items():
        available = sum(words[word] for words in given_words)
        if not available:  # a long run of an unspaced script may be cut: then it is the beginning of a given word
            available = sum(any(w.startswith(word) for w in words) for words in given_words)
            assert len(word) >= 1
        assert count <= available, (word, text)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=7), st.integers(0, 2**31))
def test_the_list_is_never_copied_in_order(tokenizer: TextTokenizer, selling_points: list[str], seed: int) -> None:
    text = _write(tokenizer, selling_points, seed)
    words = re.findall(r"\w+", text)
    assert words != selling_points or len(selling_points) == 1
    assert max(Counter(words).values()) == 1


def test_one_point_of_several_words_is_not_copied(tokenizer: TextTokenizer) -> None:
    texts = {_write(tokenizer, ["Metal Water Bottle"], seed) for seed in range(30)}
    assert all(re.findall(r"\w+", t) != ["Metal", "Water", "Bottle"] for t in texts)
    assert _write(tokenizer, ["Kettle"], 0).strip("[]!") == "Kettle"


def test_words_of_a_point_stay_together(tokenizer: TextTokenizer) -> None:
    for seed in range(40):
        text = _write(tokenizer, ["Not Waterproof", "500 ml", "Soft"], seed)
        assert "Waterproof" not in text or "Not Waterproof" in text
        assert "ml" not in text or "500 ml" in text


def test_length_is_bounded(tokenizer: TextTokenizer) -> None:
    points = [f"Feature{i} Number{i}" for i in range(199)]
    for seed in range(10):
        assert len(tokenizer.encode(" " + _write(tokenizer, points, seed))) <= BUDGET + 4


def test_greedy_follows_the_scores(tokenizer: TextTokenizer) -> None:
    points = make_points(["Soft", "Kettle"], tokenizer.encode, BUDGET)
    grammar = TextGrammar(points, tokenizer.encode, tokenizer.begin_image, BUDGET)
    wanted = tokenizer.encode(" Kettle")
    queue = [*wanted, tokenizer.begin_image]

    def scores(token: int = 0) -> torch.Tensor:
        return torch.nn.functional.one_hot(torch.tensor(queue.pop(0)), tokenizer.size).float()

    assert decode_text(grammar, scores(), scores, 0, None) == wanted
    assert grammar.text() == "Kettle"


def test_scores_that_are_no_numbers_do_no_harm(tokenizer: TextTokenizer) -> None:
    points = make_points(["Soft", "Kettle"], tokenizer.encode, BUDGET)
    grammar = TextGrammar(points, tokenizer.encode, tokenizer.begin_image, BUDGET)
    bad = torch.full((tokenizer.size,), torch.nan)
    decode_text(grammar, bad, lambda _: bad, 1.0, torch.Generator().manual_seed(0))
    assert grammar.text()


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("one two three", 8, "one two"),
        ("enormous", 3, "enormous"),
        ("無添加無香料", 4, "無添加無"),
        ("a b", 3, "a b"),
        ("ab cd", 1, "ab"),
    ],
)
def test_shorten_cuts_at_boundaries(text: str, limit: int, expected: str) -> None:
    assert shorten(text, lambda t: len(t) <= limit) == expected
