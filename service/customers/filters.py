"""Filters that somebody keeps: questions about customers, by name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.question import Question, asked, query_of
from custrata.service.desk import Desk
from custrata.service.values import needed, wrong
from custrata.store.faults import refuse
from custrata.store.models import SavedFilter

_MOST = 100
"""Filters that one person keeps."""


@dataclass(frozen=True)
class Filter:
    """A kept question.

    Attributes:
        login: whose it is. shared: whether everybody sees it.
    """

    id: int
    name: str
    login: str
    shared: bool
    question: Question


def filters(session: Session, login: str) -> tuple[Filter, ...]:
    """One's own and those that others share, by name; one's own first."""
    seen = or_(SavedFilter.login == login, SavedFilter.shared.is_(True))
    found = [_filter(row) for row in session.scalars(select(SavedFilter).where(seen))]
    return tuple(sorted(found, key=lambda one: (one.login != login, one.name, one.login)))


def save_filter(desk: Desk, name: str, question: Question, *, shared: bool = False) -> int:
    """Keep a question under a name; one's own of that name is replaced. Its id.

    Raises:
        DataError: the name cannot be one, or the question asks for nothing.
        StoreError: one keeps too many (`filters-many`).
    """
    called = needed("name", name)
    if not question.asks:
        raise wrong("filter-empty", "the filter asks for nothing", "a search, a label, a stage")
    with desk.database.write() as session:
        own = select(SavedFilter).where(SavedFilter.login == desk.by)
        mine = {one.name: one for one in session.scalars(own)}
        if called not in mine and len(mine) >= _MOST:
            raise refuse("filters-many", f"{desk.by} keeps {len(mine):,} filters", f"up to {_MOST}")
        row = mine.get(called) or SavedFilter(login=desk.by, name=called, shared=False)
        was, row.query, row.shared = row.shared, query_of(question), shared
        session.add(row)
        session.flush()
        _tell(session, desk, "filter.save", row, was=was)
        return row.id


def change_filter(
    desk: Desk, filter_id: int, *, name: str | None = None, shared: bool | None = None
) -> None:
    """Name one of one's own filters otherwise, share it or keep it to oneself.

    Raises:
        DataError: the name cannot be one.
        StoreError: one has no such filter, or another one of that name (`filter-name-taken`).
    """
    with desk.database.write() as session:
        row = _own(session, desk, filter_id)
        was = row.shared
        row.name = row.name if name is None else needed("name", name)
        row.shared = row.shared if shared is None else shared
        try:
            session.flush()
        except IntegrityError as error:
            raise refuse("filter-name-taken", "another of these filters has that name") from error
        _tell(session, desk, "filter.change", row, was=was)


def delete_filter(desk: Desk, filter_id: int) -> None:
    """Do away with one of one's own filters.

    Raises:
        StoreError: one has no such filter.
    """
    with desk.database.write() as session:
        row = _own(session, desk, filter_id)
        _tell(session, desk, "filter.delete", row, was=row.shared)
        session.delete(row)


def _own(session: Session, desk: Desk, filter_id: int) -> SavedFilter:
    row = session.get(SavedFilter, filter_id) if 0 < filter_id < 2**63 else None
    if row is None or row.login != desk.by:
        raise refuse("no-filter", "there is no such filter of one's own")
    return row


def _tell(session: Session, desk: Desk, action: str, row: SavedFilter, *, was: bool) -> None:
    """What others see of it is worth an event; what was searched for is not told."""
    if row.shared or was:
        note(session, desk, action, "filter", row.id, shared=row.shared)


def _filter(row: SavedFilter) -> Filter:
    return Filter(row.id, row.name, row.login, row.shared, asked(row.query))
