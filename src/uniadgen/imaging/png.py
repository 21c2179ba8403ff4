"""Pictures with transparency as files; `output` writes those without."""

import io

from PIL import Image


def transparent_png(picture: Image.Image) -> bytes:
    """A PNG file of nothing but pixels, those of the alpha channel among them."""
    buffer = io.BytesIO()
    bare = picture.copy()
    bare.info = {}
    bare.save(buffer, "PNG")
    return buffer.getvalue()
