"""Painting the background: image tokens under classifier-free guidance, several in a pass.

Both branches of guidance go through the decoder in one pass, but each has its own cache: the unconditional branch has read no
instruction, so it has little to attend to. Both see the product.

Sampling is `argmax(logits + noise)` with Gumbel noise that is drawn once per slot and value: an exact sample of the softmax,
and once the noise is fixed, each token is a function of the tokens before it.

A model that writes coarse before fine (`model/order.py`) has passes of its own. One that writes row by row, as Janus does, can
still be decoded several tokens at a time (Jacobi decoding; Song et al., 2021; Teng et al., 2024): guess a window of tokens, let
one pass say what each would be if those before it were right, keep the guesses that it confirms and the first it corrects, and
take its answers as the next guesses. What is kept is what one-by-one decoding with the same noise draws, token for token,
whatever the guesses were. The first guess for a position is drawn, with its own noise, from what the model thought of its
neighbours above and to the left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.cuda_graph import paint_recorded
from uniadgen.decoding.engine import Engine
from uniadgen.decoding.temperature import tempered
from uniadgen.model.heads import ImageHead, LevelHead, join_levels
from uniadgen.model.image_tokenizer import FSQTokenizer, JanusTokenizer

Decoding = Literal["auto", "sequential", "parallel"]
DECODINGS: tuple[Decoding, ...] = get_args(Decoding)
# Tokens in a pass of parallel decoding: on a CPU every further token costs time, a GPU computes them while it reads weights.
CPU_WINDOW, GPU_WINDOW = 12, 16
# Rows in a pass up to which several tokens are faster than one, on a CPU: more rows have enough to do with one (docs/speed.md).
PARALLEL_ROWS = 3
_BLUR = 24  # of the side: how far what is to have no detail is blurred to all sides


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
    begin: Tensor,
    foreground: Tensor,
    *,
    places: Tensor | None = None,
    guidance: float,
    temperature: float,
    top_k: int | None,
    generators: Sequence[torch.Generator],
    calm: Tensor | None = None,
    window: int = 1,
) -> Painted:
    """Continues the caches with the tokens of B pictures.

    caches: of B rows altogether if guidance is 1, otherwise of 2B, conditional rows first. begin [rows, D]: the embedding of
    what begins the picture, begin_image or a scene token. foreground [groups, B, slots, D]. places [rows, slots, D]: of
    `tell_places`. temperature 0: greedy. generators: one per picture, so that a picture does not depend on the batch it is
    painted in. calm [B, tokens] bool: tokens, not of the first scale, that add no detail to the scale before. window: tokens in
    a pass of a model that writes row by row; 1 is decoding one by one, which a GPU repeats as a CUDA graph.
    """
    draws = _Draws(engine, foreground.shape[1], guidance, temperature, top_k, generators)
    if guidance != 1:
        foreground = torch.cat([foreground, foreground], 1)
    plain = engine.model.order.one_by_one and isinstance(engine.model.image_head, ImageHead)
    if not plain:
        return _in_passes(engine, caches, begin, foreground, draws, places, calm)
    if window == 1 and engine.can_be_recorded:
        codes = paint_recorded(engine, caches, begin, foreground, draws.of)
        return Painted(codes, codes.shape[1])
    return _row_by_row(engine, caches, begin, foreground, draws, window)


class _Draws:
    """Draws tokens from hidden states, with noise that every slot has from the beginning."""

    def __init__(
        self,
        engine: Engine,
        pictures: int,
        guidance: float,
        temperature: float,
        top_k: int | None,
        generators: Sequence[torch.Generator],
    ) -> None:
        """generators: none are needed at temperature 0."""
        self.engine, self.guidance, self.temperature, self.top_k = engine, guidance, temperature, top_k
        self.pictures, self.head = pictures, engine.model.image_head
        self.levels = self.head.levels if isinstance(self.head, LevelHead) else (engine.model.config.image.codes,)
        self.noise = None
        if temperature:
            self.noise = _gumbel(generators, engine.model.order.tokens, sum(self.levels), engine.model.device)

    def of(self, hidden: Tensor, where: slice | Tensor) -> Tensor:
        """hidden [rows, T, D] of some slots -> their tokens [B, T]."""
        if isinstance(self.head, ImageHead):
            return self.from_logits(self.engine.image_logits(hidden, self.guidance), where)
        state, values, before = self.head.begin(hidden), [], 0
        for level, count in enumerate(self.levels):
            logits = self.engine.level_logits(state, level, self.guidance)
            value = self.from_logits(logits, where, slice(before, before + count))
            values.append(value)
            state = self.head.advance(state, level, value.repeat(len(state) // len(value), 1))
            before += count
        return join_levels(torch.stack(values, -1), self.levels)

    def from_logits(self, logits: Tensor, where: slice | Tensor, part: slice | None = None) -> Tensor:
        """logits [B, T, values] of some slots -> the values drawn [B, T]. part: of the noise of a slot."""
        logits = _tempered(logits, self.temperature, self.top_k)
        if self.noise is None:
            return logits.argmax(-1)
        noise = self.noise[:, where]
        return (logits + (noise if part is None else noise[..., part])).argmax(-1)


def _in_passes(
    engine: Engine,
    caches: Sequence[Cache],
    begin: Tensor,
    foreground: Tensor,
    draws: _Draws,
    places: Tensor | None,
    calm: Tensor | None,
) -> Painted:
    """A picture in the passes of the model's order."""
    model, order = engine.model, engine.model.order
    starts = list(accumulate(side**2 for side in order.scales))  # the first token of each scale but the first
    codes = torch.zeros(draws.pictures, order.tokens, dtype=torch.long, device=begin.device)
    tokens = begin.new_zeros(len(begin), order.tokens, begin.shape[1])
    written = order.token.to(begin.device)
    start, plain = order.tokens, codes  # of the scale that is being written: its first token, its tokens without detail
    for first, last in order.passes:
        x = model.slot_inputs(begin, tokens, slice(first, last), places)
        hidden = engine.forward(x, caches, foreground=foreground[:, :, first:last], causal=False)
        here = written[first:last]
        drawn = draws.of(hidden, slice(first, last))
        if calm is not None and first in starts:
            scale, start = starts.index(first), first
            before = codes[:, start - order.scales[scale] ** 2 : start]
            plain = without_detail(model.image_tokenizer, before, order.scales[scale], order.scales[scale + 1])
        if calm is not None and first >= start:
            drawn = torch.where(calm.to(here.device)[:, here], plain[:, here - start], drawn)
        codes[:, here] = drawn
        tokens[:, here] = engine.embed_image(codes[:, here]).repeat(len(begin) // len(codes), 1, 1)
    return Painted(codes, len(order.passes))


def without_detail(tokenizer: FSQTokenizer | JanusTokenizer, codes: Tensor, grid: int, side: int) -> Tensor:
    """A picture of grid x grid tokens, [B, grid * grid], as one of side x side that adds nothing to it but blur."""
    small = tokenizer.decode(codes, grid)
    large = F.interpolate(small, scale_factor=side / grid, mode="bilinear")
    radius = max(1, large.shape[-1] // _BLUR)
    padded = F.pad(large, (radius,) * 4, mode="reflect")
    return tokenizer.encode(F.avg_pool2d(padded, 2 * radius + 1, 1))


def _row_by_row(
    engine: Engine, caches: Sequence[Cache], begin: Tensor, foreground: Tensor, draws: _Draws, window: int
) -> Painted:
    """A picture row by row, up to `window` tokens in a pass. All pictures of a batch move on together, by the tokens that are
    confirmed in each of them."""
    batch, total, grid = draws.pictures, foreground.shape[2], engine.model.config.image.grid
    codes = torch.zeros(batch, total, dtype=torch.long, device=begin.device)  # up to `done` final, then guesses
    logits: Tensor | None = None
    x, done, passes = begin[:, None], 0, 0
    while True:
        width = x.shape[1]
        here = slice(done, done + width)
        answers = engine.image_logits(engine.forward(x, caches, foreground=foreground[:, :, here]), draws.guidance)
        passes += 1
        drawn = draws.from_logits(answers, here)
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
            if logits is None:
                logits = answers.new_zeros(batch, total, answers.shape[-1])
            logits[:, guessed - width : guessed] = answers
            for position in range(guessed, ahead):
                logits[:, position] = _neighbours(logits, position, grid)
                here = slice(position, position + 1)
                codes[:, position] = draws.from_logits(logits[:, here], here)[:, 0]
        x = engine.embed_image(codes[:, done - 1 : ahead]).repeat(len(begin) // batch, 1, 1)


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
    logits = tempered(logits, temperature)
    if top_k is not None and top_k < logits.shape[-1]:
        logits = logits.masked_fill(logits < logits.topk(top_k, -1).values[..., -1:], -torch.inf)
    return logits


def _gumbel(generators: Sequence[torch.Generator], count: int, codes: int, device: torch.device) -> Tensor:
    """Standard Gumbel noise [B, count, codes], each picture's from its own generator."""
    uniform = torch.stack([torch.rand(count, codes, generator=g, device=device) for g in generators])
    return uniform.log_().neg_().log_().neg_()
