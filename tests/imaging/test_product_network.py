"""The network that tells products from what is behind them: its form and its files."""

from pathlib import Path

import numpy as np
import pytest
import torch

from uniadgen.errors import InputError
from uniadgen.imaging.product_network import SIDES, ProductNetwork, load_network, product_logits, save_network


@pytest.fixture(scope="module")
def network() -> ProductNetwork:
    torch.manual_seed(0)
    return ProductNetwork().eval()


def test_a_logit_for_each_pixel_and_a_rough_one_for_each_64(network: ProductNetwork) -> None:
    logits, rough = network(torch.randn(2, 3, 64, 96))
    assert logits.shape == (2, 1, 64, 96)
    assert rough.shape == (2, 1, 8, 12)


def test_left_and_right_are_alike(network: ProductNetwork) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (SIDES[0], SIDES[0], 3), np.uint8)
    np.testing.assert_allclose(product_logits(network, rgb[:, ::-1])[..., ::-1], product_logits(network, rgb), atol=1e-4)


def test_what_is_seen_at_each_size_comes_at_the_last(network: ProductNetwork) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (96, 64, 3), np.uint8)
    small, large = (product_logits(network, rgb, [side]) for side in (64, 96))
    assert (small.shape, large.shape) == ((1, 64, 64), (1, 96, 96))
    enlarged = torch.nn.functional.interpolate(torch.from_numpy(small)[None], size=(96, 96), mode="bilinear")[0].numpy()
    np.testing.assert_allclose(product_logits(network, rgb, [64, 96]), np.concatenate([enlarged, large]), atol=1e-4)


def test_weights_come_back_in_half_precision(network: ProductNetwork, tmp_path: Path) -> None:
    save_network(tmp_path / "cutout.safetensors", network)
    again = load_network(tmp_path / "cutout.safetensors").state_dict()
    for name, weight in network.state_dict().items():
        assert torch.equal(again[name], weight.half().float()), name


@pytest.mark.parametrize("content", [b"", b"nothing of that kind", None])
def test_another_file_is_refused(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "cutout.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"cutout\.safetensors\": no weights of the cut-out network"):
        load_network(file)
