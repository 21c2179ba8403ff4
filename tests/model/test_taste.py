"""Taste likes the scenes that are like those of the clicks, facet by facet."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.model.scene import FACETS
from uniadgen.model.taste import Taste


def scene(*angles: float) -> Tensor:
    """An embedding whose facets point there."""
    facets = torch.tensor([[math.cos(angle), math.sin(angle)] for angle in angles])
    return F.normalize(facets, dim=1).flatten() / len(FACETS) ** 0.5


@torch.no_grad()
def test_the_scene_of_the_clicks_is_liked_best() -> None:
    clicked = torch.stack([scene(0, 1, 2), scene(0, 1, 2.2)])
    candidates = torch.stack([scene(3, 3, 5), scene(0, 1, 2.1), scene(0, 3, 5)])
    logits = Taste()(candidates[None], clicked[None], torch.zeros(1, 2), torch.ones(1, 2, dtype=torch.bool))
    assert logits.argsort(descending=True).tolist() == [[1, 2, 0]]


@torch.no_grad()
def test_clicks_on_like_products_count_more_and_hidden_ones_not_at_all() -> None:
    clicked = torch.stack([scene(0, 0, 0), scene(2, 2, 2)])[None]
    candidates, taste = torch.stack([scene(0, 0, 0), scene(2, 2, 2)])[None], Taste()
    both = torch.ones(1, 2, dtype=torch.bool)
    for similarity, best in ((torch.tensor([[0.9, 0.1]]), 0), (torch.tensor([[0.1, 0.9]]), 1)):
        assert int(taste(candidates, clicked, similarity, both).argmax()) == best
    one = torch.tensor([[False, True]])
    logits = taste(candidates, clicked, torch.tensor([[0.9, 0.1]]), one)
    torch.testing.assert_close(logits, taste(candidates, clicked[:, 1:], torch.tensor([[0.1]]), both[:, :1]))


@torch.no_grad()
@pytest.mark.parametrize("facet", range(len(FACETS)))
def test_a_facet_that_weighs_nothing_is_not_looked_at(facet: int) -> None:
    taste, clicked, visible = Taste(), scene(0, 0, 0)[None, None], torch.ones(1, 1, dtype=torch.bool)
    angles = [0.0] * len(FACETS)
    angles[facet] = 2.0
    candidates = torch.stack([scene(0, 0, 0), scene(*angles)])[None]
    same, other = taste(candidates, clicked, torch.ones(1, 1), visible)[0].tolist()
    assert same > other
    taste.weight[facet] = 0
    same, other = taste(candidates, clicked, torch.ones(1, 1), visible)[0].tolist()
    assert same == pytest.approx(other)
