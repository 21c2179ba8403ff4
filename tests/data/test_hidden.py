"""What lies behind the product is filled in, and nothing else changes."""

import torch

from uniadgen.data.hidden_area import MARGIN, fill_hidden, hidden_behind


def test_hidden_pixels_take_the_colour_around_them() -> None:
    pixels = torch.full((3, 40, 40), 0.5)
    hidden = torch.zeros(40, 40, dtype=torch.bool)
    hidden[10:30, 5:33] = True
    pixels[:, hidden] = -1
    filled = fill_hidden(pixels, hidden)
    assert torch.allclose(filled, torch.full_like(filled, 0.5), atol=1e-5)


def test_visible_pixels_stay_as_they_are() -> None:
    torch.manual_seed(0)
    pixels, hidden = torch.rand(3, 37, 37), torch.rand(37, 37) < 0.7
    filled = fill_hidden(pixels, hidden)
    assert torch.equal(filled[:, ~hidden], pixels[:, ~hidden])
    assert filled.isfinite().all()
    assert not torch.equal(filled, pixels)
    assert torch.equal(fill_hidden(pixels, torch.zeros_like(hidden)), pixels)
    assert fill_hidden(pixels, torch.ones_like(hidden)).isfinite().all()


def test_only_what_is_opaque_and_inside_the_outline_is_hidden() -> None:
    alpha = torch.zeros(30, 30)
    alpha[5:25, 5:25] = 1
    hidden = hidden_behind(alpha)
    assert hidden[5 + MARGIN : 25 - MARGIN, 5 + MARGIN : 25 - MARGIN].all()
    assert int(hidden.sum()) == (20 - 2 * MARGIN) ** 2
    alpha[15, 15] = 0.9  # a soft pixel shows what is behind it
    assert not hidden_behind(alpha)[15, 15]
