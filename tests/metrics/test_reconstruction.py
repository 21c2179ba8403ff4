"""PSNR and SSIM against values computed otherwise, tokenizers whose error is known, and the command."""

import dataclasses
import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from uniadgen.cli.main import main
from uniadgen.data import layout
from uniadgen.metrics import reconstruction as module
from uniadgen.metrics.reconstruction import Reconstruction, reconstruction, ssim
from uniadgen.model.config import tiny

TINY = Path(__file__).parents[2] / "data" / "tiny"
COMMAND = ["metrics", "reconstruction", "--data"]


class Shifting(nn.Module):
    """Gives back what it was given, every value moved by `steps` of 255 towards the middle; all codes are 3."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps, self.seen = steps, torch.zeros(0)
        self.weight = nn.Parameter(torch.zeros(1))
        self.batches: list[int] = []

    def encode(self, pixels: Tensor) -> Tensor:
        self.seen = pixels
        self.batches.append(len(pixels))
        return torch.full((len(pixels), tiny().image.tokens), 3)

    def decode(self, codes: Tensor, grid: int, scale: int = 1) -> Tensor:
        values = ((self.seen + 1) * 127.5).round()
        return (values + torch.where(values < 128, self.steps, -self.steps)) / 127.5 - 1


def measured(tokenizer: Shifting, data: Path = TINY, limit: int | None = 5) -> Reconstruction:
    return reconstruction(data, tokenizer, tiny(), limit=limit, batch=4)  # type: ignore[arg-type]


def test_nothing_lost() -> None:
    tokenizer = Shifting(0)
    result = measured(tokenizer)
    assert result.plates is not None
    for quality in (result.plates, result.ads):
        assert (quality.n, quality.psnr) == (5, pytest.approx(120))
        assert quality.ssim == pytest.approx(1, abs=1e-5)
    assert tokenizer.batches == [4, 4, 2]
    assert result.codes_used == pytest.approx(1 / tiny().image.codes)


@pytest.mark.parametrize("steps", [1, 6])
def test_a_known_error(steps: int) -> None:
    result = measured(Shifting(steps))
    assert result.plates is not None
    for quality in (result.plates, result.ads):
        assert quality.psnr == pytest.approx(20 * np.log10(255 / steps), abs=1e-3)
        assert 0.5 < quality.ssim < 1


def test_a_data_set_without_plates(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    rows = [row | {"plate": None} for row in layout.iter_rows(TINY, "creatives") if row["split"] == "test"][:3]
    layout.write_creatives(tmp_path / "data", rows)
    result = measured(Shifting(0), tmp_path / "data", None)
    assert result.plates is None
    assert result.ads.n == 3


def test_a_limit_reaches_all_over_the_split() -> None:
    splits = layout.read_creatives(TINY, ("split",))["split"].to_pylist()
    rows = module.chosen_creatives(TINY, "test", 4)
    assert [splits[row] for row in rows] == ["test"] * 4
    assert len({row["product_id"] for row in module.read_picture(TINY, rows)}) == 4
    assert module.chosen_creatives(TINY, "test", 1000) == module.chosen_creatives(TINY, "test", None)


def by_the_definition(first: np.ndarray, second: np.ndarray) -> float:
    """SSIM of two single-channel pictures, place by place: means, variances and covariance under the window."""
    at = np.arange(11) - 5
    window = np.exp(-(at[:, None] ** 2 + at[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    result = []
    for top in range(first.shape[0] - 10):
        for left in range(first.shape[1] - 10):
            x, y = (picture[top : top + 11, left : left + 11] for picture in (first, second))
            mx, my = (window * x).sum(), (window * y).sum()
            vx, vy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
            covariance = (window * (x - mx) * (y - my)).sum()
            luminance = (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
            result.append(luminance * (2 * covariance + 9e-4) / (vx + vy + 9e-4))
    return float(np.mean(result))


def noisy_pictures() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    smooth = torch.linspace(0, 1, 24).expand(2, 3, 17, 24) * torch.rand(2, 3, 1, 1, generator=generator)
    return smooth, (smooth + 0.1 * torch.randn(smooth.shape, generator=generator)).clamp(0, 1)


def test_ssim_is_the_definition() -> None:
    first, second = noisy_pictures()
    expected = [
        np.mean([by_the_definition(x, y) for x, y in zip(a, b, strict=True)])
        for a, b in zip(first.double().numpy(), second.double().numpy(), strict=True)
    ]
    assert ssim(first, second).tolist() == pytest.approx(expected, abs=1e-5)
    assert ssim(first, first).tolist() == pytest.approx([1, 1], abs=1e-5)


def test_ssim_is_what_torchmetrics_says() -> None:
    functional = pytest.importorskip("torchmetrics.functional.image", reason="the extra pictures is not installed")
    first, second = noisy_pictures()
    _, places = functional.structural_similarity_index_measure(
        first, second, data_range=1.0, reduction="none", return_full_image=True
    )
    inside = places[..., 5:-5, 5:-5].mean((1, 2, 3))  # theirs goes on beyond the borders, where it mirrors the picture
    assert ssim(first, second).tolist() == pytest.approx(inside.tolist(), abs=1e-5)


def test_the_embedded_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, str(TINY), "--limit", "3", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    for kind in ("plates", "ads"):
        assert result[kind]["n"] == 3
        assert 18 < result[kind]["psnr"] < 50
        assert 0.6 < result[kind]["ssim"] < 1
    assert 0 < result["codes_used"] < 1
    assert main([*COMMAND, str(TINY), "--limit", "3"]) == 0
    printed = capsys.readouterr().out
    assert f"{result['ads']['psnr']:.2f}" in printed
    assert printed.endswith(result["signature"] + "\n")
    assert "split:test|creatives:3" in result["signature"]


@pytest.mark.parametrize(
    "wrong", [["--split", "nope"], ["--limit", "0"], ["--limit", "x"], ["--model", "nowhere"], ["--data", "nowhere"]]
)
def test_bad_arguments_are_one_line(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, str(TINY), *wrong]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("value", [None, b"no picture"])
def test_missing_and_broken_pictures_are_one_line(
    value: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    rows = [row | {"plate": value, "ad": value} for row in layout.iter_rows(TINY, "creatives")]
    layout.write_creatives(tmp_path / "data", rows)
    assert main([*COMMAND, str(tmp_path / "data")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "creative" in error


def test_janus_without_transformers_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "janus"}')
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "transformers" else find(name, *more))
    assert main([*COMMAND, str(TINY), "--model", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "uniadgen[janus]" in error
    assert error.count("\n") == 1


class Sharpening(nn.Module):
    """Encodes the mean of a picture; paints it flat, and twice as large with a chessboard of `step` on it."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step, self.weight = step, nn.Parameter(torch.zeros(1))

    def encode(self, pixels: Tensor) -> Tensor:
        value = ((pixels.mean((1, 2, 3)) + 1) / 2 * (tiny().image.codes - 1)).round().long()
        return value[:, None].expand(-1, tiny().image.tokens)

    def decode(self, codes: Tensor, grid: int, scale: int = 1) -> Tensor:
        side = 16 * grid * scale
        flat = (codes[:, :1].float() / (tiny().image.codes - 1) * 1.6 - 0.8).view(-1, 1, 1, 1).expand(-1, 3, side, side)
        board = torch.arange(side)[:, None] // 2 + torch.arange(side) // 2
        return flat + (board % 2 * 2 - 1) * self.step / 127.5 * (scale == 2)


