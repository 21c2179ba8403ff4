"""Trains what the plan knows of shoppers - how clicks vote - and picks the exemplars that it remembers.

Votes are learnt from users' clicks and the ad that each of them clicked next. Pictures were seen before: what the scene encoder
tells of every ad is a table, so a step takes milliseconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from uniadgen.clicks.sampling import sample_clicks
from uniadgen.console import print_line
from uniadgen.data.layout import iter_rows
from uniadgen.data.store import Store, of_split
from uniadgen.imaging.loading import VIEWED_PIXELS, load_stored
from uniadgen.model.plan import Remembered, SceneEncoder, ScenePlan
from uniadgen.model.sequence import PRODUCT_TOKENS, product_ids
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.rng import stream
from uniadgen.training.loop import Schedule, fit
from uniadgen.training.precision import device
from uniadgen.training.scene_encoder import Labels
from uniadgen.words import quoted

WORDS_HIDDEN = 0.8  # share of words that are not read in training: a product's own name would give away its few scenes
SHARP = 8.0  # cosines are too small to be logits
NO_CLICKS = 0.1  # share of training shoppers whose history is empty
LOOKS = 1024  # held-out shoppers
History = Callable[[int], tuple[NDArray[np.int64], NDArray[np.float32]]]  # of a user: clicks and their product similarities


@dataclass(frozen=True)
class Shoppers:
    """Users by number, the creative that each clicked last, and how to look up the clicks before."""

    users: Sequence[int]
    targets: Sequence[int]
    history: History


class Taught(nn.Module):
    """The plan, and what its words are taught beside: the department of the product, whether its ad tells it or its name."""

    def __init__(self, plan: ScenePlan, departments: int) -> None:
        super().__init__()
        self.plan, self.department = plan, nn.Linear(plan.words.embedding_dim, departments)

    def departments(self, products: Tensor) -> Tensor:
        """Unit vectors [B, words] -> logits of departments [B, departments]."""
        logits: Tensor = SHARP * self.department(products)
        return logits


@dataclass(frozen=True)
class Ids:
    """Ids of texts, padded: row i of text i."""

    ids: Tensor  # [texts, T] long
    visible: Tensor  # [texts, T] bool

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]], most: int) -> "Ids":
        width = max(1, min(most, max(map(len, texts), default=1)))
        ids, visible = np.zeros((len(texts), width), np.int64), np.zeros((len(texts), width), bool)
        for row, text in enumerate(texts):
            count = min(width, len(text))
            ids[row, :count], visible[row, :count] = text[:count], True
        return cls(torch.from_numpy(ids), torch.from_numpy(visible))

    def vectors(self, plan: ScenePlan, rows: Tensor, hidden: float = 0.0) -> Tensor:
        """What the words of some rows [...] tell of products: [..., words]. hidden: share of words that are left out."""
        where, visible = plan.words.weight.device, self.visible[rows]
        if hidden:
            visible = visible & (torch.rand(visible.shape) >= hidden)
        return plan.product(self.ids[rows].to(where), visible.to(where))


@dataclass(frozen=True)
class CreativeFeatures:
    """What is known of every creative: facets as the scene encoder sees them, the ad's words, its product's words, and its
    product's department."""

    facets: Tensor  # [creatives, classes] probabilities
    texts: Ids
    products: Ids
    departments: Tensor  # [creatives] long


@torch.no_grad()
def facet_features(encoder: SceneEncoder, data: Path) -> Tensor:
    """What a scene encoder tells of every ad of a data set: [creatives, classes] probabilities. Raises InputError."""
    encoder = encoder.to(device()).eval()
    parts: list[Tensor] = []
    views: list[Tensor] = []

    def flush() -> None:
        if views:
            parts.append(encoder.probabilities(torch.stack(views).to(device())).cpu())
            views.clear()

    for row in iter_rows(data, "creatives", ("id", "ad"), 64):
        views.append(encoder.encoder.prepare(load_stored(row["ad"], f"creative {quoted(row['id'])}", VIEWED_PIXELS)))
        if len(views) == 64:
            flush()
    flush()
    return torch.cat(parts)


def creative_features(
    store: Store, tokenizer: TextTokenizer, facets: Tensor, departments: Sequence[str], text_tokens: int
) -> CreativeFeatures:
    """departments: of every creative. text_tokens: how many ids of an ad's text are read."""
    numbers = {name: number for number, name in enumerate(sorted(set(departments)))}
    rows = [store.row(i) for i in range(len(store))]
    return CreativeFeatures(
        facets,
        Ids.of([store.text_ids(i) for i in range(len(store))], text_tokens),
        Ids.of([product_ids(tokenizer, row.description, row.selling_points) for row in rows], PRODUCT_TOKENS),
        torch.tensor([numbers[name] for name in departments]),
    )


