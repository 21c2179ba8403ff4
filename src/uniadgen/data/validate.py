"""What is wrong with PAd1M records and with data sets in our layout, by record and field.

    for problem in validate_pad1m(Path("train.json"), [Path("images")]):      # streamed, whatever the file's length
        print(problem)          # record 17, history_titles: 15 entries, but 16 in history_images

Problems never contain a shopper's texts or the paths of what they clicked: the record's number and the field lead there.
Records are counted from 0.
"""

import functools
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from uniadgen.cleaning import is_blank, quoted
from uniadgen.data import joins
from uniadgen.data.jsonlist import (
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
from uniadgen.data.layout import iter_rows, read_products, table_path
from uniadgen.errors import InputError
from uniadgen.images import check_picture

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
        problem = _picture_problem(file, lambda: Image.open(file))
        if problem is None:
            self._sound[key % len(self._sound)] = key
        return problem


def check_folders(folders: Sequence[Path]) -> None:
    """Raises InputError when one of --images' folders isn't there."""
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"argument --images: there is no folder {quoted(folder)}; correct the path")


def _picture_problem(source: Path | Image.Image, reopen: Callable[[], Image.Image]) -> str | None:
    """What is wrong with a picture, without its name. Decoded at an eighth where the format allows: damage shows."""
    try:
        check_picture(source, "picture")
        with reopen() as image:
            image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
            image.load()
    except InputError as error:
        for sign in ("pixels", "animated", "may not be read", "is empty"):
            if sign in str(error):
                return {"pixels": "too many or no pixels", "animated": "animated, or has several pages"}.get(sign, sign)
        return "no picture, or a damaged one"
    except Exception:  # decoders raise anything, from SyntaxError to MemoryError, on a damaged file
        return "damaged or cut short"
    return None


def _bytes_problem(data: bytes | None) -> str | None:
    if not data:
        return "empty"
    try:
        with Image.open(io.BytesIO(data)) as image:
            return _picture_problem(image, lambda: Image.open(io.BytesIO(data)))
    except Exception:
        return "no picture, or a damaged one"


# PAd1M records -----------------------------------------------------------------------------------------------------------


def record_findings(record: object, pictures: Pictures | None = None) -> list[Finding]:
    """Everything that is wrong with one entry of a PAd1M list, as (field, message); an empty list when it is fine."""
    if type(record) is dict and pictures is None and _is_sound(record):
        return []
    if isinstance(record, Malformed):
        return [("", record.reason)]
    if not isinstance(record, dict):
        return [("", f"an object is needed, not {_kind(record)}")]
    found: list[Finding] = []
    if isinstance(record, Lenient):
        found += [
            ("" if unstorable(name) else name, why) for name, value in record.items() if (why := unstorable([name, value]))
        ]
        if found:
            return found
    for name in (*REQUIRED_TEXTS, *OPTIONAL_TEXTS):
        value = record.get(name)
        if name in REQUIRED_TEXTS and name not in record:
            found.append((name, "missing"))
        elif not isinstance(value, str) and (name in REQUIRED_TEXTS or value is not None):
            found.append((name, f"a text is needed, not {_kind(value)}"))
        elif isinstance(value, str) and name == "gt_title_cn" and any(map(is_blank, value.split(TITLE_SPLIT))):
            found.append((name, "an empty title"))
        elif isinstance(value, str) and name in REQUIRED_TEXTS and is_blank(value):
            found.append((name, "empty"))
    for name in ("width", "height"):
        value = record.get(name)
        if value is not None and (type(value) is not int or value < 1):
            found.append((name, "a positive whole number is needed"))
    found += _history_findings(record)
    if pictures is not None:
        found += [(field, why) for field, path in _named_pictures(record) if (why := pictures.problem(path))]
    return found


