"""In which order the tokens of a picture are written: coarse before fine, and many places in a pass.

A picture is written at several scales. Those before the last are the same picture made small, by the same tokenizer, so they
hold what decides a scene - layout, light, things - in few tokens. Every scale is written in blocks, all blocks at once, the
places of a block one after the other: what is far apart needs no order once something coarser is known (Wang et al., 2024,
"Parallelized autoregressive visual generation"). Blocks are of 2 x 2 tokens, at a fine scale of 4 x 4: planks and bricks drawn
in fewer passes don't fit each other. The places of a block come in the order of Bayer's dither matrix, each as far as can be
from those before it, so the last ones only fill gaps. A single scale is the plain order, row by row, in which Janus was
trained.

Every token has a slot in the sequence, which predicts it. What a slot reads is a token that is known by then: the one before it
in its block, or the coarser token of its place, or what begins the picture. Each token is read by the slot after it in its
block, so what comes later can attend to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor


@dataclass(frozen=True)
class Order:
    """Tokens are numbered scale after scale, each row by row; n of them, and as many slots."""

    scales: tuple[int, ...]  # tokens per side
    token: Tensor  # [n] long: the token that a slot predicts
    source: Tensor  # [n] long: the token that it reads; -1: what begins the picture
    parent: Tensor  # [n] long: the coarser token of the same place; -1 at the first scale
    passes: tuple[tuple[int, int], ...]  # slots of each pass, first and behind the last
    weight: Tensor  # [n], of each slot in training: what is coarse decides more, and there is less of it; 1 in the mean of all

    @property
    def tokens(self) -> int:
        return len(self.token)

    @property
    def one_by_one(self) -> bool:
        return len(self.passes) == self.tokens

    def pass_of_slot(self) -> Tensor:
        """[n] long."""
        return torch.cat([torch.full((end - start,), number) for number, (start, end) in enumerate(self.passes)])

    def slots_in(self, top: int, left: int, side: int) -> Tensor:
        """The slots of all coarser scales, and of the last one those in a square of so many tokens a side, in order [m]."""
        last = self.scales[-1]
        number = self.token - (self.tokens - last * last)
        row, column = number // last, number % last
        inside = (row >= top) & (row < top + side) & (column >= left) & (column < left + side)
        return ((number < 0) | inside).nonzero()[:, 0]


def order_of(scales: tuple[int, ...], blocks: tuple[int, ...]) -> Order:
    """The order for these numbers of tokens per side, coarse to fine, and tokens per side of a block at each scale.

    No blocks: a single scale, row by row. Callers mustn't change its tensors.
    """
    return _order_of(scales, blocks)


@lru_cache
@torch.inference_mode(False)  # training may follow generation
def _order_of(scales: tuple[int, ...], blocks: tuple[int, ...]) -> Order:
    token: list[int] = []
    source: list[int] = []
    parent: list[int] = []
    passes: list[tuple[int, int]] = []
    if not blocks:
        token = list(range(scales[0] ** 2))
        source, parent = [number - 1 for number in token], [-1] * len(token)
        passes = [(number, number + 1) for number in token]
    start, before, coarse = 0, 0, 0  # of this scale and the coarser one: the first token; how many a side that has
    for fine, block in zip(scales, blocks, strict=bool(blocks)):
        written: list[tuple[int, int]] = []
        for place in _places(block):
            begin = len(token)
            last = written[-1] if written else None
            for top in range(0, fine, block):
                for left in range(0, fine, block):
                    row, column = top + place[0], left + place[1]
                    above = before + (row * coarse // fine) * coarse + column * coarse // fine if coarse else -1
                    token.append(start + row * fine + column)
                    source.append(above if last is None else start + (top + last[0]) * fine + left + last[1])
                    parent.append(above)
            passes.append((begin, len(token)))
            written.append(place)
        start, before, coarse = start + fine * fine, start, fine
    weight = torch.cat([torch.full((side**2,), 1 / side) for side in scales])
    return Order(scales, torch.tensor(token), torch.tensor(source), torch.tensor(parent), tuple(passes), weight / weight.mean())


def _places(block: int) -> Sequence[tuple[int, int]]:
    """The places (row, column) of a block, a power of two a side: a coarse grid of them first, then what is diagonal, then
    what lies between."""
    if block == 1:
        return [(0, 0)]
    corners = ((0, 0), (1, 1), (0, 1), (1, 0))
    return [(2 * row + below, 2 * column + right) for below, right in corners for row, column in _places(block // 2)]
