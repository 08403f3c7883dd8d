"""Open feedback as a list to work through: overdue first, however much of it there is.

An index serves each look: by state and due day, or by person, state and due day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from custrata.engine.measures.customers import CLOSED
from custrata.service.customers.feedback import COMPLAINT, is_overdue
from custrata.store.distinct import each
from custrata.store.models import Customer, Feedback

NOBODY = "-"
"""In place of a person: what nobody sees to."""
MOST_COUNTED = 10_000
"""So many open ones are looked at to count complaints; more are said to be more."""


@dataclass(frozen=True)
class Sought:
    """Which open feedback somebody wants to see; None takes all.

    Attributes:
        owner: who sees to it, or which some; `NOBODY` for what nobody sees to.
        assigned: only what somebody sees to. overdue: only what was due before now.
    """

    owner: str | frozenset[str] | None = None
    kind: str | None = None
    assigned: bool = False
    overdue: bool = False


@dataclass(frozen=True)
class Case:
    """An open feedback with its customer."""

    row: Feedback
    name: str | None
    overdue: bool


@dataclass(frozen=True)
class Complaints:
    """How many complaints are open; `capped`: at least so many."""

    open: int
    overdue: int
    unassigned: int
    capped: bool = False


def cases(
    session: Session, now: datetime, sought: Sought, after: int | None = None, limit: int = 50
) -> list[Case]:
    """Open feedback: what was due first, what has no due day last.

    Args:
        after: only those that come after this one in the list, by its id.
    """
    start = session.get(Feedback, after) if after is not None else None
    rows: list[Feedback] = []
    states = list(open_states(session))
    for dated in (True, False):
        if not dated and sought.overdue:
            break
        if start is not None and start.due_at is None and dated:
            continue
        same = start if start is not None and (start.due_at is not None) == dated else None
        looks = _looks(now, sought, states, same, dated=dated)
        rows += _of_part(session, looks, dated=dated, limit=limit - len(rows))
        if len(rows) >= limit:
            break
    names = _names(session, rows)
    return [Case(one, names.get(one.customer_id), is_overdue(one, now)) for one in rows]


def complaints(session: Session, now: datetime) -> Complaints:
    """How many complaints are open, overdue, and nobody's."""
    columns = (Feedback.kind, Feedback.owner, Feedback.due_at)
    states = list(open_states(session))
    some = select(*columns).where(Feedback.state.in_(states)).limit(MOST_COUNTED).subquery()
    theirs = some.c.kind == COMPLAINT
    late, nobody = some.c.due_at < now, some.c.owner.is_(None)
    counted = select(
        func.count(),
        *(func.count(case((one, 1))) for one in (theirs, theirs & late, theirs & nobody)),
    )
    found = session.execute(counted).one()
    return Complaints(found[1], found[2], found[3], capped=found[0] >= MOST_COUNTED)


def open_states(session: Session) -> Iterator[str]:
    """The states of feedback that still needs care, a host's own among them."""
    found = each(session, select(func.min(Feedback.state)), Feedback.state)
    return (one for one in found if one not in CLOSED)


def _looks(
    now: datetime, sought: Sought, states: Sequence[str], start: Feedback | None, *, dated: bool
) -> list[Select[Feedback]]:
    """Those that have a due day, or those that have none.

    Each state has its own look, which an index serves in order; several people have one together.
    """
    conditions = [*_conditions(now, sought), Feedback.due_at.is_not(None) if dated else _undated()]
    if start is not None:
        conditions.append(_beyond(start))
    some = isinstance(sought.owner, frozenset)
    of_states = [Feedback.state.in_(states)] if some else [Feedback.state == one for one in states]
    return [select(Feedback).where(one, *conditions) for one in of_states]


def _of_part(
    session: Session, looks: Sequence[Select[Feedback]], *, dated: bool, limit: int
) -> list[Feedback]:
    order = (Feedback.due_at, Feedback.id) if dated else (Feedback.id,)
    found = [row for look in looks for row in session.scalars(look.order_by(*order).limit(limit))]
    return sorted(found, key=_place)[:limit]


def _undated() -> ColumnElement[bool]:
    return Feedback.due_at.is_(None)


def _place(row: Feedback) -> tuple[float, int]:
    return (row.due_at.timestamp() if row.due_at else 0, row.id)


def _beyond(start: Feedback) -> ColumnElement[bool]:
    """What comes after one of the same part."""
    if start.due_at is None:
        return Feedback.id > start.id
    at = start.due_at
    return and_(Feedback.due_at >= at, or_(Feedback.due_at > at, Feedback.id > start.id))


def _conditions(now: datetime, sought: Sought) -> Iterator[ColumnElement[bool]]:
    if sought.owner == NOBODY:
        yield Feedback.owner.is_(None)
    elif isinstance(sought.owner, frozenset):
        yield Feedback.owner.in_(sought.owner)
    elif sought.owner is not None:
        yield Feedback.owner == sought.owner
    if sought.assigned:
        yield Feedback.owner.is_not(None)
    if sought.kind is not None:
        yield Feedback.kind == sought.kind
    if sought.overdue:
        yield Feedback.due_at < now


def _names(session: Session, rows: list[Feedback]) -> dict[str, str | None]:
    ids = {one.customer_id for one in rows}
    query = select(Customer.customer_id, Customer.name).where(Customer.customer_id.in_(ids))
    return {row.customer_id: row.name for row in session.execute(query)}
