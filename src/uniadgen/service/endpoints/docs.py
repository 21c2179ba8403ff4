"""/docs: a page that shows the OpenAPI document and tries it out. It loads nothing from elsewhere, so it works offline."""

from importlib import resources

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from uniadgen.service.refusals import Refusal

ROUTER = APIRouter(include_in_schema=False)

_FILES = {"docs.html": "text/html", "docs.js": "text/javascript", "docs.css": "text/css"}
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; base-uri 'none'"


@ROUTER.get("/docs")
async def docs(request: Request) -> Response:
    return _file("docs.html")


@ROUTER.get("/docs/{name}")
async def part(request: Request, name: str) -> Response:
    if name not in _FILES:
        raise Refusal(404, "there is nothing here; see /docs")
    return _file(name)


def _file(name: str) -> Response:
    data = (resources.files("uniadgen") / "service" / "static" / name).read_bytes()
    headers = {"Content-Security-Policy": _POLICY, "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}
    return Response(data, media_type=f"{_FILES[name]}; charset=utf-8", headers=headers)
