"""One ad in several sizes, from one painted background, so that a campaign matches. The product is never cropped.

    campaign = Campaign((preset("square"), preset("story"), CampaignSize("banner", 970, 250)))
    request, options = campaign.prepared(request, options)      # what is to be generated: a square that suits all sizes
    for size, ad in campaign.cut(ad, request.cutout): ...       # in each of them

A size takes the largest part of the square that has its form and holds the product with some air. Where there is none - a
leaderboard is eight times as wide as high - it takes what lies around the product, and the scene runs out softly at the sides.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

from uniadgen.ads import Ad, Box, Placement, Stance
from uniadgen.errors import InputError
from uniadgen.imaging.composing import compose
from uniadgen.imaging.placing import FLOOR, automatic_box, visible_part
from uniadgen.options import MAX_SIDE, MIN_SIDE, GenerateOptions
from uniadgen.presets import placements
from uniadgen.request import CheckedRequest
from uniadgen.schema import did_you_mean

AIR = 0.06  # of a size's shorter side, that stays free around the product
_MODERATE = 2.1  # sizes up to this ratio of sides decide how large the product may be; longer ones take what lies around it
_FEATHER = 0.12  # of the square's side, over which the scene runs out
_MOST_SQUARE = 2048  # pixels of the square's side; what is painted has fewer


@dataclass(frozen=True)
class CampaignSize:
    """A size in pixels. name: of its files."""

    name: str
    width: int
    height: int


@cache
def presets() -> dict[str, CampaignSize]:
    """The common placements by name, from presets.yaml."""
    return {name: CampaignSize(name, *entry.size) for name, entry in placements().items()}


def preset(name: str, where: str = "preset") -> CampaignSize:
    """Raises InputError for an unknown one. where: for messages."""
    if name not in presets():
        raise InputError(f"{where}: {name!r} is unknown; {did_you_mean(name, presets())}")
    return presets()[name]


def size_of(width: int, height: int) -> CampaignSize:
    """A size by its numbers, which is called after them."""
    return CampaignSize(f"{width}x{height}", width, height)


@dataclass(frozen=True)
class Campaign:
    """Sizes of one ad, of which the first is the ad's own. With a single one the ad is as `generate` makes it."""

    sizes: tuple[CampaignSize, ...]

    def __post_init__(self) -> None:
        if len({size.name for size in self.sizes}) < len(self.sizes) or not self.sizes:
            raise InputError("sizes: one is named twice, or there is none; name each once")

    def prepared(self, request: CheckedRequest, options: GenerateOptions) -> tuple[CheckedRequest, GenerateOptions]:
        """What to generate for these sizes. A box of the request is one of the square that is painted."""
        first = self.sizes[0]
        if len(self.sizes) == 1:
            return request, dataclasses.replace(options, size=(first.width, first.height))
        side = min(_MOST_SQUARE, max(max(size.width, size.height) for size in self.sizes))
        side = max(MIN_SIDE, min(MAX_SIDE, side))
        box = request.box or self._box(visible_part(request.cutout).size, request.stance)
        return dataclasses.replace(request, box=box), dataclasses.replace(options, size=(side, side))

    def cut(self, ad: Ad, cutout: Image.Image) -> Iterator[tuple[CampaignSize, Ad]]:
        """The ad that was generated, in each size, the first one first. cutout: of its product."""
        if len(self.sizes) == 1:
            yield self.sizes[0], ad
            return
        part = visible_part(cutout)
        for size in self.sizes:
            background, placement = _reframed(ad.background, ad.placement, (size.width, size.height), part.size)
            image, unshaded = compose(background, cutout, placement), None
            if ad.unshaded is not None:
                unshaded, _ = _reframed(ad.unshaded, ad.placement, (size.width, size.height), part.size)
            yield (
                size,
                dataclasses.replace(ad, image=image, background=background, placement=placement, unshaded=unshaded),
            )

    def _box(self, cutout_size: tuple[int, int], stance: Stance) -> Box:
        """Where the product stands in the square: as `automatic_box`, or smaller, so that every moderate size holds it."""
        automatic = automatic_box(cutout_size, stance)
        width, height = automatic.x1 - automatic.x0, automatic.y1 - automatic.y0
        ratio = cutout_size[0] / cutout_size[1]
        width, height = (width, width / ratio) if ratio > 1 else (height * ratio, height)
        scale, unscaled = 1.0, height
        for size in self.sizes:
            across, down = _inner((size.width, size.height))
            if max(across, down) / min(across, down) <= _MODERATE:
                scale = min(
                    scale, (across - 2 * AIR * min(across, down)) / width, (down - 2 * AIR * min(across, down)) / height
                )
        width, height = width * scale, height * scale
        base = FLOOR if stance.posture == "stands" else automatic.y1 - (unscaled - height) / 2
        floor = min(base, 1 - AIR)
        return Box(0.5 - width / 2, floor - height, 0.5 + width / 2, floor)


