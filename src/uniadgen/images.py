"""Pictures from outside: opened safely, brought to upright 8-bit sRGB, and cut out when their border is plain.

    picture = load_picture("bag.png", "product.image")      # RGB or RGBA
    cutout = cut_out(picture, "product.image")              # RGBA

Every refusal is an InputError that names the field, the file and the remedy.
"""

import functools
import io
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFilter, ImageOps

from uniadgen.ads import Picture
from uniadgen.errors import InputError
from uniadgen.words import quoted

MAX_PIXELS = 64_000_000
"""Larger pictures are refused as decompression bombs; the environment variable UNIADGEN_MAX_PIXELS sets another limit."""

# Formats that hold one picture and that Pillow decodes itself. EPS, for one, would start an interpreter.
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000", "ICO")
_MEND = "supply a whole PNG, JPEG, WebP, TIFF, BMP, GIF, PPM, AVIF or JPEG 2000 file"
_pillow_limit = threading.Lock()  # Pillow's own limit is one global variable


def pixel_limit() -> int:
    """The largest number of pixels a picture may have: UNIADGEN_MAX_PIXELS, or MAX_PIXELS. Raises InputError for nonsense."""
    given = os.environ.get("UNIADGEN_MAX_PIXELS", "").strip()
    if not given:
        return MAX_PIXELS
    if not (given.isascii() and given.isdigit() and len(given) < 19 and int(given) > 0):
        raise InputError(f"environment variable UNIADGEN_MAX_PIXELS: {quoted(given)} is no positive whole number of pixels")
    return int(given)


def load_picture(source: Picture, what: str, max_pixels: int | None = None) -> Image.Image:
    """Open and decode a picture: upright, sRGB, 8 bits; RGBA when it has an alpha channel or a transparent colour, else RGB.

    source: a path, or an open picture (which is not changed). what: the field's name for messages, such as "history[3].image".
    max_pixels: the limit on width times height; pixel_limit() when None.
    Raises InputError for whatever is no single, whole picture within the limit.
    """
    with _opened(source, what, max_pixels) as image:
        try:
            image.load()
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_large(what, source, image.size, max_pixels) from None
        except Exception as error:  # decoders raise anything, from SyntaxError to MemoryError, on a damaged file
            raise InputError(f"{what}: {_name(source)} is damaged or cut short; {_MEND}") from error
        return _to_srgb(image)


def check_picture(source: Picture, what: str, max_pixels: int | None = None) -> None:
    """Refuse what load_picture would refuse, as far as this shows without decoding the pixels: cheap enough for thousands."""
    with _opened(source, what, max_pixels):
        pass


@contextmanager
def _opened(source: Picture, what: str, max_pixels: int | None) -> Iterator[Image.Image]:
    """The picture, opened but not decoded, with Pillow's own bomb check set to the limit for as long as it is open."""
    limit = pixel_limit() if max_pixels is None else max_pixels
    if isinstance(source, Image.Image):
        _check_header(source, source, what, limit)
        yield source
        return
    path = _regular_file(source, what)
    with _pillow_limit, warnings.catch_warnings():
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, limit
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            try:
                image = Image.open(path, formats=_decodable())
            except (Image.DecompressionBombError, Image.DecompressionBombWarning):
                raise _too_large(what, path, None, limit) from None
            except PermissionError:
                raise InputError(f"{what}: {_name(path)} may not be read; give yourself permission to read it") from None
            except Exception as error:
                raise InputError(f"{what}: {_name(path)} is no picture, or a damaged one; {_MEND}") from error
            with image:
                _check_header(image, path, what, limit)
                yield image
        finally:
            Image.MAX_IMAGE_PIXELS = before


@functools.cache
def _decodable() -> tuple[str, ...]:
    Image.init()  # Pillow may have been built without some of them, and trips over a name that it doesn't know
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _regular_file(source: str | Path, what: str) -> Path:
    if not isinstance(source, str | os.PathLike):
        raise InputError(f"{what}: a path or a PIL picture is needed, not {type(source).__name__}")
    if not str(source).strip():
        raise InputError(f"{what}: the path is empty; name a picture file")
    try:
        path = Path(source).expanduser()
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{what}: there is no file {_name(source)}; correct the path") from None
    except (OSError, ValueError, RuntimeError):  # no permission, a NUL or a lone surrogate in the name, an unknown ~user
        raise InputError(f"{what}: {_name(source)} can't be opened; correct the path or its permissions") from None
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{what}: {_name(source)} is a folder; name a picture file")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{what}: {_name(source)} is no regular file; name a picture file")
    if found.st_size == 0:
        raise InputError(f"{what}: {_name(source)} is empty (0 bytes); {_MEND}")
    return path


