"""Erasing a customer: nothing of her stays, only that somebody was erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Delete, Table, Update, delete, select, update
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.chunks import forget
from custrata.service.customers.touched import Touching, id_of, no_customer, touching
from custrata.service.desk import Desk
from custrata.service.imports.naming import drop_all, naming
from custrata.service.runs.work import LOCK, give_up_others
from custrata.store.faults import refuse
from custrata.store.models import AuditEvent, Base, Customer, Job, Receipt

_WAIT = 5.0
"""Seconds for a run that is about to end."""


@dataclass(frozen=True)
class Erased:
    """What is kept of an erasure.

    Attributes:
        number: of the receipt.
        counts: by table, how many rows went or lost their mention of her; `uploads`, how many files
            that were sent to be imported.
    """

    number: int
    at: datetime
    by: str
    counts: Mapping[str, int]


def erase(desk: Desk, customer_id: str) -> Erased:
    """Remove a customer from everything, history and measures of past runs included.

    What was sent elsewhere, exported or backed up is out of reach; files that were sent here and
    name her go too. It takes the place of a run, since one that had read of her would write of her
    again.

    Raises:
        StoreError: nothing is known of such a customer, or a run is under way; nothing changes.
    """
    who = id_of(customer_id)
    with desk.database.lock(LOCK, _WAIT) as held:
        if not held:
            fault = "a run is under way, which has read of this customer"
            raise refuse("run-under-way", fault, "the same when it is over")
        erased = _erase(desk, who)
        desk.database.empty_log()
        return erased


def _erase(desk: Desk, who: str) -> Erased:
    files = naming(desk, who)  # before others have to wait
    with touching(desk) as here:
        give_up_others(here.session, desk)
        removed = {**_removed(here, who), "uploads": drop_all(files)}
        counts = {name: count for name, count in removed.items() if count}
        if not counts:
            raise no_customer()
        receipt = Receipt(at=desk.now(), by=desk.by, counts=counts)
        here.session.add(receipt)
        here.session.flush()
        note(here.session, desk, "customer.erase", "customer", receipt=receipt.id)
        here.settle()
        return _erased(receipt)


def _erased(row: Receipt) -> Erased:
    return Erased(row.id, row.at, row.by, row.counts)


def receipts(session: Session, before: int | None = None, limit: int = 50) -> tuple[Erased, ...]:
    """Erasures, the latest first.

    Args:
        before: only those before the receipt of this number.
        limit: so many at most.
    """
    query = select(Receipt).order_by(Receipt.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Receipt.id < before)
    return tuple(map(_erased, session.scalars(query)))


def receipt_of(session: Session, number: int) -> Erased:
    """What is kept of one erasure.

    Raises:
        StoreError: there is no such receipt (`no-receipt`).
    """
    row = session.get(Receipt, number) if 0 < number < 2**63 else None
    if row is None:
        raise refuse("no-receipt", f"there is no receipt {number}", "the number of a receipt")
    return _erased(row)


def tables_of_customers() -> list[Table]:
    """Every table whose rows are about one customer each."""
    return [table for table in Base.metadata.sorted_tables if "customer_id" in table.columns]


def _removed(here: Touching, who: str) -> dict[str, int]:
    session = here.session
    counts = {"run_chunks": forget(session, who), "jobs": _leave_jobs(session, who)}
    for table in tables_of_customers():
        counts[table.name] = _done(session, delete(table).where(table.c.customer_id == who))
    here.touch(Customer.referred_by == who)
    referred = update(Customer).where(Customer.referred_by == who)
    counts["customers.referred_by"] = _done(session, referred.values(referred_by=None))
    events = update(AuditEvent).where(
        AuditEvent.subject_kind == "customer", AuditEvent.subject == who
    )
    counts["audit_events"] = _done(session, events.values(subject=None))
    return counts


def _done(session: Session, statement: Delete | Update) -> int:
    done = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(done, CursorResult)
    return done.rowcount


# --- jobs ---------------------------------------------------------------------------------


def _leave_jobs(session: Session, who: str) -> int:
    """Jobs about her alone go; lists that others have lose her."""
    count = 0
    for job in session.scalars(select(Job)):
        arguments, result = _without(job.arguments, who), _without(job.result, who)
        count += (arguments, result) != (job.arguments, job.result)
        if any(arguments[name] is None for name, one in job.arguments.items() if one == who):
            session.delete(job)
        else:
            job.arguments, job.result = arguments, result
    return count


def _without(value: Any, who: str, *, customers: bool = False) -> Any:
    """A JSON value without an id, where it is said to be that of a customer."""
    if isinstance(value, Mapping):
        return {
            name: _without(one, who, customers="customer" in name) for name, one in value.items()
        }
    if isinstance(value, list):
        kept = [one for one in value if not (customers and one == who)]
        return [_without(one, who, customers=customers) for one in kept]
    return None if customers and value == who else value
