"""The pages that people work on: sign-in by personal link, one ad at a time, the guideline, and the owner's view.

    uvicorn.run(create_app(open_study("study.db")))

Every page works without a script, too; with it, keys, zoom and boxes on the picture come to it, and htmx swaps ads in place.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy import select

from uniadgen.errors import InputError
from uniadgen.pages import Number, environment, form, one, serve_static
from uniadgen.review.assignment import (
    SKIPPED_BECAUSE,
    Person,
    Refused,
    Task,
    Verdict,
    clean_note,
    get_task,
    next_task,
    parse_boxes,
    person_of,
    previous_task,
    progress,
    release,
    submit,
)
from uniadgen.review.criteria import criteria_of
from uniadgen.review.figures import study_figures
from uniadgen.review.report import report_page
from uniadgen.review.store import Study, people, pictures

COOKIE = "uniadgen-review"
MAX_FORM = 200_000  # bytes
Fields = dict[str, list[str]]
LONGEST = 24 * 3600.0  # seconds for one ad; more is a window that was left open


class Signed(Exception):
    """Nobody is signed in."""


@dataclass(frozen=True)
class Links:
    """A person and their personal link."""

    name: str
    team: str
    link: str


def personal_links(study: Study, base: str) -> list[Links]:
    """The links of all, by team. base: address of the pages, without a slash at its end."""
    with study.reading() as connection:
        rows = connection.execute(select(people).order_by(people.c.id)).all()
    return [Links(row.name, row.team, f"{base}/in/{row.token}") for row in rows]


def owner_link(study: Study, base: str) -> str:
    return f"{base}/in/{study.settings['owner']}"


def create_app(study: Study) -> FastAPI:
    app = FastAPI(title="uniadgen review", docs_url=None, redoc_url=None, openapi_url=None)
    serve_static(app, "uniadgen.review")
    templates = environment("uniadgen.review")
    shared: dict[str, Any] = {
        "title": study.title,
        "kind": study.kind,
        "criteria": criteria_of(study.kind),
        "settings": {name: value for name, value in study.settings.items() if name != "owner"},
    }

    def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
        return HTMLResponse(templates.get_template(name).render({**shared, "person": None, **values}), status)

    def signed_in(request: Request) -> Person:
        person = person_of(study, request.cookies.get(COOKIE, ""))
        if person is None:
            raise Signed
        return person

    def is_owner(request: Request) -> bool:
        return secrets.compare_digest(request.cookies.get(COOKIE, "").encode(), str(study.settings["owner"]).encode())

    async def fields_of(request: Request) -> Fields:
        data = b""
        async for chunk in request.stream():
            data += chunk
            if len(data) > MAX_FORM:
                raise Refused("This form is too large.")
        return form(data)

    @app.exception_handler(Signed)
    def not_signed_in(request: Request, _: Exception) -> Response:
        return page("message.html", 401, heading="Open your personal link", body=_NO_LINK, again=None)

    @app.exception_handler(Refused)
    def refused(request: Request, error: Exception) -> Response:
        person = person_of(study, request.cookies.get(COOKIE, ""))
        return page("message.html", 409, person=person, heading="This can't be done", body=str(error), again="/task")

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(404)
    def not_found(request: Request, _: Exception) -> Response:
        return page("message.html", 404, heading="There is no such page", body="The address may be misspelt.", again="/")

    @app.get("/in/{token}")
    def enter(token: str) -> Response:
        if person_of(study, token) is None and token != study.settings["owner"]:
            return page("message.html", 404, heading="This link is nobody's", body=_NO_LINK, again=None)
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, token, max_age=90 * 24 * 3600, httponly=True, samesite="lax")
        return response

    @app.get("/")
    def home(request: Request) -> Response:
        if is_owner(request):
            return RedirectResponse("/owner", 303)
        person = signed_in(request)
        return page("home.html", person=person, progress=progress(study, person))

    @app.get("/guideline")
    def guideline(request: Request) -> Response:
        person = None if is_owner(request) else signed_in(request)
        return page("guideline.html", person=person)

    @app.get("/task")
    def following(request: Request) -> Response:
        person = signed_in(request)
        return work(person, next_task(study, person))

    @app.get("/task/{number}")
    def again(request: Request, number: Number) -> Response:
        person = signed_in(request)
        return work(person, get_task(study, person, number))

    @app.get("/previous")
    def before(request: Request, before: int | None = None) -> Response:
        number = previous_task(study, signed_in(request), before)
        return RedirectResponse("/task" if number is None else f"/task/{number}", 303)

    def work(
        person: Person, task: Task | None, problem: str = "", chosen: Verdict | None = None, status: int = 200
    ) -> HTMLResponse:
        whole = progress(study, person)
        if task is None:
            return page("done.html", person=person, progress=whole)
        return page(
            "task.html",
            status,
            person=person,
            task=task,
            progress=whole,
            chosen=chosen or _prefilled(task),
            problem=problem,
            submission=secrets.token_urlsafe(18),
            opened=round(time.time(), 1),
            reasons=SKIPPED_BECAUSE,
            previous=previous_task(study, person, task.id),
        )

    @app.post("/task/{number}")
    def judge(request: Request, number: Number, fields: Fields = Depends(fields_of)) -> Response:  # noqa: B008
        person = signed_in(request)
        if one(fields, "person") != str(person.id):
            raise Refused("Somebody else has signed in with this browser since the page was opened. Open your link anew.")
        submission = one(fields, "submission")
        if not 8 <= len(submission) <= 64:
            raise Refused("This form is not one of ours. Open the ad anew.")
        if "skip" in fields:
            reason = " - ".join(filter(None, (one(fields, "reason"), clean_note(one(fields, "skip_note")))))
            verdict = Verdict(note=reason or SKIPPED_BECAUSE[-1], skipped=True)
            submit(study, person, number, verdict, submission, seconds=_seconds(one(fields, "opened")))
            return RedirectResponse("/task", 303)
        criteria, accepted = tuple(fields.get("criteria", ())), "accept" in fields
        verdict = Verdict(criteria, (), clean_note(one(fields, "note")))
        try:
            verdict = Verdict(criteria, parse_boxes(one(fields, "boxes")), verdict.note)
            if accepted == bool(criteria):
                raise InputError(
                    "Choose Accept, or at least one reason to reject." if not accepted else "Either accept or reject."
                )
            submit(study, person, number, verdict, submission, seconds=_seconds(one(fields, "opened")))
        except Refused:
            raise
        except InputError as error:
            return work(person, get_task(study, person, number), str(error), verdict, 422)
        return RedirectResponse("/task", 303)

    @app.post("/leave")
    def leave(request: Request) -> Response:
        person = person_of(study, request.cookies.get(COOKIE, ""))
        if person is not None:
            release(study, person)
        response = page(
            "message.html", heading="You have left", body="What you confirmed is stored. Your link stays yours.", again=None
        )
        response.delete_cookie(COOKIE)
        return response

    @app.get("/picture/{digest}")
    def picture(request: Request, digest: str) -> Response:
        if not is_owner(request):
            signed_in(request)
        with study.reading() as connection:
            data = connection.execute(select(pictures.c.data).where(pictures.c.sha256 == digest)).scalar()
        if data is None:
            return page("message.html", 404, heading="There is no such picture", body="", again="/task")
        return Response(data, media_type="image/webp", headers={"Cache-Control": "private, max-age=86400, immutable"})

    @app.get("/owner")
    def owner(request: Request) -> Response:
        if not is_owner(request):
            raise Signed
        links = personal_links(study, str(request.base_url).rstrip("/"))
        return page("owner.html", figures=study_figures(study), links=links)

    @app.get("/report")
    def report(request: Request) -> Response:
        if not is_owner(request):
            raise Signed
        policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        return HTMLResponse(report_page(study), headers={"Content-Security-Policy": policy})

    @app.get("/report.json")
    def report_json(request: Request) -> Response:
        if not is_owner(request):
            raise Signed
        return JSONResponse(study_figures(study))

    @app.get("/health")
    def health() -> dict[str, str]:
        with study.reading() as connection:
            connection.execute(select(1))
        return {"status": "ok"}

    return app


_NO_LINK = "Everybody works with a link of their own. Open the one that you were sent; if it doesn't work, ask who sent it."


def _prefilled(task: Task) -> Verdict | None:
    """What the form says at first: the person's own verdict, or the label that is to be verified if all labels say the same."""
    if task.verdict is not None:
        return Verdict(tuple(task.verdict.criteria), tuple(task.verdict.boxes), task.verdict.note)
    if task.labels and len({frozenset(label.criteria) for label in task.labels}) == 1:
        label = task.labels[0]
        return Verdict(tuple(label.criteria), tuple(label.boxes), "")
    return None


def _seconds(opened: str) -> float | None:
    """How long somebody took, by when the page was made."""
    try:
        taken = time.time() - float(opened)
    except ValueError:
        return None
    return round(taken, 1) if 0 <= taken <= LONGEST else None
