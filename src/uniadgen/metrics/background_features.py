"""Pictures as the background encoder sees them: features, and the embeddings that are a projection of them."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from uniadgen.model.background_encoder import BackgroundEncoder


def features(encoder: "BackgroundEncoder", pictures: Iterable[Image.Image], batch: int = 64) -> NDArray[np.float32]:
    """[N, features], what embeddings are a projection of; no more than `batch` pictures are held."""
    import torch

    from uniadgen.model.background_encoder import DESCRIBED

    device = encoder.head.weight.device
    parts: list[NDArray[np.float32]] = []
    views: Iterator[torch.Tensor] = map(encoder.prepare, pictures)
    with torch.no_grad():
        while some := list(islice(views, batch)):
            parts.append(encoder.features(torch.stack(some).to(device)).float().cpu().numpy())
    return (
        np.concatenate(parts)
        if parts
        else np.zeros((0, 3 * min(DESCRIBED, encoder.config.layers) * encoder.config.width), np.float32)
    )


def project(encoder: "BackgroundEncoder", values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features [N, features] -> embeddings [N, 64], rows of length 1."""
    import torch

    with torch.no_grad():
        return encoder.project(torch.from_numpy(values).to(encoder.head.weight)).cpu().numpy()


def embeddings(encoder: "BackgroundEncoder", pictures: Iterable[Image.Image], batch: int = 64) -> NDArray[np.float32]:
    """[N, 64], rows of length 1; no more than `batch` pictures are held."""
    return project(encoder, features(encoder, pictures, batch))


def encoder_digest(encoder: "BackgroundEncoder") -> str:
    """Eight digits of a hash of its weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode() + tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:8]
