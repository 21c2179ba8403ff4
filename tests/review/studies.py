"""Small studies for the tests, and people who work on them."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import select

from uniadgen.review.assignment import Person, Verdict, next_task, submit
from uniadgen.review.creating import create_study
from uniadgen.review.criteria import Kind
from uniadgen.review.items import Item
from uniadgen.review.store import Study, items, open_study, people, systems
from uniadgen.review.teams import Teams, parse_teams

TEAMS = {"label": ["Ana", "Ben"], "verify": ["Dora", "Emil"], "recheck": ["Fay"]}


def make_items(folder: Path, count: int, names: tuple[str, ...] = ("ours", "theirs"), side: int = 24) -> list[Item]:
    """`count` ads of each system, every one with a picture of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    result = []
    for number, name in enumerate(names):
        for index in range(count):
            picture, cutout = folder / f"{name}-{index}.png", folder / "cutout.png"
            Image.new("RGB", (side, side), (index % 256, 90 * number, index // 256)).save(picture)
            Image.new("RGBA", (9, 9), (20, 120, 130, 255)).save(cutout)
            points = ("Quiet", "1.7 L", "Steel kettle")
            result.append(Item(name, f"ad-{index:03d}", picture, "Quiet steel kettle", name, "A kettle", points, cutout))
    return result


def make_study(folder: Path, count: int = 3, kind: Kind = "ad", teams: Any = None, **how: Any) -> Study:
    path = folder / "study.db"
    chosen = teams if isinstance(teams, Teams) else parse_teams(teams or TEAMS)
    create_study(str(path), make_items(folder / "pictures", count), kind, chosen, **{"recheck": 0.5, **how})
    return open_study(str(path))


def team(study: Study, stage: str) -> list[Person]:
    with study.reading() as connection:
        return [Person(row.id, row.name, row.team) for row in connection.execute(select(people).where(people.c.team == stage))]


def work_off(study: Study, stage: str, judge: Any) -> int:
    """Everybody of a team judges until there is nothing left; judge: from a person and a task to violated criteria."""
    done = 0
    workers = team(study, stage)
    while True:
        before = done
        for person in workers:
            task = next_task(study, person)
            if task is not None:
                submit(study, person, task.id, Verdict(tuple(judge(person, task))), f"{stage}-{task.id}-{person.id}")
                done += 1
        if done == before:
            return done


def all_at_once(work: Callable[[Any], None], each: Iterable[Any]) -> None:
    """Each in a thread of its own; raises what any of them has raised."""
    failed: list[BaseException] = []

    def one(what: Any) -> None:
        try:
            work(what)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one, args=(what,)) for what in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def key_of(study: Study, item: int) -> tuple[str, str]:
    """System and name of an ad by its number."""
    with study.reading() as connection:
        query = select(systems.c.name, items.c.key).join(items, items.c.system_id == systems.c.id).where(items.c.id == item)
        row = connection.execute(query).one()
    return row.name, row.key
