"""Who gets which task, and what a verdict leads to.

An ad goes through three stages: it is labelled, when all its labels are there it is verified by somebody who sees them, and
some ads are rechecked by a third team that sees neither. A task that somebody has taken is theirs for the time of a lease;
then it returns. The database's own constraints keep two people from one task and one person from an ad in two stages.
"""

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from uniadgen.errors import InputError
from uniadgen.review.criteria import GUIDELINE, criteria_of
from uniadgen.review.store import Study, items, now, people, tasks, verdicts
from uniadgen.review.teams import Stage
from uniadgen.words import clean_text

MAX_NOTE, MAX_BOXES = 2000, 40
SKIPPED_BECAUSE = ("The picture can't be seen", "I know this ad or its maker", "I can't judge this product", "Something else")


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    team: Stage


@dataclass(frozen=True)
class Verdict:
    """What somebody says of an ad. criteria: violated; none: it is accepted. boxes: {"criterion", "box"}, fractions of the
    picture. skipped: it is not judged, note says why."""

    criteria: tuple[str, ...] = ()
    boxes: tuple[dict[str, Any], ...] = ()
    note: str = ""
    skipped: bool = False


@dataclass(frozen=True)
class Task:
    """A task with all that is shown for it. labels: of the stage before, for those who verify, oldest first. verdict: what the
    same person has said of it before."""

    id: int
    stage: Stage
    state: str
    item: Any  # a row of items
    lease_until: float | None
    labels: list[Any] = field(default_factory=list)  # rows of verdicts
    verdict: Any = None

    def view(self) -> dict[str, Any]:
        """What was in front of the person, for the record."""
        item = self.item
        return {
            "guideline": GUIDELINE,
            "picture": item.picture,
            "text": item.text,
            "cutout": item.cutout,
            "labels": [label.id for label in self.labels],
        }


class Refused(InputError):
    """Not this task for this person, or not any more. The message is for the person."""


def person_of(study: Study, token: str) -> Person | None:
    """Whose personal link this is; None for nobody's."""
    with study.reading() as connection:
        row = connection.execute(select(people).where(people.c.token == token)).first()
    return None if row is None else Person(row.id, row.name, row.team)


def next_task(study: Study, person: Person, clock: float | None = None) -> Task | None:
    """The person's task: the one taken before, if the lease lasts, or the next open one of the team, taken now.

    None when there is nothing to do for this person, now or at all. clock: seconds since 1970.
    """
    clock = time.time() if clock is None else clock
    until = clock + study.settings["lease"]
    for _ in range(1000):  # each time somebody else was faster
        with study.writing() as connection:
            mine = and_(tasks.c.state == "open", tasks.c.person_id == person.id, tasks.c.lease_until > clock)
            result = connection.execute(select(tasks.c.id).where(mine, tasks.c.stage == person.team).limit(1)).scalar()
            if result is None:
                result = connection.execute(_open_tasks(person, clock)).scalar()
                if result is None:
                    return None
            free = or_(tasks.c.person_id.is_(None), tasks.c.lease_until <= clock, tasks.c.person_id == person.id)
            take = update(tasks).where(tasks.c.id == result, tasks.c.state == "open", free)
            try:
                with connection.begin_nested():
                    taken = connection.execute(take.values(person_id=person.id, lease_until=until)).rowcount
            except IntegrityError:  # the same person took another task of this ad meanwhile, in a second window
                continue
            if taken:
                return _task(connection, result, person)
    return None


