"""The brand's logo in the calmest free corner, with its clear space."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uniadgen.typography.brand import Logo
from uniadgen.typography.space import Box, Scene

_PREFERRED = ("bottom-right", "bottom-left", "top-right", "top-left")  # of corners that are equally calm


@dataclass(frozen=True)
class PlacedLogo:
    """image: RGBA at its size; box: where it stands; clear: with the space around it that stays free."""

    image: Image.Image
    box: Box
    clear: Box


def place_logo(scene: Scene, logo: Logo | None, safe: Box) -> PlacedLogo | None:
    """The logo in its corner, or the calmest one; None without a logo, or where no corner has room."""
    if logo is None:
        return None
    width = max(1, round(logo.width * scene.measure))
    height = max(1, round(width * logo.image.height / logo.image.width))
    if height > 0.6 * width:  # high logos take as much area as wide ones
        height, width = round(0.6 * width), max(1, round(0.6 * width * logo.image.width / logo.image.height))
    space = round(logo.clear_space * height)
    corners = _PREFERRED if logo.corner == "auto" else (logo.corner,)
    free = []
    for number, corner in enumerate(corners):
        x = safe[0] if corner.endswith("left") else safe[2] - width
        y = safe[1] if corner.startswith("top") else safe[3] - height
        box = (x, y, x + width, y + height)
        clear = (x - space, y - space, x + width + space, y + height + space)
        if x >= 0 and y >= 0 and scene.covered(clear, 0) == 0 and width <= safe[2] - safe[0] and height <= safe[3] - safe[1]:
            free.append((scene.business(box) + 0.05 * number, box, clear))
    if not free:
        return None
    _, box, clear = min(free)
    return PlacedLogo(logo.image.resize((width, height), Image.Resampling.LANCZOS), box, clear)


def draw_logo(pixels: NDArray[np.uint8], logo: PlacedLogo) -> None:
    """The logo into the picture, in place."""
    left, top, right, bottom = logo.box
    ink = np.asarray(logo.image, np.uint32)
    there = pixels[top:bottom, left:right]
    there[:] = ((ink[..., :3] * ink[..., 3:] + there * (255 - ink[..., 3:]) + 127) // 255).astype(np.uint8)
