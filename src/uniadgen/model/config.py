"""Sizes of a model. One set of classes serves every size; these dataclasses are all that differs between a laptop model and 7B.

`embedded()` is the model that ships with the package, `janus_pro("1B" | "7B")` has the shapes of the published backbones.
A configuration is stored beside the weights as JSON (`to_dict`, `from_dict`). What a field may hold stands beside it, and is
checked whenever a configuration is made (`schema`), before anything is built from it.
"""

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Any, Literal, TypedDict

from uniadgen.errors import InputError
from uniadgen.schema import Range, check, read

# What a number may be at most: far above any real model, low enough that a damaged file can't make a program hang.
Count = Annotated[int, Range(0, 10_000)]
Layers = Annotated[int, Range(1, 256)]
Heads = Annotated[int, Range(1, 1024)]
Width = Annotated[int, Range(1, 2**17)]
Pixels = Annotated[int, Range(1, 2**14)]
Id = Annotated[int, Range(0, 2**22)]
Share = Annotated[float, Range(0, 1)]
Weight = Annotated[float, Range(0, 100)]
Positive = Annotated[float, Range(1e-6, 100)]
Colours = tuple[Share, Share, Share]
Deviations = tuple[Positive, Positive, Positive]


@dataclass(frozen=True)
class DecoderConfig:
    """A Llama-style decoder: RMS norm, rotary positions, SwiGLU, no biases."""

    layers: Layers = 6
    width: Annotated[int, Range(2, 2**17)] = 256
    heads: Heads = 4
    feed_forward: Width = 704
    text_vocabulary: Annotated[int, Range(1, 2**22)] = 4104  # including the special tokens
    rope_theta: Annotated[float, Range(1, 1e12)] = 10_000.0
    norm_eps: Annotated[float, Range(0, 0.1)] = 1e-6


class JanusVQ(TypedDict, total=False):
    """Keyword arguments of transformers' JanusVQVAEConfig."""

    latent_channels: Width
    base_channels: Width
    channel_multiplier: Annotated[list[Annotated[int, Range(1, 64)]], Range(1, 10)]
    num_res_blocks: Annotated[int, Range(1, 64)]
    num_patches: Annotated[int, Range(1, 1024)]


@dataclass(frozen=True)
class ImageTokenizerConfig:
    """`fsq` is our convolutional tokenizer with finite scalar quantisation, `janus-vq` the one of Janus (transformers)."""

    kind: Literal["fsq", "janus-vq"] = "fsq"
    resolution: Pixels = 256  # px of a generated picture, a multiple of `patch`
    patch: Annotated[int, Range(1, 512)] = 16  # px per token and side; fsq: 16
    # fsq: quantisation levels per dimension
    levels: Annotated[tuple[Annotated[int, Range(2, 256)], ...], Range(1, 16)] = (8, 8, 5, 5, 5)
    channels: tuple[Width, Width, Width] = (48, 96, 192)  # fsq: at 1/4, 1/8 and 1/16 of the resolution
    # Tokens per side of smaller copies of the picture that are written before it, coarse first (`model/order.py`); Janus: none
    coarse: Annotated[tuple[Annotated[int, Range(1, 1024)], ...], Range(0, 8)] = ()
    # Tokens per side of the blocks that each scale is written in, coarse first; none: row by row
    blocks: Annotated[tuple[Annotated[int, Range(1, 64)], ...], Range(0, 9)] = ()
    upsampling: Annotated[int, Range(1, 2)] = 1  # fsq: 2 if the decoder can also paint twice the resolution
    # fsq: width of what paints from the tokens of the last coarse scale, so that finer ones are not written; 0: none
    completion: Annotated[int, Range(0, 4096)] = 0
    janus: JanusVQ = field(default_factory=JanusVQ)
    # janus-vq: per colour, of pixels in 0..1, as its image processor normalises them
    mean: Colours = (0.5, 0.5, 0.5)
    deviation: Deviations = (0.5, 0.5, 0.5)
    codes: Annotated[int, Range(2, 2**20)] = 8000
    embedding: Width = 32  # dimensions of the decoder's image embeddings (Janus: 8)

    @property
    def grid(self) -> int:
        """Tokens per side of a generated picture."""
        return self.resolution // self.patch

    @property
    def painted(self) -> int:
        """px of the largest picture that the decoder paints from these tokens."""
        return self.resolution * self.upsampling

    @property
    def scales(self) -> tuple[int, ...]:
        """Tokens per side of everything that is written of a picture, coarse to fine."""
        return self.coarse if self.completion else (*self.coarse, self.grid)

    @property
    def tokens(self) -> int:
        """Tokens of a picture at all scales."""
        return sum(side**2 for side in self.scales)


