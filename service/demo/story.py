"""What a store has to tell of its last months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.what_if import REVENUE, Moved
from custrata.service.desk import Desk
from custrata.service.names import Names
from custrata.service.rules.versions import engine_of, version
from custrata.service.runs import Flow, history, reasons
from custrata.service.runs.basis import LANDED, last_full
from custrata.service.runs.chunks import measures_of
from custrata.store import bulk
from custrata.store.models import Customer, LabelChange, LabelNow, Run, Stage

_TURNS = (
    ("rfm", "important_value", "important_keep"),
    ("pareto", "long_tail", "key"),
    ("stale_contact", "dont_forget", "in_touch"),
)
"""Moves of which each makes a good story."""


@dataclass(frozen=True)
class Overdue:
    """A customer whom somebody has to contact; `days` since anybody did."""

    customer_id: str
    name: str | None
    owner: str | None
    stage: str | None
    days: int | None


@dataclass(frozen=True)
class Portrait:
    """A customer: why she stands where she stands, and how she came there."""

    customer_id: str
    name: str | None
    explanations: tuple[Mapping[str, Any], ...]
    changes: tuple[LabelChange, ...]


@dataclass(frozen=True)
class Story:
    """What happened from one day to another.

    Attributes:
        engine: the rules. names: what ids are called.
        sizes: by classifier and label, the largest first, with revenue in the window.
        flows: who moved where and why since the first day, the largest first.
        newcomers: customers who were classified for the first time.
        overdue: those nearest to a sale first, then those who wait longest.
    """

    first: date
    as_of: date
    engine: Engine
    names: Names
    customers: int
    newcomers: int
    sizes: Mapping[str, Mapping[str | None, Moved]]
    flows: tuple[Flow, ...]
    overdue: tuple[Overdue, ...]
    portraits: tuple[Portrait, ...]


def story(desk: Desk) -> Story:
    """Tell it as of the last run; the store has one."""
    with desk.database.read() as session:
        last = last_full(session)
        assert last is not None
        first = session.scalars(select(func.min(Run.as_of)).where(Run.state == LANDED)).one()
        engine = engine_of(version(session, last.version))
        flows, newcomers = _flows(session, first)
        people = _people(session)
        turned = _turned(session)
    with desk.database.snapshot() as snapshot:
        measures = measures_of(snapshot, last.id)
        table = LabelNow.__table__.c
        labels = snapshot.frame(select(table.classifier, table.customer_id, table.label))
    assert measures is not None
    names = [one.name for one in engine.ruleset.classifiers]
    return Story(
        first=first,
        as_of=last.as_of,
        engine=engine,
        names=Names(engine),
        customers=measures.height,
        newcomers=newcomers,
        sizes=_sizes(labels, measures, names),
        flows=flows,
        overdue=_overdue(people, labels, measures),
        portraits=tuple(_portraits(desk, turned, measures)),
    )


def _flows(session: Session, first: date) -> tuple[tuple[Flow, ...], int]:
    """Moves since a day, counted; and who came since, as the first classifier tells it."""
    table = LabelChange
    keys = (table.classifier, table.was, table.label, table.why)
    rows = session.execute(
        select(*keys, func.count()).where(table.valid_from > first).group_by(*keys)
    ).all()
    flows = sorted((Flow(*row) for row in rows), key=lambda one: (-one.customers, str(one)))
    arrived: Counter[str] = Counter()
    for one in flows:
        arrived[one.classifier] += one.customers if one.why == "first" else 0
    return tuple(one for one in flows if one.why != "first"), max(arrived.values(), default=0)


def _people(session: Session) -> pl.DataFrame:
    """Name, owner, stage and its place in the funnel, by customer."""
    columns = (Customer.customer_id, Customer.name, Customer.owner, Customer.stage, Stage.position)
    query = select(*columns).join(Stage, Stage.code == Customer.stage, isouter=True)
    return bulk.read(session.connection(), query)


def _sizes(
    labels: pl.DataFrame, measures: pl.DataFrame, names: Sequence[str]
) -> dict[str, dict[str | None, Moved]]:
    revenue = measures.select("customer_id", pl.col(REVENUE).cast(pl.Int64))
    rows = (
        labels.join(revenue, on="customer_id", how="left")
        .group_by("classifier", "label")
        .agg(pl.len().alias("customers"), pl.col(REVENUE).sum())
        .sort("customers", "label", descending=[True, False])
        .rows()
    )
    return {
        name: {
            label: Moved(customers, Decimal(amount))
            for classifier, label, customers, amount in rows
            if classifier == name
        }
        for name in names
    }


def _overdue(
    people: pl.DataFrame, labels: pl.DataFrame, measures: pl.DataFrame
) -> tuple[Overdue, ...]:
    waiting = (
        labels.filter(classifier="stale_contact", label="dont_forget")
        .join(people, on="customer_id")
        .join(measures.select("customer_id", days="days_since_touch"), on="customer_id")
        .sort("position", "days", "customer_id", descending=[True, False, False])
    )
    return tuple(
        Overdue(*row)
        for row in waiting.select("customer_id", "name", "owner", "stage", "days").rows()
    )


def _turned(session: Session) -> list[list[str]]:
    """Who made each of the moves that are worth a story, and still stands where it led."""
    now, then = LabelNow, LabelChange
    same = (
        (now.customer_id == then.customer_id)
        & (now.classifier == then.classifier)
        & (now.label == then.label)
        & (now.valid_from == then.valid_from)
    )
    return [
        list(
            session.scalars(
                select(then.customer_id)
                .join(now, same)
                .where(then.classifier == classifier, then.was == was, then.label == label)
            )
        )
        for classifier, was, label in _TURNS
    ]


def _portraits(
    desk: Desk, turned: Sequence[Sequence[str]], measures: pl.DataFrame
) -> Iterator[Portrait]:
    """Of each move, the customer who brings most."""
    revenue = dict(measures.select("customer_id", REVENUE).rows())
    chosen: dict[str, None] = {}
    for candidates in turned:
        left = [one for one in candidates if one not in chosen]
        if left:
            chosen[max(left, key=lambda one: (revenue.get(one) or 0, one))] = None
    for customer in chosen:
        with desk.database.read() as session:
            name = session.scalar(select(Customer.name).where(Customer.customer_id == customer))
            changes = history(session, customer)
        yield Portrait(customer, name, reasons(desk, customer).explanations, changes)
