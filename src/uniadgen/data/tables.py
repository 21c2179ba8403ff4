"""The one place where Parquet tables are opened: whoever wrote them, their columns come as the layout's plain types.

    with open_table(path, schema, ("id", "clicks")) as table:
        for batch in table.batches(256): ...                # InputError for damage, for odd types, for what is missing

pandas' categories are dictionaries, Polars writes large strings and views, a schema-less writer widens numbers: all of these
hold the same values and are read as if they were written plainly. A column that holds something else is named.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from uniadgen.errors import InputError
from uniadgen.files import in_utf8
from uniadgen.words import quoted

MEND = "build or convert the data set again"
_LIST_ALL = "`uniadgen data validate` lists all problems"
# Arrow's own errors, and what it raises for texts that are no UTF-8 and for sizes that can't be.
_DAMAGE = (pa.ArrowException, OSError, ValueError, OverflowError, IndexError, KeyError, MemoryError)

# Kinds of columns --------------------------------------------------------------------------------------------------------


def plain(kind: pa.DataType) -> pa.DataType:
    """The type without its encoding: a category's values; ordinary texts, bytes and lists in place of large ones and views."""
    if isinstance(kind, pa.BaseExtensionType):
        return plain(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.binary()
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_plain_field(kind.value_field), kind.list_size)
    if _is_list(kind):
        return pa.list_(_plain_field(kind.value_field))
    if pa.types.is_struct(kind):
        return pa.struct([_plain_field(field) for field in kind])
    return kind


def _plain_field(field: pa.Field) -> pa.Field:
    return field.with_type(plain(field.type))


def _is_list(kind: pa.DataType) -> bool:
    checks = ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view", "is_large_list_view")
    return any(getattr(pa.types, check)(kind) for check in checks)


def misfit(kind: pa.DataType, wanted: pa.DataType) -> str | None:
    """What a column of this plain type is in place of what is wanted, or None where its values can be read as that."""
    if pa.types.is_null(kind):
        return None
    if _is_list(wanted) and _is_list(kind):
        inner = misfit(kind.value_type, wanted.value_type)
        return inner and (f"a list of {inner}" if " without " in inner else f"{_named(kind)}, not {_named(wanted)}")
    if pa.types.is_struct(wanted) and pa.types.is_struct(kind):
        if (first := wanted[0].name) not in [field.name for field in kind]:
            return f"entries without {first}"
        for field in wanted:
            there = kind.get_field_index(field.name)
            if there >= 0 and (inner := misfit(kind[there].type, field.type)):
                return f"entries without a fitting {field.name}: {inner}"
        return None
    number = pa.types.is_integer(kind) or (pa.types.is_floating(kind) and pa.types.is_floating(wanted))
    if number and (pa.types.is_integer(wanted) or pa.types.is_floating(wanted)):
        return None
    return None if kind == wanted else f"{_named(kind)}, not {_named(wanted)}"


def _named(kind: pa.DataType) -> str:
    if _is_list(kind):
        return f"a list of {_named(kind.value_type)}"
    for name, check in (
        ("text", pa.types.is_string),
        ("bytes", pa.types.is_binary),
        ("whole numbers", pa.types.is_integer),
        ("numbers", pa.types.is_floating),
        ("true or false", pa.types.is_boolean),
        ("a struct", pa.types.is_struct),
    ):
        if check(kind):
            return name
    return str(kind)


def _fitted(kind: pa.DataType, wanted: pa.DataType) -> pa.DataType:
    """The type that a column of this plain type is cast to: of its own shape, with the wanted kinds of values."""
    if pa.types.is_null(kind):
        return pa.list_(wanted.value_field) if pa.types.is_fixed_size_list(wanted) else wanted
    if _is_list(kind) and _is_list(wanted):
        inner = kind.value_field.with_type(_fitted(kind.value_type, wanted.value_type))
        size = kind.list_size if pa.types.is_fixed_size_list(kind) else -1
        return pa.list_(inner, size) if pa.types.is_fixed_size_list(wanted) and size == wanted.list_size else pa.list_(inner)
    if pa.types.is_struct(kind):
        names = {field.name: field.type for field in wanted}
        return pa.struct(
            [field.with_type(_fitted(field.type, names[field.name])) if field.name in names else field for field in kind]
        )
    return wanted


