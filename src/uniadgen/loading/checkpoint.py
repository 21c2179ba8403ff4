"""A model as a folder: config.json, model.safetensors, tokenizer.json. Nothing is ever unpickled.

`save` writes every file whole or not at all; `load` refuses anything missing, corrupted or of the wrong shape with one line. A
folder of transformers goes to `janus`, what was trained on a backbone to `lora`, a hub id to `hub` first.
"""

import json
from importlib import resources
from pathlib import Path

import torch
from safetensors.torch import save_file

from uniadgen.errors import InputError
from uniadgen.files import whole_file, write_text
from uniadgen.loading import hub, janus, lora
from uniadgen.loading.devices import DeviceMap, bytes_by_device, connect, resolve_devices
from uniadgen.loading.memory import check_memory
from uniadgen.loading.weights import compare, headers, read_json, stream, weight_files
from uniadgen.model.config import ModelConfig
from uniadgen.model.image_tokenizer import FSQTokenizer, JanusTokenizer
from uniadgen.model.layers import weightless
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel, empty_model

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
IMAGE_TOKENIZER = "image_tokenizer.safetensors"


def embedded_folder() -> Path:
    """The folder of the model that ships with the package."""
    return Path(str(resources.files("uniadgen") / "weights"))


def save(folder: Path, model: UnifiedModel, tokenizer: TextTokenizer, dtype: torch.dtype | None = None) -> None:
    """Writes the folder; floating-point weights are stored in `dtype` if one is given.

    Of a model on a backbone only what was trained is written (`lora`), unless its `adapter` has been set to None.
    """
    if model.adapter is not None:
        return lora.save(folder, model, dtype)
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, torch.Tensor] = {}
    stored: set[int] = set()
    for name, t in model.state_dict().items():
        tensor = (t.to(dtype) if dtype is not None and t.is_floating_point() else t).contiguous().cpu()
        # tied weights are written twice: the format refuses tensors that share memory
        tensors[name] = tensor.clone() if tensor.data_ptr() in stored else tensor
        stored.add(tensor.data_ptr())
    with whole_file(folder / TOKENIZER) as path:
        tokenizer.save(path)
    write_text(folder / CONFIG, json.dumps(model.config.to_dict(), indent=2) + "\n")
    with whole_file(folder / WEIGHTS) as path:
        save_file(tensors, path)


def load(
    folder: Path, device: DeviceMap = "cpu", dtype: torch.dtype = torch.float32, foreground: Path | None = None
) -> tuple[UnifiedModel, TextTokenizer]:
    """The model in evaluation mode and its tokenizer.

    folder: or a hub id. device: see `devices`. foreground: folder or hub id of a DINOv2, for a Janus folder. Raises
    InputError.
    """
    folder, foreground = hub.local_folder(folder), None if foreground is None else hub.local_folder(foreground)
    if janus.is_transformers(folder):
        return janus.load(folder, foreground, device, dtype)
    if foreground is not None:
        raise InputError(f"model folder {folder}: has its own foreground encoder; leave foreground out")
    config = load_config(folder)
    if lora.is_adapter(folder):
        return lora.load(folder, config, device, dtype)
    if not (folder / TOKENIZER).is_file():
        raise InputError(f"model folder {folder}: {TOKENIZER} is missing; supply a folder written by uniadgen")
    tokenizer = TextTokenizer.load(folder / TOKENIZER, config.text.specials)
    if tokenizer.size > config.decoder.text_vocabulary:
        raise InputError(
            f"model folder {folder}: tokenizer.json has {tokenizer.size} ids, config.json only "
            f"{config.decoder.text_vocabulary}; the files belong to different models"
        )
    stored = headers(weight_files(folder), lambda name: name)
    model = empty_model(config)
    compare(folder, stored, model.state_dict())
    devices = resolve_devices(device, model, dtype)
    check_memory(bytes_by_device(model, devices, dtype), dtype, f"model folder {folder}")
    stream(model, stored, devices.of, dtype)
    connect(model.decoder.blocks, devices)
    return model.eval(), tokenizer


def save_tokenizer(folder: Path, tokenizer: FSQTokenizer, config: ModelConfig) -> None:
    """Writes an image tokenizer alone, with the configuration of the model that it is for."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: t.contiguous().cpu() for name, t in tokenizer.state_dict().items()}
    write_text(folder / CONFIG, json.dumps(config.to_dict(), indent=2) + "\n")
    with whole_file(folder / IMAGE_TOKENIZER) as path:
        save_file(tensors, path)


def load_tokenizer(folder: Path, device: torch.device | str = "cpu") -> tuple[FSQTokenizer | JanusTokenizer, ModelConfig]:
    """The image tokenizer that `save_tokenizer` wrote, or that of a model by its folder or hub id, in evaluation mode.

    Raises InputError.
    """
    folder = hub.local_folder(folder)
    if janus.is_transformers(folder):
        return janus.load_image_tokenizer(folder, device)
    path = folder / IMAGE_TOKENIZER
    if not path.is_file():
        model, _ = load(folder, device)
        return model.image_tokenizer, model.config
    config = load_config(folder)
    with weightless():
        tokenizer = FSQTokenizer(config.image)
    stored, where = headers([path], lambda name: name), torch.device(device)
    compare(folder, stored, tokenizer.state_dict())
    stream(tokenizer, stored, lambda _: where, torch.float32)
    return tokenizer.eval(), config


def load_config(folder: Path) -> ModelConfig:
    values = read_json(folder, CONFIG)
    try:
        return ModelConfig.from_dict(values)
    except InputError as error:
        raise InputError(f"{folder / CONFIG}: {error}") from None
