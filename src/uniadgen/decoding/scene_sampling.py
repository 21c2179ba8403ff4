"""The scene token: what kind of place the picture will show, from the decoder's own logits and the clicks that it points at."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.engine import Engine


class ClickedScenes(NamedTuple):
    """Of the clicks that the model sees for one picture."""

    tokens: Tensor  # [C, levels] long: their scene tokens
    similarity: Tensor  # [C]: product similarity

    @classmethod
    def none(cls) -> "ClickedScenes":
        return cls(torch.zeros(0, 0, dtype=torch.long), torch.zeros(0))


def decode_scene(
    engine: Engine,
    caches: Sequence[Cache],
    begin: Tensor,
    foreground: Tensor,
    clicks: Sequence[Tensor],
    scenes: Sequence[ClickedScenes],
    *,
    guidance: float,
    temperature: float,
    generators: Sequence[torch.Generator],
) -> Tensor:
    """Continues the caches with begin_image and draws the scene tokens of B pictures, [B, levels], their compositions included.

    caches, guidance, temperature, generators: as for `image_sampling.decode_image`. begin [rows, D]: embeddings of begin_image.
    foreground [groups, B, D]: of the products as a whole. clicks: for each picture the states [C, D] at the ends of its clicks
    in the instruction, C may be 0; scenes: what is known of these clicks beside.
    """
    head = engine.model.scene_head
    assert head is not None
    batch = len(clicks)
    if guidance != 1:
        foreground = torch.cat([foreground, foreground], 1)
    x = engine.forward(begin[:, None], caches, foreground=foreground[:, :, None])[:, 0]
    conditional = x[:batch]
    most = max(len(states) for states in clicks)
    states = torch.stack([F.pad(rows, (0, 0, 0, most - len(rows))) for rows in clicks])
    theirs = torch.stack(
        [F.pad(rows.tokens.to(x.device).reshape(-1, head.levels), (0, 0, 0, most - len(rows.tokens))) for rows in scenes]
    )
    similarity = torch.stack([F.pad(rows.similarity.to(x.device), (0, most - len(rows.similarity))) for rows in scenes])
    visible = torch.arange(most, device=x.device) < torch.tensor([[len(rows)] for rows in clicks], device=x.device)
    votes = head.votes(conditional, states, similarity, visible)
    state, values = head.begin(x), []
    for level in range(head.levels):
        logits = head.logits(state, level)
        log_shares = head.log_probabilities(logits[:batch], level, votes, theirs)
        if guidance != 1:
            log_shares = torch.lerp(F.log_softmax(logits[batch:], -1), log_shares, guidance)
        values.append(_drawn(log_shares, temperature, generators))
        state = head.advance(state, level, values[-1].repeat(len(x) // batch))
    facets = torch.stack(values, -1)
    composition = engine.model.composition
    if composition is None:
        return facets
    inner, values = composition.begin(x, head.embed(facets).repeat(len(x) // batch, 1)), []
    for level in range(composition.levels):
        log_shares = F.log_softmax(composition.head.logits(inner, level), -1)
        if guidance != 1:
            log_shares = torch.lerp(log_shares[batch:], log_shares[:batch], guidance)
        values.append(_drawn(log_shares, temperature, generators))
        inner = composition.head.advance(inner, level, values[-1].repeat(len(x) // batch))
    return torch.cat([facets, torch.stack(values, -1)], -1)


def _drawn(log_shares: Tensor, temperature: float, generators: Sequence[torch.Generator]) -> Tensor:
    """One of the values of each row [B]; the likeliest at temperature 0."""
    if temperature:
        uniform = torch.stack([torch.rand(log_shares.shape[1], generator=g, device=log_shares.device) for g in generators])
        log_shares = log_shares / temperature - uniform.log_().neg_().log_()
    return log_shares.argmax(-1)
