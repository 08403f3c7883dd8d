"""Everything that is known of one customer, for the page about her."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from custrata.engine.values import exactly
from custrata.service.customers.touched import id_of, no_customer
from custrata.service.rules.versions import current, engine_of
from custrata.store.models import (
    Contact,
    Customer,
    Feedback,
    Group,
    LabelChange,
    LabelNow,
    Membership,
    OwnerChange,
    Reminded,
    StageChange,
    SurveyAnswer,
    Transaction,
    Treatment,
)

LATEST = 50
"""So many records of each kind are shown."""
_EVENTS = 100
_Fact = TypeVar("_Fact", Contact, Feedback, SurveyAnswer, Transaction)
RULE = "rule:"
"""Before a classifier's name where it did what else a person does."""


@dataclass(frozen=True)
class Stands:
    """A label that she has.

    Attributes:
        label: as it is kept: a list is JSON, None is no label. labels: each label of it.
        rank: 1 is best; None where the rules rank none. worst: the greatest rank of its table.
        treatments: what to do with such a customer.
    """

    classifier: str
    label: str | None
    labels: tuple[str, ...]
    since: date
    rank: int | None
    worst: int | None
    treatments: tuple[Treatment, ...]


@dataclass(frozen=True)
class InGroup:
    """A group that she is in. `dynamic`: by its rule."""

    code: str
    name: str
    since: datetime
    dynamic: bool


@dataclass(frozen=True)
class Event:
    """Something that changed about her.

    Attributes:
        kind: `stage`, `owner`, `label` or `reminder`. at: a label's is the beginning of its day.
        classifier: of a label. was, now: codes, persons or labels as they are kept; of a reminder
            that was put off, `now` is the day to which.
        by: who did it: a person, or `rule:` and a classifier; None for labels.
        how: of a stage: `set`, `overlay` or `lift`; of a label why it came; of a reminder `done`
            or `postponed`.
        why: what a person said about it.
    """

    kind: str
    at: datetime
    was: str | None
    now: str | None
    classifier: str | None = None
    by: str | None = None
    how: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Sale:
    """A sale or, below 0, a refund; exact. `number`: its `id`."""

    number: int
    at: datetime
    amount: Decimal
    profit: Decimal | None
    product: str | None
    order: str | None
    refund_of: str | None
    currency: str | None


@dataclass(frozen=True)
class Profile:
    """One customer.

    Attributes:
        known: her master data. stage: that shows, an automatic one over that which a person set.
        labels: of the rules in force, in their order, then those of rules that are no more.
        events: the latest first. sales, contacts, answers, feedback: the latest first.
    """

    known: Customer
    stage: str | None
    labels: tuple[Stands, ...]
    groups: tuple[InGroup, ...]
    events: tuple[Event, ...]
    sales: tuple[Sale, ...]
    contacts: tuple[Contact, ...]
    answers: tuple[SurveyAnswer, ...]
    feedback: tuple[Feedback, ...]


def profile(session: Session, customer_id: str) -> Profile:
    """Everything that is known of a customer, the latest records of each kind.

    Raises:
        StoreError: there is no such customer.
    """
    who = id_of(customer_id)
    known = session.get(Customer, who)
    if known is None:
        raise no_customer()
    return Profile(
        known=known,
        stage=known.overlay or known.stage,
        labels=_labels(session, who),
        groups=_groups(session, who),
        events=_events(session, who),
        sales=tuple(map(_sale, _latest(session, Transaction.occurred_at, Transaction, who))),
        contacts=_latest(session, Contact.occurred_at, Contact, who),
        answers=_latest(session, SurveyAnswer.answered_at, SurveyAnswer, who),
        feedback=_latest(session, Feedback.opened_at, Feedback, who),
    )


def each_label(label: str | None) -> tuple[str, ...]:
    """The labels of a value as it is kept: one, those of a list, or none."""
    if label is None:
        return ()
    if label.startswith("["):
        try:
            return tuple(map(str, json.loads(label)))
        except ValueError:
            pass
    return (label,)


# --- labels and groups --------------------------------------------------------------------


