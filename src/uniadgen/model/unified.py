"""The unified model: one decoder that writes the ad's text and paints its background.

The sequence of one ad is

    begin, instruction(description, selling points, <text_ph>, <image_ph>), begin_ad, form, ad text,
    begin_image, scene, image tokens

The form token says what marks the text has and how long it is (`model/text_form.py`), as the clicked texts have it. The text
is a row of choices among selling points and marks (`decoding/text_grammar.py`): at each, the decoder scores the first
token of every choice, and points at where a selling point stands in the instruction. The scene token says in a few levels what
kind of place the picture shows; the decoder may point at the clicks whose scenes it should take after. The picture follows,
coarse before fine (`model/order.py`). A model without forms or scene tokens, or with one scale only, leaves these out, as Janus
does.

`Batch` is that sequence in tensors. Every position has a kind, which says where its embedding comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.model.composition import Composition
from uniadgen.model.config import ModelConfig
from uniadgen.model.decoder import Decoder
from uniadgen.model.foreground import ForegroundPerception
from uniadgen.model.heads import ImageHead, LevelEmbedding, LevelHead, Pointer, SceneHead, split_levels
from uniadgen.model.image_tokenizer import build_image_tokenizer
from uniadgen.model.layers import weightless
from uniadgen.model.order import Order, order_of
from uniadgen.model.pixels import from_bytes
from uniadgen.model.preference import Preference, PreferenceUnderstanding
from uniadgen.model.scene import SceneEncoder
from uniadgen.model.taste import Taste
from uniadgen.model.text_embedder import TextEmbedder
from uniadgen.model.text_form import TextForms

# kinds of a position; SLOT: predicts an image token, as `model/order.py` has it; FORM: the form token, whose id is the form;
# POINT + rank: text with which a selling point of the instruction ends, see `sequence.mention_ranks`
PADDING, TEXT, CLICK_IMAGE, CLICK_TEXT, SLOT, FORM, POINT = range(7)
RANKS = 6


@dataclass
class Clicks:
    """The sampled clicks of B shoppers, N each (padded): what the model sees of a history."""

    codes: Tensor  # [B, N, I] long, image tokens of the clicked picture; I is 0 where no pictures are shown
    scenes: Tensor  # [B, N, L] long, the scene token of the clicked picture; L is 0 in a model without
    text: Tensor  # [B, N, T] long, ids of the clicked text
    text_visible: Tensor  # [B, N, T] bool
    visible: Tensor  # [B, N] bool
    similarity: Tensor  # [B, N]: product similarity of the click to the product that is advertised
    forms: Tensor  # [B, N] long, the form of the clicked text; -1 for none, and in a model without forms

    @property
    def pictures(self) -> int:
        """Pictures of a row that replace <image_ph>."""
        return self.codes.shape[1] if self.codes.shape[2] else 0

    @property
    def text_tokens(self) -> int:
        """Tokens that replace <text_ph>, over all rows."""
        return int((self.text_visible & self.visible[..., None]).sum())

    def to(self, device: torch.device) -> "Clicks":
        return Clicks(*(getattr(self, f.name).to(device) for f in fields(self)))


@dataclass
class Decisions:
    """The choices of a batch's texts: M decisions among at most K ways to go on."""

    row: Tensor  # [M] long
    position: Tensor  # [M] long: of the hidden state that decides
    tokens: Tensor  # [M, K] long: the first token of each way
    points: Tensor  # [M, K] long: the position at which a selling point ends in the instruction; -1 for a mark
    offered: Tensor  # [M, K] bool: False for padding
    taken: Tensor  # [M] long

    def to(self, device: torch.device) -> "Decisions":
        return Decisions(*(getattr(self, f.name).to(device) for f in fields(self)))


