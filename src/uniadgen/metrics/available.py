"""Available: the share of ads that the inspection has nothing to reject, in picture, in text, in both.

Reviewers decide it in truth (see `uniadgen review`); this is what the project's own inspection says, for every system alike.
"""

from typing import TYPE_CHECKING

from PIL import Image

from uniadgen.metrics.judged import Ads, Case, Judge, Output, opened
from uniadgen.metrics.metric import Figure, Metric, Scores
from uniadgen.metrics.text import Prediction, inspected

if TYPE_CHECKING:
    from uniadgen.inspection.picture import PictureInspection

SIGNATURE = "available|own inspection|{what}|share of ads without a violation"


def inspected_picture(case: Case, output: Output, judge: Judge) -> "PictureInspection | None":
    """The inspection of a picture whose background and placement are known; done once for a judge."""
    return judge.once(("picture inspection", case.id, output), lambda: _inspected(case, output))


def _inspected(case: Case, output: Output) -> "PictureInspection | None":
    from uniadgen.imaging.stance import find_stance
    from uniadgen.inspection.picture import inspect_picture

    product = case.product
    if output.placement is None or output.background is None or not isinstance(product.image, Image.Image):
        return None
    picture, background = opened(output.ad), opened(output.background)
    if background.size != picture.size:
        return None
    stance = find_stance(product.image, product.description, product.selling_points, product.size_cm)
    return inspect_picture(picture, background, output.placement, product.image, stance)


def of_ads(ads: Ads) -> Scores:
    """Pictures of ads whose background and placement are known, texts of those that have one."""
    values: list[dict[str, float]] = []
    for case, output in zip(ads.cases, ads.outputs, strict=True):
        values_of_ad: dict[str, float] = {}
        inspection = inspected_picture(case, output, ads.judge)
        if inspection is not None:
            values_of_ad["available_picture"] = float(inspection.qualified)
        if output.text is not None:
            _, factual, readable = inspected(Prediction(output.text, [case.true_text], case.product.selling_points))
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
