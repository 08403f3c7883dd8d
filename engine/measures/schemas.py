"""What a ruleset may set of a measure: checked in rules, made a form in the panel."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class Frequency(Schema):
    """What is counted: `transactions`, `days`, or the different values of a column."""

    count = fields.String(load_default="transactions", validate=validate.Length(min=1))
    paid_only = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Monetary(Schema):
    """The sum of amounts, or the mean of a sale."""

    statistic = fields.String(load_default="sum", validate=validate.OneOf(("sum", "mean")))
    paid_only = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Since(Schema):
    """Whether days on which nobody works count: `count`, or `skip`."""

    closed_days = fields.String(load_default="count", validate=validate.OneOf(("count", "skip")))


class Adoption(Schema):
    """A product, as transactions name it, and the day of its launch."""

    product = fields.String(required=True, validate=validate.Length(min=1))
    launch = fields.Date(required=True, format="iso")


class Peers(Schema):
    """The attribute that customers share."""

    attribute = fields.String(load_default="sector", validate=validate.Length(min=1))


class Profile(Schema):
    """The questions that a phase asks."""

    questions = fields.List(
        fields.String(validate=validate.Length(min=1)),
        required=True,
        validate=validate.Length(min=1),
    )


class Repurchase(Schema):
    """Within how many days."""

    horizon = fields.Integer(load_default=90, strict=True, validate=validate.Range(min=1))
