"""PAd1M files: read in chunks, checked, converted, interrupted, and written again."""

import io
import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from killing import kill_and_resume
from uniadgen.cli.main import main
from uniadgen.clicks.similarity import hashed_embedder, product_similarity
from uniadgen.data import layout
from uniadgen.data.pad1m import records as pad1m
from uniadgen.data.pad1m.convert import convert_pad1m, export_pad1m
from uniadgen.data.pad1m.json_list import CHUNK_BYTES, Lenient, Malformed, map_chunks, open_list, read_chunk, workers
from uniadgen.data.similarity import fill_similarity, load_embedder
from uniadgen.data.validate import doubtful, record_findings, sound, validate_layout, validate_pad1m
from uniadgen.errors import InputError
from uniadgen.files import alone

Record = dict[str, Any]
Run = Callable[..., int]
TINY = Path(__file__).parents[2] / "data" / "tiny"
SECRET = "geheim"  # stands in all texts of shoppers; no message may show it


@pytest.fixture
def run() -> Run:
    """The verbs through the real command line's error handling."""
    return lambda *arguments: main(["data", *map(str, arguments)])


def make_records(count: int, seed: int = 0, clicks: int = 6) -> list[Record]:
    """Sound records of all sorts: shared ads, several titles, odd and missing fields."""
    rng = random.Random(seed)
    records = []
    for number in range(count):
        clicked_ad, *others = rng.sample(range(count), clicks + 1)
        record: Record = {
            "f_path": f"ads/{clicked_ad}.png",
            "f_path_trans": f"cut/{clicked_ad // 3}.png",
            "ref_exps": [{"box": [1, 2, 3, 4]}, {"box": [0.5, 1, 2, 3]}],
            "width": 800,
            "height": 600,
            "caption": f'}}, {{ \\ " ], [ {SECRET} 图',
            "cid3_english_name": "phones",
            "sku_title_cn": f"{SECRET} description {clicked_ad}",
            "gt_title_cn": f"{SECRET} ad {clicked_ad}"
            + (f"<title_split>other title of {clicked_ad}" if clicked_ad % 4 == 0 else ""),
            "word_list": f"light,红色，{SECRET}, strong",
            "f_path_white": f"white/{clicked_ad}.png",
            "f_ocr_path": f"ocr/{clicked_ad}.json",
            "max_ratio": 0.1 + clicked_ad / 7,
            "history_images": [f"ads/{other}.png" for other in others],
            "history_titles": [f"{SECRET} ad {other}" for other in others],
            "text_similarity": [rng.uniform(-1, 1) for _ in others],
            "url": f"https://example.org/{clicked_ad}",
        }
        if number % 3 == 0:
            record |= {"width": "800", "max_ratio": 1, "odd": [None, True, 10**30, 1e-300, {"a": "}, {"}]}
        if number % 5 == 0:
            del record["caption"], record["url"], record["text_similarity"]
        if number % 7 == 0:
            record["caption"] = None
            record["history_titles"][1] += "<title_split>second"
        if number % 11 == 0:
            record |= {"history_images": [], "history_titles": [], "text_similarity": []}
        if number % 13 == 0:
            record = dict(reversed(record.items()))
        if "width" in record and record["width"] == "800":
            record["width"] = 2**40  # too large for the column
        records.append(record)
    return records


def write(path: Path, records: object, **options: Any) -> Path:
    path.write_text(json.dumps(records, **options), encoding="utf-8")
    return path


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def strict(value: object) -> str:
    return json.dumps(value)  # unlike ==, tells 1 from 1.0 and from true, and sees the order of fields


