"""A digest of what ads are made from, so that a run may go on where another one stopped: `generate --resume`."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from uniadgen.ads import AdRequest, Picture, StoredPicture

_SAMPLE = 2**16  # bytes at either end of a file that is too large to be read for this


def ads_digest(request: AdRequest, options: Mapping[str, object], model: Path | None) -> str:
    """A digest (32 hexadecimal digits) of a request with its pictures, of what shapes its ads, and of the model; seeds apart.

    Of clicked pictures and of a model's files, which may be many or large, size and both ends count. model: a folder, a hub id,
    or None for the embedded one. Raises OSError for pictures that can't be read.
    """
    box = request.box and [request.box.x0, request.box.y0, request.box.x1, request.box.y1]
    product = request.product
    parts = [
        [product.description, list(product.selling_points), _picture(product.image, whole=True), product.size_cm],
        [[click.text, _picture(click.image)] for click in request.history],
        [box, request.posture, dict(options), model_digest(model)],
    ]
    return _digest(json.dumps(parts, sort_keys=True).encode())


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _picture(picture: Picture, whole: bool = False) -> str:
    if isinstance(picture, StoredPicture):
        picture = picture.read()
    if isinstance(picture, bytes):
        return _digest(picture)
    if isinstance(picture, str | os.PathLike):
        return _file(Path(picture).expanduser(), whole)
    return _digest(json.dumps([picture.mode, picture.size]).encode() + picture.tobytes())


def _file(path: Path, whole: bool = False) -> str:
    with path.open("rb") as file:
        if whole:
            return _digest(file.read())
        size = os.fstat(file.fileno()).st_size
        begin = file.read(_SAMPLE)
        file.seek(max(len(begin), size - _SAMPLE))
        return _digest(str(size).encode() + b":" + begin + file.read())


def model_digest(folder: Path | None) -> list[list[str]] | str | None:
    """What a model is known again by: its files, its hub id, or None for the embedded one."""
    if folder is None or not folder.is_dir():
        return None if folder is None else str(folder)
    return [[file.name, _file(file)] for file in sorted(folder.iterdir()) if file.is_file()]
