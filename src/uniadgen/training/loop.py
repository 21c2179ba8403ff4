"""The one training loop: AdamW, cosine schedule, clipping, an exponential moving average, checkpoints that resume exactly.

Everything random in batch k is drawn from (seed, k), so a run that was interrupted and resumed ends with the weights of an
undisturbed one, and no data position has to be stored. It runs in one process, or in several that `accelerate launch` starts.
"""

import hashlib
import json
import math
import os
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from accelerate import Accelerator, DistributedType
from torch import Tensor, nn
from tqdm import tqdm

from uniadgen.console import is_quiet
from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.imaging.loading import load_rgb
from uniadgen.schema import Range
from uniadgen.training.precision import processes

STATE, BEST = "state.pt", "best.pt"


@dataclass(frozen=True)
class Schedule:
    """How long and how fast. Learning rates: linear warm-up, then cosine to a twentieth of their peaks.

    batch: samples that are computed together, accumulate: such batches behind one step. keep: checkpoints besides the last.
    muon_rate: of Muon (Jordan et al., 2024), which then updates the matrices between embeddings and heads; 0: AdamW for all.
    adversary_rate: of discriminators, which have to keep up with what they judge (Heusel et al., 2017); 0: as all the rest.
    """

    steps: Annotated[int, Range(1, 10**9)]
    learning_rate: Annotated[float, Range(1e-12, 10)]
    batch: Annotated[int, Range(1, 10**6)]
    warmup: Annotated[int, Range(0, 10**9)] = 100
    weight_decay: Annotated[float, Range(0, 10)] = 0.01
    muon_rate: Annotated[float, Range(0, 10)] = 0.0
    adversary_rate: Annotated[float, Range(0, 10)] = 0.0
    clip: Annotated[float, Range(1e-6, 1e6)] = 1.0
    ema: Annotated[float, Range(0, 1)] = 0.998
    accumulate: Annotated[int, Range(1, 10**6)] = 1
    save_seconds: Annotated[float, Range(-1, 1e9)] = 120.0  # -1: after every step
    keep: Annotated[int, Range(0, 10**6)] = 2
    seed: Annotated[int, Range(0, 2**40)] = 0


def share_of_peak(schedule: Schedule, step: int) -> float:
    """By how much the learning rates are scaled at a step."""
    if step < schedule.warmup:
        return (step + 1) / schedule.warmup
    progress = (step - schedule.warmup) / max(1, schedule.steps - schedule.warmup)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


# What AdamW trains: tables, of which some rows have a gradient at a step, and layers near to logits. By words of a name.
APART = re.compile(r"(?:^|[._])(?:embedding|head|position|token)")


