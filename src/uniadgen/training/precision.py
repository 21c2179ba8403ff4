"""Where training computes, and in which number format."""

import torch
from accelerate import PartialState


def device() -> torch.device:
    """This process's GPU, if there are any."""
    return PartialState().device if torch.cuda.is_available() else torch.device("cpu")


def compute_dtype() -> torch.dtype:
    """bf16 where the processor multiplies it fast; elsewhere fp32, which is then six times faster."""
    native = torch.cuda.is_available() or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch.bfloat16 if native else torch.float32


def autocast() -> torch.autocast:
    return torch.autocast(device().type, torch.bfloat16, enabled=compute_dtype() == torch.bfloat16)
