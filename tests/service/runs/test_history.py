"""Facts, contacts and runs in any order leave a consistent history."""

from collections import defaultdict
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from custrata.service.runs import back_fill, labels_on, reclassify, run
from custrata.store.models import Customer, LabelChange, LabelNow, Run
from tests.service.runs.putting import contact, customer, emptied, put, rules, sale

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  stale_contact: {}
  value:
    bands: {monetary: {cuts: [mean], names: [small, big]}}
    table: {rules: [{monetary: big, label: big}], otherwise: small}
"""
NAMES = "abcd"
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("contact"), st.sampled_from(NAMES), st.integers(0, 60), st.booleans()),
        st.tuples(st.just("sale"), st.sampled_from(NAMES), st.integers(0, 60), st.booleans()),
        st.tuples(st.just("customer"), st.sampled_from("ef"), st.integers(0, 60)),
        st.tuples(st.just("run"), st.booleans()),
        st.tuples(st.just("day"), st.integers(1, 25)),
        st.tuples(st.just("back_fill"), st.integers(1, 20)),
    ),
    max_size=12,
)


def bounded(examples):
    """So many examples, none of them shrunk: every one takes runs on a real database."""
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def do(desk, clock, step):
    today = clock().date()
    match step:
        case ("contact" | "sale" as kind, name, ago, at_once):
            day = (today - timedelta(days=ago)).isoformat()
            put(desk, contact(name, day) if kind == "contact" else sale(name, day, 10 + ago))
            if at_once:
                with desk.database.write() as session:
                    reclassify(session, desk, [name])
        case ("customer", name, ago):
            with desk.database.read() as session:
                known = session.get(Customer, name)
            if known is None:
                put(desk, customer(name, "hot", (today - timedelta(days=ago)).isoformat()))
        case ("run", recalibrate):
            run(desk, recalibrate=recalibrate)
        case ("day", number):
            clock.forward(days=number)
        case ("back_fill", ago):
            with desk.database.read() as session:
                last = session.scalars(select(Run.as_of).where(Run.kind == "full")).all()
            if last:
                day = max(last) - timedelta(days=ago)
                back_fill(desk, day, day)


def check(desk):
    with desk.database.read() as session:
        rows = session.scalars(select(LabelChange)).all()
        now = {(one.customer_id, one.classifier): one for one in session.scalars(select(LabelNow))}
        runs = {one.id: one for one in session.scalars(select(Run))}
        assert {one.state for one in runs.values()} <= {"landed"}
        by_key = defaultdict(list)
        for one in rows:
            assert one.why
            assert one.run_id in runs
            assert (one.why == "first") <= (one.was is None)
            assert one.label != one.was
            by_key[one.customer_id, one.classifier].append(one)
        assert by_key.keys() >= now.keys()
        for (name, classifier), standing in now.items():
            changes = by_key[name, classifier]
            last = max(changes, key=lambda one: (one.valid_from, one.recorded_at))
            assert (last.label, last.valid_from) == (standing.label, standing.valid_from)
            day = min(one.valid_from for one in changes)
            while day <= standing.valid_from + timedelta(days=1):
                assert classifier in labels_on(session, name, day)
                day += timedelta(days=9)


@bounded(12)
@given(steps=STEPS)
def test_every_day_has_one_label_and_every_change_a_reason(desk, clock, steps):
    emptied(desk)
    rules(desk, RULES)
    clock.__init__()
    put(desk, *(customer(name, "hot", "2026-09-01") for name in NAMES))
    for step in [*steps, ("run", True)]:
        do(desk, clock, step)
        check(desk)


@bounded(8)
@given(steps=STEPS)
def test_who_was_classified_at_once_has_what_a_full_run_gives(desk, clock, steps):
    emptied(desk)
    rules(desk, RULES)
    clock.__init__()
    put(desk, *(customer(name, "hot", "2026-09-01") for name in NAMES))
    run(desk)
    for step in steps:
        if step[0] in ("contact", "sale"):
            do(desk, clock, (*step[:3], True))
    with desk.database.read() as session:
        query = select(LabelNow.customer_id, LabelNow.classifier, LabelNow.label)
        at_once = sorted(session.execute(query).all())
    assert run(desk, recalibrate=False).changed == 0
    with desk.database.read() as session:
        assert sorted(session.execute(query).all()) == at_once


def test_what_a_back_filled_day_parts_stands_since_the_run_after_it(desk, clock):
    emptied(desk)
    rules(desk, RULES)
    clock.__init__()
    put(desk, customer("a", "hot", "2026-09-01"))
    run(desk)
    clock.forward(days=24)
    after = run(desk).as_of
    put(desk, contact("a", (clock().date() - timedelta(days=20)).isoformat()))
    day = after - timedelta(days=18)
    back_fill(desk, day, day)
    check(desk)
    with desk.database.read() as session:
        stale = session.get_one(LabelNow, ("stale_contact", "a"))
        assert stale.valid_from == after
