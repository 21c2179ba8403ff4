"""Verdicts in and out: JSON Lines of our own, and Label Studio's tasks with annotations.

    export_lines(study)             # one line for each verdict, all that were ever given
    export_label_studio(study, "label", folder)     # tasks.json, labeling.xml and images/
    import_lines(study, lines)      # of a copy of the study that somebody worked on; what is there already is left alone
    import_label_studio(study, tasks, "label", {"ana@example.org": "Ana"})

A verdict keeps its name (`submission`) wherever it goes, so importing twice doubles nothing.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from uniadgen.errors import InputError
from uniadgen.files import make_folder, write_bytes, write_text
from uniadgen.review.assignment import (
    Person,
    Refused,
    Verdict,
    check_verdict,
    clean_note,
    current_round,
    final_verdicts,
    left_over,
    submit,
)
from uniadgen.review.criteria import criteria_of
from uniadgen.review.store import Study, items, people, pictures, systems, tasks, verdicts
from uniadgen.review.teams import STAGES, Stage
from uniadgen.strictjson import parse_json_lines
from uniadgen.words import quoted

MOST_ROUNDS = 2**31 - 1  # and items: what a database holds


def export_lines(study: Study) -> Iterator[dict[str, Any]]:
    """All verdicts, oldest first: who said what of which ad, when, and what was shown. Links to the study are not among it."""
    query = (
        select(
            verdicts, tasks.c.stage, tasks.c.round, items.c.key, systems.c.name.label("system"), people.c.name.label("person")
        )
        .join(tasks, tasks.c.id == verdicts.c.task_id)
        .join(items, items.c.id == tasks.c.item_id)
        .join(systems, systems.c.id == items.c.system_id)
        .join(people, people.c.id == verdicts.c.person_id)
        .order_by(verdicts.c.id)
    )
    with study.reading() as connection:
        for row in connection.execute(query):
            yield {
                "submission": row.submission,
                "system": row.system,
                "ad": row.key,
                "round": row.round,
                "stage": row.stage,
                "person": row.person,
                "action": row.action,
                "criteria": row.criteria,
                "boxes": row.boxes,
                "note": row.note,
                "seconds": row.seconds,
                "at": row.at,
                "shown": row.shown,
            }


def import_lines(study: Study, lines: Iterable[str], what: str = "import") -> tuple[int, int]:
    """Append verdicts as `export_lines` gives them; returns how many were new and how many were there.

    Raises InputError for a line that is none of this study, or that contradicts it: the lines before it are in then.
    """
    new = repeated = 0
    advice = "keep only what `uniadgen review export` writes"
    for where, record in parse_json_lines(lines, what, advice):
        try:
            names = ("submission", "system", "ad", "stage", "person", "action", "note", "at")
            if any(not isinstance(record[name], str) for name in names) or type(record["round"]) is not int:
                raise TypeError
            if not 1 <= record["round"] <= MOST_ROUNDS:
                raise ValueError
            if record["action"] not in ("judged", "skipped") or not 8 <= len(record["submission"]) <= 64:
                raise ValueError
            skipped = record["action"] == "skipped"
            verdict = Verdict(tuple(record["criteria"]), tuple(record["boxes"]), clean_note(record["note"]), skipped)
            check_verdict(study, verdict)
            seconds = _seconds(record.get("seconds"))
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError(f"{where}: it is no verdict; {advice}") from None
        if _is_known(study, record["submission"]):
            repeated += 1
            continue
        taken = _taken(study, record["system"], record["ad"], record["round"], record["stage"], record["person"], where)
        _submit(study, *taken, verdict, record["submission"], seconds, record["at"], where)
        new += 1
    return new, repeated


def _taken(study: Study, system: str, key: str, round: int, stage: str, name: str, where: str) -> tuple[Person, int]:
    """The person and the task of a verdict, which becomes the person's."""
    with study.writing() as connection:
        person = connection.execute(select(people).where(people.c.name == name)).first()
        if person is None or person.team != stage:
            raise InputError(f"{where}: {quoted(name)} is not in the team that does {quoted(stage)}; correct the name")
        item = connection.execute(
            select(items.c.id)
            .join(systems, systems.c.id == items.c.system_id)
            .where(items.c.key == key, systems.c.name == system)
        ).scalar()
        if item is None:
            raise InputError(
                f"{where}: the study has no ad {quoted(key)} of {quoted(system)}; import into the study it is from"
            )
        task = _take(connection, item, round, stage, person.id)
        if task is None:
            raise InputError(
                f"{where}: the ad {quoted(key)} has no free {stage} task: others have done it, or it waits for a label"
            )
    return Person(person.id, person.name, person.team), task