def _open_tasks(person: Person, clock: float) -> Any:
    """The next task for a person: open, nobody's or its lease over, of an ad that the person has not seen in this round."""
    other, said = tasks.alias(), verdicts.alias()
    seen = exists().where(
        other.c.item_id == tasks.c.item_id,
        other.c.round == tasks.c.round,
        other.c.id != tasks.c.id,
        other.c.person_id == person.id,
    )
    # whoever has skipped an ad is not offered it once more in the place of another person
    skipped = exists().where(
        said.c.task_id == other.c.id,
        other.c.item_id == tasks.c.item_id,
        other.c.round == tasks.c.round,
        said.c.person_id == person.id,
    )
    earlier = exists().where(other.c.item_id == tasks.c.item_id, other.c.stage == tasks.c.stage, other.c.person_id == person.id)
    return (
        select(tasks.c.id)
        .join(items, items.c.id == tasks.c.item_id)
        .where(tasks.c.stage == person.team, tasks.c.state == "open", ~seen, ~skipped)
        .where(or_(tasks.c.person_id.is_(None), tasks.c.lease_until <= clock))
        .order_by(earlier, items.c.position, tasks.c.slot)  # of a batch that came back, first what others had labelled
        .limit(1)
    )


def get_task(study: Study, person: Person, task_id: int) -> Task:
    """A task that the person has or has done. Raises Refused for others'."""
    with study.reading() as connection:
        row = connection.execute(select(tasks.c.person_id).where(tasks.c.id == task_id)).first()
        if row is None or row.person_id != person.id:
            raise Refused(
                "This ad is not yours, or no longer: it may have gone to somebody else when your time for it was over."
            )
        return _task(connection, task_id, person)


def previous_task(study: Study, person: Person, before: int | None = None) -> int | None:
    """The task that the person did last, or last before another one."""
    latest = select(verdicts.c.task_id, func.max(verdicts.c.id).label("last")).where(verdicts.c.person_id == person.id)
    done = latest.join(tasks, tasks.c.id == verdicts.c.task_id).where(tasks.c.state == "done", tasks.c.person_id == person.id)
    with study.reading() as connection:
        rows = connection.execute(done.group_by(verdicts.c.task_id).order_by(func.max(verdicts.c.id).desc())).all()
    numbers = [row.task_id for row in rows]
    if before in numbers:
        numbers = numbers[numbers.index(before) + 1 :]
    return numbers[0] if numbers else None


def _task(connection: Connection, task_id: int, person: Person) -> Task:
    row = connection.execute(select(tasks).where(tasks.c.id == task_id)).one()
    item = connection.execute(select(items).where(items.c.id == row.item_id)).one()
    labels = []
    if row.stage == "verify":
        labels = final_verdicts(connection, item_id=row.item_id, round=row.round, stage="label")
    said = final_verdicts(connection, task_id=task_id)
    last_verdict = said[0] if said and said[0].person_id == person.id else None
    return Task(row.id, row.stage, row.state, item, row.lease_until, labels, last_verdict)


def final_verdicts(connection: Connection, **where: Any) -> list[Any]:
    """The last verdict of each finished task that matches, with the task's item, round and stage, in the order of tasks."""
    last = (
        select(func.max(verdicts.c.id).label("id")).where(verdicts.c.action == "judged").group_by(verdicts.c.task_id).subquery()
    )
    query = (
        select(verdicts, tasks.c.item_id, tasks.c.round, tasks.c.stage, tasks.c.slot)
        .join(last, last.c.id == verdicts.c.id)
        .join(tasks, tasks.c.id == verdicts.c.task_id)
        .where(tasks.c.state == "done")
        .order_by(tasks.c.item_id, tasks.c.id)
    )
    for name, value in where.items():
        query = query.where((verdicts.c.task_id if name == "task_id" else tasks.c[name]) == value)
    return list(connection.execute(query).all())


def submit(
    study: Study,
    person: Person,
    task_id: int,
    verdict: Verdict,
    submission: str,
    *,
    seconds: float | None = None,
    at: str | None = None,
) -> None:
    """Append a verdict, and open what follows from it. Once this returns it is on the disk.

    submission: a name of the form, chosen anew for each; sent again, as after a broken connection, it counts once. A verdict on
    a task that the person has done already corrects the one before, which stays in the store; a label can be corrected until
    somebody has taken the ad to verify it. Raises Refused, and InputError for a verdict that is none.
    """
    check_verdict(study, verdict)
    try:
        _append(study, person, task_id, verdict, submission, seconds, at)
    except IntegrityError:  # the same form came twice at once, and the other one was faster
        with study.reading() as connection:
            if connection.execute(select(verdicts.c.id).where(verdicts.c.submission == submission)).first() is None:
                raise


