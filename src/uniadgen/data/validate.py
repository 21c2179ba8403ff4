"""What is wrong with PAd1M records and with data sets in our layout, by record and field.

    for problem in validate_pad1m(Path("train.json"), [Path("images")]):      # streamed, whatever the file's length
        print(problem)          # record 17, history_titles: 15 entries, but 16 in history_images

Problems never contain a shopper's texts or the paths of what they clicked: the record's number and the field lead there.
Records are counted from 0.
"""

import collections
import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from uniadgen.data import joins, tables
from uniadgen.data.labels import LABELS, TASTES, labels_path, parse_taste, tastes_path
from uniadgen.data.layout import OPTIONAL, SCHEMAS, Row, TableName, foreground_problem, open_table, split_problem, table_path
from uniadgen.data.pad1m.json_list import (
    CHUNK_BYTES,
    Chunk,
    Lenient,
    Malformed,
    map_chunks,
    open_list,
    read_chunk,
    unstorable,
    workers,
)
from uniadgen.data.tables import Table, filled, row_findings
from uniadgen.errors import InputError, kind_of
from uniadgen.imaging.loading import PictureError, check_whole_picture
from uniadgen.words import is_blank, quoted

TITLE_SPLIT = "<title_split>"
HISTORY_FIELDS = ("history_images", "history_titles", "text_similarity")
REQUIRED_TEXTS = ("f_path", "sku_title_cn", "gt_title_cn")
OPTIONAL_TEXTS = ("f_path_trans", "f_path_white", "f_ocr_path", "caption", "cid3_english_name", "word_list")
MOST_SIMILAR = 1 + 1e-4  # cosines computed with 32 or 16 bits may exceed 1 by rounding

Finding = tuple[str, str]  # the field, and what is wrong with it


@dataclass(frozen=True)
class Problem:
    """One defect. where: "record 17", "user r00000017", "creative 3f2a...". field: its name, with an index inside a list."""

    where: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}, {self.field}: {self.message}" if self.field else f"{self.where}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        return {"where": self.where, "field": self.field, "problem": self.message}


# Pictures ----------------------------------------------------------------------------------------------------------------


class Pictures:
    """The pictures that records name, looked up in some folders and decoded once.

    A path is looked for in each folder as it stands, and then by its file name alone; nothing outside of them is opened.
    """

    def __init__(self, folders: Sequence[Path], remembered: int = 2**21) -> None:
        self.folders = folders
        # The hash of each sound picture in one of so many slots: memory stays the same however many pictures there are.
        self._sound = np.zeros(remembered, np.int64)

    def find(self, path: str) -> Path | None:
        """The file of a picture, or None."""
        parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
        if not parts or ".." in parts or "\0" in path:
            return None
        for folder in self.folders:
            for candidate in (folder.joinpath(*parts), folder / parts[-1]):
                try:
                    if candidate.is_file():
                        return candidate
                except (OSError, ValueError):  # a name too long, or one that the file system doesn't know
                    continue
        return None

    def problem(self, path: str) -> str | None:
        """What is wrong with a picture, or None."""
        key = hash(path) or 1
        if self._sound[key % len(self._sound)] == key:
            return None
        file = self.find(path)
        if file is None:
            return "there is no such picture"
        problem = _picture_problem(file)
        if problem is None:
            self._sound[key % len(self._sound)] = key
        return problem


def check_folders(folders: Sequence[Path]) -> None:
    """Raises InputError when one of --images' folders isn't there."""
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"argument --images: there is no folder {quoted(folder)}; correct the path")


def _picture_problem(source: Path | bytes) -> str | None:
    """What is wrong with a picture, without its name."""
    try:
        check_whole_picture(source, "picture")
    except PictureError as error:
        return error.problem
    return None


def _bytes_problem(data: bytes | None) -> str | None:
    return "missing" if data is None else _picture_problem(data)


# PAd1M records -----------------------------------------------------------------------------------------------------------


