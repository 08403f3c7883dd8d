"""Customers who may not be classified: their facts are not read, as if they were not there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.diagnostics import DataError, Diagnostic, Severity
from custrata.engine.facts.records import CUSTOMER
from custrata.engine.facts.words import YES
from custrata.engine.measures.expressions import how_many
from custrata.engine.model import CONSENTS, DENIED, EVERYONE, GIVEN

if TYPE_CHECKING:
    from custrata.engine.backends import Backend
    from custrata.engine.facts.read import Entered

Frame = nw.LazyFrame[Any]
COLUMN, LEFT_OUT = "consent", "no-consent"


def check_choice(choice: str) -> None:
    """Refuse a choice that is none.

    Raises:
        DataError: it is none.
    """
    if choice not in CONSENTS:
        fault = f"consent is {choice!r}"
        raise DataError(Diagnostic("setting-consent-needed", fault, allowed=", ".join(CONSENTS)))


def left_out(known: Frame, choice: str) -> Frame | None:
    """The ids of the customers who may not be classified; None where everyone may.

    Args:
        known: customers with what is known of them; texts are trimmed, and null where empty.
    """
    if choice == EVERYONE:
        return None
    schema = known.collect_schema()
    if COLUMN in schema:
        may = _yes(schema[COLUMN]).fill_null(value=choice == DENIED)
        return known.filter(~may).select(CUSTOMER)
    return known.select(CUSTOMER) if choice == GIVEN else None


def without(backend: Backend, entered: Entered, out: Frame, day: int) -> Entered:
    """A record without the rows of some customers."""
    frame = entered.frame.join(out, on=CUSTOMER, how="anti")
    later = how_many(nw.col("day") > day)
    ((rows, after),) = backend.rows(frame.select(nw.len().alias("rows"), later.alias("later")))
    return replace(entered, frame=frame, rows=rows, later=after or 0)


def said(customers: int, choice: str) -> Diagnostic:
    """Says that so many are left out."""
    who = "1 customer is" if customers == 1 else f"{customers:,} customers are"
    refused = "refused consent, or whose answer is neither yes nor no"
    why = refused if choice == DENIED else "gave no consent"
    return Diagnostic(LEFT_OUT, f"{who} left out, who {why}", Severity.INFO)


def refuses(said: bool | None, choice: str) -> bool:
    """Whether who says yes, no, or nothing (None) may not be classified."""
    return choice != EVERYONE and not (choice == DENIED if said is None else said)


def _yes(kind: Any) -> nw.Expr:
    """Whether somebody said yes; null where nothing is known of what she says.

    What is neither yes nor no is no consent: it may be a refusal in other words.
    """
    said = nw.col(COLUMN)
    if kind == nw.Boolean:
        return said
    if kind.is_float():
        return nw.when(~said.is_nan()).then(said == 1)
    if kind.is_numeric():
        return said == 1
    if kind == nw.String:
        return said.str.to_lowercase().is_in(YES)
    return nw.when(~said.is_null()).then(nw.lit(value=False))
