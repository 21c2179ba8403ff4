"""Janus and Janus-Pro, as transformers saves them, as a UnifiedModel.

`load` reads a folder with config.json (model_type janus), safetensors and tokenizer.json. Shapes come from the configuration,
and everything is compared with the headers of the weight files before the first weight is read; then the weights stream, file
by file, onto a model that takes no memory before. The SigLIP encoder of Janus, which reads pictures for conversation, is left
out.

What Janus lacks - foreground perception, and preference understanding - starts neutral. The foreground adds zero. Every
preference token starts as the embedding of the pad token, which Janus met in training wherever it was told nothing, so product
and clicks change nothing until something is learnt.
"""

import importlib.util
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.model.config import (
    DecoderConfig,
    ForegroundConfig,
    GuidanceConfig,
    ImageTokenizerConfig,
    ModelConfig,
    PreferenceConfig,
    TextConfig,
)
from uniadgen.model.foreground import ForegroundPerception
from uniadgen.model.memory import check_memory
from uniadgen.model.preference import PreferenceUnderstanding
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel

CLICK_GRID = 8  # a clicked picture has 8 x 8 image tokens, as in the reference
FLOATS = ("F64", "F32", "F16", "BF16")

# Their name of a weight -> ours; "" for what we don't use. The first pattern that matches counts.
_LAYER = r"model\.language_model\.layers\.(\d+)\."
RULES = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"lm_head\.weight", "text_head.weight"),
        (r"model\.language_model\.embed_tokens\.weight", "text_embedding.weight"),
        (r"model\.language_model\.norm\.weight", "decoder.norm.weight"),
        (_LAYER + r"(?:self_attn|mlp)\.(\w+_proj)\.weight", r"decoder.blocks.\1.\2.weight"),
        (_LAYER + r"input_layernorm\.weight", r"decoder.blocks.\1.attention_norm.weight"),
        (_LAYER + r"post_attention_layernorm\.weight", r"decoder.blocks.\1.feed_forward_norm.weight"),
        (r"model\.generation_embeddings\.weight", "image_embedding.weight"),
        (r"model\.generation_aligner\.fc1\.(\w+)", r"aligner.0.\1"),
        (r"model\.generation_aligner\.hidden_layers\.0\.(\w+)", r"aligner.2.\1"),
        (r"model\.generation_head\.proj_out\.(\w+)", r"image_head.project.\1"),
        (r"model\.generation_head\.vision_head\.(\w+)", r"image_head.score.\1"),
        (r"model\.vqmodel\.(.+)", r"image_tokenizer.model.\1"),
        (r"model\.(?:vision_model|aligner)\..+", ""),
    )
)
_DINO = "foreground.encoder.model."
DINO_RULES = ((re.compile(r"classifier\..+"), ""), (re.compile(r"(?:dinov2\.)?(.+)"), _DINO + r"\1"))
# Files keep DINOv2's first names; newer transformers call its attention's weights otherwise.
DINO_RENAMED = (
    (re.compile(r"(?:dinov2\.)?(.+\.attention)\.attention\.([qkv])\w+\.(\w+)"), _DINO + r"\1.\2_proj.\3"),
    (re.compile(r"(?:dinov2\.)?(.+\.attention)\.output\.dense\.(\w+)"), _DINO + r"\1.o_proj.\2"),
)


@dataclass(frozen=True)
class _Stored:
    """One weight in a file, not read yet."""

    path: Path
    name: str
    shape: tuple[int, ...]


def is_transformers(folder: Path) -> bool:
    """Whether config.json is one of transformers (of whatever model: `load` says what it can't do); False if unreadable."""
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and "model_type" in values


