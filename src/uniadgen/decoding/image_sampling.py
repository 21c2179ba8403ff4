"""Painting the background: image tokens under classifier-free guidance, one by one or several in a pass.

Both branches of guidance go through the decoder in one pass, but each has its own cache: the unconditional branch has read no
instruction, so it has little to attend to. Both see the product.

Sampling is `argmax(logits + noise)` with Gumbel noise that is drawn once per position and code: an exact sample of the softmax,
and once the noise is fixed, each token is a function of the tokens before it. So tokens can be found in parallel (Jacobi
decoding; Song et al., 2021; Teng et al., 2024): guess a window of tokens, let one pass say what each would be if those before
it were right, keep the guesses that it confirms and the first it corrects, and take its answers as the next guesses. What is
kept is what one-by-one decoding with the same noise draws, token for token, whatever the guesses were. The first guess for
a position is drawn, with its own noise, from what the model thought of its neighbours above and to the left, and from the bias
that its plan gives to this position: where a plan is seen, most guesses are right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.cuda_graph import paint_recorded
from uniadgen.decoding.engine import Engine

Decoding = Literal["auto", "sequential", "parallel"]
DECODINGS: tuple[Decoding, ...] = get_args(Decoding)
# Tokens in a pass of parallel decoding: on a CPU every further token costs time, a GPU computes them while it reads weights.
CPU_WINDOW, GPU_WINDOW = 12, 16
# Rows in a pass up to which several tokens are faster than one, on a CPU: more rows have enough to do with one (docs/speed.md).
PARALLEL_ROWS = 3


def in_parallel(decoding: Decoding, rows: int, device: torch.device) -> bool:
    """Whether tokens are painted several in a pass. auto: what is faster; on a GPU one by one, as a recorded graph."""
    if decoding == "auto":
        return device.type == "cpu" and rows <= PARALLEL_ROWS
    return decoding == "parallel"


@dataclass(frozen=True)
class Painted:
    codes: Tensor  # [B, tokens]
    passes: int  # through the decoder


def decode_image(
    engine: Engine,
    caches: Sequence[Cache],
    start: Tensor,
    foreground: Tensor,
    *,
    guidance: float,
    temperature: float,
    top_k: int | None,
    generators: Sequence[torch.Generator],
    window: int = 1,
    planned: Tensor | None = None,
    bias: Tensor | None = None,
) -> Painted:
    """Continues the caches with the tokens of B pictures.

    caches: of B rows altogether if guidance is 1, otherwise of 2B, conditional rows first. start [D] or [rows, D]: the
    embedding of begin_image, to which conditional rows may have added the summary of their clicks. foreground
    [groups, B, tokens, D]; planned, of the same shape: what only conditional rows see. bias [B, tokens, codes]: added to the
    guided logits. temperature 0: greedy. generators: one per picture, so that a picture does not depend on the batch it is
    painted in. window: tokens in a pass; 1 is decoding one by one, which a GPU repeats as a CUDA graph. All pictures of a
    batch move on together, by the tokens that are confirmed in each of them.
    """
    batch, total = foreground.shape[1:3]
    config = engine.model.config.image
    branches = 1 if guidance == 1 else 2
    conditional = foreground if planned is None else foreground + planned
    foreground = conditional if branches == 1 else torch.cat([conditional, foreground], 1)
    start = start.expand(branches * batch, -1)
    noise = _gumbel(generators, total, config.codes, start.device) if temperature else None

    def drawn_from(logits: Tensor, where: slice | Tensor) -> Tensor:
        """logits: guided, of these positions or guessed for them."""
        tempered = _tempered(logits if bias is None else logits + bias[:, where], temperature, top_k)
        return (tempered if noise is None else tempered + noise[:, where]).argmax(-1)

    if window == 1 and engine.can_be_recorded:
        codes = paint_recorded(
            engine,
            caches,
            start,
            foreground,
            lambda hidden, index: drawn_from(engine.image_logits(hidden, guidance), index),
        )
        return Painted(codes, total)
    codes = torch.zeros(batch, total, dtype=torch.long, device=start.device)  # up to `done` final, then guesses
    guesses: Tensor | None = None
    x, done, passes = start[:, None], 0, 0
    while True:
        width = x.shape[1]
        here = slice(done, done + width)
        logits = engine.image_logits(engine.forward(x, caches, foreground=foreground[:, :, here]), guidance)
        passes += 1
        drawn = drawn_from(logits, here)
        kept = 1
        if width > 1:
            confirmed = (drawn[:, :-1] == codes[:, done : done + width - 1]).all(0)
            kept += int(confirmed.long().cumprod(0).sum())
        codes[:, here] = drawn
        for cache in caches:
            cache.rewind(width - kept)
        guessed, done = done + width, done + kept
        if done == total:
            return Painted(codes, passes)
        ahead = min(done + window, total) - 1
        if window > 1:
            if guesses is None:
                guesses = logits.new_zeros(batch, total, logits.shape[-1])
            guesses[:, guessed - width : guessed] = logits
            for position in range(guessed, ahead):
                guesses[:, position] = _neighbours(guesses, position, config.grid)
                codes[:, position] = drawn_from(guesses[:, position : position + 1], slice(position, position + 1))[:, 0]
        x = engine.embed_image(codes[:, done - 1 : ahead]).repeat(branches, 1, 1)


def _neighbours(logits: Tensor, position: int, grid: int) -> Tensor:
    """A first guess at the logits [B, codes] of a position: those of the tokens above and to the left, averaged."""
    row, column = divmod(position, grid)
    near = [logits[:, position - 1]] if column else []
    if row:
        near.append(logits[:, position - grid])
    return near[0] if len(near) == 1 else (near[0] + near[1]) / 2


def _tempered(logits: Tensor, temperature: float, top_k: int | None) -> Tensor:
    if temperature == 0:
        return logits
    logits = logits / temperature
    if top_k is not None and top_k < logits.shape[-1]:
        logits = logits.masked_fill(logits < logits.topk(top_k, -1).values[..., -1:], -torch.inf)
    return logits


def _gumbel(generators: Sequence[torch.Generator], count: int, codes: int, device: torch.device) -> Tensor:
    """Standard Gumbel noise [B, count, codes], each picture's from its own generator."""
    uniform = torch.stack([torch.rand(count, codes, generator=g, device=device) for g in generators])
    return uniform.log_().neg_().log_().neg_()
