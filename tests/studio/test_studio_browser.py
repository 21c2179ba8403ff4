"""The studio from start to finish in a real browser, by mouse, keyboard and touch."""

import time
from pathlib import Path
from typing import Any

import pytest
from makers import example, png, studio

from browsers import browser, check_accessible, open_page
from loopback import served
from uniadgen.ads import AdRequest

pytestmark = pytest.mark.slow


def test_from_a_photo_to_a_zip(tmp_path: Path) -> None:
    photo, click = tmp_path / "kettle.png", tmp_path / "click.png"
    photo.write_bytes(png("teal", (200, 260), cut=True))
    click.write_bytes(png("orange"))
    with studio(tmp_path / "studio.db") as (app, store, maker), served(app) as base, browser() as running:
        page = open_page(running)
        page.goto(f"{base}/studio/")
        check_accessible(page)
        # 1. A product and a shopper
        page.locator("[name=photo]").set_input_files(photo)
        page.get_by_alt_text("The product, cut out").wait_for()
        page.get_by_label("What it is").press_sequentially("Steel kettle")
        page.locator("#ready", has_text="a selling point").wait_for()
        page.get_by_label("Further selling points").fill("Quiet\n1.7 L\nSteel kettle\nBest of the world")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("button", name="Best of the world", exact=True).click()  # leave it out
        page.locator(".point.off").wait_for()
        page.locator("[name=pictures]").set_input_files([click])
        text = page.get_by_label("Text of clicked ad 1")
        text.fill("Orange mug")
        text.press("Tab")
        # 2. Variants, each as soon as it is ready
        maker.go.clear()
        page.get_by_role("button", name="Make ads").click()
        page.locator("#grid[data-pending]").wait_for()
        check_accessible(page)
        maker.go.set()
        page.locator("#grid:not([data-pending])").wait_for()
        assert page.locator(".variant.done").count() == 4
        # 3. Choose the one with a fault: it is drawn where it is
        page.locator(".variant", has_text="space").locator(".pickad").first.click()
        page.locator("#board .fault").wait_for()
        assert page.get_by_text("it floats").is_visible()
        check_accessible(page)
        # nothing lies below the window, where keys could scroll the whole page away
        assert page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
        # 4. Move the product by keys, repaint around it
        page.get_by_role("button", name="Move product").click()
        for key in ("Shift+ArrowLeft", "Shift+ArrowLeft", "ArrowUp", "-", "Enter"):
            page.keyboard.press(key)
        page.locator("#grid .variant >> nth=4").wait_for()
        page.locator("#grid:not([data-pending])").wait_for()
        # 5. A text of points, in another order
        page.get_by_text("Put the text together").click()
        form = page.locator("#words-form")
        for box in form.locator("[name=point]").all():
            box.uncheck()
        form.get_by_role("checkbox", name="1.7 L").check()
        form.get_by_role("checkbox", name="Quiet").check()
        while not page.locator("#preview").inner_text().startswith("1.7 L"):
            form.get_by_role("button", name="1.7 L earlier").click()
        form.get_by_label("Between them").select_option(label="bars")
        check_accessible(page)
        form.get_by_role("button", name="Use this text").click()
        page.locator(".variant", has_text="1.7 L | Quiet").locator(".pickad").click()
        page.locator(".detail .adtext", has_text="1.7 L | Quiet").wait_for()
        # 6. The text in the picture, moved by keys
        page.locator("#words-in summary").click()
        page.locator("#words-in").get_by_label("The text stands").select_option(label="in it, above the product")
        page.get_by_role("button", name="Set it so").click()
        page.get_by_role("button", name="Move words").click()
        word = page.locator(".word").first
        assert word.evaluate("word => word === document.activeElement")
        check_accessible(page)
        for key in ("Shift+ArrowDown", "ArrowRight", "ArrowRight", "-"):
            page.keyboard.press(key)
        left, top, size = (
            float(page.locator(f"#blocks-form [name={name}]").first.input_value()) for name in ("left", "top", "size")
        )
        drawn = word.bounding_box()
        page.keyboard.press("Enter")
        page.locator("#blocks-form").wait_for()
        page.wait_for_function("() => !document.querySelector('.board.wording')", timeout=60_000)
        typeset = [v for v in map(store.variant, store.project(1).variants) if v.words and v.words.get("blocks")]
        block = (typeset[-1].result or {})["typesetting"]["blocks"][0]
        assert (block["box"]["left"], block["box"]["top"], block["size"]) == (left, top, size)
        page.get_by_role("button", name="Move words").click()
        again = page.locator(".word").first.bounding_box()
        assert all(abs(again[side] - drawn[side]) < 2 for side in drawn)  # it stands where it was put
        page.keyboard.press("Escape")
        # 7. Why, compare, lock, undo
        page.get_by_text("Why this ad?").click()
        page.get_by_role("button", name="Find out").click()
        page.locator(".reasons").wait_for()
        assert page.get_by_text("Orange mug").first.is_visible()
        check_accessible(page)
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("heading", name="Side by side").wait_for()
        check_accessible(page)
        page.locator("#compare").get_by_role("link", name="Close").click()
        page.get_by_role("button", name="Lock", exact=True).first.click()
        page.get_by_role("button", name="Locked").wait_for()
        page.get_by_role("button", name="Undo").click()
        page.wait_for_function("() => !document.querySelector('.foot [aria-pressed=true]')")
        # 8. Out
        page.get_by_text("Take it away").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download").click()
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
        with page.expect_download() as download:
            page.get_by_role("link", name="Everything as a zip").click()
        assert Path(download.value.path()).read_bytes().startswith(b"PK")
        assert page.faults == []

        project = store.project(1)
        assert project.description == "Steel kettle"
        assert project.usable == ("Quiet", "1.7 L", "Steel kettle")
        assert project.clicks[0][1] == "Orange mug"
        boxes = [box for _, _, box in maker.made if box is not None]
        assert len(boxes) == 1
        assert (boxes[0].x0, boxes[0].y1) == pytest.approx((0.3 - 0.1 + 0.4 / 2 * (1 - 1 / 1.04), 0.89), abs=0.003)
        texts = [(store.variant(number).result or {})["text"] for number in project.variants]
        assert "1.7 L | Quiet" in texts


