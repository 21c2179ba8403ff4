"""A batch in its folder: which of its shards are done, and what they were made from.

    OUT/plan.parquet        the pairs in the order of work
    OUT/ads-00000.parquet   a shard: the ads of some rows (`making.ADS`)
    OUT/manifest.json       what everything was made from, and the shards that are done

Shards appear whole. Whatever ends the process, the next one goes on with the shards that are missing; they come out the same,
byte for byte, whichever engine makes them.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from uniadgen.batch.making import ADS, ShardMaker, ShardSettings
from uniadgen.batch.pairs import plan_pairs, read_shard, shard_count
from uniadgen.console import json_text
from uniadgen.data.encoding import table_digest
from uniadgen.data.layout import table_path
from uniadgen.data.lookup import Lookup
from uniadgen.digests import model_digest
from uniadgen.errors import InputError
from uniadgen.files import whole_file, write_text
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.version import version
from uniadgen.words import quoted

MANIFEST, PLAN = "manifest.json", "plan.parquet"
_DIGEST_KEY = b"uniadgen.batch"
_GROUP = 64  # rows with pictures in a row group

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Batch:
    """What is to be made, ready to be sent to another process.

    model: the arguments of `AdGenerator.from_pretrained`. Raises InputError where a method says so.
    """

    pairs: Path
    data: Path
    out: Path
    settings: ShardSettings
    model: Mapping[str, Any] = field(default_factory=dict)
    shard_rows: int = 1000
    seed: int = 0

    def digest(self) -> str:
        """Changes with everything that decides about the shards' bytes."""
        sources = [table_digest(table_path(self.data, name)) for name in ("creatives", "products", "users")]
        folder = self.model.get("folder")
        parts = {
            "pairs": file_digest(self.pairs, "argument PAIRS"),
            "data": sources,
            "model": [model_digest(Path(folder) if folder else None), {n: str(v) for n, v in sorted(self.model.items())}],
            "options": self.settings.options.shaping(),
            "output": self.settings.output.shaping(),
            "together": self.settings.most,
            "shard_rows": self.shard_rows,
            "seed": self.seed,
            "version": version(),
        }
        options = self.settings.options
        if options.typeset:
            parts["words"] = [options.layout, self.settings.kit]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def maker(self) -> ShardMaker:
        """Loads the model and opens the data."""
        return ShardMaker(AdGenerator.from_pretrained(**self.model), Lookup(self.data), self.settings)


@dataclass(frozen=True)
class Shard:
    """One part of a batch. digest: of the batch."""

    number: int
    digest: str

    @property
    def file(self) -> str:
        return f"ads-{self.number:05d}.parquet"


def make_shard(batch: Batch, maker: ShardMaker, shard: Shard) -> dict[str, Any]:
    """Make a shard, put its file into the batch's folder, and return what the manifest says of it."""
    ads = maker.table(read_shard(batch.out / PLAN, shard.number))
    schema = ADS.with_metadata({_DIGEST_KEY: shard.digest.encode()})
    path = batch.out / shard.file
    with whole_file(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        writer.write_table(pa.Table.from_batches(ads.to_batches(), schema=schema), row_group_size=_GROUP)
    return _entry(path)


def open_batch(batch: Batch) -> tuple[dict[str, Any], list[Shard]]:
    """The manifest of a batch's folder, begun if there is none, and the shards that are missing.

    Raises InputError for a folder that holds another batch, or one made from other data.
    """
    digest, path = batch.digest(), batch.out / MANIFEST
    manifest = read_manifest(path)
    if manifest is not None and manifest["digest"] != digest:
        raise InputError(
            f"argument --out: {quoted(batch.out)} holds a batch of other pairs, data, options or another version; "
            "name another folder"
        )
    plan = batch.out / PLAN
    if manifest is None or not plan.is_file() or file_digest(plan, "the plan") != manifest["plan"]:
        rows = plan_pairs(batch.pairs, plan, batch.shard_rows, batch.seed)
        manifest = {
            "made_by": f"uniadgen {version()}",
            "digest": digest,
            "plan": file_digest(plan, "the plan"),
            "rows": rows,
            "shards": {} if manifest is None else manifest["shards"],
            "complete": False,
        }
        write_manifest(path, manifest)
    missing = []
    for shard in (Shard(number, digest) for number in range(shard_count(plan))):
        file = batch.out / shard.file
        entry = manifest["shards"].get(shard.file)
        if entry is None and _is_of(file, digest):  # the process ended between the shard and the manifest
            entry = manifest["shards"][shard.file] = _entry(file)
        if entry is None or not file.is_file() or file.stat().st_size != entry["bytes"]:
            manifest["shards"].pop(shard.file, None)
            missing.append(shard)
    return manifest, missing


def collect(
    batch: Batch, manifest: dict[str, Any], made: Iterable[tuple[str, dict[str, Any]]], progress: Progress | None = None
) -> dict[str, Any]:
    """Enter shards into the manifest as they are made, by their files; returns the manifest at the end."""
    path = batch.out / MANIFEST
    for file, entry in made:
        manifest["shards"][file] = entry
        write_manifest(path, manifest)
        if progress is not None:
            progress("making", sum(shard["rows"] for shard in manifest["shards"].values()), manifest["rows"])
    manifest["shards"] = dict(sorted(manifest["shards"].items()))
    manifest["errors"] = sum(entry["errors"] for entry in manifest["shards"].values())
    manifest["complete"] = sum(entry["rows"] for entry in manifest["shards"].values()) == manifest["rows"]
    write_manifest(path, manifest)
    return manifest


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Raises InputError for a file that is no manifest."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{quoted(path)} can't be read ({error.strerror}); name another folder") from None
    try:
        manifest = json.loads(text)
        if {"digest", "plan", "rows", "shards"} <= set(manifest) and isinstance(manifest["shards"], dict):
            return dict(manifest)
    except (ValueError, TypeError):
        pass
    raise InputError(f"argument --out: {quoted(path)} is no manifest of a batch; name another folder")


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    write_text(path, json_text(manifest) + "\n", "argument --out")


def file_digest(path: Path, what: str) -> str:
    """Raises InputError. what: for messages."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{what}: {quoted(path)} can't be read ({error.strerror}); correct the path") from None


def _entry(path: Path) -> dict[str, Any]:
    errors = pq.read_table(path, columns=["error"]).column("error")
    return {
        "rows": len(errors),
        "errors": len(errors) - errors.null_count,
        "bytes": path.stat().st_size,
        "sha256": file_digest(path, "the shard"),
    }


def _is_of(path: Path, digest: str) -> bool:
    """Whether a whole shard of this batch is there."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return False
    return metadata.get(_DIGEST_KEY) == digest.encode()
