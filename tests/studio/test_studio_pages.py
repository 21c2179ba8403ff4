"""The studio over HTTP, with ads that are painted at once."""

import io
import json
import re
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from makers import POINTS, FakeMaker, example, png, studio
from PIL import Image

from certificates import signing_files
from uniadgen.ads import AdRequest
from uniadgen.output import Output
from uniadgen.provenance import Signer, verify

pytest.importorskip("httpx")
from fastapi.testclient import TestClient


def begin(client: TestClient) -> str:
    """A project with the example's product and shopper; its address."""
    page = client.get("/studio/")
    address = page.url.path
    assert client.post(f"{address}/example", data={"example": "An example"}).status_code == 200
    return address


def finished(client: TestClient, address: str) -> str:
    for _ in range(200):
        page = client.get(address).text
        if "data-pending" not in page:
            return page
        time.sleep(0.02)
    raise TimeoutError


def ads(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="variant \w+[^"]*" id="v(\d+)"', page)]


def test_from_nothing_to_ads(tmp_path: Path) -> None:
    with studio(tmp_path / "s.db") as (app, store, _), TestClient(app) as client:
        address = client.get("/studio/").url.path
        refused = client.post(f"{address}/generate", data={"count": "2"})
        assert refused.status_code == 422
        assert "still needs a photo of the product" in refused.text
        client.post(f"{address}/photo", files={"photo": ("kettle.png", png(cut=True))})
        client.post(f"{address}/description", data={"description": "A <b>kettle</b>"})
        client.post(f"{address}/points", data={"action": "add", "points": "Quiet, 1.7 L"})
        client.post(
            f"{address}/clicks",
            data={"action": "add"},
            files=[("pictures", ("a.png", png())), ("pictures", ("b.png", png("blue")))],
        )
        client.post(f"{address}/clicks", data={"action": "text", "at": "1", "text": "Blue mug"})
        page = client.get(address).text
        assert "A &lt;b&gt;kettle&lt;/b&gt;" in page
        assert "Blue mug" in page
        client.post(f"{address}/generate", data={"count": "3"})
        assert len(ads(finished(client, address))) == 3
        project = store.project(int(address.rpartition("/")[2]))
        assert (len(project.clicks), project.clicks[1][1], project.seed) == (2, "Blue mug", 3)


def test_what_is_bad_is_said_on_the_page_and_changes_nothing(tmp_path: Path) -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        before = store.project(1)
        for path, files, said in (
            ("photo", {"photo": ("x.png", b"no picture")}, "no picture"),
            ("photo", {}, "Choose a photo"),
            ("clicks", [("pictures", ("x.png", b"no picture"))], "no picture"),
        ):
            data = {"action": "add"} if path == "clicks" else {}
            answer = client.post(f"{address}/{path}", data=data, files=files or None)  # type: ignore[arg-type]
            assert answer.status_code == 422, said
            assert said in answer.text
        assert client.post(f"{address}/clicks", data={"action": "remove", "at": "77"}).status_code == 200
        assert client.post(f"{address}/points", data={"action": "toggle", "at": "x"}).status_code == 200
        assert store.project(1) == before
        assert client.get("/studio/p/99").status_code == 404
        assert client.get("/studio/picture/abc").status_code == 404
        assert client.post(f"{address}/ad/99/lock").status_code == 404
        assert client.post(f"{address}/generate", headers={"origin": "https://example.org"}).status_code == 403


def test_parts_are_kept_and_made_anew(tmp_path: Path) -> None:
    with studio() as (app, store, maker), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        base = store.variant(first)
        client.post(f"{address}/ad/{first}/text")
        client.post(f"{address}/ad/{first}/picture")
        client.post(f"{address}/ad/{first}/like")
        client.post(f"{address}/ad/{first}/move", data={"box": "0.1,0.2,0.4,0.8"})
        made = {v: store.variant(v) for v in ads(finished(client, address))}
        assert len(made) == 7
        results = {v: variant.result or {} for v, variant in made.items()}
        text = next(v for v in made.values() if v.text.seed == 1)
        assert results[text.id]["image"] == (base.result or {})["image"]
        assert results[text.id]["text"] != (base.result or {})["text"]
        picture = next(v for v in made.values() if v.picture.seed == 2)
        assert results[picture.id]["text"] == (base.result or {})["text"]
        assert results[picture.id]["image"] != (base.result or {})["image"]
        near = [v for v in made.values() if v.picture.temperature is not None]
        assert {v.picture.temperature for v in near} == {0.6, 0.8, 1.2}
        assert {v.picture.seed for v in near} == {0}
        moved = next(v for v in made.values() if v.picture.box)
        assert results[moved.id]["placement"] == {"left": 77, "top": 154, "width": 230, "height": 461}
        # nothing that was known is made once more
        assert len(maker.made) == 1 + 1 + 1 + 3 + 1
        for box in ("", "1,2,3,4", "0.5,0.5,0.4,0.9", "a,b,c,d", "nan,0,1,1"):
            assert client.post(f"{address}/ad/{first}/move", data={"box": box}).status_code == 422, box


