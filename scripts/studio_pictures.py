"""The studio's pictures in docs/images, taken anew: the example's first shopper, with the model that ships.

python scripts/studio_pictures.py                   # all; needs playwright and Debian's chromium
python scripts/studio_pictures.py grid words        # only these
"""

import argparse
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from uniadgen.imaging.loading import load_rgb
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.service.app import create_app
from uniadgen.service.service import Settings

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


STEPS: dict[str, Callable[[Any], None]] = {"grid": grid, "detail": detail, "words": words, "why": why}


def take(base: str, names: list[str]) -> None:
    """The steps in turn, as far as the last one that is wanted."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport=WINDOW).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{base}/studio/")
        for name, step in STEPS.items():
            step(page)
            page.wait_for_function("() => [...document.images].every(i => i.complete || !i.offsetParent)")
            if name in names:
                shot = load_rgb(page.screenshot(), "screenshot")
                small = shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)), Image.Resampling.LANCZOS)
                small.save(IMAGES / f"studio-{name}.webp", quality=82, method=6)
            if all(name_left not in names for name_left in list(STEPS)[list(STEPS).index(name) + 1 :]):
                break
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(STEPS)} (default: all)")
    names = parser.parse_args().names or list(STEPS)
    if unknown := set(names) - set(STEPS):
        parser.error(f"argument NAME: {', '.join(unknown)}: use {', '.join(STEPS)}")
    app = create_app(AdGenerator.from_pretrained(), Settings(studio=True))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    take(f"http://127.0.0.1:{listener.getsockname()[1]}", names)
    server.should_exit = True


if __name__ == "__main__":
    main()
