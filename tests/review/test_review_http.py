"""The pages over HTTP: twenty people at once, other people's links, expired leases, and a server that is killed."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from studies import all_at_once, make_study, team

from uniadgen.review.app import create_app, personal_links
from uniadgen.review.assignment import next_task
from uniadgen.review.exchange import export_lines
from uniadgen.review.figures import study_figures
from uniadgen.review.store import Study, open_study

httpx = pytest.importorskip("httpx")
from loopback import served  # noqa: E402 - needs uvicorn

CRITERIA = ("size", "shape", "space", "visual")


def signed_in(study: Study, base: str, name: str) -> Any:
    link = next(entry.link for entry in personal_links(study, base) if entry.name == name)
    client = httpx.Client(base_url=base, follow_redirects=True, timeout=60)
    assert client.get(link).status_code == 200
    return client


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form of a task's page, and its number."""
    values = dict(
        re.findall(
            r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.partition('id="verdict"')[2].partition("</form>")[0]
        )
    )
    task = re.search(r'data-task="(\d+)"', page)
    return {**values, "task": task[1] if task else ""}


def judge(client: Any, page: str, criteria: list[str], **more: Any) -> Any:
    form = fields(page)
    data = {**form, **more, **({"criteria": criteria} if criteria else {"accept": "1"})}
    return client.post(f"/task/{form['task']}", data=data)


