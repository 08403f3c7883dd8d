"""What follows a transition: groups, reminders, webhooks."""

import pytest
from sqlalchemy import delete, select

from custrata.service.runs import reclassify, run
from custrata.store.models import Customer, Group, Membership, Outgoing
from tests.service.runs.putting import contact, customer, put, rules, sale, shown

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  touch:
    bands: {days_since_contact: {cuts: [30], names: [fresh, stale]}}
    table:
      rules:
        - {days_since_contact: stale, label: stale}
      otherwise: fresh
    effects:
      stale:
        enter: [{set_stage: dont_forget}, {add_to_group: calls}, remind, {webhook: crm}]
        leave: [restore_stage, {remove_from_group: calls}]
  marks:
    table:
      hit_policy: collect
      rules:
        - {monetary: "> 0", label: buyer}
        - {monetary: "> 500", label: big}
    effects:
      big: {enter: [{webhook: sales}]}
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    with desk.database.write() as session:
        session.add(Group(code="calls", name="Calls"))
        session.add(Group(code="spenders", name="Spenders", rule="{monetary: '> 500'}"))
        session.add(Group(code="quiet", name="Quiet", rule="- {label.touch: stale, stage: hot}"))
    put(desk, *(customer(name, "hot", "2026-01-01") for name in "ab"))
    put(desk, contact("a", "2026-11-01"), contact("b", "2026-10-01"), sale("a", "2026-11-01", 600))
    return desk


def members(desk):
    query = select(Group.code, Membership.customer_id).join(Group, Group.id == Membership.group_id)
    with desk.database.read() as session:
        return sorted(session.execute(query).all())


def sent(desk):
    with desk.database.read() as session:
        rows = session.scalars(select(Outgoing).order_by(Outgoing.id))
        return [(one.customer_id, one.kind, one.target, one.payload["to"]) for one in rows]


def test_a_first_run_sets_stages_and_groups_and_sends_nothing(desk):
    run(desk)
    assert shown(desk, "b") == "dont_forget"
    assert members(desk) == [("calls", "b"), ("quiet", "b"), ("spenders", "a")]
    assert sent(desk) == []


def test_later_transitions_send_once(desk, clock):
    run(desk)
    clock.forward(days=10)
    run(desk)
    run(desk)
    assert sent(desk) == [("a", "webhook", "crm", "stale")]
    with desk.database.read() as session:
        payload = session.scalars(select(Outgoing.payload)).first()
    assert payload["why"] == "day"
    assert payload["from"] == "fresh"


def test_numbers_of_messages_rise_though_those_before_are_gone(desk, clock):
    """Else a receiver takes what is new for something old."""
    run(desk)
    told = []
    for _ in range(3):
        clock.forward(days=40)
        run(desk)
        with desk.database.write() as session:
            told += [(one.id, one.key) for one in session.scalars(select(Outgoing))]
            session.execute(delete(Outgoing))
        put(desk, contact("a", clock().date()))
        run(desk)
    numbers = [number for number, _ in told]
    assert len(numbers) == 3
    assert numbers == sorted(set(numbers))
    assert max(numbers) < 2**53, "more is no whole number to JavaScript"
    assert len({key for _, key in told}) == len(told)


def test_leaving_undoes_what_entering_did(desk):
    run(desk)
    put(desk, contact("b", "2026-11-20"))
    with desk.database.write() as session:
        reclassify(session, desk, ["b"])
    assert shown(desk, "b") == "hot"
    assert members(desk) == [("spenders", "a")]


def test_a_label_of_a_list_is_entered_by_itself(desk):
    run(desk)
    put(desk, sale("b", "2026-11-20", 100))
    run(desk)
    put(desk, sale("b", "2026-11-20", 500))
    run(desk)
    assert sent(desk) == [("b", "webhook", "sales", '["buyer", "big"]')]
    assert ("spenders", "b") in members(desk)


@pytest.mark.parametrize(
    ("kind", "fires", "count"),
    [
        *(("publish", False, 0), ("publish", True, 1)),
        *(("roll_back", False, 0), ("roll_back", True, 1)),
    ],
)
def test_what_rules_change_is_sent_only_where_their_publisher_says_so(desk, kind, fires, count):
    run(desk)
    rules(desk, RULES.replace("> 500", "> 50"), kind, fires)
    put(desk, sale("b", "2026-11-20", 60))
    run(desk)
    assert len(sent(desk)) == count


def test_what_facts_change_is_sent_under_new_rules_too(desk):
    run(desk)
    rules(desk, RULES.replace("> 500", "> 400"))
    put(desk, sale("b", "2026-11-20", 600))
    run(desk)
    assert len(sent(desk)) == 1


def test_a_stage_that_a_person_chose_is_not_lifted_by_a_rule(desk):
    run(desk)
    with desk.database.write() as session:
        row = session.get(Customer, "b")
        row.stage, row.overlay, row.overlay_by = "potential", None, None
    put(desk, contact("b", "2026-11-20"))
    run(desk)
    assert shown(desk, "b") == "potential"


def test_a_group_whose_rule_goes_with_the_rules_no_more_stays_as_it_is(desk):
    run(desk)
    rules(desk, RULES.partition("  marks:")[0].replace("touch:", "reach:"))
    done = run(desk)
    assert ("quiet", "b") in members(desk)
    assert any("group quiet" in str(one) for one in done.diagnostics)
