"""Batches made ahead of training by other processes, the same ones in the same order with any number of them.

batch_at = in_order(make, last, workers)     # make(step): the batch of a step, or what becomes it
for step in range(resumed, last): batch_at(step)
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

T = TypeVar("T")


def ahead(make: Callable[[int], T], first: int, last: int, workers: int) -> Iterator[T]:
    """make(first) to make(last - 1), made by `workers` processes (0: here, when asked for)."""
    if not workers:
        yield from map(make, range(first, last))
        return
    loader: DataLoader[T] = DataLoader(
        _Made(make),
        batch_size=None,
        sampler=range(first, last),
        num_workers=workers,
        prefetch_factor=4,
        collate_fn=_as_is,
        generator=torch.Generator(),  # else it would draw from the stream that training draws from
    )
    yield from loader


def in_order(
    make: Callable[[int], Any], last: int, workers: int, finish: Callable[[Any], T] = lambda made: made
) -> Callable[[int], T]:
    """What is made, for somebody who asks for it by step, one after the other from any first one on.

    finish: what is still to be done with it in this process.
    """
    source: Iterator[Any] = iter(())
    awaited = -1

    def at(step: int) -> T:
        nonlocal source, awaited
        if step != awaited:
            source = ahead(make, step, last, workers)
        awaited = step + 1
        return finish(next(source))

    return at


class _Made(Dataset[T]):
    def __init__(self, make: Callable[[int], T]) -> None:
        self.make = make

    def __getitem__(self, step: int) -> T:
        return self.make(step)


def _as_is(made: Any) -> Any:
    return made
