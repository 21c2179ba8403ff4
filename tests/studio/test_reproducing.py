"""What the studio gives away, `uniadgen generate` makes again, byte for byte, with the embedded model."""

import io
import json
import shlex
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from uniadgen.ads import Ad, AdRequest
from uniadgen.cli.main import main
from uniadgen.demo import example_folder, example_requests
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.studio.export import archive
from uniadgen.studio.making import Making
from uniadgen.studio.project import Project, Spec
from uniadgen.studio.store import StudioStore
from uniadgen.studio.words import own_kit

pytestmark = pytest.mark.slow


class Maker:
    def __init__(self) -> None:
        self.generator = AdGenerator.from_pretrained()

    def make(self, request: AdRequest, seed: int, options: GenerateOptions) -> Ad:
        return self.generator.generate_many([request], seeds=[seed], options=options)[0]

    def explain(self, request: AdRequest, seed: int, options: GenerateOptions) -> dict[str, Any]:
        return self.generator.explain(request, seed=seed, options=options).as_dict()


def wait_for(holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.1)
    raise TimeoutError


def test_a_zip_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = StudioStore(tmp_path / "studio.db")
    making = Making(store, Maker())
    given = example_requests()[0]

    def kept(picture: object) -> str:
        assert isinstance(picture, str | Path)
        return store.put(Path(picture).read_bytes())

    clicks = tuple((kept(click.image), click.text) for click in given.history[:4])
    photo = kept(given.product.image)
    points = tuple(given.product.selling_points)
    spec = Spec(photo, given.product.description, points, clicks, (0.1, 0.3, 0.45, 0.9), 5, 0.8, best_of=2)
    logo = io.BytesIO()
    Image.new("RGB", (60, 20), "orange").save(logo, "PNG")
    kit = making.kits.keep(own_kit(["#14213d", "#ffffff"], "#aa2200", True, logo.getvalue()))
    project = store.new_project()
    number = store.add_variant(project, spec, spec, words={"layout": "auto", "brand": kit})
    store.save(project, Project(variants=(number,)))
    making.queue_all([number])
    wait_for(lambda: store.variant(number).status != "waiting")
    variant = store.variant(number)
    assert variant.error is None
    there = (variant.result or {})["typesetting"]
    blocks = [{**block, "box": {**block["box"], "top": block["box"]["top"] + 9}} for block in there["blocks"]]
    moved = replace(variant, words={"layout": "auto", "brand": kit, "blocks": blocks, "behind": there["behind"]})
    moved = replace(moved, result=making.set_words(moved))
    for name, one in (("set", variant), ("moved", moved)):
        with zipfile.ZipFile(io.BytesIO(archive(store, making.kits, one))) as packed:
            packed.extractall(tmp_path / name)
        monkeypatch.chdir(tmp_path / name)
        generate, typeset = [line for line in Path("README.txt").read_text().splitlines() if line.startswith("uniadgen ")]
        assert main(shlex.split(typeset)[1:]) == 0
        assert Path("words/ad.typeset.png").read_bytes() == Path("ad.typeset.png").read_bytes()
        assert ("--blocks" in typeset) == (name == "moved")
    assert Path("ad.typeset.png").read_bytes() != Path("../set/ad.typeset.png").read_bytes()
    assert main(shlex.split(generate)[1:]) == 0
    assert Path("picture/ad-000.png").read_bytes() == Path("ad.png").read_bytes()
    assert Path("picture/ad-000.background.png").exists()
    assert json.loads(Path("picture/ad-000.json").read_text())["text"] == Path("ad.txt").read_text().strip()
    making.close()


def test_why_is_in_the_record_and_in_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = json.loads((example_folder() / "shopper-1.json").read_text())
    request["history"] = request["history"][:2]
    for picture in (request["product"], *request["history"]):
        picture["image"] = str(example_folder() / picture["image"])
    (tmp_path / "request.json").write_text(json.dumps(request))
    command = ["generate", str(tmp_path / "request.json"), "--size", "128x128", "--why", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    why = json.loads((tmp_path / "out" / "ad-000.json").read_text())["why"]
    assert [click["index"] for click in why["clicks"]] == [0, 1]
    assert set(why) == {"clicks", "parts", "history"}
    assert capsys.readouterr().out.count("  why      without click") == 2
