"""The processor's cores that this process may use: fewer than the machine has, in a container or under `taskset`."""

import os
from pathlib import Path

UNLIMITED = 1024


def usable_cores() -> list[int]:
    """Their numbers, at least one."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def cores_of_container(limits: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """How many cores Linux lets this container use at a time, at least 1; very many where there is no limit."""
    try:
        quota, period = limits.read_text().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max"
        return UNLIMITED
