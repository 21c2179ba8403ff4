"""Copied history: how near an ad's picture is to the nearest picture that its shopper clicked, and whether that is a copy.

A system may take the history itself for the taste in it. Measured in thumbnails, outside of the ad's own product; what stays
below COPY there differs by no more than sharpness, compression and slight shifts of colour.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.imaging.loading import load_rgb
from uniadgen.metrics.judged import Ads, Case
from uniadgen.metrics.metric import Figure, Metric, Scores, Values
from uniadgen.metrics.picture_features import SMALL, background_mask

COPY = 10.0  # root mean squared difference of 8-bit values


def _thumbnail(picture: Image.Image) -> NDArray[np.float64]:
    """[SMALL * SMALL, 3]."""
    return np.asarray(picture.convert("RGB").resize((SMALL, SMALL), Image.Resampling.BOX), np.float64).reshape(-1, 3)


def nearest(picture: Image.Image, seen: NDArray[np.bool_], clicks: NDArray[np.float64]) -> float:
    """Root mean squared difference to the nearest of the clicks' thumbnails, [N, SMALL * SMALL, 3], 0..255; mirrored ones
    count, too. seen: the pixels that are compared."""
    mine = _thumbnail(picture)[seen]
    mirrored = clicks.reshape(-1, SMALL, SMALL, 3)[:, :, ::-1].reshape(clicks.shape)
    squares = [((other[:, seen] - mine) ** 2).mean((1, 2)).min() for other in (clicks, mirrored)]
    return float(np.sqrt(min(squares)))


def of_ads(ads: Ads) -> Scores:
    """Of shoppers who have clicked; of backgrounds where there are some."""
    values: list[Values] = []
    for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True)):
        background = ads.background(number)
        picture = ads.picture(number) if background is None else background
        box = None
        if output.placement is not None:
            where, (width, height) = output.placement, picture.size
            box = (where.left / width, where.top / height, where.width / width, where.height / height)
        seen = background_mask(box)
        if not case.history or not seen.any():
            values.append({})
            continue
        distance = nearest(picture, seen, ads.judge.once(("clicked thumbnails", case.id), lambda case=case: _clicked(case)))  # type: ignore[misc]
        values.append({"nearest_click": distance, "copied_click": float(distance < COPY)})
    signature = f"|thumbnails of {SMALL} px, rgb, outside of the product, mirrored too|rms to the nearest clicked picture|"
    return Scores(
        values,
        {
            "nearest_click": f"nearest click{signature}mean over ads",
            "copied_click": f"copied click{signature}share below {COPY:g}",
        },
    )


def _clicked(case: Case) -> NDArray[np.float64]:
    pictures = (load_rgb(click.image, f"history[{number}].image") for number, click in enumerate(case.history))
    return np.stack([_thumbnail(picture) for picture in pictures])


METRIC = Metric(
    name="copied-click",
    what="how near pictures are to the nearest one that their shopper clicked, and the share of copies",
    figures=(
        Figure(
            "nearest_click",
            "nearest click",
            "is how far the picture is from the nearest one that the shopper clicked, in 8-bit steps of thumbnails.",
            "Copying and faults",
            digits=1,
            higher_is_better=None,
        ),
        Figure(
            "copied_click",
            "copied click",
            f"is the share of pictures that are nearer than {COPY:g} to a clicked one: copies.",
            "Copying and faults",
            higher_is_better=False,
        ),
    ),
    needs=("ad", "background", "placement"),
    order=66,
    of_ads=of_ads,
)
