"""The scene token: what kind of place the picture will show, from the decoder's own logits and the clicks that it points at."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.engine import Engine


def decode_scene(
    engine: Engine,
    caches: Sequence[Cache],
    begin: Tensor,
    foreground: Tensor,
    clicks: Sequence[Tensor],
    scenes: Sequence[Tensor],
    *,
    guidance: float,
    temperature: float,
    generators: Sequence[torch.Generator],
) -> Tensor:
    """Continues the caches with begin_image and draws the scene tokens of B pictures, [B, levels].

    caches, guidance, temperature, generators: as for `image_sampling.decode_image`. begin [rows, D]: embeddings of begin_image.
    foreground [groups, B, D]: of the products as a whole. clicks: for each picture the states [C, D] at the ends of its clicks
    in the instruction, C may be 0; scenes: the clicks' own scene tokens [C, levels].
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
    theirs = torch.stack([F.pad(rows.reshape(len(rows), head.levels), (0, 0, 0, most - len(rows))) for rows in scenes])
    visible = torch.arange(most, device=x.device) < torch.tensor([[len(rows)] for rows in clicks], device=x.device)
    votes = head.votes(conditional, states, visible)
    state, values = head.head.begin(x), []
    for level in range(head.levels):
        logits = head.head.logits(state, level)
        log_shares = head.log_probabilities(conditional, logits[:batch], level, votes, theirs)
        if guidance != 1:
            log_shares = torch.lerp(F.log_softmax(logits[batch:], -1), log_shares, guidance)
        if temperature:
            uniform = torch.stack([torch.rand(log_shares.shape[1], generator=g, device=x.device) for g in generators])
            log_shares = log_shares / temperature - uniform.log_().neg_().log_()
        value = log_shares.argmax(-1)
        values.append(value)
        state = head.head.advance(state, level, value.repeat(len(x) // batch))
    return torch.stack(values, -1)
