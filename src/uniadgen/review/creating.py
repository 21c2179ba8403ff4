"""A new study: ads of all systems shuffled into one blind order, and every task of every stage."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, inspect
from sqlalchemy.exc import SQLAlchemyError

from uniadgen.errors import InputError
from uniadgen.files import whole_file
from uniadgen.review.criteria import Kind
from uniadgen.review.items import Item, automatic_verdict, kept_cutout, kept_picture
from uniadgen.review.store import (
    FORMAT,
    is_url,
    items,
    make_engine,
    metadata,
    now,
    people,
    pictures,
    study_table,
    systems,
    tasks,
)
from uniadgen.review.teams import STAGES, Teams
from uniadgen.rng import stream
from uniadgen.words import quoted

THRESHOLD = 0.98  # accuracy of the labels that the recheck must show
LEASE = 900  # seconds
Progress = Callable[[str, int, int], None]


def create_study(
    out: str,
    ads: Sequence[Item],
    kind: Kind,
    teams: Teams,
    *,
    title: str = "Ad review",
    recheck: float = 0.1,
    seed: int = 0,
    lease: int = LEASE,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write a study to a new file, or into an empty database by URL. Returns how many ads and tasks there are, by stage.

    recheck: share of the ads, at least one, that the third team judges; 0 for none. seed: of the order, of which ads are
    rechecked and which are labelled by several. lease: seconds after which an ad that was taken returns. Raises InputError.
    """
    settings = {
        "seed": seed,
        "recheck": recheck,
        "overlap": teams.overlap,
        "share": teams.share,
        "lease": lease,
        "threshold": THRESHOLD,
        "owner": secrets.token_urlsafe(18),
    }

    def fill(connection: Connection) -> dict[str, int]:
        header = {"id": 1, "format": FORMAT, "kind": kind, "title": title, "created": now(), "settings": settings}
        connection.execute(insert(study_table), header)
        return _fill(connection, ads, kind, teams, settings, progress)

    if is_url(out):
        engine = make_engine(out, "argument --out")
        try:
            with engine.begin() as connection:
                if set(metadata.tables) & set(inspect(connection).get_table_names()):
                    raise InputError("argument --out: the database holds a study already; name an empty one")
                metadata.create_all(connection)
                return fill(connection)
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", error)).split("\n")[0]
            raise InputError(f"argument --out: the database can't be used ({reason}); check the URL") from None
        finally:
            engine.dispose()
    path = Path(out)
    if path.exists():
        raise InputError(
            f"argument --out: {quoted(path)} is there already, and a study is never overwritten; name another file"
        )
    with whole_file(path, "argument --out") as temporary:
        engine = make_engine(str(temporary), "argument --out")
        with engine.begin() as connection:
            metadata.create_all(connection)
            counts = fill(connection)
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[union-attr]
        engine.dispose()
    return counts


def _fill(
    connection: Connection,
    ads: Sequence[Item],
    kind: Kind,
    teams: Teams,
    settings: dict[str, Any],
    progress: Progress | None,
) -> dict[str, int]:
    seed = settings["seed"]
    names = list(dict.fromkeys(ad.system for ad in ads))
    connection.execute(insert(systems), [{"id": number, "name": name} for number, name in enumerate(names, 1)])
    members = [
        {"name": name, "team": stage, "token": secrets.token_urlsafe(18)} for stage in STAGES for name in teams.members[stage]
    ]
    connection.execute(insert(people), members)
    order = sorted(ads, key=lambda ad: (ad.system, ad.key))
    stream(seed, "review", "order").shuffle(order)
    kept: dict[str, str] = {}

    def keep(source: Any, what: str, load: Callable[[Any, str], tuple[bytes, tuple[int, int]]]) -> str:
        key = f"{load.__name__}/{source if isinstance(source, Path) else hashlib.sha256(source).hexdigest()}"
        if key not in kept:
            data, (width, height) = load(source, what)
            digest = hashlib.sha256(data).hexdigest()
            if digest not in kept.values():
                connection.execute(insert(pictures), {"sha256": digest, "width": width, "height": height, "data": data})
            kept[key] = digest
        return kept[key]

    for position, ad in enumerate(order, 1):
        connection.execute(
            insert(items),
            {
                "id": position,
                "system_id": names.index(ad.system) + 1,
                "key": ad.key,
                "position": position,
                "text": ad.text,
                "description": ad.description,
                "selling_points": list(ad.selling_points),
                "picture": keep(ad.image, ad.where, kept_picture) if ad.image is not None and kind != "text" else None,
                "cutout": keep(ad.cutout, f"{ad.where}: cut-out", kept_cutout) if ad.cutout is not None else None,
                "automatic": automatic_verdict(ad, kind),
            },
        )
        if progress is not None:
            progress("reading ads", position, len(order))
    counts = {"items": len(order)} | dict.fromkeys(STAGES, 0)
    for row in new_tasks(range(1, len(order) + 1), 1, settings):
        connection.execute(insert(tasks), row)
        counts[row["stage"]] += 1
    return counts


def new_tasks(numbers: Sequence[int], round: int, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks of a round for these items: labels, one verification each, and rechecks of some, drawn anew in every round."""
    seed, several, rechecked = settings["seed"], set[int](), set[int]()
    if settings["overlap"] > 1:
        several = set(stream(seed, "review", "overlap", round).sample(numbers, round_up(settings["share"], len(numbers))))
    rechecked = set(stream(seed, "review", "recheck", round).sample(numbers, round_up(settings["recheck"], len(numbers))))
    rows = []
    for number in numbers:
        plan = [("label", slot, "open") for slot in range(settings["overlap"] if number in several else 1)]
        plan.append(("verify", 0, "waiting"))
        plan += [("recheck", 0, "open")] if number in rechecked else []
        rows += [
            {"item_id": number, "round": round, "stage": stage, "slot": slot, "state": state} for stage, slot, state in plan
        ]
    return rows


def round_up(share: float, count: int) -> int:
    """That share of a number, at least 1 unless the share is 0."""
    return min(count, max(1, round(share * count))) if share > 0 else 0
