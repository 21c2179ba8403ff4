"""The shadow that a product casts on what it stands on, lies on or hangs before, at the full resolution of the ad.

    background = with_shadow(background, cutout, placement, "stands")       # RGB; nothing of the product is in it
    background, light = shaded(background, cutout, placement, "stands")     # with the light that it was drawn by
    bare = without_shadow(background, product, placement, "stands", light)  # about what it was

A standing product darkens the ground along its base (where it touches, hardly any light gets in), has a soft shadow on the side
that is darker in the painted scene, and on ground that mirrors the scene it is mirrored faintly. What lies or hangs casts its
outline, shifted a little, on what is behind it. Where the painted scene has a shadow there already, ours is weaker.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from uniadgen.ads import Light, Placement, Posture
from uniadgen.imaging.composing import Window, fitted_cutout, repainted, to_8_bit
from uniadgen.imaging.contact import Contact, find_contact

Values = NDArray[np.floating[Any]]

_WHOLE = 2**22  # pixels of a window up to which shadows are enlarged at once; larger ones strip by strip, to save memory
_SIDE = 640  # pixels: wide shadows are drawn on a canvas of at most this and enlarged, as they have no detail
_MARGIN = 0.35  # of the product's longer side: how far around the placement a shadow reaches
_LOW, _HIGH = 0.985, 0.4  # a base below the first or above the second fraction of the canvas stands on nothing that is seen
# Along the base: blur as a share of the product's longer side, and how much light is taken away.
_LAYERS = ((0.006, 0.75), (0.022, 0.5), (0.075, 0.5))
_FLAT = 0.42  # height of a blur on the ground by its width, as the ground is seen at a low angle
_TOWARDS = 0.8  # of a blur's height: how far it comes out from under the product, towards the camera
_DEPTH = 0.12  # of the base's width: how far it reaches away from the camera, in the picture
_LEAST_REACH = 16  # pixels of a product's longer side, below which nothing is mirrored
_LEAST_SIDE = 0.4  # even soft light comes from somewhere
_CAST = 0.45  # light that a shadow to the side takes away
_LEAST_KEPT = 0.2  # of the light: what is darker can't be made light again without showing its few levels
_MIRRORED = 0.3  # of the product's light at its base on ground that mirrors


def with_shadow(
    background: Image.Image,
    cutout: Image.Image,
    placement: Placement,
    posture: Posture,
    fitted: Image.Image | None = None,
) -> Image.Image:
    """The background (RGB) with the shadow of a cut-out (RGBA) at this placement; the background itself where it has no place.

    fitted: what `composing.fitted_cutout` makes of the cut-out, where that is at hand. A base on the canvas' lower edge, or in
    its upper part, stands on nothing that is seen: then there is none.
    """
    return shaded(background, cutout, placement, posture, fitted)[0]


def shaded(
    background: Image.Image,
    cutout: Image.Image,
    placement: Placement,
    posture: Posture,
    fitted: Image.Image | None = None,
) -> tuple[Image.Image, Light | None]:
    """The same, and the light that the shadow was drawn by; None where there is no shadow."""
    base = (placement.top + placement.height) / background.height
    if posture == "stands" and not _HIGH <= base <= _LOW:
        return background, None
    product = fitted_cutout(cutout, placement) if fitted is None else fitted
    opacity = np.asarray(product.getchannel("A"), np.float32) / 255
    if not (opacity >= 0.5).any():  # a veil or a net without a solid pixel touches nothing
        return background, None
    light = read_light(background, placement)
    window, kept, contact = _kept(background.size, opacity, placement, posture, light)
    mirror = None if contact is None else _mirrored(product, contact, placement, window, light.gloss)

    def darker(levels: NDArray[np.uint8], rows: slice) -> NDArray[np.uint8]:
        strip = levels.astype(np.float32)
        if mirror is not None:
            spot, share, light_there = mirror.within(strip, rows)
            spot[:] = spot * (1 - share) + light_there
        return to_8_bit(strip * kept.within(rows))

    return repainted(background, window, darker), light


def without_shadow(
    background: Image.Image, product: Image.Image, placement: Placement, posture: Posture, light: Light
) -> Image.Image:
    """About the scene (RGB) that `shaded` drew its shadow on. product: RGBA, of the placement's size; light: as it said.

    What is darkest has lost its detail: there the shadow stays in part.
    """
    opacity = np.asarray(product.getchannel("A"), np.float32) / 255
    if not (opacity >= 0.5).any():
        return background
    window, kept, contact = _kept(background.size, opacity, placement, posture, light)
    mirror = None if contact is None else _mirrored(product, contact, placement, window, light.gloss)

    def lighter(levels: NDArray[np.uint8], rows: slice) -> NDArray[np.uint8]:
        strip = levels / np.maximum(kept.within(rows), _LEAST_KEPT)
        if mirror is not None:
            spot, share, light_there = mirror.within(strip, rows)
            spot[:] = (spot - light_there) / (1 - share)
        return to_8_bit(strip)

    return repainted(background, window, lighter)


class _Kept(NamedTuple):
    """The share of light that a shadow leaves in a window. wide: [h, w] that is taken away, enlarged to `size` (width, height);
    fine: [height, width], of right at the base, in 255 levels of _LAYERS' first share."""

    size: tuple[int, int]
    wide: Values
    fine: NDArray[np.uint8] | None

    def within(self, rows: slice) -> Values:
        """[rows, width, 1]"""
        kept = 1 - _enlarged(self.wide, self.size, rows)
        if self.fine is not None:
            taken = self.fine[rows].astype(np.float32)
            taken /= 255
            taken *= _LAYERS[0][1]
            kept *= 1 - taken
        return kept[..., None]


