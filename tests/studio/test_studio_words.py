"""Words in the pictures of the studio's ads, and the best of several, over HTTP."""

import io
import json
import shutil
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from makers import png, studio
from PIL import Image

from uniadgen.studio.store import StudioStore, Variant

pytest.importorskip("fontTools", reason="needs the extra typeset")
pytest.importorskip("httpx")
from fastapi.testclient import TestClient
from test_studio_pages import ads, begin, finished

from uniadgen.typography import redraw
from uniadgen.typography.fonts import choose


def result_of(store: StudioStore, number: int) -> dict[str, Any]:
    return store.variant(number).result or {}


def fields_of(variant: Variant, **changed: Any) -> dict[str, list[Any]]:
    """The form of the blocks as they are. changed: values of the first one."""
    blocks = (variant.result or {})["typesetting"]["blocks"]
    rows = [{"text": b["text"], **{side: b["box"][side] for side in ("left", "top")}, "size": b["size"]} for b in blocks]
    rows = [{**row, "colour": block["colour"]} for row, block in zip(rows, blocks, strict=True)]
    rows[0] |= changed
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_the_next_ads_have_their_words_in_the_picture() -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/look", data={"layout": "top"})
        client.post(f"{address}/generate", data={"count": "2"})
        first, second = ads(finished(client, address))
        result = result_of(store, first)
        assert result["typesetting"]["layout"] == "top"
        assert result["typeset"] != result["image"]
        page = client.get(f"{address}?ad={first}").text
        assert f"/studio/picture/{result['typeset']}" in page
        assert page.count('class="word"') == len(result["typesetting"]["blocks"])
        # other pictures and texts of it have words, too
        client.post(f"{address}/ad/{first}/picture")
        client.post(f"{address}/ad/{first}/words", data={"point": ["Quiet"], "separator": ", "})
        made = [v for v in ads(finished(client, address)) if v not in (first, second)]
        assert len(made) == 2
        for number in made:
            assert result_of(store, number)["typesetting"]["layout"] == "top"
        assert "Quiet" in [block["text"] for v in made for block in result_of(store, v)["typesetting"]["blocks"]]


def test_words_of_one_ad_are_set_moved_and_taken_out(tmp_path: Path) -> None:
    with studio(tmp_path / "s.db") as (app, store, maker), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (plain,) = ads(finished(client, address))
        client.post(f"{address}/ad/{plain}/lock")
        page = client.post(f"{address}/ad/{plain}/typeset", data={"layout": "top"})
        (typeset_ad,) = ads(page.text)
        assert page.url.params["ad"] == str(typeset_ad) != str(plain)  # in its place, and chosen
        assert store.project(1).locked == (typeset_ad,)
        before = store.variant(typeset_ad)
        moved = client.post(f"{address}/ad/{typeset_ad}/blocks", data=fields_of(before, left=40, top=300, colour="#401010"))
        (other,) = ads(moved.text)
        block = result_of(store, other)["typesetting"]["blocks"][0]
        assert (block["box"]["left"], block["box"]["top"], block["colour"]) == (40, 300, "#401010")
        assert result_of(store, other)["typeset"] != (before.result or {})["typeset"]
        # in another font, one of those that the page offers
        first_font = moved.text.partition('name="font">')[2].partition("</select>")[0]
        files = [option.partition('"')[0] for option in first_font.split('value="')[1:]]
        assert files[0] == block["font"]
        fonts = [files[1], *(b["font"] for b in result_of(store, other)["typesetting"]["blocks"][1:])]
        fields = {**fields_of(store.variant(other)), "font": fonts}
        (lettered,) = ads(client.post(f"{address}/ad/{other}/blocks", data=fields).text)
        assert [b["font"] for b in result_of(store, lettered)["typesetting"]["blocks"]] == fonts
        fields["font"] = ["Comic.ttf", *fonts[1:]]
        refused = client.post(f"{address}/ad/{lettered}/blocks", data=fields)
        assert (refused.status_code, "lacks letters of this block" in refused.text) == (422, True)
        client.post(f"{address}/undo")
        # over the product they are a fault, drawn where it is
        (covering,) = ads(client.post(f"{address}/ad/{other}/blocks", data=fields_of(store.variant(other), top=400)).text)
        verdict = result_of(store, covering)["inspection"]["picture"]
        assert [v["reason"] for v in verdict["violations"]] == [f"words cover the product: {block['text']}"]
        client.post(f"{address}/undo")
        assert store.project(1).variants == (other,)
        for change, said in (
            ({"left": 760}, "leave the picture"),
            ({"left": "x"}, "are numbers"),
            ({"left": "nan"}, "are numbers"),
            ({"size": 3}, "is no number from"),
            ({"colour": "red"}, "is no colour"),
            ({"text": "Best of the world"}, "is no selling point"),
        ):
            refused = client.post(f"{address}/ad/{other}/blocks", data=fields_of(store.variant(other), **change))
            assert (refused.status_code, said in refused.text) == (422, True), (change, refused.text)
        assert client.post(f"{address}/ad/{other}/blocks", data={"text": ["a", "b"]}).status_code == 422
        fields = fields_of(store.variant(other))
        none = client.post(f"{address}/ad/{other}/blocks", data={**fields, "text": [""] * len(fields["text"])})
        assert "Leave at least one of the words" in none.text
        (bare,) = ads(client.post(f"{address}/ad/{other}/typeset", data={"layout": ""}).text)
        assert "typeset" not in result_of(store, bare)
        assert client.post(f"{address}/ad/{bare}/blocks", data={}).status_code == 422
        assert len(maker.made) == 1  # the model was asked once