# Reading -----------------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet='{}[],:"\\ aé图'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='{}," a', max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(
    items=st.lists(VALUES, max_size=12), indent=st.sampled_from([None, 0, 3]), ascii_only=st.booleans(), size=st.integers(1, 90)
)
def test_chunks_of_any_size_hold_all_records(
    tmp_path_factory: pytest.TempPathFactory, items: list[Any], indent: int | None, ascii_only: bool, size: int
) -> None:
    path = write(tmp_path_factory.mktemp("list") / "x.json", items, indent=indent, ensure_ascii=ascii_only)
    with workers(1) as pool:
        read = [item for batch in map_chunks(open_list(path), read_chunk, pool, size) for item in batch.items]
    assert read == items


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b'{"a": 1}', "no JSON list"),
        (b'[{"a": 1}', "cut short"),
        (b"[", "cut short"),
        (b'[{"f": 1}, {"g": 2]', "record 1: a bracket or a quote is not closed"),
        (b'[{"f": 1} {"g": 2}]', "record 1: a comma should stand before it"),
        (b'[{"f": 1}, ]', "record 1: nothing follows the last comma"),
        (b'[, {"f": 1}]', "record 0: a record should begin at byte 1"),
        (b'[{"f": "x}]', "record 0: a bracket or a quote is not closed"),
    ],
)
def test_broken_lists_are_bad_input(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    for verb in (["validate", path], ["convert", "--from", "pad1m", path, "--skip-bad", "--out", tmp_path / "out"]):
        assert run(*verb) == 2
        message = capsys.readouterr().err
        assert said in message
        assert len(message.splitlines()) == 1
    assert not (tmp_path / "out" / "users.parquet").exists()


def test_a_list_may_be_empty_and_have_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"\xef\xbb\xbf [ \n ] \n")
    assert convert_pad1m(path, tmp_path / "out").records == 0
    assert export_pad1m(tmp_path / "out", tmp_path / "y.json") == 0
    assert json.loads((tmp_path / "y.json").read_text()) == []


REPEATED = [
    ('{"f_path": 1, "b": 2, "f_path": 3}', "f_path: stands there more than once"),
    ('{"f_path" : 1, "f_path" : 3}', "f_path: stands there more than once"),
    ('{"f_path"\n:1,"f_path":":)"}', "f_path: stands there more than once"),
    ('{"f_path": 1, "f\\u005fpath": 3}', "f_path: stands there more than once"),
    ('{"a\\\\": ":", "a\\\\": "\\":"}', "a\\: stands there more than once"),
    ('{"a": NaN, "a": 1}', "a: stands there more than once"),
    ('{"ref_exps": [{"box": 1}, {"box": 1, "box": 2}]}', "ref_exps: a key inside stands there more than once"),
    ('{"url": ["x", {"k": {"box": 1, "box": 2}}]}', "url: a key inside stands there more than once"),
    ('[{"k": 1, "k": 1}]', "a key inside stands there more than once"),
]


@pytest.mark.parametrize(("text", "said"), REPEATED)
@pytest.mark.parametrize("size", [10, CHUNK_BYTES])
def test_a_key_that_stands_twice_is_a_problem_of_its_record(tmp_path: Path, text: str, said: str, size: int) -> None:
    path = tmp_path / "x.json"
    sound_one = json.dumps(base())
    path.write_text(f"[{sound_one}, {text}, {sound_one}]")
    problems = [str(problem).removeprefix("record 1, ") for problem in validate_pad1m(path, chunk_bytes=size)]
    assert [problem.removeprefix("record 1: ") for problem in problems] == [said]
    with pytest.raises(InputError, match="more than once"):
        convert_pad1m(path, tmp_path / "refused")
    assert convert_pad1m(path, tmp_path / "out", skip_bad=True).users == 2


@pytest.mark.parametrize("text", [":)", '":', '\\":', 'a" :b', '":"', "\n:"])
def test_texts_with_colons_and_quotes_are_no_keys(tmp_path: Path, text: str) -> None:
    records = [base(caption=text, **{f"x{text}": {text: [text]}}) for _ in range(3)]
    for indent in (None, 1):
        assert list(validate_pad1m(write(tmp_path / "x.json", records, indent=indent))) == []


# Round trip --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("indent", "size", "count"), [(None, CHUNK_BYTES, 1), (2, 3000, 1), (None, 20_000, 2)])
def test_every_field_of_every_record_comes_back(tmp_path: Path, indent: int | None, size: int, count: int) -> None:
    records = make_records(200)
    path = write(tmp_path / "x.json", records, indent=indent, ensure_ascii=indent is None)
    done = convert_pad1m(path, tmp_path / "out", count=count, chunk_bytes=size)
    assert (done.records, done.users, done.skipped) == (200, 200, 0)
    assert export_pad1m(tmp_path / "out", tmp_path / "y.json") == 200
    again = json.loads((tmp_path / "y.json").read_text(encoding="utf-8"))
    assert [strict(record) for record in again] == [strict(record) for record in records]
    assert list(validate_layout(tmp_path / "out")) == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "convert.json", "creatives.parquet", "products.parquet", "users.parquet"
    ]  # fmt: skip