class Dinov2(TypedDict, total=False):
    """Keyword arguments of transformers' Dinov2Config."""

    num_hidden_layers: Layers
    mlp_ratio: Annotated[int, Range(1, 64)]
    hidden_act: Annotated[str, Range(1, 40)]
    layer_norm_eps: Annotated[float, Range(0, 0.1)]
    image_size: Pixels
    qkv_bias: bool
    layerscale_value: Weight
    use_swiglu_ffn: bool
    use_mask_token: bool


@dataclass(frozen=True)
class ForegroundConfig:
    """`patch` is a small encoder of our own, trained with the model; `dinov2` is transformers' Dinov2Model."""

    kind: Literal["patch", "dinov2"] = "patch"
    pixels_per_token: Annotated[int, Range(1, 256)] = 16  # patch: 16, DINOv2: 14
    features: Annotated[int, Range(4, 2**17)] = 128
    layers: Layers = 2
    heads: Heads = 4
    group: Layers = 3  # decoder layers that share one injected feature map (reference: 6)
    dinov2: Dinov2 = field(default_factory=Dinov2)
    dropout: Share = 0.1  # training: share of ads without the condition
    strength: Weight = 1.0  # inference; reference: 1.5


@dataclass(frozen=True)
class PreferenceConfig:
    clicks: Annotated[int, Range(0, 1000)] = 10
    resolution: Pixels = 64  # px at which a clicked picture is tokenised (reference: 128)
    text_tokens: Annotated[int, Range(1, 10_000)] = 24  # per click (reference: 30)
    mask_layers: Layers = 1
    fusion_layers: Layers = 2
    heads: Heads = 8
    keep: Annotated[float, Range(1e-6, 1)] = 0.4  # share of tokens that the mask keeps
    temperature: Positive = 0.1  # of the Gumbel-softmax over cosine similarities
    # of the model's own embedder for product similarity (`model/text_embedder.py`); 0: it has none
    embedding: Annotated[int, Range(0, 4096)] = 0


@dataclass(frozen=True)
class SceneConfig:
    """The scene token and the encoder that it is read with (`model/scene.py`); without levels there is none."""

    levels: Annotated[int, Range(0, 9)] = 0  # codes of a scene token: of its place, its colours, the whole; then finer ones
    codes: Annotated[int, Range(2, 2**16)] = 32  # of each level
    size: Pixels = 96  # px at which the encoder sees a picture
    embedding: Width = 96  # a third for each facet
    channels: tuple[Width, Width, Width] = (32, 64, 128)  # at 1/4, 1/8 and 1/16 of the size
    blocks: Annotated[int, Range(0, 16)] = 2  # of two convolutions, at 1/16; half as many above
    composition: Annotated[int, Range(0, 16)] = 0  # further levels: where colours lie (`model/composition.py`); needs levels
    codes_of_composition: Annotated[int, Range(2, 2**16)] = 64  # of each of them


@dataclass(frozen=True)
class TextConfig:
    """Limits of the instruction, in tokens; what is longer is cut at a word and said so."""

    description_tokens: Count = 64
    selling_point_tokens: Count = 160
    ad_tokens: Annotated[int, Range(1, 10_000)] = 48
    prompt_prefix: str = ""  # around the instruction; Janus: its chat turns, in which special tokens are recognised
    prompt_suffix: str = ""
    # ids of pad, begin, begin_image and end in a tokenizer that has specials of its own; none: ids after its vocabulary
    specials: dict[str, Id] = field(default_factory=dict)
    forms: Annotated[int, Range(0, 4096)] = 0  # that a text's form is one of (`model/text_form.py`); 0: it is not told
    mentions: bool = False  # whether the decoder is told which selling points the description mentions, and in which order


