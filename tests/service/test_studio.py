"""The studio as a part of the service: the same queue, and where there are keys, signing in."""

import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from browsers import browser, check_accessible, open_page
from uniadgen.output import Output
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.service.keys import Keys
from uniadgen.service.service import Settings


def png_of(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_the_studio_makes_ads_through_the_queue(run: Callable[..., Any], generator: AdGenerator, tmp_path: Path) -> None:
    session = tmp_path / "studio.db"
    cutout = Image.new("RGBA", (60, 80))
    ImageDraw.Draw(cutout).ellipse((10, 5, 50, 75), fill=(200, 30, 40, 255))
    with run(generator, Settings(studio=True, session=session, output=Output(producer="Shop 5"))) as server:
        client = server.client
        client.follow_redirects = True
        address = client.get("/studio").url.path
        assert address == "/studio/p/1"
        client.post(f"{address}/photo", files={"photo": ("k.png", png_of(cutout))})
        client.post(f"{address}/description", data={"description": "a kettle"})
        client.post(f"{address}/points", data={"action": "add", "points": "Quiet, Steel"})
        client.post(f"{address}/generate", data={"count": "2"})
        for _ in range(600):
            page = client.get(address).text
            if "data-pending" not in page:
                break
            time.sleep(0.1)
        assert page.count('class="pickad"') == 2
        picture = re.search(r'/studio/picture/(\w+)\?side=480"', page)
        assert picture is not None
        assert client.get(f"/studio/picture/{picture[1]}").headers["content-type"] == "image/png"
        assert b"Shop 5" in client.get(f"{address}/ad/1/file").content
        assert client.get("/healthz").status_code == 200  # the service is as it was
    with run(generator, Settings(studio=True, session=session)) as server:  # and after a restart
        assert server.client.get(address).text.count('class="pickad"') == 2


def test_there_is_no_studio_unless_asked_for(run: Callable[..., Any], generator: AdGenerator) -> None:
    with run(generator, Settings()) as server:
        assert server.client.get("/studio/").status_code == 404


ANN, BOB = "ann-key-0123456789", "bob-key-0123456789"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    (tmp_path / "keys.txt").write_text(f"ann {ANN}\nbob {BOB}\n")
    return Keys.read(tmp_path / "keys.txt")


def test_with_keys_people_sign_in_and_see_their_own(
    run: Callable[..., Any], generator: AdGenerator, keys: Keys, tmp_path: Path
) -> None:
    settings = Settings(studio=True, session=tmp_path / "s.db", keys=keys)
    with run(generator, settings) as server, httpx.Client(base_url=server.url, timeout=60) as bob:
        ann = server.client
        for method, path in (("GET", "/studio/"), ("GET", "/studio/p/1"), ("POST", "/studio/new")):
            refused = ann.request(method, path)
            assert (refused.status_code, refused.headers["location"]) == (303, "/studio/sign-in")
        assert ann.get("/studio/sign-in").status_code == 200
        wrong = ann.post("/studio/sign-in", data={"key": ANN[:-1] + "x"})
        assert wrong.status_code == 403
        assert "not known here" in wrong.text
        assert not wrong.cookies
        other_site = ann.post("/studio/sign-in", data={"key": ANN}, headers={"Origin": "https://example.org"})
        assert other_site.status_code == 403
        assert ann.post("/studio/sign-in", data={"key": ANN}, headers={"Origin": "http://["}).status_code == 403
        assert not other_site.cookies
        entered = ann.post("/studio/sign-in", data={"key": ANN})
        said = entered.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/studio"} <= {part.strip() for part in said.split(";")}
        assert ANN not in said
        assert "Secure" not in said
        behind_tls = ann.post("/studio/sign-in", data={"key": ANN}, headers={"Origin": server.url.replace("http", "https")})
        assert "Secure" in behind_tls.headers["set-cookie"]
        ann.cookies.clear()  # what came as by TLS isn't sent without it
        ann.post("/studio/sign-in", data={"key": ANN})
        ann.follow_redirects = bob.follow_redirects = True
        page = ann.get("/studio/")
        assert "Sign out" in page.text
        ann.post(f"{page.url.path}/description", data={"description": "A secret kettle"})
        assert "A secret kettle" in ann.get("/studio/").text
        assert "A secret kettle" not in bob.post("/studio/sign-in", data={"key": BOB}).text
        assert "A secret kettle" not in bob.get("/studio/p/1").text
        assert ann.post("/studio/sign-out").url.path == "/studio/sign-in"
        assert ann.get("/studio/").url.path == "/studio/sign-in"
        assert ann.post("/studio/sign-in", content=b"key=" + b"x" * 70_000).status_code == 413
    assert (tmp_path / "s.ann.db").is_file()
    assert not (tmp_path / "s.db").exists()


def test_a_cookie_outlives_a_restart_but_not_its_time_or_its_key(keys: Keys, tmp_path: Path) -> None:
    token = keys.token("ann", 1000)
    assert keys.holder(token, 999.0) == "ann"
    assert keys.holder(token, 1000.0) is None
    assert Keys.read(tmp_path / "keys.txt").holder(token, 999.0) == "ann"
    (tmp_path / "keys.txt").write_text(f"ann {ANN}-new\nbob {BOB}\n")
    assert Keys.read(tmp_path / "keys.txt").holder(token, 999.0) is None
    changed = (token.replace("1000", "2000"), token.replace("ann", "bob"), token.replace("a", "ä"), token + "0")
    for other in ("", "ann", "ann~2000", "ann~x~y", "eve~1~2", "ann~9999999999999~" + token[9:], *changed):
        assert keys.holder(other, 0.0) is None, other


@pytest.mark.slow
def test_signing_in_by_keyboard(run: Callable[..., Any], generator: AdGenerator, keys: Keys) -> None:
    with run(generator, Settings(studio=True, keys=keys)) as server, browser() as running:
        page = open_page(running)
        page.goto(f"{server.url}/studio/")
        check_accessible(page)
        for key, then in ((ANN + "x", page.get_by_role("alert")), (ANN, page.get_by_role("button", name="Sign out"))):
            page.get_by_label("Key").focus()
            page.keyboard.type(key)
            page.keyboard.press("Enter")
            then.wait_for()
            check_accessible(page)
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("heading", name="Sign in to the studio").wait_for()
        assert page.faults == []
