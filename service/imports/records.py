"""The records that files bring: their fields, and what tells one record of them from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from sqlalchemy import Table

from custrata.store import models
from custrata.store.models.base import Base

CUSTOMER = "customer_id"
REFUSED = "refused_because"
"""The column that refused rows come back with; it is never read."""


class Kind(StrEnum):
    """How the cells of a field are read."""

    TEXT = "text"
    LONG = "long text"
    MOMENT = "time"
    DAY = "date"
    MONTH = "month"
    MONEY = "amount"
    CURRENCY = "currency"
    BOOLEAN = "yes or no"
    STAGE = "stage"
    PAST_STAGE = "stage then"
    SOURCE = "source"
    GROUPS = "groups"


@dataclass(frozen=True)
class Field:
    """One thing that a row says.

    Attributes:
        name: what a file's column is called by right.
        needed: whether every row must say it.
        column: the table's, where it has another name.
    """

    name: str
    kind: Kind = Kind.TEXT
    needed: bool = False
    column: str = ""

    @property
    def stored(self) -> str:
        """The table's column."""
        return self.column or self.name


@dataclass(frozen=True)
class Record:
    """One kind of row, and the table that it goes to.

    Attributes:
        own: the fields that name a row for good. A row that has them all replaces the one that
            had them before; one that lacks them is told apart by all that it says.
        natural: whether these fields are the table's own key.
    """

    name: str
    model: type[Base]
    fields: tuple[Field, ...]
    own: tuple[str, ...] = ()
    natural: bool = False

    @property
    def table(self) -> Table:
        """The table, for writing in bulk."""
        table = self.model.__table__
        assert isinstance(table, Table)
        return table

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by their names."""
        return {one.name: one for one in self.fields}

    @property
    def needed(self) -> tuple[str, ...]:
        """The names of fields that every row must fill."""
        return tuple(one.name for one in self.fields if one.needed)

    @property
    def money(self) -> tuple[str, ...]:
        """The names of amounts; those of one row share their scale."""
        return tuple(one.name for one in self.fields if one.kind is Kind.MONEY)

    @property
    def of_customers(self) -> bool:
        """Whether each row is about a customer."""
        return CUSTOMER in self.by_name


_WHO = Field(CUSTOMER, needed=True)


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


_CUSTOMERS = Record(
    "customers",
    models.Customer,
    (
        _WHO,
        *_texts("name", "phone", "email", "kind", "channel", "size", "sector", "region", "area"),
        Field("source", Kind.SOURCE),
        Field("stage", Kind.STAGE),
        Field("groups", Kind.GROUPS),
        *_texts("owner", "team", "marketer", "referred_by"),
        Field("created_at", Kind.MOMENT),
        Field("birth_date", Kind.DAY),
        Field("consent", Kind.BOOLEAN),
        Field("lost_reason", Kind.LONG),
        *_texts("lost_to"),
    ),
    own=(CUSTOMER,),
    natural=True,
)
_TRANSACTIONS = Record(
    "transactions",
    models.Transaction,
    (
        _WHO,
        Field("occurred_at", Kind.MOMENT, needed=True),
        Field("amount", Kind.MONEY, needed=True),
        *_texts("transaction_id", "order_id", "refund_of"),
        Field("profit", Kind.MONEY),
        *_texts("product"),
        Field("currency", Kind.CURRENCY),
    ),
    own=("transaction_id",),
)
_CONTACTS = Record(
    "contacts",
    models.Contact,
    (
        _WHO,
        Field("occurred_at", Kind.MOMENT, needed=True),
        *_texts("contact_id", "channel", "direction", "outcome", "owner"),
        Field("note", Kind.LONG),
    ),
    own=("contact_id",),
)
_SURVEYS = Record(
    "surveys",
    models.SurveyAnswer,
    (
        _WHO,
        Field("answered_at", Kind.MOMENT, needed=True),
        Field("question", needed=True),
        Field("answer", Kind.LONG, needed=True),
    ),
)
_STAGE_CHANGES = Record(
    "stage_changes",
    models.StageChange,
    (
        _WHO,
        Field("changed_at", Kind.MOMENT, needed=True),
        Field("to", Kind.STAGE, needed=True, column="to_stage"),
        Field("from", Kind.PAST_STAGE, column="from_stage"),
        *_texts("by"),
        Field("why", Kind.LONG),
    ),
)
_OWNER_CHANGES = Record(
    "owner_changes",
    models.OwnerChange,
    (
        _WHO,
        Field("changed_at", Kind.MOMENT, needed=True),
        Field("to", needed=True, column="to_owner"),
        Field("from", column="from_owner"),
        *_texts("by"),
        Field("why", Kind.LONG),
    ),
)
_OPPORTUNITIES = Record(
    "opportunities",
    models.Opportunity,
    (
        _WHO,
        Field("step", needed=True),
        Field("changed_at", Kind.MOMENT, needed=True),
        *_texts("opportunity_id"),
        Field("amount", Kind.MONEY),
        Field("expected_close", Kind.DAY),
        *_texts("intent", "value_grade", "owner", "outcome"),
    ),
    own=("opportunity_id", "step", "changed_at"),
)
_FEEDBACK = Record(
    "feedback",
    models.Feedback,
    (
        _WHO,
        Field("opened_at", Kind.MOMENT, needed=True),
        Field("kind", needed=True),
        Field("state", needed=True),
        *_texts("feedback_id", "owner"),
        Field("due_at", Kind.MOMENT),
        Field("text", Kind.LONG),
    ),
    own=("feedback_id",),
)
_SOURCE_COSTS = Record(
    "source_costs",
    models.SourceCost,
    (
        Field("source", Kind.SOURCE, needed=True),
        Field("month", Kind.MONTH, needed=True),
        Field("amount", Kind.MONEY, needed=True),
    ),
    own=("source", "month"),
    natural=True,
)
_TARGETS = Record(
    "targets",
    models.Target,
    (
        Field("owner", needed=True),
        Field("month", Kind.MONTH, needed=True),
        Field("amount", Kind.MONEY, needed=True),
    ),
    own=("owner", "month"),
    natural=True,
)
_VISITS = Record(
    "visits",
    models.Visit,
    (
        _WHO,
        Field("day", Kind.DAY, needed=True),
        *_texts("region", "owner"),
        Field("matter", Kind.LONG),
        Field("purpose", Kind.LONG),
    ),
)

RECORDS: Mapping[str, Record] = MappingProxyType(
    {
        one.name: one
        for one in (
            *(_CUSTOMERS, _TRANSACTIONS, _CONTACTS, _SURVEYS, _STAGE_CHANGES, _OWNER_CHANGES),
            *(_OPPORTUNITIES, _FEEDBACK, _SOURCE_COSTS, _TARGETS, _VISITS),
        )
    }
)
"""Every record by its name."""
