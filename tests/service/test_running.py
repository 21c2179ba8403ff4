"""How the service behaves under load, at its end, and with clients that go away."""

import asyncio
import json
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from PIL import Image

from uniadgen.ads import Ad, AdRequest, Product
from uniadgen.demo import example_folder
from uniadgen.errors import InputError
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.request import CheckedRequest, check_request
from uniadgen.service.batching import Batcher, Job
from uniadgen.service.logs import JsonFormatter
from uniadgen.service.metrics import ServiceMetrics
from uniadgen.service.server import bound_socket
from uniadgen.service.service import Settings

Body = Callable[..., dict[str, Any]]


class Gated:
    """A generator that waits at a gate, and remembers what it was asked to make together."""

    def __init__(self, generator: AdGenerator) -> None:
        self.generator, self.gate, self.batches = generator, threading.Event(), list[list[int]]()
        self.cutouts = list[set[int]]()

    def generate_many(self, requests: Sequence[CheckedRequest], *, seeds: Sequence[int], options: GenerateOptions) -> list[Ad]:
        self.batches.append(list(seeds))
        self.cutouts.append({id(request.cutout) for request in requests})
        assert self.gate.wait(60)
        if 666 in seeds:
            raise InputError("history[1].image: is damaged or cut short")
        if 999 in seeds:
            raise RuntimeError("a shopper's words")
        return self.generator.generate_many(requests, seeds=seeds, options=options)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never happens"
        time.sleep(0.005)


def seeded(body: Body, seed: int, **options: Any) -> dict[str, Any]:
    return body(options={"size": [96, 96], "seed": seed, **options})


def test_what_waits_is_made_together_and_its_product_read_once(
    run: Any, generator: AdGenerator, pictures: Path, request_body: Body
) -> None:
    gated = Gated(generator)
    with run(gated, Settings(media_root=pictures, max_batch=4)) as server, ThreadPoolExecutor(8) as pool:

        def post(seed: int, **options: Any) -> Any:
            return pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, seed, **options))

        first = post(0)
        until(lambda: len(gated.batches) == 1)
        others = []
        for seed in range(1, 6):
            others.append(post(seed))
            until(lambda: len(server.service.batcher.jobs) == len(others))
        another_kind = post(6, top_k=5)
        until(lambda: len(server.service.batcher.jobs) == 6)
        chosen = post(7, best_of=4, count=2)  # of four candidates each, which are as many as are made together
        until(lambda: len(server.service.batcher.jobs) == 7)
        gated.gate.set()
        answers = [future.result() for future in (first, *others, another_kind, chosen)]
        assert [answer.status_code for answer in answers] == [200] * 8
        assert gated.batches == [[0], [1, 2, 3, 4], [5], [6], [7], [8]]
        assert all(len(cutouts) == 1 for cutouts in gated.cutouts)
        alone = server.client.post("/v1/ads", json=seeded(request_body, 3)).json()["ads"][0]
        assert alone["image"] == answers[3].json()["ads"][0]["image"]


def test_lanes_share_what_waits(run: Any, generator: AdGenerator, pictures: Path, request_body: Body) -> None:
    """Neither takes more than its share, nor more than is worth it; an answer's ads are in the order of their seeds, whichever
    lane made them, and the same ones as by themselves."""
    gated = Gated(generator)
    with run(gated, Settings(media_root=pictures, lanes=2)) as server, ThreadPoolExecutor(8) as pool:
        posted = [pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, 0))]
        until(lambda: len(gated.batches) == 1)
        posted.append(pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, 100)))
        until(lambda: len(gated.batches) == 2)
        several = pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, 200, count=12))
        until(lambda: len(server.service.batcher.jobs) == 1)
        assert server.service.batcher.taken == 12
        gated.gate.set()
        assert all(each.result().status_code == 200 for each in posted)
        ads = several.result().json()["ads"]
        assert [ad["seed"] for ad in ads] == list(range(200, 212))
        rest = gated.batches[2:]
        assert sorted(seed for batch in rest for seed in batch) == list(range(200, 212))
        assert [len(batch) for batch in rest[:2]] == [4, 4]
        assert max(map(len, rest)) == 4
        assert len(rest) > 3  # of the last four one lane left the other its share
        until(lambda: server.service.batcher.idle)
        gated.batches.clear()
        alone = server.client.post("/v1/ads", json=seeded(request_body, 207)).json()["ads"][0]
        assert alone["image"] == ads[7]["image"]
        failed = server.client.post("/v1/ads", json=seeded(request_body, 660, count=12))
        assert failed.status_code == 422  # seed 666 is among them
        until(lambda: server.service.batcher.idle)
        assert server.service.batcher.taken == 0


