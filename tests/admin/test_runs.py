"""Runs are asked for, watched, cancelled, and told what they changed."""

import html
import io
import re
from urllib.parse import urlencode

import polars as pl
import pytest
from sqlalchemy import select, update

from custrata.service.runs import run
from custrata.service.work.jobs import work_once
from custrata.service.work.kinds import KINDS
from custrata.store.models import AuditEvent, Customer, Job, LabelChange, Run
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
    assert "For the record The same five" in page
    assert "<details>\n<summary>For the record" in seen.client("viewer").get(f"/runs/{first}").text


def test_who_moved_is_listed_by_name_and_downloaded_without_formulas(panel):
    with panel.desk.database.write() as session:
        first = session.scalar(select(Run).where(Run.kind == "full").order_by(Run.id))
        number, flows = first.id, first.counts["flows"]
        name, was, label, _why, _customers = max(flows, key=lambda one: one[-1])
        count = sum(one[-1] for one in flows if one[:3] == [name, was, label])
        moved = session.scalars(
            select(LabelChange.customer_id)
            .where(LabelChange.run_id == number)
            .where(LabelChange.classifier == name, LabelChange.label == label)
            .order_by(LabelChange.customer_id)
        ).all()
        session.get_one(Customer, moved[0]).name = '=HYPERLINK("http://x")'
    assert (was, len(moved)) == (None, count)
    assert count > 30
    viewer = panel.client("viewer")
    query = urlencode({"classifier": name, "label": label})
    address = f"/runs/{number}/moved?{query}"
    assert address in html.unescape(viewer.get(f"/runs/{number}").text)
    seen = []
    while address:
        page = viewer.get(address).text
        seen += re.findall(r'<tr><td><a href="/customers/([^"]+)"', page)
        after = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(after[1]) if after else ""
    assert seen == list(moved)
    file = f"/runs/{number}/moved.csv?{query}"
    assert viewer.get(file).status_code == 403
    assert ".csv?" not in page
    text = panel.client("admin").get(file).data.decode("utf-8-sig")
    assert text.count("\r\n") == count + 1
    assert "'=HYPERLINK" in text
    assert "first label" in text
    sheet = panel.client("admin").get(file.replace(".csv", ".xlsx")).data
    assert pl.read_excel(io.BytesIO(sheet)).height == count
    assert panel.client("admin").get(file.replace(".csv", ".exe")).status_code == 404
    with panel.desk.database.read() as session:
        taken = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "customers.export")
        ).all()
        assert [(one.by, one.detail["customers"]) for one in taken] == [("admin", count)] * 2


def test_a_move_that_there_is_not_has_nobody_and_an_unknown_run_is_said(seen):
    client = seen.client("viewer")
    assert "Nobody of them is left" in client.get("/runs/1/moved?classifier=x&was=a").text
    assert client.get("/runs/99/moved?classifier=rfm").status_code == 404


def test_a_run_is_asked_for_worked_on_and_shown(panel):
    panel.desk.clock.forward(days=1)
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
