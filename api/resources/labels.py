"""A customer's labels: of today or of a past day, their history, and why."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from custrata.api.fields import Label, Moment, Strict, Text
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.service.customers.coming import coming
from custrata.service.customers.touched import id_of, need_customer
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs import history, labels_on, reasons

labels = Operations("labels", __name__, description="Labels, their reasons, their history.")
_AT = "/customers/<customer_id>"


class LabelsQuery(Strict):
    """On which day, and as it was known when; without either, now."""

    on = fields.Date(metadata={"description": "The day; default: today in the rules' zone."})
    known_at = Moment(
        metadata={"description": "As it was known then, without what was learned later."}
    )


class HistoryQuery(Strict):
    """Of which classifier; default: all."""

    classifier = Text(validate=validate.Length(1, 255))


class HadOut(Schema):
    """A label, since when she had it and why, and by what."""

    classifier = fields.String(required=True)
    label = Label(required=True, allow_none=True)
    since = fields.Date(required=True)
    why = fields.String(required=True)
    recorded_at = Moment(required=True)
    version = fields.Integer(required=True)
    calibration = fields.String(required=True, allow_none=True)


class LabelsOut(Schema):
    """Her labels on a day; a classifier of which nothing was known then is left out."""

    on = fields.Date(required=True)
    labels = fields.List(fields.Nested(HadOut), required=True)


class ChangeOut(Schema):
    """A label from a day on, as it was known from a moment on."""

    classifier = fields.String(required=True)
    valid_from = fields.Date(required=True)
    recorded_at = Moment(required=True)
    was = Label(required=True, allow_none=True)
    label = Label(required=True, allow_none=True)
    why = fields.String(required=True)
    run = fields.Integer(required=True, attribute="run_id")


class HistoryOut(Schema):
    """All changes, by day, then by moment."""

    changes = fields.List(fields.Nested(ChangeOut), required=True)


class InputOut(Schema):
    """A value that the table read, and the band that it fell into."""

    measure = fields.String(required=True)
    value = fields.Raw(required=True, allow_none=True)
    band = fields.String(required=True, allow_none=True)
    cut_points = fields.List(fields.Raw(), required=True)


class BetterOut(Schema):
    """A better label, and what each measure has to become for it."""

    label = Label(required=True, allow_none=True)
    change = fields.Dict(keys=fields.String(), values=fields.Dict(), required=True)


class ReasonOut(Schema):
    """Why a table gives a label: the rows that hit, what they read; `nearest` better labels."""

    classifier = fields.String(required=True)
    label = Label(required=True, allow_none=True)
    rows = fields.List(fields.Integer(), required=True)
    inputs = fields.List(fields.Nested(InputOut), required=True)
    missing = fields.List(fields.String(), required=True)
    nearest = fields.List(fields.Nested(BetterOut), required=True)


class ComingOut(Schema):
    """A label that changes by itself, from a day on, where nothing happens."""

    classifier = fields.String(required=True)
    was = Label(required=True, allow_none=True)
    label = Label(required=True, allow_none=True)
    day = fields.Date(required=True)
    measures = fields.List(fields.String(), required=True)


class ReasonsOut(Schema):
    """Why she has her labels, by the rules of the last run, and what comes by itself."""

    as_of = fields.Date(required=True)
    version = fields.Integer(required=True)
    reasons = fields.List(fields.Nested(ReasonOut), required=True)
    coming = fields.List(fields.Nested(ComingOut), required=True)


@labels.operation("GET", f"{_AT}/labels", "see", LabelsOut, query=LabelsQuery)
def show_labels(query: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Show her labels on a day, as it was known at a moment."""
    who = id_of(customer_id)
    with store().database.read() as session:
        need_customer(session, who)
        ruleset = engine_of(current(session)).ruleset
        day = query.get("on") or store().today(ruleset.time_zone)
        found = labels_on(session, who, day, query.get("known_at"))
    return {"on": day, "labels": [{"classifier": one, **vars(had)} for one, had in found.items()]}


@labels.operation("GET", f"{_AT}/history", "see", HistoryOut, query=HistoryQuery)
def show_history(query: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Show all that was ever recorded of her labels."""
    with store().database.read() as session:
        who = need_customer(session, customer_id).customer_id
        return {"changes": history(session, who, query.get("classifier"))}


@labels.operation("GET", f"{_AT}/reasons", "see", ReasonsOut)
def show_reasons(customer_id: str) -> dict[str, Any]:
    """Say why she has her labels, what would give better ones, and what time alone changes."""
    who = id_of(customer_id)
    found = reasons(desk(), who)
    return {
        "as_of": found.as_of,
        "version": found.version,
        "reasons": found.explanations,
        "coming": coming(desk(), who),
    }
