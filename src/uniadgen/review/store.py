"""The study's database: SQLite in one file, or any other that SQLAlchemy knows, by URL.

    study = open_study("study.db")                  # or postgresql://...
    with study.writing() as connection: ...         # a transaction; it is on the disk when the block ends

Pictures are inside, so that a study is one file. A verdict is an appended row - who, when, what was shown - and the database
itself refuses to change or delete one.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from uniadgen.errors import InputError
from uniadgen.review.criteria import Kind
from uniadgen.words import quoted

FORMAT = 1
"""Of the tables below; a study of another one is refused."""

metadata = MetaData()
study_table = Table(
    "study",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("format", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("created", String(32), nullable=False),
    Column("settings", JSON, nullable=False),
)
systems = Table("systems", metadata, Column("id", Integer, primary_key=True), Column("name", Text, nullable=False, unique=True))
pictures = Table(
    "pictures",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),  # WebP, lossless: nothing of the file it came from
)
items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("system_id", ForeignKey("systems.id"), nullable=False),
    Column("key", Text, nullable=False),  # the ad's name within its system
    Column("position", Integer, nullable=False, unique=True),
    Column("text", Text),
    Column("description", Text),
    Column("selling_points", JSON, nullable=False),
    Column("picture", ForeignKey("pictures.sha256")),
    Column("cutout", ForeignKey("pictures.sha256")),
    Column("automatic", JSON, nullable=False),  # criterion -> rejected, by the automatic inspections, as far as they looked
    UniqueConstraint("system_id", "key"),
)
people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("team", String(16), nullable=False),
    Column("token", String(64), nullable=False, unique=True),  # of the personal link
)
tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item_id", ForeignKey("items.id"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("stage", String(16), nullable=False),
    Column("slot", Integer, nullable=False),  # of several people who label the same ad
    Column("state", String(16), nullable=False),  # waiting (for the stage before it), open, done
    Column("person_id", ForeignKey("people.id")),  # who has it, or has done it
    Column("lease_until", Float),  # seconds since 1970; over, anybody of the team may take it
    UniqueConstraint("item_id", "round", "stage", "slot"),
    UniqueConstraint("item_id", "round", "person_id"),  # nobody sees an ad twice
    Index("tasks_open", "stage", "state", "person_id"),
)
verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission", String(64), nullable=False, unique=True),  # of the form; sent twice, it counts once
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("action", String(16), nullable=False),  # judged, skipped
    Column("criteria", JSON, nullable=False),  # violated ones; none: accepted
    Column("boxes", JSON, nullable=False),  # {"criterion", "box": [x0, y0, x1, y1] as fractions}
    Column("note", Text, nullable=False),
    Column("shown", JSON, nullable=False),
    Column("seconds", Float),
    Column("at", String(32), nullable=False),  # UTC
    Index("verdicts_task", "task_id"),
)

for _action in ("UPDATE", "DELETE"):
    event.listen(
        verdicts,
        "after_create",
        DDL(
            f"CREATE TRIGGER verdicts_no_{_action.lower()} BEFORE {_action} ON verdicts "
            "BEGIN SELECT RAISE(ABORT, 'verdicts are only appended'); END"
        ).execute_if(dialect="sqlite"),
    )
event.listen(
    verdicts,
    "after_create",
    DDL(
        "CREATE FUNCTION verdicts_fixed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'verdicts are only appended'; END $$"
    ).execute_if(dialect="postgresql"),
)
event.listen(
    verdicts,
    "after_create",
    DDL(
        "CREATE TRIGGER verdicts_fixed BEFORE UPDATE OR DELETE ON verdicts FOR EACH ROW EXECUTE FUNCTION verdicts_fixed()"
    ).execute_if(dialect="postgresql"),
)
event.listen(
    verdicts,
    "after_create",
    DDL(  # it empties a table without touching a row, so the trigger above does not see it
        "CREATE TRIGGER verdicts_kept BEFORE TRUNCATE ON verdicts FOR EACH STATEMENT EXECUTE FUNCTION verdicts_fixed()"
    ).execute_if(dialect="postgresql"),
)


@dataclass(frozen=True)
class Study:
    """An open study. settings: seed, recheck, overlap, share, lease (seconds), threshold, owner (token of the owner's link)."""

    engine: Engine
    kind: Kind
    title: str
    created: str
    settings: dict[str, Any]

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that nobody else's comes between; what it wrote is on the disk when the block ends."""
        with self.engine.execution_options(writes=True).begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def now() -> str:
    """UTC, to the millisecond; sorts as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_url(place: str) -> bool:
    return "://" in place


def make_engine(place: str, what: str) -> Engine:
    """place: a file or a URL of SQLAlchemy. Raises InputError for a URL that is none; nothing is opened yet."""
    try:
        url = make_url(place) if is_url(place) else make_url("sqlite://").set(database=os.path.abspath(place))
        engine = create_engine(url, pool_pre_ping=not url.get_backend_name().startswith("sqlite"))
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InputError(f"{what}: {_written(place)} is no database that SQLAlchemy knows; name a file or a URL") from None
    except ModuleNotFoundError as error:
        raise InputError(f"{what}: {_written(place)} needs the package {error.name}; install it") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in ("busy_timeout=30000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def open_study(place: str, what: str = "argument STUDY") -> Study:
    """Open a study by its file or URL. Raises InputError for what is none, or one of another format."""
    if not is_url(place) and not Path(place).is_file():
        raise InputError(f"{what}: there is no file {quoted(place)}; name a study that `uniadgen review create` has made")
    engine = make_engine(place, what)
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and not file.startswith((":memory:", "file:")) and not Path(file).is_file():
        raise InputError(f"{what}: there is no file {quoted(file)}; name a study that `uniadgen review create` has made")
    try:
        with engine.begin() as connection:
            there = set(inspect(connection).get_table_names())
            row = connection.execute(select(study_table)).first() if set(metadata.tables) <= there else None
    except DBAPIError as error:
        engine.dispose()
        if "unable to open" in str(error.orig) or "permission" in str(error.orig).lower():
            raise InputError(
                f"{what}: {_written(place)} can't be opened; check that you may read it and write beside it"
            ) from None
        if is_url(place) and "sqlite" not in place:
            raise InputError(f"{what}: {_written(place)} can't be reached; check the URL, and that the server runs") from None
        raise InputError(f"{what}: {_written(place)} is no study, or a damaged one; name another file") from None
    except SQLAlchemyError:
        row = None
    if row is None:
        engine.dispose()
        raise InputError(
            f"{what}: {_written(place)} is a database, but no study; name one that `uniadgen review create` has made"
        )
    if row.format != FORMAT:
        engine.dispose()
        raise InputError(
            f"{what}: {_written(place)} is a study of format {row.format}, and this version reads {FORMAT}; use the version of "
            "uniadgen that made it"
        )
    return Study(engine, row.kind, row.title, row.created, row.settings)


def _written(place: str) -> str:
    """A place for messages; of URLs without the password."""
    if not is_url(place):
        return quoted(place)
    try:
        return quoted(make_url(place).render_as_string(hide_password=True))
    except (ArgumentError, ValueError):
        return "the URL"
