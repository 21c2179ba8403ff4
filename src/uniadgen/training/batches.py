"""Batches for the unified model from an encoded data set: reader[step] depends on nothing but the step.

    store = open_store(data, text_tokenizer)
    reader = Reader(store, scenes, config, text_tokenizer, Mix(), "train", batch=8, seed=0, rank=0, ranks=1)
    for batch in batches(reader, first=resumed_step, last=steps, workers=2): ...

So a run resumes in the middle of an epoch by its step number, ranks read disjoint shares of every step, and any number of
worker processes gives the same batches in the same order. Items are shuffled anew in every epoch, and each comes once.

What is read is what a shop has: who clicked what, in which order; pictures, texts, descriptions, selling points, cut-outs.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from uniadgen.clicks.sampling import sample_clicks
from uniadgen.data.augment import VARIANTS, crop_window, hue_matrix
from uniadgen.data.scene_codes import SceneCodes
from uniadgen.data.store import Store, of_split
from uniadgen.decoding.text_grammar import TextGrammar, make_points
from uniadgen.errors import InputError
from uniadgen.model.config import ModelConfig
from uniadgen.model.order import order_of
from uniadgen.model.sequence import (
    ClickedAd,
    Decision,
    Prompt,
    ad_text_ids,
    build_prompt,
    stack_clicks,
    stack_decisions,
    unconditional_prompt,
)
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import FORM, PADDING, SLOT, TEXT, Batch, Clicks, Decisions
from uniadgen.prompts import load_pool
from uniadgen.rng import stream
from uniadgen.schema import Range
from uniadgen.training.ahead import in_order
from uniadgen.training.made_up import retold, with_made_up_words, with_two_as_one

PROMPT_DROPOUT = 0.1
SCENE_DROPOUT = 0.1  # of pictures without an instruction: what guidance contrasts with has neither
KINDS = ("ads", "words", "pictures", "texts")
SLOTS = 20  # steps after which the kinds of batches repeat
FEWEST_CLICKS = 2
PART = 2  # of a picture alone that many a side are its parts, of which one is painted in full
_LAST = 2**40  # the pass of padding, which nothing else sees


MixShare = Annotated[float, Range(0, 1000)]
Share = Annotated[float, Range(0, 1)]
BatchSize = Annotated[int, Range(1, 10**6)]


@dataclass(frozen=True)
class Mix:
    """Shares of the kinds of batches, in twentieths, and the number of steps without histories at the start.

    ads: whole sequences. words: those without the picture, up to the scene token. texts: words of another data set, of which
    only texts and clicks are read: a shop has far more of them than of pictures, and so has PAd-Synth. pictures: pictures alone
    with their scene token, told nothing of product and clicks but what stands in them, coarse scales whole and a part of the
    finest: painting takes far more practice than reading, and other pictures teach more than other parts of the same one.
    general: share of ads and words that have no history. made_up: share of the others whose product has words made up, so that
    a small model learns to copy what it has never read. retold: share of all products whose description is another of their
    ads' titles, if there is one, alone or in prose, so that it learns which selling points such descriptions name. joined:
    share of products of which two selling points that the text tells side by side are given as one. targets: share of users
    whose target is learnt, not one of their clicks: it is what is to be made, and clicks are noisier.
    """

    ads: MixShare = 0.4
    words: MixShare = 0.3
    pictures: MixShare = 0.3
    words_batch: BatchSize = 16
    pictures_batch: BatchSize = 16
    texts: MixShare = 0.0
    texts_batch: BatchSize = 16
    general: Share = 0.15
    general_steps: Annotated[int, Range(0, 10**9)] = 300
    made_up: Share = 0.25
    retold: Share = 0.25
    joined: Share = 0.15
    targets: Share = 0.5

    def __post_init__(self) -> None:
        if not any(getattr(self, kind) > 0 for kind in KINDS):
            raise InputError(f"mix: one of {', '.join(KINDS)} must be above 0")

    def slots(self) -> dict[str, int]:
        """How many of SLOTS steps are of each kind; the largest share takes what rounding leaves."""
        shares = {kind: float(getattr(self, kind)) for kind in KINDS}
        total = sum(shares.values())
        slots = {kind: round(SLOTS * share / total) for kind, share in shares.items()}
        slots[max(slots, key=lambda kind: slots[kind])] += SLOTS - sum(slots.values())
        return slots


class View(NamedTuple):
    """One of the VARIANTS of an ad and its history, and one of the CROPS of the plate."""

    variant: int
    crop: int


class ProductView(NamedTuple):
    """The product on white, in its box on the canvas."""

    left: int
    top: int
    pixels: NDArray[np.uint8]  # [height, width, 3]


@dataclass(frozen=True)
class Example:
    """One sequence before it is padded."""

    prompt: Prompt
    form: int  # of the text; -1 for none, and in a model without forms
    text: Sequence[int]
    decisions: Sequence[Decision]
    scene: NDArray[np.int64]  # [levels]
    codes: NDArray[np.int64] | None
    clicks: Sequence[ClickedAd]
    product_view: ProductView | None


class Kept(NamedTuple):
    """Of each sequence with a picture, whether it is shown [P] bool: the product, and the scene token."""

    foreground: Tensor
    scene: Tensor


class Reader(Dataset[Batch]):
    """The batches of one rank. split: "train", "val" or "test". scenes: of all creatives; None: the model has no scene tokens.
    compositions: of all creatives' views [creatives, variants * crops, levels]; None: the model has none. forms: of all
    creatives' texts [creatives]; None: the model has none. texts: the reader of another data set, with the same mix and seed,
    for steps of the kind "texts"; its store may be one without pictures.

    Raises ValueError for a split without items, and InputError for a store without cut-outs.
    """

    def __init__(
        self,
        store: Store,
        scenes: SceneCodes | None,
        config: ModelConfig,
        tokenizer: TextTokenizer,
        mix: Mix,
        split: str,
        batch: int,
        seed: int = 0,
        rank: int = 0,
        ranks: int = 1,
        compositions: NDArray[np.uint16] | None = None,
        forms: NDArray[np.int64] | None = None,
        texts: "Reader | None" = None,
    ) -> None:
        self.store, self.scenes, self.config, self.tokenizer, self.mix = store, scenes, config, tokenizer, mix
        self.compositions, self.forms, self.texts = compositions, forms, texts
        self.seed, self.rank, self.ranks, self.split = seed, rank, ranks, split
        self.sizes = {"ads": batch, "words": mix.words_batch, "pictures": mix.pictures_batch, "texts": mix.texts_batch}
        self.rows = of_split(store.splits, [split])
        if store.pictured:
            self.rows = self.rows[store.boxes[self.rows, 2] > 0]
        self.users = of_split(store.user_splits, [split])
        if not len(self.rows) or not len(self.users):
            raise ValueError(f"the data set has no creatives with a cut-out, or no users, in its split {split}")
        self.pools = {kind: load_pool(kind).templates for kind in ("general_text", "unified")}
        self.slots = mix.slots()
        order = [kind for kind in KINDS for _ in range(self.slots[kind])]
        stream(seed, "kinds").shuffle(order)
        self.order = tuple(order)
        self._permuted: dict[str, tuple[int, NDArray[np.int64]]] = {}
        self.siblings = siblings(store, self.rows) if split == "train" and mix.retold else {}

    def kind(self, step: int) -> str:
        return self.order[step % SLOTS]

    def before(self, kind: str, step: int) -> int:
        """How many steps of a kind lie before this one."""
        return step // SLOTS * self.slots[kind] + self.order[: step % SLOTS].count(kind)

    def __len__(self) -> int:
        """Steps of an epoch over the users, if all were whole ads."""
        return -(-len(self.users) // (self.sizes["ads"] * self.ranks))

    def items(self, kind: str, step: int, items: NDArray[np.int64]) -> list[int]:
        """This rank's items of a step, in the shuffled order of its epoch."""
        size = self.sizes[kind]
        first = (self.before(kind, step) * self.ranks + self.rank) * size
        chosen = []
        for position in range(first, first + size):
            epoch, place = divmod(position, len(items))
            if self._permuted.get(kind, (-1,))[0] != epoch:
                rng = np.random.default_rng([self.seed, KINDS.index(kind), epoch])
                self._permuted[kind] = epoch, rng.permutation(len(items))
            chosen.append(int(items[self._permuted[kind][1][place]]))
        return chosen

    def __getitem__(self, step: int) -> Batch:
        examples, keep = self.examples(step)
        return collate(examples, self.config, self.tokenizer, keep, self.part(step))

    def part(self, step: int) -> Tensor:
        """The slots that the pictures of a step have: all, or where pictures stand alone those of one part.

        Tokens keep their weights then, so coarse ones, which decide more, have three quarters of the loss, not two fifths.
        """
        image = self.config.image
        order, side = order_of(image.scales, image.blocks), image.scales[-1] // PART
        if self.kind(step) != "pictures" or not image.blocks or side % image.blocks[-1]:
            return torch.arange(order.tokens)
        draw = stream(self.seed, "part", step, self.rank)
        return order.slots_in(draw.randrange(PART) * side, draw.randrange(PART) * side, side)

    def examples(self, step: int) -> tuple[list[Example], Kept | None]:
        """The sequences of a step, and where condition dropout has not struck (None without pictures)."""
        kind = self.kind(step)
        if kind == "texts" and self.texts is not None:
            return self.texts.examples(step)
        draw = stream(self.seed, "batch", step, self.rank)
        if kind == "pictures":
            rows = self.items(kind, step, self.rows)
            examples = [self.picture_example(row, self.view(draw)) for row in rows]
        else:
            examples = []
            for user in self.items(kind, step, self.users):
                row, clicks = self.clicked(draw, user)
                if step < self.mix.general_steps or draw.random() < self.mix.general:
                    clicks = []
                view = self.view(draw)
                example = self.example(draw, row, clicks, view, kind == "ads")
                if kind == "ads" and draw.random() < PROMPT_DROPOUT:  # what guidance contrasts with
                    example = self.picture_example(row, view, len(example.prompt.ids) + (example.form >= 0) + len(example.text))
                examples.append(example)
        if kind in ("words", "texts"):
            return examples, None
        foreground = torch.tensor([draw.random() >= self.config.foreground.dropout for _ in examples])
        scene = torch.tensor([bool(e.decisions or e.text) or draw.random() >= SCENE_DROPOUT for e in examples])
        return examples, Kept(foreground, scene)

    def clicked(self, draw: random.Random, user: int) -> tuple[int, list[int]]:
        """A user's target or, in training, one of the clicked ads, and what coarse sampling leaves of the clicks before it,
        never the ad itself."""
        targets = self.store.targets(user)
        chosen = -1 if self.split != "train" or draw.random() < self.mix.targets else draw.randrange(len(targets))
        target, before = targets[chosen]
        most = self.config.preference.clicks
        count = most if self.split != "train" else draw.randint(min(FEWEST_CLICKS, most), most)
        rng = np.random.default_rng(draw.getrandbits(63))
        earlier = np.flatnonzero(before == target).tolist()
        similarity = self.store.similarity(before, target)
        return target, [int(before[i]) for i in sample_clicks(similarity, count, "product-similarity", rng, earlier)]

    def view(self, draw: random.Random) -> View:
        """How an ad and its history are shown: as any variant, the plate whole or, every other time, in any part."""
        settings = self.store.settings
        return View(draw.randrange(settings["variants"]), draw.randrange(settings["crops"]) if draw.random() < 0.5 else 0)

    def number(self, view: View) -> int:
        """Of a view among those that the store has of a creative."""
        return int(view.variant * self.store.settings["crops"] + view.crop)

    def codes(self, row: int, view: View) -> NDArray[np.int64]:
        tokens: NDArray[np.int64] = self.store.codes[row, self.number(view), : self.config.image.tokens].astype(np.int64)
        return tokens

    def example(self, draw: random.Random, row: int, clicks: Sequence[int], view: View, painted: bool) -> Example:
        """An ad with what leads to it. painted: with its picture."""
        store, config, tokenizer = self.store, self.config, self.tokenizer
        similarity = store.similarity(np.asarray(clicks, np.int64), row)
        history = [self.clicked_ad(click, view.variant, alike) for click, alike in zip(clicks, similarity, strict=True)]
        description, points, text = store.row(row)
        points = list(points)
        draw.shuffle(points)  # a list in no particular order must not be copied in order
        if self.siblings and draw.random() < self.mix.retold:
            others = [other for other in self.siblings.get(row, ()) if other != row]
            if others:
                description = retold(draw, store.row(draw.choice(others)).text, points)
        if draw.random() < self.mix.made_up and self.split == "train":
            description, points, text = with_made_up_words(draw, description, points, text)
        if draw.random() < self.mix.joined and self.split == "train":
            points = with_two_as_one(draw, points, text)
        template = draw.choice(self.pools["unified" if clicks else "general_text"])
        words = sum(min(len(click.text), config.preference.text_tokens) for click in history)
        pictures = len(clicks) if store.pictured else 0
        prompt = build_prompt(tokenizer, config, template, description, points, pictures, words)
        written, decisions = spelled(tokenizer, config, prompt, points, text)
        codes, product_view = (self.codes(row, view), self.product_view(row, view)) if painted else (None, None)
        return Example(prompt, self.form(row), written, decisions, self.scene(row, view), codes, history, product_view)

    def picture_example(self, row: int, view: View, length: int = 1) -> Example:
        """A picture alone, with its scene token. length: of what it has in the place of, if the model pads that."""
        prompt = unconditional_prompt(self.tokenizer, self.config, length)
        return Example(prompt, -1, [], [], self.scene(row, view), self.codes(row, view), [], self.product_view(row, view))

    def form(self, row: int) -> int:
        """The form of a creative's text."""
        return -1 if self.forms is None else int(self.forms[row])

    def scene(self, row: int, view: View) -> NDArray[np.int64]:
        """The scene token of a creative, with the composition of the view."""
        if self.scenes is None:
            return np.zeros(0, np.int64)
        scene = self.scenes.plates[row, view.variant].astype(np.int64)
        if self.compositions is None:
            return scene
        return np.concatenate([scene, self.compositions[row, self.number(view)].astype(np.int64)])

    def clicked_ad(self, row: int, variant: int, similarity: float) -> ClickedAd:
        scene = np.zeros(0, np.int64) if self.scenes is None else self.scenes.ads[row, variant].astype(np.int64)
        codes = self.store.click_codes[row, variant].astype(np.int64)
        return ClickedAd(codes, scene, self.store.text_ids(row), similarity, self.form(row))

    def product_view(self, row: int, view: View) -> ProductView:
        """The product where it stands in this view of the creative."""
        pixels = self.store.foreground(row)
        assert pixels is not None  # __init__ keeps rows with a box only
        size, box = self.config.image.resolution, self.store.boxes[row].tolist()
        mirrored, degrees = VARIANTS[view.variant]
        pixels = _turned(pixels, degrees)
        left, top = box[:2]
        if view.crop:
            window = crop_window([value / size for value in box], row, view.variant, view.crop)
            width, height = (min(size, round(length / window.side)) for length in box[2:])
            pixels = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))
            left, top = (round((start - size * w) / window.side) for start, w in zip(box[:2], window[:2], strict=True))
            left, top = min(max(left, 0), size - width), min(max(top, 0), size - height)
        if mirrored:
            left, pixels = size - left - pixels.shape[1], pixels[:, ::-1]
        return ProductView(left, top, pixels)


