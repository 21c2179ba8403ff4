"""Who gets what, and that nothing is lost, doubled or overwritten."""

import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError
from studies import TEAMS, all_at_once, make_study, team, work_off

from uniadgen.errors import InputError
from uniadgen.review.assignment import (
    Person,
    Refused,
    Verdict,
    get_task,
    next_task,
    previous_task,
    progress,
    release,
    submit,
)
from uniadgen.review.exchange import reopen
from uniadgen.review.figures import study_figures
from uniadgen.review.report import not_judged_in_words
from uniadgen.review.store import Study, open_study, study_table, tasks, verdicts


def test_a_task_stays_its_holder_s_and_nobody_else_gets_it(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    ana, ben = team(study, "label")
    first, second = next_task(study, ana), next_task(study, ben)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    again = next_task(study, ana)
    assert again is not None
    assert again.id == first.id
    with pytest.raises(Refused):
        get_task(study, ben, first.id)
    with pytest.raises(Refused, match="gone to somebody else"):
        submit(study, ben, first.id, Verdict(), "stolen-by-ben")


def test_a_lease_returns_and_its_late_holder_is_told(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1, lease=60)
    ana, ben = team(study, "label")
    now = time.time()
    mine = next_task(study, ana, now)
    assert mine is not None
    other = next_task(study, ben, now)  # the second of the two ads
    assert other is not None
    submit(study, ben, other.id, Verdict(), "ben-does-his")
    assert next_task(study, ben, now + 59) is None
    taken = next_task(study, ben, now + 61)
    assert taken is not None
    assert taken.id == mine.id
    with pytest.raises(Refused, match="has gone to somebody else"):
        submit(study, ana, mine.id, Verdict(("size",)), "ana-is-late")
    submit(study, ben, mine.id, Verdict(), "ben-does-it")


def test_a_late_verdict_counts_while_nobody_else_has_the_ad(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1, lease=60)
    ana = team(study, "label")[0]
    task = next_task(study, ana, 0.0)
    assert task is not None
    submit(study, ana, task.id, Verdict(), "late-but-mine")
    assert get_task(study, ana, task.id).state == "done"


def test_stages_follow_each_other(tmp_path: Path) -> None:
    study = make_study(tmp_path, 2)
    dora, fay = team(study, "verify")[0], team(study, "recheck")[0]
    assert next_task(study, dora) is None  # nothing is labelled
    blind = next_task(study, fay)
    assert blind is not None
    assert blind.labels == []
    assert blind.view()["labels"] == []
    work_off(study, "label", lambda person, task: ["size"])
    seen = next_task(study, dora)
    assert seen is not None
    assert [label.criteria for label in seen.labels] == [["size"]]
    assert seen.view()["labels"] == [label.id for label in seen.labels]


def test_an_ad_of_several_labels_waits_for_all_of_them(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1, teams={**TEAMS, "label": {"members": ["Ana", "Ben"], "people": 2}})
    ana, ben = team(study, "label")
    dora = team(study, "verify")[0]
    seen = set()
    for number in range(2):
        task = next_task(study, ana)
        assert task is not None
        seen.add(task.item.id)
        submit(study, ana, task.id, Verdict(), f"ana-{number}-xxxx")
    assert len(seen) == 2  # never the same ad twice
    assert next_task(study, ana) is None
    assert next_task(study, dora) is None
    task = next_task(study, ben)
    assert task is not None
    submit(study, ben, task.id, Verdict(("space",)), "ben-0-xxxx")
    next_one = next_task(study, dora)
    assert next_one is not None
    assert [label.criteria for label in next_one.labels] == [[], ["space"]]


def test_a_correction_is_appended_and_ends_when_the_ad_goes_on(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1)
    ana, dora = team(study, "label")[0], team(study, "verify")[0]
    task = next_task(study, ana)
    assert task is not None
    submit(study, ana, task.id, Verdict(("size",), note="too large"), "first-verdict")
    assert previous_task(study, ana) == task.id
    submit(study, ana, task.id, Verdict(), "second-verdict")
    with study.reading() as connection:
        rows = connection.execute(select(verdicts.c.criteria, verdicts.c.note).order_by(verdicts.c.id)).all()
    assert [tuple(row) for row in rows] == [(["size"], "too large"), ([], "")]
    next_one = next_task(study, dora)
    assert next_one is not None
    assert next_one.labels[0].criteria == []
    with pytest.raises(Refused, match="gone on to be verified"):
        submit(study, ana, task.id, Verdict(("size",)), "third-verdict")


def test_a_form_that_is_sent_twice_counts_once(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1)
    ana = team(study, "label")[0]
    task = next_task(study, ana)
    assert task is not None
    for _ in range(2):
        submit(study, ana, task.id, Verdict(), "the-same-form")
    with study.reading() as connection:
        assert connection.execute(select(func.count()).select_from(verdicts)).scalar() == 1


def test_a_skipped_ad_goes_to_somebody_else(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1)
    ana, ben = team(study, "label")
    task = next_task(study, ana)
    assert task is not None
    with pytest.raises(InputError, match="reason"):
        submit(study, ana, task.id, Verdict(skipped=True), "no-reason-given")
    submit(study, ana, task.id, Verdict(note="I know it", skipped=True), "skipped-by-ana")
    other = next_task(study, ana)
    assert other is not None
    assert other.id != task.id
    got = next_task(study, ben)
    assert got is not None
    assert got.id == task.id


def test_a_skipped_ad_does_not_come_back_in_another_place(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1, teams={**TEAMS, "label": {"members": ["Ana", "Ben"], "people": 2}})
    ana = team(study, "label")[0]
    task = next_task(study, ana)
    assert task is not None
    submit(study, ana, task.id, Verdict(note="I know it", skipped=True), "skipped-by-ana")
    other = next_task(study, ana)
    assert other is not None
    assert other.item.id != task.item.id


def test_what_a_whole_team_skipped_keeps_nobody_waiting(tmp_path: Path) -> None:
    study = make_study(tmp_path, 2, recheck=1.0)
    for person in team(study, "label"):
        skip_first(study, person)
    for person in team(study, "recheck"):
        skip_first(study, person)
    for stage in ("label", "verify", "recheck"):
        assert not study_figures(study)["finished"]
        work_off(study, stage, lambda person, task: [])
    figures = study_figures(study)
    assert figures["finished"]
    assert figures["not_judged"] == {"ads": 1, "rechecks": 1}
    assert figures["stages"]["verify"] == {"of": 4, "done": 3}
    assert "not judged, since nobody of the team is left for them: 1 ad and 1 recheck" in not_judged_in_words(figures)
    assert reopen(study) == 2
    assert not study_figures(study)["finished"]


def test_labels_that_are_there_are_verified_where_no_more_can_come(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1, recheck=0, teams={**TEAMS, "label": {"members": ["Ana", "Ben"], "people": 2}})
    ana, ben = team(study, "label")
    skipped = skip_first(study, ana)
    work_off(study, "label", lambda person, task: [])
    work_off(study, "verify", lambda person, task: task.labels[0].criteria)
    figures = study_figures(study)
    assert figures["finished"]
    assert figures["not_judged"] == {"ads": 0, "rechecks": 0}
    assert figures["stages"] == {
        "label": {"of": 4, "done": 3},
        "verify": {"of": 2, "done": 2},
        "recheck": {"of": 0, "done": 0},
    }
    with study.reading() as connection:
        done = select(tasks.c.person_id).where(tasks.c.item_id == skipped, tasks.c.stage == "label", tasks.c.state == "done")
        assert connection.execute(done).scalars().all() == [ben.id]


def skip_first(study: Study, person: Person) -> int:
    """Somebody skips the first ad of all; its number."""
    task = next_task(study, person)
    while task is not None and task.item.position != 1:
        submit(study, person, task.id, Verdict(), f"{task.id}-{person.id}-first")
        task = next_task(study, person)
    assert task is not None
    submit(study, person, task.id, Verdict(note="I know it", skipped=True), f"{task.id}-{person.id}-skip")
    return int(task.item.id)


def test_what_is_released_is_free(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1)
    ana, ben = team(study, "label")
    task = next_task(study, ana)
    assert task is not None
    release(study, ana)
    got = next_task(study, ben)
    assert got is not None
    assert got.id == task.id
    assert progress(study, ana).taken == 1


def test_many_at_once_never_share_a_task(tmp_path: Path) -> None:
    names = [f"P{number}" for number in range(8)]
    study = make_study(tmp_path, 20, teams={**TEAMS, "label": {"members": names, "people": 2}}, recheck=0)
    seen: list[tuple[int, int, int]] = []

    def work(person: Person) -> None:
        same_study = open_study(str(tmp_path / "study.db"))
        while (task := next_task(same_study, person)) is not None:
            submit(same_study, person, task.id, Verdict(), f"{person.id}-{task.id}-once")
            seen.append((task.id, task.item.id, person.id))

    all_at_once(work, team(study, "label"))
    assert len(seen) == len({task for task, _, _ in seen}) == 80
    assert len({(item, person) for _, item, person in seen}) == 80  # nobody labelled an ad twice
    assert len({person for _, _, person in seen}) > 1


def test_the_store_refuses_to_change_or_delete_a_verdict(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1)
    work_off(study, "label", lambda person, task: [])
    for statement in (update(verdicts).values(note="x"), delete(verdicts)):
        with pytest.raises(DBAPIError, match="only appended"), study.writing() as connection:
            connection.execute(statement)


def test_a_batch_that_goes_back_is_judged_anew_by_others_first(tmp_path: Path) -> None:
    study = make_study(tmp_path, 4)
    for stage in ("label", "verify"):
        work_off(study, stage, lambda person, task: [])
    with pytest.raises(InputError, match="not finished"):
        reopen(study)
    work_off(study, "recheck", lambda person, task: [])
    ana, _ = team(study, "label")
    with study.reading() as connection:
        mine = set(connection.execute(select(tasks.c.item_id).where(tasks.c.person_id == ana.id)).scalars())
    assert reopen(study) == 2
    assert progress(study, ana).done == 0
    task = next_task(study, ana)
    assert task is not None
    assert task.item.id not in mine


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict(("colour",)), "is no criterion"),
        (Verdict(("size", "size")), "each criterion once"),
        (Verdict(("size",), ({"criterion": "size", "box": [0, 0, 2, 1]},)), "fractions"),
        (Verdict(("size",), ({"criterion": "size", "box": [0.5, 0, 0.4, 1]},)), "fractions"),
        (Verdict(("size",), ({"criterion": "size", "box": [0, 0, float("nan"), 1]},)), "fractions"),
        (Verdict(("size",), ({"criterion": "space", "box": [0, 0, 1, 1]},)), "one of the criteria that are violated"),
        (Verdict((), (), "x" * 2001), "a note of at most"),
    ],
)
def test_verdicts_that_are_none_are_refused(tmp_path: Path, verdict: Verdict, said: str) -> None:
    study = make_study(tmp_path, 1)
    ana = team(study, "label")[0]
    task = next_task(study, ana)
    assert task is not None
    with pytest.raises(InputError, match=said):
        submit(study, ana, task.id, verdict, "no-verdict-at-all")


