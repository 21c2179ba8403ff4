"""A study worked by hand, and its report."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from studies import TEAMS, key_of, make_study, team, work_off

from uniadgen.cli.main import main
from uniadgen.review.assignment import Verdict, next_task, submit
from uniadgen.review.figures import study_figures
from uniadgen.review.report import report_page
from uniadgen.review.store import Study

# What each person says of the ads of "ours" and "theirs", by number: violated criteria.
LABELS: dict[tuple[str, int], list[str]] = {
    ("ours", 0): [],
    ("ours", 1): ["size"],
    ("ours", 2): [],
    ("ours", 3): ["visual"],
    ("theirs", 0): ["space"],
    ("theirs", 1): ["space"],
    ("theirs", 2): ["factuality", "size"],
    ("theirs", 3): [],
}
VERIFIED = {**LABELS, ("ours", 2): ["shape"], ("ours", 1): []}
RECHECKED = {**VERIFIED, ("theirs", 3): ["readability"]}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = make_study(tmp_path, 4, recheck=1.0)

    def by(table: dict[tuple[str, int], list[str]]) -> Any:
        def judge(person: object, task: Any) -> list[str]:
            system, key = key_of(study, task.item.id)
            return table[system, int(key.removeprefix("ad-"))]

        return judge

    for stage, table in (("label", LABELS), ("verify", VERIFIED), ("recheck", RECHECKED)):
        work_off(study, stage, by(table))
    return study


def test_figures_by_hand(study: Study) -> None:
    figures = study_figures(study)
    assert figures["finished"]
    ours, theirs = figures["systems"]["ours"], figures["systems"]["theirs"]
    # ours: accepted 0 and 1; shape 2; visual 3. theirs: accepted 3 only.
    assert (ours["available"]["count"], ours["available"]["n"]) == (2, 4)
    assert ours["available"]["ci"] == pytest.approx([0.1500, 0.8500], abs=1e-4)
    assert (theirs["available"]["count"], theirs["available_picture"]["count"], theirs["available_text"]["count"]) == (1, 1, 3)
    assert {name: result["count"] for name, result in theirs["rejects"].items()} == {
        "size": 1,
        "shape": 0,
        "space": 2,
        "visual": 0,
        "factuality": 1,
        "readability": 0,
    }
    changed = figures["verification"]
    assert (changed["changed"]["count"], changed["changed"]["n"]) == (2, 8)
    assert changed["criteria"]["shape"] == {"added": 1, "removed": 0}
    assert changed["criteria"]["size"] == {"added": 0, "removed": 1}
    recheck = figures["recheck"]
    assert (recheck["accuracy"]["count"], recheck["accuracy"]["n"]) == (7, 8)
    assert (recheck["verdict"], recheck["certain"]) == ("fails", True)
    assert recheck["below"]["criteria"] == ["readability"]
    assert (recheck["labels"]["count"], recheck["labels"]["n"]) == (5, 8)
    assert recheck["criteria"]["readability"]["count"] == 7
    # label and recheck, eight pairs; readability differs once and is said once: alpha = 1 - 15 * 2 / (2 * 15 * 1) = 0
    assert figures["agreement"]["readability"]["alpha"] == pytest.approx(0.0)
    assert figures["agreement"]["space"]["alpha"] == 1
    assert figures["agreement"]["visual"]["ads"] == 8
    automatic = figures["automatic"]["factuality"]  # the text is fine by the inspection, people reject one
    assert (automatic["agreement"]["count"], automatic["recall"]["count"], automatic["recall"]["n"]) == (7, 0, 1)


def test_a_perfect_recheck_holds_but_is_not_certain(tmp_path: Path) -> None:
    study = make_study(tmp_path, 2, recheck=1.0)
    for stage in ("label", "verify", "recheck"):
        work_off(study, stage, lambda person, task: [])
    recheck = study_figures(study)["recheck"]
    assert (recheck["verdict"], recheck["certain"], recheck["faultless_needed"]) == ("holds", False, 189)
    assert "that takes 189 without a fault" in report_page(study)


def test_a_study_without_verdicts_has_figures_too(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1)
    figures = study_figures(study)
    assert not figures["finished"]
    assert figures["systems"]["ours"]["available"] == {"share": None, "count": 0, "n": 0, "ci": None}
    assert figures["recheck"]["verdict"] == "unknown"
    assert figures["agreement"]["size"]["alpha"] is None
    assert "not finished" in report_page(study)


def test_ads_that_a_whole_team_skipped_are_named(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1, teams={**TEAMS, "label": ["Ana"]})
    (ana,) = team(study, "label")
    task = next_task(study, ana)
    assert task is not None
    submit(study, ana, task.id, Verdict(note="I know it", skipped=True), "skipped-by-ana")
    (entry,) = study_figures(study)["skipped"]
    assert (entry["reasons"], entry["left"], entry["stage"]) == (["I know it"], False, "label")


def test_evaluate_takes_finished_studies_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = Path(__file__).resolve().parents[2] / "data" / "tiny"
    make_study(tmp_path, 1).close()
    command = ["evaluate", "--data", str(data), "--out", str(tmp_path / "eval"), "--study"]
    assert main([*command, str(tmp_path / "study.db")]) == 2
    assert 'argument --study: "Ad review" is not finished' in capsys.readouterr().err
    assert main([*command, str(tmp_path / "gone.db")]) == 2
    assert "argument --study: there is no file" in capsys.readouterr().err
    assert not (tmp_path / "eval").exists()


class Loaded(HTMLParser):
    """Everything that a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [
            value or "" for name, value in attrs if name in ("src", "srcset", "data") or (tag == "link" and name == "href")
        ]


def test_the_report_holds_everything_itself_and_escapes_names(tmp_path: Path) -> None:
    study = make_study(tmp_path, 2, recheck=1.0, title="<script>alert(1)</script>")
    work_off(study, "label", lambda person, task: ["size"])
    work_off(study, "verify", lambda person, task: [])
    page = report_page(study)
    assert "<script" not in page
    parser = Loaded()
    parser.feed(page)
    assert len(parser.addresses) > 4
    assert all(address.startswith("data:") for address in parser.addresses)
    assert page.count("<article>") == 4  # all disagree
    assert study.settings["owner"] not in page