def siblings(store: Store, rows: NDArray[np.int64]) -> dict[int, list[int]]:
    """By creative all of the same description, where there are several."""
    of_description: dict[int, list[int]] = {}
    for row in rows.tolist():
        of_description.setdefault(hash(store.row(row).description), []).append(row)
    return {row: alike for alike in of_description.values() if len(alike) > 1 for row in alike}


def spelled(
    tokenizer: TextTokenizer, config: ModelConfig, prompt: Prompt, points: Sequence[str], text: str
) -> tuple[list[int], list[Decision]]:
    """The ids of an ad's text as the grammar writes it, and the choices that lead to it.

    A text that the grammar can't write has no choices to learn from; it is read all the same, up to its limit.
    """
    limit = config.text.ad_tokens
    usable = make_points(points, tokenizer.encode, limit)
    path = TextGrammar(usable, tokenizer.encode, tokenizer.end, limit).spelled(text) if usable else None
    if path is None:
        return ad_text_ids(tokenizer, text)[:limit], []
    ends = [prompt.point_ends[p.index] if p.index < len(prompt.point_ends) else -1 for p in usable]
    ids: list[int] = []
    decisions = []
    for choices, taken in path:
        if len(choices) > 1:
            position = len(prompt.ids) - 1 + (config.text.forms > 0) + len(ids)
            tokens, places = [c.tokens[0] for c in choices], [ends[c.point] if c.point >= 0 else -1 for c in choices]
            decisions.append(Decision(position, tokens, places, taken))
        if choices[taken].kind != "end":
            ids += choices[taken].tokens
    return ids, decisions


