"""Runs are asked for, watched, cancelled, and told what they changed."""

import re

import pytest
from sqlalchemy import select, update

from custrata.service.runs import run
from custrata.service.work.jobs import work_once
from custrata.service.work.kinds import KINDS
from custrata.store.models import Job, Run
from tests.admin.test_publishing import words


def jobs(panel):
    with panel.desk.database.read() as session:
        return [(one.kind, one.arguments, one.by) for one in session.scalars(select(Job))]


def test_a_run_is_told_with_what_changed_and_why(seen):
    with seen.desk.database.read() as session:
        first = session.scalar(select(Run.id).where(Run.kind == "full").order_by(Run.id))
    listed = words(seen.client("viewer").get("/runs/"))
    assert "all customers" in listed
    assert "Start a run" not in listed
    page = words(seen.client("viewer").get(f"/runs/{first}"))
    assert "Loyalty ladder" in page
    assert "first label:" in page
    assert "Version 1" in page
    assert "Facts up to number" in page


def test_a_run_is_asked_for_worked_on_and_shown(panel):
    client = panel.client("publisher")
    answer = client.post("/runs/start", {"as_of": "2026-11-22", "recalibrate": "1"})
    assert answer.location == "/runs/"
    assert jobs(panel) == [("run", {"as_of": "2026-11-22", "recalibrate": True}, "publisher")]
    waits = client.get("/runs/progress")
    assert waits.status_code == 200
    assert "A run waits" in waits.text
    assert 'hx-trigger="every 1s"' in waits.text
    again = client.post("/runs/start", {}, follow_redirects=True)
    assert "asked for or under way already" in again.text
    assert len(jobs(panel)) == 1
    assert work_once(panel.desk.of("worker"), KINDS).fault is None
    over = client.get("/runs/progress")
    assert (over.status_code, over.headers["HX-Refresh"]) == (286, "true")
    assert "hx-get" not in over.text
    assert "Nov 22, 2026" in words(client.get("/runs/"))


def test_a_run_that_has_not_begun_is_taken_back(panel):
    client = panel.client("publisher")
    client.post("/runs/start", {})
    with panel.desk.database.read() as session:
        job = session.scalar(select(Job.id))
    answer = client.post(f"/runs/withdraw/{job}", follow_redirects=True)
    assert "taken back before it began" in answer.text
    assert work_once(panel.desk, KINDS) is None


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "<b>"])
def test_a_day_that_is_none_starts_nothing(panel, day):
    answer = panel.client().post("/runs/start", {"as_of": day}, follow_redirects=True)
    assert "This is no date" in answer.text
    assert jobs(panel) == []


def test_the_run_under_way_shows_how_far_it_is_and_stops_on_demand(panel):
    client = panel.client("publisher")
    seen = []

    def watch(step, _done, _total):
        page = client.get("/runs/progress")
        seen.append(words(page))
        number = re.search(r"/runs/cancel/(\d+)", page.text)
        if step == "decide" and number:
            client.post(f"/runs/cancel/{number[1]}")

    with pytest.raises(Exception, match="cancelled"):
        run(panel.desk, progress=watch)
    assert any("is under way" in one for one in seen)
    with panel.desk.database.read() as session:
        last = session.scalar(select(Run.id).order_by(Run.id.desc()))
    assert "publisher cancelled it. Nothing was changed." in client.get(f"/runs/{last}").text
    over = client.post(f"/runs/cancel/{last}", follow_redirects=True)
    assert "is over already" in over.text


def test_a_segment_that_moved_much_and_warnings_are_pointed_out(panel):
    with panel.desk.database.write() as session:
        last = session.scalars(
            select(Run).where(Run.kind == "full").order_by(Run.id.desc())
        ).first()
        sizes = {**last.counts["sizes"], "pareto": [["key", 119], ["long_tail", 1]]}
        warning = "warning[stale] cut points are old; allowed: <i>a run</i>"
        counts = {**last.counts, "sizes": sizes, "warnings": [warning]}
        session.execute(update(Run).where(Run.id == last.id).values(counts=counts))
        number = last.id
    page = panel.client().get(f"/runs/{number}")
    assert "Segments that moved more than usual" in page.text
    assert "Pareto 80/20: Key customer" in words(page)
    assert "Cut points are old" in page.text
    assert "<i>a run" not in page.text


def test_labels_of_lists_and_of_classifiers_that_are_gone_are_named(panel):
    with panel.desk.database.write() as session:
        last = session.scalars(select(Run).order_by(Run.id.desc())).first()
        flows = [["gone", None, '["a","b"]', "rules", 3], ["rfm", "no_purchase", None, "day", 2]]
        counts = {**last.counts, "flows": flows}
        session.execute(update(Run).where(Run.id == last.id).values(counts=counts))
        number = last.id
    page = words(panel.client().get(f"/runs/{number}"))
    assert "gone 3 labels changed new rules: 3" in page
    assert "a, b" in page
    assert "Never bought" in page


def test_before_the_first_run_the_page_says_what_to_do(bare):
    page = bare.client().get("/runs/").text
    assert "No run yet" in page
    assert bare.client().get("/runs/7").status_code == 404
