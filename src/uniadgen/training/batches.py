"""Batches for the unified model from an encoded data set: reader[step] depends on nothing but the step.

    store = open_store(data, text_tokenizer)
    reader = Reader(store, config, text_tokenizer, Mix(), "train", batch=8, seed=0, rank=0, ranks=1)
    for batch in batches(reader, first=resumed_step, last=steps, workers=2): ...

So a run resumes in the middle of an epoch by its step number, ranks read disjoint shares of every step, and any number of
worker processes gives the same batches in the same order. Items are shuffled anew in every epoch, and each comes once.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from uniadgen.clicks.sampling import sample_clicks
from uniadgen.clicks.similarity import Vectors
from uniadgen.data.augment import VARIANTS, hue_matrix
from uniadgen.data.store import Store, of_split
from uniadgen.errors import InputError
from uniadgen.model.config import ModelConfig
from uniadgen.model.plan import open_tokens, random_cells
from uniadgen.model.sequence import Prompt, ad_text_ids, build_prompt, stack_clicks, unconditional_prompt
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import IMAGE, PADDING, TEXT, Batch, Clicks
from uniadgen.padsynth.shoppers import CreativeIndex, sample_history
from uniadgen.padsynth.titles import pseudo_title_task
from uniadgen.prompts import load_pool
from uniadgen.rng import stream
from uniadgen.schema import Range

LONG_HISTORY = 20  # clicks of a drawn history, of which coarse sampling takes its share
CLEAR = 0.5
PROMPT_DROPOUT = 0.1
KINDS = ("general", "personal", "scenes", "words")
NO_PLAN = 0.15
SLOTS = 20  # steps after which the kinds of batches repeat


MixShare = Annotated[float, Range(0, 1000)]


@dataclass(frozen=True)
class Mix:
    """Shares of the kinds of batches, in twentieths, and the number of steps without histories at the start.

    general: ads without a history. personal: ads with the clicks of a shopper. scenes: their pictures alone, told nothing but
    the clicked pictures; half as long as the whole ad, and painting takes far more practice than wording. words: texts alone,
    of invented products, which teach a small model to copy words that it has never read.
    """

    general: MixShare = 0.1
    personal: MixShare = 0.35
    scenes: MixShare = 0.35
    words: MixShare = 0.2
    general_steps: Annotated[int, Range(0, 10**9)] = 300
    words_batch: Annotated[int, Range(1, 10**6)] = 12

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


@dataclass(frozen=True)
class DrawnHistories:
    """Invents a shopper for every target of PAd-Synth, instead of reading the users: the world knows how taste makes clicks."""

    index: CreativeIndex
    texts: Vectors  # [creatives, dimensions]
    descriptions: Vectors
    clear: float = CLEAR  # share of shoppers that are easy to read

    def __call__(self, draw: random.Random, row: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Clicks of a shopper who would click creative `row`, oldest first, and their product similarities."""
        clear = draw.random() < self.clear
        names = sample_history(draw, self.index.ids[row], self.index, LONG_HISTORY, clear)
        clicks = np.array([self.index.row[name] for name in names], np.int64)
        return clicks, self.texts[clicks] @ self.descriptions[row]


class Plan(NamedTuple):
    """A plate that a picture follows."""

    codes: NDArray[np.int64]  # [tokens]
    visible: NDArray[np.bool_]  # [tokens]


def draw_plan(draw: random.Random, store: Store, row: int, variant: int, grid: int) -> Plan | None:
    """The plate that a training picture follows: its own, in parts, and nothing around its product; None now and then.

    So the decoder learns to go on with a scene, and to paint what belongs to its product. The same scene behind another product
    would be of no use: other products are seen from other places.
    """
    if draw.random() < NO_PLAN:
        return None
    # In an exemplar there is something to hide where its own product stands: another creative's place is hidden for it here.
    boxes = store.shares(np.array([row, draw.randrange(len(store))]))
    if VARIANTS[variant][0]:
        boxes[:, 0] = 1 - boxes[:, 0] - boxes[:, 2]
    open_ = open_tokens(torch.from_numpy(boxes), grid).all(0)
    share, generator = draw.random() ** 0.5, torch.Generator().manual_seed(draw.getrandbits(63))
    visible = open_ & random_cells(generator, grid, share)
    return Plan(store.codes[row, variant].astype(np.int64), visible.numpy())


class Foreground(NamedTuple):
    """The product on white, in its box on the canvas."""

    left: int
    top: int
    pixels: NDArray[np.uint8]  # [height, width, 3]


