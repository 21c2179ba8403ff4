"""Which of several scenes a shopper would take: one like those of the ads that the shopper clicked.

    taste = Taste()
    taste(scenes, clicked, similarity, visible)             # logits of every candidate

A scene is what the codes of its token stand for (`SceneEncoder.values`), facet by facet: who clicks many places in one colour
is told apart from who clicks one place in many. Clicks on products like the one that is advertised count more.
"""

import torch
from torch import Tensor, nn

from uniadgen.model.scene import FACETS

CLOSENESS, WEIGHT = 2.0, 2.5


class Taste(nn.Module):
    """Six numbers: of each facet how much likeness of products counts, and how much the facet itself does."""

    def __init__(self) -> None:
        super().__init__()
        self.closeness = nn.Parameter(torch.full((len(FACETS),), CLOSENESS))
        self.weight = nn.Parameter(torch.full((len(FACETS),), WEIGHT))

    def forward(self, scenes: Tensor, clicked: Tensor, similarity: Tensor, visible: Tensor) -> Tensor:
        """Logits [N, K] of candidates.

        scenes [N, K, embedding], clicked [N, C, embedding]: values of their codes. similarity [N, C]: of the products; visible
        [N, C]: which clicks there are, at least one in each row.
        """
        share = similarity.float()[..., None] * self.closeness.float()
        share = share.masked_fill(~visible[..., None], -torch.inf).softmax(1)  # [N, C, facets]
        # facets have length 1 / sqrt(3) within an embedding of length 1
        theirs, ours = (values.float().unflatten(-1, (len(FACETS), -1)) * len(FACETS) ** 0.5 for values in (clicked, scenes))
        liked = (share[..., None] * theirs).sum(1)  # [N, facets, D]
        return torch.einsum("nfd,nkfd,f->nk", liked, ours, self.weight.float())
