"""The decoder that words and image tokens share: a Llama-style transformer.

This is its definition, as it is trained; generation reads the same weights through `decoding.engine`, with a cache.

It takes embeddings, not ids, because its input mixes words, image tokens and preference tokens, and it adds the foreground
features to the hidden states at the first layer of every group (design: Uni-AdGen, foreground perception).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.config import DecoderConfig

SHORT = 600  # positions up to which attention is trained in its parts on a CPU


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight, self.eps)


def rotary_table(positions: Tensor, head_dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """cos and sin for integer positions [...]: [..., head_dim], in fp32."""
    frequencies = theta ** (-torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float32) / head_dim)
    angles = positions.to(torch.float32)[..., None] * frequencies
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """q, k, v [B, H, T, head_dim], mask [B, 1, T, T] bool, None for a causal one -> [B, H, T, head_dim].

    On a CPU the gradients of torch's fused attention take more than twice as long as those of its parts, if T is small.
    """
    if mask is None or q.device.type != "cpu" or q.shape[2] > SHORT or not torch.is_grad_enabled():
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
    logits = q * q.shape[-1] ** -0.5 @ k.transpose(-1, -2)
    return logits.masked_fill(~mask, -torch.inf).softmax(-1).to(v.dtype) @ v


class Block(nn.Module):
    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.attention_norm = RMSNorm(width, config.norm_eps)
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.feed_forward_norm = RMSNorm(width, config.norm_eps)
        self.gate_proj = nn.Linear(width, config.feed_forward, bias=False)
        self.up_proj = nn.Linear(width, config.feed_forward, bias=False)
        self.down_proj = nn.Linear(config.feed_forward, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, width = x.shape
        h = self.attention_norm(x)
        q, k, v = (p(h).view(batch, length, self.heads, -1).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        x = x + self.o_proj(attention(q, k, v, mask).transpose(1, 2).reshape(batch, length, width))
        h = self.feed_forward_norm(x)
        return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


class Decoder(nn.Module):
    """Hidden states from embeddings."""

    def __init__(self, config: DecoderConfig, group: int) -> None:
        super().__init__()
        self.config, self.group = config, group
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_eps)
        residual = 0.02 / math.sqrt(2 * config.layers)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                nn.init.normal_(weight, std=residual if "o_proj" in name or "down_proj" in name else 0.02)

    def forward(
        self,
        x: Tensor,
        *,
        passes: Tensor | None = None,
        positions: Tensor | None = None,
        foreground: Tensor | None = None,
    ) -> Tensor:
        """x [B, T, D] -> normalised hidden states [B, T, D].

        passes: [B, T] long; a position sees the positions whose pass is not later than its own (default: one pass each, in
        order). positions: [B, T] long, where in the sequence x stands (default: 0 to T - 1). foreground: [groups, B, T, D],
        added at the first layer of each group; zero where there is none.
        """
        where = torch.arange(x.shape[1], device=x.device) if positions is None else positions[:, None]
        cos, sin = (t.to(x.dtype) for t in rotary_table(where, self.config.width // self.config.heads, self.config.rope_theta))
        mask = None if passes is None else (passes[:, None, :] <= passes[:, :, None])[:, None]
        for index, block in enumerate(self.blocks):
            if foreground is not None and index % self.group == 0:
                x = x + foreground[index // self.group]
            x = block(x, cos, sin, mask)
        return self.norm(x)