def findings(records: Sequence[object], pictures: Pictures | None = None) -> Iterator[tuple[int, Finding]]:
    """Everything that is wrong with the entries of a PAd1M list, with each one's place in it."""
    for place in range(len(records)) if pictures is not None else doubtful(records):
        for finding in record_findings(records[place], pictures):
            yield place, finding


def record_findings(record: object, pictures: Pictures | None = None) -> list[Finding]:
    """Everything that is wrong with one entry of a PAd1M list, as (field, message); an empty list when it is fine."""
    if isinstance(record, Malformed):
        return [(record.field, record.reason)]
    if not isinstance(record, dict):
        return [("", f"an object is needed, not {kind_of(record)}")]
    problems: list[Finding] = []
    if isinstance(record, Lenient):
        problems += [
            ("" if unstorable(name) else name, why) for name, value in record.items() if (why := unstorable([name, value]))
        ]
        if problems:
            return problems
    for name in (*REQUIRED_TEXTS, *OPTIONAL_TEXTS):
        value = record.get(name)
        if name in REQUIRED_TEXTS and name not in record:
            problems.append((name, "missing"))
        elif not isinstance(value, str) and (name in REQUIRED_TEXTS or value is not None):
            problems.append((name, f"a text is needed, not {kind_of(value)}"))
        elif isinstance(value, str) and name == "gt_title_cn" and any(map(is_blank, value.split(TITLE_SPLIT))):
            problems.append((name, "an empty title"))
        elif isinstance(value, str) and name in REQUIRED_TEXTS and is_blank(value):
            problems.append((name, "empty"))
    for name in ("width", "height"):
        value = record.get(name)
        if value is not None and (type(value) is not int or value < 1):
            problems.append((name, "a positive whole number is needed"))
    problems += _history_findings(record)
    if pictures is not None:
        problems += [(field, why) for field, path in _named_pictures(record) if (why := pictures.problem(path))]
    return problems


def _history_findings(record: dict[str, Any]) -> Iterator[Finding]:
    lists: dict[str, list[Any]] = {}
    for name in HISTORY_FIELDS:
        if name not in record:
            if name != "text_similarity":  # the similarities can be filled in later
                yield name, "missing"
        elif not isinstance(record[name], list):
            yield name, f"a list is needed, not {kind_of(record[name])}"
        else:
            lists[name] = record[name]
    for name in HISTORY_FIELDS[1:]:
        if "history_images" in lists and name in lists and len(lists[name]) != len(lists["history_images"]):
            yield name, f"{len(lists[name])} entries, but {len(lists['history_images'])} in history_images"
    for name in HISTORY_FIELDS[:2]:
        for index, value in enumerate(lists.get(name, ())):
            if not isinstance(value, str):
                yield f"{name}[{index}]", f"a text is needed, not {kind_of(value)}"
            elif is_blank(value):
                yield f"{name}[{index}]", "empty"
            elif name == "history_images" and value == record.get("f_path"):
                yield f"{name}[{index}]", "the target's own ad is in its history"
            elif name == "history_titles" and TITLE_SPLIT in value and any(map(is_blank, value.split(TITLE_SPLIT))):
                yield f"{name}[{index}]", "an empty title"
    for index, value in enumerate(lists.get("text_similarity", ())):
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"text_similarity[{index}]", f"a number is needed, not {kind_of(value)}"
        elif not -MOST_SIMILAR <= value <= MOST_SIMILAR:
            yield f"text_similarity[{index}]", "outside -1 to 1"


