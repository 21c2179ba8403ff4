"""Which creatives the same shoppers clicked: the taste that is in clicks, before any picture is looked at.

    co_clicks = read_co_clicks(data, ids)       # ids: of creatives, row by row
    co_clicks.counts(rows)                      # [R, N]: by how many shoppers creative r and each of the others were clicked

Counted are shoppers of the split train, and creatives of different products of the same department, as taste is: somebody who
likes bright kitchens may like dark wine bottles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from uniadgen.data.layout import iter_rows, table_path

MOST_SHOPPERS = 200_000  # the first of the table: more tell no more about 50,000 creatives than these
_CHUNK = 2**24  # pairs that are counted at a time
DROPPED = 0.4  # share of facets that are left out, so that each learns what it can tell on its own


@dataclass(frozen=True)
class CoClicks:
    """Counts as a sparse matrix of N x N creatives: `others` and `values` of row r are entries starts[r] to starts[r + 1]."""

    starts: NDArray[np.int64]
    others: NDArray[np.int64]
    values: NDArray[np.float32]
    products: Tensor  # [P, most] long: rows of a product's creatives; -1 for none

    @property
    def creatives(self) -> int:
        return len(self.starts) - 1

    def counts(self, rows: Sequence[int]) -> Tensor:
        """[R, N]"""
        dense = np.zeros((len(rows), self.creatives), np.float32)
        for number, row in enumerate(rows):
            entries = slice(self.starts[row], self.starts[row + 1])
            dense[number, self.others[entries]] = self.values[entries]
        return torch.from_numpy(dense)


def read_co_clicks(data: Path, ids: Sequence[str]) -> CoClicks | None:
    """Of these creatives. None where nobody has clicked two of them, or no product has two: then clicks tell nothing of scenes.

    Raises InputError for damaged tables.
    """
    rows = {name: row for row, name in enumerate(ids)}
    product, department = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    numbers: tuple[dict[str, int], dict[str | None, int]] = {}, {}
    for creative in iter_rows(data, "creatives", ("id", "product_id", "department"), 4096):
        row = rows.get(creative["id"])
        if row is not None:
            product[row] = numbers[0].setdefault(creative["product_id"], len(numbers[0]))
            department[row] = numbers[1].setdefault(creative["department"], len(numbers[1]))
    products = _table_of(product)
    pairs = _count(data, rows, product, department) if table_path(data, "users").exists() else None
    if products.shape[1] < 2 or pairs is None or not len(pairs[0]):
        return None
    first, others = np.divmod(pairs[0], len(ids))
    starts = np.searchsorted(first, np.arange(len(ids) + 1))
    return CoClicks(starts, others, pairs[1].astype(np.float32), torch.from_numpy(products))


def _table_of(product: NDArray[np.int64]) -> NDArray[np.int64]:
    """[P, most]: the rows of each product."""
    counts = np.bincount(product)
    order = np.argsort(product, kind="stable")
    place = np.arange(len(product)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((len(counts), counts.max()), -1, np.int64)
    table[product[order], place] = order
    return table


def _count(
    data: Path, rows: dict[str, int], product: NDArray[np.int64], department: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows, as first * N + other in ascending order, and their counts."""
    total, number = (np.zeros(0, np.int64), np.zeros(0, np.int64)), len(product)
    gathered: list[NDArray[np.int64]] = []
    waiting = shoppers = 0
    for user in iter_rows(data, "users", ("split", "clicks", "target"), 4096):
        if user["split"] != "train":
            continue
        names = {*(click["creative"] for click in user["clicks"]), user["target"]}
        clicked = np.array(sorted(rows[name] for name in names if name in rows), np.int64)
        first, other = (side.ravel() for side in np.meshgrid(clicked, clicked, indexing="ij"))
        kept = (product[first] != product[other]) & (department[first] == department[other])
        gathered.append(first[kept] * number + other[kept])
        waiting, shoppers = waiting + len(gathered[-1]), shoppers + 1
        if waiting >= _CHUNK:
            total, gathered, waiting = _merged(total, gathered), [], 0
        if shoppers == MOST_SHOPPERS:
            break
    return _merged(total, gathered)


def _merged(
    total: tuple[NDArray[np.int64], NDArray[np.int64]], gathered: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    pairs, counts = np.unique(np.concatenate([np.zeros(0, np.int64), *gathered]), return_counts=True)
    merged, places = np.unique(np.concatenate([total[0], pairs]), return_inverse=True)
    return merged, np.bincount(places, np.concatenate([total[1], counts]), len(merged)).astype(np.int64)


class CreativeFactors(nn.Module):
    """A vector for each creative and facet: who clicked a picture goes on to click, of a product, the creative whose vectors
    suit the picture's facets. It is matrix factorisation, one side of which is read from pictures."""

    def __init__(self, creatives: int, embedding: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(creatives, embedding) * 0.03)

    def forward(self, facets: Tensor, co_clicks: CoClicks, counts: Tensor) -> Tensor:
        """Cross-entropy in nats of what is clicked of each product by those who clicked the pictures.

        facets [B, F, E / F], each of length 1. counts [B, N]: see `CoClicks`. Some facets are left out at random.
        """
        kept = (torch.rand(facets.shape[:2], device=facets.device) >= DROPPED).to(facets.dtype)
        # weights of the optimiser's size move too slowly for what is met once in hundreds of steps
        logits = (facets * kept[..., None]).flatten(1) @ (20 * self.vectors).t()
        products = co_clicks.products.to(facets.device)
        offered = logits[:, products.clamp(min=0)].masked_fill(products < 0, -torch.inf)
        clicked = counts.to(facets.device)[:, products.clamp(min=0)] * (products >= 0)
        chosen = offered.log_softmax(2).masked_fill(products < 0, 0.0)
        weight = clicked.sum((1, 2))
        losses = -(clicked * chosen).sum((1, 2)) / weight.clamp(min=1)
        return losses.sum() / (weight > 0).sum().clamp(min=1)