def _kept(
    size: tuple[int, int], opacity: Values, placement: Placement, posture: Posture, light: Light
) -> tuple[Window, _Kept, Contact | None]:
    """Where a shadow falls in a picture of this size, the share of light that it leaves there, and what of the product touches
    the ground if it stands."""
    window = _window(size, placement)
    of_window = window[2] - window[0], window[3] - window[1]
    contact, fine = None, None
    if posture == "stands":
        contact = find_contact(opacity)
        fine, wide = _along_base(contact, opacity, placement, window, light)
    else:
        wide = _outline(opacity, placement, window, light, posture)
    if of_window[0] * of_window[1] <= _WHOLE:
        wide = _enlarged(wide, of_window, slice(0, of_window[1]))
    return window, _Kept(of_window, wide, fine), contact


def read_light(background: Image.Image, placement: Placement) -> Light:
    """The light of a painted scene, read around the place of the product."""
    grey = np.array(background.convert("L"), np.float32)
    grey += 1
    height, width = grey.shape
    reach, base = max(placement.width, placement.height), placement.top + placement.height
    left, right = placement.left, placement.left + placement.width
    rows = slice(max(0, base - reach // 6 - 1), min(height, base + reach // 10))
    beside = max(4, reach // 3)
    west, east = grey[rows, max(0, left - beside) : max(left, 1)], grey[rows, min(right, width - 1) : right + beside]
    difference = (float(np.mean(west)) - float(np.mean(east))) / (float(np.mean(west)) + float(np.mean(east)))
    side = float(np.clip(4 * difference, -1, 1))
    side = float(np.copysign(max(abs(side), _LEAST_SIDE), side))
    under = grey[
        max(0, base - reach // 12) : min(height, base + reach // 20), left + placement.width // 4 : right - placement.width // 4
    ]
    around = float(np.median(np.concatenate([west.ravel(), east.ravel()])))
    painted = 1 - float(np.mean(under)) / around if under.size else 0.0
    return Light(side, float(np.clip(1 - (painted - 0.12) / 0.4, 0.35, 1)), _gloss(grey, base, reach))


def _gloss(grey: Values, base: int, reach: int) -> float:
    """How far the columns of the ground below the product repeat the light and dark of the scene above it."""
    height, width = grey.shape
    if reach < _LEAST_REACH:
        return 0.0
    below, above = grey[min(base, height - 2) :], grey[max(0, base - 3 * reach // 4) : max(1, base - reach // 4)]
    bands = np.linspace(0, width, 25).astype(int)
    profiles = [np.array([part[:, a:b].mean() for a, b in pairwise(bands)]) for part in (below, above)]
    flat = [p - np.polyval(np.polyfit(np.arange(len(p)), p, 1), np.arange(len(p))) for p in profiles]
    strengths = [float(f.std() / p.mean()) for f, p in zip(flat, profiles, strict=True)]
    if min(strengths) < 0.04:  # too even to tell
        return 0.0
    alike = float(np.mean(flat[0] * flat[1]) / (flat[0].std() * flat[1].std()))
    return float(np.clip((alike - 0.6) / 0.3, 0, 1))


# Drawing -----------------------------------------------------------------------------------------------------------------


def _window(size: tuple[int, int], placement: Placement) -> Window:
    margin = round(_MARGIN * max(placement.width, placement.height))
    left, top = max(0, placement.left - margin), max(0, placement.top - margin)
    right = min(size[0], placement.left + placement.width + margin)
    return left, top, right, min(size[1], placement.top + placement.height + margin)


def _scale(window: Window) -> float:
    return min(1.0, _SIDE / max(window[2] - window[0], window[3] - window[1]))


def _blurred(plane: Values, x: float, y: float) -> Values:
    """Blurred by these standard deviations in pixels."""
    return np.asarray(_blurred_levels(plane, x, y), np.float32) / np.float32(255)


def _blurred_levels(plane: Values, x: float, y: float) -> NDArray[np.uint8]:
    """The same of 255 levels."""
    levels = np.empty(plane.shape, np.uint8)
    np.multiply(plane, 1 if plane.dtype == np.uint8 else 255, out=levels, casting="unsafe")
    return np.asarray(Image.fromarray(levels).filter(ImageFilter.GaussianBlur((x, y))))


def _enlarged(plane: Values, size: tuple[int, int], rows: slice) -> Values:
    """These rows of the plane at this size (width, height)."""
    if plane.shape == size[::-1]:
        return plane[rows]
    height, width = plane.shape
    # Pillow rounds the box to single precision, so single pixels of strips differ by a level.
    box = 0, rows.start * height / size[1], width, rows.stop * height / size[1]
    strip = Image.fromarray(plane).resize((size[0], rows.stop - rows.start), Image.Resampling.BILINEAR, box=box)
    return np.asarray(strip, np.float32)


def _along_base(
    contact: Contact, opacity: Values, placement: Placement, window: Window, light: Light
) -> tuple[NDArray[np.uint8], Values]:
    """The share of light taken away: right at the base [H, W] of the window in levels, and further away, smaller."""
    longer = max(placement.width, placement.height)
    width, height = window[2] - window[0], window[3] - window[1]
    left, top = placement.left - window[0], placement.top - window[1]
    (blur, _), *others = _LAYERS
    sigma = max(0.7, blur * longer)
    line = _footprint(contact, (height, width), left, top + _TOWARDS * sigma, 1.0, touch=0.012 * longer, depth=3 * sigma)
    fine = _blurred_levels(line, sigma * 1.6, sigma)
    del line  # as large as the window, and of floats
    scale = _scale(window)
    small = max(1, round(height * scale)), max(1, round(width * scale))
    kept = np.ones(small, np.float32)
    for blur, taken in others:
        sigma = max(0.7, blur * longer * scale)
        depth, towards = max(3 * _FLAT * sigma, _DEPTH * contact.span * scale), _TOWARDS * _FLAT * sigma
        area = _footprint(contact, small, left * scale, top * scale + towards, scale, touch=4 * blur * longer, depth=depth)
        kept *= 1 - taken * light.left * _blurred(area, sigma, _FLAT * sigma)
    kept *= 1 - _CAST * light.left * abs(light.side) * _to_the_side(contact, opacity, small, left, top, scale, light.side)
    return fine, 1 - kept


def _footprint(
    contact: Contact, shape: tuple[int, int], left: float, top: float, scale: float, touch: float, depth: float
) -> Values:
    """The area of the ground under the base: 1 where the product touches, less the higher it is above the ground.

    touch: the height in pixels of the placement at which half is left. depth: rows of the result that it reaches away from the
    camera.
    """
    area = np.zeros(shape, np.float32)
    across = (left + np.arange(contact.first, contact.last + 1) * scale).astype(int)
    weight = 1 / (1 + (contact.gap / max(touch, 1e-6)) ** 2)
    ground = top + (contact.ground + 1) * scale
    first, last = max(0, int(np.min(ground) - depth)), max(0, int(np.max(ground)) + 1)
    strip = area[first:last]
    rows = np.arange(first, first + len(strip), dtype=np.float32)[:, None]
    inside = (rows < ground) & (rows >= ground - depth)
    fits = (across >= 0) & (across < shape[1])
    np.maximum.at(strip.T, across[fits], (inside * weight).T[fits])
    return area


def _to_the_side(
    contact: Contact, opacity: Values, shape: tuple[int, int], left: float, top: float, scale: float, side: float
) -> Values:
    """The product's outline laid on the ground, away from the light: softer with the distance from the base."""
    height, width = opacity.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    flat = Image.fromarray((opacity * 255).astype(np.uint8)).resize(size, Image.Resampling.BOX)
    ground = float(np.max(contact.ground)) * scale
    lean, fall = 0.75 * np.sign(side), 0.16  # columns to the side and rows away from the camera for each row of height
    # of each row of the result the row of the product, and where it has moved to
    mapping = (1.0, lean / fall, -left * scale - lean / fall * (top * scale + ground))
    rows = (0.0, 1 / fall, ground - (top * scale + ground) / fall)
    laid = flat.transform(shape[::-1], Image.Transform.AFFINE, (*mapping, *rows), Image.Resampling.BILINEAR)
    plane = np.asarray(laid, np.float32) / 255
    reach = _MARGIN / 0.8 * fall * max(size)  # rows, within which it fades: further away it would leave the window
    distance = np.clip((top * scale + ground - np.arange(shape[0])) / max(1.0, reach), 0, 1)[:, None].astype(np.float32)
    longer = max(size)
    near, far = _blurred(plane, 0.012 * longer, 0.006 * longer), _blurred(plane, 0.05 * longer, 0.02 * longer)
    return (near * (1 - distance) + far * distance) * (1 - distance)


def _outline(opacity: Values, placement: Placement, window: Window, light: Light, posture: Posture) -> Values:
    """The shadow of what lies on a surface or hangs before a wall: its outline, moved away from the light, close and wide."""
    scale, longer = _scale(window), max(placement.width, placement.height)
    small = max(1, round((window[3] - window[1]) * scale)), max(1, round((window[2] - window[0]) * scale))
    size = max(1, round(placement.width * scale)), max(1, round(placement.height * scale))
    flat = Image.fromarray((opacity * 255).astype(np.uint8)).resize(size, Image.Resampling.BOX)
    away = 1.0 if posture == "lies" else 1.6
    kept = np.ones(small, np.float32)
    for blur, shift, taken in ((0.006, 0.006, 0.45), (0.02, 0.016, 0.38), (0.06, 0.03, 0.26)):
        moved = away * shift * longer * scale
        plane = Image.new("L", small[::-1])
        at = (placement.left - window[0]) * scale + np.sign(light.side) * moved, (placement.top - window[1]) * scale + moved
        plane.paste(flat, (round(at[0]), round(at[1])))
        sigma = max(0.7, away * blur * longer * scale)
        kept *= 1 - taken * light.left * _blurred(np.asarray(plane), sigma, sigma)
    return 1 - kept


class _Mirror(NamedTuple):
    """A faint image on the ground. part: of the window that it lies in; image: in mode RGBa; fading: [rows, 1, 1]."""

    part: tuple[slice, slice]
    image: Image.Image
    fading: Values

    def within(self, strip: Values, rows: slice) -> tuple[Values, Values, Values]:
        """What it covers of a strip of the window, the share of the ground that it hides there and its own light."""
        first, last = self.part[0].start, self.part[0].stop
        begin = min(last, max(first, rows.start))
        end = max(begin, min(last, rows.stop))
        here = slice(begin - first, end - first)
        pixels = np.asarray(self.image.crop((0, here.start, self.image.width, here.stop)), np.float32)
        alpha, fading = pixels[..., 3:] / 255, self.fading[here]
        there = strip[max(0, begin - rows.start) : max(0, end - rows.start), self.part[1]]
        return there, fading * alpha, fading * pixels[..., :3]


def _mirrored(product: Image.Image, contact: Contact, placement: Placement, window: Window, gloss: float) -> _Mirror | None:
    """The product's lower part upside down, fading with the distance from the base; None on ground without gloss."""
    reach = min(placement.height // 3, window[3] - placement.top - placement.height)
    ground = round(float(np.max(contact.ground))) + 1
    if gloss == 0 or reach < 2 or ground < 2:
        return None
    reach = min(reach, ground)
    lower = product.crop((0, ground - reach, product.width, ground)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    soft = lower.convert("RGBa").filter(ImageFilter.GaussianBlur(max(0.7, 0.01 * placement.height)))
    fading = (np.linspace(1, 0, reach) ** 1.5)[:, None, None] * _MIRRORED * gloss
    left, top = placement.left - window[0], placement.top + ground - window[1]
    rows = min(reach, window[3] - window[1] - top)
    part = slice(top, top + rows), slice(left, left + placement.width)
    return _Mirror(part, soft, fading[:rows])
