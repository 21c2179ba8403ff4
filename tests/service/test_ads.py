"""POST /v1/ads and /v1/media against a real server."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from uniadgen.output import Output
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.provenance import verify
from uniadgen.request import load_request
from uniadgen.service.service import Settings

Body = Callable[..., dict[str, Any]]


def test_an_ad_is_the_one_that_the_generator_makes_of_the_same_request_and_seed(
    ours: Any, request_body: Body, generator: AdGenerator, pictures: Path, tmp_path: Path
) -> None:
    body = request_body()
    answer = ours.client.post("/v1/ads", json=body | {"options": {"size": [96, 96], "seed": 7, "count": 2}})
    assert answer.status_code == 200
    first, second = answer.json()["ads"]
    assert [first["seed"], second["seed"]] == [7, 8]
    file = pictures / "request.json"
    file.write_text(json.dumps({name: value for name, value in body.items() if name != "options"}))
    request = load_request(file)
    for ad in (first, second):
        expected = generator.generate(request.product, request.history, seed=ad["seed"], size=(96, 96))
        digest = ad["image"].removeprefix("media:")
        data = ours.client.get(f"/v1/media/{digest}")
        assert data.headers["content-type"] == "image/png"
        assert hashlib.sha256(data.content).hexdigest() == digest
        assert data.content == Output().encoded(expected.image, expected.model)
        assert ad["text"] == expected.text
        assert ad["placement"] == expected.placement.as_dict()
        assert set(ad["timings"]) >= {"text", "image", "compose"}
    picture = ours.client.post(
        "/v1/ads", json=body | {"options": {"size": [96, 96], "seed": 7}}, headers={"Accept": "image/png"}
    )
    assert hashlib.sha256(picture.content).hexdigest() == first["image"].removeprefix("media:")


def test_pictures_come_as_data_urls_and_as_media(ours: Any, request_body: Body, pictures: Path) -> None:
    by_path = ours.client.post("/v1/ads", json=request_body()).json()["ads"][0]
    sent = ours.client.post("/v1/media", files={"file": ("a.png", (pictures / "kettle.png").read_bytes())})
    assert sent.status_code == 201
    assert (sent.json()["width"], sent.json()["height"]) == (60, 80)
    for name in ("a.webp", "b.webp"):
        ours.client.post("/v1/media", files={"file": (pictures / name).read_bytes()})

    def named(name: str, how: str) -> str:
        data = (pictures / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        return f"media:{digest}" if how == "media" else "data:image/webp;base64," + base64.b64encode(data).decode()

    for how in ("media", "data"):
        body = request_body()
        body["product"]["image"] = named("kettle.png", how)
        for click in body["history"]:
            click["image"] = named(click["image"], how)
        answer = ours.client.post("/v1/ads", json=body)
        assert answer.status_code == 200, answer.text
        ad = answer.json()["ads"][0]
        assert (ad["image"], ad["text"]) == (by_path["image"], by_path["text"])


def test_errors_are_the_command_lines_sentences_and_name_the_field(ours: Any, request_body: Body) -> None:
    for changes, status, field, said in (
        ({"product": {"image": "kettle.png", "description": "A kettle"}}, 422, "product", '"selling_points" is missing'),
        ({"history": [{"image": "a.webp"}]}, 422, "history[0]", '"text" is missing'),
        ({"history": [{"image": "a.webp", "text": 3}]}, 422, "history[0].text", "a text is needed, not a number"),
        ({"placement": {"box": [0.5, 0.5, 0.2, 0.9]}}, 422, "placement.box", "has no size"),
        ({"options": {"top_k": 0}}, 422, "options.top_k", "whole number from 1"),
        ({"options": {"siz": [96, 96]}}, 422, "options", "did you mean size?"),
        ({"options": {"count": 65}}, 422, "options.count", "from 1 to 64"),
        ({"options": {"without": 5}}, 422, "options.without", "is no list"),
        ({"options": {"without": [["mask"]]}}, 422, "options.without", "is unknown"),
        ({"options": {"size": [8192, 8192]}}, 422, "options.size", "more than 16,777,216 pixels"),
        ({"histori": []}, 422, None, 'did you mean "history"?'),
    ):
        answer = ours.client.post("/v1/ads", json=request_body(**changes))
        assert answer.status_code == status, changes
        error = answer.json()["error"]
        assert error["field"] == field
        assert said in error["message"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"product": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 50_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "application/json", 422),
    ],
)
def test_bodies_that_are_no_request(ours: Any, content: bytes, kind: str, status: int) -> None:
    answer = ours.client.post("/v1/ads", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_health_figures_and_what_is_not_there(ours: Any, request_body: Body) -> None:
    assert ours.client.get("/healthz").json() == {"status": "ok"}
    assert ours.client.get("/readyz").status_code == 200
    secret = "Zebra-Unicorn"
    body = request_body()
    body["history"][0]["text"] = secret
    answer = ours.client.post("/v1/ads", json=body, headers={"X-Request-Id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    figures = ours.client.get("/metrics").text
    assert 'uniadgen_requests_total{route="/v1/ads",status="200"}' in figures
    assert 'uniadgen_stage_seconds_total{stage="image"}' in figures
    assert secret not in figures
    missing = ours.client.get("/nowhere")
    assert missing.status_code == 404
    assert set(missing.json()["error"]) == {"message", "field"}
    assert ours.client.delete("/v1/ads").status_code == 405
    assert ours.client.post("/v1/ads", json=body, headers={"Accept": "text/html"}).status_code == 406


def test_formats_and_sizes(ours: Any, request_body: Body) -> None:
    body = request_body(options={"size": [96, 96], "presets": ["mobile-banner", "rectangle"], "format": "webp", "quality": 80})
    answer = ours.client.post("/v1/ads", json=body)
    assert answer.status_code == 200, answer.text
    ad = answer.json()["ads"][0]
    assert ad["image_size"] == [96, 96]
    assert [(size["name"], size["image_size"]) for size in ad["sizes"]] == [
        ("mobile-banner", [320, 100]),
        ("rectangle", [300, 250]),
    ]
    for entry in (ad, *ad["sizes"]):
        file = ours.client.get(f"/v1/media/{entry['image'].removeprefix('media:')}")
        assert file.headers["content-type"] == "image/webp"
        verdict = verify(file.content, "a picture")
        assert verdict.holds
        assert verdict.model == ad["model"]
    jpeg = ours.client.post("/v1/ads", json=request_body(), headers={"Accept": "image/jpeg"})
    assert jpeg.headers["content-type"] == "image/jpeg"
    assert verify(jpeg.content, "a picture").format == "jpeg"
    unknown = ours.client.post("/v1/ads", json=request_body(options={"presets": ["storie"]}))
    assert unknown.status_code == 422
    assert "did you mean story?" in unknown.json()["error"]["message"]


def test_products_and_shoppers_by_their_ids(run: Any, generator: AdGenerator) -> None:
    from uniadgen.data.lookup import Lookup

    tiny = Path(__file__).parents[2] / "data" / "tiny"
    with run(generator, Settings(data=tiny)) as server:
        body = {"product": "p00001", "shopper": "u00003", "options": {"size": [96, 96], "seed": 5}}
        answer = server.client.post("/v1/ads", json=body)
        assert answer.status_code == 200, answer.text
        ad, lookup = answer.json()["ads"][0], Lookup(tiny)
        expected = generator.generate(lookup.product("p00001"), lookup.history("u00003"), seed=5, size=(96, 96))
        assert (ad["text"], ad["placement"]) == (expected.text, expected.placement.as_dict())
        for changes, status, field in (
            ({"product": "p-none"}, 404, "product"),
            ({"shopper": "u-secret"}, 404, "shopper"),
            ({"shopper": 3}, 422, "shopper"),
            ({"history": []}, 422, "shopper"),
        ):
            refused = server.client.post("/v1/ads", json=body | changes)
            assert (refused.status_code, refused.json()["error"]["field"]) == (status, field)
            assert "secret" not in refused.text
        without = {name: value for name, value in body.items() if name != "shopper"}
        assert server.client.post("/v1/ads", json=without).json()["ads"][0]["sampled_clicks"] == []