def _inner(size: tuple[int, int]) -> tuple[float, float]:
    """The largest part of the unit square that has the form of this size."""
    longer = max(size)
    return size[0] / longer, size[1] / longer


def _reframed(
    square: Image.Image, placement: Placement, size: tuple[int, int], product: tuple[int, int]
) -> tuple[Image.Image, Placement]:
    """A background of this size from a square one, and where in it the product stands. product: the cut-out's own pixels."""
    side = square.width
    across, down = (share * side for share in _inner(size))
    air = AIR * min(across, down)
    # Larger than the square in one direction where the product would not fit otherwise
    scale = max(1.0, placement.width / (across - 2 * air), placement.height / (down - 2 * air))
    across, down, air = across * scale, down * scale, air * scale
    left = _start(placement.left, placement.width, across, air, side, 0.5)
    top = _start(placement.top, placement.height, down, air, side, FLOOR)
    zoom = size[0] / across
    height = max(1, min(size[1], round(placement.height * zoom)))
    width = max(1, min(size[0], round(height * product[0] / product[1])))
    x = min(max(0, round((placement.left + placement.width / 2 - left) * zoom - width / 2)), size[0] - width)
    bottom = min(max(height, round((placement.top + placement.height - top) * zoom)), size[1])
    return _window(square, (left, top, left + across, top + down), size), Placement(x, bottom - height, width, height)


def _start(product: float, length: float, window: float, air: float, side: float, stand: float) -> float:
    """Where a window begins, along one side: inside the square if it fits, with the product in it and air around.

    stand: where in a window that is larger than the square the product's middle (or its lower end) belongs.
    """
    if window > side:
        return (side - window) / 2
    start = (side - window) * 0.5 if stand == 0.5 else min(side - window, product + length - stand * window)
    start = max(start, product + length + air - window)
    return min(max(0.0, min(start, product - air)), side - window)


def _window(square: Image.Image, window: tuple[float, float, float, float], size: tuple[int, int]) -> Image.Image:
    """A part of the square at this size; beyond its edges the scene runs out into its own blurred colours."""
    left, top, right, bottom = window
    side = square.width
    inside = max(0.0, left), max(0.0, top), min(side, right), min(side, bottom)
    zoom = size[0] / (right - left)
    if inside == window:
        return square.resize(size, Image.Resampling.BICUBIC, box=window, reducing_gap=3.0)
    part = max(1, round((inside[2] - inside[0]) * zoom)), max(1, round((inside[3] - inside[1]) * zoom))
    sharp = square.resize(part, Image.Resampling.BICUBIC, box=inside, reducing_gap=3.0)
    x, y = round((inside[0] - left) * zoom), round((inside[1] - top) * zoom)
    feather = max(2, round(_FEATHER * side * zoom))
    canvas = sharp.resize(size, Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(max(2, min(size) / 6)))
    canvas.paste(sharp, (x, y), _feathered(part, feather, part[0] < size[0], part[1] < size[1]))
    return canvas


def _feathered(size: tuple[int, int], feather: int, sides: bool, ends: bool) -> Image.Image:
    """A mask that fades towards those edges behind which the scene goes on."""
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    feather = min(feather, *(length // 2 for length, fades in zip(size, (sides, ends), strict=True) if fades))
    for step in range(feather + 1):
        x, y = step if sides else 0, step if ends else 0
        draw.rectangle((x, y, size[0] - 1 - x, size[1] - 1 - y), fill=round(255 * step / max(1, feather)))
    return mask
