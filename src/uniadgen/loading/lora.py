"""LoRA on a Janus backbone: q, k, v and o learn updates of low rank (Hu et al., 2021), the new modules are trained in full.

    model, tokenizer = lora.start(Path("Janus-Pro-1B"), Path("dinov2-small"))    # to train
    checkpoint.save(folder, model, tokenizer)                                    # only what was trained
    model, tokenizer = checkpoint.load(folder)                                   # a plain model: updates are in its weights

What was trained is a folder that names its backbone:

    config.json                 the whole model's configuration, as in any folder of ours
    adapter_config.json         } LoRA as peft writes it and in the names of transformers, so that peft can put it
    adapter_model.safetensors   } on transformers' Janus as well
    new_modules.safetensors     foreground perception, preference understanding, pointers, forms, mentions and the scene token
"""

import importlib.util
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.files import whole_file, write_text
from uniadgen.loading import hub, janus
from uniadgen.loading.devices import DeviceMap
from uniadgen.loading.weights import Stored, compare, headers, read_json, read_tensors
from uniadgen.model.config import ModelConfig
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel, empty_model
from uniadgen.schema import Range, check

CONFIG, SETTINGS, UPDATES, NEW_MODULES = (
    "config.json", "adapter_config.json", "adapter_model.safetensors", "new_modules.safetensors",
)  # fmt: skip
EMBEDDING, FORMS = 64, 48  # width of the text embedder that a model on a backbone gets, and its forms of texts
# new modules that the unified training leaves as they are
FITTED_BEFORE = (
    "scene_encoder.", "taste.", "text_embedder.",
    "text_forms.usual", "text_forms.said", "text_forms.closeness", "text_forms.offset",
)  # fmt: skip
TARGETS = r"decoder\.blocks\.\d+\.[qkvo]_proj"
# a factor's name in peft's file, and in ours
_THEIRS = re.compile(r"base_model\.model\.model\.language_model\.layers\.(\d+)\.self_attn\.([qkvo])_proj\.lora_([AB])\.weight")
_OURS = re.compile(r"decoder\.blocks\.(\d+)\.([qkvo])_proj\.lora_([AB])(?:\.default\.weight)?")


@dataclass(frozen=True)
class LoraSettings:
    """The update of a weight is alpha / rank times a product of two factors of this rank; dropout: of a factor's input."""

    rank: Annotated[int, Range(1, 4096)] = 16
    alpha: Annotated[int, Range(1, 4096)] = 32
    dropout: Annotated[float, Range(0, 0.99)] = 0.0

    def __post_init__(self) -> None:
        check(self, "lora")


@dataclass
class Adapter:
    """What a model on a backbone needs to be saved without the backbone."""

    backbone: str  # folder or hub id
    fingerprint: str
    settings: LoraSettings
    merged: dict[str, Tensor] = field(default_factory=dict)  # factors that have gone into the weights; none while training


def start(
    backbone: Path,
    foreground: Path | None = None,
    settings: LoraSettings | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.bfloat16,
    scene: SceneEncoder | None = None,
) -> tuple[UnifiedModel, TextTokenizer]:
    """A Janus model ready to be trained: only updates and new modules require gradients, and these are in fp32.

    backbone, foreground: folders or hub ids of a Janus and a DINOv2. dtype: of the backbone, which stays as it is; such a model
    computes under autocast only. scene: what reads scenes, for a model with a scene token. Raises InputError.
    """
    settings = settings or LoraSettings()
    if importlib.util.find_spec("peft") is None:
        raise InputError("training on a backbone needs peft; install uniadgen[train]")
    import peft

    folder = hub.local_folder(backbone)
    model, tokenizer = janus.load(
        folder, None if foreground is None else hub.local_folder(foreground), device, dtype, scene, EMBEDDING, FORMS
    )
    peft.inject_adapter_in_model(
        peft.LoraConfig(
            r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout, target_modules=TARGETS, bias="none"
        ),
        model,
    )
    for name, p in model.named_parameters():
        p.requires_grad_(
            (name.startswith(janus.NEW) and not name.startswith(FITTED_BEFORE)) or _OURS.fullmatch(name) is not None
        )
    for name, module in model.named_modules():
        if f"{name}." in janus.NEW or ".lora_" in name:
            module.float()
    name = str(backbone) if hub.is_hub_id(backbone) else os.path.realpath(folder)
    model.adapter = Adapter(name, janus.fingerprint(folder), settings)
    return model, tokenizer


def save(folder: Path, model: UnifiedModel, dtype: torch.dtype | None = None) -> None:
    """Writes the folder of a model that `start` or `load` made; new modules are stored in `dtype` if one is given."""
    adapter: Adapter = model.adapter
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "peft_type": "LORA",
        "base_model_name_or_path": adapter.backbone,
        "r": adapter.settings.rank,
        "lora_alpha": adapter.settings.alpha,
        "lora_dropout": adapter.settings.dropout,
        "target_modules": r".*language_model\.layers\.\d+\.self_attn\.[qkvo]_proj",
        "bias": "none",
        "inference_mode": True,
    }
    factors = adapter.merged or {name: p for name, p in model.named_parameters() if _OURS.fullmatch(name)}
    updates = {_theirs(name): p.detach().contiguous().cpu() for name, p in factors.items()}
    new = {name: t for name, t in model.state_dict().items() if name.startswith(janus.NEW)}
    new = {
        name: (t.to(dtype) if dtype is not None and t.is_floating_point() else t).contiguous().cpu() for name, t in new.items()
    }
    write_text(folder / CONFIG, json.dumps(model.config.to_dict(), indent=2) + "\n")
    write_text(folder / SETTINGS, json.dumps(settings, indent=2) + "\n")
    with whole_file(folder / UPDATES) as path:
        save_file(updates, path, {"format": "pt"})
    with whole_file(folder / NEW_MODULES) as path:
        save_file(new, path, {"format": "pt", "backbone": adapter.fingerprint})


