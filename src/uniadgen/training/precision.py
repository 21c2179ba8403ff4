"""Where training computes, and in which number format."""

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env


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
