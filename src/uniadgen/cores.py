"""The processor's cores that this process may use: fewer than the machine has, in a container or under `taskset`."""

import os


def usable_cores() -> list[int]:
    """Their numbers, at least one."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
