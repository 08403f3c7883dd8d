"""Who got another label in a run, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.store.models import Customer, LabelChange

MOST = 50_000
"""So many at most stand in a file."""


@dataclass(frozen=True)
class Move:
    """What became of a classifier's label: those who had `was`, and got `label`; None is no label.

    Attributes:
        run: the run's id.
    """

    run: int
    classifier: str
    was: str | None
    label: str | None


@dataclass(frozen=True)
class Mover:
    """A customer of a move."""

    customer_id: str
    name: str | None
    why: str


def movers_of(
    session: Session, move: Move, after: str | None = None, limit: int = MOST
) -> tuple[Mover, ...]:
    """The customers of a move, by id.

    Those who were erased since are among them no more.

    Args:
        after: only those with a greater id.
        limit: so many at most.
    """
    query = select(LabelChange.customer_id, Customer.name, LabelChange.why)
    query = query.join(Customer, Customer.customer_id == LabelChange.customer_id).where(
        *_asked(move)
    )
    if after is not None:
        query = query.where(LabelChange.customer_id > after)
    found = session.execute(query.order_by(LabelChange.customer_id).limit(limit))
    return tuple(Mover(*row) for row in found)


def take_movers(desk: Desk, move: Move) -> tuple[Mover, ...]:
    """The same for a file; that it was taken is noted."""
    with desk.database.write() as session:
        found = movers_of(session, move)
        note(session, desk, "customers.export", "run", move.run, customers=len(found))
    return found


def _asked(move: Move) -> Iterator[ColumnElement[bool]]:
    yield LabelChange.run_id == move.run
    yield LabelChange.classifier == move.classifier
    yield LabelChange.was == move.was if move.was is not None else LabelChange.was.is_(None)
    yield LabelChange.label == move.label if move.label is not None else LabelChange.label.is_(None)
