"""BLEU and ROUGE-L against the libraries and hand-worked cases; values for degenerate texts; the file and the command."""

import json
import math
import re
import sys
from pathlib import Path

import jieba
import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from uniadgen.cli.main import make_parser
from uniadgen.errors import InputError
from uniadgen.metrics.text import Prediction, TextScores, load_predictions, text_metrics

ENGLISH = [
    (
        "Velmora Cordless Kettle 1.7 L, Auto Shut-Off!",
        ["Velmora Kettle 1.7 L Auto Shut-Off", "Cordless Kettle, 1.7 L, Velmora"],
    ),
    ("Rapid Boil | Stainless Steel | Kettle", ["Stainless Steel Kettle | Rapid Boil", "Kettle - Rapid Boil - Stainless Steel"]),
    ("Oak Table", ["Solid Oak Table For Small Flats", "Round Oak Table"]),
]
CHINESE = [
    ("悦泉保温杯500ml便携", ["悦泉便携保温杯 500ml", "保温杯500ml 悦泉 防漏"]),
    ("星澜手机，快充，256GB", ["星澜手机256GB快充", "快充手机 星澜"]),
]


def scores(pairs: list[tuple[str, list[str]]]) -> TextScores:
    return text_metrics([Prediction(text, references) for text, references in pairs])


def streams(references: list[list[str]]) -> list[list[str]]:
    return [list(stream) for stream in zip(*references, strict=True)]


def near(value: float | None) -> object:
    return pytest.approx(value, abs=1e-6)


def test_english_is_what_the_libraries_say() -> None:
    result = scores(ENGLISH)
    texts, references = [t for t, _ in ENGLISH], [r for _, r in ENGLISH]
    assert result.bleu_corpus == near(sacrebleu.corpus_bleu(texts, streams(references)).score / 100)
    single = [sacrebleu.sentence_bleu(t, r).score / 100 for t, r in ENGLISH]
    assert [ad.bleu for ad in result.ads] == [near(s) for s in single]
    assert result.bleu == near(sum(single) / 3)
    scorer = RougeScorer(["rougeL"])
    rouge = [scorer.score_multi(r, t)["rougeL"].fmeasure for t, r in ENGLISH]
    assert [ad.rouge_l for ad in result.ads] == [near(s) for s in rouge]
    assert result.rouge_l == near(sum(rouge) / 3)
    assert "tok:13a|" in result.signatures["bleu_corpus"]
    assert "jieba" not in result.signatures["rouge_l"]


def test_chinese_is_split_by_jieba() -> None:
    result = scores(CHINESE)

    def split(text: str) -> str:
        return " ".join(word for word in jieba.lcut(text) if word.strip())

    texts, references = [split(t) for t, _ in CHINESE], [[split(r) for r in rs] for _, rs in CHINESE]
    assert result.bleu_corpus == near(
        sacrebleu.corpus_bleu(texts, streams(references), tokenize="none", force=True).score / 100
    )
    assert result.ads[0].bleu == near(sacrebleu.sentence_bleu(texts[0], references[0], tokenize="none").score / 100)
    assert "tok:jieba-" in result.signatures["bleu"]
    assert "tok:jieba-" in result.signatures["rouge_l"]
    assert "tok:13a+jieba-" in scores(ENGLISH + CHINESE).signatures["bleu"]


