"""Work that is killed at random moments and started again, until one of its runs gets through."""

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

# A server that has imported what is heavy makes the processes: importing is not what the kills are to hit.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pytest", "uniadgen.cli.main", "uniadgen.data.encoding", "uniadgen.pipeline.generator"])


def kill_and_resume(
    work: Callable[..., Any],
    arguments: Callable[[int], Sequence[Any]],
    done: Callable[[], int],
    kills: int,
    pieces: int,
    delay: float,
    seed: int = 0,
    upmost: int | None = None,
) -> int:
    """Do work(*arguments(attempt)) in a process of its own, again and again until one ends by itself without an error; returns
    how many were killed.

    done: the pieces of work that are finished, as the files show. Up to `kills` runs are killed, each once 1 to `pieces` more
    pieces are done (upmost: or so many in all), and a random time of up to `delay` seconds later.
    """
    rng, killed = random.Random(seed), 0
    for attempt in range(kills + 40):
        wanted = done() + rng.randint(1, pieces)
        wanted = wanted if upmost is None else min(wanted, upmost)
        job = PROCESSES.Process(target=run, args=(work, arguments(attempt)))
        job.start()
        deadline = time.monotonic() + 600
        while job.is_alive() and time.monotonic() < deadline:
            if killed < kills and done() >= wanted:
                time.sleep(rng.random() * delay)
                job.kill()
                job.join()
            time.sleep(0.001)
        assert not job.is_alive(), "it hangs"
        killed += job.exitcode == -signal.SIGKILL
        if job.exitcode == 0:
            return killed
    raise AssertionError(f"no run of {attempt + 1} got through; the last one ended with {job.exitcode}")


def run(work: Callable[..., Any], arguments: Sequence[Any]) -> None:
    """In the process: without a word. It ends well if `work` returns nothing, or nothing that went wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(1 if work(*arguments) else 0)