def test_ads_are_stored_once_and_the_layout_reads_them(tmp_path: Path) -> None:
    records = make_records(60)
    convert_pad1m(write(tmp_path / "x.json", records), tmp_path / "out", split="test")
    seen = {
        (path, title.split("<title_split>")[0])
        for r in records
        for path, title in zip(r["history_images"], r["history_titles"], strict=True)
    }
    seen |= {(r["f_path"], r["gt_title_cn"].split("<title_split>")[0]) for r in records}
    rows = layout.read_creatives(tmp_path / "out").to_pylist()
    assert len(rows) == len(seen)
    assert {row["text"] for row in rows} == {title for _, title in seen}
    by_id = {row["id"]: row for row in rows}
    for record, user in zip(records, layout.iter_rows(tmp_path / "out", "users"), strict=True):
        target = by_id[user["target"]]
        assert target["selling_points"] == ["light", "红色", SECRET, "strong"]
        assert (target["description"], target["split"], user["split"]) == (record["sku_title_cn"], "test", "test")
        assert [click["creative"] for click in user["clicks"]] != [] or record["history_images"] == []


def test_two_descriptions_of_one_ad_both_come_back(tmp_path: Path) -> None:
    first, second, third = (make_records(20)[1] for _ in range(3))
    second |= {"word_list": "other", "url": "https://example.org/else", "ref_exps": []}
    del third["cid3_english_name"], third["url"]
    records = [first, *make_records(8, 3), second, third]
    convert_pad1m(write(tmp_path / "x.json", records), tmp_path / "out", chunk_bytes=1500)
    export_pad1m(tmp_path / "out", tmp_path / "y.json")
    assert strict(json.loads((tmp_path / "y.json").read_text(encoding="utf-8"))) == strict(records)
    users = layout.read_users(tmp_path / "out").to_pylist()
    assert users[0]["target"] == users[-1]["target"] == users[-2]["target"]


# Interruption ------------------------------------------------------------------------------------------------------------


def converted(path: Path, out: Path, count: int) -> None:
    """What the processes of the next test do."""
    convert_pad1m(path, out, count=count, chunk_bytes=40_000)


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", make_records(3000), indent=1)
    convert_pad1m(path, tmp_path / "whole", chunk_bytes=40_000)
    out = tmp_path / "out"

    def arguments(attempt: int) -> tuple[Path, Path, int]:
        return path, out, 1 + attempt % 2

    assert kill_and_resume(
        converted, arguments, lambda: len(list(out.glob(".convert/part-*.json"))), kills=4, pieces=25, delay=0.05
    )
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")
    assert not (tmp_path / "out" / ".convert").exists()


