"""The comparison of measured influence with the preference module's own weights, on cases worked by hand and the tiny model."""

from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from benchmark_modules import load_benchmark
from uniadgen.ads import AdRequest, Click, Product
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.generator import AdGenerator


@pytest.fixture(scope="module")
def why() -> ModuleType:
    return load_benchmark("why")


def test_ranks_and_correlations_by_hand(why: ModuleType) -> None:
    assert why.ranks([3.0, 1.0, 3.0, 9.0]).tolist() == [1.5, 0.0, 1.5, 3.0]
    assert why.spearman([1, 2, 3, 4], [10, 20, 30, 99]) == pytest.approx(1)
    assert why.spearman([1, 2, 3, 4], [9, 8, 7, 1]) == pytest.approx(-1)
    assert why.spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx(0.8)  # 1 - 6 * 4 / (5 * 24)
    assert why.spearman([1, 2, 3], [5, 5, 5]) is None


def test_shoppers_without_an_order_are_counted_apart(why: ModuleType) -> None:
    pairs = [([0.1, 0.4, 0.5], [1.0, 2.0, 3.0]), ([0.5, 0.4, 0.1], [1.0, 2.0, 3.0]), ([0.3, 0.3], [1.0, 2.0]), ([], [])]
    agreement = why.agreement("text", pairs)
    assert (agreement.correlations, agreement.without, agreement.mean, agreement.first) == ([1.0, -1.0], 2, 0.0, 0.5)
    assert agreement.low <= 0 <= agreement.high
    none = why.agreement("text", pairs[2:])
    assert (none.mean, none.without) == (None, 2)
    assert why.table([agreement, none]).count("\n") == 3


def test_weights_are_shares_of_what_the_mask_keeps(why: ModuleType, generator: AdGenerator, cutout: Image.Image) -> None:
    noise = np.random.default_rng(0)
    pictures = [Image.fromarray(noise.integers(0, 256, (48, 48, 3), dtype=np.uint8)) for _ in range(4)]
    history = [Click(picture, f"Quiet kettle {number}") for number, picture in enumerate(pictures)]
    request = AdRequest(Product(cutout, "a kettle", ["Quiet", "1.7 L"]), history)
    options = GenerateOptions(size=(64, 64), history_length=3)
    weights = why.own_weights(generator, request, 0, options)
    keep = generator.model.config.preference.keep
    for kind in why.KINDS:
        assert len(weights[kind]) == 3
        assert all(0 <= weight <= 1 for weight in weights[kind])
    assert np.mean(weights["picture"]) == pytest.approx(keep, abs=0.2)  # all pictures have as many tokens
    assert not generator.model.preference.mask_image._forward_hooks
    agreements = why.compare(generator, [request], options)
    assert [(one.kind, len(one.correlations) + one.without) for one in agreements] == [("picture", 1), ("text", 1)]
    general = AdRequest(request.product, [])
    assert why.own_weights(generator, general, 0, options) == {"picture": [], "text": []}
