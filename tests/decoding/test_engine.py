"""The engine computes what the model's decoder computes, with a cache and with packed weights."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniadgen.decoding.engine import CPU_ATTENTION, Engine, _Slots, attend_after, pack_linear
from uniadgen.model.heads import LevelHead
from uniadgen.model.unified import UnifiedModel

WIDTH = 32
CLOSE = {"atol": 1e-4, "rtol": 1e-4}


@pytest.fixture(scope="module", params=["single", "half"])
def packed(request: pytest.FixtureRequest, model: UnifiedModel) -> tuple[UnifiedModel, Engine]:
    """Weights in single precision, and weights that half precision holds exactly: they are packed differently."""
    model = copy.deepcopy(model)
    if request.param == "half":
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(parameter.half().float())
    return model, Engine.pack(model)


@torch.inference_mode()
def test_cached_steps_equal_the_whole_sequence(packed: tuple[UnifiedModel, Engine]) -> None:
    model, engine = packed
    x, foreground = torch.randn(2, 9, WIDTH), torch.randn(2, 2, 9, WIDTH)
    whole = model.decoder(x, foreground=foreground)
    cache = engine.allocate(2, 12)
    parts = [engine.forward(x[:, :4], [cache], foreground=foreground[:, :, :4])]
    parts += [engine.forward(x[:, 4:6], [cache], foreground=foreground[:, :, 4:6])]
    parts += [engine.forward(x[:, i : i + 1], [cache], foreground=foreground[:, :, i : i + 1]) for i in range(6, 9)]
    torch.testing.assert_close(torch.cat(parts, 1), whole, **CLOSE)
    assert whole.std() > 0.1


@torch.inference_mode()
def test_rows_of_any_length_give_what_they_give_alone(packed: tuple[UnifiedModel, Engine]) -> None:
    model, engine = packed
    lengths = [[4, 2, 0], [1, 3, 5], [1, 1, 1]]  # of each read, by row
    rows = [torch.randn(sum(column), WIDTH) for column in zip(*lengths, strict=True)]
    cache, read = engine.allocate(3, 2), [0, 0, 0]  # too small: it grows
    for step in lengths:
        width = max(step)
        x = torch.randn(3, width, WIDTH) * 9  # what stands where a row has nothing must not matter
        for row, count in enumerate(step):
            x[row, width - count :] = rows[row][read[row] : read[row] + count]
            read[row] += count
        hidden = engine.forward(x, [cache], lengths=step)
    for row, sequence in enumerate(rows):
        torch.testing.assert_close(hidden[row, -1], model.decoder(sequence[None])[0, -1], **CLOSE)
    assert cache.read.tolist() == read


@torch.inference_mode()
@pytest.mark.parametrize("way", ["joined", "in one product", "side by side"])
def test_rows_that_share_a_prefix(packed: tuple[UnifiedModel, Engine], way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, engine = packed
    assert CPU_ATTENTION is not None
    monkeypatch.setattr("uniadgen.decoding.engine.FEW_TOKENS", 1 if way == "side by side" else 64)
    monkeypatch.setattr("uniadgen.decoding.engine.CPU_ATTENTION", CPU_ATTENTION if way == "joined" else None)
    shared, rows = torch.randn(5, WIDTH), [torch.randn(length, WIDTH) for length in (4, 3)]
    prefix, cache = engine.allocate(1, 5), engine.allocate(2, 1)
    engine.forward(shared[None], [prefix])
    cache.follow(prefix)
    first = torch.stack([torch.cat([torch.randn(1 - len(row[:-2]) + 1, WIDTH) * 9, row[:-2]]) for row in rows])
    engine.forward(first, [cache], lengths=[2, 1])
    engine.forward(torch.stack([row[-2:-1] for row in rows]), [cache])
    cache = cache.spread([1, 0, 1], 9)
    hidden = engine.forward(torch.stack([rows[i][-1:] for i in (1, 0, 1)]), [cache])
    for state, row in zip(hidden[:, -1], (rows[1], rows[0], rows[1]), strict=True):
        torch.testing.assert_close(state, model.decoder(torch.cat([shared, row])[None])[0, -1], **CLOSE)
    with pytest.raises(ValueError, match="empty"):
        cache.follow(prefix)
    with pytest.raises(ValueError, match="read something"):
        engine.allocate(2, 1).follow(engine.allocate(1, 5))


@torch.inference_mode()
def test_a_step_whose_place_is_a_tensor(packed: tuple[UnifiedModel, Engine]) -> None:
    """Rows of different length behind a prefix, beside another cache: the same states as ever, whatever is in unused slots."""
    engine = packed[1]
    prefix, caches = engine.allocate(1, 5), [engine.allocate(2, 20), engine.allocate(1, 20)]
    engine.forward(torch.randn(1, 5, WIDTH), [prefix])
    caches[0].follow(prefix)
    engine.forward(torch.randn(2, 4, WIDTH), caches[:1], lengths=[4, 2])
    engine.forward(torch.randn(1, 3, WIDTH), caches[1:])
    copies = [cache.spread(range(cache.batch), 20) for cache in caches]
    for cache in copies:
        cache.states[..., cache.length :, :] = 7
    x, foreground = torch.randn(3, 3, WIDTH), torch.randn(2, 3, 3, WIDTH)
    for position in range(3):
        here = slice(position, position + 1)
        expected = engine.forward(x[:, here], caches, foreground=foreground[:, :, here])
        state = engine.step(x[:, here], copies, torch.tensor([position]), foreground[:, :, here])
        torch.testing.assert_close(state, expected, **CLOSE)
    assert copies[0].length == 4


@torch.inference_mode()
def test_what_was_read_is_not_copied_at_every_token(packed: tuple[UnifiedModel, Engine]) -> None:
    """All heads of all rows must lie such that they can be one dimension, as torch's products of many matrices want it."""
    cache = packed[1].allocate(3, 50)
    packed[1].forward(torch.randn(3, 30, WIDTH), [cache])
    slots = _Slots.of(cache, 1)
    for states in (*slots.keys, *slots.values):
        assert states.flatten(0, 1).data_ptr() == states.data_ptr()


