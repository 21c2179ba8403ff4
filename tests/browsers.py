"""A real browser for the tests of pages: Debian's Chromium, headless, and axe-core to look for faults of accessibility."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SERIOUS = ("serious", "critical")


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Skips the test where there is no Chromium or no playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()


def open_page(running: Any, width: int = 1366, height: int = 768, touch: bool = False) -> Any:
    """A page of a window of its own. What goes wrong in its scripts is in `page.faults`.

    The content security policy holds, but for axe, which the test puts into the page.
    """
    context = running.new_context(viewport={"width": width, "height": height}, has_touch=touch)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if "Content Security Policy" in message.text else None)
    return page


def check_accessible(page: Any) -> None:
    """No serious fault by axe-core, in the rules of WCAG 2.2 A and AA."""
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")
    # evaluated by the debugger, which the page's policy doesn't bind
    page.evaluate(axe.AXE_SCRIPT)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    results = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
    assert results["passes"]
    serious = [(f["id"], [node["html"] for node in f["nodes"]]) for f in results["violations"] if f["impact"] in SERIOUS]
    assert not serious, serious
