"""The network that tells products from what is behind them: its form and its files."""

from pathlib import Path

import numpy as np
import pytest
import torch

from uniadgen.errors import InputError
from uniadgen.imaging.product_network import SIDE, ProductNetwork, load_network, logits_of, product_logits, save_network


@pytest.fixture(scope="module")
def network() -> ProductNetwork:
    torch.manual_seed(0)
    return ProductNetwork().eval()


def test_a_logit_for_each_pixel_and_a_rough_one_for_each_64(network: ProductNetwork) -> None:
    logits, rough = network(torch.randn(2, 3, 64, 96), torch.zeros(2, 1, 64, 96))
    assert logits.shape == (2, 1, 64, 96)
    assert rough.shape == (2, 1, 8, 12)


def test_left_and_right_are_alike(network: ProductNetwork) -> None:
    draw = np.random.default_rng(0)
    rgb, salience = draw.integers(0, 256, (SIDE, SIDE, 3), np.uint8), draw.random((SIDE, SIDE), np.float32)
    mirrored = product_logits(network, rgb[:, ::-1], salience[:, ::-1])
    np.testing.assert_allclose(mirrored[:, ::-1], product_logits(network, rgb, salience), atol=1e-5)


def test_nothing_is_added_to_what_is_salient(network: ProductNetwork) -> None:
    salience = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    logits = product_logits(network, np.zeros((90, 60, 3), np.uint8), salience)
    assert (logits <= logits_of(salience)).all()
    assert (logits < logits_of(salience)).any()
    np.testing.assert_allclose(logits_of(np.array([0, 0.5, 1.0])), [np.log(1 / 999), 0, np.log(999)], atol=1e-4)


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
