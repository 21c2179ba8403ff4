"""A batch of pairs: against a loop of `generate`, with its memory, and with kill -9 at random moments.

    python benchmarks/batch.py                       # 2,000 pairs of up to 100 products; an hour or so on two cores
    python benchmarks/batch.py --pairs 200 --loop 20 speed
    python benchmarks/batch.py --short               # a few minutes, to try it

`speed` makes a sample of the same pairs one by one with `AdGenerator.generate`, then all of them with `uniadgen batch` in a
process of its own, whose memory is looked at once a second. `kill` compares the shards of killed runs with whole ones.
"""

import argparse
import csv
import hashlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from uniadgen.ads import AdRequest
from uniadgen.data.lookup import Lookup
from uniadgen.output import Output
from uniadgen.pipeline.generator import AdGenerator

TINY = Path(__file__).parents[1] / "data" / "tiny"
PARTS = ("speed", "kill")


def write_pairs(path: Path, data: Path, count: int) -> list[tuple[str, str]]:
    """As many pairs, of up to 100 products, each with several shoppers."""
    products, shoppers = (
        pq.read_table(data / f"{name}.parquet", columns=["id"]).column("id").to_pylist() for name in ("products", "users")
    )
    chance = random.Random(0)
    pairs = [(chance.choice(products[:100]), chance.choice(shoppers)) for _ in range(count)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("product", "shopper"), *pairs])
    return pairs


def command(pairs: Path, out: Path, arguments: argparse.Namespace) -> list[str]:
    words = ["batch", str(pairs), "--data", str(arguments.data), "--out", str(out), "--shard-size", str(arguments.shard_size)]
    return [sys.executable, "-m", "uniadgen", *words, "--size", f"{arguments.size}x{arguments.size}"]


def speed(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    pairs = write_pairs(folder / "pairs.csv", arguments.data, arguments.pairs)
    loop = loop_seconds(arguments, pairs)
    started = time.perf_counter()
    memory: list[float] = []
    with subprocess.Popen(command(folder / "pairs.csv", folder / "out", arguments), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            time.sleep(1)
            try:
                memory.append(int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096 / 1e6)
            except (OSError, IndexError):
                break
    seconds = (time.perf_counter() - started) / arguments.pairs
    manifest = json.loads((folder / "out" / "manifest.json").read_text("utf-8"))
    settled = memory[len(memory) // 4 :]
    size = sum(entry["bytes"] for entry in manifest["shards"].values())
    return {
        "pairs": arguments.pairs,
        "products": len({product for product, _ in pairs}),
        "errors": manifest["errors"],
        "loop, s an ad": loop,
        "batch, s an ad": seconds,
        "factor": loop / seconds,
        "memory after a quarter, MB": statistics.median(settled[: len(settled) // 3 + 1]) if settled else None,
        "memory at the end, MB": statistics.median(settled[-(len(settled) // 3 + 1) :]) if settled else None,
        "hours for a million ads": 1e6 * seconds / 3600,
        "GB for a million ads": 1e6 * size / arguments.pairs / 1e9,
    }


def loop_seconds(arguments: argparse.Namespace, pairs: list[tuple[str, str]]) -> float:
    """Seconds an ad of what a shop would write: a loop that looks the pair up, makes the ad and encodes its picture."""
    generator, lookup, output = AdGenerator.from_pretrained(), Lookup(arguments.data), Output()
    sample = pairs[:: max(1, len(pairs) // arguments.loop)][: arguments.loop]

    def make(product: str, shopper: str, seed: int) -> None:
        request = AdRequest(lookup.product(product), lookup.history(shopper))
        ad = generator.generate(request.product, request.history, seed=seed, size=(arguments.size, arguments.size))
        output.encoded(ad.image, ad.model)

    make(*pairs[0], 0)
    started = time.perf_counter()
    for seed, pair in enumerate(sample):
        make(*pair, seed)
    return (time.perf_counter() - started) / len(sample)


def kill(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    kills = 3 if arguments.short else 20
    arguments.shard_size = max(2, arguments.pairs // (4 * kills))
    write_pairs(folder / "pairs.csv", arguments.data, arguments.pairs)
    started = time.perf_counter()
    subprocess.run(command(folder / "pairs.csv", folder / "whole", arguments), check=True, stdout=subprocess.DEVNULL)
    whole_seconds = time.perf_counter() - started
    chance, killed = random.Random(2), 0
    while killed < kills:
        with subprocess.Popen(
            command(folder / "pairs.csv", folder / "killed", arguments), stdout=subprocess.DEVNULL
        ) as process:
            try:
                # Starting takes a while, too, so that some are killed before they make anything
                process.wait(1 + chance.random() * (6 + 1.5 * whole_seconds / kills))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
                continue
        break
    subprocess.run(command(folder / "pairs.csv", folder / "killed", arguments), check=True, stdout=subprocess.DEVNULL)
    whole, again = digests(folder / "whole"), digests(folder / "killed")
    rows = [
        row
        for path in sorted((folder / "killed").glob("ads-*"))
        for row in pq.read_table(path, columns=["row"])["row"].to_pylist()
    ]
    return {
        "kills": killed,
        "rows": len(rows),
        "lost": arguments.pairs - len(set(rows)),
        "doubled": len(rows) - len(set(rows)),
        "files with other bytes": sum(whole[name] != again.get(name) for name in whole) + len(set(again) - set(whole)),
    }


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--data", type=Path, default=TINY, metavar="DIR", help="a data set (default: data/tiny)")
    parser.add_argument("--pairs", type=int, default=2000, metavar="N", help="(default 2000)")
    parser.add_argument("--loop", type=int, default=60, metavar="N", help="pairs of the loop (default 60)")
    parser.add_argument("--size", type=int, default=512, metavar="P", help="side of the ads in pixels (default 512)")
    parser.add_argument("--shard-size", type=int, default=250, metavar="N", help="(default 250)")
    parser.add_argument("--short", action="store_true", help="24 pairs of 128 pixels")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if arguments.short:
        arguments.pairs, arguments.loop, arguments.size, arguments.shard_size = 24, 4, 128, 6
    for part in arguments.parts or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            result = {"speed": speed, "kill": kill}[part](arguments, Path(folder))
        print(json.dumps({part: result}, indent=2), flush=True)


if __name__ == "__main__":
    main()
