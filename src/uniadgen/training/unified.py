"""Trains the unified model: text and image cross-entropy together, in the stages of the method."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from uniadgen.model.pixels import from_bytes, to_image
from uniadgen.model.unified import PADDING, UnifiedModel
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.reader import Reader

LOOKS = 12  # held-out batches behind a held-out figure


def train_unified(model: UnifiedModel, reader: Reader, held_out: Reader, schedule: Schedule, out: Path, resume: bool) -> None:
    """Trains everything but the image tokenizer, which stays as it is."""
    model.image_tokenizer.requires_grad_(False)

    def losses_at(step: int) -> dict[str, Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            losses = model(reader[step])
        return {"text": losses.text, "image": losses.image}

    def look(step: int) -> None:
        torch.manual_seed(0)
        figures: dict[str, list[float]] = {"text": [], "image": []}
        for k in range(LOOKS):
            with torch.autocast("cpu", torch.bfloat16):
                losses = model(held_out[k])
            for name in figures:
                value = float(getattr(losses, name))
                if value > 0:
                    figures[name].append(value)
        told = ", ".join(f"{name} {sum(v) / max(1, len(v)):.3f}" for name, v in figures.items())
        print(f"\nstep {step}: held-out {told}", flush=True)
        teacher_forced(model, held_out).save(out / f"samples-{step:06d}.png")

    fit(model, losses_at, schedule, out, resume, look)


def teacher_forced(model: UnifiedModel, reader: Reader) -> Image.Image:
    """Targets, and below them the likeliest token at each position given the true ones before it: quick to draw."""
    batch = next(found for found in map(reader.__getitem__, range(10 * LOOKS)) if found.canvas is not None)
    assert batch.canvas is not None  # next has seen to it
    x = model.embed(batch.ids, batch.kinds, batch.clicks)
    features = model.foreground_at(model.foreground(from_bytes(batch.canvas)), batch.image_starts, x.shape[1])
    hidden = model.decoder(x, visible=batch.kinds != PADDING, foreground=features)
    count, grid = model.config.image.tokens, model.config.image.grid
    positions = batch.image_starts[:, None] + torch.arange(count)
    guesses = model.image_head(hidden.gather(1, positions[..., None].expand(-1, -1, hidden.shape[2]))).argmax(-1)
    truth = batch.ids.gather(1, positions + 1)
    pictures = [model.image_tokenizer.decode(codes, grid) for codes in (truth, guesses)]
    return to_image(torch.cat([torch.cat(list(p), 2) for p in pictures], 1))
