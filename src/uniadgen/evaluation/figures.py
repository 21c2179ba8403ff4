"""From generated ads to figures: one row for each shopper and condition, means with bootstrap intervals, and the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from uniadgen.data.layout import iter_rows
from uniadgen.evaluation.protocol import Case, open_picture
from uniadgen.metrics.palette import palette_distance
from uniadgen.metrics.pbs import embeddings, pbs
from uniadgen.metrics.text import Prediction, text_metrics
from uniadgen.model.background import BackgroundEncoder

NAMES = ("pbs", "palette_distance", "scene_hit", "bleu", "rouge_l", "coverage", "factuality", "readability", "seconds")
RESAMPLES = 2000
Values = dict[str, float]  # of one shopper; a figure that has no value for this shopper is missing


@dataclass(frozen=True)
class Output:
    """What a system made for one shopper. background: None where a system gives only the finished ad."""

    ad: Image.Image
    text: str | None
    background: Image.Image | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class SceneClassifier:
    """Tells the scene family of an ad: a linear layer on the background encoder's embedding.

    accuracy: on `n` creatives of the split that is evaluated, none of which it was fitted on.
    """

    families: list[str]
    layer: nn.Linear
    accuracy: float
    n: int

    @torch.no_grad()
    def __call__(self, vectors: NDArray[np.float32]) -> list[str]:
        return [self.families[i] for i in self.layer(torch.from_numpy(vectors)).argmax(1).tolist()]


def fit_scene_classifier(data: Path, encoder: BackgroundEncoder, split: str) -> SceneClassifier | None:
    """Fitted on the ads of the split train, judged on those of `split`; None for data without scene families."""
    vectors: dict[str, list[NDArray[np.float32]]] = {"fit": [], "judge": []}
    names: dict[str, list[str]] = {"fit": [], "judge": []}
    rows = iter_rows(data, "creatives", ("id", "split", "family", "ad"), 64)
    part: list[tuple[str, str, Image.Image]] = []

    def flush() -> None:
        if part:
            found = embeddings(encoder, (picture for _, _, picture in part))
            for (use, family, _), vector in zip(part, found, strict=True):
                vectors[use].append(vector)
                names[use].append(family)
            part.clear()

    for row in rows:
        use = {"train": "fit", split: "judge"}.get(row["split"])
        if row["family"] is not None and use is not None:
            part.append((use, row["family"], open_picture(row["ad"], row["id"])))
        if len(part) == 64:
            flush()
    flush()
    if not vectors["fit"] or not vectors["judge"]:
        return None
    families = sorted(set(names["fit"]))
    x, y = torch.from_numpy(np.stack(vectors["fit"])), torch.tensor([families.index(name) for name in names["fit"]])
    layer = nn.Linear(x.shape[1], len(families))
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = F.cross_entropy(layer(x), y) + 1e-4 * layer.weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    classifier = SceneClassifier(families, layer.requires_grad_(False), 0.0, len(vectors["judge"]))
    guessed = classifier(np.stack(vectors["judge"]))
    right = float(np.mean([a == b for a, b in zip(guessed, names["judge"], strict=True)]))
    return SceneClassifier(families, layer, right, len(guessed))


def judge(
    cases: Sequence[Case],
    outputs: Mapping[str, Output],
    encoder: BackgroundEncoder,
    classifier: SceneClassifier | None,
) -> dict[str, Values]:
    """All figures of the shoppers that a system made something for, by shopper."""
    judged = [case for case in cases if case.id in outputs]
    if not judged:
        return {}
    made = [outputs[case.id] for case in judged]
    rows: dict[str, Values] = {case.id: {} for case in judged}
    vectors = embeddings(encoder, (output.ad for output in made))
    true = embeddings(encoder, (case.true_ad for case in judged))
    families = classifier(vectors) if classifier is not None else [None] * len(judged)
    for case, output, likeness, family in zip(judged, made, (vectors * true).sum(1), families, strict=True):
        row = rows[case.id]
        row["pbs"] = float(np.clip(likeness, -1, 1))
        row["palette_distance"] = palette_distance(
            output.background or output.ad, case.true_plate if output.background is not None else case.true_ad
        )
        if family is not None and case.taste is not None and case.department in case.taste["families"]:
            row["scene_hit"] = float(family in case.taste["families"][case.department])
        if output.seconds is not None:
            row["seconds"] = output.seconds
    written = [(case, output.text) for case, output in zip(judged, made, strict=True) if output.text is not None]
    if written:
        scores = text_metrics([Prediction(text, [case.true_text], case.product.selling_points) for case, text in written])
        for (case, _), ad in zip(written, scores.ads, strict=True):
            values = {
                "bleu": ad.bleu,
                "rouge_l": ad.rouge_l,
                "coverage": ad.coverage,
                "factuality": ad.factual,
                "readability": ad.readable,
            }
            rows[case.id].update({name: float(value) for name, value in values.items() if value is not None})
    return rows


def oracle_values(cases: Sequence[Case], data: Path, encoder: BackgroundEncoder) -> dict[str, Values]:
    """PBS and palette distance of another creative of the target's family, palette and light: what taste alone can reach."""
    wanted = {case.oracle for case in cases if case.oracle is not None}
    found: dict[str, tuple[Image.Image, Image.Image]] = {}
    for row in iter_rows(data, "creatives", ("id", "ad", "plate"), 64):
        if row["id"] in wanted:
            found[row["id"]] = open_picture(row["ad"], row["id"]), open_picture(row["plate"] or row["ad"], row["id"])
    judged = [case for case in cases if case.oracle in found]
    if not judged:
        return {}
    pairs = [found[str(case.oracle)] for case in judged]
    scores = pbs(encoder, [ad for ad, _ in pairs], [case.true_ad for case in judged])
    return {
        case.id: {"pbs": float(score), "palette_distance": palette_distance(plate, case.true_plate)}
        for case, (_, plate), score in zip(judged, pairs, scores, strict=True)
    }


