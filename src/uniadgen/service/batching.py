"""What waits to be made, and the threads that make it.

    batcher.take(places)            # raises Full; the request is then read and checked
    batcher.submit(job)             # or batcher.release(places)
    ads = job.future.result()

Requests that wait and have the same options are made together by `generate_many`; each ad is the one that its request and seed
give by themselves. One thread makes all of them, or, of a model that is too small for two cores to share a step, one for each
core (`AdGenerator.lanes`): then nobody waits for the ads of both. Nothing else calls the model.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from uniadgen.ads import Ad
from uniadgen.errors import InputError, lacks_memory
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.timings import use_cores
from uniadgen.request import CheckedRequest
from uniadgen.service.metrics import ServiceMetrics

_log = logging.getLogger(__name__)

BATCH_PIXELS = 2**26  # that the ads which are made at a time may have together
# Ads of one product that one of several lanes makes together, at most. On a single core more are hardly faster, and those of
# several products not at all, but all wait for the last.
LANE_BATCH = 4


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
    """Ads of one request, one for each seed. begun: how many of them are made, or under way; made: by their places; settled:
    whether the future has got all of them, or an exception."""

    request: CheckedRequest
    options: GenerateOptions
    seeds: Sequence[int]
    begun: int = 0
    made: dict[int, Ad] = field(default_factory=dict)
    settled: bool = False
    future: "Future[list[Ad]]" = field(default_factory=Future)

    @property
    def left(self) -> Sequence[int]:
        return self.seeds[self.begun :]


@dataclass(frozen=True)
class Part:
    """Some of a job's ads, which are made at a time. places: of their seeds."""

    job: Job
    places: range

    @property
    def seeds(self) -> list[int]:
        return [self.job.seeds[place] for place in self.places]


class Batcher:
    """A queue with a number of places, and the threads that empty it. Any thread may call it."""

    def __init__(self, generator: Generator, places: int, most: int, metrics: ServiceMetrics, lanes: int = 1) -> None:
        """places: ads that may wait or be checked; most: ads that are made together; lanes: threads that make ads."""
        self.generator, self.places, self.most, self.metrics = generator, places, most, metrics
        self.lanes = min(lanes, most)
        self.jobs: deque[Job] = deque()
        self.taken = 0  # places: of ads that wait, and of requests that are still checked
        self._making = 0
        self._draining = self._ending = False
        self._changed = threading.Condition()
        self._seconds_per_ad = 1.0
        self._threads = [threading.Thread(target=self._run, name=f"lane {lane}", daemon=True) for lane in range(self.lanes)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

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
                raise Full(max(1, math.ceil((self.taken + self._making) * self._seconds_per_ad / self.lanes)))
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
        """End the threads once nothing waits."""
        with self._changed:
            self._draining = self._ending = True
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    # The threads ---------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self.jobs:
                    if self._ending:
                        return
                    self._changed.wait()
                batch = self._next()
                count = sum(len(part.places) for part in batch)
                self._making += count
                self.taken -= count
                alone = self._making == count and not self.jobs
                self._show()
            if self.lanes > 1:
                use_cores(self.lanes if alone else 1)  # candidates of an ad, or ads, can be shared out, too
            try:
                self._make(batch)
            except BaseException as error:  # the thread must live on, whatever a library raises
                _log.exception("a batch failed")
                self._fail(batch, error)
            finally:
                with self._changed:
                    self._making -= count
                    self._show()

    def _next(self) -> list[Part]:
        """What to make now: of the jobs that wait longest, of one kind; a lane takes its share of one product."""
        options = self.jobs[0].options
        room = min(self.most, BATCH_PIXELS // math.prod(options.size) // self.lanes)
        alike = [job for job in self.jobs if job.options == options]
        if self.lanes > 1:
            alike = [job for job in alike if job.request.cutout is alike[0].request.cutout]
            waiting = sum(len(job.left) for job in alike)
            room = min(room, max(LANE_BATCH, options.best_of), -(-waiting // self.lanes) * options.best_of)
        room = max(1, room // options.best_of)
        batch = []
        for job in alike:
            if room:
                part = Part(job, range(job.begun, min(job.begun + room, len(job.seeds))))
                room -= len(part.places)
                job.begun = part.places.stop
                batch.append(part)
                if not job.left:
                    self.jobs.remove(job)
        return batch

    def _make(self, batch: list[Part]) -> None:
        started = time.perf_counter()
        requests = [part.job.request for part in batch for _ in part.places]
        seeds = [seed for part in batch for seed in part.seeds]
        try:
            ads = self.generator.generate_many(requests, seeds=seeds, options=batch[0].job.options)
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
        self.metrics.batch(ads, seconds)
        rest = iter(ads)
        with self._changed:
            self._seconds_per_ad += 0.3 * (seconds / len(ads) - self._seconds_per_ad)
            for part in batch:
                part.job.made.update(zip(part.places, islice(rest, len(part.places)), strict=True))
        for job in (part.job for part in batch):
            if len(job.made) == len(job.seeds):
                self._settle(job, [job.made[place] for place in range(len(job.seeds))])

    def _fail(self, batch: list[Part], error: BaseException) -> None:
        for part in batch:
            self._drop(part.job)
            self._settle(part.job, error)

    def _settle(self, job: Job, outcome: list[Ad] | BaseException) -> None:
        """Give the future what came out first: lanes may have parts of the same job."""
        with self._changed:
            settled, job.settled = job.settled, True
        if settled or not job.future.set_running_or_notify_cancel():
            return
        if isinstance(outcome, list):
            job.future.set_result(outcome)
        else:
            job.future.set_exception(outcome)

    def _show(self) -> None:
        self.metrics.waiting.set(self.taken)
        self.metrics.making.set(self._making)
