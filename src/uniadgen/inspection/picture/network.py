"""The classifier of the picture inspection: a small convolutional network on a few views, and the measures beside them.

Its trunk is that of EfficientNet-Lite0 (`imaging/photograph_trunk.py`) down to 1/16 of the resolution.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.imaging.photograph_trunk import STAGES, make_trunk
from uniadgen.inspection.picture.reading import MEASURES, VIEWS
from uniadgen.words import quoted

Criterion = Literal["size", "shape", "space", "visual"]
CRITERIA: tuple[Criterion, ...] = ("size", "shape", "space", "visual")
WEIGHTS = "picture.safetensors"
_STAGES = 5  # of the trunk
_HIDDEN = 128
_OWN_COLOUR, _BUSY = 10.0, 0.1  # of 100 cases made with such a backdrop 99 are below the first, or above the second
_NAMES, _POSTURES = list(MEASURES), ("stands", "lies", "hangs")


class PictureNetwork(nn.Module):
    """views [B, VIEWS, 4, SIDE, SIDE] in 0..1 and measures [B, len(MEASURES)] -> logits [B, 4], in the order of CRITERIA."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.blocks = make_trunk(4, _STAGES)
        self.register_buffer("mean", torch.zeros(len(MEASURES)))
        self.register_buffer("deviation", torch.ones(len(MEASURES)))
        inputs = VIEWS * 2 * STAGES[_STAGES - 1].channels + len(MEASURES)
        # What is right for something that stands is wrong for something that lies: each posture reads the views anew.
        self.hidden = nn.ModuleList(nn.Linear(inputs, _HIDDEN) for _ in (*_POSTURES, "any"))
        self.head = nn.Sequential(nn.ReLU(), nn.Dropout(0.3), nn.Linear(_HIDDEN, len(CRITERIA)))

    def forward(self, views: Tensor, measures: Tensor) -> Tensor:
        return self.judge(self.pool(views), measures)

    def pool(self, views: Tensor) -> Tensor:
        """What the trunk sees in the views, [B, VIEWS * 2 * channels]."""
        seen = self.blocks(F.relu6(self.stem(views.flatten(0, 1) * 2 - 1))).float()
        return torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1).view(len(views), -1)

    def judge(self, pooled: Tensor, measures: Tensor) -> Tensor:
        """Logits of what `pool` gave."""
        joined = torch.cat([pooled, ((measures - self.mean) / self.deviation).clamp(-4, 4)], 1)
        postures = [measures[:, _NAMES.index(name), None] for name in _POSTURES]
        hidden = sum(layer(joined) * share for layer, share in zip(self.hidden, [*postures, 1.0], strict=True))
        logits: Tensor = self.head(hidden)
        return logits


@dataclass(frozen=True)
class Classifier:
    """A trained network, and the probability of each criterion from which on it counts as violated."""

    network: PictureNetwork
    thresholds: tuple[float, ...]

    @torch.inference_mode()
    def probabilities(self, views: Tensor, measures: Tensor) -> Tensor:
        """Of a violation, [B, 4]; views are uint8.

        A backdrop can only be wrong if it is about as the product's own colour or busy: plain ones of other colours, which
        PAd-Synth hardly has, would pass for the former.
        """
        probabilities = torch.sigmoid(self.network(views.float() / 255, measures))
        colour, clutter = (measures[:, _NAMES.index(name)] for name in ("own_colour", "clutter"))
        probabilities[:, CRITERIA.index("visual")] *= (colour < _OWN_COLOUR) | (clutter > _BUSY)
        return probabilities


def as_stored(network: PictureNetwork) -> PictureNetwork:
    """Rounds the weights to half precision, which is how they are stored."""
    for parameter in network.parameters():
        parameter.data = parameter.data.half().float()
    return network


def save(path: Path, classifier: Classifier) -> None:
    weights = {name for name, _ in classifier.network.named_parameters()}
    tensors = {
        name: (tensor.half() if name in weights else tensor).contiguous()
        for name, tensor in classifier.network.state_dict().items()
    }
    with whole_file(path) as temporary:
        save_file(tensors, temporary, {"thresholds": json.dumps(classifier.thresholds)})


def load(path: Path) -> Classifier:
    """Raises InputError for a file that is none of `save`."""
    network = PictureNetwork()
    try:
        with safe_open(str(path), framework="pt") as file:
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no mapping
            thresholds = tuple(float(value) for value in json.loads(file.metadata()["thresholds"]))
    except (OSError, SafetensorError, RuntimeError, KeyError, TypeError, ValueError):
        raise InputError(f"{quoted(path)}: no weights of the picture inspection; restore the file or train it again") from None
    if len(thresholds) != len(CRITERIA):
        raise InputError(f"{quoted(path)}: {len(thresholds)} thresholds for {len(CRITERIA)} criteria; train it again")
    return Classifier(network.eval(), thresholds)


@lru_cache
def embedded() -> Classifier | None:
    """The classifier that ships with the package; None in one without."""
    path = Path(str(resources.files("uniadgen") / "weights" / WEIGHTS))
    return load(path) if path.is_file() else None
