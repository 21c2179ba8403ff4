"""What `stats` and `sheets` say and draw of the tiny set, and that other tools read its tables."""

import io
import random
import re
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from PIL import Image
from test_layout import render

from uniadgen.cli.main import main
from uniadgen.data import build, layout, stats
from uniadgen.data.labels import LABELS, open_labels, write_labels
from uniadgen.data.stats import data_stats, kinds_sheet, taste_rates, title_figures
from uniadgen.errors import InputError
from uniadgen.padsynth.specs import WORLD_VERSION
from uniadgen.padsynth.worldgen import make_world
from uniadgen.sheets import SheetRow

TINY = Path(__file__).parents[2] / "data" / "tiny"


def test_counts() -> None:
    printed = data_stats(TINY)
    assert "creatives  200" in printed
    assert "users      50" in printed
    stored = next(line for line in printed.splitlines() if line.startswith("  stored"))
    assert re.fullmatch(r"  stored     ad \d\.\d MB, plate \d\.\d MB", stored), "it has a column for codes, and no codes"
    scenes = layout.read_creatives(TINY, ["scene_id"])["scene_id"].to_pylist()
    assert f"{len(set(scenes)):,}, of which {len({s for s in scenes if scenes.count(s) > 1})} are shown with more" in printed


def test_clicks_fit_their_users_taste_better_than_anothers() -> None:
    rates = taste_rates(TINY, open_labels(TINY))
    assert rates is not None
    liked, chance = rates
    assert liked[0] > 1.5 * chance[0]
    assert (liked > 1.2 * chance).all()  # a small shop has few ads that fit in all
    assert f"family {liked[0]:.0%} ({chance[0]:.0%})" in data_stats(TINY)


def test_a_built_world_is_described(tmp_path: Path) -> None:
    """Its version, how its titles are built, and how its clicks came about."""
    world = make_world(0, 24, 40)
    render(world, tmp_path / "raw", 24)
    build.build_dataset(world, tmp_path / "raw", tmp_path / "out")
    printed = data_stats(tmp_path / "out")
    assert printed.startswith(f"world      version {WORLD_VERSION}, seed 0\n")
    figures = title_figures(tmp_path / "out", open_labels(tmp_path / "out"))
    assert figures["brand"] == figures["kind"] == 1
    assert 3 <= figures["words 5 %"] < figures["words 50 %"] < figures["words 95 %"] <= 20
    assert "  titles     brand in 100.0%, kind in 100.0%" in printed
    line = next(line for line in printed.splitlines() if line.startswith("  kinds      of clicks: taste "))
    shares = dict(re.findall(r"(taste|one-off|gift) ([\d.]+)%", line))
    assert sum(map(float, shares.values())) == pytest.approx(100, abs=0.2)
    assert set(shares) == {"taste", "one-off", "gift"}
    users = list(layout.iter_rows(tmp_path / "out", "users"))
    count = sum(len(list(layout.targets_of(user))) for user in users)
    assert f"; {count:,} targets to learn from\n" in printed
    assert all(len(user["clicks"]) >= 10 for user in users)


def test_titles_without_brand_or_kind_are_counted(tmp_path: Path) -> None:
    row: layout.Row = {"product_id": "p", "split": "train", "description": "d", "selling_points": ["Velmo", "Lamp", "Soft"]}
    texts = ["Velmo Lamp", "Soft Lamp", "Velmo - Soft", "Soft"]
    layout.write_creatives(tmp_path, [{**row, "id": str(k), "text": text} for k, text in enumerate(texts)])
    labels_row = {**dict.fromkeys(LABELS.names, "a"), "selling_point_types": ["brand", "type", "feature"]}
    write_labels(tmp_path, [{**labels_row, "id": str(k)} for k in range(len(texts))])
    layout.write_users(tmp_path, [])
    figures = title_figures(tmp_path, open_labels(tmp_path))
    assert (figures["brand"], figures["kind"], figures["chinese"]) == (0.5, 0.5, 0)
    assert figures["words 50 %"] == 2


