"""Residual codes: each level's is of the entry nearest to what the levels before have left of a vector."""

import torch
from torch import Tensor


def residual_codes(vectors: Tensor, codebooks: Tensor) -> Tensor:
    """vectors [B, D], codebooks [levels, codes, D] -> codes [B, levels]."""
    left, codes = vectors.float(), torch.empty(len(vectors), len(codebooks), dtype=torch.long, device=vectors.device)
    for level, codebook in enumerate(codebooks.float()):
        codes[:, level] = torch.cdist(left, codebook).argmin(1)
        left = left - codebook[codes[:, level]]
    return codes


def residual_values(codes: Tensor, codebooks: Tensor) -> Tensor:
    """codes [..., levels], or their first few levels -> the sums of their entries [..., D]."""
    levels = torch.arange(codes.shape[-1], device=codes.device)
    return codebooks[levels, codes].sum(-2)
