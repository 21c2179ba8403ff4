"""Trains the unified model: text and image cross-entropy together, in the stages of the method.

A run mixes three kinds of batches. `general`: ads without a history. `personal`: ads with the history of a shopper whose taste
chose the target, so that picture and text can be foretold from the clicks. `words`: texts alone, of invented products, which
teach a small model to copy words that it has never read. The first steps see no history (stage one of the method).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from uniadgen.history import sample_clicks
from uniadgen.model.config import ModelConfig
from uniadgen.model.pixels import to_image
from uniadgen.model.sequence import Prompt, ad_text_ids, build_prompt, stack_clicks, unconditional_prompt
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import IMAGE, PADDING, TEXT, Batch, UnifiedModel
from uniadgen.prompts import load_pool
from uniadgen.training.corpus import VARIANTS, Corpus
from uniadgen.training.loop import Schedule, fit
from uniadgen.world.shoppers import sample_history
from uniadgen.world.titles import pseudo_title_task

LONG_HISTORY = 20  # clicks of which coarse sampling takes its share
PROMPT_DROPOUT = 0.1


@dataclass(frozen=True)
class Mix:
    """Shares of the batches, and the number of steps without histories at the start."""

    general: float = 0.15
    personal: float = 0.6
    words: float = 0.25
    general_steps: int = 300
    words_batch: int = 12


@dataclass(frozen=True)
class _Example:
    prompt: Prompt
    text: list[int]
    codes: Tensor | None
    history: Sequence[tuple[Tensor, Sequence[int]]]
    canvas: Tensor | None


def collate(
    examples: Sequence[_Example], config: ModelConfig, tokenizer: TextTokenizer, keep_foreground: Tensor | None
) -> Batch:
    """Sequences side by side, padded on the right."""
    rows_ids, rows_kinds, rows_targets, starts = [], [], [], []
    for example in examples:
        ids = [*example.prompt.ids, *example.text, tokenizer.begin_image]
        kinds = [*example.prompt.kinds, *[TEXT] * (len(example.text) + 1)]
        targets = [-100] * len(ids)
        if example.text:  # an empty text is the unconditional sequence: no words to learn
            first = len(example.prompt.ids) - 1
            targets[first:-1] = [*example.text, tokenizer.end]
        starts.append(len(ids) - 1 if example.codes is not None else -1)
        if example.codes is not None:
            count = len(example.codes)
            ids, kinds, targets = [*ids, *example.codes.tolist()], [*kinds, *[IMAGE] * count], [*targets, *[-100] * count]
        rows_ids.append(ids)
        rows_kinds.append(kinds)
        rows_targets.append(targets)
    length = max(map(len, rows_ids))

    def padded(rows: list[list[int]], value: int) -> Tensor:
        return torch.tensor([row + [value] * (length - len(row)) for row in rows])

    with_history = any(example.history for example in examples)
    with_picture = any(example.canvas is not None for example in examples)
    return Batch(
        ids=padded(rows_ids, 0),
        kinds=padded(rows_kinds, PADDING),
        text_targets=padded(rows_targets, -100),
        image_starts=torch.tensor(starts),
        clicks=stack_clicks([e.history for e in examples], config, tokenizer.pad) if with_history else None,
        canvas=torch.stack([e.canvas for e in examples if e.canvas is not None]) if with_picture else None,
        keep_foreground=keep_foreground,
    )


class Examples:
    """Draws batches from a corpus; batch k depends only on (seed, k)."""

    def __init__(
        self,
        corpus: Corpus,
        codes: Tensor,
        click_codes: Tensor,
        config: ModelConfig,
        tokenizer: TextTokenizer,
        split: str,
        mix: Mix,
    ) -> None:
        self.corpus, self.codes, self.click_codes = corpus, codes, click_codes
        self.config, self.tokenizer, self.mix = config, tokenizer, mix
        self.rows = corpus.rows(split)
        self.row_of = {name: row for row, name in enumerate(corpus.ids)}
        self.text_ids = [ad_text_ids(tokenizer, text) for text in corpus.texts]
        self.pools = {kind: load_pool(kind).templates for kind in ("general_text", "personalised_text", "unified")}

    def history(self, draw: random.Random, row: int, count: int) -> list[int]:
        """Rows of the clicks that coarse sampling leaves of a shopper's history."""
        clicks = [self.row_of[name] for name in sample_history(draw, self.corpus.ids[row], self.corpus.index, LONG_HISTORY)]
        similarity = (self.corpus.text_vectors[clicks] @ self.corpus.description_vectors[row]).astype(np.float64)
        chosen = sample_clicks(similarity, count, "product-similarity", np.random.default_rng(draw.getrandbits(63)))
        return [clicks[i] for i in chosen]

    def example(self, draw: random.Random, row: int, clicks: list[int], variant: int, drop: bool) -> _Example:
        corpus = self.corpus
        history = [(self.click_codes[c, variant], self.text_ids[c]) for c in clicks]
        text = self.text_ids[row][: self.config.text.ad_tokens]
        if drop:
            prompt, text, history = unconditional_prompt(self.tokenizer, self.config, 0), [], []
        else:
            points = list(corpus.selling_points[row])
            draw.shuffle(points)  # a list in no particular order must not be copied in order
            pool = self.pools["unified" if clicks else "general_text"]
            words = sum(min(len(ids), self.config.preference.text_tokens) for _, ids in history)
            prompt = build_prompt(
                self.tokenizer, self.config, draw.choice(pool), corpus.descriptions[row], points, len(clicks), words
            )
        canvas = corpus.canvas(row, variant, self.config.image.resolution)
        return _Example(prompt, text, self.codes[row, variant].long(), history, canvas)

    def words_example(self, draw: random.Random, count: int) -> _Example:
        description, points, text, _, texts = pseudo_title_task(draw)
        some = [draw.randrange(len(self.corpus.ids)) for _ in range(count)]
        history = [(self.click_codes[c, 0], ad_text_ids(self.tokenizer, t)) for c, t in zip(some, texts, strict=False)]
        words = sum(min(len(ids), self.config.preference.text_tokens) for _, ids in history)
        template = draw.choice(self.pools["personalised_text"])
        prompt = build_prompt(self.tokenizer, self.config, template, description, points, 0, words)
        return _Example(prompt, ad_text_ids(self.tokenizer, text), None, history, None)

    def batch(self, seed: int, step: int, size: int) -> Batch:
        draw = random.Random(seed * 1_000_003 + step)
        kinds = ("general", "personal", "words")
        kind = draw.choices(kinds, (self.mix.general, self.mix.personal, self.mix.words))[0]
        if step < self.mix.general_steps and kind == "personal":
            kind = "general"
        count = draw.randint(2, self.config.preference.clicks)
        if kind == "words":
            count = min(count, 4)
            return collate(
                [self.words_example(draw, count) for _ in range(self.mix.words_batch)], self.config, self.tokenizer, None
            )
        examples = []
        for _ in range(size):
            row, variant = draw.choice(self.rows), draw.randrange(len(VARIANTS))
            drop = draw.random() < PROMPT_DROPOUT
            clicks = self.history(draw, row, count) if kind == "personal" else []
            examples.append(self.example(draw, row, clicks, variant, drop))
        keep = torch.tensor([draw.random() >= self.config.foreground.dropout for _ in examples])
        return collate(examples, self.config, self.tokenizer, keep)


