"""The service under load: how many ads a second, what a full queue does, how long requests take, and what kill -9 costs.

    python benchmarks/service.py                     # all of it; about 25 minutes on two cores
    python benchmarks/service.py clients latency     # some of it
    python benchmarks/service.py --short             # a minute each, to try it

Each part starts `uniadgen serve` in a process of its own, on loopback, with the products and shoppers of a data set. The
clients run in this process, on the same cores.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq

TINY = Path(__file__).parents[1] / "data" / "tiny"
PARTS = ("clients", "overload", "latency", "kill")


@dataclass(frozen=True)
class Load:
    """What is asked for. short: to try the script; the figures then say little."""

    data: Path
    products: list[str]
    shoppers: list[str]
    size: int
    clients: int
    short: bool

    def body(self, number: int, shared: bool = False) -> dict[str, Any]:
        """A request: its own product and shopper, or one product for all."""
        product = self.products[0 if shared else number % len(self.products)]
        shopper = self.shoppers[number % len(self.shoppers)]
        return {"product": product, "shopper": shopper, "options": {"seed": number, "size": [self.size, self.size]}}


class Served:
    """The command in a process. folder: of its media, which outlive it."""

    def __init__(self, load: Load, folder: Path, port: int = 0, queue: int = 64) -> None:
        words = ["serve", "--port", str(port), "--data", str(load.data), "--queue", str(queue), "--media-store", str(folder)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uniadgen", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the service does not start")
        self.url = line.split()[-1]

    def memory(self) -> float:
        """Resident MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * 4096 / 1e6

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


@contextlib.contextmanager
def served(load: Load, queue: int = 64) -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as folder:
        service = Served(load, Path(folder), queue=queue)
        try:
            yield service
            if service.end() != 0:
                raise SystemExit("the service did not end well")
        finally:
            service.process.kill()


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=800, max_keepalive_connections=100)
    async with httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(300), limits=limits) as client:
        yield client


async def closed_loop(url: str, load: Load, clients: int, each: int, shared: bool) -> tuple[float, list[float]]:
    """Clients that ask again as soon as they are answered: ads a second, and the seconds of each request."""
    seconds: list[float] = []
    async with connected(url) as client:

        async def one(number: int) -> None:
            for turn in range(each):
                started = time.perf_counter()
                answer = await client.post("/v1/ads", json=load.body(number * each + turn, shared))
                answer.raise_for_status()
                seconds.append(time.perf_counter() - started)

        await client.post("/v1/ads", json=load.body(10**6))  # everything is loaded
        started = time.perf_counter()
        await asyncio.gather(*(one(number) for number in range(clients)))
        return clients * each / (time.perf_counter() - started), seconds


def clients(load: Load) -> dict[str, Any]:
    """Ads per second of many clients, each with its own product or all with one, against one client one by one."""
    each = 1 if load.short else 4
    result: dict[str, Any] = {}
    for name, shared in (("one product each", False), ("one product for all", True)):
        with served(load) as service:
            alone, _ = asyncio.run(closed_loop(service.url, load, 1, 4 if load.short else 24, shared))
            many, _ = asyncio.run(closed_loop(service.url, load, load.clients, each, shared))
        result[name] = {"one client, ads/s": alone, f"{load.clients} clients, ads/s": many, "factor": many / alone}
    return result


async def open_loop(url: str, load: Load, rate: float, seconds: float, service: Served) -> dict[str, Any]:
    """Requests that come at random moments, `rate` a second, whether or not earlier ones are answered."""
    statuses: Counter[str] = Counter()
    latencies, memory = list[float](), list[tuple[float, float]]()
    chance = random.Random(0)
    async with connected(url) as client:

        async def one(number: int) -> None:
            started = time.perf_counter()
            try:
                answer = await client.post("/v1/ads", json=load.body(number))
            except httpx.HTTPError as error:
                statuses[f"lost ({type(error).__name__})"] += 1
                return
            statuses[str(answer.status_code)] += 1
            if answer.status_code == 200:
                latencies.append(time.perf_counter() - started)

        await client.post("/v1/ads", json=load.body(10**6))
        tasks, begin, due, number = set[asyncio.Task[None]](), time.perf_counter(), 0.0, 0
        while due < seconds:
            due += chance.expovariate(rate)
            await asyncio.sleep(max(0.0, begin + due - time.perf_counter()))
            task = asyncio.create_task(one(number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
            if not memory or time.perf_counter() - begin > memory[-1][0] + 1:
                memory.append((time.perf_counter() - begin, service.memory()))
        await asyncio.gather(*tasks)
    return {"asked": number, "statuses": dict(statuses), "latencies": latencies, "memory": memory}


def overload(load: Load) -> dict[str, Any]:
    """Ten times more requests than it can serve: all of them answered, with 200 or 429, and memory that stays."""
    seconds, settled = (40.0, 15.0) if load.short else (300.0, 60.0)
    with served(load) as service:
        rate, _ = asyncio.run(closed_loop(service.url, load, load.clients, 1 if load.short else 2, False))
        run = asyncio.run(open_loop(service.url, load, 10 * rate, seconds, service))
    early = [mb for at, mb in run["memory"] if at >= settled][:5]
    late = [mb for _, mb in run["memory"]][-5:]
    answered = sum(count for status, count in run["statuses"].items() if status in ("200", "429"))
    return {
        "capacity, ads/s": rate,
        "asked": run["asked"],
        "statuses": run["statuses"],
        "answered with 200 or 429": answered / run["asked"],
        "memory growth after the first minute": statistics.median(late) / statistics.median(early) - 1 if early else None,
    }


def latency(load: Load) -> dict[str, Any]:
    """The 99th percentile of accepted requests at 70 % of the capacity, against the median of one client alone."""
    with served(load) as service:
        _, alone = asyncio.run(closed_loop(service.url, load, 1, 6 if load.short else 30, False))
        rate, _ = asyncio.run(closed_loop(service.url, load, load.clients, 1 if load.short else 3, False))
        run = asyncio.run(open_loop(service.url, load, 0.7 * rate, 30.0 if load.short else 240.0, service))
    ordered = sorted(run["latencies"])
    p99, median = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))], statistics.median(alone)
    return {
        "unloaded median, s": median,
        "capacity, ads/s": rate,
        "accepted": len(ordered),
        "refused": run["asked"] - len(ordered),
        "p50 at 70 %, s": statistics.median(ordered),
        "p99 at 70 %, s": p99,
        "p99 / unloaded median": p99 / median,
    }


