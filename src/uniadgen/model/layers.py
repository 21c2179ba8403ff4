"""The bidirectional transformer that preference understanding and the small foreground encoder are made of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


@contextmanager
def weightless() -> Iterator[None]:
    """Modules that are made inside have no memory for their weights, and nothing is drawn for them."""
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Leaves out draws of normal distributions, and their scaling: without memory, torch would import its compiler for them."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in (nn.init.normal_, Tensor.normal_):
            return args[0] if args else (kwargs or {})["tensor"]
        if func in (Tensor.mul, Tensor.__mul__) and args[0].is_meta and isinstance(args[1], float):
            return args[0]
        if func is torch.randn and not kwargs:
            func = torch.empty
        return func(*args, **(kwargs or {}))


class EncoderBlock(nn.Module):
    """Pre-norm self-attention and a GELU feed-forward of four times the width; attention is not causal."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.feed_forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, visible: Tensor | None = None) -> Tensor:
        """x [B, T, D]; visible [B, T] bool, False for padding that nobody may attend to."""
        batch, length, width = x.shape
        qkv = self.qkv(self.attention_norm(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mask = None if visible is None else visible[:, None, None, :]
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.feed_forward_norm(x))))


class Encoder(nn.Module):
    def __init__(self, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(EncoderBlock(width, heads) for _ in range(layers))

    def forward(self, x: Tensor, visible: Tensor | None = None) -> Tensor:
        """x [B, T, D]; visible [B, T] bool, False for padding. A row that is all padding attends to all of it (no NaN)."""
        if visible is not None:
            visible = visible | ~visible.any(1, keepdim=True)
        for block in self.blocks:
            x = block(x, visible)
        return x
