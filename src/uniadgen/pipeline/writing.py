"""The ads' texts, written along the grammar of each product's selling points."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uniadgen.decoding.temperature import COLDEST
from uniadgen.decoding.text_grammar import Choice, TextGrammar, decode_texts, left_out
from uniadgen.model.unified import Clicks, UnifiedModel
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

    temperature = model.config.text_temperature if options.text_temperature is None else options.text_temperature
    hidden, forms = instructions.hidden, draw_forms(model, [ad.clicks for ad in ads], temperature, generators)
    if forms is not None:
        hidden = read(loaded.engine, list(model.embed_form(forms)[:, None]), instructions.cache)[:, -1]

    def read_words(rows: list[list[int]]) -> Tensor:
        of_rows = [(loaded.ids(row)[None], None if forms is None else forms[n : n + 1]) for n, row in enumerate(rows)]
        sequences = [model.embed_written(ids, form)[0] for ids, form in of_rows]
        return read(loaded.engine, sequences, instructions.cache)[:, -1]

    def logits(row: int, hidden: Tensor, choices: list[Choice]) -> Tensor:
        points, usable = instructions.points[row], grammars[row].points
        places = [usable[choice.point].index if choice.point >= 0 else -1 for choice in choices]
        places = [place if place < len(points) else -1 for place in places]  # the instruction may hold only the first points
        return loaded.engine.choice_logits(hidden, [choice.tokens[0] for choice in choices], points, places)

    decode_texts(grammars, hidden, read_words, logits, temperature, generators)
    return [grammar.text for grammar in grammars]


# Of that of the text, where clicks tell: a form that isn't in the shopper's taste costs more than the same form twice.
FORM_TEMPERATURE = 0.25


def draw_forms(
    model: UnifiedModel, histories: Sequence[Clicks | None], temperature: float, generators: Sequence[torch.Generator]
) -> Tensor | None:
    """The form of each ad's text [B], as the clicks have it; the likeliest at temperature 0. None in a model without forms."""
    forms = model.text_forms
    if forms is None:
        return None
    none = torch.zeros(1, 0, dtype=torch.long, device=model.device)
    seen = [(none, none) if clicks is None else (clicks.forms, clicks.similarity) for clicks in histories]
    logits = torch.cat([forms.logits(*clicks) for clicks in seen])
    if not temperature:
        return logits.argmax(1)
    telling = torch.tensor([bool((forms_of >= 0).any()) for forms_of, _ in seen], device=logits.device)
    shares = (logits / (max(temperature, COLDEST) * torch.where(telling, FORM_TEMPERATURE, 1.0))[:, None]).softmax(1)
    return torch.cat([torch.multinomial(row, 1, generator=g) for row, g in zip(shares, generators, strict=True)])


def text_notes(ad: PreparedAd, text: str) -> list[str]:
    """Which selling points the text could not use, and why; and which it should have had and has not."""
    missing = [place for place in ad.controls.must if " ".join(ad.request.selling_points[place].split()) not in text]
    notes = [f"selling_points[{place}] is in must, but no acceptable text has room for it" for place in missing]
    return [*left_out(ad.request.selling_points, ad.points, ad.accepts, ad.controls), *notes]