@pytest.mark.parametrize("step", ["_merge", "_users_table", "_write_json"])
def test_a_failure_in_each_pass_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = write(tmp_path / "x.json", make_records(300))
    convert_pad1m(path, tmp_path / "whole", chunk_bytes=20_000)
    from uniadgen.data.pad1m import convert

    real, calls = getattr(convert, step), 0

    def failing(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        # _write_json writes the job, the parts and last the manifest, after the tables have been moved.
        if step != "_write_json" or arguments[0].name == convert.MANIFEST:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(convert, step, failing)
        with pytest.raises(OSError, match="No space"):
            convert_pad1m(path, tmp_path / "out", chunk_bytes=20_000)
    assert calls
    read: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(convert, "_convert_chunk", lambda *_: read.append(1))
        convert_pad1m(path, tmp_path / "out", chunk_bytes=20_000)
    assert not read  # all chunks were known
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_what_a_folder_holds_is_never_mixed(tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", make_records(20))
    done = convert_pad1m(path, tmp_path / "out")
    assert convert_pad1m(path, tmp_path / "out") == done
    with pytest.raises(InputError, match="made of something else"):
        convert_pad1m(path, tmp_path / "out", split="test")
    with pytest.raises(InputError, match="made of something else"):
        convert_pad1m(write(tmp_path / "y.json", make_records(21)), tmp_path / "out")
    (tmp_path / "out" / "convert.json").unlink()
    with pytest.raises(InputError, match="holds a data set already"):
        convert_pad1m(path, tmp_path / "out")


# Problems ----------------------------------------------------------------------------------------------------------------


def base(**changes: Any) -> Record:
    record = make_records(20)[1] | changes
    return {name: value for name, value in record.items() if value is not ...}


DEFECTS: list[tuple[object, list[str]]] = [
    (base(history_titles=["a"] * 5), ["history_titles: 5 entries, but 6 in history_images"]),
    (base(text_similarity=[0.5] * 7), ["text_similarity: 7 entries, but 6 in history_images"]),
    (base(history_titles=["a", " ", "b", "\u200b", "c", ""]), [f"history_titles[{i}]: empty" for i in (1, 3, 5)]),
    (base(history_titles=["a", 3, None, "b", "c", "d"]), [
        "history_titles[1]: a text is needed, not a number", "history_titles[2]: a text is needed, not null"
    ]),
    (base(gt_title_cn=""), ["gt_title_cn: an empty title"]),
    (base(gt_title_cn="a<title_split> "), ["gt_title_cn: an empty title"]),
    (base(gt_title_cn=...), ["gt_title_cn: missing"]),
    (base(f_path=...), ["f_path: missing"]),
    (base(sku_title_cn="\t"), ["sku_title_cn: empty"]),
    (base(text_similarity=[0, 1, -1, 1.5, -2, 0]), [f"text_similarity[{i}]: outside -1 to 1" for i in (3, 4)]),
    (base(text_similarity=[0.5, True, "x", 0, 0, 0]), [
        "text_similarity[1]: a number is needed, not true or false", "text_similarity[2]: a number is needed, not a text"
    ]),
    (base(text_similarity=None), ["text_similarity: a list is needed, not null"]),
    (base(text_similarity=[float("nan")] + [0.5] * 5), ["text_similarity: a number is not finite"]),
    (base(url="\ud800"), ["url: a text holds half a surrogate pair"]),
    (base(f_path="own", history_images=["a", "b", "own", "c", "d", "e"]), ["history_images[2]: the target's own ad"]),
    (base(history_images="ads/1.png"), ["history_images: a list is needed, not a text"]),
    (base(history_images=...), ["history_images: missing"]),
    (base(word_list=["a"]), ["word_list: a text is needed, not a list"]),
    (base(height=0), ["height: a positive whole number is needed"]),
    ("text", ["an object is needed, not a text"]),
    (None, ["an object is needed, not null"]),
]  # fmt: skip


def test_every_kind_of_defect_is_reported_exactly_and_good_records_remain(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    good = make_records(40)
    mixed: list[object] = []
    for number, (bad, _) in enumerate(DEFECTS):
        mixed += [good[number], bad]
    path = write(tmp_path / "x.json", mixed)
    text = path.read_text()
    path.write_text(text[:-1] + ', {"f_path": tru}, {"f_path": "\\x"}]')
    assert run("validate", path, "--report", tmp_path / "report.jsonl") == 1
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err
    assert captured.err == ""
    lines = captured.out.splitlines()
    for number, (_, said) in enumerate(DEFECTS):
        mine = [line for line in lines if line.startswith((f"record {2 * number + 1},", f"record {2 * number + 1}:"))]
        assert len(mine) == len(said), (said, mine)
        assert all(problem in line for problem, line in zip(said, mine, strict=True)), (said, mine)
        assert not [line for line in lines if line.startswith((f"record {2 * number},", f"record {2 * number}:"))]
    assert [
        line.split(" (")[0] for line in lines if line.startswith((f"record {len(mixed)}:", f"record {len(mixed) + 1}:"))
    ] == [
        f"record {len(mixed)}: not JSON",
        f"record {len(mixed) + 1}: not JSON",
    ]
    assert len((tmp_path / "report.jsonl").read_text().splitlines()) == len(lines) - 1

    convert = ["convert", "--from", "pad1m", path, "--out", tmp_path / "out"]
    assert run(*convert) == 2
    message = capsys.readouterr().err
    assert message.startswith("uniadgen: record 1, history_titles: 5 entries")
    assert len(message.splitlines()) == 1
    assert not (tmp_path / "out" / "users.parquet").exists()
    assert run(*convert, "--skip-bad") == 0
    assert f"{len(DEFECTS) + 2} bad records left out" in capsys.readouterr().out
    assert (tmp_path / "out" / "skipped.jsonl").read_bytes() == (tmp_path / "report.jsonl").read_bytes()
    assert run("convert", "--to", "pad1m", tmp_path / "out", "--out", tmp_path / "y.json") == 0
    assert strict(json.loads((tmp_path / "y.json").read_text(encoding="utf-8"))) == strict(good[: len(DEFECTS)])
    first = layout.read_users(tmp_path / "out")["id"].to_pylist()[:2]
    assert first == ["r00000000", "r00000002"]


SOUND = make_records(12)


@settings(max_examples=200, deadline=None)
@given(
    changes=st.dictionaries(
        # JSON has no infinite numbers: a record with one is refused where it is read, before either check
        st.sampled_from(sorted(make_records(20)[1])),
        VALUES | st.just(...) | st.lists(st.text() | st.floats(allow_nan=False, allow_infinity=False)),
    )
)
def test_the_fast_check_never_passes_what_the_exact_one_refuses(changes: Record) -> None:
    record = base(**changes)
    if sound([record]) is not None:
        assert record_findings(Lenient(record)) == []
    some = [*SOUND[:3], record, *SOUND[3:]]
    if record_findings(Lenient(record)):
        assert 3 in doubtful(some)
    assert list(doubtful(SOUND)) == []


def test_nothing_but_bad_records_leaves_an_empty_data_set(tmp_path: Path, run: Run) -> None:
    path = write(tmp_path / "x.json", [base(f_path=""), None, base(history_titles=[])])
    assert run("convert", "--from", "pad1m", path, "--out", tmp_path / "out", "--skip-bad") == 0
    assert [layout.read_creatives(tmp_path / "out").num_rows, layout.read_users(tmp_path / "out").num_rows] == [0, 0]
    assert export_pad1m(tmp_path / "out", tmp_path / "y.json") == 0
    assert list(validate_layout(tmp_path / "out")) == []


def test_malformed_entries_have_a_reason() -> None:
    assert record_findings(Malformed("not JSON")) == [("", "not JSON")]
    assert record_findings(Lenient(base(url=float("inf")))) == [("url", "a number is not finite")]


# Pictures ----------------------------------------------------------------------------------------------------------------


def picture_folders(folder: Path, records: list[Record]) -> list[Path]:
    """Ads in one folder under their path, cut-outs in another by file name alone."""
    for record in records:
        for path in (record["f_path"], *record["history_images"]):
            (folder / "one" / path).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8), (hash(path) % 256, 9, 9)).save(folder / "one" / path)
        cutout = folder / "animated" / Path(record["f_path_trans"]).name
        cutout.parent.mkdir(exist_ok=True)
        Image.new("RGBA", (8, 8), (1, 2, 3, 200)).save(cutout)
    return [folder / "one", folder / "animated"]  # a name that a message about a picture must not be misled by


def test_pictures_are_stored_as_they_are(tmp_path: Path) -> None:
    records = make_records(30)
    folders = picture_folders(tmp_path, records)
    done = convert_pad1m(write(tmp_path / "x.json", records), tmp_path / "out", folders)
    for row in layout.read_creatives(tmp_path / "out", ["id", "product_id", "ad", "description"]).to_pylist():
        assert row["ad"].startswith(b"\x89PNG")
    products = layout.read_products(tmp_path / "out").to_pylist()
    assert len(products) == done.products
    assert all(row["cutout"] == (folders[1] / Path(records[1]["f_path_trans"]).name).read_bytes() for row in products)
    assert list(validate_layout(tmp_path / "out")) == []


def test_missing_and_damaged_pictures(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    records = make_records(30)
    folders = picture_folders(tmp_path, records)
    cut = records[2]["f_path"]
    place, gone = next((i, path) for i, path in enumerate(records[1]["history_images"]) if path != cut)
    (folders[0] / gone).unlink()
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    noise.save(folders[0] / cut, format="JPEG")
    (folders[0] / cut).write_bytes((folders[0] / cut).read_bytes()[:1500])
    records.append(base(f_path="../x.json"))
    path = write(tmp_path / "x.json", records)
    expected = [
        (number, field)
        for number, record in enumerate(records)
        for field, value in (
            ("f_path", record["f_path"]),
            *((f"history_images[{i}]", p) for i, p in enumerate(record["history_images"])),
        )
        if value in (gone, cut, "../x.json")
    ]
    assert run("validate", path, "--images", *folders) == 1
    out = capsys.readouterr().out
    assert [line.split(": ")[0] for line in out.splitlines()[:-1]] == [f"record {n}, {f}" for n, f in expected]
    assert f"record 1, history_images[{place}]: there is no such picture" in out
    assert "record 2, f_path: damaged or cut short" in out
    assert gone not in out
    assert run("convert", "--from", "pad1m", path, "--images", *folders, "--out", tmp_path / "out", "--skip-bad") == 0
    assert layout.read_users(tmp_path / "out").num_rows == 31 - len({number for number, _ in expected})
    assert run("validate", path, "--images", tmp_path / "nowhere") == 2


def test_the_one_pixel_limit_holds_for_stored_pictures(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = make_records(30)
    folders = picture_folders(tmp_path, records)
    path = write(tmp_path / "x.json", records)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Pillow's own limit, which must not matter
    monkeypatch.setenv("UNIADGEN_MAX_PIXELS", "300000000")
    assert run("validate", path, "--images", *folders) == 0
    assert run("convert", "--from", "pad1m", path, "--images", *folders, "--out", tmp_path / "out") == 0
    monkeypatch.setenv("UNIADGEN_MAX_PIXELS", "10")
    capsys.readouterr()
    assert run("validate", path, "--images", *folders) == 1
    assert "f_path: too many or no pixels" in capsys.readouterr().out
    assert run("validate", tmp_path / "out") == 1
    assert "too many or no pixels" in capsys.readouterr().out
    monkeypatch.setenv("UNIADGEN_MAX_PIXELS", "many")
    assert run("validate", path, "--images", *folders) == 2
    assert "UNIADGEN_MAX_PIXELS" in capsys.readouterr().err


def animation() -> bytes:
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 255)]
    data = io.BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:])
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such picture"),
        (b"", "is empty"),
        (b"<html>not found</html>", "no picture, or a damaged one"),
        (animation(), "animated, or has several pages"),
    ],
    ids=["missing", "empty", "no picture", "animated"],
)
def test_a_bad_cutout_is_told_and_left_out(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str], content: bytes | None, said: str
) -> None:
    records = make_records(12)
    folders = picture_folders(tmp_path, records)
    file = folders[1] / Path(records[3]["f_path_trans"]).name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    bad = [number for number, record in enumerate(records) if record["f_path_trans"] == records[3]["f_path_trans"]]
    path = write(tmp_path / "x.json", records)
    assert run("validate", path, "--images", *folders) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines == [f"record {number}, f_path_trans: {said}" for number in bad]
    assert last == f"{len(bad)} problem{'s' if len(bad) > 1 else ''} in {len(bad)} place{'s' if len(bad) > 1 else ''}"
    assert run("convert", "--from", "pad1m", path, "--images", *folders, "--out", tmp_path / "out", "--skip-bad") == 0
    skipped = [json.loads(line) for line in (tmp_path / "out" / "skipped.jsonl").read_text().splitlines()]
    assert skipped == [{"where": f"record {number}", "field": "f_path_trans", "problem": said} for number in bad]
    assert layout.read_users(tmp_path / "out")["id"].to_pylist() == [f"r{k:08d}" for k in range(12) if k not in bad]


