"""A run lands whole or not at all, one at a time, and misses nothing that happens meanwhile."""

import threading
from datetime import date

import pytest
from sqlalchemy import func, select, update

from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.erase import erase
from custrata.service.runs import cancel, landing, reasons, reclassify, run
from custrata.service.runs.chunks import measures_of
from custrata.service.setup import open_store
from custrata.store.faults import StoreError, refuse
from custrata.store.models import (
    Contact,
    Customer,
    LabelChange,
    LabelNow,
    Outgoing,
    Run,
    RunChunk,
)
from custrata.store.sequence import take
from tests.service.runs.putting import (
    at,
    changes,
    contact,
    customer,
    fresh,
    label,
    labels,
    put,
    rules,
    sale,
)

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  stale_contact: {}
  value:
    bands: {monetary: {cuts: [mean], names: [small, big]}}
    table:
      rules:
        - {monetary: big, label: big}
      otherwise: small
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, *(customer(name, "hot", "2026-01-01") for name in "abc"))
    put(desk, *(contact(name, "2026-11-01") for name in "abc"))
    put(desk, sale("a", "2026-11-01", 900), sale("b", "2026-11-01", 100))
    return desk


class At:
    """Does something once, when a run comes to a step."""

    def __init__(self, step, do):
        self.step, self.do = step, do

    def __call__(self, step, _done, _total):
        if step == self.step and self.do:
            do, self.do = self.do, None
            do()


def everything(desk):
    with desk.database.read() as session:
        kept = (LabelNow, LabelChange, RunChunk)
        return [session.execute(select(*one.__table__.c)).all() for one in kept]


def test_a_run_writes_labels_history_and_what_it_measured(desk):
    done = run(desk)
    assert done.sizes["value"] == {"big": 1, "small": 2}
    assert labels(desk, "value") == {"a": "big", "b": "small", "c": "small"}
    assert done.changed == 6
    with desk.database.read() as session:
        row = session.get(Run, done.run_id)
        assert (row.state, row.version, row.as_of) == ("landed", 2, date(2026, 11, 21))
        assert row.calibration_id == done.calibration
        assert row.watermark == 3
    with desk.database.snapshot() as snapshot:
        kept = measures_of(snapshot, done.run_id)
    assert dict(kept.select("customer_id", "monetary").rows()) == {"a": 900, "b": 100, "c": 0}


def test_a_second_run_writes_only_what_changed(desk, clock):
    run(desk)
    clock.forward(days=1)
    put(desk, sale("c", "2026-11-22", 5000))
    again = run(desk)
    assert [(one.was, one.label, one.customers) for one in again.flows] == [
        ("big", "small", 1),
        ("small", "big", 1),
    ]
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(LabelChange)) == 8


def test_a_step_that_fails_leaves_everything_as_it_was(desk):
    run(desk)
    put(desk, sale("c", "2026-11-20", 5000))
    before = everything(desk)

    def fail():
        raise RuntimeError("on purpose")

    for step in ("measure", "compare", "write"):
        with pytest.raises(RuntimeError):
            run(desk, progress=At(step, fail))
    assert everything(desk) == before
    with desk.database.read() as session:
        assert session.scalars(select(Run.state).order_by(Run.id)).all()[1:] == ["failed"] * 3
    assert run(desk).changed == 2


def test_two_runs_at_once_are_refused(desk):
    told = []

    def second():
        with pytest.raises(StoreError) as caught:
            run(desk.of("bình"))
        told.append(str(caught.value))

    def aside():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    run(desk, progress=At("measure", aside))
    assert "run-under-way" in told[0]
    assert "by an" in told[0]


def test_others_read_how_far_a_run_is_and_may_cancel_it(desk):
    seen = []

    def look():
        with desk.database.read() as session:
            row = session.scalars(select(Run)).one()
            seen.append((row.state, row.step, row.total > 0))
        assert cancel(desk.of("bình"), row.id)

    before = everything(desk)
    with pytest.raises(StoreError, match="bình cancelled run"):
        run(desk, progress=At("calibrate", look))
    assert seen == [("running", "measure", True)]
    assert everything(desk) == before
    with desk.database.read() as session:
        assert session.scalars(select(Run.state)).one() == "cancelled"