@dataclass(frozen=True)
class GuidanceConfig:
    weight: Weight = 1.0  # 1: none, and one row less to decode
    temperature: Weight = 0.6
    scene_temperature: Weight = 0.6  # of the scene token
    # Of the scenes that are drawn for a shopper with clicks, as likely as they are, taste picks one; 1: none is picked
    scene_draws: Annotated[int, Range(1, 1024)] = 1
    top_k: Annotated[int, Range(1, 10**6)] | None = None
    # What the unguided branch reads instead of instruction and ad text: nothing, or as many pad tokens (as Janus was trained)
    unconditional: Literal["empty", "padded"] = "empty"


@dataclass(frozen=True)
class ModelConfig:
    """Raises InputError for a value out of its range and for values that contradict each other."""

    name: str = "uniadgen-embedded"
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    image: ImageTokenizerConfig = field(default_factory=ImageTokenizerConfig)
    foreground: ForegroundConfig = field(default_factory=ForegroundConfig)
    preference: PreferenceConfig = field(default_factory=PreferenceConfig)
    scene: SceneConfig = field(default_factory=SceneConfig)
    text: TextConfig = field(default_factory=TextConfig)
    guidance: GuidanceConfig = field(default_factory=GuidanceConfig)
    text_temperature: Weight = 1.2
    head_width: Width = 256  # hidden width of the image head and of the aligner

    def __post_init__(self) -> None:
        check(self, "config")
        for wrong, message in self._contradictions():
            if wrong:
                raise InputError(f"config: {message}")

    def _contradictions(self) -> Iterator[tuple[object, str]]:
        decoder, image, foreground = self.decoder, self.image, self.foreground
        yield decoder.width % decoder.heads, f"decoder.width {decoder.width} is no multiple of decoder.heads {decoder.heads}"
        yield decoder.width // decoder.heads % 2, f"decoder.width {decoder.width} over decoder.heads {decoder.heads} is odd"
        for of, width, name, heads in (
            ("decoder.width", decoder.width, "preference.heads", self.preference.heads),
            ("foreground.features", foreground.features, "foreground.heads", foreground.heads),
        ):
            yield width % heads, f"{of} {width} is no multiple of {name} {heads}"
        for name, pixels in (("image.resolution", image.resolution), ("preference.resolution", self.preference.resolution)):
            yield pixels % image.patch, f"{name} {pixels} is no multiple of image.patch {image.patch}"
        yield foreground.kind == "patch" and foreground.pixels_per_token != 16, "foreground.pixels_per_token must be 16"
        if image.kind == "fsq":
            yield image.patch != 16, "image.patch must be 16: the fsq tokenizer has 16 px per token"
            codes = math.prod(image.levels)
            yield codes != image.codes, f"image.codes is {image.codes}, but image.levels {image.levels} make {codes}"
            fine, middle, coarse = image.channels
            yield coarse % max(1, coarse // 32), f"image.channels: {coarse} must be a multiple of {coarse // 32}, its heads"
            for out, into in ((fine, middle), (middle, coarse)):
                yield 4 * out % into or 4 * out < into, f"image.channels: {into} must divide four times {out}"
        yield image.upsampling == 2 and image.channels[0] % 2, "image.channels[0] must be even with image.upsampling 2"
        yield image.upsampling != 1 and image.kind != "fsq", "image.upsampling needs the fsq image tokenizer; set it to 1"
        if image.completion:
            yield image.kind != "fsq" or not image.coarse, "image.completion needs the fsq image tokenizer and image.coarse"
            last, width = (image.coarse or (0,))[-1], image.completion
            yield 2 * last != image.grid, f"image.completion: {last} tokens per side before it must be half of {image.grid}"
            heads, channels = max(1, width // 32), image.channels[2]
            yield width % heads, f"image.completion must be a multiple of {heads}, its heads"
            yield 4 * channels % width or 4 * channels < width, f"image.completion: {width} must divide four times {channels}"
            yield image.channels[0] % 8, "image.channels[0] must be a multiple of 8 with image.completion"
        for coarse, fine in pairwise((*image.coarse, image.grid)):
            yield coarse >= fine or fine % 2, f"image.coarse: {fine} tokens per side must be even and more than {coarse} before"
        scales, blocks = image.scales, image.blocks
        yield len(blocks) != (len(scales) if image.coarse else 0), f"image.blocks: {len(blocks)} for {len(scales)} scales"
        for side, block in zip(scales, blocks, strict=False):
            yield side % block or block & (block - 1), f"image.blocks: {block} is no power of 2 that divides {side}"
        yield self.scene.composition and not self.scene.levels, "scene.composition needs scene.levels"
        yield self.scene.composition and not self.image.coarse, "scene.composition needs image.coarse"
        yield self.scene.size % 16, f"scene.size {self.scene.size} is no multiple of 16"
        yield self.scene.embedding % 3, f"scene.embedding {self.scene.embedding} is no multiple of 3, its facets"
        for out, into in pairwise(self.scene.channels):
            yield 4 * out % into or 4 * out < into, f"scene.channels: {into} must divide four times {out}"
        specials, names = self.text.specials, {"pad", "begin", "begin_image", "end"}
        yield specials and set(specials) != names, "text.specials must name pad, begin, begin_image and end, or nothing"
        for name, value in specials.items():
            yield value >= decoder.text_vocabulary, f"text.specials.{name} {value} is no id below {decoder.text_vocabulary}"

    @property
    def click_codes(self) -> int:
        """Image tokens of a clicked picture."""
        return (self.preference.resolution // self.image.patch) ** 2

    @property
    def click_image_tokens(self) -> int:
        """What stands for a clicked picture in an instruction: its image tokens, and its scene token in a model with one."""
        return self.click_codes + (self.scene.levels > 0)

    @property
    def foreground_groups(self) -> int:
        return -(-self.decoder.layers // self.foreground.group)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: object) -> "ModelConfig":
        """Raises InputError naming the first field that is unknown, of another type or out of its range."""
        config: ModelConfig = read(cls, values, "config")
        return config


def embedded() -> ModelConfig:
    """The model in the package: 4 x 4, 8 x 8 and 16 x 16 image tokens, painted at 256 or 512 px, ten clicks."""
    image = ImageTokenizerConfig(coarse=(4, 8), blocks=(2, 2, 4), levels=(8, 8, 5, 5, 5, 5), codes=40_000, upsampling=2)
    preference = PreferenceConfig(embedding=64)
    scene = SceneConfig(levels=6, codes=64, composition=6)
    guidance = GuidanceConfig(weight=2.0, scene_temperature=0.4, scene_draws=32)
    return ModelConfig(
        image=image,
        preference=preference,
        scene=scene,
        text=TextConfig(forms=48, mentions=True),
        guidance=guidance,
        text_temperature=0.6,
    )


def tiny() -> ModelConfig:
    """For tests: every part present, nothing trained, milliseconds on a CPU."""
    return ModelConfig(
        name="uniadgen-tiny",
        decoder=DecoderConfig(layers=2, width=32, heads=2, feed_forward=64),
        image=ImageTokenizerConfig(
            resolution=64, coarse=(2,), blocks=(2, 2), levels=(4, 4, 4), codes=64, channels=(8, 8, 16), embedding=8
        ),
        foreground=ForegroundConfig(features=24, layers=1, heads=2, group=1),
        preference=PreferenceConfig(
            clicks=3, resolution=32, text_tokens=6, mask_layers=1, fusion_layers=1, heads=2, embedding=8
        ),
        scene=SceneConfig(
            levels=2, codes=8, composition=2, codes_of_composition=4, size=32, embedding=24, channels=(8, 8, 16), blocks=1
        ),
        text=TextConfig(description_tokens=24, selling_point_tokens=64, ad_tokens=24, forms=4, mentions=True),
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
