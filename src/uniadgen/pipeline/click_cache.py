"""What the model sees of clicked pictures, remembered: ads are shared between shoppers, so the same picture comes again."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from uniadgen.ads import Picture
from uniadgen.imaging.loading import VIEWED_PIXELS, identity, load_rgb
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
        self._cache: OrderedDict[object, Seen] = OrderedDict()

    def seen(self, pictures: Sequence[Picture], names: Sequence[str]) -> list[Seen]:
        """names: of the fields, for messages. Raises InputError."""
        keys = [identity(picture, name) for picture, name in zip(pictures, names, strict=True)]
        new = {key: i for i, key in enumerate(keys) if key not in self._cache}
        if new:
            size = self.model.config.preference.resolution
            pixels, views = [], []
            for i in new.values():  # one picture at a time in memory
                picture = load_rgb(pictures[i], names[i], VIEWED_PIXELS)
                pixels.append(to_pixels(picture, size))
                if self.model.plan is not None:
                    views.append(self.model.plan.encoder.encoder.prepare(picture))
            codes = self.model.image_tokenizer.encode(torch.stack(pixels).to(self.model.device, self.model.dtype)).cpu()
            self._cache.update(zip(new, map(Seen, codes, self._facets(views, len(new))), strict=True))
        for key in keys:
            self._cache.move_to_end(key)
        cached = [self._cache[key] for key in keys]
        while len(self._cache) > CAPACITY:
            self._cache.popitem(last=False)
        return cached

    def _facets(self, views: Sequence[Tensor], count: int) -> Sequence[Tensor | None]:
        if self.model.plan is None:
            return [None] * count
        stacked = torch.stack(list(views)).to(self.model.device, self.model.dtype)
        return list(self.model.plan.encoder.probabilities(stacked).cpu())
