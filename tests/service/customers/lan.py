"""A customer of whom every table knows something, and others beside her."""

from datetime import date

from custrata.service.audit import note
from custrata.service.customers.record import record_contact
from custrata.service.registers.groups import add_group
from custrata.service.registers.members import put_in
from custrata.service.runs import run
from custrata.store.models import (
    Customer,
    CustomerWord,
    Feedback,
    Job,
    Listed,
    Opportunity,
    Outgoing,
    OwnerChange,
    Reminded,
    StageChange,
    SurveyAnswer,
    Transaction,
    Visit,
)
from tests.service.runs.putting import at, contact, customer, fresh, put, rules

LAN = "KH-0417"
ENDS = (LAN, "KH-0418")
PERSONAL = {"name": "Nguyễn Thị Lan", "phone": "0912345678", "email": "lan@example.vn"}
OTHERWISE = {"name_fold": "nguyen thi lan", "created_at": at("2026-01-05")}
SIGNS = (LAN, "nguyen thi lan", *PERSONAL.values())
"""What must be left nowhere of her."""
RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  reach:
    bands: {days_since_contact: {cuts: [30], names: [fresh, stale]}}
    table:
      rules:
        - {days_since_contact: fresh, label: fresh}
      otherwise: far
    effects: {fresh: {enter: [{webhook: crm}]}}
  sent_by:
    table:
      rules:
        - {referred_by: KH-0417, label: by_lan}
      otherwise: by_nobody
"""


def settle_in(desk):
    """Three customers, one of them Lan, of two much is known; classified, then Lan calls.

    Returns:
        The id of the run.
    """
    rules(desk, RULES, fires=True)
    put(
        desk,
        customer("KH-0416", "hot", "2026-01-05", owner="binh", referred_by=LAN),
        Customer(customer_id=LAN, stage="hot", owner="an", **OTHERWISE, **PERSONAL),
        customer("KH-0418", "new", "2026-01-05", owner="binh"),
    )
    add_group(desk, "VIP")
    add_group(desk, "Nóng", rule="{stage: hot}")
    put_in(desk, "vip", [LAN, "KH-0416", "KH-0418"])
    put(desk, *facts(LAN), *facts("KH-0418"))
    put(desk, CustomerWord(word="lan", customer_id=LAN))
    first = run(desk).run_id
    put(desk, sending(desk, LAN, first), sending(desk, "KH-0418", first))
    put(desk, *(Listed(list="seen", place=n, customer_id=one) for n, one in enumerate(ENDS)))
    record_contact(desk, LAN, at("2026-11-20"), channel="phone", note="Lan called")
    with desk.database.write() as session:
        note(session, desk, "customer.look", "customer", LAN)
        note(session, desk, "customer.look", "draft", LAN)
        session.add_all(jobs(desk))
    return first


def facts(one):
    """One of every kind."""
    put_off = {"by": "an", "at": at("2026-11-20"), "why": f"{one} is away"}
    changed = {"changed_at": at("2026-11-01"), "recorded_at": at("2026-11-01"), "by": "an"}
    amount = {"amount": 1_200_050, "scale": 2}
    rows = [
        contact(one, "2026-09-20", note=f"about {one}"),
        Transaction(occurred_at=at("2026-11-19"), order_id=f"{one}/1", **amount, **fresh()),
        SurveyAnswer(answered_at=at("2026-11-19"), question="how", answer=f"by {one}", **fresh()),
        Feedback(opened_at=at("2026-11-18"), kind="complaint", state="open", text=one, **fresh()),
        Opportunity(step="lead", changed_at=at("2026-11-01"), **fresh()),
        Visit(day=date(2026, 12, 1), matter=f"see {one}", **fresh()),
        StageChange(from_stage="new", to_stage="hot", why=f"{one} said so", **changed),
        Reminded(classifier="reach", label="far", action="postponed", **put_off),
        OwnerChange(from_owner="binh", to_owner="an", why=f"{one} asked", **changed),
    ]
    for row in rows:
        row.customer_id = one
    return rows


def sending(desk, one, run_id):
    """A message on its way."""
    times = {"due_at": desk.now(), "recorded_at": desk.now()}
    more = {"run_id": run_id, "key": f"own-{one}", "payload": {"to": one}}
    return Outgoing(kind="mail", customer_id=one, **more, **times)


def jobs(desk):
    """One about Lan, one about several, and one that only looks so."""
    about = {
        "greet": {"customer_id": LAN},
        "mail": {"customers": [LAN, "KH-0418"], "texts": {"customer_ids": [LAN]}},
        "other": {"day": "2026-11-21"},
    }
    return [
        Job(kind=kind, arguments=arguments, state="waiting", due_at=desk.now(), by="an")
        for kind, arguments in about.items()
    ]
