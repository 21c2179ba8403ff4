import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.training import loop
from uniadgen.training.loop import Schedule, fit, share_of_peak

pytestmark = pytest.mark.slow

SCHEDULE = Schedule(steps=40, learning_rate=0.01, batch=4, warmup=5, save_seconds=-1.0, seed=3)


class Interrupted(Exception):
    pass


def _train(out: Path, resume: bool = False, stop: int | None = None, width: int = 8) -> dict[str, Tensor]:
    """Trains a small network with dropout on random data; `stop` ends the run at this step as a kill would."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, width), nn.Dropout(0.3), nn.Linear(width, 1))

    def losses_at(step: int) -> dict[str, Tensor]:
        if step == stop:
            raise Interrupted
        x = torch.randn(SCHEDULE.batch, 4, generator=torch.Generator().manual_seed(step))
        return {"error": (model(x) - x.sum(1, keepdim=True)).square().mean()}

    fit(model, losses_at, SCHEDULE, out, resume)
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("stop", [1, 17, 39])
def test_an_interrupted_run_ends_with_the_weights_of_an_undisturbed_one(tmp_path: Path, stop: int) -> None:
    whole = _train(tmp_path / "whole")
    with pytest.raises(Interrupted):
        _train(tmp_path / "parts", stop=stop)
    resumed = _train(tmp_path / "parts", resume=True)
    for name, tensor in whole.items():
        assert torch.equal(resumed[name], tensor), name


def test_a_batch_without_anything_to_predict_changes_little(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)

    def losses_at(step: int) -> dict[str, Tensor]:
        return {"error": model(torch.ones(1, 2)).square().mean() if step != 1 else torch.zeros(())}

    fit(model, losses_at, replace(SCHEDULE, steps=3), tmp_path, False)
    assert all(torch.isfinite(p).all() for p in model.parameters())


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 0.001), (0.03, 0.03)])
def test_adversaries_have_a_rate_of_their_own(tmp_path: Path, rate: float, expected: float) -> None:
    """The first step of Adam is as long as the learning rate."""
    torch.manual_seed(0)
    model = nn.ModuleDict({"painter": nn.Linear(3, 3), "judge": nn.Linear(3, 1)})
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    schedule = replace(SCHEDULE, steps=1, learning_rate=0.001, adversary_rate=rate, warmup=1, weight_decay=0.0, clip=1e6, ema=0)
    fit(
        model,
        lambda step: {"verdict": model["judge"](model["painter"](torch.ones(1, 3)) + 2).sum()},
        schedule,
        tmp_path,
        False,
        adversaries=["judge"],
    )
    for name, p in model.named_parameters():
        step = (p.detach() - before[name]).abs().max().item()
        assert step == pytest.approx(expected if name.startswith("judge") else 0.001, rel=0.01), name


def test_a_rate_for_adversaries_that_are_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="adversary_rate: this training has no discriminators"):
        fit(nn.Linear(1, 1), lambda step: {}, replace(SCHEDULE, adversary_rate=0.1), tmp_path, False)


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    trained = _train(tmp_path)
    x = torch.randn(64, 4, generator=torch.Generator().manual_seed(99))
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.Linear(8, 1)).eval()
    with torch.no_grad():
        before = (model(x) - x.sum(1, keepdim=True)).square().mean()
        model.load_state_dict(trained)
        after = (model(x) - x.sum(1, keepdim=True)).square().mean()
    assert after < 0.8 * before


def test_checkpoints_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        _train(tmp_path, stop=5)
    with pytest.raises(InputError, match="does not fit"):
        _train(tmp_path, resume=True, width=9)
    whole = (tmp_path / loop.STATE).read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"no checkpoint"):
        (tmp_path / loop.STATE).write_bytes(content)
        with pytest.raises(InputError) as caught:
            _train(tmp_path, resume=True)
        assert "\n" not in str(caught.value)


def test_a_checkpoint_begun_beside_other_fixed_weights_is_refused(tmp_path: Path) -> None:
    def run(resume: bool, fixed: float) -> None:
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
        nn.init.constant_(model[0].weight.requires_grad_(False), fixed)
        fit(model, lambda k: {"error": model(torch.ones(1, 2)).square().sum()}, SCHEDULE, tmp_path, resume)

    run(False, 1.0)
    run(True, 1.0)
    with pytest.raises(InputError, match="begun with another") as caught:
        run(True, 2.0)
    assert "\n" not in str(caught.value)


def test_schedule_warms_up_and_decays() -> None:
    rates = [SCHEDULE.learning_rate * share_of_peak(SCHEDULE, step) for step in range(SCHEDULE.steps)]
    assert rates[0] == pytest.approx(0.002)
    assert max(rates) == pytest.approx(0.01)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] < 0.001


def _linear(out: Path, schedule: Schedule, rows: int) -> Tensor:
    """Trains one layer on `rows` rows a batch, the same rows in the same order whatever their number per batch."""
    torch.manual_seed(0)
    model = nn.Linear(4, 1)

    def losses_at(batch: int) -> dict[str, Tensor]:
        rows_of = [torch.randn(4, generator=torch.Generator().manual_seed(batch * rows + row)) for row in range(rows)]
        x = torch.stack(rows_of)
        return {"error": (model(x) - x.sum(1, keepdim=True)).square().mean()}

    fit(model, losses_at, schedule, out, resume=False)
    return model.weight.detach().clone()


def test_accumulated_batches_make_the_step_of_a_large_one(tmp_path: Path) -> None:
    whole = _linear(tmp_path / "whole", SCHEDULE, 6)
    parts = _linear(tmp_path / "parts", replace(SCHEDULE, accumulate=3), 2)
    torch.testing.assert_close(parts, whole, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(_linear(tmp_path / "one", SCHEDULE, 2), whole, atol=1e-3)


def test_resuming_between_accumulated_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SCHEDULE", replace(SCHEDULE, accumulate=2))
    whole = _train(tmp_path / "whole")
    with pytest.raises(Interrupted):
        _train(tmp_path / "parts", stop=35)  # the second batch of step 17
    resumed = _train(tmp_path / "parts", resume=True)
    assert all(torch.equal(resumed[name], tensor) for name, tensor in whole.items())


def test_the_last_few_and_the_best_are_kept(tmp_path: Path) -> None:
    def run(resume: bool, schedule: Schedule, figures: dict[int, float]) -> None:
        torch.manual_seed(0)
        model = nn.Linear(2, 1)
        fit(model, lambda k: {"error": model(torch.ones(1, 2)).square().sum()}, schedule, tmp_path, resume, figures.get, -1.0)

    def kept() -> list[str]:
        return sorted(path.name for path in tmp_path.glob("*.pt"))

    schedule = replace(SCHEDULE, steps=6, keep=2)
    run(False, schedule, {2: 3.0, 3: 1.0, 4: 2.0})
    assert kept() == ["best.pt", "state-00000004.pt", "state-00000005.pt", "state.pt"]
    assert torch.load(tmp_path / loop.BEST, weights_only=True)["step"] == 3
    run(True, replace(schedule, steps=8), {8: 1.5})
    assert kept() == ["best.pt", "state-00000006.pt", "state-00000007.pt", "state.pt"]
    assert torch.load(tmp_path / loop.BEST, weights_only=True)["step"] == 3  # known over the interruption
    (tmp_path / "state-00000007.pt").replace(tmp_path / loop.STATE)
    run(True, replace(schedule, steps=9), {9: 0.5})
    assert torch.load(tmp_path / loop.BEST, weights_only=True)["step"] == 9
    run(False, replace(schedule, steps=1), {})
    assert kept() == ["best.pt", "state.pt"]


def test_tensorboard_shows_losses_and_samples(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    torch.manual_seed(0)
    model = nn.Linear(2, 1)

    def look(step: int) -> float:
        Image.new("RGB", (6, 4), "teal").save(tmp_path / f"samples-{step:06d}.png")
        return 0.25

    fit(model, lambda k: {"error": model(torch.ones(1, 2)).square().sum()}, replace(SCHEDULE, steps=50), tmp_path, False, look)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    assert (sorted(tags["scalars"]), tags["images"]) == (["held-out", "loss/error"], ["samples"])
    assert [(e.step, e.value) for e in events.Scalars("held-out")] == [(50, 0.25)]
    logged = json.loads((tmp_path / "log.jsonl").read_text())
    assert logged["error"] == pytest.approx(events.Scalars("loss/error")[0].value, abs=1e-4)


WORKER = """
import sys
from pathlib import Path
import torch
from torch import nn
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import processes

