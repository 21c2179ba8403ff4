"""Foreign parts: what a system has painted onto the product's edge, and stray characters around it.

Parts: all around the product, what touches its outline is compared with what touches it further along to both sides; a cable
or a hand that ends at the product stands out, a horizon or a gradient does not. Characters: of pictures in which a system has
painted the product, too, those that are read on and around the product and not on the cut-out itself; without the extra `ocr`
there is no such figure.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from uniadgen.ads import Placement
from uniadgen.imaging.composing import compose, render_alpha
from uniadgen.imaging.ocr import READER, is_installed, read_lines
from uniadgen.metrics.judged import Ads
from uniadgen.metrics.metric import Figure, Metric, Scores, Values
from uniadgen.metrics.palette import lab

WORK = 208  # px of the picture's longer side at which the edge is looked at
DIRECTIONS, BESIDE = 72, 12  # around the product, and how many of them to either side are compared
FOREIGN = 22.0  # CIE76 from which on something is foreign
AROUND = 0.12  # of the product's longer side: what is near it
FEW = 2  # letters that misreading may add


def edge_parts(picture: Image.Image, cutout: Image.Image, placement: Placement) -> float | None:
    """Share of the directions, 0 to 1, in which something touches the product that its surroundings don't have to both sides;
    None where the product can't be seen."""
    left, top = placement.left, placement.top
    if min(left, top) < 0 or left + placement.width > picture.width or top + placement.height > picture.height:
        return None
    scale = min(1.0, WORK / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    alpha = render_alpha(cutout, picture.size, placement).resize(size, Image.Resampling.BOX)
    # beyond the soft edge, where the product's own colour has no part any more
    near = np.asarray(alpha.filter(ImageFilter.MaxFilter(3))) > 5
    ring = (np.asarray(alpha.filter(ImageFilter.MaxFilter(9))) > 5) & ~near
    rows, columns = np.nonzero(ring)
    if not len(rows):
        return None
    pixels = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BOX), np.float64)
    colours = lab(pixels[rows, columns] / 255)
    inside = np.argwhere(np.asarray(alpha) > 127)
    middle = inside.mean(0) if len(inside) else np.array([rows.mean(), columns.mean()])
    angles = np.arctan2(rows - middle[0], columns - middle[1])
    direction = np.minimum(((angles + np.pi) / (2 * np.pi) * DIRECTIONS).astype(int), DIRECTIONS - 1)
    seen = np.unique(direction)
    touching = np.stack([np.median(colours[direction == number], 0) for number in seen])
    odd = [np.linalg.norm(touching[i] - np.median(touching[_beside(seen, i)], 0)) > FOREIGN for i in range(len(seen))]
    return float(np.mean(odd))


def _beside(seen: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Those directions that lie within BESIDE of one, itself among them."""
    apart = np.abs(seen - seen[number])
    return np.flatnonzero(np.minimum(apart, DIRECTIONS - apart) <= BESIDE)


def stray_characters(picture: Image.Image, cutout: Image.Image, placement: Placement) -> int:
    """Letters and digits on and around the product that the cut-out doesn't have. Raises InputError without the extra `ocr`."""
    near = round(AROUND * max(placement.width, placement.height))
    box = (
        max(0, placement.left - near),
        max(0, placement.top - near),
        min(picture.width, placement.left + placement.width + near),
        min(picture.height, placement.top + placement.height + near),
    )
    plain = compose(Image.new("RGB", picture.size, "white"), cutout, placement)
    extra = _characters(picture.crop(box)) - _characters(plain.crop(box))
    return sum(extra.values())


def _characters(picture: Image.Image) -> "Counter[str]":
    return Counter(c for line in read_lines(picture) for c in line.text.casefold() if c.isalnum())


def of_ads(ads: Ads) -> Scores:
    """Of ads whose product's place is known."""
    readable = is_installed()
    values: list[Values] = []
    for number, (case, output) in enumerate(zip(ads.cases, ads.outputs, strict=True)):
        row: Values = {}
        background, picture, cutout = ads.background(number), ads.picture(number), case.product.image
        if output.placement is not None and isinstance(cutout, Image.Image):
            share = edge_parts(picture, cutout, output.placement)
            if share is not None:
                row["edge_parts"] = share
                if readable and background is None:
                    row["stray_characters"] = float(stray_characters(picture, cutout, output.placement) > FEW)
        values.append(row)
    return Scores(
        values,
        {
            "edge_parts": f"edge parts|touching colours against both sides'|CIE76>{FOREIGN:g}|share of {DIRECTIONS} directions",
            "stray_characters": f"stray characters|{READER}|more than {FEW} beyond the cut-out's|share of ads",
        },
    )


METRIC = Metric(
    name="edges",
    what="foreign parts at the product's edge, and stray characters around it",
    figures=(
        Figure(
            "edge_parts",
            "edge parts",
            "is the share of the product's outline that something else touches.",
            "Faults at the product's edge",
            higher_is_better=False,
        ),
        Figure(
            "stray_characters",
            "stray characters",
            "is the share of ads with characters around the product that it doesn't have (of painted products only).",
            "Faults at the product's edge",
            higher_is_better=False,
        ),
    ),
    needs=("ad", "placement", "background"),
    order=68,
    of_ads=of_ads,
)
