"""Proportion: whether the product in the finished picture still has the cut-out's ratio of width to height.

Where a system composes, its own placement tells. Where it paints the product itself, the cut-out is looked for in the picture
in many sizes and ratios, by the correlation of colours inside its outline; an ad in which nothing correlates has no figure but
`product_seen`: 0.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.imaging.placing import visible_part
from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores, Values

SIDE = 80  # px of the picture's longer side in which the product is looked for
SIZES = tuple(0.2 * 1.13**step for step in range(14))  # the product's height, of the picture's longer side
RATIOS = (0.6, 0.7, 0.82, 1.0, 1.22, 1.43, 1.67)  # of the cut-out's own
FINER = (1.06, 1.02)  # steps of the search around the best
SEEN = 0.55  # correlation from which on it is the product
Plane = NDArray[np.float64]


def ratio_in(picture: Image.Image, cutout: Image.Image) -> float | None:
    """The width-to-height ratio of the product in the picture, divided by the cut-out's; None where it isn't found."""
    scale = SIDE / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    pixels = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BOX), np.float64)
    # windows at the border may leave the picture by nothing: the product is whole in it
    fourier = [np.fft.rfft2(pixels[..., channel]) for channel in range(3)]
    squares = np.fft.rfft2((pixels**2).sum(-1))
    part = visible_part(cutout.convert("RGBA"))
    ratio_of_cutout = part.width / part.height

    def score(height: float, ratio: float) -> float:
        return _correlation(fourier, squares, size, part, round(height * ratio_of_cutout * ratio), round(height))

    tried = {(height * SIDE, ratio): score(height * SIDE, ratio) for height in SIZES for ratio in RATIOS}
    best = max(tried, key=lambda key: tried[key])
    for step in FINER:
        around = [(best[0] * step**up, best[1] * step**wide) for up in (-2, -1, 0, 1, 2) for wide in (-2, -1, 0, 1, 2)]
        tried |= {key: score(*key) for key in around}
        best = max(tried, key=lambda key: tried[key])
    return best[1] if tried[best] >= SEEN else None


def _correlation(
    fourier: list[NDArray[np.complex128]],
    squares: NDArray[np.complex128],
    size: tuple[int, int],
    part: Image.Image,
    width: int,
    height: int,
) -> float:
    """The highest correlation, -1 to 1, of the product at this size with any place of the picture; -1 where it doesn't fit."""
    if width < 6 or height < 6 or width > size[0] or height > size[1]:
        return -1.0
    small = np.asarray(part.resize((width, height), Image.Resampling.BOX), np.float64)
    mask = (small[..., 3] > 127).astype(np.float64)
    count = mask.sum()
    if count < 24:
        return -1.0
    colour = small[..., :3]
    centred = (colour - (colour * mask[..., None]).sum((0, 1)) / count) * mask[..., None]
    energy = float((centred**2).sum())
    shape = (size[1], size[0])
    windows = np.conj(np.fft.rfft2(mask, shape))
    there = (slice(0, size[1] - height + 1), slice(0, size[0] - width + 1))

    def over(spectrum: NDArray[np.complex128]) -> Plane:
        return np.asarray(np.fft.irfft2(spectrum, shape)[there])

    product = over(sum(f * np.conj(np.fft.rfft2(centred[..., c], shape)) for c, f in enumerate(fourier)))  # type: ignore[arg-type]
    spread = over(squares * windows) - sum(over(f * windows) ** 2 for f in fourier) / count
    # neither a plain product nor a plain place has a correlation
    correlation = product / np.sqrt(np.maximum(spread, count) * max(energy, count))
    return float(correlation.max())


def of_ads(ads: Ads) -> Scores:
    values: list[Values] = []
    for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True)):
        cutout = case.product.image
        if not isinstance(cutout, Image.Image):
            values.append({})
        elif output.background is not None and output.placement is not None:
            part = visible_part(cutout.convert("RGBA"))
            where = output.placement
            # to the pixel: a product of whole pixels can't have the ratio exactly
            nearest = min(
                abs(np.log(max(1.0, where.width + w) / max(1.0, where.height + h) * part.height / part.width))
                for w in (-0.5, 0, 0.5)
                for h in (-0.5, 0, 0.5)
            )
            values.append({"product_seen": 1.0, "proportion_error": _percent(float(nearest))})
        else:
            ratio = ratio_in(ads.picture(number), cutout)
            seen = {"product_seen": float(ratio is not None)}
            values.append(seen if ratio is None else seen | {"proportion_error": _percent(abs(float(np.log(ratio))))})
    signature = f"|width to height against the cut-out's|by placement, or looked for at {SIDE} px"
    return Scores(
        values,
        {
            "product_seen": f"product seen{signature}|correlation from {SEEN}|share of ads",
            "proportion_error": f"proportion error{signature}|per cent, mean over ads in which it is seen",
        },
    )


def _percent(log_ratio: float) -> float:
    return 100 * float(np.expm1(log_ratio))


METRIC = Metric(
    name="proportion",
    what="by how much products are too wide or too high, against their cut-outs",
    figures=(
        Figure(
            "product_seen",
            "product seen",
            "is the share of ads in which the cut-out can be found again.",
            "Copying and faults",
        ),
        Figure(
            "proportion_error",
            "proportion error",
            "is by how many per cent the product is too wide or too high (looked for: to about 3).",
            "Copying and faults",
            digits=1,
            unit="%",
            higher_is_better=False,
        ),
    ),
    needs=("ad", "placement"),
    order=67,
    of_ads=of_ads,
)
