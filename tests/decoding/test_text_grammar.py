"""The grammar of texts: whatever the model wants, the text consists of whole selling points, put together as titles are."""

import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniadgen.decoding.text_grammar import BRACKETS, Choice, Controls, TextGrammar, decode_texts, left_out, make_points
from uniadgen.inspection.text import acceptable, inspect_text
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.padsynth.catalogue import make_products
from uniadgen.padsynth.titles import STYLES, fitting_styles, write

BUDGET = 24
NOTHING = torch.zeros(1, 1)  # the state of a model that there is none of
NAMES = ["Aster", "Boil", "Cotton", "Dew", "Elm", "Fox", "Gold"]
MARKS = {", ", " | ", " - ", "，", "｜", " "}


class Recorded(TextGrammar):
    """Remembers what was taken."""

    def take(self, choice: Choice) -> None:
        self.taken = [*getattr(self, "taken", []), choice]
        super().take(choice)


def _walk(
    tokenizer: TextTokenizer,
    selling_points: list[str],
    seed: int,
    inspected: bool = False,
    budget: int = BUDGET,
    controls: Controls | None = None,
) -> Recorded:
    """A text from random logits."""
    accepts = acceptable(tuple(selling_points)) if inspected else None
    points = make_points(selling_points, tokenizer.encode, budget, accepts, controls)
    grammar = Recorded(points, tokenizer.encode, tokenizer.end, budget, accepts, controls)
    generator = torch.Generator().manual_seed(seed)

    def logits(row: int, state: torch.Tensor, choices: list[Choice]) -> torch.Tensor:
        return torch.randn(len(choices), generator=generator) * 3

    decode_texts([grammar], NOTHING, lambda rows: NOTHING, logits, 1.0, [generator])
    return grammar


def _write(tokenizer: TextTokenizer, selling_points: list[str], seed: int, inspected: bool = False) -> str:
    return _walk(tokenizer, selling_points, seed, inspected).text


def _bare(text: str) -> str:
    return text.strip("[]()【】（）!！")


hostile = st.one_of(
    st.sampled_from(
        ["<image_ph>", "</s> <|endoftext|>", "[", "]", "!", ", ,", "| -", "- -", "不含酒精", "清新 不油腻", "🔥🔥", "שלום עולם",
         "7\" to 10\"", "Kettle (Blue)", "【正品】", "高度，1 m", "！",
         "Soft", "Soft Cotton", "Cotton", "soft", "e\u0301te\u0301", "ไม่มีน้ำตาล", "a" * 300, "x " * 200, "無添加" * 60]
    ),
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=40),
).filter(lambda s: s.strip())  # fmt: skip
mixed = st.lists(
    st.sampled_from([*NAMES, "Soft Cotton", "不含酒精", "清新", "500 ml", "1.7L", "电水壶", "无线 Mouse", "Kettle (Blue)"]),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(hostile, min_size=1, max_size=12), st.integers(0, 2**31))
def test_words_come_from_the_selling_points(tokenizer: TextTokenizer, selling_points: list[str], seed: int) -> None:
    """The text is whole selling points, each at most as often as given, with nothing but marks between them."""
    grammar = _walk(tokenizer, selling_points, seed)
    given_points = [" ".join(point.split()) for point in selling_points]
    assert grammar.text.strip()
    assert len(set(grammar.used)) == len(grammar.used) > 0
    points = [grammar.points[number] for number in grammar.used]
    assert [point.text for point in points] == [given_points[point.index] for point in points]
    marks = r"[\[\]()【】（） ,，|｜\-!！]*"
    assert re.fullmatch(marks + marks.join(re.escape(point.text) for point in points) + marks, grammar.text)


@settings(max_examples=200, deadline=None)
@given(st.one_of(mixed, st.lists(hostile, min_size=1, max_size=12)), st.integers(0, 2**31))
def test_forms_are_not_mixed(tokenizer: TextTokenizer, selling_points: list[str], seed: int) -> None:
    """One kind of bracket, closed before another opens; one kind of mark outside of brackets; nothing but a bracket or an
    exclamation mark at the end."""
    taken = _walk(tokenizer, selling_points, seed).taken
    kinds = [choice.kind for choice in taken]
    assert kinds[-1] == "end"
    assert kinds[-2] in ("point", "close", "emphasis")
    assert "emphasis" not in kinds[:-2]
    opened: list[str] = []
    outside: set[str] = set()
    inside: set[str] = set()
    depth = 0
    for before, choice in zip([None, *kinds], taken, strict=False):
        if choice.kind == "open":
            assert depth == 0
            assert before in (None, "point")
            opened.append(choice.text.strip())
            inside, depth = set(), 1
        elif choice.kind == "close":
            assert depth == 1
            assert before == "point"
            assert choice.text == BRACKETS[opened[-1]]
            depth = 0
        elif choice.kind == "mark":
            assert choice.text in MARKS
            assert before in ("point", "close")
            (inside if depth else outside).add(choice.text)
            assert len(inside) <= 1
    assert depth == 0
    assert len(set(opened)) <= 1
    assert len(opened) <= 2
    assert len(outside) <= 1


