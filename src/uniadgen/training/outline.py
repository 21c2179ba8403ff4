"""Trains the outline: the order of the selling points in texts whose shoppers' clicked texts are known."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.clicks.sampling import sample_clicks
from uniadgen.console import print_line
from uniadgen.data.layout import read_creatives
from uniadgen.errors import InputError
from uniadgen.model.outline import Outline, OutlineBatch, stack_outlines
from uniadgen.model.sequence import ad_text_ids
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.padsynth.titles import MARKS, pseudo_title_task
from uniadgen.rng import stream
from uniadgen.training.batches import DrawnHistories
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import autocast, device
from uniadgen.words import is_unspaced, quoted

UNREAD = 0.1  # share of examples without clicked texts
LOOKS = 6  # held-out batches of each kind behind a figure


@dataclass(frozen=True)
class Example:
    points: list[list[int]]  # ids of each selling point
    texts: list[list[int]]  # ids of each clicked text
    order: list[int]  # the points of the true text


Examples = Callable[[random.Random, int], Example]  # of a draw and a number of clicks


@dataclass(frozen=True)
class Figures:
    nats: float  # per step of a text, the end among them
    accuracy: float  # share of steps at which the likeliest is the true one


def order_of(points: Sequence[str], text: str) -> list[int] | None:
    """The points, each at most once, that spell the text but for the grammar's marks; None where none do."""

    def rest(at: int, used: tuple[int, ...]) -> tuple[int, ...] | None:
        while at < len(text) and text[at] in MARKS:
            for i in fitting(at, used):  # a point may itself begin with a mark
                if (order := rest(at + len(points[i]), (*used, i))) is not None:
                    return order
            at += 1
        if at == len(text):
            return used
        for i in fitting(at, used):
            if (order := rest(at + len(points[i]), (*used, i))) is not None:
                return order
        return None

    def fitting(at: int, used: tuple[int, ...]) -> list[int]:
        candidates = [i for i, p in enumerate(points) if p and i not in used and text.startswith(p, at) and ends(at + len(p))]
        return sorted(candidates, key=lambda i: -len(points[i]))

    def ends(at: int) -> bool:
        # Chinese has no spaces: a point ends before and behind any of its characters.
        return at == len(text) or text[at] in MARKS or is_unspaced(text[at - 1]) or is_unspaced(text[at])

    order = rest(0, ())
    return None if not order else list(order)


def invented_examples(words: TextTokenizer) -> Examples:
    """Products that do not exist: words that nobody has read, in every style."""

    def example(draw: random.Random, clicks: int) -> Example:
        task = pseudo_title_task(draw, clicks)
        order = order_of(task.selling_points, task.text)
        assert order is not None  # the text was put together from them
        points, texts = ([ad_text_ids(words, t) for t in some] for some in (task.selling_points, task.clicked_texts))
        return Example(points, texts, order)

    return example


def creative_examples(data: Path, histories: DrawnHistories, words: TextTokenizer, split: str) -> Examples:
    """Texts of a data set's ads, for shoppers who would have clicked them. Raises InputError for a split without any."""
    table = read_creatives(data, ("split", "text", "selling_points"))
    splits, texts, points = (table.column(name).to_pylist() for name in ("split", "text", "selling_points"))
    orders: dict[int, list[int]] = {}
    for row, (of_split, text, of_text) in enumerate(zip(splits, texts, points, strict=True)):
        if of_split == split and (order := order_of(of_text, text)) is not None:
            orders[row] = order
    if not orders:
        raise InputError(f"data folder {quoted(data)}: no text of its split {split} is made of its selling points")
    rows = list(orders)

    def example(draw: random.Random, clicks: int) -> Example:
        row = draw.choice(rows)
        clicked, similarity = histories(draw, row)
        same_creative = np.flatnonzero(clicked == row).tolist()
        rng = np.random.default_rng(draw.getrandbits(63))
        chosen = sample_clicks(similarity.astype(np.float64), clicks, "product-similarity", rng, same_creative)
        read = [ad_text_ids(words, texts[clicked[i]]) for i in chosen]
        return Example([ad_text_ids(words, p) for p in points[row]], read, orders[row])

    return example


def draw_batch(
    sources: Sequence[Examples], draw: random.Random, size: int, clicks: int, text_tokens: int, unread: float = UNREAD
) -> OutlineBatch:
    """`size` examples, of the sources in turn, all with as many clicked texts (1 to `clicks`) or none."""
    count = draw.randint(1, clicks)
    examples = [sources[i % len(sources)](draw, count) for i in range(size)]
    texts = [[] if draw.random() < unread else e.texts for e in examples]
    return stack_outlines([e.points for e in examples], texts, [e.order for e in examples], text_tokens)


def loss_of(outline: Outline, batch: OutlineBatch) -> Tensor:
    """Cross-entropy in nats per step."""
    logits, true = outline(batch)
    return F.cross_entropy(logits.flatten(0, 1), true.flatten())


def figures(outline: Outline, batches: Sequence[OutlineBatch]) -> Figures:
    nats, right, steps = 0.0, 0, 0
    with torch.no_grad():
        for batch in batches:
            logits, true = outline(batch)
            asked = true >= 0
            nats += float(F.cross_entropy(logits[asked], true[asked], reduction="sum"))
            right += int((logits.argmax(-1) == true)[asked].sum())
            steps += int(asked.sum())
    return Figures(nats / steps, right / steps)


def train_outline(
    outline: Outline,
    sources: Mapping[str, Examples],
    held_out: Mapping[str, Examples],
    clicks: int,
    schedule: Schedule,
    out: Path,
    resume: bool,
) -> None:
    """Trains in place, on batches with as many examples of each source. clicks: the most clicked texts that are shown.

    held_out: examples by name, on which the averaged weights are judged with and without clicked texts.
    """
    outline.to(device())
    tokens = outline.config.text_tokens
    tests = {
        (name, unread): [
            draw_batch(
                [source], stream(schedule.seed, "outline", "held out", name, k), schedule.batch, clicks, tokens, float(unread)
            )
            for k in range(LOOKS)
        ]
        for name, source in held_out.items()
        for unread in (False, True)
    }

    def losses_at(step: int) -> dict[str, Tensor]:
        draw = stream(schedule.seed, "outline", step)
        batch = draw_batch(list(sources.values()), draw, schedule.batch, clicks, tokens).to(device())
        with autocast():
            return {"outline": loss_of(outline, batch)}

    def look(step: int) -> float:
        judged, said = [], []
        for (name, unread), batches in tests.items():
            with autocast():
                result = figures(outline, [batch.to(device()) for batch in batches])
            history = "without clicks" if unread else "with clicks"
            said.append(f"\nstep {step}: {name} {history}: {result.nats:.3f} nats, {result.accuracy:.3f} right")
            judged.append(result.nats)
        print_line("".join(said), flush=True)
        return sum(judged) / len(judged)

    fit(outline, losses_at, schedule, out, resume, look)
