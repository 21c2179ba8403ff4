"""The number format that training computes in."""

import torch


def compute_dtype() -> torch.dtype:
    """bf16 where the processor multiplies it fast; elsewhere fp32, which is then six times faster."""
    native = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch.bfloat16 if native else torch.float32


def autocast() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled=compute_dtype() == torch.bfloat16)
