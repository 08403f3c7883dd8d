"""Customers who may not be classified: their facts are not read, as if they were not there."""

from __future__ import annotations

from dataclasses import replace
from numbers import Number
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.diagnostics import DataError, Diagnostic, Severity
from custrata.engine.facts.records import CUSTOMER
from custrata.engine.measures.expressions import how_many
from custrata.engine.model import CONSENTS, DENIED, EVERYONE, GIVEN

if TYPE_CHECKING:
    from custrata.engine.backends import Backend
    from custrata.engine.facts.read import Entered

Frame = nw.LazyFrame[Any]
COLUMN = "consent"
_YES = (
    *("yes", "y", "true", "t", "1", "x", "✓", "✔"),
    *("có", "đúng", "đồng ý", "是", "有", "对", "對", "真", "同意"),
)
_NOTHING = ("", "<na>")


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
    yes, nothing = _answers(schema[COLUMN])
    may = yes.fill_null(value=False)
    return known.filter(~(may if choice == GIVEN else may | nothing)).select(CUSTOMER)


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
    return Diagnostic("no-consent", f"{who} left out, who {why}", Severity.INFO)


def refuses(value: Any, choice: str) -> bool:
    """Whether one customer may not be classified, by what is known of her consent."""
    if choice == EVERYONE:
        return False
    number, word = isinstance(value, Number), "" if value is None else str(value).strip().lower()
    yes = value == 1 if number else word in _YES
    nothing = value != value if number else word in _NOTHING  # NaN is unlike itself
    return not (yes or (nothing and choice == DENIED))


def _answers(kind: Any) -> tuple[nw.Expr, nw.Expr]:
    """Whether somebody said yes, and whether nothing is known of what she says.

    What is neither yes nor no is no consent: it may be a refusal in other words.
    """
    value = nw.col(COLUMN)
    if kind == nw.Boolean:
        return value, value.is_null()
    if kind.is_float():
        return value == 1, value.is_null() | value.is_nan()
    if kind.is_numeric():
        return value == 1, value.is_null()
    text = value.cast(nw.String).str.strip_chars().str.to_lowercase()
    return text.is_in(_YES), text.is_null() | text.is_in(_NOTHING)
