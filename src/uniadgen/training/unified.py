"""Trains the unified model: text and image cross-entropy together, in the stages of the method."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from uniadgen.ad_files import png
from uniadgen.console import print_line
from uniadgen.files import write_bytes
from uniadgen.model.heads import LevelHead, join_levels, split_levels
from uniadgen.model.image_tokenizer import paint
from uniadgen.model.pixels import to_image
from uniadgen.model.unified import Batch, UnifiedModel
from uniadgen.training.batches import Reader, batches_by_step
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device

LOOKS = 20  # held-out batches behind a held-out figure
# Nats of a picture count a hundred times those of what decides it, unless they are weighed: a text is some eight choices, a
# scene three levels, a composition six of which only the first can be known well, a picture 336 tokens of six levels.
TEXT_WEIGHT, SCENE_WEIGHT, COMPOSITION_WEIGHT, IMAGE_WEIGHT = 1.0, 0.3, 0.1, 1.0


class Trained(nn.Module):
    """The model with its losses."""

    def __init__(self, model: UnifiedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Named losses, weighed in training; zeros where a batch has nothing to predict."""
        losses = self.model(batch)
        named = {
            "text": (losses.text, TEXT_WEIGHT),
            "scene": (losses.scene, SCENE_WEIGHT),
            "composition": (losses.composition, COMPOSITION_WEIGHT),
            "image": (losses.image, IMAGE_WEIGHT),
        }
        return {name: value * weight if self.training else value for name, (value, weight) in named.items()}


def train_unified(
    model: UnifiedModel, reader: Reader, held_out: Reader, schedule: Schedule, out: Path, resume: bool, workers: int = 0
) -> None:
    """Trains everything but the image tokenizer, the scene encoder, taste, the text embedder and the forms' votes, which stay.

    workers: processes that make batches ahead; the batches, and so the model, are the same with any number.
    """
    model.image_tokenizer.requires_grad_(False)
    for fitted in (model.scene_encoder, model.taste, model.text_embedder):
        if fitted is not None:
            fitted.requires_grad_(False)
    if model.text_forms is not None:
        model.text_forms.requires_grad_(False)
        model.text_forms.embedding.requires_grad_(True)
    trained = Trained(model).to(device())

    batch_at = batches_by_step(reader, schedule.steps * schedule.accumulate, workers)

    def losses_at(step: int) -> dict[str, Tensor]:
        batch = batch_at(step).to(device())
        with autocast():
            named: dict[str, Tensor] = trained(batch)
        return named

    def look(step: int) -> float:
        torch.manual_seed(0)
        figures: dict[str, list[float]] = {}
        for k in range(LOOKS):
            with autocast():
                named = trained(held_out[k].to(device()))
            for name, value in named.items():
                if float(value) > 0:
                    figures.setdefault(f"{held_out.kind(k)} {name}", []).append(float(value))
        line = ", ".join(f"{name} {sum(v) / len(v):.3f}" for name, v in sorted(figures.items()))
        print_line(f"\nstep {step}: held-out {line}", flush=True)
        if any(held_out.slots[kind] for kind in ("ads", "pictures")):
            with autocast():
                sheet = teacher_forced(model, held_out)
            write_bytes(out / f"samples-{step:06d}.png", png(sheet))
        means = [sum(v) / len(v) for v in figures.values()]
        return sum(means) / len(means)

    fit(trained, losses_at, schedule, out, resume, look)


def teacher_forced(model: UnifiedModel, reader: Reader) -> Image.Image:
    """Targets, and below them the likeliest token at each place given the true ones before it: quick to draw."""
    pictured = [batch for batch in map(reader.__getitem__, range(LOOKS)) if batch.canvas is not None]
    batch = max(pictured, key=lambda each: len(each.slots))  # of a part of a picture the rest is as it was
    batch = batch.to(model.device)
    assert batch.codes is not None
    x, foreground = model.read_batch(batch)
    states = model.decoder(x, passes=batch.passes, positions=batch.positions, foreground=foreground)[model.slots_of(batch)]
    order, image = model.order, model.config.image
    token = order.token.to(model.device)[batch.slots]
    if isinstance(model.image_head, LevelHead):
        levels = model.image_head.levels
        logits = model.image_head.taught(states, split_levels(batch.codes[:, token], levels))
        guessed = join_levels(torch.stack([level_logits.argmax(-1) for _, level_logits in logits], -1), levels)
    else:
        guessed = model.image_head(states).argmax(-1)
    guesses = batch.codes.scatter(1, token.expand_as(guessed), guessed)
    pictures = [paint(model.image_tokenizer, image, codes) for codes in (batch.codes, guesses)]
    return to_image(torch.cat([torch.cat(list(p), 2) for p in pictures], 1))
