"""The model paints squares; an ad of another form is the middle of the square around it."""

from PIL import Image

from uniadgen.ads import Placement


def in_square(placement: Placement, size: tuple[int, int]) -> tuple[int, Placement]:
    """The side of the square around a canvas, and where in it a placement on the canvas lies."""
    side, (left, top) = _square(size)
    return side, Placement(placement.left + left, placement.top + top, placement.width, placement.height)


def shares(placement: Placement, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, width and height of a placement on the canvas as shares of the square."""
    side, moved = in_square(placement, size)
    return moved.left / side, moved.top / side, moved.width / side, moved.height / side


def shrunk(placement: Placement, side: int, smaller: int) -> Placement:
    """A placement on a square of one side, on a square of a smaller one: in whole pixels, at least one of each."""
    left, top = placement.left * smaller // side, placement.top * smaller // side
    return Placement(left, top, max(1, placement.width * smaller // side), max(1, placement.height * smaller // side))


def cover(square: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A painted square enlarged around the canvas and cut to it."""
    side, (left, top) = _square(size)
    large = square.resize((side, side), Image.Resampling.BICUBIC)
    return large if large.size == size else large.crop((left, top, left + size[0], top + size[1]))


def _square(size: tuple[int, int]) -> tuple[int, tuple[int, int]]:
    """The side of the square around a canvas, and where the canvas' corner lies in it."""
    side = max(size)
    return side, ((side - size[0]) // 2, (side - size[1]) // 2)
