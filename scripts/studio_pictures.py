"""The studio's pictures in docs/images, taken anew: the example's first shopper, with the model that ships. And of the review
the pages that show no ad: review-start and review-done.

python scripts/studio_pictures.py                   # all; needs playwright and Debian's chromium
python scripts/studio_pictures.py grid words        # only these
"""

import argparse
import contextlib
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from uniadgen.demo import example_requests
from uniadgen.imaging.loading import load_rgb
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.review.app import create_app as create_review
from uniadgen.review.app import personal_links
from uniadgen.review.assignment import Person, Verdict, next_task, submit
from uniadgen.review.creating import create_study
from uniadgen.review.items import Item
from uniadgen.review.store import open_study, people
from uniadgen.review.teams import parse_teams
from uniadgen.service.app import create_app
from uniadgen.service.bodies import Bodies
from uniadgen.service.keys import Keys
from uniadgen.service.service import Settings
from uniadgen.service.sign_in import SignIn

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
WINDOW, WIDTH = {"width": 1366, "height": 816}, 1200
PATIENCE = 600_000  # milliseconds


def grid(page: Any) -> None:
    """Four ads with words in their pictures."""
    page.get_by_role("button", name="Example, first shopper").click()
    page.get_by_label("The text of the next ads").select_option(label="in it, where it is best")
    page.locator("#look", has_text="Brand kit").wait_for()
    page.get_by_role("button", name="Make ads").click()
    page.locator("#grid:not([data-pending]) .variant.done >> nth=3").wait_for()


def detail(page: Any) -> None:
    page.locator(".pickad").first.click()
    page.locator("#board").wait_for()


def words(page: Any) -> None:
    page.get_by_role("button", name="Move words").click()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)


def why(page: Any) -> None:
    page.keyboard.press("Escape")
    page.locator("#words-in summary").click()
    page.get_by_text("Why this ad?").click()
    page.get_by_role("button", name="Find out").click()
    page.locator(".reasons").wait_for()
    page.locator("#why").scroll_into_view_if_needed()


def compare(page: Any) -> None:
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Side by side").wait_for()


STEPS: dict[str, Callable[[Any], None]] = {"grid": grid, "detail": detail, "words": words, "why": why, "compare": compare}
PAGES = ("studio-sign-in", "review-start", "review-done")  # that need no ad


@contextlib.contextmanager
def open_page() -> Iterator[Any]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport=WINDOW).new_page()
        page.set_default_timeout(PATIENCE)
        yield page
        browser.close()


def keep(page: Any, name: str) -> None:
    shot = load_rgb(page.screenshot(), "screenshot")
    small = shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)), Image.Resampling.LANCZOS)
    small.save(IMAGES / f"{name}.webp", quality=82, method=6)


def take(base: str, names: list[str]) -> None:
    """The steps in turn, as far as the last one that is wanted."""
    with open_page() as page:
        page.goto(f"{base}/studio/")
        for name in list(STEPS)[: max(list(STEPS).index(name) for name in names) + 1]:
            if name in ("words", "why") and name not in names:  # neither changes the ad
                continue
            STEPS[name](page)
            page.wait_for_function("() => [...document.images].every(i => i.complete || !i.offsetParent)")
            if name in names:
                keep(page, f"studio-{name}")


def sign_in() -> None:
    pages = SignIn(Keys({"ann": "0" * 64}), Bodies(), {})
    app = FastAPI()
    app.mount("/studio", pages)
    with serving(app) as base, open_page() as page:
        page.goto(f"{base}/studio/sign-in")
        keep(page, "studio-sign-in")


def review(names: list[str]) -> None:
    """A study of one ad, which somebody labels."""
    ad = example_requests()[0]
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "ad.png"
        Image.new("RGB", (64, 64)).save(picture)
        items = [Item("ours", f"ad-{n}", picture, "Text", "ad", None, tuple(ad.product.selling_points)) for n in range(24)]
        place = f"{folder}/study.db"
        create_study(place, items, "ad", parse_teams({"label": ["Ana"], "verify": ["Dora"], "recheck": ["Fay"]}))
        study = open_study(place)
        with serving(create_review(study)) as base, open_page() as page:
            link = next(entry.link for entry in personal_links(study, base) if entry.name == "Ana")
            page.goto(link)
            if "review-start" in names:
                keep(page, "review-start")
            if "review-done" in names:
                with study.reading() as connection:
                    row = connection.execute(select(people).where(people.c.name == "Ana")).one()
                ana = Person(row.id, row.name, row.team)
                while (task := next_task(study, ana)) is not None:
                    submit(study, ana, task.id, Verdict(()), f"{task.id}")
                page.goto(f"{base}/task")
                keep(page, "review-done")
        study.close()


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of an application on this machine."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    every = [*STEPS, *PAGES]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(every)} (default: all)")
    names = parser.parse_args().names or every
    if unknown := set(names) - set(every):
        parser.error(f"argument NAME: {', '.join(unknown)}: use {', '.join(every)}")
    if "studio-sign-in" in names:
        sign_in()
    if {"review-start", "review-done"} & set(names):
        review(names)
    if steps := [name for name in names if name in STEPS]:
        with serving(create_app(AdGenerator.from_pretrained(), Settings(studio=True))) as base:
            take(base, steps)


if __name__ == "__main__":
    main()
