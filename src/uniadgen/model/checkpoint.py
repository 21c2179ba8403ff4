"""A model as a folder: config.json, model.safetensors, tokenizer.json. Nothing is ever unpickled.

`save` writes every file whole or not at all; `load` refuses anything missing, corrupted or of the wrong shape with one line. A
folder of transformers goes to `janus`.
"""

import json
import os
import tempfile
from importlib import resources
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from uniadgen.errors import InputError
from uniadgen.model import janus
from uniadgen.model.config import ModelConfig
from uniadgen.model.image_tokenizer import FSQTokenizer, JanusTokenizer
from uniadgen.model.memory import check_memory
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel

CONFIG, WEIGHTS, TOKENIZER = "config.json", "model.safetensors", "tokenizer.json"
IMAGE_TOKENIZER = "image_tokenizer.safetensors"


def embedded_folder() -> Path:
    """The folder of the model that ships with the package."""
    return Path(str(resources.files("uniadgen") / "weights"))


def save(folder: Path, model: UnifiedModel, tokenizer: TextTokenizer, dtype: torch.dtype | None = None) -> None:
    """Writes the folder; floating-point weights are stored in `dtype` if one is given."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, torch.Tensor] = {}
    stored: set[int] = set()
    for name, t in model.state_dict().items():
        tensor = (t.to(dtype) if dtype is not None and t.is_floating_point() else t).contiguous().cpu()
        # tied weights are written twice: the format refuses tensors that share memory
        tensors[name] = tensor.clone() if tensor.data_ptr() in stored else tensor
        stored.add(tensor.data_ptr())
    _write(folder / TOKENIZER, lambda path: tokenizer.save(path))
    _write(folder / CONFIG, lambda path: path.write_text(json.dumps(model.config.to_dict(), indent=2) + "\n"))
    _write(folder / WEIGHTS, lambda path: save_file(tensors, path))


def load(
    folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32, foreground: Path | None = None
) -> tuple[UnifiedModel, TextTokenizer]:
    """The model in evaluation mode and its tokenizer. foreground: folder of a DINOv2, for a Janus folder. Raises InputError."""
    if janus.is_transformers(folder):
        return janus.load(folder, foreground, device, dtype)
    if foreground is not None:
        raise InputError(f"model folder {folder}: has its own foreground encoder; leave foreground out")
    config = load_config(folder)
    for name in (WEIGHTS, TOKENIZER):
        if not (folder / name).is_file():
            raise InputError(f"model folder {folder}: {name} is missing; supply a folder written by uniadgen")
    tokenizer = TextTokenizer.load(folder / TOKENIZER, config.text.specials)
    if tokenizer.size > config.decoder.text_vocabulary:
        raise InputError(
            f"model folder {folder}: tokenizer.json has {tokenizer.size} ids, config.json only "
            f"{config.decoder.text_vocabulary}; the files belong to different models"
        )
    with torch.device("meta"):
        model = UnifiedModel(config)
    check_memory(model, device, dtype, f"model folder {folder}")
    _load_weights(model, folder / WEIGHTS, device, dtype)
    return model.eval(), tokenizer


def save_tokenizer(folder: Path, tokenizer: FSQTokenizer, config: ModelConfig) -> None:
    """Writes an image tokenizer alone, with the configuration of the model that it is for."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: t.contiguous().cpu() for name, t in tokenizer.state_dict().items()}
    _write(folder / CONFIG, lambda path: path.write_text(json.dumps(config.to_dict(), indent=2) + "\n"))
    _write(folder / IMAGE_TOKENIZER, lambda path: save_file(tensors, path))


def load_tokenizer(folder: Path, device: torch.device | str = "cpu") -> tuple[FSQTokenizer | JanusTokenizer, ModelConfig]:
    """The image tokenizer that `save_tokenizer` wrote, or that of a model folder, in evaluation mode. Raises InputError."""
    path = folder / IMAGE_TOKENIZER
    if not path.is_file():
        model, _ = load(folder, device)
        return model.image_tokenizer, model.config
    config = load_config(folder)
    tokenizer = FSQTokenizer(config.image)
    try:
        tokenizer.load_state_dict(load_file(path))
    except (OSError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"{path}: does not fit {CONFIG} beside it ({reason}); train the tokenizer again") from None
    return tokenizer.eval().to(device), config


def load_config(folder: Path) -> ModelConfig:
    if not folder.is_dir():
        raise InputError(f"model folder {folder}: no such folder; supply a folder with {CONFIG}, {WEIGHTS} and {TOKENIZER}")
    path = folder / CONFIG
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"model folder {folder}: {CONFIG} is missing; supply a folder written by uniadgen") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); restore the file") from None
    try:
        return ModelConfig.from_dict(values)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _load_weights(model: UnifiedModel, path: Path, device: torch.device | str, dtype: torch.dtype) -> None:
    expected = model.state_dict()
    try:
        with safe_open(str(path), framework="pt", device=str(device)) as file:
            names = set(file.keys())
            for name in sorted(expected.keys() - names)[:1]:
                raise InputError(f"{path}: weight {name} is missing; the file does not fit its config.json")
            for name in sorted(names - expected.keys())[:1]:
                raise InputError(f"{path}: unknown weight {name}; the file does not fit its config.json")
            for name, tensor in expected.items():
                shape = tuple(file.get_slice(name).get_shape())
                if shape != tuple(tensor.shape):
                    raise InputError(f"{path}: weight {name} has shape {shape}, config.json asks for {tuple(tensor.shape)}")
            loaded = ((name, file.get_tensor(name)) for name in names)
            state = {name: t.to(dtype) if t.is_floating_point() else t for name, t in loaded}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error}); restore the file") from None
    model.load_state_dict(state, assign=True)


def _write(path: Path, write) -> None:  # type: ignore[no-untyped-def]
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
