"""Batches of pairs: bad rows stay rows, and whatever ends a batch, the next run ends with the same bytes."""

import csv
import dataclasses
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from killing import kill_and_resume
from uniadgen.ads import Ad, AdRequest
from uniadgen.batch.engines import make_in_processes
from uniadgen.batch.job import MANIFEST, PLAN, Batch, Shard, collect, make_shard, open_batch
from uniadgen.batch.making import ShardMaker, ShardSettings
from uniadgen.batch.pairs import plan_pairs, read_shard, shard_count
from uniadgen.cli.main import main
from uniadgen.data.lookup import Lookup
from uniadgen.errors import InputError
from uniadgen.options import GenerateOptions
from uniadgen.output import Output
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.pipeline.setting import with_words
from uniadgen.typography.brand import kit_digest, read_brand

TINY = Path(__file__).parents[2] / "data" / "tiny"
Ids = tuple[list[str], list[str]]  # of products and shoppers
SETTINGS = ShardSettings(GenerateOptions(size=(64, 64)), Output(), most=4)


@pytest.fixture(scope="module")
def ids() -> Ids:
    names = [
        pq.read_table(TINY / f"{table}.parquet", columns=["id"]).column("id").to_pylist() for table in ("products", "users")
    ]
    return names[0], names[1]


def rows_of(ids: Ids, count: int = 12) -> list[dict[str, Any]]:
    products, users = ids
    rows: list[dict[str, Any]] = [
        {"product": products[i % 3], "shopper": users[i], "seed": None, "size": None} for i in range(count)
    ]
    rows[1]["seed"], rows[2]["size"] = 7, "96x64"
    rows[4]["product"], rows[5]["shopper"], rows[6]["size"] = "no such", "nobody", "1x1"
    return rows


def written(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps({n: v for n, v in row.items() if v is not None}) + "\n" for row in rows), "utf-8")
    else:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return path


def test_files_of_three_kinds_give_the_same_plan(tmp_path: Path, ids: Ids) -> None:
    plans = []
    for ending in ("csv", "jsonl", "parquet"):
        plan = tmp_path / f"{ending}-plan.parquet"
        assert plan_pairs(written(tmp_path / f"pairs.{ending}", rows_of(ids)), plan, shard_rows=5) == 12
        assert shard_count(plan) == 3
        plans.append([row for shard in range(3) for row in read_shard(plan, shard)])
    assert plans[0] == plans[1] == plans[2]
    rows = plans[0]
    assert sorted(row["row"] for row in rows) == list(range(12))
    together = [row["product"] for row in rows]
    assert len({*together}) == sum(a != b for a, b in zip(together, [None, *together[:-1]], strict=True))
    by_row = {row["row"]: row for row in rows}
    assert by_row[1]["seed"] == 7
    assert (by_row[2]["width"], by_row[2]["height"]) == (96, 64)
    assert by_row[6]["problem"].startswith("size:")
    assert len({row["seed"] for row in rows if row["problem"] is None}) == 11


def test_broken_lines_are_rows_and_broken_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_bytes(b'product,shopper,seed\np,u,1\np,u\n"p" x,u,2\n\xff\xfe,u,3\n\np,u,-4\n,u,5\n')
    plan_pairs(file, tmp_path / PLAN, 100)
    rows = sorted(read_shard(tmp_path / PLAN, 0), key=lambda row: row["row"])
    assert [row["problem"] is None for row in rows] == [True, False, False, False, False, False]
    lines = tmp_path / "pairs.jsonl"
    lines.write_text('{"product": "p", "shopper": "u"}\n[1]\n{"product": {"a": 1}, "shopper": "u"}\n{"a"\n' + "[" * 9999 + "\n")
    plan_pairs(lines, tmp_path / PLAN, 100)
    assert sum(row["problem"] is None for row in read_shard(tmp_path / PLAN, 0)) == 1
    half = '{"product": "\\ud800", "shopper": "u"}'
    lines.write_text(half + '\n{"product": "p", "shopper": true}\n{"product": 1, "shopper": "u"}\n')
    plan_pairs(lines, tmp_path / PLAN, 100)
    problems = {row["row"]: row["problem"] for row in read_shard(tmp_path / PLAN, 0)}
    assert problems == {0: "product: the id holds half a character; correct it", 1: "shopper: an id is needed", 2: None}
    lines.write_text('{"product": "p", "shopper": "u", "seed": 1, "seed": 2}\n')
    plan_pairs(lines, tmp_path / PLAN, 100)
    assert [row["problem"] for row in read_shard(tmp_path / PLAN, 0)] == ['the key "seed" stands there more than once']
    for name, content in (("a.csv", "product,seed\n"), ("b.csv", ""), ("c.txt", ""), ("d.jsonl", ""), ("e.parquet", "no")):
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError):
            plan_pairs(tmp_path / name, tmp_path / PLAN, 100)
    (tmp_path / "f.csv").write_text("product,shopper,seed,seed\np,u,1,2\n")
    with pytest.raises(InputError, match="the column seed stands there twice"):
        plan_pairs(tmp_path / "f.csv", tmp_path / PLAN, 100)


