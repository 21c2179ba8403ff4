"""On which devices a model lies: one, or blocks of the decoder on several.

    AdGenerator.from_pretrained(folder, device="auto")                                             # all GPUs there are
    AdGenerator.from_pretrained(folder, device={"": "cuda:0", "decoder.blocks.20": "cuda:1", ...})

What can lie elsewhere than the main device are the matrices of decoder blocks, nearly all of a large model. Their inputs are
moved to them and their outputs back, some kilobytes a step. Norms, keys and values stay on the main device with the rest, so
whatever drives the decoder needs to know of one device only.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.loading.memory import free_memory

Device = torch.device | str
DeviceMap = Device | Mapping[str, Device]
FILL = 0.8  # share of a GPU's free memory that "auto" gives to weights; the rest is for caches and activations
_BLOCK = re.compile(r"decoder\.blocks\.(\d+)")
_MATRIX = re.compile(r"decoder\.blocks\.(\d+)\.\w+_proj\.weight")


@dataclass(frozen=True)
class Devices:
    """Where each part of a model lies."""

    main: torch.device
    blocks: tuple[torch.device, ...]  # one per decoder block

    def of(self, name: str) -> torch.device:
        """The device of a parameter by its name in the model."""
        matrix = _MATRIX.fullmatch(name)
        return self.blocks[int(matrix[1])] if matrix else self.main


def resolve_devices(device: DeviceMap, model: nn.Module, dtype: torch.dtype) -> Devices:
    """device: one device, "auto", or a map from "" (everything) and "decoder.blocks.N" to devices.

    "auto" fills the GPUs one after the other, since a step runs through the blocks in order anyway; without a GPU it is "cpu".
    model: with its parameters on any device, also meta. Raises InputError.
    """
    sizes = _block_sizes(model, dtype)
    if isinstance(device, Mapping):
        return _mapped(device, len(sizes))
    if str(device) != "auto":
        main = _device(device)
        return Devices(main, (main,) * len(sizes))
    devices = [torch.device("cuda", index) for index in range(torch.cuda.device_count())] or [torch.device("cpu")]
    rest = sum(p.numel() for p in model.parameters()) * dtype.itemsize - sum(sizes)
    filled = fill([int((free_memory(d) or 0) * FILL) for d in devices], sizes, rest)
    return Devices(devices[0], tuple(devices[index] for index in filled))


def named_devices(device: DeviceMap) -> list[torch.device]:
    """The devices that a map names, of "auto" the first that it fills. Raises InputError for one that is not there."""
    if isinstance(device, Mapping):
        return [_device(value) for value in device.values()]
    if str(device) == "auto":
        return [torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")]
    return [_device(device)]


def fill(room: Sequence[int], blocks: Sequence[int], rest: int) -> list[int]:
    """For each block the number of its device. room: bytes of each device, of which the first also takes `rest`.

    What fits nowhere goes to the last device.
    """
    left, device, devices = [room[0] - rest, *room[1:]], 0, []
    for size in blocks:
        while device < len(left) - 1 and left[device] < size:
            device += 1
        left[device] -= size
        devices.append(device)
    return devices


def bytes_by_device(model: nn.Module, devices: Devices, dtype: torch.dtype) -> dict[torch.device, int]:
    """What the parameters will take on each device."""
    needs: dict[torch.device, int] = {}
    for name, p in model.named_parameters():
        where = devices.of(name)
        needs[where] = needs.get(where, 0) + p.numel() * dtype.itemsize
    return needs


class Elsewhere(nn.Linear):
    """A linear layer on another device than its input, where its output is wanted, too."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.to(self.weight.device)).to(x.device)


def connect(blocks: Iterable[nn.Module], devices: Devices) -> None:
    """Makes the linear layers of blocks that lie elsewhere move their inputs and outputs; the layers keep their weights."""
    for block, device in zip(blocks, devices.blocks, strict=True):
        if device == devices.main:
            continue
        for name, layer in list(block.named_children()):
            if isinstance(layer, nn.Linear):
                moving = Elsewhere(layer.in_features, layer.out_features, bias=False, device="meta")
                moving.weight = layer.weight
                setattr(block, name, moving)


def _block_sizes(model: nn.Module, dtype: torch.dtype) -> list[int]:
    sizes: dict[int, int] = {}
    for name, p in model.named_parameters():
        if matrix := _MATRIX.fullmatch(name):
            sizes[int(matrix[1])] = sizes.get(int(matrix[1]), 0) + p.numel() * dtype.itemsize
    return [sizes[index] for index in range(len(sizes))]


def _mapped(devices: Mapping[str, Device], blocks: int) -> Devices:
    if "" not in devices:
        raise InputError('device map: no device for ""; it takes everything that is not named')
    main = _device(devices[""])
    placed = [main] * blocks
    for name, device in devices.items():
        block = _BLOCK.fullmatch(name)
        if name and (block is None or int(block[1]) >= blocks):
            raise InputError(f'device map: {name!r} is unknown; name "" and decoder.blocks.0 to decoder.blocks.{blocks - 1}')
        if block is not None:
            placed[int(block[1])] = _device(device)
    return Devices(main, tuple(placed))


def _device(device: Device) -> torch.device:
    """Raises InputError for a device that torch doesn't know, that isn't there, or that can't be computed on."""
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError):
        raise InputError(f"device {device!r} is unknown; use for example cpu, cuda, cuda:1 or auto") from None
    if chosen.type == "cuda":
        if not torch.cuda.is_available():
            raise InputError(f"device {device}: this machine or this build of torch has no CUDA device; use cpu")
        chosen = torch.device("cuda", torch.cuda.current_device() if chosen.index is None else chosen.index)
        if chosen.index >= torch.cuda.device_count():
            raise InputError(f"device {device}: there are {torch.cuda.device_count()} CUDA devices, counted from cuda:0")
    if chosen.type not in ("cpu", "meta"):  # which names torch knows depends on its build, what works on the machine
        try:
            torch.zeros(1, device=chosen).add_(1).cpu()
        except (RuntimeError, AssertionError, NotImplementedError, ImportError):
            raise InputError(f"device {device}: this machine or this build of torch can't compute on it; use cpu") from None
    return chosen
