"""Janus and Janus-Pro, as transformers saves them, as a UnifiedModel.

`load` reads a folder with config.json (model_type janus), safetensors, tokenizer.json and the image processor's settings.
Shapes come from the configuration, and everything is compared with the headers of the weight files before the first weight is
read; then the weights stream, file by file, onto a model that takes no memory before, each to the device where it belongs. The
SigLIP encoder of Janus, which reads pictures for conversation, is left out.

What Janus lacks - foreground perception, preference understanding, pointers, forms, mentions, scene token - starts neutral. The
foreground adds zero, and so do pointers. Every preference token starts as the embedding of the pad token, which Janus met in
training wherever it was told nothing, so product and clicks change nothing until something is learnt. Forms and a scene token
there are only in a model that is trained to have them.
"""

import hashlib
import importlib.util
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, cast

import torch
from safetensors import safe_open
from torch import nn

from uniadgen.errors import InputError
from uniadgen.loading.devices import DeviceMap, Devices, bytes_by_device, connect, resolve_devices
from uniadgen.loading.memory import check_memory
from uniadgen.loading.weights import Stored, compare, headers, one_line, read_json, stream, weight_files
from uniadgen.model.config import (
    Colours,
    DecoderConfig,
    Deviations,
    Dinov2,
    ForegroundConfig,
    GuidanceConfig,
    ImageTokenizerConfig,
    JanusVQ,
    ModelConfig,
    PreferenceConfig,
    TextConfig,
)
from uniadgen.model.foreground import IMAGENET_DEVIATION, IMAGENET_MEAN, DinoEncoder, ForegroundPerception
from uniadgen.model.heads import Pointer, SceneHead
from uniadgen.model.image_tokenizer import JanusTokenizer
from uniadgen.model.layers import weightless
from uniadgen.model.preference import PreferenceUnderstanding
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.taste import Taste
from uniadgen.model.text_embedder import TextEmbedder
from uniadgen.model.text_form import TextForms
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import Mentions, UnifiedModel, empty_model
from uniadgen.schema import read

CLICK_GRID = 8  # a clicked picture has 8 x 8 image tokens, as in the reference
_HALF = (0.5, 0.5, 0.5)  # mean and deviation of pixels for the image tokenizer, as Janus was trained

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
NEW = (
    "foreground.",
    "preference.",
    "point_pointer.",
    "scene_head.",
    "scene_encoder.",
    "taste.",
    "text_embedder.",
    "text_forms.",
    "mentions.",
)  # modules that Janus lacks
_VQ, _DINO = "image_tokenizer.", "foreground.encoder.model."
DINO_RULES = ((re.compile(r"classifier\..+"), ""), (re.compile(r"(?:dinov2\.)?(.+)"), _DINO + r"\1"))
# Files keep DINOv2's first names; newer transformers call its attention's weights otherwise.
DINO_RENAMED = (
    (re.compile(r"(?:dinov2\.)?(.+\.attention)\.attention\.([qkv])\w+\.(\w+)"), _DINO + r"\1.\2_proj.\3"),
    (re.compile(r"(?:dinov2\.)?(.+\.attention)\.output\.dense\.(\w+)"), _DINO + r"\1.o_proj.\2"),
)


class Normalisation(TypedDict, total=False):
    """What an image processor's settings say of colours."""

    image_mean: Colours
    image_std: Deviations


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
    device: DeviceMap = "cpu",
    dtype: torch.dtype = torch.float32,
    scene: SceneEncoder | None = None,
    embedding: int = 0,
    forms: int = 0,
) -> tuple[UnifiedModel, TextTokenizer]:
    """The model in evaluation mode, and its tokenizer.

    scene: what reads scenes, for a model that is to be trained to have a scene token. embedding: width of a text embedder that
    is to be trained, forms: of texts, which are to be fitted, with mentions beside them; 0: none.

    foreground: folder of a DINOv2 (transformers' format); without one, foreground perception gets a small encoder that is yet
    to be trained. device: see `devices`. Raises InputError before anything big is read.
    """
    config = read_config(folder, foreground)
    if scene is not None:
        config = replace(config, scene=replace(scene.config, composition=0))  # which is for pictures of several scales
    if embedding:
        config = replace(config, preference=replace(config.preference, embedding=embedding))
    if forms:
        config = replace(config, text=replace(config.text, forms=forms, mentions=True))
    dino = {} if foreground is None else _dino_weights(foreground, config)
    model, tokenizer, devices = load_backbone(folder, config, dino, device, dtype)
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)  # not converted afterwards: that would take memory twice
    try:
        with torch.device(devices.main):
            new, model.preference = ForegroundPerception(config), PreferenceUnderstanding(config)
            model.point_pointer = Pointer(config.decoder.width, min(config.decoder.width, 256))
            if scene is not None:
                parts = config.decoder.width, config.head_width, scene.config.levels, scene.config.codes
                model.scene_head, model.scene_encoder = SceneHead(*parts), SceneEncoder(scene.config)
                model.scene_encoder.load_state_dict(scene.state_dict())
                model.taste = Taste()
            if embedding:
                model.text_embedder = TextEmbedder(config.decoder.text_vocabulary, embedding)
            if forms:
                model.text_forms = TextForms(forms, config.decoder.width)
                nn.init.zeros_(model.text_forms.embedding.weight)
                model.mentions = Mentions(config.decoder.width)
    finally:
        torch.set_default_dtype(usual)
    new.load_state_dict({n: t for n, t in model.foreground.state_dict().items() if not t.is_meta}, strict=False, assign=True)
    model.foreground = new
    with torch.no_grad():
        if foreground is not None and isinstance(new.encoder, DinoEncoder):
            mean, deviation = _normalisation(foreground, IMAGENET_MEAN, IMAGENET_DEVIATION)
            new.encoder.mean.copy_(torch.tensor(mean).view(1, 3, 1, 1))
            new.encoder.deviation.copy_(torch.tensor(deviation).view(1, 3, 1, 1))
        model.preference.norm.weight.zero_()
        model.preference.norm.bias.copy_(model.text_embedding.weight[tokenizer.pad])
    return model.eval(), tokenizer


def load_backbone(
    folder: Path, config: ModelConfig, more: Mapping[str, Stored], device: DeviceMap, dtype: torch.dtype
) -> tuple[UnifiedModel, TextTokenizer, Devices]:
    """A model of `config` with Janus' weights and `more`, which has been checked; what neither has stays on the meta device.

    Raises InputError before anything big is read.
    """
    tokenizer = _load_tokenizer(folder, config)
    stored = _mapped(folder, RULES)
    model = empty_model(config)
    expected = {name: t for name, t in model.state_dict().items() if not name.startswith(NEW)}
    tied = "text_head.weight" not in stored and read_json(folder, "config.json").get("tie_word_embeddings", True) is True
    if tied:
        del expected["text_head.weight"]
    compare(folder, stored, expected)
    devices = resolve_devices(device, model, dtype)
    check_memory(bytes_by_device(model, devices, dtype), dtype, f"model folder {folder}")
    stream(model, {**stored, **more}, devices.of, dtype)
    if tied:
        model.text_head.weight = model.text_embedding.weight
    connect(model.decoder.blocks, devices)
    return model.eval(), tokenizer, devices


def _dino_weights(folder: Path, config: ModelConfig) -> dict[str, Stored]:
    """The weights of a DINOv2 folder by our names, checked against its configuration."""
    with weightless():
        encoder = DinoEncoder(config.foreground, config.image.grid)
    expected = {_DINO + name: t for name, t in encoder.model.state_dict().items()}
    renamed = DINO_RENAMED if any(".q_proj." in name for name in expected) else ()
    stored = _mapped(folder, (*renamed, *DINO_RULES))
    compare(folder, stored, expected)
    return stored


def load_image_tokenizer(folder: Path, device: torch.device | str = "cpu") -> tuple[JanusTokenizer, ModelConfig]:
    """The image tokenizer alone, in fp32 and evaluation mode; nothing else is read. Raises InputError."""
    config = read_config(folder)
    stored = {name: weight for name, weight in _mapped(folder, RULES).items() if name.startswith(_VQ)}
    with weightless():
        tokenizer = JanusTokenizer(config.image)
    compare(folder, stored, {_VQ + name: t for name, t in tokenizer.state_dict().items()})
    where = torch.device(device)
    stream(nn.ModuleDict({_VQ.removesuffix("."): tokenizer}), stored, lambda _: where, torch.float32)
    return tokenizer.eval(), config


def fingerprint(folder: Path) -> str:
    """A short hash of the last norm's weights: enough to tell a backbone from another one of the same shape."""
    stored = _mapped(folder, RULES).get("decoder.norm.weight")
    if stored is None:
        raise InputError(f"model folder {folder}: the weight for decoder.norm.weight is missing; it is no Janus")
    with safe_open(str(stored.path), framework="pt") as file:
        return hashlib.sha256(file.get_tensor(stored.name).float().numpy().tobytes()).hexdigest()[:16]


def read_config(folder: Path, foreground: Path | None = None) -> ModelConfig:
    """Our configuration of a folder in transformers' Janus format. Raises InputError naming what we can't do."""
    if importlib.util.find_spec("transformers") is None:
        raise InputError("Janus models need transformers; install uniadgen[janus]")
    from transformers import JanusConfig

    where = folder / "config.json"
    values = read_json(folder, "config.json")
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
    for name, setting, wanted in (
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
        _require(where, name, setting, wanted)
    patch, grid = 2 ** (len(vq.channel_multiplier) - 1), vision.image_size // vision.patch_size
    kept = ("latent_channels", "base_channels", "channel_multiplier", "num_res_blocks", "num_patches")
    specials = _specials(folder, text)
    mean, deviation = _normalisation(folder, _HALF, _HALF)
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
                mean=mean,
                deviation=deviation,
                janus=cast(JanusVQ, {k: list(v) if isinstance(v := getattr(vq, k), list | tuple) else v for k in kept}),
            ),
            foreground=_foreground_config(foreground),
            preference=PreferenceConfig(
                resolution=CLICK_GRID * patch,
                text_tokens=30,
                mask_layers=2,
                fusion_layers=4,
                heads=16 if width % 16 == 0 else heads,
            ),
            text=TextConfig(256, 512, 96, "<|User|>: ", "\n\n<|Assistant|>:", specials),
            guidance=GuidanceConfig(weight=5.0, temperature=1.0, scene_draws=32, unconditional="padded"),
            text_temperature=1.0,
            head_width=width,
        )
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _foreground_config(folder: Path | None) -> ForegroundConfig:
    if folder is None:
        return ForegroundConfig(group=6, strength=1.5)
    from transformers import Dinov2Config

    where, values = folder / "config.json", read_json(folder, "config.json")
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
        dinov2=cast(Dinov2, options),
        strength=1.5,
    )


def _normalisation(folder: Path, mean: Colours, deviation: Deviations) -> tuple[Colours, Deviations]:
    """Mean and deviation per colour by the folder's image processor; those given where it says nothing."""
    name = "preprocessor_config.json"
    said = read_json(folder, name, optional=True)
    if not said:
        name = "processor_config.json"
        inner = read_json(folder, name, optional=True).get("image_processor")
        said = inner if isinstance(inner, dict) else {}
    _require(folder / name, "do_normalize", said.get("do_normalize") is not False, True)
    wanted = {key: said[key] for key in ("image_mean", "image_std") if said.get(key) is not None}
    stored: Normalisation = read(Normalisation, wanted, str(folder / name))
    return stored.get("image_mean", mean), stored.get("image_std", deviation)


def _specials(folder: Path, text: Any) -> dict[str, int]:
    """Ids of the tokens that steer Janus: as in generation_config.json, else config.json, else by the tokenizer's spellings."""
    said = read_json(folder, "generation_config.json", optional=True)
    inner = said.get("generation_kwargs")
    said = {**said, **(inner if isinstance(inner, dict) else {})}
    spelled = read_json(folder, "tokenizer_config.json", optional=True)
    added = read_json(folder, "tokenizer.json").get("added_tokens", [])
    ids = {t["content"]: t["id"] for t in added if isinstance(t, dict) and "content" in t and "id" in t}
    special_ids: dict[str, int] = {}
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
        special_ids[ours] = value
    return special_ids


def _load_tokenizer(folder: Path, config: ModelConfig) -> TextTokenizer:
    tokenizer = TextTokenizer.load(folder / "tokenizer.json", config.text.specials)
    if tokenizer.size > config.decoder.text_vocabulary:
        raise InputError(
            f"model folder {folder}: tokenizer.json has {tokenizer.size} ids, config.json only "
            f"{config.decoder.text_vocabulary}; the files belong to different models"
        )
    return tokenizer


def _mapped(folder: Path, rules: Iterable[tuple[re.Pattern[str], str]]) -> dict[str, Stored]:
    rules = list(rules)

    def ours(name: str) -> str | None:
        return next((match.expand(new) for rule, new in rules if (match := rule.fullmatch(name))), None)

    return headers(weight_files(folder), ours)


def _parsed(kind: Any, values: dict[str, Any], where: Path) -> Any:
    """transformers' own reading of a configuration, which fills defaults in and knows older spellings."""
    try:
        return kind.from_dict(values)
    except Exception as error:  # its checks raise many kinds
        raise InputError(f"{where}: no valid configuration ({one_line(error)})") from None


def _require(where: Path, name: str, value: object, wanted: object) -> None:
    if value != wanted:
        raise InputError(f"{where}: {name} is {value!r}; only {wanted!r} is supported")
