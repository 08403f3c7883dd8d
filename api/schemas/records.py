"""Rows of records: the fields of imports, as JSON."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from custrata.api.fields import Flag, Moment, Money, Scalars, Strict, Text
from custrata.service.imports.batch import ATTRIBUTES, STATES
from custrata.service.imports.records import CUSTOMER, RECORDS, Field, Kind, Record
from custrata.service.runs.trial import DATED

BULK = ("customers", "transactions", "contacts", "surveys", "opportunities", "feedback")
"""The records that are taken in many at once."""
_LONGEST, _LONGEST_NOTE, _ATTRIBUTES = 255, 100_000, 200
_INNER = frozenset(("fact_seq", "name_fold", "overlay", "overlay_by", ATTRIBUTES))


class _Row(Strict):
    """A row of customers: its attributes bear no name of a field."""

    @validates_schema
    def _names(self, data: dict[str, Any], **_kwargs: Any) -> None:
        taken = (_INNER | set(RECORDS["customers"].by_name)) & set(data.get(ATTRIBUTES) or ())
        if taken:
            raise ValidationError({ATTRIBUTES: [f"These are fields: {', '.join(sorted(taken))}."]})


def _field(one: Field, *, needed: bool, longest: int | None = None) -> fields.Field[Any]:
    said: dict[str, Any] = {"required": True} if needed else {"allow_none": True}
    match one.kind:
        case Kind.MOMENT:
            return Moment(**said)
        case Kind.DAY:
            return fields.Date(**said)
        case Kind.MONEY:
            return Money(**said)
        case Kind.BOOLEAN:
            return Flag(**said)
        case Kind.GROUPS:
            return fields.List(Text(validate=validate.Length(1, _LONGEST)), **said)
    longest = longest or (_LONGEST_NOTE if one.kind is Kind.LONG else _LONGEST)
    return Text(validate=validate.Length(1 if needed else 0, longest), **said)


def _named(record: Record) -> str:
    return "".join(part.capitalize() for part in record.name.split("_"))


def _made(record: Record, found: dict[str, fields.Field[Any]], name: str) -> type[Strict]:
    if record.name == "customers":
        found[ATTRIBUTES] = Scalars(validate=validate.Length(max=_ATTRIBUTES))
        return _Row.from_dict(found, name=name)  # type: ignore[return-value]
    return Strict.from_dict(found, name=name)  # type: ignore[return-value]


def _row(record: Record) -> type[Strict]:
    found = {one.name: _field(one, needed=one.needed) for one in record.fields}
    return _made(record, found, f"{_named(record)}Row")


ROWS = {name: _row(RECORDS[name]) for name in BULK}
"""The schema of a row, by record."""


def single(
    record: str, may: Collection[str] = (), called: str = "One", **longest: int
) -> type[Strict]:
    """The schema of one row whose customer is known from elsewhere.

    Args:
        may: needed fields that may be left out here. called: how the schema's name begins.
        longest: of texts that are shorter here than in many rows.
    """
    found = {
        one.name: _field(
            one, needed=one.needed and one.name not in may, longest=longest.get(one.name)
        )
        for one in RECORDS[record].fields
        if one.name != CUSTOMER
    }
    return _made(RECORDS[record], found, called + _named(RECORDS[record]))


def changes(record: str, names: Collection[str], **longest: int) -> Schema:
    """The schema of what a known fact was in truth; what is left out stays.

    Args:
        names: the fields that may be corrected. longest: as `single` takes them.
    """
    known = [RECORDS[record].by_name[name] for name in names]
    found = {
        one.name: _field(one, needed=one.needed, longest=longest.get(one.name)) for one in known
    }
    return Strict.from_dict(found, name=f"Corrected{_named(RECORDS[record])}")(partial=True)


CLASSIFIED = {name: single(name, called="Fact") for name in DATED}
"""The schema of a fact that is classified and not kept, by record."""


class OutcomeOut(Strict):
    """What became of a row, by its place from 0; `errors` say why one is refused."""

    index = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    errors = fields.List(fields.String())


class BatchOut(Strict):
    """What became of all rows.

    `classified` says whether the touched customers have their new labels already; where they are
    more than 1,000, or no run has landed yet, the next run gives them. `moved` counts the
    labels that changed.
    """

    rows = fields.Integer(required=True)
    inserted = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    same = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    touched = fields.Integer(required=True)
    classified = fields.Boolean(required=True)
    moved = fields.Integer(required=True)
    outcomes = fields.List(fields.Nested(OutcomeOut), required=True)