async def until_answered(load: Load, number: int, address: list[str], answers: dict[int, list[str]]) -> None:
    """A client that asks until it is answered, as clients of a service that may be restarted do."""
    while number not in answers:
        try:
            async with httpx.AsyncClient(base_url=address[0], timeout=300) as client:
                answer = await client.post("/v1/ads", json=load.body(number))
                if answer.status_code == 200:
                    digest = answer.json()["ads"][0]["image"].removeprefix("media:")
                    picture = await client.get(f"/v1/media/{digest}")
                    if hashlib.sha256(picture.content).hexdigest() == digest:
                        answers.setdefault(number, []).append(digest)
                        return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.05)


def kill(load: Load) -> dict[str, Any]:
    """kill -9 at random moments under load, and a start with the same media: every client gets its ad, and the same one."""
    kills, count = (2, 6) if load.short else (20, 80)
    with served(load) as service:
        expected: dict[int, list[str]] = {}

        async def reference() -> None:
            await asyncio.gather(*(until_answered(load, n, [service.url], expected) for n in range(count)))

        asyncio.run(reference())
    answers: dict[int, list[str]] = {}

    async def killed(folder: Path) -> int:
        service, chance, times = Served(load, folder), random.Random(1), 0
        address, port = [service.url], int(service.url.rpartition(":")[2])
        gate = asyncio.Semaphore(load.clients)

        async def one(number: int) -> None:
            async with gate:
                await until_answered(load, number, address, answers)

        tasks = [asyncio.create_task(one(number)) for number in range(count)]
        while times < kills and not all(task.done() for task in tasks):
            await asyncio.sleep(0.3 + chance.random() * (2.0 if load.short else 4.0))
            service.process.kill()
            service.process.wait()
            times += 1
            service = await asyncio.to_thread(Served, load, folder, port)
            address[0] = service.url
        await asyncio.gather(*tasks)
        service.end()
        return times

    with tempfile.TemporaryDirectory() as folder:
        times = asyncio.run(killed(Path(folder)))
        stored = [path for path in Path(folder).rglob("*") if path.is_file()]
        broken = sum(hashlib.sha256(path.read_bytes()).hexdigest() != path.name for path in stored)
    return {
        "kills": times,
        "ads": count,
        "lost": count - len(answers),
        "doubled": sum(len(digests) > 1 for digests in answers.values()),
        "other bytes": sum(answers[n] != expected[n] for n in answers),
        "broken media": broken,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--data", type=Path, default=TINY, metavar="DIR", help="a data set (default: data/tiny)")
    parser.add_argument("--size", type=int, default=512, metavar="P", help="side of the ads in pixels (default 512)")
    parser.add_argument("--clients", type=int, default=32, metavar="N")
    parser.add_argument("--short", action="store_true")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    ids = [
        pq.read_table(arguments.data / f"{name}.parquet", columns=["id"]).column("id").to_pylist()
        for name in ("products", "users")
    ]
    load = Load(arguments.data, ids[0], ids[1], arguments.size, arguments.clients, arguments.short)
    measures = {"clients": clients, "overload": overload, "latency": latency, "kill": kill}
    for part in arguments.parts or PARTS:
        started = time.perf_counter()
        result = measures[part](load)
        print(json.dumps({part: result, "seconds": round(time.perf_counter() - started, 1)}, indent=2), flush=True)


if __name__ == "__main__":
    main()
