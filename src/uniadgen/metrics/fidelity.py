"""Product fidelity: whether the product in a finished ad is the cut-out, value by value."""

import numpy as np
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.compose import fitted_cutout


def product_is_intact(
    ad: Image.Image, cutout: Image.Image, placement: Placement, background: Image.Image | None = None
) -> bool:
    """Whether every opaque pixel of the cut-out at this placement has exactly its own colour in the ad.

    background: what the ad was composed on; then everything around the cut-out (alpha 0) must equal it, too, and partly
    transparent pixels the mixture of both, to the rounding of one value. False where the placement leaves the ad, too.
    """
    left, top, width, height = placement.left, placement.top, placement.width, placement.height
    if min(left, top) < 0 or min(width, height) < 1 or left + width > ad.width or top + height > ad.height:
        return False
    pixels = np.asarray(ad.convert("RGB"), np.int16)
    product = np.asarray(fitted_cutout(cutout, placement))
    colour, alpha = product[..., :3].astype(np.int16), product[..., 3]
    there = pixels[top : top + height, left : left + width]
    opaque = alpha == 255
    if not np.array_equal(there[opaque], colour[opaque]):
        return False
    if background is None:
        return True
    if background.size != ad.size:
        return False
    behind = np.asarray(background.convert("RGB"), np.int16)
    opacity = np.zeros((*pixels.shape[:2], 1))
    opacity[top : top + height, left : left + width, 0] = alpha / 255
    laid = np.zeros(pixels.shape)
    laid[top : top + height, left : left + width] = colour
    mixed = laid * opacity + behind * (1 - opacity)
    tolerance = np.where((opacity > 0) & (opacity < 1), 1, 0)
    return bool((np.abs(pixels - mixed) <= tolerance).all())
