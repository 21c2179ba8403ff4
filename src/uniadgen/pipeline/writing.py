"""The ads' texts, written along the grammar of each product's selling points."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uniadgen.decoding.outlined_text import outline_logits
from uniadgen.decoding.text_grammar import TextGrammar, decode_texts, left_out
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.loaded import LoadedModel
from uniadgen.pipeline.preparing import PreparedAd
from uniadgen.pipeline.reading import Instructions, read


def write_texts(
    loaded: LoadedModel,
    ads: Sequence[PreparedAd],
    instructions: Instructions,
    generators: Sequence[torch.Generator],
    options: GenerateOptions,
) -> list[str]:
    """The texts, in one batch; the cache of the instructions has read them afterwards."""
    model, encode = loaded.model, loaded.tokenizer.encode
    limit = model.config.text.ad_tokens
    grammars = [TextGrammar(ad.points, encode, loaded.tokenizer.end, limit, ad.accepts) for ad in ads]
    outline = "outline" not in options.without
    added = [
        outline_logits(model, grammar, ad.clicked_texts, encode, outline) for grammar, ad in zip(grammars, ads, strict=True)
    ]

    def read_words(rows: list[list[int]]) -> Tensor:
        return read(loaded.engine, [model.embed_text(loaded.ids(row)) for row in rows], instructions.cache)

    temperature = model.config.text_temperature if options.text_temperature is None else options.text_temperature
    logits = loaded.engine.text_logits
    decode_texts(grammars, instructions.hidden, read_words, logits, temperature, generators, lambda row, ids: added[row](ids))
    return [grammar.text() for grammar in grammars]


def text_notes(ad: PreparedAd) -> list[str]:
    """Which selling points the text could not use, and why."""
    return left_out(ad.request.selling_points, ad.points, ad.accepts)
