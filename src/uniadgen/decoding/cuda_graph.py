"""Painting one by one on a GPU: a token is a few hundred small kernels, and launching them takes longer than running them.

So one token is recorded as a CUDA graph, which is then replayed for all others, without Python and without synchronisation. A
graph repeats the same operations on the same memory; what changes from token to token - which slot of the caches, which row of
the foreground, which code is written - is picked by a counter that lies on the device and is counted up by the graph itself.
"""

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.engine import Engine

WARM_UP = 3  # tokens painted before recording: libraries allocate and choose kernels when first called


def paint_recorded(
    engine: Engine, caches: Sequence[Cache], start: Tensor, foreground: Tensor, draw: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """Paints pictures one token after the other: the codes [B, tokens]. The caches have read all but the last token then.

    caches: the first has one row per picture. start [rows, D], foreground [groups, rows, tokens, D]: of the rows of all caches.
    draw(hidden [rows, 1, D], index [1]): the codes [B, 1] at a position, which is a tensor. On a CPU, steps are not recorded.
    """
    rows, total = foreground.shape[1:3]
    for cache in caches:
        cache.reserve(total)
    index = torch.zeros(1, dtype=torch.long, device=start.device)
    codes = torch.zeros(caches[0].batch, total, dtype=torch.long, device=start.device)

    def step() -> None:
        last = engine.embed_image(codes.index_select(1, (index - 1).clamp(min=0)))
        x = torch.where(index == 0, start[:, None], last.repeat(rows // len(codes), 1, 1))
        codes.index_copy_(1, index, draw(engine.step(x, caches, index, foreground.index_select(2, index)), index))
        index.add_(1)

    _repeat(step, total, start.device)
    for cache in caches:
        cache.advance(total)
    return codes


def _repeat(step: Callable[[], None], count: int, device: torch.device) -> None:
    """Calls the step so often; on a GPU it is recorded after a few calls and replayed."""
    if device.type != "cuda":
        for _ in range(count):
            step()
        return
    with torch.cuda.device(device):
        side, main = torch.cuda.Stream(), torch.cuda.current_stream()
        side.wait_stream(main)
        with torch.cuda.stream(side):  # as torch asks for before a recording
            for _ in range(min(WARM_UP, count)):
                step()
        main.wait_stream(side)
        replay = step
        if count > WARM_UP:
            graph = torch.cuda.CUDAGraph()
            try:
                with torch.cuda.graph(graph):
                    step()  # is recorded, not run
                replay = graph.replay
            except RuntimeError as error:
                warnings.warn(f"the GPU's steps can't be recorded, so they are launched one by one: {error}", stacklevel=2)
        for _ in range(count - WARM_UP):
            replay()
