"""Damaged and hostile model folders: an ad or one clear line, whatever is in them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mutations import outcome
from uniadgen.errors import InputError
from uniadgen.loading import checkpoint
from uniadgen.loading.background_encoder import load_encoder, save_encoder
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder
from uniadgen.model.config import ModelConfig, embedded, janus_pro, tiny
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel

SEEDS = 150


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, model: UnifiedModel, tokenizer: TextTokenizer) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "model"
    checkpoint.save(folder, model, tokenizer)
    return folder


def test_mutated_folders_give_an_ad_or_one_line(folder: Path, tmp_path: Path) -> None:
    outcomes = [outcome(folder, tmp_path / "mutated", seed) for seed in range(SEEDS)]
    assert not [message for message in outcomes if "\n" in message]
    assert 0 < outcomes.count("an ad") < SEEDS / 2  # the mutations are of either kind


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("guidance", "temperature", "0.4"),
        ("guidance", "top_k", "50"),
        ("guidance", "scene_temperature", "0.1"),
        ("guidance", "weight", float("nan")),
        ("guidance", "temperature", float("inf")),
        ("decoder", "layers", -1),
        ("decoder", "layers", 10**9),
        ("decoder", "layers", 2.0),
        ("decoder", "layers", True),
        ("decoder", "heads", 5),
        ("decoder", "heads", 0),
        ("decoder", "feed_forward", 2**17 + 1),
        ("decoder", "rope_theta", 0),
        ("preference", "temperature", None),
        ("preference", "heads", 3),
        ("preference", "clicks", -1),
        ("preference", "keep", 0),
        ("foreground", "pixels_per_token", 14),
        ("foreground", "heads", 5),
        ("foreground", "dinov2", {"num_hidden_layers": 10**9}),
        ("image", "channels", []),
        ("image", "channels", [8, 8, 24]),
        ("image", "levels", [1] * 30),
        ("image", "levels", []),
        ("image", "patch", 32),
        ("image", "janus", {"num_res_blocks": 10**9}),
        ("image", "deviation", [0, 0, 0]),
        ("text", "ad_tokens", [48]),
        ("text", "ad_tokens", 10**9),
        ("text", "specials", ""),
        ("text", "prompt_prefix", 5),
        ("text", "prompt_prefix", "\ud800"),
        ("image", "coarse", [0]),
        ("image", "coarse", [2, 3]),
        ("image", "coarse", [4]),
        ("image", "upsampling", 3),
        ("scene", "levels", -1),
        ("scene", "levels", 10**9),
        ("scene", "codes", 10**9),
        ("scene", "size", 30),
        ("scene", "channels", [8, 8, 9]),
    ],
)
def test_a_wrong_value_is_named(section: str, name: str, value: Any) -> None:
    values = tiny().to_dict()
    values[section][name] = value
    with pytest.raises(InputError, match=rf"config[.:].*\b{name}\b") as caught:
        ModelConfig.from_dict(values)
    assert len(str(caught.value)) < 400


def test_a_value_that_stands_there_twice_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "model")
    config = tmp_path / "model" / "config.json"
    config.write_text(config.read_text("utf-8").replace('"decoder": {', '"decoder": {"layers": 3, ', 1), "utf-8")
    with pytest.raises(InputError, match=r'config\.json: the key "layers" stands there more than once'):
        checkpoint.load(tmp_path / "model")


def test_values_in_code_are_held_to_the_same() -> None:
    with pytest.raises(InputError, match=r"config\.text_temperature: -1 is no number from 0 to 100"):
        ModelConfig(text_temperature=-1)


def test_a_misspelt_field_is_told_its_name() -> None:
    with pytest.raises(InputError, match=r"config\.decoder\.layer: unknown field .*did you mean layers\?"):
        ModelConfig.from_dict({"decoder": {"layer": 3}})


@pytest.mark.parametrize("config", [tiny(), embedded(), janus_pro("1B"), janus_pro("7B")])
def test_configurations_survive_json(config: ModelConfig) -> None:
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_weights_too_large_for_the_memory(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by the headers, before anything is allocated."""
    monkeypatch.setattr("uniadgen.loading.memory.free_memory", lambda device: 1000)
    with pytest.raises(InputError, match="GB free"):
        checkpoint.load(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers(folder: Path, tmp_path: Path, value: float) -> None:
    shutil.copytree(folder, tmp_path / "model")
    state = load_file(folder / "model.safetensors")
    state["decoder.blocks.1.up_proj.weight"].view(-1)[7] = value
    save_file(state, tmp_path / "model" / "model.safetensors")
    with pytest.raises(InputError, match=r"decoder\.blocks\.1\.up_proj\.weight holds values that are no numbers"):
        checkpoint.load(tmp_path / "model")


def test_weights_that_a_smaller_dtype_cannot_hold(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "model")
    state = load_file(folder / "model.safetensors")
    state["decoder.norm.weight"][0] = 1e6
    save_file(state, tmp_path / "model" / "model.safetensors")
    checkpoint.load(tmp_path / "model", dtype=torch.bfloat16)
    with pytest.raises(InputError, match="too large for float16"):
        checkpoint.load(tmp_path / "model", dtype=torch.float16)


def test_an_image_tokenizer_of_its_own(tmp_path: Path) -> None:
    tokenizer = FSQTokenizer(tiny().image)
    checkpoint.save_tokenizer(tmp_path, tokenizer, tiny())
    loaded, config = checkpoint.load_tokenizer(tmp_path)
    assert config == tiny()
    for name, tensor in tokenizer.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    path = tmp_path / checkpoint.IMAGE_TOKENIZER
    state = load_file(path)
    state["decoder.0.weight"].view(-1)[0] = torch.nan
    save_file(state, path)
    with pytest.raises(InputError, match=r"decoder\.0\.weight"):
        checkpoint.load_tokenizer(tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="not a readable safetensors file"):
        checkpoint.load_tokenizer(tmp_path)


def test_a_background_encoder_of_impossible_size(tmp_path: Path) -> None:
    path = tmp_path / "pbs.safetensors"
    encoder = BackgroundEncoder(BackgroundConfig(32, 8, 32, 1, 2))
    save_encoder(path, encoder)
    save_file(load_file(path), path, {"background": json.dumps({"layers": 10**9})})
    with pytest.raises(InputError, match=r"background\.layers"):
        load_encoder(path)
    with torch.no_grad():
        encoder.positions[0, 0, 0] = torch.nan
    save_encoder(path, encoder)
    with pytest.raises(InputError, match="positions holds values"):
        load_encoder(path)
