"""The sketch: what the shopper's next picture will roughly look like, before any token of it is painted.

Taste decides a few nats of a picture of a thousand, so a small decoder that learns from cross-entropy alone takes very long to
find out that the clicks are worth reading. Here they speak twice: as tokens in the instruction, as in the published method,
and through a sketch. A regression predicts the picture's quantised values, averaged over a few areas, from the clicked
pictures and the product; the sketch is then added where the foreground features are. In training the decoder is shown the
true sketch under noise as large as the regression's error, so it learns how far a sketch can be trusted.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.config import ModelConfig

COMMON, OWN = 0.3, 0.3  # deviation of the noise that all areas share, and of each area's own
DROPOUT = 0.2  # share of training ads that are painted without a sketch


class Sketch(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.areas, self.grid, self.dimensions = config.preference.sketch, config.image.grid, len(config.image.levels)
        self.groups, width = config.foreground_groups, config.decoder.width
        size, clicked = self.dimensions * self.areas**2, self.dimensions * config.click_image_tokens
        self.linear = nn.Linear(clicked, size)
        self.rest = nn.Sequential(nn.Linear(clicked + 2 * width, 128), nn.GELU(), nn.Linear(128, size))
        self.embed = nn.Sequential(nn.Linear(self.dimensions, width), nn.GELU(), nn.Linear(width, self.groups * width))
        for last in (self.rest[-1], self.embed[-1]):
            nn.init.zeros_(last.weight)  # type: ignore[arg-type]
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def of(self, values: Tensor) -> Tensor:
        """Quantised values of a picture [B, d, tokens] -> its sketch [B, d, areas, areas]."""
        return F.adaptive_avg_pool2d(values.unflatten(2, (self.grid, self.grid)), self.areas)

    def predict(self, clicked: Tensor, fused: Tensor, product: Tensor) -> Tensor:
        """clicked [B, d * click tokens], mean values of the clicked pictures; fused [B, D], mean of the fused image tokens;
        product [B, D], mean of the foreground features -> sketch [B, d, areas, areas]."""
        flat = self.linear(clicked) + self.rest(torch.cat([clicked, fused, product], 1))
        return flat.view(-1, self.dimensions, self.areas, self.areas)

    def noisy(self, sketch: Tensor) -> Tensor:
        """A true sketch as uncertain as a predicted one."""
        return sketch + COMMON * torch.randn_like(sketch[..., :1, :1]) + OWN * torch.randn_like(sketch)

    def features(self, sketch: Tensor) -> Tensor:
        """[B, d, areas, areas] -> what is added at each image token [groups, B, tokens, D]."""
        embedded: Tensor = self.embed(self._smooth(sketch))
        return embedded.unflatten(2, (self.groups, -1)).permute(2, 0, 1, 3)

    def nearness(self, sketch: Tensor, values: Tensor) -> Tensor:
        """How far the values [codes, d] of codes point the way the sketch points: [B, tokens, codes]. A scalar product and
        no distance: a regression's sketch is duller than any picture, and pictures should not become so."""
        return self._smooth(sketch) @ values.T

    def _smooth(self, sketch: Tensor) -> Tensor:
        """[B, d, areas, areas] -> [B, tokens, d]."""
        smooth = F.interpolate(sketch, (self.grid, self.grid), mode="bilinear", align_corners=False)
        return smooth.flatten(2).transpose(1, 2)
