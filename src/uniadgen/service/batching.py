"""What waits to be made, and the one thread that owns the model.

    batcher.take(places)            # raises Full; the request is then read and checked
    batcher.submit(job)             # or batcher.release(places)
    ads = job.future.result()

Requests that wait and have the same options are made together by `generate_many`; each ad is the one that its request and seed
give by themselves. Since nothing else calls the model, thread safety is by construction.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from uniadgen.ads import Ad
from uniadgen.errors import InputError, lacks_memory
from uniadgen.options import GenerateOptions
from uniadgen.request import CheckedRequest
from uniadgen.service.metrics import ServiceMetrics

_log = logging.getLogger(__name__)

BATCH_PIXELS = 2**26  # that the ads of a batch may have together


class Full(Exception):
    """More is waiting than may wait. seconds: when it may be worth another try."""

    def __init__(self, seconds: int) -> None:
        super().__init__("the queue is full")
        self.seconds = seconds


class Draining(Exception):
    """Nothing new is accepted any more."""


class Generator(Protocol):
    """What is wanted of an AdGenerator."""

    def generate_many(
        self, requests: Sequence[CheckedRequest], *, seeds: Sequence[int], options: GenerateOptions
    ) -> list[Ad]: ...


@dataclass(eq=False)
class Job:
    """Ads of one request, one for each seed. begun: how many of them are made, or under way; future: all, or an exception."""

    request: CheckedRequest
    options: GenerateOptions
    seeds: Sequence[int]
    begun: int = 0
    made: list[Ad] = field(default_factory=list)
    future: "Future[list[Ad]]" = field(default_factory=Future)

    @property
    def left(self) -> Sequence[int]:
        return self.seeds[self.begun :]


class Batcher:
    """A queue with a number of places, and the thread that empties it. Any thread may call it."""

    def __init__(self, generator: Generator, places: int, most: int, metrics: ServiceMetrics) -> None:
        """places: ads that may wait or be checked; most: ads that are made together."""
        self.generator, self.places, self.most, self.metrics = generator, places, most, metrics
        self.jobs: deque[Job] = deque()
        self.taken = 0  # places: of ads that wait, and of requests that are still checked
        self._making = 0
        self._draining = self._ending = False
        self._changed = threading.Condition()
        self._seconds_per_ad = 1.0
        self._thread = threading.Thread(target=self._run, name="model owner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def draining(self) -> bool:
        return self._draining

    # Places --------------------------------------------------------------------------------------------------------------

    def take(self, places: int) -> None:
        """Take places for a request that is about to be checked; give them back with `release` or by submitting its job.

        Raises Full, and Draining.
        """
        with self._changed:
            if self._draining:
                raise Draining
            if self.taken + places > self.places:
                raise Full(max(1, math.ceil((self.taken + self._making) * self._seconds_per_ad)))
            self.taken += places
            self._show()

    def release(self, places: int) -> None:
        with self._changed:
            self.taken -= places
            self._show()

    def submit(self, job: Job) -> None:
        """Queue a job for which places are taken; they are free again as its ads are begun."""
        with self._changed:
            self.jobs.append(job)
            self._changed.notify_all()

    def cancel(self, job: Job) -> None:
        """Nobody waits for it any more: what isn't begun frees its places."""
        self._drop(job)
        job.future.cancel()

    def _drop(self, job: Job) -> None:
        with self._changed:
            if job in self.jobs:
                self.jobs.remove(job)
                self.taken -= len(job.left)
                self._show()

    # The end -------------------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Accept nothing more."""
        with self._changed:
            self._draining = True

    @property
    def idle(self) -> bool:
        with self._changed:
            return not (self.jobs or self.taken or self._making)

    def stop(self) -> None:
        """End the thread once nothing waits."""
        with self._changed:
            self._draining = self._ending = True
            self._changed.notify_all()
        if self.alive:
            self._thread.join()

    # The thread ----------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self.jobs:
                    if self._ending:
                        return
                    self._changed.wait()
                batch = self._next()
                self._making = sum(len(seeds) for _, seeds in batch)
                self.taken -= self._making
                self._show()
            try:
                self._make(batch)
            except BaseException as error:  # the thread must live on, whatever a library raises
                _log.exception("a batch failed")
                self._fail(batch, error)
            finally:
                with self._changed:
                    self._making = 0
                    self._show()

    def _next(self) -> list[tuple[Job, Sequence[int]]]:
        """The jobs to make now, each with the seeds of it: those that wait longest, of one kind."""
        options = self.jobs[0].options
        room = max(1, min(self.most, BATCH_PIXELS // math.prod(options.size)) // options.best_of)
        batch = []
        for job in list(self.jobs):
            if room and job.options == options:
                seeds = job.left[:room]
                room -= len(seeds)
                job.begun += len(seeds)
                batch.append((job, seeds))
                if not job.left:
                    self.jobs.remove(job)
        return batch

    def _make(self, batch: list[tuple[Job, Sequence[int]]]) -> None:
        started = time.perf_counter()
        requests = [job.request for job, seeds in batch for _ in seeds]
        try:
            ads = self.generator.generate_many(
                requests, seeds=[seed for _, seeds in batch for seed in seeds], options=batch[0][0].options
            )
        except Exception as error:
            if len(batch) > 1 and (isinstance(error, InputError) or lacks_memory(error)):
                for part in batch:  # one of them: the others shall not suffer
                    self._make([part])
                return
            if not isinstance(error, InputError):
                _log.error("ads could not be made: %s", type(error).__name__)
            self._fail(batch, error)
            return
        seconds = time.perf_counter() - started
        self._seconds_per_ad += 0.3 * (seconds / len(ads) - self._seconds_per_ad)
        self.metrics.batch(ads, seconds)
        rest = iter(ads)
        for job, seeds in batch:
            job.made.extend(next(rest) for _ in seeds)
            if len(job.made) == len(job.seeds) and job.future.set_running_or_notify_cancel():
                job.future.set_result(job.made)

    def _fail(self, batch: list[tuple[Job, Sequence[int]]], error: BaseException) -> None:
        for job, _ in batch:
            self._drop(job)
            if not job.future.done() and job.future.set_running_or_notify_cancel():
                job.future.set_exception(error)

    def _show(self) -> None:
        self.metrics.waiting.set(self.taken)
        self.metrics.making.set(self._making)
