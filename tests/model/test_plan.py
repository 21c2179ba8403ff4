"""What the plan makes of clicks, which exemplar it draws, and what the decoder sees of it."""

import torch
from torch import Tensor

from uniadgen.ads import Click, Product
from uniadgen.model.plan import ScenePlan, open_tokens, overlap, random_cells
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.generator import AdGenerator


def plan_of(model: UnifiedModel) -> ScenePlan:
    assert model.plan is not None
    return model.plan


def votes(*numbers: int, classes: int = 5) -> Tensor:
    """Clicks whose first facet (3 classes) is certain: [1, N, 5]."""
    facets = torch.full((1, len(numbers), classes), 0.0)
    facets[..., 3:] = 0.5
    for click, number in enumerate(numbers):
        facets[0, click, number] = 1.0
    return facets


def liked(plan: ScenePlan, facets: Tensor, clicked: Tensor | None = None) -> Tensor:
    count, words = facets.shape[1], plan.kinds.shape[1]
    product = torch.nn.functional.normalize(torch.ones(1, words), dim=1)
    clicked = product[:, None].expand(1, count, words) if clicked is None else clicked
    return plan.liked(product, clicked, facets, torch.ones(1, count, dtype=torch.bool))


def fresh(model: UnifiedModel) -> ScenePlan:
    """An untrained plan: all products and classes alike."""
    return ScenePlan(model.config)


def test_clicks_vote_and_every_vote_counts(model: UnifiedModel) -> None:
    plan = fresh(model)
    none, one, three = (liked(plan, votes(*numbers)) for numbers in ((), (1,), (1, 1, 1)))
    assert torch.allclose(none[0, :3].exp(), torch.full((3,), 1 / 3))
    assert none[0, 1] < one[0, 1] < three[0, 1]
    for liking in (none, one, three):
        assert torch.allclose(liking[0, :3].exp().sum(), torch.tensor(1.0))
        assert torch.allclose(liking[0, 3:].exp().sum(), torch.tensor(1.0))
    split = liked(plan, votes(1, 1, 2))[0]
    assert split[1] > split[2] > split[0]


def test_clicks_on_related_products_count_more(model: UnifiedModel) -> None:
    plan = fresh(model)
    kin = torch.nn.functional.normalize(torch.ones(plan.kinds.shape[1]), dim=0)
    liking = liked(plan, votes(1, 2), torch.stack([kin, -kin])[None])[0]
    assert liking[1] > liking[2]


def test_an_exemplar_with_liked_facets_suits_best(model: UnifiedModel) -> None:
    plan = fresh(model)
    plan.seen.copy_(votes(*[0, 1, 2] * 4)[0])
    liking = liked(plan, votes(1, 1))
    suitability = plan.suitability(liking, torch.zeros(1, plan.kinds.shape[1]), 0.0)[0]
    assert set(suitability.topk(4).indices.tolist()) == {1, 4, 7, 10}
    assert plan.choose(suitability, 0.0, torch.Generator()) in {1, 4, 7, 10}
    drawn = {plan.choose(suitability, 0.01, torch.Generator().manual_seed(seed)) for seed in range(40)}
    assert drawn == {1, 4, 7, 10}


def test_overlap_is_shared_area_by_covered_area() -> None:
    box = torch.tensor([0.25, 0.25, 0.5, 0.5])
    boxes = torch.tensor([[0.25, 0.25, 0.5, 0.5], [0.5, 0.25, 0.5, 0.5], [0.0, 0.0, 0.25, 0.25], [0.0, 0.0, 0.0, 0.0]])
    assert torch.allclose(overlap(boxes, box), torch.tensor([1.0, 1 / 3, 0.0, 0.0]))
    assert overlap(torch.zeros(1, 4), torch.zeros(4)).tolist() == [0.0]


def test_tokens_around_products_are_hidden() -> None:
    boxes = torch.tensor([[0.5, 0.25, 0.25, 0.5], [0.0, 0.0, 0.0, 0.0], [0.3, 0.9, 0.1, 0.1]])
    kept = open_tokens(boxes, 8, margin=1).view(3, 8, 8)
    hidden = torch.zeros(8, 8, dtype=torch.bool)
    hidden[1:7, 3:7] = True  # tokens 2..5 down and 4..5 across, and one around
    assert torch.equal(kept[0], ~hidden)
    assert kept[1].all()  # no product
    assert not kept[2, 6:, 1:5].any()
    assert kept[2, :6].all()


def test_cells_are_shown_in_squares() -> None:
    visible = random_cells(torch.Generator().manual_seed(0), 8, 0.5).view(4, 2, 4, 2)
    assert torch.equal(visible, visible[:, :1, :, :1].expand(4, 2, 4, 2))
    assert 0 < visible.float().mean() < 1
    assert random_cells(torch.Generator(), 5, 1.0).all()
    assert not random_cells(torch.Generator(), 5, 0.0).any()


def test_codes_near_the_plates_score_higher_where_it_is_seen(model: UnifiedModel) -> None:
    codes = torch.randint(model.config.image.codes, (2, model.config.image.tokens))
    visible = torch.arange(model.config.image.tokens)[None].expand(2, -1) % 3 == 0
    features, bias = model.follow_plan(codes, visible)
    assert features.shape == (model.config.foreground_groups, 2, model.config.image.tokens, model.config.decoder.width)
    assert torch.equal(bias.argmax(2)[visible], codes[visible])
    assert not bias[~visible].any()
    other = torch.where(visible, codes, (codes + 1) % model.config.image.codes)
    assert torch.equal(model.follow_plan(other, visible)[0], features)  # what is not shown can't be seen


def test_the_plan_follows_clicks_and_seed(generator: AdGenerator, cutout: object) -> None:
    plan = plan_of(generator.model)
    assert plan.codes.any()
    product = Product(cutout, "Red kettle", ["Kettle", "1.7 L", "Auto Shut-Off"])  # type: ignore[arg-type]
    history = [Click(cutout.convert("RGB"), "Kettle 1 L") for _ in range(2)]  # type: ignore[attr-defined]
    first, again, other = (generator.generate(product, history, seed=seed, size=(64, 64)) for seed in (3, 3, 4))
    assert first.background.tobytes() == again.background.tobytes()
    assert first.background.tobytes() != other.background.tobytes()
