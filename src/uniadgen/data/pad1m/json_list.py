"""A JSON list of any length, read in chunks by several processes; no more than a few chunks are ever in memory.

    source = open_list(Path("train.json"))
    with workers(2) as pool:
        for batch in map_chunks(source, work, pool):    # work(chunk) calls read_chunk(chunk) and returns a Done
            ...

Where a record ends is known for certain only after all before it has been parsed, so chunks are cut on suspicion: at a comma
that looks as if it stood between two records. The parser proves it. A chunk that starts where a record starts, and that is a
valid list between brackets, ends where a record ends, because no JSON value is a proper prefix of another one's tokens. When
the proof fails, the chunk is scanned bracket by bracket, and whatever was cut behind it is cut anew. Where chunks end
thus depends on the file alone, never on the number of processes or on an interruption.
"""

import gc
import json
import math
import multiprocessing
import os
import re
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import msgspec

from uniadgen.errors import InputError
from uniadgen.files import open_json
from uniadgen.strictjson import RepeatedKey, unrepeated
from uniadgen.words import quoted

CHUNK_BYTES = 8 * 2**20
MAX_RECORD_BYTES = 64 * 2**20
_WINDOW = 2**18  # in which a cut is looked for
_EDGE = 2**16  # at most this much white space surrounds the list
_MOST_DEPTH = 100

_SPACE = re.compile(rb"[ \t\r\n]*+")
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["{}\[\]]', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\[\]{}\"]++")
_ANY_RECORD = re.compile(rb"\}[ \t\r\n]*+(,)[ \t\r\n]*+\{")


class Lenient(dict[str, Any]):
    """A record that only Python's lenient parser reads: it holds numbers or texts that strict JSON doesn't allow."""


@dataclass(frozen=True)
class Malformed:
    """In place of a record that can't be used. reason: why, without any of its content. field: where it is wrong, if known."""

    reason: str
    field: str = ""


@dataclass(frozen=True)
class JsonList:
    """Where the list's content lies in the file: from the byte after its opening bracket to its closing one."""

    path: Path
    begin: int
    end: int


@dataclass(frozen=True)
class Chunk:
    """Whole records of a list: from byte `begin` to the comma at `cut` (presumably; None: unknown, at least `size` bytes)."""

    path: Path
    begin: int
    cut: int | None
    end: int
    size: int

    @property
    def next(self) -> int | None:
        """Where the next chunk begins, if the cut is right."""
        return None if self.cut is None else min(self.cut + 1, self.end)


@dataclass(frozen=True)
class Records:
    """What a chunk holds. next: where the next one begins. broken: why nothing can be read from there on, or None."""

    items: list[Any]
    next: int
    broken: str | None = None


class Done(Protocol):
    """What `map_chunks` needs to know about a chunk that has been worked on."""

    @property
    def next(self) -> int: ...


DoneT = TypeVar("DoneT", bound=Done)


# Opening and cutting -----------------------------------------------------------------------------------------------------


