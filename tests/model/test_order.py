"""In which order a picture is written: every token once, and nothing is read before it is known."""

import pytest
import torch

from uniadgen.model.config import embedded, janus_pro, tiny
from uniadgen.model.order import order_of

SCALES = [(4,), (2, 4), (4, 8, 16), (3, 6), (2, 8), tiny().image.scales, embedded().image.scales]


def _place(scales: tuple[int, ...], token: int) -> tuple[int, int, int]:
    """Scale, row and column of a token."""
    for number, side in enumerate(scales):
        if token < side * side:
            return number, *divmod(token, side)
        token -= side * side
    raise AssertionError


@pytest.mark.parametrize("scales", SCALES)
def test_every_token_is_written_once(scales: tuple[int, ...]) -> None:
    order = order_of(scales)
    assert sorted(order.token.tolist()) == list(range(sum(side**2 for side in scales)))
    assert order.tokens == len(order.source) == len(order.parent) == len(order.pass_of_slot())
    slots = [slot for first, last in order.passes for slot in range(first, last)]
    assert slots == list(range(order.tokens))
    for number, (first, last) in enumerate(order.passes):
        assert (order.pass_of_slot()[first:last] == number).all()
    written = [_place(scales, token)[0] for token in order.token.tolist()]
    assert written == sorted(written)  # coarse before fine


@pytest.mark.parametrize("scales", SCALES)
def test_what_a_slot_reads_is_known_by_then(scales: tuple[int, ...]) -> None:
    order = order_of(scales)
    slot_of = {token: slot for slot, token in enumerate(order.token.tolist())}
    passes = order.pass_of_slot().tolist()
    for slot in range(order.tokens):
        for read in (int(order.source[slot]), int(order.parent[slot])):
            assert read < 0 or passes[slot_of[read]] < passes[slot]
    assert order.source[0] == -1
    assert (order.source[1:] >= 0).all()


@pytest.mark.parametrize("scales", SCALES)
def test_a_parent_covers_its_place(scales: tuple[int, ...]) -> None:
    order = order_of(scales)
    for token, parent in zip(order.token.tolist(), order.parent.tolist(), strict=True):
        scale, row, column = _place(scales, token)
        if scale == 0:
            assert parent == -1
            continue
        above, its_row, its_column = _place(scales, parent)
        share = scales[above] / scales[scale]
        assert above == scale - 1
        assert (its_row, its_column) == (int(row * share), int(column * share))


def test_neighbours_are_written_one_after_the_other() -> None:
    """Within a block of 2 x 2; the blocks of a scale at once."""
    order, scales = order_of((4, 8, 16)), (4, 8, 16)
    slot_of = {token: slot for slot, token in enumerate(order.token.tolist())}
    passes = order.pass_of_slot()
    for first in (16, 80):
        side = {16: 8, 80: 16}[first]
        pass_at = torch.tensor([int(passes[slot_of[first + n]]) for n in range(side * side)]).view(side, side)
        for block in pass_at.unfold(0, 2, 2).unfold(1, 2, 2).reshape(-1, 4).tolist():
            assert block == pass_at[:2, :2].flatten().tolist()
            assert len(set(block)) == 4
    for slot, token in enumerate(order.token.tolist()):
        scale, row, column = _place(scales, token)
        source = int(order.source[slot])
        if scale and source != int(order.parent[slot]):
            its_scale, its_row, its_column = _place(scales, source)
            assert its_scale == scale
            assert (its_row // 2, its_column // 2) == (row // 2, column // 2)


def test_how_many_passes_a_picture_takes() -> None:
    assert len(order_of((4, 8, 16)).passes) == 16 + 4 + 4
    assert len(embedded().image.scales) == 3
    assert len(order_of(embedded().image.scales).passes) == 24
    plain = order_of(janus_pro("1B").image.scales)
    assert plain.one_by_one
    assert plain.tokens == 576
    assert plain.source.tolist() == [-1, *range(575)]
    assert not order_of((2, 4)).one_by_one
