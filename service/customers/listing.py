"""Lists of customers: a page of those who are asked for, with the labels of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.service.audit import taken_out
from custrata.service.customers.conditions import conditions
from custrata.service.customers.question import Question
from custrata.service.customers.seeking import Sought, Way, seek
from custrata.service.desk import Desk
from custrata.service.runs.basis import last_full
from custrata.store.distinct import each
from custrata.store.models import Customer, LabelNow

PAGE = 50
MOST = 20_000
"""Customers of a file: more take a spreadsheet minutes, and are the command line's."""
_CHOICES = 500
_AT_ONCE = 500


@dataclass(frozen=True)
class Row:
    """A customer in a list.

    Attributes:
        stage: that shows: an automatic one while it lies over the one that a person set.
        labels: by classifier, as they are kept; a list of labels is JSON.
    """

    customer_id: str
    name: str | None
    phone: str | None
    stage: str | None
    source: str | None
    owner: str | None
    team: str | None
    labels: Mapping[str, str | None]


@dataclass(frozen=True)
class Listed:
    """A page of customers.

    Attributes:
        count: of all who are asked for, where that is cheap to know; of everyone it is what the
            last run counted.
        more_than: a number that they surpass, where they were not counted.
        before, after: ids from which the pages beside it go on; None where there are none.
        reached: whether the search stopped before its page was full; it goes on by `after`, or
            by `before` where it went back.
    """

    rows: tuple[Row, ...]
    count: int | None
    more_than: int | None
    before: str | None
    after: str | None
    reached: bool


def customers(
    session: Session,
    question: Question,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE,
) -> Listed:
    """A page of the customers who are asked for.

    Args:
        after: the id after which it begins. before: the id before which it ends.
    """
    forward = before is None
    start = after if forward else before
    those = conditions(session, question)
    way = Way(question.order == "name", start, forward, size)
    found = seek(session, those, way)
    if not forward and not found.more and len(found.ids) < size:
        return customers(session, question, size=size)  # the first page is a full one
    count = found.count if those else _everyone(session)
    before, after = _beside(found, way)
    return Listed(
        rows(session, found.ids), count, found.more_than, before, after, found.reached is not None
    )


def export(desk: Desk, question: Question, size: int = MOST) -> tuple[tuple[Row, ...], bool]:
    """The customers who are asked for, and whether there are more than so many.

    That somebody took them out of here leaves an event.
    """
    with desk.database.read() as session:
        those = conditions(session, question)
        way = Way(question.order == "name", size=size, bounded=False)
        found = seek(session, those, way)
        parts = range(0, len(found.ids), _AT_ONCE)
        taken = tuple(
            row for place in parts for row in rows(session, found.ids[place : place + _AT_ONCE])
        )
    taken_out(desk, len(taken))
    return taken, found.more


def _beside(found: Sought, way: Way) -> tuple[str | None, str | None]:
    """From where the pages before and after go on."""
    first, last = (found.ids[0], found.ids[-1]) if found.ids else (way.start, way.start)
    if way.forward:
        return (first if way.start else None), (found.reached or last) if found.more else None
    return (found.reached or first) if found.more else None, last


def _everyone(session: Session) -> int | None:
    last = last_full(session)
    return None if last is None or last.counts is None else int(last.counts["customers"])


def rows(session: Session, ids: Sequence[str]) -> tuple[Row, ...]:
    """These customers, in the order of the ids; who is no more is left out."""
    labels: dict[str, dict[str, str | None]] = {one: {} for one in ids}
    stand = select(LabelNow.customer_id, LabelNow.classifier, LabelNow.label)
    for who, classifier, label in session.execute(stand.where(LabelNow.customer_id.in_(ids))):
        labels[who][classifier] = label
    known = session.scalars(select(Customer).where(Customer.customer_id.in_(ids)))
    found = {one.customer_id: _row(one, labels[one.customer_id]) for one in known}
    return tuple(found[one] for one in ids if one in found)


def _row(one: Customer, labels: Mapping[str, str | None]) -> Row:
    return Row(
        one.customer_id,
        one.name,
        one.phone,
        one.overlay or one.stage,
        one.source,
        one.owner,
        one.team,
        labels,
    )


def owners(session: Session) -> tuple[str, ...]:
    """Who has customers; the first 500."""
    return _values(session, Customer.owner)


def teams(session: Session) -> tuple[str, ...]:
    """The teams that have customers; the first 500."""
    return _values(session, Customer.team)


def _values(session: Session, column: object) -> tuple[str, ...]:
    found = each(session, select(func.min(column)), column)
    return tuple(one for one, _ in zip(found, range(_CHOICES), strict=False))
