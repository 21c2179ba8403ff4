"""Signals that end a process, as exceptions, so that whatever is under way cleans up behind itself.

    with ending_by_exception():          # the command line, around a verb
        with unbroken(): ...             # a few steps that belong together; a signal waits until they are done

Imports nothing that takes time: the handlers stand before numpy and torch are loaded.
"""

import contextlib
import math
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

SAID = {"SIGINT": "interrupted", "SIGTERM": "ended by SIGTERM", "SIGHUP": "ended by SIGHUP"}  # Windows has no SIGHUP


class Ended(KeyboardInterrupt):
    """A signal asked this process to end. A KeyboardInterrupt, as libraries let those pass.

    exit_code: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(SAID[signal.Signals(number).name])
        self.exit_code = 128 + number


class _Waiting:
    """What `unbroken` holds back: how many such blocks are open, and the signal that came meanwhile."""

    depth = 0
    number: int | None = None


@contextlib.contextmanager
def ending_by_exception() -> Iterator[None]:
    """Within the block these signals raise Ended in the main thread; ignored ones (nohup, `&` in a script) stay ignored.

    Later ones are ignored while the block is left, for clean-up to finish - `timeout`, for one, sends its signal twice -
    but Ctrl-C, pressed again after a second, still breaks off what takes too long.
    """
    owner, last = os.getpid(), -math.inf

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal last
        if os.getpid() != owner:  # a forked process cleans up nothing of ours
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        for other in before:
            if other != signal.SIGINT:
                signal.signal(other, signal.SIG_IGN)
        again, last = time.monotonic() < last + 1, time.monotonic()
        if _Waiting.depth:
            _Waiting.number = number
        elif not again:
            raise Ended(number)

    before: dict[Any, Any] = {}
    try:
        for name in SAID:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, end)
    except ValueError:  # not in the main thread: then signals are somebody else's business
        pass
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Steps that no signal of `ending_by_exception` comes between."""
    if threading.current_thread() is not threading.main_thread():  # signals never come here
        yield
        return
    _Waiting.depth += 1
    try:
        yield
    finally:
        _Waiting.depth -= 1
        if not _Waiting.depth and _Waiting.number is not None:
            number, _Waiting.number = _Waiting.number, None
            raise Ended(number)


def leave_at_once(number: int, frame: FrameType | None) -> NoReturn:
    """A handler for the time before anything is written: one line, no clean-up."""
    with contextlib.suppress(OSError):
        os.write(2, f"uniadgen: {SAID[signal.Signals(number).name]}\n".encode())
    os._exit(128 + number)


def leaving_at_once() -> None:
    """Lets these signals end the process with one line, until `ending_by_exception` takes over."""
    for name in SAID:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, leave_at_once)
