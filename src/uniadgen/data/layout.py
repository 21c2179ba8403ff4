"""Our own data layout: three Parquet tables in a folder, in which every ad is stored once and clicks refer to it by id.

    creatives.parquet   one row per ad: what it shows and says, where the product stands, its picture and its plate
    products.parquet    one row per product: its cut-out
    users.parquet       one row per shopper: clicks with their times, and the target

    for user in iter_rows(Path("tiny"), "users"):           # streamed, whatever the number of users
        for history, target in targets_of(user): ...        # what a model can learn from the clicks of one shopper

They hold what a shop knows, and nothing else: what only the judge of PAd-Synth knows lies beside them (`uniadgen.data.labels`).
`uniadgen.data.build` makes them of renders, `uniadgen data encode` adds the columns of ENCODED.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from uniadgen.ads import Placement
from uniadgen.data import tables
from uniadgen.data.tables import Table
from uniadgen.errors import InputError
from uniadgen.files import make_folder, whole_file
from uniadgen.words import quoted

Row = dict[str, Any]
Fractions = tuple[float, float, float, float]  # left, top, width, height
SPLITS = ("train", "val", "test")
TableName = Literal["creatives", "products", "users"]

CREATIVES = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("department", pa.string()),
        pa.field("category", pa.string()),
        pa.field("scene_id", pa.string()),
        pa.field("text", pa.string(), nullable=False),
        pa.field("description", pa.string(), nullable=False),
        pa.field("selling_points", pa.list_(pa.string()), nullable=False),
        pa.field("placement", pa.list_(pa.float32(), 4)),
        pa.field("ad", pa.binary()),
        pa.field("plate", pa.binary()),
    ]
)
# What training reads instead of pictures; added by uniadgen.data.encoding, in the order of its variants if there are several.
ENCODED = pa.schema(
    [
        pa.field("codes", pa.list_(pa.uint16())),  # image tokens of the plate, or of the ad where there is no plate
        pa.field("click_codes", pa.list_(pa.uint16())),  # image tokens of the ad as a click of a history
        pa.field("foreground", pa.binary()),  # the product on white, RGB, row by row: only its box
        pa.field("foreground_box", pa.list_(pa.uint16(), 4)),  # left, top, width, height in pixels of the model's canvas
        pa.field("text_embedding", pa.list_(pa.float32())),  # of the ad's text
        pa.field("description_embedding", pa.list_(pa.float32())),
    ]
)
PRODUCTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("cutout", pa.binary(), nullable=False),
        pa.field("size_cm", pa.float32()),  # the longest visible side
    ]
)
# What products of a shop's feed have beside these; of others, their ads tell it.
PRODUCT_TEXTS = pa.schema(
    [
        pa.field("title", pa.string()),
        pa.field("description", pa.string()),
        pa.field("selling_points", pa.list_(pa.string())),
    ]
)
USERS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("clicks", pa.list_(pa.struct([("creative", pa.string()), ("time", pa.int64())])), nullable=False),
        pa.field("target", pa.string(), nullable=False),
    ]
)
SCHEMAS: dict[TableName, pa.Schema] = {"creatives": CREATIVES, "products": PRODUCTS, "users": USERS}
# Rows with pictures are written in small groups, so that a reader needs little memory; users are small.
OPTIONAL = frozenset({"size_cm"})  # columns that a table may lack
WORLD_KEY = b"uniadgen.world"  # in the metadata of creatives.parquet
FIRST_TARGET = 5  # clicks before the first that is a training target
GROUP_ROWS: dict[TableName, int] = {"creatives": 64, "products": 64, "users": 4096}


# Tables ------------------------------------------------------------------------------------------------------------------


def table_path(folder: Path, name: TableName) -> Path:
    """Where a table of a data set lies."""
    return folder / f"{name}.parquet"


@contextlib.contextmanager
def rows_writer(path: Path, schema: pa.Schema, group_rows: int) -> Iterator[Callable[[Row], None]]:
    """Add rows to a table one by one; it is put in place as a whole at the end. An old table survives a failure."""
    make_folder(path.parent)
    group: list[Row] = []
    with whole_file(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:

        def add(row: Row) -> None:
            group.append(row)
            if len(group) == group_rows:
                flush()

        def flush() -> None:
            if group:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                group.clear()

        yield add
        flush()


def write_rows(path: Path, schema: pa.Schema, rows: Iterable[Row], group_rows: int) -> int:
    """Stream rows into a table; returns how many there were."""
    count = 0
    with rows_writer(path, schema, group_rows) as add:
        for row in rows:
            add(row)
            count += 1
    return count


def _write(folder: Path, name: TableName, rows: Iterable[Row], metadata: Mapping[bytes, bytes] | None = None) -> int:
    schema = SCHEMAS[name].with_metadata(metadata) if metadata else SCHEMAS[name]
    return write_rows(table_path(folder, name), schema, rows, GROUP_ROWS[name])


def write_creatives(folder: Path, rows: Iterable[Row], world: Mapping[str, Any] | None = None) -> int:
    """Write creatives.parquet from rows with the columns of CREATIVES (missing ones become null); returns their number.

    world: what `world_of` shall say of the data set.
    """
    return _write(folder, "creatives", rows, None if world is None else {WORLD_KEY: json.dumps(world).encode()})


def write_products(folder: Path, rows: Iterable[Row]) -> int:
    """Write products.parquet from rows with the columns of PRODUCTS; returns their number."""
    return _write(folder, "products", rows)


def write_users(folder: Path, rows: Iterable[Row]) -> int:
    """Write users.parquet from rows with the columns of USERS; returns their number."""
    return _write(folder, "users", rows)


def open_table(folder: Path, name: TableName, columns: Sequence[str] | None) -> Table:
    """A table of a data set. Raises InputError for a missing or damaged one, or one without these columns (None: its own)."""
    schema = SCHEMAS[name] if name != "creatives" else pa.schema([*CREATIVES, *ENCODED])
    return tables.open_table(table_path(folder, name), schema, _needed(name) if columns is None else columns)


def split_problem(name: object) -> str | None:
    """What is wrong with the name of a split; None for one of SPLITS."""
    return None if name in SPLITS else f"{quoted(name)} is unknown; use {', '.join(SPLITS)}"


def check_split(name: str, what: str = "argument --split") -> str:
    """The name, if it is one of SPLITS. Raises InputError that starts with `what`."""
    if problem := split_problem(name):
        raise InputError(f"{what}: {problem}")
    return name


def empty_split(folder: Path, split: str, rows: str) -> str:
    """What to say of a data set that has no rows of a kind in a split."""
    return f"argument --split: {quoted(folder)} has no {rows} in its split {split}; name another split"


def _needed(name: TableName) -> list[str]:
    return [column for column in SCHEMAS[name].names if column not in OPTIONAL]


def _columns_of(table: Table, name: TableName) -> list[str]:
    """The columns of the layout that a table has."""
    return [column for column in SCHEMAS[name].names if column not in OPTIONAL or column in table.schema.names]


def check_rows(folder: Path, name: TableName, columns: Sequence[str]) -> None:
    """Read these columns once, so that whoever joins them later meets no damage and no gaps. Raises InputError."""
    with open_table(folder, name, columns) as table:
        for _ in table.batches(2**14, columns):
            pass


def _read(folder: Path, name: TableName, columns: Sequence[str] | None) -> pa.Table:
    with open_table(folder, name, columns) as table:
        return table.read(columns or _columns_of(table, name))


def read_creatives(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The creatives, or only these columns of them (pictures need memory: leave them out where possible)."""
    return _read(folder, "creatives", columns)