def test_every_form_is_written(tokenizer: TextTokenizer) -> None:
    texts = [_write(tokenizer, ["Aster", "Boil", "电水壶", "清新", "Dew"], seed) for seed in range(400)]
    for form in ("[", "(", "【", "（", ", ", " | ", " - ", "，", "｜", "电水壶清新", "Aster Boil", "电水壶 清新", "!", "！"):
        assert any(form in text for text in texts), form
    assert any(text.startswith("【") for text in texts)
    assert any(text.endswith("）") for text in texts)
    assert any(re.search(r"\[[^]]+, [^]]+\]", text) for text in texts)  # several points in one


def test_chinese_is_joined_as_it_is_written(tokenizer: TextTokenizer) -> None:
    points = ["不含酒精", "清新", "Aster", "500 ml"]
    joints: Counter[tuple[bool, bool]] = Counter()
    for seed in range(150):
        grammar = _walk(tokenizer, points, seed)
        text = ""
        for before, choice in zip([None, *(c.kind for c in grammar.taken)], grammar.taken, strict=False):
            if choice.kind == "point" and before == "point":
                unspaced = text[-1] in "精新" or grammar.points[choice.point].index < 2
                assert choice.text.startswith(" ") != unspaced
                joints[unspaced, text[-1] in "精新"] += 1
            text += choice.text
        assert text == grammar.text
    assert len(joints) == 3


@settings(max_examples=100, deadline=None)
@given(st.one_of(mixed, st.lists(hostile, min_size=1, max_size=8)), st.integers(0, 2**31))
def test_spelling_finds_what_writes_a_text(tokenizer: TextTokenizer, selling_points: list[str], seed: int) -> None:
    written = _walk(tokenizer, selling_points, seed)
    fresh = TextGrammar(written.points, tokenizer.encode, tokenizer.end, BUDGET)
    path = fresh.spelled(written.text)
    assert path is not None
    for choices, number in path:
        assert choices == fresh.choices()
        fresh.take(choices[number])
    assert fresh.done
    assert fresh.text == written.text


def test_what_no_choices_spell_is_said(tokenizer: TextTokenizer) -> None:
    grammar = TextGrammar(make_points(NAMES, tokenizer.encode, BUDGET), tokenizer.encode, tokenizer.end, BUDGET)
    assert grammar.spelled("Boil Aster") is not None
    for text in (
        "",
        "Sofa",
        "Boil Boil",
        "Boil  Aster",
        "Boil, Aster | Dew",
        "[Boil",
        "Boil,",
        "Boi",
        "Boil !",
        " ".join(NAMES),
    ):
        assert grammar.spelled(text) is None, text


def test_titles_of_all_styles_are_spelled(tokenizer: TextTokenizer) -> None:
    """What the synthetic world's shops write is what the grammar can."""
    styles, chinese, draw = Counter[str](), 0, random.Random(0)
    budget = 400  # this tokenizer spells out other scripts
    for product in make_products(0, 60):
        given = [point.text for point in product.selling_points]
        draw.shuffle(given)
        points = make_points(given, tokenizer.encode, budget)
        for style in fitting_styles(product.selling_points):
            text = write(product, style, draw)
            path = TextGrammar(points, tokenizer.encode, tokenizer.end, budget).spelled(text)
            assert path is not None, (style.name, text)
            assert "".join(choices[number].text for choices, number in path) == text
            styles[style.name] += 1
            chinese += not text.isascii()
    assert set(styles) == set(STYLES)
    assert chinese > 20


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
    assert {_bare(text).casefold() for text in texts} == {point.strip().casefold()}


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
    assert _bare(_write(tokenizer, ["🔥", "Cures cancer", long], 0, inspected=True)) == long.strip()


def test_points_that_no_text_can_have_are_named(tokenizer: TextTokenizer) -> None:
    given = ["Soft", "Cures cancer", "too long " * 40, "soft", "<b>Kettle</b>", "Oak"]
    notes = left_out(given, make_points(given, tokenizer.encode, BUDGET), acceptable(tuple(given)))
    assert [note.split(" ")[0] for note in notes] == ["selling_points[1]", "selling_points[2]", "selling_points[4]"]
    for seed in range(20):
        assert set(re.findall(r"\w+", _write(tokenizer, given, seed, inspected=True))) <= {"Soft", "Oak", "soft"}
    bad = given[1:2]  # there is nothing better
    assert left_out(bad, make_points(bad, tokenizer.encode, BUDGET), acceptable(tuple(bad))) == []
    assert _bare(_write(tokenizer, bad, 0, inspected=True)) == "Cures cancer"