@dataclass(frozen=True)
class Example:
    """One sequence before it is padded. text: empty where the unconditional branch is learnt. clicks: (codes, text ids)."""

    prompt: Prompt
    text: list[int]
    codes: Tensor | None
    clicks: Sequence[tuple[Tensor, Sequence[int]]]
    foreground: Foreground | None
    plan: Plan | None = None


class Reader(Dataset[Batch]):
    """The batches of one rank. split: "train", "val" or "test". histories: None reads the users of the store.
    planned: pictures follow plates.

    Raises ValueError for a split without items, and InputError for a store without cut-outs.
    """

    def __init__(
        self,
        store: Store,
        config: ModelConfig,
        tokenizer: TextTokenizer,
        mix: Mix,
        split: str,
        batch: int,
        seed: int = 0,
        rank: int = 0,
        ranks: int = 1,
        histories: DrawnHistories | None = None,
        planned: bool = False,
    ) -> None:
        self.store, self.config, self.tokenizer, self.mix = store, config, tokenizer, mix
        self.size, self.seed, self.rank, self.ranks, self.histories = batch, seed, rank, ranks, histories
        self.planned = planned
        self.rows = of_split(store.splits, [split])
        self.rows = self.rows[store.boxes[self.rows, 2] > 0]
        self.users = np.zeros(0, np.int64) if histories is not None else of_split(store.user_splits, [split])
        if not len(self.rows) or (histories is None and not len(self.users)):
            raise ValueError(f"the data set has no creatives with a cut-out, or no users, in its split {split}")
        self.pools = {kind: load_pool(kind).templates for kind in ("general_text", "personalised_text", "unified")}
        self.slots = mix.slots()
        order = [kind for kind in KINDS for _ in range(self.slots[kind])]
        stream(seed, "kinds").shuffle(order)
        self.order = tuple(order)
        self._permuted: dict[str, tuple[int, NDArray[np.int64]]] = {}

    def kind(self, step: int) -> str:
        kind = self.order[step % SLOTS]
        return "general" if kind == "personal" and step < self.mix.general_steps else kind

    def before(self, kind: str, step: int) -> int:
        """How many steps of a kind lie before this one."""

        def plain(name: str, until: int) -> int:
            return until // SLOTS * self.slots[name] + self.order[: until % SLOTS].count(name)

        early = plain("personal", min(step, self.mix.general_steps))  # these were general steps
        return plain(kind, step) + {"general": early, "personal": -early}.get(kind, 0)

    def __len__(self) -> int:
        """Steps of an epoch over the users, or over the creatives where histories are drawn, if all were of one kind."""
        items = len(self.rows) if self.histories is not None else len(self.users)
        return -(-items // (self.size * self.ranks))

    def _items(self, kind: str, step: int, items: NDArray[np.int64]) -> list[int]:
        """This rank's items of a step, in the shuffled order of its epoch."""
        first = (self.before(kind, step) * self.ranks + self.rank) * self.size
        chosen = []
        for position in range(first, first + self.size):
            epoch, place = divmod(position, len(items))
            if self._permuted.get(kind, (-1,))[0] != epoch:
                rng = np.random.default_rng([self.seed, KINDS.index(kind), epoch])
                self._permuted[kind] = epoch, rng.permutation(len(items))
            chosen.append(int(items[self._permuted[kind][1][place]]))
        return chosen

    def __getitem__(self, step: int) -> Batch:
        examples, keep = self.examples(step)
        return collate(examples, self.config, self.tokenizer, keep)

    def examples(self, step: int) -> tuple[list[Example], Tensor | None]:
        """The sequences of a step, and where condition dropout has not struck (None without pictures)."""
        kind = self.kind(step)
        draw = stream(self.seed, "batch", step, self.rank)
        count = draw.randint(2, self.config.preference.clicks)
        if kind == "words":
            return [self.words_example(draw, min(count, 4)) for _ in range(self.mix.words_batch)], None
        examples = []
        from_users = kind in ("personal", "scenes") and self.histories is None
        for item in self._items(kind, step, self.users if from_users else self.rows):
            row = self.store.target(item) if from_users else item
            clicks: list[int] = []
            if kind == "personal" or (kind == "scenes" and step >= self.mix.general_steps):
                clicks = self.sampled(draw, *(self.store.clicks(item) if from_users else self.drawn(draw, row)), count, row)
            variant = draw.randrange(self.store.codes.shape[1])
            if kind == "scenes":
                example = self.scene_example(draw, row, clicks, variant)
            else:
                example = self.example(draw, row, clicks, variant, draw.random() < PROMPT_DROPOUT)
            # the unconditional sequence has no plan either: guidance contrasts with it
            if self.planned and (example.text or example.clicks):
                example = replace(example, plan=draw_plan(draw, self.store, row, variant, self.config.image.grid))
            examples.append(example)
        keep = torch.tensor([draw.random() >= self.config.foreground.dropout for _ in examples])
        return examples, keep

    def drawn(self, draw: random.Random, row: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        assert self.histories is not None
        return self.histories(draw, row)

    def sampled(
        self, draw: random.Random, clicks: NDArray[np.int64], similarity: NDArray[np.float32], count: int, target: int
    ) -> list[int]:
        """What coarse sampling leaves of the clicks; never the target's own ad."""
        same_creative = np.flatnonzero(clicks == target).tolist()
        rng = np.random.default_rng(draw.getrandbits(63))
        chosen = sample_clicks(similarity.astype(np.float64), count, "product-similarity", rng, same_creative)
        return [int(clicks[i]) for i in chosen]

    def example(self, draw: random.Random, row: int, clicks: Sequence[int], variant: int, drop: bool) -> Example:
        """drop: prompt dropout, which teaches the unconditional branch of guidance."""
        store = self.store
        codes, canvas = torch.from_numpy(store.codes[row, variant].astype(np.int64)), self.foreground(row, variant)
        history = [(torch.from_numpy(store.click_codes[c, variant].astype(np.int64)), store.text_ids(c)) for c in clicks]
        creative = store.row(row)
        points = list(creative.selling_points)
        draw.shuffle(points)  # a list in no particular order must not be copied in order
        template = draw.choice(self.pools["unified" if clicks else "general_text"])
        words = sum(min(len(ids), self.config.preference.text_tokens) for _, ids in history)
        prompt = build_prompt(self.tokenizer, self.config, template, creative.description, points, len(clicks), words)
        text = store.text_ids(row)[: self.config.text.ad_tokens]
        if drop:
            length = len(prompt.ids) + len(text)
            return Example(unconditional_prompt(self.tokenizer, self.config, length), [], codes, [], canvas)
        return Example(prompt, text, codes, history, canvas)

    def scene_example(self, draw: random.Random, row: int, clicks: Sequence[int], variant: int) -> Example:
        """A picture and the clicked pictures; without clicks the unconditional sequence."""
        codes, canvas = torch.from_numpy(self.store.codes[row, variant].astype(np.int64)), self.foreground(row, variant)
        if not clicks:
            return Example(unconditional_prompt(self.tokenizer, self.config, 1), [], codes, [], canvas)
        history = [(torch.from_numpy(self.store.click_codes[c, variant].astype(np.int64)), list[int]()) for c in clicks]
        prompt = build_prompt(self.tokenizer, self.config, draw.choice(self.pools["unified"]), "", [], len(clicks), 0)
        return Example(prompt, [], codes, history, canvas)

    def words_example(self, draw: random.Random, count: int) -> Example:
        task = pseudo_title_task(draw, count)
        some = [int(self.rows[draw.randrange(len(self.rows))]) for _ in range(count)]
        codes = [torch.from_numpy(self.store.click_codes[c, 0].astype(np.int64)) for c in some]
        history = [(c, ad_text_ids(self.tokenizer, t)) for c, t in zip(codes, task.clicked_texts, strict=True)]
        words = sum(min(len(ids), self.config.preference.text_tokens) for _, ids in history)
        template = draw.choice(self.pools["personalised_text"])
        prompt = build_prompt(self.tokenizer, self.config, template, task.description, task.selling_points, 0, words)
        return Example(prompt, ad_text_ids(self.tokenizer, task.text), None, history, None)

    def foreground(self, row: int, variant: int) -> Foreground:
        """The product where it stands in this creative."""
        pixels = self.store.foreground(row)
        assert pixels is not None  # __init__ keeps rows with a box only
        left, top, width, _ = self.store.boxes[row].tolist()
        mirrored, degrees = VARIANTS[variant]
        pixels = _turned(pixels, degrees)
        if mirrored:
            left, pixels = self.config.image.resolution - left - width, pixels[:, ::-1]
        return Foreground(left, top, pixels)


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
    if not workers:
        yield from map(reader.__getitem__, range(first, last))
        return
    loader: DataLoader[tuple[dict[str, Any], Sequence[Foreground]]] = DataLoader(
        _Packed(reader),
        batch_size=None,
        sampler=range(first, last),
        num_workers=workers,
        prefetch_factor=4,
        collate_fn=_as_is,
        generator=torch.Generator(),  # else it would draw from the stream that training draws from
    )
    for packed, foregrounds in loader:
        values = _tensors(packed)
        clicks, canvas = values["clicks"], canvases(foregrounds, reader.config.image.resolution)
        yield Batch(**values | {"clicks": clicks and Clicks(**clicks), "canvas": canvas})


def in_order(reader: Reader, last: int, workers: int) -> Callable[[int], Batch]:
    """The batches of `batches` for somebody who asks for them by their steps, one after the other from any first one on."""
    source: Iterator[Batch] = iter(())
    awaited = -1

    def batch_at(step: int) -> Batch:
        nonlocal source, awaited
        if step != awaited:
            source = batches(reader, step, last, workers)
        awaited = step + 1
        return next(source)

    return batch_at


class _Packed(Dataset[tuple[dict[str, Any], Sequence[Foreground]]]):
    """Batches as arrays, and products in their boxes instead of canvases: a worker process sends them through a pipe.

    Tensors would go through shared memory, a file and a descriptor each, and canvases are ten times as large as what is on
    them: that takes longer than making the batch.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def __getitem__(self, step: int) -> tuple[dict[str, Any], Sequence[Foreground]]:
        examples, keep = self.reader.examples(step)
        foregrounds = [example.foreground for example in examples if example.foreground is not None]
        boxless = [replace(example, foreground=None) for example in examples]
        return _arrays(collate(boxless, self.reader.config, self.reader.tokenizer, keep)), foregrounds


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


def _as_is(packed: Any) -> Any:
    return packed


def canvases(foregrounds: Sequence[Foreground], size: int) -> Tensor | None:
    """Products on white [len(foregrounds), 3, size, size] uint8; None for none."""
    if not foregrounds:
        return None
    canvas = np.full((len(foregrounds), 3, size, size), 255, np.uint8)
    for row, (left, top, pixels) in enumerate(foregrounds):
        canvas[row, :, top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels.transpose(2, 0, 1)
    return torch.from_numpy(canvas)


def collate(examples: Sequence[Example], config: ModelConfig, tokenizer: TextTokenizer, keep: Tensor | None) -> Batch:
    """Sequences side by side, padded on the right. keep: of `Batch.keep_foreground`."""
    painted = [0 if example.codes is None else len(example.codes) for example in examples]
    lengths = [len(e.prompt.ids) + len(e.text) + 1 for e in examples]  # up to and with begin_image
    shape = len(examples), max(map(sum, zip(lengths, painted, strict=True)))
    ids, kinds, targets = np.zeros(shape, np.int64), np.full(shape, PADDING, np.int64), np.full(shape, -100, np.int64)
    for row, (example, length, count) in enumerate(zip(examples, lengths, painted, strict=True)):
        prompt, words = example.prompt, example.text
        ids[row, :length] = [*prompt.ids, *words, tokenizer.begin_image]
        kinds[row, :length] = [*prompt.kinds, *[TEXT] * (len(words) + 1)]
        if words:  # an empty text is the unconditional sequence: no words to learn
            targets[row, len(prompt.ids) - 1 : length - 1] = [*words, tokenizer.end]
        if example.codes is not None:
            ids[row, length : length + count], kinds[row, length : length + count] = example.codes.numpy(), IMAGE
    starts = [length - 1 if count else -1 for length, count in zip(lengths, painted, strict=True)]
    with_history = any(example.clicks for example in examples)
    plan_codes, plan_visible = None, None
    if any(example.plan is not None for example in examples):
        plan_codes = torch.zeros(len(examples), config.image.tokens, dtype=torch.long)
        plan_visible = torch.zeros(len(examples), config.image.tokens, dtype=torch.bool)
        for row, example in enumerate(examples):
            if example.plan is not None:
                plan_codes[row], plan_visible[row] = map(torch.from_numpy, example.plan)
    return Batch(
        ids=torch.from_numpy(ids),
        kinds=torch.from_numpy(kinds),
        text_targets=torch.from_numpy(targets),
        image_starts=torch.tensor(starts),
        clicks=stack_clicks([e.clicks for e in examples], config, tokenizer.pad) if with_history else None,
        canvas=canvases([e.foreground for e in examples if e.foreground is not None], config.image.resolution),
        keep_foreground=keep,
        plan_codes=plan_codes,
        plan_visible=plan_visible,
    )
