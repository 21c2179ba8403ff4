"""What all pages of the project share: one stylesheet, one base template, htmx and a typeface as files, and safe headers.

    templates = environment("uniadgen.review")          # its templates/, and base.html from here
    serve_static(app, "uniadgen.review")                # /static/pages/... and /static/review/...

Nothing is loaded from elsewhere, and the content security policy forbids that it ever is. Needs FastAPI and Jinja2.
"""

import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from importlib import resources
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Path, Request, Response
from fastapi.responses import PlainTextResponse
from jinja2 import Environment
from starlette.staticfiles import StaticFiles

from uniadgen import templates

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; "
POLICY += "base-uri 'none'; frame-ancestors 'none'; img-src 'self' data: blob:"
Number = Annotated[int, Path(ge=0, lt=2**31)]  # in an address, as a database can hold it
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def environment(package: str, root: str = "") -> Environment:
    """Templates of a package and those of this one. `static("review", "review.js")` gives a file's address.

    root: where the application is mounted, such as "/studio".
    """
    made = templates.environment(package, "uniadgen.pages")
    made.globals["static"] = lambda room, name: root + static(room, name)
    made.globals["root"] = root
    return made


@cache
def static(room: str, name: str) -> str:
    """The address of a file in static/ of a room, with a digest, so that browsers may keep it for good."""
    data = (resources.files(f"uniadgen.{room}") / "static" / name).read_bytes()
    return f"/static/{room}/{name}?{hashlib.sha256(data).hexdigest()[:12]}"


def serve_static(app: FastAPI, *packages: str) -> None:
    """Mount the static files of the pages and of these packages, and give every answer of the app the headers above."""
    for package in ("uniadgen.pages", *packages):
        room = package.rpartition(".")[2]
        app.mount(f"/static/{room}", StaticFiles(packages=[(package, "static")]), name=f"static-{room}")
    app.middleware("http")(_guarded)


async def _guarded(request: Request, follow: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuses forms that another site sends with somebody's cookie, and adds the headers."""
    if request.method not in ("GET", "HEAD") and _comes_from_elsewhere(request):
        return PlainTextResponse("This form comes from another site.", 403)
    response = await follow(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "/static/" in request.url.path and request.url.query:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _comes_from_elsewhere(request: Request) -> bool:
    origin = request.headers.get("origin")
    try:
        return bool(origin) and urlsplit(origin).netloc != request.headers.get("host")
    except ValueError:  # no address at all
        return True


def form(data: bytes) -> dict[str, list[str]]:
    """The fields of an urlencoded form."""
    from urllib.parse import parse_qs

    try:
        return parse_qs(data.decode(), keep_blank_values=True, max_num_fields=1000)
    except (UnicodeDecodeError, ValueError):
        return {}


def one(fields: dict[str, Any], name: str) -> str:
    """The only or first value of a field, "" where there is none."""
    return str((fields.get(name) or [""])[0])
