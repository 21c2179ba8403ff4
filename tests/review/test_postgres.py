"""A study in PostgreSQL, which runs transactions beside each other; skipped where there is no server or driver."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError
from studies import TEAMS, all_at_once, make_items, team, work_off

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.review.app import create_app
from uniadgen.review.assignment import Person, Verdict, next_task, submit
from uniadgen.review.creating import create_study
from uniadgen.review.exchange import export_lines
from uniadgen.review.figures import study_figures
from uniadgen.review.store import open_study, verdicts
from uniadgen.review.teams import parse_teams

pytest.importorskip("httpx")
from fastapi.testclient import TestClient

pytestmark = pytest.mark.slow


@pytest.fixture
def url() -> Iterator[str]:
    """An empty database of a server of its own."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    if not (shutil.which("initdb") and shutil.which("pg_ctl")):
        pytest.skip("PostgreSQL is not installed")
    # the server refuses to run as root, and nobody may look into pytest's folders
    other = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    if other and not shutil.which("runuser"):
        pytest.skip("PostgreSQL can't run as root")
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def run(*words: str) -> None:
            subprocess.run([*other, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        run("initdb", "-D", f"{folder}/data", "-U", "review", "-A", "trust", "-N")
        server = f"-k {folder} -h 127.0.0.1 -p {port} -F"
        run("pg_ctl", "-D", f"{folder}/data", "-o", server, "-w", "-l", f"{folder}/log", "start")
        try:
            with psycopg.connect(f"postgresql://review@127.0.0.1:{port}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE study")
            yield f"postgresql+psycopg://review@127.0.0.1:{port}/study"
        finally:
            run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
            if other:
                shutil.rmtree(folder / "data", ignore_errors=True)


def test_many_at_once_in_postgresql(url: str, tmp_path: Path) -> None:
    names = [f"P{number}" for number in range(6)]
    teams = parse_teams({**TEAMS, "label": {"members": names, "people": 2}})
    create_study(url, make_items(tmp_path, 10), "ad", teams, recheck=0.5)
    with pytest.raises(InputError, match="holds a study already"):
        create_study(url, make_items(tmp_path, 1), "ad", teams)
    study = open_study(url)
    seen: list[tuple[int, int, int]] = []

    def work(person: Person) -> None:
        study_here = open_study(url)
        while (task := next_task(study_here, person)) is not None:
            # the browser sends the form twice at once
            once = partial(submit, study_here, person, task.id, Verdict(("size",)))
            all_at_once(once, [f"{person.id}-{task.id}-once"] * 2)
            seen.append((task.id, task.item.id, person.id))
        study_here.close()

    all_at_once(work, team(study, "label"))
    assert len(seen) == len({task for task, _, _ in seen}) == len(list(export_lines(study))) == 40
    assert len({(item, person) for _, item, person in seen}) == 40
    work_off(study, "verify", lambda person, task: task.labels[0].criteria)
    work_off(study, "recheck", lambda person, task: ["size"])
    figures = study_figures(study)
    assert figures["finished"]
    assert figures["recheck"]["accuracy"]["count"] == figures["recheck"]["accuracy"]["n"] == 10
    before = list(export_lines(study))
    for statement in (update(verdicts).values(note="x"), delete(verdicts), text("TRUNCATE verdicts")):
        with pytest.raises(DBAPIError, match="only appended"), study.writing() as connection:
            connection.execute(statement)
    assert list(export_lines(study)) == before
    study.close()


def test_the_command_line_and_the_pages_in_postgresql(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_items(tmp_path / "ads", 1)
    record = {"id": "a", "text": "Quiet steel kettle", "selling_points": ["Quiet", "Steel kettle"]}
    files = [tmp_path / "ads" / f"{name}.jsonl" for name in ("ours", "theirs")]
    for file in files:
        file.write_text(json.dumps(record | {"image": f"{file.stem}-0.png"}) + "\n")
    (tmp_path / "teams.yaml").write_text("label: [Ana]\nverify: [Dora]\nrecheck: [Fay]\n")
    assert main(["review", "create", "--items", *map(str, files), "--teams", str(tmp_path / "teams.yaml"), "--out", url]) == 0
    study = open_study(url)
    assert main(["review", "links", url, "--base-url", "http://testserver"]) == 0
    printed = capsys.readouterr().out.splitlines()
    links = dict(line.split()[1:] for line in printed if line.startswith(("label", "verify", "recheck")))
    with TestClient(create_app(study)) as client:
        assert client.get(links["Ana"]).status_code == 200
    work_off(study, "label", lambda person, task: ["size"] if task.item.id == 1 else [])
    assert main(["review", "report", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stages"]["label"]["done"] == 2
    assert main(["review", "export", url]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    study.close()


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(InputError, match="can't be reached"):
        open_study("postgresql+psycopg://review@127.0.0.1:9/study")
