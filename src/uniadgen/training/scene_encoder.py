"""Trains the scene encoder of the plan: it learns to tell the labels of a scene whatever product stands in it.

Every picture is a plate on which another product may have been placed, cropped and mirrored, so that only the scene can tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from uniadgen.console import print_line
from uniadgen.data.plates import Plates
from uniadgen.model.plan import SceneEncoder
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.pbs import augmented_view
from uniadgen.training.precision import autocast, device

OTHER_PRODUCT = 0.5  # share of pictures whose product is exchanged
SMOOTHING = 0.05
LOOKS = 512  # held-out ads


@dataclass(frozen=True)
class Labels:
    """What is known of scenes: one column of class numbers per facet, row i of creative i, and the names of the classes."""

    names: dict[str, tuple[str, ...]]
    numbers: NDArray[np.int64]  # [creatives, facets]

    @property
    def facets(self) -> tuple[int, ...]:
        return tuple(len(names) for names in self.names.values())


def train_scenes(
    encoder: SceneEncoder,
    train: Plates,
    labels: Labels,
    held_out: Plates,
    held_out_labels: Labels,
    schedule: Schedule,
    out: Path,
    resume: bool,
) -> None:
    """Trains in place; schedule.batch is the number of pictures. The held-out figure is one minus the mean accuracy."""
    encoder.to(device())
    products = sorted(train.cutouts)

    def batch_at(step: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((schedule.seed, step))
        views: list[Tensor] = []
        chosen = rng.integers(len(train.plates), size=schedule.batch)
        for row in chosen:
            other = products[int(rng.integers(len(products)))] if rng.random() < OTHER_PRODUCT else None
            views.append(augmented_view(encoder.encoder.config.size, train.ad(int(row), other), rng, float(rng.uniform(-8, 8))))
        return torch.stack(views).to(device()), torch.from_numpy(labels.numbers[chosen]).to(device())

    def losses_at(step: int) -> dict[str, Tensor]:
        pixels, numbers = batch_at(step)
        with autocast():
            logits = encoder(pixels)
        return {
            name: F.cross_entropy(part.float(), numbers[:, facet], label_smoothing=SMOOTHING)
            for facet, (name, part) in enumerate(zip(labels.names, logits.split(encoder.facets, 1), strict=True))
        }

    def look(step: int) -> float:
        right = accuracies(encoder, held_out, held_out_labels)
        summary = ", ".join(f"{name} {share:.3f}" for name, share in zip(labels.names, right, strict=True))
        print_line(f"\nstep {step}: held-out accuracy: {summary}", flush=True)
        return 1 - float(np.mean(right))

    fit(encoder, losses_at, schedule, out, resume, look)


@torch.no_grad()
def accuracies(encoder: SceneEncoder, plates: Plates, labels: Labels) -> Sequence[float]:
    """By facet: the share of ads (LOOKS at most, evenly spread) whose likeliest class is the true one."""
    rows = np.unique(np.linspace(0, len(plates.plates) - 1, LOOKS).astype(int))
    right = []
    for some in np.array_split(rows, max(1, len(rows) // 64)):
        pixels = torch.stack([encoder.encoder.prepare(plates.ad(int(row))) for row in some]).to(device())
        guessed = [part.argmax(1).cpu().numpy() for part in encoder.probabilities(pixels).split(encoder.facets, 1)]
        right.append(np.stack(guessed, 1) == labels.numbers[some])
    shares: list[float] = np.concatenate(right).mean(0).tolist()
    return shares
