"""The judge's labels of PAd-Synth: what scenes show, how titles are put together, what shoppers like. No shop has them.

    labels.parquet    one row per creative
    tastes.parquet    one row per shopper

    labels = open_labels(Path("tiny"))
    labels.creatives["p00017-2"]["family"], labels.taste("u00042")

They serve to score and to describe, never to learn from: `tests/data/test_labels.py` says who may import this module. Data sets
of world 1 have the same labels inside of creatives and users, and are read from there.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from uniadgen.data import tables
from uniadgen.data.layout import Row, iter_rows, open_table, table_path, write_rows
from uniadgen.errors import InputError
from uniadgen.padsynth.shoppers import CreativeIndex, Shopper, Taste, index_columns
from uniadgen.padsynth.specs import CreativeSpec, ProductSpec
from uniadgen.words import quoted

LABELS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),  # of the creative
        pa.field("family", pa.string(), nullable=False),
        pa.field("palette", pa.string(), nullable=False),
        pa.field("light", pa.string(), nullable=False),
        pa.field("decor", pa.string(), nullable=False),
        pa.field("text_style", pa.string(), nullable=False),
        pa.field("posture", pa.string()),  # of the product, as is the view; null in world 1
        pa.field("view", pa.string()),
        pa.field("selling_point_types", pa.list_(pa.string()), nullable=False),
    ]
)
TASTES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),  # of the shopper
        pa.field("taste", pa.string(), nullable=False),  # JSON
        pa.field("kinds", pa.list_(pa.string())),  # of the clicks: taste, gift, one-off; null in world 1
    ]
)
_GROUP_ROWS = 4096
_OF_WORLD_1 = ("id", "family", "palette", "light", "decor", "text_style", "selling_point_types")


@dataclass(frozen=True)
class Labels:
    """creatives: rows of LABELS by id. tastes, kinds: of shoppers, by id. All are empty for data of shops."""

    creatives: dict[str, Row]
    tastes: dict[str, str]
    kinds: dict[str, list[str]]

    def taste(self, shopper: str) -> Taste | None:
        """A shopper's taste; None where nobody knows it. Raises InputError for what is no JSON of one."""
        text = self.tastes.get(shopper)
        return None if text is None else parse_taste(text)


def labels_path(folder: Path) -> Path:
    return folder / "labels.parquet"


def tastes_path(folder: Path) -> Path:
    return folder / "tastes.parquet"


def open_labels(folder: Path) -> Labels:
    """The labels of a data set. Raises InputError for damaged tables."""
    creatives = {row["id"]: row for row in _label_rows(folder)}
    tastes: dict[str, str] = {}
    kinds: dict[str, list[str]] = {}
    for row in _taste_rows(folder):
        tastes[row["id"]] = row["taste"]
        if row["kinds"] is not None:
            kinds[row["id"]] = row["kinds"]
    return Labels(creatives, tastes, kinds)


def _label_rows(folder: Path) -> Iterator[Row]:
    if labels_path(folder).is_file():
        yield from _rows(labels_path(folder), LABELS)
        return
    with open_table(folder, "creatives", ("id",)) as table:
        of_world_1 = set(_OF_WORLD_1) <= set(table.schema.names)
    for row in iter_rows(folder, "creatives", _OF_WORLD_1, 4096) if of_world_1 else ():
        if row["family"] is not None:
            yield {**dict.fromkeys(LABELS.names), **row}


def _taste_rows(folder: Path) -> Iterator[Row]:
    if tastes_path(folder).is_file():
        yield from _rows(tastes_path(folder), TASTES)
        return
    if not table_path(folder, "users").is_file():
        return
    with open_table(folder, "users", ("id",)) as table:
        of_world_1 = "taste" in table.schema.names
    for row in iter_rows(folder, "users", ("id", "taste"), 4096) if of_world_1 else ():
        if row["taste"] is not None:
            yield {**row, "kinds": None}


def _rows(path: Path, schema: pa.Schema) -> Iterator[Row]:
    with tables.open_table(path, schema, schema.names) as table:
        for batch in table.batches(_GROUP_ROWS, schema.names):
            yield from batch.to_pylist()


def parse_taste(text: str) -> Taste:
    """A taste of its JSON. Raises InputError."""
    try:
        return Taste.from_dict(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("tastes: no JSON of a taste; `uniadgen data validate` names its users") from None


def read_index(folder: Path) -> CreativeIndex:
    """The creatives of a PAd-Synth data set as an index for drawing clicks. Raises InputError for data of another kind."""
    labels = open_labels(folder).creatives
    columns = ("id", "product_id", "department", "category", "split")
    rows = [{**row, **labels.get(row["id"], {})} for row in iter_rows(folder, "creatives", columns, 4096)]
    if not all("family" in row for row in rows):
        raise InputError(f"data folder {quoted(folder)}: its creatives have no labels, as only PAd-Synth has")
    names = ("id", "product_id", "department", "category", "family", "palette", "light", "text_style", "split")
    return index_columns(*([row[name] for row in rows] for name in names))


# Writing -----------------------------------------------------------------------------------------------------------------


def label_row(product: ProductSpec, creative: CreativeSpec) -> Row:
    """A creative of PAd-Synth as a row of LABELS."""
    scene = creative.scene
    return {
        "id": creative.id,
        "family": scene.family,
        "palette": scene.palette,
        "light": scene.light,
        "decor": scene.decor,
        "text_style": creative.text_style,
        "posture": product.posture,
        "view": product.view,
        "selling_point_types": [point.type for point in product.selling_points],
    }


def taste_row(shopper: Shopper) -> Row:
    """A shopper of PAd-Synth as a row of TASTES."""
    return {"id": shopper.id, "taste": json.dumps(shopper.taste.as_dict()), "kinds": list(shopper.kinds)}


def write_labels(folder: Path, rows: Iterable[Row]) -> int:
    """Write labels.parquet; returns the number of rows."""
    return write_rows(labels_path(folder), LABELS, rows, _GROUP_ROWS)
