"""Speed and memory of the training reader on a data set that is encoded already.

    python benchmarks/reader.py --products 1000 --workers 2

Writes the tables of a world without rendering it: texts, clicks and boxes are PAd-Synth's, image codes are random. Then reads
one epoch of its users, in the embedded model's configuration, with personal batches only (the longest) and with the mix that
training uses. Memory is what all processes hold together, after a tenth of the epoch and at its end.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from pad1m import children, resident

from uniadgen.data import build, layout
from uniadgen.data.augment import VARIANTS
from uniadgen.data.encoding import SETTINGS
from uniadgen.data.store import Store, open_store
from uniadgen.model.config import ModelConfig, embedded
from uniadgen.model.text_tokenizer import TextTokenizer, train_text_tokenizer
from uniadgen.padsynth.worldgen import World, make_world
from uniadgen.training.batches import Mix, Reader, batches

MIXES = {"personal": Mix(general=0, personal=1, scenes=0, words=0, general_steps=0), "as trained": Mix(general_steps=0)}


def write_encoded(folder: Path, world: World, config: ModelConfig) -> None:
    """The tables of a world as if it had been rendered, encoded in all variants and given similarities."""
    rng = np.random.default_rng(0)
    products = {product.id: product for product in world.products}
    tokens, click_tokens, codes = config.image.tokens, config.click_image_tokens, config.image.codes
    settings = {
        "resolution": config.image.resolution,
        "click_resolution": config.preference.resolution,
        "variants": len(VARIANTS),
        "tokenizer": "random",
        "embedder": "hashed",
    }
    schema = pa.schema([*layout.CREATIVES, *layout.ENCODED], metadata={SETTINGS: json.dumps(settings)})

    def rows() -> Iterator[dict[str, Any]]:
        for creative in world.creatives:
            product = products[creative.product_id]
            side = round(creative.extent * config.image.resolution)
            height = max(8, round(side * random.Random(product.seed).uniform(0.4, 1)))
            left = round((creative.centre_x - creative.extent / 2) * config.image.resolution)
            yield {
                **build.described(product, creative, world.splits[product.id]),
                "codes": rng.integers(0, codes, len(VARIANTS) * tokens, np.uint16),
                "click_codes": rng.integers(0, codes, len(VARIANTS) * click_tokens, np.uint16),
                "foreground": np.resize(np.arange(251, dtype=np.uint8), 3 * side * height).tobytes(),
                "foreground_box": [left, round(creative.base_y * config.image.resolution) - height, side, height],
            }

    with pq.ParquetWriter(folder / "creatives.parquet", schema, compression="zstd") as writer:
        group: list[dict[str, Any]] = []
        for row in rows():
            group.append(row)
            if len(group) == 64:
                writer.write_table(pa.Table.from_pylist(group, schema))
                group = []
        if group:
            writer.write_table(pa.Table.from_pylist(group, schema))
    click = pa.struct([("creative", pa.string()), ("time", pa.int64()), ("similarity", pa.float64())])
    users = [build.user_row(shopper) for shopper in world.shoppers()]
    for user in users:
        user["clicks"] = [{**clicked, "similarity": float(rng.uniform(-0.2, 1))} for clicked in user["clicks"]]
    index = layout.USERS.get_field_index("clicks")
    pq.write_table(
        pa.Table.from_pylist(users, layout.USERS.set(index, pa.field("clicks", pa.list_(click)))), folder / "users.parquet"
    )


def measure(
    store: Store, config: ModelConfig, tokenizer: TextTokenizer, mix: Mix, batch: int, workers: int
) -> tuple[int, float, list[int]]:
    """Samples of an epoch, seconds for all but its first tenth, and the memory (bytes) at the ends of its tenths."""
    reader = Reader(store, config, tokenizer, mix, "train", batch)
    steps = len(reader)
    marks = [steps * tenth // 10 for tenth in range(1, 11)]
    samples, start, memory = 0, 0.0, []
    for step, chunk in enumerate(batches(reader, 0, steps, workers), 1):
        if start:
            samples += len(chunk.ids)
        if step in marks:
            memory.append(sum(map(resident, children(os.getpid()))))
            start = start or time.perf_counter()
    return samples, time.perf_counter() - start, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=1000, help="five creatives and eight users each (default 1000)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--folder", help="for the data set (default: a temporary one)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    config, world = embedded(), make_world(0, arguments.products)
    texts = [creative.text for creative in world.creatives] + [p.description for p in world.products]
    tokenizer = train_text_tokenizer(texts, 4096)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        write_encoded(Path(folder), world, config)
        start = time.perf_counter()
        store = open_store(Path(folder), tokenizer)
        print(
            f"{len(world.creatives):,} creatives, {world.shopper_count:,} users, batches of {arguments.batch}, "
            f"{arguments.workers} workers; store made in {time.perf_counter() - start:.1f} s"
        )
        for name, mix in MIXES.items():
            samples, seconds, memory = measure(store, config, tokenizer, mix, arguments.batch, arguments.workers)
            print(
                f"{name:10} {samples / seconds:8,.0f} samples/s; memory {memory[0] / 1e6:,.0f} MB after a tenth of the epoch, "
                f"{memory[-1] / 1e6:,.0f} MB at its end",
                flush=True,
            )


if __name__ == "__main__":
    main()