@dataclass
class Batch:
    """B training sequences, padded on the right."""

    ids: Tensor  # [B, T] long: text ids and forms; 0 elsewhere
    kinds: Tensor  # [B, T] long
    passes: Tensor  # [B, T] long: a position sees those of the same pass and of earlier ones
    positions: Tensor  # [B, T] long: where in the whole sequence it stands; slots may be left out
    text_starts: Tensor  # [B] long: position from which the ad's text is begun: of its form, or of the instruction's last token
    image_starts: Tensor  # [B] long: position of begin_image
    click_ends: Tensor  # [B, N] long: the position at which each click's picture ends in the instruction; -1 for none
    decisions: Decisions | None
    scenes: Tensor  # [B, L] long: the scene token of the picture, its composition included; L is 0 where none is to be learnt
    codes: Tensor | None  # [P, tokens] long: image tokens of the rows that have a picture
    pictured: Tensor  # [P] long: those rows
    slots: Tensor  # [n] long: the slots that these rows have, in order; all, or those of a part of the picture
    clicks: Clicks | None
    canvas: Tensor | None  # [P, 3, S, S] uint8, the product on white
    keep_foreground: Tensor | None  # [P] bool: condition dropout has not struck
    keep_scene: Tensor | None  # [P] bool: the same; False where the picture is painted without its scene token

    def to(self, device: torch.device) -> "Batch":
        values: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        moved: dict[str, Any] = {name: None if value is None else value.to(device) for name, value in values.items()}
        return Batch(**moved)