@torch.inference_mode()
def test_encoders_multiply_by_what_was_packed(packed: tuple[UnifiedModel, Engine]) -> None:
    model = copy.deepcopy(packed[0])
    half = all(torch.equal(parameter.half().float(), parameter) for parameter in model.parameters())
    engine, fusion = Engine.pack(model), model.preference.fusion
    x, canvas = torch.randn(2, 5, WIDTH), torch.randn(1, 3, model.foreground.size, model.foreground.size)
    expected, seen = fusion(x), model.foreground(canvas)
    with engine.encoders, engine.encoders:  # a second time changes nothing
        torch.testing.assert_close(fusion(x), expected, **CLOSE)
        torch.testing.assert_close(model.foreground(canvas), seen, **CLOSE)
        weight, other = fusion.blocks[0].up.weight, torch.ones(4 * WIDTH)
        torch.testing.assert_close(F.linear(x, weight, other), x @ weight.t() + other, **CLOSE)
        torch.testing.assert_close(F.linear(input=x, weight=weight), x @ weight.t(), **CLOSE)
    fusion.blocks[0].up.weight.zero_()  # to see which weights are read
    assert not torch.allclose(fusion(x), expected, **CLOSE)
    with engine.encoders:  # what half precision doesn't hold is not packed: a copy would be no faster
        assert torch.allclose(fusion(x), expected, **CLOSE) == half


@torch.inference_mode()
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_wide_and_narrow_layers_multiply_alike(wide: bool, bias: bool) -> None:
    layer, x = nn.Linear(24, 40, bias), torch.randn(2, 90, 24)
    layer.weight.copy_(layer.weight.half().float())
    torch.testing.assert_close(pack_linear([layer], True, wide)(x), layer(x), **CLOSE)


@torch.inference_mode()
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("width", [1, 3])
def test_a_shared_prefix_in_16_bits(dtype: torch.dtype, width: int) -> None:
    prefix, rows = torch.randn(2, 4, 7, 16, dtype=dtype), torch.randn(2, 3, 4, 5, 16, dtype=dtype)
    q = torch.randn(3, 4, width, 16, dtype=dtype)
    keys, values = (torch.cat([a.expand(3, -1, -1, -1), b], 2).float() for a, b in zip(prefix, rows, strict=True))
    expected = F.scaled_dot_product_attention(q.float(), keys, values)
    result = attend_after((prefix[0], prefix[1]), q, rows[0], rows[1], None)
    assert result.dtype == dtype
    torch.testing.assert_close(result.float(), expected, atol=0.02, rtol=0.02)


@torch.inference_mode()
def test_two_caches_in_one_pass(packed: tuple[UnifiedModel, Engine]) -> None:
    model, engine = packed
    long, short = torch.randn(1, 7, WIDTH), torch.randn(1, 3, WIDTH)
    caches = [engine.allocate(1, 8), engine.allocate(1, 8)]
    engine.forward(long[:, :-1], caches[:1])
    engine.forward(short[:, :-1], caches[1:])
    hidden = engine.forward(torch.cat([long[:, -1:], short[:, -1:]]), caches)
    for row, sequence in enumerate((long, short)):
        torch.testing.assert_close(hidden[row, -1], model.decoder(sequence)[0, -1], **CLOSE)


@torch.inference_mode()
def test_what_is_rewound_is_forgotten(packed: tuple[UnifiedModel, Engine]) -> None:
    _, engine = packed
    x, y = torch.randn(2, 5, WIDTH), torch.randn(2, 3, WIDTH)
    cache, straight = engine.allocate(2, 10), engine.allocate(2, 10)
    engine.forward(x, [cache])
    engine.forward(y, [cache])
    cache.rewind(3)
    cache.rewind(1)
    engine.forward(x[:, :4], [straight])
    torch.testing.assert_close(engine.forward(x[:, 4:], [cache]), engine.forward(x[:, 4:], [straight]))


@torch.inference_mode()
def test_rows_can_be_copied(packed: tuple[UnifiedModel, Engine]) -> None:
    _, engine = packed
    x, y = torch.randn(2, 5, WIDTH), torch.randn(1, 2, WIDTH)
    cache = engine.allocate(2, 5)
    engine.forward(x, [cache], lengths=[5, 3])
    spread = cache.spread([1, 0, 1], 9)
    hidden = engine.forward(y.repeat(3, 1, 1), [spread])
    torch.testing.assert_close(hidden[0], hidden[2])
    torch.testing.assert_close(hidden[:2].flip(0), engine.forward(y.repeat(2, 1, 1), [cache]), **CLOSE)
    assert not torch.allclose(hidden[0], hidden[1], **CLOSE)


@torch.inference_mode()
def test_heads(packed: tuple[UnifiedModel, Engine]) -> None:
    model, engine = packed
    hidden = torch.randn(4, 3, WIDTH)
    head = model.image_head
    assert isinstance(head, LevelHead)
    state = head.begin(hidden)
    for level in range(3):
        conditional, unconditional = head.logits(state, level).chunk(2)
        guided = unconditional + 5 * (conditional - unconditional)
        torch.testing.assert_close(engine.level_logits(state, level, 5), guided, **CLOSE)
        torch.testing.assert_close(engine.level_logits(state, level, 1), head.logits(state, level), **CLOSE)
        state = head.advance(state, level, torch.tensor([[2, 0, 1]] * 4))
    points, words = torch.randn(2, WIDTH), model.text_head(hidden[0, 0])
    pointed = model.point_pointer(hidden[0, :1], points[None])[0]
    expected = torch.stack([words[7] + pointed[1], words[3], words[9] + pointed[0]])
    torch.testing.assert_close(engine.choice_logits(hidden[0, 0], [7, 3, 9], points, [1, -1, 0]), expected, **CLOSE)
    torch.testing.assert_close(engine.choice_logits(hidden[0, 0], [7, 3], points[:0], [-1, -1]), words[[7, 3]], **CLOSE)
    assert pointed.abs().min() > 0.01
    codes = torch.tensor([[3, 60]])
    torch.testing.assert_close(engine.embed_image(codes), model.embed_image(codes), **CLOSE)


