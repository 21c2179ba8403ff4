"""Product fidelity: whether the product in a finished ad is the cut-out, value by value.

Judged by a reader of its own: what the product's pixels must be is computed here from the cut-out alone, in double precision
and without the code that composes ads, so a fault there can't hide itself. The rule both follow: the visible part at the
placement's size, unchanged if it has that size; else alpha by a Hamming window (bilinear when enlarged), and colours, weighted
by alpha, by Lanczos with three lobes inside and by alpha's filter at the edge; both after whole blocks are averaged where the
part is more than three times as large.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores

Values = NDArray[np.float64]
_ROUNDING = 0.5005  # of one value, and a little for the composer's single precision


def product_is_intact(
    ad: Image.Image, cutout: Image.Image, placement: Placement, background: Image.Image | None = None
) -> bool:
    """Whether every opaque pixel of the cut-out at this placement has exactly its own colour in the ad.

    background: what the ad was composed on; then everything around the cut-out (alpha 0) must equal it, too, and partly
    transparent pixels the mixture of both, to the rounding of colour, alpha and mixture. False where the placement leaves the
    ad, too.
    """
    left, top, width, height = placement.left, placement.top, placement.width, placement.height
    if min(left, top) < 0 or min(width, height) < 1 or left + width > ad.width or top + height > ad.height:
        return False
    pixels = np.asarray(ad.convert("RGB"), np.float64)
    there = pixels[top : top + height, left : left + width]
    colour, alpha = _expected(np.asarray(cutout.convert("RGBA")), width, height)
    opaque, clear = alpha > 255 - 0.5 + 0.01, alpha < 0.5 - 0.01
    if (np.abs(there - colour) > _ROUNDING)[opaque].any():
        return False
    if background is None:
        return True
    if background.size != ad.size:
        return False
    behind = np.asarray(background.convert("RGB"), np.float64)
    around = np.ones(pixels.shape[:2], bool)
    around[top : top + height, left : left + width] = clear
    if not np.array_equal(pixels[around], behind[around]):
        return False
    share = np.rint(alpha)[..., None] / 255
    mixed = np.rint(colour) * share + behind[top : top + height, left : left + width] * (1 - share)
    return not (np.abs(there - mixed) > 1 + _ROUNDING)[~opaque & ~clear].any()


def _expected(cutout: NDArray[np.uint8], width: int, height: int) -> tuple[Values, Values]:
    """The visible part's colour [height, width, 3] and alpha [height, width], both 0..255 and not rounded."""
    rows, columns = np.nonzero(cutout[..., 3].any(1))[0], np.nonzero(cutout[..., 3].any(0))[0]
    if not len(rows):
        return np.zeros((height, width, 3)), np.zeros((height, width))
    part = cutout[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float64)
    if part.shape[:2] == (height, width):
        return part[..., :3], part[..., 3]
    opacity = part[..., 3:] / 255
    planes = np.concatenate([part[..., :3] * opacity, opacity], -1)
    smaller = width * height < part.shape[0] * part.shape[1]
    soft = _resampled(planes, width, height, *((_hamming, 1) if smaller else (_triangle, 1)))
    crisp = _resampled(planes, width, height, _lanczos, 3)
    at_edge = soft[..., :3] / np.maximum(soft[..., 3:], 1e-6)
    inside = crisp[..., :3] / np.maximum(crisp[..., 3:], 0.5)
    trust = np.clip((crisp[..., 3:] - 0.5) / 0.4, 0, 1)
    return np.clip(at_edge * (1 - trust) + inside * trust, 0, 255), np.clip(soft[..., 3] * 255, 0, 255)


Kernel = Callable[[Values], Values]


def _resampled(planes: Values, width: int, height: int, kernel: Kernel, support: int) -> Values:
    """[H, W, C] -> [height, width, C]."""
    narrow = _along_rows(planes.transpose(1, 0, 2), width, kernel, support).transpose(1, 0, 2)
    return _along_rows(narrow, height, kernel, support)


def _along_rows(values: Values, count: int, kernel: Kernel, support: int) -> Values:
    """[N, ...] -> [count, ...]: sample i lies in the middle of the i-th of `count` equal stretches of the N."""
    block = max(1, int(len(values) / count / 3))
    length = len(values) / block
    if block > 1:
        starts = np.arange(0, len(values), block)
        sizes = np.diff(np.append(starts, len(values)))
        values = np.add.reduceat(values, starts, 0) / sizes.reshape(-1, *[1] * (values.ndim - 1))
    stretch = length / count
    reach = support * max(stretch, 1.0)
    result, total = np.zeros((count, *values.shape[1:])), np.zeros(count)
    middles = (np.arange(count) + 0.5) * stretch
    first = np.floor(middles - reach + 0.5).astype(int)  # the first and last sample whose middle lies within reach
    last = np.floor(middles + reach + 0.5).astype(int)
    for step in range(int((last - first).max())):
        at = first + step
        weight = np.where((at >= 0) & (at < len(values)) & (at < last), kernel((at + 0.5 - middles) / max(stretch, 1.0)), 0.0)
        result += values[np.clip(at, 0, len(values) - 1)] * weight.reshape(-1, *[1] * (values.ndim - 1))
        total += weight
    return result / total.reshape(-1, *[1] * (values.ndim - 1))


def _lanczos(x: Values) -> Values:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def _hamming(x: Values) -> Values:
    return np.where(np.abs(x) < 1, np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), 0.0)


def _triangle(x: Values) -> Values:
    return np.maximum(1 - np.abs(x), 0.0)


def of_ads(ads: Ads) -> Scores:
    """Of the ads whose product's place is known."""
    values: list[dict[str, float]] = []
    for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True)):
        if output.placement is None or not isinstance(case.product.image, Image.Image):
            values.append({})
            continue
        intact = product_is_intact(ads.picture(number), case.product.image, output.placement, ads.background(number))
        values.append({"product_fidelity": float(intact)})
    signature = "product fidelity|opaque pixels equal the cut-out as placed|around it the background|share of ads"
    return Scores(values, {"product_fidelity": signature})


METRIC = Metric(
    name="fidelity",
    what="share of ads whose product is the cut-out, value by value",
    figures=(
        Figure(
            "product_fidelity",
            "product fidelity",
            "is the share of ads whose product is the cut-out, value by value.",
            "Pictures",
        ),
    ),
    needs=("ad", "placement"),
    order=50,
    of_ads=of_ads,
)
