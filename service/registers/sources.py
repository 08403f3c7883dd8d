"""Sources: where customers come from, and what each costs a month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.touched import touching
from custrata.service.desk import Desk
from custrata.service.registers.entries import entry, insert, new_code
from custrata.service.registers.uses import Uses, named_in_cells, used, value_of
from custrata.service.values import money, needed, wrong
from custrata.store.models import Customer, Source, SourceCost


def sources(session: Session) -> list[Source]:
    """All sources, by name."""
    return list(session.scalars(select(Source).order_by(Source.name, Source.code)))


def source(session: Session, code: str) -> Source:
    """A source.

    Raises:
        StoreError: there is none of that code.
    """
    return entry(session, Source, code)


def costs(session: Session, source: str) -> list[SourceCost]:
    """What a source cost, the last month first."""
    rows = select(SourceCost).where(SourceCost.source == source)
    return list(session.scalars(rows.order_by(SourceCost.month.desc())))


def add_source(desk: Desk, name: str, code: str | None = None) -> str:
    """A source more; its code, made of the name where none is given.

    Raises:
        DataError: a value that cannot be.
        StoreError: the code is taken.
    """
    named = needed("name", name)
    with touching(desk) as here:
        session = here.session
        row = Source(code=new_code(session, Source, named, code), name=named)
        insert(session, row)
        note(session, desk, "source.add", "source", row.code)
        return row.code


class SourceChanges(TypedDict, total=False):
    """What may be changed; what is left out stays."""

    name: str
    active: bool


def change_source(desk: Desk, code: str, **changes: Unpack[SourceChanges]) -> None:
    """Call a source otherwise, offer it for new customers or no more.

    Its code stays, and those who have it keep it.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such source.
    """
    with touching(desk) as here:
        session = here.session
        row = entry(session, Source, code)
        if "name" in changes:
            row.name = needed("name", changes["name"])
            note(session, desk, "source.rename", "source", code)
        if "active" in changes:
            row.active = changes["active"]
            note(session, desk, "source.activate", "source", code, active=row.active)


def set_cost(desk: Desk, source: str, month: date, amount: Decimal | int | None) -> None:
    """What a source cost in a month; None forgets it.

    Args:
        month: any day of it.
        amount: exact, 0 or more, in the firm's currency.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such source.
    """
    exact = None if amount is None else money(amount)
    if exact is not None and exact.amount < 0:
        raise wrong("cost-negative", "a cost is below 0", "0 or more")
    first = date(month.year, month.month, 1)
    with touching(desk) as here:
        session = here.session
        entry(session, Source, source)
        row = session.get(SourceCost, (source, first))
        if exact is not None:
            cost = SourceCost(source=source, month=first, amount=exact.amount, scale=exact.scale)
            session.merge(cost)
        elif row is not None:
            session.delete(row)
        told = None if amount is None else str(amount)
        note(session, desk, "source.cost", "source", source, month=str(first), amount=told)


def delete_source(desk: Desk, code: str) -> None:
    """Do away with a source that no customer has; one that is used can be put out of use.

    Raises:
        StoreError: no such source; customers have it, costs are known, the rules in force name it.
    """
    with touching(desk) as here:
        session = here.session
        row = entry(session, Source, code)
        uses = source_uses(session, code)
        if uses:
            raise used("source", code, uses)
        session.delete(row)
        note(session, desk, "source.delete", "source", code)


def source_uses(session: Session, code: str) -> Uses:
    """What would break without a source."""
    customers = select(func.count()).where(Customer.source == code)
    months = select(func.count()).where(SourceCost.source == code)
    return Uses(
        customers=session.scalar(customers) or 0,
        months=session.scalar(months) or 0,
        cells=named_in_cells(session, value_of("source", code)),
    )
