"""Naming: whether an ad's text says whose and what the product is, where the selling points do.

Which selling point is the brand and which the kind of product are labels of PAd-Synth: other data have no such figure.
"""

from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores, Values

NAMED = ("brand", "type")


def names_product(text: str, points: list[tuple[str, str]]) -> bool | None:
    """Whether a text has a selling point of each type of NAMED that there is. points: (text, type). None without any."""
    folded = " ".join(text.split()).casefold()
    of_type = {kind: [point for point, kind_of in points if kind_of == kind] for kind in NAMED}
    if not any(of_type.values()):
        return None
    return all(any(point.casefold() in folded for point in some) for some in of_type.values() if some)


def of_ads(ads: Ads) -> Scores:
    from uniadgen.data.labels import open_labels

    labels = ads.judge.once("labels", lambda: open_labels(ads.judge.data).creatives)
    values: list[Values] = [{} for _ in ads.cases]
    for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True)):
        points, label = list(case.product.selling_points), labels.get(case.target)
        if output.text is None or label is None or len(label["selling_point_types"]) != len(points):
            continue
        named = names_product(output.text, list(zip(points, label["selling_point_types"], strict=True)))
        if named is not None:
            values[number] = {"names_product": float(named)}
    return Scores(values, {"names_product": "names product|brand and kind, where selling points have them|share of texts"})


METRIC = Metric(
    name="naming",
    what="share of texts that name the brand and the kind of product (PAd-Synth only)",
    figures=(
        Figure(
            "names_product",
            "names the product",
            "is the share of texts that name the brand, if there is one, and what the product is.",
            "Texts",
        ),
    ),
    needs=("text", "selling points", "labels"),
    order=48,
    of_ads=of_ads,
)
