"""What a study is made from, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from studies import TEAMS, make_items, make_study

from uniadgen.ad_files import write_ad
from uniadgen.ads import Ad, Placement
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.review.creating import create_study
from uniadgen.review.items import automatic_verdict, read_systems
from uniadgen.review.store import items, pictures, tasks
from uniadgen.review.teams import parse_teams, read_teams


def write_lines(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def an_ad(text: str = "Quiet kettle") -> Ad:
    picture = Image.new("RGB", (16, 16), "white")
    return Ad(picture, text, picture, Placement(1, 1, 9, 9), [], {"x": 0.1}, 0, "m", inspection={})


def test_folders_of_ads_are_read_with_their_records(tmp_path: Path) -> None:
    write_ad(an_ad(), tmp_path, "u1")
    Image.new("RGB", (8, 8)).save(tmp_path / "u2.JPG")
    (tmp_path / "u2.txt").write_text("﻿Kettle, steel\n", "utf-8")
    (tmp_path / "notes.md").write_text("x")
    ads, unused = read_systems([f"ours={tmp_path}"], "picture")
    assert [(item.system, item.key, item.text) for item in ads] == [
        ("ours", "u1", "Quiet kettle"),
        ("ours", "u2", "Kettle, steel"),
    ]
    assert [Path(name).name for name in unused] == ["notes.md"]


def test_other_files_of_an_ad_are_no_ads(tmp_path: Path) -> None:
    """Its background, further sizes, words in either, layers."""
    write_ad(an_ad(), tmp_path, "ad.v2-000")
    for name in ("story.png", "text.svg", "typeset.png", "story.typeset.png"):
        (tmp_path / f"ad.v2-000.{name}").write_bytes((tmp_path / "ad.v2-000.png").read_bytes())
    for name in ("typeset", "story.typeset"):
        words = {"layout": "top", "blocks": [], "image": f"ad.v2-000.{name}.png"}
        (tmp_path / f"ad.v2-000.{name}.json").write_text(json.dumps(words))
    ads_read, unused = read_systems([str(tmp_path)], "picture")
    assert [item.key for item in ads_read] == ["ad.v2-000"]
    assert unused == []


def test_products_come_from_the_data_set(tmp_path: Path) -> None:
    from uniadgen.data.layout import iter_rows

    data = Path(__file__).resolve().parents[2] / "data" / "tiny"
    user = next(iter_rows(data, "users"))
    target = next(row for row in iter_rows(data, "creatives") if row["id"] == user["target"])
    write_ad(an_ad(), tmp_path, user["id"])
    (item,), _ = read_systems([str(tmp_path)], "ad", data)
    assert item.description == target["description"]
    assert list(item.selling_points) == target["selling_points"]
    assert isinstance(item.cutout, bytes)


@pytest.mark.parametrize(
    ("record", "kind", "said"),
    [
        ({"id": "a", "image": "gone.png", "text": "x", "selling_points": ["x"]}, "ad", 'no picture "'),
        ({"id": "a", "text": "x", "selling_points": ["x"]}, "ad", "there is no picture, which a study of kind ad shows"),
        ({"id": "a", "image": "a.png"}, "ad", "there is no text"),
        ({"id": "a", "image": "a.png", "text": "x"}, "text", "there are no selling points"),
        ({"id": "a", "image": "a.png", "txt": "x"}, "picture", 'the field "txt" is unknown'),
        ({"image": "a.png"}, "picture", 'an object with an "id" is needed'),
        ({"id": "a", "image": 3}, "picture", "image is no text"),
        ({"id": "a", "image": "a.png", "selling_points": "x"}, "picture", "a list of texts is needed"),
        ([1], "picture", 'an object with an "id" is needed'),
    ],
)
def test_ads_that_lack_something_are_refused(tmp_path: Path, record: object, kind: Any, said: str) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=said):
        read_systems([f"ours={write_lines(tmp_path / 'ads.jsonl', record)}"], kind)


def test_two_ads_of_one_name_and_two_systems_of_one_name_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    line = {"id": "a", "image": "a.png"}
    twice = write_lines(tmp_path / "twice.jsonl", line, line)
    with pytest.raises(InputError, match="a second ad with the id"):
        read_systems([str(twice)], "picture")
    once = write_lines(tmp_path / "once.jsonl", line)
    with pytest.raises(InputError, match="is given twice"):
        read_systems([f"a={once}", f"a={once}"], "picture")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no ads"):
        read_systems([str(tmp_path / "empty")], "picture")
    with pytest.raises(InputError, match="can't be read"):
        read_systems([str(tmp_path / "nowhere")], "picture")


def test_a_damaged_picture_leaves_no_study(tmp_path: Path) -> None:
    ads = make_items(tmp_path / "ads", 2)
    assert ads[1].image is not None
    ads[1].image.write_bytes(ads[1].image.read_bytes()[:60])
    with pytest.raises(InputError, match="damaged"):
        create_study(str(tmp_path / "s.db"), ads, "ad", parse_teams(TEAMS))
    assert [path.name for path in tmp_path.iterdir()] == ["ads"]


def test_a_study_is_never_overwritten(tmp_path: Path) -> None:
    make_study(tmp_path).close()
    with pytest.raises(InputError, match="never overwritten"):
        make_study(tmp_path)


def test_order_is_blind_and_of_its_seed(tmp_path: Path) -> None:
    orders = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        study = make_study(tmp_path / name, 12, seed=seed)
        with study.reading() as connection:
            orders.append([(r.system_id, r.key) for r in connection.execute(select(items).order_by(items.c.position))])
    assert orders[0] == orders[1] != orders[2]
    systems = [system for system, _ in orders[0]]
    assert systems != sorted(systems)


def test_pictures_keep_their_pixels_and_lose_their_origin(tmp_path: Path) -> None:
    import io

    study = make_study(tmp_path, 1)
    with study.reading() as connection:
        rows = connection.execute(select(pictures).join(items, items.c.picture == pictures.c.sha256)).all()
    assert {(row.width, row.height) for row in rows} == {(24, 24)}
    for row in rows:
        with Image.open(io.BytesIO(row.data)) as picture:
            assert picture.format == "WEBP"
            assert picture.convert("RGB").getpixel((5, 5)) in ((0, 0, 0), (0, 90, 0))
            assert "exif" not in picture.info


def test_overlap_and_recheck_are_as_large_as_asked(tmp_path: Path) -> None:
    label = {"members": ["Ana", "Ben", "Cleo"], "people": 3, "share": 0.25}
    study = make_study(tmp_path, 10, teams={**TEAMS, "label": label}, recheck=0.1)
    with study.reading() as connection:
        query = select(tasks.c.stage, func.count()).group_by(tasks.c.stage)
        counts = {row[0]: row[1] for row in connection.execute(query)}
    assert counts == {"label": 20 + 2 * 5, "verify": 20, "recheck": 2}


@pytest.mark.parametrize(
    ("teams", "said"),
    [
        ({"label": ["A"], "verify": ["B"]}, "three teams are needed"),
        ({"label": ["A"], "verify": ["a"], "recheck": ["C"]}, "everybody is in one of them"),
        ({"label": [], "verify": ["B"], "recheck": ["C"]}, "label needs a list"),
        ({"label": ["A"], "verify": [3], "recheck": ["C"]}, "which is no name"),
        ({"label": {"members": ["A"], "people": 2}, "verify": ["B"], "recheck": ["C"]}, "label.people"),
        ({"label": {"members": ["A"], "share": 2}, "verify": ["B"], "recheck": ["C"]}, "label.share"),
        ({"label": {"members": ["A"], "size": 2}, "verify": ["B"], "recheck": ["C"]}, "unknown field"),
        ("label", "three teams are needed"),
        (None, "three teams are needed"),
    ],
)
def test_teams_that_can_not_be_are_refused(teams: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_teams(teams)


def test_what_the_automatic_inspections_say_is_kept(tmp_path: Path) -> None:
    ad = make_items(tmp_path, 1)[0]
    assert automatic_verdict(ad, "ad") == {"factuality": False, "readability": False}
    from dataclasses import replace

    false = replace(ad, text="Cures cancer, 9 L", inspection={"picture": {"violations": [{"criterion": "space"}]}})
    verdict = automatic_verdict(false, "ad")
    assert verdict["factuality"]
    assert verdict == {"size": False, "shape": False, "space": True, "visual": False, "factuality": True, "readability": False}
    assert automatic_verdict(false, "picture") == {name: name == "space" for name in ("size", "shape", "space", "visual")}


def test_the_command_line_makes_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(4):
        write_ad(an_ad(), tmp_path / "ads", f"u{number}") if number else (tmp_path / "ads").mkdir()
    teams = tmp_path / "teams.yaml"
    teams.write_text("label: [Ana]\nverify: [Ben]\nrecheck: [Cleo]\n")
    out = tmp_path / "study.db"
    make = [
        "review",
        "create",
        "--items",
        f"ours={tmp_path / 'ads'}",
        "--kind",
        "picture",
        "--teams",
        str(teams),
        "--out",
        str(out),
    ]
    assert main(make) == 0
    assert "3 ads of 1 systems" in capsys.readouterr().out
    assert main(["review", "report", str(out), "--html", str(tmp_path / "r.html")]) == 0
    assert "Nothing has been rechecked yet" in capsys.readouterr().out
    assert "<title>Ad review: report</title>" in (tmp_path / "r.html").read_text()
    assert main(["review", "links", str(out)]) == 0
    assert capsys.readouterr().out.count("/in/") == 4
    assert main(make) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert main(["review", "report", str(teams)]) == 2
    assert "no study" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--items", "one", "two", "three"], ["--items", "one", "two", "--items", "three"]])
def test_several_sets_of_items(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        write_ad(an_ad(), tmp_path / name, "u1")
    (tmp_path / "teams.yaml").write_text("label: [Ana]\nverify: [Ben]\nrecheck: [Cleo]\n")
    items = [word if word.startswith("-") else f"{word}={tmp_path / word}" for word in words]
    rest = ["--kind", "picture", "--teams", str(tmp_path / "teams.yaml"), "--out", str(tmp_path / "study.db")]
    assert main(["review", "create", *items, *rest]) == 0
    assert "3 ads of 3 systems" in capsys.readouterr().out


def test_a_team_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """YAML would keep the last of them, and leave out people without a word."""
    path = tmp_path / "teams.yaml"
    path.write_text("label: [Ana]\nlabel: [Ben]\nverify: [Dora]\nrecheck: [Fay]\n")
    with pytest.raises(InputError, match='"label" stands twice; keep one of them'):
        read_teams(path)
