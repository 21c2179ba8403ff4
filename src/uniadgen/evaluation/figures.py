"""From generated ads to figures: one row for each shopper and condition, means with bootstrap intervals, and the tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.data.layout import iter_rows
from uniadgen.errors import InputError
from uniadgen.evaluation.protocol import open_picture
from uniadgen.metrics.judged import Ads, Case, Judge, Output
from uniadgen.metrics.metric import Metric, Scores, Values
from uniadgen.metrics.palette import palette_distance
from uniadgen.metrics.pbs import pbs
from uniadgen.metrics.registry import ad_figures, all_metrics
from uniadgen.model.background_encoder import BackgroundEncoder

RESAMPLES = 2000
LEAST_SHOPPERS = 30  # with fewer, a mean and its bootstrap interval are no ground for a conclusion
Interval = tuple[float | None, float | None]  # 95 %; None for a bound that can't be told


@dataclass(frozen=True)
class Judgement:
    """What all metrics say of one system: a row for each shopper that it made an ad for, and how each figure was computed."""

    rows: dict[str, Values]
    signatures: dict[str, str]
    about: dict[str, Any]


def judge_ads(cases: Sequence[Case], outputs: Mapping[str, Output], judge: Judge) -> Judgement:
    """All figures of single ads."""
    judged = [case for case in cases if case.id in outputs]
    judgement = Judgement({case.id: {} for case in judged}, {}, {})
    if not judged:
        return judgement
    ads = Ads(judged, [outputs[case.id] for case in judged], judge)
    for metric in all_metrics():
        if metric.of_ads is None:
            continue
        scores = metric.of_ads(ads)
        judgement.signatures.update(scores.signatures)
        judgement.about.update(scores.about)
        for case, values in zip(judged, scores.values, strict=True):
            judgement.rows[case.id].update(values)
    return judgement


def oracle_values(cases: Sequence[Case], data: Path, encoder: BackgroundEncoder) -> dict[str, Values]:
    """PBS and palette distance of another creative of the target's family, palette and light: what taste alone can reach."""
    wanted = {case.oracle for case in cases if case.oracle is not None}
    pictures: dict[str, tuple[Image.Image, Image.Image]] = {}
    for row in iter_rows(data, "creatives", ("id", "ad", "plate"), 64):
        if row["id"] in wanted:
            pictures[row["id"]] = open_picture(row["ad"], row["id"]), open_picture(row["plate"] or row["ad"], row["id"])
    judged = [case for case in cases if case.oracle in pictures]
    if not judged:
        return {}
    pairs = [pictures[str(case.oracle)] for case in judged]
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
    for name in (figure.name for figure in ad_figures()):
        values = np.array([row[name] for row in rows.values() if name in row])
        if len(values):
            means[name], intervals[name] = float(values.mean()), interval(values, seed)
    return Summary(len(rows), means, intervals)


def interval(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean."""
    low, high = np.percentile(_resampled_means(values[:, None], seed)[:, 0], [2.5, 97.5])
    return float(low), float(high)


def means_over_ads(metric: Metric, scores: Scores) -> dict[str, dict[str, Any]]:
    """Of each figure that some ads have: mean, interval over ads, and their number. Raises InputError when there is none."""
    means: dict[str, dict[str, Any]] = {}
    for figure in metric.figures:
        values = np.array([row[figure.name] for row in scores.values if figure.name in row])
        if len(values):
            bounds = [round(bound, 5) for bound in interval(values)]
            means[figure.name] = {"mean": round(float(values.mean()), 5), "ci": bounds, "n": len(values)}
    if not means:
        raise InputError(f"metric {metric.name}: these ads, or the data, lack what it needs: {', '.join(metric.needs)}")
    return means


def differences(rows: Mapping[str, Values], whole: Mapping[str, Values], seed: int = 0) -> dict[str, Any]:
    """`<name>_difference` and its interval for the figures that follow taste: the mean over shoppers of their own value minus
    that in `whole`."""
    summary: dict[str, Any] = {}
    for name in (figure.name for figure in ad_figures() if figure.follows_taste):
        paired = [row[name] - whole[key][name] for key, row in rows.items() if name in row and name in whole.get(key, {})]
        if paired:
            summary[f"{name}_difference"] = round(float(np.mean(paired)), 5)
            summary[f"{name}_difference_ci"] = [round(bound, 5) for bound in interval(np.array(paired), seed)]
    return summary


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
    Goal(
        "simulated_clicks_ratio",
        "share of clicks beside the product's rendered ads, with history / without",
        1.5,
        _before_and_after("simulated_clicks"),
        _ratio,
    ),
    Goal(
        "clicks_against_rendered",
        "share of clicks, of the ad / of a rendered ad on its page",
        1.0,
        (("full", "rendered_clicks"), ("full", "simulated_clicks")),
        _ratio,
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
    rows = {
        "none": conditions.get("length-0", {}),
        "full": conditions[full],
        "oracle": oracle,
        "own": above(conditions[full], conditions["swapped"]),
        "all": _all_ads(conditions),
    }
    return {goal.name: asdict(_reached(goal, rows)) for goal in GOALS}


def _reached(goal: Goal, rows: Mapping[str, Mapping[str, Values]], seed: int = 0) -> Target:
    shoppers = sorted(set.intersection(*({key for key, row in rows[c].items() if f in row} for c, f in goal.columns)))
    if not shoppers:
        return Target(goal.what, None, (None, None), 0, goal.bound, goal.at_least, None)
    values = np.array([[rows[condition][shopper][figure] for condition, figure in goal.columns] for shopper in shoppers])
    value = float(goal.formula(*values.mean(0)))
    resampled = goal.formula(*_resampled_means(values, seed).T)
    # A formula that some resample leaves undefined has no interval: there are too few shoppers for one.
    bounds = [np.nan, np.nan] if np.isnan(resampled).any() else np.percentile(resampled, [2.5, 97.5], method="nearest")
    low, high = (_finite(float(bound)) for bound in bounds)
    finite = _finite(value)
    met = None if np.isnan(value) else bool(value >= goal.bound if goal.at_least else value <= goal.bound)
    return Target(goal.what, finite, (low, high), len(shoppers), goal.bound, goal.at_least, met)


def _finite(value: float) -> float | None:
    return round(value, 5) if np.isfinite(value) else None


def above(first: Mapping[str, Values], second: Mapping[str, Values], name: str = "pbs") -> dict[str, Values]:
    """1 for a shopper for whom the first condition scores higher than the second, 0 for the reverse, 0.5 for a tie."""
    shared = [key for key in first if key in second and name in first[key] and name in second[key]]
    return {key: {"above_swapped": float(np.sign(first[key][name] - second[key][name]) + 1) / 2} for key in shared}


def _all_ads(conditions: Mapping[str, Mapping[str, Values]]) -> dict[str, Values]:
    """The share of a shopper's ads, over all conditions, whose product is intact."""
    values_of: dict[str, list[float]] = {}
    for rows in conditions.values():
        for key, row in rows.items():
            if "product_fidelity" in row:
                values_of.setdefault(key, []).append(row["product_fidelity"])
    return {key: {"product_fidelity": float(np.mean(values))} for key, values in values_of.items()}
