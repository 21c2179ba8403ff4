"""The unified model: one decoder that writes the ad's text and paints its background.

The sequence of one ad is

    begin, instruction(description, selling points, <text_ph>, <image_ph>), begin_ad, ad text, begin_image, image tokens

`Batch` is that sequence in tensors. Every position has a kind, which says where its embedding comes from.
"""

import math
from dataclasses import dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.config import ModelConfig
from uniadgen.model.decoder import Decoder
from uniadgen.model.foreground import ForegroundPerception
from uniadgen.model.image_tokenizer import FSQTokenizer, build_image_tokenizer, level_sums
from uniadgen.model.outline import Outline
from uniadgen.model.pixels import from_bytes
from uniadgen.model.preference import Preference, PreferenceUnderstanding
from uniadgen.model.sketch import DROPOUT, Sketch

# kinds of a position
PADDING, TEXT, IMAGE, CLICK_IMAGE, CLICK_TEXT = range(5)


@dataclass
class Clicks:
    """The sampled clicks of B shoppers, N each (padded): what the model sees of a history."""

    codes: Tensor  # [B, N, I] long, image tokens of the clicked picture
    text: Tensor  # [B, N, T] long, ids of the clicked text
    text_visible: Tensor  # [B, N, T] bool
    visible: Tensor  # [B, N] bool

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

    def to(self, device: torch.device) -> "Batch":
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        moved: dict[str, Any] = {name: None if value is None else value.to(device) for name, value in values.items()}
        return Batch(**moved)


@dataclass
class Losses:
    text: Tensor  # mean cross-entropy in nats over the words of the ads; 0 without any
    image: Tensor  # the same over image tokens
    sketch: Tensor | None = None  # squared error of the predicted sketches, where the batch has clicks and pictures


class ImageHead(nn.Module):
    """Two linear layers with a GELU between, as in Janus."""

    def __init__(self, width: int, hidden: int, codes: int) -> None:
        super().__init__()
        self.project, self.score = nn.Linear(width, hidden), nn.Linear(hidden, codes)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.score(F.gelu(self.project(x)))
        return scores


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
        self.sketch = Sketch(config) if config.preference.sketch else None
        # trained on its own: no loss of this model reaches it
        self.outline = Outline(config.outline, config.decoder.text_vocabulary) if config.outline.width else None
        self.image_tokenizer = build_image_tokenizer(config.image)
        nn.init.normal_(self.text_embedding.weight, std=0.02)
        if config.image.kind == "fsq":
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

    def preference_tokens(self, clicks: Clicks) -> Preference:
        """What the clicks become."""
        found: Preference = self.preference(
            self.embed_image(clicks.codes), self.embed_text(clicks.text), clicks.text_visible, clicks.visible
        )
        return found

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

    def predict_sketch(self, clicks: Clicks, preference: Preference, features: Tensor) -> Tensor:
        """Sketches [B, d, areas, areas] of what shoppers would click. features: of the products, as `foreground` makes them."""
        assert self.sketch is not None
        assert isinstance(self.image_tokenizer, FSQTokenizer)
        count = clicks.visible.shape[1]
        seen = clicks.visible.to(features.dtype)
        share = seen / seen.sum(1, keepdim=True).clamp(min=1)
        values = self.image_tokenizer.values(clicks.codes.flatten(1)).to(features.dtype).unflatten(2, (count, -1))
        clicked = (values * share[:, None, :, None]).sum(2).flatten(1)
        fused = (preference.image.unflatten(1, (count, -1)).mean(2) * share[..., None]).sum(1)
        sketch: Tensor = self.sketch.predict(clicked, fused.to(features.dtype), features[0].mean(1))
        return sketch

    def taste(self, clicks: Clicks, preference: Preference, features: Tensor) -> tuple[Tensor, Tensor] | None:
        """What the clicks add at each image token: features [groups, B, tokens, D] and scores of its codes [B, tokens, codes].
        None in a model without a sketch. features: of the products, as `foreground` makes them."""
        if self.sketch is None:
            return None
        assert isinstance(self.image_tokenizer, FSQTokenizer)
        sketch = self.predict_sketch(clicks, preference, features)
        values = self.image_tokenizer.values(torch.arange(self.config.image.codes, device=features.device)[None])[0].T
        scores = self.config.guidance.sketch * self.sketch.nearness(sketch, values.to(sketch.dtype))
        return self.sketch.features(sketch), scores

    def read_batch(self, batch: Batch) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Training sequences as the decoder takes them: embeddings [B, T, D], features [groups, B, T, D], and the squared
        error of the predicted sketches.

        In training the features hold the true sketch under noise, otherwise the predicted one.
        """
        preference = None if batch.clicks is None else self.preference_tokens(batch.clicks)
        x = self.embed(batch.ids, batch.kinds, batch.clicks, preference)
        if batch.clicks is not None and preference is not None:
            rows = (batch.image_starts >= 0).nonzero()[:, 0]
            x = x.index_put((rows, batch.image_starts[rows]), preference.summary[rows].to(x.dtype), accumulate=True)
        if batch.canvas is None:
            return x, None, None
        features = self.foreground(from_bytes(batch.canvas))
        error = None
        painted = features
        if batch.keep_foreground is not None:
            painted = features * batch.keep_foreground.to(features.dtype)[None, :, None, None]
        if self.sketch is not None and batch.clicks is not None and preference is not None:
            positions = batch.image_starts[:, None] + 1 + torch.arange(self.config.image.tokens, device=x.device)
            assert isinstance(self.image_tokenizer, FSQTokenizer)
            true = self.sketch.of(self.image_tokenizer.values(batch.ids.gather(1, positions)).to(features.dtype))
            predicted = self.predict_sketch(batch.clicks, preference, features)
            clicked = batch.clicks.visible.any(1)
            error = ((predicted - true).float().square().flatten(1).mean(1) * clicked).sum() / clicked.sum().clamp(min=1)
            shown = clicked & (torch.rand(len(clicked), device=x.device) >= DROPOUT) if self.training else clicked
            sketch = self.sketch.noisy(true) if self.training else predicted
            painted = painted + self.sketch.features(sketch) * shown.to(features.dtype)[None, :, None, None]
        return x, self.foreground_at(painted, batch.image_starts, x.shape[1]), error

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
        x, foreground, error = self.read_batch(batch)
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
            scores = self.image_head(hidden[:, :-1][pictured]).float()
            each = F.cross_entropy(scores, batch.ids[:, 1:][pictured], reduction="none").view(-1, self.config.image.tokens)
            image = (each if emphasis is None else each * emphasis).mean()
        return Losses(text, image, error)

    @property
    def device(self) -> torch.device:
        return self.text_embedding.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.text_embedding.weight.dtype
