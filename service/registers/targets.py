"""Targets: what each salesperson is to sell in a month, and how often to call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.values import exactly
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.registers.staff import need_salesperson
from custrata.service.values import money, needed, wrong
from custrata.store.models import Target

MOST_CALLS = 100_000
"""In a month; more is a slip of the hand."""
_FIRST_YEAR, _LAST_YEAR = 1900, 9000


@dataclass(frozen=True)
class Goal:
    """What somebody is to sell in a month, exactly; `calls` None is not said."""

    amount: Decimal
    calls: int | None


def goals(session: Session, months: Collection[date]) -> Mapping[tuple[str, date], Goal]:
    """Targets by salesperson and month.

    Args:
        months: the first days of months.
    """
    rows = session.scalars(select(Target).where(Target.month.in_(list(months))))
    return {(one.owner, one.month): goal_of(one) for one in rows}


def goal_of(row: Target) -> Goal:
    """A target as exact numbers."""
    return Goal(exactly(row.amount, row.scale), row.calls)


def set_target(
    desk: Desk, owner: str, month: date, amount: Decimal | int, calls: int | None = None
) -> None:
    """What somebody is to sell in a month, and how many calls she is to make.

    Args:
        owner: of the staff, or whom a record names.
        month: any day of it.
        amount: exact, 0 or more, in the firm's currency.
        calls: 0 or more; None says nothing of them.

    Raises:
        DataError: a value that cannot be.
        StoreError: nobody has that code.
    """
    exact, first = money(amount), _first(month)
    if exact.amount < 0:
        raise wrong("target-negative", "a target is below 0", "0 or more")
    if calls is not None and not 0 <= calls <= MOST_CALLS:
        raise wrong("target-calls", f"{calls} calls cannot be", f"0 to {MOST_CALLS:,}")
    with desk.database.write() as session:
        who = need_salesperson(session, needed("owner", owner))
        row = Target(owner=who, month=first, amount=exact.amount, scale=exact.scale, calls=calls)
        session.merge(row)
        told = {"month": str(first), "amount": str(amount), "calls": calls}
        note(session, desk, "target.set", "staff", who, **told)


def clear_target(desk: Desk, owner: str, month: date) -> bool:
    """Forget what somebody is to sell in a month; whether anything was known.

    Raises:
        DataError: a month that cannot be.
    """
    first = _first(month)
    with desk.database.write() as session:
        row = session.get(Target, (owner, first))
        if row is None:
            return False
        session.delete(row)
        note(session, desk, "target.clear", "staff", owner, month=str(first))
        return True


def _first(month: date) -> date:
    if not _FIRST_YEAR <= month.year <= _LAST_YEAR:
        raise wrong("time-far", "the month is far away", f"{_FIRST_YEAR} to {_LAST_YEAR}")
    return date(month.year, month.month, 1)
