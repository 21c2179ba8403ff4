"""Cutting out: the product alone, RGBA, from a picture that is a cut-out already, or from a photo.

    cutout, notes = cut_out(load_picture("bag.jpg", "product.image"), "product.image")      # RGBA, and what was assumed

A photo on a plain backdrop is parted by colour: what has the backdrop's colour and is connected with the border goes, and so
does a soft shadow on it. Other photos are left to a network (`segmenting`), where it is installed. What this can't decide is
refused, or said in a note; nothing is silently taken for a cut-out that may be none.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from uniadgen.errors import InputError
from uniadgen.imaging.components import Mask, components
from uniadgen.imaging.segmenting import is_installed, segment

_NEARLY_OPAQUE = 250  # a photo whose alpha never falls below this has no transparency worth the name
_PLAIN_SHARE = 0.95  # of the border; the product may touch the rest
_PLAIN_TOLERANCE = 16  # greatest difference of a channel within a plain border
_LEAST_TOLERANCE, _GREATEST_TOLERANCE = 10, 24  # ... and between the border's colour and what counts as backdrop
_EDGE = 4  # pixels into the product that may be mixed with the backdrop; JPEG's halved chroma reaches that far
_REACH = 8  # how far, in pixels, an edge pixel looks for the product's own colour and the backdrop behind it
_SPECK = 0.001  # parts smaller than this share of the largest part are noise
_SHADE = (0.25, 1.04)  # how much of the backdrop's light is left in a shadow
_SHADE_TINT = 14  # greatest difference of a channel between a shadow and the darkened backdrop
_SHADE_SLOPE = 14  # greatest difference within 3 x 3 pixels of a soft shadow
_LEAST_SHADOW = 0.002  # of the product's area
_GREATEST_SHADOW = 2.0
_ENCLOSED = 0.05  # share of a shadow with product on all four sides, above which it's rather the product's own shading
_FILLED = 0.97  # of its bounding box: a cut-out that covers so much is nearly a rectangle
_SMALL = 16  # pixels of the longer side, below which a cut-out will look blurred in any ad

CUT_OUT_NOTE = (
    "the product was cut out automatically from its plain backdrop; what it encloses stayed, handles included, "
    "and so did shadows with a hard edge"
)
_SHADOW_NOTE = "a soft shadow on the backdrop was left out"
_DOUBT_NOTE = (
    "grey areas around the product may be its shadow or part of it, and stayed; supply a cut-out with a transparent background "
    "if that is wrong"
)
_CONSTANT_NOTE = "the picture's transparency is the same everywhere and was ignored"

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class _Backdrop:
    colour: Pixels  # [3]
    tolerance: int


def has_transparency(image: Image.Image) -> bool:
    """Whether the picture is a cut-out already: RGBA, and neither (nearly) opaque nor equally translucent everywhere."""
    if image.mode != "RGBA":
        return False
    least, greatest = image.getchannel("A").getextrema()
    return least < _NEARLY_OPAQUE and (least < greatest or greatest == 0)  # type: ignore[operator]


def cut_out(image: Image.Image, what: str) -> tuple[Image.Image, list[str]]:
    """The product alone, RGBA, and what was assumed about it, one line each.

    A picture with transparency stays as it is, a photo on a plain backdrop loses the backdrop.
    What is removed is the backdrop's colour as far as it is connected with the border, and a soft shadow that falls on it.
    Areas of that colour enclosed by the product stay opaque, because a white label is no hole. Edge pixels become partly
    transparent and lose the backdrop's tint. Any other photo is segmented by a network, where it is installed. Raises
    InputError when nothing is visible, or when the product can't be told from its background.
    """
    if has_transparency(image):
        if image.getchannel("A").getextrema()[1] == 0:
            raise InputError(f"{what}: the cut-out is fully transparent; supply a picture in which the product is visible")
        return image, _doubts(image)
    constant = image.mode == "RGBA" and image.getchannel("A").getextrema()[0] < _NEARLY_OPAQUE  # type: ignore[operator]
    rgb = np.asarray(image.convert("RGB"))
    backdrop = _backdrop(rgb)
    if backdrop is None:
        if not is_installed():
            raise InputError(
                f"{what}: the picture has no transparency and its border is not one plain colour; "
                "supply a cut-out with a transparent background (PNG or WebP) or a photo on a plain backdrop, or let "
                'a network cut out photos on any background: pip install "uniadgen[cutout]", then `uniadgen fetch cutout`'
            )
        cutout, notes = segment(image.convert("RGB"), what)
        return cutout, [*notes, *([_CONSTANT_NOTE] if constant else []), *_small(cutout)]
    difference = _difference(rgb, backdrop.colour)
    product = _without_specks(~_reached_from_border(difference <= backdrop.tolerance))
    product = _without_ripples(product, difference)
    if not product.any():
        raise InputError(f"{what}: nothing stands out from the plain backdrop; supply a cut-out with a transparent background")
    notes = [CUT_OUT_NOTE, *([_CONSTANT_NOTE] if constant else [])]
    shadow = _shadow(rgb, product, backdrop)
    if shadow is not None:
        rest = _without_specks(product & ~shadow)
        if _plausible(shadow, rest):
            product = rest
            notes.append(_SHADOW_NOTE)
        else:
            shadow = None
            notes.append(_DOUBT_NOTE)
    cutout = _soft_edged(rgb, product, shadow, backdrop.colour)
    return cutout, [*notes, *_small(cutout)]


# Cut-outs as they come ---------------------------------------------------------------------------------------------------


def _doubts(cutout: Image.Image) -> list[str]:
    """What may be wrong with a picture that has transparency: a card or a photo that only lost its corners, or a tiny one."""
    box = cutout.getchannel("A").getbbox()
    assert box is not None
    part = np.asarray(cutout.crop(box))
    visible = part[..., 3] >= 128
    notes = _small(cutout)
    if min(visible.shape) < 8 or visible.mean() < _FILLED:
        return notes
    rim = visible & ~_shrunk(np.pad(visible, 2), 2)[2:-2, 2:-2]
    colours = part[..., :3][rim]
    typical = np.median(colours, axis=0).astype(np.uint8)
    plain = np.mean(_difference(colours[None], typical) <= _PLAIN_TOLERANCE) >= _PLAIN_SHARE
    inside = _difference(part[..., :3], typical)[visible] > _GREATEST_TOLERANCE
    if plain and inside.mean() > _SPECK:
        notes.append(
            f"the cut-out is nearly a full rectangle with a border of one colour (#{bytes(typical).hex()}), all of which stays "
            "in the ad; if that is a backdrop, make it transparent"
        )
    elif not plain:
        notes.append(
            "the cut-out is nearly a full rectangle, which all stays in the ad; if it shows more than the product, cut it out"
        )
    return notes


def _small(cutout: Image.Image) -> list[str]:
    box = cutout.getchannel("A").getbbox()
    if box is None or max(width := box[2] - box[0], height := box[3] - box[1]) >= _SMALL:
        return []
    return [f"the product is only {width}x{height} pixels and will be blurred in the ad; supply a larger picture"]


# Parting a photo ---------------------------------------------------------------------------------------------------------


def _backdrop(rgb: Pixels) -> _Backdrop | None:
    """The one colour of the picture's border; None when there is none."""
    border = np.concatenate([rgb[0], rgb[-1], rgb[1:-1, 0], rgb[1:-1, -1]])
    colour = np.median(border, axis=0).astype(np.uint8)
    deviation = _difference(border[None], colour)[0]
    if min(rgb.shape[:2]) < 3 or np.mean(deviation <= _PLAIN_TOLERANCE) < _PLAIN_SHARE:
        return None
    noise = float(np.percentile(deviation[deviation <= _PLAIN_TOLERANCE], 99))
    return _Backdrop(colour, min(max(_LEAST_TOLERANCE, round(2 * noise) + 4), _GREATEST_TOLERANCE))


