"""Runs of a command that are killed at random moments and started again, until one of them gets through."""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def kill_and_resume(
    command: Callable[[int], Sequence[str | Path]],
    done: Callable[[], int],
    kills: int,
    pieces: int,
    delay: float,
    seed: int = 0,
    upmost: int | None = None,
) -> int:
    """Start command(attempt) again and again until it ends by itself without an error; returns how many runs were killed.

    done: the pieces of work that are finished, as the files show. Up to `kills` runs are killed, each once 1 to `pieces` more
    pieces are done (upmost: or so many in all), and a random time of up to `delay` seconds later.
    """
    rng, killed = random.Random(seed), 0
    for attempt in range(kills + 40):
        wanted = done() + rng.randint(1, pieces)
        wanted = wanted if upmost is None else min(wanted, upmost)
        with subprocess.Popen(command(attempt), stderr=subprocess.DEVNULL) as job:
            deadline = time.monotonic() + 600
            while job.poll() is None and time.monotonic() < deadline:
                if killed < kills and done() >= wanted:
                    time.sleep(rng.random() * delay)
                    job.send_signal(signal.SIGKILL)
                    job.wait()
                time.sleep(0.001)
            assert job.poll() is not None, "it hangs"
        killed += job.returncode == -signal.SIGKILL
        if job.returncode == 0:
            return killed
    raise AssertionError(f"no run of {attempt + 1} got through; the last one ended with {job.returncode}")