def _is_sound(record: dict[str, Any]) -> bool:
    """Whether a record is certainly fine. Fast, and shy: a record that it doubts may still be fine."""
    try:
        images, titles, own = record["history_images"], record["history_titles"], record["gt_title_cn"]
        similarity: Any = record.get("text_similarity")
        return (
            type(images) is type(titles) is list
            and len(images) == len(titles)
            and set(map(type, images)) <= {str}
            and all(images)
            and set(map(type, titles)) <= {str}
            and all(title[:1].isalnum() or not is_blank(title) for title in titles)
            and (
                (similarity is None and "text_similarity" not in record)
                or (
                    len(similarity) == len(titles)
                    and set(map(type, similarity)) <= {float}
                    and (not similarity or (min(similarity) >= -1 and max(similarity) <= 1))
                )
            )
            and own[0].isalnum()
            and TITLE_SPLIT not in own
            and record["sku_title_cn"][0].isalnum()
            and record["f_path"][0].isalnum()
            and record["f_path"] not in images
            and set(map(type, map(record.get, REQUIRED_TEXTS))) == {str}
            and set(map(type, map(record.get, OPTIONAL_TEXTS))) <= {str, type(None)}
            and type(record.get("width", 1)) is type(record.get("height", 1)) is int
            and min(record.get("width", 1), record.get("height", 1)) > 0
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        return False


def _history_findings(record: dict[str, Any]) -> Iterator[Finding]:
    lists: dict[str, list[Any]] = {}
    for name in HISTORY_FIELDS:
        if name not in record:
            if name != "text_similarity":  # the similarities can be filled in later
                yield name, "missing"
        elif not isinstance(record[name], list):
            yield name, f"a list is needed, not {_kind(record[name])}"
        else:
            lists[name] = record[name]
    for name in HISTORY_FIELDS[1:]:
        if "history_images" in lists and name in lists and len(lists[name]) != len(lists["history_images"]):
            yield name, f"{len(lists[name])} entries, but {len(lists['history_images'])} in history_images"
    for name in HISTORY_FIELDS[:2]:
        for index, value in enumerate(lists.get(name, ())):
            if not isinstance(value, str):
                yield f"{name}[{index}]", f"a text is needed, not {_kind(value)}"
            elif is_blank(value):
                yield f"{name}[{index}]", "empty"
            elif name == "history_images" and value == record.get("f_path"):
                yield f"{name}[{index}]", "the target's own ad is in its history"
            elif name == "history_titles" and TITLE_SPLIT in value and any(map(is_blank, value.split(TITLE_SPLIT))):
                yield f"{name}[{index}]", "an empty title"
    for index, value in enumerate(lists.get("text_similarity", ())):
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"text_similarity[{index}]", f"a number is needed, not {_kind(value)}"
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


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "an object")


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
    findings = [
        (place, field, message)
        for place, item in enumerate(records.items)
        for field, message in record_findings(item, pictures)
    ]
    return _Checked(records.next, len(records.items), findings, records.broken)


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
    """All problems of a data set in our layout: ids, texts, pictures, similarities. Raises InputError for unreadable tables."""
    for name in ("creatives", "users"):
        if not table_path(folder, name).is_file():
            raise InputError(f"data folder {quoted(folder)}: {name}.parquet is missing; name the folder of a data set")
    products = set(read_products(folder, ["id"])["id"].to_pylist()) if table_path(folder, "products").is_file() else set()
    yield from _repeated(folder)
    for row in iter_rows(folder, "creatives", ["id", "product_id", "text", "description", "ad", "plate"], 64):
        where = f"creative {row['id']}"
        if is_blank(row["text"]):
            yield Problem(where, "text", "empty")
        if row["product_id"] and row["product_id"] not in products:
            yield Problem(where, "product_id", "unknown id")
        for column in ("ad", "plate"):
            if row[column] is not None and (why := _bytes_problem(row[column])):
                yield Problem(where, column, why)
    if products:
        for row in iter_rows(folder, "products", ["id", "cutout"], 64):
            if row["cutout"] is not None and (why := _bytes_problem(row["cutout"])):
                yield Problem(f"product {row['id']}", "cutout", why)
    yield from _user_problems(folder)


def _repeated(folder: Path) -> Iterator[Problem]:
    for name in ("creatives", "products", "users"):
        path = table_path(folder, name)
        if path.is_file():
            for row in joins.rows(folder, f"SELECT id FROM {joins.table(path)} GROUP BY id HAVING count(*) > 1 ORDER BY id"):
                yield Problem(f"{name[:-1]} {row['id']}", "id", "is there more than once")


def _user_problems(folder: Path) -> Iterator[Problem]:
    users = table_path(folder, "users")
    similarity = "c.similarity" if joins.has_similarity(users) else "NULL"
    query = f"""
        WITH u AS (SELECT file_row_number AS n, id, target, clicks FROM {joins.table(users, "file_row_number = true")}),
        refs AS (
            SELECT n, -1 AS pos, id, target AS creative, NULL AS similarity, target FROM u
            UNION ALL
            SELECT n, pos, id, c.creative, {similarity} AS similarity, target
            FROM (SELECT n, id, target, unnest(clicks) AS c, unnest(range(len(clicks))) AS pos FROM u)
        ),
        known AS (SELECT DISTINCT id FROM {joins.table(table_path(folder, "creatives"))})
        SELECT refs.n, pos, refs.id, known.id IS NULL AS unknown, pos >= 0 AND creative = target AS own,
               coalesce(NOT (similarity BETWEEN -{MOST_SIMILAR} AND {MOST_SIMILAR}), false) AS far
        FROM refs LEFT JOIN known ON known.id = refs.creative
        WHERE known.id IS NULL OR own OR far
        ORDER BY refs.n, pos"""
    for row in joins.rows(folder, query):
        where, click = f"user {row['id']}", f"clicks[{row['pos']}]"
        if row["unknown"]:
            yield Problem(where, "target" if row["pos"] < 0 else f"{click}.creative", "unknown id")
        if row["own"]:
            yield Problem(where, f"{click}.creative", "the target's own ad is in its history")
        if row["far"]:
            yield Problem(where, f"{click}.similarity", "outside -1 to 1")
