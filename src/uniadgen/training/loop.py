"""The one training loop: AdamW, cosine schedule, clipping, an exponential moving average, checkpoints that resume exactly.

Everything random in step k is drawn from (seed, k), so a run that was interrupted and resumed ends with the same weights as one
that was not, and no data position has to be stored.
"""

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from uniadgen.errors import InputError

STATE = "state.pt"


@dataclass(frozen=True)
class Schedule:
    """How long and how fast. Learning rates: linear warm-up, then cosine to a twentieth of their peaks.

    muon_rate: of Muon (Jordan et al., 2024), which then updates the matrices between embeddings and heads; 0: AdamW for all.
    """

    steps: int
    learning_rate: float
    batch: int
    warmup: int = 100
    weight_decay: float = 0.01
    muon_rate: float = 0.0
    clip: float = 1.0
    ema: float = 0.998
    save_seconds: float = 120.0
    seed: int = 0


def share_of_peak(schedule: Schedule, step: int) -> float:
    """By how much the learning rates are scaled at a step."""
    if step < schedule.warmup:
        return (step + 1) / schedule.warmup
    progress = (step - schedule.warmup) / max(1, schedule.steps - schedule.warmup)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def make_optimisers(schedule: Schedule, parameters: dict[str, nn.Parameter]) -> dict[str, torch.optim.Optimizer]:
    """Every parameter in exactly one optimiser; vectors are not decayed."""
    hidden = {
        name: p
        for name, p in parameters.items()
        if schedule.muon_rate and p.ndim == 2 and not any(word in name for word in ("embedding", "head", "position", "token"))
    }
    others = [p for name, p in parameters.items() if name not in hidden]
    optimisers: dict[str, torch.optim.Optimizer] = {
        "adamw": torch.optim.AdamW(
            [
                {"params": [p for p in others if p.ndim >= 2], "weight_decay": schedule.weight_decay},
                {"params": [p for p in others if p.ndim < 2], "weight_decay": 0.0},
            ],
            lr=schedule.learning_rate,
            betas=(0.9, 0.95),
        )
    }
    if hidden:
        optimisers["muon"] = torch.optim.Muon(
            list(hidden.values()), lr=schedule.muon_rate, weight_decay=schedule.weight_decay, momentum=0.95
        )
    return optimisers


def fit(
    model: nn.Module,
    losses_at: Callable[[int], dict[str, Tensor]],
    schedule: Schedule,
    out: Path,
    resume: bool,
    look: Callable[[int], None] | None = None,
    look_seconds: float = 300.0,
) -> None:
    """Trains all parameters that require a gradient and leaves the moving average in the model.

    losses_at(step) -> named losses whose sum is minimised. out: folder for the checkpoint and log.jsonl. look(step) is called
    now and then with the averaged weights in the model, to draw samples. Raises InputError for a checkpoint that does not fit.
    """
    out.mkdir(parents=True, exist_ok=True)
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimisers = make_optimisers(schedule, parameters)
    peaks = {name: optimiser.param_groups[0]["lr"] for name, optimiser in optimisers.items()}
    average = {name: p.detach().clone() for name, p in parameters.items()}
    first = _resume(out / STATE, parameters, average, optimisers) if resume else 0

    def save(step: int) -> None:
        state = {
            "step": step,
            "weights": {name: p.detach() for name, p in parameters.items()},
            "average": average,
            "optimisers": {name: optimiser.state_dict() for name, optimiser in optimisers.items()},
        }
        temporary = out / (STATE + ".part")
        torch.save(state, temporary)
        os.replace(temporary, out / STATE)

    def show(step: int) -> None:
        if look is None:
            return
        current = {name: p.detach().clone() for name, p in parameters.items()}
        _assign(parameters, average)
        model.eval()
        with torch.no_grad():
            look(step)
        model.train()
        _assign(parameters, current)

    model.train()
    saved = looked = time.monotonic()
    running: dict[str, float] = {}
    bar = tqdm(range(first, schedule.steps), initial=first, total=schedule.steps, unit="step", mininterval=5.0)
    for step in bar:
        torch.manual_seed(schedule.seed * 1_000_003 + step)
        losses = losses_at(step)
        total = torch.stack(list(losses.values())).sum()
        for p in parameters.values():
            p.grad = None
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters.values(), schedule.clip)
        for name, optimiser in optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = peaks[name] * share_of_peak(schedule, step)
            optimiser.step()
        decay = min(schedule.ema, (step + 1) / (step + 10))
        with torch.no_grad():
            for name, p in parameters.items():
                average[name].lerp_(p, 1 - decay)
        for name, loss in losses.items():
            if loss.requires_grad:  # a loss without anything to predict in this batch is a constant
                running[name] = 0.98 * running.get(name, float(loss.detach())) + 0.02 * float(loss.detach())
        bar.set_postfix({name: f"{value:.3f}" for name, value in running.items()}, refresh=False)
        if (step + 1) % 50 == 0:
            with open(out / "log.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps({"step": step + 1, **{k: round(v, 5) for k, v in running.items()}}) + "\n")
        now = time.monotonic()
        if now - saved > schedule.save_seconds:
            save(step + 1)
            saved = time.monotonic()
        if now - looked > look_seconds:
            show(step + 1)
            looked = time.monotonic()
    save(schedule.steps)
    show(schedule.steps)
    _assign(parameters, average)
    model.eval()


def _assign(parameters: dict[str, nn.Parameter], values: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(values[name])


def _resume(
    path: Path,
    parameters: dict[str, nn.Parameter],
    average: dict[str, Tensor],
    optimisers: dict[str, torch.optim.Optimizer],
) -> int:
    if not path.exists():
        return 0
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        _assign(parameters, state["weights"])
        for name in parameters:
            average[name].copy_(state["average"][name])
        for name, optimiser in optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        return int(state["step"])
    except Exception as error:  # reading a damaged file raises anything, from struct.error to KeyError
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: does not fit this training run ({reason}); start anew without --resume") from None
