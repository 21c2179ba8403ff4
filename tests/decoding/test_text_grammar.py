"""Constrained decoding with random scores: whatever the model wants, the text consists of the selling points."""

import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniadgen.decoding.text_grammar import TextGrammar, decode_texts, left_out, make_points
from uniadgen.inspection.text import acceptable, inspect_text
from uniadgen.model.text_tokenizer import TextTokenizer

BUDGET = 24
NOTHING = torch.zeros(1, 1)  # the state of a model that there is none of
NAMES = ["Aster", "Boil", "Cotton", "Dew", "Elm", "Fox", "Gold"]


def _write(
    tokenizer: TextTokenizer, selling_points: list[str], seed: int, inspected: bool = False, budget: int = BUDGET
) -> str:
    accepts = acceptable(tuple(selling_points)) if inspected else None
    points = make_points(selling_points, tokenizer.encode, budget, accepts)
    grammar = TextGrammar(points, tokenizer.encode, tokenizer.begin_image, budget, accepts)
    random = torch.Generator().manual_seed(seed)

    def scores(state: torch.Tensor, ids: list[int]) -> torch.Tensor:
        return torch.randn(len(ids), generator=random) * 3

    decode_texts([grammar], NOTHING, lambda rows: NOTHING, scores, 1.0, [random])
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


@pytest.mark.parametrize(
    "point", ["Kettle", "Kettle, not dishwasher safe", "Not Suitable for Children Under 3 Years", "x y " * 99]
)
def test_one_point_is_said_whole(tokenizer: TextTokenizer, point: str) -> None:
    texts = {_write(tokenizer, given, seed) for seed in range(10) for given in ([point], [point, point.upper(), " "])}
    assert {text.strip("[]!").casefold() for text in texts} == {point.strip().casefold()}


def test_words_of_a_point_stay_together(tokenizer: TextTokenizer) -> None:
    for seed in range(40):
        text = _write(tokenizer, ["Not Waterproof", "500 ml", "Soft"], seed)
        assert "Waterproof" not in text or "Not Waterproof" in text
        assert "ml" not in text or "500 ml" in text


def test_no_point_is_cut(tokenizer: TextTokenizer) -> None:
    long = "Dishwasher safe but for the lid, the handle, the seal, the spout, the base, the filter and the switch " * 3
    points = make_points(["Soft", long.upper(), "a  b", long, "SOFT"], tokenizer.encode, BUDGET)
    assert [(point.text, point.index) for point in points] == [("Soft", 0), ("a b", 2)]
    alone = make_points([long, long + "too"], tokenizer.encode, BUDGET)
    assert [point.text for point in alone] == [long.strip()]
    assert _write(tokenizer, ["🔥", "Cures cancer", long], 0, inspected=True).strip("[]!") == long.strip()


def test_points_that_no_text_can_have_are_named(tokenizer: TextTokenizer) -> None:
    given = ["Soft", "Cures cancer", "too long " * 40, "soft", "<b>Kettle</b>", "Oak"]
    notes = left_out(given, make_points(given, tokenizer.encode, BUDGET), acceptable(tuple(given)))
    assert [note.split(" ")[0] for note in notes] == ["selling_points[1]", "selling_points[2]", "selling_points[4]"]
    for seed in range(20):
        assert set(_pieces(_write(tokenizer, given, seed, inspected=True))) <= {"Soft", "Oak", "soft"}
    bad = given[1:2]  # there is nothing better
    assert left_out(bad, make_points(bad, tokenizer.encode, BUDGET), acceptable(tuple(bad))) == []
    assert _write(tokenizer, bad, 0, inspected=True).strip("[]!") == "Cures cancer"


