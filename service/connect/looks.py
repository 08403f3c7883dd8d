"""What looks wrong in the records of a CRM though each row by itself is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from custrata.engine.diagnostics import Diagnostic, Severity
from custrata.engine.engine import ATTRIBUTES
from custrata.engine.facts.consent import COLUMN
from custrata.engine.facts.records import CUSTOMER
from custrata.engine.facts.words import YES
from custrata.engine.rules.faults import near
from custrata.service.connect.extract import Extract
from custrata.service.connect.model import CrmMapping
from custrata.service.connect.schema import ONE_TEXT
from custrata.service.connect.understand import Understood
from custrata.service.connect.words import many

_SHOWN = 3
_FEW = 5
_FAR, _VERY_FAR = 100, 10_000
"""How often one amount is in another: of many rows, and where there are few."""
_DIGITS = 9
"""The last digits of a phone number, which are the same with and without the country's code."""


def looks(mapping: CrmMapping, extract: Extract, done: Understood) -> Iterator[Diagnostic]:
    """Warnings that a person should look into before she trusts the labels."""
    yield from _empty(mapping, done)
    yield from _strangers(mapping, extract, done)
    yield from _rates(mapping, done)
    yield from _alike(mapping, done)
    yield from _unwilling(mapping, done)
    yield from _misspelt(mapping)
    one = mapping.inputs.get("transactions")
    if one is not None and one.status_map is None:
        told = "transactions: no status is read, so drafts and cancelled ones would count"
        yield _warned(mapping, "status-none", told, "transactions")


def _empty(mapping: CrmMapping, done: Understood) -> Iterator[Diagnostic]:
    for record, found in done.found.items():
        if not found.read:
            told = f"{record}: no rows" if not found.rows else f"{record}: no row counts"
            yield _warned(mapping, "no-rows", told, record)


def _unwilling(mapping: CrmMapping, done: Understood) -> Iterator[Diagnostic]:
    """Where nobody says yes, the CRM may say it in a word that is not known as one."""
    customers = done.frames.get("customers")
    if customers is None or COLUMN not in customers.columns:
        return
    said = customers[COLUMN].drop_nulls().str.to_lowercase()
    if len(said) and not said.is_in(YES).any():
        told = f"customers: {many(len(said), 'answer', 'answers')}, and none is a yes"
        yield _warned(
            mapping, "consent-none", told, "customers", "columns", COLUMN, allowed="true, yes, 1"
        )


def _misspelt(mapping: CrmMapping) -> Iterator[Diagnostic]:
    """Attributes that are nearly one of those heeded here: who refused would be classified."""
    one = mapping.inputs.get("customers")
    columns = one.columns if one else {}
    absent = [name for name in ONE_TEXT if name not in columns]
    for name in columns:
        close = None if name in (CUSTOMER, *ATTRIBUTES, *ONE_TEXT) else near(name, absent)
        if close:
            told = f"customers: {name!r} is taken for an attribute of your own"
            fault = _warned(mapping, "column-near", told, "customers", "columns", name)
            yield replace(fault, nearest=close)


def _strangers(mapping: CrmMapping, extract: Extract, done: Understood) -> Iterator[Diagnostic]:
    """Facts of ids that are not among the customers: often those of contacts."""
    customers = done.frames.get("customers")
    if customers is None:
        return
    known = set(customers["customer_id"])
    whole = set(extract.whole.drop_nulls()) if extract.whole is not None else set()
    for record, frame in done.frames.items():
        ids = frame["customer_id"]
        strange = ids.filter(~ids.is_in(list(known)))
        if record == "customers" or strange.is_empty():
            continue
        contacts = whole.intersection(strange) or len(strange) == len(ids)
        rows, verb = many(len(ids), "row", "rows"), "is" if len(strange) == 1 else "are"
        told = f"{record}: {len(strange):,} of {rows} {verb} not of a customer who is read"
        if not contacts:
            yield _warned(mapping, "unknown-customer", told, record, "columns", "customer_id")
            continue
        told += ", but of people whom the mapping leaves out: they seem to be by contact"
        allowed = "the key of the company, such as commercial_partner_id in Odoo"
        yield _warned(
            mapping, "orders-by-contact", told, record, "columns", "customer_id", allowed=allowed
        )


def _rates(mapping: CrmMapping, done: Understood) -> Iterator[Diagnostic]:
    """Amounts that were brought to one currency should be of one order of magnitude."""
    sales = done.frames.get("transactions")
    if sales is None or "currency_given" not in sales.columns:
        return
    amounts = sales.with_columns(size=pl.col("amount").cast(pl.Float64, strict=False).abs())
    middle = {
        str(name): (float(size), rows)
        for name, size, rows in amounts.group_by("currency_given")
        .agg(pl.col("size").median(), pl.len().alias("rows"))
        .iter_rows()
        if size
    }
    own, most = middle.get(sales["currency"][0], (0.0, 0))
    for name, (size, rows) in middle.items():
        far = _FAR if min(rows, most) >= _FEW else _VERY_FAR
        if own and not own / far < size < own * far:
            told = f"amounts in {name} come to {size:,.2f} as a rule, others to {own:,.2f}"
            allowed = "the other direction of fx: divide or multiply"
            yield _warned(mapping, "rate-direction", told, "money", "fx", allowed=allowed)


def _alike(mapping: CrmMapping, done: Understood) -> Iterator[Diagnostic]:
    """Customers who may be one: told, never merged; ids that are mail addresses are not shown."""
    pairs = alike(done.frames["customers"]) if "customers" in done.frames else []
    if pairs:
        told = many(len(pairs), "pair of customers shares", "pairs of customers share")
        told += " a mail address or phone"
        if not any("@" in one for pair in pairs for one in pair):
            shown = ", ".join(f"{one} = {other}" for one, other in pairs[:_SHOWN])
            more = f" and {len(pairs) - _SHOWN:,} more" if len(pairs) > _SHOWN else ""
            told += f": {shown}{more}"
        yield _warned(mapping, "duplicates-likely", told, "customers")


def alike(customers: pl.DataFrame) -> list[tuple[str, str]]:
    """Pairs of ids that share a mail address or a phone number, however these are written."""
    digits = pl.col("phone").str.replace_all("[^0-9]", "").str.tail(_DIGITS)
    keys = {
        "email": pl.col("email").str.to_lowercase(),
        "phone": pl.when(digits.str.len_chars() == _DIGITS).then(digits),
    }
    found: dict[tuple[str, str], None] = {}
    for name, key in keys.items():
        if name in customers.columns:
            same = (
                customers.select("customer_id", key.alias("key")).drop_nulls().sort("customer_id")
            )
            groups = same.group_by("key", maintain_order=True).agg("customer_id")
            for ids in groups.filter(pl.col("customer_id").list.len() > 1)["customer_id"]:
                first, *rest = ids.to_list()
                found.update(dict.fromkeys((first, other) for other in rest))
    return list(found)


def _warned(
    mapping: CrmMapping, code: str, told: str, *path: str, allowed: str | None = None
) -> Diagnostic:
    return mapping.fault(code, told, *path, allowed=allowed, severity=Severity.WARNING)
