"""Whoever is classified at once gets the labels of a full run: over every measure there is."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from custrata.service.customers.facts import correct_fact, delete_fact, facts_of
from custrata.service.customers.record import record_answer, record_contact, record_sale, set_stage
from custrata.service.imports.batch import take_rows
from custrata.service.rules.versions import engine_of, version
from custrata.service.runs import run
from custrata.service.runs.basis import calibration_of, last_full
from custrata.service.runs.facts import Wanted, frames
from custrata.service.runs.labels import classifiers_of, texts
from custrata.store.models import Feedback, LabelNow, Opportunity
from tests.engine.test_customer_as_in_a_run import PLUGINS, every_measure
from tests.service.runs.putting import at, contact, customer, emptied, fresh, put, rules, sale
from tests.service.runs.test_history import bounded

RULES = f"time_zone: Asia/Ho_Chi_Minh\n{every_measure()}"
NAMES = "abcde"
AGO = st.integers(0, 500)
SILENT = "f"
"""Of whom nothing is known, and whose records leave out what those of others say."""
WHO = st.sampled_from(NAMES + SILENT)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sale"), WHO, AGO, st.integers(-500, 9_000_000)),
        st.tuples(st.just("sales"), WHO, AGO, st.integers(1, 9_000)),
        st.tuples(st.just("contact"), WHO, AGO, st.sampled_from(["in", "out", None])),
        st.tuples(st.just("contacts"), WHO, AGO, st.sampled_from(["reached", "busy", None])),
        st.tuples(st.just("answer"), WHO, AGO, st.sampled_from(["1", "5", "very_likely"])),
        st.tuples(st.just("stage"), WHO, AGO, st.sampled_from(["hot", "closed", "lost"])),
    ),
    min_size=1,
    max_size=4,
)

AMENDS = st.lists(
    st.one_of(
        st.tuples(st.just("opportunity"), WHO, AGO, st.sampled_from(["won", "lost", None])),
        st.tuples(st.just("feedback"), WHO, AGO, st.sampled_from(["open", "closed"])),
        st.tuples(st.just("corrected"), WHO, AGO, st.integers(1, 9_000_000)),
        st.tuples(st.just("taken out"), WHO, AGO, st.sampled_from(["transaction", "contact"])),
    ),
    min_size=1,
    max_size=4,
)


def begun(desk):
    """Five customers of whom something of every record is known, one of whom nothing, and a run."""
    emptied(desk)
    rules(desk, RULES)
    put(desk, customer(SILENT, "new", "2025-01-01"))
    own = {"town": "Đà Lạt", "born": "1990-01-01", "province": "Lâm Đồng"}
    for number, name in enumerate(NAMES):
        more = {"attributes": own, "sector": "service", "kind": "company"} if number % 2 else {}
        put(desk, customer(name, "hot", "2025-01-01", **more))
        put(desk, contact(name, f"2026-1{number % 2}-01", direction="out", outcome="reached"))
        put(desk, sale(name, f"2026-0{number + 1}-01", 100 * 7**number, product="tea"))
        put(desk, sale(name, f"2026-0{number + 2}-03", 50 * 5**number, profit=20 * number))
    moment = {"customer_id": "a", **fresh()}
    put(desk, Opportunity(step="quotation", changed_at=at("2026-11-01"), **moment))
    moment = {"customer_id": "b", **fresh()}
    put(desk, Feedback(opened_at=at("2026-11-01"), kind="complaint", state="open", **moment))
    run(desk)


def learn(desk, step):
    kind, who, ago, value = step
    moment = desk.now() - timedelta(days=ago)
    row = {"customer_id": who, "occurred_at": moment}
    match kind:
        case "sale":
            record_sale(desk, who, Decimal(value) / 100, moment, product="tea")
        case "sales":
            rows = [{**row, "amount": Decimal(value + one), "profit": None} for one in range(3)]
            assert take_rows(desk, "transactions", dict(enumerate(rows))).classified
        case "contact":
            record_contact(desk, who, moment, direction=value)
        case "contacts":
            assert take_rows(desk, "contacts", {0: {**row, "outcome": value}}).touched <= 1
        case "answer":
            record_answer(desk, who, "satisfaction", value, moment)
        case "stage":
            set_stage(desk, who, value)


def amend(desk, step):
    kind, who, ago, value = step
    moment = desk.now() - timedelta(days=ago)
    match kind:
        case "opportunity":
            row = {"customer_id": who, "changed_at": moment, "step": "quotation", "outcome": value}
            assert take_rows(desk, "opportunities", {0: row | {"opportunity_id": "o"}}).touched <= 1
        case "feedback":
            row = {"customer_id": who, "opened_at": moment, "kind": "complaint", "state": value}
            assert take_rows(desk, "feedback", {0: row}).touched <= 1
        case "corrected":
            for one in latest(desk, "transaction", who):
                correct_fact(desk, "transaction", one, amount=Decimal(value), occurred_at=moment)
        case "taken out":
            for one in latest(desk, value, who):
                delete_fact(desk, value, one)


def latest(desk, kind, who):
    """The number of the latest of a customer's facts; nothing where there is none."""
    with desk.database.read() as session:
        return [one.id for one in facts_of(session, kind, who, limit=1)]


def at_once(desk):
    """The labels that stand."""
    query = select(LabelNow.classifier, LabelNow.customer_id, LabelNow.label)
    with desk.database.read() as session:
        return {(name, who): label for name, who, label in session.execute(query)}


def of_everyone(desk):
    """The labels of a full run: the same version, cut points and day, from all facts."""
    with desk.database.read() as session:
        last = last_full(session)
        engine, calibration = (
            engine_of(version(session, last.version)),
            calibration_of(session, last),
        )
    with desk.database.snapshot() as snapshot:
        facts = frames(snapshot, Wanted(engine, last.as_of))
    labelled = engine.run(as_of=last.as_of, calibration=calibration, **facts).labelled
    return {
        (name, who): label
        for name in classifiers_of(engine)
        for who, label in texts(labelled, name).select("customer_id", "label").iter_rows()
    }


def test_every_built_in_measure_takes_part():
    text = every_measure()
    assert [
        name
        for name in PLUGINS.measures
        if f"  by_{name}:" not in text and f"  is_{name}:" not in text
    ] == []
    assert len(PLUGINS.measures) > 25


def test_what_others_alone_say_is_no_reason_for_another_label(desk):
    begun(desk)
    for step in [
        ("contact", SILENT, 3, None),
        ("sale", SILENT, 450, 5),
        ("contact", SILENT, 2, None),
    ]:
        learn(desk, step)
        assert at_once(desk) == of_everyone(desk)


@bounded(8)
@given(steps=STEPS)
def test_labels_at_once_are_those_of_a_full_run(desk, steps):
    begun(desk)
    for step in steps:
        learn(desk, step)
        assert at_once(desk) == of_everyone(desk)


@bounded(8)
@given(steps=AMENDS)
def test_they_are_after_a_deal_a_complaint_or_a_correction(desk, steps):
    begun(desk)
    for step in steps:
        amend(desk, step)
        assert at_once(desk) == of_everyone(desk)
