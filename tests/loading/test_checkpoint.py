import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from uniadgen.errors import InputError
from uniadgen.loading import checkpoint
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel


@pytest.fixture
def folder(tmp_path: Path, model: UnifiedModel, tokenizer: TextTokenizer) -> Path:
    checkpoint.save(tmp_path / "model", model, tokenizer)
    return tmp_path / "model"


def test_round_trip(folder: Path, model: UnifiedModel, tokenizer: TextTokenizer) -> None:
    loaded, loaded_tokenizer = checkpoint.load(folder)
    assert loaded.config == model.config
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    assert loaded_tokenizer.encode(" Rapid Boil 清新") == tokenizer.encode(" Rapid Boil 清新")
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.safetensors", "tokenizer.json"]


def _drop(state: dict[str, torch.Tensor]) -> None:
    del state["text_head.weight"]


def _reshape(state: dict[str, torch.Tensor]) -> None:
    state["text_head.weight"] = state["text_head.weight"][1:].clone()


def _add(state: dict[str, torch.Tensor]) -> None:
    state["surprise"] = torch.zeros(1)


@pytest.mark.parametrize(("change", "named"), [(_drop, "missing"), (_reshape, "shape"), (_add, "surprise")])
def test_weights_that_do_not_fit_are_named(folder: Path, change, named: str) -> None:  # type: ignore[no-untyped-def]
    state = load_file(folder / "model.safetensors")
    change(state)
    save_file(state, folder / "model.safetensors")
    with pytest.raises(InputError, match=named) as caught:
        checkpoint.load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_missing_and_corrupt_files_are_refused(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"\x80\x04pickle"):
        (folder / name).write_bytes(content)
        with pytest.raises(InputError, match=name.split(".")[0]):
            checkpoint.load(folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        checkpoint.load(folder)


def test_unknown_and_contradictory_configurations_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    for change in ({"colour": 1}, {"decoder": {**config["decoder"], "heads": 5}}, {"image": 3}):
        (folder / "config.json").write_text(json.dumps({**config, **change}))
        with pytest.raises(InputError):
            checkpoint.load(folder)


def test_unknown_folder() -> None:
    with pytest.raises(InputError, match="no such folder"):
        checkpoint.load(Path("nowhere"))


@pytest.mark.slow
def test_a_model_is_loaded_without_torch_s_compiler() -> None:
    """Which takes seconds to import, and is not needed to make modules without memory."""
    code = (
        "import sys; from uniadgen import AdGenerator; AdGenerator.from_pretrained(); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
