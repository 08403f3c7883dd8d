"""What waits to be done today: customers to contact, reviews, what is under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    case,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from custrata.engine.model import Ruleset
from custrata.service.customers.profile import each_label
from custrata.service.figures.reminders import Reminder, by_rank, important, reminders
from custrata.service.people.roles import allows
from custrata.service.rules.drafts import EDITING, REVIEW
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs.basis import RUNNING
from custrata.store.distinct import LAST, each
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
_PLACE = "furthest"


@dataclass(frozen=True)
class ToContact:
    """A customer whom nobody reached for too long.

    Attributes:
        classifier, label: what she is called that makes her so important; None where the rules
            rank nobody.
        since: from which day on she was to be contacted; where labels come as a list, from which
            day on the list is as it is.
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
    came furthest in the funnel goes first, then who waits longest, whatever reminds of them.

    Args:
        owner: whose customers; None for everyone's.
        limit: how many at most.
        counted: the figure `reminded` of the last run: labels that are not in it are not looked
            through for everyone's. None takes all.
        day: leaves out who was postponed to a later one; None leaves out nobody.
    """
    rules = engine_of(current(session)).ruleset
    asked = [_Ask(one, _texts(session, one), owner, day) for one in reminders(rules)]
    found: list[ToContact] = []
    for labels in _turns(rules, owner, counted):
        rest = limit - len(found)
        if rest <= 0:
            break
        rows: dict[str, Row[Any]] = {}
        for one in asked:
            for row in session.execute(_query(rules, one, labels).limit(rest)):
                rows.setdefault(row.customer_id, row)
        found += _first(list(rows.values()), labels, rest)
    return found


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
    """Who is asked for; see `to_contact`. `texts`: the labels, as kept, that remind."""

    reminder: Reminder
    texts: Sequence[str]
    owner: str | None
    day: date | None


def _texts(session: Session, one: Reminder) -> list[str]:
    """The labels, as they are kept, that hold one that reminds: an index finds each of them."""
    if not one.lists:
        return [one.label]
    least = select(func.min(LabelNow.label)).where(LabelNow.classifier == one.classifier)
    kept = each(session, least, LabelNow.label, start="[", end="[" + LAST)
    return [text for text in kept if one.label in each_label(text)]


def _turns(
    rules: Ruleset, owner: str | None, counted: Mapping[str, int] | None
) -> Iterator[list[str]]:
    """The labels of importance that are looked through together, the best first.

    Of everyone, one label after the other is looked through; those of one owner are few enough
    to be looked through at once. Without ranks there are none.
    """
    ranks = important(rules)
    labels = by_rank(ranks) if ranks else []
    if owner is not None or not labels:
        yield labels
    else:
        yield from ([one] for one in labels if counted is None or one in counted)


def _query(rules: Ruleset, asked: _Ask, labels: Sequence[str]) -> Select[Any]:
    ranks = important(rules)
    found = _reminded(asked) if ranks is None else _of_rank(asked, ranks.name, labels)
    return _ordered(found, labels if asked.owner else ())


def _first(rows: list[Row[Any]], labels: Sequence[str], most: int) -> list[ToContact]:
    """The first of those whom several labels remind of, in the order of each query."""
    ranks = {label: place for place, label in enumerate(labels)}
    rows.sort(
        key=lambda row: (
            ranks.get(row.label, len(ranks)),
            -row.furthest,
            row.since,
            row.customer_id,
        )
    )
    told = [dict(row._mapping) for row in rows[:most]]  # noqa: SLF001
    return [ToContact(**{name: row[name] for name in row if name != _PLACE}) for row in told]


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
    named = LabelNow.classifier == asked.reminder.classifier
    if asked.owner is None:
        return query.where(named, LabelNow.label.in_(asked.texts)).limit(_SORTED)
    own = select(Customer.customer_id).where(Customer.owner == asked.owner)
    same = func.coalesce(LabelNow.label, "").in_(asked.texts)
    return query.where(LabelNow.customer_id.in_(own), named, same)


def _ordered(query: Select[Any], labels: Sequence[str] = ()) -> Select[Any]:
    """By importance, then by how far along the funnel, then by how long they wait."""
    found = query.subquery()
    ranks = {label: place for place, label in enumerate(labels)}
    first = [case(ranks, value=found.c.label)] if ranks else []
    order = (found.c[_PLACE].desc(), found.c.since, found.c.customer_id)
    return select(found).order_by(*first, *order)


def _select(asked: _Ask, classifier: Column, label: Column) -> Select[Any]:
    columns: tuple[Column, ...] = (
        Customer.customer_id,
        Customer.name,
        Customer.owner,
        classifier.label("classifier"),
        label.label("label"),
        LabelNow.valid_from.label("since"),
        LabelNow.classifier.label("reminder"),
        literal(asked.reminder.label).label("reminds"),
        Customer.stage,
        case((Stage.exit, -1), else_=func.coalesce(Stage.position, -1)).label(_PLACE),
    )
    query = (
        select(*columns)
        .join(LabelNow, LabelNow.customer_id == Customer.customer_id)
        .join(Stage, Stage.code == Customer.stage, isouter=True)
    )
    return query if asked.day is None else query.where(~_postponed(asked.reminder, asked.day))


def _postponed(one: Reminder, day: date) -> ColumnElement[bool]:
    """Whether somebody put this reminder off to a day after `day`; a later one is another."""
    later = select(LabelChange.customer_id).where(
        LabelChange.customer_id == Reminded.customer_id,
        LabelChange.classifier == Reminded.classifier,
        LabelChange.recorded_at > Reminded.at,
    )
    if one.lists:  # another label of the list may come and go meanwhile
        held = func.coalesce(LabelChange.was, "").contains(one.quoted, autoescape=True)
        later = later.where(~held)
    put_off = select(Reminded.id).where(
        Reminded.customer_id == LabelNow.customer_id,
        Reminded.classifier == LabelNow.classifier,
        Reminded.label == one.label,
        Reminded.until > day,
    )
    return put_off.where(~later.exists()).exists()
