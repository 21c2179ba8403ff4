"""Trains the unified model: text and image cross-entropy together, in the stages of the method."""

from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.pixels import from_bytes, to_image
from uniadgen.model.unified import PADDING, Batch, UnifiedModel
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device
from uniadgen.training.reader import Reader

LOOKS = 12  # held-out batches behind a held-out figure
HINT_GRID = 4  # the hint is the target picture at 4 x 4


class TasteHint(nn.Module):
    """A loss that only training knows: the fused clicks, averaged, should tell roughly what the shopper's next ad looks like.

    It predicts the quantised values of the target picture, averaged over 4 x 4 areas. Cross-entropy alone reaches preference
    understanding through the whole decoder, which for a long time finds it easier to paint without the clicks.
    """

    def __init__(self, model: UnifiedModel) -> None:
        super().__init__()
        tokenizer = model.image_tokenizer
        assert isinstance(tokenizer, FSQTokenizer)
        self.values = tokenizer.values  # a bound method: the tokenizer is no part of this module
        self.grid = model.config.image.grid
        self.predict = nn.Linear(model.config.decoder.width, len(model.config.image.levels) * HINT_GRID**2)

    def forward(self, fused: Tensor, seen: Tensor, codes: Tensor) -> Tensor:
        """fused [B, T, D] image part of the preference tokens, seen [B, T] bool, codes [B, tokens] -> squared error."""
        weight = seen.to(fused.dtype)[..., None]
        mean = (fused * weight).sum(1) / weight.sum(1).clamp(min=1)
        values = self.values(codes).to(fused.dtype).unflatten(2, (self.grid, self.grid))
        return F.mse_loss(self.predict(mean).float(), F.adaptive_avg_pool2d(values, HINT_GRID).flatten(1).float())


class Trained(nn.Module):
    """The model and what it is trained with."""

    def __init__(self, model: UnifiedModel) -> None:
        super().__init__()
        self.model = model
        self.hint = TasteHint(model) if isinstance(model.image_tokenizer, FSQTokenizer) else None

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Named losses; zeros where a batch has nothing to predict."""
        losses = self.model(batch)
        named = {"text": losses.text, "image": losses.image}
        if self.hint is None or losses.fused is None or batch.clicks is None:
            return named
        # a row without clicks of its own has lost its prompt: nothing to hint at
        rows = (batch.image_starts >= 0) & batch.clicks.visible.any(1)
        if bool(rows.any()):
            count = self.model.config.image.tokens
            positions = (batch.image_starts[:, None] + 1 + torch.arange(count, device=rows.device)).clamp(min=0)
            codes = batch.ids.gather(1, positions.clamp(max=batch.ids.shape[1] - 1))
            seen = batch.clicks.visible.repeat_interleave(self.model.config.click_image_tokens, 1)
            named["hint"] = self.hint(losses.fused[rows], seen[rows], codes[rows])
        return named


def train_unified(model: UnifiedModel, reader: Reader, held_out: Reader, schedule: Schedule, out: Path, resume: bool) -> None:
    """Trains everything but the image tokenizer, which stays as it is."""
    model.image_tokenizer.requires_grad_(False)
    trained = Trained(model).to(device())

    def losses_at(step: int) -> dict[str, Tensor]:
        with autocast():
            named: dict[str, Tensor] = trained(reader[step].to(device()))
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
        told = ", ".join(f"{name} {sum(v) / len(v):.3f}" for name, v in sorted(figures.items()))
        print(f"\nstep {step}: held-out {told}", flush=True)
        with autocast():
            sheet = teacher_forced(model, held_out)
        sheet.save(out / f"samples-{step:06d}.png")
        means = [sum(v) / len(v) for name, v in figures.items() if not name.endswith("hint")]
        return sum(means) / len(means)

    fit(trained, losses_at, schedule, out, resume, look)


def teacher_forced(model: UnifiedModel, reader: Reader) -> Image.Image:
    """Targets, and below them the likeliest token at each position given the true ones before it: quick to draw."""
    batch = next(found for found in map(reader.__getitem__, range(10 * LOOKS)) if found.canvas is not None)
    batch = batch.to(model.device)
    assert batch.canvas is not None  # next has seen to it
    x = model.embed(batch.ids, batch.kinds, batch.clicks)
    features = model.foreground_at(model.foreground(from_bytes(batch.canvas)), batch.image_starts, x.shape[1])
    hidden = model.decoder(x, visible=batch.kinds != PADDING, foreground=features)
    count, grid = model.config.image.tokens, model.config.image.grid
    positions = batch.image_starts[:, None] + torch.arange(count, device=model.device)
    guesses = model.image_head(hidden.gather(1, positions[..., None].expand(-1, -1, hidden.shape[2]))).argmax(-1)
    truth = batch.ids.gather(1, positions + 1)
    pictures = [model.image_tokenizer.decode(codes, grid) for codes in (truth, guesses)]
    return to_image(torch.cat([torch.cat(list(p), 2) for p in pictures], 1))