def test_the_sheet_of_a_user_shows_clicks_and_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    users = list(layout.iter_rows(TINY, "users"))
    shown_whole = [k for k, user in enumerate(users) if len(user["clicks"]) <= stats.MOST_CLICKS]
    number = max(shown_whole, key=lambda k: len(users[k]["clicks"]))
    arguments = ["data", "stats", str(TINY), "--sheet", str(tmp_path / "sheet.png"), "--user", str(number)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    lengths = [len(user["clicks"]) for user in users]
    assert f"{sum(lengths):,}; {min(lengths)} to {max(lengths)} a user, median {int(np.median(lengths))}" in printed
    rows = {row["id"]: row for row in layout.iter_rows(TINY, "creatives")}
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > sheet.height  # all clicks fit beside the target, three rows of them
        columns = -(-len(users[number]["clicks"]) // 3)

        def difference(name: str, x: int, y: int, side: int) -> float:
            with Image.open(io.BytesIO(rows[name]["ad"])) as ad:
                drawn = np.asarray(ad.convert("RGB").resize((side, side)), float)
            return float(np.abs(drawn - np.asarray(sheet.convert("RGB").crop((x, y, x + side, y + side)), float)).mean())

        for place, click in enumerate(users[number]["clicks"]):
            x, y = 16 + place % columns * 120, 16 + 32 + place // columns * 152
            assert difference(click["creative"], x, y, 112) < 5
            assert difference(users[number]["target"], x, y, 112) > 10
        assert difference(users[number]["target"], columns * 120 + 32, 16, 512) < 5
    assert main([*arguments[:-1], str(len(users))]) == 2
    assert f"use 0 to {len(users) - 1}" in capsys.readouterr().err
    assert main([*arguments[:4], str(tmp_path / "nowhere" / "sheet.png")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_long_history_is_cut_to_its_latest_clicks_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[SheetRow] = []
    monkeypatch.setattr(stats, "contact_sheet", lambda rows, **_: drawn.extend(rows))
    monkeypatch.setattr(stats, "MOST_CLICKS", 5)
    user = next(layout.iter_rows(TINY, "users"))
    stats.user_sheet(TINY, 0)
    texts = {row["id"]: row["text"] for row in layout.iter_rows(TINY, "creatives", ("id", "text"))}
    assert [text for _, text in drawn[0].clicks] == [texts[click["creative"]] for click in user["clicks"][-5:]]
    assert drawn[0].title == f"User 0 clicked, the last 5 of {len(user['clicks'])}"


def test_ads_on_a_sheet_differ() -> None:
    """Two palettes and two products in long runs: a sheet of four ads shows each of them with the other two."""
    row: layout.Row = {"split": "train", "text": "t", "description": "d", "selling_points": [], "family": "studio"}
    traits = [(product, palette) for product in ("p", "q") for palette in ("ivory", "sage") for _ in range(20)]
    rows = [{**row, "id": str(k), "product_id": p, "palette": c} for k, (p, c) in enumerate(traits)]
    places = stats.different(list(enumerate({**dict.fromkeys(stats.TRAITS), **row} for row in rows)), 4, random.Random(0))
    assert {traits[place] for place in places} == set(traits)
    assert len(stats.different([(7, {**dict.fromkeys(stats.TRAITS)})], 4, random.Random(0))) == 1


def test_sheets_show_every_family_and_category(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "sheets", str(TINY), "--out", str(tmp_path / "sheets")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    labels = open_labels(TINY).creatives
    rows = [{**labels[row["id"]], **row} for row in layout.read_creatives(TINY, ["id", "category"]).to_pylist()]
    for name, column in (("families", "family"), ("categories", "category")):
        with Image.open(tmp_path / "sheets" / f"{name}.jpg") as sheet:
            pixels = np.asarray(sheet.convert("RGB"), float)
        kinds = sorted({row[column] for row in rows})
        assert pixels.shape[0] == len(kinds) * 132
        assert (tmp_path / "sheets" / f"{name}.jpg").stat().st_size < 1_000_000
        for number, kind in enumerate(kinds):
            count = min(8, sum(row[column] == kind for row in rows))
            for place in range(8):
                tile = pixels[number * 132 + 4 : number * 132 + 124, 110 + place * 132 + 4 : 110 + place * 132 + 124]
                assert (tile.min() < 235) == (place < count), (kind, place)


def test_what_has_no_sheet_is_refused_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row: layout.Row = {"id": "a", "product_id": "p", "split": "train", "text": "t", "description": "d", "selling_points": []}
    layout.write_creatives(tmp_path, [row])
    with pytest.raises(InputError, match="no creative has a family"):
        kinds_sheet(tmp_path, "family")
    layout.write_creatives(tmp_path, [{**row, "category": "kettle"}])
    write_labels(tmp_path, [{name: [] if name == "selling_point_types" else "a" for name in LABELS.names}])
    assert main(["data", "sheets", str(tmp_path), "--out", str(tmp_path / "sheets")]) == 2
    message = capsys.readouterr().err
    assert "no readable picture" in message
    assert len(message.splitlines()) == 1


def test_a_missing_table_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("creatives", "products"):
        assert main(["data", "stats", str(tmp_path)]) == 2
        message = capsys.readouterr().err
        assert f"{name}.parquet is missing" in message
        assert len(message.splitlines()) == 1
        shutil.copy(TINY / f"{name}.parquet", tmp_path)
    assert main(["data", "stats", str(tmp_path)]) == 2
    assert "users.parquet is missing" in capsys.readouterr().err


# Other tools -------------------------------------------------------------------------------------------------------------


def test_arrow_reads_the_tables_as_data_sets() -> None:
    creatives = ds.dataset(TINY / "creatives.parquet")
    kettles = creatives.to_table(columns=["id", "ad"], filter=pc.field("category") == "kettle")
    assert 0 < len(kettles) < creatives.count_rows() == 200


def test_duckdb_joins_clicks_with_their_ads() -> None:
    (measured,) = duckdb.sql(f"""
        SELECT count(*) AS clicks, count(c.id) AS known, avg(octet_length(c.ad)) AS bytes
        FROM (SELECT unnest(clicks).creative AS id FROM '{TINY}/users.parquet') AS u
        LEFT JOIN '{TINY}/creatives.parquet' AS c ON c.id = u.id""").fetchall()
    clicks = sum(len(user["clicks"]) for user in layout.iter_rows(TINY, "users"))
    assert measured[:2] == (clicks, clicks)
    assert measured[2] > 1000


def test_polars_reads_the_tables() -> None:
    polars = pytest.importorskip("polars")
    users = polars.read_parquet(TINY / "users.parquet")
    rows = list(layout.iter_rows(TINY, "users"))
    assert users["clicks"].list.len().to_list() == [len(row["clicks"]) for row in rows]
    creatives = polars.scan_parquet(TINY / "creatives.parquet").filter(polars.col("category") == "kettle").collect()
    assert set(creatives["category"]) == {"kettle"}


def test_datasets_reads_the_tables(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    files = {name: str(TINY / f"{name}.parquet") for name in ("creatives",)}
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))["creatives"]
    row = layout.read_creatives(TINY).to_pylist()[3]
    assert loaded.num_rows == 200
    assert loaded[3]["ad"] == row["ad"]
    assert loaded[3]["selling_points"] == row["selling_points"]