def has_focus(page: Any, selector: str) -> None:
    page.wait_for_function("selector => document.activeElement?.matches(selector)", arg=selector)


def test_typing_and_focus_outlive_what_comes_in_between() -> None:
    with studio() as (app, store, maker), served(app) as base, browser() as running:
        page = open_page(running)
        page.goto(f"{base}/studio/")
        page.get_by_role("button", name="An example").click()
        area = page.locator("#description")
        area.and_(page.get_by_text("A steel kettle")).wait_for()
        # what is typed without a pause is on the disk while it is typed, but for what is on its way
        area.fill("")
        lacking = []
        for key in "Kettle for everyday kitchens":
            area.press(key)
            page.wait_for_timeout(60)
            lacking.append(len(area.input_value()) - len(store.project(1).description))
        assert max(lacking[5:]) < 12
        # a button that is pressed at once comes after the words, and adds selling points that were only typed
        area.press_sequentially(" today")
        page.locator("#points").fill("Dishwasher safe")
        page.locator(".clicks [type=text]").first.press("End")
        page.locator(".clicks [type=text]").first.press_sequentially("!")
        page.get_by_role("button", name="Quiet", exact=True).press("Enter")
        page.locator(".point.off").wait_for()
        has_focus(page, "[data-key='point Quiet']")
        assert page.locator("#points").input_value() == "Dishwasher safe"  # not added yet
        assert area.input_value() == store.project(1).description == "Kettle for everyday kitchens today"
        assert store.project(1).clicks[0][1] == "green kettle!"
        page.get_by_role("button", name="Make ads").click()
        page.locator(".variant.done >> nth=3").wait_for()
        assert store.project(1).usable[-1] == "Dishwasher safe"
        assert page.locator("#points").input_value() == ""
        # the focus stays with the button, and in the grid that is fetched anew and anew
        lock = page.locator(".foot button").first
        lock.press("Enter")
        page.get_by_role("button", name="Locked").wait_for()
        has_focus(page, "[data-key^=lock]")
        maker.go.clear()
        page.get_by_role("button", name="Make others").click()
        page.locator("#grid[data-pending]").wait_for()
        page.locator(".pickad").first.focus()
        page.wait_for_timeout(1600)
        has_focus(page, ".pickad")
        maker.go.set()
        page.locator("#grid:not([data-pending])").wait_for()
        has_focus(page, ".pickad")
        page.get_by_role("button", name="Remove Red").press("Enter")
        page.locator(".point", has_text="Red").wait_for(state="detached")
        has_focus(page, "#points")
        # what is being typed when the page is left is kept
        area.press("End")
        area.press_sequentially(" and always")
        page.goto("about:blank")
        time.sleep(0.5)
        assert store.project(1).description.endswith("today and always")
        assert page.faults == []


