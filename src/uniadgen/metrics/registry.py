"""All metrics: METRIC of every module of this folder that defines one, in the order of tables.

[figure.title for figure in ad_figures()]        # the columns of `evaluate`
"""

from collections.abc import Iterable
from functools import cache

from uniadgen import metrics
from uniadgen.metrics.metric import Figure, Metric
from uniadgen.registry import defined


@cache
def all_metrics() -> tuple[Metric, ...]:
    members: list[Metric] = defined(metrics, "METRIC")
    return tuple(sorted(members, key=lambda metric: (metric.order, metric.name)))


def ad_figures() -> tuple[Figure, ...]:
    """The figures that each ad has."""
    return tuple(figure for metric in all_metrics() if metric.of_ads for figure in metric.figures)


def set_figures() -> tuple[Figure, ...]:
    """The figures that all pictures of a system have together."""
    return tuple(figure for metric in all_metrics() if metric.of_pictures for figure in metric.figures)


def by_topic(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    topics: dict[str, list[Figure]] = {}
    for figure in figures:
        topics.setdefault(figure.topic, []).append(figure)
    return topics
