"""The outline: which selling point the ad's text should tell next, or that it should end, judged from the clicked texts.

What kind of thing a selling point tells - a brand, a size, an offer - is never given; its form shows it, also in words that
nobody has read before. So the outline reads the selling points and the clicked texts with one small transformer, and learns
where in the clicked texts points of a form stand. It says an order of points; the words are the grammar's (`decoding.text`),
the marks between them the habits' (`decoding.habits`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.config import OutlineConfig
from uniadgen.model.layers import Encoder

MOST_STEPS = 16  # later points of a text share the position of the last
PARTS = 6  # lists are read sorted by length in so many parts: most of a batch would be padding otherwise


@dataclass(frozen=True)
class OutlineBatch:
    """B texts with P selling points and N clicked texts each, padded."""

    points: Tensor  # [B, P, T] long
    points_visible: Tensor  # [B, P, T] bool
    texts: Tensor  # [B, N, L] long
    texts_visible: Tensor  # [B, N, L] bool
    order: Tensor  # [B, S] long: the points of the true text in order, -1 after them

    def to(self, device: torch.device) -> "OutlineBatch":
        return OutlineBatch(*(getattr(self, f.name).to(device) for f in fields(self)))


def stack_outlines(
    points: Sequence[Sequence[Sequence[int]]],
    texts: Sequence[Sequence[Sequence[int]]],
    orders: Sequence[Sequence[int]],
    text_tokens: int,
) -> OutlineBatch:
    """By row: ids of the selling points, ids of the clicked texts (perhaps none), and the order of the points."""
    longest = max(map(len, orders), default=0)
    order = torch.tensor([[*row, *[-1] * (longest - len(row))] for row in orders], dtype=torch.long).view(len(orders), longest)
    return OutlineBatch(*_stacked(points, text_tokens), *_stacked(texts, text_tokens), order)


def _stacked(rows: Sequence[Sequence[Sequence[int]]], most: int) -> tuple[Tensor, Tensor]:
    """Lists of ids, cut to `most`, as [B, lists, ids] and where they are."""
    count = max(map(len, rows), default=0)
    length = min(most, max((len(ids) for row in rows for ids in row), default=1))
    lists = [[list(ids[:most]) for ids in row] + [[]] * (count - len(row)) for row in rows]
    shape = len(rows), count, length
    padded = torch.tensor([ids + [0] * (length - len(ids)) for row in lists for ids in row], dtype=torch.long)
    lengths = torch.tensor([len(ids) for row in lists for ids in row], dtype=torch.long)
    return padded.view(shape), (torch.arange(length) < lengths[:, None]).view(shape)


@dataclass(frozen=True)
class Evidence:
    """What the outline has read before it says an order."""

    points: Tensor  # [B, P + 1, W], the last of them the end
    usable: Tensor  # [B, P + 1] bool
    texts: Tensor  # [B, N, L, W]
    texts_visible: Tensor  # [B, N, L] bool


class Round(nn.Module):
    """The steps of a text look at every clicked text apart; what they see there is averaged over the texts."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.feed_forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key_value, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.unread = nn.Parameter(torch.zeros(width))  # stands for the texts where there are none

    def forward(self, x: Tensor, texts: Tensor, visible: Tensor) -> Tensor:
        """x [B, S, W], texts [B, N, L, W], visible [B, N, L] bool; a text without anything visible does not count."""
        batch, steps, width = x.shape
        count, length = texts.shape[1:3]
        read = visible.any(2)
        seen = self.unread.expand_as(x)
        if count:
            q = self.query(self.norm(x)).view(batch, 1, steps, self.heads, -1).expand(-1, count, -1, -1, -1)
            q = q.flatten(0, 1).transpose(1, 2)
            k, v = self.key_value(texts).view(batch * count, length, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
            mask = (visible | ~read[..., None]).view(batch * count, 1, 1, length)
            attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2)
            share = read.to(x.dtype) / read.sum(1, keepdim=True).clamp(min=1)
            mean = (attended.reshape(batch, count, steps, width) * share[..., None, None]).sum(1)
            seen = torch.where(read.any(1)[:, None, None], mean, seen)
        x = x + self.out(seen)
        hidden: Tensor = self.down(F.gelu(self.up(self.feed_forward_norm(x))))
        return x + hidden


