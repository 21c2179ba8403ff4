"""The report in a real browser: pictures decode, tables are there, nothing is fetched, nothing fails."""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from uniadgen.evaluation.report import GalleryAd, GalleryClick, GalleryEntry, write_markdown, write_report
from uniadgen.metrics.registry import ad_figures, set_figures

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
# A picture is decoded if it can be drawn. Everything happens in the load event, before the browser writes the page out.
PROBE = """<script>addEventListener("load", () => {
  const pictures = [...document.querySelectorAll("button img")];
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const decoded = pictures.filter(picture => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.drawImage(picture, 0, 0, 1, 1);
    return picture.naturalWidth > 0 && canvas.getImageData(0, 0, 1, 1).data[3] === 255;
  });
  pictures[0].click();
  const shown = document.getElementById("large");
  document.documentElement.dataset.found = JSON.stringify({
    pictures: pictures.length, decoded: decoded.length, tables: document.querySelectorAll("table").length,
    charts: document.querySelectorAll("svg polyline").length, injected: document.querySelectorAll("b > i").length,
    enlarged: shown.open && shown.querySelector("img").naturalWidth > 0,
    fetched: performance.getEntriesByType("resource").map(r => r.name).filter(n => !n.startsWith("data:")),
  });
});</script>"""


def results() -> dict[str, Any]:
    def figures(pbs: float) -> dict[str, Any]:
        return {"pbs": pbs, "pbs_ci": [pbs - 0.1, pbs + 0.1], "n": 9}

    target = {"what": "t", "value": 0.5, "ci": (0.4, None), "n": 9, "goal": 0.6, "at_least": True, "met": False}
    nothing = target | {"value": None, "ci": (None, None), "met": None}
    return {
        "history_length": {"0": figures(0.2), "10": figures(0.4)},
        "sampling": {"random": figures(0.3)},
        "oracle": figures(0.8),
        "swapped": figures(0.2),
        "systems": {"<b><i>other": figures(0.1)},
        "targets": {"personalisation": target, "own_above_swapped": target}
        | dict.fromkeys(("bleu_gain", "rouge_l_gain", "product_fidelity"), nothing),
        "scene_classifier": None,
        "signatures": {"bleu": "BLEU|..."},
        **dict.fromkeys(("model", "data", "split", "encoder", "command", "machine", "date"), "x"),
        "shoppers": 9,
        "seconds": 2.0,
        "seconds_generating": 1.0,
    }


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome on PATH")
def test_the_report_in_a_browser(tmp_path: Path) -> None:
    picture = Image.new("RGB", (300, 200), "teal")
    clicks = [GalleryClick(picture, 'A "quoted" <b><i>text', True), GalleryClick(picture, "text", False)]
    ads = [GalleryAd(title, picture, "text", "PBS 0.1") for title in ("true", "none", "own", "swapped")]
    write_report(tmp_path, results(), [GalleryEntry("Shopper", [("product", "<b><i>Kettle")], clicks, clicks, ads)] * 2)
    page = tmp_path / "report.html"
    page.write_text(page.read_text().replace("</body>", PROBE + "</body>"))
    browser = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=300, check=True, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    match = re.search('data-found="([^"]*)"', browser.stdout)
    assert match, browser.stderr[-2000:]
    measured = json.loads(html.unescape(match[1]))
    assert measured == {
        "pictures": 16, "decoded": 16, "tables": 5, "charts": 1, "injected": 0, "enlarged": True, "fetched": []
    }  # fmt: skip
    assert "CONSOLE" not in browser.stderr


def test_a_summary_needs_thirty_shoppers(tmp_path: Path) -> None:
    few = results() | {"shoppers": 29}
    target = few["targets"]["personalisation"] | {"n": 30}
    enough = few | {"shoppers": 30, "targets": few["targets"] | {"personalisation": target}}
    pages = []
    for each in (few, enough):
        write_report(tmp_path, each, [])
        pages.append(html.unescape((tmp_path / "report.html").read_text()))
    assert "Too few shoppers for conclusions: 29, where at least 30 are needed" in pages[0]
    assert "goals are met" not in pages[0]
    assert "0 of 1 goals are met." in pages[1]
    assert "50 % of the way" in pages[1]
    assert "chance: 50 %" not in pages[1]  # that goal has nine shoppers
    assert pages[1].count("too few shoppers") == 1


def full_results() -> dict[str, Any]:
    """Every figure that there is, and names that are HTML."""
    values = {name: 0.5 for figure in ad_figures() for name in (figure.name, f"{figure.name}_difference")}
    row = {**values, **{f"{name}_ci": [0.4, 0.6] for name in values}, "n": 40}
    sets: dict[str, Any] = {"kind": "plate"}
    for figure in set_figures():
        assert figure.source is not None
        sets.setdefault(figure.source[0], {"signature": "s"})[figure.source[1]] = 0.5
    rows = {"0": row, "10": row}
    tables = {"history_length": rows, "sampling": {"random": row}, "parts": {"whole": row, "mask": row}}
    bounds = {"oracle": row, "swapped": row}
    return results() | tables | bounds | {"systems": {"<b><i>other": row}, "pictures": {"ours": sets}}


def test_what_people_say_is_a_table(tmp_path: Path) -> None:
    share = {"share": 0.25, "count": 1, "n": 4, "ci": [0.046, 0.699]}
    names = ["size", "shape", "space", "visual", "factuality", "readability"]
    row = {"ads": 4, "available": share, "available_picture": share, "available_text": share}
    people = {
        "study": {"title": "Spring <ads>"},
        "criteria": names,
        "systems": {"ours": {**row, "rejects": dict.fromkeys(names, share)}},
        "recheck": {"accuracy": share},
    }
    write_report(tmp_path, results() | {"people": people}, [])
    write_markdown(tmp_path, results() | {"people": people})
    page, text = (tmp_path / "report.html").read_text(), (tmp_path / "results.md").read_text()
    assert "Judged by people" in page
    assert "Spring &lt;ads&gt;" in page
    assert "| ours | 0.250 [0.046, 0.699] | 0.250 [0.046, 0.699] | 0.250 [0.046, 0.699] | 4 |" in text
    assert "| system | size | shape | space | visual | factuality | readability |" in text


def test_tables_are_narrow_and_names_escaped(tmp_path: Path) -> None:
    write_report(tmp_path, full_results(), [])
    write_markdown(tmp_path, full_results())
    page, match = (tmp_path / "report.html").read_text(), (tmp_path / "results.md").read_text()
    widths = [row.count("<th>") for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if row.count("<th>") > 1]
    assert len(widths) == 1 + 7 * 5 + 2  # goals; six topics and differences of five sections; picture sets
    assert max(widths) <= 8
    assert max(line.count("|") - 1 for line in match.splitlines() if line.startswith("|")) <= 8
    for figure in (*ad_figures(), *set_figures()):
        assert f"<th>{figure.title}</th>" in html.unescape(page)
        assert f" {figure.title} |" in match
        assert figure.source or f"<b>{figure.title}</b>" in page
    assert "<b><i>" not in page
    assert "&lt;b&gt;&lt;i&gt;other" in page
    assert page.count("<svg") == sum(figure.follows_taste for figure in ad_figures())
