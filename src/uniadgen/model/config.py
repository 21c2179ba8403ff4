"""Sizes of a model. One set of classes serves every size; these dataclasses are all that differs between a laptop model and 7B.

`embedded()` is the model that ships with the package, `janus_pro("1B" | "7B")` has the shapes of the published backbones.
A configuration is stored beside the weights as JSON (`to_dict`, `from_dict`).
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from uniadgen.errors import InputError


@dataclass(frozen=True)
class DecoderConfig:
    """A Llama-style decoder: RMS norm, rotary positions, SwiGLU, no biases."""

    layers: int = 6
    width: int = 256
    heads: int = 4
    feed_forward: int = 704
    text_vocabulary: int = 4104  # including the special tokens
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-6


@dataclass(frozen=True)
class ImageTokenizerConfig:
    """`fsq` is our convolutional tokenizer with finite scalar quantisation, `janus-vq` the one of Janus (transformers)."""

    kind: Literal["fsq", "janus-vq"] = "fsq"
    resolution: int = 256  # px of a generated picture, a multiple of `patch`
    patch: int = 16  # px per token and side
    levels: tuple[int, ...] = (8, 8, 5, 5, 5)  # fsq: quantisation levels per dimension
    channels: tuple[int, int, int] = (48, 96, 192)  # fsq: at 1/4, 1/8 and 1/16 of the resolution
    upsampling: int = 1  # fsq: 2 if the decoder can also paint twice the resolution from the same tokens
    janus: dict[str, Any] = field(default_factory=dict)  # janus-vq: keyword arguments of JanusVQVAEConfig
    # janus-vq: per colour, of pixels in 0..1, as its image processor normalises them
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    deviation: tuple[float, ...] = (0.5, 0.5, 0.5)
    codes: int = 8000
    embedding: int = 32  # dimensions of the decoder's image embedding table (Janus: 8)

    @property
    def grid(self) -> int:
        """Tokens per side of a generated picture."""
        return self.resolution // self.patch

    @property
    def painted(self) -> int:
        """px of the largest picture that the decoder paints from these tokens."""
        return self.resolution * self.upsampling

    @property
    def tokens(self) -> int:
        return self.grid**2


@dataclass(frozen=True)
class ForegroundConfig:
    """`patch` is a small encoder of our own, trained with the model; `dinov2` is transformers' Dinov2Model."""

    kind: Literal["patch", "dinov2"] = "patch"
    pixels_per_token: int = 16  # DINOv2: 14
    features: int = 128
    layers: int = 2
    heads: int = 4
    group: int = 3  # decoder layers that share one injected feature map (reference: 6)
    dinov2: dict[str, Any] = field(default_factory=dict)
    dropout: float = 0.1  # training: share of ads without the condition
    strength: float = 1.0  # inference; reference: 1.5


@dataclass(frozen=True)
class PreferenceConfig:
    clicks: int = 10
    resolution: int = 64  # px at which a clicked picture is tokenised (reference: 128)
    text_tokens: int = 16  # per click (reference: 30)
    mask_layers: int = 1
    fusion_layers: int = 2
    heads: int = 8
    keep: float = 0.4  # share of tokens that the mask keeps
    temperature: float = 0.1  # of the Gumbel-softmax over cosine similarities


@dataclass(frozen=True)
class PlanConfig:
    """Which remembered scene a picture follows (`model/plan.py`); without exemplars there is no plan, as in the reference."""

    exemplars: int = 0  # remembered plates
    # classes of each facet of a scene (PAd-Synth: families, palettes, lights), as the scene encoder was trained; none: no plan
    facets: tuple[int, ...] = ()
    size: int = 128  # px at which the scene encoder sees a click
    width: int = 160
    layers: int = 4
    heads: int = 5
    words: int = 8  # dimensions in which words tell what a product is
    hidden: int = 96  # channels through which the decoder sees an exemplar
    trust: float = 20.0  # nats that a code loses per squared distance from the exemplar's values, where these are seen


