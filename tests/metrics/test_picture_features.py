"""Crispness, KID, memorised and diversity against cases whose values are known by construction, and their commands."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from uniadgen.cli.main import main
from uniadgen.data import layout
from uniadgen.loading.background_encoder import save_encoder
from uniadgen.metrics.crispness import crispness, crispness_of
from uniadgen.metrics.diversity import diversity, mean_pairwise
from uniadgen.metrics.kid import kid, squared_mmd
from uniadgen.metrics.memorised import memorised, nearest_pixels
from uniadgen.metrics.picture_features import (
    SMALL,
    PictureFeatures,
    background_mask,
    folder_pictures,
    picture_features,
    real_pictures,
)
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder

TINY = Path(__file__).parents[2] / "data" / "tiny"


def grey(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.repeat(values.astype(np.uint8)[..., None], 3, 2))


def vectors(embedded: np.ndarray) -> PictureFeatures:
    """Pictures of which nothing but the embedding counts."""
    n = len(embedded)
    small, visible = np.zeros((n, SMALL * SMALL, 3), np.uint8), np.ones((n, SMALL * SMALL), bool)
    return PictureFeatures(embedded.astype(np.float32), small, visible)


# Crispness ---------------------------------------------------------------------------------------------------------------


def test_crispness_of_a_ramp_and_a_chessboard() -> None:
    x, y = np.meshgrid(np.arange(512), np.arange(512))
    laplacian, gradient, _ = crispness_of(grey(x // 4 + y // 4))
    # a step of 1 each four pixels: half of the columns, and of the rows, see one within their central difference
    assert (laplacian, gradient) == pytest.approx((1, 0.5))
    assert crispness_of(grey(np.full((512, 512), 77))) == pytest.approx((0, 0, 0), abs=1e-4)
    board = (x + y) % 2 * 10 + 100
    assert crispness_of(grey(board)) == pytest.approx((40, 0, 40), abs=1e-3)
    # luma: a red chessboard counts 0.299
    red = np.zeros((512, 512, 3), np.uint8)
    red[..., 0] = board
    assert crispness_of(Image.fromarray(red)) == pytest.approx((0.299 * 40, 0, 0.299 * 40), abs=1e-3)


def test_edges_are_what_few_pixels_have() -> None:
    few = np.full((512, 512), 90)
    few[:, ::16] = 120  # lines on one column in 16, and their neighbours
    assert crispness_of(grey(few)) == pytest.approx((0, 0, 60), abs=1e-3)
    grain = np.random.default_rng(0).integers(0, 2, (512, 512)) + 90  # that nobody sees
    assert crispness_of(grey(grain))[0] >= 1
    assert crispness_of(grey(grain))[2] < 6


def test_crispness_is_measured_at_512() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256))
    small = grey(noise)
    enlarged = small.resize((512, 512), Image.Resampling.LANCZOS)
    assert crispness_of(small) == pytest.approx(crispness_of(enlarged))
    blurred = crispness_of(enlarged.filter(ImageFilter.GaussianBlur(3)))
    assert 0 < blurred[0] < 0.2 * crispness_of(enlarged)[0]
    wide = grey(np.tile(noise, (1, 2)))
    assert crispness_of(wide) == pytest.approx(crispness_of(enlarged), rel=0.02)


def test_crispness_ratio_is_to_the_large_pictures() -> None:
    def board(step: int, side: int) -> Image.Image:
        return grey(np.add.outer(np.arange(side), np.arange(side)) % 2 * step + np.arange(side) // 8 * 2)

    small = board(90, 256)
    result = crispness([board(6, 512), board(10, 512)], [board(16, 512), small, board(24, 512)])
    assert result.laplacian_ratio == pytest.approx(0.4, rel=0.02)
    assert result.laplacian == pytest.approx(32, rel=0.02)
    assert (result.n, result.real_n, result.real_px) == (2, 2, 512)
    assert "real:512px" in result.signature
    only_small = crispness([small], [small])
    assert (only_small.real_n, only_small.real_px, only_small.laplacian_ratio) == (1, 256, 1)


# KID ---------------------------------------------------------------------------------------------------------------------


def test_squared_mmd_by_hand() -> None:
    # d = 1: k(0, .) = 1, k(1, 1) = 8, k(1, 2) = 27, k(2, 2) = 125
    first, second = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    within_first, within_second = 1.0, 27.0  # without the diagonal
    across = (1 + 1 + 8 + 27) / 4
    assert squared_mmd(first, second) == pytest.approx(within_first + within_second - 2 * across)


def test_squared_mmd_is_unbiased() -> None:
    rng = np.random.default_rng(0)
    same = [squared_mmd(rng.normal(size=(12, 3)), rng.normal(size=(9, 3))) for _ in range(600)]
    assert abs(np.mean(same)) < 4 * np.std(same) / np.sqrt(len(same))
    assert min(same) < 0
    moved = [squared_mmd(rng.normal(size=(12, 3)), rng.normal(size=(9, 3)) + 1) for _ in range(100)]
    assert np.mean(moved) > 5 * np.std(same)


def test_kid_tells_another_distribution_from_the_same() -> None:
    rng = np.random.default_rng(1)
    sets = [rng.normal(size=(60, 5)) * 7 + 3 for _ in range(3)]
    same, other = (kid(vectors(sets[0] + shift), vectors(sets[1]), vectors(sets[2]), "f") for shift in (0, 7))
    assert abs(same.ratio) < 3
    assert other.ratio > 10
    assert other.ratio == pytest.approx(other.kid / max(other.real, other.noise))
    assert (same.real, same.noise) == (other.real, other.noise)
    assert (other.n, other.real_n) == (60, (60, 60))
    with pytest.raises(ValueError, match="two"):
        kid(vectors(sets[0][:1]), vectors(sets[1]), vectors(sets[2]), "f")


# Memorised ---------------------------------------------------------------------------------------------------------------


def pictures(images: list[np.ndarray], boxes: list[tuple[float, float, float, float] | None] | None = None) -> PictureFeatures:
    """Thumbnails of these [SMALL, SMALL, 3], which are their own embeddings, too."""
    small = np.stack([image.reshape(-1, 3) for image in images]).astype(np.uint8)
    visible = np.stack([background_mask(box) for box in boxes or [None] * len(images)])
    n = len(images)
    return PictureFeatures(small.reshape(n, -1).astype(np.float32), small, visible)


def test_copies_are_memorised_and_new_pictures_are_not() -> None:
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, 256, (SMALL, SMALL, 3)) for _ in range(120)]
    train, real = pictures(drawn[:60]), pictures(drawn[60:100])
    copies = [np.clip(image + rng.integers(-3, 4, image.shape), 0, 255) for image in drawn[:10]]
    result = memorised(pictures(copies + drawn[100:110]), real, train, "f")
    assert (result.features, result.pixels) == (0.5, 0.5)
    assert (result.n, result.real_n, result.train_n) == (20, 40, 60)
    itself = memorised(real, real, train, "f")
    assert itself.features == itself.pixels == pytest.approx(0.05)


def test_a_mirrored_copy_behind_another_product_is_memorised() -> None:
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, 256, (SMALL, SMALL, 3)) for _ in range(3)]
    train = pictures(drawn[:2], [(0.25, 0.5, 0.25, 0.5), None])
    copy = drawn[0][:, ::-1].copy()
    copy[4:12, 4:12] = 255  # its own product
    copy[16:, 16:24] = 0  # where the mirrored other one stood
    place = (4 / SMALL, 4 / SMALL, 8 / SMALL, 8 / SMALL)
    near, far = nearest_pixels(pictures([copy, drawn[2]], [place, None]), train)
    assert near == pytest.approx(0, abs=1e-3)
    assert far > 80
    assert nearest_pixels(pictures([copy], [None]), train)[0] > 30
    shifted = pictures([np.clip(drawn[1].astype(int), 0, 250) + 5])
    expected = np.sqrt(np.mean((np.clip(drawn[1].astype(float), 0, 250) + 5 - drawn[1]) ** 2))
    assert nearest_pixels(shifted, train)[0] == pytest.approx(expected)


# Diversity ---------------------------------------------------------------------------------------------------------------


def test_diversity_by_hand() -> None:
    assert mean_pairwise(np.array([[0, 0], [2, 0], [0, 2]], np.float32)) == pytest.approx((np.sqrt(2) * 2 + 2) / 3)
    real = vectors(np.array([[0.0, 1.0], [4.0, 5.0]]))  # mean 2 and 3, deviation 2: one pair, 2 apart in each feature
    groups = [
        vectors(np.array([[0.0, 0.0], [2.0, 2.0]])),
        vectors(np.array([[7.0, 7.0], [7.0, 7.0]])),
        vectors(np.ones((1, 2))),
    ]
    result = diversity(groups, real, "f")
    assert (result.distance, result.real, result.ratio) == pytest.approx((0.5, 2, 0.25))
    assert (result.groups, result.n) == (2, 4)
    with pytest.raises(ValueError, match="two"):
        diversity(groups[2:], real, "f")


# Pictures and commands ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("encoder") / "encoder.safetensors"
    save_encoder(path, BackgroundEncoder(BackgroundConfig(size=32, patch=8, width=32, layers=2, heads=2)))
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six plates of each split."""
    folder = tmp_path_factory.mktemp("data")
    rows = list(layout.iter_rows(TINY, "creatives"))
    layout.write_creatives(folder, [r for s in ("train", "val", "test") for r in [x for x in rows if x["split"] == s][:6]])
    for name in ("products", "users"):
        shutil.copy(TINY / f"{name}.parquet", folder)
    return folder