def make_optimisers(
    schedule: Schedule, parameters: dict[str, nn.Parameter], adversaries: Collection[str] = ()
) -> dict[str, torch.optim.Optimizer]:
    """Every parameter in exactly one optimiser; vectors are not decayed. adversaries: parts of the model that judge others."""
    hidden = {name: p for name, p in parameters.items() if schedule.muon_rate and p.ndim == 2 and not APART.search(name)}
    others = {name: p for name, p in parameters.items() if name not in hidden}
    judging = schedule.adversary_rate or schedule.learning_rate
    rates = {name: judging if name.partition(".")[0] in adversaries else schedule.learning_rate for name in others}
    groups = [
        {
            "params": [p for name, p in others.items() if rates[name] == rate and (p.ndim >= 2) == matrices],
            "lr": rate,
            "weight_decay": schedule.weight_decay if matrices else 0.0,
        }
        for rate in dict.fromkeys([schedule.learning_rate, *rates.values()])
        for matrices in (True, False)
    ]
    optimisers: dict[str, torch.optim.Optimizer] = {"adamw": torch.optim.AdamW(groups, betas=(0.9, 0.95))}
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
    look: Callable[[int], float | None] | None = None,
    look_seconds: float = 300.0,
    adversaries: Collection[str] = (),
) -> None:
    """Trains all parameters that require a gradient and leaves the moving average in the model.

    losses_at(k) -> named losses of batch k, whose sum is minimised; step s takes the batches from s * accumulate on. Of several
    processes (`accelerate launch`) each computes its own batches; gradients are averaged over them, and the first one writes.

    out: folder for the last checkpoint (state.pt), a few older ones (state-STEP.pt), the best (best.pt), log.jsonl and
    TensorBoard's log. look(step) is called now and then with the averaged weights in the model, to draw samples, which
    TensorBoard shows if they are called samples-STEP.png; what it returns, if anything, is lower for better weights.
    adversaries: parts of the model, by name, that learn at the schedule's `adversary_rate`. Raises InputError for a checkpoint
    that does not fit, as one that was begun beside other weights of what is not trained, for an `adversary_rate` where there
    are no adversaries, and where accelerate is to shard the model.
    """
    if schedule.adversary_rate and not adversaries:
        raise InputError("adversary_rate: this training has no discriminators; leave it out")
    out.mkdir(parents=True, exist_ok=True)
    processes()  # before Accelerator, which would overlook several processes on CPUs
    accelerator = Accelerator()
    if accelerator.distributed_type not in (DistributedType.NO, DistributedType.MULTI_GPU, DistributedType.MULTI_CPU):
        kind = accelerator.distributed_type.value
        raise InputError(
            f"accelerate is set up for {kind}; only data parallel training is supported: run `accelerate config` anew"
        )
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimisers = make_optimisers(schedule, parameters, adversaries)
    peaks = {name: [group["lr"] for group in optimiser.param_groups] for name, optimiser in optimisers.items()}
    average = {name: p.detach().clone() for name, p in parameters.items()}
    fixed = fixed_weights(model)
    first, best = _resume(out / STATE, parameters, average, optimisers, fixed) if resume else (0, math.inf)
    kept = _Kept(out, schedule.keep, first if resume else None)
    board = _Board(out, first) if accelerator.is_main_process else None

    def state(step: int) -> dict[str, Any]:
        return {
            "step": step,
            "best": best,
            "fixed": fixed,
            "weights": {name: p.detach() for name, p in parameters.items()},
            "average": average,
            "optimisers": {name: optimiser.state_dict() for name, optimiser in optimisers.items()},
        }

    def show(step: int) -> None:
        nonlocal best
        if look is None or board is None:
            return
        current = {name: p.detach().clone() for name, p in parameters.items()}
        _assign(parameters, average)
        model.eval()
        with torch.no_grad():
            figure = look(step)
        model.train()
        _assign(parameters, current)
        board.samples(step, figure)
        if figure is not None and figure < best:
            best = figure
            _write(state(step), out / BEST)

    model.train()
    saved = looked = time.monotonic()
    running: dict[str, float] = {}
    samples = schedule.batch * schedule.accumulate * accelerator.num_processes
    bar = tqdm(
        range(first, schedule.steps),
        initial=first,
        total=schedule.steps,
        unit="step",
        mininterval=5.0,
        disable=not accelerator.is_main_process or is_quiet(),
    )
    for step in bar:
        for p in parameters.values():
            p.grad = None
        for k in range(step * schedule.accumulate, (step + 1) * schedule.accumulate):
            torch.manual_seed(schedule.seed * 1_000_003 + k)
            losses = losses_at(k)
            total = torch.stack(list(losses.values())).sum() / schedule.accumulate
            if total.requires_grad:  # a batch may have nothing to predict at all
                total.backward()  # type: ignore[no-untyped-call]
            for name, loss in losses.items():
                if loss.requires_grad:  # a loss without anything to predict in this batch is a constant
                    running[name] = 0.98 * running.get(name, float(loss.detach())) + 0.02 * float(loss.detach())
        if accelerator.num_processes > 1:
            average_gradients(accelerator, list(parameters.values()))
        nn.utils.clip_grad_norm_(parameters.values(), schedule.clip)
        for name, optimiser in optimisers.items():
            for group, peak in zip(optimiser.param_groups, peaks[name], strict=True):
                group["lr"] = peak * share_of_peak(schedule, step)
            optimiser.step()
        decay = min(schedule.ema, (step + 1) / (step + 10))
        with torch.no_grad():
            for name, p in parameters.items():
                average[name].lerp_(p, 1 - decay)
        if board is None:
            continue
        rate = samples * (bar.format_dict["rate"] or 0.0)  # tqdm's own, of the last steps; the time left it shows itself
        figures = {name: f"{value:.3f}" for name, value in running.items()}
        bar.set_postfix({**figures, "samples/s": f"{rate:.1f}"}, refresh=False)
        if (step + 1) % 50 == 0:
            board.losses(step + 1, running)
        now = time.monotonic()
        if now - saved > schedule.save_seconds:
            kept.save(step + 1, state(step + 1))
            saved = time.monotonic()
        if now - looked > look_seconds:
            show(step + 1)
            looked = time.monotonic()
    if board is not None:
        kept.save(schedule.steps, state(schedule.steps))
    show(schedule.steps)
    if board is not None:
        board.close()
    _assign(parameters, average)
    model.eval()