def test_a_lane_takes_one_product_and_both_cores_if_it_is_alone(generator: AdGenerator, cutout: Image.Image) -> None:
    """Two products that wait go to two lanes; what is made alone may use the cores of both."""
    cores: dict[int, int] = {}
    both = threading.Barrier(2)

    class Counting:
        def generate_many(
            self, requests: Sequence[CheckedRequest], *, seeds: Sequence[int], options: GenerateOptions
        ) -> list[Ad]:
            assert len({id(request.cutout) for request in requests}) == 1
            if seeds[0] < 9:
                both.wait(30)
            cores[seeds[0]] = torch.get_num_threads()
            return generator.generate_many(requests, seeds=seeds, options=options)

    batcher = Batcher(Counting(), 64, 16, ServiceMetrics(), lanes=2)
    options = GenerateOptions(size=(64, 64))
    checked = [check_request(AdRequest(Product(cutout.copy(), "A kettle", ["Quiet"]), [])) for _ in range(2)]
    jobs = [Job(request, options, [seed]) for seed, request in zip((0, 4), checked, strict=True)]
    alone = Job(checked[0], replace(options, best_of=4), [9])
    batcher.take(3)
    for job in jobs:
        batcher.submit(job)
    batcher.start()
    assert [len(job.future.result(60)) for job in jobs] == [1, 1]
    batcher.submit(alone)
    assert len(alone.future.result(60)) == 1
    batcher.stop()
    assert cores == {0: 1, 4: 1, 9: 2}


def test_a_full_queue_says_so_at_once_and_nothing_is_lost(
    run: Any, generator: AdGenerator, pictures: Path, request_body: Body
) -> None:
    gated = Gated(generator)
    with run(gated, Settings(media_root=pictures, queue=3)) as server, ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, 0))]
        until(lambda: len(gated.batches) == 1)
        futures += [pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, seed)) for seed in (1, 2, 3)]
        until(lambda: len(server.service.batcher.jobs) == 3)
        refused = server.client.post("/v1/ads", json=seeded(request_body, 4))
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        gated.gate.set()
        assert [future.result().status_code for future in futures] == [200] * 4
        until(lambda: server.service.batcher.idle)
        assert server.service.batcher.taken == 0


def test_an_ad_that_cannot_be_made_takes_no_other_with_it(
    run: Any, generator: AdGenerator, pictures: Path, request_body: Body
) -> None:
    gated = Gated(generator)
    with run(gated, Settings(media_root=pictures)) as server, ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, 0))]
        until(lambda: len(gated.batches) == 1)
        for seed in (1, 666, 2):
            futures.append(pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, seed)))
        until(lambda: len(server.service.batcher.jobs) == 3)
        gated.gate.set()
        answers = [future.result() for future in futures]
        assert [answer.status_code for answer in answers] == [200, 200, 422, 200]
        assert answers[2].json()["error"]["field"] == "history[1].image"
        failed = server.client.post("/v1/ads", json=seeded(request_body, 999))
        assert failed.status_code == 500
        assert "shopper's words" not in failed.text
        assert server.client.post("/v1/ads", json=seeded(request_body, 3)).status_code == 200
        assert server.service.batcher.taken == 0


