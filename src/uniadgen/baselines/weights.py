"""Are the weights of a system there, of the right kind, and do they fit? Asked before anything large is downloaded or loaded.

found = find_weights("Qwen/Qwen2.5-7B-Instruct", {"qwen2"}, "--weights")        # a folder, a .gguf file, or a hub id
check_fits(found.elements, device, dtype, found.name)
folder = found.folder()                                                          # downloads a hub id, once
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from uniadgen.errors import InputError
from uniadgen.loading.hub import is_hub_id, local_folder
from uniadgen.loading.memory import check_memory
from uniadgen.loading.weights import headers, read_json, weight_files
from uniadgen.words import quoted

# What a hub id's download brings: no pickle, no code.
STEMS = ("model", "diffusion_pytorch_model")  # of weight files, as transformers and diffusers call them
PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.jinja", "*.model")


@dataclass(frozen=True)
class Weights:
    """elements: numbers in the weights, as far as can be told before a download. config: what says of which kind they are.
    parts: folders of a pipeline's weights."""

    name: str
    config: Mapping[str, Any]
    elements: int
    gguf: str | None = None
    parts: tuple[str, ...] = ()

    def folder(self) -> Path:
        if self.gguf is not None:
            return Path(self.name).parent
        patterns: tuple[str, ...] = PATTERNS
        if self.parts:  # repositories of pipelines hold the same weights once more, in one file or in other precisions
            files = [f"{stem}{rest}.safetensors" for stem in STEMS for rest in ("", "-0*")]
            patterns = (*(p for p in PATTERNS if p != "*.safetensors"), *(f"{p}/{file}" for p in self.parts for file in files))
        return local_folder(Path(self.name), patterns)

    @property
    def source(self) -> str:
        """For digests: the same for the same files, wherever they lie."""
        name = self.name if is_hub_id(self.name) else Path(self.name).name
        return f"{name}:{self.elements}:{json.dumps(self.config, sort_keys=True, default=str)}"


def find_weights(name: str, kinds: Collection[str], what: str) -> Weights:
    """A language model's weights. kinds: `model_type` of those that this system may have, empty for all that transformers can
    build. what: the option, for messages. Raises InputError."""
    if name.endswith(".gguf"):
        return _gguf(Path(name), kinds, what)
    config = _config(name, "config.json", what)
    kind = str(config.get("model_type"))
    check_kind(kind, kinds, name, what)
    if "auto_map" in config and kind not in {*kinds, *_buildable()}:
        raise InputError(f"{what}: {quoted(name)} brings code of its own, which is never run; use a model of transformers")
    return Weights(name, {"model_type": kind, "architectures": config.get("architectures")}, _size(name, what))


def check_kind(kind: str, kinds: Collection[str], name: str, what: str) -> None:
    if kinds and kind not in kinds:
        raise InputError(
            f"{what}: {quoted(name)} is of the kind {quoted(kind, 40)}; this system takes {', '.join(sorted(kinds))}"
        )
    if not kinds and kind not in _buildable():
        raise InputError(
            f"{what}: {quoted(name)} is of the kind {quoted(kind, 40)}, which is no language model of transformers"
        )


def find_pipeline(name: str, classes: Collection[str], parts: Iterable[str], what: str) -> Weights:
    """A pipeline of diffusers with its parts. classes: names of those that this system may be; parts: folders with weights that
    it needs. Raises InputError."""
    wanted = tuple(parts)
    kind = _checked_class(_config(name, "model_index.json", what), classes, name, what)
    return Weights(name, {"_class_name": kind}, _size(name, what, wanted), parts=wanted)


def find_part(name: str, classes: Collection[str], what: str) -> Weights:
    """One model of diffusers, as a ControlNet. Raises InputError."""
    kind = _checked_class(_config(name, "config.json", what), classes, name, what)
    return Weights(name, {"_class_name": kind}, _size(name, what))


def _checked_class(config: Mapping[str, Any], classes: Collection[str], name: str, what: str) -> str:
    kind = str(config.get("_class_name"))
    if kind not in classes:
        raise InputError(f"{what}: {quoted(name)} is a {quoted(kind, 60)}; this system takes {' or '.join(sorted(classes))}")
    return kind


def check_fits(elements: int, device: str, dtype: torch.dtype, where: str) -> None:
    """Raises InputError if so many numbers don't fit. device: "auto" counts all GPUs together."""
    if device == "auto" and torch.cuda.device_count() > 1:
        from uniadgen.loading.memory import free_memory

        free = sum(free_memory(f"cuda:{number}") or 0 for number in range(torch.cuda.device_count()))
        if elements * dtype.itemsize <= free:
            return
    check_memory({main_device(device): elements * dtype.itemsize}, dtype, where)


def main_device(device: str) -> torch.device:
    """Raises InputError for one that is not there."""
    from uniadgen.loading.devices import named_devices

    return named_devices(device)[0]


DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def dtype_of(name: str, device: torch.device) -> torch.dtype:
    """ "auto": bfloat16 on a GPU, float32 on a processor. Raises InputError."""
    if name == "auto":
        return torch.float32 if device.type == "cpu" else torch.bfloat16
    if name not in DTYPES:
        raise InputError(f"argument --dtype: {quoted(name)} is unknown; use auto, {', '.join(DTYPES)}")
    return DTYPES[name]


def _config(name: str, file: str, what: str) -> dict[str, Any]:
    """The file that says what the weights are; of a hub id it is downloaded, and nothing else yet."""
    if is_hub_id(name):
        return _config_of_hub(name, file, what)
    if not Path(name).is_dir():
        raise InputError(f"{what}: {quoted(name)} is no folder, and no id of the hub such as owner/model; supply the weights")
    return read_json(Path(name), file)


def _size(name: str, what: str, parts: tuple[str, ...] = ()) -> int:
    """How many numbers the weights have. parts: folders that have to be there."""
    if is_hub_id(name):
        return _size_on_hub(name, what, parts)
    folders = [Path(name, part) for part in parts] or [Path(name)]
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{what}: {quoted(folder.name)} is missing in {quoted(name)}; supply the whole folder")
    return sum(map(_elements, folders))


def _elements(folder: Path) -> int:
    """By the headers of the weight files. Raises InputError for files that are missing, damaged or pickles."""
    stem = STEMS[1]
    if (folder / f"{stem}.safetensors.index.json").is_file():
        mapping = read_json(folder, f"{stem}.safetensors.index.json").get("weight_map")
        names = sorted({Path(str(name)).name for name in mapping.values()}) if isinstance(mapping, dict) else []
        files = [folder / name for name in names]
    elif (folder / f"{stem}.safetensors").is_file():
        files = [folder / f"{stem}.safetensors"]
    else:
        files = weight_files(folder)
    total = 0
    for stored in headers(files, lambda weight: weight).values():
        size = 1
        for side in stored.shape:
            size *= side
        total += size
    return total


def _config_of_hub(name: str, file: str, what: str) -> dict[str, Any]:
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import GatedRepoError
    except ImportError:
        raise InputError(f"{what}: {quoted(name)} is no folder, and a download needs uniadgen[baselines]; install it") from None
    # Whether the hub can be read is known by now: a download would try for a minute, and say so line by line.
    offline = _files_on_hub(name, what) is None
    try:
        config = json.loads(Path(hf_hub_download(name, file, local_files_only=offline)).read_text("utf-8"))
        if not isinstance(config, dict):
            raise ValueError("no object")
        return config
    except GatedRepoError:
        raise _gated(name, what) from None
    except Exception as error:  # whatever the network raises
        reason = "nor is it in the cache" if offline else type(error).__name__
        raise InputError(
            f"{what}: {quoted(name)} is no folder, and the hub can't be read ({reason}); download it and name its folder"
        ) from None


def _gated(name: str, what: str) -> InputError:
    return InputError(f"{what}: the owner of {quoted(name)} restricts it; ask for access on the hub, then log in")


def _files_on_hub(name: str, what: str) -> list[Any] | None:
    """The files of a model, with their sizes; None where the hub can't be read. Raises InputError if there is no such model."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        return list(HfApi().model_info(name, files_metadata=True, timeout=10).siblings or [])
    except GatedRepoError:
        raise _gated(name, what) from None
    except RepositoryNotFoundError:
        raise InputError(f"{what}: {quoted(name)} is no folder, and the hub has no such model") from None
    except Exception:  # whatever the network raises
        return None


def _size_on_hub(name: str, what: str, parts: tuple[str, ...]) -> int:
    """By the hub's list of files; 0 where the hub can't be read, as with a copy in the cache: loading tells what lacks."""
    files = _files_on_hub(name, what)
    if files is None:
        return 0
    sizes = [
        file.size or 0
        for file in files
        if file.rfilename.endswith(".safetensors")
        and ".fp16." not in file.rfilename
        and ("/" not in file.rfilename if not parts else file.rfilename.split("/")[0] in parts)
    ]
    if not sizes:
        raise InputError(f"{what}: {quoted(name)} has no safetensors on the hub; pickles are never opened")
    return sum(sizes) // 2  # published in 16 bits


def _gguf(path: Path, kinds: Collection[str], what: str) -> Weights:
    try:
        from gguf import GGUFReader
    except ImportError:
        raise InputError(f"{what}: a GGUF file needs the package gguf; install uniadgen[baselines]") from None
    try:
        reader = GGUFReader(path)
        field = reader.fields["general.architecture"]
        kind = bytes(field.parts[field.data[0]]).decode()
        elements = sum(int(tensor.n_elements) for tensor in reader.tensors)
    except Exception:  # of a damaged file the reader raises whatever comes
        raise InputError(f"{what}: {quoted(path)} is not there or no GGUF file; name one, or a folder") from None
    check_kind(kind, kinds, str(path), what)
    return Weights(str(path), {"model_type": kind}, elements, path.name)


def _buildable() -> Collection[str]:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.keys()
