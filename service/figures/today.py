"""What waits to be done today: customers to contact, reviews, what is under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, func, null, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from custrata.engine.model import Ruleset
from custrata.service.figures.reminders import Reminder, by_rank, important, reminders
from custrata.service.people.roles import allows
from custrata.service.rules.drafts import EDITING, REVIEW
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs.basis import RUNNING
from custrata.store.models import Approval, Customer, Draft, DraftSave, LabelNow, Run

Column = ColumnElement[Any] | InstrumentedAttribute[Any]
_SORTED = 200
"""Of everyone's, so many of a label are put in order."""


@dataclass(frozen=True)
class ToContact:
    """A customer whom nobody reached for too long.

    Attributes:
        classifier, label: what she is called that makes her so important; None where the rules
            rank nobody.
        since: from which day on she was to be contacted.
    """

    customer_id: str
    name: str | None
    owner: str | None
    classifier: str | None
    label: str | None
    since: date


@dataclass(frozen=True)
class Waiting:
    """What waits for a person.

    Attributes:
        reviews: drafts that others handed in and that she may approve. drafts: her own open ones.
        running: the run that is under way.
    """

    reviews: int
    drafts: int
    running: Run | None


def to_contact(
    session: Session,
    owner: str | None = None,
    limit: int = 10,
    counted: Mapping[str, int] | None = None,
) -> list[ToContact]:
    """Whom to contact today, the most important first.

    Importance is the rank of the labels of the first classifier that ranks any.

    Args:
        owner: whose customers; None for everyone's.
        limit: how many at most.
        counted: the figure `reminded` of the last run: labels that are not in it are not looked
            through for everyone's. None takes all.
    """
    rules = engine_of(current(session)).ruleset
    found: dict[str, ToContact] = {}
    for reminder in reminders(rules):
        for query in _queries(rules, reminder, owner, counted):
            rest = limit - len(found)
            if rest <= 0:
                break
            for row in session.execute(query.limit(rest)):
                found.setdefault(row.customer_id, ToContact(**row._mapping))  # noqa: SLF001
    return list(found.values())


def has_customers(session: Session) -> bool:
    """Whether there is anybody to classify."""
    return session.scalars(select(Customer.customer_id).limit(1)).first() is not None


def waiting(session: Session, login: str, role: str) -> Waiting:
    """What waits for somebody."""
    written = select(DraftSave.draft_id).where(DraftSave.by == login)
    seen = select(Approval.draft_id).where(
        Approval.by == login, Approval.revision == Draft.revision, Approval.draft_id == Draft.id
    )
    reviews = _counted(Draft.state == REVIEW, Draft.id.not_in(written), ~seen.exists())
    own = _counted(Draft.state == EDITING, Draft.id.in_(written))
    running = select(Run).where(Run.state == RUNNING).order_by(Run.id.desc()).limit(1)
    return Waiting(
        reviews=(session.scalar(reviews) or 0) if allows(role, "approve") else 0,
        drafts=session.scalar(own) or 0,
        running=session.scalars(running).first(),
    )


def _counted(*conditions: Any) -> Select[Any]:
    return select(func.count()).select_from(Draft).where(*conditions)


def _queries(
    rules: Ruleset, reminder: Reminder, owner: str | None, counted: Mapping[str, int] | None
) -> Iterator[Select[Any]]:
    """One after the other until enough are found; an index serves each of them.

    Of everyone, one label after the other is looked through; those of one owner are few enough
    to be looked through at once.
    """
    ranks = important(rules)
    if ranks is None:
        yield _reminded(reminder, owner)
    elif owner is None:
        for label in by_rank(ranks):
            if counted is not None and label not in counted:
                continue
            yield _of_rank(reminder, None, ranks.name, [label])
    else:
        yield _of_rank(reminder, owner, ranks.name, by_rank(ranks))


def _reminded(reminder: Reminder, owner: str | None) -> Select[Any]:
    """Customers who have that label."""
    nothing = null().cast(String)
    query = _select(nothing, nothing)
    return query.where(*_has(reminder)) if owner is None else _owned(query, reminder, owner)


def _of_rank(
    reminder: Reminder, owner: str | None, classifier: str, labels: Sequence[str]
) -> Select[Any]:
    """Those of them whom a classifier gives one of these labels; who waits longest goes first.

    Of everyone's, only the first of a label that are found are sorted.
    """
    rank = aliased(LabelNow)
    theirs = and_(rank.customer_id == LabelNow.customer_id, rank.classifier == classifier)
    query = _select(rank.classifier, rank.label).join(rank, theirs)
    if owner is None:
        query = query.where(*_has(reminder), rank.label.in_(labels)).limit(_SORTED)
    else:
        query = _owned(query, reminder, owner)
    found = query.subquery()
    order = case({label: place for place, label in enumerate(labels)}, value=found.c.label)
    return select(found).order_by(order, found.c.since, found.c.customer_id)


def _owned(query: Select[Any], reminder: Reminder, owner: str) -> Select[Any]:
    """Those of an owner: they are found first, whatever the server guesses of their number."""
    own = select(Customer.customer_id).where(Customer.owner == owner)
    label = func.coalesce(LabelNow.label, "") == reminder.label
    named = LabelNow.classifier == reminder.classifier
    return query.where(LabelNow.customer_id.in_(own), named, label)


def _select(classifier: Column, label: Column) -> Select[Any]:
    columns: tuple[Column, ...] = (
        Customer.customer_id,
        Customer.name,
        Customer.owner,
        classifier.label("classifier"),
        label.label("label"),
        LabelNow.valid_from.label("since"),
    )
    return select(*columns).join(LabelNow, LabelNow.customer_id == Customer.customer_id)


def _has(reminder: Reminder) -> tuple[ColumnElement[bool], ...]:
    return LabelNow.classifier == reminder.classifier, LabelNow.label == reminder.label
