"""Trains the unified model: text and image cross-entropy together, in the stages of the method."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from uniadgen.ad_files import png
from uniadgen.console import print_line
from uniadgen.files import write_bytes
from uniadgen.model.pixels import to_image
from uniadgen.model.unified import PADDING, Batch, UnifiedModel
from uniadgen.training.batches import Reader, in_order
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device

LOOKS = 12  # held-out batches behind a held-out figure
EMPHASIS, FADING = 9.0, 0.9  # the first image token counts ten times as much as the last


class Trained(nn.Module):
    """The model with its losses."""

    def __init__(self, model: UnifiedModel) -> None:
        super().__init__()
        self.model = model
        # The first tokens of a picture decide on its colours and its scene, which is where taste shows.
        # A plan has decided on both.
        weights = 1 + (EMPHASIS if model.plan is None else 0.0) * FADING ** torch.arange(model.config.image.tokens)
        self.register_buffer("emphasis", weights / weights.mean(), persistent=False)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Named losses; zeros where a batch has nothing to predict."""
        losses = self.model(batch, self.emphasis if self.training else None)
        return {"text": losses.text, "image": losses.image}


def train_unified(
    model: UnifiedModel, reader: Reader, held_out: Reader, schedule: Schedule, out: Path, resume: bool, workers: int = 0
) -> None:
    """Trains everything but the image tokenizer and what the plan knows of shoppers, which stay as they are.

    workers: processes that make batches ahead; the batches, and so the model, are the same with any number.
    """
    model.image_tokenizer.requires_grad_(False)
    if model.plan is not None:  # what it knows of shoppers was learnt before
        model.plan.requires_grad_(False)
        model.plan.paint.requires_grad_(True)
    trained = Trained(model).to(device())

    batch_at = in_order(reader, schedule.steps * schedule.accumulate, workers)

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
        summary = ", ".join(f"{name} {sum(v) / len(v):.3f}" for name, v in sorted(figures.items()))
        print_line(f"\nstep {step}: held-out {summary}", flush=True)
        with autocast():
            sheet = teacher_forced(model, held_out)
        write_bytes(out / f"samples-{step:06d}.png", png(sheet))
        means = [sum(v) / len(v) for v in figures.values()]
        return sum(means) / len(means)

    fit(trained, losses_at, schedule, out, resume, look)


def teacher_forced(model: UnifiedModel, reader: Reader) -> Image.Image:
    """Targets, and below them the likeliest token at each position given the true ones before it: quick to draw."""
    batch = next(example for example in map(reader.__getitem__, range(10 * LOOKS)) if example.canvas is not None)
    batch = batch.to(model.device)
    assert batch.canvas is not None  # next has seen to it
    x, features, bias = model.read_batch(batch)
    hidden = model.decoder(x, visible=batch.kinds != PADDING, foreground=features)
    count, grid = model.config.image.tokens, model.config.image.grid
    positions = batch.image_starts[:, None] + torch.arange(count, device=model.device)
    logits = model.image_head(hidden.gather(1, positions[..., None].expand(-1, -1, hidden.shape[2])))
    guesses = (logits if bias is None else logits + bias).argmax(-1)
    truth = batch.ids.gather(1, positions + 1)
    pictures = [model.image_tokenizer.decode(codes, grid) for codes in (truth, guesses)]
    return to_image(torch.cat([torch.cat(list(p), 2) for p in pictures], 1))
