"""Customers who may not be classified: their facts are not read, as if they were not there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.diagnostics import DataError, Diagnostic, Severity
from custrata.engine.facts.records import CUSTOMER
from custrata.engine.model import CONSENTS, DENIED, EVERYONE, GIVEN

if TYPE_CHECKING:
    from custrata.engine.backends import Backend
    from custrata.engine.facts.read import Entered

Frame = nw.LazyFrame[Any]
COLUMN = "consent"
_YES = ("true", "yes", "y", "t", "1", "có", "đồng ý", "是", "同意")
_NO = ("false", "no", "n", "f", "0", "không", "không đồng ý", "否", "不同意")


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
        known: customers with what is known of them, as it came.
    """
    schema = known.collect_schema()
    if choice == EVERYONE:
        return None
    if COLUMN not in schema:
        return known.select(CUSTOMER) if choice == GIVEN else None
    yes, no = _said(schema[COLUMN])
    refused = ~yes.fill_null(value=False) if choice == GIVEN else no.fill_null(value=False)
    return known.filter(refused).select(CUSTOMER)


def without(backend: Backend, entered: Entered, out: Frame, day: int) -> Entered:
    """A record without the rows of some customers."""
    frame = entered.frame.join(out, on=CUSTOMER, how="anti")
    later = (nw.col("day") > day).sum()
    ((rows, after),) = backend.rows(frame.select(nw.len().alias("rows"), later.alias("later")))
    return replace(entered, frame=frame, rows=rows, later=after or 0)


def said(customers: int, choice: str) -> Diagnostic:
    """Says that so many are left out."""
    who = "1 customer is" if customers == 1 else f"{customers:,} customers are"
    why = "refused consent" if choice == DENIED else "gave no consent"
    return Diagnostic("no-consent", f"{who} left out, who {why}", Severity.INFO)


def refuses(value: Any, choice: str) -> bool:
    """Whether one customer may not be classified, by what is known of her consent."""
    word = str(value).strip().lower()
    if choice == EVERYONE:
        return False
    return word not in _YES if choice == GIVEN else word in _NO


def _said(kind: Any) -> tuple[nw.Expr, nw.Expr]:
    """Whether somebody said yes, and whether she said no; null where nothing is known."""
    value = nw.col(COLUMN)
    if kind == nw.Boolean:
        return value, ~value
    if kind.is_numeric():
        return value == 1, value == 0
    text = value.cast(nw.String).str.strip_chars().str.to_lowercase()
    return text.is_in(_YES), text.is_in(_NO)
