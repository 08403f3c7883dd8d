"""Jobs are asked for once and done once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import Diagnostic
from custrata.service.work.jobs import ask, work_once
from custrata.service.work.kinds import KINDS
from custrata.store.faults import StoreError, refuse
from custrata.store.models import Import, Job


def row(desk, job) -> Job:
    with desk.database.read() as session:
        return session.scalars(select(Job).where(Job.id == job)).one()


def raising(error):
    def work(_desk, _arguments):
        raise error

    return {"a": work}


def test_a_job_is_done_for_who_asked_and_kept(desk):
    job = ask(desk, "add", {"x": 2})
    done = work_once(
        desk.of("worker"), {"add": lambda d, given: {"sum": given["x"] + 1, "by": d.by}}
    )
    assert (done.job, done.kind, done.state, done.fault) == (job, "add", "done", None)
    kept = row(desk, job)
    assert (kept.state, kept.result, kept.attempts) == ("done", {"sum": 3, "by": "an"}, 1)
    assert kept.finished_at == desk.now()
    assert work_once(desk, {}) is None


def test_a_slot_has_one_job_and_each_new_job_rings(desk):
    rung = []
    loud = replace(desk, bell=rung.append)
    first = ask(loud, "a", slot="nightly:2026-11-21")
    assert ask(loud, "a", slot="nightly:2026-11-21") == first
    other = ask(loud, "a")
    assert rung == [first, other]


def test_what_is_due_first_is_done_first_and_nothing_before_its_time(desk, clock):
    late = ask(desk, "a", due_at=clock() + timedelta(hours=2))
    soon = ask(desk, "a", due_at=clock() + timedelta(hours=1))
    kinds = {"a": lambda *_: None}
    assert work_once(desk, kinds) is None
    clock.forward(hours=3)
    assert [work_once(desk, kinds).job, work_once(desk, kinds).job] == [soon, late]


def test_a_refused_job_has_failed_with_what_was_said(desk):
    job = ask(desk, "a")
    error = StoreError(Diagnostic("no-version", "there is no version 9", allowed="1 to 3"))
    assert work_once(desk, raising(error)).state == "failed"
    assert row(desk, job).fault == "error[no-version] there is no version 9; allowed: 1 to 3"
    assert work_once(desk, raising(error)) is None


def test_a_refusal_that_passes_puts_it_off_as_often_as_it_takes(desk, clock):
    job = ask(desk, "a")
    for _ in range(5):
        worked = work_once(desk, raising(refuse("run-under-way", "another run is under way")))
        assert (worked.state, worked.job) == ("waiting", job)
        assert work_once(desk, {}) is None
        clock.forward(minutes=1)
    assert work_once(desk, {"a": lambda *_: None}).state == "done"
    assert (row(desk, job).attempts, row(desk, job).fault) == (1, None)


def test_a_job_that_breaks_is_begun_three_times_and_tells_the_kind_alone(desk, clock, caplog):
    job = ask(desk, "a")
    states = []
    for _ in range(3):
        states.append(work_once(desk, raising(KeyError("Nguyễn Thị An"))).state)
        clock.forward(hours=1)
    assert states == ["waiting", "waiting", "failed"]
    assert row(desk, job).fault == "it broke off, 3 times: KeyError"
    assert caplog.messages == [f"job {job} (a) broke off: KeyError"] * 3
    assert "Nguyễn" not in caplog.text + "".join(map(str, caplog.records))
    assert work_once(desk, {}) is None


def test_a_kind_that_this_program_does_not_know(desk):
    ask(desk, "bake")
    assert work_once(desk, {}).fault == "this program knows no job of the kind 'bake'"


def test_a_job_that_somebody_works_on_is_left_alone(desk):
    job = ask(desk, "a")
    inside = []
    kinds = {"a": lambda *_: inside.append(work_once(desk, kinds))}
    assert work_once(desk, kinds).job == job
    assert inside == [None]


class Killed(BaseException):
    """Stands for the end of a process: nothing is written down."""


def test_a_job_whose_process_died_is_taken_up_again_three_times(desk):
    job = ask(desk, "a")
    for attempt in (1, 2, 3):
        with pytest.raises(Killed):
            work_once(desk, raising(Killed()))
        assert (row(desk, job).state, row(desk, job).attempts) == ("working", attempt)
    worked = work_once(desk, raising(Killed()))
    assert (worked.state, worked.fault) == (
        "failed",
        "the process that worked on it died, 3 times",
    )
    assert row(desk, job).attempts == 3


def test_a_file_is_taken_in_for_who_asked(desk, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,name\nA-1,An\n", encoding="utf-8")
    job = ask(desk, "import", {"path": str(path), "record": "customers"})
    assert work_once(desk.of("worker"), KINDS).fault is None
    with desk.database.read() as session:
        (taken,) = session.scalars(select(Import)).all()
    assert (taken.by, taken.rows, row(desk, job).result) == ("an", 1, {"import": taken.id})
