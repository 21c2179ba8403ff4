import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from uniadgen.errors import InputError
from uniadgen.studio.project import Point, Project, Spec, joined_text
from uniadgen.studio.store import StudioStore


def test_undo_and_redo_go_through_every_state(tmp_path: Path) -> None:
    store = StudioStore(tmp_path / "s.db")
    number = store.new_project()
    states = [Project()]
    for point in ("a", "b", "c"):
        states.append(states[-1].with_points(point))
        store.save(number, states[-1])
    for state in states[-2::-1]:
        store.step(number, -1)
        assert store.project(number) == state
    assert store.steps(number) == (False, True)
    store.step(number, -1)  # nothing before the beginning
    store.step(number, 1)
    assert store.project(number) == states[1]
    store.save(number, states[1].with_points("z"))  # what had been undone is gone
    assert store.steps(number) == (True, False)


def test_keystrokes_are_one_step(tmp_path: Path) -> None:
    store = StudioStore(None)
    number = store.new_project()
    for text in ("K", "Ke", "Kettle"):
        store.save(number, replace(store.project(number), description=text), amend=True)
    assert store.project(number).description == "Kettle"
    store.step(number, -1)
    assert store.project(number).description == ""
    assert store.steps(number) == (False, True)


def test_typing_after_an_undo_leaves_nothing_to_redo() -> None:
    store = StudioStore(None)
    number = store.new_project()
    store.save(number, replace(store.project(number), description="Kettle"), amend=True)
    store.save(number, store.project(number).with_points("Quiet"))
    store.step(number, -1)
    store.save(number, replace(store.project(number), description="Kettle of steel"), amend=True)
    assert store.steps(number) == (True, False)
    store.step(number, 1)
    assert store.project(number).description == "Kettle of steel"


def test_typing_into_another_field_is_another_step() -> None:
    store = StudioStore(None)
    number = store.new_project()
    store.save(number, Project(clicks=(("a", ""), ("a", ""))))
    for texts in ({0: "R"}, {0: "Red"}, {1: "B"}, {1: "Blue"}):
        store.save(number, store.project(number).with_typed(None, texts), amend=True)
    assert [text for _, text in store.project(number).clicks] == ["Red", "Blue"]
    store.step(number, -1)
    assert [text for _, text in store.project(number).clicks] == ["Red", ""]
    store.step(number, -1)
    assert [text for _, text in store.project(number).clicks] == ["", ""]
    assert Project().typed_into(Project(description="x", seed=1)) is None
    assert Project().typed_into(Project()) is None


def test_a_killed_studio_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom uniadgen.studio.store import StudioStore\n"
        "store = StudioStore(Path(sys.argv[1]))\nnumber = store.new_project()\n"
        "store.save(number, store.project(number).with_points('Quiet'))\nstore.put(b'picture')\nos.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "s.db"
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    store = StudioStore(path)
    ((_, project),) = store.projects()
    assert project.points == (Point("Quiet"),)


def test_variants_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = StudioStore(path)
    spec = Spec("p", "kettle", ("a", "b"), (("c", "text"),), (0.1, 0.2, 0.5, 0.9), 7, 0.6)
    number = store.add_variant(store.new_project(), spec, replace(spec, seed=8))
    store.close()
    store = StudioStore(path)
    variant = store.variant(number)
    assert (variant.picture, variant.text.seed, variant.status) == (spec, 8, "waiting")
    assert [waiting.id for waiting in store.waiting()] == [number]
    store.finish(number, {"text": "x"}, None)
    assert store.waiting() == []
    with pytest.raises(KeyError):
        store.variant(99)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all " * 99)
    (tmp_path / "short.db").write_text("a note")
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE x (y)")
    other.close()
    StudioStore(tmp_path / "newer.db").close()
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version=9")
    newer.close()
    for name, said in (
        ("text", "can't be used"),
        ("short", "can't be used"),
        ("other", "another program's"),
        ("newer", "format 9"),
    ):
        with pytest.raises(InputError, match=said):
            StudioStore(tmp_path / f"{name}.db")
    assert (tmp_path / "short.db").read_text() == "a note"
    (tmp_path / "empty.db").touch()
    StudioStore(tmp_path / "empty.db").close()
    with pytest.raises(InputError, match="can't be used"):
        StudioStore(tmp_path / "no" / "such" / "folder.db")


def test_points_are_pasted_as_lists() -> None:
    project = Project().with_points("Quiet, 1,200 W, Steel kettle (red, blue)")
    assert project.usable == ("Quiet", "1,200 W", "Steel kettle (red, blue)")
    project = project.with_points("- Quiet\n* New, with commas\n\n")
    assert project.usable[3:] == ("New, with commas",)
    assert project.with_point(0, "toggle").usable == project.usable[1:]
    assert project.with_point(1, "left").usable[0] == "1,200 W"
    assert project.with_point(9, "remove") == project
    with pytest.raises(InputError, match="At most"):
        project.with_points("x" * 2000)


def test_only_what_the_points_say_can_be_put_together() -> None:
    points = ["Quiet", "1.7 L", "Steel kettle"]
    assert joined_text(["Steel kettle", "Quiet"], " | ", points) == "Steel kettle | Quiet"
    with pytest.raises(InputError, match="own selling points"):
        joined_text(["Best kettle of the world"], ", ", points)
    with pytest.raises(InputError, match="own selling points"):
        joined_text(["Quiet"], " and the best: ", points)
    with pytest.raises(InputError, match="at least one"):
        joined_text([], ", ", points)
    with pytest.raises(InputError, match=r"can't be used \(factuality\)"):
        joined_text(["Cures cancer"], ", ", ["Cures cancer"])
