"""The plan of a picture: which remembered scene this shopper would like behind this product.

Cross-entropy alone takes very long to teach a small decoder that clicks are worth reading, since taste decides a few nats of a
picture of a thousand. So what is painted is planned first:

1. A scene encoder looks at the clicked pictures and tells their **facets** - in PAd-Synth the scene family, the palette and the
   light - as probabilities.
2. Clicks vote: for each facet, a click counts by how related its ad's words are to the product's, as far as that facet depends
   on the product at all. Added to what is usual for such a product, this gives the facets that the shopper would click.
3. Of many remembered **exemplars** - plates of the training data - one is drawn that has these facets, preferably of a related
   product that stood in the same place.
4. The decoder sees the exemplar's quantised values where the foreground features are added, except around its product and
   around the new one, and codes near to them get higher logits. It was trained to paint a scene whose plate it sees in parts,
   so it fits the scene to the product: shadow, reflection, what the old product hid.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.model.background_encoder import BackgroundConfig, BackgroundEncoder
from uniadgen.model.config import ModelConfig, PlanConfig

CELL = 2  # tokens: an exemplar is shown in cells of so many on a side
MARGIN = 1  # tokens around a product in which an exemplar is not shown: shadows lie there
RESOLVED = 1e-6  # a probability below which a facet is taken for excluded


class SceneEncoder(nn.Module):
    """A vision transformer that sees a picture's background, and what it tells of it."""

    def __init__(self, config: PlanConfig) -> None:
        super().__init__()
        self.facets = config.facets
        self.encoder = BackgroundEncoder(BackgroundConfig(config.size, 16, config.width, config.layers, config.heads))
        self.readout = nn.Linear(self.encoder.described, sum(config.facets))

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, size, size] in 0..1 -> logits of each facet's classes, side by side [B, classes]."""
        logits: Tensor = self.readout(self.encoder.features(pixels))
        return logits

    def probabilities(self, pixels: Tensor) -> Tensor:
        """pixels [B, 3, size, size] in 0..1 -> probabilities of each facet's classes, side by side [B, classes]."""
        logits = self(pixels).float()
        return torch.cat([part.softmax(1) for part in logits.split(self.facets, 1)], 1)


@dataclass(frozen=True)
class Remembered:
    """Exemplars: what a model remembers of its training data."""

    codes: Tensor  # [K, tokens] long
    boxes: Tensor  # [K, 4] of their products: left, top, width, height as shares of the plate
    facets: Tensor  # [K, classes] probabilities
    product: Tensor  # [K, words] what their products are, as `ScenePlan.product` tells it


