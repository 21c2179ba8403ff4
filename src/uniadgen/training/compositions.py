"""Compositions of all pictures of a data set, and the codebooks that they are told in (`model/composition.py`).

    thumbnails = read_thumbnails(store, image_tokenizer)             # computed at the first call, then only opened
    fill_codebooks(model.composition, thumbnails[train], seed)
    composition_codes(model.composition, thumbnails)

Thumbnails are read off the image tokens that the data set was encoded with, of every view of a creative, so no picture is
opened.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from uniadgen.data.store import Store
from uniadgen.model.composition import SIDE, Composition, thumbnails_of
from uniadgen.model.image_tokenizer import FSQTokenizer, JanusTokenizer
from uniadgen.training.scene_encoder import k_means, nearest

FITTED = 12_000  # thumbnails that codebooks are fitted to, at most
CHUNK = 8  # creatives at a time


def read_thumbnails(store: Store, tokenizer: FSQTokenizer | JanusTokenizer) -> NDArray[np.uint8]:
    """[creatives, variants * crops, 3, SIDE, SIDE], from the codes of the coarsest scale; kept beside the store's arrays."""
    return store.derived("thumbnails", lambda: _thumbnails(store, tokenizer))


@torch.no_grad()
def _thumbnails(store: Store, tokenizer: FSQTokenizer | JanusTokenizer) -> NDArray[np.uint8]:
    side, device = int(store.settings["scales"][0]), next(tokenizer.parameters()).device
    thumbnails = np.empty((*store.codes.shape[:2], 3, SIDE, SIDE), np.uint8)
    for first in range(0, len(store), CHUNK):
        codes = torch.from_numpy(store.codes[first : first + CHUNK, :, : side * side].astype(np.int64)).to(device)
        small = thumbnails_of(tokenizer.decode(codes.flatten(0, 1), side))
        of_chunk = ((small + 1) * 127.5).round().byte().unflatten(0, codes.shape[:2])
        thumbnails[first : first + CHUNK] = of_chunk.cpu().numpy()
    return thumbnails


def fill_codebooks(composition: Composition, thumbnails: NDArray[np.uint8], seed: int) -> None:
    """Residual k-means: a level's entries are the means of what the levels before have left.

    thumbnails: [N, ..., 3, SIDE, SIDE].
    """
    rng = np.random.default_rng((seed, 0))
    points = thumbnails.reshape(-1, 3 * SIDE * SIDE)
    left = _values(points[rng.permutation(len(points))[:FITTED]])
    for level, codebook in enumerate(composition.codebooks):
        entries = k_means(left, len(codebook), np.random.default_rng((seed, level + 1)))
        left -= entries[nearest(left, entries)]
        codebook.copy_(torch.from_numpy(entries))


@torch.no_grad()
def composition_codes(composition: Composition, thumbnails: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """thumbnails [creatives, views, 3, SIDE, SIDE] -> their codes [creatives, views, levels]."""
    codes = np.empty((*thumbnails.shape[:2], composition.levels), np.uint16)
    for first in range(0, len(codes), 16 * CHUNK):
        values = torch.from_numpy(_values(thumbnails[first : first + 16 * CHUNK])).to(composition.codebooks.device).float()
        coded = composition.codes(values.flatten(0, 1)).cpu().numpy().astype(np.uint16)
        codes[first : first + 16 * CHUNK] = coded.reshape(-1, *codes.shape[1:])
    return codes


def _values(thumbnails: NDArray[np.uint8]) -> NDArray[np.float64]:
    return thumbnails.astype(np.float64) / 127.5 - 1
