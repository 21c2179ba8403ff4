"""Whether a model fits, asked before it is loaded."""

import sys
from collections.abc import Mapping
from pathlib import Path

import torch

from uniadgen.errors import InputError


def free_memory(device: torch.device | str) -> int | None:
    """Bytes that can still be allocated on a device; None where that can't be told."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type != "cpu":
        return None
    try:
        free = min(_free_of_machine(), _free_addresses())
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    try:  # a container may have less than its machine
        group = Path("/sys/fs/cgroup")
        used = next(
            int(line.split()[1]) for line in (group / "memory.stat").read_text().splitlines() if line.startswith("anon ")
        )
        return min(free, int((group / "memory.max").read_text()) - used)
    except (OSError, StopIteration, ValueError, IndexError):
        return free


def _free_of_machine() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def _free_addresses() -> int:
    """What `ulimit -v` leaves to this process."""
    import resource  # not there on Windows, nor is /proc

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return sys.maxsize if limit == resource.RLIM_INFINITY else max(0, limit - used)


def check_memory(needs: Mapping[torch.device, int], dtype: torch.dtype, where: str) -> None:
    """Raises InputError if weights would not fit. needs: bytes on each device; dtype: only to be named."""
    for device, need in needs.items():
        free = free_memory(device)
        if free is not None and need > free:
            raise InputError(
                f"{where}: its weights need {need / 1e9:.1f} GB in {str(dtype).removeprefix('torch.')}, but {device} has "
                f"{free / 1e9:.1f} GB free; use a smaller dtype, a smaller model or another device"
            )
