"""What the service tells of itself at /metrics: counts and seconds, never a word or an id of a shopper."""

from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from uniadgen.ads import Ad

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class ServiceMetrics:
    """A registry of its own, so that several applications may live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        common: dict[str, Any] = {"namespace": "uniadgen", "registry": self.registry}
        self.requests = Counter("requests", "Answers by route and status", ("route", "status"), **common)
        self.seconds = Histogram(
            "request_seconds", "From a request's first byte to its answer", ("route",), buckets=_SECONDS, **common
        )
        self.waiting = Gauge("queue_ads", "Ads that wait, or whose requests are being checked", **common)
        self.making = Gauge("making_ads", "Ads that are being made", **common)
        self.batches = Histogram("batch_ads", "Ads that were made together", buckets=(1, 2, 4, 8, 16, 32, 64), **common)
        self.batch_seconds = Histogram("batch_seconds", "Seconds of a batch", buckets=_SECONDS, **common)
        self.ads = Counter("ads", "Ads made", **common)
        self.stages = Counter("stage_seconds", "Seconds by stage of making ads", ("stage",), **common)

    def batch(self, ads: Sequence[Ad], seconds: float) -> None:
        self.batches.observe(len(ads))
        self.batch_seconds.observe(seconds)
        self.ads.inc(len(ads))
        for ad in ads:
            for stage, share in ad.timings.items():
                self.stages.labels(stage).inc(share)

    def text(self) -> bytes:
        return bytes(generate_latest(self.registry))