# Kinds of selling points that have been torn, or refused, by mistake.
INSPECTED = (Path(__file__).parent / "data" / "selling_points.txt").read_text(encoding="utf-8").splitlines()
READABLE = [point for point in INSPECTED if any(map(str.isalnum, point))]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(INSPECTED), min_size=1, max_size=30), st.integers(0, 2**31))
def test_the_inspection_never_rejects_what_is_written(tokenizer: TextTokenizer, selling_points: list[str], seed: int) -> None:
    text = _walk(tokenizer, selling_points, seed, inspected=True, budget=120).text  # this tokenizer spells out other scripts
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


# Controls ----------------------------------------------------------------------------------------------------------------


controls = st.builds(
    Controls,
    st.lists(st.integers(0, 7), max_size=3, unique=True).map(tuple),
    st.just(()),
    st.one_of(st.none(), st.integers(5, 60)),
    st.sampled_from(["any", "plain", "marked"]),
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(mixed, st.lists(hostile, min_size=1, max_size=8)), controls, st.integers(0, 2**31))
def test_controls_hold(tokenizer: TextTokenizer, selling_points: list[str], wanted: Controls, seed: int) -> None:
    never = tuple(i for i in range(0, len(selling_points), 3) if i not in wanted.must)
    wanted = replace(wanted, never=never)
    if not make_points(selling_points, tokenizer.encode, BUDGET, controls=wanted):
        return
    grammar = _walk(tokenizer, selling_points, seed, controls=wanted)
    indices = {grammar.points[number].index for number in grammar.used}
    assert not indices & set(never)
    assert wanted.characters is None or len(grammar.text) <= wanted.characters
    kinds = {choice.kind for choice in grammar.taken}
    marks = {choice.text for choice in grammar.taken if choice.kind == "mark"}
    if wanted.style == "plain":
        assert kinds <= {"point", "mark", "end"}
        assert marks <= {", ", "，", " "}
    if wanted.style == "marked" and len(grammar.used) > 1:
        assert "open" in kinds or marks - {" "}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True),
    st.data(),
    st.sampled_from(["any", "plain", "marked"]),
)
def test_what_must_be_told_is_told_where_it_has_room(
    tokenizer: TextTokenizer, names: list[str], data: st.DataObject, style: str
) -> None:
    must = data.draw(st.lists(st.integers(0, len(names) - 1), unique=True, max_size=len(names)))
    characters = data.draw(
        st.one_of(st.none(), st.integers(0, 9).map(lambda more: sum(len(names[i]) + 3 for i in must) + more))
    )
    if characters is not None and characters < 6:
        characters = 6
    wanted = Controls(tuple(must), (), characters, style)  # type: ignore[arg-type]
    grammar = _walk(tokenizer, names, data.draw(st.integers(0, 2**31)), budget=200, controls=wanted)
    assert set(must) <= {grammar.points[number].index for number in grammar.used}


def test_of_too_much_that_must_be_told_some_is(tokenizer: TextTokenizer) -> None:
    wanted = Controls(must=(0, 1, 2), characters=14)
    for seed in range(20):
        grammar = _walk(tokenizer, ["Soft Cotton", "Rapid Boil", "Steel Kettle", "Oak"], seed, controls=wanted)
        assert grammar.used
        assert {grammar.points[number].index for number in grammar.used} <= {0, 1, 2}
        assert len(grammar.text) <= 14


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(NAMES), min_size=2, max_size=7, unique=True),
    st.sets(st.integers(0, 6), min_size=1, max_size=2),
    st.integers(0, 2**31),
)
def test_the_product_is_named(tokenizer: TextTokenizer, points: list[str], named: set[int], seed: int) -> None:
    """And a text that names it anyway is no other one for that."""
    named = {place % len(points) for place in named}
    free = _walk(tokenizer, points, seed, budget=200)
    held = _walk(tokenizer, points, seed, budget=200, controls=Controls(names=tuple(named)))
    if named <= {free.points[number].index for number in free.used}:
        assert held.text == free.text
    assert named <= {held.points[number].index for number in held.used}
    short = _walk(tokenizer, points, seed, controls=Controls(names=tuple(named)))
    assert named <= {short.points[number].index for number in short.used}