@pytest.fixture(scope="module")
def maker(generator: AdGenerator) -> ShardMaker:
    return ShardMaker(generator, Lookup(TINY), SETTINGS)


@pytest.fixture
def batch(tmp_path: Path, ids: Ids) -> Batch:
    (tmp_path / "out").mkdir()
    return Batch(written(tmp_path / "pairs.csv", rows_of(ids)), TINY, tmp_path / "out", SETTINGS, shard_rows=5)


def made(batch: Batch, maker: ShardMaker, most: int = 99) -> dict[str, Any]:
    """Makes at most so many of the missing shards."""
    manifest, missing = open_batch(batch)
    return collect(batch, manifest, ((shard.file, make_shard(batch, maker, shard)) for shard in missing[:most]))


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_a_row_is_the_ad_of_its_product_shopper_and_seed(batch: Batch, maker: ShardMaker) -> None:
    manifest = made(batch, maker)
    assert manifest["complete"]
    assert (manifest["rows"], manifest["errors"]) == (12, 3)
    rows = [row for file in manifest["shards"] for row in pq.read_table(batch.out / file).to_pylist()]
    assert len(rows) == 12
    lookup = Lookup(TINY)
    for row in sorted(rows, key=lambda row: row["row"])[:7]:
        if row["row"] in (4, 5, 6):
            assert row["picture"] is None
            assert row["error"].split(":")[0] == {4: "product", 5: "shopper", 6: "size"}[row["row"]]
            continue
        request = AdRequest(lookup.product(row["product"]), lookup.history(row["shopper"]))
        size = (96, 64) if row["row"] == 2 else (64, 64)
        expected = maker.generator.generate(request.product, request.history, seed=row["seed"], size=size)
        assert row["text"] == expected.text
        assert row["placement"] == expected.placement.as_dict()
        assert row["picture"] == Output().encoded(expected.image, expected.model)
        assert json.loads(row["inspection"]) == expected.inspection


def test_words_are_set_into_pictures_of_their_own(batch: Batch, maker: ShardMaker, ids: Ids, tmp_path: Path) -> None:
    pytest.importorskip("fontTools", reason="needs the extra typeset")
    (tmp_path / "brand.yaml").write_text("capitals: headline", "utf-8")
    brand = read_brand(tmp_path / "brand.yaml", "brand")
    options = GenerateOptions(size=(320, 320), typeset=True, layout="top")
    settings = ShardSettings(options, Output(), 4, brand, kit_digest(tmp_path / "brand.yaml", "brand"))
    other = dataclasses.replace(batch, pairs=written(tmp_path / "one.csv", rows_of(ids, 7)[:1]), settings=settings)
    branded = ShardMaker(maker.generator, maker.lookup, settings)
    (file,) = made(other, branded)["shards"]
    (row,) = pq.read_table(other.out / file).to_pylist()
    request = AdRequest(maker.lookup.product(row["product"]), maker.lookup.history(row["shopper"]))
    plain = dataclasses.replace(options, typeset=False)
    ad = maker.generator.generate(request.product, request.history, seed=row["seed"], options=plain)
    expected = with_words(ad, request.history, options, brand)
    assert expected.typesetting is not None
    assert row["picture"] == Output().encoded(ad.image, ad.model)
    assert row["typeset"] == Output().encoded(expected.typesetting.image, ad.model)
    assert json.loads(row["typesetting"]) == expected.typesetting.as_dict()
    elsewhere = dataclasses.replace(settings, options=dataclasses.replace(options, layout="auto"))
    for changed in (elsewhere, dataclasses.replace(settings, kit="another")):
        assert dataclasses.replace(other, settings=changed).digest() != other.digest()


def test_what_was_made_stays_and_what_is_missing_comes_out_the_same(batch: Batch, maker: ShardMaker) -> None:
    made(batch, maker, most=1)
    assert not json.loads((batch.out / MANIFEST).read_text())["complete"]
    made(batch, maker)
    whole = digests(batch.out)
    # Ended between a shard and the manifest, in front of a shard, and with a shard cut short
    manifest = json.loads((batch.out / MANIFEST).read_text())
    del manifest["shards"]["ads-00000.parquet"]
    (batch.out / MANIFEST).write_text(json.dumps(manifest))
    (batch.out / "ads-00001.parquet").unlink()
    (batch.out / "ads-00002.parquet").write_bytes(b"PAR1")
    _, missing = open_batch(batch)
    assert [shard.number for shard in missing] == [1, 2]
    made(batch, maker)
    assert digests(batch.out) == whole
    assert open_batch(batch)[1] == []


