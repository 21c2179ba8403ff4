"""Handing out what is to be rendered, with a renderer that only paints flat pictures: Blender is not needed here."""

import ast
import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from killing import kill_and_resume
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.padsynth import specs
from uniadgen.padsynth.blender import manifest, render
from uniadgen.padsynth.blender.render import Frame, render_world
from uniadgen.padsynth.specs import CreativeSpec, ProductSpec
from uniadgen.padsynth.worldgen import World, make_world

SIZE = 16
code_digest = manifest.code_digest
CODE_DIGEST = cache(code_digest)


def flat_cutout(product: ProductSpec, size: int = 0, threads: int = 0, device: str = "") -> Image.Image:
    return Image.new("RGBA", (size, size // 2), (product.seed % 256, 1, 2, 255))


def flat_plate(
    product: ProductSpec, creative: CreativeSpec, size: int, samples: int, threads: int, device: str
) -> tuple[Image.Image, render.Box]:
    time.sleep(0.004)
    return Image.new("RGB", (size, size), (creative.scene.seed % 256, samples, 3)), render.placement_in(
        Frame(0, 0, 1, 0.5), creative
    )


def work(line: Connection, raw: str, cores: list[int], samples: int, device: str) -> None:
    render.render_cutout, render.render_plate = flat_cutout, flat_plate  # type: ignore[assignment]
    render.render_products(line, raw, cores, samples, device)


def work_on_a_gpu(line: Connection, raw: str, cores: list[int], samples: int, device: str) -> None:
    """Tells which device each picture was to be made by, and on which cores the process is."""

    def plate(product: ProductSpec, creative: CreativeSpec, *options: Any) -> tuple[Image.Image, render.Box]:
        here = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
        Path(raw, f"{creative.id}.json").write_text(json.dumps([options[-1], here == sorted(cores), options[-2] == len(cores)]))
        return flat_plate(product, creative, *options)

    render.render_cutout, render.render_plate = flat_cutout, plate  # type: ignore[assignment]
    render.render_products(line, raw, cores, samples, device)


def work_that_dies(line: Connection, raw: str, cores: list[int], samples: int, device: str) -> None:
    """Once in a folder's life, in the middle of its third product."""

    def plate(product: ProductSpec, creative: CreativeSpec, *options: Any) -> tuple[Image.Image, render.Box]:
        if creative.id == "p00002-3" and not Path(raw, "died").exists():
            Path(raw, "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if creative.id == "p00004-0" and not Path(raw, "raised").exists():
            Path(raw, "raised").touch()
            raise RuntimeError("no such material")
        return flat_plate(product, creative, *options)

    render.render_cutout, render.render_plate = flat_cutout, plate  # type: ignore[assignment]
    render.render_products(line, raw, cores, samples, device)


@pytest.fixture(autouse=True)
def one_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code is read once for all tests."""
    monkeypatch.setattr(manifest, "code_digest", CODE_DIGEST)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(0, 12)


def rendered(
    world: World, out: Path, products: Sequence[ProductSpec] | None = None, seed: int = 0, samples: int = 6, workers: int = 1
) -> list[str]:
    return render_world(products or world.products, world.creatives, out, workers, SIZE, samples, seed, work)


@pytest.fixture(scope="module")
def whole(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of the world, rendered; to be copied by what changes it."""
    folder = tmp_path_factory.mktemp("whole")
    assert rendered(world, folder) == []
    return folder


@pytest.fixture(scope="module")
def two(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its first two products, rendered."""
    folder = tmp_path_factory.mktemp("two")
    assert rendered(world, folder, world.products[:2]) == []
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def times(folder: Path) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("raw/*/meta.json")}


def test_a_world_becomes_folders_and_a_manifest(world: World, tmp_path: Path) -> None:
    assert rendered(world, tmp_path, workers=2) == []
    record = json.loads((tmp_path / "manifest.json").read_text())
    assert record["settings"]["seed"] == 0
    assert (record["settings"]["size"], record["settings"]["samples"]) == (SIZE, 6)
    assert list(record["products"]) == [product.id for product in world.products]
    assert len(set(record["products"].values())) == 12
    for product in world.products:
        folder = tmp_path / "raw" / product.id
        assert len(list(folder.iterdir())) == 1 + 5 + 1
        assert json.loads((folder / "meta.json").read_text())["digest"] == record["products"][product.id]
    before = times(tmp_path)
    assert rendered(world, tmp_path) == []
    assert times(tmp_path) == before


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_gives_the_same_bytes(world: World, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def arguments(attempt: int) -> tuple[World, Path, None, int, int, int]:
        return world, out, None, 0, 6, 1 + attempt % 2

    assert (
        kill_and_resume(rendered, arguments, lambda: len(list(out.glob("raw/p*/meta.json"))), kills=4, pieces=3, delay=0.02)
        >= 2
    )
    assert files(out) == files(whole)


def test_a_process_that_dies_costs_one_product_and_the_next_run_mends_it(
    world: World, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = render_world(world.products, world.creatives, tmp_path / "out", 1, SIZE, work=work_that_dies)
    assert failed == ["p00002", "p00004"]
    printed = capsys.readouterr().err
    assert "p00002: the renderer died (exit code -9)" in printed
    assert "p00004: RuntimeError: no such material" in printed
    assert len(times(tmp_path / "out")) == 10
    assert render_world(world.products, world.creatives, tmp_path / "out", 1, SIZE, work=work_that_dies) == []
    for mark in ("died", "raised"):
        (tmp_path / "out" / "raw" / mark).unlink()
    assert files(tmp_path / "out") == files(whole)


def test_exactly_what_has_changed_is_rendered_again(world: World, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    before = times(tmp_path)
    products = list(world.products)
    products[3] = replace(products[3], accent=(0.1, 0.2, 0.3))
    points = (*products[5].selling_points, specs.SellingPoint("feature", "Told Otherwise"))
    products[5] = replace(products[5], description="told otherwise, looks the same", selling_points=points)
    rendered(world, tmp_path, products)
    after = times(tmp_path)
    assert [name for name in before if before[name] != after[name]] == ["p00003"]
    kept = json.loads((tmp_path / "manifest.json").read_text())["products"]
    assert kept["p00003"] == manifest.product_digest(products[3], world.creatives[15:20], SIZE, 6)
    rendered(world, tmp_path, products[:6])  # a smaller world forgets nothing
    assert json.loads((tmp_path / "manifest.json").read_text())["products"] == kept


@pytest.mark.parametrize(
    ("change", "said"), [({"seed": 1}, "another seed"), ({"samples": 7}, "other samples"), ({}, "other code")]
)
def test_renders_with_other_settings_are_never_mixed(
    world: World, two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, int], said: str
) -> None:
    shutil.copytree(two, tmp_path, dirs_exist_ok=True)
    before = files(tmp_path)
    if not change:
        monkeypatch.setattr(manifest, "code_digest", lambda: "another")
    with pytest.raises(InputError, match=said) as refusal:
        rendered(world, tmp_path, world.products[:2], **change)
    assert len(str(refusal.value).splitlines()) == 1
    assert files(tmp_path) == before


def test_without_its_manifest_a_folder_keeps_what_is_of_this_world(world: World, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    (tmp_path / "manifest.json").unlink()
    before = times(tmp_path)
    rendered(world, tmp_path)
    assert times(tmp_path) == before
    other = make_world(1, 12)
    (tmp_path / "manifest.json").unlink()
    rendered(other, tmp_path, seed=1)  # nothing of another world is kept
    assert not set(times(tmp_path).values()) & set(before.values())


@pytest.mark.parametrize("with_manifest", [True, False])
def test_renders_of_the_first_world_are_refused(world: World, two: Path, tmp_path: Path, with_manifest: bool) -> None:
    shutil.copytree(two, tmp_path, dirs_exist_ok=True)
    record = json.loads((tmp_path / "manifest.json").read_text())
    del record["settings"]["version"]
    if with_manifest:
        (tmp_path / "manifest.json").write_text(json.dumps(record))
    else:
        (tmp_path / "manifest.json").unlink()
    for meta in tmp_path.glob("raw/*/meta.json"):
        printed = json.loads(meta.read_text())
        del printed["version"]
        meta.write_text(json.dumps(printed))
    before = files(tmp_path)
    with pytest.raises(InputError, match="version 1 of the world, this is version 2; name another folder") as refusal:
        rendered(world, tmp_path, world.products[:2])
    assert len(str(refusal.value).splitlines()) == 1
    assert files(tmp_path) == before


def test_the_first_products_are_sharp(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "SHARP_PRODUCTS", 2)
    assert render_world(world.products[:4], world.creatives, tmp_path, work=work) == []
    for number, product in enumerate(world.products[:4]):
        folder, side = tmp_path / "raw" / product.id, 512 if number < 2 else 256
        meta = json.loads((folder / "meta.json").read_text())
        with Image.open(folder / f"plate-{product.id}-0.webp") as plate, Image.open(folder / "cutout.webp") as cutout:
            assert (meta["size"], plate.width, cutout.width) == (side, side, side * 3 // 2)
        assert meta["sha256"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.webp")}


def test_a_damaged_folder_is_rendered_again(world: World, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    (tmp_path / "raw" / "p00001" / "meta.json").write_text("[]")
    (tmp_path / "raw" / "p00002" / "plate-p00002-0.webp").unlink()
    harmed = tmp_path / "raw" / "p00003" / "plate-p00003-1.webp"
    harmed.write_bytes(harmed.read_bytes()[:-4] + b"oops")
    rendered(world, tmp_path)
    assert files(tmp_path) == files(whole)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=r"manifest\.json"):
        rendered(world, tmp_path)


def test_comments_and_layout_do_not_count_as_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path(manifest.__file__).parent
    # what Python compiles comes and goes while other tests run
    shutil.copytree(here.parent, tmp_path, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    digest = code_digest()
    tmp_path = tmp_path / "blender"
    monkeypatch.setattr(manifest, "__file__", str(tmp_path / "manifest.py"))
    scenes = (here / "scenes" / "studio.py").read_text("utf-8")
    (tmp_path / "scenes" / "studio.py").write_text(f"{scenes}\n# a remark\n\n", "utf-8")
    assert code_digest() == digest
    (tmp_path / "scenes" / "studio.py").write_text(f"{scenes}\nA_LIGHT = 3\n", "utf-8")
    assert code_digest() != digest
    (tmp_path / "scenes" / "studio.py").write_text(scenes, "utf-8")
    parts = (here / "products" / "parts.py").read_text("utf-8")
    # A function moved into a module of its own draws the same; one that draws otherwise is other code.
    begin, end = (parts.index(f"def {name}") for name in ("disc", "d_handle"))
    (tmp_path / "products" / "parts.py").write_text(parts[:begin] + parts[end:], "utf-8")
    assert code_digest() != digest
    (tmp_path / "products" / "discs.py").write_text(parts[begin:end], "utf-8")
    assert code_digest() == digest
    (tmp_path / "products" / "discs.py").write_text(parts[begin:end].replace("0.001", "0.1", 1), "utf-8")
    assert code_digest() != digest


def test_every_family_and_category_has_a_file_with_a_function_of_its_name() -> None:
    here = Path(manifest.__file__).parent
    modules = [here / "scenes" / f"{name}.py" for name in specs.FAMILIES]
    modules += [here / "products" / f"{name.replace(' ', '_').replace('-', '_')}.py" for name in specs.CATEGORIES]
    for module in modules:
        functions = [node.name for node in ast.parse(module.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
        assert module.stem in functions, module


def test_without_blender_there_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(render, "find_spec", lambda name: None)
    assert main(["data", "render", "--size", "2", "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert "uniadgen[world]" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(("workers", "shares"), [(1, [[2, 3, 5, 7]]), (3, [[2, 7], [3], [5]]), (5, [[2], [3], [5], [7], [2]])])
def test_every_worker_has_cores_of_its_own_as_far_as_they_go(workers: int, shares: list[list[int]]) -> None:
    assert render.shares_of([2, 3, 5, 7], workers) == shares


def test_the_device_and_the_cores_reach_every_picture(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert render_world(world.products[:3], world.creatives, out, 2, SIZE, work=work_on_a_gpu, device="cuda") == []
    said = [json.loads(path.read_text()) for path in (out / "raw").glob("*.json")]
    assert said == [["cuda", True, True]] * 15
    assert json.loads((out / "raw" / "p00000" / "meta.json").read_text())["device"] == "cuda"


@pytest.mark.parametrize("units", [[], ["CPU"], None])
def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, units: list[str] | None) -> None:
    class Preferences:
        devices = tuple(SimpleNamespace(type=unit, use=True) for unit in units or ())

        def refresh_devices(self) -> None:
            pass

        def __setattr__(self, name: str, value: object) -> None:
            if units is None:
                raise TypeError("enum")

    addons = {"cycles": SimpleNamespace(preferences=Preferences())}
    bpy = SimpleNamespace(
        context=SimpleNamespace(preferences=SimpleNamespace(addons=addons)),
        ops=SimpleNamespace(wm=SimpleNamespace(read_factory_settings=lambda use_empty: None)),
    )
    monkeypatch.setitem(sys.modules, "bpy", bpy)
    with pytest.raises(InputError, match="argument --device: Blender finds no NVIDIA GPU"):
        render.require_gpu()