def test_a_client_that_goes_away_frees_its_place(run: Any, generator: AdGenerator, pictures: Path, request_body: Body) -> None:
    gated = Gated(generator)
    with run(gated, Settings(media_root=pictures)) as server, ThreadPoolExecutor(1) as pool:
        first = pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, 0))
        until(lambda: len(gated.batches) == 1)

        async def impatient() -> None:
            async with httpx.AsyncClient(base_url=server.url) as client:
                task = asyncio.create_task(client.post("/v1/ads", json=seeded(request_body, 1, count=3)))
                while len(server.service.batcher.jobs) < 1:
                    await asyncio.sleep(0.005)
                assert server.service.batcher.taken == 3
                task.cancel()

        asyncio.run(impatient())
        until(lambda: server.service.batcher.taken == 0)
        gated.gate.set()
        assert first.result().status_code == 200
        assert gated.batches == [[0]]


def test_draining_finishes_what_was_accepted_and_refuses_what_is_new(
    run: Any, generator: AdGenerator, pictures: Path, request_body: Body
) -> None:
    gated = Gated(generator)
    with run(gated, Settings(media_root=pictures)) as server, ThreadPoolExecutor(2) as pool:
        first = pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, 0))
        until(lambda: len(gated.batches) == 1)
        second = pool.submit(server.client.post, "/v1/ads", json=seeded(request_body, 1))
        until(lambda: len(server.service.batcher.jobs) == 1)
        server.service.batcher.drain()
        assert server.client.get("/readyz").status_code == 503
        assert server.client.get("/healthz").status_code == 200
        refused = server.client.post("/v1/ads", json=seeded(request_body, 2))
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        gated.gate.set()
        assert [first.result().status_code, second.result().status_code] == [200, 200]


def test_logs_tell_how_requests_ended_and_nothing_of_what_they_hold(
    ours: Any, request_body: Body, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "Unicorn-4711"
    body = request_body()
    body["history"][0]["text"] = secret
    with caplog.at_level(logging.DEBUG, logger="uniadgen"):
        ours.client.post("/v1/ads", json=body, headers={"X-Request-Id": "request-9"})
        ours.client.post("/v1/ads", json=request_body(history=[{"image": f"{secret}.png", "text": ""}]))
        ours.client.get(f"/{secret}?q={secret}")
    lines = [JsonFormatter().format(record) for record in caplog.records]
    entries = [json.loads(line) for line in lines]
    assert any(entry.get("id") == "request-9" and entry["status"] == 200 and entry["route"] == "/v1/ads" for entry in entries)
    assert any(entry.get("status") == 422 for entry in entries)
    assert secret not in "".join(lines)


@pytest.mark.slow
def test_the_command_serves_until_sigterm(tmp_path: Path) -> None:
    """The embedded model behind the command: an ad under way at SIGTERM is still answered, and the exit code is 0."""
    words = ["serve", "--port", "0", "--media-root", str(example_folder())]
    with subprocess.Popen(
        [sys.executable, "-m", "uniadgen", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            body = json.loads((example_folder() / "shopper-1.json").read_text("utf-8")) | {"options": {"size": [128, 128]}}
            with httpx.Client(base_url=url, timeout=120) as client, ThreadPoolExecutor(1) as pool:
                future = pool.submit(client.post, "/v1/ads", json=body)
                until(lambda: "uniadgen_making_ads 1.0" in httpx.get(f"{url}/metrics").text)
                process.send_signal(signal.SIGTERM)
                assert future.result().status_code == 200
            assert process.wait(60) == 0
        finally:
            process.kill()
        assert process.stderr is not None
        assert all(json.loads(line)["message"] for line in process.stderr.read().splitlines())


def test_answers_do_not_wait_for_what_the_client_confirms() -> None:
    """asyncio lets connections send at once (TCP_NODELAY) if their listener is named as one of TCP."""
    with bound_socket("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP
