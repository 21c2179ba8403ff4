"""Painting in passes, one by one and in windows: the same tokens, and the distribution that the logits say."""

import copy
from collections import Counter
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.decoding.engine import Engine
from uniadgen.decoding.image_sampling import Painted, decode_image, without_detail
from uniadgen.model.heads import LevelHead, join_levels, split_levels
from uniadgen.model.unified import UnifiedModel


@pytest.fixture(scope="module")
def engine(raster_model: UnifiedModel) -> Engine:
    """Of a model that writes row by row."""
    return Engine.pack(raster_model)


@pytest.fixture(scope="module")
def in_passes(model: UnifiedModel) -> Engine:
    """Of a model that writes coarse before fine."""
    return Engine.pack(model)


@torch.inference_mode()
def _paint(engine: Engine, seeds: list[int], guidance: float = 2.0, **options: object) -> Painted:
    """Pictures after random instructions of different length, with a random foreground, both chosen by the seed."""
    config = engine.model.config
    drawn = [torch.Generator().manual_seed(seed) for seed in seeds]
    lengths = [3 + seed % 4 for seed in seeds]
    x = torch.stack([torch.randn(6, config.decoder.width, generator=g) for g in drawn])
    shape = config.foreground_groups, config.image.tokens, config.decoder.width
    foreground = torch.stack([torch.randn(*shape, generator=g) for g in drawn], 1)
    branches = 1 if guidance == 1 else 2
    caches = [engine.allocate(len(seeds), 30) for _ in range(branches)]
    for cache in caches:
        engine.forward(x, [cache], lengths=lengths)
        lengths = [1] * len(seeds)
    begin = torch.randn(config.decoder.width, generator=torch.Generator().manual_seed(99)).expand(branches * len(seeds), -1)
    settings = {"temperature": 1.0, "top_k": None, "generators": drawn, **options}
    return decode_image(engine, caches, begin, foreground, guidance=guidance, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{}, {"temperature": 0}, {"guidance": 1}, {"top_k": 5, "temperature": 0.7}])
@pytest.mark.parametrize("window", [2, 5, 16, 40])
def test_parallel_decoding_gives_the_same_tokens(engine: Engine, window: int, options: dict[str, object]) -> None:
    for seed in range(3):
        one_by_one = _paint(engine, [seed], **options)  # type: ignore[arg-type]
        parallel = _paint(engine, [seed], window=window, **options)  # type: ignore[arg-type]
        assert parallel.codes.tolist() == one_by_one.codes.tolist()
        assert one_by_one.passes == 16
        assert parallel.passes <= 16
        assert len(one_by_one.codes.unique()) > 3


@pytest.mark.parametrize("kind", ["one by one", "in windows", "in passes"])
@pytest.mark.parametrize("guidance", [1, 2.0])
def test_a_picture_does_not_depend_on_its_batch(engine: Engine, in_passes: Engine, kind: str, guidance: float) -> None:
    used, window = in_passes if kind == "in passes" else engine, 6 if kind == "in windows" else 1
    alone = [_paint(used, [seed], guidance, window=window).codes[0].tolist() for seed in range(4)]
    assert _paint(used, [3, 1, 2, 0], guidance, window=window).codes.tolist() == [alone[i] for i in (3, 1, 2, 0)]
    assert len({tuple(codes) for codes in alone}) == 4


