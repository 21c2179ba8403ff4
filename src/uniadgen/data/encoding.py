"""`uniadgen data encode`: what training needs of every picture, computed once and added to creatives.parquet as columns.

    encode_creatives(Path("data"), tokenizer, config)

Afterwards training opens no picture: a plate is its image codes, a click is a few codes of its ad, the product is the pixels of
its box on the model's canvas. Work is kept in parts of a few hundred creatives in a hidden folder beside the table, so that an
interrupted run goes on where it was; the table is replaced when all parts are there. The folder's name begins with a digest of
the table that its parts belong to: what was left behind for another table is of no use any more, and is removed.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor

from uniadgen.ads import Placement
from uniadgen.clicks.similarity import Embedder, hashed_embedder
from uniadgen.data.augment import CROPS, VARIANTS, crop_window, varied
from uniadgen.data.hidden_area import fill_hidden, hidden_behind
from uniadgen.data.layout import ENCODED, Row, in_pixels, open_table, table_path
from uniadgen.data.similarity import Progress
from uniadgen.data.tables import MEND, Table
from uniadgen.errors import InputError
from uniadgen.files import alone, in_utf8, whole_file
from uniadgen.imaging.composing import render_alpha, render_foreground
from uniadgen.imaging.loading import PRODUCT_PIXELS, VIEWED_PIXELS, load_stored
from uniadgen.imaging.placing import place, visible_part
from uniadgen.model.config import ModelConfig
from uniadgen.model.image_tokenizer import FSQTokenizer, JanusTokenizer
from uniadgen.model.pixels import resized, to_pixels
from uniadgen.words import quoted

PART = 256  # creatives
_READ = ("id", "product_id", "text", "description", "placement", "ad", "plate")
SETTINGS = b"uniadgen.encoded"  # key of the table's metadata: JSON with what the codes depend on


def encode_creatives(
    folder: Path,
    tokenizer: FSQTokenizer | JanusTokenizer,
    config: ModelConfig,
    augment: bool = False,
    batch: int = 32,
    embedder: Embedder = hashed_embedder,
    embedder_name: str = "hashed",
    progress: Progress | None = None,
) -> int:
    """Add the columns of `layout.ENCODED` to a data set; returns the number of creatives, or 0 where all was done before.

    tokenizer: on the device that is to do the work. augment: encode every picture in all VARIANTS, and of plates CROPS parts in
    each, not only as it is; the codes of a row are then those of its views one after the other. batch: pictures at a time.
    Raises InputError for pictures that are missing or broken; what was encoded until then is kept for the next run.
    """
    variants, crops = (len(VARIANTS), CROPS) if augment else (1, 1)
    settings = {
        "resolution": config.image.resolution,
        "scales": list(config.image.scales),
        "click_resolution": config.preference.resolution,
        "variants": variants,
        "crops": crops,
        "tokenizer": fingerprint(tokenizer),
        "embedder": embedder_name,
    }
    with alone(folder, "is being encoded", "data folder"), open_table(folder, "creatives", _READ) as source:
        _remove_useless(folder)
        if _stored(source.schema, source.path) == settings:
            return 0
        work = folder / f"{_work_of(folder)}{_digest(json.dumps(settings, sort_keys=True).encode())}"
        work.mkdir(exist_ok=True)
        count = source.row_count
        parts = [work / f"{start:012d}.parquet" for start in range(0, count, PART)]
        products = Cutouts(folder)
        rows = _parts(source, _READ)
        for number, part in enumerate(parts):
            chunk = next(rows)
            if not part.exists():
                encoder = _Encoder(tokenizer, config, variants, crops, batch, embedder, products)
                table = encoder.table(chunk(), number * PART)
                with whole_file(part) as temporary:
                    pq.write_table(table, temporary, compression="zstd")
            if progress is not None:
                progress("encoding", min(count, (number + 1) * PART), count)
        with whole_file(table_path(folder, "creatives")) as merged:
            _merge(source, parts, merged, settings)
        _remove_useless(folder)
    return count


def _work_of(folder: Path) -> str:
    """How the names of the folders with parts for the table as it is now begin."""
    return f".encode-{table_digest(table_path(folder, 'creatives'))}-"


def _remove_useless(folder: Path) -> None:
    """Removes parts of earlier runs that belong to another table than the present one."""
    for stale in folder.glob(".encode-*"):
        if not stale.name.startswith(_work_of(folder)):
            shutil.rmtree(stale)


def fingerprint(tokenizer: FSQTokenizer | JanusTokenizer) -> str:
    """A hash of the weights that codes depend on: of our tokenizer not the decoder's, which can be trained further."""
    digest = hashlib.sha256()
    ours = isinstance(tokenizer, FSQTokenizer)
    for name, tensor in sorted(tokenizer.state_dict().items()):
        if ours and name.startswith(("decoder.", "detail.", "completion.")):
            continue
        digest.update(name.encode() + tensor.float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def encoded_settings(folder: Path) -> dict[str, Any]:
    """What the codes of a data set were made with. Raises InputError when it has not been encoded."""
    with open_table(folder, "creatives", ["id"]) as table:
        stored = _stored(table.schema, table.path)
    if stored is None:
        raise InputError(f"data folder {quoted(folder)}: its creatives are not encoded; run `uniadgen data encode`")
    return stored


def _stored(schema: pa.Schema, path: Path) -> dict[str, Any] | None:
    value = (schema.metadata or {}).get(SETTINGS)
    try:
        return dict(json.loads(value)) if value is not None else None
    except (ValueError, TypeError) as error:
        raise InputError(f"{quoted(path)}: what it says about its codes is damaged; {MEND}") from error


def table_digest(path: Path) -> str:
    """Changes with a table's content: a Parquet footer holds the sizes and extremes of all columns. Raises InputError."""
    try:
        with open(path, "rb") as file:
            file.seek(-8, os.SEEK_END)
            length = int.from_bytes(file.read(4), "little")
            file.seek(-8 - length, os.SEEK_END)
            return _digest(file.read(length))
    except (OSError, ValueError):
        raise InputError(f"{quoted(path)}: no readable Parquet table; build or convert the data set again") from None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _parts(source: Table, columns: Sequence[str]) -> Iterator[Any]:
    """PART rows at a time, each as a function that yields them: parts that exist already need not be decoded to Python."""
    for table in _tables(source, columns):
        yield table.to_pylist


def _tables(source: Table, columns: Sequence[str]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    have = 0
    for batch in source.batches(PART, columns):
        waiting.append(batch)
        have += len(batch)
        while have >= PART:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, PART)
            waiting = table.slice(PART).to_batches()
            have -= PART
    if have:
        yield pa.Table.from_batches(waiting)


def _merge(source: Table, parts: Sequence[Path], path: Path, settings: dict[str, Any]) -> None:
    """Writes the table with the columns of the parts in place of what it may have had under their names."""
    kept = [name for name in source.schema.names if name not in ENCODED.names]
    fields = [source.schema.field(name) for name in kept] + list(ENCODED)
    metadata = {**(source.schema.metadata or {}), SETTINGS: json.dumps(settings, sort_keys=True).encode()}
    schema = pa.schema(fields, metadata=metadata)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table, part in zip(_tables(source, kept), parts, strict=True):
            with in_utf8(part) as named:
                new = pq.read_table(named)
            merged = pa.Table.from_arrays([*table.columns, *(new[name] for name in ENCODED.names)], schema=schema)
            writer.write_table(merged, row_group_size=64)


class Cutouts:
    """Cut-outs by product, read by row group: creatives of a product stand side by side, so one group at hand is enough."""

    def __init__(self, folder: Path) -> None:
        with open_table(folder, "products", ["id"]) as table:
            self._row = {name: row for row, name in enumerate(table.read(["id"])["id"].to_pylist())}
        self._table = open_table(folder, "products", ["cutout"])
        groups = range(self._table.metadata.num_row_groups)
        self._starts = np.cumsum([0, *(self._table.metadata.row_group(group).num_rows for group in groups)])
        self._group: tuple[int, list[bytes | None]] = (-1, [])
        self._last: tuple[str, Image.Image | None] = ("", None)

    def __getitem__(self, product: str) -> Image.Image | None:
        """The visible part of the product's cut-out; None for a product that has none."""
        if product != self._last[0]:
            row = self._row.get(product)
            data = None if row is None else self._read(row)
            cutout = None if data is None else load_stored(data, f"product {quoted(product)}", PRODUCT_PIXELS).convert("RGBA")
            self._last = product, None if cutout is None else visible_part(cutout)
        return self._last[1]

    def _read(self, row: int) -> bytes | None:
        group = int(np.searchsorted(self._starts, row, "right")) - 1
        if group != self._group[0]:
            self._group = group, self._table.group(group, ["cutout"])["cutout"].to_pylist()
        return self._group[1][row - int(self._starts[group])]


class _Encoder:
    def __init__(
        self,
        tokenizer: FSQTokenizer | JanusTokenizer,
        config: ModelConfig,
        variants: int,
        crops: int,
        batch: int,
        embedder: Embedder,
        cutouts: Cutouts,
    ) -> None:
        self.tokenizer, self.config, self.batch = tokenizer, config, batch
        self.variants, self.crops = variants, crops
        self.embedder, self.cutouts = embedder, cutouts

    def table(self, rows: Sequence[Row], first: int) -> pa.Table:
        """The columns of some rows. first: the number of the first of them in the whole table."""
        size, small = self.config.image.resolution, self.config.preference.resolution
        sides = [side * self.config.image.patch for side in self.config.image.scales]
        views = (view for number, row in enumerate(rows, first) for view in self._plates(row, number))
        painted = self._codes(views, self.variants * self.crops, sides)
        clicks = (varied(ad_pixels(row, small), variant) for row in rows for variant in range(self.variants))
        clicked = self._codes(clicks, self.variants, [small])
        boxes, pixels = zip(*(self._foreground(row, size) for row in rows), strict=True)
        columns = [
            pa.array(painted, ENCODED.field("codes").type),
            pa.array(clicked, ENCODED.field("click_codes").type),
            pa.array(pixels, ENCODED.field("foreground").type),
            pa.array(boxes, ENCODED.field("foreground_box").type),
            *(
                pa.array(list(self.embedder([row[name] or "" for row in rows])), ENCODED.field(f"{name}_embedding").type)
                for name in ("text", "description")
            ),
        ]
        return pa.Table.from_arrays(columns, schema=ENCODED)

    def _plates(self, row: Row, number: int) -> Iterator[Tensor]:
        """A creative's plate as training sees it: every part of it in every variant, [3, size, size] each."""
        size = self.config.image.resolution
        large = size if self.crops == 1 else 2 * size  # a part of it is still as sharp
        pixels = plate_pixels(row, large, self.cutouts)
        box = self._box(row, size)
        for variant in range(self.variants):
            for crop in range(self.crops):
                window = crop_window([value / size for value in box], number, variant, crop)
                left, top, side = (round(large * value) for value in window)
                yield varied(resized(pixels[None, :, top : top + side, left : left + side], size)[0], variant)

    @torch.no_grad()
    def _codes(self, views: Iterator[Tensor], per_row: int, sides: Sequence[int]) -> list[list[int]]:
        """The codes of views [3, S, S], of which each row has so many: of each view at all these numbers of px."""
        device = next(self.tokenizer.parameters()).device
        codes: list[Tensor] = []
        while some := list(islice(views, self.batch)):
            pixels = torch.stack(some).to(device)
            codes.append(torch.cat([self.tokenizer.encode(resized(pixels, side)) for side in sides], 1).cpu())
        return [list(map(int, of_picture)) for of_picture in torch.cat(codes).unflatten(0, (-1, per_row)).flatten(1).tolist()]

    def _box(self, row: Row, size: int) -> list[int]:
        """Left, top, width and height of the product in px of a picture of this size; all of it without a product."""
        cutout = self.cutouts[row["product_id"]]
        if cutout is None:
            return [0, 0, size, size]
        where = _placement(row, cutout, size)
        return [where.left, where.top, where.width, where.height]

    def _foreground(self, row: Row, size: int) -> tuple[list[int] | None, bytes | None]:
        cutout = self.cutouts[row["product_id"]]
        if cutout is None:
            return None, None
        where = _placement(row, cutout, size)
        box = (where.left, where.top, where.left + where.width, where.top + where.height)
        pixels = np.asarray(render_foreground(cutout, (size, size), where).crop(box)).tobytes()
        return [where.left, where.top, where.width, where.height], pixels


def plate_pixels(row: Row, size: int, cutouts: Cutouts) -> Tensor:
    """What a creative's plate is to a tokenizer, what its product hides filled in; its ad where it has no plate.

    [3, size, size] in -1..1. Raises InputError for a picture that is missing or broken.
    """
    if row["plate"] is None:
        return ad_pixels(row, size)
    picture = _picture(row, "plate")
    pixels = to_pixels(picture, size)
    return fill_hidden(pixels, hidden_pixels(row, size, cutouts)) if picture.width == picture.height else pixels


def ad_pixels(row: Row, size: int) -> Tensor:
    """A creative's ad: [3, size, size] in -1..1. Raises InputError for a picture that is missing or broken."""
    return to_pixels(_picture(row, "ad"), size)


def _picture(row: Row, name: str) -> Image.Image:
    return load_stored(row[name], f"creative {quoted(row['id'])}", VIEWED_PIXELS)


def hidden_pixels(row: Row, size: int, cutouts: Cutouts) -> Tensor:
    """The pixels of a creative's plate that its product covers: [size, size] bool."""
    cutout = cutouts[row["product_id"]]
    if cutout is None:
        return hidden_behind(torch.zeros(size, size))
    alpha = render_alpha(cutout, (size, size), _placement(row, cutout, size))
    return hidden_behind(torch.from_numpy(np.asarray(alpha, np.float32) / 255))


def _placement(row: Row, cutout: Image.Image, size: int) -> Placement:
    return in_pixels(tuple(row["placement"]), (size, size)) if row["placement"] else place(cutout, (size, size))
