"""The ads' texts, written along the grammar of each product's selling points."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uniadgen.decoding.text_grammar import Choice, TextGrammar, decode_texts, left_out
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
    grammars = [TextGrammar(ad.points, encode, loaded.tokenizer.end, limit, ad.accepts, ad.controls) for ad in ads]

    def read_words(rows: list[list[int]]) -> Tensor:
        of_rows = zip(rows, instructions.preferences, strict=True)
        sequences = [model.embed_written(loaded.ids(row)[None], preference)[0] for row, preference in of_rows]
        return read(loaded.engine, sequences, instructions.cache)[:, -1]

    def logits(row: int, hidden: Tensor, choices: list[Choice]) -> Tensor:
        points, usable = instructions.points[row], grammars[row].points
        places = [usable[choice.point].index if choice.point >= 0 else -1 for choice in choices]
        places = [place if place < len(points) else -1 for place in places]  # the instruction may hold only the first points
        return loaded.engine.choice_logits(hidden, [choice.tokens[0] for choice in choices], points, places)

    temperature = model.config.text_temperature if options.text_temperature is None else options.text_temperature
    decode_texts(grammars, instructions.hidden, read_words, logits, temperature, generators)
    return [grammar.text for grammar in grammars]


def text_notes(ad: PreparedAd, text: str) -> list[str]:
    """Which selling points the text could not use, and why; and which it should have had and has not."""
    missing = [place for place in ad.controls.must if " ".join(ad.request.selling_points[place].split()) not in text]
    notes = [f"selling_points[{place}] is in must, but no acceptable text has room for it" for place in missing]
    return [*left_out(ad.request.selling_points, ad.points, ad.accepts, ad.controls), *notes]