@pytest.mark.parametrize("options", [{}, {"temperature": 0}, {"guidance": 1}, {"top_k": 5, "temperature": 0.7}])
def test_steps_as_a_gpu_repeats_them_give_the_same_tokens(
    engine: Engine, options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a CUDA graph would record, run by the CPU."""
    expected = _paint(engine, [3, 1], **options)  # type: ignore[arg-type]
    monkeypatch.setattr(Engine, "can_be_recorded", True)
    steps: list[int] = []
    inner = engine.step
    monkeypatch.setattr(engine, "step", lambda *a: steps.append(1) or inner(*a))
    recorded = _paint(engine, [3, 1], **options)  # type: ignore[arg-type]
    assert recorded.codes.tolist() == expected.codes.tolist()
    assert len(steps) == recorded.passes == 16


def test_agreeing_guesses_save_passes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the logits hardly depend on the tokens before, whole windows are confirmed."""
    logits = torch.zeros(64)
    logits[7] = 50
    monkeypatch.setattr(
        engine, "image_logits", lambda hidden, guidance: logits.expand(hidden.shape[0] // 2, hidden.shape[1], -1)
    )
    painted = _paint(engine, [0], window=8)
    assert painted.codes.tolist() == [[7] * 16]
    assert painted.passes == 3  # 1 + 8 + 7 tokens


@pytest.mark.parametrize("window", [1, 3])
def test_tokens_follow_the_distribution_of_the_logits(engine: Engine, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    """A chi-square test over all sequences of three tokens of two codes, whose probabilities are known exactly.

    The logits depend on the tokens before, strongly: a decoder that kept a wrong guess would fail.
    """
    samples, weights = 1500, torch.tensor([0.7, -1.3])
    monkeypatch.setattr(engine, "embed_image", lambda codes: (codes[..., None] * 2.0 - 1).expand(*codes.shape, 32))

    def forward(x: Tensor, caches: object, **_: object) -> Tensor:
        return x

    def image_logits(x: Tensor, guidance: float) -> Tensor:  # of code 1, after a 0, a 1 or the start
        of_two = torch.where(x[..., :1] == 1, weights[0], weights[1]) * torch.tensor([0.0, 1.0])
        return F.pad(of_two, (0, engine.model.config.image.codes - 2), value=-torch.inf)

    monkeypatch.setattr(engine, "forward", forward)
    monkeypatch.setattr(engine, "image_logits", image_logits)
    counts: Counter[tuple[int, ...]] = Counter()
    for seed in range(samples):
        painted = decode_image(
            engine,
            [],
            torch.ones(1, 32),
            torch.zeros(2, 1, 3, 32),
            guidance=1,
            temperature=1.0,
            top_k=None,
            generators=[torch.Generator().manual_seed(seed)],
            window=window,
        )
        counts[tuple(painted.codes[0].tolist())] += 1
    statistic = 0.0
    for sequence in product((0, 1), repeat=3):
        probability, last = 1.0, 1
        for code in sequence:
            one = torch.sigmoid(weights[0] if last else weights[1]).item()
            probability *= one if code else 1 - one
            last = code
        statistic += (counts[sequence] - samples * probability) ** 2 / (samples * probability)
    assert statistic < 24.3  # 7 degrees of freedom: 1 in 1000


# Coarse before fine ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"temperature": 0}, {"guidance": 1}, {"top_k": 2, "temperature": 0.7}])
def test_a_model_of_scales_paints_in_its_own_passes(in_passes: Engine, options: dict[str, object]) -> None:
    """Whatever window and recording a model that writes row by row would get."""
    plain = _paint(in_passes, [3], **options)  # type: ignore[arg-type]
    assert plain.passes == len(in_passes.model.order.passes) == 8
    assert plain.codes.shape == (1, 20)
    assert _paint(in_passes, [3], window=12, **options).codes.tolist() == plain.codes.tolist()  # type: ignore[arg-type]


@torch.inference_mode()
@pytest.mark.parametrize("guidance", [1, 3.0])
def test_each_pass_draws_what_the_whole_sequence_says(in_passes: Engine, guidance: float) -> None:
    """Greedy tokens are the likeliest at every place and level, given all that was drawn before: read by the plain decoder."""
    model = in_passes.model
    config, order, head = model.config, model.order, model.image_head
    assert isinstance(head, LevelHead)
    painted = _paint(in_passes, [3], guidance, temperature=0)
    g = torch.Generator().manual_seed(3)
    x = torch.randn(6, config.decoder.width, generator=g)
    foreground = torch.randn(config.foreground_groups, config.image.tokens, config.decoder.width, generator=g)[:, None]
    begin = torch.randn(1, config.decoder.width, generator=torch.Generator().manual_seed(99))
    branches = []
    for read in (6, 1)[: 1 if guidance == 1 else 2]:
        sequence = torch.cat(
            [x[None, -read:], model.slot_inputs(begin, model.embed_image(painted.codes), slice(0, order.tokens))], 1
        )
        passes = torch.cat([torch.arange(read), read + order.pass_of_slot()])[None]
        states = model.decoder(sequence, passes=passes, foreground=F.pad(foreground, (0, 0, read, 0)))[:, read:]
        levels = split_levels(painted.codes[:, order.token], head.levels)
        branches.append([logits for _, logits in head.taught(states, levels)])
    likeliest = []
    for level in range(len(head.levels)):
        logits = branches[0][level] if guidance == 1 else torch.lerp(branches[1][level], branches[0][level], guidance)
        likeliest.append(logits.argmax(-1))
    assert join_levels(torch.stack(likeliest, -1), head.levels).tolist() == painted.codes[:, order.token].tolist()
    assert len(painted.codes.unique()) > 3


@torch.inference_mode()
def test_calm_tokens_add_no_detail_to_the_scale_before(in_passes: Engine) -> None:
    calm = torch.zeros(2, 20, dtype=torch.bool)
    plain = _paint(in_passes, [3, 4])
    assert _paint(in_passes, [3, 4], calm=calm).codes.tolist() == plain.codes.tolist()
    calm[0, 4:12] = True  # the upper half of the second scale
    painted = _paint(in_passes, [3, 4], calm=calm)
    assert painted.passes == plain.passes
    assert painted.codes[1].tolist() == plain.codes[1].tolist()
    expected = without_detail(in_passes.model.image_tokenizer, painted.codes[:1, :4], 2, 4)
    assert painted.codes[0, :4].tolist() == plain.codes[0, :4].tolist()
    assert painted.codes[0, 4:12].tolist() == expected[0, :8].tolist() != plain.codes[0, 4:12].tolist()
    assert painted.codes[0, 12:].tolist() != expected[0, 8:].tolist()


@torch.no_grad()
def test_levels_follow_the_distribution_of_the_logits(in_passes: Engine) -> None:
    """A chi-square test over the codes of the first token, whose probabilities are those that training would give them."""
    model, samples = copy.deepcopy(in_passes.model), 2500
    head = model.image_head
    assert isinstance(head, LevelHead)
    for weight in head.parameters():
        weight.data = weight.data * 0.1
    engine, width = Engine.pack(model), model.config.decoder.width
    begin, foreground = torch.randn(1, width), torch.randn(model.config.foreground_groups, 1, 20, width)
    hidden = model.decoder(model.slot_inputs(begin, torch.zeros(1, 20, width), slice(0, 1)), foreground=foreground[:, :, :1])
    codes = torch.arange(64)
    probabilities = torch.exp(-model.image_losses(hidden[0].expand(64, -1), codes))
    painted = decode_image(
        engine,
        [engine.allocate(samples, 20)],
        begin.expand(samples, -1),
        foreground.expand(-1, samples, -1, -1),
        guidance=1,
        temperature=1.0,
        top_k=None,
        generators=[torch.Generator().manual_seed(seed) for seed in range(samples)],
    )
    expected, counts = samples * probabilities, torch.bincount(painted.codes[:, 0], minlength=64)
    assert expected.sum() == pytest.approx(samples, rel=1e-3)
    likely = expected > 5
    assert likely.sum() > 10
    statistic = ((counts - expected)[likely] ** 2 / expected[likely]).sum()
    assert statistic < likely.sum() + 4 * (2 * likely.sum()) ** 0.5