def test_a_text_is_put_together_from_points_only(tmp_path: Path) -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        client.post(f"{address}/ad/{first}/words", data={"point": ["Steel kettle", "Quiet"], "separator": " | "})
        edited = store.variant(ads(finished(client, address))[1])
        assert (edited.result or {})["text"] == "Steel kettle | Quiet"
        assert (edited.result or {})["inspection"]["text"]["qualified"]
        lie = client.post(f"{address}/ad/{first}/words", data={"point": ["The best kettle"], "separator": ", "})
        assert lie.status_code == 422
        assert "Only the product&#39;s own selling points" in lie.text
        # an edited text stays with pictures that are made from it
        client.post(f"{address}/ad/{edited.id}/like")
        finished(client, address)
        others = [store.variant(v) for v in store.project(1).variants if store.variant(v).picture.temperature]
        assert {(v.result or {})["text"] for v in others} == {"Steel kettle | Quiet"}


def test_locked_ads_stay_and_steps_can_be_undone(tmp_path: Path) -> None:
    with studio() as (app, _, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "3"})
        first, second, _ = ads(finished(client, address))
        client.post(f"{address}/ad/{second}/lock")
        client.post(f"{address}/generate", data={"count": "2"})
        now = ads(finished(client, address))
        assert now[0] == second
        assert len(now) == 3
        assert first not in now
        client.post(f"{address}/undo")
        assert ads(client.get(address).text)[0] == first
        client.post(f"{address}/redo")
        assert ads(client.get(address).text) == now
        client.post(f"{address}/ad/{second}/remove")
        assert second not in ads(client.get(address).text)


def test_of_two_forms_sent_at_once_neither_is_lost() -> None:
    waiting, go = threading.Event(), threading.Event()

    def slow() -> AdRequest:
        waiting.set()
        assert go.wait(20)
        return example()

    with studio(examples={"Slow": slow}) as (app, store, _), TestClient(app) as client, ThreadPoolExecutor(2) as pool:
        address = client.get("/studio/").url.path
        first = pool.submit(client.post, f"{address}/example", data={"example": "Slow"})
        assert waiting.wait(20)
        second = pool.submit(client.post, f"{address}/generate", data={"count": "2"})
        time.sleep(0.1)  # it has arrived, and waits for the product
        go.set()
        assert (first.result().status_code, second.result().status_code) == (200, 200)
        project = store.project(int(address.rpartition("/")[2]))
        assert project.description == example().product.description
        assert len(project.variants) == 2


def test_a_failed_ad_says_why_and_the_others_are_made(tmp_path: Path) -> None:
    class Failing(FakeMaker):
        def make(self, request: Any, seed: int, options: Any) -> Any:
            if seed == 1:
                raise ValueError("a fault")
            return super().make(request, seed, options)

    with studio(maker=Failing()) as (app, _, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "3"})
        page = finished(client, address)
        assert page.count("It could not be made (ValueError)") == 1
        assert page.count('class="pickad"') == 2


def test_work_goes_on_after_a_restart(tmp_path: Path) -> None:
    path, stopped = tmp_path / "s.db", FakeMaker()
    stopped.go.clear()
    with studio(path, stopped) as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "2"})
        assert len(store.waiting()) == 2
        copy = tmp_path / "copy.db"  # what is on the disk at this moment, as after a kill
        for ending in ("", "-wal"):
            (tmp_path / f"copy.db{ending}").write_bytes((tmp_path / f"s.db{ending}").read_bytes())
    with studio(copy) as (app, store, _), TestClient(app) as client:
        page = finished(client, address)
        assert page.count('class="pickad"') == 2
        assert store.project(1).usable == tuple(POINTS)


