"""Labels back into a CRM: into what the engine owns there, only what changed, a plan first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from custrata.engine.diagnostics import DataError, Diagnostic, Severity, nearest
from custrata.service.connect.asking import Asker
from custrata.service.connect.extract import begin, need_tenant
from custrata.service.connect.model import CrmMapping, WriteBack
from custrata.service.connect.ownership import target_of
from custrata.service.connect.servers import address_of, reading, understood, writing
from custrata.service.connect.targets import Change, Present, Statement, Target
from custrata.service.connect.words import many
from custrata.service.files import read

if TYPE_CHECKING:
    from sqlalchemy import Connection

_CUSTOMER = "customer_id"
_SHOWN = 5


@dataclass(frozen=True)
class Written:
    """What one entry of `write_back` comes to.

    Attributes:
        same: customers whose value is right already.
        strangers: customers of the file who have no row in `place`.
    """

    entry: WriteBack
    changes: tuple[Change, ...]
    same: int
    strangers: int
    place: str = ""


@dataclass(frozen=True)
class Plan:
    """What is, or would be, written; `notes` says what goes another way."""

    written: tuple[Written, ...]
    notes: tuple[Diagnostic, ...]
    applied: bool


def write_back(
    mapping: CrmMapping,
    url: str | None,
    labels: Path,
    *,
    tenant: str | None = None,
    outputs: Mapping[str, str] | None = None,
    everyone: bool = False,
    apply: bool = False,
) -> Plan:
    """Compare labels with what the CRM has, and write what differs where that is asked for.

    Args:
        labels: a file with `customer_id` and a column for each classifier, as `classify` writes.
        outputs: by an output of the mapping, the column that it is, where it is called otherwise.
        everyone: whether the file has all who have labels: others lose what they have, as those
            do who took back their consent.
        apply: whether to write; all in one transaction, or nothing. Without it all is only read.

    Raises:
        DataError: nothing can be written by SQL, a target is not the engine's own, a tag or a
            column is missing, the labels are of everyone and of nobody whom the CRM has, or the
            database refuses.
    """
    entries, notes = _entries(mapping)
    need_tenant(mapping, tenant, writes=True)
    given = _labels(mapping, labels, entries, outputs or {})
    opened = writing if apply else reading
    with opened(address_of(mapping, url)) as connection:
        begin(mapping, connection, tenant)
        asker = Asker(mapping, connection, tenant)
        targets = [target_of(mapping, entry, asker, number) for number, entry in entries.items()]
        written = tuple(
            _compared(connection, target, given[target.entry.output], everyone)
            for target in targets
        )
        if apply:
            for target, found in zip(targets, written, strict=True):
                _apply(connection, target, found.changes)
    return Plan(written, tuple(notes), apply)


def doubts(mapping: CrmMapping, url: str | None, tenant: str | None) -> Iterator[Diagnostic]:
    """What would stop `write_back` whatever the labels are: warnings, for nothing is written."""
    ours = [one for one in enumerate(mapping.write_back) if _is_ours(one[1])]
    if not ours:
        return
    with reading(address_of(mapping, url)) as connection:
        begin(mapping, connection, tenant)
        asker = Asker(mapping, connection, tenant)
        for number, entry in ours:
            try:
                target_of(mapping, entry, asker, number)
            except DataError as error:
                for one in error.diagnostics:
                    told = f"write_back: {one.message}"
                    yield replace(one, message=told, severity=Severity.WARNING)


def _is_ours(entry: WriteBack) -> bool:
    return entry.via == "sql" and entry.allow is None


def _entries(mapping: CrmMapping) -> tuple[dict[int, WriteBack], list[Diagnostic]]:
    """Those that are written by SQL, by their number; of the others, why they are not."""
    ours, others = {}, []
    for number, entry in enumerate(mapping.write_back):
        if _is_ours(entry):
            ours[number] = entry
            continue
        why = f"via {entry.via}" if entry.via != "sql" else str(entry.allow)
        told = f"{entry.output} to {entry.target}: not by this tool: {why}"
        place = ("write_back", number)
        others.append(
            mapping.fault(
                "write-not-here", told, *place, allowed="via: sql", severity=Severity.WARNING
            )
        )
    if not ours:
        if not others:
            raise DataError(mapping.fault("write-nothing", "the mapping has no write_back"))
        raise DataError(
            mapping.fault(one.code, one.message, "write_back", allowed=one.allowed)
            for one in others
        )
    return ours, others


def _labels(
    mapping: CrmMapping,
    path: Path,
    entries: Mapping[int, WriteBack],
    outputs: Mapping[str, str],
) -> dict[str, dict[str, tuple[str, ...]]]:
    """By output, the labels of each customer: none, one, or a list of them."""
    source = read(path, "labels")
    frame = (
        source.frame if isinstance(source.frame, pl.DataFrame) else pl.read_parquet(source.frame)
    )
    there = list(source.columns)
    faults = []
    if _CUSTOMER not in there:
        faults.append(Diagnostic("column-missing", f"{path} has no column {_CUSTOMER!r}"))
    for number, entry in entries.items():
        name = outputs.get(entry.output, entry.output)
        if name not in there:
            told = f"{path} has no column {name!r} for the output {entry.output}"
            fault = mapping.fault("output-missing", told, "write_back", number, "output")
            allowed = ", ".join(one for one in there if one != _CUSTOMER)
            close = nearest(name, there)
            faults.append(
                Diagnostic(fault.code, told, mark=fault.mark, allowed=allowed, nearest=close)
            )
    if faults:
        raise DataError(faults)
    ids = frame[source.columns[_CUSTOMER]].cast(pl.String).to_list()
    if len(set(ids)) != len(ids):
        raise DataError(Diagnostic("customer-twice", f"{path} names customers more than once"))
    found = {}
    for entry in entries.values():
        name = source.columns[outputs.get(entry.output, entry.output)]
        values = frame[name].cast(pl.String).to_list()
        found[entry.output] = dict(zip(ids, map(_listed, values), strict=True))
    return found


def _listed(text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    try:
        found = json.loads(text) if text.startswith("[") else [text]
    except ValueError:
        found = [text]
    return tuple(str(one) for one in found)


def _compared(
    connection: Connection, target: Target, given: Mapping[str, tuple[str, ...]], everyone: bool
) -> Written:
    """What has to change for the customers of the file, or for everyone."""
    there = target.present(connection)
    if everyone:
        _need_somebody(target, there, given)
        given = {**dict.fromkeys(there, ()), **given}
    known = {customer: labels for customer, labels in given.items() if customer in there}
    changes = [
        change
        for customer, labels in known.items()
        if (change := target.change(customer, there[customer], labels))
    ]
    target.check(changes)
    strangers = len(given) - len(known)
    return Written(target.entry, tuple(changes), len(known) - len(changes), strangers, target.place)


def _need_somebody(
    target: Target, there: Mapping[str, Present], given: Mapping[str, tuple[str, ...]]
) -> None:
    """Refuse to take back everybody's: such labels are of another firm, or a run went wrong."""
    if not any(labels and customer in there for customer, labels in given.items()):
        told = f"nobody in the CRM has a label of {target.entry.output} in the file"
        told += ", and --everyone would take back all of them"
        allowed = "at least one label of a customer"
        raise DataError(Diagnostic("labels-empty", told, mark=target.mark, allowed=allowed))


def _apply(connection: Connection, target: Target, changes: Sequence[Change]) -> None:
    with understood(target.mark, f"write_back.{target.entry.output}"):
        for change in changes:
            for statement in target.statements(change):
                _carry_out(connection, target, statement)
    _verify(connection, target, changes)


def _carry_out(connection: Connection, target: Target, statement: Statement) -> None:
    from sqlalchemy import text

    rows = connection.execute(text(statement.sql), dict(statement.values)).rowcount
    if rows != 1 and not (rows and statement.several):
        reached = many(rows, "row", "rows")
        told = f"{target.entry.target}: a change would reach {reached} instead of one"
        raise DataError(Diagnostic("write-not-unique", told, mark=target.mark))


def _verify(connection: Connection, target: Target, changes: Sequence[Change]) -> None:
    """Some servers take a change and do not make it, as of a key in JSON that is a list."""
    there = target.present(connection) if changes else {}
    lost = [
        one.customer_id
        for one in changes
        if one.customer_id not in there
        or sorted(there[one.customer_id].values) != sorted(one.after)
    ]
    if lost:
        told = f"{target.entry.target} did not take the change of {', '.join(lost[:_SHOWN])}"
        raise DataError(Diagnostic("write-lost", told, mark=target.mark))