def test_where_no_word_can_be_set_the_ad_stays_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/look", data={"layout": "left"})
        monkeypatch.setattr("uniadgen.typography.layouts.LEAST_TEXT", 0.9)
        client.post(f"{address}/generate", data={"count": "1"})
        (number,) = ads(finished(client, address))
        assert "typeset" not in result_of(store, number)
        assert any(note.startswith("no words in the picture: ") for note in result_of(store, number)["notes"])
        refused = client.post(f"{address}/ad/{number}/typeset", data={"layout": "left"})
        assert refused.status_code == 422
        assert "no word fits beside the product" in refused.text.lower()


def test_brand_kits_of_the_folder_and_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    shutil.copy(choose("A", "headline").main.path, tmp_path / "fonts" / "acme.ttf")
    (tmp_path / "logo.png").write_bytes(png("lime", (60, 30)))
    kit = "name: Acme\nfonts: {headline: fonts/acme.ttf}\nlogo: {image: logo.png}\ncolours: {words: ['#101820']}"
    (tmp_path / "acme.yaml").write_text(kit, "utf-8")
    with studio(brands={"acme": tmp_path / "acme.yaml"}) as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/look", data={"layout": "top"})
        page = client.post(f"{address}/brand", data={"action": "pick", "brand": "acme"})
        assert "Brand kit: Acme" in page.text
        shutil.rmtree(tmp_path / "fonts")  # what was picked is kept
        client.post(f"{address}/generate", data={"count": "1"})
        (number,) = ads(finished(client, address))
        blocks = result_of(store, number)["typesetting"]["blocks"]
        assert {block["font"] for block in blocks} == {"headline.ttf"}
        assert {block["colour"] for block in blocks if block["role"] != "badge"} == {"#101820"}
        fields = {"action": "own", "words": ["#201008", "#fffff0"], "accent": "#aa2200", "capitals": "on"}
        page = client.post(f"{address}/brand", data=fields, files={"logo": ("l.png", png("blue", (60, 30)))})
        assert "Brand kit: its own brand kit" in page.text
        assert "Keep the logo" in page.text
        first = store.project(1).brand
        client.post(f"{address}/brand", data={**fields, "keep_logo": "on"})
        assert store.project(1).brand == first
        (number,) = ads(client.post(f"{address}/ad/{number}/typeset", data={"layout": "top"}).text)
        assert result_of(store, number)["typesetting"]["blocks"][0]["text"].isupper()
        for data, said in (
            ({"action": "pick", "brand": "none"}, "no such brand kit"),
            ({**fields, "accent": "red"}, "is no colour"),
        ):
            refused = client.post(f"{address}/brand", data=data)
            assert (refused.status_code, said in refused.text) == (422, True), refused.text
        assert client.post(f"{address}/brand", data=fields, files={"logo": ("l.png", b"none")}).status_code == 422
        client.post(f"{address}/brand", data={"action": "none"})
        assert store.project(1).brand is None


def test_files_have_the_words(tmp_path: Path) -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/look", data={"layout": "auto"})
        client.post(f"{address}/generate", data={"count": "1"})
        (number,) = ads(finished(client, address))
        whole = f"{address}/ad/{number}"
        assert client.get(f"{whole}/file").content == store.read(result_of(store, number)["typeset"])
        for query, kind, size in (("format=webp&size=story", "WEBP", (1080, 1920)), ("format=jpeg", "JPEG", (768, 768))):
            picture = Image.open(io.BytesIO(client.get(f"{whole}/file?{query}").content))
            assert (picture.format, picture.size) == (kind, size)
        assert b"<text" in client.get(f"{whole}/file?format=svg").content
        assert client.get(f"{whole}/file?format=psd&size=story").content.startswith(b"8BPS")
        with zipfile.ZipFile(io.BytesIO(client.get(f"{whole}/zip").content)) as packed:
            assert packed.read("ad.typeset.png") == store.read(result_of(store, number)["typeset"])
            assert "uniadgen typeset ad.json --request request.json --layout auto" in packed.read("README.txt").decode()
        (bare,) = ads(client.post(f"{whole}/typeset", data={"layout": ""}).text)
        assert client.get(f"{address}/ad/{bare}/file?format=svg").status_code == 422


