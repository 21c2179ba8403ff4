"""Heads: what they are trained to say is what is drawn from them."""

import copy
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.decoding.engine import Engine
from uniadgen.decoding.scene_sampling import ClickedScenes, decode_scene
from uniadgen.model.heads import CLOSENESS, VOTE, LevelHead, Pointer, SceneHead, join_levels, split_levels
from uniadgen.model.unified import UnifiedModel

WIDTH, LEVELS = 12, (4, 3, 2)


def _spread(module: torch.nn.Module) -> None:
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=0.8)


def _every(levels: tuple[int, ...]) -> Tensor:
    """All combinations of values, [count, levels]."""
    count = int(torch.tensor(levels).prod())
    return split_levels(torch.arange(count), levels)


def test_levels_are_taken_apart_and_joined() -> None:
    codes = torch.arange(24)
    values = split_levels(codes, LEVELS)
    assert values.min() == 0
    assert values.amax(0).tolist() == [3, 2, 1]
    assert len({tuple(v) for v in values.tolist()}) == 24
    assert torch.equal(join_levels(values, LEVELS), codes)
    assert split_levels(torch.tensor([5]), LEVELS).tolist() == [[1, 1, 0]]  # the first counts fastest


@torch.no_grad()
def test_the_losses_of_levels_are_the_probabilities_of_codes() -> None:
    head = LevelHead(WIDTH, 16, LEVELS)
    _spread(head)
    x, every = torch.randn(1, WIDTH), _every(LEVELS)
    losses = head.losses(x.expand(24, -1), every)
    assert losses.shape == (24, 3)
    probabilities = torch.exp(-losses.sum(1))
    torch.testing.assert_close(probabilities.sum(), torch.tensor(1.0))
    # as they are drawn: level after level, each after those before
    for values, expected in zip(every, probabilities, strict=True):
        state, product = head.begin(x), 1.0
        for level in range(3):
            product *= float(head.logits(state, level).softmax(-1)[0, values[level]])
            state = head.advance(state, level, values[None, level])
        assert product == pytest.approx(float(expected), rel=1e-4)
    assert probabilities.std() > 0.005
    # the second level depends on the first
    after = [head.logits(head.advance(head.begin(x), 0, torch.tensor([v])), 1) for v in (0, 1)]
    assert not torch.allclose(*after)


@torch.no_grad()
def test_an_untrained_pointer_changes_nothing() -> None:
    pointer = Pointer(WIDTH, 8)
    x, places = torch.randn(2, WIDTH), torch.randn(2, 5, WIDTH)
    assert not pointer(x, places).any()
    pointer.query.weight.normal_()
    logits = pointer(x, places)
    expected = torch.einsum("nh,nkh->nk", x @ pointer.query.weight.T, places @ pointer.key.weight.T) * pointer.scale
    torch.testing.assert_close(logits, expected)


# The scene token ---------------------------------------------------------------------------------------------------------


def _probabilities(head: SceneHead, x: Tensor, clicks: Tensor, similarity: Tensor, visible: Tensor, scenes: Tensor) -> Tensor:
    """The probability of every scene token: [codes ** levels] for one place x [1, D]."""
    every = _every((head.head.levels[0],) * head.levels)
    count = len(every)
    votes = head.votes(x, clicks, similarity, visible).expand(-1, count, -1)
    losses = head.losses(x.expand(count, -1), every, votes, scenes.expand(count, -1, -1))
    return torch.exp(-losses.sum(1))