def average_gradients(accelerator: Accelerator, parameters: Sequence[nn.Parameter]) -> None:
    """Gives every process the mean of all processes' gradients; one that has none counts as zero, unless nobody has one."""
    having = torch.tensor([float(p.grad is not None) for p in parameters], device=accelerator.device)
    for p, count in zip(parameters, accelerator.reduce(having, "sum").tolist(), strict=True):
        if count:
            p.grad = accelerator.reduce(torch.zeros_like(p) if p.grad is None else p.grad, "mean")


def fixed_weights(model: nn.Module) -> str:
    """A hash of what is not trained: of the first values of each such parameter, since a backbone has gigabytes."""
    digest = hashlib.sha256()
    for name, p in model.named_parameters():
        if not p.requires_grad:
            digest.update(name.encode() + p.detach().flatten()[:64].float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


class _Kept:
    """The last checkpoint as state.pt, and `keep` older ones beside it."""

    def __init__(self, out: Path, keep: int, stored: int | None) -> None:
        """stored: the step of state.pt, if this run goes on from it; what an earlier run left is dropped otherwise."""
        self.out, self.keep, self.stored = out, keep, stored

    def save(self, step: int, state: dict[str, Any]) -> None:
        path = self.out / STATE
        if self.stored is not None and self.stored != step and path.exists():
            os.replace(path, self.out / f"state-{self.stored:08d}.pt")
        older = sorted(self.out.glob("state-*.pt"))
        if self.stored is None:
            older, drop = [], older
        else:
            drop = older[: max(0, len(older) - self.keep)]
        for file in drop:
            file.unlink()
        _write(state, path)
        self.stored = step


class _Board:
    """log.jsonl, and the same for TensorBoard if it is installed, with sample pictures."""

    def __init__(self, out: Path, first: int) -> None:
        self.out = out
        try:
            from torch.utils.tensorboard import SummaryWriter

            self.writer: Any = SummaryWriter(str(out / "tensorboard"), purge_step=first)
        except ImportError:
            self.writer = None

    def losses(self, step: int, running: dict[str, float]) -> None:
        with open(self.out / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **{k: round(v, 5) for k, v in running.items()}}) + "\n")
        if self.writer is not None:
            for name, value in running.items():
                self.writer.add_scalar(f"loss/{name}", value, step)

    def samples(self, step: int, figure: float | None) -> None:
        if self.writer is None:
            return
        if figure is not None:
            self.writer.add_scalar("held-out", figure, step)
        path = self.out / f"samples-{step:06d}.png"
        if path.exists():
            self.writer.add_image("samples", np.asarray(load_rgb(path, "samples")), step, dataformats="HWC")
        self.writer.flush()

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def _write(state: dict[str, Any], path: Path) -> None:
    with whole_file(path) as temporary:
        torch.save(state, temporary)


def _assign(parameters: dict[str, nn.Parameter], values: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(values[name])


def _resume(
    path: Path,
    parameters: dict[str, nn.Parameter],
    average: dict[str, Tensor],
    optimisers: dict[str, torch.optim.Optimizer],
    fixed: str,
) -> tuple[int, float]:
    """The step to go on with, and the best figure so far."""
    if not path.exists():
        return 0, math.inf
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        _assign(parameters, state["weights"])
        for name in parameters:
            average[name].copy_(state["average"][name])
        for name, optimiser in optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        reached, same = (int(state["step"]), float(state.get("best", math.inf))), state["fixed"] == fixed
    except Exception as error:  # reading a damaged file raises anything, from struct.error to KeyError
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"{path}: does not fit this training run ({reason}); put an older one in its place, or start anew"
        ) from None
    if not same:
        raise InputError(
            f"{path}: begun with another tokenizer, scene encoder or model than those named now; name the same, or start anew"
        )
    return reached
