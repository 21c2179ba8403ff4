"""Training files: which model, and how each of its parts is trained. YAML, checked as a whole before anything else happens.

config = load_config("embedded", ["unified.steps=100"])     # one that ships with the package, with a value of one's own
config = load_config("my.yaml")
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml

from uniadgen.errors import InputError
from uniadgen.loading.lora import LoraSettings
from uniadgen.model.config import ModelConfig, embedded, tiny
from uniadgen.schema import Range, read
from uniadgen.strictyaml import UniqueKeys
from uniadgen.training.batches import Mix
from uniadgen.training.loop import Schedule
from uniadgen.words import quoted

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fits:
    """Steps of 256 samples for what is fitted to clicks before the unified model (`training/clicks.py`)."""

    embedder: Annotated[int, Range(0, 10**7)] = 1500
    votes: Annotated[int, Range(0, 10**7)] = 1000
    forms: Annotated[int, Range(0, 10**7)] = 400
    taste: Annotated[int, Range(0, 10**7)] = 300


@dataclass(frozen=True)
class TrainingConfig:
    """A training file. model: janus has the sizes of the backbone that is named on the command line."""

    model: Literal["embedded", "tiny", "janus"]
    tokenizer: Schedule | None = None
    refine: Schedule | None = None
    completion: Schedule | None = None
    scenes: Schedule | None = None
    unified: Schedule | None = None
    pbs: Schedule | None = None
    cutout: Schedule | None = None
    fits: Fits = field(default_factory=Fits)
    mix: Mix = field(default_factory=Mix)
    lora: LoraSettings = field(default_factory=LoraSettings)

    @property
    def sizes(self) -> ModelConfig | None:
        """The model's; None for a model on a backbone."""
        return {"embedded": embedded, "tiny": tiny}[self.model]() if self.model != "janus" else None

    def schedule(self, part: str) -> Schedule:
        """Raises InputError where the file has none for this part."""
        schedule: Schedule | None = getattr(self, part)
        if schedule is None:
            raise InputError(f"training file: it has no section {part}; add one, as in `--config embedded`")
        return schedule


def shipped() -> dict[str, Path]:
    """The training files in the package by name."""
    folder = Path(str(resources.files("uniadgen") / "configs"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_config(name: str | Path, changes: Sequence[str] = ()) -> TrainingConfig:
    """A training file by its path, or by its name one of those that ship with the package.

    changes: values that replace the file's, as "unified.steps=100". Raises InputError.
    """
    path = Path(name)
    if not path.exists():
        path = shipped().get(str(name), path)
    if not path.exists():
        raise InputError(f"training file {quoted(path)}: no such file; name one, or one of {', '.join(shipped())}")
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(
            f"training file {quoted(path)}: not readable as YAML ({' '.join(str(error).split())[:200]}); supply another file"
        ) from None
    for text in changes:
        values = _changed(values, text)
    config: TrainingConfig = read(TrainingConfig, values, f"training file {quoted(path)}")
    _log.info("training file: %s", path)
    return config


def _changed(values: Any, text: str) -> Any:
    """The file's values with one replaced, as `section.key=value` says."""
    match = re.fullmatch(r"([\w-]+)(?:\.([\w-]+))?=(.*)", text, re.DOTALL)
    try:
        value = yaml.load(match[3], _Loader) if match else None
    except (ValueError, RecursionError, yaml.YAMLError):
        match = None
    if match is None:
        raise InputError(f"argument --set: {quoted(text)} is no change; write section.key=value, as in unified.steps=100")
    if not isinstance(values, dict):
        return values  # which `read` refuses
    section, key = match[1], match[2]
    if key is None:
        return {**values, section: value}
    inner = values.get(section)
    return {**values, section: {**(inner if isinstance(inner, dict) else {}), key: value}}


class _Loader(UniqueKeys):
    """Reads 5e-5 as the number it is."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+"), list("-+0123456789")
)
