"""The same done for many, several at a time: results as they are finished, and none lost when one fails."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(do: Callable[[T], R], things: Sequence[T], threads: int) -> Iterator[tuple[T, R]]:
    """Each with its result; in order with one thread. When one fails, those under way are finished first."""
    if threads == 1:
        yield from ((thing, do(thing)) for thing in things)
        return
    failure: BaseException | None = None
    with _threads(threads) as pool:
        futures: dict[Future[R], T] = {pool.submit(do, thing): thing for thing in things}
        for future in as_completed(futures):
            if future.cancelled():
                continue
            if (error := future.exception()) is None:
                yield futures[future], future.result()
            elif failure is None:
                failure = error
                for other in futures:
                    other.cancel()
    if failure is not None:
        raise failure


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    except BaseException:  # Ctrl-C doesn't wait for slow servers
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
