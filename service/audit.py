"""What was changed, by whom: one event for every change of rules, stages, groups, users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from custrata.service.desk import Desk
from custrata.store.distinct import LAST, each
from custrata.store.models import AuditEvent


@dataclass(frozen=True)
class Event:
    """Something that was changed.

    Attributes:
        action: `rules.publish`, `group.delete`, `customer.erase` ...
        subject_kind, subject: what was changed: `draft` and its id.
        detail: JSON values by name.
    """

    id: int
    at: datetime
    by: str
    action: str
    subject_kind: str
    subject: str | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Sought:
    """Which events somebody wants to see; None takes all.

    Attributes:
        action: whole, or its beginning with a point: `draft.`.
        since, until: from this moment on, and before that one; with their zones.
    """

    by: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


ALL = Sought()


def note(
    session: Session,
    desk: Desk,
    action: str,
    subject_kind: str,
    subject: object = None,
    **detail: Any,
) -> None:
    """Write an event in the transaction of the change itself.

    Args:
        action: `rules.publish`, `group.delete`, `customer.erase` ...
        subject_kind: `draft`, `group`, `user` ...
        subject: its id.
        detail: JSON values; never what a customer is called or wrote.
    """
    session.add(
        AuditEvent(
            at=desk.now(),
            by=desk.by,
            action=action,
            subject_kind=subject_kind,
            subject=None if subject is None else str(subject),
            detail=detail or None,
        )
    )


def taken_out(desk: Desk, customers: int, **detail: Any) -> None:
    """Leave an event of customers whom somebody took away as a file."""
    with desk.database.write() as session:
        note(session, desk, "customers.export", "customers", customers=customers, **detail)


def events(
    session: Session, sought: Sought = ALL, before: int | None = None, limit: int = 50
) -> tuple[Event, ...]:
    """Events, the latest first.

    Args:
        before: only those that come after this one in the list, by its id.
        limit: so many at most.
    """
    query = _query(sought)
    if before is not None:
        here = select(AuditEvent.at, AuditEvent.id).where(AuditEvent.id == before)
        found = session.execute(here).first()
        if found is None:
            return ()
        query = query.where(_after(*found))
    rows = [
        row
        for action in _actions(session, sought.action)
        for row in session.scalars(query.where(action).limit(limit))
    ]
    latest = sorted(rows, key=lambda row: (row.at, row.id), reverse=True)
    return tuple(map(_event, latest[:limit]))


def _actions(session: Session, asked: str | None) -> Iterator[ColumnElement[bool]]:
    """The actions that are asked for, each by itself: in that way an index has them in order."""
    if asked is None:
        yield true()
    elif not asked.endswith("."):
        yield AuditEvent.action == asked
    else:
        least = select(func.min(AuditEvent.action))
        for one in each(session, least, AuditEvent.action, asked, asked + LAST):
            yield AuditEvent.action == one


def each_event(session: Session, sought: Sought, limit: int, page: int = 1000) -> Iterator[Event]:
    """As `events`, one after another; however many there are, few are held at a time."""
    before = None
    while limit > 0:
        found = events(session, sought, before, min(page, limit))
        yield from found
        if len(found) < min(page, limit):
            return
        limit -= len(found)
        before = found[-1].id
        session.expunge_all()


def _after(at: datetime, number: int) -> ColumnElement[bool]:
    """What comes after an event in the list."""
    same = and_(AuditEvent.at == at, AuditEvent.id < number)
    return or_(AuditEvent.at < at, same)


def _query(sought: Sought) -> Select[AuditEvent]:
    query = select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    for name in ("by", "subject_kind", "subject"):
        value = getattr(sought, name)
        if value is not None:
            query = query.where(getattr(AuditEvent, name) == value)
    if sought.since is not None:
        query = query.where(AuditEvent.at >= sought.since)
    if sought.until is not None:
        query = query.where(AuditEvent.at < sought.until)
    return query


def _event(row: AuditEvent) -> Event:
    return Event(
        row.id, row.at, row.by, row.action, row.subject_kind, row.subject, row.detail or {}
    )


def refused(desk: Desk, action: str, page: str) -> None:
    """Write down that somebody tried what her role may not do."""
    with desk.database.write() as session:
        note(session, desk, "access.refuse", "page", page, needs=action)