def open_list(path: Path) -> JsonList:
    """Find the list's brackets. Raises InputError for what is no readable file or doesn't begin and end like a JSON list."""
    name = quoted(path)
    with open_json(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(_EDGE)
        file.seek(max(0, size - _EDGE))
        tail = file.read()
    first = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    while first < len(head) and head[first] in b" \t\r\n":
        first += 1
    if first == len(head):
        raise InputError(f"{name} is empty; a JSON list of records is needed")
    if head[first] != ord("["):
        raise InputError(f"{name} is no JSON list; PAd1M is a list of records, [{{...}}, {{...}}]")
    tail = tail.rstrip(b" \t\r\n")
    end = max(0, size - _EDGE) + len(tail) - 1
    if not tail.endswith(b"]") or end <= first:
        raise InputError(f"{name} doesn't end with the list's closing bracket; it may be cut short: get it once more")
    return JsonList(path, first + 1, end)


def _opening_patterns(file: BinaryIO, source: JsonList) -> tuple[re.Pattern[bytes], ...]:
    """Commas between records: those before an object that begins with the first record's first key, else before any object."""
    file.seek(source.begin)
    first = re.match(rb'[ \t\r\n]*\{[ \t\r\n]*("(?:[^"\\]|\\.)*"[ \t\r\n]*:)', file.read(_EDGE))
    return (re.compile(_ANY_RECORD.pattern + rb"[ \t\r\n]*+" + re.escape(first[1])), _ANY_RECORD) if first else (_ANY_RECORD,)


def _cut(file: BinaryIO, source: JsonList, begin: int, size: int, patterns: tuple[re.Pattern[bytes], ...]) -> int | None:
    if source.end - begin <= size:
        return source.end
    file.seek(begin + size)
    window = file.read(min(_WINDOW, source.end - begin - size))
    for pattern in patterns:
        if match := pattern.search(window):
            return begin + size + match.start(1)
    return source.end if begin + size + len(window) == source.end else None


def map_chunks(
    source: JsonList,
    work: Callable[[Chunk], DoneT],
    pool: Executor,
    size: int = CHUNK_BYTES,
    finished: Callable[[int], DoneT | None] = lambda begin: None,
    ahead: int = 4,
) -> Iterator[DoneT]:
    """The results of work(chunk) for all chunks, in the file's order.

    finished: the result for the chunk that begins at a byte when it is known already, from before an interruption.
    ahead: how many chunks are in work at once. Raises OSError when a worker process dies.
    """
    pending: deque[tuple[Chunk, Future[DoneT]]] = deque()
    position, planned = source.begin, source.begin  # what has been handed out, and what will be cut next (-1: unknown)
    with open(source.path, "rb") as file:
        patterns = _opening_patterns(file, source)
        while position < source.end:
            if not pending and (earlier := finished(position)) is not None:
                position = planned = earlier.next
                yield earlier
                continue
            while 0 <= planned < source.end and len(pending) < ahead:
                chunk = Chunk(source.path, planned, _cut(file, source, planned, size, patterns), source.end, size)
                pending.append((chunk, pool.submit(work, chunk)))
                planned = -1 if chunk.next is None else chunk.next
            chunk, future = pending.popleft()
            try:
                done = future.result()
            except BrokenProcessPool:
                raise OSError("a worker process died; there may be too little memory") from None
            if done.next != chunk.next:  # the cut was wrong, so all that follow are
                for _, stale in pending:
                    stale.cancel()
                pending.clear()
                planned = done.next
            position = done.next
            yield done


# Reading one chunk -------------------------------------------------------------------------------------------------------


def read_chunk(chunk: Chunk) -> Records:
    """Parse the records of a chunk. They are dicts if all is well, Lenient, Malformed, or whatever else the list holds."""
    with open(chunk.path, "rb") as file:
        if chunk.cut is not None:
            file.seek(chunk.begin)
            try:
                data = b"[" + file.read(chunk.cut - chunk.begin) + b"]"
                items = msgspec.json.decode(data)
                if not _surely_unrepeated(data, items):
                    items = _marked(data, items)
                return Records(items, min(chunk.cut + 1, chunk.end))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                pass
        return _scan(file, chunk)


def _scan(file: BinaryIO, chunk: Chunk) -> Records:
    """Read record by record, finding each one's end by its brackets and quotes, up to the first end beyond the chunk's size."""
    whole = chunk.end - chunk.begin
    file.seek(chunk.begin)
    data = file.read(min(whole, chunk.size + _WINDOW))
    items: list[Any] = []
    position = 0
    while True:
        position = _after_space(data, position)
        end = _value_end(data, position, len(data) == whole)
        if end is not None:
            comma = _after_space(data, end)
        if end is None or (comma == len(data) < whole):
            if len(data) - position > MAX_RECORD_BYTES:
                return Records(items, chunk.end, f"longer than {MAX_RECORD_BYTES // 2**20} MiB, or a quote is not closed")
            if len(data) < whole:
                data += file.read(min(len(data), whole - len(data)))
                continue
            why = "nothing follows the last comma" if position == whole else "a bracket or a quote is not closed"
            return Records(items, chunk.end, why)
        if end == position:
            return Records(items, chunk.end, f"a record should begin at byte {chunk.begin + position}")
        items.append(_parse(data[position:end]))
        if comma == whole:
            return Records(items, chunk.end)
        if data[comma] != ord(","):
            return Records(items, chunk.end, f"a comma should stand before it, at byte {chunk.begin + comma}")
        position = comma + 1
        if position >= chunk.size and _after_space(data, position) < whole:
            return Records(items, chunk.begin + position)


def _after_space(data: bytes, position: int) -> int:
    match = _SPACE.match(data, position)
    return match.end() if match else position


def _value_end(data: bytes, start: int, final: bool) -> int | None:
    """Where the value that begins at `start` ends; `start` when none does; None when it doesn't end in `data`."""
    if start == len(data):
        return None
    if data[start] not in b'{["':
        match = _SCALAR.match(data, start)
        end = match.end() if match else start
        return end if final or end < len(data) else None
    depth = 0
    for token in _TOKEN.finditer(data, start):
        first = data[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            depth -= 1
        elif token.end() == token.start() + 1:  # a quote that nothing closes
            return None
        if depth <= 0:
            return token.end()
    return None


def _parse(data: bytes) -> Any:
    try:
        value = msgspec.json.decode(data)
        return value if _surely_unrepeated(data, [value]) else _marked(b"[" + data + b"]", [value])[0]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_Pairs.of)
        if repeated := _repeated(value):
            return repeated
    except UnicodeDecodeError as error:
        return Malformed(f"not UTF-8 (byte {error.start} of the record)")
    except json.JSONDecodeError as error:
        return Malformed(f"not JSON (character {error.pos} of the record: {error.msg})")
    except (RecursionError, ValueError):  # nested thousands deep, or a number of thousands of digits
        return Malformed("nested too deeply, or a number is too long")
    return Lenient(value) if isinstance(value, dict) else value


# Keys that stand twice: both parsers silently keep the last value ---------------------------------------------------------


class _Pairs(dict[str, Any]):
    """An object whose pairs had this key more than once."""

    key: str

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        try:
            return unrepeated(pairs)
        except RepeatedKey as error:
            parsed = cls(pairs)
            parsed.key = error.key
            return parsed


def _surely_unrepeated(data: bytes, items: list[Any]) -> bool:
    """Whether there are as many keys in the text as in what was parsed of it. Fast, and shy: False where that is in doubt.

    A key ends with a quote and a colon. The same pair stands in a text that begins with a colon, which leads to doubt, and in
    one with an escaped quote before a colon, which is taken off.
    """
    # Looking for a single byte first is far faster, and a file without indentation has no line breaks.
    spaced = any(space in data and space + b":" in data for space in (b"\t", b"\n", b"\r", b" "))
    if b'\\\\":' in data or (spaced and _SPACED.search(data)):
        return False
    keys = data.count(b'":') - data.count(b'\\":')
    return keys == sum(map(_keys, items)) or keys == sum(map(_all_keys, items))


_SPACED = re.compile(rb'"[ \t\r\n]+:')


def _keys(value: Any) -> int:
    """The keys in a value, or some of them: a list that begins with a text or a number is taken for one of such."""
    if type(value) is dict:
        return len(value) + sum(_keys(inner) for inner in value.values() if type(inner) in _CONTAINERS and inner)
    if type(value) is list and value and type(value[0]) in _CONTAINERS:
        return sum(map(_keys, value))
    return 0


_CONTAINERS = frozenset((dict, list))


def _all_keys(value: Any) -> int:
    if type(value) is dict:
        return len(value) + sum(map(_all_keys, value.values()))
    if type(value) is list and not _CONTAINERS.isdisjoint(map(type, value)):
        return sum(map(_all_keys, value))
    return 0


def _marked(data: bytes, items: list[Any]) -> list[Any]:
    """The items of this JSON list, with Malformed in place of those in which a key stands twice."""
    pairs = json.loads(data.decode("utf-8"), object_pairs_hook=_Pairs.of)
    return [_repeated(pair) or item for pair, item in zip(pairs, items, strict=True)]


def _repeated(record: Any) -> Malformed | None:
    if isinstance(record, _Pairs):
        return Malformed("stands there more than once", record.key if not unstorable(record.key) else "")
    if isinstance(record, dict):
        return next((Malformed("a key inside stands there more than once", k) for k, v in record.items() if _inside(v)), None)
    return Malformed("a key inside stands there more than once") if _inside(record) else None


def _inside(value: Any) -> bool:
    if isinstance(value, dict):
        return isinstance(value, _Pairs) or any(map(_inside, value.values()))
    return isinstance(value, list) and any(map(_inside, value))


def unstorable(value: object, depth: int = 0) -> str | None:
    """Why a value that the lenient parser read is no strict JSON, or None when it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return "a number is not finite"
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return "a text holds half a surrogate pair"
    if isinstance(value, dict | list):
        if depth == _MOST_DEPTH:
            return f"nested more than {_MOST_DEPTH} deep"
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        return next((why for part in inner if (why := unstorable(part, depth + 1))), None)
    return None


# Processes ---------------------------------------------------------------------------------------------------------------


class _Here(Executor):
    """An executor that works at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def workers(count: int) -> Iterator[Executor]:
    """An executor of this many processes; with one, the work is done in this process. Nothing outlives the block, nor us."""
    if count <= 1:
        yield _Here()
        return
    context = multiprocessing.get_context("spawn")  # threads of Arrow don't survive a fork
    reader, writer = context.Pipe(duplex=False)
    with reader, ProcessPoolExecutor(count, context, _end_with_parent, (reader,)) as pool:
        try:
            yield pool
        except BaseException:
            writer.close()  # the processes end now, not after their present chunk
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown(cancel_futures=True)
        writer.close()


def _end_with_parent(reader: Connection) -> None:
    """End this process as soon as the pipe's other end is closed, be it on purpose or because our parent was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and closes the pipe
    gc.disable()  # records form no cycles, and looking for some among all their lists takes a fifth of the time

    def wait() -> None:
        try:
            reader.recv_bytes()
        except (EOFError, OSError):
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
