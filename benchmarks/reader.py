"""Speed and memory of the training reader on an encoded data set.

    uniadgen data encode DATA --tokenizer MODEL
    python benchmarks/reader.py DATA --model MODEL --workers 2

Reads epochs of its users as training does, in the model's configuration: with whole ads only (the longest), and with the mix
that training uses. Scenes, compositions and forms, which training works out once, are random. Memory is what all processes
hold together, after a tenth of the epochs and at their end.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from pad1m import children, resident

from uniadgen.data.augment import CROPS, VARIANTS
from uniadgen.data.scene_codes import SceneCodes
from uniadgen.data.store import Store, open_store
from uniadgen.loading import checkpoint
from uniadgen.model.config import ModelConfig
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.training.batches import Mix, Reader, batches

MIXES = {"whole ads": Mix(words=0, pictures=0, general=0, general_steps=0), "as trained": Mix(general_steps=0)}


def reader_of(store: Store, config: ModelConfig, tokenizer: TextTokenizer, mix: Mix, batch: int) -> Reader:
    rng, rows, scene = np.random.default_rng(0), len(store.splits), config.scene

    def codes(views: int, levels: int, most: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
        return rng.integers(0, most, (rows, views, levels), np.uint16)

    scenes = SceneCodes(*(codes(len(VARIANTS), scene.levels, scene.codes) for _ in range(2))) if scene.levels else None
    compositions = codes(len(VARIANTS) * CROPS, scene.composition, scene.codes_of_composition) if scene.composition else None
    forms = rng.integers(0, config.text.forms, rows) if config.text.forms else None
    return Reader(store, scenes, config, tokenizer, mix, "train", batch, compositions=compositions, forms=forms)


def measure(reader: Reader, epochs: int, workers: int) -> tuple[int, float, list[int]]:
    """Samples, seconds for all but the first tenth, and the memory (bytes) at the ends of tenths."""
    steps = len(reader) * epochs
    marks = [max(1, steps * tenth // 10) for tenth in range(1, 11)]
    samples, start, memory = 0, 0.0, []
    for step, chunk in enumerate(batches(reader, 0, steps, workers), 1):
        if start:
            samples += len(chunk.ids)
        if step in marks:
            memory.append(sum(map(resident, children(os.getpid()))))
            start = start or time.perf_counter()
    return samples, time.perf_counter() - start, memory


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, help="whose tokenizers the data set was encoded for (default: the embedded one)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=1)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    model, tokenizer = checkpoint.load(arguments.model or checkpoint.embedded_folder(), "cpu", torch.float32, None)
    start = time.perf_counter()
    store = open_store(arguments.data, tokenizer)
    print(
        f"{len(store.splits):,} creatives, {len(store.user_splits):,} users, batches of {arguments.batch}, "
        f"{arguments.workers} workers; store opened in {time.perf_counter() - start:.1f} s"
    )
    for name, mix in MIXES.items():
        reader = reader_of(store, model.config, tokenizer, mix, arguments.batch)
        samples, seconds, memory = measure(reader, arguments.epochs, arguments.workers)
        print(
            f"{name:10} {samples / seconds:8,.0f} samples/s; memory {memory[0] / 1e6:,.0f} MB after a tenth, "
            f"{memory[-1] / 1e6:,.0f} MB at the end",
            flush=True,
        )


if __name__ == "__main__":
    main()
