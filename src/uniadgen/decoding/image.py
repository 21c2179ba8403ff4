"""Painting the background: image tokens one after the other, under classifier-free guidance.

Both branches are two rows of one batch and share one cache. The unconditional row sees no instruction (its part of the cache
is hidden), but both see the product: the foreground features are added to either.
"""

import torch
from torch import Tensor

from uniadgen.model.decoder import Cache
from uniadgen.model.unified import UnifiedModel


def sample(logits: Tensor, temperature: float, top_k: int | None, generator: torch.Generator | None) -> Tensor:
    """One id per row of logits [B, V] -> [B]. temperature 0: greedy."""
    if temperature == 0:
        return logits.argmax(-1)
    logits = logits.float() / temperature
    if top_k is not None and top_k < logits.shape[-1]:
        least = logits.topk(top_k, -1).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]


def decode_image(
    model: UnifiedModel,
    cache: Cache,
    start: Tensor,
    foreground: Tensor,
    *,
    guidance: float,
    temperature: float,
    top_k: int | None,
    generator: torch.Generator | None,
) -> Tensor:
    """Continues the cache with the tokens of one picture per pair of rows; returns codes [B, tokens].

    start: [2B, 1, D], the embedding of begin_image; rows 0..B-1 are conditional, B..2B-1 unconditional. With a guidance of 1
    there are only B rows. foreground: [groups, B, tokens, D].
    """
    rows = start.shape[0]
    guided = rows == 2 * foreground.shape[1]
    if guided:
        foreground = foreground.repeat(1, 2, 1, 1)
    x, codes = start, []
    for index in range(model.config.image.tokens):
        hidden = model.decoder(x, cache=cache, foreground=foreground[:, :, index : index + 1])
        logits = model.image_head(hidden[:, -1]).float()
        if guided:
            conditional, unconditional = logits.chunk(2)
            logits = unconditional + guidance * (conditional - unconditional)
        token = sample(logits, temperature, top_k, generator)
        codes.append(token)
        x = model.embed_image(token.repeat(2) if guided else token)[:, None]
    return torch.stack(codes, 1)