def _take(connection: Connection, item: int, round: int, stage: str, person: int) -> int | None:
    """The task of this item that the person has, or a free one; those that nobody has finished may be taken over."""
    of = and_(tasks.c.item_id == item, tasks.c.round == round, tasks.c.stage == stage)
    mine = connection.execute(select(tasks.c.id).where(of, tasks.c.person_id == person)).scalar()
    if mine is not None:
        return int(mine)
    free = and_(of, tasks.c.state == "open")
    entries = connection.execute(select(tasks.c.id).where(free).order_by(tasks.c.person_id.is_not(None), tasks.c.slot)).scalar()
    if entries is None:
        return None
    try:
        with connection.begin_nested():
            connection.execute(update(tasks).where(tasks.c.id == entries).values(person_id=person, lease_until=None))
    except IntegrityError:
        return None
    return int(entries)


def _submit(
    study: Study,
    person: Person,
    task: int,
    verdict: Verdict,
    submission: str,
    seconds: float | None,
    at: str | None,
    where: str,
) -> None:
    try:
        submit(study, person, task, verdict, submission, seconds=seconds, at=at)
    except Refused as error:
        raise InputError(f"{where}: {error}") from None


def _seconds(value: Any) -> float | None:
    """How long a verdict took; None for what is no such number, which JSON may hold beyond all bounds."""
    return float(value) if isinstance(value, int | float) and 0 <= value <= sys.float_info.max else None


def _is_known(study: Study, submission: str) -> bool:
    with study.reading() as connection:
        return connection.execute(select(verdicts.c.id).where(verdicts.c.submission == submission)).first() is not None


# Label Studio --------------------------------------------------------------------------------------------------------------


def labeling_config(study: Study) -> str:
    """The interface of Label Studio's project, in its XML: picture, product, criteria as choices and boxes, a note."""
    criteria = criteria_of(study.kind)
    show = ['<Text name="product" value="$product"/>']
    if study.kind != "picture":
        show.append('<Text name="ad" value="$text"/>')
    if study.kind != "text":
        show.append('<Image name="image" value="$image" zoom="true"/>')
        boxes = "".join(f'<Label value="{c.name}"/>' for c in criteria if c.part == "picture")
        show.append(f'<RectangleLabels name="boxes" toName="image">{boxes}</RectangleLabels>')
    choices = "".join(f'<Choice value="{c.name}" hint="{escape(c.rule)}" hotkey="{c.key}"/>' for c in criteria)
    target = "ad" if study.kind == "text" else "image"
    show += [
        f'<Header value="Reject because of ... (none: accept)"/><Choices name="verdict" toName="{target}" choice="multiple">',
        f'{choices}</Choices><TextArea name="note" toName="{target}" maxSubmissions="1"/>',
    ]
    return "<View>\n  " + "\n  ".join(show) + "\n</View>\n"


def export_label_studio(study: Study, stage: Stage, folder: Path) -> int:
    """Write tasks.json, labeling.xml and images/ for a stage, with the verdicts there are; returns the number of tasks.

    Images are named as Label Studio's local storage serves them, `/data/local-files/?d=images/...`.
    """
    make_folder(folder / "images", "argument --out")
    with study.reading() as connection:
        round = current_round(connection)
        said = final_verdicts(connection, round=round, stage=stage)
        names = {row.id: row.name for row in connection.execute(select(people))}
        wanted = select(tasks.c.item_id).where(tasks.c.stage == stage, tasks.c.round == round)
        rows = connection.execute(select(items).where(items.c.id.in_(wanted)).order_by(items.c.position)).all()
        sizes = {
            row.sha256: (row.width, row.height)
            for row in connection.execute(select(pictures.c.sha256, pictures.c.width, pictures.c.height))
        }
        for digest in {row.picture for row in rows if row.picture is not None}:
            data = connection.execute(select(pictures.c.data).where(pictures.c.sha256 == digest)).scalar_one()
            write_bytes(folder / "images" / f"{digest[:24]}.webp", data)
    entries = []
    for row in rows:
        product = "\n".join([row.description or "", *(f"- {point}" for point in row.selling_points)]).strip()
        fields = {"item": row.id, "stage": stage, "round": round, "product": product, "text": row.text or ""}
        if row.picture is not None:
            fields["image"] = f"/data/local-files/?d=images/{row.picture[:24]}.webp"
        annotations = [
            {
                "unique_id": verdict.submission,
                "completed_by": {"email": names[verdict.person_id]},
                "created_at": verdict.at,
                "lead_time": verdict.seconds,
                "result": _result(study, verdict, sizes.get(row.picture)),
            }
            for verdict in said
            if verdict.item_id == row.id
        ]
        entries.append({"id": row.id, "data": fields, "annotations": annotations})
    write_text(folder / "tasks.json", json.dumps(entries, ensure_ascii=False, indent=1) + "\n", "argument --out")
    write_text(folder / "labeling.xml", labeling_config(study), "argument --out")
    return len(entries)