@dataclass(frozen=True)
class Summary:
    """Mean and 95 % interval of every figure over the shoppers that have it."""

    n: int
    means: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        figures: dict[str, Any] = {name: round(value, 5) for name, value in self.means.items()}
        figures |= {f"{name}_ci": [round(low, 5), round(high, 5)] for name, (low, high) in self.intervals.items()}
        return {**figures, "n": self.n}


def summarise(rows: Mapping[str, Values], seed: int = 0) -> Summary:
    """Bootstrap over shoppers: percentile intervals of RESAMPLES means."""
    means, intervals = {}, {}
    for name in NAMES:
        values = np.array([row[name] for row in rows.values() if name in row])
        if len(values):
            means[name], intervals[name] = float(values.mean()), interval(values, seed)
    return Summary(len(rows), means, intervals)


def interval(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean."""
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [values[rng.integers(len(values), size=(100, len(values)))].mean(1) for _ in range(RESAMPLES // 100)]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def personalisation(none: Mapping[str, Values], full: Mapping[str, Values], oracle: Mapping[str, Values]) -> float | None:
    """Share of the way in PBS from no history to the oracle, over the shoppers that have one; None where that is no way."""
    shared = [name for name in oracle if name in none and name in full]
    if not shared:
        return None
    a, b, c = (float(np.mean([rows[name]["pbs"] for name in shared])) for rows in (none, full, oracle))
    return (b - a) / (c - a) if c > a else None


def share_above(first: Mapping[str, Values], second: Mapping[str, Values], name: str = "pbs") -> float | None:
    """Share of shoppers for whom the first condition scores higher than the second; ties count half."""
    shared = [key for key in first if key in second and name in first[key] and name in second[key]]
    if not shared:
        return None
    return float(np.mean([(first[k][name] > second[k][name]) + 0.5 * (first[k][name] == second[k][name]) for k in shared]))
