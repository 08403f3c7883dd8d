"""Finding a page of customers, however many there are.

A condition that holds for few is answered by its own index, and the few are sorted. Where every
condition holds for many, customers are gone through in their order, since the next of many is
near; after so many the search stops and says how far it came, so that no page takes long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.orm import Session

from custrata.service.customers.conditions import Condition
from custrata.store.models import Customer

FEW = 2_000
"""Customers who are found by an index of their own, counted and sorted."""
_AT_ONCE = 500
"""So many ids in one statement: few enough to be found by an index, whatever a server guesses."""
_PARTS = (2_000, 8_000, 10_000)
"""So many customers are looked at, part after part."""
_Key = tuple[str | None, str]
"""Of a customer: the folded name and the id."""


@dataclass(frozen=True)
class Sought:
    """What was found.

    Attributes:
        ids: in their order.
        count: of all for whom the conditions hold, where they are few; else None.
        more_than: a number that they surpass, where that is known instead.
        more: whether there may be more beyond, in the direction of the search.
        reached: the customer up to whom was looked, where the search stopped before its page was
            full.
    """

    ids: tuple[str, ...]
    count: int | None
    more: bool
    more_than: int | None = None
    reached: str | None = None


@dataclass(frozen=True)
class Way:
    """In which order, from whom on, in which direction.

    Attributes:
        by_name: by folded name, then by id; who has no name comes last. Otherwise by id.
        start: the id beyond which is looked; None begins at the end.
        forward: False looks for those before it.
        size: customers of a page. bounded: False looks at everyone, however long it takes.
    """

    by_name: bool = True
    start: str | None = None
    forward: bool = True
    size: int = 50
    bounded: bool = True


def seek(session: Session, conditions: Sequence[Condition], way: Way) -> Sought:
    """The customers of a page."""
    few = _few(session, conditions)
    found = _walked(session, conditions, way) if few is None else _sorted(session, *few, way)
    return found if way.forward else replace(found, ids=found.ids[::-1])


def _few(
    session: Session, conditions: Sequence[Condition]
) -> tuple[set[str], list[Condition]] | None:
    """Those for whom the rare conditions hold, and the conditions that are left to be asked."""
    few: set[str] | None = None
    left = []
    for one in conditions:
        ids = session.scalars(one.ids.limit(FEW + 1)).all()
        if len(ids) > FEW:
            left.append(one)
        else:
            few = set(ids) if few is None else few & set(ids)
    return None if few is None else (few, left)


def _sorted(session: Session, few: set[str], left: Sequence[Condition], way: Way) -> Sought:
    keys: list[_Key] = []
    ids = sorted(few)
    for place in range(0, len(ids), _AT_ONCE):
        some = Customer.customer_id.in_(ids[place : place + _AT_ONCE])
        query = select(Customer.name_fold, Customer.customer_id)
        rows = session.execute(query.where(some, *(one.holds for one in left)))
        keys += [(name, who) for name, who in rows]
    start = _start(session, way)
    ordered = sorted((_place(key, way) for key in keys), reverse=not way.forward)
    beyond = [one for one in ordered if start is None or _is_beyond(one, _place(start, way), way)]
    page = tuple(who for *_, who in beyond[: way.size])
    return Sought(page, len(keys), len(beyond) > way.size)


def _place(key: _Key, way: Way) -> tuple[bool, str, str]:
    name, who = key
    return (name is None, name or "", who) if way.by_name else (False, "", who)


def _is_beyond(one: tuple[bool, str, str], start: tuple[bool, str, str], way: Way) -> bool:
    return one > start if way.forward else one < start


def _start(session: Session, way: Way) -> _Key | None:
    """The key from which on is looked; None where that customer is no more."""
    if way.start is None or not way.by_name:
        return None if way.start is None else (None, way.start)
    query = select(Customer.name_fold, Customer.customer_id)
    row = session.execute(query.where(Customer.customer_id == way.start)).first()
    return None if row is None else (row[0], row[1])


# --- in their order -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Span:
    """Customers who stand in a row by an index: all, those with a name, those without."""

    keys: tuple[Any, ...]
    among: tuple[ColumnElement[bool], ...] = ()

    def query(self, forward: bool, *those: ColumnElement[bool]) -> Select[Any]:
        """The keys, in order."""
        order = [key if forward else key.desc() for key in self.keys]
        return select(*self.keys).where(*self.among, *those).order_by(*order)

    def beyond(self, key: Sequence[Any], forward: bool) -> ColumnElement[bool]:
        """After a key, or before it."""
        *first, last = self.keys
        own = last > key[-1] if forward else last < key[-1]
        return _ranged(first, key, forward, own)

    def up_to(self, key: Sequence[Any], forward: bool) -> ColumnElement[bool]:
        """Not beyond a key."""
        *first, last = self.keys
        own = last <= key[-1] if forward else last >= key[-1]
        return _ranged(first, key, not forward, own)


def _ranged(
    first: Sequence[Any], key: Sequence[Any], rising: bool, own: ColumnElement[bool]
) -> ColumnElement[bool]:
    """A range of pairs, said so that every server sees the range of its first part."""
    if not first:
        return own
    name, at = first[0], key[0]
    inside, strictly = (name >= at, name > at) if rising else (name <= at, name < at)
    return and_(inside, or_(strictly, own))


_BY_ID = _Span((Customer.customer_id,))
_NAMED = _Span((Customer.name_fold, Customer.customer_id), (Customer.name_fold.is_not(None),))
_NAMELESS = _Span((Customer.customer_id,), (Customer.name_fold.is_(None),))


def _walked(session: Session, conditions: Sequence[Condition], way: Way) -> Sought:
    spans = [_NAMED, _NAMELESS] if way.by_name else [_BY_ID]
    start, found = _start(session, way), _Walk(session, conditions, way)
    for span in spans if way.forward else reversed(spans):
        own = start is not None and span is _span_of(start, way)
        if start is None or own:
            found.through(span, None if start is None else start[-len(span.keys) :])
            start = None
        if found.is_over:
            break
    return found.sought


def _span_of(key: _Key, way: Way) -> _Span:
    if not way.by_name:
        return _BY_ID
    return _NAMELESS if key[0] is None else _NAMED


class _Walk:
    """Goes through customers in their order and keeps those for whom all conditions hold."""

    def __init__(self, session: Session, conditions: Sequence[Condition], way: Way):
        self._session, self._way = session, way
        self._holds = [one.holds for one in conditions]
        self._left = list(_PARTS) if way.bounded and conditions else None
        self._more_than = FEW if len(conditions) == 1 else None
        self._ids: list[str] = []
        self._reached: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the page is full, or it was looked far enough."""
        return len(self._ids) > self._way.size or self._reached is not None

    @property
    def sought(self) -> Sought:
        """What was found."""
        ids = tuple(self._ids[: self._way.size])
        return Sought(ids, None, self.is_over, self._more_than, self._reached)

    def through(self, span: _Span, start: Sequence[Any] | None) -> None:
        """Go through a span, from a key on."""
        end = start
        while not self.is_over:
            start, end = end, self._end(span, end)
            self._look(span, start, end)
            if end is None:
                return
            if not self._left and not self.is_over:
                self._reached = end[-1]

    def _end(self, span: _Span, start: Sequence[Any] | None) -> Row[Any] | None:
        """The key up to which is looked next; None looks at all that are left."""
        if self._left is None:
            return None
        forward = self._way.forward
        those = () if start is None else (span.beyond(start, forward),)
        part = self._left.pop(0) if self._left else _PARTS[0]
        last = span.query(forward, *those).offset(part - 1).limit(1)
        return self._session.execute(last).first()

    def _look(self, span: _Span, start: Sequence[Any] | None, end: Sequence[Any] | None) -> None:
        forward, those = self._way.forward, list(self._holds)
        those += [] if start is None else [span.beyond(start, forward)]
        those += [] if end is None else [span.up_to(end, forward)]
        room = self._way.size + 1 - len(self._ids)
        rows = self._session.execute(span.query(forward, *those).limit(room))
        self._ids += [row[-1] for row in rows]
