"""A study from start to finish in a real browser, by keyboard; on a tablet by touch."""

from pathlib import Path
from typing import Any

import pytest
from studies import TEAMS, make_study

from browsers import browser, check_accessible, open_page
from loopback import served
from uniadgen.review.app import create_app, owner_link, personal_links
from uniadgen.review.exchange import export_lines
from uniadgen.review.figures import study_figures

pytestmark = pytest.mark.slow


def displayed(page: Any) -> str:
    return str(page.locator("#work").get_attribute("data-task"))


def start(page: Any) -> None:
    page.get_by_role("link", name="Start").click()
    page.locator(".canvas[style]").wait_for()  # the script has begun


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_three_stages_by_keyboard(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1, teams={**TEAMS, "label": ["Ana"], "verify": ["Dora"]}, recheck=1.0)
    with served(create_app(study)) as base, browser() as running:
        links = {entry.name: entry.link for entry in personal_links(study, base)}

        ana = open_page(running)
        ana.goto(links["Ana"])
        check_accessible(ana)
        start(ana)
        check_accessible(ana)
        first = displayed(ana)
        # nothing is chosen: the form says so and stays
        press(ana, "Enter")
        ana.get_by_role("alert").wait_for()
        assert displayed(ana) == first
        # a reason, a box by the arrow keys, a note
        press(ana, "3", "b", "ArrowLeft", "Shift+ArrowDown", "Enter", "n")
        ana.keyboard.type("It floats")
        ana.locator("#viewer").focus()
        press(ana, "g")
        assert ana.get_by_role("heading", name="Guideline").is_visible()
        check_accessible(ana)
        press(ana, "Escape", "+", "0", "Enter")
        ana.wait_for_function("first => document.querySelector('#work').dataset.task !== first", arg=first)
        # back by key: what was said is there, and may be corrected
        press(ana, "p")
        ana.wait_for_function("first => document.querySelector('#work')?.dataset.task === first", arg=first)
        assert ana.locator(".reject input:checked").get_attribute("value") == "space"
        assert ana.locator("#note").input_value() == "It floats"
        ana.locator("#viewer").focus()
        press(ana, "1", "Enter")
        ana.wait_for_function("first => document.querySelector('#work').dataset.task !== first", arg=first)
        press(ana, "a", "Enter")
        ana.get_by_role("heading", name="All done, thank you").wait_for()
        check_accessible(ana)

        dora = open_page(running)
        dora.goto(links["Dora"])
        start(dora)
        check_accessible(dora)
        for _ in range(2):
            before = displayed(dora)
            assert dora.get_by_role("heading", name="The label").is_visible()
            chosen = dora.locator("#verdict input:checked").all()
            assert {box.get_attribute("value") for box in chosen} in ({"space", "size"}, {"1"})
            press(dora, "Enter")
            dora.wait_for_function("before => document.querySelector('#work').dataset.task !== before", arg=before)

        fay = open_page(running, 834, 1112, touch=True)
        fay.goto(links["Fay"])
        fay.get_by_role("link", name="Start").tap()
        fay.locator(".canvas[style]").wait_for()
        check_accessible(fay)
        assert fay.get_by_role("heading", name="The label").count() == 0
        fay.locator("[name=accept]").tap()
        before = displayed(fay)
        fay.get_by_role("button", name="Confirm").tap()
        fay.wait_for_function("before => document.querySelector('#work').dataset.task !== before", arg=before)
        fay.get_by_role("button", name="Skip").tap()
        fay.get_by_label("I can't judge this product").check()
        check_accessible(fay)
        fay.get_by_role("button", name="Skip it").tap()
        fay.get_by_role("heading", name="Nothing left for you").wait_for()

        owner = open_page(running)
        owner.goto(owner_link(study, base))
        check_accessible(owner)
        owner.get_by_role("link", name="Report").click()
        owner.get_by_role("heading", name="Can the verdicts be trusted?").wait_for()
        check_accessible(owner)
        for page in (ana, dora, fay, owner):
            assert page.faults == []

    records = [record for record in export_lines(study) if record["stage"] == "label"]
    assert [record["criteria"] for record in records] == [["space"], ["size", "space"], []]
    (box,) = records[0]["boxes"]
    assert box == {"criterion": "space", "box": [0.38, 0.4, 0.58, 0.62]}
    assert records[1]["boxes"] == [box]
    figures = study_figures(study)
    assert figures["verification"]["changed"]["count"] == 0
    assert figures["skipped"][0]["reasons"] == ["I can't judge this product"]


def test_a_box_by_mouse_lies_where_it_was_drawn_and_zoom_keeps_it(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1, "picture")
    with served(create_app(study)) as base, browser() as running:
        page = open_page(running)
        page.goto(personal_links(study, base)[0].link)
        start(page)
        press(page, "1", "+", "+", "0", "b")
        canvas = page.locator(".canvas").bounding_box()
        x, y, width, height = (canvas[name] for name in ("x", "y", "width", "height"))
        page.mouse.move(x + 0.25 * width, y + 0.5 * height)
        page.mouse.down()
        page.mouse.move(x + 0.75 * width, y + 0.9 * height, steps=3)
        page.mouse.up()
        page.locator("#viewer").focus()
        press(page, "Enter")
        page.wait_for_function("() => document.querySelectorAll('.reject input:checked').length === 0")
        assert page.faults == []
    (record,) = export_lines(study)
    assert record["boxes"][0]["box"] == pytest.approx([0.25, 0.5, 0.75, 0.9], abs=0.01)


def test_nothing_sticks_out_of_a_narrow_window(tmp_path: Path) -> None:
    study = make_study(tmp_path, 2)
    with served(create_app(study)) as base, browser() as running:
        page = open_page(running, 320, 640)
        page.goto(personal_links(study, base)[0].link)
        for place in ("/", "/task", "/guideline"):
            page.goto(base + place)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, place


def test_single_keys_can_be_turned_off(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1)
    with served(create_app(study)) as base, browser() as running:
        page = open_page(running)
        page.goto(personal_links(study, base)[0].link)
        start(page)
        press(page, "?")
        page.get_by_label("Single keys work").uncheck()
        press(page, "Escape", "1", "a")
        assert page.locator("#verdict input:checked").count() == 0