def load(
    folder: Path,
    foreground: Path | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> tuple[UnifiedModel, TextTokenizer]:
    """The model in evaluation mode, and its tokenizer.

    foreground: folder of a DINOv2 (transformers' format); without one, foreground perception gets a small encoder that is yet
    to be trained. Raises InputError before anything big is read.
    """
    config = read_config(folder, foreground)
    tokenizer = _load_tokenizer(folder, config)
    stored = _mapped(folder, RULES)
    with torch.device("meta"):
        model = UnifiedModel(config)
    expected = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    renamed = DINO_RENAMED if any(name.startswith(_DINO) and ".q_proj." in name for name in expected) else ()
    dino = {} if foreground is None else _mapped(foreground, (*renamed, *DINO_RULES))
    new = ("foreground.", "preference.")
    backbone = {name: shape for name, shape in expected.items() if not name.startswith(new)}
    tied = "text_head.weight" not in stored and _read_json(folder, "config.json").get("tie_word_embeddings", True) is True
    if tied:
        del backbone["text_head.weight"]
    _compare(folder, stored, backbone)
    if foreground is not None:
        _compare(foreground, dino, {n: s for n, s in expected.items() if n.startswith(_DINO)})
    check_memory(model, device, dtype, f"model folder {folder}")
    with torch.device(device):
        model.foreground = ForegroundPerception(config).to(dtype)
        model.preference = PreferenceUnderstanding(config).to(dtype)
    _stream(model, {**stored, **dino}, device, dtype)
    if tied:
        model.text_head.weight = model.text_embedding.weight
    with torch.no_grad():
        model.preference.norm.weight.zero_()
        model.preference.norm.bias.copy_(model.text_embedding.weight[tokenizer.pad])
    return model.eval(), tokenizer


def read_config(folder: Path, foreground: Path | None = None) -> ModelConfig:
    """Our configuration of a folder in transformers' Janus format. Raises InputError naming what we can't do."""
    if importlib.util.find_spec("transformers") is None:
        raise InputError("Janus models need transformers; install uniadgen[janus]")
    from transformers import JanusConfig

    where = folder / "config.json"
    values = _read_json(folder, "config.json")
    _require(where, "model_type", values.get("model_type"), "janus")
    text_values = values.get("text_config")
    if isinstance(text_values, dict):
        _require(where, "text_config.model_type", text_values.get("model_type", "llama"), "llama")
    theirs = _parsed(JanusConfig, values, where)
    text, vision, vq = theirs.text_config, theirs.vision_config, theirs.vq_config
    numbers = {
        "text_config": (text, ("hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "vocab_size")),
        "vision_config": (vision, ("image_size", "patch_size", "num_image_tokens")),
        "vq_config": (vq, ("embed_dim", "num_embeddings", "latent_channels", "base_channels", "num_res_blocks")),
    }
    for section, (part, names) in numbers.items():
        for name in names:
            value = getattr(part, name)
            if type(value) is not int or not 0 < value <= 10**7:
                raise InputError(f"{where}: {section}.{name} {value!r} is no positive whole number")
    width, heads = text.hidden_size, text.num_attention_heads
    rope = text.rope_parameters or {}
    for name, found, wanted in (
        ("text_config.num_key_value_heads", text.num_key_value_heads or heads, heads),
        ("text_config.head_dim", text.head_dim or width // heads, width // heads),
        ("text_config.hidden_act", text.hidden_act, "silu"),
        ("text_config.attention_bias", text.attention_bias, False),
        ("text_config.mlp_bias", text.mlp_bias, False),
        ("text_config rope_type", rope.get("rope_type", "default"), "default"),
        ("vq_config.hidden_act", vq.hidden_act, "gelu"),
        ("vq_config.num_hidden_layers", vq.num_hidden_layers, 2),
        ("vq_config.image_token_embed_dim", vq.image_token_embed_dim, width),
        ("vq_config.projection_dim", vq.projection_dim, width),
        ("vq_config.double_latent", vq.double_latent, False),
        ("vq_config.in_channels", vq.in_channels, 3),
        ("vq_config.out_channels", vq.out_channels, 3),
        ("vision_config.num_image_tokens", vision.num_image_tokens, (vision.image_size // vision.patch_size) ** 2),
    ):
        _require(where, name, found, wanted)
    patch, grid = 2 ** (len(vq.channel_multiplier) - 1), vision.image_size // vision.patch_size
    kept = ("latent_channels", "base_channels", "channel_multiplier", "num_res_blocks", "num_patches")
    specials = _specials(folder, text)
    try:
        return ModelConfig(
            name=f"janus-{text.num_hidden_layers}x{width}",
            decoder=DecoderConfig(
                layers=text.num_hidden_layers,
                width=width,
                heads=heads,
                feed_forward=text.intermediate_size,
                text_vocabulary=text.vocab_size,
                rope_theta=float(rope.get("rope_theta", 10_000.0)),
                norm_eps=float(text.rms_norm_eps),
            ),
            image=ImageTokenizerConfig(
                kind="janus-vq",
                resolution=grid * patch,
                patch=patch,
                codes=vq.num_embeddings,
                embedding=vq.embed_dim,
                janus={k: list(v) if isinstance(v := getattr(vq, k), list | tuple) else v for k in kept},
            ),
            foreground=_foreground_config(foreground),
            preference=PreferenceConfig(resolution=CLICK_GRID * patch, text_tokens=30, heads=16 if width % 16 == 0 else heads),
            text=TextConfig(256, 512, 96, "<|User|>: ", "\n\n<|Assistant|>:", specials),
            guidance=GuidanceConfig(weight=5.0, unconditional="padded"),
            text_temperature=1.0,
            head_width=width,
        )
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _foreground_config(folder: Path | None) -> ForegroundConfig:
    if folder is None:
        return ForegroundConfig(group=6, strength=1.5)
    from transformers import Dinov2Config

    where, values = folder / "config.json", _read_json(folder, "config.json")
    _require(where, "model_type", values.get("model_type"), "dinov2")
    theirs = _parsed(Dinov2Config, values, where)
    kept = ("num_hidden_layers", "mlp_ratio", "hidden_act", "layer_norm_eps", "image_size", "qkv_bias", "layerscale_value")
    options = {name: getattr(theirs, name) for name in (*kept, "use_swiglu_ffn", "use_mask_token")}
    return ForegroundConfig(
        kind="dinov2",
        pixels_per_token=theirs.patch_size,
        features=theirs.hidden_size,
        layers=theirs.num_hidden_layers,
        heads=theirs.num_attention_heads,
        group=6,
        dinov2=options,
        strength=1.5,
    )


def _specials(folder: Path, text: Any) -> dict[str, int]:
    """Ids of the tokens that steer Janus: as in generation_config.json, else config.json, else by the tokenizer's spellings."""
    said = _read_json(folder, "generation_config.json", optional=True)
    inner = said.get("generation_kwargs")
    said = {**said, **(inner if isinstance(inner, dict) else {})}
    spelled = _read_json(folder, "tokenizer_config.json", optional=True)
    added = _read_json(folder, "tokenizer.json").get("added_tokens", [])
    ids = {t["content"]: t["id"] for t in added if isinstance(t, dict) and "content" in t and "id" in t}
    found: dict[str, int] = {}
    for ours, theirs, usual in (
        ("pad", "pad_token", "<｜▁pad▁｜>"),
        ("begin", "bos_token", "<｜begin▁of▁sentence｜>"),
        ("end", "eos_token", "<｜end▁of▁sentence｜>"),
        ("begin_image", "boi_token", "<begin_of_image>"),
    ):
        spelling = spelled.get(theirs) or usual
        if isinstance(spelling, dict):
            spelling = spelling.get("content")
        candidates = (said.get(theirs + "_id"), getattr(text, theirs + "_id", None), ids.get(spelling))
        value = next((v for v in candidates if v is not None), None)
        value = value[0] if isinstance(value, list) and value else value
        if type(value) is not int:
            raise InputError(
                f"model folder {folder}: no id for {theirs}; supply generation_config.json or tokenizer_config.json"
            )
        found[ours] = value
    return found


def _load_tokenizer(folder: Path, config: ModelConfig) -> TextTokenizer:
    tokenizer = TextTokenizer.load(folder / "tokenizer.json", config.text.specials)
    if tokenizer.size > config.decoder.text_vocabulary:
        raise InputError(
            f"model folder {folder}: tokenizer.json has {tokenizer.size} ids, config.json only "
            f"{config.decoder.text_vocabulary}; the files belong to different models"
        )
    return tokenizer


def _weight_files(folder: Path) -> list[Path]:
    index, single = "model.safetensors.index.json", folder / "model.safetensors"
    if (folder / index).is_file():
        mapping = _read_json(folder, index).get("weight_map")
        if not isinstance(mapping, dict) or not mapping or not all(isinstance(name, str) for name in mapping.values()):
            raise InputError(f"{folder / index}: no weight_map; restore the file")
        names = sorted(set(mapping.values()))
        for name in names:
            if Path(name).name != name or not name.endswith(".safetensors"):
                raise InputError(
                    f"{folder / index}: {name!r} is no safetensors file beside it; pickled weights are never opened"
                )
            if not (folder / name).is_file():
                raise InputError(
                    f"model folder {folder}: {name} is missing, one of {len(names)} weight files; download it again"
                )
        return [folder / name for name in names]
    if single.is_file():
        return [single]
    pickled = sorted(p.name for p in folder.iterdir() if p.suffix in (".bin", ".pt", ".pth", ".ckpt"))
    if pickled:
        raise InputError(
            f"model folder {folder}: {pickled[0]} is a pickle, which is never opened; convert it to model.safetensors"
        )
    raise InputError(f"model folder {folder}: model.safetensors is missing; supply a folder in transformers' format")


def _mapped(folder: Path, rules: Iterable[tuple[re.Pattern[str], str]]) -> dict[str, _Stored]:
    """Our name -> the weight in the folder's files; reads headers only."""
    rules, found = list(rules), {}
    for path in _weight_files(folder):
        try:
            with safe_open(str(path), framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 (not a dictionary)
                    ours = next((m.expand(new) for rule, new in rules if (m := rule.fullmatch(name))), None)
                    if ours is None:
                        raise InputError(f"{path}: unknown weight {name}; the file does not fit its config.json")
                    if not ours:
                        continue
                    if ours in found:
                        raise InputError(f"{path}: weight {name} is there twice; download the folder again")
                    header = file.get_slice(name)
                    if header.get_dtype() not in FLOATS:
                        raise InputError(
                            f"{path}: weight {name} is stored as {header.get_dtype()}; supply floating-point weights"
                        )
                    found[ours] = _Stored(path, name, tuple(header.get_shape()))
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path}: not a readable safetensors file ({_line(error)}); download it again") from None
    return found


def _compare(folder: Path, stored: dict[str, _Stored], expected: dict[str, tuple[int, ...]]) -> None:
    for name in sorted(expected.keys() - stored.keys())[:1]:
        raise InputError(f"model folder {folder}: the weight for {name} is missing; the files do not fit config.json")
    for name in sorted(stored.keys() - expected.keys())[:1]:
        raise InputError(f"{stored[name].path}: unknown weight {stored[name].name}; the file does not fit its config.json")
    for name, shape in expected.items():
        if stored[name].shape != shape:
            raise InputError(
                f"{stored[name].path}: weight {stored[name].name} has shape {stored[name].shape}, config.json asks for {shape}"
            )


def _stream(model: nn.Module, stored: dict[str, _Stored], device: torch.device | str, dtype: torch.dtype) -> None:
    """Puts the weights into the model, one file at a time: never more in memory than the model and one weight."""
    for path in sorted({s.path for s in stored.values()}):
        state: dict[str, Tensor] = {}
        try:
            with safe_open(str(path), framework="pt", device=str(device)) as file:
                for ours, weight in stored.items():
                    if weight.path == path:
                        state[ours] = file.get_tensor(weight.name).to(dtype)
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path}: not a readable safetensors file ({_line(error)}); download it again") from None
        model.load_state_dict(state, strict=False, assign=True)


def _read_json(folder: Path, name: str, optional: bool = False) -> dict[str, Any]:
    path = folder / name
    if optional and not path.is_file():
        return {}
    if not folder.is_dir():
        raise InputError(f"model folder {folder}: no such folder; supply a folder in transformers' format")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"model folder {folder}: {name} is missing; supply a folder in transformers' format") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON ({_line(error)}); restore the file") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected an object, found {type(values).__name__}; restore the file")
    return values


def _parsed(kind: Any, values: dict[str, Any], where: Path) -> Any:
    """transformers' own reading of a configuration, which fills defaults in and knows older spellings."""
    try:
        return kind.from_dict(values)
    except Exception as error:  # its checks raise many kinds
        raise InputError(f"{where}: no valid configuration ({_line(error)})") from None


def _require(where: Path, name: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise InputError(f"{where}: {name} is {found!r}; only {wanted!r} is supported")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
