"""PAd1M files into our layout and back, of any length, in bounded memory, resumable.

    convert_pad1m(Path("train.json"), Path("data"), images=[Path("images")], count=2)
    export_pad1m(Path("data"), Path("again.json"))

Three passes. First the file is read in chunks, by several processes; each chunk leaves its users, and its ads sorted by id and
divided into partitions. Then each partition is merged over all chunks, which leaves every ad once: the creatives, sorted by
id. Last the users are joined in the file's order. All of it lies in OUT/.convert until three finished tables are moved out.
After a kill, chunks that are finished count; the passes behind them are short and done again, with the same bytes as result.
"""

import functools
import hashlib
import heapq
import itertools
import json
import mmap
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import ipc

from uniadgen.data.layout import TableName, check_split, open_table, table_path
from uniadgen.data.pad1m import records as pad1m
from uniadgen.data.pad1m.json_list import CHUNK_BYTES, Chunk, JsonList, map_chunks, open_list, read_chunk, workers
from uniadgen.data.tables import Table
from uniadgen.data.validate import Problem, check_folders, findings, histories, pictures_in, sound
from uniadgen.errors import InputError
from uniadgen.files import in_utf8, locked_folder, make_folder, scratch_folder, whole_file, write_bytes, write_text
from uniadgen.words import quoted

Progress = Callable[[str, int, int], None]
Kind = Literal["ads", "cutouts"]
T = TypeVar("T")

MANIFEST = "convert.json"
SKIPPED = "skipped.jsonl"
_WORK = ".convert"
_VERSION = 2  # of the conversion; another one doesn't resume this one's chunks
_PARTITION_BYTES = 64 * 2**20  # of JSON; merging a partition of its ads takes about twice as much memory
_MOST_PARTITIONS = 256
_USER_GROUP_ROWS = 16384
_PICTURE_GROUP_ROWS = 64
_GROUP_ROWS = 16384
_EXPORTED = 16384  # users whose clicks are looked up at once


@dataclass(frozen=True)
class Summary:
    """What a conversion did: records read and left out, and rows of the three tables."""

    records: int
    skipped: int
    creatives: int
    products: int
    users: int


