"""Text metrics: BLEU and ROUGE-L against several references, selling-point coverage, and the rates of the inspection.

    scores = text_metrics([Prediction("Cordless Kettle", ["Cordless Kettle 1.7 L"], ["Cordless Kettle", "1.7 L"])])
    scores.bleu, scores.rouge_l      # 0-1, means over ads
    scores.signatures["bleu"]        # how it was computed

The figures are those of sacrebleu and rouge-score. What they don't do is split scripts without spaces: an ad is split by jieba
when its prediction or one of its references has a Chinese character; Thai, kana and the like are split into characters; all
else as the libraries do by default (BLEU "13a", ROUGE lower-case words, here those of all scripts with their marks: see
`words`). Texts are compared in Unicode's composed form (NFC).
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from statistics import fmean
from typing import Any

from uniadgen.errors import InputError
from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores
from uniadgen.strictjson import read_json_lines
from uniadgen.words import HAN, WORD, clean_text, clusters, is_blank, is_unspaced, quoted, split_chinese, words

MAX_LINE_CHARACTERS = 10_000


@dataclass(frozen=True)
class Prediction:
    """One ad's text and what it is measured against. references: at least one; no selling_points: not inspected."""

    text: str
    references: Sequence[str]
    selling_points: Sequence[str] = ()


@dataclass(frozen=True)
class AdScores:
    """The scores of one ad, 0-1. The last three are None when the ad has no selling points."""

    bleu: float
    rouge_l: float
    coverage: float | None
    factual: bool | None
    readable: bool | None