def test_what_was_opened_stays_open_when_another_ad_is_locked() -> None:
    with studio() as (app, *_), served(app) as base, browser() as running:
        page = open_page(running)
        page.goto(f"{base}/studio/")
        page.get_by_role("button", name="An example").click()
        page.get_by_role("button", name="Make ads").click()
        page.locator("#grid:not([data-pending]) .variant.done >> nth=3").wait_for()
        page.locator(".pickad").first.click()
        page.get_by_text("Take it away").click()
        page.get_by_text("Brand kit: none").click()
        page.get_by_role("button", name="Lock", exact=True).nth(1).click()
        page.get_by_role("button", name="Locked").wait_for()
        assert page.get_by_role("button", name="Download").is_visible()
        assert page.get_by_role("button", name="Use this kit").is_visible()
        page.get_by_text("Take it away").click()  # closed it stays, too
        page.get_by_role("button", name="Locked").click()
        page.wait_for_function("() => !document.querySelector('.foot [aria-pressed=true]')")
        assert not page.get_by_role("button", name="Download").is_visible()
        assert page.faults == []


def test_without_a_script(tmp_path: Path) -> None:
    (tmp_path / "mug.png").write_bytes(png("orange"))
    (tmp_path / "mug.txt").write_text("Orange mug")
    with studio() as (app, store, _), served(app) as base, browser() as running:
        page = running.new_context(java_script_enabled=False).new_page()
        page.goto(f"{base}/studio/")
        page.get_by_role("button", name="An example").click()
        page.get_by_label("What it is").fill("A kettle of steel")
        page.get_by_label("Further selling points").fill("Dishwasher safe\nLight")
        page.get_by_role("button", name="Quiet", exact=True).click()
        page.locator(".point.off").wait_for()
        assert page.get_by_label("What it is").input_value() == "A kettle of steel"
        assert page.get_by_label("Further selling points").input_value() == "Dishwasher safe\nLight"
        page.get_by_label("Text of clicked ad 2").fill("Blue cup")
        page.locator("[name=pictures]").set_input_files([tmp_path / "mug.png", tmp_path / "mug.txt"])
        page.get_by_role("button", name="Send").last.click()
        page.get_by_label("Text of clicked ad 3").wait_for()
        assert [text for _, text in store.project(1).clicks] == ["green kettle", "Blue cup", "Orange mug"]
        assert page.get_by_label("Further selling points").input_value() == "Dishwasher safe\nLight"
        page.get_by_label("Text of clicked ad 1").fill("Green jug")
        page.get_by_label("Text of clicked ad 1").press("Enter")
        page.locator("[value='Green jug']").wait_for()
        page.locator("[name=count]").select_option("2")
        page.get_by_role("button", name="Make ads").click()
        page.get_by_role("button", name="Light", exact=True).wait_for()
        assert page.get_by_label("Further selling points").input_value() == ""
        project = store.project(1)
        assert (project.usable[-2:], len(project.variants)) == (("Dishwasher safe", "Light"), 2)


def slow_example() -> AdRequest:
    time.sleep(0.5)
    return example()


def test_on_a_tablet_by_touch() -> None:
    # the second button is tapped while the first one's page is still under way
    with studio(examples={"An example": slow_example}) as (app, _, _), served(app) as base, browser() as running:
        page = open_page(running, 834, 1112, touch=True)
        page.goto(f"{base}/studio/")
        page.get_by_role("button", name="An example").tap()
        page.get_by_role("button", name="Make ads").tap()
        page.locator("#grid .variant.done >> nth=3").wait_for()
        page.locator(".pickad").first.tap()
        page.locator("#board").wait_for()
        check_accessible(page)
        # words, dragged with a finger
        page.locator("#words-in summary").tap()
        page.locator("#words-in").get_by_label("The text stands").select_option(label="in it, above the product")
        page.get_by_role("button", name="Set it so").tap()
        page.get_by_role("button", name="Move words").tap()
        box, left = page.locator(".word").first.bounding_box(), page.locator("#blocks-form [name=left]").first
        before = int(left.input_value())
        screen = page.context.new_cdp_session(page)
        for kind, x in (("touchStart", 9), ("touchMove", -11), ("touchMove", -41), ("touchEnd", None)):
            points = [] if x is None else [{"x": box["x"] + x, "y": box["y"] + 9}]
            screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            page.wait_for_timeout(150)  # a finger that rests before it is lifted: after a flick the next tap would only stop it
        assert int(left.input_value()) < before
        page.get_by_role("button", name="Draw them so").tap()
        page.wait_for_function("() => !document.querySelector('.board.wording')", timeout=60_000)
        check_accessible(page)
        width = page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= 834  # nothing sticks out at the side
        assert page.faults == []
