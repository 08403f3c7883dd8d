"""The shape of a mapping file, as marshmallow schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from marshmallow import post_load, validates_schema
from marshmallow.fields import Nested

from custrata.engine.facts import consent, records
from custrata.engine.rules.faults import Fault, near, quoted, refused
from custrata.engine.rules.fields import Anything, Choice, Flag, ListOf, MapOf, Text, Whole
from custrata.engine.rules.schema import Part
from custrata.service.connect import asking
from custrata.service.connect.fields import KINDS, Rate, SqlField, Yes, Zone
from custrata.service.connect.model import (
    RECORDS,
    REMOVED,
    STATUSES,
    Input,
    Money,
    Multi,
    Tenant,
    Time,
    WriteBack,
)

_FURTHER = {
    "transactions": ("profit", "fx_rate", "status", "source", "refunded_amount"),
    "contacts": ("owner", "note", "status"),
    "stage_changes": ("why",),
    "opportunities": (
        *("opportunity_id", "amount", "currency", "fx_rate", "expected_close"),
        *("intent", "value_grade", "owner"),
    ),
    "feedback": ("feedback_id", "owner", "due_at", "text"),
}


def columns_of(record: str) -> tuple[str, ...] | None:
    """The columns that a record may have; None where any may be, as of customers."""
    known = RECORDS[record]
    if record == "customers":
        return None
    ours = (records.CUSTOMER, *known.needed, *known.words, *_FURTHER.get(record, ()))
    return tuple(dict.fromkeys((*ours, "tenant_id")))


_MADE = (asking.REMOVED, asking.TENANT, "removed")
"""Columns of customers that reading makes by itself."""
ONE_TEXT = ("email", "phone", consent.COLUMN, "tenant_id")
"""Columns of customers that are read as one text each, and so are no lists."""
_PLACE = r"[^.\s]+\.[^.\s]+"


class ConnectionSchema(Part):
    """How the CRM is reached."""

    kind = Choice("sql", "files", required=True)
    dialect = Choice(*KINDS)
    url_env = Text(r"[A-Za-z_]\w*", "the name of an environment variable")
    read_only = Yes()
    session = Text()


class TimeSchema(Part):
    """How moments are kept."""

    stored = Choice("naive_utc", "timestamptz", "local", required=True)
    business_tz = Zone()
    business_tz_from = Text(_PLACE, "table.column")

    @validates_schema(skip_on_field_errors=True)
    def check_zone(self, data: Any, **kwargs: Any) -> None:
        """Days begin and end in some zone."""
        if not (data.get("business_tz") or data.get("business_tz_from")):
            text = "days begin and end in a zone, and none is named"
            raise refused(text, "missing-key", allowed="business_tz or business_tz_from")

    @post_load
    def made(self, data: Any, **kwargs: Any) -> Time:
        """As a value."""
        return Time(data["stored"], data.get("business_tz"), data.get("business_tz_from"))


class MoneySchema(Part):
    """What amounts are in."""

    reporting_currency = Text(r"[A-Z]{3}", "an ISO code such as VND")
    reporting_currency_from = Text(_PLACE, "table.column")
    fx = Choice("divide", "multiply", "none", required=True)
    rates = MapOf(Rate())
    decimals = Whole()

    @validates_schema(skip_on_field_errors=True)
    def check_target(self, data: Any, **kwargs: Any) -> None:
        """Amounts are brought to some currency."""
        named = data.get("reporting_currency") or data.get("reporting_currency_from")
        if data["fx"] != "none" and not named:
            text = "a rate leads to a currency, and none is named"
            raise refused(text, "missing-key", allowed="reporting_currency")

    @post_load
    def made(self, data: Any, **kwargs: Any) -> Money:
        """As a value."""
        currency, place = data.get("reporting_currency"), data.get("reporting_currency_from")
        return Money(currency, place, data["fx"], data.get("rates", {}), data.get("decimals", 2))


class TenantSchema(Part):
    """Whose rows are read."""

    column = Text(r"\w+", "the name of a column", required=True)
    required = Flag()
    nullable = Flag()

    @post_load
    def made(self, data: Any, **kwargs: Any) -> Tenant:
        """As a value."""
        nullable = data.get("nullable", False)
        return Tenant(data["column"], data.get("required", not nullable), nullable)


class _From(Part.Meta):
    """`from`, which Python does not take for a name."""

    include: ClassVar[dict[str, Any]] = {"from": SqlField(required=True)}


class MultiSchema(Part):
    """A list a customer."""

    key = SqlField(required=True)
    value = SqlField(required=True)
    where = SqlField()

    class Meta(_From):
        """With `from`."""

    @post_load
    def made(self, data: Any, **kwargs: Any) -> Multi:
        """As a value."""
        return Multi(data["from"], data["key"], data["value"], data.get("where"))


class InputSchema(Part):
    """Where one record comes from."""

    where = SqlField()
    columns = MapOf(SqlField(), required=True)
    status_map = MapOf(Choice(*STATUSES))
    removed_when = SqlField()
    collapse = Text()

    class Meta(_From):
        """With `from`."""

    @post_load
    def made(self, data: Any, **kwargs: Any) -> dict[str, Any]:
        """Still without its record."""
        return {"source" if key == "from" else key: value for key, value in data.items()}


class CustomersSchema(InputSchema):
    """Customers who are removed may stay, and customers have lists."""

    removed = Choice(*REMOVED)
    multi = MapOf(Nested(MultiSchema()))


class WriteBackSchema(Part):
    """Where a label goes."""

    output = Text(required=True)
    target = Text(required=True)
    via = Text(required=True)
    key = Text()
    prefix = Text()
    tag = Text(r"\w+", "the column of the tag")
    names = Text(r"[^.\s]+\.\w+\.\w+", "table.id.name of the tags")
    only_if_changed = Yes()
    allow = Text()
    auth = Text()

    class Meta(Part.Meta):
        """`as` is no name in Python."""

        include: ClassVar[dict[str, Any]] = {"as": Choice("field", "json_key", "tag")}

    @post_load
    def made(self, data: Any, **kwargs: Any) -> WriteBack:
        """As a value; what goes another way than SQL is kept for a message."""
        names = tuple(data["names"].rsplit(".", 2)) if "names" in data else None
        return WriteBack(
            data["output"],
            data["target"],
            data.get("as", "field"),
            data["via"],
            data.get("key", "id"),
            data.get("prefix", ""),
            data.get("tag"),
            names,
            data.get("allow"),
        )


def _record(name: str) -> Nested:
    schema = CustomersSchema() if name == "customers" else InputSchema()
    return Nested(schema, allow_none=True)


class MappingSchema(Part):
    """A mapping file."""

    mapping_version = Choice(1, required=True)
    crm = Text(required=True)
    connection = Nested(ConnectionSchema(), required=True)
    time = Nested(TimeSchema(), required=True)
    money = Nested(MoneySchema(), required=True)
    tenant = Nested(TenantSchema(), allow_none=True)
    write_back = ListOf(Nested(WriteBackSchema()))
    note = Anything({})

    class Meta(Part.Meta):
        """With a part for each record."""

        include: ClassVar[dict[str, Any]] = {name: _record(name) for name in RECORDS}


def check_columns(one: Input) -> Iterator[tuple[tuple[str, ...], Fault]]:
    """Columns that are missing from an input, or that its record does not have."""
    known = RECORDS[one.record]
    for name in (records.CUSTOMER, *known.needed):
        if name not in one.columns:
            yield ("columns",), Fault(f"{name} is missing", "missing-key", allowed=f"{name}: ...")
    if "refunded_amount" in one.columns and "transaction_id" not in one.columns:
        text = "what was given back names its sale, by a transaction_id that is missing"
        fault = Fault(text, "missing-key", allowed="transaction_id: ...", at_key=True)
        yield ("columns", "refunded_amount"), fault
    if one.record == "customers":
        yield from _check_names(one)
    allowed = columns_of(one.record)
    for name in one.columns if allowed else ():
        if name not in (allowed or ()):
            text = f"{one.record} has no column {quoted(name)}"
            close = near(name, allowed or ())
            shown = ", ".join(allowed or ())
            fault = Fault(text, "unknown-key", allowed=shown, nearest=close, at_key=True)
            yield ("columns", name), fault
    if known.time and ("status" in one.columns) != (one.status_map is not None):
        text = "status and status_map belong together"
        yield ("columns",), Fault(text, "missing-key", allowed="both, or neither")


def _check_names(one: Input) -> Iterator[tuple[tuple[str, ...], Fault]]:
    """Attributes of customers whose values would come from two places, or be of another kind."""
    made = dict.fromkeys(_MADE, "is made in reading")
    single = dict.fromkeys(ONE_TEXT, "is read as one text")
    taken = {**single, **dict.fromkeys(one.columns, "is a column too"), **made}
    for key, names, why in (("columns", one.columns, made), ("multi", one.multi, taken)):
        for name in names:
            if name in why:
                text = f"{quoted(name)} {why[name]}"
                fault = Fault(text, "reserved-name", allowed="another name", at_key=True)
                yield (key, name), fault
