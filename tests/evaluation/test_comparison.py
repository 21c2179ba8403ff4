"""Side by side, in a real browser: rows, columns, boxes, covered points, filters; nothing is fetched, keyboards are enough."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from browsers import browser, check_accessible, open_page
from uniadgen.ads import Click, Placement, Product
from uniadgen.evaluation import comparison
from uniadgen.evaluation.comparison import Compared, covered, table_of, write_comparison
from uniadgen.imaging.composing import compose
from uniadgen.metrics.judged import Case, Judge, Output

POINTS = ["Nylon Bag", "Waterproof", "Red <b>"]
WHERE = Placement(60, 40, 96, 130)


def case(name: str, category: str) -> Case:
    cutout = Image.new("RGBA", (96, 130))
    cutout.paste((176, 32, 48, 255), (0, 0, 80, 130))
    clicks = [Click(Image.new("RGB", (64, 64), (20 * n, 90, 120)), f'title "{n}" <i>') for n in range(12)]
    plate = Image.new("RGB", (200, 200), "teal")
    product = Product(cutout, "A bag <script>", POINTS)
    return Case(name, product, clicks, "", [], None, "c", plate, plate, "Nylon Bag", category, None, None)


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Case], list[Compared], Judge]:
    """Two shoppers, a system of ours that loses the first, another one whose products are lost in their backdrops."""
    monkeypatch.setattr("uniadgen.inspection.picture.inspect.embedded", lambda: None)
    cases = [case("u1", "bags"), case("u<2>", "kitchen")]
    cutout = cases[0].product.image
    assert isinstance(cutout, Image.Image)
    for name, colour in (("fine", "#d8d0c0"), ("lost", "#b02433")):
        background = Image.new("RGB", (256, 256), colour)
        background.save(tmp_path / f"{name}.background.png")
        compose(background, cutout, WHERE).save(tmp_path / f"{name}.png")

    def outputs(file: str, text: str | None, sampled: tuple[int, ...] = ()) -> dict[str, Output]:
        ad = Output(tmp_path / f"{file}.png", text, tmp_path / f"{file}.background.png", WHERE, 1.5, sampled)
        return {case.id: ad for case in cases}

    def system(name: str, made: dict[str, Output], pbs: tuple[float, float], general: bool, ours: bool = False) -> Compared:
        rows = {case.id: {"pbs": value} for case, value in zip(cases, pbs, strict=True)}
        return Compared(name, made, rows, {"pbs": sum(pbs) / 2, "seconds": 1.5}, {}, general, ours)

    systems = [
        system("ours", outputs("fine", "Waterproof Nylon Bag", (1, 3)), (0.2, 0.8), False, True),
        system("other & co", outputs("lost", "Best Titanium Bag", (0,)), (0.5, 0.1), False),
        system("ours", outputs("fine", "Nylon Bag"), (0.1, 0.1), True, True),
        system("plain", outputs("lost", None), (0.0, 0.0), True),
    ]
    return cases, systems, Judge(None, tmp_path, "test")  # type: ignore[arg-type]


def test_the_pages_in_a_browser(compared: tuple[list[Case], list[Compared], Judge], tmp_path: Path) -> None:
    cases, systems, judge = compared
    assert [path.name for path in write_comparison(tmp_path, cases, systems, judge, "Model m.")] == [
        "compare.html", "compare-general.html"
    ]  # fmt: skip
    with browser() as running:
        page = open_page(running)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url) if not request.url.startswith("data:") else None)
        page.goto((tmp_path / "compare.html").as_uri())
        assert page.locator("article").count() == 2
        first = page.locator("article").first
        assert first.locator("figure[data-system]").count() == 2
        assert first.locator(".clicks button").count() == 10
        assert first.locator(".clicks .sampled").count() == 2
        assert page.locator("b, i, script", has_text="title").count() == 0
        # covered points, boxes and reasons
        assert first.locator("figure.ours li.covered").all_text_contents() == ["Nylon Bag: told", "Waterproof: told"]
        other = first.locator("figure[data-system='1']")
        assert other.locator("rect.over").count() == 1
        assert "visual" in other.locator(".marks").inner_text()
        box, picture = other.locator("rect.over").bounding_box(), other.locator("img").bounding_box()
        assert abs(box["x"] - picture["x"] - picture["width"] * 60 / 256) < 6
        assert abs(box["width"] - picture["width"] * 80 / 256) < 20
        assert first.locator("figure.ours rect").count() == 0
        loaded = "() => [...document.querySelectorAll('article:first-of-type img')].every(i => i.complete && i.naturalWidth)"
        page.wait_for_function(loaded)
        check_accessible(page)
        # filters, by keyboard
        count = page.locator("#count")
        page.get_by_label("Where we lose").select_option("by PBS")
        assert count.inner_text() == "1 of 2 shoppers"
        assert page.locator("article:visible h2").all_inner_texts() == ["Shopper u1, bags"]
        page.get_by_label("Category").select_option("kitchen")
        assert count.inner_text() == "0 of 2 shoppers"
        assert page.locator("#nothing").is_visible()
        page.get_by_label("Where we lose").select_option("any shopper")
        page.get_by_label("Rejected for").select_option("factuality")
        assert count.inner_text() == "1 of 2 shoppers"
        page.get_by_role("checkbox", name="other & co").focus()
        page.keyboard.press("Space")  # the system that is rejected is hidden, and its faults with it
        assert count.inner_text() == "0 of 2 shoppers"
        page.keyboard.press("Space")
        page.get_by_role("checkbox", name="boxes").uncheck()
        assert not page.locator("article:visible rect.over").first.is_visible()
        page.locator("article:visible figure.ours button").focus()
        page.keyboard.press("Enter")
        assert page.locator("#large img").is_visible()
        page.keyboard.press("Escape")
        assert not page.locator("#large").is_visible()
        page.get_by_role("link", name="General ads").click()
        assert page.locator("article figure[data-system]").count() == 4
        assert page.get_by_text("no text").count() == 2
        check_accessible(page)
        assert page.faults == []
        assert [url for url in requests if not url.startswith("file:")] == []


def test_a_page_without_other_general_systems(compared: tuple[list[Case], list[Compared], Judge], tmp_path: Path) -> None:
    cases, systems, judge = compared
    [path] = write_comparison(tmp_path, cases, systems[:3], judge, "")
    html = path.read_text()
    assert "compare-general" not in html
    assert "unsafe-inline" not in html
    assert not re.search(r'(?:src|href)="(?!data:|#)', html)


def test_the_table_marks_the_best(compared: tuple[list[Case], list[Compared], Judge], tmp_path: Path) -> None:
    _, systems, _ = compared
    table = table_of(systems[:2])
    assert [figure.name for figure in table.figures] == ["pbs", "seconds"]
    assert [[(cell.value, cell.best) for cell in cells] for _, cells in table.rows] == [
        [("0.500", True), ("1.5", False)],
        [("0.300", False), ("1.5", False)],
    ]
    alone = table_of([replace(systems[0], means={"available_text": 1.0})])
    assert [figure.title for figure in alone.figures] == ["available, text"]
    figures = {figure.name for figure in (*comparison.ad_figures(), *comparison.set_figures())}
    assert set(comparison.COLUMNS) <= figures


def test_covered_points() -> None:
    points = covered("Waterproof Nylon Bag", ["Nylon Bag", "Waterproof", "Water", "Red"])
    assert [point.covered for point in points] == [True, True, False, False]
    assert not any(point.covered for point in covered("", ["Red"]))
