"""Transitions into the store: labels and history, stages, groups, outbox; in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b

import polars as pl
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from custrata.engine.model import Ruleset
from custrata.service.runs.effects import (
    Effects,
    Move,
    Overlay,
    Sending,
    effects_of,
    labels_of,
)
from custrata.store import bulk
from custrata.store.bulk import staged
from custrata.store.models import (
    Customer,
    Group,
    LabelChange,
    LabelNow,
    Membership,
    Outgoing,
    StageChange,
)
from custrata.store.types import day_number, microseconds

FEW = 2_000
"""So many ids fit into one statement."""


@dataclass(frozen=True)
class Entry:
    """What all rows of one landing share."""

    run_id: int
    as_of: date
    at: datetime


def write_labels(session: Session, entry: Entry, moved: pl.DataFrame, names: Iterable[str]) -> None:
    """History gets the transitions, and what stands now follows.

    Args:
        moved: a frame of transitions. names: the classifiers that the rules have.
    """
    write_history(session, entry, moved)
    kept = list(names)
    now = moved.filter(pl.col("classifier").is_in(kept)).sort("classifier", "customer_id")
    now = now.select("classifier", "customer_id", "label").with_columns(
        valid_from=pl.lit(day_number(entry.as_of), pl.Int64),
        run_id=pl.lit(entry.run_id, pl.Int64),
    )
    new = now.join(_fresh(moved), on=("classifier", "customer_id"), how="semi")
    bulk.insert(session.connection(), LabelNow.__table__, new)  # type: ignore[arg-type]
    old = now.join(_fresh(moved), on=("classifier", "customer_id"), how="anti")
    bulk.merge(session.connection(), LabelNow.__table__, old, ("classifier", "customer_id"))  # type: ignore[arg-type]


def write_history(
    session: Session, entry: Entry, moved: pl.DataFrame, since: date | None = None
) -> None:
    """Transitions into the history, from a day on; None takes the as-of day."""
    rows = moved.sort("customer_id", "classifier").with_columns(
        valid_from=pl.lit(day_number(since or entry.as_of), pl.Int64),
        recorded_at=pl.lit(microseconds(entry.at), pl.Int64),
        run_id=pl.lit(entry.run_id, pl.Int64),
    )
    bulk.insert(session.connection(), LabelChange.__table__, rows)  # type: ignore[arg-type]


def _fresh(moved: pl.DataFrame) -> pl.DataFrame:
    return moved.filter(pl.col("why") == "first").select("classifier", "customer_id")


def forget(session: Session, names: Iterable[str]) -> None:
    """Labels of classifiers that the rules no longer have stand no longer."""
    there = set(session.scalars(select(LabelNow.classifier).distinct()))
    for gone in sorted(there - set(names)):
        session.execute(delete(LabelNow).where(LabelNow.classifier == gone))


def write_effects(
    session: Session, entry: Entry, moved: pl.DataFrame, ruleset: Ruleset, outward: frozenset[str]
) -> Effects:
    """Stages, groups and outbox follow the transitions."""
    found = effects_of(moved, ruleset, outward)
    write_overlays(session, entry, found.overlays)
    _write_moves(session, entry, found.moves)
    _write_sendings(session, entry, found.sendings)
    return found


# --- stages -------------------------------------------------------------------------------


def write_overlays(session: Session, entry: Entry, overlays: Iterable[Overlay]) -> None:
    """Lay stages over customers' own, or lift them; only who laid one lifts it."""
    wanted: dict[str, list[Overlay]] = {}
    for one in overlays:
        wanted.setdefault(one.customer_id, []).append(one)
    if not wanted:
        return
    states, changes = [], []
    for customer in _stages(session, sorted(wanted)).iter_rows(named=True):
        state = dict(customer)
        for one in wanted[customer["customer_id"]]:
            changes += _apply(state, one, entry)
        states.append(state)
    frame = pl.DataFrame(
        states, schema_overrides=dict.fromkeys(("overlay", "overlay_by"), pl.String)
    )
    connection = session.connection()
    values = frame.select("customer_id", "overlay", "overlay_by")
    bulk.merge(connection, Customer.__table__, values, ("customer_id",))  # type: ignore[arg-type]
    if changes:
        rows = pl.DataFrame(
            changes, schema_overrides=dict.fromkeys(("from_stage", "to_stage", "why"), pl.String)
        )
        bulk.insert(connection, StageChange.__table__, rows)  # type: ignore[arg-type]


def _stages(session: Session, customers: list[str]) -> pl.DataFrame:
    table = Customer.__table__.c
    query = select(table.customer_id, table.stage, table.overlay, table.overlay_by)
    connection = session.connection()
    if len(customers) <= FEW:
        return bulk.read(connection, query.where(table.customer_id.in_(customers)))
    ids = staged(connection, Customer.__table__, pl.DataFrame({"customer_id": customers}))  # type: ignore[arg-type]
    return bulk.read(connection, query.join(ids, ids.c.customer_id == table.customer_id))


