"""Palette distance: how far the colours of two backgrounds are apart, in CIELAB."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores

GRID = 4  # cells per side
# sRGB -> XYZ, D65, divided by the white point (IEC 61966-2-1; CIE 15)
_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
_WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB in 0..1 [..., 3] -> CIELAB [..., 3], D65."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    t = linear @ _XYZ.T / _WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def palette(picture: Image.Image) -> NDArray[np.float64]:
    """Mean CIELAB colour of each cell of a GRID x GRID raster: [GRID, GRID, 3]."""
    side = 32 * GRID
    pixels = np.asarray(picture.convert("RGB").resize((side, side), Image.Resampling.BOX), np.float64) / 255
    cells = lab(pixels).reshape(GRID, side // GRID, GRID, side // GRID, 3)
    means: NDArray[np.float64] = cells.mean((1, 3))
    return means


def distance_of_palettes(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Mean over the cells of the Euclidean distance (Delta E 1976) between their mean colours: of what `palette` gives."""
    return float(np.linalg.norm(first - second, axis=-1).mean())


def palette_distance(first: Image.Image, second: Image.Image) -> float:
    """How far the palettes of two pictures are apart; 0 for equal pictures."""
    return distance_of_palettes(palette(first), palette(second))


def of_ads(ads: Ads) -> Scores:
    """Of backgrounds against true plates; of the ads where a system gives no background."""
    values = []
    for number, case in enumerate(ads.cases):
        background = ads.background(number)
        if background is None:
            distance = palette_distance(ads.picture(number), case.true_ad)
        else:
            distance = palette_distance(background, case.true_plate)
        values.append({"palette_distance": distance})
    signature = f"palette distance|CIELAB, D65|{GRID}x{GRID} cells|Delta E 1976|to the true plate|mean over ads"
    return Scores(values, {"palette_distance": signature})


METRIC = Metric(
    name="palette",
    what="how far the colours of backgrounds are from those of the true ones",
    figures=(
        Figure(
            "palette_distance",
            "palette distance",
            "is how far the colours of the background are from the true one's (2 is hardly visible, 50 is another colour).",
            "Pictures",
            digits=1,
            unit="Delta E",
            higher_is_better=False,
            follows_taste=True,
        ),
    ),
    needs=("ad", "background"),
    order=20,
    of_ads=of_ads,
)