def _append(
    study: Study, person: Person, task_id: int, verdict: Verdict, submission: str, seconds: float | None, at: str | None
) -> None:
    with study.writing() as connection:
        if connection.execute(select(verdicts.c.id).where(verdicts.c.submission == submission)).first():
            return
        row = connection.execute(select(tasks).where(tasks.c.id == task_id)).first()
        if row is None or row.stage != person.team:
            raise Refused("This ad is not yours.")
        # one at a time for each ad, also where other transactions run beside this one
        connection.execute(select(items.c.id).where(items.c.id == row.item_id).with_for_update())
        row = connection.execute(select(tasks).where(tasks.c.id == task_id)).one()
        if row.person_id != person.id:
            raise Refused("Your time for this ad was over, and it has gone to somebody else. Your verdict is not counted.")
        if row.state == "done" and verdict.skipped:
            raise Refused("You have judged this ad; it can be judged anew, but not skipped.")
        if row.state == "done" and row.stage == "label" and _is_verified(connection, row):
            raise Refused("This ad has gone on to be verified, so your label stands.")
        task = _task(connection, task_id, person)
        connection.execute(
            insert(verdicts),
            {
                "submission": submission,
                "task_id": task_id,
                "person_id": person.id,
                "action": "skipped" if verdict.skipped else "judged",
                "criteria": list(verdict.criteria),
                "boxes": list(verdict.boxes),
                "note": verdict.note,
                "shown": task.view(),
                "seconds": seconds,
                "at": at or now(),
            },
        )
        done = update(tasks).where(tasks.c.id == task_id)
        if verdict.skipped:
            connection.execute(done.values(person_id=None, lease_until=None))
        else:
            connection.execute(done.values(state="done", lease_until=None))
        if row.stage == "label":
            beside = and_(tasks.c.item_id == row.item_id, tasks.c.round == row.round)
            labels = select(tasks.c.id, tasks.c.state).where(beside, tasks.c.stage == "label")
            states: dict[int, str] = {label.id: label.state for label in connection.execute(labels)}
            missing = {number for number, state in states.items() if state != "done"}
            # a label that nobody of the team is left for does not keep those that are there from being verified
            if len(missing) < len(states) and missing <= left_over(connection, row.round, row.item_id).keys():
                follows = update(tasks).where(beside, tasks.c.stage == "verify", tasks.c.state == "waiting")
                connection.execute(follows.values(state="open"))


def left_over(connection: Connection, round: int, item: int | None = None) -> dict[int, str]:
    """Tasks that are not done and that nobody is left for, with their stages: everybody of the team has skipped the ad, or
    judges it in another place; and verifications of ads of which no label will come. item: of this ad alone."""
    query = select(tasks.c.id, tasks.c.item_id, tasks.c.stage, tasks.c.state, tasks.c.person_id).where(tasks.c.round == round)
    skips = (
        select(tasks.c.item_id, verdicts.c.person_id)
        .join(verdicts, verdicts.c.task_id == tasks.c.id)
        .where(verdicts.c.action == "skipped", tasks.c.round == round)
    )
    if item is not None:
        query, skips = query.where(tasks.c.item_id == item), skips.where(tasks.c.item_id == item)
    rows = connection.execute(query).all()
    skipped, taken = defaultdict(set), defaultdict(set)
    for skip in connection.execute(skips):
        skipped[skip.item_id].add(skip.person_id)
    if not skipped:
        return {}
    for row in rows:
        if row.person_id is not None:
            taken[row.item_id].add(row.person_id)
    teams = defaultdict(set)
    for member in connection.execute(select(people.c.id, people.c.team)):
        teams[member.team].add(member.id)
    open_rows = [row for row in rows if row.state == "open" and row.item_id in skipped]
    result: dict[int, str] = {
        row.id: row.stage
        for row in open_rows
        if teams[row.stage] <= skipped[row.item_id] | (taken[row.item_id] - {row.person_id})
    }
    coming = {row.item_id for row in rows if row.stage == "label" and row.state != "done" and row.id not in result}
    waiting = [row for row in rows if row.state == "waiting" and row.item_id in skipped and row.item_id not in coming]
    return result | {row.id: row.stage for row in waiting}


