"""From the decoder's hidden states to logits: of image tokens, of a scene token, and of what a pointer may point at."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.scene import FACETS

# Before training: how much more say a click has for a product that is alike, and how much it says for its own code, in nats.
CLOSENESS, VOTE = 3.0, 3.0
NARROW, LEAK = (
    16,
    0.5,
)  # what the decoder tells the scene head of a product: so many numbers, half of which are lost in training


class ImageHead(nn.Module):
    """Two linear layers with a GELU between, as in Janus: logits of all codes."""

    def __init__(self, width: int, hidden: int, codes: int) -> None:
        super().__init__()
        self.project, self.score = nn.Linear(width, hidden), nn.Linear(hidden, codes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.score(F.gelu(self.project(x)))
        return logits

    def losses(self, x: Tensor, codes: Tensor) -> Tensor:
        """x [N, D], codes [N] -> cross-entropy in nats [N]."""
        return F.cross_entropy(self(x).float(), codes, reduction="none")


class LevelHead(nn.Module):
    """A token of several levels, drawn level after level: each sees those before it.

    One softmax over all combinations would be hundreds of times as large, and levels that don't see each other make noise.
    """

    def __init__(self, width: int, hidden: int, levels: Sequence[int]) -> None:
        super().__init__()
        self.levels = tuple(levels)
        self.project = nn.Linear(width, hidden)
        self.previous = nn.ModuleList(nn.Embedding(level, hidden) for level in self.levels[:-1])
        self.score = nn.ModuleList(nn.Linear(hidden, level) for level in self.levels)
        for embedding in self.previous:
            nn.init.normal_(embedding.weight, std=0.02)  # type: ignore[arg-type]

    def begin(self, x: Tensor) -> Tensor:
        """x [..., D] -> the state [..., H] from which the first level is drawn."""
        state: Tensor = self.project(x)
        return state

    def logits(self, state: Tensor, level: int) -> Tensor:
        """[..., H] -> [..., values of this level], in single precision."""
        logits: Tensor = self.score[level](F.gelu(state))
        return logits.float()

    def advance(self, state: Tensor, level: int, values: Tensor) -> Tensor:
        """The state once the values [...] of a level are known."""
        return state if level == len(self.levels) - 1 else state + self.previous[level](values).to(state.dtype)

    def losses(self, x: Tensor, values: Tensor) -> Tensor:
        """x [N, D], values [N, levels] -> cross-entropy of each level in nats [N, levels]."""
        return torch.stack([F.cross_entropy(logits, values[:, k], reduction="none") for k, logits in self.taught(x, values)], 1)

    def taught(self, x: Tensor, values: Tensor) -> list[tuple[int, Tensor]]:
        """(level, its logits [..., values]), given the true values [..., levels] of those before it."""
        state, logits_of_levels = self.begin(x), []
        for level in range(len(self.levels)):
            logits_of_levels.append((level, self.logits(state, level)))
            state = self.advance(state, level, values[..., level])
        return logits_of_levels


class LevelEmbedding(nn.Module):
    """Embeddings of tokens of several levels: the sum of one vector for each level's value.

    What is learnt of one code holds for all that share a level with it, and there may be any number of codes.
    """

    def __init__(self, levels: Sequence[int], width: int) -> None:
        super().__init__()
        self.levels = tuple(levels)
        self.values = nn.ModuleList(nn.Embedding(level, width) for level in self.levels)
        for embedding in self.values:
            nn.init.normal_(embedding.weight, std=1 / math.sqrt(len(self.levels)))  # type: ignore[arg-type]

    def forward(self, codes: Tensor) -> Tensor:
        """codes [...] long -> [..., width]."""
        values = split_levels(codes, self.levels)
        return torch.stack([embedding(values[..., k]) for k, embedding in enumerate(self.values)]).sum(0)


def split_levels(codes: Tensor, levels: Sequence[int]) -> Tensor:
    """Codes [...] -> the values of their levels [..., levels]; the first level counts fastest."""
    values = []
    for level in levels:
        values.append(codes % level)
        codes = codes // level
    return torch.stack(values, -1)


def join_levels(values: Tensor, levels: Sequence[int]) -> Tensor:
    """What `split_levels` takes apart."""
    codes = torch.zeros_like(values[..., 0])
    for level in reversed(range(len(levels))):
        codes = codes * levels[level] + values[..., level]
    return codes


class Pointer(nn.Module):
    """How well earlier places of the sequence suit the present one: what comes next is something that stands there.

    It starts at zero for all, so an untrained pointer changes nothing.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.scale = 4 / math.sqrt(hidden)
        nn.init.zeros_(self.query.weight)

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        """x [N, D], places [N, K, D] -> [N, K] in single precision."""
        return torch.einsum("nh,nkh->nk", self.query(x), self.key(places)).float() * self.scale


class SceneState(NamedTuple):
    """From which the next level of a scene token is drawn."""

    seen: Tensor  # [N, H]: what the decoder makes of product and clicks
    usual: Tensor  # [N, levels, codes]: logits of what scenes are like at all, given the levels that are drawn

    def of(self, rows: Tensor) -> "SceneState":
        return SceneState(self.seen[rows], self.usual[rows])


