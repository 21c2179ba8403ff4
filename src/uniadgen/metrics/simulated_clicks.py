"""Simulated clicks: how often the shopper would click the ad on a page beside the rendered ads of the same product.

PAd-Synth knows how its shoppers click: the share of an ad is the softmax of its affinity to the shopper's taste over all ads
of the page. What an ad shows is read by the judge (`metrics/facets.py`); of the rendered ads it is known. Affinities and tastes
are labels of PAd-Synth: other data have no simulated clicks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from uniadgen.metrics.facets import SCENE_FACETS, scene_classifiers, text_style
from uniadgen.metrics.judged import Ads, Case, Judge
from uniadgen.metrics.metric import Figure, Metric, Scores, Values

Facets = Mapping[str, str]  # family, palette, light, text_style


def click_shares(affinities: Sequence[float]) -> list[float]:
    """The shares of clicks of the ads on a page, by their affinities to the shopper's taste."""
    weights = np.exp(np.asarray(affinities) - max(affinities))
    shares: list[float] = (weights / weights.sum()).tolist()
    return shares


def affinity(taste: Mapping[str, Any], department: str, facets: Facets) -> float:
    """The log odds with which a taste has an ad clicked, as PAd-Synth's shoppers do."""
    from uniadgen.padsynth.shoppers import FAMILY_WEIGHT, LIGHT_WEIGHT, PALETTE_WEIGHT, STYLE_WEIGHT, Taste, fits

    liked = fits(Taste.from_dict(taste), department, *(facets[name] for name in (*SCENE_FACETS, "text_style")))
    return sum(
        weight * fit for weight, fit in zip((FAMILY_WEIGHT, PALETTE_WEIGHT, LIGHT_WEIGHT, STYLE_WEIGHT), liked, strict=True)
    )


def of_ads(ads: Ads) -> Scores:
    """Of the shoppers whose taste for the department is known."""
    classifiers = scene_classifiers(ads.judge)
    values: list[Values] = [{} for _ in ads.cases]
    if classifiers is None:
        return Scores(values, {})
    pages = ads.judge.once("pages", lambda: _pages(ads.judge))
    read = {facet: classifier(ads.features) for facet, classifier in classifiers.items()}
    for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True)):
        page = pages.get(case.target)
        taste, department = case.taste, case.department
        if taste is None or department is None or department not in taste["families"] or page is None or output.text is None:
            continue
        facets_of = {facet: read_of[number] for facet, read_of in read.items()} | {
            "text_style": _style(case, output.text, page)
        }
        shares = click_shares([affinity(taste, department, facets) for facets in (facets_of, *page.rendered)])
        values[number] = {"simulated_clicks": shares[0], "rendered_clicks": sum(shares[1:]) / len(shares[1:])}
    methods = ", ".join(f"{facet} right for {classifier.accuracy:.3f}" for facet, classifier in classifiers.items())
    signature = f"simulated clicks|softmax over affinities of a page|judge's classifiers: {methods}"
    return Scores(values, {"simulated_clicks": signature, "rendered_clicks": signature})


class _Page:
    """The rendered ads of a product, and the types of its selling points by their words."""

    def __init__(self) -> None:
        self.rendered: list[Facets] = []
        self.types: list[str] = []


def _pages(judge: Judge) -> dict[str, _Page]:
    """By creative, the page that it is on."""
    from uniadgen.data.labels import open_labels
    from uniadgen.data.layout import iter_rows

    labels = open_labels(judge.data).creatives
    of_product: dict[str, _Page] = {}
    page_of: dict[str, _Page] = {}
    for row in iter_rows(judge.data, "creatives", ("id", "product_id"), 4096):
        label = labels.get(row["id"])
        if label is not None:
            page = of_product.setdefault(row["product_id"], _Page())
            page.rendered.append({name: label[name] for name in (*SCENE_FACETS, "text_style")})
            page.types = label["selling_point_types"]
            page_of[row["id"]] = page
    return page_of


def _style(case: Case, text: str, page: _Page) -> str:
    points = case.product.selling_points
    types = page.types if len(page.types) == len(points) else [""] * len(points)
    return text_style(text, list(zip(points, types, strict=True)))


METRIC = Metric(
    name="simulated-clicks",
    what="share of clicks beside the product's rendered ads (PAd-Synth only)",
    figures=(
        Figure(
            "simulated_clicks",
            "simulated clicks",
            "is how often the shopper would click the ad on a page beside the rendered ads of the product; known, because "
            "PAd-Synth knows how its shoppers click.",
            "Clicks",
            follows_taste=True,
        ),
        Figure(
            "rendered_clicks",
            "clicks of a rendered ad",
            "is the mean share of clicks of the rendered ads on the same page.",
            "Clicks",
            higher_is_better=None,
        ),
    ),
    needs=("text", "ad", "labels"),
    order=35,
    of_ads=of_ads,
)