def _result(study: Study, verdict: Any, size: tuple[int, int] | None) -> list[dict[str, Any]]:
    target = "ad" if study.kind == "text" else "image"
    entries: list[dict[str, Any]] = [
        {"from_name": "verdict", "to_name": target, "type": "choices", "value": {"choices": list(verdict.criteria)}}
    ]
    for entry in verdict.boxes if size else ():
        x0, y0, x1, y1 = (100 * value for value in entry["box"])  # Label Studio counts in percent
        value = {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0, "rotation": 0, "rectanglelabels": [entry["criterion"]]}
        entries.append({"from_name": "boxes", "to_name": "image", "type": "rectanglelabels", "value": value})
    if verdict.note:
        entries.append({"from_name": "note", "to_name": target, "type": "textarea", "value": {"text": [verdict.note]}})
    return entries


def import_label_studio(study: Study, records: Any, names: Mapping[str, str], what: str = "import") -> tuple[int, int]:
    """Append the annotations of Label Studio's JSON export; returns how many were new and how many were there.

    names: who of the study somebody is, by e-mail address or number in Label Studio; others must be names of the study.
    Cancelled annotations are left out. Raises InputError.
    """
    if not isinstance(records, list):
        raise InputError(f"{what}: a list of tasks is needed; use Label Studio's JSON export")
    new = repeated = 0
    for number, record in enumerate(records, 1):
        where = f"{what}, task {number}"
        try:
            data, annotations = record["data"], record["annotations"]
            item, stage, round = data["item"], data["stage"], data["round"]
            if (
                any(type(n) is not int or not 1 <= n <= MOST_ROUNDS for n in (item, round))
                or stage not in STAGES
                or not isinstance(annotations, list)
            ):
                raise TypeError
            given = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
            parsed = [(annotation, _annotated(annotation["result"])) for annotation in given]
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise InputError(
                f"{where}: it is no task that `uniadgen review export --format label-studio` has written; export it anew"
            ) from None
        for annotation, verdict in parsed:
            by = annotation.get("completed_by")
            by = str(by.get("email", by.get("id"))) if isinstance(by, dict) else str(by)
            try:
                check_verdict(study, verdict)
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
            with study.reading() as connection:
                row = connection.execute(
                    select(items.c.key, systems.c.name)
                    .join(systems, systems.c.id == items.c.system_id)
                    .where(items.c.id == item)
                ).first()
            if row is None:
                raise InputError(f"{where}: the study has no ad number {item}; import into the study it is from")
            submission = str(annotation.get("unique_id") or f"label-studio-{annotation.get('id')}")[:64]
            if _is_known(study, submission):
                repeated += 1
                continue
            taken = _taken(study, row.name, row.key, round, stage, names.get(by, by), where)
            seconds, at = _seconds(annotation.get("lead_time")), annotation.get("created_at")
            _submit(study, *taken, verdict, submission, seconds, at if isinstance(at, str) else None, where)
            new += 1
    return new, repeated


def _annotated(result: Sequence[Mapping[str, Any]]) -> Verdict:
    criteria: list[str] = []
    boxes: list[dict[str, Any]] = []
    note = ""
    for entry in result:
        value = entry["value"]
        if entry["type"] == "choices":
            criteria += [str(name) for name in value["choices"]]
        elif entry["type"] == "rectanglelabels":
            left, top, width, height = (float(value[name]) / 100 for name in ("x", "y", "width", "height"))
            box = [max(0.0, left), max(0.0, top), min(1.0, left + width), min(1.0, top + height)]
            boxes += [{"criterion": str(name), "box": box} for name in value["rectanglelabels"]]
        elif entry["type"] == "textarea":
            text = value["text"]
            note = clean_note(" ".join(map(str, text)) if isinstance(text, list) else str(text))
    criteria += [box["criterion"] for box in boxes]  # a box says it, too
    return Verdict(tuple(dict.fromkeys(criteria)), tuple(boxes), note)


def reopen(study: Study) -> int:
    """Send the batch back: a new round, in which every ad is labelled, verified and rechecked anew; verdicts so far stay.

    Those who labelled an ad get it again only when the others' ads have run out. Returns the round's number. Raises InputError
    when the present round isn't finished; ads that nobody is left for don't keep it from that.
    """
    from uniadgen.review.creating import new_tasks

    with study.writing() as connection:
        round = current_round(connection)
        missing = connection.execute(select(tasks.c.id).where(tasks.c.round == round, tasks.c.state != "done")).scalars()
        if not set(missing) <= left_over(connection, round).keys():
            raise InputError(f"the study's round {round} is not finished; finish it before the batch goes back")
        numbers = [row.id for row in connection.execute(select(items.c.id).order_by(items.c.id))]
        connection.execute(insert(tasks), new_tasks(numbers, round + 1, study.settings))
    return round + 1
