"""Speed and memory of converting and validating PAd1M metadata, against json.load of the same file.

    python benchmarks/pad1m.py --records 1000000 --workers 2

Writes a synthetic file with 16 clicks per record once, then runs each job in a process of its own. `convert` checks every
record as `validate` does. Memory is what the job and
all its processes hold together (resident; pages that they share count once where the system tells, on Linux).
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

CLICKS = 16
ARGUMENTS = "file, folder, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])"
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
SCRIPTS = {  # what each runs in a process of its own; file, folder and workers are its arguments
    "validate": "from uniadgen.data.validate import validate_pad1m; assert not list(validate_pad1m(file, count=workers))",
    "convert": "from uniadgen.data.pad1m.convert import convert_pad1m; convert_pad1m(file, folder / 'data', count=workers)",
    "back": "from uniadgen.data.pad1m.convert import export_pad1m; export_pad1m(folder / 'data', folder / 'again.json')",
    "json.load": "import json; json.load(open(file, encoding='utf-8'))",
}


def write_records(path: Path, count: int) -> None:
    """Write `count` records whose clicks are drawn from 3 ads per record, some of which many shoppers like."""
    rng = random.Random(0)
    pool = ["".join(rng.choices(HAN, k=14)) for _ in range(50_000)]
    ads = 3 * count

    def picture(ad: int) -> str:
        return f"creatives/{ad % 1000:03d}/{ad * 2654435761 % 2**32:08x}{ad:010d}.jpg"

    def title(ad: int) -> str:
        return f"{pool[ad % 50_000]}{ad}"

    with open(path, "wb") as file:
        for number in range(count):
            clicks = [int(ads * rng.random() ** 2) for _ in range(CLICKS)]
            target = (clicks[0] + 1 + number) % ads
            while target in clicks:
                target = (target + 1) % ads
            record = {
                "f_path": picture(target),
                "f_path_trans": f"cutouts/{target // 5:012d}.png",
                "ref_exps": [[120, 80, 640, 720]],
                "width": 800,
                "height": 800,
                "caption": f"a product in front of a background, number {number}",
                "cid3_english_name": f"category {target % 400}",
                "sku_title_cn": pool[target * 7 % 50_000] + pool[target * 3 % 50_000],
                "gt_title_cn": title(target),
                "word_list": ",".join(pool[(target + k) % 50_000][:5] for k in range(10)),
                "f_path_white": f"white/{target:012d}.jpg",
                "f_ocr_path": f"ocr/{target:012d}.json",
                "max_ratio": round(rng.random(), 4),
                "history_images": [picture(ad) for ad in clicks],
                "history_titles": [title(ad) for ad in clicks],
                "text_similarity": [round(rng.random(), 6) for _ in clicks],
                "url": f"https://example.org/{target}",
            }
            file.write((b",\n" if number else b"[\n") + msgspec.json.encode(record))
        file.write(b"\n]\n")


def children(process: int) -> list[int]:
    """A process and all below it."""
    try:
        below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        below = []
    return [process, *(grand for child in below for grand in children(int(child)))]


def resident(process: int) -> int:
    """Bytes of memory that a process holds; shared pages are divided among those that share them."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def measure(command: list[str]) -> tuple[float, float, int]:
    """Seconds that a command takes, CPU seconds of it and its processes, and the most memory that they held together."""
    before, start, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while job.poll() is None:
        peak = max(peak, sum(map(resident, children(job.pid))))
        time.sleep(0.1)
    if job.returncode:
        sys.exit(f"{' '.join(command)} failed")
    seconds, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", help="for the files, several gigabytes for a million records (default: a temporary one)")
    parser.add_argument("--jobs", nargs="+", choices=SCRIPTS, default=list(SCRIPTS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        file = Path(folder) / "pad1m.json"
        write_records(file, arguments.records)
        size = file.stat().st_size / 1e9
        print(f"{arguments.records:,} records, {CLICKS} clicks each, {size:.2f} GB, {arguments.workers} workers")
        took: dict[str, float] = {}
        for name in arguments.jobs:
            script = f"from pathlib import Path; import sys; {ARGUMENTS}; {SCRIPTS[name]}"
            seconds, cpu, peak = measure([sys.executable, "-c", script, str(file), folder, str(arguments.workers)])
            took[name] = seconds
            rate = arguments.records / seconds
            print(f"{name:10} {seconds:7.1f} s {rate:9,.0f} records/s {cpu:7.1f} CPU s {peak / 1e6:8,.0f} MB", flush=True)
        if {"validate", "convert"} <= took.keys():
            both = took["validate"] + took["convert"]
            print(f"validate and then convert {arguments.records / both:,.0f} records/s")
        data = Path(folder) / "data"
        sizes = {path.name: f"{path.stat().st_size / 1e6:.0f} MB" for path in sorted(data.glob("*.parquet"))}
        print(json.dumps(sizes))


if __name__ == "__main__":
    main()