def test_what_is_still_being_typed_comes_with_a_button(tmp_path: Path) -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        second = store.project(1).clicks[1][0][:12]
        typed = {"typed-description": "A red kettle", f"typed-text-1-{second}": "A blue mug", "typed-text-0-ffffffffffff": "x"}
        client.post(f"{address}/clicks", data={"action": "remove", "at": "0"} | typed)
        assert store.project(1).description == "A red kettle"
        assert [text for _, text in store.project(1).clicks] == ["A blue mug"]
        # a text that arrives after its ad has gone is no other ad's
        client.post(f"{address}/clicks", data={"action": "text", "at": "0", "of": "ffffffffffff", "text": "green"})
        assert [text for _, text in store.project(1).clicks] == ["A blue mug"]
        client.post(f"{address}/undo", data={"typed-description": "A red kettle of steel"})
        assert store.project(1).description == "A red kettle"
        client.post(f"{address}/redo")
        assert store.project(1).description == "A red kettle of steel"
        client.post(f"{address}/typed", data={"typed-description": "Kettle"})
        assert store.project(1).description == "Kettle"
        client.post(f"{address}/generate", data={"count": "1", "points": "Dishwasher safe, Quiet"})
        project = store.project(1)
        assert project.usable == (*POINTS, "Dishwasher safe")
        assert store.variant(project.variants[0]).text.points == project.usable
        refused = client.post(f"{address}/generate", data={"count": "1", "points": "x" * 5000, "typed-description": "Pot"})
        assert refused.status_code == 422
        assert store.project(1) == replace(project, description="Pot")


def test_what_is_typed_without_a_script_outlives_every_button(tmp_path: Path) -> None:
    """As a browser without a script sends it: all that is typed with each button, and what the button does in the address."""
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "2"})
        first, second = ads(finished(client, address))
        picture = store.project(1).clicks[0][0][:12]
        typed = {"typing": "1", "points": "Dishwasher safe", "typed-description": "A kettle", f"typed-text-0-{picture}": "Mug"}
        buttons = [
            "points?action=toggle&at=0",
            "clicks?action=remove&at=1",
            "look",
            "undo",
            "redo",
            f"ad/{first}/lock",
            "typed",
        ]
        buttons += [f"compare?ad={first}", "brand?action=none", f"ad/{first}/why/start", "description", f"ad/{first}/nothing"]
        for button in buttons:
            page = client.post(f"{address}/{button}", data=typed | {"beside": str(second)}).text
            assert ">Dishwasher safe</textarea>" in page, button
            assert ("Side by side" in page) == button.startswith("compare"), button
        assert store.project(1).description == "A kettle"
        assert store.project(1).clicks[0][1] == "Mug"
        assert client.post("/studio/new?of=1", data=typed).url.path == "/studio/p/2"
        assert client.post("/studio/new?of=99999999999999999999", data=typed).status_code == 200
        assert ">Dishwasher safe</textarea>" in client.get(address).text
        page = client.post(f"{address}/points?action=add", data=typed).text
        assert ">Dishwasher safe</textarea>" not in page
        assert store.project(1).points[-1].text == "Dishwasher safe"


def test_an_undo_takes_waiting_ads_out_of_the_queue() -> None:
    with studio() as (app, store, maker), TestClient(app) as client:
        address = begin(client)
        maker.go.clear()
        client.post(f"{address}/generate", data={"count": "3"})
        client.post(f"{address}/undo")
        client.post(f"{address}/generate", data={"count": "2"})
        client.post(f"{address}/ad/{store.project(1).variants[1]}/remove")
        maker.go.set()
        finished(client, address)
        # what was under way is finished - it is the first of the new ones, too - and what isn't on the table is not made
        assert [seed for seed, *_ in maker.made] == [0]
        assert [variant.status for variant in map(store.variant, range(1, 6))] == [
            "done",
            "waiting",
            "waiting",
            "done",
            "waiting",
        ]
        client.post(f"{address}/undo")
        finished(client, address)
        assert store.variant(5).status == "done"