def load(
    folder: Path, config: ModelConfig, device: DeviceMap = "cpu", dtype: torch.dtype = torch.float32
) -> tuple[UnifiedModel, TextTokenizer]:
    """The backbone with the updates in its weights, and the new modules; in evaluation mode. config: the folder's.

    Raises InputError, before anything big is read, also for a backbone that is missing or another one than was trained on.
    """
    settings, name = _read_settings(folder)
    factors, new = _stored(folder, config, settings.rank)
    backbone = _find_backbone(folder, name)
    theirs = janus.read_config(backbone)
    if (theirs.decoder, theirs.image, theirs.text.specials) != (config.decoder, config.image, config.text.specials):
        raise InputError(
            f"adapter folder {folder}: its backbone {name} has another shape than {CONFIG} says; name the right one"
        )
    fingerprint = _trained_on(folder)
    if fingerprint != janus.fingerprint(backbone):
        raise InputError(f"adapter folder {folder}: trained on another backbone than {name}; name the right one in {SETTINGS}")
    model, tokenizer, devices = janus.load_backbone(backbone, config, new, device, dtype)
    read = read_tensors(folder / UPDATES)
    merged = {ours: read[stored.name] for ours, stored in factors.items()}
    with torch.no_grad():
        for target in sorted({factor.rsplit(".", 1)[0] for factor in merged}):
            linear, where = model.get_submodule(target), devices.of(target + ".weight")
            assert isinstance(linear, nn.Linear)
            first, second = (merged[f"{target}.lora_{letter}"].to(where, torch.float32) for letter in "AB")
            update = second @ first * (settings.alpha / settings.rank)
            linear.weight.data = (linear.weight.float() + update).to(dtype)  # not in place: it may be the file itself
    model.adapter = Adapter(name if hub.is_hub_id(name) else os.path.realpath(backbone), fingerprint, settings, merged)
    return model, tokenizer


def is_adapter(folder: Path) -> bool:
    return (folder / SETTINGS).is_file()


def _theirs(name: str) -> str:
    match = _OURS.fullmatch(name)
    assert match is not None
    return f"base_model.model.model.language_model.layers.{match[1]}.self_attn.{match[2]}_proj.lora_{match[3]}.weight"


def _read_settings(folder: Path) -> tuple[LoraSettings, str]:
    """The settings, and the name of the backbone."""
    values, where = read_json(folder, SETTINGS), folder / SETTINGS
    name = values.get("base_model_name_or_path")
    if values.get("peft_type") != "LORA" or not isinstance(name, str) or not name:
        raise InputError(
            f"{where}: expected peft_type LORA, and base_model_name_or_path to name the backbone; restore the file"
        )
    for key in ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern", "fan_in_fan_out", "lora_bias"):
        if values.get(key):
            raise InputError(f"{where}: {key} is not supported")
    settings: list[Any] = [values.get("r"), values.get("lora_alpha"), values.get("lora_dropout", 0.0)]
    try:
        return LoraSettings(*settings), name
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _stored(folder: Path, config: ModelConfig, rank: int) -> tuple[dict[str, Stored], dict[str, Stored]]:
    """Where the factors and the weights of the new modules lie, checked against the configuration."""
    for name in (UPDATES, NEW_MODULES):
        if not (folder / name).is_file():
            raise InputError(f"adapter folder {folder}: {name} is missing; supply the whole folder")

    def ours(name: str) -> str | None:
        match = _THEIRS.fullmatch(name)
        return match and f"decoder.blocks.{match[1]}.{match[2]}_proj.lora_{match[3]}"

    width = config.decoder.width
    with torch.device("meta"):
        shapes = {"A": torch.empty(rank, width), "B": torch.empty(width, rank)}
        expected = {
            f"decoder.blocks.{layer}.{which}_proj.lora_{letter}": tensor
            for layer in range(config.decoder.layers)
            for which in "qkvo"
            for letter, tensor in shapes.items()
        }
        modules = {name: t for name, t in empty_model(config).state_dict().items() if name.startswith(janus.NEW)}
    factors, new = headers([folder / UPDATES], ours), headers([folder / NEW_MODULES], lambda name: name)
    compare(folder, factors, expected)
    compare(folder, new, modules)
    return factors, new


def _find_backbone(folder: Path, name: str) -> Path:
    for path in (folder / name, Path(name)):
        if path.is_dir():
            return path
    if hub.is_hub_id(name):
        return hub.local_folder(Path(name))
    raise InputError(
        f"adapter folder {folder}: its backbone {name} is not there; put it back, or say in {SETTINGS} where it is "
        "(base_model_name_or_path)"
    )


def _trained_on(folder: Path) -> str:
    with safe_open(str(folder / NEW_MODULES), framework="pt") as file:
        return str((file.metadata() or {}).get("backbone"))