def test_what_is_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        open_study(str(tmp_path / "gone.db"))
    with pytest.raises(InputError, match="there is no file"):
        open_study(f"sqlite:///{tmp_path / 'gone.db'}")
    assert not (tmp_path / "gone.db").exists()
    (tmp_path / "text.db").write_text("this is no database, however long it is " * 40)
    with pytest.raises(InputError, match="no study, or a damaged one"):
        open_study(str(tmp_path / "text.db"))
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE study (x)")
    other.commit()
    other.close()
    with pytest.raises(InputError, match="but no study"):
        open_study(str(tmp_path / "other.db"))
    (tmp_path / "empty.db").touch()
    with pytest.raises(InputError, match="but no study"):
        open_study(str(tmp_path / "empty.db"))
    for url in ("nonsense://x", "postgresql:/", "://"):
        with pytest.raises(InputError):
            open_study(url)
    study = make_study(tmp_path, 1)
    with study.writing() as connection:
        connection.execute(update(study_table).values(format=99))
    study.close()
    with pytest.raises(InputError, match="a study of format 99"):
        open_study(str(tmp_path / "study.db"))


def test_a_password_is_not_in_the_message() -> None:
    with pytest.raises(InputError) as caught:
        open_study("postgresql+nothing://u:geheim@127.0.0.1:1/x")
    assert "geheim" not in str(caught.value)