def read_products(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The products with their cut-outs."""
    return _read(folder, "products", columns)


def read_users(folder: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All users at once; `iter_rows` streams them."""
    return _read(folder, "users", columns)


def iter_rows(folder: Path, name: TableName, columns: Sequence[str] | None = None, batch_size: int = 256) -> Iterator[Row]:
    """The rows of a table one by one; no more than a row group is in memory."""
    with open_table(folder, name, columns) as table:
        for batch in table.batches(batch_size, columns or _columns_of(table, name)):
            yield from batch.to_pylist()


def targets_of(user: Row) -> Iterator[tuple[list[str], str]]:
    """What can be learnt from a row of the users table: (ids of the clicks so far, id of the ad that was clicked next).

    Every click behind the first FIRST_TARGET is a target, and so is the user's own; an ad is never in its own history.
    """
    clicks = [click["creative"] for click in user["clicks"]]
    ends = [*range(FIRST_TARGET, len(clicks)), len(clicks)] if len(clicks) > FIRST_TARGET else [len(clicks)]
    for end in ends:
        target = clicks[end] if end < len(clicks) else user["target"]
        yield [creative for creative in clicks[:end] if creative != target], target


def world_of(folder: Path) -> dict[str, Any] | None:
    """Version and seed of the PAd-Synth world that a data set was built of; None for other data, and for world 1."""
    with open_table(folder, "creatives", ("id",)) as table:
        description = (table.schema.metadata or {}).get(WORLD_KEY)
    return None if description is None else dict(json.loads(description))


def in_pixels(placement: Fractions, size: tuple[int, int]) -> Placement:
    """The placement on a canvas of this size, edges rounded to whole pixels and kept inside."""
    left, right = (min(round(x * size[0]), size[0]) for x in (placement[0], placement[0] + placement[2]))
    top, bottom = (min(round(y * size[1]), size[1]) for y in (placement[1], placement[1] + placement[3]))
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return Placement(left, top, max(1, right - left), max(1, bottom - top))


def foreground_problem(row: Row) -> str | None:
    """What is wrong with the encoded product of a creative: its pixels must fill its box."""
    pixels, box = row["foreground"], row["foreground_box"]
    if (pixels is None) != (box is None):
        return "pixels and box must both be there, or neither"
    if pixels is not None and (len(box) != 4 or len(pixels) != 3 * box[2] * box[3]):
        return f"{len(pixels)} bytes don't fill its box"
    return None
