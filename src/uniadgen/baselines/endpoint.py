"""A client of OpenAI-compatible servers that expects them to misbehave: slow, busy, cut off, or answering nonsense.

    with opened(Endpoint("http://127.0.0.1:8000/v1", "Qwen/Qwen2.5-7B-Instruct")) as client:
        answer = client.ask([{"role": "user", "content": "..."}], max_tokens=64)

Messages name a status or a kind of failure, never what was sent, what came back, or the key.
"""

import contextlib
import email.utils
import ipaddress
import json
import os
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from uniadgen.errors import InputError
from uniadgen.words import quoted

BACKOFF, MOST_BACKOFF = 1.0, 60.0  # seconds before the first retry; each further one waits twice as long
LONGEST_WAIT = 300.0  # seconds that a server may ask to wait
MOST_BYTES = 2**22  # of an answer
AGAIN = {408, 409, 425, 429, 500, 502, 503, 504, 529}  # statuses that may pass
WRONG = {
    401: "it refuses the key",
    403: "it refuses the key",
    404: "it has no such address or model",
    405: "it is no such server",
}


@dataclass(frozen=True)
class Endpoint:
    """address: up to the version, as http://127.0.0.1:8000/v1. timeout: seconds for a whole answer. per_minute: requests."""

    address: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout: float = 120.0
    retries: int = 5
    per_minute: int | None = None


@dataclass(frozen=True)
class Answer:
    """thinking: what the server tells apart from the text. cut: it stopped at the limit of tokens. refused: it took the request
    for a wrong one, though it answers others."""

    text: str
    thinking: str = ""
    cut: bool = False
    refused: bool = False


def check_endpoint(endpoint: Endpoint) -> None:
    """Raises InputError for an address or a key that can't be used, or that would send the key in the clear."""
    try:
        parts = urlsplit(endpoint.address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or "\n" in endpoint.address:
        raise InputError(
            f"argument --endpoint: {quoted(_named(endpoint.address))} is no address such as http://127.0.0.1:8000/v1"
        )
    if parts.username or parts.password:
        raise InputError("argument --endpoint: the address holds a password; name the key's environment variable instead")
    if endpoint.key is not None:
        if not re.fullmatch(r"[!-~]+", endpoint.key):
            raise InputError("argument --key-variable: the key has spaces or characters that no key has; set it again")
        if parts.scheme == "http" and not _on_this_machine(host):
            raise InputError("argument --endpoint: http would send the key unencrypted; use https, or unset the key")


def key_of(variable: str) -> str | None:
    """The key in the environment, None where there is none."""
    return os.environ.get(variable, "").strip() or None


@contextlib.contextmanager
def opened(endpoint: Endpoint) -> Iterator["Client"]:
    """A client for any number of threads. Raises InputError for an endpoint that can't be."""
    check_endpoint(endpoint)
    headers = {} if endpoint.key is None else {"Authorization": f"Bearer {endpoint.key}"}
    local = _on_this_machine(urlsplit(endpoint.address).hostname or "")
    # redirects would carry shopper's texts to who knows where; proxies are of no use on this machine
    with httpx.Client(headers=headers, follow_redirects=False, trust_env=not local) as http:
        client = Client(endpoint, http)
        try:
            yield client
        finally:
            client.stop.set()


class _Passing(Exception):
    """A failure that another try may not have. wait: seconds that the server asks for."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Client:
    """Use `opened`. stop: set at the end, so that nobody goes on waiting."""

    def __init__(self, endpoint: Endpoint, http: httpx.Client) -> None:
        self.endpoint, self.stop = endpoint, threading.Event()
        self._http, self._lock, self._next, self._answered = http, threading.Lock(), 0.0, False

    def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        max_tokens: int,
        temperature: float = 0.0,
        seed: int | None = None,
        thinking: bool | None = None,
    ) -> Answer:
        """One answer. Raises InputError when the server can't be used, or has failed at every try."""
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": list(messages),
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        if seed is not None and temperature > 0:
            body["seed"] = seed
        if thinking is not None:  # as vLLM and SGLang take it
            body["chat_template_kwargs"] = {"enable_thinking": thinking}
        failure = ""
        for number in range(self.endpoint.retries + 1):
            if number and self.stop.is_set():
                break
            self._pace()
            try:
                answer = self._once(body)
            except _Passing as passing:
                failure = str(passing)
                if number < self.endpoint.retries:
                    delay = min(BACKOFF * 2**number, MOST_BACKOFF) * random.uniform(0.5, 1)
                    self.stop.wait(delay if passing.wait is None else max(delay, passing.wait))
                continue
            self._answered = self._answered or not answer.refused
            return answer
        tries = self.endpoint.retries + 1
        raise self._failed(
            f"{failure or 'stopped'} ({tries} {'tries' if tries > 1 else 'try'}); run the command again to go on"
        )

    def _pace(self) -> None:
        """Waits for this request's turn."""
        if self.endpoint.per_minute is None:
            return
        with self._lock:
            turn = max(time.monotonic(), self._next)
            self._next = turn + 60 / self.endpoint.per_minute
        self.stop.wait(max(0.0, turn - time.monotonic()))

    def _once(self, body: Mapping[str, Any]) -> Answer:
        address = self.endpoint.address.rstrip("/") + "/chat/completions"
        deadline = time.monotonic() + self.endpoint.timeout
        data = bytearray()
        try:
            with self._http.stream("POST", address, json=body, timeout=self.endpoint.timeout) as response:
                for part in response.iter_bytes(65536):
                    data += part
                    if time.monotonic() > deadline:  # drop by drop, no single read is too slow
                        raise _Passing(f"no whole answer in {self.endpoint.timeout:g} seconds")
                    if len(data) > MOST_BYTES:
                        raise _Passing("an answer that is far too long")
        except httpx.TimeoutException:
            raise _Passing(f"no answer in {self.endpoint.timeout:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _Passing(f"the connection failed ({type(error).__name__})") from None
        status = response.status_code
        if status in AGAIN:
            raise _Passing(f"it answers with status {status}", _retry_after(response.headers.get("retry-after")))
        if status in WRONG:
            raise self._failed(f"{WRONG[status]} (status {status}); correct --endpoint, --model-name or --key-variable")
        if 300 <= status < 400:
            raise self._failed(f"it points elsewhere (status {status}), which is not followed; name the final address")
        if status != 200:
            if self._answered:  # of this request only: too long, or against the server's rules
                return Answer("", refused=True)
            raise self._failed(f"it refuses the first request (status {status}); correct --model-name or the options")
        return _parsed(bytes(data))

    def _failed(self, why: str) -> InputError:
        return InputError(f"endpoint {quoted(_named(self.endpoint.address))}: {why}")


def _parsed(data: bytes) -> Answer:
    try:
        choice = json.loads(data)["choices"][0]
        message = choice["message"]
        text = message.get("content")
        if isinstance(text, list):
            text = "".join(part["text"] for part in text if part.get("type") == "text")
        thinking = message.get("reasoning_content") or message.get("reasoning") or ""
        if not isinstance(text, str | None) or not isinstance(thinking, str):
            raise TypeError
        return Answer(text or "", thinking, choice.get("finish_reason") == "length")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise _Passing("an answer that is no chat completion") from None


def _retry_after(value: str | None) -> float | None:
    """Seconds, of a number or of a date; None for neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT) if seconds == seconds else None


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _named(address: str) -> str:
    """An address as messages may show it: without what could be a password."""
    return re.sub(r"//[^/@]*@", "//", address).partition("?")[0]
