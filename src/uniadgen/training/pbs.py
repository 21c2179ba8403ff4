"""Trains the background encoder with momentum contrast, so that the scene matters and the product does not.

A positive pair is one scene behind two products: the plate, each time with another cut-out standing on it. Negatives are the
same product in its other scenes, the scenes of the rest of the batch, and a queue of earlier ones. Where a data set has no
plates, the other cut-out covers the product of the ad.
"""

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from uniadgen.console import print_line
from uniadgen.data.augment import shift_hue
from uniadgen.data.plates import Plates
from uniadgen.metrics.background_features import embeddings
from uniadgen.model.background_encoder import BackgroundEncoder
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device

TEMPERATURE, MOMENTUM, QUEUE = 0.1, 0.99, 2048
SCENES_PER_PRODUCT = 4  # negatives of the same product, drawn together
LOOKS = 400  # held-out triples


def triples(plates: Plates, count: int, seed: int = 0) -> list[tuple[int, int, int]]:
    """Rows (anchor, same scene with another product, same product in another scene): the test of PBS."""
    by_scene: dict[str, list[int]] = {}
    by_product: dict[str, list[int]] = {}
    for row, (scene, product) in enumerate(zip(plates.scene_ids, plates.products, strict=True)):
        by_scene.setdefault(scene, []).append(row)
        by_product.setdefault(product, []).append(row)
    chosen = [
        (row, other, negative)
        for rows in by_scene.values()
        for row in rows
        for other in rows
        if plates.products[other] != plates.products[row]
        for negative in by_product[plates.products[row]]
        if plates.scene_ids[negative] != plates.scene_ids[row]
    ]
    order = np.random.default_rng(seed).permutation(len(chosen))[:count]
    return [chosen[i] for i in order]


def triple_accuracy(encoder: BackgroundEncoder, plates: Plates, chosen: Sequence[tuple[int, int, int]]) -> float:
    """Share of triples in which the scene scores above the product; NaN without triples."""
    rows = sorted({row for triple in chosen for row in triple})
    vectors = dict(zip(rows, embeddings(encoder, (plates.ad(row) for row in rows)), strict=True))
    right = [vectors[a] @ vectors[p] > vectors[a] @ vectors[n] for a, p, n in chosen]
    return float(np.mean(right)) if right else float("nan")


def train_pbs(encoder: BackgroundEncoder, train: Plates, held_out: Plates, schedule: Schedule, out: Path, resume: bool) -> None:
    """Trains in place. schedule.batch is the number of products a step, each in SCENES_PER_PRODUCT scenes.

    The key encoder is the moving average that `fit` keeps no track of: it is rebuilt from the checkpointed weights, and fills
    its queue anew, when a run resumes.
    """
    rows_of: dict[str, list[int]] = {}
    for row, product in enumerate(train.products):
        rows_of.setdefault(product, []).append(row)
    names = sorted(rows_of)
    key_encoder = copy.deepcopy(encoder.to(device())).requires_grad_(False)
    queue: list[tuple[Tensor, list[str]]] = []
    fresh = True

    def batch_at(step: int) -> tuple[Tensor, Tensor, list[str]]:
        rng = np.random.default_rng((schedule.seed, step))
        chosen = [names[i] for i in rng.choice(len(names), min(schedule.batch, len(names)), replace=False)]
        queries: list[Tensor] = []
        keys: list[Tensor] = []
        scenes: list[str] = []
        for product in chosen:
            rows = rows_of[product]
            for row in rng.permutation(rows)[:SCENES_PER_PRODUCT]:
                other = names[int(rng.integers(len(names)))]
                degrees = float(rng.uniform(-12, 12))
                for views, in_front in ((queries, None), (keys, other)):
                    views.append(augmented_view(encoder.config.size, train.ad(int(row), in_front), rng, degrees))
                scenes.append(train.scene_ids[int(row)])
        return torch.stack(queries).to(device()), torch.stack(keys).to(device()), scenes

    def losses_at(step: int) -> dict[str, Tensor]:
        nonlocal fresh
        if fresh:  # also after a resume, when `fit` has put the checkpoint's weights into the encoder
            key_encoder.load_state_dict(encoder.state_dict())
            fresh = False
        queries, keys, scenes = batch_at(step)
        with autocast():
            q = encoder(queries)
            with torch.no_grad():
                for slow, fast in zip(key_encoder.parameters(), encoder.parameters(), strict=True):
                    slow.lerp_(fast, 1 - MOMENTUM)
                k = key_encoder(keys)
        key_vectors, key_scenes = (
            torch.cat([k, *(vectors for vectors, _ in queue)]),
            scenes + [s for _, some in queue for s in some],
        )
        logits = q @ key_vectors.t() / TEMPERATURE
        # keys of the same scene are no negatives
        alike = torch.from_numpy(np.array(scenes)[:, None] == np.array(key_scenes)[None, :]).to(q.device)
        diagonal = torch.arange(len(q), device=q.device)
        alike[diagonal, diagonal] = False
        queue.insert(0, (k, scenes))
        while sum(len(some) for _, some in queue) > QUEUE:
            queue.pop()
        return {"contrast": F.cross_entropy(logits.masked_fill(alike, -torch.inf), diagonal)}

    def look(step: int) -> float:
        chosen = triples(held_out, LOOKS)
        accuracy = triple_accuracy(encoder, held_out, chosen)
        print_line(f"\nstep {step}: {accuracy:.3f} of {len(chosen)} held-out triples", flush=True)
        return 1 - accuracy

    fit(encoder, losses_at, schedule, out, resume, look)


def augmented_view(size: int, picture: Image.Image, rng: np.random.Generator, degrees: float) -> Tensor:
    """A crop [3, size, size] in 0..1, perhaps mirrored, with its hues turned by `degrees` and a slight change of brightness."""
    side = int(min(picture.size) * rng.uniform(0.7, 1.0))
    left, top = int(rng.integers(picture.width - side + 1)), int(rng.integers(picture.height - side + 1))
    cut = picture.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))
    values: NDArray[np.float32] = np.asarray(cut.convert("RGB"), np.float32).transpose(2, 0, 1) / np.float32(255)
    pixels = torch.from_numpy(values.copy())
    if rng.random() < 0.5:
        pixels = pixels.flip(2)
    pixels = shift_hue(pixels * 2 - 1, degrees) / 2 + 0.5
    return (pixels * float(rng.uniform(0.9, 1.1))).clamp(0, 1)
