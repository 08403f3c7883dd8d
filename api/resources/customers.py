"""Customers: found, shown, kept, told all that is known of them, erased."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from custrata.api.cursors import cursor, place
from custrata.api.fields import Flag, Label, Moment, Scalars, Strict, Text
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.api.schemas.common import PageQuery, Recorded, page_of
from custrata.api.schemas.records import single
from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.service.customers import consent
from custrata.service.customers.erase import erase
from custrata.service.customers.export import hand_out, lists_of_customers
from custrata.service.customers.listing import customers as listed
from custrata.service.customers.profile import profile
from custrata.service.customers.question import Question
from custrata.service.imports.batch import CHANGED, INSERTED, SAME, take_rows
from custrata.service.imports.records import CUSTOMER
from custrata.service.values import needed

customers = Operations("customers", __name__, description="Customers, one or many.")
_AT = "/customers/<customer_id>"
_FIELDS = {
    "label": "labels",
    "stage": "stages",
    "group": "groups",
    "source": "sources",
    "owner": "owners",
    "team": "teams",
}
KEPT = (INSERTED, CHANGED, SAME)
_MANY: dict[str, Any] = {"validate": validate.Length(max=50), "load_default": tuple}
_LABEL = validate.Regexp("^[^:]+:", error="Not classifier:label, such as rfm:important_value.")


class CustomersQuery(PageQuery):
    """Which customers. `-` asks for those who have none.

    `q`: beginnings of words of the name, of the id, of the telephone number. `label`: as
    `classifier:label`. Of several values of a field one has to hold, of several fields all.
    """

    q = Text(load_default="", validate=validate.Length(max=255))
    label = fields.List(Text(validate=_LABEL), **_MANY)
    stage = fields.List(Text(), **_MANY)
    group = fields.List(Text(), **_MANY)
    source = fields.List(Text(), **_MANY)
    owner = fields.List(Text(), **_MANY)
    team = fields.List(Text(), **_MANY)


class CustomerLine(Schema):
    """A customer in a list."""

    customer_id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    stage = fields.String(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)
    owner = fields.String(required=True, allow_none=True)
    team = fields.String(required=True, allow_none=True)
    labels = fields.Dict(keys=fields.String(), values=Label(allow_none=True), required=True)


class TreatmentOut(Schema):
    """What to do with customers of a label."""

    label = fields.String(required=True)
    offer = fields.String(required=True, allow_none=True)
    points = fields.Integer(required=True, allow_none=True)
    contact_every_days = fields.Integer(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)


class StandsOut(Schema):
    """A label that she has, and since when; rank 1 is best."""

    classifier = fields.String(required=True)
    label = Label(required=True, allow_none=True)
    since = fields.Date(required=True)
    rank = fields.Integer(required=True, allow_none=True)
    treatments = fields.List(fields.Nested(TreatmentOut), required=True)


class GroupOut(Schema):
    """A group that she is in."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    since = Moment(required=True)
    dynamic = fields.Boolean(required=True)


class CustomerOut(Schema):
    """What is known of one customer."""

    customer_id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    stage = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True, allow_none=True)
    size = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    region = fields.String(required=True, allow_none=True)
    area = fields.String(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)
    owner = fields.String(required=True, allow_none=True)
    team = fields.String(required=True, allow_none=True)
    marketer = fields.String(required=True, allow_none=True)
    referred_by = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True, allow_none=True)
    birth_date = fields.Date(required=True, allow_none=True)
    consent = Flag(required=True, allow_none=True)
    lost_reason = fields.String(required=True, allow_none=True)
    lost_to = fields.String(required=True, allow_none=True)
    attributes = Scalars(required=True)
    labels = fields.List(fields.Nested(StandsOut), required=True)
    groups = fields.List(fields.Nested(GroupOut), required=True)


class KeptOut(Recorded):
    """What became of what was said of her.

    `classified` says whether she has her new labels already; where no run has landed yet, the next
    run gives them.
    """

    state = fields.String(required=True, validate=validate.OneOf(KEPT))
    classified = fields.Boolean(required=True)


class ConsentIn(Strict):
    """Whether she may be classified, as she says herself; null where she says nothing."""

    consent = Flag(required=True, allow_none=True)


_LISTS = {name: fields.List(fields.Dict(), required=True) for name in lists_of_customers()}


class ExportOut(Schema.from_dict(_LISTS)):  # type: ignore[misc] # as many as there are tables
    """All that is known of her: by table, its rows; moments in UTC, amounts exact texts."""

    customer_id = fields.String(required=True)
    exported_at = fields.String(required=True)
    customer = fields.Dict(required=True)
    referred_customers = fields.Integer(required=True)


class ErasedOut(Schema):
    """The receipt of an erasure; by table, how many rows went or lost their mention of her."""

    number = fields.Integer(required=True)
    at = Moment(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


@customers.operation(
    "GET", "/customers", "see", page_of(CustomerLine, "CustomersPage"), query=CustomersQuery
)
def list_customers(query: dict[str, Any]) -> dict[str, Any]:
    """List customers, by id.

    A page may be short, or empty, while there are more; `next` says so.
    """
    lists = {ours: tuple(query[name]) for name, ours in _FIELDS.items()}
    question = Question(text=query["q"], order="id", **lists)
    after = place(query.get("cursor"), str)
    with store().database.read() as session:
        found = listed(session, question, after=after, size=query["limit"])
    return {"items": found.rows, "next": cursor(found.after)}


@customers.operation("GET", _AT, "see", CustomerOut)
def show_customer(customer_id: str) -> dict[str, Any]:
    """Show one customer: her data, labels and groups."""
    with store().database.read() as session:
        found = profile(session, customer_id)
        known = {name: getattr(found.known, name, None) for name in CustomerOut().fields}
    return {
        **known,
        "stage": found.stage,
        "attributes": found.known.attributes or {},
        "labels": found.labels,
        "groups": found.groups,
    }


@customers.operation("PUT", _AT, "import", KeptOut, body=single("customers"))
def keep_customer(body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Keep what is said of a customer, who need not be known yet; she is classified at once.

    As a row of `POST /customers`: what is left out stays as it is, null empties a field.
    """
    row = {CUSTOMER: needed(CUSTOMER, customer_id), **body}
    done = take_rows(desk(), "customers", {0: row})
    (outcome,) = done.outcomes
    if outcome.faults:
        raise DataError([Diagnostic("row", one) for one in outcome.faults])
    return {"state": outcome.state, "classified": done.classified, "moved": done.moved}


@customers.operation("PUT", f"{_AT}/consent", "record", Recorded, body=ConsentIn)
def set_consent(body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Write down whether she may be classified; her labels are taken back, or found, at once."""
    return {"moved": consent.set_consent(desk(), customer_id, body["consent"])}


@customers.operation("GET", f"{_AT}/export", "export", ExportOut)
def export_customer(customer_id: str) -> dict[str, Any]:
    """Tell all that is known of one customer, as she may ask for it; leaves an audit event."""
    return hand_out(desk(), customer_id)


@customers.operation("DELETE", _AT, "erase", ErasedOut)
def erase_customer(customer_id: str) -> Any:
    """Erase a customer from everything, history and past runs included."""
    return erase(desk(), customer_id)
