"""FID against the formula, and what is said where weights or pictures are missing."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.metrics.pictures import picture_metrics


class MeanColour(nn.Module):
    num_features = 3

    def forward(self, pixels: Tensor) -> Tensor:
        return pixels.float().mean((2, 3))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(8):
            pixels = rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{number}.png")
    return tmp_path / "a", tmp_path / "b"


def test_palette_distance_of_pairs(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    a, b = folders
    assert picture_metrics(a, a) == {"n": 8, "palette_distance": 0}
    assert main(["metrics", "pictures", "--a", str(a), "--b", str(b), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["n"] == 8
    assert result["palette_distance"] > 1


def test_fid_is_the_formula(folders: tuple[Path, Path]) -> None:
    pytest.importorskip("torchmetrics", reason="the extra pictures is not installed")
    a, b = folders
    means, covariances = [], []
    for folder in (a, b):
        values = np.stack([np.asarray(Image.open(path), float).mean((0, 1)) for path in sorted(folder.iterdir())])
        means.append(values.mean(0))
        covariances.append(np.cov(values.T))
    roots = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).real)
    expected = ((means[0] - means[1]) ** 2).sum() + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * roots.sum()
    assert picture_metrics(a, b, MeanColour())["fid"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("wrong", [["--inception", "missing.pth"], ["--clip", "missing"], ["--fid"]])
def test_missing_weights_are_one_line(
    folders: tuple[Path, Path], wrong: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: "nowhere")
    assert main(["metrics", "pictures", "--a", str(folders[0]), "--b", str(folders[1]), *wrong]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_one_picture_has_no_fid(folders: tuple[Path, Path]) -> None:
    pytest.importorskip("torchmetrics", reason="the extra pictures is not installed")
    for path in sorted(folders[0].iterdir())[1:]:
        path.unlink()
    with pytest.raises(InputError, match="two pictures"):
        picture_metrics(*folders, MeanColour())


def test_pictures_that_look_the_same_have_no_distance(tmp_path: Path) -> None:
    opaque = np.full((16, 16, 4), (90, 140, 70, 255), np.uint8)
    opaque[:, 8:] = (255, 255, 255, 255)
    hidden = opaque.copy()
    hidden[:, 8:] = (255, 0, 255, 0)
    for name, pixels in (("a", opaque), ("b", hidden)):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / "x.png")
    assert picture_metrics(tmp_path / "a", tmp_path / "b")["palette_distance"] == 0
