"""Clicks joined with what they refer to, in bounded memory: DuckDB sorts and joins on disk when a data set is large."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from uniadgen.errors import InputError
from uniadgen.words import quoted

MEMORY = "320MB"
THREADS = 2


def table(path: Path, options: str = "") -> str:
    """A Parquet file as a table in a query."""
    name = str(path).replace("'", "''")
    return f"read_parquet('{name}'{', ' + options if options else ''})"


def has_similarity(users: Path) -> bool:
    """Whether the clicks of a users table have a column for their product similarity."""
    clicks = pq.read_schema(users).field("clicks").type.value_type
    return bool(clicks.get_field_index("similarity") >= 0)


@contextmanager
def joined(folder: Path, query: str, batch_rows: int = 16384) -> Iterator[Iterator[Any]]:
    """The query's result as Arrow record batches, one by one. folder: where DuckDB may spill; nothing is left there.

    Raises InputError when a table can't be read, OSError when the disk is full.
    """
    import duckdb  # 20 MB that the processes of a conversion don't need

    spill = Path(tempfile.mkdtemp(prefix=".joins-", dir=folder))
    try:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": str(spill),
        }
        with duckdb.connect(config=settings) as connection:
            yield iter(connection.sql(query).to_arrow_reader(batch_rows))
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise OSError(f"joining the tables of {quoted(folder)} failed; there may be too little disk space") from error
    except duckdb.Error as error:
        raise InputError(
            f"data folder {quoted(folder)}: its tables can't be joined; convert or build the data set again"
        ) from error
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def rows(folder: Path, query: str) -> Iterator[dict[str, Any]]:
    """The query's result row by row."""
    with joined(folder, query) as batches:
        for batch in batches:
            yield from batch.to_pylist()
