"""PBS: the encoder's file formats, the pairing of folders, and what goes wrong."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.loading.background_encoder import load_encoder, save_encoder
from uniadgen.metrics.palette import lab, palette_distance
from uniadgen.metrics.pbs import FolderScores, folder_scores, pbs, write_csv
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder


@pytest.fixture(scope="module")
def encoder() -> BackgroundEncoder:
    torch.manual_seed(0)
    return BackgroundEncoder(BackgroundConfig(size=32, patch=8, width=32, layers=2, heads=2)).eval()


def noise(seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def test_pbs_is_a_cosine(encoder: BackgroundEncoder) -> None:
    first, second = [noise(0), noise(1), noise(2)], [noise(0), noise(3), noise(2)]
    scores = pbs(encoder, first, second, batch=2)
    assert scores[[0, 2]] == pytest.approx(1, abs=1e-6)
    assert scores[1] < 1 - 1e-6
    assert scores == pytest.approx(pbs(encoder, second, first, batch=1), abs=1e-6)


def test_folders_are_paired_by_name(encoder: BackgroundEncoder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, names in (("a", ("1.png", "2.webp", "lonely.png")), ("b", ("1.jpg", "2.webp", "other.gif"))):
        (tmp_path / folder).mkdir()
        for name in names:
            noise(1).save(tmp_path / folder / name)
    save_encoder(tmp_path / "encoder.safetensors", encoder)
    out = tmp_path / "pbs.csv"
    arguments = ["metrics", "pbs", "--a", str(tmp_path / "a"), "--b", str(tmp_path / "b"), "--out", str(out)]
    assert main([*arguments, "--encoder", str(tmp_path / "encoder.safetensors")]) == 0
    printed = capsys.readouterr().out
    assert "2 pairs" in printed
    assert "lonely.png" in printed
    assert "other.gif" in printed
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["filename"] for row in rows] == ["1.png", "2.webp"]
    scores = folder_scores(load_encoder(tmp_path / "encoder.safetensors"), tmp_path / "a", tmp_path / "b")
    assert [float(row["pbs"]) for row in rows] == pytest.approx(scores.scores, abs=1e-6)


@pytest.mark.parametrize("what", ["missing", "no pictures", "no pair", "twice"])
def test_bad_folders(encoder: BackgroundEncoder, tmp_path: Path, what: str) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    b.mkdir()
    noise(1).save(b / "x.png")
    if what != "missing":
        a.mkdir()
        if what != "no pictures":
            noise(1).save(a / ("y.png" if what == "no pair" else "x.png"))
        if what == "twice":
            noise(1).save(a / "x.webp")
    with pytest.raises(InputError):
        folder_scores(encoder, a, b)


def test_the_published_format_is_read(encoder: BackgroundEncoder, tmp_path: Path) -> None:
    """timm's names and layout, under the prefix of momentum contrast, beside keys that are none of the encoder's."""
    names = {
        "class_token": "cls_token",
        "positions": "pos_embed",
        "patches.weight": "patch_embed.proj.weight",
        "patches.bias": "patch_embed.proj.bias",
    }
    parts = {
        "attention_norm": "norm1",
        "qkv": "attn.qkv",
        "out": "attn.proj",
        "feed_forward_norm": "norm2",
        "up": "mlp.fc1",
        "down": "mlp.fc2",
    }
    config = BackgroundConfig(size=32, patch=8, width=64, layers=2, heads=1, norm_eps=1e-6)
    torch.manual_seed(1)
    expected = BackgroundEncoder(config).eval()
    stored = {}
    for name, tensor in expected.state_dict().items():
        if name.startswith("encoder.blocks."):
            _, _, number, part, kind = name.split(".")
            name = f"blocks.{number}.{parts[part]}.{kind}"
        stored["module.base_encoder." + names.get(name, name)] = tensor
    stored["module.momentum_encoder.head.weight"] = torch.zeros(1)
    torch.save({"model": stored, "epoch": 3}, tmp_path / "pbs.pth.tar")
    loaded = load_encoder(tmp_path / "pbs.pth.tar")
    assert loaded.config == config
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(loaded(x), expected(x))


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path(tmp_path / "sprung").write_text, ("x",))

    torch.save({"model": {"module.base_encoder.x": Trap()}}, tmp_path / "bad.pth")
    for name, data in (("junk.pth", b"junk"), ("junk.safetensors", b"junk")):
        (tmp_path / name).write_bytes(data)
    for name in ("bad.pth", "junk.pth", "junk.safetensors", "missing.pth"):
        with pytest.raises(InputError):
            load_encoder(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_lab_by_hand() -> None:
    """White, black and the primaries, as published for sRGB and D65."""
    colours = np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    expected = [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]]
    assert lab(colours) == pytest.approx(np.array(expected), abs=0.02)


def test_palette_distance() -> None:
    white, black = Image.new("RGB", (50, 40), "white"), Image.new("RGB", (64, 64), "black")
    assert palette_distance(white, white) == 0
    assert palette_distance(white, black) == pytest.approx(100, abs=0.01)
    half = white.copy()
    half.paste("black", (0, 0, 25, 40))
    assert palette_distance(white, half) == pytest.approx(50, abs=0.01)


def test_a_name_of_other_bytes_than_utf8_is_written_as_it_is(encoder: BackgroundEncoder, tmp_path: Path) -> None:
    write_csv(tmp_path / "x.csv", FolderScores(["caf\udce9.png", "防水.png"], np.array([0.5, 0.25]), [], []))
    assert (tmp_path / "x.csv").read_bytes() == b"filename,pbs\ncaf\xe9.png,0.500000\n" + "防水.png,0.250000\n".encode()
