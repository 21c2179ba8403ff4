"""Image tokens of clicked pictures, remembered: ads are shared between shoppers, so the same picture comes again and again."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from uniadgen.ads import Picture
from uniadgen.images import load_picture
from uniadgen.model.pixels import to_pixels
from uniadgen.model.unified import UnifiedModel

CAPACITY = 10_000


class CreativeCodes:
    """Encodes clicked pictures at the resolution of preferences; keeps the codes of the last CAPACITY pictures.

    A file is known again by its path, size and time of change, an open picture by its pixels.
    """

    def __init__(self, model: UnifiedModel) -> None:
        self.model = model
        self._known: OrderedDict[object, Tensor] = OrderedDict()

    def codes(self, pictures: Sequence[Picture], names: Sequence[str]) -> list[Tensor]:
        """Codes [click_image_tokens] of each picture, on the CPU. names: of the fields, for messages. Raises InputError."""
        keys = [_identity(picture) for picture in pictures]
        new = {key: i for i, key in enumerate(keys) if key not in self._known}
        if new:
            size = self.model.config.preference.resolution
            pixels = torch.stack([to_pixels(load_picture(pictures[i], names[i]), size) for i in new.values()])
            encoded = self.model.image_tokenizer.encode(pixels.to(self.model.device, self.model.dtype)).cpu()
            self._known.update(zip(new, encoded, strict=True))
        for key in keys:
            self._known.move_to_end(key)
        found = [self._known[key] for key in keys]
        while len(self._known) > CAPACITY:
            self._known.popitem(last=False)
        return found


def _identity(picture: Picture) -> object:
    if isinstance(picture, Image.Image):
        digest = hashlib.blake2b(repr((picture.mode, picture.size, picture.getpalette())).encode(), digest_size=16)
        digest.update(picture.tobytes())
        return digest.digest()
    state = os.stat(Path(picture))
    return os.fspath(picture), state.st_size, state.st_mtime_ns
