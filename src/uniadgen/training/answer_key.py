"""Temporary: the judge's labels for the parts of training that still need PAd-Synth's answer key (the plan, drawn histories).

No other part of training may open labels, and none may be added here. This file goes when those parts go.
"""

from pathlib import Path
from typing import Any

from uniadgen.data.labels import open_labels, read_index
from uniadgen.padsynth.shoppers import CreativeIndex


def temporary_labels(data: Path) -> dict[str, dict[str, Any]]:
    """Labels of creatives by id; empty for data of shops."""
    return open_labels(data).creatives


def temporary_index(data: Path) -> CreativeIndex:
    """The creatives for drawing histories. Raises InputError for data without labels."""
    return read_index(data)
