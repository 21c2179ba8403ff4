"""The client of OpenAI-compatible servers, against a server that misbehaves on purpose."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("httpx")

from uniadgen.baselines import endpoint
from uniadgen.baselines.endpoint import Endpoint, opened
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.evaluation.protocol import load_cases
from uniadgen.evaluation.systems import read_system

TINY = Path(__file__).parents[2] / "data" / "tiny"
KEY = "sk-very-secret"
SAID = [{"role": "user", "content": "shopper's own words"}]
Reply = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def completion(content: object, finish: str = "stop", **message: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content, **message}, "finish_reason": finish}]}).encode()


def answers(content: object, finish: str = "stop", **message: object) -> Reply:
    return lambda handler, body: send(handler, 200, completion(content, finish, **message))


def fails(status: int, headers: dict[str, str] | None = None) -> Reply:
    return lambda handler, body: send(handler, status, b'{"error": "you said: shopper\'s own words"}', headers)


def hangs_up(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    handler.connection.close()


def is_cut_short(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    send(handler, 200, completion("Kettle")[:20], {"Content-Length": "400"})
    handler.connection.close()


def sleeps(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    time.sleep(1.3)
    handler.connection.close()


def drips(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(26):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)
    handler.connection.close()


@contextmanager
def server(*replies: Reply) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each request gets the next reply, the last one forever. Gives the address, and the requests so far with their headers."""
    asked: list[dict[str, Any]] = []
    left = list(replies)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                asked.append({**body, "path": self.path, "key": self.headers.get("Authorization"), "at": time.monotonic()})
                reply = left.pop(0) if len(left) > 1 else left[0]
            try:
                reply(self, body)
            except OSError:  # the client has gone
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}/v1", asked
    finally:
        running.shutdown()
        running.server_close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "BACKOFF", 0.01)


@pytest.mark.parametrize(
    "fault",
    [fails(429), fails(500), fails(503, {"Retry-After": "0"}), fails(502, {"Retry-After": formatdate(time.time() - 9)}),
     fails(429, {"Retry-After": "soon"}), hangs_up, is_cut_short, sleeps, drips, answers(5), answers([{"text": "x"}, 3]),
     lambda h, b: send(h, 200, b"<html>busy</html>"), lambda h, b: send(h, 200, b'{"choices": []}'),
     lambda h, b: send(h, 200, b"[" * 100_000), lambda h, b: send(h, 200, b" " * (2**22 + 1))],
)  # fmt: skip
def test_what_may_pass_is_tried_again(fault: Reply) -> None:
    with server(fault, answers("Kettle")) as (address, asked), opened(Endpoint(address, "m", timeout=1, retries=1)) as client:
        assert client.ask(SAID, 8).text == "Kettle"
        assert [request["path"] for request in asked] == ["/v1/chat/completions"] * 2


@pytest.mark.parametrize(("status", "reason"), [(401, "key"), (404, "model"), (400, "first request"), (301, "elsewhere")])
def test_what_will_not_pass_ends_at_once(status: int, reason: str) -> None:
    moved = {"Location": "http://127.0.0.1:9/"}
    with server(fails(status, moved)) as (address, asked), opened(Endpoint(address, "m", KEY)) as client:
        with pytest.raises(InputError, match=reason) as caught:
            client.ask(SAID, 8)
        assert len(asked) == 1
        assert asked[0]["key"] == f"Bearer {KEY}"
    for secret in (KEY, "own words", "\n"):
        assert secret not in str(caught.value)


def test_giving_up_says_why_and_how_to_go_on() -> None:
    with server(fails(503)) as (address, asked), opened(Endpoint(address, "m", retries=2)) as client:
        with pytest.raises(InputError, match=r"status 503 \(3 tries\); run the command again"):
            client.ask(SAID, 8)
        assert len(asked) == 3


def test_a_single_request_may_be_refused() -> None:
    with server(answers("Kettle"), fails(400), answers("Mug")) as (address, _), opened(Endpoint(address, "m")) as client:
        assert [client.ask(SAID, 8).refused for _ in range(3)] == [False, True, False]


def test_the_server_may_ask_to_wait() -> None:
    replies = fails(429, {"Retry-After": "0.3"}), answers("Kettle")
    with server(*replies) as (address, asked), opened(Endpoint(address, "m", retries=1)) as client:
        client.ask(SAID, 8)
        assert asked[1]["at"] - asked[0]["at"] >= 0.3


