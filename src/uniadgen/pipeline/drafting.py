"""Coarse preference: requests are checked, and of each history the clicks are sampled that the model gets to see.

No model runs here; a draft is all that is decided about an ad before one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from uniadgen.ads import AdRequest, SampledClick
from uniadgen.clicks.sampling import sample_clicks
from uniadgen.clicks.similarity import product_similarity
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.choosing import candidate_seeds
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.timings import Timings
from uniadgen.request import CheckedRequest, check_requests


@dataclass(frozen=True)
class Draft:
    """An ad to make: a request that can be carried out, the ad's seed, and the sampled clicks."""

    request: CheckedRequest
    seed: int
    sampled: list[SampledClick]


def draft_ads(
    loaded: LoadedModel,
    requests: Sequence[AdRequest | CheckedRequest],
    seeds: Sequence[int],
    options: GenerateOptions,
    timings: Timings,
) -> list[Draft]:
    """Drafts of each request, as many as it gets candidates. Raises InputError for a request that can't be carried out."""
    candidates = [candidate_seeds(seed, options.best_of) for seed in seeds]
    with timings("inputs"):
        checked = check_requests(requests)
    count = loaded.model.config.preference.clicks if options.history_length is None else options.history_length
    drafts = []
    with timings("history"):
        for request, some in zip(checked, candidates, strict=True):
            texts = [click.text for click in request.history]
            similarity = product_similarity(texts, request.description, loaded.embedder)
            for seed in some:
                chosen = sample_clicks(similarity, count, options.sampling, np.random.default_rng(seed))
                drafts.append(Draft(request, seed, [SampledClick(index, float(similarity[index])) for index in chosen]))
    return drafts