@dataclass(frozen=True)
class _Job:
    """What decides about the result's bytes. An unfinished conversion is only resumed by the same one."""

    version: int
    source_bytes: int
    source_digest: str
    chunk_bytes: int
    split: str
    images: tuple[str, ...]

    @property
    def partitions(self) -> int:
        return min(_MOST_PARTITIONS, 1 << (self.source_bytes // _PARTITION_BYTES).bit_length())

    def partitions_of(self, kind: Kind) -> int:
        """Cut-outs are far fewer and smaller than ads."""
        return self.partitions if kind == "ads" else max(1, self.partitions // 16)


@dataclass(frozen=True)
class _Part:
    """A chunk that has been read. It begins at byte `begin`; findings: (place in the chunk, field, message) of bad records."""

    begin: int
    next: int
    count: int
    findings: list[tuple[int, str, str]]
    broken: str | None

    @property
    def bad(self) -> int:
        return len({place for place, _, _ in self.findings})


# From PAd1M --------------------------------------------------------------------------------------------------------------


def convert_pad1m(
    path: Path,
    out: Path,
    images: Sequence[Path] = (),
    split: str = "train",
    skip_bad: bool = False,
    count: int = 1,
    progress: Progress | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> Summary:
    """Convert a PAd1M file to a data set in `out`; goes on where an earlier, killed conversion stopped.

    images: folders with the pictures; without any, the data set holds metadata only. split: of all records. count: processes.
    skip_bad: leave bad records out and list their problems in skipped.jsonl, where otherwise the first one is refused.
    progress: called with (pass, done, in all). Raises InputError for bad input, OSError for a full disk.
    """
    check_split(split)
    check_folders(images)
    source = open_list(path)
    job = _Job(_VERSION, path.stat().st_size, _digest(path), chunk_bytes, split, tuple(map(os.path.realpath, images)))
    with locked_folder(out, "is being converted into"):
        if (finished := _finished(out, job, path)) is not None:
            return finished
        return _converted(source, job, path, out, skip_bad, count, progress)


def _converted(
    source: JsonList, job: _Job, path: Path, out: Path, skip_bad: bool, count: int, progress: Progress | None
) -> Summary:
    work = _claim(out, job, path)
    try:
        with workers(count) as pool:
            parts = _read(source, job, work, skip_bad, pool, count, progress)
            counts = {kind: _write_merged(work, parts, job, kind, pool, count, progress) for kind in ("ads", "cutouts")}
    except InputError:
        shutil.rmtree(work, ignore_errors=True)
        raise
    users = _write_users(work, parts, job, progress)
    skipped = sum(part.bad for part in parts)
    summary = Summary(sum(part.count for part in parts), skipped, counts["ads"], counts["cutouts"], users)
    if skipped:
        _write_skipped(work / SKIPPED, parts)
    for name in ("creatives.parquet", "products.parquet", "users.parquet", *([SKIPPED] if skipped else [])):
        if (work / name).exists():  # not when a kill came between these moves
            os.replace(work / name, out / name)
    record = {"from": "pad1m", **asdict(summary), "pictures": bool(job.images), "split": job.split}
    record["source"] = {"bytes": job.source_bytes, "digest": job.source_digest}
    _write_json(out / MANIFEST, record)
    shutil.rmtree(work)
    return summary


def _digest(path: Path, samples: int = 64, size: int = 2**16) -> str:
    """A hash of a file's length and of evenly spread samples; of all of it up to 4 MiB."""
    length = path.stat().st_size
    digest = hashlib.blake2b(str(length).encode(), digest_size=16)
    with open(path, "rb") as file:
        for start in sorted({max(0, (length - size) * i // (samples - 1)) for i in range(samples)}):
            file.seek(start)
            digest.update(file.read(size))
    return digest.hexdigest()


def _finished(out: Path, job: _Job, path: Path) -> Summary | None:
    """The summary of the same conversion when `out` holds its result already."""
    manifest = out / MANIFEST
    try:
        record = json.loads(manifest.read_text("utf-8"))
        same = record["source"] == {"bytes": job.source_bytes, "digest": job.source_digest}
        same &= (record["split"], record["pictures"]) == (job.split, bool(job.images))
        summary = Summary(*(record[name] for name in Summary.__dataclass_fields__))
        if not same or manifest.stat().st_mtime_ns < path.stat().st_mtime_ns:
            raise InputError(f"argument --out: {quoted(out)} holds a data set made of something else; name another folder")
    except FileNotFoundError:
        return None
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"argument --out: {quoted(out)} holds another data set; name another folder") from None
    shutil.rmtree(out / _WORK, ignore_errors=True)
    return summary


def _claim(out: Path, job: _Job, path: Path) -> Path:
    """The folder for unfinished work, made anew or found again. Raises InputError when it, or `out`, holds something else."""
    work = out / _WORK
    wanted = {**json.loads(json.dumps(asdict(job))), "source_changed": path.stat().st_mtime_ns}
    try:
        if (work / "job.json").is_file():
            if json.loads((work / "job.json").read_text("utf-8")) != wanted:
                raise InputError(
                    f"argument --out: {quoted(out)} holds an unfinished conversion of another file, or with other options; "
                    f"delete {quoted(work)} or name another folder"
                )
            return work
        if any(table_path(out, name).exists() for name in ("creatives", "products", "users")):
            raise InputError(f"argument --out: {quoted(out)} holds a data set already; name another folder")
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"argument --out: {quoted(work)} can't be read; delete it or name another folder") from None
    make_folder(work, "argument --out")
    _write_json(work / "job.json", wanted)
    return work


# First pass: chunks ------------------------------------------------------------------------------------------------------


def _read(
    source: JsonList, job: _Job, work: Path, skip_bad: bool, pool: Executor, count: int, progress: Progress | None
) -> list[_Part]:
    parts: list[_Part] = []
    base = 0
    convert = functools.partial(_convert_chunk, work, job)
    for part in map_chunks(source, convert, pool, job.chunk_bytes, functools.partial(_finished_part, work), ahead=2 * count):
        if part.findings and not skip_bad:
            place, field, message = part.findings[0]
            more = "`uniadgen data validate` lists all problems, and --skip-bad leaves bad records out"
            raise InputError(f"{Problem(f'record {base + place}', field, message)}; {more}")
        base += part.count
        if part.broken:
            raise InputError(f"record {base}: {part.broken}; correct the file there")
        parts.append(part)
        if progress is not None:
            progress("reading", part.next - source.begin, source.end - source.begin)
    return parts


def _finished_part(work: Path, begin: int) -> _Part | None:
    """The chunk from before an interruption. Its JSON is written last, so that its tables are there as well."""
    try:
        values = json.loads(_part_path(work, begin, "json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    return _Part(**{**values, "findings": [tuple(finding) for finding in values["findings"]]})


def _part_path(work: Path, begin: int, what: str) -> Path:
    return work / f"part-{begin:015d}.{what}"


def _convert_chunk(work: Path, job: _Job, chunk: Chunk) -> _Part:
    records = read_chunk(chunk)
    pictures = pictures_in(tuple(map(Path, job.images)))
    # Nearly always all records are sound, and then their histories are columns already.
    clicks = sound(records.items) if pictures is None else None
    problems = [] if clicks is not None else list(findings(records.items, pictures))
    bad = {place for place, _ in problems}
    places = [place for place in range(len(records.items)) if place not in bad]
    good = [records.items[place] for place in places] if bad else records.items
    rows = pad1m.rows(good, places, clicks or histories(good))
    part = _Part(chunk.begin, records.next, len(records.items), [(place, *what) for place, what in problems], records.broken)
    for name, partitions in (("clicked", job.partitions), ("ads", job.partitions), ("cutouts", job.partitions_of("cutouts"))):
        tables = _partitioned(getattr(rows, name), partitions, once=name == "clicked")
        _write_batches(_part_path(work, part.begin, name), tables)
    _write_batches(_part_path(work, part.begin, "users"), [rows.users])
    _write_json(_part_path(work, part.begin, "json"), asdict(part))
    return part


def _partitioned(table: pa.Table, partitions: int, once: bool) -> list[pa.Table]:
    """The table sorted by id - rows of one id keep their order - and divided at equal distances among all possible ids.

    once: keep only the first row of each id.
    """
    ids = _ids(table)
    order, first = _firsts(ids)
    if once:
        order = order[first]
    bounds = np.array([(i << 64) // partitions for i in range(1, partitions)], np.uint64)
    cuts = [0, *np.searchsorted(ids["high"][order].astype(np.uint64), bounds).tolist(), len(order)]
    table = table.take(pa.array(order))
    return [table.slice(start, end - start) for start, end in itertools.pairwise(cuts)]


def _ids(table: pa.Table) -> NDArray[np.void]:
    return pad1m.id_numbers(table["id"].combine_chunks())


def _write_batches(path: Path, tables: Sequence[pa.Table]) -> None:
    """Write tables as one record batch each, so that each can be read alone; the file appears as a whole."""
    options = ipc.IpcWriteOptions(compression=None)  # parts live for a minute, and compressing them took a tenth of the time
    with (
        whole_file(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        ipc.new_file(sink, tables[0].schema, options=options) as writer,
    ):
        for table in tables:
            batches = table.combine_chunks().to_batches()
            writer.write_batch(batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema))


def _read_batch(path: Path, index: int) -> pa.RecordBatch:
    with in_utf8(path) as named, pa.OSFile(str(named), "rb") as file, ipc.open_file(file) as reader:
        return reader.get_batch(index)


def _write_json(path: Path, value: object) -> None:
    write_text(path, json.dumps(value, indent=None if path.suffix != ".json" or "part-" in path.name else 2) + "\n")


def _write_skipped(path: Path, parts: Iterable[_Part]) -> None:
    lines = []
    base = 0
    for part in parts:
        for place, field, message in part.findings:
            lines.append(json.dumps(Problem(f"record {base + place}", field, message).as_dict()) + "\n")
        base += part.count
    write_text(path, "".join(lines))


# Second pass: partitions -------------------------------------------------------------------------------------------------


def _write_merged(
    work: Path, parts: list[_Part], job: _Job, kind: Kind, pool: Executor, count: int, progress: Progress | None
) -> int:
    """Merge all partitions and write their table with pictures, if there are any; returns its number of rows."""
    name, schema, field, column = (
        ("creatives", pad1m.CREATIVES, "f_path", "ad")
        if kind == "ads"
        else ("products", pad1m.PRODUCTS, "f_path_trans", "cutout")
    )
    merge = functools.partial(_merge, work, [part.begin for part in parts], job.split, kind)
    folders = tuple(map(Path, job.images))
    rows = 0
    with (
        whole_file(work / f"{name}.parquet") as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd", use_dictionary=["split", "category"]) as writer,
    ):
        for done, merged in enumerate(_in_order(pool, merge, range(job.partitions_of(kind)), 2 * count), 1):
            table = pa.Table.from_batches([_read_batch(merged, 0)], schema)
            rows += len(table)
            size = _PICTURE_GROUP_ROWS if folders else _GROUP_ROWS
            for start in range(0, len(table), size):
                group = table.slice(start, size)
                writer.write_table(_with_pictures(group, folders, field, column) if folders else group)
            if progress is not None:
                progress(f"merging {name}", done, job.partitions_of(kind))
    return rows


def _in_order(pool: Executor, work: Callable[[int], Path], items: Iterable[int], ahead: int) -> Iterator[Path]:
    """The results of work(item), in order, no more than `ahead` of them waiting."""
    remaining = iter(items)
    pending: list[Future[Path]] = [pool.submit(work, item) for item in itertools.islice(remaining, ahead)]
    while pending:
        result = pending.pop(0).result()
        pending += [pool.submit(work, item) for item in itertools.islice(remaining, 1)]
        yield result


def _merge(work: Path, begins: list[int], split: str, kind: Kind, partition: int) -> Path:
    """Merge a partition over all chunks: of each id the earliest described ad, or else one that was only clicked.

    Writes the table, and for later records that describe an ad differently a line [chunk, row, what differs].
    """

    def read(what: str) -> list[pa.RecordBatch]:
        return [_read_batch(_part_path(work, begin, what), partition) for begin in begins]

    if kind == "cutouts":
        table = _table(read("cutouts"), pad1m.CUTOUTS)
        order, first = _firsts(_ids(table))
        final = pad1m.cutouts_table(table.take(pa.array(order[first])), split)
    else:
        described = read("ads")
        begin_of = np.repeat(begins, list(map(len, described)))
        ads, clicked = _table(described, pad1m.ADS), _table(read("clicked"), pad1m.CLICKED)
        # Described ads come before all that were only clicked, and chunks are in order.
        order, first = _firsts(np.concatenate([_ids(ads), _ids(clicked)]))
        kept = order[first]
        again = ~first & (order < len(ads))
        keepers = kept[np.cumsum(first) - 1][again]
        _write_conflicts(work / f"conflicts-{partition:03d}.jsonl", ads, order[again], keepers, begin_of)
        final = pad1m.creatives_table(_of_both(ads, clicked, kept), split)
    path = work / f"merged-{kind}-{partition:03d}"
    _write_batches(path, [final])
    return path


def _table(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(batches, schema).combine_chunks()


def _firsts(ids: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """What sorts the ids, and which of the sorted ones are the first of their kind."""
    order = pad1m.id_order(ids)
    first = np.ones(len(ids), bool)
    first[1:] = ids[order[1:]] != ids[order[:-1]]
    return order, first


def _of_both(ads: pa.Table, clicked: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """Rows of both tables in this order, those of `clicked` numbered behind those of `ads`; what isn't known is null."""
    either, described = pa.array(rows), pa.array(rows, mask=rows >= len(ads))
    table = pa.concat_tables([ads.select(clicked.column_names), clicked]).combine_chunks().take(either)
    for name, column in zip(ads.column_names, ads.columns, strict=True):
        if name not in table.column_names:
            table = table.append_column(name, column.take(described))
    return table


def _write_conflicts(
    path: Path, ads: pa.Table, rows: NDArray[np.int64], keepers: NDArray[np.int64], begins: NDArray[np.int64]
) -> None:
    """For each of `rows` whose description isn't that of its keeper: [chunk, row in the chunk, what differs], in that order."""
    one = ads.take(pa.array(rows))
    numbers = one["row"].to_pylist()
    differing = pad1m.differences(one, ads.take(pa.array(keepers)))
    lines = sorted((int(begins[rows[at]]), numbers[at], at) for at in differing)
    write_bytes(path, b"".join(pad1m.encode([begin, row, differing[at]]) + b"\n" for begin, row, at in lines))


def _with_pictures(table: pa.Table, folders: tuple[Path, ...], field: str, column: str) -> pa.Table:
    pictures = pictures_in(folders)
    assert pictures is not None
    contents: list[bytes | None] = []
    for name, path in zip(table["id"].to_pylist(), table[field].to_pylist(), strict=True):
        file = pictures.find(path) if path else None
        if path and file is None:
            raise InputError(f"creative {name}, {field}: the picture has gone since the file was read; convert it again")
        contents.append(file.read_bytes() if file else None)
    return table.set_column(table.schema.get_field_index(column), table.schema.field(column), pa.array(contents, pa.binary()))


# Third pass: users -------------------------------------------------------------------------------------------------------


def _write_users(work: Path, parts: list[_Part], job: _Job, progress: Progress | None) -> int:
    """Join the users of all chunks in the file's order; returns how many there are."""
    conflicts = heapq.merge(*(_conflicts(work / f"conflicts-{p:03d}.jsonl") for p in range(job.partitions_of("ads"))))
    waiting = next(conflicts, None)

    def groups() -> Iterator[tuple[int, pa.Table]]:
        """Of some chunks: how many have been read by then, and their users."""
        nonlocal waiting
        base = 0
        group: list[pa.Table] = []
        for number, part in enumerate(parts, 1):
            table = pa.Table.from_batches([_read_batch(_part_path(work, part.begin, "users"), 0)])
            extra: dict[int, dict[str, Any]] = {}
            while waiting is not None and waiting[0] == part.begin:
                extra[waiting[1]] = waiting[2]
                waiting = next(conflicts, None)
            group.append(_users_table(table, base, extra, job.split))
            base += part.count
            if sum(map(len, group)) >= _USER_GROUP_ROWS or number == len(parts):
                yield number, pa.concat_tables(group).combine_chunks()
                group = []

    rows = 0
    with (
        whole_file(work / "users.parquet") as temporary,
        pq.ParquetWriter(temporary, pad1m.USERS, compression="zstd", use_dictionary=["split", "fields"]) as writer,
    ):
        for number, table in _one_ahead(groups()):
            writer.write_table(table)
            rows += len(table)
            if progress is not None:
                progress("writing users", number, len(parts))
    return rows


def _one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; while one is in use, a thread makes the next: Arrow needs the interpreter for neither."""
    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(next, items, None)
        while (item := future.result()) is not None:
            future = thread.submit(next, items, None)
            yield item


def _conflicts(path: Path) -> Iterator[tuple[int, int, dict[str, Any]]]:
    with open(path, "rb") as file:
        for line in file:
            begin, row, fields = msgspec.json.decode(line)
            yield begin, row, fields


def _users_table(table: pa.Table, base: int, conflicts: dict[int, dict[str, Any]], split: str) -> pa.Table:
    """The users of a chunk. base: records before the chunk; conflicts: more fields for `extra`, by row."""
    rows, extra = table["row"].to_pylist(), table["extra"].combine_chunks()
    if conflicts:
        both = zip(extra.to_pylist(), map(conflicts.get, rows), strict=True)
        extra = pa.array([_joined(old, new) if new else old for old, new in both], pa.string())
    ids = pa.array([user_id(base + row) for row in rows], pa.string())
    return pad1m.users_table(table, ids, extra, split)


def user_id(record: int) -> str:
    """The id of the shopper of a record, counted from 0."""
    return f"r{record:08d}"


def _joined(one: str | None, other: dict[str, Any]) -> str:
    return pad1m.encode({**(msgspec.json.decode(one) if one else {}), **other}).decode()


# To PAd1M ----------------------------------------------------------------------------------------------------------------


_PAD1M_ONLY: tuple[tuple[TableName, str], ...] = (("users", "fields"), ("creatives", "f_path"))  # columns


def export_pad1m(folder: Path, out: Path, progress: Progress | None = None) -> int:
    """Write a converted data set as a PAd1M file again, every field of every record; returns the number of records.

    The file appears as a whole. Raises InputError for a folder without a data set converted from PAd1M, and for unknown ids.
    """
    users, creatives = table_path(folder, "users"), table_path(folder, "creatives")
    for name, needed in _PAD1M_ONLY:
        with open_table(folder, name, ["id"]) as table:
            if needed not in table.schema.names:
                raise InputError(f"data folder {quoted(folder)} was not converted from PAd1M; name one that was")
    make_folder(out.parent, "argument --out")
    written = 0
    with (
        whole_file(out, "argument --out") as temporary,
        scratch_folder(temporary.parent) as scratch,
        Table(users, pad1m.USERS) as table,
        temporary.open("wb") as sink,
    ):
        ads = _Ads(creatives, scratch)
        total = table.row_count
        for batch in table.batches(_EXPORTED, _USER_COLUMNS):
            for record in _records(batch, ads):
                sink.write(b",\n" if written else b"[\n")
                sink.write(pad1m.encode(record))
                written += 1
            if progress is not None:
                progress("writing records", written, total)
        sink.write(b"\n]\n" if written else b"[]\n")
    return written


_USER_COLUMNS = ("id", "clicks", "target", "fields", "extra")


class _Ads:
    """The creatives of a converted data set, found by id: 12 bytes of memory each, everything else in a file."""

    COLUMNS = tuple(name for name in pad1m.CREATIVES.names if name in (*pad1m.ADS.names, "category", "description"))

    def __init__(self, creatives: Path, scratch: Path) -> None:
        path = scratch / "creatives"
        starts, ids = [0], []
        with Table(creatives, pad1m.CREATIVES) as table, pa.OSFile(str(path), "wb") as sink:
            schema = pa.schema([table.schema.field(name) for name in self.COLUMNS])
            with ipc.new_file(sink, schema) as writer:
                for batch in table.batches(2**15, self.COLUMNS):
                    ids.append(pad1m.text_ids(batch.column("id"))[0])
                    starts.append(starts[-1] + len(batch))
                    writer.write_batch(batch)
        stored = np.concatenate(ids) if ids else np.zeros(0, pad1m.ID)
        self._high, self._low = stored["high"].astype(np.uint64), stored["low"].astype(np.uint32)
        self._order: NDArray[np.int64] | None = None
        if np.any(self._high[1:] < self._high[:-1]):  # not as they were converted
            self._order = np.argsort(self._high, kind="stable")
            self._high, self._low = self._high[self._order], self._low[self._order]
        self._starts = np.array(starts)
        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        self._batches = ipc.open_file(pa.py_buffer(self._map))

    def rows(self, ids: pa.StringArray) -> NDArray[np.int64]:
        """Where these ads stand; -1 for an unknown id."""
        wanted, proper = pad1m.text_ids(ids)
        high, low = wanted["high"].astype(np.uint64), wanted["low"].astype(np.uint32)
        if not len(self._high):
            return np.full(len(ids), -1)
        at = np.searchsorted(self._high, high)
        while True:  # once; a second time when two ids begin with the same 8 bytes
            here = np.minimum(at, len(self._high) - 1)
            alike = (at < len(self._high)) & (self._high[here] == high)
            further = alike & (self._low[here] != low)
            if not further.any():
                break
            at[further] += 1
        rows = here if self._order is None else self._order[here]
        return np.where(alike & proper, rows, -1)

    def take(self, rows: NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
        """Columns of these ads, each one's row read once."""
        different, back = np.unique(rows, return_inverse=True)
        cuts = np.searchsorted(different, self._starts)
        parts = []
        for index, (begin, end) in enumerate(itertools.pairwise(cuts)):
            if end > begin:
                batch = self._batches.get_batch(index).select(list(columns))
                parts.append(batch.take(pa.array(different[begin:end] - self._starts[index])))
                self._map.madvise(mmap.MADV_DONTNEED)  # what was read of the file shall not stay in this process's memory
        schema = pa.schema([self._batches.schema.field(name) for name in columns])
        return pa.Table.from_batches(parts, schema).combine_chunks().take(pa.array(back))


def _records(users: pa.RecordBatch, ads: _Ads) -> Iterator[dict[str, Any]]:
    """The records of some users. Raises InputError for an unknown id."""
    clicks = users.column("clicks")
    lengths = pc.list_value_length(clicks).to_pylist()
    clicked, targets = ads.rows(clicks.flatten().field("creative")), ads.rows(users.column("target"))
    owner = np.repeat(np.arange(len(users)), lengths)
    if unknown := [*owner[clicked < 0].tolist(), *np.flatnonzero(targets < 0).tolist()]:
        user = users.column("id")[unknown[0]].as_py()
        raise InputError(f"user {user}: refers to an unknown id; `uniadgen data validate` lists all problems")
    clicked_ads = ads.take(clicked, ("f_path", "text"))
    paths, texts = iter(clicked_ads["f_path"].to_pylist()), iter(clicked_ads["text"].to_pylist())
    values = clicks.flatten()
    scored = values.type.get_field_index("similarity") >= 0
    similarity = iter(values.field("similarity").to_pylist() if scored else [None] * len(values))
    target_rows = ads.take(targets, _Ads.COLUMNS).to_pylist()
    names = users.column("id").to_pylist()
    rows = zip(names, users.column("fields").to_pylist(), users.column("extra").to_pylist(), target_rows, lengths, strict=True)
    for name, fields, extra, target, count in rows:
        history = (list(itertools.islice(column, count)) for column in (paths, texts, similarity))
        try:
            record = pad1m.record_of(fields, target, extra, *history)
            whole = None not in (record["f_path"], *record["history_images"])
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError):
            whole = False
        if not whole:
            raise InputError(f"user {quoted(name)}: its fields as they came from PAd1M are damaged; convert the data set again")
        yield record