def _labels(session: Session, who: str) -> tuple[Stands, ...]:
    tables = {one.name: one for one in engine_of(current(session)).ruleset.classifiers}
    place = {name: number for number, name in enumerate(tables)}
    rows = session.scalars(select(LabelNow).where(LabelNow.customer_id == who)).all()
    found = [row for row in rows if row.classifier in tables or row.label is not None]
    found.sort(key=lambda row: (place.get(row.classifier, len(place)), row.classifier))
    treatments = _treatments(session, found)
    return tuple(_stands(row, tables.get(row.classifier), treatments) for row in found)


def _treatments(session: Session, rows: Sequence[LabelNow]) -> dict[tuple[str, str], Treatment]:
    named = {row.classifier for row in rows}
    query = select(Treatment).where(Treatment.classifier.in_(named))
    return {(one.classifier, one.label): one for one in session.scalars(query)}


def _stands(
    row: LabelNow, table: Any | None, treatments: Mapping[tuple[str, str], Treatment]
) -> Stands:
    labels = each_label(row.label)
    known = table.labels if table else {}
    ranks = [one.rank for one in known.values() if one.rank is not None]
    own = [known[one].rank for one in labels if one in known and known[one].rank is not None]
    said = (treatments.get((row.classifier, one)) for one in labels)
    return Stands(
        row.classifier,
        row.label,
        labels,
        row.valid_from,
        min(own, default=None),
        max(ranks, default=None),
        tuple(one for one in said if one is not None),
    )


def _groups(session: Session, who: str) -> tuple[InGroup, ...]:
    query = select(Group.code, Group.name, Membership.since, Group.rule).join_from(
        Membership, Group, Membership.group_id == Group.id
    )
    rows = session.execute(query.where(Membership.customer_id == who).order_by(Group.name))
    return tuple(InGroup(code, name, since, rule is not None) for code, name, since, rule in rows)


# --- over time ----------------------------------------------------------------------------


def _events(session: Session, who: str) -> tuple[Event, ...]:
    zone = ZoneInfo(engine_of(current(session)).ruleset.time_zone)
    stages = _history(session, StageChange, StageChange.changed_at, who)
    owners = _history(session, OwnerChange, OwnerChange.changed_at, who)
    labels = _history(session, LabelChange, LabelChange.valid_from, who)
    seen_to = select(Reminded).where(Reminded.customer_id == who)
    reminded = session.scalars(seen_to.order_by(Reminded.at.desc()).limit(_EVENTS))
    found = [*map(_of_stage, stages), *map(_of_owner, owners), *map(_of_reminder, reminded)]
    found += [_of_label(row, zone) for row in labels]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:_EVENTS])


def _history(session: Session, model: Any, at: Any, who: str) -> Sequence[Any]:
    query = select(model).where(model.customer_id == who)
    order = (at.desc(), model.recorded_at.desc())
    return session.scalars(query.order_by(*order).limit(_EVENTS)).all()


def _of_stage(row: StageChange) -> Event:
    return Event(
        "stage", row.changed_at, row.from_stage, row.to_stage, by=row.by, how=row.how, why=row.why
    )


def _of_owner(row: OwnerChange) -> Event:
    return Event("owner", row.changed_at, row.from_owner, row.to_owner, by=row.by, why=row.why)


def _of_reminder(row: Reminded) -> Event:
    until = row.until.isoformat() if row.until else None
    return Event("reminder", row.at, None, until, by=row.by, how=row.action, why=row.why)


def _of_label(row: LabelChange, zone: ZoneInfo) -> Event:
    at = datetime.combine(row.valid_from, time(), zone)
    return Event("label", at, row.was, row.label, classifier=row.classifier, how=row.why)


# --- what happened ------------------------------------------------------------------------


def _latest(
    session: Session, at: InstrumentedAttribute[datetime], model: type[_Fact], who: str
) -> tuple[_Fact, ...]:
    query = select(model).where(model.customer_id == who)
    return tuple(session.scalars(query.order_by(at.desc(), model.id.desc()).limit(LATEST)))


def _sale(row: Transaction) -> Sale:
    return Sale(
        row.id,
        row.occurred_at,
        exactly(row.amount, row.scale),
        exactly(row.profit, row.scale),
        row.product,
        row.order_id,
        row.refund_of,
        row.currency,
    )