def _turned(pixels: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] with every hue turned; white stays white, so that only the product's box needs it.

    As `shift_hue`, but on bytes: converting them for it took most of the time.
    """
    if degrees == 0:
        return pixels
    turned = pixels.astype(np.float32) @ hue_matrix(degrees).numpy().T
    turned += 0.5
    return np.clip(turned, 0, 255, out=turned).astype(np.uint8)


def batches(reader: Reader, first: int, last: int, workers: int = 0) -> Iterator[Batch]:
    """The batches of steps first..last-1 in order, made ahead by `workers` processes (0: here, when asked for)."""
    batch_at = batches_by_step(reader, last, workers)
    return map(batch_at, range(first, last))


def batches_by_step(reader: Reader, last: int, workers: int) -> Callable[[int], Batch]:
    """The same for somebody who asks for them by their steps, one after the other from any first one on."""
    if not workers:
        return in_order(reader.__getitem__, last, 0)
    return in_order(_Packed(reader).__getitem__, last, workers, partial(_unpacked, size=reader.config.image.resolution))


def _unpacked(made: tuple[dict[str, Any], Sequence[ProductView]], size: int) -> Batch:
    packed, product_views = made
    values = _tensors(packed)
    parts: dict[str, Any] = {"canvas": canvases(product_views, size)}
    for name, kind in (("clicks", Clicks), ("decisions", Decisions)):
        parts[name] = values[name] and kind(**values[name])
    return Batch(**values | parts)


class _Packed:
    """Batches as arrays, and products in their boxes instead of canvases: a worker process sends them through a pipe.

    Tensors would go through shared memory, a file and a descriptor each, and canvases are ten times as large as what is on
    them: that takes longer than making the batch.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def __getitem__(self, step: int) -> tuple[dict[str, Any], Sequence[ProductView]]:
        examples, keep = self.reader.examples(step)
        product_views = [example.product_view for example in examples if example.product_view is not None]
        boxless = [replace(example, product_view=None) for example in examples]
        batch = collate(boxless, self.reader.config, self.reader.tokenizer, keep, self.reader.part(step))
        return _arrays(batch), product_views


