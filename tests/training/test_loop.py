from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.training import loop
from uniadgen.training.loop import Schedule, fit, share_of_peak

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


def test_schedule_warms_up_and_decays() -> None:
    rates = [SCHEDULE.learning_rate * share_of_peak(SCHEDULE, step) for step in range(SCHEDULE.steps)]
    assert rates[0] == pytest.approx(0.002)
    assert max(rates) == pytest.approx(0.01)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[-1] < 0.001
