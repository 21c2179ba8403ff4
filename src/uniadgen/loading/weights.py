"""Weights in safetensors files: looked through by their headers first, then streamed into a model that takes no memory before.

    found = headers(weight_files(folder), lambda name: name)
    compare(folder, found, model.state_dict())                # model: on the meta device
    stream(model, found, devices.of, torch.bfloat16)

Nothing is ever unpickled.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.strictjson import RepeatedKey, unrepeated
from uniadgen.words import quoted

INDEX, SINGLE = "model.safetensors.index.json", "model.safetensors"
FLOATS = ("F64", "F32", "F16", "BF16")


@dataclass(frozen=True)
class Stored:
    """One weight in a file, not read yet."""

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: str  # as safetensors spells it


def weight_files(folder: Path) -> list[Path]:
    """The files with a model's weights: one, or the shards that an index names. Raises InputError."""
    if (folder / INDEX).is_file():
        mapping = read_json(folder, INDEX).get("weight_map")
        if not isinstance(mapping, dict) or not mapping or not all(isinstance(name, str) for name in mapping.values()):
            raise InputError(f"{folder / INDEX}: no weight_map; restore the file")
        names = sorted(set(mapping.values()))
        for name in names:
            if Path(name).name != name or not name.endswith(".safetensors"):
                raise InputError(
                    f"{folder / INDEX}: {name!r} is no safetensors file beside it; pickled weights are never opened"
                )
            if not (folder / name).is_file():
                raise InputError(
                    f"model folder {folder}: {name} is missing, one of {len(names)} weight files; download it again"
                )
        return [folder / name for name in names]
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    pickled = sorted(p.name for p in folder.iterdir() if p.suffix in (".bin", ".pt", ".pth", ".ckpt"))
    if pickled:
        raise InputError(f"model folder {folder}: {pickled[0]} is a pickle, which is never opened; convert it to {SINGLE}")
    raise InputError(f"model folder {folder}: {SINGLE} is missing; supply a whole model folder")


def headers(files: Iterable[Path], ours: Callable[[str], str | None]) -> dict[str, Stored]:
    """Our name -> the weight in the files; reads headers only.

    ours: from a file's name of a weight to ours; "" for what is not needed, None for what is unknown. Raises InputError.
    """
    tensors: dict[str, Stored] = {}
    for path in files:
        try:
            with safe_open(str(path), framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 (not a dictionary)
                    mine = ours(name)
                    if mine is None:
                        raise InputError(f"{path}: unknown weight {name}; the file does not fit config.json")
                    if mine in tensors:
                        raise InputError(f"{path}: weight {name} is there twice; download the folder again")
                    if mine:
                        header = file.get_slice(name)
                        tensors[mine] = Stored(path, name, tuple(header.get_shape()), header.get_dtype())
        except (SafetensorError, OSError) as error:
            raise unreadable(path, error) from None
    return tensors


def compare(folder: Path, stored: Mapping[str, Stored], expected: Mapping[str, Tensor]) -> None:
    """Raises InputError for the first weight that is missing, unknown or of another shape or kind than the model has."""
    for name in sorted(expected.keys() - stored.keys())[:1]:
        raise InputError(f"model folder {folder}: the weight for {name} is missing; what is there does not fit config.json")
    for name in sorted(stored.keys() - expected.keys())[:1]:
        raise InputError(f"{stored[name].path}: unknown weight {stored[name].name}; the file does not fit config.json")
    for name, tensor in expected.items():
        header = stored[name]
        if header.shape != tuple(tensor.shape):
            raise InputError(
                f"{header.path}: weight {header.name} has shape {header.shape}, config.json asks for {tuple(tensor.shape)}"
            )
        if tensor.is_floating_point() and header.dtype not in FLOATS:
            raise InputError(f"{header.path}: weight {header.name} is stored as {header.dtype}; supply floating-point weights")


def stream(
    model: nn.Module, stored: Mapping[str, Stored], device_of: Callable[[str], torch.device], dtype: torch.dtype
) -> None:
    """Puts the weights into the model, one file at a time: never more in memory than the model and one file."""
    for path in sorted({weight.path for weight in stored.values()}):
        state: dict[str, Tensor] = {}
        try:
            with safe_open(str(path), framework="pt") as file:
                for ours, weight in stored.items():
                    if weight.path == path:
                        tensor = file.get_tensor(weight.name)
                        wanted = dtype if tensor.is_floating_point() else tensor.dtype
                        state[ours] = finite(path, weight.name, tensor.to(device_of(ours), wanted))
        except (SafetensorError, OSError) as error:
            raise unreadable(path, error) from None
        model.load_state_dict(state, strict=False, assign=True)


def finite(path: Path, name: str, tensor: Tensor) -> Tensor:
    """The weight itself. Raises InputError if it holds what no computation survives."""
    if tensor.is_floating_point() and tensor.numel() and not torch.isfinite(torch.stack(tensor.aminmax())).all():
        kind = str(tensor.dtype).removeprefix("torch.")
        raise InputError(
            f"{path}: weight {name} holds values that are no numbers or too large for {kind}; restore the file, or train again"
        )
    return tensor


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a small safetensors file, by name. Raises InputError for a damaged one."""
    try:
        with safe_open(str(path), framework="pt") as file:
            return {name: finite(path, name, file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: not a readable safetensors file ({one_line(error)}); restore it or download it again")


def read_json(folder: Path, name: str, optional: bool = False) -> dict[str, Any]:
    """A JSON object in a model folder; {} for an optional one that is not there. Raises InputError."""
    path = folder / name
    if optional and not path.is_file():
        return {}
    if not folder.is_dir():
        raise InputError(f"model folder {folder}: no such folder; supply the folder of a model")
    try:
        values = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unrepeated)
    except FileNotFoundError:
        raise InputError(f"model folder {folder}: {name} is missing; supply a whole model folder") from None
    except RepeatedKey as error:
        raise InputError(f"{path}: the key {quoted(error.key)} stands there more than once; keep one") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON ({one_line(error)}); restore the file") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected an object, found {type(values).__name__}; restore the file")
    return values


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