# Rows --------------------------------------------------------------------------------------------------------------------


def row_findings(batch: pa.RecordBatch, schema: pa.Schema) -> Iterator[tuple[int, str, str]]:
    """What is wrong with the values of these columns, whatever they are about: (row of the batch, field, message).

    Columns that the schema has as not nullable are filled in every row - but for pictures, which a data set may lack - and
    lists have no gaps. Lists of fixed length are boxes; one of shares, the placement, is within the canvas.
    """
    for field in schema:
        at = batch.schema.get_field_index(field.name)
        if at < 0:
            continue
        column = batch.column(at)
        if column.null_count and not field.nullable and not pa.types.is_binary(field.type):
            for row in _rows(column.is_null()):
                yield row, field.name, "missing"
        if _is_list(field.type) and len(column) > column.null_count:
            yield from _list_findings(column, field)


def _list_findings(column: pa.Array, field: pa.Field) -> Iterator[tuple[int, str, str]]:
    if pa.types.is_fixed_size_list(field.type):
        shares = pa.types.is_floating(field.type.value_type)
        for row, values in enumerate(column.to_pylist()):
            if values is not None and (why := _box_problem(values, field.type.list_size, shares)):
                yield row, field.name, why
        return
    values, inner = column.flatten(), ""
    gaps = values.is_null()
    if pa.types.is_struct(values.type):
        first = field.type.value_type[0].name
        outer, gaps = gaps, pc.struct_field(values, first).is_null()
        inner = f".{first}"
    if not (at := _rows(gaps)):
        return
    owners = pc.list_parent_indices(column).to_numpy()
    for place in at:
        row = int(owners[place])
        index = place - int(np.searchsorted(owners, row))
        whole = inner and outer[place].as_py()
        yield row, f"{field.name}[{index}]{'' if whole else inner}", "missing"


def _box_problem(values: list[float | None], count: int, shares: bool) -> str | None:
    there = [value for value in values if value is not None]
    if len(there) != count or len(values) != count:
        return f"{count} numbers are needed: left, top, width and height"
    left, top, width, height = there
    inside = 0 <= left < 1 and 0 <= top < 1 and 0 < width <= 1 and 0 < height <= 1  # never for what is no number
    return None if inside or not shares else "outside the canvas; left, top, width and height are shares of it, 0 to 1"


def _rows(mask: pa.Array) -> list[int]:
    rows: list[int] = np.flatnonzero(mask.to_numpy(zero_copy_only=False)).tolist()
    return rows


# Tables ------------------------------------------------------------------------------------------------------------------


