"""Problems, pages, and what else many operations share."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from custrata.api.fields import Label, Strict, Text


class Fault(Schema):
    """One thing that is wrong; a mark where it stands in rules."""

    code = fields.String(required=True)
    severity = fields.String(validate=validate.OneOf(("error", "warning", "info")))
    message = fields.String(required=True)
    allowed = fields.String()
    nearest = fields.String()
    line = fields.Integer()
    column = fields.Integer()


class Problem(Schema):
    """What is wrong, after RFC 9457; `code` is stable, words may change."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    allowed = fields.String()
    nearest = fields.String()
    errors = fields.List(fields.Nested(Fault))


class PageQuery(Strict):
    """Which part of a list."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = Text(validate=validate.Length(1, 1_000))


class Moved(Schema):
    """A label that changed: `why` is first, facts, day, calibration, rules or plugin."""

    classifier = fields.String(required=True)
    was = Label(required=True, allow_none=True)
    label = Label(required=True, allow_none=True)
    why = fields.String(required=True)


class Recorded(Schema):
    """What became of a change: the labels that changed by it, at once."""

    moved = fields.List(fields.Nested(Moved), required=True)


def page_of(schema: type[Schema], name: str) -> type[Schema]:
    """A page of a list: its items, and the cursor of the next page, null on the last."""
    page: dict[str, Any] = {
        "items": fields.List(fields.Nested(schema), required=True),
        "next": fields.String(required=True, allow_none=True),
    }
    return Schema.from_dict(page, name=name)
