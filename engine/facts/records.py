"""The records that facts come in: which columns each needs, which of them are ids or words."""

from __future__ import annotations

from dataclasses import dataclass

from custrata.engine.diagnostics import DataError, Diagnostic, nearest

CUSTOMER = "customer_id"


@dataclass(frozen=True)
class Record:
    """One kind of fact.

    Attributes:
        needed: columns that must be there, besides `customer_id`.
        time: the column that says when.
        words: columns that are text whatever type they come in.
        few: those of them that hold the same few texts over and over, as a rule.
        others: columns besides that are read.
    """

    name: str
    needed: tuple[str, ...] = ()
    time: str | None = None
    words: tuple[str, ...] = ()
    few: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns by name, but the customer's; the needed ones first."""
        return tuple(dict.fromkeys((*self.needed, *self.words, *self.others)))

    def check(self, columns: list[str], source: str) -> None:
        """Refuse a frame that lacks a column.

        Raises:
            DataError: one diagnostic for each column that is missing.
        """
        wanted = (CUSTOMER, *self.needed)
        missing = [name for name in wanted if name not in columns]
        if missing:
            raise DataError(_missing(name, columns, source) for name in missing)


def _missing(name: str, columns: list[str], source: str) -> Diagnostic:
    there = ", ".join(columns) or "none"
    return Diagnostic(
        "column-missing",
        f"{source} has no column {name!r}; its columns are {there}",
        nearest=nearest(name, columns),
    )


CUSTOMERS = Record("customers", others=("consent",))
MEASURES = Record("measures")
TRANSACTIONS = Record(
    "transactions",
    ("occurred_at", "amount"),
    "occurred_at",
    ("transaction_id", "order_id", "refund_of", "currency", "product"),
    others=("profit",),
)
CONTACTS = Record(
    "contacts",
    ("occurred_at",),
    "occurred_at",
    ("contact_id", "channel", "direction", "outcome"),
    few=("channel", "direction", "outcome"),
)
SURVEYS = Record(
    "surveys",
    ("answered_at", "question", "answer"),
    "answered_at",
    ("question", "answer"),
    few=("question", "answer"),
)
STAGE_CHANGES = Record("stage_changes", ("changed_at", "to"), "changed_at", ("from", "to", "by"))
OPPORTUNITIES = Record(
    "opportunities",
    ("step", "changed_at"),
    "changed_at",
    ("step", "outcome"),
    others=("opportunity_id",),
)
FEEDBACK = Record("feedback", ("opened_at", "kind", "state"), "opened_at", ("kind", "state"))

DATED = (TRANSACTIONS, CONTACTS, SURVEYS, STAGE_CHANGES, OPPORTUNITIES, FEEDBACK)