def _apply(state: dict[str, str | None], one: Overlay, entry: Entry) -> list[dict[str, object]]:
    """Change one customer's stages; the row of history, if there is something to tell."""
    if one.stage is None and state["overlay_by"] != one.classifier:
        return []
    if one.stage == state["overlay"]:
        return []
    shown = state["overlay"] or state["stage"]
    state["overlay"], state["overlay_by"] = one.stage, one.classifier if one.stage else None
    return [
        {
            "customer_id": one.customer_id,
            "changed_at": microseconds(entry.at),
            "from_stage": shown,
            "to_stage": one.stage or state["stage"],
            "by": f"rule:{one.classifier}",
            "how": "overlay" if one.stage else "lift",
            "why": one.label,
            "recorded_at": microseconds(entry.at),
        }
    ]


def lift_orphans(session: Session, entry: Entry, ruleset: Ruleset) -> None:
    """Lift stages that no label of the rules in force holds up any more."""
    holds = {
        (one.name, label, effect.argument)
        for one in ruleset.classifiers
        for label, moments in one.effects.items()
        for effect in moments.get("enter", ())
        if effect.name == "set_stage"
    }
    orphans = [
        Overlay(customer, by, None)
        for customer, by, stage, text in _laid(session).iter_rows()
        if not any((by, label, stage) in holds for label in labels_of(text))
    ]
    write_overlays(session, entry, orphans)


def _laid(session: Session) -> pl.DataFrame:
    """Customers with a stage over their own: who laid it, and her label by that classifier."""
    customers, labels = Customer.__table__.c, LabelNow.__table__.c
    query = select(customers.customer_id, customers.overlay_by, customers.overlay, labels.label)
    own = (labels.customer_id == customers.customer_id) & (
        labels.classifier == customers.overlay_by
    )
    joined = query.join_from(Customer.__table__, LabelNow.__table__, own, isouter=True)
    return bulk.read(session.connection(), joined.where(customers.overlay.is_not(None)))


# --- groups -------------------------------------------------------------------------------


def _write_moves(session: Session, entry: Entry, moves: Iterable[Move]) -> None:
    """The last word on a customer and a group counts; groups that are no more are left."""
    last = {(one.group, one.customer_id): one for one in moves}
    codes = {group for group, _ in last}
    known = dict(
        session.execute(
            select(Group.code, Group.id).where(Group.code.in_(codes), Group.rule.is_(None))
        ).all()
    )
    for code, group in known.items():
        own = [one for (name, _), one in last.items() if name == code]
        add_members(
            session, entry, group, {o.customer_id: f"rule:{o.classifier}" for o in own if o.into}
        )
        take_members(session, group, [one.customer_id for one in own if not one.into])


def add_members(session: Session, entry: Entry, group: int, by: Mapping[str, str]) -> None:
    """Put customers into a group; who is there already stays as she came."""
    rows = pl.DataFrame(
        {"group_id": [group] * len(by), "customer_id": list(by), "by": list(by.values())},
        schema={"group_id": pl.Int64, "customer_id": pl.String, "by": pl.String},
    ).with_columns(since=pl.lit(microseconds(entry.at), pl.Int64))
    keys = ("group_id", "customer_id")
    bulk.merge(session.connection(), Membership.__table__, rows, keys, compared=())  # type: ignore[arg-type]


def take_members(session: Session, group: int, customers: list[str]) -> None:
    """Take customers out of a group."""
    for start in range(0, len(customers), FEW):
        some = customers[start : start + FEW]
        session.execute(
            delete(Membership).where(Membership.group_id == group, Membership.customer_id.in_(some))
        )


# --- what goes out ------------------------------------------------------------------------


def _key(entry: Entry, one: Sending, number: int) -> str:
    """Names a sending for ever: a run touches a customer once."""
    said = json.dumps([one.customer_id, one.kind, one.payload["classifier"], number])
    return f"{entry.run_id}-{blake2b(said.encode(), digest_size=12).hexdigest()}"


def _write_sendings(session: Session, entry: Entry, sendings: list[Sending]) -> None:
    rows = [
        {
            "kind": one.kind,
            "target": one.target,
            "customer_id": one.customer_id,
            "run_id": entry.run_id,
            "payload": {**one.payload, "as_of": entry.as_of.isoformat(), "run": entry.run_id},
            "key": _key(entry, one, number),
            "state": "waiting",
            "attempts": 0,
            "due_at": entry.at,
            "recorded_at": entry.at,
        }
        for number, one in enumerate(sendings)
    ]
    for start in range(0, len(rows), FEW):
        session.execute(insert(Outgoing), rows[start : start + FEW])
