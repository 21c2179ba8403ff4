"""Whether the service lives and whether it takes requests, and its figures."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from uniadgen.service.schemas import Status
from uniadgen.service.service import service_of

ROUTER = APIRouter(tags=["operation"])


@ROUTER.get("/healthz", response_model=Status, responses={503: {"model": Status}})
async def healthz(request: Request) -> Response:
    """Whether the process works; start it again if not."""
    alive = service_of(request).batcher.alive
    return JSONResponse({"status": "ok" if alive else "the model's thread has ended"}, 200 if alive else 503)


@ROUTER.get("/readyz", response_model=Status, responses={503: {"model": Status}})
async def readyz(request: Request) -> Response:
    """Whether it takes requests; not while it ends."""
    batcher = service_of(request).batcher
    ready = batcher.alive and not batcher.draining
    return JSONResponse({"status": "ok" if ready else "ending"}, 200 if ready else 503)


@ROUTER.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
async def metrics(request: Request) -> Response:
    """Figures for Prometheus."""
    return Response(service_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)
