"""The backgrounds in image tokens, painted while the decoder looks at each product in its place."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.image_sampling import Painted, decode_image, in_parallel
from uniadgen.model.preference import Preference
from uniadgen.model.sequence import unconditional_prompt
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.planning import follow_plans
from uniadgen.pipeline.preparing import PreparedAd
from uniadgen.pipeline.reading import Instructions, read


@dataclass(frozen=True)
class Conditions:
    """What pictures are painted from.

    start, plain [B, D]: embeddings of begin_image, with and without the clicks' summary. foreground [groups, B, tokens, D]: of
    the products; planned, of the same shape, and bias [B, tokens, codes]: of the plans.
    """

    start: Tensor
    plain: Tensor
    foreground: Tensor
    planned: Tensor | None = None
    bias: Tensor | None = None


def paint_backgrounds(
    loaded: LoadedModel,
    ads: Sequence[PreparedAd],
    instructions: Instructions,
    generators: Sequence[torch.Generator],
    options: GenerateOptions,
) -> Painted:
    """Image tokens of all backgrounds, after the instructions and texts that the cache has read."""
    config = loaded.model.config.guidance
    guidance = config.weight if options.guidance is None else options.guidance
    rows = len(ads) * (1 if guidance == 1 else 2)
    given, cache = conditions(loaded, ads, instructions.preferences, options.without), instructions.cache
    return decode_image(
        loaded.engine,
        [cache] if guidance == 1 else [cache, unconditional_cache(loaded, cache.read.tolist())],
        given.start if guidance == 1 else torch.cat([given.start, given.plain]),
        given.foreground,
        guidance=guidance,
        temperature=config.temperature if options.temperature is None else options.temperature,
        top_k=config.top_k if options.top_k is None else options.top_k,
        generators=generators,
        window=loaded.window if in_parallel(options.decoding, rows, loaded.device) else 1,
        planned=given.planned,
        bias=given.bias,
    )


def conditions(
    loaded: LoadedModel, ads: Sequence[PreparedAd], preferences: Sequence[Preference | None], without: Sequence[str] = ()
) -> Conditions:
    """What the pictures of these ads are painted from. without: see `ablations`."""
    model, config = loaded.model, loaded.model.config
    plain = model.embed_text(loaded.ids([loaded.tokenizer.begin_image] * len(ads)))
    start = torch.stack(
        [row if preference is None else row + preference.summary[0] for row, preference in zip(plain, preferences, strict=True)]
    )
    foreground = torch.cat([ad.features for ad in ads], 1) * config.foreground.strength
    if model.plan is None or not config.guidance.plan or "plan" in without:
        return Conditions(start, plain, foreground)
    return Conditions(start, plain, foreground, *follow_plans(loaded, ads))


def unconditional_cache(loaded: LoadedModel, lengths: list[int]) -> Cache:
    """What guidance contrasts with: rows that have read the empty prompt. lengths: what their counterparts have read."""
    config = loaded.model.config
    prompts = [unconditional_prompt(loaded.tokenizer, config, length).ids for length in lengths]
    distinct = sorted({len(ids) for ids in prompts})
    cache = loaded.engine.allocate(len(distinct), distinct[-1] + config.image.tokens)
    longest = max(prompts, key=len)
    read(loaded.engine, [loaded.model.embed_text(loaded.ids(longest[:length])) for length in distinct], cache)
    return cache if len(prompts) == 1 else cache.spread([distinct.index(len(ids)) for ids in prompts], cache.capacity)