def test_a_run_whose_process_went_away_is_lost_and_never_lands(desk):
    with desk.database.write() as session:
        left = Run(
            kind="full",
            state="running",
            as_of=date(2026, 11, 20),
            version=2,
            watermark=0,
            plugins={},
            by="an",
            started_at=desk.now(),
        )
        session.add(left)
        session.flush()
        number = left.id
    done = run(desk)
    with desk.database.read() as session:
        assert session.get(Run, number).state == "lost"
        assert session.get(Run, done.run_id).state == "landed"


def test_a_run_that_others_gave_up_writes_nothing(desk):
    def give_up():
        with desk.database.write() as session:
            session.execute(update(Run).values(state="lost"))

    with pytest.raises(StoreError, match="lost its hold"):
        run(desk, progress=At("compare", give_up))
    assert labels(desk, "value") == {}


def test_a_fact_that_comes_while_a_run_reads_is_not_lost(desk):
    put(desk, *(customer(name, "hot", "2026-01-01") for name in ("quiet", "called")))
    put(desk, contact("quiet", "2026-09-01"), contact("called", "2026-09-01"))
    run(desk)

    def call():
        with desk.database.write() as session:
            session.add(Contact(customer_id="called", occurred_at=at("2026-11-20"), **fresh()))
            number = take(session)
            row = update(Customer).where(Customer.customer_id == "called")
            session.execute(row.values(fact_seq=number))
            session.flush()
            reclassify(session, desk, ["called"])

    run(desk, progress=At("measure", call))
    assert label(desk, "quiet") == "dont_forget"
    assert label(desk, "called") == "in_touch"
    assert [one[1] for one in changes(desk, "called")] == ["dont_forget", "in_touch"]


def test_a_run_that_lost_its_hold_brings_back_nobody_who_was_erased(desk, monkeypatch):
    monkeypatch.setattr("custrata.service.customers.erase.LOCK", "that of nobody")
    with pytest.raises(StoreError, match="lost its hold"):
        run(desk, progress=At("compare", lambda: erase(desk, "c")))
    assert labels(desk, "value") == {}
    assert run(desk).customers == 2


def test_a_run_waits_for_whoever_holds_the_database_for_long(url, desk, monkeypatch):
    """On SQLite a writer holds all of it, and who waits for 30 seconds is refused."""
    monkeypatch.setattr("custrata.store.engines._PRAGMAS", ("busy_timeout=20", "foreign_keys=ON"))
    monkeypatch.setattr("custrata.service.patience._PAUSE", 0.05)
    steps, patient = [], open_store(url, "an", desk.clock)
    began, over = threading.Event(), threading.Event()

    def hold():
        with desk.database.write() as session:
            take(session)
            began.set()
            over.wait(20)

    holder = threading.Thread(target=hold)

    def follow(step, done, total):
        if (step, done) == ("write", 0):
            holder.start()
            began.wait()
        if step == "wait" or desk.database.dialect != "sqlite":
            over.set()
        steps.append(step)

    done = run(patient, progress=follow)
    holder.join()
    patient.database.close()
    assert ("wait" in steps) == (desk.database.dialect == "sqlite")
    assert label(desk, "a", "value") == "big"
    assert done.customers == 3


def test_a_landing_that_breaks_off_at_its_end_is_made_anew(desk, monkeypatch):
    """As where MariaDB finds out late that two wait for one another."""
    close, tried = landing.close, []

    def busy_once(*words):
        tried.append(words)
        if len(tried) == 1:
            raise refuse("database-busy", "busy")
        close(*words)

    monkeypatch.setattr(landing, "close", busy_once)
    monkeypatch.setattr("custrata.service.patience._PAUSE", 0)
    done = run(desk)
    assert len(tried) == 2
    with desk.database.snapshot() as snapshot:
        assert measures_of(snapshot, done.run_id).height == 3
    assert [one[1] for one in changes(desk, "a", "value")] == ["big"]


def test_a_run_gives_up_where_the_database_stays_busy_or_somebody_cancels(desk, monkeypatch):
    def busy(*_words):
        raise refuse("database-busy", "busy")

    def asked(step, done, total):
        if step == "wait":
            with desk.database.read() as session:
                number = session.scalars(select(Run.id).where(Run.state == "running")).one()
            cancel(desk, number)

    monkeypatch.setattr("custrata.service.runs.landing.begin", busy)
    monkeypatch.setattr("custrata.service.patience._PAUSE", 0)
    with pytest.raises(StoreError, match="an cancelled run"):
        run(desk, progress=asked)
    monkeypatch.setattr("custrata.service.runs.landing._PATIENCE", 0)
    with pytest.raises(StoreError, match="busy"):
        run(desk)