def test_moved_words_are_in_the_other_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr("uniadgen.studio.words.redraw", lambda *a: drawn.append(redraw(*a)) or drawn[-1])
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/look", data={"layout": "top"})
        client.post(f"{address}/generate", data={"count": "1"})
        (number,) = ads(finished(client, address))
        fields = fields_of(store.variant(number))
        colours = ["#00f0a0"] * len(fields["colour"])
        (moved,) = ads(client.post(f"{address}/ad/{number}/blocks", data={**fields, "colour": colours}).text)
        picture = client.get(f"{address}/ad/{moved}/file?format=png&size=story").content
        assert Image.open(io.BytesIO(picture)).size == drawn[-1].image.size == (1080, 1920)
        assert {block.colour for block in drawn[-1].blocks} == {"#00f0a0"}

        def fainter(*given: Any) -> Any:
            result = redraw(*given)
            return replace(result, blocks=tuple(replace(block, contrast=1.0) for block in result.blocks))

        with monkeypatch.context() as patch:
            patch.setattr("uniadgen.studio.words.redraw", fainter)
            anew = client.get(f"{address}/ad/{moved}/file?format=png&size=story").content
            assert anew != picture  # words that can't be read there are set anew
            patch.setattr("uniadgen.studio.words.least_contrast", lambda *_: 22.0)
            kept = client.get(f"{address}/ad/{moved}/file?format=png&size=story").content
            assert kept == picture  # what was as hard to read before is kept
        monkeypatch.setattr("uniadgen.studio.words.carried", lambda blocks, *rest: [b | {"size": 1900} for b in blocks])
        anew = client.get(f"{address}/ad/{moved}/file?format=png&size=story").content
        assert anew != picture  # words that don't fit are set anew


def test_the_best_of_several() -> None:
    with studio() as (app, store, maker), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1", "best_of": "4"})
        (number,) = ads(finished(client, address))
        assert maker.made[0][1].best_of == 4
        assert store.project(1).best_of == 4
        assert store.variant(number).picture.best_of == 4
        # what stays near it is near the chosen one, whose seed is another
        client.post(f"{address}/ad/{number}/move", data={"box": "0.1,0.2,0.4,0.8"})
        finished(client, address)
        assert [(seed, options.best_of) for seed, options, _ in maker.made] == [(0, 4), (100, 1)]
        with zipfile.ZipFile(io.BytesIO(client.get(f"{address}/ad/{number}/zip").content)) as packed:
            assert "--best-of 4" in packed.read("README.txt").decode()
            assert json.loads(packed.read("choices.json"))["picture"]["best_of"] == 4
        client.post(f"{address}/generate", data={"count": "1", "best_of": "99"})
        assert store.project(1).best_of == 8


def test_a_session_of_before_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with studio(path) as (app, _, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (number,) = ads(finished(client, address))
    with sqlite3.connect(path) as old:  # as the first format had it
        old.executescript("ALTER TABLE variants DROP COLUMN words; PRAGMA user_version=1;")
        (state,) = old.execute("SELECT state FROM states ORDER BY number DESC").fetchone()
        bare = {name: value for name, value in json.loads(state).items() if name not in ("best_of", "layout", "brand")}
        old.execute("UPDATE states SET state = ?", (json.dumps(bare),))
    old.close()
    with studio(path) as (app, store, _), TestClient(app) as client:
        assert store.variant(number).words is None
        (typeset_ad,) = ads(client.post(f"{address}/ad/{number}/typeset", data={"layout": "top"}).text)
        assert result_of(store, typeset_ad)["typesetting"]["layout"] == "top"


def test_pictures_of_before_have_no_chosen_seed() -> None:
    with studio() as (app, store, _), TestClient(app) as client:
        address = begin(client)
        client.post(f"{address}/generate", data={"count": "1"})
        (number,) = ads(finished(client, address))
        result = {name: value for name, value in result_of(store, number).items() if name != "chosen_seed"}
        store.finish(number, result, None)
        client.post(f"{address}/ad/{number}/like")
        client.post(f"{address}/ad/{number}/text")
        finished(client, address)
        assert all(store.variant(v).error is None for v in store.project(1).variants)
