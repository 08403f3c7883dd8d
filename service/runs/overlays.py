"""Stages that rules lay over customers' own while a label holds: laid, handed on, lifted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from custrata.engine.model import Ruleset
from custrata.service.runs.effects import Overlay, labels_of
from custrata.service.runs.entry import FEW, Entry
from custrata.store import bulk
from custrata.store.models import Customer, LabelNow, StageChange
from custrata.store.types import microseconds

_CUSTOMERS, _LABELS = Customer.__table__, LabelNow.__table__
Laying = Mapping[str, Mapping[str, str]]
"""By classifier and label, in the order of the rules: the stage that is laid while it holds."""


def write_overlays(
    session: Session, entry: Entry, ruleset: Ruleset, overlays: Iterable[Overlay]
) -> None:
    """Lay stages over customers' own, or lift them; belongs after the labels.

    Only who laid one lifts it. Where another label still holds a stage up, that one shows instead
    of the customer's own.
    """
    wanted: dict[str, list[Overlay]] = {}
    for one in overlays:
        wanted.setdefault(one.customer_id, []).append(one)
    lifted = sorted({who for who, some in wanted.items() for one in some if one.stage is None})
    held = _held(session, _laying(ruleset), lifted)
    states, changes = [], []
    for customer in _stages(session, sorted(wanted)).iter_rows(named=True):
        state = dict(customer)
        for one in wanted[customer["customer_id"]]:
            changes += _apply(state, _meant(one, state, held), entry)
        states.append(state)
    _write(session, states, changes)


def lift_orphans(
    session: Session, entry: Entry, ruleset: Ruleset, customers: Sequence[str] | None = None
) -> None:
    """Lift stages that their label holds up no more, by itself or by the rules in force.

    Args:
        customers: whose; None for everyone.
    """
    laying = _laying(ruleset)
    orphans = [
        Overlay(customer, by, None)
        for customer, by, stage, text in _laid(session, customers).iter_rows()
        if stage not in _stages_of(laying.get(by, {}), text)
    ]
    write_overlays(session, entry, ruleset, orphans)


def _laying(ruleset: Ruleset) -> Laying:
    found = {
        one.name: {
            label: str(effect.argument)
            for label, moments in one.effects.items()
            for effect in moments.get("enter", ())
            if effect.name == "set_stage"
        }
        for one in ruleset.classifiers
    }
    return {name: stages for name, stages in found.items() if stages}


def _stages_of(stages: Mapping[str, str], text: str | None) -> dict[str, str]:
    """The stages that the labels of a result lay, with the label of each."""
    standing = labels_of(text)
    return {stage: label for label, stage in stages.items() if label in standing}


# --- what is there ------------------------------------------------------------------------


def _held(session: Session, laying: Laying, customers: list[str]) -> dict[str, Overlay]:
    """What labels hold up, by customer; of several the one that the rules name last."""
    found: dict[str, Overlay] = {}
    if not customers:
        return found
    table = _LABELS.c
    query = select(table.classifier, table.customer_id, table.label)
    rows = _of(session, query.where(table.classifier.in_(laying)), table.customer_id, customers)
    standing = {
        name: part for (name,), part in rows.partition_by("classifier", as_dict=True).items()
    }
    for name, stages in laying.items():
        for _name, customer, text in standing.get(name, rows.clear()).iter_rows():
            for stage, label in _stages_of(stages, text).items():
                found[customer] = Overlay(customer, name, stage, label)
    return found


def _stages(session: Session, customers: list[str]) -> pl.DataFrame:
    table = _CUSTOMERS.c
    query = select(table.customer_id, table.stage, table.overlay, table.overlay_by)
    return _of(session, query, table.customer_id, customers)


def _laid(session: Session, customers: Sequence[str] | None) -> pl.DataFrame:
    """Customers with a stage over their own: who laid it, and her label by that classifier."""
    own, labels = _CUSTOMERS.c, _LABELS.c
    query = select(own.customer_id, own.overlay_by, own.overlay, labels.label)
    same = (labels.customer_id == own.customer_id) & (labels.classifier == own.overlay_by)
    query = query.join_from(_CUSTOMERS, _LABELS, same, isouter=True)
    query = query.where(own.overlay.is_not(None))
    return _of(session, query, own.customer_id, customers)


def _of(
    session: Session,
    query: Select[Any],
    column: ColumnElement[str],
    customers: Sequence[str] | None,
) -> pl.DataFrame:
    """The rows of these customers, however many; None for everyone."""
    connection = session.connection()
    if customers is None:
        return bulk.read(connection, query)
    if len(customers) <= FEW:
        return bulk.read(connection, query.where(column.in_(customers)))
    ids = bulk.staged(connection, _CUSTOMERS, pl.DataFrame({"customer_id": customers}))  # type: ignore[arg-type]
    return bulk.read(connection, query.join(ids, ids.c.customer_id == column))


# --- what becomes of it -------------------------------------------------------------------


def _meant(one: Overlay, state: Mapping[str, str | None], held: Mapping[str, Overlay]) -> Overlay:
    """What shows next: where a stage is lifted by who laid it, one that is still held up."""
    lifts = one.stage is None and state["overlay_by"] == one.classifier
    return held.get(one.customer_id, one) if lifts else one


def _apply(state: dict[str, str | None], one: Overlay, entry: Entry) -> list[dict[str, object]]:
    """Change one customer's stages; the row of history, if there is something to tell."""
    if one.stage is None and state["overlay_by"] != one.classifier:
        return []
    if one.stage == state["overlay"]:
        state["overlay_by"] = one.classifier
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


def _write(session: Session, states: list[dict[str, Any]], changes: list[dict[str, Any]]) -> None:
    connection = session.connection()
    if states:
        frame = _frame(states, "overlay", "overlay_by").drop("stage")
        bulk.merge(connection, _CUSTOMERS, frame, ("customer_id",))  # type: ignore[arg-type]
    if changes:
        rows = _frame(changes, "from_stage", "to_stage", "why")
        bulk.insert(connection, StageChange.__table__, rows)  # type: ignore[arg-type]


def _frame(rows: list[dict[str, Any]], *nullable: str) -> pl.DataFrame:
    return pl.DataFrame(rows, schema_overrides=dict.fromkeys(nullable, pl.String))
