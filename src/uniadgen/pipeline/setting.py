"""Finished ads with their text set into the picture, as the shopper's clicks have it."""

import time
from collections.abc import Sequence
from dataclasses import replace

from uniadgen.ads import Ad, Click
from uniadgen.errors import InputError
from uniadgen.imaging.loading import load_rgb
from uniadgen.options import GenerateOptions
from uniadgen.typography.brand import Brand
from uniadgen.typography.taste import TASTE_PIXELS, Taste, taste_of


def with_words(ad: Ad, history: Sequence[Click], options: GenerateOptions, brand: Brand | None = None) -> Ad:
    """The ad with its `typesetting`, if the options ask for it; where no word can be set, with a note that says why.

    history: the clicks that the ad's `sampled_clicks` name. Raises InputError for a clicked picture that can't be read.
    """
    if not options.typeset:
        return ad
    started = time.perf_counter()
    taste = taste_for(ad, history)
    try:
        typesetting = ad.typeset(layout=options.layout, brand=brand, taste=taste)
    except InputError as error:
        return replace(ad, notes=[*ad.notes, f"no words in the picture: {error}"])
    timings = {**ad.timings, "typeset": time.perf_counter() - started}
    notes = [f"words in the picture: {note}" for note in typesetting.notes]
    return replace(ad, typesetting=typesetting, timings=timings, notes=[*ad.notes, *notes])


def taste_for(ad: Ad, history: Sequence[Click]) -> Taste:
    """The taste of the clicks that the ad's `sampled_clicks` name. Raises InputError for a picture that can't be read."""
    seen = [load_rgb(history[c.index].image, f"history[{c.index}].image", TASTE_PIXELS) for c in ad.sampled_clicks]
    return taste_of(seen)
