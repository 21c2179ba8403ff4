"""Colour: whatever Pillow decodes becomes upright 8-bit RGB or RGBA in sRGB, averaged down to as many pixels as are wanted.

    picture = to_srgb(image, keep=2**22)        # RGB, or RGBA where the picture has an alpha channel or a transparent colour
    plain = flatten(picture)                    # RGB, transparency laid over white

A large picture is converted in bands of rows, so no more than its decoded pixels and the result are ever held.
"""

import io
import math
from collections.abc import Iterator

import numpy as np
from PIL import ExifTags, Image, ImageCms

BAND_PIXELS = 2**21  # pixels converted at a time

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def flatten(image: Image.Image) -> Image.Image:
    """RGB of an RGB or RGBA picture, the same object if it is RGB; transparency is laid over white."""
    if image.mode != "RGBA":
        return image if image.mode == "RGB" else image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def shrink_factor(size: tuple[int, int], keep: int | None) -> int:
    """By which whole factor both sides are divided so that at most `keep` pixels are left; 1 without a limit."""
    return 1 if keep is None else max(1, math.ceil(math.sqrt(size[0] * size[1] / keep)))


def to_srgb(image: Image.Image, keep: int | None = None) -> Image.Image:
    """A decoded picture as upright 8-bit RGB or RGBA in sRGB, without metadata that a second pass could apply once more.

    keep: a picture of more pixels is averaged down by a whole factor, colours weighted by their alpha.
    """
    turn = _orientation(image)
    factor = shrink_factor(image.size, keep)
    width, height = (-(-side // factor) for side in image.size)
    result: Image.Image | None = None
    top = 0
    for band in _converted_bands(image, factor):
        if result is None:
            # Built from the bare pixels, so that no profile or orientation travels along.
            result = Image.new(band.mode, (width, height))
        result.paste(band, (0, top))
        top += band.height
    assert result is not None
    return result.transpose(_TURNS[turn]) if turn in _TURNS else result


def srgb_bands(image: Image.Image) -> tuple[tuple[int, int], Iterator[Image.Image]]:
    """The size of the same picture, and its bands of whole rows from the top; one that has to be turned is one band."""
    if _orientation(image) not in _TURNS:
        return image.size, _converted_bands(image, 1)
    upright = to_srgb(image)
    return upright.size, iter([upright])


def _converted_bands(image: Image.Image, factor: int) -> Iterator[Image.Image]:
    deep = image.mode.startswith("I") or image.mode == "F"
    white = _white_level(image) if deep else 0.0
    profile = _applicable_profile(image)
    height = -(-image.height // factor)
    rows = max(1, BAND_PIXELS // (image.width * factor))  # of the result
    for top in range(0, height, rows):
        box = (0, top * factor, image.width, min((top + rows) * factor, image.height))
        band = image if box == (0, 0, *image.size) else image.crop(box)
        converted = _converted_band(band, white, profile)
        yield converted.reduce(factor) if factor > 1 else converted


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged metadata raise anything
        return 1


def _converted_band(image: Image.Image, white: float, profile: ImageCms.ImageCmsProfile | None) -> Image.Image:
    """RGB or RGBA; white: the level of deep greys that becomes 255."""
    alpha: Image.Image | None = None
    if white:
        image, alpha = _deep_grey_to_8_bit(image, white)
    elif image.mode == "RGB" and max(_key_colour(image), default=0) > 255:
        # The transparent colour of a 16-bit PNG is given with 16 bits, but Pillow keeps the upper 8 of each pixel.
        image = image.copy()
        image.info["transparency"] = tuple(value >> 8 for value in _key_colour(image))
    if image.mode in ("RGBa", "La"):
        image = image.convert(image.mode.upper())
    if image.has_transparency_data:
        whole = image.convert("RGBA")
        alpha = whole.getchannel("A")
        image = whole.convert("RGB") if image.mode not in ("L", "LA", "1") else whole.getchannel("R")
    elif image.mode == "LAB":
        image = _transformed(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if profile is not None:
        image = _transformed(
            image if image.mode in ("RGB", "CMYK") or _space(profile) == "GRAY" else image.convert("RGB"), profile
        )
    result = image.convert("RGB")
    if alpha is not None:
        result.putalpha(alpha)
    return result


def _key_colour(image: Image.Image) -> tuple[int, ...]:
    key = image.info.get("transparency")
    return key if isinstance(key, tuple) else ()


def _white_level(image: Image.Image) -> float:
    """The level of a deep grey picture that means white."""
    rows = max(1, BAND_PIXELS // image.width)
    bands = (image.crop((0, top, image.width, min(top + rows, image.height))) for top in range(0, image.height, rows))
    peak = max(float(_finite(np.asarray(band)).max()) for band in bands)
    if image.mode == "F" and peak <= 255:
        return 1.0 if peak <= 1 else 255.0
    return 65535.0 if peak <= 65535 else peak


def _finite(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _deep_grey_to_8_bit(image: Image.Image, white: float) -> tuple[Image.Image, Image.Image | None]:
    """Grey of 16 or 32 bits, or floating point, brought to 8 bits; and the alpha that a transparent grey level means."""
    values = _finite(np.asarray(image))
    grey = Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8))
    key = image.info.get("transparency")
    alpha = Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)) if isinstance(key, int) else None
    return grey, alpha


# Profiles ----------------------------------------------------------------------------------------------------------------


def _applicable_profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """The picture's own profile; None when there is none, when it is broken, of another kind, or sRGB anyway."""
    data = image.info.get("icc_profile")
    if not data or image.mode == "LAB":
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        space = _space(profile)
        if image.mode == "CMYK":
            return profile if space == "CMYK" else None
        grey = image.mode[0] in "1LIF" and image.mode != "LAB"
        if space == "GRAY":
            return profile if grey else None
        return profile if space == "RGB" and not _is_srgb(profile) else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _space(profile: ImageCms.ImageCmsProfile) -> str:
    return profile.profile.xcolor_space.strip()


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    """Whether a profile moves no colour by more than rounding. Then the pixels stay as they are, to the last bit."""
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(len(steps), -1, 3)
    moved = np.asarray(
        ImageCms.profileToProfile(Image.fromarray(grid), profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    )
    return int(np.abs(moved.astype(np.int16) - grid).max()) <= 2


def _transformed(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """The picture in sRGB; unchanged when its profile can't be applied."""
    try:
        result = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    assert result is not None  # None only comes back from an in-place conversion
    return result
