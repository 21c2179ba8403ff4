"""PAd-Synth as training sees it: creatives encoded once per variant (mirrored, hue shifted), histories drawn on the fly."""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from uniadgen.compose import render_foreground, visible_part
from uniadgen.data.layout import in_pixels, read_creatives, read_products
from uniadgen.history import Vectors, hashed_embedder
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.pixels import to_pixels
from uniadgen.training.augment import shift_hue
from uniadgen.world.shoppers import CreativeIndex, index_columns

# (mirrored, degrees of hue shift): applied to plate, product and history of one training example alike
VARIANTS: tuple[tuple[bool, float], ...] = (
    (False, 0.0),
    (True, 0.0),
    (False, 16.0),
    (True, 16.0),
    (False, -16.0),
    (True, -16.0),
)


@dataclass
class Corpus:
    """All creatives of a data set, in columns; row i of every column is creative i."""

    ids: list[str]
    product_ids: list[str]
    splits: list[str]
    texts: list[str]
    descriptions: list[str]
    selling_points: list[list[str]]
    placements: list[tuple[float, float, float, float]]
    families: list[str]
    plates: list[bytes]
    ads: list[bytes]
    cutouts: dict[str, Image.Image]  # by product id: the visible part, RGBA
    index: CreativeIndex
    text_vectors: Vectors
    description_vectors: Vectors

    def rows(self, split: str) -> list[int]:
        return [i for i, s in enumerate(self.splits) if s == split]

    def canvas(self, row: int, variant: int, size: int) -> Tensor:
        """The product on white where it stands in this creative: [3, size, size] in -1..1."""
        mirrored, degrees = VARIANTS[variant]
        where = in_pixels(self.placements[row], (size, size))
        pixels = to_pixels(render_foreground(self.cutouts[self.product_ids[row]], (size, size), where), size)
        return shift_hue(pixels.flip(2) if mirrored else pixels, degrees)


def open_picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def load_corpus(data: Path) -> Corpus:
    """The creatives of a folder in our layout. Raises InputError when there is none."""
    creatives, products = read_creatives(data).to_pydict(), read_products(data).to_pydict()
    cutouts = {
        name: visible_part(Image.open(io.BytesIO(cutout)).convert("RGBA"))
        for name, cutout in zip(products["id"], products["cutout"], strict=True)
    }
    return Corpus(
        ids=creatives["id"],
        product_ids=creatives["product_id"],
        splits=creatives["split"],
        texts=creatives["text"],
        descriptions=creatives["description"],
        selling_points=creatives["selling_points"],
        placements=[tuple(p) for p in creatives["placement"]],
        families=creatives["family"],
        plates=creatives["plate"],
        ads=creatives["ad"],
        cutouts=cutouts,
        index=index_columns(
            creatives["id"],
            creatives["product_id"],
            creatives["department"],
            creatives["family"],
            creatives["palette"],
            creatives["light"],
            creatives["text_style"],
            creatives["split"],
        ),
        text_vectors=hashed_embedder(creatives["text"]),
        description_vectors=hashed_embedder(creatives["description"]),
    )


def picture_array(pictures: list[bytes], size: int) -> NDArray[np.uint8]:
    """Decoded pictures as [N, size, size, 3]."""
    return np.stack([np.asarray(open_picture(p).resize((size, size))) for p in pictures])


@torch.no_grad()
def encode_corpus(
    corpus: Corpus, tokenizer: FSQTokenizer, resolution: int, click_resolution: int, cache: Path
) -> tuple[Tensor, Tensor]:
    """Codes of every plate [N, variants, tokens] and of every ad as a click [N, variants, click tokens], int16.

    Kept in `cache` and encoded anew only when tokenizer or creatives have changed.
    """
    digest = hashlib.sha256(repr((corpus.ids, resolution, click_resolution, VARIANTS)).encode())
    for name, tensor in sorted(tokenizer.state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    path = cache / f"codes-{digest.hexdigest()[:16]}.safetensors"
    if path.exists():
        stored = load_file(path)
        return stored["plates"], stored["clicks"]
    tokenizer.eval()
    plates, clicks = [], []
    for row in tqdm(range(len(corpus.ids)), desc="encode", unit="creative", mininterval=5.0):
        plate, ad = (
            to_pixels(open_picture(corpus.plates[row]), resolution),
            to_pixels(open_picture(corpus.ads[row]), click_resolution),
        )
        turned = [[shift_hue(p.flip(2) if mirrored else p, degrees) for mirrored, degrees in VARIANTS] for p in (plate, ad)]
        plates.append(tokenizer.encode(torch.stack(turned[0])).short())
        clicks.append(tokenizer.encode(torch.stack(turned[1])).short())
    result = {"plates": torch.stack(plates), "clicks": torch.stack(clicks)}
    cache.mkdir(parents=True, exist_ok=True)
    save_file(result, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)
    return result["plates"], result["clicks"]
