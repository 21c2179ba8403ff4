"""Projects, every earlier state of them, variants and pictures, in one SQLite file with a write-ahead log.

A change is on the disk before it is answered, so a studio that is killed loses nothing that was answered.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from uniadgen.errors import InputError
from uniadgen.studio.project import Project, Spec
from uniadgen.words import quoted

APPLICATION, FORMAT = 0x75616473, 2  # SQLite's header says whose file it is, and of which format
_HEAD = b"SQLite format 3\0"
_TABLES = """
CREATE TABLE pictures (digest TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE projects (id INTEGER PRIMARY KEY, created TEXT NOT NULL, current INTEGER NOT NULL);
CREATE TABLE states (project INTEGER NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (project, number));
CREATE TABLE variants (
    id INTEGER PRIMARY KEY, project INTEGER NOT NULL, picture_spec TEXT NOT NULL, text_spec TEXT NOT NULL, edited TEXT,
    status TEXT NOT NULL, result TEXT, error TEXT, why TEXT, words TEXT
);
"""


@dataclass(frozen=True)
class Variant:
    """An ad on the table. picture, text: what decides about each. edited: points and separator of a text that somebody put
    together. words: how its text stands in its picture, None for not at all (`studio.words`). status: waiting, done or failed.
    result: what is known of a finished one (`making.finished`)."""

    id: int
    project: int
    picture: Spec
    text: Spec
    edited: dict[str, Any] | None
    status: str
    result: dict[str, Any] | None
    error: str | None
    why: dict[str, Any] | None
    words: dict[str, Any] | None = None


class StudioStore:
    """Thread-safe; one process at a time should work with a file."""

    def __init__(self, path: Path | None) -> None:
        """path: None keeps everything in memory. Raises InputError for a file that is something else."""
        self._lock = threading.RLock()
        try:
            _check_head(path)
            self._connection = sqlite3.connect(
                ":memory:" if path is None else path, check_same_thread=False, isolation_level=None
            )
            self._open(path)
        except (sqlite3.Error, OSError):
            raise InputError(
                f"argument --session: {quoted(path)} can't be used as a studio's session; name another file"
            ) from None

    def _open(self, path: Path | None) -> None:
        run = self._connection.execute
        application, version = run("PRAGMA application_id").fetchone()[0], run("PRAGMA user_version").fetchone()[0]
        empty = run("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if not empty and application != APPLICATION:
            raise InputError(f"argument --session: {quoted(path)} is another program's database; name another file")
        if application == APPLICATION and version == 1:  # before there were words in pictures
            self._connection.executescript("BEGIN; ALTER TABLE variants ADD COLUMN words TEXT; PRAGMA user_version=2; COMMIT;")
            version = 2
        if not empty and version != FORMAT:
            raise InputError(
                f"argument --session: {quoted(path)} is of format {version}, and this version reads {FORMAT}; use the one "
                "that made it"
            )
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            run(f"PRAGMA {pragma}")
        if empty:
            self._connection.executescript(
                f"BEGIN; {_TABLES} PRAGMA application_id={APPLICATION}; PRAGMA user_version={FORMAT}; COMMIT;"
            )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    # Pictures ------------------------------------------------------------------------------------------------------------

    def put(self, data: bytes) -> str:
        """Keep a file; returns its digest."""
        digest = hashlib.sha256(data).hexdigest()
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO pictures VALUES (?, ?)", (digest, data))
        return digest

    def read(self, digest: str) -> bytes:
        """Raises KeyError."""
        rows = self._rows("SELECT data FROM pictures WHERE digest = ?", digest)
        if not rows:
            raise KeyError(digest)
        return bytes(rows[0][0])

    # Projects ------------------------------------------------------------------------------------------------------------

    def new_project(self) -> int:
        with self._writing() as connection:
            created = datetime.now(UTC).isoformat(timespec="seconds")
            number = connection.execute("INSERT INTO projects (created, current) VALUES (?, 0)", (created,)).lastrowid
            connection.execute("INSERT INTO states VALUES (?, 0, ?)", (number, json.dumps(Project().as_dict())))
        return int(number or 0)

    def projects(self) -> list[tuple[int, Project]]:
        """All, the newest first."""
        rows = self._rows("SELECT p.id, s.state FROM projects p JOIN states s ON s.project = p.id AND s.number = p.current")
        return [(number, Project.from_dict(json.loads(state))) for number, state in sorted(rows, reverse=True)]

    def project(self, number: int) -> Project:
        """Raises KeyError."""
        rows = self._rows(
            "SELECT s.state FROM projects p JOIN states s ON s.project = p.id AND s.number = p.current WHERE p.id = ?", number
        )
        if not rows:
            raise KeyError(number)
        return Project.from_dict(json.loads(rows[0][0]))

    def save(self, number: int, project: Project, amend: bool = False) -> None:
        """The next state; what had been undone is gone. amend: if it is a further keystroke in the same field as the change
        before, it is undone with it."""
        with self._writing() as connection:
            (current,) = connection.execute("SELECT current FROM projects WHERE id = ?", (number,)).fetchone()
            connection.execute("DELETE FROM states WHERE project = ? AND number > ?", (number, current))
            if amend and current and self._goes_on(number, current, project):
                query = "UPDATE states SET state = ? WHERE project = ? AND number = ?"
                connection.execute(query, (json.dumps(project.as_dict()), number, current))
                return
            connection.execute("INSERT INTO states VALUES (?, ?, ?)", (number, current + 1, json.dumps(project.as_dict())))
            connection.execute("UPDATE projects SET current = ? WHERE id = ?", (current + 1, number))

    def _goes_on(self, number: int, current: int, project: Project) -> bool:
        """Whether the present state came from typing into the field into which this one is typed."""
        query = "SELECT state FROM states WHERE project = ? AND number IN (?, ?) ORDER BY number"
        rows = self._rows(query, number, current - 1, current)
        before, now = (Project.from_dict(json.loads(state)) for (state,) in rows)
        return before.typed_into(project) == now.typed_into(project) == before.typed_into(now) is not None

    def step(self, number: int, by: int) -> None:
        """Undo (-1) or redo (1); nothing happens at either end."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE projects SET current = current + ?2 WHERE id = ?1 AND EXISTS "
                "(SELECT 1 FROM states WHERE project = ?1 AND number = current + ?2)",
                (number, by),
            )

    def steps(self, number: int) -> tuple[bool, bool]:
        """Whether there is something to undo, and to redo."""
        rows = self._rows(
            "SELECT p.current, max(s.number) FROM projects p JOIN states s ON s.project = p.id WHERE p.id = ?", number
        )
        current, last = rows[0]
        return current > 0, current < last

    # Variants ------------------------------------------------------------------------------------------------------------

    def add_variant(
        self,
        project: int,
        picture: Spec,
        text: Spec,
        *,
        edited: dict[str, Any] | None = None,
        words: dict[str, Any] | None = None,
        result: dict[str, Any] | None = None,
    ) -> int:
        """result: of one that needs no making."""
        values = (
            project,
            json.dumps(asdict(picture)),
            json.dumps(asdict(text)),
            edited and json.dumps(edited),
            "done" if result else "waiting",
            result and json.dumps(result),
            words and json.dumps(words),
        )
        columns = "project, picture_spec, text_spec, edited, status, result, words"
        with self._writing() as connection:
            made = connection.execute(f"INSERT INTO variants ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return int(made.lastrowid or 0)

    def variant(self, number: int) -> Variant:
        """Raises KeyError."""
        rows = self._rows("SELECT * FROM variants WHERE id = ?", number)
        if not rows:
            raise KeyError(number)
        return _variant(rows[0])

    def waiting(self) -> list[Variant]:
        return [_variant(row) for row in self._rows("SELECT * FROM variants WHERE status = 'waiting' ORDER BY id")]

    def finished(self, project: int) -> list[Variant]:
        return [
            _variant(r) for r in self._rows("SELECT * FROM variants WHERE project = ? AND status = 'done' ORDER BY id", project)
        ]

    def finish(self, number: int, result: dict[str, Any] | None, error: str | None) -> None:
        with self._writing() as connection:
            connection.execute(
                "UPDATE variants SET status = ?, result = ?, error = ? WHERE id = ?",
                ("failed" if error else "done", result and json.dumps(result), error, number),
            )

    def set_why(self, number: int, why: dict[str, Any]) -> None:
        with self._writing() as connection:
            connection.execute("UPDATE variants SET why = ? WHERE id = ?", (json.dumps(why), number))


def _check_head(path: Path | None) -> None:
    """Raises OSError for a file that is none of SQLite's: a short one would count as empty there, and be written over."""
    if path is None or not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(len(_HEAD))
    if head not in (b"", _HEAD):
        raise OSError("no database")


def _variant(row: tuple[Any, ...]) -> Variant:
    number, project, picture, text, edited, status, result, error, why, words = row
    parsed = [None if value is None else json.loads(value) for value in (edited, result, why, words)]
    return Variant(number, project, _spec(picture), _spec(text), parsed[0], status, parsed[1], error, *parsed[2:])


def _spec(text: str) -> Spec:
    data = json.loads(text)
    data["points"], data["clicks"] = tuple(data["points"]), tuple((a, b) for a, b in data["clicks"])
    return Spec(**{**data, "box": data["box"] and tuple(data["box"])})
