"""`uniadgen train unified --backbone`: from an encoded data set and a Janus folder to an adapter folder that makes ads."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from small_data import some_products
from uniadgen.ads import Click, Product
from uniadgen.cli.main import main
from uniadgen.loading import janus, lora
from uniadgen.loading.scene_encoder import SCENES, load_scene_encoder, save_scene_encoder
from uniadgen.model.config import tiny
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.training import unified

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("peft") is None, reason="peft is not installed")]
CONFIG = """
model: janus
scenes: {steps: 2, batch: 4, learning_rate: 0.001}
lora: {rank: 4, alpha: 8}
unified: {steps: 6, batch: 2, learning_rate: 0.001, warmup: 2, save_seconds: -1}
fits: {embedder: 2, votes: 2, forms: 2, taste: 2}
mix: {ads: 0.6, words: 0.2, pictures: 0.2, words_batch: 2, pictures_batch: 2, general_steps: 2}
"""


@pytest.fixture(autouse=True)
def few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held out only has to be looked at, by a few batches of every kind."""
    monkeypatch.setattr(unified, "LOOKS", 5)


@pytest.fixture(scope="module")
def data(janus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoded") / "data"
    some_products(folder, 3)
    assert main(["data", "encode", str(folder), "--tokenizer", str(janus_folder), "--device", "cpu"]) == 0
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "janus.yaml").write_text(CONFIG)
    return tmp_path / "janus.yaml"


@pytest.fixture(scope="module")
def scenes(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene encoder for models with a scene token, larger than the test needs: one that is not trained has no codes."""
    folder = tmp_path_factory.mktemp("scenes")
    torch.manual_seed(0)
    encoder = SceneEncoder(tiny().scene)
    torch.nn.init.normal_(encoder.codebooks, std=0.3)
    save_scene_encoder(folder / SCENES, encoder)
    return folder


def _train(data: Path, config: Path, out: Path, *more: str | Path) -> int:
    return main(["train", "unified", "--data", str(data), "--config", str(config), "--out", str(out), *map(str, more)])


def test_train_resume_and_generate(
    data: Path,
    config: Path,
    scenes: Path,
    tmp_path: Path,
    janus_folder: Path,
    dino_folder: Path,
    cutout: Image.Image,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = ("--backbone", janus_folder, "--foreground", dino_folder, "--scenes", scenes)
    assert _train(data, config, tmp_path / "whole", *start) == 0

    calls, forward = [0], UnifiedModel.forward

    def interrupted(self: UnifiedModel, *batch: Any) -> Any:
        calls[0] += 1
        if calls[0] == 4:
            raise KeyboardInterrupt
        return forward(self, *batch)

    monkeypatch.setattr(UnifiedModel, "forward", interrupted)
    assert _train(data, config, tmp_path / "parts", *start) == 130
    monkeypatch.setattr(UnifiedModel, "forward", forward)
    assert _train(data, config, tmp_path / "parts", *start, "--resume") == 0
    for name in (lora.UPDATES, lora.NEW_MODULES):
        whole, resumed = (load_file(tmp_path / run / "model" / name) for run in ("whole", "parts"))
        assert whole.keys() == resumed.keys()
        assert all(torch.equal(whole[key], resumed[key]) for key in whole)
    updates, modules = (load_file(tmp_path / "whole" / "model" / name) for name in (lora.UPDATES, lora.NEW_MODULES))
    assert all(factor.any() for name, factor in updates.items() if "lora_B" in name)
    assert {name.split(".")[0] for name in modules} == {name.rstrip(".") for name in janus.NEW}
    for name in (
        "point_pointer.query.weight",
        "scene_head.pointers.0.query.weight",
        "preference.summary.weight",
    ):  # begin at zero
        assert modules[name].any(), name
    encoder, kept = load_scene_encoder(scenes / SCENES), "scene_encoder."
    for name, weight in encoder.state_dict().items():
        assert torch.allclose(modules[kept + name].float(), weight, atol=0.02, rtol=0.01), name  # stored in 16 bits

    assert not (tmp_path / "whole" / "model" / "model.safetensors").exists()
    generator = AdGenerator.from_pretrained(tmp_path / "whole" / "model")
    model, plain = generator.model, janus.load(janus_folder, dino_folder)[0]
    assert model.scene_head is not None
    assert model.scene_encoder is not None
    for name, tensor in plain.state_dict().items():
        changed = not torch.equal(model.state_dict()[name].to(torch.bfloat16), tensor.to(torch.bfloat16))
        attention = name.startswith("decoder") and name.split(".")[-2] in ("q_proj", "k_proj", "v_proj", "o_proj")
        if not name.startswith(janus.NEW):
            assert changed <= attention, name
    ad = generator.generate(
        Product(cutout, "Kettle", ["1.7 L", "quiet"]), [Click(Image.new("RGB", (9, 9)), "mug")], size=(64, 64)
    )
    assert ad.image.size == (64, 64)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ((), "--backbone"),
        (("--tokenizer", "BACKBONE"), "--backbone"),
        (("--tokenizer", "BACKBONE", "--backbone", "BACKBONE"), "--backbone"),
        (("--backbone", "nowhere"), "no such folder"),
    ],
)
def test_wrong_starts_are_refused(
    data: Path, config: Path, tmp_path: Path, janus_folder: Path, more: tuple[str, ...], named: str, capsys: Any
) -> None:
    assert _train(data, config, tmp_path / "out", *(str(janus_folder) if m == "BACKBONE" else m for m in more)) == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_embedded_model_starts_from_no_backbone(data: Path, tmp_path: Path, janus_folder: Path, capsys: Any) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(
        "model: tiny\nfits: {embedder: 1, votes: 1, forms: 1, taste: 1}\nunified: {steps: 1, batch: 2, learning_rate: 0.001}"
    )
    assert _train(data, config, tmp_path / "out", "--backbone", janus_folder) == 2
    assert "--tokenizer" in capsys.readouterr().err
    config.write_text("model: janus\ntokenizer: {steps: 1, batch: 2, learning_rate: 0.001}")
    assert main(["train", "tokenizer", "--data", str(data), "--config", str(config), "--out", str(tmp_path / "out")]) == 2
    assert "brings its own image tokenizer" in capsys.readouterr().err


def test_data_encoded_with_another_tokenizer_is_refused(
    data: Path, config: Path, tmp_path: Path, janus_folder: Path, capsys: Any
) -> None:
    other = Path(shutil.copytree(janus_folder, tmp_path / "other"))
    for path in other.glob("*.safetensors"):
        state = load_file(path)
        if "model.vqmodel.quant_conv.bias" in state:
            save_file({k: v + 1 if k == "model.vqmodel.quant_conv.bias" else v for k, v in state.items()}, path)
    assert _train(data, config, tmp_path / "out", "--backbone", other) == 2
    assert "encoded with another tokenizer" in capsys.readouterr().err