def test_signing_in_and_what_is_nobody_s(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    with served(create_app(study)) as base:
        stranger = httpx.Client(base_url=base, follow_redirects=True)
        for path, status in (("/", 401), ("/task", 401), ("/task/1", 401), ("/in/nonsense", 404), ("/owner", 401), ("/x", 404)):
            assert stranger.get(path).status_code == status, path
        with study.reading() as connection:
            digest = connection.exec_driver_sql("SELECT sha256 FROM pictures").scalar()
        assert stranger.get(f"/picture/{digest}").status_code == 401
        assert stranger.get("/report").status_code == 401
        ana, ben = signed_in(study, base, "Ana"), signed_in(study, base, "Ben")
        page = ana.get("/task").text
        number = fields(page)["task"]
        assert ben.get(f"/task/{number}").status_code == 409
        assert ana.get(f"/picture/{digest}").headers["content-type"] == "image/webp"
        assert ana.get("/owner").status_code == 401
        taken = judge(ben, page, ["size"])
        assert taken.status_code == 409
        assert "signed in with this browser" in taken.text
        owner = httpx.Client(base_url=base, follow_redirects=True)
        assert "People and their links" in owner.get(f"/in/{study.settings['owner']}").text
        assert owner.get("/report").status_code == 200
        assert owner.get("/report.json").json()["study"]["ads"] == 6
        assert "ours" not in page  # blind
        assert "theirs" not in page
        assert "ad-00" not in page


def test_pages_load_nothing_from_elsewhere_and_say_so(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    with served(create_app(study)) as base:
        ana = signed_in(study, base, "Ana")
        for path in ("/", "/task", "/guideline"):
            answer = ana.get(path)
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
            assert all(address.startswith(("/", "#")) for address in loaded)
            for address in loaded:
                if address.startswith(("/static", "/picture")):
                    assert ana.get(address).status_code == 200, address
        outside = ana.post("/leave", headers={"origin": "https://example.org"})
        assert outside.status_code == 403


def test_a_verdict_needs_one_side_and_keeps_what_was_typed(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    with served(create_app(study)) as base:
        ana = signed_in(study, base, "Ana")
        page = ana.get("/task").text
        form = fields(page)
        neither = ana.post(f"/task/{form['task']}", data={**form, "note": "a <b>note</b>"})
        assert neither.status_code == 422
        assert "Choose Accept, or at least one reason" in neither.text
        assert "a &lt;b&gt;note&lt;/b&gt;" in neither.text
        both = ana.post(f"/task/{form['task']}", data={**form, "accept": "1", "criteria": ["size"]})
        assert both.status_code == 422
        for boxes in ("[", '[{"criterion": "size", "box": [0, 0, 9, 9]}]', "[3]"):
            assert judge(ana, page, ["size"], boxes=boxes).status_code == 422
        assert judge(ana, page, ["colour"]).status_code == 422
        assert list(export_lines(study)) == []
        done = judge(ana, page, ["size"], boxes='[{"criterion": "size", "box": [0.1, 0.1, 0.5, 0.5]}]')
        assert done.status_code == 200
        assert fields(done.text)["task"] != form["task"]
        again = ana.get("/previous").text
        assert fields(again)["task"] == form["task"]
        assert "Correct my verdict" in again
        assert ana.post(f"/task/{form['task']}", content=b"x" * 300_000).status_code == 409


def test_addresses_that_no_database_holds_are_not_found(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    with served(create_app(study)) as base:
        ana = signed_in(study, base, "Ana")
        for number in ("x", "-1", "9" * 30):
            answer = ana.get(f"/task/{number}")
            assert (answer.status_code, "There is no such page" in answer.text) == (404, True)
            assert ana.post(f"/task/{number}", data={"accept": "1"}).status_code == 404
        assert ana.get(f"/previous?before={'9' * 30}").status_code == 200
        form = fields(ana.get("/task").text)
        far = f'[{{"criterion": "size", "box": [0, 0, 1{"0" * 400}, 1]}}]'
        for boxes in (far, f"[{'9' * 5000}]"):
            assert ana.post(f"/task/{form['task']}", data={**form, "criteria": "size", "boxes": boxes}).status_code == 422


def test_an_expired_lease_is_told(tmp_path: Path) -> None:
    study = make_study(tmp_path, 1)
    ben = team(study, "label")[1]
    with served(create_app(study)) as base:
        ana = signed_in(study, base, "Ana")
        page = ana.get("/task").text
        later = time.time() + study.settings["lease"] + 1
        task = next_task(study, ben, later)
        while task is not None and str(task.id) != fields(page)["task"]:
            from uniadgen.review.assignment import Verdict, submit

            submit(study, ben, task.id, Verdict(), f"ben-{task.id}-xxxx")
            task = next_task(study, ben, later)
        assert task is not None
        late = judge(ana, page, [])
        assert late.status_code == 409
        assert "has gone to somebody else" in late.text


def test_what_was_confirmed_survives_a_kill(tmp_path: Path) -> None:
    study = make_study(tmp_path, 4)
    study.close()
    process = subprocess.Popen(
        [sys.executable, "-m", "uniadgen", "review", "serve", str(tmp_path / "study.db"), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        links = [process.stdout.readline() for _ in range(7)]
        base = re.search(r"http://\S+?(?=;)", links[-1])
        assert base is not None
        token = re.search(r"/in/(\S+)", links[0])
        assert token is not None
        client = httpx.Client(base_url=base[0], follow_redirects=True, timeout=30)
        assert client.get(f"/in/{token[1]}").status_code == 200
        page = client.get("/task").text
        confirmed = []
        for _ in range(3):
            confirmed.append(fields(page)["submission"])
            page = judge(client, page, ["space"]).text
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert [record["submission"] for record in export_lines(open_study(str(tmp_path / "study.db")))] == confirmed


@pytest.mark.slow
def test_twenty_people_at_once_and_the_injected_errors_are_found(tmp_path: Path) -> None:
    """200 ads; labellers err on 20 % and verifiers mend three quarters of that; a careful third team rechecks 50."""
    labellers, verifiers, checkers = ([f"{team}{n}" for n in range(count)] for team, count in (("L", 10), ("V", 6), ("R", 4)))
    teams = {"label": labellers, "verify": verifiers, "recheck": checkers}
    study = make_study(tmp_path, 100, "picture", teams, recheck=0.25)
    truth = {number: {c for c in CRITERIA if random.Random(f"{number}{c}").random() < 0.1} for number in range(1, 201)}
    wrong_labels = {number for number in truth if random.Random(f"label{number}").random() < 0.2}
    left_wrong = {number for number in wrong_labels if random.Random(f"verify{number}").random() < 0.25}

    def said(number: int, wrong: bool) -> list[str]:
        flipped = {random.Random(f"flip{number}").choice(CRITERIA)} if wrong else set()
        return sorted(truth[number] ^ flipped)

    def work(name: str) -> None:
        client = signed_in(study, base, name)
        rng, idle = random.Random(name), 0
        page = client.get("/task").text
        while idle < 400:
            if "data-task" not in page:
                if "All done, thank you" in page:
                    return
                idle += 1
                time.sleep(0.4)
                page = client.get("/task").text
                continue
            number = int(re.search(r": ad (\d+)</h1>", page)[1])  # type: ignore[index]
            wrong = {"L": wrong_labels, "V": left_wrong, "R": set[int]()}[name[0]]
            answer = judge(client, page, said(number, number in wrong))
            if rng.random() < 0.05:  # the connection broke before the answer came, so the browser sends it again
                answer = judge(client, page, said(number, number in wrong))
            page = answer.text
        raise TimeoutError(name)

    with served(create_app(study)) as base:
        all_at_once(work, (*labellers, *verifiers, *checkers))
    figures = study_figures(study)
    assert figures["finished"]
    records = list(export_lines(study))
    stages = Counter(record["stage"] for record in records)
    assert stages == {"label": 200, "verify": 200, "recheck": 50}  # nothing lost, nothing doubled
    assert len({(record["system"], record["ad"], record["stage"]) for record in records}) == 450
    assert len({record["person"] for record in records}) == 20
    injected = 1 - len(left_wrong) / 200
    low, high = figures["recheck"]["accuracy"]["ci"]
    assert low <= injected <= high
    assert figures["recheck"]["verdict"] == "fails"
    changed = figures["verification"]["changed"]
    assert changed["count"] == len(wrong_labels - left_wrong)
    accepted = sum(not said(number, number in left_wrong) for number in truth)
    assert sum(row["available"]["count"] for row in figures["systems"].values()) == accepted
