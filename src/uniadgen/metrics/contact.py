"""Contact: whether the ground under the product is as dark as in the true plate.

A product that stands on something shades it where they touch. The shade is how much darker, in luma, the ground right below
the product's base is than the ground a little further down. Its error is the difference between the painted background's
shade and the true plate's, in the same place; a background that knows nothing of the product has none.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.imaging.placing import visible_part
from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores

SIDE = 256  # px at which pictures are compared
BASE = 0.04  # columns whose lowest pixel is at most this share of the product's height above its very lowest
NEAR, FAR = (0, 4), (14, 22)  # px below the base: the ground that is shaded, and the ground to compare it with
LEAST = 6  # px of width of a base that can be measured
_LUMA = np.array([0.299, 0.587, 0.114])


def shade(background: Image.Image, cutout: Image.Image, placement: Placement) -> float | None:
    """How much darker the ground is right below a product than further down, in luma of 0..255; None where it can't be told.

    placement: in pixels of the background.
    """
    scale_x, scale_y = SIDE / background.width, SIDE / background.height
    size = max(1, round(placement.width * scale_x)), max(1, round(placement.height * scale_y))
    alpha = np.asarray(visible_part(cutout.convert("RGBA")).getchannel("A").resize(size, Image.Resampling.BOX)) > 127
    columns = np.flatnonzero(alpha.any(0))
    if not len(columns):
        return None
    lowest = size[1] - alpha[::-1, columns].argmax(0)  # the first row below the product in each column
    standing = lowest >= lowest.max() - max(1, BASE * size[1])
    left, top = round(placement.left * scale_x), round(placement.top * scale_y)
    luma = np.asarray(background.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX), np.float64) @ _LUMA
    near, far = (_ground(luma, left + columns[standing], top + lowest[standing], rows) for rows in (NEAR, FAR))
    if standing.sum() < LEAST or not len(near) or not len(far):
        return None
    return float(far.mean() - near.mean())


def _ground(
    luma: NDArray[np.float64], x: NDArray[np.int64], y: NDArray[np.int64], rows: tuple[int, int]
) -> NDArray[np.float64]:
    """The luma of some rows below each place, as far as they are in the picture."""
    below = y[:, None] + np.arange(*rows)
    across = np.broadcast_to(x[:, None], below.shape)
    inside = (below >= 0) & (below < SIDE) & (across >= 0) & (across < SIDE)
    return luma[below[inside], across[inside]]


def of_ads(ads: Ads) -> Scores:
    """Of ads with a background, for products that stand on ground which shows below them, where they stood in the true ad."""
    values: list[dict[str, float]] = [{} for _ in ads.cases]
    for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True)):
        background = ads.background(number)
        if background is None or output.placement is None or case.box is None:
            continue
        width, height = background.size
        true = case.true_plate.resize(background.size, Image.Resampling.BOX)
        cutout = case.product.image
        if not isinstance(cutout, Image.Image):
            continue
        where = output.placement
        expected = case.box.x0 * width, case.box.y0 * height
        if max(abs(where.left - expected[0]), abs(where.top - expected[1])) > 0.03 * max(width, height):
            continue  # it stands elsewhere than in the true ad
        painted, wanted = shade(background, cutout, where), shade(true, cutout, where)
        if painted is not None and wanted is not None:
            values[number] = {"contact_error": abs(painted - wanted)}
    signature = f"contact error|luma|{NEAR} against {FAR} px below the base at {SIDE} px|to the true plate|mean over ads"
    return Scores(values, {"contact_error": signature})


METRIC = Metric(
    name="contact",
    what="whether the ground under products is shaded as in the true plates",
    figures=(
        Figure(
            "contact_error",
            "contact error",
            "is how far the shade on the ground right below the product is from the true plate's, in luma of 0 to 255.",
            "Pictures",
            digits=1,
            higher_is_better=False,
        ),
    ),
    needs=("background", "placement"),
    order=25,
    of_ads=of_ads,
)
