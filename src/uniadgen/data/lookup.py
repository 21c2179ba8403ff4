"""Products and shoppers of a data set by their ids, one at a time: for a service, and for batches of pairs.

    lookup = Lookup(Path("data"))
    lookup.product("p7"), lookup.history("u12")     # InputError for ids that the data set doesn't have

What is held in memory is a number for each id and the texts of the creatives; pictures are read when somebody looks at them.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import ImageOps

from uniadgen.ads import Click, Product, StoredPicture
from uniadgen.data.layout import TableName, open_table, table_path
from uniadgen.data.tables import Table
from uniadgen.errors import InputError
from uniadgen.imaging.loading import PRODUCT_PIXELS, load_stored
from uniadgen.imaging.placing import visible_part
from uniadgen.words import quoted

GROUPS = 24  # row groups of each table that are kept


class Lookup:
    """A data set that is read by id. Any thread may use it; close it, or let it go with the process."""

    def __init__(self, folder: Path) -> None:
        """Raises InputError for a folder that is no data set."""
        self.folder = folder
        self._lock = RLock()
        self._products = _Rows(folder, "products", ("id", "cutout"), ("description", "selling_points", "size_cm"))
        self._users = self._creatives = None
        if table_path(folder, "users").exists() or table_path(folder, "creatives").exists():
            self._users = _Rows(folder, "users", ("id", "clicks"))
            self._creatives = _Rows(folder, "creatives", ("id", "product_id", "description", "selling_points", "ad"))
            with open_table(folder, "creatives", ("id", "text", "product_id")) as table:
                columns = table.read(("text", "product_id"))
            self._texts = columns.column("text").combine_chunks()
            self._of_product = _Index(columns.column("product_id"))

    def product(self, name: str) -> Product:
        """A product: its cut-out and its texts, which are those of the first of its ads where it has none of its own.

        Raises InputError.
        """
        with self._lock:
            row = self._products.find(name)
            texts = row if row is None or row.get("description") is not None else self._texts_of(name)
        if row is None or texts is None:
            raise InputError(f"product: the data has no product {quoted(name)}; correct the id")
        cutout = load_stored(row["cutout"], f"product {quoted(name)}", PRODUCT_PIXELS).convert("RGBA")
        # a transparent margin, so that a rectangular product is not taken for a photo that has yet to be cut out
        image = ImageOps.expand(visible_part(cutout), 1, (0, 0, 0, 0))
        return Product(image, texts["description"], texts["selling_points"], row.get("size_cm"))

    def _texts_of(self, product: str) -> dict[str, Any] | None:
        """The first ad of a product."""
        if self._creatives is not None:
            for number in self._of_product.candidates(product):
                creative = self._creatives.row(number)
                if creative["product_id"] == product:
                    return creative
        return None

    def history(self, shopper: str) -> list[Click]:
        """A shopper's clicks, oldest first. Raises InputError; the message has no id, since it is a shopper's."""
        with self._lock:
            user = None if self._users is None else self._users.find(shopper)
            if user is None:
                raise InputError("shopper: the data has no such shopper; correct the id")
            return [self._click(click["creative"]) for click in user["clicks"]]

    def _click(self, creative: str) -> Click:
        assert self._creatives is not None  # where there are users, there are creatives
        number = self._creatives.number(creative)
        if number is None:
            raise InputError("shopper: a click names a creative that the data does not have; run `uniadgen data validate`")
        return Click(StoredPicture(f"{self.folder}/{creative}", lambda: self._picture(number)), self._texts[number].as_py())

    def _picture(self, number: int) -> bytes:
        with self._lock:
            assert self._creatives is not None
            row = self._creatives.row(number)
        if row["ad"] is None:
            raise InputError("history: a clicked creative has no picture in the data; convert with --images")
        return bytes(row["ad"])


class _Index:
    """Where ids stand in a column, by 8 bytes of their digest: nothing else of millions of ids is kept."""

    def __init__(self, ids: pa.ChunkedArray) -> None:
        digests = np.fromiter((_digest(name) for chunk in ids.chunks for name in chunk.to_pylist()), np.uint64, len(ids))
        self._order = np.argsort(digests, kind="stable")
        self._digests = digests[self._order]

    def candidates(self, name: str) -> Sequence[int]:
        """The rows that may have this id, in order."""
        digest = np.uint64(_digest(name))
        start, end = np.searchsorted(self._digests, digest), np.searchsorted(self._digests, digest, side="right")
        rows: NDArray[np.int64] = self._order[start:end]
        return [int(row) for row in rows]


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


class _Rows:
    """The rows of a table by number or id; the last row groups that were read are kept."""

    def __init__(self, folder: Path, name: TableName, columns: Sequence[str], optional: Sequence[str] = ()) -> None:
        self._table: Table = open_table(folder, name, columns)
        self._columns = [*columns, *(column for column in optional if column in self._table.schema.names)]
        metadata = self._table.metadata
        lengths = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        self._ends = np.cumsum([0, *lengths])
        self._index = _Index(self._table.read(("id",)).column("id"))
        self._groups: OrderedDict[int, pa.Table] = OrderedDict()

    def number(self, name: str) -> int | None:
        """The first row with this id."""
        candidates = self._index.candidates(name)
        if len(candidates) == 1:  # another id with the same digest is once in 10**19
            return candidates[0]
        return next((number for number in candidates if self.row(number)["id"] == name), None)

    def find(self, name: str) -> dict[str, Any] | None:
        for number in self._index.candidates(name):
            row = self.row(number)
            if row["id"] == name:
                return row
        return None

    def row(self, number: int) -> dict[str, Any]:
        group = int(np.searchsorted(self._ends, number, side="right")) - 1
        if group not in self._groups:
            self._groups[group] = self._table.group(group, self._columns)
            while len(self._groups) > GROUPS:
                self._groups.popitem(last=False)
        self._groups.move_to_end(group)
        row: dict[str, Any] = self._groups[group].slice(number - int(self._ends[group]), 1).to_pylist()[0]
        return row
