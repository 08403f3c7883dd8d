"""The worker, alone and beside others."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select, update

from custrata.service.desk import Desk
from custrata.service.rules.drafts import begin
from custrata.service.rules.publish import schedule
from custrata.service.rules.versions import current
from custrata.service.runs.work import LOCK
from custrata.service.settings import change_settings
from custrata.service.work import jobs as service
from custrata.service.work.jobs import ask
from custrata.service.work.worker import tick, work
from custrata.store.database import Database
from custrata.store.faults import StoreError
from custrata.store.models import Job, Run, Setting
from tests.service.runs.putting import contact, customer, put, rules, shown

SCRIPT = Path(__file__).parent / "counting.py"


def jobs(desk) -> list[Job]:
    with desk.database.read() as session:
        return list(session.scalars(select(Job).order_by(Job.id)))


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return found


def test_the_clock_asks_once_for_each_of_its_times(desk, clock):
    clock.forward(hours=10)  # 22:00 in Vietnam, where the rules that ship are
    tick(desk)
    tick(desk)
    clock.forward(hours=2)
    tick(desk)
    clock.forward(hours=2)
    tick(desk)
    assert [(job.slot, job.kind, job.arguments, job.by) for job in jobs(desk)] == [
        ("nightly:2026-11-21", "run", {"recalibrate": True}, "system"),
        ("day:2026-11-22", "run", {"recalibrate": False}, "system"),
        ("nightly:2026-11-22", "run", {"recalibrate": True}, "system"),
    ]


def test_a_run_whose_process_went_away_is_said_to_be_lost(desk):
    values = {"version": 1, "watermark": 0, "plugins": {}, "by": "an", "as_of": desk.now().date()}
    with desk.database.write() as session:
        session.add(Run(kind="full", state="running", started_at=desk.now(), **values))

    def state():
        with desk.database.read() as session:
            return session.scalar(select(Run.state))

    with desk.database.lock(LOCK):
        tick(desk)
        assert state() == "running"
    tick(desk)
    assert state() == "lost"


def test_after_days_off_nothing_is_made_up_for_but_the_last(desk, clock):
    tick(desk)
    clock.forward(days=3)
    tick(desk)
    assert [job.slot for job in jobs(desk)] == ["nightly:2026-11-21", "nightly:2026-11-24"]


def test_the_firm_chooses_the_hour(desk):
    change_settings(desk, nightly_at="12:01")
    tick(desk)
    assert [job.slot for job in jobs(desk)] == ["nightly:2026-11-20", "day:2026-11-21"]


def test_a_draft_is_published_at_its_time_and_all_are_classified_by_it_once(desk, clock):
    tick(desk)
    with desk.database.write() as session:
        session.add(landed(desk, session))
        text = current(session).text
    draft = begin(desk, "no change but a word", f"{text}# a word\n")
    schedule(desk, draft.id, draft.revision, clock() + timedelta(hours=1))
    tick(desk)
    clock.forward(hours=1)
    for _ in range(2):
        tick(desk)
    with desk.database.read() as session:
        assert (current(session).number, current(session).by) == (2, "an")
    assert [job.slot for job in jobs(desk)] == ["nightly:2026-11-21", "version:2"]


def test_who_was_not_contacted_for_thirty_days_is_told_right_after_midnight(desk, clock):
    rules(desk, "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers: {stale_contact: {}}\n")
    put(desk, customer("a", "hot", "2025-01-01"), contact("a", "2026-10-23"))
    told = []
    work(desk, stop=Event(), once=True, told=told.append)
    assert shown(desk, "a") == "hot"
    clock.forward(hours=12)
    work(desk, stop=Event(), once=True, told=told.append)
    assert shown(desk, "a") == "dont_forget"
    assert [(one.slot, one.state) for one in told] == [
        ("nightly:2026-11-21", "done"),
        ("day:2026-11-22", "done"),
    ]
    with desk.database.read() as session:
        runs = session.scalars(select(Run).order_by(Run.id)).all()
    assert [job.result for job in jobs(desk)] == [{"run": one.id} for one in runs]
    assert len({one.calibration_id for one in runs}) == 1


def landed(desk, session):
    """A run of all customers by the rules in force."""
    return Run(
        kind="full",
        state="landed",
        as_of=desk.today("UTC"),
        version=current(session).number,
        watermark=0,
        plugins={},
        by="an",
        started_at=desk.now(),
    )


def test_once_does_all_that_is_due_and_ends(desk):
    ask(desk, "a")
    told = []
    work(
        desk,
        stop=Event(),
        once=True,
        kinds=dict.fromkeys("a", nothing) | {"run": nothing},
        told=told.append,
    )
    assert [(one.kind, one.state) for one in told] == [("run", "done"), ("a", "done")]


def nothing(_desk, _arguments):
    return None


def test_the_job_at_hand_is_finished_before_it_stops(desk):
    stop = Event()
    for _ in range(2):
        ask(desk, "a", due_at=desk.now() - timedelta(days=1))
    work(desk, stop=stop, kinds={"a": lambda *_: stop.set()})
    assert [job.state for job in jobs(desk)][:2] == ["done", "waiting"]


def test_a_database_that_is_away_is_said_once_and_tried_again(tmp_path, caplog):
    lost = Desk(Database(f"sqlite:///{tmp_path}/nowhere/store.db"))
    stop, waited = Event(), []

    def wait(stop, seconds):
        waited.append(seconds)
        if len(waited) == 3:
            until(lambda: len(caplog.messages) == 2)
            stop.set()

    work(lost, stop=stop, every=7, wait=wait)
    assert waited == [7, 7, 7]
    assert sorted(one.partition(":")[0] for one in caplog.messages) == ["jobs", "webhooks"]
    assert all("there is no such database" in one for one in caplog.messages)
    with pytest.raises(StoreError):
        work(lost, stop=Event(), once=True)


def test_what_was_asked_for_is_done_though_the_clock_cannot_ask(desk, caplog):
    with desk.database.write() as session:
        session.add(Setting(name="nightly_at", value="late"))
    ask(desk, "a")
    stop = Event()
    work(desk, stop=stop, kinds={"a": nothing}, wait=lambda stop, _: stop.set())
    assert [job.state for job in jobs(desk)] == ["done"]
    assert "no time of day: 'late'" in caplog.text


def test_three_workers_do_each_job_once_though_one_is_killed(desk, url, tmp_path):
    ask(desk, "hang", due_at=desk.now() - timedelta(days=2))
    names = [f"job {number}" for number in range(20)]
    for name in names:
        ask(desk, "count", {"name": name}, due_at=desk.now() - timedelta(days=1))
    workers = subprocess.Popen([sys.executable, SCRIPT, url, tmp_path], stdout=subprocess.PIPE)
    try:
        hanging = tmp_path / "hanging"
        until(lambda: hanging.exists() and hanging.read_text().endswith("\n"))
        os.kill(int(hanging.read_text()), signal.SIGKILL)
        until(lambda: all(job.state == "done" for job in jobs(desk)))
    finally:
        workers.terminate()
    assert workers.communicate(timeout=60)[0].decode().strip() == "[-9, 0, 0]"
    done = Counter((tmp_path / "done").read_text().splitlines())
    assert done == dict.fromkeys([*names, "hang", "run True"], 1)
    assert Counter(job.attempts for job in jobs(desk)) == {1: 21, 2: 1}


def test_jobs_that_were_done_long_ago_are_forgotten_each_night(desk, clock):
    """Their slots are never asked for again; what failed stays to be read."""
    with desk.database.write() as session:
        for state in ("done", "failed", "waiting"):
            service.put(session, desk, state).state = state
        long_ago = desk.now() - timedelta(days=91)
        session.execute(update(Job).values(finished_at=long_ago))
        lately = service.put(session, desk, "lately")
        lately.state, lately.finished_at = "done", desk.now()
    clock.forward(days=1)
    tick(desk)
    with desk.database.read() as session:
        kinds = set(session.scalars(select(Job.kind)))
    assert kinds == {"failed", "waiting", "lately", "run"}
