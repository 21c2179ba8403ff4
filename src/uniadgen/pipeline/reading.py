"""The decoder reads the instructions: equal ones once, and what different ones begin with alike once as well."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from uniadgen.decoding.cache import Cache
from uniadgen.decoding.engine import Engine
from uniadgen.model.preference import Preference
from uniadgen.model.sequence import Prompt
from uniadgen.model.unified import CLICK_IMAGE, CLICK_TEXT
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.preparing import PreparedAd


@dataclass
class Instructions:
    """What is known once the instructions are read."""

    cache: Cache  # a row for each ad
    hidden: Tensor  # [B, D], the states after the last token
    preferences: list[Preference | None]  # what each history has become
    points: list[Tensor]  # of each ad the states [P, D] at which the selling points of its instruction end
    clicks: list[Tensor]  # of each ad the states [C, D] at which the pictures of its clicks end


def read_instructions(loaded: LoadedModel, ads: Sequence[PreparedAd], without: Sequence[str] = ()) -> Instructions:
    """Fine preference, and the instructions with its tokens in them. without: see `ablations`."""
    model, engine = loaded.model, loaded.engine
    keys = [ad.key() for ad in ads]
    distinct = list(dict.fromkeys(keys))
    firsts = [ads[keys.index(key)] for key in distinct]
    embedded, preferences = [], []
    for ad in firsts:
        ids, kinds = (loaded.ids(values)[None] for values in (ad.prompt.ids, ad.prompt.kinds))
        with engine.encoders:
            preference = None if ad.clicks is None else model.preference_tokens(ad.clicks, without)
        embedded.append(model.embed(ids, kinds, ad.clicks, preference)[0])
        preferences.append(preference)
    shared = len(embedded[0]) if len(distinct) == 1 < len(ads) else _shared_prefix([ad.prompt for ad in firsts])
    capacity = max(map(len, embedded)) - shared + 2 * model.config.text.ad_tokens + 16 + model.config.image.tokens
    cache = engine.allocate(len(firsts), capacity)
    states = [x[:0] for x in embedded]
    if shared:
        prefix = engine.allocate(1, shared)
        states = [engine.forward(embedded[0][None, :shared], [prefix])[0]] * len(firsts)
        cache.follow(prefix)
    if shared < len(embedded[0]):
        after = read(engine, [x[shared:] for x in embedded], cache)
        states = [torch.cat([before, row[-len(x) + shared :]]) for before, row, x in zip(states, after, embedded, strict=True)]
    points = [row[list(ad.prompt.point_ends)] for row, ad in zip(states, firsts, strict=True)]
    clicks = [row[list(ad.prompt.click_ends)] for row, ad in zip(states, firsts, strict=True)]
    hidden = torch.stack([row[-1] for row in states])
    rows = [distinct.index(key) for key in keys]
    if len(distinct) < len(ads):
        cache, hidden = cache.spread(rows, capacity), hidden[rows]
    points, clicks = [points[row] for row in rows], [clicks[row] for row in rows]
    return Instructions(cache, hidden, [preferences[row] for row in rows], points, clicks)


def read(engine: Engine, sequences: Sequence[Tensor], cache: Cache) -> Tensor:
    """Each row of the cache reads its sequence [T, D] (one of them may be empty); the states [B, longest, D], each row's at the
    end."""
    lengths = [len(x) for x in sequences]
    width = max(lengths)
    if min(lengths) == width:
        return engine.forward(torch.stack(list(sequences)), [cache])
    padded = torch.stack([F.pad(x, (0, 0, width - len(x), 0)) for x in sequences])
    return engine.forward(padded, [cache], lengths=lengths)


def _shared_prefix(prompts: Sequence[Prompt]) -> int:
    """How many tokens all instructions begin with alike, up to where the first click stands; 0 for a single one."""
    if len(prompts) < 2:
        return 0
    shared = 0
    for column in zip(*(zip(p.ids, p.kinds, strict=True) for p in prompts), strict=False):
        if column[0][1] in (CLICK_IMAGE, CLICK_TEXT) or any(entry != column[0] for entry in column[1:]):
            break
        shared += 1
    return min(shared, min(len(p.ids) for p in prompts) - 1)
