"""Which remembered scene a picture follows, in a model that has a plan (`model/plan.py`)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uniadgen.model.plan import open_tokens, overlap, random_cells
from uniadgen.model.sequence import product_ids
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.preparing import PreparedAd
from uniadgen.rng import stream


def follow_plans(loaded: LoadedModel, ads: Sequence[PreparedAd]) -> tuple[Tensor, Tensor]:
    """What plans add to the pictures' features [groups, B, tokens, D] and to the logits of their codes [B, tokens, codes]."""
    followed = [loaded.model.follow_plan(*choose_plan(loaded, ad)) for ad in ads]
    features, biases = zip(*followed, strict=True)
    return torch.cat(features, 1), torch.cat(biases)


def choose_plan(loaded: LoadedModel, ad: PreparedAd) -> tuple[Tensor, Tensor]:
    """The exemplar that the picture follows, drawn with the ad's seed: its codes [1, tokens], and where they are seen."""
    plan, guidance = loaded.model.plan, loaded.model.config.guidance
    assert plan is not None
    # not the stream that the first word is drawn from
    generator = torch.Generator().manual_seed(stream(ad.seed, "plan").getrandbits(63))
    number = plan.choose(suitability(loaded, ad), guidance.plan_temperature, generator)
    boxes = torch.stack([plan.boxes[number].float().cpu(), torch.tensor(ad.box)])
    visible = open_tokens(boxes, plan.grid).all(0) & random_cells(generator, plan.grid, guidance.plan)
    return plan.codes[number][None].long(), visible[None].to(loaded.device)


def suitability(loaded: LoadedModel, ad: PreparedAd) -> Tensor:
    """How well the plan's exemplars suit a product, its place and its shopper, [exemplars], on the CPU."""
    plan, guidance = loaded.model.plan, loaded.model.config.guidance
    assert plan is not None
    ids = product_ids(loaded.tokenizer, ad.request.description, ad.request.selling_points)
    words = loaded.ids(ids)[None]
    product = plan.product(words, torch.ones_like(words, dtype=torch.bool))
    if ad.clicks is None or ad.facets is None:
        clicked, facets = product.new_zeros(1, 0, product.shape[1]), product.new_zeros(1, 0, plan.seen.shape[1])
        visible = torch.zeros(1, 0, dtype=torch.bool, device=loaded.device)
    else:
        clicked, facets = plan.product(ad.clicks.text, ad.clicks.text_visible), ad.facets.to(product.dtype)
        visible = ad.clicks.visible
    liked = plan.liked(product, clicked, facets, visible)
    place = overlap(plan.boxes.float().cpu(), torch.tensor(ad.box))
    return plan.suitability(liked, product, guidance.plan_kinship)[0].cpu() + guidance.plan_place * place