def test_clicked_ads_come_with_their_texts() -> None:
    record = {"image": "ad-000.png", "background": "ad-000.background.png", "text": "Teal kettle", "typeset": "t.png"}
    dropped = [
        ("a.png", png("red")),
        ("A.txt", "\ufeffRed mug\n".encode()),
        ("ad-000.png", png("teal")),
        ("ad-000.background.png", png("gray")),
        ("ad-000.json", json.dumps(record).encode()),
        ("t.png", png("black")),
        ("ad-000.typeset.json", b'{"blocks": [], "image": "t.png"}'),
        ("b.webp", png("blue")),
        ("c.png", png("green")),
        ("list.jsonl", b'{"image": "shop/b.webp", "text": "Blue cup"}\n\n{"image": "elsewhere.png", "text": "None"}\n'),
        ("d.png", png("pink")),
        ("texts.json", b'{"d.png": "Pink pan"}'),
        ("e.png", png("gold")),
        ("request.json", b'{"product": {}, "history": [{"image": "e.png", "text": "Gold ring"}]}'),
    ]
    with studio() as (app, store, _), TestClient(app) as client:
        address = client.get("/studio/").url.path
        answer = client.post(f"{address}/clicks", data={"action": "add"}, files=[("pictures", file) for file in dropped])
        assert answer.status_code == 200
        assert [text for _, text in store.project(1).clicks] == [
            "Red mug",
            "Teal kettle",
            "Blue cup",
            "",
            "Pink pan",
            "Gold ring",
        ]
        assert store.read(store.project(1).clicks[1][0]) == png("teal")
        before = store.project(1)
        for name, data, said in (
            ("z.txt", b"Red mug", "belongs to no picture"),
            ("a.txt", b"\xff\xfe", "save it as UTF-8"),
            ("z.json", b'{"z.png": "Zinc"}', "names none of these pictures"),
            ("z.json", b"[1]", "lists no ads"),
            ("z.json", b"[" * 100_000, "is not JSON"),
            ("z.json", b'{"a.png": "Red mug", "a.png": "Blue mug"}', "the key &#34;a.png&#34; stands there more than once"),
            ("z.jsonl", b"\n{", "&#34;z.jsonl&#34;, line 2 is not JSON"),
            (
                "z.jsonl",
                b'{"image": "a.png", "text": "Red", "text": "Blue"}',
                "the key &#34;text&#34; stands there more than once",
            ),
            ("z.png", b"none", "no picture"),
        ):
            files = [("pictures", ("a.png", png())), ("pictures", (name, data))]
            answer = client.post(f"{address}/clicks", data={"action": "add"}, files=files)
            assert answer.status_code == 422, said
            assert said in answer.text
        assert store.project(1) == before


def test_an_example_s_clicks_can_be_used_alone() -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = client.get("/studio/").url.path
        client.post(f"{address}/description", data={"description": "Mug"})
        client.post(f"{address}/clicks", data={"action": "shopper", "shopper": "An example"})
        project = store.project(1)
        assert (project.description, project.photo, project.points) == ("Mug", None, ())
        assert [text for _, text in project.clicks] == [click.text for click in example().history]