def _check_header(image: Image.Image, source: Picture, what: str, limit: int) -> None:
    if image.width < 1 or image.height < 1:
        raise InputError(f"{what}: {_name(source)} has no pixels; {_MEND}")
    if image.width * image.height > limit:
        raise _too_large(what, source, image.size, limit)
    try:
        frames = getattr(image, "n_frames", 1)
    except Exception as error:  # counting frames reads the whole file, which may be cut short
        raise InputError(f"{what}: {_name(source)} is damaged or cut short; {_MEND}") from error
    # MPO is what phones write: one photo, and a preview or depth map behind it.
    if frames > 1 and image.format != "MPO":
        raise InputError(f"{what}: {_name(source)} is animated or has several pages ({frames}); supply a single picture")


def _too_large(what: str, source: Picture, size: tuple[int, int] | None, limit: int | None) -> InputError:
    shown = f" ({size[0]}x{size[1]})" if size else ""
    return InputError(
        f"{what}: {_name(source)}{shown} has more than {limit or pixel_limit():,} pixels; "
        "supply a smaller one or raise the environment variable UNIADGEN_MAX_PIXELS"
    )


def _name(source: Picture) -> str:
    return "the picture" if isinstance(source, Image.Image) else quoted(source)


# Colour ------------------------------------------------------------------------------------------------------------------


