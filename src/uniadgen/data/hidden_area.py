"""What a plate shows behind the product: nobody ever sees it, so it should be easy to paint.

A renderer leaves a black patch where the product stands on the ground. Learnt as it is, a patch painted a little too large
peeks out below the product. So hidden pixels are filled in smoothly from around before a plate becomes tokens.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

MARGIN = 2  # px inside the product's outline that stay as they are: the contact shadow reaches there


def fill_hidden(pixels: Tensor, hidden: Tensor) -> Tensor:
    """pixels [3, S, S] with the pixels of the mask hidden [S, S] (bool) filled from the others, smoothly.

    Averages of the visible pixels at half, a quarter ... of the resolution are passed down again to where finer ones have
    none (pull-push, Gortler et al., 1996).
    """
    seen = (~hidden).to(pixels.dtype)[None, None]
    levels = [(pixels[None] * seen, seen)]
    while levels[-1][1].shape[-1] > 1 and bool((levels[-1][1] == 0).any()):
        levels.append((F.avg_pool2d(levels[-1][0], 2, ceil_mode=True), F.avg_pool2d(levels[-1][1], 2, ceil_mode=True)))
    filled = levels[-1][0] / levels[-1][1].clamp(min=1e-6)
    for values, weight in reversed(levels[:-1]):
        coarse = F.interpolate(filled, values.shape[-2:], mode="bilinear", align_corners=False)
        filled = torch.where(weight > 0, values / weight.clamp(min=1e-6), coarse)
    return filled[0]


def hidden_behind(alpha: Tensor) -> Tensor:
    """Which pixels an opaque cut-out certainly covers: alpha [S, S] in 0..1 -> bool [S, S], MARGIN inside its outline."""
    open_pixels = (alpha < 1).to(torch.float32)[None, None]
    size = 2 * MARGIN + 1
    return F.max_pool2d(open_pixels, size, stride=1, padding=MARGIN)[0, 0] == 0