class Outline(nn.Module):
    def __init__(self, config: OutlineConfig, vocabulary: int) -> None:
        super().__init__()
        width, heads = config.width, config.heads
        self.config = config
        self.embedding = nn.Embedding(vocabulary, width)
        self.text_positions = nn.Parameter(torch.randn(config.text_tokens, width) * 0.3)
        self.point_token = nn.Parameter(torch.randn(width) * 0.3)  # tells points from texts
        self.reader = Encoder(width, heads, config.layers)
        self.among = Encoder(width, heads, 1)  # what a point is shows also beside the others
        self.reader_norm, self.among_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.end_token, self.begin_token = nn.Parameter(torch.randn(width)), nn.Parameter(torch.randn(width))
        self.step_positions = nn.Parameter(torch.randn(MOST_STEPS, width) * 0.3)
        self.so_far = nn.Linear(2 * width, width)
        self.rounds = nn.ModuleList(Round(width, heads) for _ in range(config.layers))
        self.query_norm = nn.LayerNorm(width)
        self.query_head, self.point_head = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.normal_(self.embedding.weight, std=0.5)

    def read(self, batch: OutlineBatch) -> Evidence:
        points, usable = batch.points, batch.points_visible.any(2)
        states = self._states(points, batch.points_visible, self.point_token)
        seen = batch.points_visible[..., None].to(states.dtype)
        vectors = (states * seen).sum(2) / seen.sum(2).clamp(min=1)
        vectors = self.among_norm(self.among(vectors, usable))
        ended = self.end_token.expand(len(points), 1, -1)
        return Evidence(
            torch.cat([vectors, ended], 1),
            F.pad(usable, (0, 1), value=True),
            self._states(batch.texts, batch.texts_visible, torch.zeros_like(self.point_token)),
            batch.texts_visible,
        )

    def _states(self, ids: Tensor, visible: Tensor, kind: Tensor) -> Tensor:
        """ids [B, lists, T] -> states of their tokens [B, lists, T, W]; every list is read alone."""
        flat, seen = ids.flatten(0, 1), visible.flatten(0, 1)
        lengths = seen.sum(1)
        order = lengths.argsort(stable=True)[int((lengths == 0).sum()) :]
        if not len(order):
            return kind.new_zeros(*ids.shape, len(kind))
        parts = []
        for rows in order.chunk(PARTS):
            longest = int(lengths[rows[-1]])
            x = self.embedding(flat[rows, :longest]) + self.text_positions[:longest] + kind
            states = self.reader_norm(self.reader(x, seen[rows, :longest]))
            parts.append(F.pad(states, (0, 0, 0, ids.shape[2] - longest)))
        hidden = torch.cat(parts)
        return hidden.new_zeros(len(flat), *hidden.shape[1:]).index_copy(0, order, hidden).view(*ids.shape, -1)

    def logits(self, evidence: Evidence, order: Tensor) -> Tensor:
        """Scores [B, S + 1, P + 1] of the point that follows the first 0..S of the order [B, S] (-1: no further point).

        The last column is the end. Points that are used or not there, and the end of an empty text, are -inf.
        """
        batch, steps = order.shape
        width = evidence.points.shape[2]
        chosen = order.clamp(min=0)
        before = evidence.points.gather(1, chosen[..., None].expand(-1, -1, width))
        last = torch.cat([self.begin_token.expand(batch, 1, -1), before], 1)
        counted = torch.arange(1, steps + 2, device=order.device, dtype=last.dtype)[:, None]
        x = self.so_far(torch.cat([last, last.cumsum(1) / counted], 2))
        x = x + self.step_positions[torch.arange(steps + 1, device=order.device).clamp(max=MOST_STEPS - 1)]
        for block in self.rounds:
            x = block(x, evidence.texts, evidence.texts_visible)
        queries, keys = self.query_head(self.query_norm(x)), self.point_head(evidence.points)
        logits = (queries @ keys.transpose(1, 2)).float() * width**-0.5
        now = F.one_hot(chosen, logits.shape[2]) * (order >= 0)[..., None]
        used = F.pad(now.cumsum(1), (0, 0, 1, 0)) > 0
        open_end = torch.zeros_like(used)
        open_end[:, 0, -1] = True  # no text is empty
        return logits.masked_fill(used | open_end | ~evidence.usable[:, None], -torch.inf)

    def forward(self, batch: OutlineBatch) -> tuple[Tensor, Tensor]:
        """Scores [B, S + 1, P + 1] and what is true [B, S + 1] long: a point, P for the end, -100 after it."""
        logits = self.logits(self.read(batch), batch.order)
        end = logits.shape[2] - 1
        true = F.pad(batch.order, (0, 1), value=-1)
        lengths = (batch.order >= 0).sum(1, keepdim=True)
        steps = torch.arange(true.shape[1], device=true.device)
        true = torch.where(steps == lengths, end, torch.where(steps < lengths, true, -100))
        return logits, true
