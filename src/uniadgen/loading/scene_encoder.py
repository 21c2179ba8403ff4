"""The file of a scene encoder that was trained on its own, before the model that it becomes a part of (`model/scene.py`)."""

import json
from dataclasses import asdict
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.loading.weights import read_tensors
from uniadgen.model.config import SceneConfig
from uniadgen.model.scene import SceneEncoder
from uniadgen.schema import read
from uniadgen.words import quoted

SCENES = "scenes.safetensors"  # what `train scenes` writes


def save_scene_encoder(path: Path, encoder: SceneEncoder) -> None:
    """Writes one safetensors file with the configuration in its metadata."""
    tensors = {name: t.contiguous().cpu() for name, t in encoder.state_dict().items()}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, {"scene": json.dumps(asdict(encoder.config))})


def load_scene_encoder(path: Path) -> SceneEncoder:
    """What `save_scene_encoder` wrote, in evaluation mode. Raises InputError."""
    if not path.is_file():
        raise InputError(f"scene encoder {quoted(path)}: no such file; name the folder that `uniadgen train scenes` wrote")
    try:
        with safe_open(path, "pt") as file:
            config: SceneConfig = read(SceneConfig, json.loads((file.metadata() or {})["scene"]), "scene")
        encoder = SceneEncoder(config)
        encoder.load_state_dict(read_tensors(path))
    except Exception as error:  # reading a damaged file raises anything, from struct.error to SafetensorError
        reason = " ".join(str(error).split())[:160]
        raise InputError(f"scene encoder {quoted(path)}: not readable ({reason}); train it again") from None
    return encoder.eval()
