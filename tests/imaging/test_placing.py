"""Where the product stands: inside its box, centred, of its own proportions; boxes that can't hold it are refused."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from uniadgen.ads import Box
from uniadgen.errors import InputError
from uniadgen.imaging.placing import automatic_box, check_box, place


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(64, 2000), st.integers(64, 2000))
@settings(max_examples=200, deadline=None)
def test_automatic_box_is_inside_and_of_the_promised_size(width: int, height: int, canvas_w: int, canvas_h: int) -> None:
    box = check_box(automatic_box((width, height)))
    share = min(canvas_w * (box.x1 - box.x0) / width, canvas_h * (box.y1 - box.y0) / height)
    longer = max(width * share / canvas_w, height * share / canvas_h)
    assert 0.45 <= longer <= 0.6 + 1e-9
    assert 2 / 3 <= box.y1 < 1


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.tuples(st.integers(8, 80), st.integers(8, 80)),
    st.lists(st.floats(0, 1), min_size=4),
)
@settings(max_examples=200, deadline=None)
def test_placement_is_inside_its_box_centred_and_standing(
    width: int, height: int, canvas: tuple[int, int], f: list[float]
) -> None:
    box = Box(min(f[0], f[1]), min(f[2], f[3]), max(f[0], f[1]), max(f[2], f[3]))
    cutout = Image.new("RGBA", (width, height), (1, 2, 3, 255))
    try:
        p = place(cutout, canvas, box)
    except InputError:
        return
    left, right = math.floor(box.x0 * canvas[0] + 0.5), math.floor(box.x1 * canvas[0] + 0.5)
    top, bottom = math.floor(box.y0 * canvas[1] + 0.5), math.floor(box.y1 * canvas[1] + 0.5)
    assert p.width >= 1
    assert p.height >= 1
    assert left <= p.left
    assert p.left + p.width <= right
    assert top <= p.top
    assert p.top + p.height == bottom
    assert 0 <= (right - p.left - p.width) - (p.left - left) <= 1
    assert p.width == right - left or p.height == bottom - top
    assert abs(p.width * height - p.height * width) <= max(width, height) / 2  # the aspect ratio, to half a pixel


BAD_BOXES: dict[str, list[tuple[Any, Any, Any, Any]]] = {
    "outside": [(-0.1, 0, 1, 1), (0, 0, 1.1, 1), (0, -1, 1, 1), (0, 0, 1, 2), (5, 5, 6, 6)],
    "no size": [(0.5, 0, 0.5, 1), (0, 0.5, 1, 0.5), (0.6, 0, 0.4, 1), (0, 1, 1, 0)],
    "finite": [(math.nan, 0, 1, 1), (0, 0, math.inf, 1), (-math.inf, 0, 1, 1), (0, 0, 1, 10**400)],
    "four numbers": [("0", 0, 1, 1), (None, 0, 1, 1), (0, 0, True, 1)],
    "less than 1 pixel": [(0.5, 0.5, 0.501, 0.6), (0.1, 0.1, 0.104, 0.104)],
}


@pytest.mark.parametrize(("reason", "corners"), [(reason, corners) for reason, boxes in BAD_BOXES.items() for corners in boxes])
def test_bad_boxes(reason: str, corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError, match=f"placement.box: .*{reason}"):
        place(Image.new("RGBA", (10, 10), "red"), (100, 100), Box(*corners))


def test_a_hair_would_vanish() -> None:
    with pytest.raises(InputError, match="less than 1 pixel"):
        place(Image.new("RGBA", (1000, 1), "red"), (100, 100), Box(0, 0, 0.5, 0.5))
