"""A data set as training reads it: flat arrays on disk, in which example i is found without reading the ones before it.

    store = open_store(Path("data"), text_tokenizer)          # made at the first call, then only opened
    store.row(i), store.foreground(i), store.clicks(user)

Parquet is made for columns and streams; training jumps from a shopper to a dozen creatives. So the encoded columns go once
into a hidden folder beside the tables, as .npy files that are mapped into memory. Nothing here grows with the number of users
but the files.
"""

import hashlib
import json
import os
import shutil
from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from uniadgen.clicks.similarity import hashed_embedder
from uniadgen.data import joins
from uniadgen.data.encoding import encoded_settings, table_digest
from uniadgen.data.layout import (
    ENCODED,
    FIRST_TARGET,
    SPLITS,
    check_rows,
    foreground_problem,
    iter_rows,
    open_table,
    table_path,
)
from uniadgen.errors import InputError
from uniadgen.files import scratch_folder, writing
from uniadgen.model.sequence import ad_text_ids
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.words import quoted

Integers = NDArray[np.integer[Any]]


class Row(NamedTuple):
    """What the decoder is told of a product, and the ad's text: as strings, since instructions add words of their own."""

    description: str
    selling_points: list[str]
    text: str


class Store:
    """Creatives are numbered as in creatives.parquet, users as in users.parquet. One of `open_texts` has codes of no
    length, and no boxes."""

    def __init__(self, folder: Path, users: Path | None) -> None:
        self.folder, self.users = folder, users
        self.settings: dict[str, Any] = json.loads((folder / "settings.json").read_text())
        # codes [creatives, variants * crops, tokens], a variant's crops side by side; click_codes [creatives, variants, tokens]
        self.codes, self.click_codes = self._array("codes"), self._array("click_codes")
        self.splits, self.boxes = self._array("split"), self._array("box")
        self.embeddings = self._array("embeddings")  # [creatives, 2, dimensions]: of the text, of the description
        self._text, self._text_at = self._array("text"), self._array("text_at")
        self._words_at, self._foreground_at = self._array("words_at"), self._array("foreground_at")
        self._files: dict[tuple[int, str], BinaryIO] = {}

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def pictured(self) -> bool:
        return bool(self.settings["scales"])

    def _array(self, name: str, folder: Path | None = None) -> NDArray[Any]:
        mapped: NDArray[Any] = np.load((folder or self.folder) / f"{name}.npy", mmap_mode="r")
        return mapped.view(np.ndarray)  # still mapped; a memmap would take a microsecond for every slice to become one too

    def _read(self, name: str, at: Integers, row: int) -> bytes:
        """Read rather than mapped: pictures of a whole data set would otherwise stay in the process's memory."""
        key = os.getpid(), name  # a forked worker must not share a position with its parent
        if key not in self._files:
            self._files[key] = open(self.folder / name, "rb", buffering=0)  # noqa: SIM115 - open as long as the store
        return os.pread(self._files[key].fileno(), int(at[row + 1] - at[row]), int(at[row]))

    def derived(self, name: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """An array that follows from the store, made at the first call and kept beside it, then only mapped."""
        place = self.folder.parent / f"{self.folder.name}-{name}"
        return self._array(name, made_folder(place, lambda made: np.save(made / f"{name}.npy", make())))

    def text_ids(self, row: int) -> list[int]:
        """The ad's text as the decoder's ids."""
        ids: list[int] = self._text[self._text_at[row] : self._text_at[row + 1]].tolist()
        return ids

    def row(self, row: int) -> Row:
        return Row(*json.loads(self._read("words", self._words_at, row)))

    def foreground(self, row: int) -> NDArray[np.uint8] | None:
        """The product on white within its box, [height, width, 3]; None for a creative without a cut-out."""
        data = self._read("foreground", self._foreground_at, row)
        if not data:
            return None
        return np.frombuffer(data, np.uint8).reshape(int(self.boxes[row, 3]), int(self.boxes[row, 2]), 3)

    def shares(self, rows: Integers | int) -> NDArray[np.float32]:
        """Where products stand: left, top, width, height as shares of the canvas [..., 4]."""
        return self.boxes[rows].astype(np.float32) / np.float32(self.settings["resolution"])

    @cached_property
    def _user_arrays(self) -> dict[str, NDArray[Any]]:
        if self.users is None:
            raise ValueError("opened without users")
        return {name: self._array(name, self.users) for name in ("split", "target", "clicks", "clicks_at")}

    @property
    def user_splits(self) -> NDArray[np.int8]:
        return self._user_arrays["split"]

    def clicks(self, user: int) -> NDArray[np.int64]:
        """A user's clicked creatives, oldest first."""
        arrays = self._user_arrays
        return np.asarray(arrays["clicks"][int(arrays["clicks_at"][user]) : int(arrays["clicks_at"][user + 1])])

    def targets(self, user: int) -> "Targets":
        """What can be learnt from a user; see `layout.targets_of`."""
        return Targets(self.clicks(user), int(self._user_arrays["target"][user]))

    def similarity(self, clicks: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """Product similarity of clicked ads to the product of an ad."""
        cosine: NDArray[np.float64] = self.embeddings[clicks, 0].astype(np.float64) @ self.embeddings[target, 1].astype(
            np.float64
        )
        return cosine


class Targets(Sequence[tuple[int, NDArray[np.int64]]]):
    """(a clicked creative, the clicks before it), one for each click of a user that can be learnt from."""

    def __init__(self, clicks: NDArray[np.int64], target: int) -> None:
        self.clicks, self.target = clicks, target
        self.first = min(FIRST_TARGET, len(clicks))

    def __len__(self) -> int:
        return len(self.clicks) - self.first + 1

    def __getitem__(self, number: Any) -> Any:
        end = self.first + range(len(self))[number]
        return int(self.clicks[end]) if end < len(self.clicks) else self.target, self.clicks[:end]


def open_store(folder: Path, tokenizer: TextTokenizer, with_users: bool = True) -> Store:
    """The store of an encoded data set; stores of earlier versions of its tables are removed.

    Raises InputError.
    """
    return _opened(folder, tokenizer, encoded_settings(folder), with_users)


def open_texts(folder: Path, tokenizer: TextTokenizer) -> Store:
    """The store of a data set of which only texts and clicks are read; pictures, if it has any, need no encoding.

    Raises InputError.
    """
    return _opened(folder, tokenizer, None, with_users=True)


def _opened(folder: Path, tokenizer: TextTokenizer, settings: dict[str, Any] | None, with_users: bool) -> Store:
    """settings: how pictures were encoded; None: only texts are wanted."""
    digest = table_digest(table_path(folder, "creatives"))
    words = hashlib.sha256(tokenizer.tokenizer.to_str().encode()).hexdigest()[:12]
    _remove_others(folder, digest)
    name = f".store-{digest}-{'' if settings else 'texts-'}{words}"
    creatives = made_folder(folder / name, lambda made: _write_creatives(folder, made, tokenizer, settings))
    users = None
    if with_users:
        name = f".store-{digest}-users-{table_digest(table_path(folder, 'users'))}"
        users = made_folder(folder / name, lambda made: _write_users(folder, made))
    return Store(creatives, users)


def _remove_others(folder: Path, digest: str) -> None:
    """Stores of other versions of the table creatives."""
    for old in folder.glob(".store-*"):
        if not old.name.startswith(f".store-{digest}"):
            shutil.rmtree(old, ignore_errors=True)


def made_folder(place: Path, make: Callable[[Path], None]) -> Path:
    """The folder, made as a whole or not at all."""
    if not place.is_dir():
        with scratch_folder(place.parent) as temporary:
            with writing(place):
                make(temporary)
            try:
                temporary.rename(place)
            except OSError:
                if not place.is_dir():  # another process was quicker
                    raise
    return place


class _Ragged:
    """A file of items of any length one after the other; `finish` says where each begins, in units of `item` bytes."""

    def __init__(self, path: Path, item: int = 1) -> None:
        self.file, self.item, self.at = open(path, "wb", buffering=2**20), item, array("q", [0])  # noqa: SIM115 - see finish

    def add(self, data: bytes) -> None:
        self.file.write(data)
        self.at.append(self.at[-1] + len(data) // self.item)

    def finish(self) -> NDArray[np.int64]:
        self.file.close()
        return np.frombuffer(self.at, np.int64)


class _Column:
    """A .npy file that grows without being held in memory."""

    def __init__(self, made: Path, name: str, dtype: type[np.generic]) -> None:
        self.path, self.dtype = made / f"{name}.npy", np.dtype(dtype)
        self.raw = self.path.with_suffix(".bin")
        self.file = open(self.raw, "wb", buffering=2**20)  # noqa: SIM115 - see finish

    def add(self, values: Any) -> None:
        self.file.write(np.asarray(values, self.dtype).tobytes())

    def finish(self, *shape: int) -> None:
        self.file.close()
        values = np.memmap(self.raw, self.dtype, "r") if self.raw.stat().st_size else np.zeros(0, self.dtype)
        np.save(self.path, values.reshape(shape or (-1,)))
        del values
        self.raw.unlink()


def _write_creatives(folder: Path, made: Path, tokenizer: TextTokenizer, settings: dict[str, Any] | None) -> None:
    """settings: how pictures were encoded; None: only texts are wanted."""
    pictured = settings is not None
    settings = settings or {"variants": 1, "crops": 1, "scales": [], "resolution": 1}
    columns = ("id", "split", "text", "description", "selling_points", *(ENCODED.names if pictured else ()))
    words, foregrounds, text_at = _Ragged(made / "words"), _Ragged(made / "foreground"), array("q", [0])
    texts, splits, boxes = (
        _Column(made, name, dtype) for name, dtype in (("text", np.uint32), ("split", np.int8), ("box", np.uint16))
    )
    codes, click_codes = _Column(made, "codes", np.uint16), _Column(made, "click_codes", np.uint16)
    embeddings = _Column(made, "embeddings", np.float16)
    count, lengths = 0, dict[str, int]()
    for row in iter_rows(folder, "creatives", columns, 64):
        if not pictured:
            alike = hashed_embedder([row["text"], row["description"]])
            row |= dict.fromkeys(ENCODED.names) | {"text_embedding": alike[0], "description_embedding": alike[1]}
        for name in ("codes", "click_codes") if pictured else ():
            length = len(row[name] or ())
            if length != lengths.setdefault(name, length) or not length or length % settings["variants"]:
                raise InputError(f"creative {quoted(row['id'])}, {name}: {length} entries don't fit; {_ENCODE_AGAIN}")
        if why := foreground_problem(row):
            raise InputError(f"creative {quoted(row['id'])}, foreground: {why}; {_ENCODE_AGAIN}")
        ids = ad_text_ids(tokenizer, row["text"])
        texts.add(ids)
        text_at.append(text_at[-1] + len(ids))
        words.add(json.dumps([row["description"], row["selling_points"], row["text"]]).encode())
        embeddings.add(np.stack([row["text_embedding"], row["description_embedding"]]))
        foregrounds.add(row["foreground"] or b"")
        codes.add(row["codes"] or [])
        click_codes.add(row["click_codes"] or [])
        splits.add(_split(row["split"], f"creative {quoted(row['id'])}"))
        boxes.add(row["foreground_box"] or [0, 0, 0, 0])
        count += 1
    if not count:
        raise InputError(f"data folder {quoted(folder)}: it has no creatives; build or convert the data set again")
    for ragged, name in ((words, "words_at"), (foregrounds, "foreground_at")):
        np.save(made / f"{name}.npy", ragged.finish())
    np.save(made / "text_at.npy", np.frombuffer(text_at, np.int64))
    texts.finish()
    splits.finish()
    boxes.finish(count, 4)
    for column, name, views in (
        (codes, "codes", settings["variants"] * settings["crops"]),
        (click_codes, "click_codes", settings["variants"]),
    ):
        column.finish(count, views, lengths.get(name, 0) // views)
    embeddings.finish(count, 2, -1)
    (made / "settings.json").write_text(json.dumps(settings))


_ENCODE_AGAIN = "drop the columns of `uniadgen data encode` and run it again"


def _split(name: str, what: str) -> int:
    if name not in SPLITS:
        raise InputError(f"{what}: split {quoted(name)} is unknown; use {', '.join(SPLITS)}")
    return SPLITS.index(name)


def _write_users(folder: Path, made: Path) -> None:
    users = table_path(folder, "users")
    check_rows(folder, "creatives", ["id"])
    check_rows(folder, "users", ["split", "target", "clicks"])
    with open_table(folder, "users", ["clicks"]) as table:
        count = table.row_count
    numbered = f"known AS (SELECT id, file_row_number AS place FROM {joins.table(table_path(folder, 'creatives'), _NUMBERED)})"
    clicks = f"""
        WITH {numbered}, r AS (
            SELECT file_row_number AS n, unnest(clicks) AS click, unnest(range(len(clicks))) AS pos
            FROM {joins.table(users, _NUMBERED)}
        )
        SELECT n, c.place AS place
        FROM r LEFT JOIN known AS c ON c.id = r.click.creative ORDER BY n, pos"""
    targets = f"""
        WITH {numbered}
        SELECT u.split AS split, t.place AS place FROM {joins.table(users, _NUMBERED)} AS u
        LEFT JOIN known AS t ON t.id = u.target ORDER BY u.file_row_number"""
    where = _Column(made, "clicks", np.int64)
    lengths = np.zeros(count, np.int64)
    with joins.joined(folder, clicks, made) as batches:
        for batch in batches:
            where.add(_places(folder, batch.column("place")))
            np.add.at(lengths, batch.column("n").to_numpy(), 1)
    where.finish()
    splits, rows = _Column(made, "split", np.int8), _Column(made, "target", np.int64)
    with joins.joined(folder, targets, made) as batches:
        for batch in batches:
            splits.add([_split(name, "a user") for name in batch.column("split").to_pylist()])
            rows.add(_places(folder, batch.column("place")))
    splits.finish()
    rows.finish()
    np.save(made / "clicks_at.npy", np.concatenate([[0], np.cumsum(lengths)]))


_NUMBERED = "file_row_number = true"


def _places(folder: Path, column: Any) -> NDArray[np.int64]:
    if column.null_count:
        raise InputError(
            f"data folder {quoted(folder)}: users name creatives that it does not have; run `uniadgen data validate`"
        )
    places: NDArray[np.int64] = column.to_numpy(zero_copy_only=False).astype(np.int64)
    return places


def of_split(splits: NDArray[np.int8], names: Iterable[str]) -> NDArray[np.int64]:
    """The numbers of all items of these splits, in order."""
    return np.flatnonzero(np.isin(splits, [SPLITS.index(name) for name in names])).astype(np.int64)
