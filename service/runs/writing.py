"""Transitions into the store: labels and history, stages, groups, outbox; in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from custrata.engine.model import Ruleset
from custrata.service.runs.effects import Effects, Move, Outward, Sending, effects_of
from custrata.service.runs.entry import FEW, Entry
from custrata.service.runs.overlays import write_overlays
from custrata.store import bulk
from custrata.store.models import Group, LabelChange, LabelNow, Membership, Outgoing
from custrata.store.types import day_number, microseconds


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
    session: Session, entry: Entry, moved: pl.DataFrame, ruleset: Ruleset, outward: Outward
) -> Effects:
    """Stages, groups and outbox follow the transitions."""
    found = effects_of(moved, ruleset, outward)
    write_overlays(session, entry, ruleset, found.overlays)
    _write_moves(session, entry, found.moves)
    _write_sendings(session, entry, found.sendings)
    return found


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


def _write_sendings(session: Session, entry: Entry, sendings: list[Sending]) -> None:
    rows = [
        {
            "id": number,
            "kind": one.kind,
            "target": one.target,
            "customer_id": one.customer_id,
            "run_id": entry.run_id,
            "payload": {**one.payload, "as_of": entry.as_of.isoformat(), "run": entry.run_id},
            "key": f"{entry.run_id}-{number}",
            "state": "waiting",
            "attempts": 0,
            "due_at": entry.at,
            "recorded_at": entry.at,
        }
        for number, one in enumerate(sendings, start=_next_number(session, entry))
    ]
    for start in range(0, len(rows), FEW):
        session.execute(insert(Outgoing), rows[start : start + FEW])


def _next_number(session: Session, entry: Entry) -> int:
    """The number of the next message.

    Receivers tell by it which one is the later: it rises by the clock, since the messages before
    may be gone, or be of a store that was brought back from a backup.
    """
    last = session.scalar(select(func.max(Outgoing.id))) or 0
    return max(last + 1, microseconds(entry.at))
