"""Groups: their codes, their tree, who is in them, and what stands in the way of deleting one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.registers import group_rules
from custrata.service.registers import groups as registers
from custrata.service.registers.group_rules import would_hold
from custrata.service.registers.groups import (
    add_group,
    change_group,
    delete_group,
    group,
    group_uses,
    groups,
    overlap,
    suggested_code,
)
from custrata.service.registers.members import empty_group, members, put_in, take_out
from custrata.service.registers.sources import add_source
from custrata.service.registers.uses import Uses
from custrata.service.runs import run
from custrata.store.models import AuditEvent, Customer, Group, Membership
from tests.service.runs.putting import customer, emptied, labels, put, rules

RULES = """\
ruleset: 1
classifiers:
  vips:
    table:
      rules:
        - {groups.vip: true, label: vip}
      otherwise: other
    effects:
      vip: {enter: [{add_to_group: gifts}]}
"""


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    for name in ("VIP", "Gifts", "Khách hàng thân thiết"):
        add_group(desk, name)
    put(desk, *(customer(name) for name in "abc"))
    return desk


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0]


def tree(desk):
    with desk.database.read() as session:
        return [(one.code, one.parent, one.depth, one.members) for one in groups(session)]


def in_group(desk, code):
    with desk.database.read() as session:
        return members(session, code)


def uses(desk, code):
    with desk.database.read() as session:
        return group_uses(session, code)


def test_codes_come_from_names_and_are_each_one_once(desk):
    assert add_group(desk, "Đối tác Hà Nội") == "doi-tac-ha-noi"
    assert add_group(desk, "VIP") == "vip-2"
    assert add_group(desk, "vip!") == "vip-3"
    assert add_group(desk, "老客戶") == "老客戶"
    assert add_group(desk, "Anything", code="my_code") == "my_code"
    taken = refused(add_group, desk, "Anything", code="vip")
    assert (taken.code, taken.allowed) == ("group-code-taken", "vip-4")
    other = refused(add_group, desk, "Anything", code="My Code")
    assert (other.code, other.allowed) == ("code-form", "my-code")
    assert refused(add_group, desk, "!!!").code == "code-missing"
    assert refused(add_group, desk, " ").code == "text-missing"
    assert refused(add_group, desk, "Below", parent="vpi").nearest == "vip"
    assert change_group(desk, "doi-tac-ha-noi", name="Đối tác", code="doi-tac") == "doi-tac"


def test_the_tree_is_listed_by_name_and_takes_no_circle(desk):
    add_group(desk, "Gold", parent="vip")
    add_group(desk, "Silver", parent="gold")
    put_in(desk, "silver", ["a", "b"])
    assert tree(desk) == [
        ("gifts", None, 0, 0),
        ("khach-hang-than-thiet", None, 0, 0),
        ("vip", None, 0, 0),
        ("gold", "vip", 1, 0),
        ("silver", "gold", 2, 2),
    ]
    circle = refused(change_group, desk, "vip", parent="silver", name="not kept")
    assert circle.code == "group-circle"
    assert "vip › gold › silver" in circle.message
    assert refused(change_group, desk, "vip", parent="vip").code == "group-circle"
    assert change_group(desk, "silver", parent=None, name="Zinc") == "silver"
    assert tree(desk)[-1] == ("silver", None, 0, 2)
    with desk.database.read() as session:
        assert session.scalars(select(Group.name).where(Group.code == "vip")).one() == "VIP"


def test_two_who_move_groups_at_once_make_no_circle(desk):
    together = Barrier(2)

    def move(code, parent):
        together.wait()
        try:
            change_group(desk, code, parent=parent)
        except CustrataError as error:
            return error.diagnostics[0].code
        return "moved"

    for _ in range(3):
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(move, ("vip", "gifts"), ("gifts", "vip")))
        assert sorted(found) == ["group-circle", "moved"]
        assert len(tree(desk)) == 3
        for code in ("vip", "gifts"):
            change_group(desk, code, parent=None)


def test_members_by_hand_are_facts(desk):
    run(desk)
    assert put_in(desk, "vip", ["b", "a", "b"]) == 2
    assert put_in(desk, "vip", ["b", "c"]) == 1
    assert labels(desk, "vips") == dict.fromkeys("abc", "vip")
    assert in_group(desk, "gifts") == ["a", "b", "c"]
    assert take_out(desk, "vip", ["a"]) == 1
    assert take_out(desk, "vip", ["a"]) == 0
    assert (in_group(desk, "vip"), labels(desk, "vips")["a"]) == (["b", "c"], "other")
    assert empty_group(desk, "vip") == 2
    assert run(desk).changed == 0
    with desk.database.read() as session:
        by = session.scalars(select(Membership.by)).all()
        actions = session.scalars(select(AuditEvent.action)).all()
    assert set(by) == {"rule:vips"}
    assert [one for one in actions if one.startswith("group.") and one != "group.add"] == [
        "group.put_in",
        "group.put_in",
        "group.take_out",
        "group.take_out",
    ]
    nobody = refused(put_in, desk, "vip", ["a", "z"])
    assert (nobody.code, in_group(desk, "vip")) == ("no-customer", [])


def test_what_is_used_stays(desk):
    add_group(desk, "Gold", parent="vip")
    put_in(desk, "vip", ["a", "b"])
    assert uses(desk, "vip") == Uses(customers=2, below=("gold",), cells=("vips",))
    assert uses(desk, "gifts") == Uses(effects=("vips",))
    told = refused(delete_group, desk, "vip")
    used = "it is used by 2 customers; groups below it (gold); rows of vips"
    assert (told.code, told.message) == ("group-used", f"the group vip cannot go, {used}")
    for code in ("vip", "gifts"):
        assert refused(change_group, desk, code, code="other").code == "group-used"
        assert refused(change_group, desk, code, rule="{monetary: '> 1'}").code == "group-used"
    add_group(desk, "Calls", rule="{groups.gold: true}")
    assert uses(desk, "gold") == Uses(cells=("group:calls",))
    delete_group(desk, "calls")
    delete_group(desk, "gold")
    assert refused(delete_group, desk, "gold").code == "no-group"
    assert "gold" not in [code for code, *_ in tree(desk)]


@pytest.mark.parametrize(
    ("rule", "code", "close"),
    [
        ("{label.vips: vipp}", "unknown-label", "vip"),
        ("- {stage: hot}\n- {label.vips: [vip, othr]}", "unknown-label", "other"),
        ("{stage: hott}", "no-stage", "hot"),
        ("{stage: dont_forget}", "no-stage", None),
        ("{source: zallo}", "no-source", "zalo"),
        ("{groups.gold: true}", "unknown-name", None),
        ("{groups.gift: true}", "unknown-name", "gifts"),
        ("{region: Nort}", "unknown-name", "North"),
        ("{owner: not(mia)}", "unknown-name", "mai"),
    ],
)
def test_a_rule_that_names_what_there_is_not_is_refused(desk, rule, code, close):
    put(desk, customer("d", region="North", owner="mai"))
    add_source(desk, "Zalo")
    run(desk)
    before = tree(desk)
    for call in (add_group, would_hold):
        given = (desk, "New") if call is add_group else (desk,)
        told = refused(call, *given, rule=rule)
        assert (told.code, told.nearest) == (code, close)
    assert refused(change_group, desk, "gifts", rule=rule).code == code
    assert tree(desk) == before


def test_a_rule_may_name_what_is_there(desk):
    put(desk, customer("d", region="North"))
    rule = "- {label.vips: [vip, other], stage: not(lost), region: North}\n- {groups.vip: true}"
    assert add_group(desk, "New", rule=rule) == "new"
    assert add_group(desk, "Teams", rule="{team: nobody has one yet}") == "teams"


@pytest.mark.parametrize("rule", ["", " \n", "# nothing"])
def test_an_empty_rule_makes_no_group(desk, rule):
    assert refused(add_group, desk, "New", rule=rule).code == "group-rule"


def test_dynamic_groups_follow_their_rule_until_it_goes(desk):
    assert add_group(desk, "Tên A", rule="- {stage: hot}\n- {label.vips: vip}\n") == "ten-a"
    put_in(desk, "vip", ["a"])
    run(desk)
    assert in_group(desk, "ten-a") == ["a"]
    for call in (put_in, take_out):
        assert refused(call, desk, "ten-a", ["b"]).code == "group-dynamic"
    assert refused(change_group, desk, "ten-a", rule="{label.vip: vip}").code
    change_group(desk, "ten-a", rule=None)
    assert (in_group(desk, "ten-a"), put_in(desk, "ten-a", ["b"])) == (["a"], 1)
    assert refused(delete_group, desk, "ten-a").code == "group-used"
    empty_group(desk, "ten-a")
    change_group(desk, "ten-a", rule="{label.vips: vip}")
    run(desk)
    delete_group(desk, "ten-a")
    with desk.database.read() as session:
        held = select(Group.code).where(Group.id.in_(select(Membership.group_id)))
        assert session.scalars(held.order_by(Group.code)).all() == ["gifts", "vip"]


def test_one_group_what_it_shares_and_the_code_it_would_get(desk):
    add_group(desk, "Gold", parent="vip")
    put_in(desk, "gold", ["a", "b"])
    put_in(desk, "gifts", ["b", "c"])
    with desk.database.read() as session:
        gold = group(session, "gold")
        assert (gold.name, gold.parent, gold.members) == ("Gold", "vip", 2)
        assert overlap(session, "gold", "gifts") == overlap(session, "gifts", "gold") == 1
        assert overlap(session, "gold", "vip") == 0
        assert suggested_code(session, "Khách hàng mới") == "khach-hang-moi"
        assert suggested_code(session, "Gold") == "gold-2"
        assert refused(overlap, session, "gold", "glod").nearest == "gold"
        assert refused(suggested_code, session, "!!!").code == "code-missing"


def test_members_are_counted_up_to_so_many(desk, monkeypatch):
    monkeypatch.setattr(registers, "COUNTED", 1)
    put_in(desk, "vip", ["a", "b", "c"])
    assert tree(desk)[-1] == ("vip", None, 0, 2)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("{label.vips: vip}", 2),
        ("{label.vips: other}", 2),
        ("{source: zalo}", 1),
        ("{frequency: '>= 1'}", 0),
        ("[{source: zalo}, {label.vips: vip}]", 2),
    ],
)
def test_how_many_a_rule_would_hold(desk, rule, holds):
    put(desk, customer("d", source="zalo"))
    put_in(desk, "vip", ["a", "d"])
    run(desk)
    with desk.database.write() as session:
        session.get_one(Customer, "b").source = "shop"
    held = would_hold(desk, rule)
    assert (held.customers, held.of) == (holds, 4)


def test_of_many_a_rule_that_reads_something_new_waits_for_the_next_run(desk, monkeypatch):
    run(desk)
    monkeypatch.setattr(group_rules, "_ANEW", 2)
    assert would_hold(desk, "{label.vips: other}").customers == 3
    assert would_hold(desk, "{region: north}").customers is None
    assert refused(would_hold, desk, "{label.vps: other}").code
    emptied(desk)
    assert refused(would_hold, desk, "{stage: hot}").code == "no-run"
