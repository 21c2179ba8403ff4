"""The unified model: one decoder that writes the ad's text and paints its background.

The sequence of one ad is

    begin, instruction(description, selling points, <text_ph>, <image_ph>), begin_ad, ad text, begin_image, image tokens

`Batch` is that sequence in tensors. Every position has a kind, which says where its embedding comes from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.model.config import ModelConfig
from uniadgen.model.decoder import Decoder
from uniadgen.model.foreground import ForegroundPerception
from uniadgen.model.image_tokenizer import FSQTokenizer, build_image_tokenizer, level_sums
from uniadgen.model.layers import weightless
from uniadgen.model.outline import Outline
from uniadgen.model.pixels import from_bytes
from uniadgen.model.plan import ScenePlan
from uniadgen.model.preference import Preference, PreferenceUnderstanding

# kinds of a position
PADDING, TEXT, IMAGE, CLICK_IMAGE, CLICK_TEXT = range(5)


@dataclass
class Clicks:
    """The sampled clicks of B shoppers, N each (padded): what the model sees of a history."""

    codes: Tensor  # [B, N, I] long, image tokens of the clicked picture; I is 0 where no pictures are shown
    text: Tensor  # [B, N, T] long, ids of the clicked text
    text_visible: Tensor  # [B, N, T] bool
    visible: Tensor  # [B, N] bool

    @property
    def pictures(self) -> int:
        """Pictures of a row that replace <image_ph>."""
        return self.codes.shape[1] if self.codes.shape[2] else 0

    @property
    def text_tokens(self) -> int:
        """Tokens that replace <text_ph>, over all rows."""
        return int((self.text_visible & self.visible[..., None]).sum())

    def to(self, device: torch.device) -> "Clicks":
        return Clicks(*(t.to(device) for t in (self.codes, self.text, self.text_visible, self.visible)))


@dataclass
class Batch:
    """B training sequences, padded on the right."""

    ids: Tensor  # [B, T] long: text id or image code, by kind; 0 elsewhere
    kinds: Tensor  # [B, T] uint8
    text_targets: Tensor  # [B, T] long, -100 where no word is to be predicted
    image_starts: Tensor  # [B] long: position of begin_image, -1 in a sequence without a picture
    clicks: Clicks | None
    canvas: Tensor | None  # [B, 3, S, S] uint8, the product on white
    keep_foreground: Tensor | None  # [B] bool: condition dropout has not struck
    plan_codes: Tensor | None = None  # [B, image tokens] long: of the plate that the picture is planned after
    plan_visible: Tensor | None = None  # [B, image tokens] bool: where that plate is seen

    def to(self, device: torch.device) -> "Batch":
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        moved: dict[str, Any] = {name: None if value is None else value.to(device) for name, value in values.items()}
        return Batch(**moved)


@dataclass
class Losses:
    text: Tensor  # mean cross-entropy in nats over the words of the ads; 0 without any
    image: Tensor  # the same over image tokens


class Sequences(NamedTuple):
    """Training sequences as the decoder takes them."""

    x: Tensor  # [B, T, D] embeddings
    features: Tensor | None  # [groups, B, T, D], added at the first layer of each group
    bias: Tensor | None  # [B, image tokens, codes], what the plan adds to the logits


class ImageHead(nn.Module):
    """Two linear layers with a GELU between, as in Janus."""

    def __init__(self, width: int, hidden: int, codes: int) -> None:
        super().__init__()
        self.project, self.score = nn.Linear(width, hidden), nn.Linear(hidden, codes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.score(F.gelu(self.project(x)))
        return logits


def empty_model(config: ModelConfig) -> "UnifiedModel":
    """The model without memory for its weights. Raises InputError for settings that transformers refuses."""
    try:
        with weightless():
            return UnifiedModel(config)
    except Exception as error:  # its configurations and modules raise anything
        if config.image.kind == "fsq" and config.foreground.kind == "patch":
            raise
        raise InputError(
            f"config: no model of transformers has these settings ({' '.join(str(error).split())[:160]})"
        ) from None


class UnifiedModel(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.adapter: Any = None  # a lora.Adapter if the model was trained on a backbone: then only what is new gets saved
        width = config.decoder.width
        self.text_embedding = nn.Embedding(config.decoder.text_vocabulary, width)
        self.image_embedding = nn.Embedding(config.image.codes, config.image.embedding)
        self.aligner = nn.Sequential(
            nn.Linear(config.image.embedding, config.head_width), nn.GELU(), nn.Linear(config.head_width, width)
        )
        self.decoder = Decoder(config.decoder, config.foreground.group)
        self.text_head = nn.Linear(width, config.decoder.text_vocabulary, bias=False)
        self.image_head = ImageHead(width, config.head_width, config.image.codes)
        self.foreground = ForegroundPerception(config)
        self.preference = PreferenceUnderstanding(config)
        self.plan = ScenePlan(config) if config.plan.exemplars and config.plan.facets else None
        # trained on its own: no loss of this model reaches it
        self.outline = Outline(config.outline, config.decoder.text_vocabulary) if config.outline.width else None
        self.image_tokenizer = build_image_tokenizer(config.image)
        nn.init.normal_(self.text_embedding.weight, std=0.02)
        if config.image.kind == "fsq" and not self.image_embedding.weight.is_meta:
            with torch.no_grad():
                # rows of the default scale: 1 per element in an embedding, 1 / sqrt(3) per row in a linear layer
                self.image_embedding.weight.copy_(level_sums(config.image.levels, config.image.embedding))
                self.image_embedding.weight.mul_(math.sqrt(config.image.embedding))
                self.image_head.score.weight.copy_(level_sums(config.image.levels, config.head_width)).div_(math.sqrt(3))

    def embed_text(self, ids: Tensor) -> Tensor:
        embedded: Tensor = self.text_embedding(ids)
        return embedded

    def embed_image(self, codes: Tensor) -> Tensor:
        embedded: Tensor = self.aligner(self.image_embedding(codes))
        return embedded

    def preference_tokens(self, clicks: Clicks, without: Sequence[str] = ()) -> Preference:
        """What the clicks become. without: parts that are taken out, see `ablations`."""
        preference: Preference = self.preference(
            self.embed_image(clicks.codes), self.embed_text(clicks.text), clicks.text_visible, clicks.visible, without
        )
        return preference

    def embed(self, ids: Tensor, kinds: Tensor, clicks: Clicks | None, preference: Preference | None = None) -> Tensor:
        """Embeddings [B, T, D] of a sequence that mixes all kinds.

        The preference tokens of row b fill b's positions of their kind in order; their number must match. preference: what
        `preference_tokens` makes of the clicks, where it is at hand.
        """
        x = self.embed_text(torch.where(kinds == TEXT, ids, 0))
        x = torch.where((kinds == IMAGE)[..., None], self.embed_image(torch.where(kinds == IMAGE, ids, 0)).to(x.dtype), x)
        if clicks is not None:
            image, text, _ = self.preference_tokens(clicks) if preference is None else preference
            # padding has no positions in the sequence: drop its tokens, keep the order of rows and clicks
            image_seen = clicks.visible.repeat_interleave(image.shape[1] // clicks.visible.shape[1], 1)
            text_seen = (clicks.text_visible & clicks.visible[..., None]).flatten(1)
            x = x.masked_scatter((kinds == CLICK_IMAGE)[..., None], image[image_seen].to(x.dtype))
            x = x.masked_scatter((kinds == CLICK_TEXT)[..., None], text[text_seen].to(x.dtype))
        return x

    def follow_plan(self, codes: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        """What a plate adds at each image token of the picture that follows it: features [groups, B, tokens, D] and logits of
        its codes [B, tokens, codes]. codes [B, tokens]: of the plate; shown [B, tokens] bool: where it is seen."""
        assert self.plan is not None
        assert isinstance(self.image_tokenizer, FSQTokenizer)
        values = self.image_tokenizer.values(codes)
        code_values = self.image_tokenizer.values(torch.arange(self.config.image.codes, device=codes.device)[None])[0].T
        planned = self.plan.features(values.to(self.dtype), visible)
        # where nothing at all is seen there is no plan
        return planned * visible.any(1).to(planned.dtype)[None, :, None, None], self.plan.nearness(values, visible, code_values)

    def read_batch(self, batch: Batch) -> Sequences:
        """A batch as the decoder takes it."""
        preference = None if batch.clicks is None else self.preference_tokens(batch.clicks)
        x = self.embed(batch.ids, batch.kinds, batch.clicks, preference)
        if batch.clicks is not None and preference is not None:
            rows = (batch.image_starts >= 0).nonzero()[:, 0]
            x = x.index_put((rows, batch.image_starts[rows]), preference.summary[rows].to(x.dtype), accumulate=True)
        if batch.canvas is None:
            return Sequences(x, None, None)
        features = self.foreground(from_bytes(batch.canvas))
        if batch.keep_foreground is not None:
            features = features * batch.keep_foreground.to(features.dtype)[None, :, None, None]
        bias = None
        if self.plan is not None and batch.plan_codes is not None and batch.plan_visible is not None:
            planned, bias = self.follow_plan(batch.plan_codes, batch.plan_visible)
            features = features + planned
        return Sequences(x, self.foreground_at(features, batch.image_starts, x.shape[1]), bias)

    def foreground_at(self, features: Tensor, starts: Tensor, length: int) -> Tensor:
        """Places features [G, B, n, D] at the positions that predict the image tokens: [G, B, length, D], zero elsewhere."""
        groups, batch, count, width = features.shape
        placed = features.new_zeros(groups, batch, length, width)
        positions = starts[:, None] + torch.arange(count, device=features.device)
        has_image = (starts >= 0)[:, None].expand_as(positions)
        rows = torch.arange(batch, device=features.device)[:, None].expand_as(positions)
        placed[:, rows[has_image], positions[has_image]] = features[:, has_image]
        return placed

    def forward(self, batch: Batch, emphasis: Tensor | None = None) -> Losses:
        """emphasis [image tokens], 1 on average: weights of the image tokens in the loss, by position."""
        x, foreground, bias = self.read_batch(batch)
        # padding is on the right, where a causal decoder reaches it from other padding only: no mask, twice as fast
        hidden = self.decoder(x, foreground=foreground)
        zero = hidden.new_zeros(())
        worded = batch.text_targets >= 0
        text = zero
        if worded.any():
            text = F.cross_entropy(self.text_head(hidden[worded]).float(), batch.text_targets[worded])
        pictured = batch.kinds[:, 1:] == IMAGE
        image = zero
        if pictured.any():
            logits = self.image_head(hidden[:, :-1][pictured]).float()
            logits = logits if bias is None else logits + bias.flatten(0, 1)
            each = F.cross_entropy(logits, batch.ids[:, 1:][pictured], reduction="none").view(-1, self.config.image.tokens)
            image = (each if emphasis is None else each * emphasis).mean()
        return Losses(text, image)

    @property
    def device(self) -> torch.device:
        return self.text_embedding.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.text_embedding.weight.dtype