@torch.no_grad()
@pytest.mark.parametrize("count", [0, 1, 4])
def test_scene_probabilities_add_up_to_one(count: int) -> None:
    head = SceneHead(WIDTH, 16, 2, 5).eval()
    _spread(head)
    x, clicks, similarity = torch.randn(1, WIDTH), torch.randn(1, count, WIDTH), torch.rand(1, count)
    scenes = torch.randint(5, (1, count, 2))
    visible = torch.ones(1, count, dtype=torch.bool)
    if count == 4:
        visible[0, 2] = False
    seen = similarity, visible
    probabilities = _probabilities(head, x, clicks, *seen, scenes)
    assert probabilities.sum() == pytest.approx(1, abs=1e-4)
    # at each level, too, whatever was drawn before
    votes = head.votes(x, clicks, *seen)
    state = head.begin(x)
    for level in range(2):
        here = head.log_probabilities(head.logits(state, level), level, votes, scenes)
        assert here.exp().sum() == pytest.approx(1, abs=1e-4)
        state = head.advance(state, level, torch.tensor([3]))
    if count == 4:
        other = scenes.clone()
        other[0, 2] = (other[0, 2] + 1) % 5
        torch.testing.assert_close(_probabilities(head, x, clicks, *seen, other), probabilities)  # not visible: no say
        other[0] = (other[0] + 1) % 5
        assert not torch.allclose(_probabilities(head, x, clicks, *seen, other), probabilities)


@torch.no_grad()
def test_an_untrained_scene_head_counts_votes() -> None:
    """Each click speaks for its own code, and the more the more its product is like the one that is advertised."""
    head = SceneHead(WIDTH, 16, 2, 5).eval()
    for score in head.head.score:
        score.weight.zero_()  # type: ignore[union-attr, operator]
        score.bias.zero_()  # type: ignore[union-attr, operator]
    scenes = torch.tensor([[[1, 2], [1, 2], [1, 4], [3, 0]]])
    clicks, visible = torch.randn(1, 4, WIDTH), torch.ones(1, 4, dtype=torch.bool)

    def levels(similarity: Tensor) -> tuple[Tensor, Tensor]:
        """The probabilities of the first level, and of the second."""
        all_ = _probabilities(head, torch.randn(1, WIDTH), clicks, similarity, visible, scenes).view(5, 5).T
        return all_.sum(1), all_.sum(0)  # the first level counts fastest

    def expected(shares: Tensor) -> tuple[Tensor, Tensor]:
        first, second = (F.one_hot(scenes[0, :, level], 5).float() for level in range(2))
        return (VOTE * shares @ first).softmax(0), (VOTE * shares @ second).softmax(0)

    torch.testing.assert_close(levels(torch.zeros(1, 4)), expected(torch.full((4,), 0.25)))
    similarity = torch.tensor([[0.1, 0.9, 0.0, 0.4]])
    torch.testing.assert_close(levels(similarity), expected((CLOSENESS * similarity[0]).softmax(0)))


@torch.no_grad()
def test_a_click_speaks_for_codes_like_its_own() -> None:
    head = SceneHead(WIDTH, 16, 4, 3)
    angles = torch.tensor([[0.0, 0.1, 3.0], [1.0, 2.0, 4.0], [1.0, 2.0, 4.0], [0.0, 2.0, 4.0]])
    head.begin_with(2 * torch.stack([angles.cos(), angles.sin()], -1))
    torch.testing.assert_close(head.said[0, 0], VOTE * (angles[0][:, None] - angles[0]).cos())
    torch.testing.assert_close(head.said[1, 1], VOTE * (angles[1][:, None] - angles[1]).cos())
    assert not head.said[1, 0].any()
    assert not head.said[3, 3].any()  # it refines the first level
    first = head.embedding[0].weight
    assert torch.dist(first[0], first[1]) < 0.2 * torch.dist(first[0], first[2])
    assert not head.said[0, 1].any()  # what one level says of another is yet to be learnt


