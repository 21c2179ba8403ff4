"""A part of a batch made: the rows of a shard become a table of ads, whoever makes it and wherever.

maker = ShardMaker(generator, Lookup(data), settings)
table = maker.table(rows)               # a row for each, with the ad or with an error
"""

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from uniadgen.ads import Ad, AdRequest, Product
from uniadgen.data.lookup import Lookup
from uniadgen.errors import InputError, lacks_memory
from uniadgen.options import GenerateOptions
from uniadgen.output import Output
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.pipeline.setting import with_words
from uniadgen.request import CheckedRequest, check_request
from uniadgen.typography.brand import Brand

BATCH_PIXELS = 2**26  # that the ads made together may have

ADS = pa.schema(
    [
        pa.field("row", pa.int64()),  # in the file of pairs, from 0
        pa.field("product", pa.string()),
        pa.field("shopper", pa.string()),
        pa.field("seed", pa.int64()),
        pa.field("text", pa.string()),
        pa.field("picture", pa.binary()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("placement", pa.struct([(name, pa.int32()) for name in ("left", "top", "width", "height")])),
        pa.field("sampled_clicks", pa.list_(pa.int32())),
        pa.field("inspection", pa.string()),  # JSON, as in the file of an ad
        pa.field("notes", pa.list_(pa.string())),
        pa.field("typeset", pa.binary()),  # the picture with words in it, if they are wanted and have room
        pa.field("typesetting", pa.string()),  # JSON, as in NAME.typeset.json
        pa.field("model", pa.string()),
        pa.field("error", pa.string()),  # why there is no ad
    ]
)


@dataclass(frozen=True)
class ShardSettings:
    """What is the same for all ads of a batch. most: ads that are made together. brand: the kit that words are set with; kit:
    its digest."""

    options: GenerateOptions
    output: Output
    most: int = 16
    brand: Brand | None = None
    kit: str | None = None


class ShardMaker:
    """Makes ads with one model and one data set. Not thread-safe."""

    def __init__(self, generator: AdGenerator, lookup: Lookup, settings: ShardSettings) -> None:
        self.generator, self.lookup, self.settings = generator, lookup, settings
        self._product: tuple[str, Product, CheckedRequest] | None = None  # the last one: rows of a product stand together

    def table(self, rows: Sequence[dict[str, Any]]) -> pa.Table:
        """The ads of these rows of a plan, in their order."""
        made: list[dict[str, Any]] = [{} for _ in rows]
        waiting: list[tuple[int, CheckedRequest, GenerateOptions]] = []
        for place, row in enumerate(rows):
            try:
                if row["problem"] is not None:
                    raise InputError(row["problem"])
                entry = place, self._request(row), self._options(row)
            except InputError as error:
                made[place] = {"error": str(error)}
                continue
            if waiting and (entry[2] != waiting[0][2] or len(waiting) >= self._room(entry[2])):
                self._make(waiting, rows, made)
                waiting = []
            waiting.append(entry)
        self._make(waiting, rows, made)
        common = ("row", "product", "shopper", "seed")
        return pa.Table.from_pylist(
            [{name: row[name] for name in common} | result for row, result in zip(rows, made, strict=True)], ADS
        )

    def _request(self, row: dict[str, Any]) -> CheckedRequest:
        name = row["product"]
        if self._product is None or self._product[0] != name:
            self._product = None
            product = self.lookup.product(name)
            self._product = name, product, check_request(AdRequest(product))
        _, product, checked = self._product
        return check_request(AdRequest(product, self.lookup.history(row["shopper"])), checked)

    def _options(self, row: dict[str, Any]) -> GenerateOptions:
        if row["width"] is None:
            return self.settings.options
        return dataclasses.replace(self.settings.options, size=(row["width"], row["height"]))

    def _room(self, options: GenerateOptions) -> int:
        return max(1, min(self.settings.most, BATCH_PIXELS // math.prod(options.size)) // options.best_of)

    def _make(
        self,
        waiting: Sequence[tuple[int, CheckedRequest, GenerateOptions]],
        rows: Sequence[dict[str, Any]],
        made: list[dict[str, Any]],
    ) -> None:
        """Make ads together, and where that fails by halves: what one of them meets the others shall not suffer."""
        if not waiting:
            return
        try:
            ads = self.generator.generate_many(
                [request for _, request, _ in waiting],
                seeds=[rows[place]["seed"] for place, _, _ in waiting],
                options=dataclasses.replace(waiting[0][2], typeset=False),
            )
            ads = [
                with_words(ad, request.history, options, self.settings.brand)
                for ad, (_, request, options) in zip(ads, waiting, strict=True)
            ]
        except Exception as error:
            if len(waiting) > 1:
                half = len(waiting) // 2
                self._make(waiting[:half], rows, made)
                self._make(waiting[half:], rows, made)
                return
            reason = str(error) if isinstance(error, InputError) else f"failed ({type(error).__name__})"
            made[waiting[0][0]] = {"error": "out of memory" if lacks_memory(error) else reason}
            return
        for (place, _, _), ad in zip(waiting, ads, strict=True):
            made[place] = self._entry(ad)

    def _entry(self, ad: Ad) -> dict[str, Any]:
        return {
            "text": ad.text,
            "picture": self.settings.output.encoded(ad.image, ad.model),
            "width": ad.image.width,
            "height": ad.image.height,
            "placement": ad.placement.as_dict(),
            "sampled_clicks": [click.index for click in ad.sampled_clicks],
            "inspection": json.dumps(ad.inspection, ensure_ascii=False),
            "notes": ad.notes,
            **self._words(ad),
            "model": ad.model,
        }

    def _words(self, ad: Ad) -> dict[str, Any]:
        if ad.typesetting is None:
            return {}
        picture = self.settings.output.encoded(ad.typesetting.image, ad.model)
        return {"typeset": picture, "typesetting": json.dumps(ad.typesetting.as_dict(), ensure_ascii=False)}
