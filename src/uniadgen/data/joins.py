"""Clicks joined with what they refer to, in bounded memory: DuckDB sorts and joins on disk when a data set is large."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from uniadgen.data.tables import MEND
from uniadgen.errors import InputError
from uniadgen.files import in_utf8, scratch_folder
from uniadgen.words import quoted

MEMORY = "320MB"
THREADS = 2


def table(path: Path, options: str = "") -> str:
    """A Parquet file as a table in a query."""
    return f"read_parquet('{_escaped(path)}'{', ' + options if options else ''})"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


@contextmanager
def joined(folder: Path, query: str, spill: Path | None = None, batch_rows: int = 16384) -> Iterator[Iterator[Any]]:
    """The query's result on the tables of `folder` as Arrow record batches, one by one.

    spill: a folder for what doesn't fit in memory, where nothing is left; the system's temporary folder when None. Raises
    InputError when a table can't be read, OSError when the disk is full.
    """
    import duckdb  # 20 MB that the processes of a conversion don't need

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) if spill is None else scratch_folder(spill) as temporary:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": str(temporary),
        }
        try:
            with in_utf8(folder / "x") as named, duckdb.connect(config=settings) as connection:
                query = query.replace(f"'{_escaped(folder)}/", f"'{_escaped(named.parent)}/")
                yield iter(connection.sql(query).to_arrow_reader(batch_rows))
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise OSError(errno.ENOSPC, "too little disk space to join the tables", str(temporary)) from error
        except duckdb.Error as error:
            raise InputError(
                f"data folder {quoted(folder)}: users.parquet or creatives.parquet is damaged and can't be joined; {MEND}"
            ) from error


def rows(folder: Path, query: str) -> Iterator[dict[str, Any]]:
    """The query's result row by row."""
    with joined(folder, query) as batches:
        for batch in batches:
            yield from batch.to_pylist()
