"""Loading: the one place that opens pictures, whether a user gives them, a data set holds them, or another system made them.

    picture = load_picture("bag.png", "product.image")          # upright sRGB: RGB, or RGBA where there is transparency
    plain = load_rgb(data, 'creative "c7"')                     # upright sRGB: RGB, transparency laid over white
    check_picture("click.webp", "history[3].image")             # the header only

Every refusal is a PictureError, an InputError that names the field, the file and the remedy. Memory is bounded: pictures over
the pixel limit are refused, and so are those whose format would take more than DECODED_BYTES to decode; `keep` averages large
ones down while they are read, by the decoder itself where the format can (JPEG).
"""

import ctypes
import functools
import hashlib
import io
import logging
import os
import stat
import threading
import warnings
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

import PIL._imaging
from PIL import Image

from uniadgen.ads import Picture, StoredPicture
from uniadgen.errors import InputError
from uniadgen.imaging.colour import flatten, shrink_factor, srgb_bands, to_srgb
from uniadgen.words import parse_whole, quoted

MAX_PIXELS = 64_000_000
"""Larger pictures are refused as decompression bombs; the environment variable UNIADGEN_MAX_PIXELS sets another limit."""

DECODED_BYTES = 12
"""What decoding may take for each pixel of the limit, in bytes: formats that take more have a lower limit of pixels."""

VIEWED_PIXELS = 2**22
"""`keep` for what only the model, a metric or a sheet looks at."""

PRODUCT_PIXELS = 24_000_000
"""`keep` for products."""

# Formats that hold one picture and that Pillow decodes itself. EPS, for one, would start an interpreter.
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000", "ICO")
# Bytes a pixel at the peak of decoding, measured with Pillow 13; the others take at most DECODED_BYTES.
_DECODING = {"WEBP": 16, "AVIF": 16, "JPEG2000": 25}
_NO_PICTURE = "no picture, or a damaged one"
TOO_LARGE = "too many or no pixels"
"""`problem` of a picture beyond the limits."""
_MEND = "supply a whole PNG, JPEG, WebP, TIFF, BMP, GIF, PPM, AVIF or JPEG 2000 file"
_pillow_limit = threading.Lock()  # Pillow's own limit is one global variable

# Pillow logs some damages before it raises; without a handler the logging module would print them to standard error.
logging.getLogger("PIL").addHandler(logging.NullHandler())


class PictureError(InputError):
    """A picture that is refused. problem: what is wrong with it, in a few words, without its name."""

    def __init__(self, message: str, problem: str) -> None:
        super().__init__(message)
        self.problem = problem


def pixel_limit() -> int:
    """The largest number of pixels a picture may have: UNIADGEN_MAX_PIXELS, or MAX_PIXELS. Raises InputError for nonsense."""
    given = os.environ.get("UNIADGEN_MAX_PIXELS", "").strip()
    if not given:
        return MAX_PIXELS
    limit = parse_whole(given)
    if not limit:
        raise InputError(f"environment variable UNIADGEN_MAX_PIXELS: {quoted(given)} is no positive whole number of pixels")
    return limit


