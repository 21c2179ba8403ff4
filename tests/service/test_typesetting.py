"""Words in the picture over HTTP: the same files as on the command line, with a brand kit by its name or sent along."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from uniadgen.cli.main import main
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.provenance import verify
from uniadgen.service.service import Settings

pytest.importorskip("fontTools", reason="needs the extra typeset")

from uniadgen.typography.fonts import choose

Body = Callable[..., dict[str, Any]]
KIT = """
name: Acme
fonts: {headline: font.ttf}
colours: {words: ["#14213d", "#ffffff"], accent: "#fca311"}
logo: {image: logo.png, width: 0.2, corner: top-left}
"""
SAID: dict[str, Any] = {
    "name": "Acme",
    "fonts": {"headline": "font.ttf"},
    "colours": {"words": ["#14213d", "#ffffff"], "accent": "#fca311"},
    "logo": {"image": "logo.png", "width": 0.2, "corner": "top-left"},
}
OPTIONS: dict[str, Any] = {"size": [256, 256], "seed": 3, "typeset": True}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    """Pictures that requests may name, with a kit and its files among them."""
    folder = tmp_path_factory.mktemp("root")
    for picture in pictures.iterdir():
        shutil.copy(picture, folder)
    logo = Image.new("RGBA", (60, 24))
    ImageDraw.Draw(logo).rectangle((2, 2, 57, 21), fill=(10, 200, 30, 255))
    logo.save(folder / "logo.png")
    shutil.copy(choose("A", "headline").main.path, folder / "font.ttf")
    (folder / "acme.yaml").write_text(KIT, "utf-8")
    return folder


@pytest.fixture(scope="module")
def branded(generator: AdGenerator, root: Path, run: Any) -> Iterator[Any]:
    with run(generator, Settings(media_root=root, brands=root)) as server:
        yield server


def media(server: Any, reference: str) -> Any:
    return server.client.get(f"/v1/media/{reference.removeprefix('media:')}")


def test_files_are_those_of_the_command_line(
    branded: Any, request_body: Body, generator: AdGenerator, root: Path, tmp_path: Path
) -> None:
    sent = branded.client.post("/v1/media", files={"file": (root / "logo.png").read_bytes()}).json()["media"]
    data = "data:image/png;base64," + base64.b64encode((root / "logo.png").read_bytes()).decode()
    by_media, by_data = (SAID | {"logo": SAID["logo"] | {"image": reference}} for reference in (sent, data))
    answers = []
    for brand in ("acme", SAID, by_media, by_data):
        body = request_body(options=OPTIONS | {"brand": brand, "layers": "svg", "presets": ["rectangle"]})
        answer = branded.client.post("/v1/ads", json=body)
        assert answer.status_code == 200, answer.text
        (ad,) = answer.json()["ads"]
        answers.append([ad["typeset"], ad["layers"], ad["typesetting"], ad["sizes"]])
    assert all(answer == answers[0] for answer in answers)

    generator.save_pretrained(tmp_path / "model")
    file = root / "request.json"
    file.write_text(json.dumps({name: value for name, value in request_body().items() if name != "options"}))
    command = ["generate", str(file), "--size", "256x256", "--preset", "rectangle", "--seed", "3", "--typeset"]
    command += ["--brand", str(root / "acme.yaml"), "--layers", "svg", "--model", str(tmp_path / "model")]
    assert main([*command, "--out", str(tmp_path)]) == 0
    for entry, name in ((ad, "ad-000"), (ad["sizes"][0], "ad-000.rectangle")):
        record = json.loads((tmp_path / f"{name}.typeset.json").read_text("utf-8"))
        assert media(branded, entry["typeset"]).content == (tmp_path / record["image"]).read_bytes()
        layers = media(branded, entry["layers"])
        assert layers.content == (tmp_path / record["layers"]).read_bytes()
        assert layers.headers["content-type"] == "image/svg+xml"
        assert verify(layers.content, "layers").holds
        assert "sandbox" in layers.headers["content-security-policy"]
        assert entry["typesetting"] == {part: record[part] for part in entry["typesetting"]}
        assert {"layout", "blocks", "backing"} <= set(entry["typesetting"])
        assert {block["colour"] for block in entry["typesetting"]["blocks"]} <= {"#14213d", "#ffffff"}


def test_the_picture_by_itself_has_the_brands_words(branded: Any, request_body: Body) -> None:
    body = request_body(options=OPTIONS | {"brand": "acme"})
    alone = branded.client.post("/v1/ads", json=body, headers={"Accept": "image/png"})
    (ad,) = branded.client.post("/v1/ads", json=body).json()["ads"]
    assert alone.content == media(branded, ad["typeset"]).content
    plain = request_body(options=OPTIONS)
    assert branded.client.post("/v1/ads", json=plain, headers={"Accept": "image/png"}).content != alone.content


@pytest.mark.parametrize(
    ("options", "status", "field", "said"),
    [
        ({"brand": "other"}, 404, "options.brand", "no such brand kit"),
        ({"brand": "other", "typeset": False}, 422, "options.typeset", "brand, layout and layers need it"),
        ({"layout": "top", "typeset": False}, 422, "options.typeset", "need it"),
        ({"layers": "pdf"}, 422, "options.layers", "must be one of svg, psd"),
        ({"brand": None}, 422, "options.brand", "is no object"),
        ({"brand": {"fonds": {}}}, 422, "options.brand.fonds", "did you mean fonts"),
        ({"brand": {"colours": {"accent": "red"}}}, 422, "options.brand.colours.accent", "is no colour"),
        ({"brand": {"logo": {"image": "../logo.png"}}}, 422, "options.brand.logo.image", "no reference to a picture"),
        ({"brand": {"logo": {"image": "https://x.test/a.png"}}}, 422, "options.brand.logo.image", "no URL is fetched"),
        ({"brand": {"logo": {"image": "media:" + "0" * 64}}}, 404, "options.brand.logo.image", "no such media"),
        ({"brand": {"fonts": {"text": "data:font/ttf;base64,AA=="}}}, 422, "options.brand.fonts.text", "below --media-root"),
        ({"brand": {"fonts": {"text": "kettle.png"}}}, 422, "options.brand.fonts.text", 'kettle.png" is no font'),
        ({"brand": {"fonts": {"text": "/etc/passwd"}}}, 422, "options.brand.fonts.text", "no reference to a font; give a path"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    branded: Any, request_body: Body, root: Path, options: dict[str, Any], status: int, field: str, said: str
) -> None:
    answer = branded.client.post("/v1/ads", json=request_body(options=OPTIONS | options))
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (status, field)
    assert said in error["message"]
    assert str(root) not in error["message"]


def test_layers_go_with_an_answer_in_json(branded: Any, request_body: Body) -> None:
    body = request_body(options=OPTIONS | {"layers": "psd"})
    refused = branded.client.post("/v1/ads", json=body, headers={"Accept": "image/png"})
    assert refused.json()["error"]["field"] == "options.layers"
    (ad,) = branded.client.post("/v1/ads", json=body).json()["ads"]
    layers = media(branded, ad["layers"])
    assert layers.headers["content-type"] == "image/vnd.adobe.photoshop"
    assert verify(layers.content, "layers").holds


def test_without_brand_kits_none_can_be_named(ours: Any, request_body: Body) -> None:
    answer = ours.client.post("/v1/ads", json=request_body(options=OPTIONS | {"brand": "acme"}))
    assert answer.status_code == 422
    assert "start it with --brands" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("files", "said"),
    [({}, "has no brand kit"), ({"a.yaml": "["}, "is no YAML"), ({"a.yaml": "fonts: {text: '~nobody/x.ttf'}"}, "no file")],
)
def test_a_folder_of_kits_is_read_before_anybody_is_served(
    files: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert main(["serve", "--port", "0", "--brands", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