@dataclass
class Losses:
    """Means of cross-entropies in nats; 0 where there is nothing to predict."""

    text: Tensor  # over the decisions of the texts
    scene: Tensor  # over scene tokens, their levels added up
    composition: Tensor  # over compositions, their levels added up
    image: Tensor  # over image tokens by their weights (`Order.weight`), their levels added up


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
        width, image = config.decoder.width, config.image
        self.text_embedding = nn.Embedding(config.decoder.text_vocabulary, width)
        self.image_embedding: LevelEmbedding | nn.Embedding
        if image.kind == "fsq":
            self.image_embedding = LevelEmbedding(image.levels, image.embedding)
        else:
            self.image_embedding = nn.Embedding(image.codes, image.embedding)
        self.aligner = nn.Sequential(
            nn.Linear(image.embedding, config.head_width), nn.GELU(), nn.Linear(config.head_width, width)
        )
        self.decoder = Decoder(config.decoder, config.foreground.group)
        self.text_head = nn.Linear(width, config.decoder.text_vocabulary, bias=False)
        self.point_pointer = Pointer(width, min(width, 256))
        self.image_head: ImageHead | LevelHead
        if image.kind == "fsq":
            self.image_head = LevelHead(width, config.head_width, image.levels)
        else:
            self.image_head = ImageHead(width, config.head_width, image.codes)
        self.slots = Slots(config) if image.coarse else None
        self.foreground = ForegroundPerception(config)
        self.preference = PreferenceUnderstanding(config)
        scene = config.scene
        self.scene_head = SceneHead(width, config.head_width, scene.levels, scene.codes) if scene.levels else None
        # trained on its own, before this model, as are taste and text embedder: no loss of this model reaches them
        self.scene_encoder = SceneEncoder(config.scene) if config.scene.levels else None
        self.taste = Taste() if scene.levels else None
        self.composition = Composition(config) if scene.composition else None
        self.image_tokenizer = build_image_tokenizer(image)
        nn.init.normal_(self.text_embedding.weight, std=0.02)
        embedding = config.preference.embedding
        self.text_embedder = TextEmbedder(config.decoder.text_vocabulary, embedding) if embedding else None
        self.text_forms = TextForms(config.text.forms, width) if config.text.forms else None
        self.mentions = Mentions(width) if config.text.mentions else None

    @property
    def order(self) -> Order:
        return order_of(self.config.image.scales, self.config.image.blocks)

    def embed_text(self, ids: Tensor) -> Tensor:
        embedded: Tensor = self.text_embedding(ids)
        return embedded

    def embed_image(self, codes: Tensor) -> Tensor:
        embedded: Tensor = self.aligner(self.image_embedding(codes))
        return embedded

    def embed_scene(self, scenes: Tensor) -> Tensor:
        """scenes [..., L] -> [..., D]; with or without their composition."""
        assert self.scene_head is not None
        levels = self.scene_head.levels
        embedded: Tensor = self.scene_head.embed(scenes[..., :levels])
        if self.composition is None or scenes.shape[-1] == levels:
            return embedded
        return embedded + self.composition.embed(scenes[..., levels:])

    def tell_places(self, scenes: Tensor) -> Tensor | None:
        """scenes [B, L] -> what each slot is told of the composition at its place [B, slots, D]; None in a model without."""
        if self.composition is None or self.scene_head is None:
            return None
        places = self.composition.of_places(scenes[:, self.scene_head.levels :])
        return places[:, self.order.token.to(places.device)]

    def begin_picture(self, scenes: Tensor, keep: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """scenes [B, L] -> what begins a picture [B, D], and what its slots are told of places.

        keep [B] bool: False for pictures that are painted without a scene, as guidance contrasts with.
        """
        assert self.scene_head is not None
        begin, places = self.embed_scene(scenes), self.tell_places(scenes)
        if keep is None:
            return begin, places
        begin = torch.where(keep[:, None], begin, self.scene_head.nothing)
        return begin, None if places is None else places * keep[:, None, None]

    def preference_tokens(self, clicks: Clicks, without: Sequence[str] = ()) -> Preference:
        """What the clicks become. without: parts that are taken out, see `ablations`."""
        pictures = self.embed_image(clicks.codes)
        if self.scene_head is not None and clicks.pictures:
            pictures = torch.cat([pictures, self.embed_scene(clicks.scenes)[:, :, None].to(pictures.dtype)], 2)
        preference: Preference = self.preference(
            pictures, self.embed_text(clicks.text), clicks.text_visible, clicks.visible, without
        )
        return preference

    def embed(self, ids: Tensor, kinds: Tensor, clicks: Clicks | None, preference: Preference | None = None) -> Tensor:
        """Embeddings [B, T, D] of a sequence up to its picture; slots get the embedding of id 0.

        The preference tokens of row b fill b's positions of their kind in order; their number must match. preference: what
        `preference_tokens` makes of the clicks, where it is at hand.
        """
        x = self.embed_text(torch.where((kinds == TEXT) | (kinds >= POINT), ids, 0))
        if self.mentions is not None:
            x = x + self.mentions(kinds).to(x.dtype)
        if self.text_forms is not None:
            formed = kinds == FORM
            x = torch.where(formed[..., None], self.embed_form(torch.where(formed, ids, 0)).to(x.dtype), x)
        if clicks is not None:
            image, text, *_ = self.preference_tokens(clicks) if preference is None else preference
            # padding has no positions in the sequence: drop its tokens, keep the order of rows and clicks
            image_seen = clicks.visible.repeat_interleave(image.shape[1] // clicks.visible.shape[1], 1)
            text_seen = (clicks.text_visible & clicks.visible[..., None]).flatten(1)
            x = x.masked_scatter((kinds == CLICK_IMAGE)[..., None], image[image_seen].to(x.dtype))
            x = x.masked_scatter((kinds == CLICK_TEXT)[..., None], text[text_seen].to(x.dtype))
        return x

    def embed_form(self, form: Tensor) -> Tensor:
        """form [...] long -> [..., D]."""
        assert self.text_forms is not None
        embedded: Tensor = self.text_forms.embedding(form)
        return embedded

    def embed_written(self, ids: Tensor, form: Tensor | None) -> Tensor:
        """ids [B, T] of the ad's text, and its form [B] -> embeddings [B, T, D]: a small decoder would be slow to look back."""
        x = self.embed_text(ids)
        return x if form is None else x + self.embed_form(form)[:, None].to(x.dtype)

    def slot_inputs(self, begin: Tensor, tokens: Tensor, slots: slice | Tensor, places: Tensor | None = None) -> Tensor:
        """What some slots read, [B, m, D].

        begin [B, D]: what begins the picture, begin_image or the scene token. tokens [B, n, D]: embeddings of the image tokens;
        only those that are known by then are read. places [B, n, D]: of `tell_places`.
        """
        order = self.order
        token, source, parent = (which.to(tokens.device)[slots] for which in (order.token, order.source, order.parent))
        x = torch.where((source < 0)[:, None], begin[:, None].to(tokens.dtype), tokens[:, source.clamp(min=0)])
        if self.slots is None:
            return x
        above = tokens[:, parent.clamp(min=0)] * (parent >= 0)[:, None].to(x.dtype)
        placed: Tensor = self.slots(x, above, begin.to(x.dtype), token)
        return placed if places is None else placed + places[:, slots].to(x.dtype)

    def features_of_slots(self, features: Tensor) -> Tensor:
        """features [G, B, grid * grid, D], of the places of a picture -> [G, B, n, D], of its slots."""
        image = self.config.image
        if not image.coarse:
            return features
        groups, batch, _, width = features.shape
        square = features.reshape(groups * batch, image.grid, image.grid, width).permute(0, 3, 1, 2)
        scaled = [F.adaptive_avg_pool2d(square, side).flatten(2) for side in image.scales]
        features_at = torch.cat(scaled, 2).transpose(1, 2)[:, self.order.token.to(features.device)]
        return features_at.reshape(groups, batch, -1, width)

    def slots_of(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Row and place in the batch of every slot of the rows that have a picture, [P, n] each."""
        first = batch.image_starts[batch.pictured] + (self.scene_head is not None)
        position = first[:, None] + torch.arange(len(batch.slots), device=first.device)
        return batch.pictured[:, None].expand_as(position), position

    def read_batch(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """A batch as the decoder takes it: embeddings [B, T, D], and the foreground [groups, B, T, D] (None: no pictures)."""
        preference = None if batch.clicks is None else self.preference_tokens(batch.clicks)
        x = self.embed(batch.ids, batch.kinds, batch.clicks, preference)
        if preference is not None:
            rows = torch.arange(len(x), device=x.device)
            x = x.index_put((rows, batch.image_starts), preference.summary.to(x.dtype), accumulate=True)
        if self.text_forms is not None:
            place, starts = torch.arange(x.shape[1], device=x.device), batch.text_starts[:, None]
            written = (place > starts) & (place < batch.image_starts[:, None]) & (batch.kinds.gather(1, starts) == FORM)
            form = self.embed_form(torch.where(written, batch.ids.gather(1, starts), 0))
            x = x + form.to(x.dtype) * written[..., None]
        if batch.codes is None or batch.canvas is None:
            return x, None
        where, starts = self.slots_of(batch), batch.image_starts[batch.pictured]
        begin, places = x[batch.pictured, starts], None
        if self.scene_head is not None:
            begin, places = self.begin_picture(batch.scenes[batch.pictured], batch.keep_scene)
        slots = self.slot_inputs(begin, self.embed_image(batch.codes), batch.slots, places)
        x = x.index_put(where, slots.to(x.dtype))
        features = self.foreground(from_bytes(batch.canvas))
        if batch.keep_foreground is not None:
            features = features * batch.keep_foreground.to(features.dtype)[None, :, None, None]
        foreground = features.new_zeros(features.shape[0], *x.shape)
        foreground[:, where[0], where[1]] = self.features_of_slots(features)[:, :, batch.slots]
        if self.scene_head is not None:
            foreground[:, batch.pictured, starts] = features.mean(2)  # the scene has to suit the product as a whole
        return x, foreground

    def forward(self, batch: Batch) -> Losses:
        x, foreground = self.read_batch(batch)
        hidden = self.decoder(x, passes=batch.passes, positions=batch.positions, foreground=foreground)
        text = scene = composition = image = torch.zeros((), device=x.device)
        if batch.decisions is not None and len(batch.decisions.row):
            text = F.cross_entropy(self.decision_logits(hidden, batch.decisions), batch.decisions.taken)
        if self.scene_head is not None and batch.scenes.shape[1]:
            rows = torch.arange(len(hidden), device=x.device)
            at, facets = hidden[rows, batch.image_starts], batch.scenes[:, : self.scene_head.levels]
            scene = self.scene_head.losses(at, facets, *self.clicks_votes(hidden, batch, at)).sum(1).mean()
            if self.composition is not None:
                levels = batch.scenes[:, self.scene_head.levels :]
                composition = self.composition.losses(at, self.scene_head.embed(facets), levels).sum(1).mean()
        if batch.codes is not None:
            codes = batch.codes[:, self.order.token.to(batch.codes.device)[batch.slots]]
            losses = self.image_losses(hidden[self.slots_of(batch)].flatten(0, 1), codes.flatten()).view(codes.shape)
            image = (losses * self.order.weight.to(losses.device)[batch.slots]).mean()
        return Losses(text, scene, composition, image)

    def decision_logits(self, hidden: Tensor, decisions: Decisions) -> Tensor:
        """hidden [B, T, D] -> the logits of all ways to go on [M, K], -inf for padding."""
        at = hidden[decisions.row, decisions.position]
        ends = hidden[decisions.row[:, None], decisions.points.clamp(min=0)]
        words = torch.einsum("md,mkd->mk", at, self.text_head.weight[decisions.tokens].to(at.dtype)).float()
        pointed = self.point_pointer(at, ends) * (decisions.points >= 0)
        return (words + pointed).masked_fill(~decisions.offered, -torch.inf)

    def clicks_votes(self, hidden: Tensor, batch: Batch, at: Tensor) -> tuple[Tensor, Tensor]:
        """How much say a row's clicks have in its scene [L, B, N], and their scenes [B, N, L]. at [B, D]: who asks."""
        assert self.scene_head is not None
        if batch.clicks is None or not batch.clicks.pictures:
            levels = self.scene_head.levels
            return at.new_zeros(levels, len(at), 0), batch.scenes.new_zeros(len(at), 0, levels)
        rows = torch.arange(len(at), device=at.device)
        clicks = hidden[rows[:, None], batch.click_ends.clamp(min=0)]
        votes = self.scene_head.votes(at, clicks, batch.clicks.similarity, batch.click_ends >= 0)
        return votes, batch.clicks.scenes

    def image_losses(self, states: Tensor, codes: Tensor) -> Tensor:
        """states [N, D], codes [N] -> cross-entropy in nats [N]."""
        if isinstance(self.image_head, LevelHead):
            return self.image_head.losses(states, split_levels(codes, self.image_head.levels)).sum(1)
        return self.image_head.losses(states, codes)

    @property
    def device(self) -> torch.device:
        return self.text_embedding.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.text_embedding.weight.dtype


class Mentions(nn.Module):
    """What the end of a selling point is told of its rank among those that the description mentions. It starts as nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(RANKS, width)
        nn.init.zeros_(self.embedding.weight)

    def forward(self, kinds: Tensor) -> Tensor:
        """kinds [B, T] -> [B, T, D], zero where no selling point ends."""
        ranks: Tensor = self.embedding((kinds - POINT).clamp(min=0))
        return ranks * (kinds >= POINT)[..., None]


class Slots(nn.Module):
    """What a slot is told beside the token that it reads: the place and scale it predicts, the coarser token there, and what
    begins the picture - the scene token, which a small decoder is slow to gather from afar."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.decoder.width
        self.position = nn.Embedding(config.image.tokens, width)
        self.parent, self.begin = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        nn.init.zeros_(self.begin.weight)
        nn.init.normal_(self.position.weight, std=0.02)
        nn.init.normal_(self.parent.weight, std=0.02)

    def forward(self, x: Tensor, above: Tensor, begin: Tensor, token: Tensor) -> Tensor:
        """x, above [B, n, D], begin [B, D], token [n] -> [B, n, D]."""
        placed: Tensor = x + self.parent(above) + self.begin(begin)[:, None] + self.position(token)
        return placed
