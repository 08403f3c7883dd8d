"""Single sales and contacts that were entered wrong: corrected, or taken out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypedDict, Unpack, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.engine.values import exactly
from custrata.service.amounts import need_room
from custrata.service.audit import note
from custrata.service.customers.record import LONGEST_NOTE
from custrata.service.customers.touched import Touching, id_of, touching
from custrata.service.desk import Desk
from custrata.service.imports.keys import own_key
from custrata.service.registers.entries import unknown
from custrata.service.runs import Transition
from custrata.service.values import money, needed, past, prose, word, wrong
from custrata.store.faults import refuse
from custrata.store.models import AuditEvent, Contact, Transaction

Fact = Transaction | Contact
KINDS: Mapping[str, type[Transaction] | type[Contact]] = MappingProxyType(
    {"transaction": Transaction, "contact": Contact}
)
"""What can be corrected, by what it is called."""
_MONEY = ("amount", "profit")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "transaction": ("order_id", "refund_of", "product"),
    "contact": ("channel", "direction", "outcome", "owner"),
}
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "transaction": ("occurred_at", *_MONEY),
    "contact": ("occurred_at", "note"),
}

CORRECTED = MappingProxyType({kind: (*_WORDS[kind], *_OTHERS[kind]) for kind in KINDS})
"""The fields that may be corrected, by kind."""


class Corrections(TypedDict, total=False):
    """What may be corrected; what is left out stays. The first group is of transactions."""

    amount: Decimal | int
    profit: Decimal | int | None
    order_id: str | None
    refund_of: str | None
    product: str | None

    occurred_at: datetime

    channel: str | None
    direction: str | None
    outcome: str | None
    owner: str | None
    note: str | None


def facts_of(session: Session, kind: str, customer_id: str, limit: int = 100) -> list[Fact]:
    """The latest transactions or contacts of a customer."""
    model = KINDS[kind]
    query = select(model).where(model.customer_id == id_of(customer_id))
    return list(session.scalars(query.order_by(model.occurred_at.desc(), model.id).limit(limit)))


def fact(session: Session, kind: str, number: int) -> Fact:
    """A sale or a contact.

    Raises:
        StoreError: there is none (`no-transaction`, `no-contact`, `no-kind`).
    """
    if kind not in KINDS:
        raise unknown("kind", kind, tuple(KINDS))
    row = cast("Fact | None", session.get(KINDS[kind], number))
    if row is None:
        raise refuse(f"no-{kind}", f"there is no {kind} with the number {number}")
    return row


def number_of(session: Session, kind: str, own_id: str) -> int:
    """The number of the sale or contact that has this id of the host's.

    Raises:
        DataError: it is no text.
        StoreError: there is none (`no-transaction`, `no-contact`).
    """
    model = KINDS[kind]
    key = own_key(model.__tablename__, needed("id", own_id))
    found = session.scalar(select(model.id).where(model.key == key))
    if found is None:
        raise refuse(f"no-{kind}", f"there is no {kind} with this id")
    return found


def recorded_by(session: Session, customer_id: str) -> dict[tuple[str, int], str]:
    """Who recorded the sales and contacts of a customer here, by kind and number.

    What came by a file has nobody.
    """
    actions = {f"{kind}.record": kind for kind in KINDS}
    query = select(AuditEvent).where(
        AuditEvent.subject_kind == "customer",
        AuditEvent.subject == id_of(customer_id),
        AuditEvent.action.in_(actions),
    )
    return {
        (actions[one.action], one.detail["number"]): one.by
        for one in session.scalars(query)
        if one.detail
    }


def finest_amounts(session: Session, limit: int = 20) -> list[Transaction]:
    """The transactions whose amounts have most decimals, then the largest of them.

    One such may leave no room for all others (`money-too-large`), and is mostly a slip.
    """
    table = Transaction
    order = (table.scale.desc(), func.abs(table.amount).desc(), table.id)
    return list(session.scalars(select(table).order_by(*order).limit(limit)))


def correct_fact(
    desk: Desk, kind: str, number: int, **corrections: Unpack[Corrections]
) -> tuple[Transition, ...]:
    """Say what a sale or a contact was in truth; its customer is classified at once.

    A file that is imported again does not undo it, unless its rows have ids of their own.

    Args:
        kind: one of `KINDS`. number: its `id`.

    Raises:
        DataError: a value that cannot be, or that such a fact has not.
        StoreError: there is no such fact (`no-transaction`, `no-contact`).
    """
    with touching(desk) as here:
        row = _row(here, kind, number)
        for name, value in _values(here, kind, row, corrections).items():
            setattr(row, name, value)
        return _settled(here, kind, "correct", row, changed=sorted(corrections))


def delete_fact(desk: Desk, kind: str, number: int) -> tuple[Transition, ...]:
    """Take out a sale or a contact that never was; its customer is classified at once.

    A file that is imported again brings it back.

    Raises:
        StoreError: there is no such fact (`no-transaction`, `no-contact`).
    """
    with touching(desk) as here:
        row = _row(here, kind, number)
        here.session.delete(row)
        return _settled(here, kind, "delete", row)


def _row(here: Touching, kind: str, number: int) -> Fact:
    row = fact(here.session, kind, number)
    here.customer(row.customer_id)
    return row


def _settled(
    here: Touching, kind: str, done: str, row: Fact, **detail: Any
) -> tuple[Transition, ...]:
    about = {"number": row.id, **detail}
    note(here.session, here.desk, f"{kind}.{done}", "customer", row.customer_id, **about)
    return here.settle()


def _values(here: Touching, kind: str, row: Fact, given: Corrections) -> dict[str, Any]:
    """What is written, by column.

    Raises:
        DataError: a value that cannot be, or that such a fact has not.
    """
    allowed = CORRECTED[kind]
    other = sorted(set(given) - set(allowed))
    if other:
        raise wrong("no-field", f"a {kind} has no {', '.join(other)}", ", ".join(allowed))
    said: dict[str, Any] = dict(given)
    found: dict[str, Any] = {name: word(name, said[name]) for name in said if name in _WORDS[kind]}
    if "occurred_at" in said:
        found["occurred_at"] = past("occurred_at", said["occurred_at"], here.desk.now())
    if "note" in said:
        found["note"] = prose("note", said["note"], LONGEST_NOTE)
    return found | (_amounts(here, row, said) if set(_MONEY) & set(said) else {})


def _amounts(here: Touching, row: Fact, given: Mapping[str, Any]) -> dict[str, Any]:
    """Amount and profit, which share their scale."""
    assert isinstance(row, Transaction)
    held = {name: exactly(getattr(row, name), row.scale) for name in _MONEY}
    exact = money(**(held | {name: given[name] for name in _MONEY if name in given}))
    need_room(here.session, exact)
    return {"amount": exact.amount, "profit": exact.profit, "scale": exact.scale}