def test_a_name_yields_to_what_must_be_told_and_to_the_inspection(tokenizer: TextTokenizer) -> None:
    points = ["Soft Cotton", "Rapid Boil", "Steel Kettle", "Oak"]
    for seed in range(20):
        short = _walk(tokenizer, points, seed, controls=Controls(must=(0,), names=(2,), characters=15))
        assert short.text == "Soft Cotton" or short.used[0] == 0
        assert len(short.text) <= 15
        refused = _walk(tokenizer, [*points, "Cures cancer"], seed, inspected=True, controls=Controls(names=(4,)))
        assert refused.text
        assert "cancer" not in refused.text


# Lengths and the model's part ----------------------------------------------------------------------------------------------


def test_length_is_bounded(tokenizer: TextTokenizer) -> None:
    points = [f"Feature{i} Number{i}" for i in range(199)]
    for seed in range(10):
        assert sum(len(choice.tokens) for choice in _walk(tokenizer, points, seed).taken[:-1]) <= BUDGET


def test_greedy_follows_the_logits_and_everything_is_read(tokenizer: TextTokenizer) -> None:
    points = make_points(["Soft", "Kettle"], tokenizer.encode, BUDGET)
    grammars = [TextGrammar(points, tokenizer.encode, tokenizer.end, BUDGET) for _ in range(2)]
    wanted = [[*tokenizer.encode(text), tokenizer.end] for text in (" Kettle", " Soft!")]
    read: list[list[int]] = [[], []]

    def reading(rows: list[list[int]]) -> torch.Tensor:
        for so_far, row in zip(read, rows, strict=True):
            so_far += row
        return states()

    def states() -> torch.Tensor:  # a state is the id that is wanted next
        return torch.tensor([[w[min(len(r), len(w) - 1)]] for w, r in zip(wanted, read, strict=True)])

    def logits(row: int, state: torch.Tensor, choices: list[Choice]) -> torch.Tensor:
        return torch.tensor([float(choice.tokens[0] == int(state)) for choice in choices])

    decode_texts(grammars, states(), reading, logits, 0, [None, None])
    assert [grammar.text for grammar in grammars] == ["Kettle", "Soft!"]
    assert read == [ids[:-1] for ids in wanted]


def test_choices_follow_their_probabilities(tokenizer: TextTokenizer) -> None:
    """Also where the inspection refuses some: the others share what is left."""
    names = NAMES[:4]
    points = make_points(names, tokenizer.encode, BUDGET)
    odds = {"Aster": 4.0, "Boil": 2.0, "Cotton": 8.0, "Dew": 1.0}
    counts: Counter[str] = Counter()
    generator = torch.Generator().manual_seed(0)

    def logits(row: int, state: torch.Tensor, choices: list[Choice]) -> torch.Tensor:
        return torch.tensor([odds.get(c.text, 0.0) for c in choices]).log()

    for _ in range(700):
        grammar = TextGrammar(points, tokenizer.encode, tokenizer.end, BUDGET, lambda text: "Cotton" not in text)
        decode_texts([grammar], NOTHING, lambda rows: NOTHING, logits, 1.0, [generator])
        counts[grammar.points[grammar.used[0]].text] += 1
    assert counts.keys() == {"Aster", "Boil", "Dew"}
    assert sum((counts[name] - 100 * odds[name]) ** 2 / (100 * odds[name]) for name in counts) < 13.8  # 1 in 1000


def test_the_model_is_asked_only_where_there_is_a_choice(tokenizer: TextTokenizer) -> None:
    """A choice is read in one pass, however many tokens it has."""
    points = make_points(["Extraordinarily Unspellable", "Zzyzx"], tokenizer.encode, BUDGET)
    grammar = TextGrammar(points, tokenizer.encode, tokenizer.end, BUDGET)
    passes: list[int] = []

    def reading(rows: list[list[int]]) -> torch.Tensor:
        passes.append(len(rows[0]))
        return NOTHING

    decode_texts([grammar], NOTHING, reading, lambda row, state, choices: torch.zeros(len(choices)), 0, [None])
    assert sum(passes) > 2 * len(passes)


def test_logits_that_are_no_numbers_do_no_harm(tokenizer: TextTokenizer) -> None:
    points = make_points(["Soft", "Kettle"], tokenizer.encode, BUDGET)
    grammar = TextGrammar(points, tokenizer.encode, tokenizer.end, BUDGET)

    def bad(row: int, state: torch.Tensor, choices: list[Choice]) -> torch.Tensor:
        return torch.full((len(choices),), torch.nan)

    decode_texts([grammar], NOTHING, lambda rows: NOTHING, bad, 1.0, [torch.Generator().manual_seed(0)])
    assert grammar.text
