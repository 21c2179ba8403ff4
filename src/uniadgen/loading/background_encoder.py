"""Files of background encoders: ours, and the reference's published checkpoint.

The reference publishes a training checkpoint of momentum contrast: a dict under `model`, keys `module.base_encoder.*` in timm's
names, a linear layer to 64 dimensions.
"""

import json
import logging
import pickle
import re
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.loading.weights import read_tensors
from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder
from uniadgen.schema import read
from uniadgen.words import quoted

_log = logging.getLogger(__name__)

WEIGHTS = "background.safetensors"
_PREFIX = "module.base_encoder."
_TIMM = {
    "attn.qkv": "qkv",
    "attn.proj": "out",
    "mlp.fc1": "up",
    "mlp.fc2": "down",
    "norm1": "attention_norm",
    "norm2": "feed_forward_norm",
}


def save_encoder(path: Path, encoder: BackgroundEncoder) -> None:
    """Writes one safetensors file (fp16) with the configuration in its metadata."""
    tensors = {name: t.half().contiguous().cpu() for name, t in encoder.state_dict().items()}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, {"background": json.dumps(asdict(encoder.config))})


def load_encoder(path: Path | None = None, device: torch.device | str = "cpu") -> BackgroundEncoder:
    """The embedded encoder, one that `save_encoder` wrote, or the published checkpoint; in evaluation mode.

    Nothing is unpickled but tensors. Raises InputError.
    """
    if path is None:
        path = Path(str(resources.files("uniadgen") / "weights" / WEIGHTS))
        if not path.is_file():
            raise InputError("background encoder: this installation has none; supply --encoder, or run `uniadgen train pbs`")
    if not path.is_file():
        raise InputError(
            f"background encoder {quoted(path)}: no such file; supply a .safetensors file or a published checkpoint"
        )
    try:
        config, tensors = _read_safetensors(path) if path.suffix == ".safetensors" else _read_published(path)
        encoder = BackgroundEncoder(config)
        encoder.load_state_dict(tensors)
    except Exception as error:  # reading a damaged file raises anything, from struct.error to SafetensorError
        damaged = isinstance(error, pickle.UnpicklingError | EOFError)  # of which torch has a page to say
        reason = "it holds no weights" if damaged else " ".join(str(error).split())[:160]
        raise InputError(
            f"background encoder {quoted(path)}: not a background encoder ({reason}); supply another file"
        ) from None
    _log.info("background encoder: %s, on %s", path, device)
    return encoder.eval().to(device)


def _read_safetensors(path: Path) -> tuple[BackgroundConfig, dict[str, Tensor]]:
    with safe_open(path, "pt") as file:
        config: BackgroundConfig = read(BackgroundConfig, json.loads((file.metadata() or {})["background"]), "background")
    return config, {name: t.float() for name, t in read_tensors(path).items()}


def _read_published(path: Path) -> tuple[BackgroundConfig, dict[str, Tensor]]:
    stored = torch.load(path, map_location="cpu", weights_only=True)["model"]
    weights = {name.removeprefix(_PREFIX): t.float() for name, t in stored.items() if name.startswith(_PREFIX)}
    if not weights:
        raise KeyError(f"no key begins with {_PREFIX}")
    width, _, patch, _ = weights["patch_embed.proj.weight"].shape
    grid = round((weights["pos_embed"].shape[1] - 1) ** 0.5)
    layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
    config = BackgroundConfig(grid * patch, patch, width, layers, width // 64, weights["head.weight"].shape[0], norm_eps=1e-6)
    return config, {_renamed(name): t for name, t in weights.items()}


def _renamed(name: str) -> str:
    """timm's name of a parameter -> ours."""
    fixed = {"cls_token": "class_token", "pos_embed": "positions"}
    if name in fixed:
        return fixed[name]
    name = name.replace("patch_embed.proj.", "patches.")
    block = re.fullmatch(r"blocks\.(\d+)\.(.+)\.(weight|bias)", name)
    return f"encoder.blocks.{block[1]}.{_TIMM[block[2]]}.{block[3]}" if block else name
