"""Ads as files that people use: the format, its quality, and the marks that say a model made it.

    Output("webp", quality=85).encoded(ad.image, ad.model)       # bytes of a file; the same picture gives the same bytes

With a signer they differ from time to time, as a signature does.
"""

import hashlib
import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from PIL import Image

from uniadgen import schema
from uniadgen.provenance import PRODUCER, Signer, marked
from uniadgen.schema import Range

Format = Literal["png", "webp", "jpeg"]
FORMATS: tuple[Format, ...] = get_args(Format)
ENDINGS: Mapping[Format, str] = {"png": "png", "webp": "webp", "jpeg": "jpg"}
_SHARP = 85  # from this quality on a JPEG keeps colours at full resolution: text on a product stays clean
_LARGE = 2**24  # pixels of a picture of which memory for a copy, or for all coefficients of a JPEG, is too much
_saving = threading.Lock()


@dataclass(frozen=True)
class Output:
    """How pictures are written.

    quality: of webp and jpeg, 1 to 100; webp with 100 is lossless. provenance: whether files say that a model made them.
    producer: who answers for them, in these marks. signer: of a C2PA manifest. Raises InputError.
    """

    format: Format = "png"
    quality: Annotated[int, Range(1, 100)] = 90
    provenance: bool = True
    producer: Annotated[str, Range(1, 200)] = PRODUCER
    signer: Signer | None = None

    def __post_init__(self) -> None:
        for name in ("format", "quality", "provenance", "producer"):
            schema.read(schema.hints(Output)[name], getattr(self, name), name)

    @property
    def ending(self) -> str:
        """Of files."""
        return ENDINGS[self.format]

    @property
    def media_type(self) -> str:
        return f"image/{self.format}"

    def encoded(self, picture: Image.Image, model: str) -> bytes:
        """A file of the picture, laid out for the web. model: the name of the one that made it. Raises InputError."""
        how: dict[str, Any] = {}
        if self.format == "jpeg":
            how = {"quality": self.quality, "subsampling": 0 if self.quality >= _SHARP else 2}
            # Optimal codes are chosen when all is known: until then libjpeg holds every coefficient.
            how["optimize"] = picture.width * picture.height <= _LARGE
        elif self.format == "webp":
            # Without loss, quality is effort: of 20 files are hardly larger than of 80, and made in half the time.
            how = {"lossless": True, "quality": 20} if self.quality == 100 else {"quality": self.quality}
        data = plain_file(picture, self.format, **how)
        if self.provenance:
            data = marked(data, model, self.producer)
        return data if self.signer is None else self.signer.signed(data, model)

    def layers(self, data: bytes, model: str) -> bytes:
        """An SVG or PSD file of `typography.layers` with its marks. Layers are there to be changed, so nothing signs them."""
        return marked(data, model, self.producer) if self.provenance else data

    def shaping(self) -> dict[str, Any]:
        """What decides about the bytes, ready for JSON."""
        signer = self.signer and hashlib.sha256(self.signer.certificates.encode()).hexdigest()
        return {
            "format": self.format,
            "quality": self.quality if self.format != "png" else None,
            "provenance": self.provenance and self.producer,
            "signer": signer,
        }


def plain_file(picture: Image.Image, kind: Format, **how: Any) -> bytes:
    """A file of nothing but pixels, so that the same pixels are always the same bytes. how: options of Pillow's writer."""
    buffer = io.BytesIO()
    if picture.mode == "RGB" and not picture.info and picture.width * picture.height > _LARGE:
        with _saving:  # a picture keeps the options of its writer while it is written
            picture.save(buffer, format=kind.upper(), **how)
        return buffer.getvalue()
    bare = picture.convert("RGB")
    bare.info = {}
    bare.save(buffer, format=kind.upper(), **how)
    return buffer.getvalue()
