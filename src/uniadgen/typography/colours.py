"""Colours of words: contrast as WCAG measures it, tones that suit a picture, accents from the product.

    contrast(luminance((255, 255, 255)), luminance((90, 90, 90)))      # 6.9

Colours are (red, green, blue), 0..255 in sRGB. Luminance is WCAG's relative luminance, 0..1.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Colour = tuple[int, int, int]
Plane = NDArray[np.float32]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)

_LINEAR = np.array([v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255], np.float32)
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)


def luminance(colour: Sequence[int]) -> float:
    """Relative luminance of one colour."""
    return float(_LINEAR[list(colour)] @ _WEIGHTS)


def luminances(pixels: NDArray[np.uint8]) -> Plane:
    """Relative luminance of RGB pixels [..., 3]."""
    linear: Plane = _LINEAR[pixels] @ _WEIGHTS
    return linear


def contrast(one: Any, other: Any) -> Any:
    """WCAG's contrast ratio of two luminances, 1..21; numbers or arrays."""
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


def hex_of(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


# Lightness, chroma and hue as they look: OKLCH -----------------------------------------------------------------------------

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_oklch(colour: Sequence[float]) -> tuple[float, float, float]:
    """Lightness 0..1, chroma 0..0.4 and hue in radians."""
    linear = _LINEAR[np.clip(np.asarray(colour), 0, 255).astype(np.uint8)]
    light, a, b = _TO_LAB @ np.cbrt(_TO_LMS @ linear)
    return float(light), float(np.hypot(a, b)), float(np.arctan2(b, a))


def from_oklch(light: float, chroma: float, hue: float) -> Colour:
    """The colour of sRGB with this lightness and hue, and as much of the chroma as sRGB has."""
    for share in (1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1, 0.0):
        lab = np.array([light, share * chroma * np.cos(hue), share * chroma * np.sin(hue)])
        linear = np.linalg.inv(_TO_LMS) @ (np.linalg.inv(_TO_LAB) @ lab) ** 3
        if share == 0 or (linear.min() >= -1e-4 and linear.max() <= 1 + 1e-4):
            break
    linear = np.clip(linear, 0, 1)
    values = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (int(v) for v in np.rint(values * 255))
    return red, green, blue


def tones(of: Sequence[float]) -> tuple[Colour, Colour]:
    """A light and a dark colour for words, with a breath of this colour's hue."""
    _, chroma, hue = to_oklch(of)
    return from_oklch(0.985, min(chroma, 0.012), hue), from_oklch(0.2, min(chroma * 0.6, 0.045), hue)


def lightened(colour: Colour, light: float) -> Colour:
    """The same hue at another lightness."""
    _, chroma, hue = to_oklch(colour)
    return from_oklch(light, chroma, hue)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """share: of the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def words_on(colour: Colour) -> Colour:
    """A light or a dark tone of the colour itself, whichever contrasts more on it; white or black where that is not enough."""
    lightness = luminance(colour)
    best = max(tones(colour), key=lambda tone: contrast(lightness, luminance(tone)))
    return (
        best
        if contrast(lightness, luminance(best)) >= 4.7
        else max((WHITE, BLACK), key=lambda c: contrast(lightness, luminance(c)))
    )


def palette(picture: Image.Image, count: int = 8) -> list[tuple[Colour, float]]:
    """The colours of a picture (RGB, or RGBA of which opaque pixels count) with their shares, the largest first."""
    if picture.mode != "RGB":  # of which alpha would be the same everywhere, and take its time
        picture = picture.convert("RGBA")
    pixels = np.asarray(picture.resize((48, 48), Image.Resampling.BOX).convert("RGBA"))
    kept = pixels[pixels[..., 3] > 200][:, :3]
    if not len(kept):
        return []
    strip = Image.fromarray(np.ascontiguousarray(kept[None]))
    reduced = strip.quantize(count, Image.Quantize.MEDIANCUT, kmeans=2)
    table = reduced.getpalette() or []
    counted = sorted(reduced.getcolors() or [], key=lambda entry: (-entry[0], entry[1]))
    return [((table[3 * i], table[3 * i + 1], table[3 * i + 2]), n / len(kept)) for n, i in counted]  # type: ignore[operator]


def accent(palettes: Sequence[Sequence[tuple[Colour, float]]]) -> Colour | None:
    """The most telling colour: strong and not rare, of the first palette that has one; None where all is grey."""
    for colours in palettes:
        scored = [(to_oklch(c)[1] * min(1.0, (share + 0.02) / 0.1), c) for c, share in colours if 0.3 < to_oklch(c)[0] < 0.9]
        scored = [entry for entry in scored if to_oklch(entry[1])[1] > 0.06]
        if scored:
            return max(scored)[1]
    return None


def badge_fill(colour: Colour, behind: float) -> Colour:
    """A colour for a badge: readable words fit on it, and it stands out from what is behind (its luminance)."""
    for light in (None, 0.5, 0.42, 0.34, 0.75, 0.85, 0.26):
        fill = colour if light is None else lightened(colour, light)
        lightness = luminance(fill)
        if contrast(lightness, luminance(words_on(fill))) >= 4.8 and contrast(lightness, behind) >= 1.6:
            return fill
    return lightened(colour, 0.3 if behind > 0.2 else 0.85)