class SceneHead(nn.Module):
    """The scene token: what kind of place a picture shows, in a few levels; each level is a facet of the scene, or refines one.

    The logits of a level are a sum of three. First what is usual: which codes go with those before, whatever the product.
    Second a vote of the clicks: what each click's scene says for and against every code, as much as the decoder points at the
    click and as its product is like the one that is advertised. Votes are logits, so ten clicks that each say little add up,
    and so does what they say of colours once the place is drawn. Clicks vote for every level anew: one on another kind of place
    may show the colours that a shopper likes. Third what the decoder itself sees in the product, through a narrow and leaky
    pipe: it is to learn what places suit a thing that hangs, not which five pictures each product of the training data has.
    """

    def __init__(self, width: int, hidden: int, levels: int, codes: int) -> None:
        super().__init__()
        self.narrow, self.leak = nn.Linear(width, NARROW), nn.Dropout(LEAK)
        self.head = LevelHead(NARROW, hidden, (codes,) * levels)
        self.usual = nn.Parameter(torch.zeros(levels, codes))
        self.after = nn.Parameter(torch.zeros(levels, levels, codes, codes))  # [level, one before it, its code, codes]
        self.embedding = nn.ModuleList(nn.Embedding(codes, width) for _ in range(levels))
        self.pointers = nn.ModuleList(Pointer(width, min(width, 128)) for _ in range(levels))
        self.nothing = nn.Parameter(torch.zeros(width))  # stands for a scene that is not shown
        self.closeness = nn.Parameter(torch.full((levels,), CLOSENESS))
        # what the code of a click's level says of every code of a level: [level, click's level, its code, codes]
        said = torch.zeros(levels, levels, codes, codes)
        said.diagonal().diagonal().fill_(VOTE)  # no torch.eye: without memory it loads torch's compiler, which takes seconds
        self.said = nn.Parameter(said)
        for embedding in self.embedding:
            nn.init.normal_(embedding.weight, std=0.02)  # type: ignore[arg-type]
        for score in self.head.score:
            nn.init.zeros_(score.weight)  # type: ignore[arg-type]
            nn.init.zeros_(score.bias)  # type: ignore[arg-type]

    @property
    def levels(self) -> int:
        return len(self.embedding)

    def begin(self, x: Tensor) -> SceneState:
        """x [N, D]: where the decoder stands."""
        return SceneState(self.head.begin(self.leak(self.narrow(x))), self.usual.expand(len(x), -1, -1))

    def logits(self, state: SceneState, level: int) -> Tensor:
        """Without votes, [N, codes], in single precision."""
        return self.head.logits(state.seen, level) + state.usual[:, level].float()

    def advance(self, state: SceneState, level: int, values: Tensor) -> SceneState:
        """The state once the values [N] of a level are known."""
        usual = state.usual + self.after[:, level][:, values].transpose(0, 1)
        return SceneState(self.head.advance(state.seen, level, values), usual)

    def taught(self, x: Tensor, scenes: Tensor) -> Iterator[tuple[int, Tensor]]:
        """(level, its logits [N, codes]), given the true codes of those before it: of scenes [N, levels]."""
        state = self.begin(x)
        for level in range(self.levels):
            yield level, self.logits(state, level)
            state = self.advance(state, level, scenes[:, level])

    @torch.no_grad()
    def begin_with(self, codebooks: Tensor) -> None:
        """Starts from what codes stand for, by codebooks [levels, codes, embedding] (`model/scene.py`).

        Codes that are alike are embedded alike, and a click speaks for codes that are like its own; what it says of levels that
        refine others is yet to be learnt.
        """
        values = codebooks.float()
        projection = torch.randn(values.shape[2], self.narrow.in_features, device=values.device) * 0.05
        for embedding, entries in zip(self.embedding, values, strict=True):
            embedding.weight.copy_(entries @ projection)  # type: ignore[operator, union-attr]
        directions = F.normalize(values, dim=2)
        for level, alike in enumerate(directions @ directions.transpose(1, 2)):
            self.said[level, level] = VOTE * alike if level < len(FACETS) else 0

    def embed(self, scenes: Tensor) -> Tensor:
        """scenes [..., levels] long -> [..., D]."""
        return torch.stack([embedding(scenes[..., k]) for k, embedding in enumerate(self.embedding)]).sum(0)

    def votes(self, x: Tensor, clicks: Tensor, similarity: Tensor, visible: Tensor) -> Tensor:
        """How much say each click has, as logits [levels, N, C].

        x [N, D]: where the decoder stands. clicks [N, C, D]: their hidden states; similarity [N, C]: product similarity.
        """
        logits = torch.stack([pointer(x, clicks) for pointer in self.pointers])
        logits = logits + self.closeness.float()[:, None, None] * similarity.float()
        return logits.masked_fill(~visible, -torch.inf)

    def log_probabilities(self, logits: Tensor, level: int, votes: Tensor, scenes: Tensor) -> Tensor:
        """Of the values of a level, [N, codes].

        logits [N, codes]: without votes. votes [levels, N, C]: see `votes`. scenes [N, C, levels]: the
        clicks' own.
        """
        if votes.shape[2]:
            shares = torch.nan_to_num(votes[level].softmax(1))  # none in a row without clicks
            said = torch.stack([table[scenes[..., k]] for k, table in enumerate(self.said[level])]).sum(0)
            logits = logits + (shares[..., None] * said.float()).sum(1)
        return F.log_softmax(logits.float(), -1)

    def losses(self, x: Tensor, truth: Tensor, votes: Tensor, scenes: Tensor) -> Tensor:
        """x [N, D], the true scene tokens [N, levels] -> cross-entropy of each level in nats [N, levels]."""
        each = [
            -self.log_probabilities(logits, level, votes, scenes).gather(1, truth[:, level : level + 1])[:, 0]
            for level, logits in self.taught(x, truth)
        ]
        return torch.stack(each, 1)
