"""An application behind a socket: patient with slow requests, not endlessly so with slow clients.

SIGTERM and SIGINT let the service finish what it has accepted, refuse what is new, and end; a second one ends at once.
"""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from uniadgen.errors import InputError
from uniadgen.service.app import MOST_HEADER_BYTES
from uniadgen.service.batching import Batcher
from uniadgen.service.service import Service

HEADER_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 30
MOST_CONNECTIONS = 1000
LAST_SECONDS = 30  # for answers to be sent when the service ends


class Protocol(H11Protocol):
    """uvicorn's, which would wait for ever until the headers of a request are complete."""

    header_seconds = HEADER_SECONDS
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:  # the headers are there, or what came was no HTTP
            self._stop_waiting()
        elif self._due is None and data:
            self._wait_for_headers()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._stop_waiting()  # from here on uvicorn's own limit for idle connections holds

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_headers(self) -> None:
        self._due = self.loop.call_later(self.header_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """uvicorn's server, which at the first signal goes on until what is accepted is made."""

    def __init__(self, config: uvicorn.Config, batcher: Batcher, started: Callable[[], None]) -> None:
        super().__init__(config)
        self.batcher, self.told_started = batcher, started
        self._drained: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.told_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def end(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.end)

        before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def end(self) -> None:
        """Finish what is accepted, then end; called once more, end at once."""
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_task(self._drain())
        else:
            self.should_exit = self.force_exit = True

    async def _drain(self) -> None:
        self.batcher.drain()
        while not self.batcher.idle:
            await asyncio.sleep(0.05)
        self.should_exit = True


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens soon. port: 0 for any that is free. Raises InputError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # So named, its connections send at once; else answers wait until the client confirms their head, which takes 40 ms.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"argument --port: {host}:{port} can't be listened at ({reason}); use another host or port") from None
    return listening


def make_server(app: FastAPI, started: Callable[[], None]) -> Server:
    """The server of an application, for `run([socket])`. started: called when requests are taken."""
    service: Service = app.state.service
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,  # our own lines say more, and nothing of what the request holds
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=LAST_SECONDS,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
    )
    return Server(config, service.batcher, started)
