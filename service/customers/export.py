"""What is known of one customer, and the labels of all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Select, Table, func, select
from sqlalchemy.orm import Session

from custrata.engine.model import Ruleset
from custrata.engine.values import exactly
from custrata.service.audit import note
from custrata.service.customers.chunks import measured
from custrata.service.customers.erase import tables_of_customers
from custrata.service.customers.touched import id_of, need_customer, no_customer, touching
from custrata.service.desk import Desk
from custrata.service.files import write
from custrata.service.registers.entries import unknown
from custrata.service.rules.versions import current, engine_of
from custrata.service.staged import Staged
from custrata.store.faults import refuse
from custrata.store.models import AuditEvent, Customer, CustomerWord, Group, LabelNow, Run

_MONEY = ("amount", "profit")
_INNER = ("key", "scale", "fact_seq", "name_fold", "customer_id")
"""What rows hold for the store alone; the id stands once, at the top."""


@dataclass(frozen=True)
class ExportedLabels:
    """A file of labels that was written."""

    path: Path
    customers: int
    classifiers: tuple[str, ...]


def export_customer(desk: Desk, customer_id: str) -> dict[str, Any]:
    """All that the store knows of one customer, as JSON values.

    `customer` is what she is known by; each further table that knows her has a list of rows,
    with what runs measured as `measures` and what was done about her as `audit_events`. Times are
    ISO in UTC, amounts exact texts.

    Raises:
        StoreError: there is no such customer.
    """
    who = id_of(customer_id)
    with desk.database.read() as session:
        known = {table.name: _rows(session, table, who) for table in _tables()}
        own = known.pop(Customer.__tablename__)
        if not own:
            raise no_customer()
        known["memberships"] = _named_groups(session, known["memberships"])
        return {
            "customer_id": who,
            "exported_at": _plain(desk.now()),
            "customer": own[0],
            **known,
            "measures": _measures(session, who),
            "audit_events": _events(session, who),
            "referred_customers": _referred(session, who),
        }


def lists_of_customers() -> tuple[str, ...]:
    """What `export_customer` gives as lists of rows."""
    names = (one.name for one in _tables() if one.name != Customer.__tablename__)
    return (*names, "measures", "audit_events")


def hand_out(desk: Desk, customer_id: str) -> dict[str, Any]:
    """As `export_customer`; that it was taken out leaves an event.

    Raises:
        StoreError: there is no such customer.
    """
    with touching(desk) as here:  # else the event of one who is being erased would stay
        who = need_customer(here.session, customer_id).customer_id
        note(here.session, desk, "customer.export", "customer", who)
    return export_customer(desk, who)


def customer_file(desk: Desk, customer_id: str) -> str:
    """As `hand_out`, as the content of a JSON file.

    Raises:
        StoreError: there is no such customer.
    """
    return json.dumps(hand_out(desk, customer_id), ensure_ascii=False, indent=2) + "\n"


def write_customer(desk: Desk, customer_id: str, out: Path) -> None:
    """As `customer_file`, into a file that appears whole or not at all.

    Raises:
        StoreError: there is no such customer.
    """
    text = customer_file(desk, customer_id)
    with Staged() as staged:
        staged.path(out).write_text(text, encoding="utf-8")


def export_labels(
    desk: Desk,
    out: Path,
    classifiers: Sequence[str] | None = None,
    *,
    with_attributes: bool = False,
) -> ExportedLabels:
    """The labels that stand, one row a customer, into a file that appears whole or not at all.

    Args:
        out: ends in .csv, .parquet or .xlsx.
        classifiers: the columns; None takes all.
        with_attributes: also what customers are known by, names included; the host's own
            attributes as JSON.

    Raises:
        DataError: the file cannot be written.
        StoreError: no run has landed yet, or there is no such classifier.
    """
    with desk.database.read() as session:
        rules = engine_of(current(session)).ruleset
        names = _classifiers(session, rules, classifiers)
    with desk.database.snapshot() as snapshot:
        frame = snapshot.frame(_customers(with_attributes))
        for name in names:
            labels = snapshot.frame(_labels(name))
            frame = frame.join(labels, on="customer_id", how="left", suffix=".label")
    write(_timed(frame, rules.time_zone), out)
    return ExportedLabels(out, frame.height, names)


# --- one customer -------------------------------------------------------------------------


def _tables() -> list[Table]:
    return [one for one in tables_of_customers() if one.name != CustomerWord.__tablename__]


def _rows(session: Session, table: Table, who: str) -> list[dict[str, Any]]:
    query = select(table).where(table.c.customer_id == who).order_by(*table.primary_key)
    return [_told(dict(row)) for row in session.execute(query).mappings()]


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    scale = row.get("scale")
    exact = {
        name: None if row[name] is None else f"{exactly(row[name], scale):f}"
        for name in _MONEY
        if name in row and scale is not None
    }
    told = {name: _plain(value) for name, value in row.items() if name not in _INNER}
    return told | exact


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _named_groups(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = session.execute(select(Group.id, Group.code, Group.name)).all()
    groups = {number: {"group": code, "name": name} for number, code, name in named}
    return [groups[row.pop("group_id")] | row for row in rows]


def _measures(session: Session, who: str) -> list[dict[str, Any]]:
    days = dict(session.execute(select(Run.id, Run.as_of)).all())
    return [
        {"run_id": run, "as_of": _plain(days[run]), **_told(row)}
        for run, row in measured(session, who)
    ]


def _events(session: Session, who: str) -> list[dict[str, Any]]:
    mine = (AuditEvent.subject_kind == "customer", AuditEvent.subject == who)
    rows = session.scalars(select(AuditEvent).where(*mine).order_by(AuditEvent.id))
    return [
        {"at": _plain(one.at), "by": one.by, "action": one.action, "detail": one.detail}
        for one in rows
    ]


def _referred(session: Session, who: str) -> int:
    """How many named her as who sent them; who they are is theirs to be told."""
    count = select(func.count()).where(Customer.referred_by == who)
    return session.scalar(count) or 0


# --- labels of all ------------------------------------------------------------------------


def _classifiers(session: Session, rules: Ruleset, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The classifiers that gave labels, in the order of the rules; or those asked for."""
    stand = set(session.scalars(select(LabelNow.classifier).distinct()))
    if not stand:
        raise refuse("no-labels", "no customer has a label yet", "a run first: custrata run")
    ordered = [one.name for one in rules.classifiers]
    known = [name for name in ordered if name in stand] + sorted(stand.difference(ordered))
    for name in asked or ():
        if name not in known:
            raise unknown("classifier", name, known)
    return tuple(known if asked is None else dict.fromkeys(asked))


def _customers(with_attributes: bool) -> Select[Any]:
    table = Customer.__table__
    left_out = () if with_attributes else table.c.keys()
    more = [one for one in table.c if one.name not in (*_INNER, *left_out)]
    return select(table.c.customer_id, *more)


def _labels(classifier: str) -> Select[Any]:
    table = LabelNow.__table__.c
    query = select(table.customer_id, table.label.label(classifier))
    return query.where(table.classifier == classifier)


def _timed(frame: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Moments as times of the firm's clock, which is how files are read, and days as days."""
    if "created_at" not in frame.columns:
        return frame
    moment = pl.col("created_at").cast(pl.Datetime("us", "UTC"))
    local = moment.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
    return frame.with_columns(local, pl.col("birth_date").cast(pl.Int32).cast(pl.Date))
