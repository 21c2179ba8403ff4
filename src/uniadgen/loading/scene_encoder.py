"""The file of a scene encoder that was trained on its own, before the plan that it belongs to (`model/plan.py`)."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.loading.weights import read_tensors
from uniadgen.model.config import PlanConfig
from uniadgen.model.plan import SceneEncoder
from uniadgen.schema import read
from uniadgen.words import quoted

SCENES = "scenes.safetensors"  # what `train scenes` writes


@dataclass(frozen=True)
class FoundScenes:
    """A scene encoder that was trained on its own. names: the classes of each facet, by its name."""

    encoder: SceneEncoder
    config: PlanConfig
    names: dict[str, tuple[str, ...]]


def save_scenes(path: Path, encoder: SceneEncoder, config: PlanConfig, names: dict[str, tuple[str, ...]]) -> None:
    """Writes one safetensors file with configuration and names of classes in its metadata."""
    tensors = {name: t.contiguous().cpu() for name, t in encoder.state_dict().items()}
    metadata = {"plan": json.dumps(asdict(config)), "names": json.dumps(names)}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, metadata)


def load_scenes_encoder(path: Path) -> FoundScenes:
    """What `save_scenes` wrote, in evaluation mode. Raises InputError."""
    if not path.is_file():
        raise InputError(f"scene encoder {quoted(path)}: no such file; name the folder that `uniadgen train scenes` wrote")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            config: PlanConfig = read(PlanConfig, json.loads(metadata["plan"]), "plan")
            names = {name: tuple(classes) for name, classes in json.loads(metadata["names"]).items()}
        encoder = SceneEncoder(config)
        encoder.load_state_dict(read_tensors(path))
    except Exception as error:  # reading a damaged file raises anything, from struct.error to SafetensorError
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"scene encoder {quoted(path)}: not readable ({reason}); train it again") from None
    return FoundScenes(encoder.eval(), config, names)
