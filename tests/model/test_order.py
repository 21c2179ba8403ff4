"""In which order a picture is written: every token once, and nothing is read before it is known."""

import pytest
import torch

from uniadgen.model.config import embedded, janus_pro, tiny
from uniadgen.model.order import Order
from uniadgen.model.order import order_of as order_with_blocks

SCALES = [(4,), (2, 4), (4, 8, 16), (3, 6), (2, 8), tiny().image.scales, embedded().image.scales]


BLOCKS = {2: 2, 3: 1, 4: 2, 6: 2, 8: 2, 16: 4}


def order_of(scales: tuple[int, ...]) -> Order:
    return order_with_blocks(scales, tuple(BLOCKS[side] for side in scales) if len(scales) > 1 else ())


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
    first = order.passes[0][1]
    assert (order.source[:first] == -1).all()
    assert (order.source[first:] >= 0).all()


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
    """Within a block; the blocks of a scale at once. The first quarter of a block of 4 x 4 is a coarse grid of it."""
    order, scales = order_of((4, 8, 16)), (4, 8, 16)
    slot_of = {token: slot for slot, token in enumerate(order.token.tolist())}
    passes = order.pass_of_slot()
    for first, side, block_side in ((0, 4, 2), (16, 8, 2), (80, 16, 4)):
        assert BLOCKS[side] == block_side
        pass_at = torch.tensor([int(passes[slot_of[first + n]]) for n in range(side * side)]).view(side, side)
        blocks = pass_at.unfold(0, block_side, block_side).unfold(1, block_side, block_side).flatten(0, 1)
        assert (blocks == blocks[0]).all()
        assert len(set(blocks[0].flatten().tolist())) == block_side**2
        if block_side == 4:
            assert sorted((blocks[0] - blocks[0].min()).flatten().tolist()) == list(range(16))
            assert sorted((blocks[0] - blocks[0].min())[::2, ::2].flatten().tolist()) == [0, 1, 2, 3]
    for slot, token in enumerate(order.token.tolist()):
        scale, row, column = _place(scales, token)
        source = int(order.source[slot])
        if scale and source != int(order.parent[slot]):
            its_scale, its_row, its_column = _place(scales, source)
            block = BLOCKS[scales[scale]]
            assert its_scale == scale
            assert (its_row // block, its_column // block) == (row // block, column // block)


@pytest.mark.parametrize("scales", SCALES)
def test_what_is_written_is_read(scales: tuple[int, ...]) -> None:
    """Every token but those of a scale's last pass by the slot after it, and every coarse one by the finer of its place."""
    order = order_of(scales)
    read = {*order.source.tolist(), *order.parent.tolist()}
    last = {token for first, end in order.passes[-1:] for token in order.token[first:end].tolist()}
    assert set(range(order.tokens)) <= read | last


def test_a_part_of_a_picture_reads_nothing_outside() -> None:
    order = order_of((4, 8, 16))
    slots = order.slots_in(8, 0, 8)
    assert len(slots) == 16 + 64 + 64
    assert slots.tolist() == sorted(slots.tolist())
    inside = set(order.token[slots].tolist())
    places = [_place((4, 8, 16), token) for token in inside]
    assert {(row, column) for scale, row, column in places if scale == 2} == {(8 + r, c) for r in range(8) for c in range(8)}
    for slot in slots.tolist():
        assert {int(order.source[slot]), int(order.parent[slot])} <= inside | {-1}


def test_how_many_passes_a_picture_takes() -> None:
    assert len(order_of((4, 8, 16)).passes) == 4 + 4 + 16
    assert len(embedded().image.scales) == 3
    image = embedded().image
    assert image.blocks == tuple(BLOCKS[side] for side in image.scales)
    assert len(order_with_blocks(image.scales, image.blocks).passes) == 24
    plain = order_of(janus_pro("1B").image.scales)
    assert plain.one_by_one
    assert plain.tokens == 576
    assert plain.source.tolist() == [-1, *range(575)]
    assert not order_of((2, 4)).one_by_one