def test_a_folder_with_another_batch_is_refused(batch: Batch, maker: ShardMaker, tmp_path: Path) -> None:
    made(batch, maker, most=0)
    others = [
        dataclasses.replace(batch, seed=1),
        dataclasses.replace(batch, settings=dataclasses.replace(SETTINGS, options=GenerateOptions(size=(96, 96)))),
        dataclasses.replace(batch, settings=dataclasses.replace(SETTINGS, output=Output("webp"))),
    ]
    for other in others:
        with pytest.raises(InputError, match="holds a batch of other"):
            open_batch(other)
    (batch.out / MANIFEST).write_text("{}")
    with pytest.raises(InputError, match="no manifest"):
        open_batch(batch)


class Failing:
    """A generator that one shopper's ad brings down."""

    def __init__(self, generator: AdGenerator, seed: int) -> None:
        self.generator, self.seed, self.calls = generator, seed, 0

    def generate_many(self, requests: Any, seeds: Sequence[int], options: GenerateOptions) -> list[Ad]:
        self.calls += 1
        if self.seed in seeds:
            raise RuntimeError("CUDA error: a shopper's words")
        return self.generator.generate_many(requests, seeds=seeds, options=options)


def test_an_ad_that_fails_takes_no_other_with_it(generator: AdGenerator, ids: Ids, tmp_path: Path) -> None:
    rows = [{"product": ids[0][0], "shopper": ids[1][i], "seed": i, "size": None} for i in range(4)]
    plan_pairs(written(tmp_path / "pairs.csv", rows), tmp_path / PLAN, 10)
    failing: Any = Failing(generator, 2)
    table = ShardMaker(failing, Lookup(TINY), SETTINGS).table(read_shard(tmp_path / PLAN, 0)).to_pylist()
    assert [row["error"] for row in table] == [None, None, "failed (RuntimeError)", None]
    assert failing.calls == 5  # 4, 2, 2, 1, 1


def test_unknown_ids_and_histories(ids: Ids) -> None:
    lookup = Lookup(TINY)
    with pytest.raises(InputError, match="no product"):
        lookup.product("x")
    with pytest.raises(InputError) as refusal:
        lookup.history("private id")
    assert "private" not in str(refusal.value)
    users = pq.read_table(TINY / "users.parquet").to_pylist()
    texts = dict(zip(*(pq.read_table(TINY / "creatives.parquet").column(c).to_pylist() for c in ("id", "text")), strict=True))
    for user in users[:3]:
        assert [click.text for click in lookup.history(user["id"])] == [texts[click["creative"]] for click in user["clicks"]]


@pytest.mark.slow
def test_workers_and_kills_change_nothing(generator: AdGenerator, tmp_path: Path, ids: Ids) -> None:
    generator.save_pretrained(tmp_path / "model")
    pairs = written(tmp_path / "pairs.csv", rows_of(ids))

    def line(out: str, *more: str) -> list[str]:
        basis = ["batch", str(pairs), "--data", str(TINY), "--out", str(tmp_path / out), "--model", str(tmp_path / "model")]
        return [*basis, "--shard-size", "3", "--size", "64x64", *more]

    assert main(line("whole")) == 0
    whole = digests(tmp_path / "whole")
    killed = kill_and_resume(
        main,
        lambda attempt: [line("killed")],
        lambda: len(list((tmp_path / "killed").glob("ads-*.parquet"))),
        kills=2,
        pieces=1,
        delay=0.1,
        upmost=3,
    )
    assert killed > 0
    assert digests(tmp_path / "killed") == whole
    assert main(line("workers", "--workers", "2")) == 0
    assert digests(tmp_path / "workers") == whole


@pytest.mark.slow
def test_a_worker_that_ends_is_told(batch: Batch) -> None:
    broken = dataclasses.replace(batch, model={"folder": str(batch.out / "none")})
    open_batch(batch)
    with pytest.raises(InputError):
        list(make_in_processes(broken, [Shard(0, "x")], 1))


def test_bad_lines_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("product,shopper\np,u\n")
    out = str(tmp_path / "out")
    for words in (
        [str(pairs), "--data", str(tmp_path / "none"), "--out", out],
        [str(pairs), "--data", str(tmp_path), "--out", out],
        [str(tmp_path / "no.csv"), "--data", str(TINY), "--out", out],
        [str(pairs), "--data", str(TINY), "--out", out, "--preset", "square", "--preset", "story"],
    ):
        assert main(["batch", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    shutil.rmtree(out, ignore_errors=True)