class ScenePlan(nn.Module):
    codes: Tensor
    boxes: Tensor
    seen: Tensor
    kinds: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        plan, tokens = config.plan, config.image.tokens
        self.facets, self.grid, self.groups, self.trust = (
            plan.facets,
            config.image.grid,
            config.foreground_groups,
            plan.trust,
        )
        classes, count = sum(plan.facets), len(plan.facets)
        self.encoder = SceneEncoder(plan)
        self.words = nn.Embedding(config.decoder.text_vocabulary, plan.words)
        self.usual = nn.Linear(plan.words, classes)  # what is usual for a product
        # by facet: how much kinship matters, what a vote is worth linearly and by its logarithm, and the logarithm's floor
        self.kinship = nn.Parameter(torch.full((count,), 1.0))
        self.worth = nn.Parameter(torch.full((count,), 0.5))
        self.worth_of_log = nn.Parameter(torch.full((count,), 0.5))
        self.floor = nn.Parameter(torch.full((count,), -1.0))
        self.telling = nn.Parameter(torch.zeros(classes))  # by class: usual ones tell less about a taste
        self.register_buffer("codes", torch.zeros(plan.exemplars, tokens, dtype=torch.int32))
        self.register_buffer("boxes", torch.zeros(plan.exemplars, 4))
        self.register_buffer("seen", torch.zeros(plan.exemplars, classes))
        self.register_buffer("kinds", torch.zeros(plan.exemplars, plan.words))
        dimensions, hidden = len(config.image.levels), plan.hidden
        self.paint = nn.Sequential(
            nn.Conv2d(dimensions + 1, hidden, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(hidden, hidden, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(hidden, self.groups * config.decoder.width, 1),
        )
        nn.init.normal_(self.words.weight, std=0.1)
        nn.init.zeros_(self.usual.weight)
        nn.init.zeros_(self.usual.bias)
        last = self.paint[-1]
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    # What the shopper would like ----------------------------------------------------------------------------------------

    def product(self, ids: Tensor, visible: Tensor) -> Tensor:
        """What words tell of a product, in a unit vector: ids and visible [..., T] -> [..., words]."""
        seen = visible[..., None].to(self.words.weight.dtype)
        return F.normalize((self.words(ids) * seen).sum(-2).float(), dim=-1).to(seen.dtype)

    def liked(self, product: Tensor, clicked: Tensor, facets: Tensor, visible: Tensor) -> Tensor:
        """Log-probabilities of each facet's classes, side by side [B, classes], in the ad that would be clicked.

        product [B, words]; of N clicks (none: 0): clicked [B, N, words], facets [B, N, classes], visible [B, N].
        """
        kinship = torch.einsum("bw,bnw->bn", product, clicked)
        shares = visible.to(facets.dtype)[..., None] * torch.exp(self.kinship * kinship[..., None])  # [B, N, facets]
        chances = []
        seen, usually, tellings = facets.split(self.facets, 2), self.usual(product), self.telling.split(self.facets)
        parts = zip(seen, usually.split(self.facets, 1), tellings, strict=True)
        for facet, (votes, usual, telling) in enumerate(parts):
            count = (votes * shares[..., facet, None]).sum(1) * telling.exp()
            gained = self.worth[facet] * count + self.worth_of_log[facet] * torch.log(count + self.floor[facet].exp())
            chances.append((usual + gained).float().log_softmax(1))
        return torch.cat(chances, 1)

    def suitability(self, liked: Tensor, product: Tensor, kinship: float) -> Tensor:
        """How well each exemplar suits [B, K]: log-probabilities of its facets, and `kinship` per cosine of the products."""
        agreement = [
            torch.log(wish.exp() @ seen.float().T + RESOLVED)
            for wish, seen in zip(liked.split(self.facets, 1), self.seen.split(self.facets, 1), strict=True)
        ]
        return torch.stack(agreement).sum(0) + kinship * (product @ self.kinds.T).float()

    def remember(self, exemplars: Remembered) -> None:
        """Takes these exemplars, as many as the configuration says."""
        for name, values in (
            ("codes", exemplars.codes),
            ("boxes", exemplars.boxes),
            ("seen", exemplars.facets),
            ("kinds", exemplars.product),
        ):
            getattr(self, name).copy_(values)

    def choose(self, suitability: Tensor, temperature: float, generator: torch.Generator) -> int:
        """Draws one of the exemplars by how well they suit [K]; temperature 0: the best one."""
        if temperature == 0:
            return int(suitability.argmax())
        return int(torch.multinomial((suitability / temperature).softmax(0), 1, generator=generator))

    # What the decoder sees of it ----------------------------------------------------------------------------------------

    def features(self, values: Tensor, visible: Tensor) -> Tensor:
        """values [B, d, tokens] of a plate, shown [B, tokens] -> what is added at each image token [groups, B, tokens, D]."""
        seen = visible[:, None].to(values.dtype)
        grid = torch.cat([values * seen, seen], 1).unflatten(2, (self.grid, self.grid))
        painted: Tensor = self.paint(grid)
        return painted.flatten(2).unflatten(1, (self.groups, -1)).permute(1, 0, 3, 2)

    def nearness(self, values: Tensor, visible: Tensor, code_values: Tensor) -> Tensor:
        """What codes with the values known [codes, d] gain from being near to the plate's: [B, tokens, codes]. Squared
        distance, but for what is the same for all codes; zero where nothing is shown. In single precision."""
        with torch.autocast(values.device.type, enabled=False):  # `trust` would enlarge what half precision rounds off
            gain = 2 * values.float().transpose(1, 2) @ code_values.float().T - code_values.float().square().sum(1)
        return self.trust * gain * visible[..., None].to(gain.dtype)


def overlap(boxes: Tensor, box: Tensor) -> Tensor:
    """Area that boxes [K, 4] (left, top, width, height) share with a box [4], divided by what they cover together: [K]."""
    low, high = torch.maximum(boxes[:, :2], box[:2]), torch.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    shared = (high - low).clamp(min=0).prod(1)
    return shared / (boxes[:, 2:].prod(1) + box[2:].prod() - shared).clamp(min=1e-9)


def open_tokens(boxes: Tensor, grid: int, margin: int = MARGIN) -> Tensor:
    """Tokens at least `margin` away from boxes [B, 4], given as shares (left, top, width, height): [B, grid * grid] bool."""
    place = torch.arange(grid, device=boxes.device)
    low = (boxes[:, :2] * grid).floor() - margin
    high = ((boxes[:, :2] + boxes[:, 2:]) * grid).ceil() - 1 + margin
    across = (place >= low[:, :1]) & (place <= high[:, :1])
    down = (place >= low[:, 1:]) & (place <= high[:, 1:])
    standing = boxes[:, 2] > 0
    return ~(across[:, None] & down[:, :, None] & standing[:, None, None]).flatten(1)


def random_cells(generator: torch.Generator, grid: int, share: float) -> Tensor:
    """A random part of a picture's tokens in cells of CELL x CELL, each shown with probability `share`: [grid * grid] bool, on
    the CPU like the generator."""
    cells = torch.rand((-(-grid // CELL),) * 2, generator=generator) < share
    return cells.repeat_interleave(CELL, 0).repeat_interleave(CELL, 1)[:grid, :grid].flatten()
