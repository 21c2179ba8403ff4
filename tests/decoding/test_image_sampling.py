"""Painting one by one and in parallel: the same tokens, and the distribution that the scores say."""

from collections import Counter
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.decoding.engine import Engine
from uniadgen.decoding.image_sampling import Painted, decode_image
from uniadgen.model.unified import UnifiedModel


@pytest.fixture(scope="module")
def engine(model: UnifiedModel) -> Engine:
    return Engine.pack(model)


@torch.inference_mode()
def _paint(engine: Engine, seeds: list[int], guidance: float = 2.0, tokens: int | None = None, **options: object) -> Painted:
    """Pictures after random instructions of different length, with a random foreground, both chosen by the seed."""
    config = engine.model.config
    drawn = [torch.Generator().manual_seed(seed) for seed in seeds]
    lengths = [3 + seed % 4 for seed in seeds]
    x = torch.stack([torch.randn(6, config.decoder.width, generator=g) for g in drawn])
    foreground = torch.stack(
        [
            torch.randn(config.foreground_groups, tokens or config.image.tokens, config.decoder.width, generator=g)
            for g in drawn
        ],
        1,
    )
    caches = [engine.allocate(len(seeds), 30) for _ in range(1 if guidance == 1 else 2)]
    for cache in caches:
        engine.forward(x, [cache], lengths=lengths)
        lengths = [1] * len(seeds)
    start = torch.randn(config.decoder.width, generator=torch.Generator().manual_seed(99))
    settings = {"temperature": 1.0, "top_k": None, "generators": drawn, **options}
    return decode_image(engine, caches, start, foreground, guidance=guidance, **settings)  # type: ignore[arg-type]


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


@pytest.mark.parametrize("window", [1, 6])
@pytest.mark.parametrize("guidance", [1, 2.0])
def test_a_picture_does_not_depend_on_its_batch(engine: Engine, window: int, guidance: float) -> None:
    alone = [_paint(engine, [seed], guidance, window=window).codes[0].tolist() for seed in range(4)]
    assert _paint(engine, [3, 1, 2, 0], guidance, window=window).codes.tolist() == [alone[i] for i in (3, 1, 2, 0)]
    assert len({tuple(codes) for codes in alone}) == 4


@pytest.mark.parametrize("options", [{}, {"temperature": 0}, {"guidance": 1}, {"top_k": 5, "temperature": 0.7}])
def test_steps_as_a_gpu_repeats_them_give_the_same_tokens(
    engine: Engine, options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a CUDA graph would record, run by the CPU."""
    bias = torch.randn(2, 16, engine.model.config.image.codes, generator=torch.Generator().manual_seed(5))
    expected = _paint(engine, [3, 1], bias=bias, **options)  # type: ignore[arg-type]
    monkeypatch.setattr(Engine, "can_be_recorded", True)
    steps: list[int] = []
    inner = engine.step
    monkeypatch.setattr(engine, "step", lambda *a: steps.append(1) or inner(*a))
    recorded = _paint(engine, [3, 1], bias=bias, **options)  # type: ignore[arg-type]
    assert recorded.codes.tolist() == expected.codes.tolist()
    assert len(steps) == recorded.passes == 16


def test_agreeing_guesses_save_passes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the scores hardly depend on the tokens before, whole windows are confirmed."""
    scores = torch.zeros(64)
    scores[7] = 50
    monkeypatch.setattr(
        engine, "image_logits", lambda hidden, guidance: scores.expand(hidden.shape[0] // 2, hidden.shape[1], -1)
    )
    painted = _paint(engine, [0], window=8)
    assert painted.codes.tolist() == [[7] * 16]
    assert painted.passes == 3  # 1 + 8 + 7 tokens


@pytest.mark.parametrize("window", [1, 3])
def test_tokens_follow_the_distribution_of_the_scores(engine: Engine, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    """A chi-square test over all sequences of three tokens of two codes, whose probabilities are known exactly.

    The scores depend on the tokens before, strongly: a decoder that kept a wrong guess would fail.
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
            torch.ones(32),
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
