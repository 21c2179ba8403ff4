"""The judge's labels: they come back, those of world 1 are read, and nothing that learns may open them."""

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_layout import render

from uniadgen.data import build, labels, layout
from uniadgen.data.validate import validate_layout
from uniadgen.errors import InputError
from uniadgen.padsynth.shoppers import Taste, index_creatives
from uniadgen.padsynth.worldgen import World, make_world

PACKAGE = Path(labels.__file__).parents[1]
JUDGES = {*(f"data/{name}.py" for name in ("build", "labels", "stats", "validate"))}
JUDGES |= {"evaluation/protocol.py", "metrics/facets.py", "metrics/naming.py", "metrics/simulated_clicks.py"}
TEMPORARY = {"training/answer_key.py"}


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(0, 20)


@pytest.fixture(scope="module")
def data(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    render(world, folder / "raw", 20)
    build.build_dataset(world, folder / "raw", folder / "data")
    return folder / "data"


def of_world_1(data: Path, folder: Path) -> Path:
    """The same data set as world 1 had it: labels among the columns of creatives, tastes among those of users."""
    stored = labels.open_labels(data)
    folder.mkdir()
    creatives = pq.read_table(data / "creatives.parquet").replace_schema_metadata(None)
    for name in ("family", "palette", "light", "decor", "text_style", "selling_point_types"):
        values = [stored.creatives[row][name] for row in creatives["id"].to_pylist()]
        creatives = creatives.append_column(labels.LABELS.field(name).with_nullable(True), pa.array(values))
    pq.write_table(creatives, folder / "creatives.parquet")
    pq.write_table(pq.read_table(data / "products.parquet").drop_columns(["size_cm"]), folder / "products.parquet")
    users = pq.read_table(data / "users.parquet")
    old: dict[str, Any] = {"palettes": ["sky"], "lights": ["soft"], "text_style": "short", "interests": ["beauty"]}
    old |= {"families": {"beauty": ["marble"]}}
    tastes = pa.array([json.dumps(old)] * len(users), pa.string())
    pq.write_table(users.append_column("taste", tastes), folder / "users.parquet")
    return folder


def importers(name: str) -> set[str]:
    """The files of the package that import a module of it."""
    users_of_labels = set()
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text("utf-8")
        if name.rpartition(".")[2] not in source:
            continue  # no need to parse it
        for node in ast.walk(ast.parse(source)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
            if name in modules:
                users_of_labels.add(path.relative_to(PACKAGE).as_posix())
    return users_of_labels


def test_only_the_judge_opens_labels() -> None:
    """Training reaches them through one temporary file, which only its old parts may use."""
    assert importers("uniadgen.data.labels") <= JUDGES | TEMPORARY
    assert importers("uniadgen.training.answer_key") <= {"training/stages.py"}
    assert importers("uniadgen.data.build") <= {"cli/data.py"}


def test_main_tables_have_no_label(data: Path) -> None:
    columns = {*labels.LABELS.names, *labels.TASTES.names} - {"id"}
    for name in layout.SCHEMAS:
        assert not columns & set(pq.read_schema(layout.table_path(data, name)).names)


def test_labels_and_tastes_come_back(world: World, data: Path) -> None:
    stored, products = labels.open_labels(data), {product.id: product for product in world.products}
    assert list(stored.creatives.values()) == [labels.label_row(products[c.product_id], c) for c in world.creatives]
    for shopper in world.shoppers():
        assert stored.taste(shopper.id) == shopper.taste
        assert stored.kinds[shopper.id] == list(shopper.kinds)
    assert stored.taste("nobody") is None


def test_those_of_world_1_are_read(data: Path, tmp_path: Path) -> None:
    old = of_world_1(data, tmp_path / "old")
    stored, now = labels.open_labels(old), labels.open_labels(data)
    unknown = {"posture": None, "view": None}
    assert stored.creatives == {name: {**row, **unknown} for name, row in now.creatives.items()}
    assert stored.taste("u00000") == Taste(
        {"beauty": ("marble",)}, {"beauty": ("sky",)}, {"beauty": ("soft",)}, {"beauty": ("short",)}, ("beauty",), ()
    )
    assert not stored.kinds
    assert layout.world_of(old) is None
    assert list(validate_layout(old)) == []


def test_data_of_shops_has_none(tmp_path: Path) -> None:
    row: layout.Row = {"id": "a", "product_id": "", "split": "train", "text": "t", "description": "d", "selling_points": []}
    layout.write_creatives(tmp_path, [row])
    layout.write_users(tmp_path, [{"id": "u", "split": "train", "clicks": [], "target": "a"}])
    stored = labels.open_labels(tmp_path)
    assert not stored.creatives
    assert stored.taste("u") is None
    with pytest.raises(InputError, match="no labels"):
        labels.read_index(tmp_path)


def test_the_index_is_that_of_the_world(world: World, data: Path) -> None:
    index, expected = labels.read_index(data), index_creatives(world.products, world.creatives, world.splits)
    assert index.ids == expected.ids
    for name in ("department", "category", "family", "palette", "light", "style", "by_product"):
        assert np.array_equal(getattr(index, name), getattr(expected, name)), name
    assert index.shelves.keys() == expected.shelves.keys()
    assert all(np.array_equal(index.shelves[key], expected.shelves[key]) for key in index.shelves)


def test_problems_of_labels_are_named(data: Path, tmp_path: Path) -> None:
    assert list(validate_layout(data)) == []
    for path in data.glob("*.parquet"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    rows = pq.read_table(data / "labels.parquet").to_pylist()
    first, second = rows[0]["id"], rows[1]["id"]
    rows[0]["selling_point_types"] = ["brand"]
    points = len(layout.read_creatives(data, ["selling_points"])["selling_points"][0])
    rows[1]["id"] = "nobody"
    labels.write_labels(tmp_path, rows)
    tastes = pq.read_table(data / "tastes.parquet").to_pylist()
    shopper = tastes[0]["id"]
    tastes[0]["taste"] = "{}"
    layout.write_rows(labels.tastes_path(tmp_path), labels.TASTES, tastes, 64)
    assert [str(problem) for problem in validate_layout(tmp_path)] == [
        f"labels of {first}, selling_point_types: 1 entries, but {points} in selling_points",
        "labels of nobody, id: unknown id",
        f"labels.parquet, id: lacks 1 ids of creatives.parquet, such as {second}",
        f"tastes of {shopper}, taste: no JSON of a taste",
    ]
    with pytest.raises(InputError, match="no JSON of a taste"):
        labels.open_labels(tmp_path).taste(shopper)
    (tmp_path / "labels.parquet").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no readable Parquet table"):
        labels.open_labels(tmp_path)