@torch.no_grad()
@pytest.mark.parametrize("clicks", [0, 3])
def test_scenes_are_drawn_as_they_are_learnt(model: UnifiedModel, clicks: int) -> None:
    """A chi-square test over all scene tokens: what `decode_scene` draws is what the losses say."""
    model, samples = copy.deepcopy(model), 3000
    head, engine = model.scene_head, Engine.pack(model)
    assert head is not None
    for parameter in head.head.parameters():  # so that many scenes are likely
        parameter.mul_(0.1)
    torch.manual_seed(1)
    width, codes = model.config.decoder.width, model.config.scene.codes
    begin, states = torch.randn(1, width), torch.randn(clicks, width)
    scenes, similarity = torch.randint(codes, (clicks, head.levels)), torch.rand(clicks)
    foreground = torch.zeros(model.config.foreground_groups, 1, width)
    hidden = model.decoder(begin[:, None], foreground=foreground[:, :, None])[:, 0]
    expected = _probabilities(
        head, hidden, states[None], similarity[None], torch.ones(1, clicks, dtype=torch.bool), scenes[None]
    )
    drawn = decode_scene(
        engine,
        [engine.allocate(samples, 2)],
        begin.expand(samples, -1),
        foreground.expand(-1, samples, -1),
        [states] * samples,
        [ClickedScenes(scenes, similarity)] * samples,
        guidance=1,
        temperature=1.0,
        generators=[torch.Generator().manual_seed(seed) for seed in range(samples)],
    )
    counts = Counter(join_levels(drawn, (codes,) * head.levels).tolist())
    likely = [code for code in range(len(expected)) if expected[code] * samples > 5]
    rest = samples - sum(counts[code] for code in likely), samples * (1 - float(expected[likely].sum()))
    cells = [(counts[code], float(expected[code]) * samples) for code in likely] + ([rest] if rest[1] > 5 else [])
    statistic = sum((count - wanted) ** 2 / wanted for count, wanted in cells)
    assert len(cells) > 5
    assert statistic < len(cells) + 4 * (2 * len(cells)) ** 0.5


@torch.no_grad()
def test_of_several_scenes_the_one_like_the_clicks_is_taken(model: UnifiedModel) -> None:
    """Beside a picture without clicks, and with the same draws, whatever stands beside it."""
    model = copy.deepcopy(model)
    engine, head, encoder = Engine.pack(model), model.scene_head, model.scene_encoder
    assert head is not None
    assert encoder is not None
    for parameter in (*head.head.parameters(), head.said, head.usual, head.after):  # so that many scenes are likely
        parameter.mul_(0.1)
    torch.manual_seed(2)
    width, codes = model.config.decoder.width, model.config.scene.codes
    begin, foreground = torch.randn(1, width), torch.zeros(model.config.foreground_groups, 1, width)
    scenes = ClickedScenes(torch.randint(codes, (2, head.levels)), torch.rand(2))
    liked = encoder.values(scenes.tokens).sum(0)

    def drawn(clicks: list[int], draws: int, temperature: float = 1.0, guidance: float = 1) -> list[list[int]]:
        count, rows = len(clicks), len(clicks) * (1 if guidance == 1 else 2)
        tokens = decode_scene(
            engine,
            [engine.allocate(count, 2) for _ in range(rows // count)],
            torch.cat([begin.expand(count, -1), begin.roll(1, 1).expand(rows - count, -1)]),
            foreground.expand(-1, count, -1),
            [torch.zeros(number, width) for number in clicks],
            [scenes if number else ClickedScenes.none() for number in clicks],
            guidance=guidance,
            temperature=temperature,
            draws=draws,
            generators=[torch.Generator().manual_seed(seed) for seed in range(count)],
        )
        return tokens.tolist()  # type: ignore[no-any-return]

    def likeness(tokens: list[list[int]]) -> float:
        values = encoder.values(torch.tensor(tokens)[:, : head.levels])
        return float((values @ liked).mean())

    some = [2] * 40
    assert likeness(drawn(some, 32)) > likeness(drawn(some, 1)) + 0.2 * float(liked.norm() ** 2)
    for guidance in (1, 2.5):
        mixed, plain = drawn([2, 0, 2, 0], 8, guidance=guidance), drawn([0] * 4, 1, guidance=guidance)
        facets = [tokens[: head.levels] for tokens in drawn(some, 8)]  # which no guidance changes
        assert [mixed[row][: head.levels] for row in (0, 2)] == [facets[0], facets[2]]
        assert [mixed[1], mixed[3]] == [plain[1], plain[3]]
    assert drawn([2], 8, temperature=0) == drawn([2], 1, temperature=0)