def load_picture(source: Picture, what: str, keep: int | None = None, max_pixels: int | None = None) -> Image.Image:
    """Open and decode a picture: upright, sRGB, 8 bits; RGBA when it has an alpha channel or a transparent colour, else RGB.

    source: a path, a file's bytes, or an open picture (which is not changed). what: the field's name for messages, such as
    "history[3].image". keep: a picture of more pixels is averaged down, while it is read, by a whole factor. max_pixels: the
    limit on width times height; pixel_limit() when None. Raises PictureError for what is no single, whole picture within it.
    """
    with _opened(source, what, max_pixels) as image:
        if image is not source:
            factor = shrink_factor(image.size, keep)
            image.draft(None, (-(-image.width // factor), -(-image.height // factor)))
        _decode(image, source, what, max_pixels)
        return to_srgb(image, keep)


@contextmanager
def opened_bands(
    source: Picture, what: str, max_pixels: int | None = None
) -> Iterator[tuple[tuple[int, int], Iterator[Image.Image]]]:
    """The size of the same picture, and its bands of whole rows from the top, for when only one of them is needed at a time."""
    with _opened(source, what, max_pixels) as image:
        _decode(image, source, what, max_pixels)
        yield srgb_bands(image)


def load_product(source: Picture, what: str) -> tuple[Image.Image, list[str]]:
    """A product's picture as load_picture gives it, averaged down to PRODUCT_PIXELS, and a note when it was."""
    size = picture_size(source, what)
    picture = load_picture(source, what, PRODUCT_PIXELS)
    if size[0] * size[1] <= PRODUCT_PIXELS:
        return picture, []
    share = max(picture.size) / max(size)
    return picture, [f"the picture has {size[0]}x{size[1]} pixels and was read at {share:.0%} of that"]


def load_rgb(source: Picture, what: str, keep: int | None = None) -> Image.Image:
    """A picture in which transparency means nothing: RGB, laid over white. Otherwise as load_picture."""
    return flatten(load_picture(source, what, keep))


def load_stored(data: bytes | None, what: str, keep: int | None = None) -> Image.Image:
    """A picture of a data set as load_picture gives it. what: whose it is. Raises PictureError, also for a missing one."""
    if data is None:
        raise PictureError(f"{what}: has no picture (no readable picture is stored); convert with --images", "missing")
    try:
        return load_picture(data, what, keep)
    except PictureError as error:
        if error.problem == TOO_LARGE:
            raise
        raise PictureError(f"{what}: has no readable picture ({error.problem}); convert with --images", error.problem) from None


def check_picture(source: Picture, what: str, max_pixels: int | None = None) -> None:
    """Refuse what load_picture would refuse, as far as this shows without decoding the pixels: cheap enough for thousands."""
    if isinstance(source, StoredPicture):
        return  # it would have to be read; `data validate` looks at what a data set holds
    with _opened(source, what, max_pixels):
        pass


def picture_size(source: Picture, what: str) -> tuple[int, int]:
    """Width and height of a picture as it is stored, from its header. Raises PictureError as check_picture does."""
    with _opened(source, what, None) as image:
        return image.size


def check_whole_picture(source: Path | bytes, what: str) -> None:
    """Refuse what load_picture would refuse. Decoded at an eighth where the format allows: damage shows all the same."""
    with _opened(source, what, None) as image:
        image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
        _decode(image, source, what, None)


def identity(source: Picture, what: str) -> Hashable:
    """What a picture is known again by: a file by its path, size and time of change, others by their bytes or pixels.

    Raises PictureError for an open picture that can't be decoded, OSError for a file that is not there.
    """
    if isinstance(source, StoredPicture):
        return source.name
    if isinstance(source, bytes):
        return hashlib.blake2b(source, digest_size=16).digest()
    if not isinstance(source, Image.Image):
        state = os.stat(source)
        return os.fspath(source), state.st_size, state.st_mtime_ns
    with _opened(source, what, None) as image:
        _decode(image, source, what, None)
        digest = hashlib.blake2b(repr((image.mode, image.size, image.getpalette())).encode(), digest_size=16)
        rows = max(1, 2**21 // image.width)
        for top in range(0, image.height, rows):  # in bands, since bytes of the whole picture would hold it twice more
            digest.update(image.crop((0, top, image.width, min(top + rows, image.height))).tobytes())
        return digest.digest()


# Opening -----------------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(source: Picture, what: str, max_pixels: int | None) -> Iterator[Image.Image]:
    """The picture, opened but not decoded, with Pillow's own bomb check set to the limit for as long as it is open."""
    limit = pixel_limit() if max_pixels is None else max_pixels
    if isinstance(source, StoredPicture):
        source = source.read()
    if isinstance(source, Image.Image):
        if _is_closed(source):
            raise _refused(what, source, "closed", "is closed; hand it over before closing it, or call its load() first")
        _check_header(source, source, what, limit)
        yield source
        return
    file = _bytes_of(source, what) if isinstance(source, bytes) else _regular_file(source, what)
    with _pillow_limit, _silent_libtiff(), warnings.catch_warnings():
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, limit
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            try:
                image = Image.open(file, formats=_decodable())
            except (Image.DecompressionBombError, Image.DecompressionBombWarning):
                raise _too_large(what, source, None, limit) from None
            except PermissionError:
                mend = "may not be read; give yourself permission to read it"
                raise _refused(what, source, "may not be read", mend) from None
            except Exception as error:
                raise _refused(what, source, _NO_PICTURE, f"is {_NO_PICTURE}; {_MEND}") from error
            with image:
                _check_header(image, source, what, limit)
                _check_memory(image, source, what, limit)
                yield image
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _decode(image: Image.Image, source: Picture, what: str, max_pixels: int | None) -> None:
    try:
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(what, source, image.size, max_pixels) from None
    except Exception as error:  # decoders raise anything, from SyntaxError to MemoryError, on a damaged file
        raise _damaged(what, source) from error


def _is_closed(image: Image.Image) -> bool:
    """Whether the pixels of an open picture can't be had any more, or never could."""
    try:
        decoded = image.im is not None
    except AssertionError:  # how Pillow 11 and later say that it is not decoded yet
        decoded = False
    except ValueError:  # Pillow's own word for it
        return True
    return not decoded and getattr(image, "fp", None) is None


@functools.cache
def _decodable() -> tuple[str, ...]:
    Image.init()  # Pillow may have been built without some of them, and trips over a name that it doesn't know
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _bytes_of(data: bytes, what: str) -> io.BytesIO:
    if not data:
        raise _refused(what, data, "empty", f"is empty (0 bytes); {_MEND}")
    return io.BytesIO(data)


def _regular_file(source: str | Path, what: str) -> Path:
    if not isinstance(source, str | os.PathLike):
        raise InputError(f"{what}: a path or a PIL picture is needed, not {type(source).__name__}")
    if not str(source).strip():
        raise InputError(f"{what}: the path is empty; name a picture file")
    try:
        path = Path(source).expanduser()
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise PictureError(f"{what}: there is no file {_name(source)}; correct the path", "there is no such picture") from None
    except (OSError, ValueError, RuntimeError):  # no permission, a NUL or a lone surrogate in the name, an unknown ~user
        raise _refused(what, source, _NO_PICTURE, "can't be opened; correct the path or its permissions") from None
    if stat.S_ISDIR(status.st_mode):
        raise _refused(what, source, _NO_PICTURE, "is a folder; name a picture file")
    if not stat.S_ISREG(status.st_mode):
        raise _refused(what, source, _NO_PICTURE, "is no regular file; name a picture file")
    if status.st_size == 0:
        raise _refused(what, source, "is empty", f"is empty (0 bytes); {_MEND}")
    return path


def _check_header(image: Image.Image, source: Picture, what: str, limit: int) -> None:
    if image.width < 1 or image.height < 1:
        raise _refused(what, source, TOO_LARGE, f"has no pixels; {_MEND}")
    if image.width * image.height > limit:
        raise _too_large(what, source, image.size, limit)
    try:
        frames = getattr(image, "n_frames", 1)
    except Exception as error:  # counting frames reads the whole file, which may be cut short
        raise _damaged(what, source) from error
    # MPO is what phones write: one photo, and a preview or depth map behind it.
    if frames > 1 and image.format != "MPO":
        mend = f"is animated or has several pages ({frames}); supply a single picture"
        raise _refused(what, source, "animated, or has several pages", mend)


def _check_memory(image: Image.Image, source: Picture, what: str, limit: int) -> None:
    needed = image.width * image.height * _DECODING.get(image.format or "", 0)
    most = DECODED_BYTES * max(limit, MAX_PIXELS)
    if needed > most:
        mend = (
            f"({image.width}x{image.height}, {image.format}) takes {needed / 1e6:,.0f} MB to decode, "
            f"more than {most / 1e6:,.0f} MB; supply a smaller one, or a PNG or JPEG"
        )
        raise _refused(what, source, TOO_LARGE, mend)


def _too_large(what: str, source: Picture, size: tuple[int, int] | None, limit: int | None) -> PictureError:
    measures = f"({size[0]}x{size[1]}) " if size else ""
    mend = (
        f"{measures}has more than {limit or pixel_limit():,} pixels; "
        "supply a smaller one or raise the environment variable UNIADGEN_MAX_PIXELS"
    )
    return _refused(what, source, TOO_LARGE, mend)


def _damaged(what: str, source: Picture) -> PictureError:
    return _refused(what, source, "damaged or cut short", f"is damaged or cut short; {_MEND}")


def _refused(what: str, source: Picture, problem: str, mend: str) -> PictureError:
    return PictureError(f"{what}: {_name(source)} {mend}", problem)


def _name(source: Picture) -> str:
    return "the picture" if isinstance(source, Image.Image | bytes | StoredPicture) else quoted(source)


# libtiff -----------------------------------------------------------------------------------------------------------------


@contextmanager
def _silent_libtiff() -> Iterator[None]:
    """Keeps libtiff, a C library, from printing lines of its own to standard error about what is damaged."""
    setters = _libtiff_setters()
    before = [setter(None) for setter in setters]
    try:
        yield
    finally:
        for setter, handler in zip(setters, before, strict=True):
            setter(handler)


@functools.cache
def _libtiff_setters() -> tuple[Callable[[int | None], int | None], ...]:
    """libtiff's functions that exchange its handlers of errors and warnings; none where Pillow's copy hides them (Windows)."""
    setters = []
    try:
        library = ctypes.CDLL(PIL._imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            setter = getattr(library, name)
            setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
            setters.append(setter)
    except (OSError, AttributeError):
        return ()
    return tuple(setters)