def _arrays(part: Any) -> Any:
    """Tensors as arrays, and what holds them as a dict by field."""
    if isinstance(part, Tensor):
        return part.numpy()
    return None if part is None else {f.name: _arrays(getattr(part, f.name)) for f in fields(part)}


def _tensors(part: Any) -> Any:
    """The tensors again, in dicts."""
    if isinstance(part, np.ndarray):
        return torch.from_numpy(part)
    return None if part is None else {name: _tensors(values) for name, values in part.items()}


def canvases(product_views: Sequence[ProductView], size: int) -> Tensor | None:
    """Products on white [len(shown), 3, size, size] uint8; None for none."""
    if not product_views:
        return None
    canvas = np.full((len(product_views), 3, size, size), 255, np.uint8)
    for row, (left, top, pixels) in enumerate(product_views):
        canvas[row, :, top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels.transpose(2, 0, 1)
    return torch.from_numpy(canvas)


def collate(
    examples: Sequence[Example], config: ModelConfig, tokenizer: TextTokenizer, keep: Kept | None, slots: Tensor
) -> Batch:
    """Sequences side by side, padded on the right. keep: where dropout has not struck. slots: those that pictures have."""
    order, scene, slot = order_of(config.image.scales, config.image.blocks), int(config.scene.levels > 0), slots.numpy()
    steps = order.pass_of_slot().numpy()[slot]
    starts = [len(e.prompt.ids) + (e.form >= 0) + len(e.text) for e in examples]  # of begin_image
    # with a scene token the slots follow begin_image, without one begin_image is the first of them
    longest = max(start + (1 if e.codes is None else scene + len(slot)) for start, e in zip(starts, examples, strict=True))
    shape = len(examples), longest
    ids, kinds = np.zeros(shape, np.int64), np.full(shape, PADDING, np.int64)
    passes, positions = np.full(shape, _LAST, np.int64), np.tile(np.arange(longest), (len(examples), 1))
    click_ends = np.full((len(examples), max(len(e.clicks) for e in examples)), -1, np.int64)
    for row, (example, start) in enumerate(zip(examples, starts, strict=True)):
        prompt = example.prompt
        form = [example.form] if example.form >= 0 else []
        ids[row, : start + 1] = [*prompt.ids, *form, *example.text, tokenizer.begin_image]
        kinds[row, : start + 1] = [*prompt.kinds, *[FORM] * len(form), *[TEXT] * (len(example.text) + 1)]
        passes[row, : start + 1] = np.arange(start + 1)
        click_ends[row, : len(prompt.click_ends)] = prompt.click_ends
        if example.codes is not None:
            first = start + scene
            kinds[row, first + (not scene) : first + len(slot)] = SLOT
            passes[row, first : first + len(slot)] = first + steps
            positions[row, first : first + len(slot)] = first + slot
    pictured = [row for row, example in enumerate(examples) if example.codes is not None]
    codes = [torch.from_numpy(e.codes) for e in examples if e.codes is not None]
    return Batch(
        ids=torch.from_numpy(ids),
        kinds=torch.from_numpy(kinds),
        passes=torch.from_numpy(passes),
        positions=torch.from_numpy(positions),
        text_starts=torch.tensor([len(e.prompt.ids) - (e.form < 0) for e in examples]),
        image_starts=torch.tensor(starts),
        click_ends=torch.from_numpy(click_ends),
        decisions=stack_decisions([e.decisions for e in examples]),
        scenes=torch.from_numpy(np.stack([e.scene for e in examples])),
        codes=torch.stack(codes) if codes else None,
        pictured=torch.tensor(pictured, dtype=torch.long),
        slots=slots,
        clicks=stack_clicks([e.clicks for e in examples], config, tokenizer.pad) if any(e.clicks for e in examples) else None,
        canvas=canvases([e.product_view for e in examples if e.product_view is not None], config.image.resolution),
        keep_foreground=None if keep is None else keep.foreground,
        keep_scene=None if keep is None else keep.scene,
    )
