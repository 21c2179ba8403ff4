"""A real server on loopback around the tiny model of the tests."""

import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("fastapi")
httpx = pytest.importorskip("httpx")

from uniadgen.pipeline.generator import AdGenerator  # noqa: E402
from uniadgen.service.app import create_app  # noqa: E402
from uniadgen.service.server import Server, bound_socket, make_server  # noqa: E402
from uniadgen.service.service import Service, Settings  # noqa: E402


@dataclass
class Running:
    url: str
    port: int
    service: Service
    server: Server
    client: Any


@contextlib.contextmanager
def running(generator: Any, settings: Settings | None = None) -> Iterator[Running]:
    """A server in a thread, gone at the end of the block."""
    app, started = create_app(generator, settings), threading.Event()
    server = make_server(app, started.set)
    with bound_socket("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        assert started.wait(30), "the server doesn't start"
        port = listening.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(base_url=url, timeout=60) as client:
                yield Running(url, port, app.state.service, server, client)
        finally:
            server.should_exit = True
            thread.join(30)
    assert not thread.is_alive(), "the server doesn't end"


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    return running


def png_of(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cut-out and two clicked ads."""
    from PIL import ImageDraw

    folder = tmp_path_factory.mktemp("pictures")
    cutout = Image.new("RGBA", (60, 80))
    ImageDraw.Draw(cutout).ellipse((10, 5, 50, 75), fill=(200, 30, 40, 255))
    cutout.save(folder / "kettle.png")
    for name, colour in (("a", "navy"), ("b", "olive")):
        Image.new("RGB", (64, 64), colour).save(folder / f"{name}.webp")
    return folder


@pytest.fixture(scope="session")
def ours(generator: AdGenerator, pictures: Path) -> Iterator[Running]:
    """A server that many tests ask."""
    with running(generator, Settings(media_root=pictures)) as server:
        yield server


def wanted(**changed: Any) -> dict[str, Any]:
    """A request that is fine."""
    product = {"image": "kettle.png", "description": "A kettle", "selling_points": ["Rapid Boil", "1.7 L"]}
    history = [{"image": "a.webp", "text": "Rapid Boil Kettle"}, {"image": "b.webp", "text": "Kettle 1.7 L"}]
    return {"product": product, "history": history, "options": {"size": [96, 96]}} | changed


@pytest.fixture
def request_body() -> Callable[..., dict[str, Any]]:
    return wanted
