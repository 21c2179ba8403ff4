"""What a model draws for the shoppers of a data set: for a training that learns from it (`training/completion.py`)."""

from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from uniadgen.ads import AdRequest
from uniadgen.console import print_line
from uniadgen.data.layout import iter_rows
from uniadgen.data.lookup import Lookup
from uniadgen.errors import InputError
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.words import quoted

BATCH = 16


def drawn_tokens(data: Path, count: int, model: UnifiedModel, tokenizer: TextTokenizer) -> Tensor:
    """Image tokens [N, tokens] of an ad for each of the first shoppers of the split train, N at most `count`.

    Raises InputError for a data set without such shoppers.
    """
    lookup, generator = Lookup(data), AdGenerator(model, tokenizer)
    product_of = {row["id"]: row["product_id"] for row in iter_rows(data, "creatives", ("id", "product_id"))}
    rows = iter_rows(data, "users", ("id", "split", "target"))
    users = islice((row for row in rows if row["split"] == "train" and row["target"] in product_of), count)
    shoppers = {row["id"]: product_of[row["target"]] for row in users}
    if not shoppers:
        raise InputError(f"data folder {quoted(data)}: it has no shoppers of the split train, for whom pictures could be drawn")
    names, drawn = list(shoppers), list[Tensor]()
    for start in range(0, len(names), BATCH):
        part = names[start : start + BATCH]
        requests = [AdRequest(lookup.product(shoppers[name]), lookup.history(name)) for name in part]
        drawn += generator.draw(requests, seeds=range(start, start + len(part)))
        if start % (10 * BATCH) == 0:
            print_line(f"drawn {len(drawn):,} of {len(names):,}", flush=True)
    return torch.stack(drawn)
