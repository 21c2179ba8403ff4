"""Models by their id, from a hub on this machine that speaks as much of its protocol as a download needs."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from uniadgen.errors import InputError
from uniadgen.loading import hub

pytestmark = pytest.mark.skipif(find_spec("huggingface_hub") is None, reason="huggingface_hub is not installed")
SHA = "0123456789abcdef0123456789abcdef01234567"


def _handler(folders: dict[str, Path], asked: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            path = self.path.split("?")[0]
            name = "/".join(path.removeprefix("/api/models").strip("/").split("/")[:2])
            folder = folders.get(name)
            if folder is None:
                return self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            if path.startswith("/api/") and "/tree/" in path:
                files = [(p.name, p.read_bytes()) for p in sorted(folder.iterdir())]
                tree = [{"type": "file", "path": n, "size": len(b), "oid": hashlib.sha1(b).hexdigest()} for n, b in files]
                return self._answer(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})
            if path.startswith("/api/"):
                info = {"id": name, "modelId": name, "sha": SHA, "siblings": []}
                return self._answer(200, json.dumps(info).encode(), {"Content-Type": "application/json"})
            content = (folder / path.split("/")[-1]).read_bytes()
            tag = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": SHA}
            return self._answer(200, content, tag)

        do_HEAD = do_GET

        def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def server(janus_folder: Path, dino_folder: Path, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    shutil.copytree(janus_folder, tmp_path / "janus")
    (tmp_path / "janus" / "pytorch_model.bin").write_bytes(b"pickle")
    asked: list[str] = []
    folders = {"some/janus": tmp_path / "janus", "some/dino": dino_folder}
    running = ThreadingHTTPServer(("127.0.0.1", 0), _handler(folders, asked))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}", asked
    running.shutdown()
    running.server_close()


CLIENT = """
import torch
torch.set_num_threads(1)
from huggingface_hub import constants
from uniadgen.errors import InputError
from uniadgen.pipeline.generator import AdGenerator

def load(name):
    try:
        model = AdGenerator.from_pretrained(name, foreground="some/dino").model
        print(model.config.name, model.config.foreground.kind)
    except InputError as error:
        print(str(error))

load("some/janus")
load("some/nothing")
constants.HF_HUB_OFFLINE = True
load("some/janus")
load("some/other")
"""


def test_download_once_then_from_the_cache(server: tuple[str, list[str]], tmp_path: Path) -> None:
    """In a process of its own: huggingface_hub reads its environment when it is imported."""
    endpoint, asked = server
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"), "")
    environment = {**os.environ, **proxies, "HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run([sys.executable, "-c", CLIENT], capture_output=True, text=True, env=environment, timeout=300)
    lines = done.stdout.splitlines()
    assert len(lines) == 4, done.stderr[-2000:]
    assert lines[0] == lines[2] == "janus-3x32 dinov2"
    assert "some/nothing: no such folder, and no such model on the Hugging Face hub" in lines[1]
    assert "some/other: no such folder, and the Hugging Face hub can't be read" in lines[3]
    assert any("safetensors" in path for path in asked)
    assert not any(path.endswith(".bin") for path in asked)


def test_paths_are_no_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    assert hub.is_hub_id("deepseek-community/Janus-Pro-1B")
    for name in ("runs/model", "model", "/models/janus", "../models/janus", "a/b/c", ".hidden/model"):
        assert not hub.is_hub_id(name)
        assert hub.local_folder(Path(name)) == Path(name)


def test_downloading_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"uniadgen\[janus\]"):
        hub.local_folder(Path("some/janus"))
