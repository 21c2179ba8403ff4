"""Signals that end a command, at any moment: one line, the shell's exit code, nothing left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from uniadgen.signals import Ended, ending_by_exception, unbroken

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def ended(act: Callable[[], None]) -> int:
    """The exit code that an act ends with under our handlers."""
    with pytest.raises(Ended) as caught, ending_by_exception():
        act()
    return caught.value.exit_code


@pytest.mark.parametrize("number", CODES)
def test_signals_are_exceptions_within_the_block_only(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    assert ended(lambda: os.kill(os.getpid(), number)) == CODES[number]
    assert signal.getsignal(number) == before


def test_steps_that_belong_together_are_not_parted() -> None:
    done = []

    def act() -> None:
        with unbroken():
            with unbroken():
                os.kill(os.getpid(), signal.SIGTERM)
                done.append(1)
            done.append(2)
        done.append(3)

    assert ended(act) == 143
    assert done == [1, 2]


def test_a_second_signal_does_not_break_off_the_clean_up() -> None:
    done = []

    def act() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            for number in CODES:
                os.kill(os.getpid(), number)
            done.append("cleaned")

    assert ended(act) == 143
    assert done == ["cleaned"]


def test_ignored_signals_stay_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_by_exception():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize("module", ["argparse", "numpy", "uniadgen.request"])
def test_no_traceback_while_libraries_are_loaded(tmp_path: Path, number: signal.Signals, module: str) -> None:
    """The signal comes exactly when a library is first asked for, early or late."""
    code = f"""
import os, sys
class Now:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), {int(number)})
sys.modules.pop({module!r}, None)
from uniadgen.__main__ import main
sys.meta_path.insert(0, Now())
sys.argv = ["uniadgen", "generate", "gone.json", "--out", "out"]
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == CODES[number]
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("uniadgen: ")