def test_days_before_the_last_run_are_for_back_filling(desk):
    run(desk)
    with pytest.raises(StoreError, match="back-fill for past days"):
        run(desk, as_of=date(2026, 11, 20))


def test_nobody_cannot_be_classified(url):
    empty = open_store(url)
    with pytest.raises(CustrataError, match="an import first"):
        run(empty)
    empty.database.close()


def test_measures_are_kept_of_the_last_run_and_of_each_months_last(desk, clock):
    last_ones = []
    for _month in range(3):
        run(desk)
        clock.forward(days=1)
        last_ones.append(run(desk).run_id)
        clock.forward(days=30)
    with desk.database.read() as session:
        kept = session.scalars(select(RunChunk.run_id).order_by(RunChunk.run_id)).all()
    assert kept == last_ones


def test_cut_points_may_be_kept(desk):
    first = run(desk)
    put(desk, sale("c", "2026-11-20", 500))
    kept = run(desk, recalibrate=False)
    assert kept.calibration == first.calibration
    assert labels(desk, "value")["c"] == "big"
    assert run(desk).calibration != first.calibration


def test_amounts_with_different_decimals_add_up_exactly(desk):
    put(desk, sale("c", "2026-11-01", 1, scale=9), sale("c", "2026-11-01", 10**9 * 3))
    put(desk, sale("a", "2026-11-02", 123_456_789, scale=2))
    run(desk)
    (told,) = [one for one in reasons(desk, "c").explanations if one["classifier"] == "value"]
    assert told["inputs"][0]["value"] == pytest.approx(3_000_000_000.000000001, abs=0)


def call_at_once(desk, name, day):
    with desk.database.write() as session:
        session.add(Contact(customer_id=name, occurred_at=at(day), **fresh()))
        number = take(session)
        session.execute(
            update(Customer).where(Customer.customer_id == name).values(fact_seq=number)
        )
        session.flush()
        reclassify(session, desk, [name])


def test_a_contact_after_midnight_outlives_a_run_that_began_before(desk, clock):
    put(desk, customer("late", "hot", "2026-01-01"), contact("late", "2026-09-01"))
    run(desk)

    def call():
        clock.forward(hours=13)
        call_at_once(desk, "late", "2026-11-22")

    clock.forward(hours=11)
    run(desk, progress=At("measure", call))
    assert label(desk, "late") == "in_touch"
    assert changes(desk, "late")[-1][:2] == (date(2026, 11, 22), "in_touch")
    with pytest.raises(StoreError, match="back-fill"):
        run(desk, as_of=date(2026, 11, 21))


def test_effects_of_a_run_and_of_what_came_meanwhile_go_out_side_by_side(desk, clock):
    sends = "[{webhook: crm}]"
    said = f"{{effects: {{dont_forget: {{enter: {sends}, leave: {sends}}}}}}}"
    rules(desk, RULES.replace("{}", said))
    put(desk, customer("late", "hot", "2026-01-01"), contact("late", "2026-09-01"))
    run(desk)
    clock.forward(days=15)

    def call():
        put(desk, contact("late", "2026-12-05"))

    run(desk, progress=At("measure", call))
    with desk.database.read() as session:
        found = session.execute(select(Outgoing.customer_id, Outgoing.kind)).all()
    assert sorted(found) == [(name, "webhook") for name in ("a", "b", "c", "late")]


def test_whoever_is_classified_meanwhile_leaves_a_table_that_is_no_more(desk):
    run(desk)
    rules(desk, RULES.partition("  value:")[0])
    run(desk, progress=At("measure", lambda: put(desk, contact("a", "2026-11-20"))))
    assert [changes(desk, name, "value")[-1][1] for name in "ab"] == [None, None]
    assert labels(desk, "value") == {}


def test_columns_that_a_measure_names_by_default_are_read(desk):
    rules(desk, "ruleset: 1\nclassifiers: {p: {table: {rules: [{peer_count: 2, label: two}]}}}\n")
    with desk.database.write() as session:
        session.execute(
            update(Customer).where(Customer.customer_id != "c").values(sector="service")
        )
    run(desk)
    assert labels(desk, "p") == {"a": "two", "b": "two", "c": None}


def test_a_day_to_come_is_no_day_to_run(desk):
    with pytest.raises(StoreError, match="2026-11-22 is still to come"):
        run(desk, as_of=date(2026, 11, 22))
