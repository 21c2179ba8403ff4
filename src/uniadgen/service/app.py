"""The application: `create_app(generator)` has every endpoint of `uniadgen.service.endpoints`.

Around all of them: a request id, one line of log and the figures of every request, keys for what is below /v1, and errors in
one form.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from uniadgen.errors import InputError
from uniadgen.registry import defined
from uniadgen.service import endpoints
from uniadgen.service.batching import Draining, Full, Generator
from uniadgen.service.refusals import Refusal, busy, draining
from uniadgen.service.service import Service, Settings
from uniadgen.service.studio import Studio
from uniadgen.version import version

_log = logging.getLogger("uniadgen.service")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.-]{1,64}")
MOST_HEADER_BYTES, MOST_PATH_BYTES = 32 * 2**10, 4096
KEYED = "/v1/"  # paths that need a key where there are any


def create_app(generator: Generator, settings: Settings | None = None) -> FastAPI:
    """The service around a model, which nobody else may use meanwhile. Raises InputError for settings that can't be."""
    service = Service(generator, settings or Settings())
    studio = Studio(service, service.settings.session, service.settings.data) if service.settings.studio else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        if studio is not None:
            studio.start()
        try:
            yield
        finally:
            service.batcher.drain()
            if studio is not None:
                await asyncio.to_thread(studio.close)
            await asyncio.to_thread(service.close)

    app = FastAPI(
        title="uniadgen",
        version=version(),
        summary="Personalised product ads: picture and text for one shopper",
        lifespan=lifespan,
        docs_url=None,  # they would load scripts from elsewhere; endpoints/docs.py has a page of its own
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.service = service
    for router in defined(endpoints, "ROUTER"):
        app.include_router(router)
    if studio is not None:
        app.add_api_route("/studio", lambda: RedirectResponse("/studio/"), include_in_schema=False)
        app.mount("/studio", studio.app)
    _handle_errors(app)
    app.add_middleware(Keyed, service=service)
    app.add_middleware(Observed, service=service)
    return app


def _handle_errors(app: FastAPI) -> None:
    """Every error in the form of `refusals`."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return refusal.response()

    @app.exception_handler(InputError)
    async def bad_input(request: Request, error: InputError) -> Response:
        return Refusal.of(error).response()

    @app.exception_handler(Full)
    async def full(request: Request, error: Full) -> Response:
        return busy(error.seconds).response()

    @app.exception_handler(Draining)
    async def ending(request: Request, error: Draining) -> Response:
        return draining().response()

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it; the log does

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        said = {404: "there is nothing here; see /docs", 405: "this method is not known here; see /docs"}
        return Refusal(error.status_code, said.get(error.status_code, str(error.detail)), None, error.headers).response()

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return Refusal(422, f"{field}: {first['msg'].lower()}", field).response()


class Keyed:
    """Lets nobody below /v1 without a key, where there are any."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(KEYED):
            client = self.service.settings.keys.client(Request(scope).headers.get("authorization"))
            if client is None:
                said = "the key is missing or unknown; send the header Authorization: Bearer KEY"
                refusal = Refusal(401, said, headers={"WWW-Authenticate": "Bearer", "Connection": "close"})
                await refusal.response()(scope, receive, send)
                return
            scope.setdefault("state", {})["client"] = client
        await self.app(scope, receive, send)


class Observed:
    """Gives every request an id, and tells log and figures how it ended; what goes wrong inside becomes a 500."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        name = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8).encode()
        started, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                extra = [(b"x-request-id", name), (b"x-content-type-options", b"nosniff")]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        try:
            # The protocol bounds only what it has to wait for
            if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADER_BYTES:
                said = f"the headers have more than {MOST_HEADER_BYTES:,} bytes; send less"
                await Refusal(431, said, headers={"Connection": "close"}).response()(scope, receive, answer)
            elif len(scope["raw_path"]) + len(scope["query_string"]) > MOST_PATH_BYTES:
                said = f"the path has more than {MOST_PATH_BYTES:,} bytes; send less"
                await Refusal(414, said, headers={"Connection": "close"}).response()(scope, receive, answer)
            else:
                await self.app(scope, receive, answer)
        except Exception as error:
            _log.error("a request failed", exc_info=error, extra={"fields": {"id": name.decode()}})
            if not status:
                refusal = Refusal(500, f"something went wrong here; its log has the request {name.decode()}")
                await refusal.response()(scope, receive, answer)
        finally:
            self._tell(scope, name.decode(), status, time.perf_counter() - started)

    def _tell(self, scope: Scope, name: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")  # a path may hold anything
        self.service.metrics.requests.labels(route, str(status)).inc()
        self.service.metrics.seconds.labels(route).observe(seconds)
        client = scope.get("state", {}).get("client", "")
        fields = {"id": name, "method": scope["method"] if scope["method"] in _METHODS else "other", "route": route}
        fields |= {"status": status, "seconds": round(seconds, 4), "client": client}
        level = logging.DEBUG if route in ("/healthz", "/readyz", "/metrics") else logging.INFO
        _log.log(level, "request", extra={"fields": fields})


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