def test_boxes_are_found(data: Path, tmp_path: Path) -> None:
    picture, box = next(real_pictures(data, "test"))
    assert box is not None
    for name in ("a.png", "a.background.png"):
        picture.save(tmp_path / name)
    place = {"left": 64, "top": 128, "width": 32, "height": 16}
    (tmp_path / "a.json").write_text(json.dumps({"placement": place}))
    for kind in ("plate", "ad"):
        [(_, result)] = folder_pictures(tmp_path, kind)  # type: ignore[arg-type]
        assert result == (0.25, 0.5, 0.125, 0.0625)
    torch.manual_seed(0)
    tiny = BackgroundEncoder(BackgroundConfig(size=32, patch=8, width=32, layers=2, heads=2)).eval()
    [visible] = picture_features(tiny, folder_pictures(tmp_path)).background.reshape(-1, SMALL, SMALL)
    assert not visible[16:18, 8:12].any()
    assert (~visible).sum() == 2 * 4


def run(figure: str, folder: Path, data: Path, encoder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    command = ["metrics", figure, "--pictures", str(folder), "--data", str(data), "--encoder", str(encoder)]
    assert main([*command, "--json"]) == 0
    result: dict[str, float] = json.loads(capsys.readouterr().out)
    if figure == "kid":
        assert main(command) == 0
        assert capsys.readouterr().out.endswith(str(result["signature"]) + "\n")
    return result


def test_commands(data: Path, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, split in (("train", "train"), ("test", "test")):
        (tmp_path / name).mkdir()
        for number, (picture, _) in enumerate(real_pictures(data, split)):
            picture.save(tmp_path / name / f"{number}.png")
    assert run("crispness", tmp_path / "test", data, encoder, capsys)["laplacian_ratio"] == pytest.approx(1)
    assert run("kid", tmp_path / "test", data, encoder, capsys)["kid"] < 0  # of a set against itself
    assert run("memorised", tmp_path / "train", data, encoder, capsys)["features"] == 1
    result = run("diversity", tmp_path, data, encoder, capsys)
    assert result["groups"] == 2
    assert 0 < result["ratio"] < 3


@pytest.mark.parametrize(
    "wrong",
    [
        ["crispness", "--pictures", "nowhere"],
        ["kid", "--pictures", "empty"],
        ["memorised", "--split", "nope"],
        ["diversity", "--pictures", "empty"],
        ["diversity", "--pictures", "single"],
        ["kid", "--pictures", "single/group"],
    ],
)
def test_bad_arguments_are_one_line(
    wrong: list[str],
    data: Path,
    encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "single" / "group").mkdir(parents=True)
    grey(np.zeros((40, 40))).save(tmp_path / "single" / "group" / "a.png")
    given = ["metrics", wrong[0], "--pictures", "single/group", "--data", str(data), "--encoder", str(encoder)]
    assert main([*given, *wrong[1:]]) == 2
    assert capsys.readouterr().err.count("\n") == 1