def test_hand_worked() -> None:
    # "a b c d e" against "a b c d f": precisions 4/5, 3/4, 2/3, 1/2, no brevity penalty; common subsequence 4 of 5 and 5
    result = scores([("a b c d e", ["a b c d f"])])
    assert result.bleu == near((4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)
    assert result.bleu_corpus == result.bleu
    assert result.rouge_l == near(0.8)
    # too short by three words: every n-gram is right, brevity penalty exp(1 - 8/5)
    assert scores([("a b c d e", ["a b c d e f g h"])]).bleu == near(math.exp(-0.6))
    # pooled ROUGE-L: (1 + 3) common, 2 + 3 said, 1 + 5 wanted; the mean is of 2/3 and 6/8
    pooled = scores([("a b", ["a"]), ("a b c", ["x y z", "a b c d e"])])
    assert pooled.rouge_l_corpus == near(2 * 4 / 11)
    assert pooled.rouge_l == near((2 / 3 + 3 / 4) / 2)


def test_the_best_reference_counts() -> None:
    assert scores([("oak table", ["pine chair", "oak table", "lamp"])]).rouge_l == 1
    assert scores([("a b c d", ["x", "a b c d"])]).bleu == near(1)
    assert "nrefs:var" in scores([("a", ["a"]), ("b", ["b", "c"])]).signatures["bleu"]


@pytest.mark.parametrize("text", ["", " ", "Kettle", "!!!", "，。", "👍", "Velmora保温杯 Привет كوب", "的", "\u200b"])
def test_degenerate_texts_have_values(text: str) -> None:
    result = text_metrics([Prediction(text, ["Velmora Kettle", "保温杯"], ["Velmora", "保温杯"])])
    for value in (
        result.bleu,
        result.bleu_corpus,
        result.rouge_l,
        result.rouge_l_corpus,
        result.coverage,
        result.qualified_rate,
    ):
        assert value is not None
        assert 0 <= value <= 1
    if not any(c.isalnum() for c in text):
        assert result.rouge_l == result.rouge_l_corpus == result.coverage == result.readability_rate == 0


def longest_common(a: list[str], b: list[str]) -> int:
    """Words of the longest common subsequence, by its definition."""
    rows = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, left in enumerate(a):
        for j, right in enumerate(b):
            rows[i + 1][j + 1] = rows[i][j] + 1 if left == right else max(rows[i][j + 1], rows[i + 1][j])
    return rows[-1][-1]


@pytest.mark.parametrize("text", ["", "Kettle", "kettle", "!!!", "Velmora Kettle, Steel", "Velmora Привет كوب Kettle", "1.7"])
def test_degenerate_texts_are_what_the_libraries_say(text: str) -> None:
    reference = "Velmora Kettle Привет 1.7 L"
    result = scores([(text, [reference])])
    assert result.bleu == near(sacrebleu.sentence_bleu(text, [reference]).score / 100)
    assert result.bleu_corpus == near(sacrebleu.corpus_bleu([text], [[reference]]).score / 100)
    words, wanted = ([w for w in re.findall(r"\w+", t.lower()) if w] for t in (text, reference))
    common = longest_common(words, wanted)
    assert result.rouge_l == near(2 * common / (len(words) + len(wanted)) if common else 0)


@pytest.mark.parametrize("text", ["", "保温杯", "，。", "Velmora保温杯 500ml"])
def test_degenerate_chinese_texts_are_what_the_libraries_say(text: str) -> None:
    reference = "悦泉 Velmora 保温杯"
    split = [" ".join(word for word in jieba.lcut(t) if word.strip()) for t in (text, reference)]
    result = scores([(text, [reference])])
    assert result.bleu == near(sacrebleu.sentence_bleu(split[0], [split[1]], tokenize="none").score / 100)
    words, wanted = ([w for w in jieba.lcut(t.lower()) if re.search(r"[^\W_]", w)] for t in (text, reference))
    common = longest_common(words, wanted)
    assert result.rouge_l == near(2 * common / (len(words) + len(wanted)) if common else 0)


@pytest.mark.parametrize(
    ("text", "reference", "rouge_l"),
    [
        ("काला जूता", "काली जूती", 0),  # vowels are marks
        ("ढक्कन वाली बोतल", "ढक्कन वाला बोतल", 2 / 3),
        ("дверь ковёр", "дверь ковер", 1 / 2),
        ("ma trắng", "má trắng", 1 / 2),
        ("كُتُب جديدة", "كَتَب جديدة", 1 / 2),
        ("ไม้", "ไม่", 1 / 2),  # two characters each, of which one differs in its tone
        ("パン", "バン", 1 / 2),
        ("ハ\u309aン", "パン", 1),
        ("cafe\u0301", "café", 1),
        ("保温杯 ハ\u309aン", "保温杯 ハン", 2 / 3),
    ],
)
def test_marks_are_part_of_words(text: str, reference: str, rouge_l: float) -> None:
    result = scores([(text, [reference])])
    assert result.rouge_l == near(rouge_l)
    assert (result.bleu == near(1)) == (rouge_l == 1)
    assert scores([(text, [text])]).rouge_l == 1


def test_scripts_without_spaces_are_split_into_characters() -> None:
    result = scores([("น้ำตาลทราย", ["น้ำตาลกรวด"])])
    assert 0 < result.bleu < result.rouge_l < 1
    assert "tok:13a-characters|" in result.signatures["bleu"]
    assert "tok:words-characters|" in result.signatures["rouge_l"]
    assert result.bleu == near(sacrebleu.sentence_bleu("น้ำ ต า ล ท ร า ย", ["น้ำ ต า ล ก ร ว ด"], tokenize="none").score / 100)


def test_one_right_word() -> None:
    result = scores([("Kettle", ["Kettle"])])
    assert (result.bleu, result.rouge_l) == (near(1), 1)
    assert result.bleu_corpus == 0  # sacrebleu's corpus BLEU has no 4-grams to go by


def test_coverage_and_rates() -> None:
    points = ["Velmora", "Cordless Kettle", "1.7 L", "Not Waterproof"]
    result = text_metrics(
        [
            Prediction("velmora cordless kettles 1700 ml", ["x"], points),  # three of four
            Prediction("Velmora Waterproof Kettle", ["x"], points),  # one, and not true
            Prediction("Velmora Velmora", ["x"], points),  # one, and not readable
            Prediction("no selling points, not inspected", ["x"]),
        ]
    )
    assert (result.n, result.n_inspected) == (4, 3)
    assert [ad.coverage for ad in result.ads] == [0.75, 0.25, 0.25, None]
    assert result.coverage == near(1.25 / 3)
    assert (result.factuality_rate, result.qualified_rate) == (near(2 / 3), near(1 / 3))
    assert scores(ENGLISH).coverage is None
    assert scores(ENGLISH).factuality_rate is None


def run(argv: list[str]) -> None:
    arguments = make_parser().parse_args(["metrics", "text", *argv])
    arguments.run(arguments)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.jsonl"
    lines = [{"prediction": "Oak Table", "references": ["Oak Table Round"], "selling_points": ["Oak Table", "Round"]}, {}]
    lines[1] = {"prediction": "", "references": ["圆桌"]}
    file.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    run(["--predictions", str(file), "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert (printed["n"], printed["n_inspected"], printed["coverage"]) == (2, 1, 0.5)
    assert set(printed["signatures"]) == {"bleu", "bleu_corpus", "rouge_l", "rouge_l_corpus"}
    run(["--predictions", str(file)])
    assert "ROUGE-L|F1|" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"[]", b"{", b'{"prediction": 3, "references": ["a"]}', b'{"prediction": "a"}',
        b'{"prediction": "a", "references": []}', b'{"prediction": "a", "references": [" "]}',
        b'{"prediction": "a", "references": ["a"], "selling_points": "a"}', b'{"prediction": "a", "references": ["a"], "b": 1}',
    ],
)  # fmt: skip
def test_bad_files_are_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "p.jsonl"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"p\.jsonl") as caught:
        load_predictions(file)
    assert "\n" not in str(caught.value)


def test_a_key_that_stands_twice_is_named(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text('{"prediction": "a", "references": ["a"]}\n\n{"prediction": "a", "prediction": "b", "references": ["a"]}')
    with pytest.raises(InputError, match='line 3: the key "prediction" stands there more than once'):
        load_predictions(file)


def test_missing_file_and_missing_predictions(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        load_predictions(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="no prediction"):
        text_metrics([])
    with pytest.raises(InputError, match="reference"):
        text_metrics([Prediction("a", [])])


@pytest.mark.parametrize("library", ["sacrebleu", "rouge_score"])
def test_a_missing_library_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [m for m in sys.modules if m.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match="pip install"):
        scores(ENGLISH)
