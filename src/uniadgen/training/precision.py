"""Where training computes, with how many threads, and in which number format."""

import os
import sys

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env

from uniadgen.console import print_line
from uniadgen.cores import cores_of_container
from uniadgen.errors import InputError

MOST_THREADS = 1024


def processes() -> PartialState:
    """This process among those that `accelerate launch` may have started; on GPUs, or on CPUs if there are none."""
    return PartialState(cpu=not torch.cuda.is_available() or parse_flag_from_env("ACCELERATE_USE_CPU"))


def device() -> torch.device:
    """Where this process computes."""
    return processes().device


def compute_dtype() -> torch.dtype:
    """bf16 where the processor multiplies it fast; elsewhere fp32, which is then six times faster."""
    native = torch.cuda.is_available() or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch.bfloat16 if native else torch.float32


def autocast() -> torch.autocast:
    return torch.autocast(device().type, torch.bfloat16, enabled=compute_dtype() == torch.bfloat16)


def use_threads(count: int | None) -> None:
    """Computes with so many threads. None: as torch would - by OMP_NUM_THREADS, or one for each core - but not with more than
    the container's share of the machine, since threads that wait for a core make all others wait.

    Says so where other processes want the cores as well. Raises InputError.
    """
    if count is not None and not 1 <= count <= MOST_THREADS:
        raise InputError(f"argument --threads: {count} is no whole number from 1 to {MOST_THREADS}")
    torch.set_num_threads(count or min(torch.get_num_threads(), cores_of_container()))
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    if torch.get_num_threads() > 1 and busy > cores - 0.5:
        print_line(
            f"other processes want the {cores} cores, too (load {busy:.1f}): `--threads 1` may be several times as fast",
            sys.stderr,
        )
