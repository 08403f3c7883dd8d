"""Runs are listed, one by one told, and their jobs with them."""

import pytest

from custrata.service.runs import run
from custrata.service.runs.listing import alerts_of, run_of, runs, under_way
from custrata.service.runs.single import reclassify
from custrata.service.work.asked import asked, failed_jobs, open_jobs, withdraw
from custrata.service.work.jobs import ask, work_once
from custrata.store.faults import StoreError, refuse
from custrata.store.models import Run
from tests.service.runs.putting import customer, put, sale


def listed(desk, **words):
    with desk.database.read() as session:
        return runs(session, **words)


def test_runs_come_latest_first_and_single_ones_only_where_asked_for(desk, clock):
    put(desk, *(customer(f"c{number}") for number in range(12)))
    first = run(desk)
    put(desk, sale("c1", "2026-11-20"))
    with desk.database.write() as session:
        reclassify(session, desk, ["c1"])
    clock.forward(days=1)
    last = run(desk)
    found = listed(desk)
    assert [one.id for one in found] == [last.run_id, first.run_id]
    assert [one.kind for one in listed(desk, singles=True)] == ["full", "single", "full"]
    assert [one.id for one in listed(desk, before=last.run_id)] == [first.run_id]
    assert [one.id for one in listed(desk, limit=1)] == [last.run_id]
    assert (found[1].state, found[1].customers, found[1].changed) == ("landed", 12, first.changed)
    assert found[1].took.total_seconds() == 0
    assert found[1].calibration == first.calibration
    assert sum(found[1].sizes["rfm"].values()) == 12


def test_a_segment_that_moved_much_is_pointed_out(desk, clock):
    put(desk, *(customer(f"c{number:02}") for number in range(40)))
    run(desk)
    put(desk, *(sale(f"c{number:02}", "2026-11-20") for number in range(20)))
    clock.forward(days=1)
    last = run(desk)
    with desk.database.read() as session:
        found = {
            (one.classifier, one.label): (one.before, one.after)
            for one in alerts_of(session, last.run_id)
        }
        assert found["rfm", "no_purchase"] == (40, 20)
        assert run_of(session, last.run_id).id == last.run_id
        assert alerts_of(session, runs(session)[1].id) == []


@pytest.mark.parametrize("number", [0, -1, 99, 2**70])
def test_a_run_or_job_that_there_is_not(desk, number):
    with desk.database.read() as session:
        with pytest.raises(StoreError, match="no-run"):
            run_of(session, number)
        with pytest.raises(StoreError, match="no-job"):
            asked(session, number)


def test_the_run_under_way_is_told_with_how_far_it_is(desk):
    put(desk, customer("a"))
    seen = []

    def watch(step, _done, _total):
        with desk.database.read() as session:
            seen.append((step, under_way(session)))

    run(desk, progress=watch)
    assert {one.running for _step, one in seen if one is not None} == {True}
    assert any(one is not None and one.step for _step, one in seen)
    with desk.database.read() as session:
        assert under_way(session) is None


def test_a_job_is_taken_back_only_before_it_begins(desk):
    job = ask(desk, "run")
    with desk.database.read() as session:
        assert [one.id for one in open_jobs(session, "run")] == [job]
        assert open_jobs(session, "upload") == ()
    late = []
    assert work_once(desk, {"run": lambda *_: late.append(withdraw(desk, job))}).state == "done"
    assert late == [False]
    other = ask(desk, "run")
    assert withdraw(desk.of("lan"), other)
    assert not withdraw(desk, other)
    assert work_once(desk, {"run": lambda *_: None}) is None
    with desk.database.read() as session:
        assert (asked(session, other).state, asked(session, other).fault) == (
            "failed",
            "withdrawn by lan",
        )


def test_a_job_that_failed_says_why(desk):
    def refused(*_):
        raise refuse("no-customers", "there are no customers to classify", "an import first")

    job = ask(desk, "run")
    work_once(desk, {"run": refused})
    with desk.database.read() as session:
        (found,) = failed_jobs(session, "run")
        assert (found.id, found.open) == (job, False)
        assert "no customers" in found.fault
        assert session.get(Run, 1) is None
