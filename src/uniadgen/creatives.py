"""What the model sees of clicked pictures, remembered: ads are shared between shoppers, so the same picture comes again."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from uniadgen.ads import Picture
from uniadgen.images import load_picture
from uniadgen.model.pixels import to_pixels
from uniadgen.model.unified import UnifiedModel

CAPACITY = 10_000


class Seen(NamedTuple):
    """A clicked picture as the model sees it, on the CPU."""

    codes: Tensor  # [click_image_tokens]
    facets: Tensor | None  # [classes] probabilities of what its scene is; None in a model without a plan


class ClickedPictures:
    """Encodes clicked pictures at the resolution of preferences; keeps what was seen of the last CAPACITY pictures.

    A file is known again by its path, size and time of change, an open picture by its pixels.
    """

    def __init__(self, model: UnifiedModel) -> None:
        self.model = model
        self._known: OrderedDict[object, Seen] = OrderedDict()

    def seen(self, pictures: Sequence[Picture], names: Sequence[str]) -> list[Seen]:
        """names: of the fields, for messages. Raises InputError."""
        keys = [_identity(picture) for picture in pictures]
        new = {key: i for i, key in enumerate(keys) if key not in self._known}
        if new:
            size = self.model.config.preference.resolution
            opened = [load_picture(pictures[i], names[i]) for i in new.values()]
            pixels = torch.stack([to_pixels(picture, size) for picture in opened])
            codes = self.model.image_tokenizer.encode(pixels.to(self.model.device, self.model.dtype)).cpu()
            self._known.update(zip(new, map(Seen, codes, self._facets(opened)), strict=True))
        for key in keys:
            self._known.move_to_end(key)
        found = [self._known[key] for key in keys]
        while len(self._known) > CAPACITY:
            self._known.popitem(last=False)
        return found

    def _facets(self, pictures: Sequence[Image.Image]) -> Sequence[Tensor | None]:
        if self.model.plan is None:
            return [None] * len(pictures)
        own = self.model.plan.encoder
        views = torch.stack([own.encoder.prepare(picture) for picture in pictures])
        return list(own.probabilities(views.to(self.model.device, self.model.dtype)).cpu())


def _identity(picture: Picture) -> object:
    if isinstance(picture, Image.Image):
        digest = hashlib.blake2b(repr((picture.mode, picture.size, picture.getpalette())).encode(), digest_size=16)
        digest.update(picture.tobytes())
        return digest.digest()
    state = os.stat(Path(picture))
    return os.fspath(picture), state.st_size, state.st_mtime_ns