class Table:
    """An open Parquet table. schema: of all of its columns, as they are read; close it, or use it in a `with`."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """schema: what is wanted of columns with these names; others are only made plain. Raises InputError."""
        self.path, self.wanted = path, schema
        try:
            with in_utf8(path) as named:
                self._file = pq.ParquetFile(named)
        except FileNotFoundError:
            where = f"data folder {quoted(path.parent)}"
            raise InputError(f"{where}: {path.name} is missing; build the data set, or name another folder") from None
        except NotADirectoryError:
            raise InputError(f"data folder {quoted(path.parent)}: it is no folder; name the folder of a data set") from None
        except PermissionError:
            raise InputError(f"{quoted(path)} may not be read; give yourself permission to read it") from None
        except _DAMAGE as error:
            raise InputError(f"{quoted(path)}: no readable Parquet table; {MEND}") from error
        self.metadata: Any = self._file.metadata
        with reading(path):
            stored = self._file.schema_arrow
            fields = [_plain_field(field) for field in stored]
        self.problems: dict[str, str] = {}  # by column
        for number, field in enumerate(fields):
            wanted = schema.field(field.name).type if field.name in schema.names else field.type
            if stored.names.count(field.name) > 1:
                self.problems[field.name] = "there is more than one such column"
            elif why := misfit(field.type, wanted):
                self.problems[field.name] = why
            else:
                fields[number] = field.with_type(_fitted(field.type, wanted))
        self.schema = pa.schema(fields, metadata=stored.metadata)

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @property
    def row_count(self) -> int:
        return int(self.metadata.num_rows)

    def check(self, columns: Sequence[str]) -> None:
        """Raises InputError when one of these columns is missing, or is not of the kind that is wanted."""
        for name in columns:
            if name not in self.schema.names:
                raise InputError(f"{quoted(self.path)}: column {name!r} is missing; {MEND}")
            if name in self.problems:
                raise InputError(f"{quoted(self.path)}, {name}: {self.problems[name]}; {MEND}")

    def batches(self, size: int, columns: Sequence[str], check_rows: bool = True) -> Iterator[pa.RecordBatch]:
        """The rows in order, `size` at a time or fewer. check_rows: raise InputError for the first of `row_findings`."""
        self.check(columns)
        with reading(self.path):
            stored = self._file.iter_batches(size, columns=list(columns))
        start = 0
        while True:
            with reading(self.path):
                batch = next(stored, None)
                batch = batch if batch is None else self._plain(batch.select(list(columns)))
            if batch is None:
                break
            if check_rows:
                self._check_rows(batch, start)
            yield batch
            start += len(batch)
        if start != self.row_count:
            raise InputError(f"{quoted(self.path)}: damaged; it holds fewer rows than it says; {MEND}")

    def group(self, number: int, columns: Sequence[str]) -> pa.Table:
        """A row group, of which there are metadata.num_row_groups."""
        self.check(columns)
        with reading(self.path):
            stored = self._file.read_row_group(number, list(columns)).select(list(columns))
            batches = [self._plain(batch) for batch in stored.to_batches()]
            table = pa.Table.from_batches(batches, self._schema_of(columns))
        if len(table) != self.metadata.row_group(number).num_rows:
            raise InputError(f"{quoted(self.path)}: damaged; it holds fewer rows than it says; {MEND}")
        start = sum(self.metadata.row_group(group).num_rows for group in range(number))
        for batch in table.to_batches():
            self._check_rows(batch, start)
            start += len(batch)
        return table

    def read(self, columns: Sequence[str]) -> pa.Table:
        """All rows of these columns."""
        return pa.Table.from_batches(self.batches(2**16, columns), self._schema_of(columns))

    def ids(self) -> Iterator[str]:
        for batch in self.batches(2**14, ["id"], check_rows=False):
            yield from batch.column("id").to_pylist()

    def _schema_of(self, columns: Sequence[str]) -> pa.Schema:
        return pa.schema([self.schema.field(name) for name in columns])

    def _plain(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        schema = self._schema_of(batch.schema.names)
        columns = [self._cast(column, field) for column, field in zip(batch.columns, schema, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def _cast(self, column: pa.Array, field: pa.Field) -> pa.Array:
        if pa.types.is_list_view(column.type) or pa.types.is_large_list_view(column.type):
            # Arrow reads these into buffers that are an offset short, which neither its check nor its cast can work with.
            return pa.array(column.to_pylist(), field.type)
        column.validate(full=True)  # texts are UTF-8, lists and categories stay within their values
        if column.type == field.type:
            return column
        stored = column.storage if isinstance(column.type, pa.BaseExtensionType) else column
        try:
            return stored.cast(field.type)
        except pa.ArrowException as error:  # such as a number that is too large
            raise InputError(f"{quoted(self.path)}, {field.name}: has values that are no {field.type}; {MEND}") from error

    def _check_rows(self, batch: pa.RecordBatch, start: int) -> None:
        for row, field, message in row_findings(batch, self.wanted):
            raise InputError(f"{quoted(self.path)}, row {start + row}, {field}: {message}; {_LIST_ALL}")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What goes wrong while a table's content is read is damage. Raises InputError."""
    try:
        yield
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(f"{quoted(path)}: damaged or cut short; get it once more, or {MEND}") from error


def open_table(path: Path, schema: pa.Schema, columns: Sequence[str]) -> Table:
    """The table, which has these columns in the kinds of the schema. Raises InputError."""
    table = Table(path, schema)
    try:
        table.check(columns)
    except InputError:
        table.close()
        raise
    return table


def filled(table: Table) -> dict[str, bool]:
    """For each column whether any row has a value there, as far as the file's statistics tell."""
    columns = dict.fromkeys(table.schema.names, False)
    with reading(table.path):
        for group in range(table.metadata.num_row_groups):
            stored = table.metadata.row_group(group)
            for number in range(stored.num_columns):
                column = stored.column(number)
                statistics = column.statistics
                some = statistics is None or statistics.null_count is None or statistics.null_count < column.num_values
                columns[column.path_in_schema.split(".")[0]] |= some
    return columns
