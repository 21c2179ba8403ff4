"""The product similarities of a data set: how close each clicked ad's text is to the target's description.

    fill_similarity(Path("data"), load_embedder("hashed"), "hashed")        # rewrites users.parquet

Each text is embedded once, not once per click: the vectors of all creatives lie in a temporary file beside the tables, half
a kilobyte to two per creative, and the clicks look them up. Memory grows neither with users nor with creatives.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from uniadgen.clicks.similarity import Embedder, Vectors, hashed_embedder
from uniadgen.data import joins
from uniadgen.data.layout import check_rows, iter_rows, open_table, table_path
from uniadgen.errors import InputError
from uniadgen.files import scratch_folder, whole_file, writing
from uniadgen.words import clean_text, quoted

Progress = Callable[[str, int, int], None]

EMBEDDER_KEY = b"uniadgen.similarity_embedder"  # in the metadata of users.parquet
_TEXTS = 1024  # embedded at once


def load_embedder(name: str) -> Embedder:
    """The embedder of this name: "hashed", which needs no download, or else a sentence-transformers model.

    Raises InputError when sentence-transformers is not installed, or knows no such model.
    """
    if name == "hashed":
        return hashed_embedder
    try:
        from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise InputError(
            'argument --embedder: only "hashed" works without the package sentence-transformers; '
            "pip install sentence-transformers"
        ) from None
    try:
        model = SentenceTransformer(name)
    except Exception as error:  # whatever the hub, the network and the model's own code may raise
        raise InputError(
            f"argument --embedder: the model {quoted(name)} can't be loaded ({type(error).__name__}); "
            "name a sentence-transformers model or its folder"
        ) from error

    def embed(texts: Any) -> Vectors:
        vectors = model.encode(list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)

    return embed


def fill_similarity(folder: Path, embedder: Embedder, name: str, progress: Progress | None = None) -> int:
    """Write the similarity (-1..1) of every click into users.parquet, in place of what was there; returns the number of clicks.

    name: of the embedder, kept in the table's metadata. progress: called with (step, done, in all). Where the target has no
    description, similarities are null. Raises InputError for a folder without readable tables, or with unknown ids.
    """
    check_rows(folder, "creatives", ["id"])
    check_rows(folder, "users", ["target", "clicks"])
    with scratch_folder(folder) as scratch:
        vectors, described = _embed(folder, embedder, scratch, progress)
        return _fill(folder, vectors, described, name, progress)


def _embed(
    folder: Path, embedder: Embedder, scratch: Path, progress: Progress | None
) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """Unit vectors of all creatives' texts and descriptions, [creatives, dimensions] each, in files; 0 for no description."""
    with open_table(folder, "creatives", ["id"]) as table:
        count = table.row_count
    dimensions = embedder(["a"]).shape[1]
    shape = (max(count, 1), dimensions)
    rows = iter_rows(folder, "creatives", ["text", "description"], _TEXTS)
    texts, descriptions = (scratch / name for name in ("texts", "descriptions"))
    # Written, not mapped: a full disk is an error here, where a mapping would end the process.
    with writing(scratch), open(texts, "wb") as words, open(descriptions, "wb") as about:
        for start, batch in _batches(rows):
            words.write(np.asarray(embedder([clean_text(row["text"]) for row in batch]), np.float16).tobytes())
            some = [index for index, row in enumerate(batch) if row["description"]]
            if some:
                vectors = np.asarray(embedder([clean_text(batch[i]["description"]) for i in some]), np.float16)
                for index, vector in zip(some, vectors, strict=True):
                    about.seek((start + index) * vector.nbytes)
                    about.write(vector.tobytes())
            if progress is not None:
                progress("embedding texts", start + len(batch), count)
        # A file that is never written to in some place takes no room there: most ads of PAd1M have no description.
        for file in (words, about):
            file.truncate(math.prod(shape) * np.dtype(np.float16).itemsize)
    return np.memmap(texts, np.float16, "r", shape=shape), np.memmap(descriptions, np.float16, "r", shape=shape)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    start = 0
    while batch := list(itertools.islice(rows, _TEXTS)):
        yield start, batch
        start += len(batch)