def test_large_plates_are_measured_large(tmp_path: Path) -> None:
    config = dataclasses.replace(tiny(), image=dataclasses.replace(tiny().image, upsampling=2))
    saved: dict[str, tuple[int, int]] = {}
    result = reconstruction(TINY, Sharpening(8), config, limit=3, save=lambda n, p: saved.update({n: p.size}))  # type: ignore[arg-type]
    large = result.large
    assert large is not None
    assert (large.side, large.quality.n, large.crispness.n, large.crispness.real_px) == (128, 3, 3, 128)
    assert len(saved) == 3
    assert set(saved.values()) == {(128, 128)}
    stronger = reconstruction(TINY, Sharpening(40), config, limit=3).large  # type: ignore[arg-type]
    assert stronger is not None
    for name in ("laplacian", "gradient", "edges"):
        little, much = (getattr(result.crispness, name) for result in (large, stronger))
        first, second = (getattr(result.crispness, f"{name}_ratio") for result in (large, stronger))
        assert much > 1.5 * little
        assert second / first == pytest.approx(much / little)  # both are to the same plates
    assert stronger.quality.psnr < large.quality.psnr
    small = dataclasses.replace(config, image=dataclasses.replace(config.image, resolution=192))
    assert next(module.stored_pictures(TINY, [0], config)).large is not None
    assert next(module.stored_pictures(TINY, [0], small)).large is None  # plates of 256 px, and it would paint 384
    assert next(module.stored_pictures(TINY, [0], tiny())).large is None


def test_reproduced_plates_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "plates"
    assert main([*COMMAND, str(TINY), "--limit", "2", "--out", str(out)]) == 0
    files = sorted(out.iterdir())
    assert len(files) == 2
    with Image.open(files[0]) as picture:
        assert picture.size == (512, 512)
    capsys.readouterr()
    (tmp_path / "file").write_text("")
    assert main([*COMMAND, str(TINY), "--limit", "2", "--out", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
