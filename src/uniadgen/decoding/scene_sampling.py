"""The scene token: what kind of place the picture will show, from the decoder's own logits and the clicks that it points at."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.temperature import tempered
from uniadgen.model.heads import SceneHead
from uniadgen.model.unified import UnifiedModel


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
    draws: int = 1,
) -> Tensor:
    """Continues the caches with begin_image and draws the scene tokens of B pictures, [B, levels], their compositions included.

    caches, guidance, temperature, generators: as for `image_sampling.decode_image`. begin [rows, D]: embeddings of begin_image.
    foreground [groups, B, D]: of the products as a whole. clicks: for each picture the states [C, D] at the ends of its clicks
    in the instruction, C may be 0; scenes: what is known of these clicks beside. draws: for pictures with clicks, of which the
    model's taste picks one: drawn as likely as the decoder deems them, neither guided nor sharpened; one at temperature 0.
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
    clicked = _Clicked(head.votes(conditional, states, similarity, visible), theirs, similarity, visible)
    facets = torch.empty(batch, head.levels, dtype=torch.long, device=x.device)
    picked = visible.any(1) if draws > 1 and temperature else visible.new_zeros(batch)
    for some, several in ((~picked, 1), (picked, draws)):
        if not some.any():
            continue
        rows = some.nonzero()[:, 0]
        unguided = x[batch:][rows] if guidance != 1 and several == 1 else None
        of_rows = [generators[row] for row in rows.tolist()] if temperature else []
        heat = temperature if several == 1 else 1.0
        drawn = _facets(head, conditional[rows], unguided, clicked.of(rows), guidance, heat, of_rows, several)
        facets[rows] = drawn[:, 0] if several == 1 else _liked(engine.model, drawn, clicked.of(rows))
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


class _Clicked(NamedTuple):
    """Of the clicks of N pictures."""

    votes: Tensor  # [levels, N, C]
    scenes: Tensor  # [N, C, levels]
    similarity: Tensor  # [N, C]
    visible: Tensor  # [N, C]

    def of(self, rows: Tensor) -> "_Clicked":
        return _Clicked(self.votes[:, rows], *(values[rows] for values in self[1:]))


def _facets(
    head: SceneHead,
    x: Tensor,
    unguided: Tensor | None,
    clicked: _Clicked,
    guidance: float,
    temperature: float,
    generators: Sequence[torch.Generator],
    draws: int,
) -> Tensor:
    """Facets [N, draws, levels]. x [N, D]: where the decoder stands; unguided [N, D]: where it does without an instruction."""
    count = len(x)
    rows = torch.arange(count, device=x.device).repeat_interleave(draws)
    clicked = clicked.of(rows)
    both = x if unguided is None else torch.cat([x, unguided])
    state, values = head.begin(both).of(torch.arange(len(both), device=x.device).repeat_interleave(draws)), []
    for level in range(head.levels):
        logits = head.logits(state, level)
        log_shares = head.log_probabilities(logits[: len(rows)], level, clicked.votes, clicked.scenes)
        if unguided is not None:
            log_shares = torch.lerp(F.log_softmax(logits[len(rows) :], -1), log_shares, guidance)
        values.append(_drawn(log_shares, temperature, generators))
        state = head.advance(state, level, values[-1].repeat(len(logits) // len(rows)))
    return torch.stack(values, -1).unflatten(0, (count, draws))


def _liked(model: UnifiedModel, facets: Tensor, clicked: _Clicked) -> Tensor:
    """Of each picture's candidates [N, draws, levels] the one that taste likes best [N, levels]."""
    taste, encoder = model.taste, model.scene_encoder
    assert taste is not None
    assert encoder is not None
    best = taste(encoder.values(facets), encoder.values(clicked.scenes), clicked.similarity, clicked.visible).argmax(1)
    return facets[torch.arange(len(facets), device=facets.device), best]


def _drawn(log_shares: Tensor, temperature: float, generators: Sequence[torch.Generator]) -> Tensor:
    """One of the values of each row [B]; the likeliest at temperature 0. generators: each for as many rows side by side."""
    if temperature:
        shape = len(log_shares) // len(generators), log_shares.shape[1]
        uniform = torch.cat([torch.rand(shape, generator=g, device=log_shares.device) for g in generators])
        log_shares = tempered(log_shares, temperature) - uniform.log_().neg_().log_()
    return log_shares.argmax(-1)
