"""The pairs of a batch: read from Parquet, CSV or JSON Lines, and laid down in the order of work.

    plan_pairs(Path("pairs.csv"), Path("plan.parquet"), shard_rows=1000)    # rows of one product stand together
    read_shard(Path("plan.parquet"), 3)                                     # the rows of shard 3

A row has `product` and `shopper`, and may have `seed` and `size` (WxH). A row that can't be used is a row with a problem.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from uniadgen.data import joins
from uniadgen.data.tables import Table
from uniadgen.errors import InputError
from uniadgen.files import scratch_folder, whole_file
from uniadgen.options import MAX_SIDE, MIN_SIDE
from uniadgen.rng import MAX_SEED, stream
from uniadgen.strictjson import RepeatedKey, unrepeated
from uniadgen.words import quoted

FIELDS = ("product", "shopper", "seed", "size")
PLAN = pa.schema(
    [
        pa.field("row", pa.int64()),  # in the file of pairs, from 0
        pa.field("product", pa.string()),
        pa.field("shopper", pa.string()),
        pa.field("seed", pa.int64()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("problem", pa.string()),
    ]
)
_COLUMNS = pa.schema([pa.field(name, pa.string()) for name in ("product", "shopper", "size")] + [pa.field("seed", pa.int64())])
_MOST_LINE = 2**20
_GROUP = 2**14


def plan_pairs(pairs: Path, plan: Path, shard_rows: int, seed: int = 0) -> int:
    """Write the plan: a row group for each shard, products together. Returns the number of rows.

    seed: of the batch; a row without one of its own gets one that depends on this, its product and its shopper. Raises
    InputError for a file that can't be read at all, or has no rows.
    """
    with scratch_folder(plan.parent) as scratch:
        unsorted = scratch / "pairs.parquet"
        count = 0
        with pq.ParquetWriter(unsorted, PLAN) as writer:
            group: list[dict[str, Any]] = []
            for number, values in enumerate(_rows(pairs)):
                group.append({"row": number, **_checked(values, seed)})
                count += 1
                if len(group) == _GROUP:
                    writer.write_table(pa.Table.from_pylist(group, PLAN))
                    group.clear()
            writer.write_table(pa.Table.from_pylist(group, PLAN))
        if not count:
            raise InputError(f"argument PAIRS: {quoted(pairs)} has no rows; write a product and a shopper into each")
        query = f"SELECT * FROM {joins.table(unsorted)} ORDER BY product NULLS LAST, width, height, row"
        with whole_file(plan) as temporary, pq.ParquetWriter(temporary, PLAN, compression="zstd") as writer:
            waiting: list[pa.RecordBatch] = []
            with joins.joined(scratch, query, scratch) as batches:
                for batch in batches:
                    waiting.append(batch)
                    table = pa.Table.from_batches(waiting).cast(PLAN)
                    while len(table) >= shard_rows:
                        writer.write_table(table.slice(0, shard_rows), row_group_size=shard_rows)
                        table = table.slice(shard_rows)
                    waiting = table.to_batches()
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting).cast(PLAN), row_group_size=shard_rows)
    return count


def shard_count(plan: Path) -> int:
    with Table(plan, PLAN) as table:
        return int(table.metadata.num_row_groups)


def read_shard(plan: Path, shard: int) -> list[dict[str, Any]]:
    """The rows of a shard. Raises InputError for a damaged plan."""
    with Table(plan, PLAN) as table:
        rows: list[dict[str, Any]] = table.group(shard, PLAN.names).to_pylist()
        return rows


# One row -----------------------------------------------------------------------------------------------------------------


def _checked(values: dict[str, Any] | str, seed: int) -> dict[str, Any]:
    """A row of the plan. values: as read, or what is wrong with the row as a whole."""
    row: dict[str, Any] = dict.fromkeys(PLAN.names[1:])
    if isinstance(values, str):
        return row | {"problem": values}
    for name in ("product", "shopper"):
        value = values.get(name)
        if value == "" or isinstance(value, bool) or not isinstance(value, str | int):
            return row | {"problem": f"{name}: an id is needed"}
        if re.search(r"[\ud800-\udfff]", str(value)):  # JSON can hold half a character, a table can't
            return row | {"problem": f"{name}: the id holds half a character; correct it"}
        row[name] = str(value)
    try:
        row["seed"] = _whole(values.get("seed"), "seed", 0, MAX_SEED)
        row["width"], row["height"] = _size(values.get("size"))
    except InputError as error:
        return row | {"problem": str(error)}
    if row["seed"] is None:
        row["seed"] = stream(seed, "batch", row["product"], row["shopper"]).getrandbits(63)
    return row


def _whole(value: object, name: str, least: int, most: int) -> int | None:
    if value is None or value == "":
        return None
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,19}", text) or not least <= int(text) <= most:
        raise InputError(f"{name}: is no whole number from {least} to {most}")
    return int(text)


def _size(value: object) -> tuple[int | None, int | None]:
    if value is None or value == "":
        return None, None
    match = re.fullmatch(r"([0-9]{1,5})[xX]([0-9]{1,5})", str(value))
    if match is None or not all(MIN_SIDE <= int(side) <= MAX_SIDE for side in match.groups()):
        raise InputError(f"size: is no size; write WxH, {MIN_SIDE} to {MAX_SIDE} pixels each")
    return int(match[1]), int(match[2])


# Files -------------------------------------------------------------------------------------------------------------------


def _rows(path: Path) -> Iterator[dict[str, Any] | str]:
    """The rows of a file by its ending, or for a broken one what is wrong. Raises InputError for the file as a whole."""
    readers = {".csv": _csv_rows, ".jsonl": _json_rows}
    if path.suffix.lower() == ".parquet":
        yield from _parquet_rows(path)
        return
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"argument PAIRS: {quoted(path)} ends in none of .parquet, .csv and .jsonl; name such a file")
    try:
        with path.open("rb") as file:
            yield from reader(file, path)
    except OSError as error:
        raise InputError(f"argument PAIRS: {quoted(path)} can't be read ({error.strerror}); correct the path") from None


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise InputError(f"argument PAIRS: there is no file {quoted(path)}; correct the path")
    with Table(path, pa.schema([])) as table:
        table.check(("product", "shopper"))
        columns = [name for name in FIELDS if name in table.schema.names]
        for batch in table.batches(_GROUP, columns, check_rows=False):
            yield from batch.to_pylist()


def _csv_rows(file: BinaryIO, path: Path) -> Iterator[dict[str, Any] | str]:
    reader = csv.reader(_lines(file, path), strict=True)
    names = [name.strip() for name in next(reader, [])]
    _check_names(names, path)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield f"the line is no CSV ({error})"
            continue
        if cells is None:
            return
        if not cells:
            continue
        if len(cells) != len(names):
            yield f"the line has {len(cells)} cells, not {len(names)}"
            continue
        yield dict(zip(names, cells, strict=True))


def _json_rows(file: BinaryIO, path: Path) -> Iterator[dict[str, Any] | str]:
    for line in _lines(file, path):
        if not line.strip():
            continue
        try:
            values = json.loads(line, object_pairs_hook=unrepeated)
        except RepeatedKey as error:
            yield f"the key {quoted(error.key)} stands there more than once"
            continue
        except (ValueError, RecursionError):
            yield "the line is no JSON"
            continue
        yield values if isinstance(values, dict) else "the line is no JSON object"


def _check_names(names: list[str], path: Path) -> None:
    for name in FIELDS:
        if names.count(name) > 1 or (name not in names and name in FIELDS[:2]):
            problem = "is missing" if name not in names else "stands there twice"
            raise InputError(f"argument PAIRS: {quoted(path)}: the column {name} {problem}; name the columns in the first line")


def _lines(file: BinaryIO, path: Path) -> Iterator[str]:
    """Lines of UTF-8, with or without a byte order mark; what is none becomes a line that no reader takes."""
    first = True
    while line := file.readline(_MOST_LINE):
        if len(line) == _MOST_LINE:
            raise InputError(
                f"argument PAIRS: {quoted(path)} has a line of more than {_MOST_LINE:,} bytes; name a file of pairs"
            )
        try:
            yield line.decode("utf-8-sig" if first else "utf-8")
        except UnicodeDecodeError:
            yield "\0\n"
        first = False