# Kinds of selling points that have been torn, or refused, by mistake.
INSPECTED = (Path(__file__).parent / "data" / "selling_points.txt").read_text(encoding="utf-8").splitlines()
READABLE = [point for point in INSPECTED if any(map(str.isalnum, point))]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(INSPECTED), min_size=1, max_size=30), st.integers(0, 2**31))
def test_the_inspection_never_rejects_what_is_written(tokenizer: TextTokenizer, selling_points: list[str], seed: int) -> None:
    text = _write(tokenizer, selling_points, seed, inspected=True, budget=120)  # this tokenizer spells out other scripts
    if set(selling_points) & set(READABLE):
        assert inspect_text(text, selling_points).violations == ()


def test_the_inspection_never_rejects_a_point_alone(tokenizer: TextTokenizer) -> None:
    for seed, point in enumerate(READABLE):
        text = _write(tokenizer, [point], seed, inspected=True)
        assert point in text
        assert inspect_text(text, [point]).violations == ()


def test_chinese_texts_are_inspected_without_jieba(tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise AssertionError("jieba is no part of a plain installation")

    monkeypatch.setattr("uniadgen.inspection.text.split_chinese", missing)
    acceptable.cache_clear()
    chinese = [point for point in INSPECTED if re.search("[\u4e00-\u9fff]", point)]
    for seed in range(10):
        assert _write(tokenizer, chinese, seed, inspected=True)


def test_length_is_bounded(tokenizer: TextTokenizer) -> None:
    points = [f"Feature{i} Number{i}" for i in range(199)]
    for seed in range(10):
        assert len(tokenizer.encode(" " + _write(tokenizer, points, seed))) <= BUDGET + 4


def test_greedy_follows_the_scores_and_everything_is_read(tokenizer: TextTokenizer) -> None:
    points = make_points(["Soft", "Kettle"], tokenizer.encode, BUDGET)
    grammars = [TextGrammar(points, tokenizer.encode, tokenizer.begin_image, BUDGET) for _ in range(2)]
    wanted = [[*tokenizer.encode(text), tokenizer.begin_image] for text in (" Kettle", " Soft!")]
    read: list[list[int]] = [[], []]

    def reading(rows: list[list[int]]) -> torch.Tensor:
        for so_far, row in zip(read, rows, strict=True):
            so_far += row
        return states()

    def states() -> torch.Tensor:  # a state is the id that is wanted next
        return torch.tensor([[w[min(len(r), len(w) - 1)]] for w, r in zip(wanted, read, strict=True)])

    def scores(state: torch.Tensor, ids: list[int]) -> torch.Tensor:
        return torch.tensor([float(i == int(state)) for i in ids])

    decode_texts(grammars, states(), reading, scores, 0, [None, None])
    assert [grammar.text() for grammar in grammars] == ["Kettle", "Soft!"]
    assert read == [ids[:-1] for ids in wanted]


def test_the_model_is_asked_only_where_there_is_a_choice(tokenizer: TextTokenizer) -> None:
    points = make_points(["Extraordinarily Unspellable", "Zzyzx"], tokenizer.encode, BUDGET)
    grammar = TextGrammar(points, tokenizer.encode, tokenizer.begin_image, BUDGET)
    passes: list[int] = []

    def reading(rows: list[list[int]]) -> torch.Tensor:
        passes.append(len(rows[0]))
        return NOTHING

    decode_texts([grammar], NOTHING, reading, lambda state, ids: torch.zeros(len(ids)), 0, [None])
    assert sum(passes) > 2 * len(passes)


def test_scores_that_are_no_numbers_do_no_harm(tokenizer: TextTokenizer) -> None:
    points = make_points(["Soft", "Kettle"], tokenizer.encode, BUDGET)
    grammar = TextGrammar(points, tokenizer.encode, tokenizer.begin_image, BUDGET)

    def bad(state: torch.Tensor, ids: list[int]) -> torch.Tensor:
        return torch.full((len(ids),), torch.nan)

    decode_texts([grammar], NOTHING, lambda rows: NOTHING, bad, 1.0, [torch.Generator().manual_seed(0)])
    assert grammar.text()
