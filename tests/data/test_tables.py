"""Tables that others wrote: odd types are read or named, gaps and damage are one line, whatever command meets them."""

import itertools
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from uniadgen.cli import main as cli
from uniadgen.data import layout
from uniadgen.data.pad1m.convert import convert_pad1m, export_pad1m
from uniadgen.data.pad1m.records import COLUMNS
from uniadgen.data.plates import load_plates
from uniadgen.data.tables import Table, plain
from uniadgen.data.validate import HISTORY_FIELDS, record_findings, validate_layout
from uniadgen.errors import InputError
from uniadgen.files import writing

TINY = Path(__file__).parents[2] / "data" / "tiny"
Row = dict[str, Any]
READERS = ("stats", "similarity")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first shoppers of the tiny world and their first clicks; small files for many copies."""
    folder = tmp_path_factory.mktemp("small") / "data"
    users = [row | {"clicks": row["clicks"][:2]} for row in layout.read_users(TINY).to_pylist()[:4]]
    wanted = {user["target"] for user in users} | {click["creative"] for user in users for click in user["clicks"]}
    creatives = [row for row in layout.iter_rows(TINY, "creatives") if row["id"] in wanted]
    products = {row["product_id"] for row in creatives}
    layout.write_creatives(folder, creatives)
    layout.write_products(folder, [row for row in layout.iter_rows(TINY, "products") if row["id"] in products])
    layout.write_users(folder, users)
    return folder


def changed(small: Path, folder: Path, name: layout.TableName, change: Callable[[pa.Table], pa.Table]) -> Path:
    shutil.copytree(small, folder)
    path = layout.table_path(folder, name)
    pq.write_table(change(pq.read_table(path)), path)
    return folder


def with_rows(change: Callable[[list[Row]], None]) -> Callable[[pa.Table], pa.Table]:
    def changing(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        change(rows)
        return pa.Table.from_pylist(rows, schema=pa.schema([field.with_nullable(True) for field in table.schema]))

    return changing


def cast(column: str, kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(table.schema.get_field_index(column), column, table[column].cast(kind))


def replaced(column: str, values: Callable[[pa.Table], pa.Array]) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(table.schema.get_field_index(column), column, values(table))


def category(table: pa.Table, column: str) -> pa.Array:
    return table[column].dictionary_encode()


def data(verb: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str], list[str]]:
    code = cli.main(["data", verb, str(folder)])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err.splitlines()


# Types that hold the same values -----------------------------------------------------------------------------------------

CATEGORY = pa.dictionary(pa.int8(), pa.string())
POINTS_OF_OTHERS = pa.list_view(pa.string_view())
CLICK_OF_OTHERS = pa.large_list(pa.struct([("time", pa.int32()), ("creative", pa.dictionary(pa.int16(), pa.large_string()))]))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("users", replaced("id", lambda table: category(table, "id"))),
        ("users", replaced("target", lambda table: category(table, "target"))),
        ("users", replaced("split", lambda table: category(table, "split"))),
        ("users", cast("id", pa.string_view())),
        ("users", cast("target", pa.large_string())),
        ("users", replaced("clicks", lambda table: pa.array(table["clicks"].to_pylist(), CLICK_OF_OTHERS))),
        ("products", cast("size_cm", pa.float64())),
        ("creatives", replaced("category", lambda table: category(table, "category"))),
        ("creatives", replaced("id", lambda table: category(table, "id"))),
        ("creatives", cast("ad", pa.large_binary())),
        ("creatives", cast("plate", pa.binary_view())),
        ("creatives", replaced("selling_points", lambda t: pa.array(t["selling_points"].to_pylist(), POINTS_OF_OTHERS))),
        ("creatives", cast("selling_points", pa.large_list(pa.large_string()))),
        ("creatives", cast("placement", pa.list_(pa.float64()))),
        ("creatives", replaced("scene_id", lambda table: pa.nulls(len(table)))),
        ("products", cast("cutout", pa.large_binary())),
    ],
)
def test_the_same_values_in_other_types_are_read_as_the_layouts(
    small: Path, tmp_path: Path, name: layout.TableName, change: Callable[[pa.Table], pa.Table]
) -> None:
    folder = changed(small, tmp_path / "data", name, change)
    assert list(validate_layout(folder)) == []
    before, after = list(layout.iter_rows(small, name)), list(layout.iter_rows(folder, name))
    for one, other in zip(before, after, strict=True):
        assert {**one, "scene_id": None} == {**other, "scene_id": None}
    with Table(layout.table_path(folder, name), layout.SCHEMAS[name]) as table:
        assert all(plain(field.type) == field.type for field in table.schema)


def test_categories_and_large_texts_go_through_similarity(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = changed(small, tmp_path / "data", "users", replaced("id", lambda table: category(table, "id")))
    creatives = layout.table_path(folder, "creatives")
    pq.write_table(replaced("id", lambda table: category(table, "id"))(pq.read_table(creatives)), creatives)
    shutil.copytree(small, tmp_path / "plain")
    for each in (folder, tmp_path / "plain"):
        assert data("similarity", each, capsys)[0] == 0
    assert layout.read_users(folder).to_pylist() == layout.read_users(tmp_path / "plain").to_pylist()


def test_a_converted_data_set_with_categories_is_exported(tmp_path: Path) -> None:
    source = tmp_path / "list.json"
    source.write_text(
        '[{"f_path":"a.png","sku_title_cn":"words","gt_title_cn":"title","history_images":["b.png"],"history_titles":["x"]}]'
    )
    convert_pad1m(source, tmp_path / "data")
    for name in ("creatives", "users"):
        path = tmp_path / "data" / f"{name}.parquet"
        table = pq.read_table(path)
        for column in table.schema.names:
            if pa.types.is_string(table.schema.field(column).type):
                table = replaced(column, lambda table, column=column: category(table, column))(table)  # type: ignore[misc]
        pq.write_table(table, path)
    assert export_pad1m(tmp_path / "data", tmp_path / "again.json") == 1
    assert (tmp_path / "again.json").read_text().replace("\n", "") == source.read_text()


# What is wrong is named --------------------------------------------------------------------------------------------------


def update(number: int, **values: Any) -> Callable[[pa.Table], pa.Table]:
    return with_rows(lambda rows: rows[number].update(values))


def struct_of_bytes(table: pa.Table) -> pa.Array:
    return pa.StructArray.from_arrays([table["ad"].combine_chunks(), pa.nulls(len(table), pa.string())], ["bytes", "path"])


def twice(table: pa.Table) -> pa.Table:
    return table.append_column("split", table["split"])


GAP = [{"creative": None, "time": 1}]
WRONG: list[tuple[str, layout.TableName, Callable[[pa.Table], pa.Table], str]] = [
    ("null text", "creatives", update(0, text=None), r"creative \S+, text: missing"),
    ("null id", "creatives", update(1, id=None), r"creative in row 1, id: missing"),
    ("null split", "users", update(1, split=None), r"user \S+, split: missing"),
    ("null clicks", "users", update(0, clicks=None), r"user \S+, clicks: missing"),
    ("null click", "users", update(0, clicks=[None]), r"user \S+, clicks\[0\]: missing"),
    ("null in a click", "users", update(0, clicks=GAP), r"user \S+, clicks\[0\]\.creative: missing"),
    ("null target", "users", update(2, target=None), r"user \S+, target: missing"),
    ("null point", "creatives", update(0, selling_points=["a", None]), r"creative \S+, selling_points\[1\]: missing"),
    ("short box", "creatives", replaced("placement", lambda t: pa.array([[0.1, 0.2, 0.3]] * len(t))), r"4 numbers are needed"),
    ("outside", "creatives", update(0, placement=[0.5, 0.5, 2.0, 0.5]), r"creative \S+, placement: outside the canvas"),
    ("no number", "creatives", update(0, placement=[0.5, float("nan"), 0.1, 0.5]), r"placement: outside the canvas"),
    ("unknown split", "creatives", update(0, split="dev"), r'creative \S+, split: "dev" is unknown; use train, val, test'),
    ("no column", "creatives", lambda table: table.drop_columns(["text"]), r"creatives\.parquet: column text is missing"),
    ("no clicks", "users", lambda table: table.drop_columns(["clicks"]), r"users\.parquet: column clicks is missing"),
    ("struct", "creatives", replaced("ad", struct_of_bytes), r"creatives\.parquet, ad: a struct, not bytes"),
    ("numbers", "users", replaced("target", lambda t: pa.array(range(len(t)))), r"target: whole numbers, not text"),
    ("texts as bytes", "creatives", cast("text", pa.binary()), r"creatives\.parquet, text: bytes, not text"),
    ("null type", "creatives", replaced("text", lambda t: pa.nulls(len(t))), r"creative \S+, text: missing"),
    (
        "text for list",
        "creatives",
        replaced("selling_points", lambda t: t["text"]),
        r"selling_points: text, not a list",
    ),
    (
        "list of ids",
        "users",
        replaced("clicks", lambda t: pa.array([["a"]] * len(t))),
        r"clicks: a list of text, not a list",
    ),
    ("no creative", "users", replaced("clicks", lambda t: pa.array([[{"id": "a"}]] * len(t))), r"clicks: .*without creative"),
    ("one column twice", "users", twice, r"users\.parquet, split: there is more than one such column"),
]


@pytest.mark.parametrize(("name", "change", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_validate_names_it_and_no_command_crashes(
    small: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: layout.TableName,
    change: Callable[[pa.Table], pa.Table],
    said: str,
) -> None:
    folder = changed(small, tmp_path / "data", name, change)
    code, lines, errors = data("validate", folder, capsys)
    assert (code, errors) == (1, [])
    assert any(re.search(said, line) for line in lines[:-1]), lines
    for verb in READERS:
        code, _, errors = data(verb, folder, capsys)
        assert (code, len(errors)) in ((0, 0), (2, 1)), errors


def test_a_gap_that_a_command_would_read_is_refused_with_its_row(small: Path, tmp_path: Path) -> None:
    folder = changed(small, tmp_path / "data", "users", update(2, clicks=None))
    with pytest.raises(InputError, match=r"users\.parquet\", row 2, clicks: missing"):
        list(layout.iter_rows(folder, "users", ("id", "clicks"), batch_size=1))
    assert len(list(layout.iter_rows(folder, "users", ("id",)))) == 4


def test_a_data_set_without_products_is_a_problem(small: Path, tmp_path: Path) -> None:
    shutil.copytree(small, tmp_path / "data")
    (tmp_path / "data" / "products.parquet").unlink()
    assert "products.parquet: is missing" in map(str, validate_layout(tmp_path / "data"))


def test_validate_writes_nothing_beside_the_tables(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    made: list[Path] = []
    real = tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *a, **k: made.append(Path(real(*a, **k))) or str(made[-1]))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert list(validate_layout(small)) == []
    assert made
    assert {path.parent for path in made} == {tmp_path}


# Damage ------------------------------------------------------------------------------------------------------------------


def damaged(content: bytes, rng: random.Random) -> bytes:
    changing = bytearray(content)
    kind = rng.choice(("flip", "flip", "head", "foot", "cut", "zero"))
    if kind == "cut":
        return content[: rng.randrange(len(content))]
    if kind == "zero":
        begin = rng.randrange(len(changing))
        end = min(len(changing), begin + rng.randrange(1, 300))
        changing[begin:end] = bytes(end - begin)
        return bytes(changing)
    begin, end = {"head": (0, 800), "foot": (-2500, 0), "flip": (0, 0)}[kind]
    places = range(len(changing))[begin or None : end or None]
    for _ in range(rng.randrange(1, 9)):
        changing[rng.choice(places)] ^= 1 << rng.randrange(8)
    return bytes(changing)


@pytest.mark.parametrize(
    ("name", "verbs"),
    [("users", ("validate", *READERS)), ("creatives", ("validate", "similarity")), ("products", ("validate",))],
)
def test_damage_is_one_line_that_names_the_file_or_does_no_harm(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: layout.TableName, verbs: tuple[str, ...]
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(small, folder)
    original = layout.table_path(small, name).read_bytes()
    refused = 0
    for number in range(24):
        layout.table_path(folder, name).write_bytes(damaged(original, random.Random(f"{name}{number}")))
        for verb in verbs:
            code, _, errors = data(verb, folder, capsys)
            assert code in ((0, 1, 2) if verb == "validate" else (0, 2)), (number, verb)
            assert len(errors) == (code == 2), (number, verb, errors)
            assert code < 2 or ".parquet" in errors[0], (number, verb, errors)
            refused += code == 2
            if verb == "similarity":
                shutil.copy(layout.table_path(small, "users"), folder)
    assert refused > 8


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_full_disk_is_one_line_and_the_table_stays(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(small, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); "
        "from uniadgen.cli.main import main; sys.exit(main(['data', 'similarity', sys.argv[1]]))"
    )
    done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"uniadgen: File too large: \".*\"\n", done.stderr), done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_writing_gives_arrows_errors_the_name_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught, writing(tmp_path / "x"):
        raise OSError(28, "Error writing bytes to file. Detail: [errno 28] No space left on device")
    assert caught.value.filename == str(tmp_path / "x")


# The documented fields ---------------------------------------------------------------------------------------------------

DOCS = (Path(__file__).parents[2] / "docs" / "data.md").read_text("utf-8")


def documented(heading: str) -> dict[str, list[str]]:
    """The rows of the first table after a heading: field -> its other cells."""
    lines = DOCS[DOCS.index(heading) :].splitlines()
    table = lines[next(number for number, line in enumerate(lines) if line.startswith("| --- ")) + 1 :]
    rows = itertools.takewhile(lambda line: line.startswith("|"), table)
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    return {name.strip("`"): rest for name, *rest in cells}


@pytest.mark.parametrize("name", list(layout.SCHEMAS))
def test_the_fields_of_the_layout_are_documented(name: layout.TableName) -> None:
    kinds = {
        "text": pa.types.is_string,
        "bytes": pa.types.is_binary,
        "list": pa.types.is_nested,
        "number": pa.types.is_floating,
    }
    fields, schema = documented(f"`{name}.parquet`, one row"), layout.SCHEMAS[name]
    assert list(fields) == schema.names
    for field, (kind, meaning, required, example) in fields.items():
        assert kinds[kind.split()[0]](schema.field(field).type), field
        assert meaning
        assert example
        needed = not schema.field(field).nullable and not pa.types.is_binary(schema.field(field).type)
        assert required == ("yes" if needed else "no"), field


def test_the_fields_of_pad1m_are_documented_and_their_examples_make_a_record(tmp_path: Path) -> None:
    fields = documented("### Fields of PAd1M")
    assert set(fields) == {*COLUMNS, *HISTORY_FIELDS, "f_path", "ref_exps", "url"}
    record = {name: json.loads(example.strip("`")) for name, (*_, example) in fields.items()}
    assert record_findings(record) == []
    for name, (_, _, required, _) in fields.items():
        left_out = {field: value for field, value in record.items() if field != name}
        assert (record_findings(left_out) != []) == (required == "yes"), name
    (tmp_path / "x.json").write_text(json.dumps([record]))
    convert_pad1m(tmp_path / "x.json", tmp_path / "data")
    export_pad1m(tmp_path / "data", tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == [record]


def test_the_documented_way_to_write_click_logs_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kettle-7", "lamp-2"):
        Image.new("RGBA", (16, 16), (200, 30, 40, 255)).save(f"{name}.png")
    for name in ("kettle-7-spring", "lamp-2-desk"):
        Image.new("RGB", (16, 16), "teal").save(f"{name}.jpg")
    exec(re.findall("```python\n(.*?)```", DOCS, re.DOTALL)[0], {})
    assert data("validate", Path("shop-data"), capsys)[0] == 0
    assert data("similarity", Path("shop-data"), capsys)[0] == 0


def test_the_number_of_a_user_needs_a_sheet(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["data", "stats", str(small), "--user", "3"]) == 2
    assert "--sheet" in capsys.readouterr().err
    assert cli.main(["data", "stats", str(small), "--user", "3", "--sheet", str(tmp_path / "sheet.png")]) == 0
    assert "user 3" in capsys.readouterr().out


def test_products_without_a_cutout_are_no_scenes(small: Path, tmp_path: Path) -> None:
    folder = changed(small, tmp_path / "data", "products", replaced("cutout", lambda table: pa.nulls(len(table))))
    with pytest.raises(InputError, match="no creatives with picture and cut-out"):
        load_plates(folder, ("train", "val", "test"))