def _is_verified(connection: Connection, row: Any) -> bool:
    """Whether somebody is verifying an ad, or has. A lease that is over counts too: its holder may still answer."""
    taken = select(tasks.c.id).where(
        tasks.c.item_id == row.item_id, tasks.c.round == row.round, tasks.c.stage == "verify", tasks.c.person_id.is_not(None)
    )
    return connection.execute(taken).first() is not None


def release(study: Study, person: Person) -> None:
    """Give back what the person has taken and not judged, as when they leave."""
    with study.writing() as connection:
        mine = update(tasks).where(tasks.c.state == "open", tasks.c.person_id == person.id)
        connection.execute(mine.values(person_id=None, lease_until=None))


def check_verdict(study: Study, verdict: Verdict) -> None:
    """Raises InputError for a verdict that a study of this kind can't hold."""
    names = [criterion.name for criterion in criteria_of(study.kind)]
    if unknown := [name for name in verdict.criteria if name not in names]:
        raise InputError(f"verdict: {unknown[0]!r} is no criterion of this study; use {', '.join(names)}")
    if len(set(verdict.criteria)) < len(verdict.criteria) or len(verdict.note) > MAX_NOTE or len(verdict.boxes) > MAX_BOXES:
        raise InputError(f"verdict: each criterion once, a note of at most {MAX_NOTE} characters, at most {MAX_BOXES} boxes")
    if verdict.skipped and (verdict.criteria or not verdict.note.strip()):
        raise InputError("verdict: a skipped ad has a reason and no criteria")
    for entry in verdict.boxes:
        box = entry.get("box") if isinstance(entry, dict) else None
        right = isinstance(box, list) and len(box) == 4 and all(type(v) in (int, float) for v in box)
        if not right or not (0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1):  # type: ignore[index]
            raise InputError("verdict: a box is [x0, y0, x1, y1], fractions of the picture from its upper left corner")
        if set(entry) != {"criterion", "box"} or entry["criterion"] not in verdict.criteria:
            raise InputError("verdict: a box is of one of the criteria that are violated")


def parse_boxes(text: str) -> tuple[dict[str, Any], ...]:
    """Boxes as the page sends them, a JSON list. Raises InputError."""
    try:
        result = json.loads(text or "[]")
    except (ValueError, RecursionError):
        result = None
    if not isinstance(result, list) or not all(isinstance(entry, dict) for entry in result):
        raise InputError("verdict: boxes are a JSON list of objects")
    return tuple(result)


def clean_note(text: str) -> str:
    return clean_text(text)[:MAX_NOTE]


@dataclass(frozen=True)
class Progress:
    """of: tasks of the person's team in this round; done: by all, mine: by the person, waiting: for the stage before."""

    of: int
    done: int
    mine: int
    waiting: int
    taken: int  # by others, at this moment


def progress(study: Study, person: Person, clock: float | None = None) -> Progress:
    clock = time.time() if clock is None else clock
    with study.reading() as connection:
        rows: Sequence[Any] = connection.execute(
            select(tasks.c.state, tasks.c.person_id, tasks.c.lease_until).where(
                tasks.c.stage == person.team, tasks.c.round == current_round(connection)
            )
        ).all()
    done = [row for row in rows if row.state == "done"]
    others = [row for row in rows if row.state == "open" and row.person_id not in (None, person.id) and row.lease_until > clock]
    waiting = sum(row.state == "waiting" for row in rows)
    return Progress(len(rows), len(done), sum(row.person_id == person.id for row in done), waiting, len(others))


def current_round(connection: Connection) -> int:
    return connection.execute(select(func.max(tasks.c.round))).scalar() or 1
