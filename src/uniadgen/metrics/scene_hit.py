"""Scene hit: the share of ads whose scene family the shopper prefers for the product's department.

The judge reads the family off the ad (`metrics/facets.py`). Families and tastes are labels of PAd-Synth: other data have no
scene hits.
"""

from uniadgen.metrics.facets import scene_classifiers
from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores


def of_ads(ads: Ads) -> Scores:
    """Of the shoppers whose taste for the department is known."""
    classifiers = scene_classifiers(ads.judge)
    values: list[dict[str, float]] = [{} for _ in ads.cases]
    if classifiers is None:
        return Scores(values, {}, {"scene_classifier": None})
    classifier = classifiers["family"]
    for number, (case, family) in enumerate(zip(ads.cases, classifier(ads.features), strict=True)):
        if case.taste is not None and case.department in case.taste["families"]:
            values[number]["scene_hit"] = float(family in case.taste["families"][case.department])
    method = f"linear classifier of {len(classifier.classes)} families, right for {classifier.accuracy:.3f}"
    signature = f"scene hit|{method}|share of ads"
    about = {"scene_classifier": {"accuracy": classifier.accuracy, "n": classifier.n}}
    return Scores(values, {"scene_hit": signature}, about)


METRIC = Metric(
    name="scene-hit",
    what="share of ads in a kind of scene that the shopper prefers (PAd-Synth only)",
    figures=(
        Figure(
            "scene_hit",
            "scene hit",
            "is the share of ads in a kind of scene that the shopper prefers for this department; known, because PAd-Synth's "
            "shoppers have a known taste.",
            "Pictures",
            follows_taste=True,
        ),
    ),
    needs=("ad", "labels"),
    order=30,
    of_ads=of_ads,
)