# Our layout --------------------------------------------------------------------------------------------------------------


def test_problems_of_a_data_set(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    ad: layout.Row = {"product_id": "p", "split": "train", "text": "t", "description": "d", "selling_points": []}
    layout.write_creatives(
        tmp_path,
        [
            {**ad, "id": "a"},
            {**ad, "id": "b", "text": " "},
            {**ad, "id": "c", "product_id": "q", "selling_points": ["x", "y"]},
            {**ad, "id": "a"},
            {**ad, "id": "e", "description": " "},
        ],
    )
    layout.write_products(tmp_path, [{"id": "p", "split": "train", "cutout": b""}])
    user: layout.Row = {"split": "train", "clicks": [], "target": "a"}
    clicks = [{"creative": name, "time": 0} for name in ("b", "a", "z")]
    layout.write_users(
        tmp_path,
        [{**user, "id": "u", "clicks": clicks}, {**user, "id": "v", "target": "y"}, {**user, "id": "w", "target": "e"}],
    )
    assert run("validate", tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        "creative a, id: is there more than once",
        "creative b, text: empty",
        "creative c, product_id: unknown id",
        "product p, cutout: empty",
        "user u, clicks[1].creative: the target's own ad is in its history",
        "user u, clicks[2].creative: unknown id",
        "user v, target: unknown id",
        "user w, target: its product has no description",
        "8 problems in 7 places",
    ]
    assert run("convert", "--to", "pad1m", tmp_path, "--out", tmp_path / "y.json") == 2
    assert "was not converted from PAd1M" in capsys.readouterr().err


def test_problems_of_an_encoded_data_set_with_pictures(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [dict(row) for row in layout.read_creatives(TINY).to_pylist()[:6]]
    codes = [list(range(8)) for _ in rows]
    rows[1]["ad"] = None
    rows[2]["plate"] = rows[2]["plate"][:700]
    rows[3]["ad"] = b"no picture"
    codes[4] = codes[4][:-1]
    table = pa.Table.from_pylist(rows, layout.CREATIVES).append_column("codes", pa.array(codes, pa.list_(pa.uint16())))
    pq.write_table(table, tmp_path / "creatives.parquet")
    shutil.copy(TINY / "products.parquet", tmp_path)
    clicks = [
        {"creative": rows[k]["id"], "time": 0, "similarity": value} for k, value in enumerate((0.5, 1.5, float("nan"), None))
    ]
    users = [{"id": "u", "split": "train", "clicks": clicks, "target": rows[5]["id"]}]
    kinds = pa.struct([("creative", pa.string()), ("time", pa.int64()), ("similarity", pa.float64())])
    pq.write_table(
        pa.Table.from_pylist(users, layout.USERS.set(2, pa.field("clicks", pa.list_(kinds)))), tmp_path / "users.parquet"
    )
    assert run("validate", tmp_path) == 1
    names = [row["id"] for row in rows]
    assert capsys.readouterr().out.splitlines() == [
        f"creative {names[1]}, ad: missing",
        f"creative {names[2]}, plate: no picture, or a damaged one",
        f"creative {names[3]}, ad: no picture, or a damaged one",
        f"creative {names[4]}, codes: 7 entries, but 8 in the first creative",
        "user u, clicks[1].similarity: outside -1 to 1",
        "user u, clicks[2].similarity: outside -1 to 1",
        "6 problems in 5 places",
    ]
    (tmp_path / "creatives.parquet").write_bytes(b"nothing")
    assert run("validate", tmp_path) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_tiny_set_is_sound(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("validate", TINY) == 0
    assert capsys.readouterr().out == "no problems\n"


def test_a_table_in_another_order_and_odd_ids_are_found_or_refused(tmp_path: Path) -> None:
    records = make_records(40)
    convert_pad1m(write(tmp_path / "x.json", records), tmp_path / "out")
    creatives = pq.read_table(tmp_path / "out" / "creatives.parquet")
    pq.write_table(creatives.take(np.random.default_rng(0).permutation(len(creatives))), tmp_path / "out" / "creatives.parquet")
    export_pad1m(tmp_path / "out", tmp_path / "y.json")
    assert strict(json.loads((tmp_path / "y.json").read_text(encoding="utf-8"))) == strict(records)
    users = pq.read_table(tmp_path / "out" / "users.parquet")
    for odd in ("z", "0" * 24, "0" * 25):
        changed = pa.array([odd, *users["target"].to_pylist()[1:]])
        pq.write_table(users.set_column(3, users.field("target"), changed), tmp_path / "out" / "users.parquet")
        with pytest.raises(InputError, match="user r00000000: refers to an unknown id"):
            export_pad1m(tmp_path / "out", tmp_path / "y.json")


# Similarity --------------------------------------------------------------------------------------------------------------


def test_similarities_are_those_of_the_history_module(tmp_path: Path, run: Run) -> None:
    records = make_records(120)
    convert_pad1m(write(tmp_path / "x.json", records), tmp_path / "out", chunk_bytes=9000)
    assert run("similarity", tmp_path / "out", "--embedder", "hashed") == 0
    export_pad1m(tmp_path / "out", tmp_path / "y.json")
    for record, filled in zip(records, json.loads((tmp_path / "y.json").read_text(encoding="utf-8")), strict=True):
        texts = [title.split("<title_split>")[0] for title in record["history_titles"]]
        np.testing.assert_allclose(
            filled.get("text_similarity", []), product_similarity(texts, record["sku_title_cn"]), atol=2e-3
        )
        assert {**filled, "text_similarity": 0} == {**record, "text_similarity": 0}
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"users.parquet"}
    assert not list((tmp_path / "out").glob(".*"))
    assert list(validate_layout(tmp_path / "out")) == []


def test_similarities_of_a_layout_without_a_column_for_them(tmp_path: Path) -> None:
    ad: layout.Row = {"product_id": "", "split": "train", "selling_points": []}
    layout.write_creatives(
        tmp_path,
        [{**ad, "id": "a", "text": "red shoe", "description": ""}, {**ad, "id": "b", "text": "x", "description": "red shoe"}],
    )
    user = {"id": "u", "split": "train", "clicks": [{"creative": "a", "time": 7}], "target": "b"}
    layout.write_users(tmp_path, [user, {**user, "id": "v", "target": "a", "clicks": [{"creative": "b", "time": 8}]}])
    assert fill_similarity(tmp_path, hashed_embedder, "hashed") == 2
    first, second = layout.read_users(tmp_path).to_pylist()
    assert first["clicks"] == [{"creative": "a", "time": 7, "similarity": pytest.approx(1, abs=1e-3)}]
    assert second["clicks"][0]["similarity"] is None  # its target has no description


def test_embedders(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_embedder("hashed") is hashed_embedder
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(InputError, match="sentence-transformers"):
        load_embedder("some/model")


def test_validating_streams_its_problems(tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", [base(), base(f_path=""), base()])
    assert [str(problem) for problem in validate_pad1m(path, chunk_bytes=100, count=2)] == ["record 1, f_path: empty"]


def test_commas_of_values_do_not_split_selling_points() -> None:
    lists = ["1,200 W Motor,Black", None, "10,000mAh, Set (red, blue)", "功率 2，000 W，黑", ", ，", "x"]
    expected = [
        ["1,200 W Motor", "Black"],
        [],
        ["10,000mAh", "Set (red, blue)"],
        ["功率 2，000 W", "黑"],
        [],
        ["x"],
    ]
    assert pad1m.selling_points(pa.array(lists)).to_pylist() == expected
    assert pad1m.selling_points(pa.array([None, "a， b"])).to_pylist() == [[], ["a", "b"]]


def test_folders_whose_names_are_of_other_bytes_than_utf8(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "caf\udce9's"  # as old archives have them
    folder.mkdir()
    records = make_records(30)
    path = write(folder / "x.json", records)
    assert run("convert", "--from", "pad1m", path, "--out", folder / "data") == 0
    for verb in ("validate", "similarity", "stats"):
        assert run(verb, folder / "data") == 0, capsys.readouterr().err
    assert run("convert", "--to", "pad1m", folder / "data", "--out", folder / "caf\udce9.json") == 0
    assert len(json.loads((folder / "caf\udce9.json").read_text(encoding="utf-8"))) == 30
    assert not list(folder.glob(".*"))


def test_one_conversion_at_a_time(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "x.json", make_records(20))
    (tmp_path / "out").mkdir()
    with alone(tmp_path / "out", "is being converted into"):
        assert run("convert", "--from", "pad1m", path, "--out", tmp_path / "out") == 2
    assert "is being converted into by another process; wait for its end" in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())
    assert run("convert", "--from", "pad1m", path, "--out", tmp_path / "out") == 0
