"""Copying: whether a text is the list of selling points over again, and how far it keeps to the list's order.

Language models tend to tell nearly all points in the given order, which lifts BLEU and ROUGE-L and lowers what people say.
"""

from collections.abc import Sequence
from itertools import combinations

from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores, Values

LEAST = 3  # selling points; with fewer, telling all of them in order is no copying


def places_of(text: str, points: Sequence[str]) -> list[int | None]:
    """Where the text begins to tell each point in full, None for one that it doesn't."""
    from uniadgen.inspection.reading import Points, read

    reading = read(text)
    places: list[int | None] = []
    for point in points:
        spans = list(Points([point]).whole_in(reading)) if reading.tokens else []
        places.append(min(start for start, _ in spans) if spans else None)
    return places


def copying(text: str, points: Sequence[str]) -> Values:
    """`list_copied`: 1 if every point is told, in the given order. `order_kept`: of all pairs of points that are told, the
    share in the given order. Figures that can't be told are missing."""
    places = [place for place in places_of(text, points) if place is not None]
    pairs = list(combinations(places, 2))
    kept = sum(first < second for first, second in pairs)
    values: Values = {}
    if len(points) >= LEAST:
        values["list_copied"] = float(len(places) == len(points) and kept == len(pairs))
    if pairs:
        values["order_kept"] = kept / len(pairs)
    return values


def of_ads(ads: Ads) -> Scores:
    values: list[Values] = [
        {} if output.text is None else copying(output.text, case.product.selling_points)
        for case, output in zip(ads.cases, ads.outputs, strict=True)
    ]
    signatures = {
        "list_copied": f"list copied|all points whole, in the given order|of at least {LEAST}|share of texts",
        "order_kept": "order kept|pairs of whole points in the given order|mean over texts with two",
    }
    return Scores(values, signatures)


METRIC = Metric(
    name="copying",
    what="share of texts that copy the list of selling points, and how far they keep its order",
    figures=(
        Figure(
            "list_copied",
            "list copied",
            "is the share of texts that tell all selling points in the given order.",
            "Copying and faults",
            higher_is_better=False,
        ),
        Figure(
            "order_kept",
            "order kept",
            "is how much of the list's order a text keeps: 1 is the list's own, 0.5 is chance.",
            "Copying and faults",
            higher_is_better=None,
        ),
    ),
    needs=("text", "selling points"),
    order=65,
    of_ads=of_ads,
)
