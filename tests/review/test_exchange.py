import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from studies import make_study, team, work_off

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.review.assignment import Verdict, next_task, submit
from uniadgen.review.exchange import export_label_studio, export_lines, import_label_studio, import_lines
from uniadgen.review.figures import study_figures
from uniadgen.review.store import Study, open_study


def worked_copy(tmp_path: Path) -> tuple[Study, Study]:
    """A study without verdicts, and a copy of it that people have worked on."""
    study = make_study(tmp_path, 3, recheck=0.5)
    study.close()
    shutil.copy(tmp_path / "study.db", tmp_path / "copy.db")
    copy = open_study(str(tmp_path / "copy.db"))
    ana = team(copy, "label")[0]
    task = next_task(copy, ana)
    assert task is not None
    box = {"criterion": "space", "box": [0.1, 0.2, 0.5, 0.75]}
    submit(copy, ana, task.id, Verdict(("space",), (box,), "it floats"), "with-a-box", seconds=3.5)
    work_off(copy, "label", lambda person, task: ["size"] if task.item.position % 3 == 0 else [])
    work_off(copy, "verify", lambda person, task: task.labels[0].criteria)
    work_off(copy, "recheck", lambda person, task: [])
    return open_study(str(tmp_path / "study.db")), copy


def comparable(study: Study) -> dict[str, Any]:
    return {name: value for name, value in study_figures(study).items() if name != "people"}


def test_lines_make_the_same_study_elsewhere(tmp_path: Path) -> None:
    study, copy = worked_copy(tmp_path)
    lines = [json.dumps(record) for record in export_lines(copy)]
    assert import_lines(study, lines) == (len(lines), 0)
    assert comparable(study) == comparable(copy)
    assert import_lines(study, lines) == (0, len(lines))  # nothing is doubled
    first = next(record for record in export_lines(study) if record["submission"] == "with-a-box")
    assert (first["boxes"][0]["box"], first["note"], first["seconds"]) == ([0.1, 0.2, 0.5, 0.75], "it floats", 3.5)
    assert not any("token" in line or study.settings["owner"] in line for line in lines)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"person": "Zoe"}, "is not in the team"),
        ({"person": "Dora"}, "is not in the team"),
        ({"ad": "ad-999"}, "the study has no ad"),
        ({"criteria": ["colour"]}, "is no criterion"),
        ({"round": "1"}, "it is no verdict"),
        ({"round": 10**30}, "it is no verdict"),
        ({"criteria": ["space"], "boxes": [{"criterion": "space", "box": [0, 0, 10**400, 1]}]}, "a box is"),
        ({"criteria": ["space"], "boxes": [{"criterion": "space", "box": [0, 0, float("nan"), 1]}]}, "a box is"),
        ({"action": "liked"}, "it is no verdict"),
        ({"submission": "x"}, "it is no verdict"),
        ({"round": 7}, "has no free label task"),
    ],
)
def test_lines_of_another_study_are_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    study, copy = worked_copy(tmp_path)
    record = next(record for record in export_lines(copy) if record["stage"] == "label")
    with pytest.raises(InputError, match=f"import, line 1: .*{said}"):
        import_lines(study, [json.dumps({**record, **change})])
    with pytest.raises(InputError, match="line 2"):
        import_lines(study, ["", "not json"])
    assert list(export_lines(study)) == []


@pytest.mark.parametrize("seconds", [10**400, float("inf"), float("nan"), -1, "3", None])
def test_a_time_that_is_no_time_is_left_out(tmp_path: Path, seconds: Any) -> None:
    study, copy = worked_copy(tmp_path)
    record = next(record for record in export_lines(copy) if record["stage"] == "label")
    assert import_lines(study, [json.dumps({**record, "seconds": seconds})]) == (1, 0)
    assert next(iter(export_lines(study)))["seconds"] is None


def test_what_others_have_done_is_not_replaced(tmp_path: Path) -> None:
    study, copy = worked_copy(tmp_path)
    work_off(study, "label", lambda person, task: [])
    record = next(record for record in export_lines(copy) if record["stage"] == "label")
    mine = next(entry for entry in export_lines(study) if (entry["system"], entry["ad"]) == (record["system"], record["ad"]))
    other = "Ben" if mine["person"] == "Ana" else "Ana"
    with pytest.raises(InputError, match="others have done it"):
        import_lines(study, [json.dumps({**record, "person": other, "submission": "another-one"})])


def test_label_studio_there_and_back(tmp_path: Path) -> None:
    study, copy = worked_copy(tmp_path)
    for stage in ("label", "verify", "recheck"):
        count = export_label_studio(copy, stage, tmp_path / stage)
        tasks = json.loads((tmp_path / stage / "tasks.json").read_text())
        assert len(tasks) == count == (3 if stage == "recheck" else 6)
        for task in tasks:
            assert (tmp_path / stage / task["data"]["image"].partition("?d=")[2]).is_file()
        for result in (entry for task in tasks for note in task["annotations"] for entry in note["result"]):
            if result["type"] == "rectanglelabels":
                value = result["value"]
                assert [value[name] for name in ("x", "y", "width", "height")] == pytest.approx([10, 20, 40, 55])
        new, repeated = import_label_studio(study, tasks, {})
        assert (new, repeated) == (count, 0)
        assert import_label_studio(study, tasks, {}) == (0, count)
    assert comparable(study) == comparable(copy)
    config = (tmp_path / "label" / "labeling.xml").read_text()
    import xml.etree.ElementTree as tree

    assert {node.get("value") for node in tree.fromstring(config).iter("Choice")} == set(study_figures(study)["criteria"])


def far_box(task: dict[str, Any]) -> dict[str, Any]:
    value = {"x": 10**400, "y": 0, "width": 1, "height": 1, "rectanglelabels": ["space"]}
    return {**task, "annotations": [{"result": [{"type": "rectanglelabels", "value": value}]}]}


def test_people_of_label_studio_are_named(tmp_path: Path) -> None:
    study, copy = worked_copy(tmp_path)
    export_label_studio(copy, "recheck", tmp_path / "out")
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
    for task in tasks:
        task["annotations"] = [{**note, "id": task["id"], "completed_by": 7, "unique_id": None} for note in task["annotations"]]
        task["annotations"].append({"was_cancelled": True, "result": []})
    with pytest.raises(InputError, match='"7" is not in the team'):
        import_label_studio(study, tasks, {})
    assert import_label_studio(study, tasks, {"7": "Fay"}) == (3, 0)
    bad: Any
    far = {**tasks[0], "data": {**tasks[0]["data"], "item": 10**30}}
    for bad in ({}, [{}], [{"data": {}, "annotations": []}], [3], [far], [far_box(tasks[0])]):
        with pytest.raises(InputError):
            import_label_studio(study, bad, {})


def test_by_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, copy = worked_copy(tmp_path)
    copy.close()
    out = str(tmp_path / "verdicts.jsonl")
    assert main(["review", "export", str(tmp_path / "copy.db"), "--out", out]) == 0
    assert main(["review", "import", str(tmp_path / "study.db"), out]) == 0
    assert "15 verdicts appended, 0 were there" in capsys.readouterr().out
    assert main(["review", "export", str(tmp_path / "study.db"), "--format", "label-studio"]) == 2
    assert main(["review", "import", str(tmp_path / "study.db"), str(tmp_path / "gone")]) == 2
    assert main(["review", "reopen", str(tmp_path / "study.db")]) == 0
    assert "round 2" in capsys.readouterr().out