def test_requests_keep_their_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    with server(answers("Kettle")) as (address, asked), opened(Endpoint(address, "m", per_minute=600)) as client:
        monkeypatch.setattr(endpoint, "time", SimpleNamespace(monotonic=lambda: 100.0))  # no time passes between requests
        monkeypatch.setattr(client.stop, "wait", waits.append)
        for _ in range(3):
            client.ask(SAID, 8)
        assert len(asked) == 3
    assert waits == pytest.approx([0, 0.1, 0.2])


def test_forms_of_answers() -> None:
    parts = [{"type": "text", "text": "Ket"}, {"type": "text", "text": "tle"}]
    replies = answers(parts), answers("Mug", reasoning_content="Hm."), answers(None, "length", reasoning="Hm, hm")
    with server(*replies) as (address, asked), opened(Endpoint(address, "m")) as client:
        first, second, third = (client.ask(SAID, 8, 0.6, 3, True) for _ in range(3))
    assert (first.text, second.text, second.thinking) == ("Kettle", "Mug", "Hm.")
    assert (third.text, third.thinking, third.cut) == ("", "Hm, hm", True)
    assert {name: asked[0][name] for name in ("model", "max_tokens", "temperature", "seed", "chat_template_kwargs")} == {
        "model": "m", "max_tokens": 8, "temperature": 0.6, "seed": 3, "chat_template_kwargs": {"enable_thinking": True}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Endpoint("127.0.0.1:8000", "m"), "no address"),
        (Endpoint("ftp://host/v1", "m"), "no address"),
        (Endpoint("http://host:99999/v1", "m"), "no address"),
        (Endpoint("http://user:sesame@host/v1", "m"), "holds a password"),
        (Endpoint("http://user:sesame@host:x/v1?k=sesame", "m"), "no address"),
        (Endpoint("http://example.com/v1", "m", KEY), "unencrypted"),
        (Endpoint("https://example.com/v1", "m", "two words"), "key"),
    ],
)
def test_endpoints_that_cannot_be(wrong: Endpoint, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught, opened(wrong):
        pass
    assert "sesame" not in str(caught.value)
    assert KEY not in repr(wrong)


def test_a_run_goes_on_after_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    out = tmp_path / "out"
    thought = answers("<think>Kettles.\nLong.</think>\n\nHere is a title:\n**Red Kettle**")
    with server(thought, thought, fails(500)) as (address, asked):
        command = [
            "-v",
            "baselines",
            "run",
            "deepseek-r1",
            "--data",
            str(TINY),
            "--limit",
            "4",
            "--side",
            "64",
            "--out",
            str(out),
        ]
        served = ["--endpoint", address, "--model-name", "r1", "--key-variable", "MY_KEY", "--retries", "1"]
        assert main([*command, *served]) == 2
        first = capsys.readouterr()
        assert len([path for path in out.iterdir() if path.suffix == ".json"]) == 2
        assert asked[0]["key"] == f"Bearer {KEY}"
    with server(answers("Blue Kettle")) as (address, asked):
        served[1] = address  # wherever the server is now, the ads are the same system's
        assert main([*command, *served, "--parallel", "2"]) == 0
        assert len(asked) == 2
        assert main([*command, *served, "--temperature", "1"]) == 2
    second = capsys.readouterr()
    cases = load_cases(TINY, "test", 4)
    printed = first.out + first.err + second.out + second.err
    assert "2 ads made, 2 were there" in second.out
    assert KEY not in printed
    for case in cases:
        assert case.product.description not in printed
        assert not any(click.text in printed for click in case.history)
    texts = [ad.text for ad in read_system(out, [case.id for case in cases]).ads.values()]
    assert sorted(texts, key=str) == ["Blue Kettle", "Blue Kettle", "Red Kettle", "Red Kettle"]
    record = json.loads((out / f"{cases[0].id}.json").read_text())
    assert record["notes"] == ["thinking: 2 words"]
    assert len(record["sampled_clicks"]) == 10
    assert not any(KEY.encode() in path.read_bytes() for path in out.iterdir())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (["qwen3", "--endpoint", "http://127.0.0.1:9/v1"], "--model-name"),
        (["qwen3", "--endpoint", "http://127.0.0.1:9/v1", "--model-name", "m", "--weights", "w"], "either"),
        (["qwen3", "--model-name", "m"], "--endpoint"),
        (["qwen3", "--weights", "nowhere"], "no folder"),
        (["qwen3", "--parallel", "2"], "--parallel"),
        (["language-model"], "which model"),
        (["studio", "--endpoint", "http://127.0.0.1:9/v1"], "no such option"),
        (["studio", "--seed", "5"], "no such option"),
        (["qwen3", "--pool", "unified"], "kind is unified"),
    ],
)
def test_bad_options(wrong: list[str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baselines", "run", *wrong, "--data", str(TINY), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert reason in error
    assert not (tmp_path / "out").exists()