def train_unified(
    model: UnifiedModel, examples: Examples, held_out: Examples, schedule: Schedule, out: Path, resume: bool
) -> None:
    """Trains everything but the image tokenizer, which stays as it is."""
    model.image_tokenizer.requires_grad_(False)

    def losses_at(step: int) -> dict[str, Tensor]:
        batch = examples.batch(schedule.seed, step, schedule.batch)
        with torch.autocast("cpu", torch.bfloat16):
            losses = model(batch)
        return {"text": losses.text, "image": losses.image}

    def look(step: int) -> None:
        torch.manual_seed(0)
        figures: dict[str, list[float]] = {"text": [], "image": []}
        for k in range(12):
            with torch.autocast("cpu", torch.bfloat16):
                losses = model(held_out.batch(1, 10**6 + k, 8))
            for name in figures:
                value = float(getattr(losses, name))
                if value > 0:
                    figures[name].append(value)
        told = ", ".join(f"{name} {sum(v) / max(1, len(v)):.3f}" for name, v in figures.items())
        print(f"\nstep {step}: held-out {told}", flush=True)
        teacher_forced(model, held_out).save(out / f"samples-{step:06d}.png")

    fit(model, losses_at, schedule, out, resume, look)


def teacher_forced(model: UnifiedModel, examples: Examples) -> Image.Image:
    """Targets, and below them the likeliest token at each position given the true ones before it: quick to draw."""
    batch = examples.batch(2, 10**6, 6)
    step = 10**6
    while batch.canvas is None:
        step += 1
        batch = examples.batch(2, step, 6)
    x = model.embed(batch.ids, batch.kinds, batch.clicks)
    features = model.foreground_at(model.foreground(batch.canvas), batch.image_starts, x.shape[1])
    hidden = model.decoder(x, visible=batch.kinds != PADDING, foreground=features)
    count, grid = model.config.image.tokens, model.config.image.grid
    positions = batch.image_starts[:, None] + torch.arange(count)
    guesses = model.image_head(hidden.gather(1, positions[..., None].expand(-1, -1, hidden.shape[2]))).argmax(-1)
    truth = batch.ids.gather(1, positions + 1)
    pictures = [model.image_tokenizer.decode(codes, grid) for codes in (truth, guesses)]
    return to_image(torch.cat([torch.cat(list(p), 2) for p in pictures], 1))
