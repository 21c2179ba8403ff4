"""Bodies of requests: bounded in size, in time, and in what all of them take together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from uniadgen.service.refusals import Refusal, busy
from uniadgen.words import parse_whole


@dataclass
class Bodies:
    """most: bytes of a body; seconds: until it must be there; together: bytes of all bodies that are held at a time."""

    most: int = 16 * 2**20
    seconds: float = 30.0
    together: int = 512 * 2**20
    held: int = 0

    @contextmanager
    def room(self, request: Request) -> Iterator[None]:
        """Room for a request's body as long as the block lasts. Raises Refusal(429) when there is none left."""
        size = self._announced(request)
        if self.held + size > self.together:
            raise busy(5)
        self.held += size
        try:
            yield
        finally:
            self.held -= size

    def _announced(self, request: Request) -> int:
        length = request.headers.get("content-length", "")
        if not length:
            return self.most if "transfer-encoding" in request.headers else 0
        announced = parse_whole(length)
        if announced is None:
            raise Refusal(400, "the header Content-Length is no number")
        return min(announced, self.most)

    async def read(self, request: Request) -> bytes:
        """The whole body. Raises ClientDisconnect, and Refusal: 415 if compressed, 413 if long, 408 if slow."""
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Refusal(415, "the body is compressed; send it without Content-Encoding", headers={"Connection": "close"})
        try:
            async with asyncio.timeout(self.seconds):
                return await self._read(request)
        except TimeoutError:
            raise Refusal(
                408, f"the body was not there after {self.seconds:g} seconds; send it faster", headers={"Connection": "close"}
            ) from None

    async def _read(self, request: Request) -> bytes:
        parts, size = list[bytes](), 0
        async for part in request.stream():
            size += len(part)
            if size <= self.most:
                parts.append(part)
            elif size > 4 * self.most:
                break
            else:  # read on a little, since most clients look for an answer only when they have sent everything
                parts.clear()
        if size > self.most:
            raise Refusal(413, f"the body has more than {self.most:,} bytes; send less", headers={"Connection": "close"})
        return b"".join(parts)


async def gone(request: Request) -> None:
    """Returns when the client has gone away; to be called when the body is read."""
    try:
        while (await request.receive())["type"] != "http.disconnect":
            pass
    except ClientDisconnect:
        pass
