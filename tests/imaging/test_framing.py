"""Placements on canvases of other sizes, and what the model sees of a product on a very large one."""

import pytest
import torch
from PIL import Image

from uniadgen.ads import Placement
from uniadgen.imaging.framing import shrunk
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.pipeline.preparing import foreground_canvas


@pytest.mark.parametrize("placement", [Placement(0, 0, 8192, 8192), Placement(8191, 8191, 1, 1), Placement(17, 4097, 8001, 3)])
def test_a_smaller_placement_lies_within_the_smaller_canvas(placement: Placement) -> None:
    small = shrunk(placement, 8192, 2048)
    assert min(small.left, small.top) >= 0
    assert min(small.width, small.height) >= 1
    assert max(small.left + small.width, small.top + small.height) <= 2048
    assert small.left == placement.left // 4


def test_what_fills_a_canvas_fills_the_smaller_one() -> None:
    assert all(shrunk(Placement(0, 0, side, side), side, 2048) == Placement(0, 0, 2048, 2048) for side in range(2049, 8193))


def test_the_model_sees_the_same_product_on_a_larger_canvas(generator: AdGenerator, cutout: Image.Image) -> None:
    placement = Placement(200, 240, 320, 420)
    larger = Placement(*(6 * side for side in (200, 240, 320, 420)))
    one = foreground_canvas(generator.loaded, cutout, (768, 768), placement)
    other = foreground_canvas(generator.loaded, cutout, (4608, 4608), larger)
    assert one.min() < 0  # the product
    assert torch.allclose(one, other, atol=0.15)
    assert (one - other).abs().mean() < 0.005
