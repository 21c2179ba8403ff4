"""From generated ads to figures: one row for each shopper and condition, means with bootstrap intervals, and the tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from uniadgen.ads import Placement
from uniadgen.data.labels import open_labels
from uniadgen.data.layout import iter_rows
from uniadgen.data.scenes import load_scenes
from uniadgen.evaluation.protocol import Case, open_picture
from uniadgen.imaging.loading import load_rgb
from uniadgen.metrics.fidelity import product_is_intact
from uniadgen.metrics.palette import palette_distance
from uniadgen.metrics.pbs import embeddings, features, pbs, project
from uniadgen.metrics.text import Prediction, text_metrics
from uniadgen.model.background_encoder import BackgroundEncoder
from uniadgen.words import quoted

NAMES = (
    "pbs",
    "palette_distance",
    "scene_hit",
    "bleu",
    "rouge_l",
    "coverage",
    "factuality",
    "readability",
    "product_fidelity",
    "seconds",
)
COMPARED = ("pbs", "bleu", "palette_distance")  # the figures in which a part of the method is compared to the whole
RESAMPLES = 2000
LEAST_SHOPPERS = 30  # with fewer, a mean and its bootstrap interval are no ground for a conclusion
WEIGHT_DECAY = 1e-3  # of the scene classifier
EXCHANGES = 3
Values = dict[str, float]  # of one shopper; a figure that has no value for this shopper is missing
Interval = tuple[float | None, float | None]  # 95 %; None for a bound that can't be told


@dataclass(frozen=True)
class Output:
    """What a system made for one shopper; pictures are opened when they are judged.

    background, placement (pixels of the ad): None where a system gives only the finished ad. sampled: numbers of the clicks
    that the model looked at.
    """

    ad: Path
    text: str | None
    background: Path | None = None
    placement: Placement | None = None
    seconds: float | None = None
    sampled: tuple[int, ...] = ()


@dataclass(frozen=True)
class SceneClassifier:
    """Tells the scene family of an ad: a linear layer on the background encoder's features.

    accuracy: on `n` creatives of the split that is evaluated, none of which it was fitted on.
    """

    families: list[str]
    mean: NDArray[np.float32]  # of the features it was fitted on, and their deviation
    deviation: NDArray[np.float32]
    layer: nn.Linear
    accuracy: float
    n: int

    @torch.no_grad()
    def __call__(self, values: NDArray[np.float32]) -> list[str]:
        """The families of pictures by their features [N, features]."""
        scores = self.layer(torch.from_numpy((values - self.mean) / self.deviation))
        return [self.families[i] for i in scores.argmax(1).tolist()]


def fit_scene_classifier(data: Path, encoder: BackgroundEncoder, split: str) -> SceneClassifier | None:
    """Fitted on the ads of the split train, and on their plates behind EXCHANGES other products each, so that products don't
    count; judged on the ads of `split`. None for data without scene families."""
    vectors: dict[str, list[NDArray[np.float32]]] = {"fit": [], "judge": []}
    names: dict[str, list[str]] = {"fit": [], "judge": []}
    rows, labels = iter_rows(data, "creatives", ("id", "split", "ad"), 64), open_labels(data).creatives
    part: list[tuple[str, str, Image.Image]] = []

    def flush() -> None:
        if part:
            found = features(encoder, (picture for _, _, picture in part))
            for (use, family, _), vector in zip(part, found, strict=True):
                vectors[use].append(vector)
                names[use].append(family)
            part.clear()

    for row in rows:
        use = {"train": "fit", split: "judge"}.get(row["split"])
        if row["id"] in labels and use is not None:
            part.append((use, labels[row["id"]]["family"], open_picture(row["ad"], row["id"])))
        if len(part) == 64:
            flush()
    flush()
    if not vectors["fit"] or not vectors["judge"]:
        return None
    with_others, families_behind = _exchanged(data, encoder)
    vectors["fit"] += list(with_others)
    names["fit"] += families_behind
    families = sorted(set(names["fit"]))
    fitted = np.stack(vectors["fit"])
    mean, deviation = fitted.mean(0), fitted.std(0) + 1e-6
    x, y = torch.from_numpy((fitted - mean) / deviation), torch.tensor([families.index(name) for name in names["fit"]])
    layer = nn.Linear(x.shape[1], len(families))
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = F.cross_entropy(layer(x), y) + WEIGHT_DECAY * layer.weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    classifier = SceneClassifier(families, mean, deviation, layer.requires_grad_(False), 0.0, len(vectors["judge"]))
    guessed = classifier(np.stack(vectors["judge"]))
    right = float(np.mean([a == b for a, b in zip(guessed, names["judge"], strict=True)]))
    return replace(classifier, accuracy=right)


def _exchanged(data: Path, encoder: BackgroundEncoder) -> tuple[NDArray[np.float32], list[str]]:
    """Features of the scenes of the split train behind other products, and their families."""
    scenes = load_scenes(data, ("train",))
    family = {name: row["family"] for name, row in open_labels(data).creatives.items()}
    known, products = [row for row, name in enumerate(scenes.ids) if name in family], sorted(scenes.cutouts)
    rng = np.random.default_rng(0)
    chosen = [(row, products[int(rng.integers(len(products)))]) for _ in range(EXCHANGES) for row in known]
    found = features(encoder, (scenes.ad(row, product) for row, product in chosen))
    return found, [family[scenes.ids[row]] for row, _ in chosen]


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
    seen = features(encoder, (_opened(output.ad) for output in made))
    vectors = project(encoder, seen)
    true = embeddings(encoder, (case.true_ad for case in judged))
    families = classifier(seen) if classifier is not None else [None] * len(judged)
    for case, output, likeness, family in zip(judged, made, (vectors * true).sum(1), families, strict=True):
        row, ad = rows[case.id], _opened(output.ad)
        background = None if output.background is None else _opened(output.background)
        row["pbs"] = float(np.clip(likeness, -1, 1))
        if background is None:
            row["palette_distance"] = palette_distance(ad, case.true_ad)
        else:
            row["palette_distance"] = palette_distance(background, case.true_plate)
        if family is not None and case.taste is not None and case.department in case.taste["families"]:
            row["scene_hit"] = float(family in case.taste["families"][case.department])
        if output.placement is not None and isinstance(case.product.image, Image.Image):
            row["product_fidelity"] = float(product_is_intact(ad, case.product.image, output.placement, background))
        if output.seconds is not None:
            row["seconds"] = output.seconds
    written = [(case, output.text) for case, output in zip(judged, made, strict=True) if output.text is not None]
    if written:
        scores = text_metrics([Prediction(text, [case.true_text], case.product.selling_points) for case, text in written])
        for (case, _), text in zip(written, scores.ads, strict=True):
            values = {
                "bleu": text.bleu,
                "rouge_l": text.rouge_l,
                "coverage": text.coverage,
                "factuality": text.factual,
                "readability": text.readable,
            }
            rows[case.id].update({name: float(value) for name, value in values.items() if value is not None})
    return rows


def _opened(path: Path) -> Image.Image:
    return load_rgb(path, quoted(path))


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
    low, high = np.percentile(_resampled_means(values[:, None], seed)[:, 0], [2.5, 97.5])
    return float(low), float(high)


def differences(rows: Mapping[str, Values], whole: Mapping[str, Values], seed: int = 0) -> dict[str, Any]:
    """`<name>_difference` and its interval for COMPARED: the mean over shoppers of their own value minus that in `whole`."""
    found: dict[str, Any] = {}
    for name in COMPARED:
        paired = [row[name] - whole[key][name] for key, row in rows.items() if name in row and name in whole.get(key, {})]
        if paired:
            found[f"{name}_difference"] = round(float(np.mean(paired)), 5)
            found[f"{name}_difference_ci"] = [round(bound, 5) for bound in interval(np.array(paired), seed)]
    return found


def _resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Means over shoppers drawn with replacement. values: [shoppers, figures]; returns [RESAMPLES, figures]."""
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(len(values), size=(100, len(values))) for _ in range(RESAMPLES // 100))
    return np.concatenate([values[some].mean(1) for some in drawn])


# Goals -------------------------------------------------------------------------------------------------------------------

Means = NDArray[np.float64]


@dataclass(frozen=True)
class Goal:
    """A figure that says whether personalisation works, and what it should be.

    columns: (condition, figure), of which `formula` makes the value from their means over the shoppers that have all of them.
    """

    name: str
    what: str
    bound: float
    columns: tuple[tuple[str, str], ...]
    formula: Callable[..., Means]
    at_least: bool = True  # or else at most


def _share_of_way(none: Means, full: Means, oracle: Means) -> Means:
    return np.where(oracle > none, (full - none) / np.where(oracle > none, oracle - none, 1), np.nan)


def _ratio(none: Means, full: Means) -> Means:
    return np.where(none > 0, full / np.where(none > 0, none, 1), np.where(full > 0, np.inf, np.nan))


def _gain(none: Means, full: Means) -> Means:
    return full - none


def _itself(value: Means) -> Means:
    return value


def _before_and_after(name: str) -> tuple[tuple[str, str], ...]:
    return (("none", name), ("full", name))


GOALS = (
    Goal(
        "personalisation",
        "pictures: share of the way in PBS from no history to the oracle",
        0.6,
        (("none", "pbs"), ("full", "pbs"), ("oracle", "pbs")),
        _share_of_way,
    ),
    Goal(
        "own_above_swapped",
        "shoppers whose own history gives a higher PBS than somebody else's",
        0.85,
        (("own", "above_swapped"),),
        _itself,
    ),
    Goal("scene_hit", "ads in a scene family that the shopper prefers", 0.65, (("full", "scene_hit"),), _itself),
    Goal("scene_hit_ratio", "scene hits, with history / without", 3.0, _before_and_after("scene_hit"), _ratio),
    Goal(
        "palette_ratio",
        "palette distance, with history / without",
        0.75,
        _before_and_after("palette_distance"),
        _ratio,
        at_least=False,
    ),
    Goal("bleu_gain", "BLEU, with history - without", 0.15, _before_and_after("bleu"), _gain),
    Goal("rouge_l_gain", "ROUGE-L, with history - without", 0.10, _before_and_after("rouge_l"), _gain),
    Goal("product_fidelity", "ads whose product is the cut-out, value by value", 1.0, (("all", "product_fidelity"),), _itself),
)


@dataclass(frozen=True)
class Target:
    """What became of a goal. value: None where the data can't tell; ci: 95 % bootstrap interval over shoppers."""

    what: str
    value: float | None
    ci: Interval
    n: int
    goal: float
    at_least: bool
    met: bool | None


def targets(
    conditions: Mapping[str, Mapping[str, Values]], full: str, oracle: Mapping[str, Values]
) -> dict[str, dict[str, Any]]:
    """All goals by name. conditions: rows by the name of the condition, `full` is the one with the model's whole history."""
    told = {
        "none": conditions.get("length-0", {}),
        "full": conditions[full],
        "oracle": oracle,
        "own": above(conditions[full], conditions["swapped"]),
        "all": _all_ads(conditions),
    }
    return {goal.name: asdict(_reached(goal, told)) for goal in GOALS}


def _reached(goal: Goal, told: Mapping[str, Mapping[str, Values]], seed: int = 0) -> Target:
    shoppers = sorted(set.intersection(*({key for key, row in told[c].items() if f in row} for c, f in goal.columns)))
    if not shoppers:
        return Target(goal.what, None, (None, None), 0, goal.bound, goal.at_least, None)
    values = np.array([[told[condition][shopper][figure] for condition, figure in goal.columns] for shopper in shoppers])
    value = float(goal.formula(*values.mean(0)))
    resampled = goal.formula(*_resampled_means(values, seed).T)
    # A formula that some resample leaves undefined has no interval: there are too few shoppers for one.
    bounds = [np.nan, np.nan] if np.isnan(resampled).any() else np.percentile(resampled, [2.5, 97.5], method="nearest")
    low, high = (_finite(float(bound)) for bound in bounds)
    shown = _finite(value)
    met = None if np.isnan(value) else bool(value >= goal.bound if goal.at_least else value <= goal.bound)
    return Target(goal.what, shown, (low, high), len(shoppers), goal.bound, goal.at_least, met)


def _finite(value: float) -> float | None:
    return round(value, 5) if np.isfinite(value) else None


def above(first: Mapping[str, Values], second: Mapping[str, Values], name: str = "pbs") -> dict[str, Values]:
    """1 for a shopper for whom the first condition scores higher than the second, 0 for the reverse, 0.5 for a tie."""
    shared = [key for key in first if key in second and name in first[key] and name in second[key]]
    return {key: {"above_swapped": float(np.sign(first[key][name] - second[key][name]) + 1) / 2} for key in shared}


def _all_ads(conditions: Mapping[str, Mapping[str, Values]]) -> dict[str, Values]:
    """The share of a shopper's ads, over all conditions, whose product is intact."""
    found: dict[str, list[float]] = {}
    for rows in conditions.values():
        for key, row in rows.items():
            if "product_fidelity" in row:
                found.setdefault(key, []).append(row["product_fidelity"])
    return {key: {"product_fidelity": float(np.mean(values))} for key, values in found.items()}
