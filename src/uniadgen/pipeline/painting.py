"""The backgrounds in image tokens, painted while the decoder looks at each product in its place."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.image_sampling import Painted, decode_image, in_parallel
from uniadgen.decoding.scene_sampling import decode_scene
from uniadgen.model.preference import Preference
from uniadgen.model.sequence import unconditional_prompt
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.preparing import PreparedAd
from uniadgen.pipeline.reading import Instructions, read


def paint_backgrounds(
    loaded: LoadedModel,
    ads: Sequence[PreparedAd],
    instructions: Instructions,
    generators: Sequence[torch.Generator],
    options: GenerateOptions,
) -> Painted:
    """Image tokens of all backgrounds, after the instructions and texts that the cache has read."""
    model, config = loaded.model, loaded.model.config.guidance
    guidance = config.weight if options.guidance is None else options.guidance
    temperature = config.temperature if options.temperature is None else options.temperature
    rows = len(ads) * (1 if guidance == 1 else 2)
    caches = [instructions.cache]
    begin = begin_pictures(loaded, instructions.preferences)
    if guidance != 1:
        caches.append(unconditional_cache(loaded, caches[0].read.tolist()))
        begin = torch.cat([begin, begin_pictures(loaded, [None] * len(ads))])
    features = torch.cat([ad.features for ad in ads], 1) * model.config.foreground.strength
    places = None
    if model.scene_head is not None:
        scenes = decode_scene(
            loaded.engine,
            caches,
            begin,
            features.mean(2),
            instructions.clicks,
            [ad.clicked_scenes for ad in ads],
            guidance=guidance,
            temperature=config.scene_temperature if options.temperature is None else options.temperature,
            generators=generators,
            draws=config.scene_draws,
        )
        keep = torch.arange(rows, device=scenes.device) < len(ads)  # the branch that guidance contrasts with sees no scene
        begin, places = model.begin_picture(scenes.repeat(rows // len(ads), 1), keep)
    return decode_image(
        loaded.engine,
        caches,
        begin,
        model.features_of_slots(features),
        places=places,
        guidance=guidance,
        temperature=temperature,
        top_k=config.top_k if options.top_k is None else options.top_k,
        generators=generators,
        calm=calm_of(ads),
        window=loaded.window if in_parallel(options.decoding, rows, loaded.device) else 1,
    )


def calm_of(ads: Sequence[PreparedAd]) -> Tensor | None:
    """[B, tokens] bool: the image tokens that are to have little detail; None where there are none."""
    masks = [ad.calm for ad in ads]
    return torch.stack([mask for mask in masks if mask is not None]) if masks[0] is not None else None


def begin_pictures(loaded: LoadedModel, preferences: Sequence[Preference | None]) -> Tensor:
    """Embeddings of begin_image [B, D], each with what its clicked pictures have in common."""
    plain = loaded.model.embed_text(loaded.ids([loaded.tokenizer.begin_image]))[0]
    return torch.stack([plain if preference is None else plain + preference.summary[0] for preference in preferences])


def unconditional_cache(loaded: LoadedModel, lengths: list[int]) -> Cache:
    """What guidance contrasts with: rows that have read the empty prompt. lengths: what their counterparts have read."""
    config = loaded.model.config
    prompts = [unconditional_prompt(loaded.tokenizer, config, length).ids for length in lengths]
    distinct = sorted({len(ids) for ids in prompts})
    cache = loaded.engine.allocate(len(distinct), distinct[-1] + config.image.tokens + 1)
    longest = max(prompts, key=len)
    read(loaded.engine, [loaded.model.embed_text(loaded.ids(longest[:length])) for length in distinct], cache)
    return cache if len(prompts) == 1 else cache.spread([distinct.index(len(ids)) for ids in prompts], cache.capacity)
