"""The composition of a picture in a few codes: where light and dark, warm and cold lie, seen from far away.

    composition = Composition(config)
    codes = composition.codes(thumbnails)                   # [B, levels]
    composition.thumbnails(codes)                           # [B, 3, SIDE, SIDE], near to them

A thumbnail of 8 x 8 colours is quantised as a whole, in residual levels: the first code is one of the commonest compositions,
each further one corrects it. So even a small decoder begins with something that looks like a picture from afar, and a code that
is drawn amiss is a lesser fault the later it comes; tokens, each drawn on its own, would have to agree with each other first.
The codes belong to the scene token: they are drawn after what taste decides, and every slot of the picture is told the colours
at its place and around it.

The codebooks are k-means over the thumbnails of the training pictures (`training/compositions.py`).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.config import ModelConfig
from uniadgen.model.heads import LevelHead
from uniadgen.model.residual import residual_codes, residual_values

SIDE = 8  # colours per side of a thumbnail
AROUND = 9  # places whose colours a slot is told: its own and those next to it


class Composition(nn.Module):
    codebooks: Tensor  # [levels, codes, 3 * SIDE * SIDE]

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, scene = config.decoder.width, config.scene
        self.scales = config.image.scales
        self.head = LevelHead(2 * width, 2 * config.head_width, (scene.codes_of_composition,) * scene.composition)
        self.embedding = nn.ModuleList(nn.Embedding(scene.codes_of_composition, width) for _ in range(scene.composition))
        self.colours = nn.Linear(3 * AROUND, width, bias=False)
        self.register_buffer("codebooks", torch.zeros(scene.composition, scene.codes_of_composition, 3 * SIDE * SIDE))
        for embedding in self.embedding:
            nn.init.normal_(embedding.weight, std=0.02)  # type: ignore[arg-type]
        nn.init.normal_(self.colours.weight, std=0.02)

    @property
    def levels(self) -> int:
        return len(self.embedding)

    def codes(self, thumbnails: Tensor) -> Tensor:
        """thumbnails [B, 3, SIDE, SIDE] in -1..1 -> codes [B, levels]: what is nearest to that which the levels before left."""
        return residual_codes(thumbnails.flatten(1), self.codebooks)

    def thumbnails(self, codes: Tensor) -> Tensor:
        """codes [B, levels], or their first few levels -> what they stand for [B, 3, SIDE, SIDE]."""
        return residual_values(codes, self.codebooks).unflatten(1, (3, SIDE, SIDE))

    def embed(self, codes: Tensor) -> Tensor:
        """codes [B, levels] -> [B, D]."""
        return torch.stack([embedding(codes[:, k]) for k, embedding in enumerate(self.embedding)]).sum(0)

    def of_places(self, codes: Tensor) -> Tensor:
        """codes [B, levels] -> [B, tokens, D]: what the tokens of all scales are told of the colours at their places."""
        thumbnails = self.thumbnails(codes).float()  # half precision can't be resized on a CPU
        colours = []
        for side in self.scales:
            scaled = F.interpolate(thumbnails, (side, side), mode="bilinear", antialias=side < SIDE)
            colours.append(F.unfold(F.pad(scaled, (1, 1, 1, 1), mode="replicate"), 3))
        placed: Tensor = self.colours(torch.cat(colours, 2).transpose(1, 2).to(self.colours.weight.dtype))
        return placed

    def begin(self, x: Tensor, scene: Tensor) -> Tensor:
        """x [N, D]: where the decoder stands; scene [N, D]: the embedded scene -> the state from which the codes are drawn."""
        return self.head.begin(torch.cat([x, scene.to(x.dtype)], -1))

    def losses(self, x: Tensor, scene: Tensor, truth: Tensor) -> Tensor:
        """As `begin`; truth [N, levels] -> cross-entropy of each level in nats [N, levels]."""
        return self.head.losses(torch.cat([x, scene.to(x.dtype)], -1), truth)


def thumbnails_of(pictures: Tensor) -> Tensor:
    """Pictures [B, 3, H, W] in -1..1 -> [B, 3, SIDE, SIDE]."""
    return F.interpolate(pictures.float(), (SIDE, SIDE), mode="area").clamp(-1, 1)
