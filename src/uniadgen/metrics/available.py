"""Available: the share of ads that the inspection has nothing to reject, in picture, in text, in both.

Reviewers decide it in truth (see `uniadgen review`); this is what the project's own inspection says, for every system alike.
"""

from PIL import Image

from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores
from uniadgen.metrics.text import Prediction, inspected

SIGNATURE = "available|own inspection|{what}|share of ads without a violation"


def of_ads(ads: Ads) -> Scores:
    """Pictures of ads whose background and placement are known, texts of those that have one."""
    from uniadgen.imaging.stance import find_stance
    from uniadgen.inspection.picture import inspect_picture

    values: list[dict[str, float]] = []
    for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True)):
        values_of_ad: dict[str, float] = {}
        product, background = case.product, ads.background(number)
        picture = ads.picture(number)
        complete = output.placement is not None and background is not None and background.size == picture.size
        if complete and output.placement is not None and background is not None and isinstance(product.image, Image.Image):
            stance = find_stance(product.image, product.description, product.selling_points, product.size_cm)
            inspection = inspect_picture(picture, background, output.placement, product.image, stance)
            values_of_ad["available_picture"] = float(inspection.qualified)
        if output.text is not None:
            _, factual, readable = inspected(Prediction(output.text, [case.true_text], product.selling_points))
            if factual is not None:
                values_of_ad["available_text"] = float(bool(factual and readable))
        if len(values_of_ad) == 2:
            values_of_ad["available"] = min(values_of_ad.values())
        values.append(values_of_ad)
    names = {"available_picture": "picture", "available_text": "text", "available": "picture and text"}
    return Scores(values, {name: SIGNATURE.format(what=what) for name, what in names.items()})


def _figure(name: str, title: str, what: str) -> Figure:
    return Figure(name, title, f"is the share of ads {what}.", "Available by the own inspection")


METRIC = Metric(
    name="available",
    what="share of ads that the inspection accepts: picture, text, both",
    figures=(
        _figure("available_picture", "picture", "whose picture the inspection accepts"),
        _figure("available_text", "text", "whose text the inspection accepts"),
        _figure("available", "both", "in which it has nothing to reject"),
    ),
    needs=("ad", "background", "placement", "text", "selling points"),
    order=55,
    of_ads=of_ads,
)