@dataclass(frozen=True)
class TextScores:
    """The scores of many ads, all 0-1.

    bleu, rouge_l: means over ads; *_corpus: counts pooled over all ads. coverage: mean share of an ad's selling points that its
    text says in full. factuality_rate, readability_rate, qualified_rate: share of ads with no such violation, with none at all.
    These four are over the `n_inspected` ads with selling points, and None when there are none. ads: one entry per ad.
    """

    n: int
    n_inspected: int
    bleu: float
    bleu_corpus: float
    rouge_l: float
    rouge_l_corpus: float
    coverage: float | None
    factuality_rate: float | None
    readability_rate: float | None
    qualified_rate: float | None
    signatures: dict[str, str]
    ads: tuple[AdScores, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything but the single ads."""
        return {name: value for name, value in asdict(self).items() if name != "ads"}

    def __str__(self) -> str:
        """A table of the scores, and the signatures."""
        rows = [
            ("BLEU", self.bleu, "mean over ads"),
            ("", self.bleu_corpus, "corpus"),
            ("ROUGE-L", self.rouge_l, "mean over ads"),
            ("", self.rouge_l_corpus, "corpus"),
            ("coverage", self.coverage, "of the selling points"),
            ("factuality", self.factuality_rate, "of the ads"),
            ("readability", self.readability_rate, "of the ads"),
            ("qualified", self.qualified_rate, "of the ads"),
        ]
        table = [f"{name:12} {'-' if value is None else format(value, '.4f'):>6}  {what}" for name, value, what in rows]
        return "\n".join([f"{self.n} ads, {self.n_inspected} with selling points", *table, *self.signatures.values()])


def text_metrics(predictions: Sequence[Prediction]) -> TextScores:
    """Score the texts of ads. Raises InputError for an empty list, an ad without references, or a missing library."""
    if not predictions:
        raise InputError("text metrics: there is no prediction; give at least one")
    for number, prediction in enumerate(predictions, 1):
        if not prediction.references or any(is_blank(reference) for reference in prediction.references):
            raise InputError(f"text metrics: prediction {number} needs at least one reference, and none of them blank")
    composed = [replace(p, text=_composed(p.text), references=[_composed(r) for r in p.references]) for p in predictions]
    bleu, bleu_corpus, bleu_signatures = _bleu(composed)
    rouge, rouge_corpus, rouge_signatures = _rouge_l(composed)
    judged = [inspected(prediction) for prediction in predictions]
    ads = tuple(AdScores(b, r, *rest) for b, r, rest in zip(bleu, rouge, judged, strict=True))
    with_points = [ad for ad in ads if ad.factual is not None]
    return TextScores(
        n=len(ads),
        n_inspected=len(with_points),
        bleu=fmean(bleu),
        bleu_corpus=bleu_corpus,
        rouge_l=fmean(rouge),
        rouge_l_corpus=rouge_corpus,
        coverage=_mean([ad.coverage for ad in with_points if ad.coverage is not None]),
        factuality_rate=_mean([float(bool(ad.factual)) for ad in with_points]),
        readability_rate=_mean([float(bool(ad.readable)) for ad in with_points]),
        qualified_rate=_mean([float(bool(ad.factual and ad.readable)) for ad in with_points]),
        signatures=bleu_signatures | rouge_signatures,
        ads=ads,
    )


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def inspected(prediction: Prediction) -> tuple[float | None, bool | None, bool | None]:
    from uniadgen.inspection.text import inspect_text

    if all(is_blank(point) for point in prediction.selling_points):
        return None, None, None
    inspection = inspect_text(prediction.text, prediction.selling_points)
    coverage = inspection.covered / inspection.points if inspection.points else 0.0
    return coverage, inspection.meets("factuality"), inspection.meets("readability")


# BLEU and ROUGE-L ---------------------------------------------------------------------------------------------------------


def _bleu(predictions: Sequence[Prediction]) -> tuple[list[float], float, dict[str, str]]:
    """BLEU of each ad, of the corpus, and signatures by name."""
    try:
        from sacrebleu.metrics.bleu import BLEU

        splits = _bleu_splits()
    except ImportError:
        raise _missing("sacrebleu") from None
    texts: list[str] = []
    references: list[list[str]] = []
    for prediction in predictions:
        split = splits[_kind(prediction)]
        texts.append(" ".join(split(prediction.text)))
        references.append([" ".join(split(reference)) for reference in prediction.references])
    # The texts are split already, so sacrebleu is told not to split; its sentence BLEU skips n-grams longer than the text.
    sentence = BLEU(tokenize="none", force=True, effective_order=True)
    corpus = BLEU(tokenize="none", force=True)
    single = [_unit(sentence.sentence_score(t, r).score / 100) for t, r in zip(texts, references, strict=True)]
    most = max(map(len, references))
    # the library's types don't know it, but None stands for a reference that an ad lacks
    streams: list[Any] = [[r[i] if i < len(r) else None for r in references] for i in range(most)]
    pooled = _unit(corpus.corpus_score(texts, streams).score / 100)
    splitters = _splitters(predictions, "13a")
    counts = {len(r) for r in references}
    refs = str(most) if len(counts) == 1 else "var"
    version = metadata.version("sacrebleu")
    signature = f"BLEU|nrefs:{refs}|case:mixed|eff:{{}}|tok:{splitters}|smooth:exp|range:0-1|version:sacrebleu-{version}"
    return (
        single,
        pooled,
        {"bleu": signature.format("yes") + "|mean over ads", "bleu_corpus": signature.format("no") + "|corpus"},
    )


def _rouge_l(predictions: Sequence[Prediction]) -> tuple[list[float], float, dict[str, str]]:
    """ROUGE-L (F1) of each ad, of the corpus, and signatures by name.

    Each ad counts with the reference of the highest F1. Corpus: the F1 of all common subsequences over all tokens of these.
    """
    try:
        from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]
    except ImportError:
        raise _missing("rouge-score") from None
    single: list[float] = []
    common = said = wanted = 0
    for prediction in predictions:
        splitter = _Words(_rouge_words(_kind(prediction)))
        scorer = RougeScorer(["rougeL"], tokenizer=splitter)
        length = len(splitter.tokenize(prediction.text))
        options = [(scorer.score(r, prediction.text)["rougeL"], len(splitter.tokenize(r))) for r in prediction.references]
        best, size = max(options, key=lambda option: option[0].fmeasure)
        single.append(_unit(best.fmeasure))
        common += round(best.precision * length)
        said += length
        wanted += size
    pooled = 2 * common / (said + wanted) if said + wanted else 0.0
    splitters = _splitters(predictions, "words")
    version = metadata.version("rouge-score")
    signature = f"ROUGE-L|F1|refs:best|case:lower|stem:no|tok:{splitters}|range:0-1|version:rouge-score-{version}"
    return single, pooled, {"rouge_l": signature + "|mean over ads", "rouge_l_corpus": signature + "|corpus (pooled)"}


def _unit(value: float) -> float:
    """Rounding in the libraries may end a hair above 1."""
    return min(max(float(value), 0.0), 1.0)


Split = Callable[[str], list[str]]


def _kind(prediction: Prediction) -> str:
    """How an ad is split: "chinese", "unspaced" (another script without spaces) or "spaced"."""
    texts = prediction.text, *prediction.references
    if any(HAN.search(text) for text in texts):
        return "chinese"
    return "unspaced" if any(map(is_unspaced, texts)) else "spaced"


def _splitters(predictions: Sequence[Prediction], spaced: str) -> str:
    names = {"spaced": spaced, "unspaced": f"{spaced}-characters", "chinese": ""}
    kinds = {_kind(prediction) for prediction in predictions}
    if "chinese" in kinds:
        names["chinese"] = f"jieba-{metadata.version('jieba')}"
    return "+".join(name for kind, name in names.items() if kind in kinds)


def _bleu_splits() -> dict[str, Split]:
    """sacrebleu's splitter by kind; Chinese is split by jieba, other scripts without spaces into characters."""
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    spaced: Callable[[str], str] = Tokenizer13a()  # type: ignore[no-untyped-call]

    def unspaced(text: str) -> list[str]:
        return spaced("".join(f" {c} " if is_unspaced(c) else c for c in clusters(text))).split(" ")

    def chinese(text: str) -> list[str]:
        return [word for word in split_chinese()(text) if not word.isspace()]

    return {"spaced": lambda text: spaced(text).split(" "), "unspaced": unspaced, "chinese": chinese}


def _rouge_words(kind: str) -> Split:
    if kind == "chinese":
        return lambda text: [word for word in split_chinese()(text.lower()) if WORD.search(word)]
    return lambda text: words(text.lower())


@dataclass(frozen=True)
class _Words:
    """The form in which rouge-score takes a splitter."""

    split: Split

    def tokenize(self, text: str) -> list[str]:
        return self.split(text)


def _missing(library: str) -> InputError:
    return InputError(f"text metrics need {library}; install it: pip install uniadgen[metrics]")


# The file -----------------------------------------------------------------------------------------------------------------


def load_predictions(path: Path) -> list[Prediction]:
    """Read lines of {"prediction": ..., "references": [...], "selling_points": [...]}; selling points may be left out.

    Raises InputError that names the line.
    """
    advice = 'write {"prediction": ..., "references": [...], "selling_points": [...]}'
    entries = [_prediction(fields, where) for where, fields in read_json_lines(path, "predictions", advice)]
    if not entries:
        raise InputError(f"predictions: {quoted(path)} has no lines; write at least one")
    return entries


def _prediction(fields: Any, what: str) -> Prediction:
    from uniadgen.selling_points import check_selling_points

    if not isinstance(fields, dict):
        raise InputError(f"{what}: an object with prediction and references is needed")
    unknown = [key for key in fields if key not in ("prediction", "references", "selling_points")]
    if unknown:
        raise InputError(f"{what}: unknown field {quoted(unknown[0], 40)}; known are prediction, references, selling_points")
    text, references = fields.get("prediction"), fields.get("references")
    if not isinstance(text, str):
        raise InputError(f"{what}: prediction must be a text (it may be empty)")
    if (
        not isinstance(references, list)
        or not references
        or not all(isinstance(r, str) and not is_blank(r) for r in references)
    ):
        raise InputError(f"{what}: references must be a list of at least one text, none of them blank")
    if any(len(t) > MAX_LINE_CHARACTERS for t in (text, *references)):
        raise InputError(f"{what}: a text has more than {MAX_LINE_CHARACTERS:,} characters; shorten it")
    points = fields.get("selling_points")
    checked = check_selling_points(points, f"{what}: selling_points") if points not in (None, []) else []
    return Prediction(clean_text(text), [clean_text(r) for r in references], checked)


# In evaluations ----------------------------------------------------------------------------------------------------------


def of_ads(ads: Ads) -> Scores:
    """Of the ads that have a text, against the true ad's."""
    written = [
        (number, Prediction(output.text, [case.true_text], case.product.selling_points))
        for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True))
        if output.text is not None
    ]
    values: list[dict[str, float]] = [{} for _ in ads.cases]
    if not written:
        return Scores(values, {})
    scores = text_metrics([prediction for _, prediction in written])
    for (number, _), ad in zip(written, scores.ads, strict=True):
        values_of = {
            "bleu": ad.bleu,
            "rouge_l": ad.rouge_l,
            "coverage": ad.coverage,
            "factuality": ad.factual,
            "readability": ad.readable,
        }
        values[number] = {name: float(value) for name, value in values_of.items() if value is not None}
    return Scores(values, {name: scores.signatures[name] for name in ("bleu", "rouge_l")})


def _figure(name: str, title: str, what: str, follows_taste: bool = False) -> Figure:
    return Figure(name, title, what, "Texts", follows_taste=follows_taste)


METRIC = Metric(
    name="text",
    what="BLEU, ROUGE-L, coverage, factuality and readability of ad texts",
    figures=(
        _figure("bleu", "BLEU", "compares the text with the true ad's by runs of words, 0 to 1.", True),
        _figure("rouge_l", "ROUGE-L", "does by the longest common sequence of words, 0 to 1.", True),
        _figure("coverage", "coverage", "is the share of the selling points that the text says in full."),
        _figure("factuality", "factuality", "is the share of texts that say nothing but the selling points."),
        _figure("readability", "readability", "is the share of texts that read as an ad: no list copied, no repetition."),
    ),
    needs=("text", "selling points"),
    order=40,
    of_ads=of_ads,
)