def _to_srgb(image: Image.Image) -> Image.Image:
    """Upright 8-bit RGB or RGBA in sRGB, without any metadata left that a second pass could apply once more."""
    profile = image.info.get("icc_profile")
    try:
        image = ImageOps.exif_transpose(image)
    except Exception:
        image = image.copy()
    alpha: Image.Image | None = None
    if image.mode.startswith("I") or image.mode == "F":
        image, alpha = _deep_grey_to_8_bit(image)
    elif image.mode == "RGB" and max(_key_colour(image), default=0) > 255:
        # The transparent colour of a 16-bit PNG is given with 16 bits, but Pillow keeps the upper 8 of each pixel.
        image.info["transparency"] = tuple(value >> 8 for value in _key_colour(image))
    if image.mode in ("RGBa", "La"):
        image = image.convert(image.mode.upper())
    if image.has_transparency_data:
        whole = image.convert("RGBA")
        alpha = whole.getchannel("A")
        image = whole.convert("RGB") if image.mode not in ("L", "LA", "1") else whole.getchannel("R")
    elif image.mode == "LAB":
        image = _converted(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
        profile = None
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if profile:
        image = _profile_applied(image, profile)
    # Built from the bare pixels, so that no profile or orientation travels along.
    result = Image.new("RGB", image.size)
    result.paste(image.convert("RGB"))
    if alpha is not None:
        result.putalpha(alpha)
    return result


def _key_colour(image: Image.Image) -> tuple[int, ...]:
    key = image.info.get("transparency")
    return key if isinstance(key, tuple) else ()


def _deep_grey_to_8_bit(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Grey of 16 or 32 bits, or floating point, brought to 8 bits; and the alpha that a transparent grey level means."""
    values = np.nan_to_num(np.asarray(image).astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(values.max())
    if image.mode == "F":
        white = 1.0 if peak <= 1 else 255.0 if peak <= 255 else 65535.0 if peak <= 65535 else peak
    else:
        white = 65535.0 if peak <= 65535 else peak
    grey = Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8))
    key = image.info.get("transparency")
    alpha = Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)) if isinstance(key, int) else None
    return grey, alpha


def _profile_applied(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture (L, RGB or CMYK) in sRGB; unchanged when the profile is broken, of another kind, or sRGB anyway."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if image.mode == "L" and space == "RGB":
            image = image.convert("RGB")
        if {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}.get(image.mode) != space:
            return image
        if image.mode == "RGB" and _is_srgb(source):
            return image
        return _converted(image, source)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image


def _is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    """Whether a profile moves no colour by more than rounding. Then the pixels stay as they are, to the last bit."""
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(len(steps), -1, 3)
    moved = np.asarray(_converted(Image.fromarray(grid), profile))
    return int(np.abs(moved.astype(np.int16) - grid).max()) <= 2


def _converted(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    result = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert result is not None  # None only comes back from an in-place conversion
    return result


# Cutting out -------------------------------------------------------------------------------------------------------------

_NEARLY_OPAQUE = 250  # a photo whose alpha never falls below this has no transparency worth the name
_PLAIN_SHARE = 0.95  # of the border; the product may touch the rest
_PLAIN_TOLERANCE = 16  # greatest difference of a channel within a plain border
_LEAST_TOLERANCE, _GREATEST_TOLERANCE = 10, 24  # ... and between the border's colour and what counts as backdrop
_EDGE = 2  # pixels into the product that may be mixed with the backdrop
_REACH = 5  # how far, in pixels, an edge pixel looks for the product's own colour
_SPECK = 0.001  # parts smaller than this share of the largest part are noise

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]


def has_transparency(image: Image.Image) -> bool:
    """Whether the picture is a cut-out already: RGBA, and not (nearly) opaque everywhere."""
    return image.mode == "RGBA" and int(np.asarray(image.getchannel("A")).min()) < _NEARLY_OPAQUE


def cut_out(image: Image.Image, what: str) -> Image.Image:
    """The product alone, RGBA: a picture with transparency as it is, a photo on a plain backdrop without the backdrop.

    What is removed is the backdrop's colour as far as it is connected with the border. Areas of that colour enclosed by the
    product stay opaque, because a white label is no hole. Edge pixels become partly transparent and lose the backdrop's tint.
    Raises InputError when nothing is visible, or when the border of an opaque picture isn't one plain colour.
    """
    if has_transparency(image):
        if not np.asarray(image.getchannel("A")).any():
            raise InputError(f"{what}: the cut-out is fully transparent; supply a picture in which the product is visible")
        return image
    rgb = np.asarray(image.convert("RGB"))
    border = np.concatenate([rgb[0], rgb[-1], rgb[1:-1, 0], rgb[1:-1, -1]])
    backdrop = np.median(border, axis=0).astype(np.uint8)
    deviation = _difference(border[None], backdrop)[0]
    if min(image.size) < 3 or np.mean(deviation <= _PLAIN_TOLERANCE) < _PLAIN_SHARE:
        raise InputError(
            f"{what}: the picture has no transparency and its border is not one plain colour; "
            "supply a cut-out with a transparent background (PNG or WebP) or a photo on a plain backdrop"
        )
    noise = float(np.percentile(deviation[deviation <= _PLAIN_TOLERANCE], 99))
    tolerance = min(max(_LEAST_TOLERANCE, round(2 * noise) + 4), _GREATEST_TOLERANCE)
    product = _without_specks(~_reached_from_border(_difference(rgb, backdrop) <= tolerance))
    if not product.any():
        raise InputError(f"{what}: nothing stands out from the plain backdrop; supply a cut-out with a transparent background")
    return _soft_edged(rgb, product, backdrop)


def _difference(rgb: Pixels, colour: Pixels) -> Pixels:
    """The greatest absolute difference over the channels, [H, W]."""
    greatest = np.zeros(rgb.shape[:2], np.uint8)
    for channel in range(3):  # one by one: three planes of a large photo at once cost too much memory
        plane, value = rgb[..., channel], colour[channel]
        np.maximum(greatest, np.maximum(plane, value) - np.minimum(plane, value), out=greatest)
    return greatest


def _components(mask: Mask) -> NDArray[np.int64]:
    """Label the 4-connected parts of a mask: [H, W], -1 outside; a part's label is the number of its first run of pixels.

    Runs of pixels in a row are the nodes, overlaps of runs in neighbouring rows the edges; labels shrink to the smallest
    of their part, with path compression, so that even a spiral takes a handful of rounds.
    """
    starts = mask.copy()
    starts[:, 1:] &= ~mask[:, :-1]
    run = np.cumsum(starts.reshape(-1)).reshape(mask.shape) - 1
    both = mask[:-1] & mask[1:]
    edges = run[:-1][both] * (run.max() + 1) + run[1:][both]
    edges = edges[np.diff(edges, prepend=-1) != 0]  # one per overlap, not one per pixel
    above, below = edges // (run.max() + 1), edges % (run.max() + 1)
    label = np.arange(int(run.max()) + 1)
    while True:
        least = np.minimum(label[above], label[below])
        smaller = label.copy()
        np.minimum.at(smaller, label[above], least)
        np.minimum.at(smaller, label[below], least)
        while not np.array_equal(smaller, shorter := smaller[smaller]):
            smaller = shorter
        if np.array_equal(smaller, label):
            break
        label = smaller
    return np.where(mask, label[np.maximum(run, 0)], -1) if label.size else np.full(mask.shape, -1)


def _reached_from_border(mask: Mask) -> Mask:
    # A frame around the picture joins everything that touches the border, and its first run is number 0.
    reached: Mask = _components(np.pad(mask, 1, constant_values=True)) == 0
    return reached[1:-1, 1:-1]


def _without_specks(mask: Mask) -> Mask:
    labels = _components(mask)
    sizes = np.bincount(labels[mask], minlength=1)
    kept: Mask = mask & (sizes >= _SPECK * sizes.max())[np.maximum(labels, 0)]
    return kept


def _soft_edged(rgb: Pixels, product: Mask, backdrop: Pixels) -> Image.Image:
    """Give the product's outermost pixels the alpha and the colour that they had before the backdrop shone through.

    An edge pixel is colour = alpha * own + (1 - alpha) * backdrop. Its own colour is taken from the product's inside
    nearby; where a part is too thin to have an inside, from the pixel nearby that differs most from the backdrop.
    """
    height, width = product.shape
    window = 2 * _EDGE + 1
    filled = Image.fromarray(np.pad(product, _EDGE, mode="edge"))  # the picture's border is no edge of the product
    inside = np.asarray(filled.convert("L").filter(ImageFilter.MinFilter(window)))[_EDGE:-_EDGE, _EDGE:-_EDGE] > 0
    rows, columns = np.nonzero(product & ~inside)
    own = np.zeros((len(rows), 3), np.float32)
    weight = np.zeros((len(rows), 1), np.float32)
    strongest = rgb[rows, columns].astype(np.float32)
    for dy in range(-_REACH, _REACH + 1):
        for dx in range(-_REACH, _REACH + 1):
            y, x = np.clip(rows + dy, 0, height - 1), np.clip(columns + dx, 0, width - 1)
            colour = rgb[y, x].astype(np.float32)
            near = (inside[y, x] / (1.0 + dx * dx + dy * dy)).astype(np.float32)[:, None]
            own += colour * near
            weight += near
            if max(abs(dx), abs(dy)) <= 1:
                further = np.abs(colour - backdrop).max(1) > np.abs(strongest - backdrop).max(1)
                strongest[further & product[y, x]] = colour[further & product[y, x]]
    own = np.where(weight > 0, own / np.maximum(weight, 1e-6), strongest)
    seen, own = rgb[rows, columns] - backdrop.astype(np.float32), own - backdrop
    share = np.sum(seen * own, axis=1) / np.maximum(np.sum(own * own, axis=1), 1e-6)
    # Where the product itself is of nearly the backdrop's colour, a mixture can't be told: such pixels stay opaque. So do
    # pixels that no mixture explains - an outline, a reflex - because their colour is the product's own.
    misfit = np.abs(seen - np.clip(share, 0, 1)[:, None] * own).max(1)
    alpha = np.where((np.abs(own).max(1) < 3 * _LEAST_TOLERANCE) | (misfit > 24), 1.0, np.clip(share, 0.0, 1.0))
    alpha = np.where(alpha > 0.97, 1.0, alpha)
    unmixed = backdrop + seen / np.maximum(alpha, 0.02)[:, None]
    result = np.dstack([rgb, np.where(product, 255, 0).astype(np.uint8)])
    result[rows, columns, :3] = np.clip(np.rint(unmixed), 0, 255)
    result[rows, columns, 3] = np.rint(alpha * 255)
    result[~product, :3] = 0
    return Image.fromarray(result)