def test_downloads_say_of_themselves_what_they_shall(tmp_path: Path) -> None:
    marks, setup = Output(producer="Shop & Sons"), {"model": "shop-model", "dtype": "bfloat16"}
    with studio(output=marks, setup=setup) as (app, _, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        files = [client.get(f"{address}/ad/{first}/file", params={"format": kind}).content for kind in ("png", "jpeg")]
        with zipfile.ZipFile(io.BytesIO(client.get(f"{address}/ad/{first}/zip").content)) as packed:
            files.append(packed.read("ad.png"))
            readme, choices = packed.read("README.txt").decode(), json.loads(packed.read("choices.json"))
        assert all(b"Shop &amp; Sons" in file for file in files)
        assert "--model shop-model --dtype bfloat16 --producer 'Shop & Sons' --out picture" in readme
        assert choices["picture"]["setup"] == choices["text"]["setup"] == setup
    with studio(output=Output(provenance=False)) as (app, _, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        assert b"trainedAlgorithmicMedia" not in client.get(f"{address}/ad/{first}/file").content
        with zipfile.ZipFile(io.BytesIO(client.get(f"{address}/ad/{first}/zip").content)) as packed:
            assert b"trainedAlgorithmicMedia" not in packed.read("ad.png")
            assert " --no-provenance --out picture" in packed.read("README.txt").decode()


def test_downloads_are_signed(tmp_path: Path) -> None:
    pytest.importorskip("fontTools", reason="needs the extra typeset")
    certificate, key = signing_files(tmp_path)
    with studio(output=Output(signer=Signer.read(certificate, key))) as (app, _, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/look", data={"layout": "auto"})
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        queries = ("format=png", "format=webp&size=story", "format=jpeg")
        files = [client.get(f"{address}/ad/{first}/file?{query}").content for query in queries]
        with zipfile.ZipFile(io.BytesIO(client.get(f"{address}/ad/{first}/zip").content)) as packed:
            files += [packed.read("ad.png"), packed.read("ad.typeset.png")]
        for file in files:
            verdict = verify(file, "it")
            assert (verdict.signature, verdict.signer, verdict.pixels, verdict.holds) == (
                "valid",
                "Test Shop",
                "unchanged",
                True,
            )
        for kind in ("svg", "psd"):
            verdict = verify(client.get(f"{address}/ad/{first}/file?format={kind}").content, "it")
            assert (verdict.format, verdict.signature, verdict.holds) == (kind, "none", True)


def test_a_kept_file_that_is_no_picture_is_not_one() -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        client.get("/studio/")
        client.post("/studio/p/1/brand", data={"action": "own", "words": "#112233"})
        assert client.get(f"/studio/picture/{store.project(1).brand}", params={"side": 64}).status_code == 404


def test_an_explanation_that_fails_leaves_the_ad_as_it_is() -> None:
    class Failing(FakeMaker):
        def explain(self, *_: Any) -> Any:
            raise RuntimeError("a fault")

    with studio(maker=Failing()) as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        client.post(f"{address}/ad/{first}/why/start")
        for _ in range(200):
            if store.variant(first).why:
                break
            time.sleep(0.02)
        variant = store.variant(first)
        assert variant.result is not None
        assert variant.why == {"error": "It could not be measured (RuntimeError)."}
        page = client.get(f"{address}?ad={first}").text
        assert "It could not be measured (RuntimeError)." in page
        assert "Find out" in page  # once more


def test_why_is_measured_once_and_shown(tmp_path: Path) -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        client.post(f"{address}/ad/{first}/why/start")
        for _ in range(100):
            if store.variant(first).why:
                break
            time.sleep(0.02)
        page = client.get(f"{address}?ad={first}").text
        reasons = page[page.index('class="reasons"') :]
        # green drives the picture most (4 of 4, no text), blue a little less, and all of the text (3 of 4 and 1 of 1)
        assert reasons.index("blue kettle") < reasons.index("green kettle")
        assert "without any clicks by 3.0" in page


def test_files_in_formats_and_sizes(tmp_path: Path) -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        for kind, size, expected in (("png", "", (768, 768)), ("webp", "story", (1080, 1920)), ("jpeg", "wide", (1920, 1080))):
            answer = client.get(f"{address}/ad/{first}/file", params={"format": kind, "size": size})
            assert answer.headers["content-type"] == f"image/{kind}"
            with Image.open(io.BytesIO(answer.content)) as picture:
                assert (picture.format, picture.size) == (kind.upper(), expected)
        for bad in ({"format": "exe"}, {"size": "poster"}):
            assert client.get(f"{address}/ad/{first}/file", params=bad).status_code == 422
        packed = client.get(f"{address}/ad/{first}/zip").content
        assert packed == client.get(f"{address}/ad/{first}/zip").content
        with zipfile.ZipFile(io.BytesIO(packed)) as files:
            assert set(files.namelist()) >= {"ad.png", "ad.txt", "request.json", "choices.json", "README.txt", "product.png"}
            request = json.loads(files.read("request.json"))
            assert request["product"]["selling_points"] == POINTS
            assert all(click["image"] in files.namelist() for click in request["history"])
            assert files.read("product.png") == store.read(store.variant(first).picture.photo)


def test_a_zip_of_two_origins_tells_both(tmp_path: Path) -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (first,) = ads(finished(client, address))
        client.post(f"{address}/points", data={"action": "toggle", "at": "0"})
        client.post(f"{address}/ad/{first}/text")
        second = ads(finished(client, address))[1]
        with zipfile.ZipFile(io.BytesIO(client.get(f"{address}/ad/{second}/zip").content)) as files:
            readme = files.read("README.txt").decode()
            assert "uniadgen generate request.json --seed 0 --size 768x768 --out picture" in readme
            assert "uniadgen generate text-request.json --seed 1 --size 768x768 --out text" in readme
            assert json.loads(files.read("request.json"))["product"]["selling_points"] == POINTS
            assert json.loads(files.read("text-request.json"))["product"]["selling_points"] == POINTS[1:]
            assert files.read("ad.txt").decode().strip() == (store.variant(second).result or {})["text"]


def test_numbers_that_are_none_are_harmless(tmp_path: Path) -> None:
    with studio(tmp_path / "s.db") as (app, _, _), TestClient(app) as client:
        address = begin(client)
        before = client.get(address).text
        for number in ("\u00b2", "9" * 5000, "-1", ""):
            for form in ({"action": "toggle", "at": number}, {"action": "remove", "at": number}):
                assert client.post(f"{address}/points", data=form).status_code == 200
                assert client.post(f"{address}/clicks", data=form).status_code == 200
        assert client.get(address).text == before
        client.post(f"{address}/generate", data={"count": "\u00b2"})
        assert len(ads(finished(client, address))) == 4
        for place in ("/studio/p/x", f"/studio/p/{'9' * 30}", f"{address}/ad/{'9' * 30}/file", f"{address}/ad/-1/zip"):
            answer = client.get(place)
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/html")
