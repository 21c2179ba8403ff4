"""Titles into selling points, tasks made of them, and a small run of benchmarks/titles.py."""

import json
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from benchmark_modules import load_benchmark
from uniadgen.errors import InputError
from uniadgen.words import clean_text

LINES = [
    "Velmora\tVelmora Cordless Kettle - For Home, Office",
    "\tTorkel TK-200 Analog Watch - For Men",
    "Oakley Home\tOakley Home Solid Cotton Towel Pack of 6",
    "Red\tLumo Printed Women's T-Shirt (Red)",
]


@pytest.fixture(scope="module")
def titles() -> ModuleType:
    return load_benchmark("titles")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "titles.tsv"
    path.write_text("\n".join(["brand\ttitle", *LINES]) + "\n")
    return path


@pytest.mark.parametrize(
    ("title", "brand", "points"),
    [
        ("Velmora Cordless Kettle - For Home, Office", "Velmora", ["Velmora", "Cordless Kettle", "For Home", "Office"]),
        ("VELMORA Kettle", "Velmora", ["VELMORA", "Kettle"]),
        ("Torkel TK-200 Watch", "", ["Torkel", "TK-200 Watch"]),
        ("Status Push-Up Bra", "Black", ["Status", "Push-Up Bra"]),  # the brand is another column's value
        ("Oakley Home Towel", "Oak", ["Oakley", "Home Towel"]),  # not the beginning of a word
        ("Oak Cotton Towel Pack of 6", "Oak", ["Oak", "Cotton Towel", "Pack of 6"]),
        ("Oak Pack of 6", "Oak", ["Oak", "Pack of 6"]),
        ("Oak Cream With Honey", "Oak", ["Oak", "Cream", "With Honey"]),
        ("HP 15-ac (Notebook) (Core i3 (5th Gen)/ 4GB)", "HP", ["HP", "15-ac", "Notebook", "Core i3", "5th Gen", "4GB"]),
        ("Oak Tall Lamp | Black; Steel [New]", "Oak", ["Oak", "Tall Lamp", "Black", "Steel", "New"]),
        (
            "Oak Geometric Design Yellow Diamond Ring Box Set",
            "Oak",
            ["Oak", "Geometric Design Yellow", "Diamond Ring Box", "Set"],
        ),
        ("Oak Solid Red Cotton Towel", "Oak", ["Oak", "Solid Red", "Cotton Towel"]),
        ("Oak Showpiece - 20 cm", "Oak", ["Oak", "Showpiece", "20 cm"]),
        ("Oak Blue, Blue, blue", "Oak", ["Oak", "Blue"]),
        ("Oak K\ufffdttle , \ufffd", "Oak", ["Oak", "K", "ttle"]),
        ("Kettle", "", ["Kettle"]),
        ("- , ()", "", []),
        ("", "", []),
    ],
)
def test_split(titles: ModuleType, title: str, brand: str, points: list[str]) -> None:
    assert titles.split_title(title, brand) == points


def test_pieces_are_short_and_all_from_the_title(titles: ModuleType) -> None:
    for line in LINES:
        brand, title = line.split("\t")
        points = titles.split_title(title, brand)
        assert all(point in title and len(point.split()) <= 3 for point in points)


def test_a_file_with_broken_bytes(titles: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "broken.tsv"
    path.write_bytes(b"Brand\tTitle\nOak\tOak Caf\xe9 Table\nnothing\n\t \n\tElm Chair Red\n")
    assert titles.read_titles(path) == [("Oak Caf\ufffd Table", "Oak"), ("Elm Chair Red", "")]
    for wrong in (b"", b"name\tprice\nx\ty\n"):
        path.write_bytes(wrong)
        with pytest.raises(InputError):
            titles.read_titles(path)


def test_tasks(titles: ModuleType, file: Path) -> None:
    tasks = titles.make_tasks(titles.read_titles(file), 4, 0)
    assert tasks == titles.make_tasks(titles.read_titles(file), 4, 0)
    assert tasks != titles.make_tasks(titles.read_titles(file), 4, 1)
    assert len(tasks) == 4
    for task in tasks:
        foreign = [point for point in task.given if point not in task.points]
        assert Counter(task.given) == Counter([*task.points, *foreign])
        assert 2 <= len(foreign) <= 4
        assert len(task.clicked) == 10
        words = set(re.findall(r"\w+", task.title.casefold()))
        assert not words & set(re.findall(r"\w+", " ".join(foreign).casefold()))


def test_judging(titles: ModuleType) -> None:
    task = titles.Task("Oak Steel Kettle", ["Oak", "Steel Kettle"], ["Elm", "Steel Kettle", "Oak"], "plain", ["Elm Chair"])
    fine, bad = titles.judge(task, "Oak, Steel Kettle"), titles.judge(task, "Elm Kettle Kettle Cheap")
    assert (fine.invented, fine.correct, fine.foreign, fine.violations) == ([], 2, 0, [])
    assert (bad.invented, bad.correct, bad.foreign) == (["Cheap", "Kettle"], 0, 1)
    assert fine.brand
    assert not bad.brand
    assert not bad.meets("factuality")
    report = titles.report([fine, bad], 1)
    assert "50.0%  1 of 2" in report
    assert report.count("\ntitle  ") == 1


def test_a_run(titles: ModuleType, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    titles.main([str(file), "--count", "2", "--show", "1", "--out", str(out)])
    report = capsys.readouterr().out
    assert report.startswith("2 titles, seed 0")
    assert "every word given, as often   100.0%  2 of 2" in report
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(written) == 2
    assert all(clean_text(one["text"]) and one["task"]["title"] in file.read_text() for one in written)


@pytest.mark.parametrize("wrong", [["nowhere.tsv"], ["--count", "0"], ["--model", "nowhere"]])
def test_bad_arguments(titles: ModuleType, file: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = wrong if wrong[0].endswith(".tsv") else [str(file), *wrong]
    with pytest.raises(SystemExit, match="2"):
        titles.main(arguments)
    assert "error: " in capsys.readouterr().err