def _difference(rgb: Pixels, colour: Pixels) -> Pixels:
    """The greatest absolute difference over the channels, [H, W]."""
    greatest = np.zeros(rgb.shape[:2], np.uint8)
    for channel in range(3):  # one by one: three planes of a large photo at once cost too much memory
        plane, value = rgb[..., channel], colour[channel]
        np.maximum(greatest, np.maximum(plane, value) - np.minimum(plane, value), out=greatest)
    return greatest


def _shadow(rgb: Pixels, product: Mask, backdrop: _Backdrop) -> Mask | None:
    """The part of what stands out that is a soft shadow on the backdrop; None when there is hardly any.

    A shadow is the backdrop with less light, so it has its tint; a soft one has no edges; and it reaches the free backdrop.
    """
    colour = backdrop.colour.astype(np.float32)
    if colour.max() < 96:  # too dark a backdrop for shadows to show
        return None
    shade = np.zeros(product.shape, bool)
    rows = max(1, 2**21 // product.shape[1])
    for top in range(0, len(product), rows):  # in bands, since floating point takes four times the memory
        part = rgb[top : top + rows].astype(np.float32)
        light = part @ colour / float(colour @ colour)
        tint = np.abs(part - light[..., None] * colour).max(-1)
        shade[top : top + rows] = (light >= _SHADE[0]) & (light <= _SHADE[1]) & (tint <= _SHADE_TINT)
    grey = Image.fromarray(rgb).convert("L").filter(ImageFilter.BoxBlur(1))
    slope = np.asarray(grey.filter(ImageFilter.MaxFilter(3))) - np.asarray(grey.filter(ImageFilter.MinFilter(3)))
    shade &= slope <= _SHADE_SLOPE
    shadow = _reached_from_border(shade | ~product) & product
    # what is only a few pixels wide is the product's soft edge, or JPEG's ripples around it
    wide = _shrunk(shadow, 2).sum() > _LEAST_SHADOW * product.sum()
    return shadow if wide or shadow.sum() > 5 * _LEAST_SHADOW * product.sum() else None


def _plausible(shadow: Mask, product: Mask) -> bool:
    """Whether a shadow lies beside the product: not larger than it by far, and not inside its outline."""
    area = int(shadow.sum())
    if area > _GREATEST_SHADOW * product.sum():
        return False
    enclosed = shadow.copy()
    for axis in (0, 1):
        enclosed &= np.logical_or.accumulate(product, axis)
        enclosed &= np.flip(np.logical_or.accumulate(np.flip(product, axis), axis), axis)
    return int(enclosed.sum()) <= _ENCLOSED * area


def _reached_from_border(mask: Mask) -> Mask:
    # A frame around the picture joins everything that touches the border, and its first run is number 0.
    reached: Mask = components(np.pad(mask, 1, constant_values=True)) == 0
    return reached[1:-1, 1:-1]


def _without_specks(mask: Mask) -> Mask:
    labels = components(mask)
    sizes = np.bincount(labels[mask], minlength=1)
    kept: Mask = mask & (sizes >= _SPECK * sizes.max())[np.maximum(labels, 0)]
    return kept


def _without_ripples(product: Mask, difference: Pixels) -> Mask:
    """Without thin, pale parts away from the product's body: what JPEG leaves around edges, up to a block away."""
    body = _shrunk(product, _EDGE)
    thin = product & _shrunk(~body, _REACH)
    if not body.any() or not thin.any():
        return product
    labels = components(thin)
    strongest = np.zeros(int(labels.max()) + 1, np.uint8)
    np.maximum.at(strongest, labels[thin], difference[thin])
    kept: Mask = product & ~(thin & (strongest < 2 * _FAINT)[np.maximum(labels, 0)])
    return kept


def _shrunk(mask: Mask, by: int) -> Mask:
    """The pixels of a mask that are further than `by` from its edge; the picture's border is no edge."""
    rows = _all_within(np.pad(mask, by, mode="edge"), 2 * by + 1)
    return _all_within(rows.T, 2 * by + 1).T


def _all_within(mask: Mask, length: int) -> Mask:
    """Whether all of `length` rows hold, from each row on: [H, W] -> [H - length + 1, W]. Windows are joined pairwise."""
    have = 1
    while have < length:
        step = min(have, length - have)
        mask = mask[:-step] & mask[step:]
        have += step
    return mask


# Edges -------------------------------------------------------------------------------------------------------------------

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_MIXED = 2  # pixels into the product that may be translucent; deeper ones only lose the backdrop's tint
_MISFIT = 24  # of a luma or chroma from what a mixture explains
_FAINT = 3 * _LEAST_TOLERANCE  # difference between product and backdrop below which a mixture can't be told
Values = NDArray[np.floating[Any]]


def _soft_edged(rgb: Pixels, product: Mask, shadow: Mask | None, backdrop: Pixels) -> Image.Image:
    """Give the product's outermost pixels the alpha and the colour that they had before the backdrop shone through.

    An edge pixel is colour = alpha * own + (1 - alpha) * behind. Luma and chroma are looked at apart, because JPEG stores
    chroma at half the resolution: a pixel can have the product's light and the backdrop's tint.
    """
    rows, columns = np.nonzero(product & ~_shrunk(product, _EDGE))
    outer = ~_shrunk(product, _MIXED)[rows, columns]
    front, behind = _surroundings(rgb, product, shadow, backdrop, rows, columns)
    seen, whole = rgb[rows, columns] - behind, front - behind
    share = (_dot(seen, whole) / np.maximum(_dot(whole, whole), 1e-6))[:, 0]
    light, light_whole = (seen @ _LUMA)[:, None], (whole @ _LUMA)[:, None]
    tint, tint_whole = seen - light, whole - light_whole
    light_left = light - _within(light * light_whole, light_whole * light_whole) * light_whole
    tint_share = _within(_dot(tint, tint_whole), _dot(tint_whole, tint_whole))
    tint_left = tint - tint_share * tint_whole
    # Where the product itself is of nearly the backdrop's colour, a mixture can't be told: such pixels stay as they are. So do
    # pixels that no mixture explains - an outline, a reflex - because their colour is the product's own. Only a strong tint of
    # the backdrop is never the product's, whatever the light says.
    tells = np.abs(tint_whole).max(1) >= _FAINT
    spilt = tells & (np.abs(behind - (behind @ _LUMA)[:, None]).max(1) >= _FAINT) & (np.abs(tint_left).max(1) <= _MISFIT)
    bright = np.abs(light_left).max(1) > _MISFIT
    share = np.where(bright & spilt, np.minimum(share, tint_share[:, 0]), share)
    odd = (np.abs(tint_left).max(1) > _MISFIT) | (bright & ~spilt)
    kept = (np.abs(whole).max(1) < _FAINT) | (odd & (np.abs(seen).max(1) >= _FAINT))
    alpha = np.where(kept | ~outer | (share > 0.97), 1.0, np.clip(share, 0.0, 1.0))
    cleaned = ~kept & ((alpha < 1) | (tells & (tint_share[:, 0] < 0.95)))
    colour = np.where((alpha < 1)[:, None], front + light_left + tint_left, behind + light + tint_whole + tint_left)
    result = np.dstack([rgb, np.where(product, 255, 0).astype(np.uint8)])
    result[rows[cleaned], columns[cleaned], :3] = np.clip(np.rint(colour[cleaned]), 0, 255)
    result[rows, columns, 3] = np.rint(alpha * 255)
    result[result[..., 3] == 0, :3] = 0
    return Image.fromarray(result)


def _dot(a: Values, b: Values) -> Values:
    """The products of rows: [N, C], [N, C] -> [N, 1]."""
    products: Values = np.einsum("nc,nc->n", a, b)[:, None]
    return products


def _within(part: Values, whole: Values) -> Values:
    return np.clip(part / np.maximum(whole, 1e-6), 0, 1)


def _surroundings(
    rgb: Pixels, product: Mask, shadow: Mask | None, backdrop: Pixels, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> tuple[Values, Values]:
    """For each of these edge pixels the product's own colour, and the colour behind it: [N, 3] each.

    The own colour is that of the product's inside nearby; where a part is too thin to have an inside, that of the pixel nearby
    that differs most from the backdrop. Behind it is the backdrop, or the shadow on it nearby.
    """
    height, width = product.shape
    inside = _shrunk(product, _EDGE)
    front, behind = (np.zeros((len(rows), 3), np.float32) for _ in range(2))
    front_weight, behind_weight = (np.zeros((len(rows), 1), np.float32) for _ in range(2))
    plain = backdrop.astype(np.float32)
    strongest = rgb[rows, columns].astype(np.float32)
    for dy in range(-_REACH, _REACH + 1):
        for dx in range(-_REACH, _REACH + 1):
            y, x = np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1)
            colour = rgb[y, x].astype(np.float32)
            near = np.float32(1 / (1 + dx * dx + dy * dy))
            weight = inside[y, x, None] * near
            front += colour * weight
            front_weight += weight
            if shadow is not None:
                weight = ~product[y, x, None] * near
                behind += np.where(shadow[y, x, None], colour, plain) * weight
                behind_weight += weight
            if max(abs(dx), abs(dy)) <= 1:
                further = np.abs(colour - plain).max(1) > np.abs(strongest - plain).max(1)
                strongest[further & product[y, x]] = colour[further & product[y, x]]
    front = np.where(front_weight > 0, front / np.maximum(front_weight, 1e-6), strongest)
    return front, np.where(behind_weight > 0, behind / np.maximum(behind_weight, 1e-6), plain)
