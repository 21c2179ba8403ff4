"""The image tokenizer's two stages: batches, what refining asks, what refining leaves alone, and resuming."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from uniadgen.cli.main import main
from uniadgen.data.layout import iter_rows
from uniadgen.loading import checkpoint
from uniadgen.model.config import tiny
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.training import tokenizer as module
from uniadgen.training.loop import STATE, Schedule
from uniadgen.training.tokenizer import Batches, Pictures, begin_with, feature_loss, refine_large, slope, train_tokenizer

pytestmark = pytest.mark.slow

TINY = Path(__file__).parents[2] / "data" / "tiny"
SIZE = tiny().image.resolution
TWO_SIZES = replace(tiny(), image=replace(tiny().image, upsampling=2))


def encoded(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Three as large as the tokenizer sees, three twice as large, all noise."""
    rng = np.random.default_rng(0)
    return Pictures.of([encoded(rng.integers(0, 256, (side, side, 3))) for side in (SIZE, 2 * SIZE) * 3])


def test_batches(pictures: Pictures) -> None:
    assert pictures.sides == [SIZE, 2 * SIZE] * 3
    batches = Batches(pictures, SIZE, 2, 4, 0, 32)
    crops, large, small = batches.at(3, large=1.0)
    assert large is not None
    assert small is not None
    assert (crops.shape, large.shape, small.shape) == ((4, 3, 64, 64), (4, 3, 128, 128), (2, 3, 32, 32))
    assert crops.abs().max() <= 1
    assert torch.nn.functional.avg_pool2d(large, 2).sub(crops).abs().mean() < crops.abs().mean()
    again, _, _ = batches.at(3, large=1.0)
    assert torch.equal(crops, again)
    crops, large, _ = batches.at(3, large=0.0)
    assert (crops.shape, large) == ((4, 3, 64, 64), None)
    one_size = Batches(pictures, SIZE, 1, 4, 0, None)
    assert [one_size.at(step, large=1.0)[1:] for step in range(3)] == [(None, None)] * 3


def test_the_discriminator_pays_for_steep_slopes() -> None:
    class Tilted(torch.nn.Module):
        def forward(self, picture: torch.Tensor) -> torch.Tensor:
            return (3 * picture).sum((1, 2, 3), keepdim=True)

    assert float(slope(Tilted(), torch.rand(2, 3, 4, 4))) == pytest.approx(9 * 3 * 16)


def test_features_are_compared_in_units_of_their_size() -> None:
    wanted = [torch.full((1, 2), 4.0), torch.full((3,), -0.5)]
    assert float(feature_loss(wanted, wanted)) == 0
    assert float(feature_loss(wanted, [torch.full((1, 2), 6.0), torch.full((3,), -0.5)])) == pytest.approx(0.25)


