"""Classifying without storing: measures, or facts, of somebody whom the store need not know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from custrata.api.fields import Label, Scalars, Strict
from custrata.api.here import desk
from custrata.api.operations import Operations
from custrata.api.problems import fault
from custrata.api.resources.labels import ReasonOut
from custrata.api.schemas.common import Fault
from custrata.api.schemas.records import CLASSIFIED
from custrata.service.runs.trial import Trial, of_facts, of_measures

classify = Operations("classify", __name__, description="Labels of what is sent; nothing is kept.")
_MOST = 5_000
_NAMES = 500


class FactsIn(Strict):
    """One customer's facts: a record that is left out is not known, an empty one has none."""

    customer = Scalars(validate=validate.Length(max=_NAMES))

    class Meta(Strict.Meta):
        """With the records of facts."""

        include: ClassVar[dict[str, Any]] = {
            name: fields.List(fields.Nested(one), validate=validate.Length(max=_MOST))
            for name, one in CLASSIFIED.items()
        }


class ClassifyIn(Strict):
    """Either `measures`, worked out elsewhere, or `facts`, and the last day that is read."""

    measures = Scalars(validate=validate.Length(max=_NAMES))
    facts = fields.Nested(FactsIn)
    as_of = fields.Date()

    @validates_schema
    def _one(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("measures" in data) == ("facts" in data):
            raise ValidationError("Either measures or facts.")
        if "measures" in data and "as_of" in data:
            raise ValidationError({"as_of": ["Measures are as of the day they were worked out."]})


class ClassifyOut(Schema):
    """Labels by classifier, why, and what was measured."""

    version = fields.Integer(required=True)
    calibration = fields.String(required=True, allow_none=True)
    as_of = fields.Date(required=True, allow_none=True)
    labels = fields.Dict(keys=fields.String(), values=Label(allow_none=True), required=True)
    reasons = fields.List(fields.Nested(ReasonOut), required=True)
    measures = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)
    diagnostics = fields.List(fields.Nested(Fault), required=True)


@classify.operation("POST", "/classify", "see", ClassifyOut, body=ClassifyIn)
def classify_one(body: dict[str, Any]) -> dict[str, Any]:
    """Classify one customer by the rules and cut points of the last run; nothing is kept."""
    found = _found(body)
    return {
        "version": found.version,
        "calibration": found.calibration,
        "as_of": found.as_of,
        "labels": found.labels,
        "reasons": found.explanations,
        "measures": {name: _plain(one) for name, one in found.measures.items()},
        "diagnostics": [fault(one) for one in found.diagnostics],
    }


def _found(body: dict[str, Any]) -> Trial:
    if "measures" in body:
        return of_measures(desk(), body["measures"])
    return of_facts(desk(), body["facts"], body.get("as_of"))


def _plain(value: Any) -> Any:
    """Amounts as text, whatever else as it is."""
    return f"{value:f}" if isinstance(value, Decimal) else value
