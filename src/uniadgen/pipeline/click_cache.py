"""What the model sees of clicked pictures, remembered: ads are shared between shoppers, so the same picture comes again."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from uniadgen.ads import Picture
from uniadgen.imaging.loading import VIEWED_PIXELS, identity, load_rgb
from uniadgen.model.pixels import to_pixels
from uniadgen.model.unified import UnifiedModel

CAPACITY = 10_000


class Seen(NamedTuple):
    """A clicked picture as the model sees it, on the CPU."""

    codes: NDArray[np.int64]  # [click_codes]
    scene: NDArray[np.int64]  # [levels]; no levels in a model without scene tokens


class ClickedPictures:
    """Encodes clicked pictures at the resolution of preferences; keeps what was seen of the last CAPACITY pictures.

    A file is known again by its path, size and time of change, an open picture by its pixels. Any thread may ask.
    """

    def __init__(self, model: UnifiedModel) -> None:
        self.model = model
        self._seen: OrderedDict[object, Seen] = OrderedDict()
        self._lock = Lock()

    def seen(self, pictures: Sequence[Picture], names: Sequence[str]) -> list[Seen]:
        """names: of the fields, for messages. Raises InputError."""
        keys = [identity(picture, name) for picture, name in zip(pictures, names, strict=True)]
        with self._lock:
            remembered = {key: self._seen[key] for key in keys if key in self._seen}
        new = {key: i for i, key in enumerate(keys) if key not in remembered}
        if new:
            model, pixels, views = self.model, [], []
            for i in new.values():  # one picture at a time in memory
                picture = load_rgb(pictures[i], names[i], VIEWED_PIXELS)
                pixels.append(to_pixels(picture, model.config.preference.resolution))
                if model.scene_encoder is not None:
                    views.append(model.scene_encoder.prepare(picture))
            codes = model.image_tokenizer.encode(torch.stack(pixels).to(model.device, model.dtype)).cpu().numpy()
            scenes = np.zeros((len(new), 0), np.int64)
            if model.scene_encoder is not None:
                seen = model.scene_encoder(torch.stack(views).to(model.device, model.dtype))
                scenes = model.scene_encoder.codes(seen).cpu().numpy()
            remembered.update(zip(new, map(Seen, codes, scenes), strict=True))
        with self._lock:
            for key in keys:
                self._seen[key] = remembered[key]
                self._seen.move_to_end(key)
            while len(self._seen) > CAPACITY:
                self._seen.popitem(last=False)
        return [remembered[key] for key in keys]
