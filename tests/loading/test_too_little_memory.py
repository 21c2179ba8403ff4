"""A machine, a container or a shell with too little memory: one line and exit code 2."""

import argparse
import subprocess
import sys

import pytest
import torch

from uniadgen.cli.main import main
from uniadgen.loading.memory import free_memory

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried 64 bytes"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_one_line(error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(arguments: argparse.Namespace) -> None:
        raise error

    monkeypatch.setattr("uniadgen.cli.generate.generate", fail)
    assert main(["generate", "request.json", "--out", "ads"]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "out of memory" in message


def test_other_failures_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arguments: argparse.Namespace) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("uniadgen.cli.generate.generate", fail)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        main(["generate", "request.json", "--out", "ads"])


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is Linux's")
def test_a_shell_that_limits_memory() -> None:
    limited = 'ulimit -v 900000; exec "$0" -m uniadgen generate request.json --out ads'
    done = subprocess.run(["bash", "-c", limited, sys.executable], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "ulimit" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_free_memory_counts_what_the_shell_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    free = free_memory("cpu")
    assert free is not None
    used = 2**24
    monkeypatch.setattr(resource, "getrlimit", lambda which: (used, used))
    assert free_memory("cpu") == 0
