"""In which order the tokens of a picture are written: coarse before fine, and many places in a pass.

A picture is written at several scales. Those before the last are the same picture made small, by the same tokenizer, so they
hold what decides a scene - colours, layout, light - in few tokens. The first scale is written token by token, row by row. A
later one is written in blocks of 2 x 2 tokens, all blocks at once, the four places of a block one after the other: what is far
apart needs no order once the coarser scale is known (Wang et al., 2024, "Parallelized autoregressive visual generation"). A
single scale is the plain order, row by row, in which Janus was trained.

Every token has a slot in the sequence, which predicts it. What a slot reads is a token that is known by then: the one before it
in its block, or the coarser token of its place, or simply the one before it.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor

# Places of a block in the order they are written: what is diagonal first, so that most of a place's neighbours are known.
_PLACES = ((0, 0), (1, 1), (0, 1), (1, 0))


@dataclass(frozen=True)
class Order:
    """Tokens are numbered scale after scale, each row by row; n of them, and as many slots."""

    scales: tuple[int, ...]  # tokens per side
    token: Tensor  # [n] long: the token that a slot predicts
    source: Tensor  # [n] long: the token that it reads; -1: what begins the picture
    parent: Tensor  # [n] long: the coarser token of the same place; -1 at the first scale
    passes: tuple[tuple[int, int], ...]  # slots of each pass, first and behind the last
    weight: Tensor  # [n], of each slot in training: what is coarse decides more, and there is less of it; 1 in the mean

    @property
    def tokens(self) -> int:
        return len(self.token)

    @property
    def one_by_one(self) -> bool:
        return len(self.passes) == self.tokens

    def pass_of_slot(self) -> Tensor:
        """[n] long."""
        return torch.cat([torch.full((end - start,), number) for number, (start, end) in enumerate(self.passes)])


def order_of(scales: tuple[int, ...]) -> Order:
    """The order for these numbers of tokens per side, coarse to fine. Callers mustn't change its tensors."""
    return _order_of(scales)


@lru_cache
@torch.inference_mode(False)  # training may follow generation
def _order_of(scales: tuple[int, ...]) -> Order:
    first = scales[0]
    token = list(range(first * first))
    source, parent = [number - 1 for number in token], [-1] * len(token)
    passes = [(number, number + 1) for number in token]
    before = 0  # number of the coarser scale's first token
    for coarse, fine in pairwise(scales):
        start = before + coarse * coarse
        previous: dict[tuple[int, int], int] = {}
        for row_in, column_in in _PLACES:
            begin = len(token)
            for row in range(row_in, fine, 2):
                for column in range(column_in, fine, 2):
                    number = start + row * fine + column
                    above = before + (row * coarse // fine) * coarse + column * coarse // fine
                    token.append(number)
                    source.append(previous.get((row // 2, column // 2), above))
                    parent.append(above)
                    previous[row // 2, column // 2] = number
            passes.append((begin, len(token)))
        before = start
    weight = torch.cat([torch.full((side**2,), 1 / side) for side in scales])
    return Order(scales, torch.tensor(token), torch.tensor(source), torch.tensor(parent), tuple(passes), weight / weight.mean())
