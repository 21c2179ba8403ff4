"""Signing in to the studio where there are keys: a page asks for one, and from then on a cookie stands for it.

    SignIn(keys, bodies, {"ann": app, "bob": app})      # an application, to be mounted at /studio

Every client has a studio of its own. The cookie is `Keys.token`: it outlives a restart, ends after TOKEN_SECONDS and with the
key, and can't be made without it. Scripts can't read it, and no other site's form is sent with it.
"""

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from uniadgen.pages import environment, form, one, serve_static
from uniadgen.service.bodies import Bodies
from uniadgen.service.keys import Keys
from uniadgen.service.refusals import Refusal

COOKIE = "uniadgen_studio"
TOKEN_SECONDS = 7 * 24 * 3600
_MOST_FORM = 2**16  # bytes, of somebody who isn't known yet
_OPEN = ("/sign-in", "/sign-out", "/static/")


class SignIn:
    """Lets those with a key to their application, and others to the page that asks for one."""

    def __init__(self, keys: Keys, bodies: Bodies, apps: Mapping[str, ASGIApp], root: str = "/studio") -> None:
        self.keys, self.apps, self.root = keys, apps, root
        self.pages = _pages(keys, Bodies(most=_MOST_FORM, seconds=bodies.seconds), root)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].removeprefix(scope.get("root_path", "")).startswith(_OPEN):
            await self.pages(scope, receive, send)
            return
        client = self.keys.holder(Request(scope).cookies.get(COOKIE, ""), time.time())
        if client is None:
            await RedirectResponse(f"{self.root}/sign-in", 303)(scope, receive, send)
            return
        scope.setdefault("state", {})["client"] = client
        await self.apps[client](scope, receive, send)


def _is_https(request: Request) -> bool:
    """Whether the browser came by TLS, which a proxy may have ended: a form's origin is the browser's own word."""
    return "https" in (request.url.scheme, urlsplit(request.headers.get("origin", "")).scheme)


def _pages(keys: Keys, bodies: Bodies, root: str) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    serve_static(app, "uniadgen.studio")
    template = environment("uniadgen.studio", root).get_template("sign-in.html")

    def show(problem: str = "", status: int = 200) -> Response:
        return HTMLResponse(template.render(problem=problem), status)

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return show("This form can't be read.", refusal.status)

    @app.get("/sign-in")
    def ask() -> Response:
        return show()

    @app.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        with bodies.room(request):
            key = one(form(await bodies.read(request)), "key").strip()
        client = keys.client_of(key)
        if client is None:
            return show("This key is not known here. Ask whoever runs the service for one.", 403)
        response = RedirectResponse(f"{root}/", 303)
        response.set_cookie(
            COOKIE,
            keys.token(client, int(time.time()) + TOKEN_SECONDS),
            max_age=TOKEN_SECONDS,
            path=root,
            secure=_is_https(request),
            httponly=True,
            samesite="strict",
        )
        return response

    @app.post("/sign-out")
    def sign_out() -> Response:
        response = RedirectResponse(f"{root}/sign-in", 303)
        response.delete_cookie(COOKIE, path=root)
        return response

    return app
