"""What strangers may try: places outside of the root, bombs, slowness, forged keys and ids."""

import base64
import gzip
import http.client
import io
import json
import os
import re
import socket
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.service import keys as keys_module
from uniadgen.service.app import MOST_HEADER_BYTES, MOST_PATH_BYTES
from uniadgen.service.bodies import Bodies
from uniadgen.service.keys import Keys
from uniadgen.service.media import MediaStore
from uniadgen.service.server import Protocol
from uniadgen.service.service import Settings

Body = Callable[..., dict[str, Any]]
ANN, BOB = "ann-key-0123456789", "bob-key-0123456789"


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    (tmp_path / "keys.txt").write_text(f"# clients\nann {ANN}\n\nbob  {BOB}\n")
    return Keys.read(tmp_path / "keys.txt")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def png(size: tuple[int, int] = (8, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, "PNG")
    return buffer.getvalue()


# Pictures ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def walled(generator: AdGenerator, pictures: Path, tmp_path: Path, run: Any) -> Iterator[Any]:
    """A service whose root lies beside a secret picture, with links that lead there."""
    root, secret = tmp_path / "root", tmp_path / "secret"
    root.mkdir()
    secret.mkdir()
    for name in ("kettle.png", "a.webp", "b.webp"):
        (root / name).write_bytes((pictures / name).read_bytes())
    (secret / "kettle.png").write_bytes((pictures / "kettle.png").read_bytes())
    (root / "link.png").symlink_to(secret / "kettle.png")
    (root / "folder").symlink_to(secret)
    (root / "inner.png").symlink_to(root / "kettle.png")
    os.mkfifo(root / "pipe.png")
    with run(generator, Settings(media_root=root)) as server:
        yield server


def asked(server: Any, body: dict[str, Any], reference: str, where: str) -> httpx.Response:
    if where == "product":
        body["product"]["image"] = reference
    else:
        body["history"][1]["image"] = reference
    answer: httpx.Response = server.client.post("/v1/ads", json=body)
    return answer


@pytest.mark.parametrize("where", ["product", "history"])
def test_nothing_outside_of_the_root_is_opened(walled: Any, request_body: Body, where: str) -> None:
    root = walled.service.root
    outside = [
        *("../secret/kettle.png", "folder/kettle.png", "link.png", "./../secret/kettle.png", "a/../../secret/kettle.png"),
        *(str(root / "kettle.png"), str(root.parent / "secret/kettle.png"), "/etc/passwd", "~/x.png", "..\\secret\\kettle.png"),
        *(
            "file:///etc/passwd",
            "http://127.0.0.1:1/x.png",
            "https://example.org/x.png",
            "//host/x.png",
            "\0",
            "kettle.png\0.webp",
        ),
        *("", " ", ".", "..", "x" * 5000, "pipe.png", "nowhere.png", "%2e%2e/secret/kettle.png", "media:", "media:../../x"),
        *("data:", "data:,x", "data:image/png;base64,!!", "data:text/html;base64,PGI+", "\x7f.png", "media:" + "0" * 64),
    ]
    for reference in outside:
        body = json.loads(json.dumps(request_body()))
        answer = asked(walled, body, reference, where)
        assert answer.status_code in (404, 422), reference
        error = answer.json()["error"]
        assert error["field"].startswith(where), reference
        assert str(root.parent) not in error["message"].replace(reference, ""), reference
    assert asked(walled, request_body(), "inner.png", where).status_code == 200


def test_bombs(ours: Any, request_body: Body) -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    wide = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    wide += chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.png", bytes(2**22))
    webp = b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\xff\xff" * 2
    for data, status in ((wide, 413), (archive.getvalue(), 415), (webp, 415), (b"<svg onload='x'/>", 415), (b"", 415)):
        sent = ours.client.post("/v1/media", files={"file": ("a.png", data, "image/png")})
        assert sent.status_code in (status, 413, 415), data[:20]
        body = request_body()
        body["history"][0]["image"] = "data:image/png;base64," + base64.b64encode(data).decode()
        assert ours.client.post("/v1/ads", json=body).status_code in (413, 422)
    for content in (b'{"a":' * 200_000, b"[" * 500_000, b'{"product":' + b"9" * 10_000 + b"}", b'{"a": 1e999}'):
        answer = ours.client.post("/v1/ads", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422)
    assert ours.client.get("/healthz").status_code == 200


# Keys and media ----------------------------------------------------------------------------------------------------------


def test_keys(run: Any, generator: AdGenerator, pictures: Path, keys: Keys, request_body: Body) -> None:
    with run(generator, Settings(media_root=pictures, keys=keys)) as server:
        for headers in (
            {},
            bearer("x"),
            {"Authorization": "Bearer"},
            bearer(ANN[:-1]),
            bearer(ANN + "x"),
            {"Authorization": ANN},
            bearer("é" * 9),
        ):
            encoded = {name: value.encode("utf-8") for name, value in headers.items()}
            for method, path in (
                ("POST", "/v1/ads"),
                ("POST", "/v1/media"),
                ("GET", f"/v1/media/{'0' * 64}"),
                ("GET", "/v1/x"),
            ):
                answer = server.client.request(method, path, headers=encoded)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
        assert server.client.get("/healthz").status_code == 200
        assert server.client.post("/v1/ads", json=request_body(), headers=bearer(ANN)).status_code == 200


def test_every_key_is_compared_in_constant_time(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((len(a), len(b)))
        return a == b

    monkeypatch.setattr(keys_module.hmac, "compare_digest", compare)
    assert [keys.client(f"Bearer {key}") for key in (ANN, BOB, "x")] == ["ann", "bob", None]
    assert compared == [(32, 32)] * 6


@pytest.mark.parametrize(
    "text", ["", "ann", "ann short", f"a b {ANN}", f"ann {ANN}\nann {BOB}", f"ann {ANN}\nbob {ANN}", f"../x {ANN}"]
)
def test_files_of_keys_that_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(InputError, match="argument --api-keys") as refusal:
        Keys.read(tmp_path / "keys")
    assert ANN not in str(refusal.value)


def test_another_clients_media_are_not_there(
    run: Any, generator: AdGenerator, pictures: Path, keys: Keys, request_body: Body
) -> None:
    with run(generator, Settings(media_root=pictures, keys=keys)) as server:
        sent = server.client.post("/v1/media", files={"file": png()}, headers=bearer(ANN)).json()["media"]
        made = server.client.post("/v1/ads", json=request_body(), headers=bearer(ANN)).json()["ads"][0]["image"]
        for media in (sent, made):
            path = f"/v1/media/{media.removeprefix('media:')}"
            assert server.client.get(path, headers=bearer(ANN)).status_code == 200
            assert server.client.get(path, headers=bearer(BOB)).status_code == 404
            body = request_body(history=[{"image": media, "text": "x"}])
            assert server.client.post("/v1/ads", json=body, headers=bearer(BOB)).status_code == 404
            assert server.client.post("/v1/ads", json=body, headers=bearer(ANN)).status_code == 200
        for forged in ("../ann", "..%2Fann", "%2e%2e", "0" * 63, "G" * 64, "0" * 64, f"{'0' * 64}/x", "*"):
            assert server.client.get(f"/v1/media/{forged}", headers=bearer(ANN)).status_code == 404
        for listing in ("/v1/media", "/v1/media/", "/media", "/v1"):
            assert server.client.get(listing, headers=bearer(ANN)).status_code in (404, 405)


def test_the_oldest_media_go_when_there_are_too_many(tmp_path: Path) -> None:
    store = MediaStore(tmp_path, most_bytes=1000)
    names = []
    for number in range(8):
        names.append(store.put("ann", bytes([number]) * 150))
        time.sleep(0.002)
        store.find("ann", names[0])  # used again and again
    assert store.find("ann", names[0])
    assert store.find("ann", names[-1])
    assert not store.find("ann", names[1])
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 1000
    assert MediaStore(tmp_path).find("ann", names[-1])


# Bodies and connections --------------------------------------------------------------------------------------------------


@pytest.fixture
def strict(generator: AdGenerator, pictures: Path, run: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(Protocol, "header_seconds", 0.5)
    with run(generator, Settings(media_root=pictures, bodies=Bodies(most=20_000, seconds=0.5, together=45_000))) as server:
        yield server


def test_bodies_are_bounded(strict: Any) -> None:
    json_type = {"Content-Type": "application/json"}
    for size in (20_001, 79_000):
        answer = strict.client.post("/v1/ads", content=b" " * size, headers=json_type)
        assert answer.status_code == 413

    def parts() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 1000

    assert strict.client.post("/v1/ads", content=parts(), headers=json_type).status_code == 413
    packed = strict.client.post("/v1/ads", content=gzip.compress(b"{}"), headers=json_type | {"Content-Encoding": "gzip"})
    assert (packed.status_code, "Content-Encoding" in packed.json()["error"]["message"]) == (415, True)
    assert strict.client.post("/v1/media", files={"file": bytes(20_001)}).status_code == 413
    assert strict.service.settings.bodies.held == 0
    assert strict.client.get("/healthz").status_code == 200


def raw(port: int, *sent: bytes, pause: float = 0.0) -> bytes:
    """What a server answers to bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            for part in sent:
                connection.sendall(part)
                time.sleep(pause)
        except OSError:
            pass
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass
        return answer


def test_slow_clients_are_let_go(strict: Any) -> None:
    started = time.monotonic()
    assert raw(strict.port, b"POST /v1/ads HTTP/1.1\r\nHost: x\r\n") == b""  # headers that never end
    assert raw(strict.port) == b""  # nothing at all
    head = b"POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    assert raw(strict.port, head, b"{").startswith(b"HTTP/1.1 408")  # a body that never ends
    dripping = raw(strict.port, head, *[b" "] * 20, pause=0.1)
    assert dripping.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - started < 15
    until = time.monotonic() + 10
    while strict.service.settings.bodies.held and time.monotonic() < until:
        time.sleep(0.01)
    assert strict.service.settings.bodies.held == 0
    assert strict.client.get("/healthz").status_code == 200


def test_bodies_that_are_held_together_are_bounded(strict: Any) -> None:
    head = b"POST /v1/media HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\nContent-Length: 20000\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", strict.port)) as one,
        socket.create_connection(("127.0.0.1", strict.port)) as two,
    ):
        one.sendall(head)
        two.sendall(head)
        until = time.monotonic() + 10
        while strict.service.settings.bodies.held < 40_000 and time.monotonic() < until:
            time.sleep(0.002)
        refused = strict.client.post("/v1/media", files={"file": bytes(9000)})
    assert refused.status_code in (429, 415)
    if refused.status_code == 429:
        assert refused.headers["retry-after"]


def test_headers_are_bounded_and_broken_http_is_refused(ours: Any) -> None:
    long = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (2 * MOST_HEADER_BYTES) + b"\r\n\r\n"
    assert raw(ours.port, long).startswith(b"HTTP/1.1 4")
    many = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(20_000)) + b"\r\n"
    assert raw(ours.port, many).startswith(b"HTTP/1.1 4")
    assert ours.client.get("/" + "a" * MOST_PATH_BYTES).status_code == 414
    assert raw(ours.port, b"\x16\x03\x01\x02\x00nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    smuggled = b"POST /v1/ads HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert not raw(ours.port, smuggled + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )
    connection = http.client.HTTPConnection("127.0.0.1", ours.port, timeout=20)
    connection.request("GET", "/healthz", headers={"X-Request-Id": "a" * 200})
    answered = connection.getresponse().headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", answered)  # theirs was too long
    connection.close()
    assert ours.client.get("/healthz").status_code == 200


def test_forms_that_are_none(ours: Any) -> None:
    many = {f"field{number}": "x" for number in range(50)}
    for how, status in (
        ({"data": {"a": "b"}}, 415),
        ({"files": {"other": png()}}, 422),
        ({"files": [("file", png()), ("file", png())]}, 400),
        ({"files": {"file": png()}, "data": many}, 400),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"content": b"--b\r\nx", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400),
    ):
        answer = ours.client.post("/v1/media", **how)
        assert answer.status_code in (status, 422), how
        assert answer.json()["error"]["message"]


def test_the_page_of_docs_loads_nothing_from_elsewhere(ours: Any) -> None:
    page = ours.client.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("docs.js", "docs.css"):
        assert f"docs/{name}" in page.text
        part = ours.client.get(f"/docs/{name}")
        assert part.status_code == 200
        assert not re.search(r"https?://|//[a-z]+\.", part.text)
    assert not re.search(r"https?://", page.text)
    assert ours.client.get("/docs/../service.py").status_code == 404
    assert ours.client.get("/docs/none.js").status_code == 404


def test_the_openapi_document_names_every_option(ours: Any) -> None:
    document = ours.client.get("/openapi.json").json()
    assert set(document["paths"]) == {"/v1/ads", "/v1/media", "/v1/media/{sha256}", "/healthz", "/readyz", "/metrics"}
    schema = document["paths"]["/v1/ads"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {
        "count",
        "seed",
        "size",
        "format",
        "presets",
        "history_length",
        "sampling",
        "guidance",
        "temperature",
        "top_k",
    } <= set(schema["properties"]["options"]["properties"])


def test_bad_lines_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for words in (
            ["--media-root", str(tmp_path / "none")],
            ["--api-keys", str(tmp_path / "none")],
            ["--model", str(tmp_path / "none")],
            ["--port", str(taken.getsockname()[1])],
            ["--host", "no such host"],
            ["--data", str(tmp_path)],
        ):
            assert main(["serve", *words]) == 2, words
            assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("place", ["name", "image", "description", "selling_points", "text", "preset", "field of a click"])
def test_what_utf8_cannot_hold_is_no_failure(ours: Any, request_body: Body, place: str) -> None:
    """JSON can spell half of a character."""
    half, body = "\ud800x", request_body()
    if place == "name":
        body[half] = 1
    elif place == "field of a click":
        body["history"][0][half] = 1
    elif place == "text":
        body["history"][0]["text"] = half
    elif place == "preset":
        body["options"]["presets"] = [half]
    else:
        body["product"][place] = [half] if place == "selling_points" else half
    answer = ours.client.post("/v1/ads", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 422), answer.text
