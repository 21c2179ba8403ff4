"""Logits at a temperature."""

from torch import Tensor

COLDEST = 1e-6  # what is colder is as cold: logits divided by less would not be finite


def tempered(logits: Tensor, temperature: float) -> Tensor:
    """Logits of any shape, of a distribution that is sharper below a temperature of 1 and flatter above; it is more than 0."""
    return logits / max(temperature, COLDEST)