def test_refining_keeps_codes_and_resumes(pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALONE", 0)
    monkeypatch.setattr(module, "GROWING", 2)
    schedule = Schedule(steps=3, learning_rate=0.01, batch=2, warmup=1, save_seconds=0)

    def refined(out: Path, resume: bool = False) -> FSQTokenizer:
        torch.manual_seed(0)
        tokenizer = FSQTokenizer(TWO_SIZES.image)
        refine_large(tokenizer, pictures, pictures, SIZE, schedule, out, resume)
        return tokenizer

    torch.manual_seed(0)
    before = FSQTokenizer(TWO_SIZES.image).eval()
    whole = refined(tmp_path / "whole")
    codes = torch.arange(16)[None]
    assert not torch.equal(whole.decode(codes, 4, 2), before.decode(codes, 4, 2))
    pixels = torch.rand(1, 3, SIZE, SIZE) * 2 - 1
    assert torch.equal(whole.encode(pixels), before.encode(pixels))
    assert any("discriminator" in name for name in torch.load(tmp_path / "whole" / STATE)["weights"])

    fit = module.fit

    def interrupted(model: object, losses_at: object, *rest: object, **options: object) -> None:
        def until_two(step: int) -> dict[str, torch.Tensor]:
            if step == 2:
                raise KeyboardInterrupt
            return losses_at(step)  # type: ignore[operator, no-any-return]

        fit(model, until_two, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        refined(tmp_path / "parts")
    monkeypatch.setattr(module, "fit", fit)
    resumed = refined(tmp_path / "parts", resume=True)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_training_begins_with_a_smaller_tokenizer() -> None:
    before = FSQTokenizer(tiny().image).eval()
    levels = (*tiny().image.levels, 3)
    larger = FSQTokenizer(replace(TWO_SIZES.image, levels=levels, codes=64 * 3)).eval()
    begin_with(larger, before)
    codes = torch.arange(16)[None]
    for last in range(3):
        assert torch.equal(larger.decode(codes + 64 * last, 4), before.decode(codes, 4))
    pixels = torch.rand(1, 3, SIZE, SIZE) * 2 - 1
    assert torch.equal(larger.encode(pixels) % 64, before.encode(pixels))
    wider = FSQTokenizer(replace(tiny().image, channels=(8, 16, 32)))
    untouched = wider.decoder[0].weight.clone()
    begin_with(wider, before)
    assert torch.equal(wider.decoder[0].weight, untouched)
    assert torch.equal(wider.encoder[1].weight, before.encoder[1].weight)


def test_both_resolutions_are_learnt(pictures: Pictures, tmp_path: Path) -> None:
    tokenizer = FSQTokenizer(TWO_SIZES.image)
    assert tokenizer.detail is not None
    before = tokenizer.detail.out.weight.detach().clone()
    train_tokenizer(tokenizer, pictures, pictures, SIZE, Schedule(steps=4, learning_rate=0.01, batch=2), 32, tmp_path, False)
    assert not torch.equal(tokenizer.detail.out.weight, before)
    drawn = sorted(tmp_path.glob("samples-*.png"))
    with Image.open(drawn[-1]) as sheet:
        assert sheet.height == 2 * 2 * SIZE


def test_a_folder_is_refined_and_its_data_stay_encoded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    schedule = "{steps: 1, batch: 2, learning_rate: 0.001}"
    config.write_text(f"model: tiny\nrefine: {schedule}\ntokenizer: {schedule}\n")
    torch.manual_seed(0)
    checkpoint.save_tokenizer(tmp_path / "first", FSQTokenizer(TWO_SIZES.image), TWO_SIZES)
    command = ["train", "tokenizer", "--data", str(TINY), "--config", str(config)]
    assert main([*command, "--refine", str(tmp_path / "first"), "--out", str(tmp_path / "second")]) == 0
    from uniadgen.data.encoding import fingerprint

    first, second = (checkpoint.load_tokenizer(tmp_path / name)[0] for name in ("first", "second"))
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert fingerprint(first) == fingerprint(second)
    assert main([*command, "--start", str(tmp_path / "first"), "--out", str(tmp_path / "on")]) == 0
    on, _ = checkpoint.load_tokenizer(tmp_path / "on")
    assert (on.encoder[1].weight - first.encoder[1].weight).abs().max() < 0.01
    capsys.readouterr()
    side = next(iter_rows(TINY, "creatives"))["plate"]
    with Image.open(io.BytesIO(side)) as picture:
        wide = replace(TWO_SIZES, image=replace(TWO_SIZES.image, resolution=picture.width))
    checkpoint.save_tokenizer(tmp_path / "third", FSQTokenizer(wide.image), wide)
    assert main([*command, "--refine", str(tmp_path / "third"), "--out", str(tmp_path / "fourth")]) == 2
    printed = capsys.readouterr().err
    [line] = [line for line in printed.splitlines() if line.startswith("uniadgen:")]
    assert "512 px" in line
    assert "Traceback" not in printed
