"""Seconds by stage, and how many threads a model's decoding gets."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch

from uniadgen.cores import cores_of_container
from uniadgen.decoding.engine import SMALL_WIDTH
from uniadgen.model.unified import UnifiedModel


@dataclass
class Timings:
    """Seconds by stage and ad: what a batch takes is shared equally among its ads."""

    ads: int
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + (time.perf_counter() - start) / self.ads


def lanes_of(model: UnifiedModel) -> int:
    """How many threads may make ads at once, each its own: one for each core for a small model on a CPU, otherwise one."""
    return min(torch.get_num_threads(), cores_of_container()) if _is_small(model) else 1


def use_cores(count: int) -> None:
    """With how many cores this thread computes from now on."""
    torch.set_num_threads(count)


@contextmanager
def fitting_threads(model: UnifiedModel) -> Iterator[int]:
    """One thread per operation while a small model decodes on a CPU; yields how many parts of a batch may run side by side.

    A step of a small model is too short to share: two threads are no faster than one, and when other processes want the cores
    the threads wait for each other at every operation (seen: minutes instead of seconds).
    """
    threads = torch.get_num_threads()
    small = _is_small(model)
    torch.set_num_threads(1 if small else threads)
    try:
        yield threads if small else 1
    finally:
        torch.set_num_threads(threads)


def _is_small(model: UnifiedModel) -> bool:
    return model.device.type == "cpu" and model.config.decoder.width <= SMALL_WIDTH
