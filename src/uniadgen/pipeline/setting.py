"""Finished ads with their text set into the picture, as the shopper's clicks have it."""

import time
from dataclasses import replace

from uniadgen.ads import Ad
from uniadgen.errors import InputError
from uniadgen.options import GenerateOptions


def with_words(ad: Ad, options: GenerateOptions) -> Ad:
    """The ad with its `typesetting`, if the options ask for it; where no word can be set, with a note that says why."""
    if not options.typeset:
        return ad
    started = time.perf_counter()
    try:
        typesetting = ad.typeset(layout=options.layout)
    except InputError as error:
        return replace(ad, notes=[*ad.notes, f"no words in the picture: {error}"])
    timings = {**ad.timings, "typeset": time.perf_counter() - started}
    notes = [f"words in the picture: {note}" for note in typesetting.notes]
    return replace(ad, typesetting=typesetting, timings=timings, notes=[*ad.notes, *notes])
