"""The studio as a part of the service: it asks the same queue for its ads, so that nobody else calls the model."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from uniadgen.ads import Ad, AdRequest, Click
from uniadgen.demo import example_requests
from uniadgen.errors import InputError
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.choosing import inspected_ad
from uniadgen.pipeline.explaining import explain
from uniadgen.request import CheckedRequest
from uniadgen.service.batching import Draining, Full, Job
from uniadgen.service.keys import NOBODY
from uniadgen.service.service import Service
from uniadgen.service.sign_in import SignIn
from uniadgen.studio.app import Sources, create_studio
from uniadgen.studio.making import Closing, Making
from uniadgen.studio.store import StudioStore
from uniadgen.typography.brand import kits_of
from uniadgen.words import quoted

MOST_SHOPPERS = 200  # of a data set, that can be picked
_PATIENCE = 0.5  # seconds between two tries when the queue is full


@dataclass(frozen=True)
class QueuedMaker:
    """Makes ads through the service's queue, and waits for them."""

    service: Service

    def make(self, request: AdRequest, seed: int, options: GenerateOptions) -> Ad:
        """An ad whose picture is inspected, too. Raises InputError."""
        checked = self.service.check(request)
        return inspected_ad(self.generate([checked], [seed], options)[0], checked.cutout)[0]

    def explain(self, request: AdRequest, seed: int, options: GenerateOptions) -> dict[str, Any]:
        """Raises InputError."""
        return explain(self.generate, self.service.check(request), seed, options).as_dict()

    def generate(self, requests: Sequence[CheckedRequest], seeds: Sequence[int], options: GenerateOptions) -> list[Ad]:
        """One ad after the other, so that people who wait for one stand between them."""
        ads = []
        for request, seed in zip(requests, seeds, strict=True):
            job = Job(request, options, [seed])
            self._take()
            self.service.batcher.submit(job)
            ads += job.future.result()
        return ads

    def _take(self) -> None:
        while True:
            try:
                self.service.batcher.take(1)
            except Full:
                time.sleep(_PATIENCE)
            except Draining:
                raise Closing from None
            else:
                return


class Studio:
    """The studio's sessions, their queues and their pages, to be mounted at /studio: one for everybody, or with keys one for
    each client, who must sign in."""

    def __init__(self, service: Service, session: Path | None, data: Path | None) -> None:
        """session: a file, None keeps it in memory; with keys each client has a file beside it. data: a data set whose shoppers
        can be picked. Raises InputError."""
        brands = service.settings.brands
        keys, sources = service.settings.keys, _sources(data)
        if brands is not None:
            sources = replace(sources, brands=kits_of(brands, "argument --brands"))
        clients = list(keys.digests) or [NOBODY]
        output, setup = service.settings.output, service.settings.setup
        self.makings = {
            client: Making(StudioStore(_session_of(session, client)), QueuedMaker(service), output, setup) for client in clients
        }
        apps = {
            client: create_studio(making.store, making, sources, client=None if client == NOBODY else client)
            for client, making in self.makings.items()
        }
        self.app: ASGIApp = SignIn(keys, service.settings.bodies, apps) if keys.digests else apps[NOBODY]

    def start(self) -> None:
        for making in self.makings.values():
            making.start()

    def close(self) -> None:
        for making in self.makings.values():
            making.close()
            making.store.close()


def _session_of(session: Path | None, client: str) -> Path | None:
    """The file of a client's session: spring.ann.db beside spring.db, which is everybody's."""
    return session if session is None or client == NOBODY else session.with_suffix(f".{client}{session.suffix}")


def _sources(data: Path | None) -> Sources:
    examples: dict[str, Callable[[], AdRequest]] = {
        f"Example, {name} shopper": partial(_example, index) for index, name in enumerate(("first", "second"))
    }
    if data is None:
        return Sources(examples)
    from uniadgen.data.layout import iter_rows

    users = []
    for row in iter_rows(data, "users", ("id",), 4096):
        users.append(str(row["id"]))
        if len(users) == MOST_SHOPPERS:
            break

    def clicks(name: str) -> list[Click]:
        user = next((row for row in iter_rows(data, "users") if row["id"] == name), None)
        if user is None:
            raise InputError(f"the data has no shopper {quoted(name)}")
        wanted = [click["creative"] for click in user["clicks"]]
        ads = {
            row["id"]: Click(row["ad"], row["text"])
            for row in iter_rows(data, "creatives", ("id", "ad", "text"), 64)
            if row["id"] in set(wanted) and row["ad"]
        }
        return [ads[creative] for creative in wanted if creative in ads]

    return Sources(examples, users, clicks)


def _example(index: int) -> AdRequest:
    return example_requests()[index]