@dataclass(frozen=True)
class TextConfig:
    """Limits of the instruction, in tokens; what is longer is cut at a word and said so."""

    description_tokens: int = 64
    selling_point_tokens: int = 160
    ad_tokens: int = 48
    prompt_prefix: str = ""  # around the instruction; Janus: its chat turns, in which special tokens are recognised
    prompt_suffix: str = ""
    # ids of pad, begin, begin_image and end in a tokenizer that has specials of its own; none: ids after its vocabulary
    specials: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutlineConfig:
    """The model that says which selling point the text should tell next; without a width there is none."""

    width: int = 0
    layers: int = 2  # of the reader of texts, and of the attention to them
    heads: int = 4
    text_tokens: int = 40  # of a clicked text, or of a selling point


@dataclass(frozen=True)
class GuidanceConfig:
    weight: float = 1.0  # 1: none, and one row less to decode
    temperature: float = 0.4
    top_k: int | None = None
    plan: float = 1.0  # share of the exemplar that the decoder sees; 0: no plan
    plan_kinship: float = 0.2  # how much an exemplar gains from being of a related product ...
    plan_place: float = 0.6  # ... and from a product that stood in the same place
    plan_temperature: float = 0.1  # of the choice among exemplars
    outline: float = 4.0  # how strongly a text's selling points are drawn the way of the outline
    # What the unguided branch reads instead of instruction and ad text: nothing, or as many pad tokens (as Janus was trained)
    unconditional: Literal["empty", "padded"] = "empty"


@dataclass(frozen=True)
class ModelConfig:
    name: str = "uniadgen-embedded"
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    image: ImageTokenizerConfig = field(default_factory=ImageTokenizerConfig)
    foreground: ForegroundConfig = field(default_factory=ForegroundConfig)
    preference: PreferenceConfig = field(default_factory=PreferenceConfig)
    plan: PlanConfig = field(default_factory=PlanConfig)
    text: TextConfig = field(default_factory=TextConfig)
    outline: OutlineConfig = field(default_factory=OutlineConfig)
    guidance: GuidanceConfig = field(default_factory=GuidanceConfig)
    text_temperature: float = 0.1
    head_width: int = 256  # hidden width of the image head and of the aligner

    def __post_init__(self) -> None:
        decoder, image = self.decoder, self.image
        if decoder.width % decoder.heads or (decoder.width // decoder.heads) % 2:
            raise InputError(f"config: decoder.width {decoder.width} must be an even multiple of decoder.heads {decoder.heads}")
        if image.resolution % image.patch or self.preference.resolution % image.patch:
            raise InputError(
                f"config: image.resolution and preference.resolution must be multiples of image.patch {image.patch}"
            )
        if image.upsampling not in ((1, 2) if image.kind == "fsq" else (1,)):
            raise InputError(f"config: image.upsampling {image.upsampling!r} must be 1, or 2 with the fsq image tokenizer")
        if image.kind == "fsq":
            codes = 1
            for level in image.levels:
                codes *= level
            if codes != image.codes:
                raise InputError(f"config: image.codes is {image.codes}, but image.levels {image.levels} make {codes}")
        if not 0 < self.preference.keep <= 1:
            raise InputError(f"config: preference.keep {self.preference.keep} must lie in (0, 1]")
        plan, guidance = self.plan, self.guidance
        if plan.exemplars and image.kind != "fsq":
            raise InputError("config: plan.exemplars needs the fsq image tokenizer; set it to 0")
        sizes = (plan.exemplars, *plan.facets)
        if not all(isinstance(size, int) and size >= 0 for size in sizes) or plan.width % plan.heads or plan.size % 16:
            raise InputError("config: plan must have whole sizes, a width that is a multiple of heads, and a size of 16s")
        if guidance.plan_temperature < 0 or guidance.outline < 0:
            raise InputError("config: guidance.plan_temperature and guidance.outline must be 0 or more")
        if not 0 <= self.guidance.plan <= 1:
            raise InputError(f"config: guidance.plan {self.guidance.plan} must lie in [0, 1]")
        if self.outline.width < 0 or self.outline.heads < 1 or self.outline.width % self.outline.heads:
            raise InputError(
                f"config: outline.width {self.outline.width} must be a multiple of outline.heads {self.outline.heads}"
            )
        if self.guidance.unconditional not in ("empty", "padded"):
            raise InputError(f"config: guidance.unconditional {self.guidance.unconditional!r} must be empty or padded")
        specials = self.text.specials
        if specials and set(specials) != {"pad", "begin", "begin_image", "end"}:
            raise InputError("config: text.specials must name pad, begin, begin_image and end, or nothing")
        for name, value in specials.items():
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < decoder.text_vocabulary:
                raise InputError(f"config: text.specials.{name} {value!r} is no id below {decoder.text_vocabulary}")

    @property
    def click_image_tokens(self) -> int:
        return (self.preference.resolution // self.image.patch) ** 2

    @property
    def foreground_groups(self) -> int:
        return -(-self.decoder.layers // self.foreground.group)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelConfig":
        """Raises InputError naming the first field that is unknown or of the wrong shape."""
        return _build(cls, values, "config")


def _build(cls: Any, values: Any, where: str) -> Any:
    if not isinstance(values, dict):
        raise InputError(f"{where}: expected an object, found {type(values).__name__}")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise InputError(f"{where}: unknown field {unknown[0]!r} (is it of another version?); known are {', '.join(fields)}")
    built = {}
    for name, value in values.items():
        factory: Any = fields[name].default_factory
        if dataclasses.is_dataclass(factory):
            value = _build(factory, value, f"{where}.{name}")
        elif isinstance(value, list):
            value = tuple(value)
        built[name] = value
    try:
        return cls(**built)
    except TypeError as error:
        raise InputError(f"{where}: {error}") from None


def embedded() -> ModelConfig:
    """The model in the package: 256 image tokens, painted at 256 or 512 px, 10 clicks of 16 image and 16 text tokens."""
    return ModelConfig(
        image=ImageTokenizerConfig(upsampling=2), plan=PlanConfig(exemplars=4096), outline=OutlineConfig(width=96)
    )


def tiny() -> ModelConfig:
    """For tests: every part present, nothing trained, milliseconds on a CPU."""
    return ModelConfig(
        name="uniadgen-tiny",
        decoder=DecoderConfig(layers=2, width=32, heads=2, feed_forward=64),
        image=ImageTokenizerConfig(resolution=64, levels=(4, 4, 4), codes=64, channels=(8, 8, 16), embedding=8),
        foreground=ForegroundConfig(features=24, layers=1, heads=2, group=1),
        preference=PreferenceConfig(clicks=3, resolution=32, text_tokens=6, mask_layers=1, fusion_layers=1, heads=2),
        plan=PlanConfig(exemplars=12, facets=(3, 2), size=32, width=16, layers=1, heads=2, words=4, hidden=8),
        text=TextConfig(description_tokens=24, selling_point_tokens=64, ad_tokens=24),
        outline=OutlineConfig(width=16),
        head_width=32,
    )


def janus_pro(size: Literal["1B", "7B"]) -> ModelConfig:
    """The shapes of Janus-Pro with DINOv2-small for the foreground, and the reference's preference sizes."""
    shapes = {"1B": (24, 2048, 16, 5632), "7B": (30, 4096, 32, 11008)}
    layers, width, heads, feed_forward = shapes[size]
    return ModelConfig(
        name=f"janus-pro-{size}",
        decoder=DecoderConfig(layers, width, heads, feed_forward, text_vocabulary=102_400),
        image=ImageTokenizerConfig(kind="janus-vq", resolution=384, codes=16_384, embedding=8, janus={"num_patches": 24}),
        foreground=ForegroundConfig(kind="dinov2", pixels_per_token=14, features=384, group=6, strength=1.5),
        preference=PreferenceConfig(resolution=128, text_tokens=30, mask_layers=2, fusion_layers=4, heads=16),
        text=TextConfig(256, 512, 96, prompt_prefix="<|User|>: ", prompt_suffix="\n\n<|Assistant|>:"),
        guidance=GuidanceConfig(weight=5.0, temperature=1.0, unconditional="padded"),
        text_temperature=1.0,
        head_width=width,
    )