def _fill(
    folder: Path, vectors: NDArray[np.float16], described: NDArray[np.float16], name: str, progress: Progress | None
) -> int:
    users = table_path(folder, "users")
    creatives = joins.table(table_path(folder, "creatives"), "file_row_number = true")
    # The rows of all clicks' creatives and of their users' targets, in the order of users and of their clicks.
    query = f"""
        WITH listed AS (SELECT id, file_row_number AS place FROM {creatives}),
        r AS (
            SELECT file_row_number AS n, target, unnest(clicks).creative AS id, unnest(range(len(clicks))) AS pos
            FROM {joins.table(users, "file_row_number = true")}
        )
        SELECT c.place AS click, t.place AS target FROM r
        LEFT JOIN listed AS c ON c.id = r.id LEFT JOIN listed AS t ON t.id = r.target ORDER BY n, pos"""
    done = 0
    with (
        whole_file(users) as temporary,
        open_table(folder, "users", ["target", "clicks"]) as stored,
        joins.joined(folder, query, folder) as batches,
    ):
        pairs = itertools.chain.from_iterable(map(_pairs, batches))
        schema = _schema(stored.schema, name)
        groups = stored.metadata.num_row_groups
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for group in range(groups):
                table = stored.group(group, stored.schema.names)
                clicks = table["clicks"].combine_chunks()
                total = len(clicks.flatten())
                similarity = _similarities(list(itertools.islice(pairs, total)), vectors, described)
                filled = _with_similarity(clicks, similarity, schema.field("clicks").type)
                index = table.schema.get_field_index("clicks")
                writer.write_table(table.set_column(index, schema.field("clicks"), filled).cast(schema))
                done += total
                if progress is not None:
                    progress("filling", group + 1, groups)
    return done


def _pairs(batch: pa.RecordBatch) -> Iterator[tuple[int | None, int | None]]:
    return zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)


def _schema(schema: pa.Schema, name: str) -> pa.Schema:
    """The users' schema with a similarity in each click, and the embedder's name in its metadata."""
    clicks = schema.field("clicks")
    struct = clicks.type.value_type
    if struct.get_field_index("similarity") < 0:
        struct = pa.struct([*struct, pa.field("similarity", pa.float64())])
    index = schema.get_field_index("clicks")
    changed = schema.set(index, pa.field("clicks", pa.list_(struct), nullable=clicks.nullable))
    return changed.with_metadata({**(schema.metadata or {}), EMBEDDER_KEY: name.encode()})


def _similarities(
    pairs: list[tuple[int | None, int | None]], vectors: NDArray[np.float16], described: NDArray[np.float16]
) -> list[float | None]:
    if any(None in pair for pair in pairs):
        raise InputError("users.parquet: a click or a target has an unknown id; `uniadgen data validate` lists all problems")
    similarity: list[float | None] = []
    for start in range(0, len(pairs), 4096):
        at = np.array(pairs[start : start + 4096], np.int64).reshape(-1, 2)
        one, other = vectors[at[:, 0]].astype(np.float32), described[at[:, 1]].astype(np.float32)
        cosine = np.clip(np.einsum("ij,ij->i", one, other), -1, 1)
        described_at: NDArray[np.bool_] = np.any(other, axis=1)
        similarity += [float(value) if there else None for value, there in zip(cosine, described_at, strict=True)]
    return similarity


def _with_similarity(clicks: pa.ListArray, similarity: list[float | None], kind: pa.ListType) -> pa.ListArray:
    struct = clicks.flatten()
    columns = {field.name: struct.field(field.name) for field in struct.type}
    columns["similarity"] = pa.array(similarity, pa.float64())
    fields = list(kind.value_type)
    values = pa.StructArray.from_arrays([columns[field.name] for field in fields], fields=fields)
    # A slice's offsets needn't begin at 0, but flatten() does.
    offsets = clicks.offsets.to_numpy() - clicks.offsets[0].as_py()
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