def train_plan(
    plan: ScenePlan,
    creatives: CreativeFeatures,
    labels: Labels,
    train: Shoppers,
    held_out: Shoppers,
    clicks: int,
    schedule: Schedule,
    out: Path,
    resume: bool,
) -> None:
    """Trains how clicks vote, in place, and nothing else of the plan. clicks: most clicks that the model samples. The
    held-out figure is the mean cross-entropy of a facet."""
    for parameter in plan.parameters():
        parameter.requires_grad_(False)
    for name in ("words", "usual"):
        getattr(plan, name).requires_grad_(True)
    for parameter in (plan.kinship, plan.worth, plan.worth_of_log, plan.floor, plan.telling):
        parameter.requires_grad_(True)
    taught = Taught(plan, int(creatives.departments.max()) + 1).to(device())
    learnt = np.unique(np.array(train.targets))

    def batch_of(shoppers: Shoppers, chosen: Sequence[int], key: int, empty: float) -> tuple[Tensor, Tensor, Tensor]:
        """Sampled clicks (rows of creatives, and which are there) [B, clicks], and the targets [B]."""
        targets = [shoppers.targets[number] for number in chosen]
        rows, seen = np.zeros((len(chosen), clicks), np.int64), np.zeros((len(chosen), clicks), bool)
        for line, number in enumerate(chosen):
            draw = stream(schedule.seed, "plan", key, line)
            if draw.random() < empty:
                continue
            clicked, similarity = shoppers.history(shoppers.users[number])
            rng = np.random.default_rng(draw.getrandbits(63))
            same_creative = np.flatnonzero(clicked == targets[line]).tolist()
            some = sample_clicks(similarity.astype(np.float64), clicks, "product-similarity", rng, same_creative)
            rows[line, : len(some)], seen[line, : len(some)] = clicked[some], True
        return torch.from_numpy(rows), torch.from_numpy(seen), torch.tensor(targets)

    def crossed(rows: Tensor, seen: Tensor, targets: Tensor, hidden: float) -> tuple[Tensor, Tensor]:
        """Cross-entropy by facet, and the log-probabilities of all classes."""
        liked = plan.liked(
            creatives.products.vectors(plan, targets, hidden),
            creatives.texts.vectors(plan, rows, hidden),
            creatives.facets[rows].to(device()),
            seen.to(device()),
        )
        numbers = torch.from_numpy(labels.numbers)[targets].to(device())
        parts = [F.nll_loss(part, numbers[:, facet]) for facet, part in enumerate(liked.split(plan.facets, 1))]
        return torch.stack(parts), liked

    def losses_at(step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((schedule.seed, step))
        chosen = rng.integers(len(train.users), size=schedule.batch).tolist()
        parts, _ = crossed(*batch_of(train, chosen, step, NO_CLICKS), WORDS_HIDDEN)
        some = torch.from_numpy(rng.choice(learnt, schedule.batch))
        true = creatives.departments[some].to(device())
        department = [
            F.cross_entropy(taught.departments(ids.vectors(plan, some, hidden)), true)
            for ids, hidden in ((creatives.products, 0.5), (creatives.texts, 0.25))
        ]
        return {**dict(zip(labels.names, parts, strict=True)), "department": torch.stack(department).sum()}

    def look(step: int) -> float:
        rows, seen, targets = batch_of(held_out, range(min(LOOKS, len(held_out.users))), -1, 0.0)
        parts, liked = crossed(rows, seen, targets, 0.0)
        guesses = torch.stack([part.argmax(1) for part in liked.split(plan.facets, 1)], 1).cpu()
        right = (guesses == torch.from_numpy(labels.numbers)[targets]).float().mean(0).tolist()
        figures = ", ".join(
            f"{name} {float(loss):.3f} nats, {share:.3f} right"
            for name, loss, share in zip(labels.names, parts, right, strict=True)
        )
        print_line(f"\nstep {step}: held-out {figures}", flush=True)
        return float(parts.mean())

    fit(taught, losses_at, schedule, out, resume, look)


@torch.no_grad()
def remember_exemplars(plan: ScenePlan, store: Store, creatives: CreativeFeatures, seed: int) -> None:
    """Fills the plan with creatives of the split train that have a cut-out, drawn with the seed."""
    rows = of_split(store.splits, ["train"])
    rows = rows[store.boxes[rows, 2] > 0]
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[: len(plan.codes)])
    where = torch.from_numpy(chosen)
    plan.remember(
        Remembered(
            torch.from_numpy(store.codes[chosen, 0].astype(np.int64)),
            torch.from_numpy(store.shares(chosen)),
            creatives.facets[where],
            creatives.products.vectors(plan, where),
        )
    )
