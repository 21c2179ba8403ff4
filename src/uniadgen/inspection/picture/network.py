"""The classifier of the picture inspection: a small convolutional network on three views, and the measures beside them."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.inspection.picture.reading import MEASURES
from uniadgen.words import quoted

Criterion = Literal["size", "shape", "space", "visual"]
CRITERIA: tuple[Criterion, ...] = ("size", "shape", "space", "visual")
WEIGHTS = "picture.safetensors"
_WIDTHS = (24, 48, 72, 96)


class PictureNetwork(nn.Module):
    """views [B, 3, 4, SIDE, SIDE] in 0..1 and measures [B, len(MEASURES)] -> logits [B, 4], in the order of CRITERIA."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 4
        for width in _WIDTHS:
            layers += [nn.Conv2d(before, width, 3, 2, 1), nn.GroupNorm(8, width), nn.ReLU()]
            before = width
        self.trunk = nn.Sequential(*layers)
        self.register_buffer("mean", torch.zeros(len(MEASURES)))
        self.register_buffer("deviation", torch.ones(len(MEASURES)))
        self.head = nn.Sequential(
            nn.Linear(3 * 2 * before + len(MEASURES), 96), nn.ReLU(), nn.Dropout(0.3), nn.Linear(96, len(CRITERIA))
        )

    def forward(self, views: Tensor, measures: Tensor) -> Tensor:
        seen = self.trunk(views.flatten(0, 1) - 0.5)
        pooled = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1).view(len(views), -1)
        return self.head(torch.cat([pooled, ((measures - self.mean) / self.deviation).clamp(-4, 4)], 1))


@dataclass(frozen=True)
class Classifier:
    """A trained network, and the probability of each criterion from which on it counts as violated."""

    network: PictureNetwork
    thresholds: tuple[float, ...]

    @torch.inference_mode()
    def probabilities(self, views: Tensor, measures: Tensor) -> Tensor:
        """Of a violation, [B, 4]; views are uint8."""
        return torch.sigmoid(self.network(views.float() / 255, measures))


def save(path: Path, classifier: Classifier) -> None:
    tensors = {name: tensor.contiguous() for name, tensor in classifier.network.state_dict().items()}
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
