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
from custrata.store.models import (
    Approval,
    Customer,
    Draft,
    DraftSave,
    LabelChange,
    LabelNow,
    Reminded,
    Run,
    Stage,
)

Column = ColumnElement[Any] | InstrumentedAttribute[Any]
_SORTED = 200
"""Of everyone's, so many of a label are put in order."""
_PLACE = "place"


@dataclass(frozen=True)
class ToContact:
    """A customer whom nobody reached for too long.

    Attributes:
        classifier, label: what she is called that makes her so important; None where the rules
            rank nobody.
        since: from which day on she was to be contacted.
        reminder, reminds: the classifier and its label that remind of her.
        stage: as a person or the host last set it.
    """

    customer_id: str
    name: str | None
    owner: str | None
    classifier: str | None
    label: str | None
    since: date
    reminder: str
    reminds: str
    stage: str | None


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
    day: date | None = None,
) -> list[ToContact]:
    """Whom to contact today, the most important first.

    Importance is the rank of the labels of the first classifier that ranks any. Of equal ones who
    came furthest in the funnel goes first, then who waits longest.

    Args:
        owner: whose customers; None for everyone's.
        limit: how many at most.
        counted: the figure `reminded` of the last run: labels that are not in it are not looked
            through for everyone's. None takes all.
        day: leaves out who was postponed to a later one; None leaves out nobody.
    """
    rules = engine_of(current(session)).ruleset
    found: dict[str, ToContact] = {}
    for reminder in reminders(rules):
        for query in _queries(rules, _Ask(reminder, owner, day), counted):
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


@dataclass(frozen=True)
class _Ask:
    """Who is asked for; see `to_contact`."""

    reminder: Reminder
    owner: str | None
    day: date | None


def _queries(
    rules: Ruleset, asked: _Ask, counted: Mapping[str, int] | None
) -> Iterator[Select[Any]]:
    """One after the other until enough are found; an index serves each of them.

    Of everyone, one label after the other is looked through; those of one owner are few enough
    to be looked through at once.
    """
    ranks = important(rules)
    if ranks is None:
        yield _ordered(_reminded(asked))
    elif asked.owner is None:
        for label in by_rank(ranks):
            if counted is not None and label not in counted:
                continue
            yield _ordered(_of_rank(asked, ranks.name, [label]))
    else:
        labels = by_rank(ranks)
        yield _ordered(_of_rank(asked, ranks.name, labels), labels)


def _reminded(asked: _Ask) -> Select[Any]:
    """Customers who have that label."""
    nothing = null().cast(String)
    return _whose(_select(asked, nothing, nothing), asked)


def _of_rank(asked: _Ask, classifier: str, labels: Sequence[str]) -> Select[Any]:
    """Those of them whom a classifier gives one of these labels."""
    rank = aliased(LabelNow)
    theirs = and_(rank.customer_id == LabelNow.customer_id, rank.classifier == classifier)
    query = _select(asked, rank.classifier, rank.label).join(rank, theirs)
    return _whose(query if asked.owner else query.where(rank.label.in_(labels)), asked)


def _whose(query: Select[Any], asked: _Ask) -> Select[Any]:
    """Everyone's, of whom only the first that are found are put in order, or an owner's.

    Those of an owner are found first, whatever the server guesses of their number.
    """
    label, named = asked.reminder.label, LabelNow.classifier == asked.reminder.classifier
    if asked.owner is None:
        return query.where(named, LabelNow.label == label).limit(_SORTED)
    own = select(Customer.customer_id).where(Customer.owner == asked.owner)
    same = func.coalesce(LabelNow.label, "") == label
    return query.where(LabelNow.customer_id.in_(own), named, same)


def _ordered(query: Select[Any], labels: Sequence[str] = ()) -> Select[Any]:
    """By importance, then by how far along the funnel, then by how long they wait."""
    found = query.subquery()
    shown = [one for one in found.c if one.name != _PLACE]
    ranks = {label: place for place, label in enumerate(labels)}
    first = [case(ranks, value=found.c.label)] if ranks else []
    order = (found.c[_PLACE].desc(), found.c.since, found.c.customer_id)
    return select(*shown).order_by(*first, *order)


def _select(asked: _Ask, classifier: Column, label: Column) -> Select[Any]:
    columns: tuple[Column, ...] = (
        Customer.customer_id,
        Customer.name,
        Customer.owner,
        classifier.label("classifier"),
        label.label("label"),
        LabelNow.valid_from.label("since"),
        LabelNow.classifier.label("reminder"),
        LabelNow.label.label("reminds"),
        Customer.stage,
        case((Stage.exit, -1), else_=func.coalesce(Stage.position, -1)).label(_PLACE),
    )
    query = (
        select(*columns)
        .join(LabelNow, LabelNow.customer_id == Customer.customer_id)
        .join(Stage, Stage.code == Customer.stage, isouter=True)
    )
    return query if asked.day is None else query.where(~_postponed(asked.day))


def _postponed(day: date) -> ColumnElement[bool]:
    """Whether somebody put this reminder off to a day after `day`; a later one is another."""
    later = select(LabelChange.customer_id).where(
        LabelChange.customer_id == Reminded.customer_id,
        LabelChange.classifier == Reminded.classifier,
        LabelChange.recorded_at > Reminded.at,
    )
    put_off = select(Reminded.id).where(
        Reminded.customer_id == LabelNow.customer_id,
        Reminded.classifier == LabelNow.classifier,
        Reminded.label == LabelNow.label,
        Reminded.until > day,
    )
    return put_off.where(~later.exists()).exists()