def _named_pictures(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The pictures that a data set is made of. f_path_white and f_ocr_path are kept as paths only, so they may be missing."""
    for name in ("f_path", "f_path_trans"):
        if isinstance(record.get(name), str) and record[name]:
            yield name, record[name]
    images = record.get("history_images")
    for index, path in enumerate(images if isinstance(images, list) else ()):
        if isinstance(path, str) and not is_blank(path):
            yield f"history_images[{index}]", path


# Many records at once ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Histories:
    """The clicks of some records as columns: lists of paths, titles and similarities (null in records that have none)."""

    images: pa.ListArray
    titles: pa.ListArray
    similarity: pa.ListArray


def histories(records: Sequence[dict[str, Any]]) -> Histories:
    """The clicks of sound records. Raises one of BAD for others, but not for all of them: `sound` tells."""
    images = [record["history_images"] for record in records]
    similarity = [
        record["text_similarity"] if "text_similarity" in record else [None] * len(clicked)
        for record, clicked in zip(records, images, strict=True)
    ]
    values = pa.array(similarity)  # typed by what is there: told to make numbers, Arrow would take true for 1
    if values.type not in (pa.null(), *(pa.list_(kind) for kind in (pa.null(), pa.int64(), pa.float64()))):
        raise TypeError
    return Histories(
        pa.array(images, pa.list_(pa.string())),
        pa.array([record["history_titles"] for record in records], pa.list_(pa.string())),
        values.cast(pa.list_(pa.float64())),
    )


BAD = (KeyError, TypeError, ValueError, OverflowError)  # Arrow's own errors are among these


def sound(records: Sequence[object]) -> Histories | None:
    """The records' clicks if all of them are certainly fine. Fast, and shy: None for records of which one is in doubt.

    records: as strict JSON has them, without NaN and infinite numbers.
    """
    if set(map(type, records)) - {dict}:
        return None
    some = cast(Sequence[dict[str, Any]], records)
    try:
        clicks = histories(some)
        missing = sum(len(record["history_images"]) for record in some if "text_similarity" not in record)
        fine = (
            all({list} >= set(map(type, [record[name] for record in some])) for name in HISTORY_FIELDS[:2])
            and all({list} >= {type(record.get(name, [])) for record in some} for name in HISTORY_FIELDS[2:])
            and not any(record["f_path"] in record["history_images"] for record in some)
            and all(_texts(record[name] for record in some) for name in REQUIRED_TEXTS)
            and not any(TITLE_SPLIT in record["gt_title_cn"] and _blank_title(record["gt_title_cn"]) for record in some)
            and all({str, NoneType} >= {type(record.get(name)) for record in some} for name in OPTIONAL_TEXTS)
            and all({int} >= {type(record.get(name, 1)) for record in some} for name in ("width", "height"))
            and min((record.get(name, 1) for record in some for name in ("width", "height")), default=1) > 0
            and _sound_clicks(clicks, missing)
        )
    except BAD:
        return None
    return clicks if fine else None


def doubtful(records: Sequence[object]) -> Iterator[int]:
    """The places of all records that aren't certainly fine, and of some that are, in order."""
    waiting = [(0, len(records))]
    while waiting:
        begin, end = waiting.pop()
        if sound(records[begin:end]) is not None:
            continue
        if end - begin <= _FEW:
            yield from range(begin, end)
        else:
            middle = (begin + end) // 2
            waiting += [(middle, end), (begin, middle)]


_FEW = 4  # records that are checked one by one rather than divided once more
# First bytes after which a text is surely not blank: visible ASCII, and the lead bytes of U+4000 to U+8FFF, Chinese.
_VISIBLE = np.isin(np.arange(256), [*range(0x21, 0x7F), *range(0xE4, 0xE9)])


def _texts(values: Iterable[object]) -> bool:
    return all(type(value) is str and (value[:1].isalnum() or not is_blank(value)) for value in values)


def _blank_title(titles: str) -> bool:
    return any(map(is_blank, titles.split(TITLE_SPLIT)))


def _sound_clicks(clicks: Histories, missing: int) -> bool:
    """missing: how many similarities may be null."""
    lengths = [pc.list_value_length(column) for column in (clicks.images, clicks.titles, clicks.similarity)]
    if not (lengths[0].equals(lengths[1]) and lengths[0].equals(lengths[2])):
        return False
    similarity = clicks.similarity.flatten()
    extremes = pc.min_max(similarity)
    return (
        similarity.null_count == missing
        and (len(similarity) == missing or (extremes["min"].as_py() >= -1 and extremes["max"].as_py() <= 1))
        and not any(is_blank(text) for column in (clicks.images, clicks.titles) for text in _maybe_blank(column.flatten()))
        and not any(map(_blank_title, with_several(clicks.titles.flatten()).to_pylist()))
    )


def _maybe_blank(texts: pa.StringArray) -> list[str]:
    """Those of some texts that may be blank. Raises TypeError when one is null."""
    if texts.null_count:
        raise TypeError
    if not len(texts):
        return []
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    empty = offsets[1:] == offsets[:-1]
    if empty.any():
        return [""]
    rest: list[str] = texts.filter(pa.array(~_VISIBLE[data[offsets[:-1]]])).to_pylist()
    return rest


def with_several(titles: pa.StringArray) -> pa.StringArray:
    """Those that hold several titles."""
    return titles.filter(pc.match_substring(titles, TITLE_SPLIT))


@dataclass(frozen=True)
class _Checked:
    next: int
    count: int
    findings: list[tuple[int, str, str]]  # the record's place in the chunk, the field, the message
    broken: str | None


@functools.cache
def pictures_in(folders: tuple[Path, ...]) -> Pictures | None:
    """The one Pictures of this process for these folders; None without folders, when pictures are not looked at."""
    return Pictures(folders) if folders else None


def _check_chunk(folders: tuple[Path, ...], chunk: Chunk) -> _Checked:
    records = read_chunk(chunk)
    pictures = pictures_in(folders)
    problems = [(place, field, message) for place, (field, message) in findings(records.items, pictures)]
    return _Checked(records.next, len(records.items), problems, records.broken)


def validate_pad1m(
    path: Path,
    images: Sequence[Path] = (),
    count: int = 1,
    progress: Callable[[int, int], None] | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[Problem]:
    """All problems of a PAd1M file, in its order, as they are found.

    images: folders with the pictures; without any, only the metadata is checked. count: processes.
    progress: called with (bytes done, bytes in all). Raises InputError where nothing can be read any more.
    """
    check_folders(images)
    source = open_list(path)
    base = 0
    with workers(count) as pool:
        for done in map_chunks(source, functools.partial(_check_chunk, tuple(images)), pool, chunk_bytes, ahead=2 * count):
            for place, field, message in done.findings:
                yield Problem(f"record {base + place}", field, message)
            base += done.count
            if done.broken:
                raise InputError(f"record {base}: {done.broken}; correct the file there")
            if progress is not None:
                progress(done.next - source.begin, source.end - source.begin)


# Our layout --------------------------------------------------------------------------------------------------------------


def validate_layout(folder: Path) -> Iterator[Problem]:
    """All problems of a data set in our layout: columns, gaps, ids, texts, pictures, lists, similarities.

    A column of pictures may be empty as a whole (metadata only, no plates), but not here and there. What passes, every other
    command can read. Raises InputError for unreadable tables.
    """
    for name in ("creatives", "users"):
        if not table_path(folder, name).is_file():
            raise InputError(f"data folder {quoted(folder)}: {name}.parquet is missing; name the folder of a data set")
    with contextlib.ExitStack() as stack:
        opened = {
            name: stack.enter_context(open_table(folder, name, ())) for name in SCHEMAS if table_path(folder, name).is_file()
        }
        if "products" not in opened:
            yield Problem("products.parquet", "", "is missing")
        for name, table in opened.items():
            yield from _column_problems(table, SCHEMAS[name])
        for name, table in opened.items():
            if "id" in _usable(table, ["id"]):
                collections.deque(table.ids(), maxlen=0)  # damage is named by whoever reads the table alone
                yield from _repeated(folder, name)
        products: set[str] = set()
        if "products" in opened and "id" in _usable(opened["products"], ["id"]):
            products = set(opened["products"].ids())
        yield from _row_problems(opened["creatives"], _creative_checks(opened["creatives"], products))
        if "products" in opened:
            yield from _row_problems(opened["products"], _product_checks(opened["products"]))
        yield from _row_problems(opened["users"], _user_checks)
        if not any({"id", "target", "clicks", "description"} & set(table.problems) for table in opened.values()) and not (
            {"id", "target", "clicks"} - set(opened["users"].schema.names)
            or {"id", "description"} - set(opened["creatives"].schema.names)
        ):
            yield from _user_problems(folder, opened["users"])
        yield from _label_problems(folder, opened["creatives"], opened["users"])


def _label_problems(folder: Path, creatives: Table, users: Table) -> Iterator[Problem]:
    """Of the judge's tables of PAd-Synth, where they are there: columns, gaps, unknown and missing ids, lists, tastes."""
    for path, schema, owner in ((labels_path(folder), LABELS, creatives), (tastes_path(folder), TASTES, users)):
        if not path.is_file():
            continue
        with tables.open_table(path, schema, ()) as table:
            yield from _column_problems(table, schema)
            if len(_usable(table, schema.names)) < len(schema.names) or "id" not in _usable(owner, ["id"]):
                continue
            points = _point_counts(creatives) if schema is LABELS else {}
            ids = set(owner.ids())
            missing = set(ids)
            for batch in table.batches(4096, schema.names, check_rows=False):
                gaps: dict[int, list[Finding]] = {}
                for number, field, why in row_findings(batch, schema):
                    gaps.setdefault(number, []).append((field, why))
                for number, row in enumerate(batch.to_pylist()):
                    missing.discard(row["id"])
                    where = f"{path.stem} of {row['id']}"
                    if row["id"] is not None and row["id"] not in ids:
                        yield Problem(where, "id", "unknown id")
                    for finding in gaps.get(number) or _label_findings(row, points.get(row["id"])):
                        yield Problem(where, *finding)
            if missing:
                yield Problem(path.name, "id", f"lacks {len(missing):,} ids of {owner.path.name}, such as {min(missing)}")


def _label_findings(row: Row, points: int | None) -> Iterator[Finding]:
    """points: how many selling points the creative has."""
    if points is not None and len(row["selling_point_types"]) != points:
        yield "selling_point_types", f"{len(row['selling_point_types'])} entries, but {points} in selling_points"
    if "taste" in row:
        try:
            parse_taste(row["taste"])
        except InputError:
            yield "taste", "no JSON of a taste"


def _point_counts(creatives: Table) -> dict[str, int]:
    """How many selling points each creative has."""
    if len(_usable(creatives, ("id", "selling_points"))) < 2:
        return {}
    return {
        row["id"]: len(row["selling_points"] or ())
        for batch in creatives.batches(4096, ("id", "selling_points"), check_rows=False)
        for row in batch.to_pylist()
    }


def _column_problems(table: Table, schema: pa.Schema) -> Iterator[Problem]:
    for name in schema.names:
        if name not in table.schema.names and name not in OPTIONAL:
            yield Problem(table.path.name, "", f"column {name} is missing")
    for name, why in table.problems.items():
        yield Problem(table.path.name, name, why)


def _usable(table: Table, columns: Iterable[str]) -> list[str]:
    """Those of some columns that are there and can be read."""
    return [name for name in columns if name in table.schema.names and name not in table.problems]


def _row_problems(table: Table, check: Callable[[Row], Iterator[Finding]]) -> Iterator[Problem]:
    """Gaps in all columns, and what `check` finds wrong with a row; a column that can't be read is None there, as if empty."""
    kind, start = table.path.stem[:-1], 0
    columns = _usable(table, table.wanted.names)
    if not columns:
        return
    nothing = dict.fromkeys(_CHECKED)
    for batch in table.batches(64 if kind != "user" else 4096, columns, check_rows=False):
        gaps: dict[int, list[Finding]] = {}
        for number, field, why in row_findings(batch, table.wanted):
            gaps.setdefault(number, []).append((field, why))
        for number, row in enumerate(batch.select([name for name in _CHECKED if name in columns]).to_pylist()):
            where = f"{kind} in row {start + number}" if row.get("id") is None else f"{kind} {row['id']}"
            for finding in (*gaps.get(number, ()), *check({**nothing, **row})):
                yield Problem(where, *finding)
        start += len(batch)


# Columns that are checked value by value; of the others only gaps are looked for, which is much faster.
_CHECKED = (
    *("id", "split", "product_id", "text", "ad", "plate", "selling_points"),
    *("codes", "click_codes", "foreground", "foreground_box", "cutout"),
)


def _creative_checks(table: Table, products: set[str]) -> Callable[[Row], Iterator[Finding]]:
    some = filled(table)
    boxed = len(_usable(table, ("foreground", "foreground_box"))) == 2
    lengths: dict[str, int] = {}

    def check(row: Row) -> Iterator[Finding]:
        yield from _split_problem(row["split"])
        if row["text"] is not None and is_blank(row["text"]):
            yield "text", "empty"
        if row["product_id"] and row["product_id"] not in products:
            yield "product_id", "unknown id"
        for column in _usable(table, ("ad", "plate")):
            if some[column] and (why := _bytes_problem(row[column])):
                yield column, why
        for column in _usable(table, ("codes", "click_codes")):
            if some[column]:
                count = len(row[column] or ())
                if count != lengths.setdefault(column, count):
                    yield column, f"{count} entries, but {lengths[column]} in the first creative"
        if boxed and (why := foreground_problem(row)):
            yield "foreground", why

    return check


def _product_checks(table: Table) -> Callable[[Row], Iterator[Finding]]:
    some = filled(table)

    def check(row: Row) -> Iterator[Finding]:
        yield from _split_problem(row["split"])
        if some.get("cutout") and "cutout" not in table.problems and (why := _bytes_problem(row["cutout"])):
            yield "cutout", why

    return check


def _user_checks(row: Row) -> Iterator[Finding]:
    yield from _split_problem(row["split"])


def _split_problem(split: str | None) -> Iterator[Finding]:
    if split is not None and (problem := split_problem(split)):
        yield "split", problem


def _repeated(folder: Path, name: TableName) -> Iterator[Problem]:
    table = joins.table(table_path(folder, name))
    query = f"SELECT id FROM {table} WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1 ORDER BY id"
    for row in joins.rows(folder, query):
        yield Problem(f"{name[:-1]} {row['id']}", "id", "is there more than once")


def _user_problems(folder: Path, table: Table) -> Iterator[Problem]:
    users = table_path(folder, "users")
    click = table.schema.field("clicks").type.value_type
    similarity = "c.similarity" if click.get_field_index("similarity") >= 0 else "NULL"
    query = f"""
        WITH u AS (SELECT file_row_number AS n, id, target, clicks FROM {joins.table(users, "file_row_number = true")}),
        refs AS (
            SELECT n, -1 AS pos, id, target AS creative, NULL AS similarity, target FROM u
            UNION ALL
            SELECT n, pos, id, c.creative, {similarity} AS similarity, target
            FROM (SELECT n, id, target, unnest(clicks) AS c, unnest(range(len(clicks))) AS pos FROM u)
        ),
        known AS (
            SELECT id, bool_and(trim(description) = '') AS bare
            FROM {joins.table(table_path(folder, "creatives"))} GROUP BY id
        )
        SELECT refs.n, pos, refs.id, known.id IS NULL AS unknown, pos >= 0 AND creative = target AS own,
               coalesce(NOT (similarity BETWEEN -{MOST_SIMILAR} AND {MOST_SIMILAR}), false) AS far,
               coalesce(pos < 0 AND bare, false) AS bare
        FROM refs LEFT JOIN known ON known.id = refs.creative
        WHERE refs.creative IS NOT NULL AND (known.id IS NULL OR own OR far OR (pos < 0 AND known.bare))
        ORDER BY refs.n, pos"""
    for row in joins.rows(folder, query):
        where = f"user in row {row['n']}" if row["id"] is None else f"user {row['id']}"
        place = f"clicks[{row['pos']}]"
        if row["unknown"]:
            yield Problem(where, "target" if row["pos"] < 0 else f"{place}.creative", "unknown id")
        if row["own"]:
            yield Problem(where, f"{place}.creative", "the target's own ad is in its history")
        if row["far"]:
            yield Problem(where, f"{place}.similarity", "outside -1 to 1")
        if row["bare"]:
            yield Problem(where, "target", "its product has no description")
