"""Who sells, and what each is to sell in a month."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.registers import staff
from custrata.service.registers.targets import Goal, clear_target, goals, set_target
from custrata.store.models import AuditEvent, Opportunity, Target
from tests.service.runs.putting import at, customer, fresh, put

NOVEMBER = date(2026, 11, 1)


def refused(call, *args, **words):
    with pytest.raises(CustrataError) as error:
        call(*args, **words)
    return error.value.diagnostics[0]


def read(desk, call, *args):
    with desk.database.read() as session:
        return call(session, *args)


def test_a_person_from_the_first_to_the_last(desk):
    assert staff.add_staff(desk, " Moses Frase ", name="Moses", team="east") == "Moses Frase"
    staff.add_staff(desk, "lan", team="hanoi", email="lan@example.vn", morning_mail=True)
    staff.change_staff(desk, "lan", name="Bùi Ngọc Lan", language="vi")
    (moses, lan) = read(desk, staff.staff)
    assert (moses.code, moses.name, moses.morning_mail) == ("Moses Frase", "Moses", False)
    assert (lan.name, lan.team, lan.language, lan.morning_mail) == (
        *("Bùi Ngọc Lan", "hanoi", "vi", True),
    )
    assert read(desk, staff.teams) == ["east", "hanoi"]
    assert read(desk, staff.members, "hanoi") == ["lan"]
    staff.remove_staff(desk, "lan")
    assert refused(staff.remove_staff, desk, "lan").code == "no-salesperson"
    with desk.database.read() as session:
        events = select(AuditEvent.action).where(AuditEvent.subject == "lan")
        assert list(session.scalars(events.order_by(AuditEvent.id))) == [
            "staff.add",
            "staff.change",
            "staff.remove",
        ]


def test_what_cannot_be_said_of_a_person_is_refused(desk):
    staff.add_staff(desk, "lan")
    assert refused(staff.add_staff, desk, "lan").code == "salesperson-code-taken"
    assert refused(staff.add_staff, desk, " ").code == "text-missing"
    assert refused(staff.add_staff, desk, "x" * 300).code == "text-too-long"
    for email in ("lan", "lan@here", "a@b.vn\nBcc: c@d.vn", "a b@c.vn", "<a@b.vn>"):
        code = refused(staff.change_staff, desk, "lan", email=email).code
        assert code in ("email-form", "text-unreadable"), email
    assert refused(staff.change_staff, desk, "lan", morning_mail=True).code == "email-missing"
    assert refused(staff.change_staff, desk, "lan", language="fr").code == "staff-language"
    assert refused(staff.change_staff, desk, "lam", name="x").nearest == "lan"


def test_whom_records_alone_know_is_told_by_the_code(desk):
    staff.add_staff(desk, "an")
    put(desk, customer("a", owner="an"), customer("b", owner="gone"))
    deal = {"step": "lead", "changed_at": at("2026-11-02"), "owner": "sold-once"}
    put(desk, Opportunity(customer_id="a", **deal, **fresh()))
    with desk.database.write() as session:
        session.add(Target(owner="planned", month=NOVEMBER, amount=1, scale=0))
    assert read(desk, staff.others) == ["gone", "planned", "sold-once"]


def test_targets_are_exact_and_one_a_month(desk):
    staff.add_staff(desk, "an")
    put(desk, customer("b", owner="gone"))
    set_target(desk, "an", date(2026, 11, 21), Decimal("12.50"), 40)
    set_target(desk, "an", NOVEMBER, Decimal("12.75"))
    set_target(desk, "gone", NOVEMBER, 0)
    assert read(desk, goals, [NOVEMBER]) == {
        ("an", NOVEMBER): Goal(Decimal("12.75"), None),
        ("gone", NOVEMBER): Goal(Decimal(0), None),
    }
    assert clear_target(desk, "gone", date(2026, 11, 30))
    assert not clear_target(desk, "gone", NOVEMBER)
    assert set(read(desk, goals, [NOVEMBER])) == {("an", NOVEMBER)}


@pytest.mark.parametrize(
    ("owner", "month", "amount", "calls", "code"),
    [
        ("an", NOVEMBER, Decimal(-1), None, "target-negative"),
        ("an", NOVEMBER, Decimal("1e-10"), None, "money-decimals"),
        ("an", NOVEMBER, 10**20, None, "money-too-large"),
        ("an", NOVEMBER, 1, -1, "target-calls"),
        ("an", NOVEMBER, 1, 10**6, "target-calls"),
        ("nobody", NOVEMBER, 1, None, "no-salesperson"),
        (" ", NOVEMBER, 1, None, "text-missing"),
        ("an", date(1, 1, 1), 1, None, "time-far"),
    ],
)
def test_targets_that_cannot_be(desk, owner, month, amount, calls, code):
    staff.add_staff(desk, "an")
    assert refused(set_target, desk, owner, month, amount, calls).code == code
    assert read(desk, goals, [NOVEMBER]) == {}
