"""Fine preference: which parts of the sampled clicks matter, and how picture and text of a click belong together.

Per modality a small transformer reads all tokens of all clicks; tokens that it changes least (highest cosine similarity before
and after) carry the taste and are kept, the others are zeroed. A second transformer fuses both modalities. Its output stands
in the instruction in place of <text_ph> and <image_ph>.

Beyond the published method, the mean of the kept image tokens is added to the token that opens the picture: colours and scene
are decided there, and a small decoder takes far longer to learn to gather them from a hundred and sixty places. For the same
reason what the clicked texts have in common - their words and marks, how they begin and end, how long they are; the more, the
more similar their products - is added to every token of the ad's text. Both start at zero.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.config import ModelConfig
from uniadgen.model.layers import Encoder


def keep_mask(similarity: Tensor, visible: Tensor, keep: float, temperature: float, noise: bool) -> Tensor:
    """1 for the top `keep` share of the visible tokens of each row, 0 elsewhere; [B, T] like similarity.

    With `noise` (training) the choice is drawn by Gumbel-softmax and gradients pass straight through its soft probabilities.
    """
    logits = (similarity / temperature).masked_fill(~visible, -torch.inf)
    if noise:
        uniform = torch.rand_like(logits).clamp(1e-9, 1 - 1e-7)
        logits = logits - torch.log(-torch.log(uniform))
    count = (visible.sum(1) * keep).ceil().clamp(min=1).long()
    ranks = logits.argsort(dim=1, descending=True, stable=True).argsort(dim=1, stable=True)
    hard = ((ranks < count[:, None]) & visible).to(similarity.dtype)
    if not noise:
        return hard
    soft = torch.nan_to_num(logits.softmax(1))
    return hard + soft - soft.detach()


class Preference(NamedTuple):
    """What a history becomes: tokens for <image_ph> [B, N*I, D] and <text_ph> [B, N*T, D], a summary [B, D] of the pictures
    for begin_image, zero in rows without clicks."""

    image: Tensor
    text: Tensor
    summary: Tensor


class TokenMask(nn.Module):
    """Keeps the telling tokens of one modality."""

    def __init__(self, width: int, heads: int, layers: int, keep: float, temperature: float) -> None:
        super().__init__()
        self.keep, self.temperature = keep, temperature
        self.encoder = Encoder(width, heads, layers)
        self.linear, self.norm = nn.Linear(width, width), nn.LayerNorm(width)

    def forward(self, x: Tensor, visible: Tensor, keep: float | None = None) -> tuple[Tensor, Tensor]:
        """x [B, T, D], visible [B, T] -> [B, T, D], and the mean of the tokens that were kept [B, D].

        keep: share of the tokens in place of the model's own.
        """
        similarity = F.cosine_similarity(x.float(), self.encoder(x, visible).float(), dim=-1)
        mask = keep_mask(similarity, visible, self.keep if keep is None else keep, self.temperature, noise=self.training)
        masked = x * mask[..., None].to(x.dtype)
        mean = masked.sum(1) / mask.sum(1, keepdim=True).detach().clamp(min=1).to(x.dtype)
        return self.norm(masked + self.linear(masked)), mean


class PreferenceUnderstanding(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        settings, width = config.preference, config.decoder.width
        self.mask_image = TokenMask(width, settings.heads, settings.mask_layers, settings.keep, settings.temperature)
        self.mask_text = TokenMask(width, settings.heads, settings.mask_layers, settings.keep, settings.temperature)
        self.image_position = nn.Parameter(torch.randn(config.click_image_tokens, width) * 0.02)
        self.text_position = nn.Parameter(torch.randn(settings.text_tokens, width) * 0.02)
        self.modality = nn.Parameter(torch.randn(2, width) * 0.02)
        self.fusion = Encoder(width, settings.heads, settings.fusion_layers)
        self.norm = nn.LayerNorm(width)
        self.summary = nn.Linear(width, width, bias=False)
        nn.init.zeros_(self.summary.weight)

    def forward(
        self,
        image: Tensor,
        text: Tensor,
        text_visible: Tensor,
        clicks_visible: Tensor,
        without: Sequence[str] = (),
    ) -> Preference:
        """Embedded clicks -> fused preference tokens.

        image [B, N, I, D] (I may be 0: no pictures), text [B, N, T, D], text_visible [B, N, T], clicks_visible [B, N] (False:
        padding). without: "mask" keeps all tokens, "fusion" leaves them as they are
        (`ablations`). In the tokens, positions of padding hold no information.
        """
        (clicks, image_tokens), text_tokens = image.shape[1:3], text.shape[2]
        image_seen = clicks_visible.repeat_interleave(image_tokens, 1)
        text_seen = (text_visible & clicks_visible[:, :, None]).flatten(1)
        keep = 1.0 if "mask" in without else None
        image_tokens_kept, mean = self.mask_image(image.flatten(1, 2), image_seen, keep)
        text_tokens_kept, _ = self.mask_text(text.flatten(1, 2), text_seen, keep)
        image_positions = (self.image_position[:image_tokens] + self.modality[0]).repeat(clicks, 1)
        text_positions = (self.text_position[:text_tokens] + self.modality[1]).repeat(clicks, 1)
        joined = torch.cat([image_tokens_kept + image_positions, text_tokens_kept + text_positions], 1)
        fused = joined if "fusion" in without else self.fusion(joined, torch.cat([image_seen, text_seen], 1))
        fused = self.norm(fused)
        image_part, text_part = fused.split([clicks * image_tokens, clicks * text_tokens], 1)
        return Preference(image_part, text_part, self.summary(mean))