@torch.inference_mode()
def test_the_head_over_all_codes(raster_model: UnifiedModel) -> None:
    engine, hidden = Engine.pack(raster_model), torch.randn(4, 3, WIDTH)
    conditional, unconditional = raster_model.image_head(hidden).chunk(2)
    guided = unconditional + 5 * (conditional - unconditional)
    torch.testing.assert_close(engine.image_logits(hidden, 5), guided, **CLOSE)
    torch.testing.assert_close(engine.image_logits(hidden, 1), raster_model.image_head(hidden), **CLOSE)


@torch.inference_mode()
def test_slots_of_a_pass_see_each_other(packed: tuple[UnifiedModel, Engine]) -> None:
    """Behind a prefix that rows share, behind rows of different length, and for one row alone."""
    model, engine = packed
    rows, shared = [torch.randn(length, WIDTH) for length in (4, 2)], torch.randn(3, WIDTH)
    slots = torch.randn(2, 5, WIDTH)
    for prefixed in (False, True):
        cache = engine.allocate(2, 12)
        if prefixed:
            prefix = engine.allocate(1, 3)
            engine.forward(shared[None], [prefix])
            cache.follow(prefix)
        engine.forward(torch.stack([rows[0], torch.cat([torch.randn(2, WIDTH), rows[1]])]), [cache], lengths=[4, 2])
        hidden = [engine.forward(slots[:, :2], [cache], causal=False), engine.forward(slots[:, 2:], [cache], causal=False)]
        for number, row in enumerate(rows):
            whole = torch.cat([shared, row] if prefixed else [row])
            passes = torch.tensor([[*range(len(whole)), *[100] * 2, *[101] * 3]])
            expected = model.decoder(torch.cat([whole, slots[number]])[None], passes=passes)[0, len(whole) :]
            torch.testing.assert_close(torch.cat([part[number] for part in hidden]), expected, **CLOSE)


@torch.inference_mode()
def test_half_precision_is_for_weights_that_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[int] = []
    inner = torch.fbgemm_pack_gemm_matrix_fp16
    monkeypatch.setattr(torch, "fbgemm_pack_gemm_matrix_fp16", lambda weight: packed.append(1) or inner(weight))
    weight = torch.randn(64, 64) * 0.02
    for stored, expected in ((weight, 0), (weight.bfloat16().float(), 1), (weight.half().float(), 2), (weight * 1e7, 2)):
        layer = nn.Linear(64, 64, bias=False)
        layer.weight.data = stored
        x = torch.randn(1, 2, 64)
        right = x @ stored.t()
        torch.testing.assert_close(pack_linear([layer], True)(x), right, atol=1e-5 * float(right.abs().max()), rtol=0)
        assert len(packed) == expected


class _Doubled(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


@torch.inference_mode()
@pytest.mark.parametrize("copied", [True, False])
def test_packed_layers(copied: bool) -> None:
    x = torch.randn(2, 3, 8)
    layers = [nn.Linear(8, 4, bias=False), nn.Linear(8, 6, bias=False)]
    expected = torch.cat([layer(x) for layer in layers], -1)
    torch.testing.assert_close(pack_linear(layers, copied)(x), expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(torch.cat([layer(x) for layer in layers], -1), expected)
    biased, changed = nn.Linear(8, 4), _Doubled(8, 4)
    torch.testing.assert_close(pack_linear([biased], copied)(x), biased(x), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(pack_linear([changed], copied)(x), changed(x), atol=1e-5, rtol=1e-4)