torch.set_num_threads(1)
rank = processes().process_index
torch.manual_seed(0)
model = nn.ModuleDict({"one": nn.Linear(4, 1), "other": nn.Linear(4, 1), "idle": nn.Linear(4, 1)})

def losses_at(k):
    x = torch.randn(4, generator=torch.Generator().manual_seed(2 * k + rank))
    part = model["one"] if rank == 0 else model["other"]  # the layers that a process does not use have no gradient there
    return {"error": (part(x) - x.sum()).square().sum()}

out = Path(sys.argv[1])
fit(model, losses_at, Schedule(10, 0.01, 1, warmup=2, save_seconds=-1.0), out, False)
torch.save(model.state_dict(), out / f"rank-{rank}.pt")
"""


def test_processes_share_their_gradients(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "ACCELERATE_USE_CPU": "true"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path)],
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    errors = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], errors
    first, second = (torch.load(tmp_path / f"rank-{rank}.pt", weights_only=True) for rank in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)

    torch.manual_seed(0)
    model = nn.ModuleDict({"one": nn.Linear(4, 1), "other": nn.Linear(4, 1), "idle": nn.Linear(4, 1)})

    def losses_at(k: int) -> dict[str, Tensor]:
        x = [torch.randn(4, generator=torch.Generator().manual_seed(2 * k + rank)) for rank in range(2)]
        parts = [(model[name](row) - row.sum()).square().sum() for name, row in zip(("one", "other"), x, strict=True)]
        return {"error": torch.stack(parts).mean()}

    fit(model, losses_at, Schedule(10, 0.01, 1, warmup=2), tmp_path / "alone", False)
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(first[name], tensor, atol=1e-6, rtol=1e-6)
