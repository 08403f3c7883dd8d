"""Sources: where customers come from, and what each costs a month."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from custrata.api.fields import Flag, Money, Strict, Text
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.engine.values import exactly
from custrata.service.registers import sources as service

sources = Operations("sources", __name__, description="Where customers come from.")
_AT = "/sources/<code>"
_WORD = validate.Length(1, 255)


class SourceIn(Strict):
    """A source to be."""

    name = Text(required=True, validate=_WORD)
    code = Text(allow_none=True, validate=_WORD)


class SourceChangesIn(Strict):
    """Another name; whether it is offered for new customers."""

    name = Text(validate=_WORD)
    active = Flag()


class SourceOut(Schema):
    """A source."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    active = fields.Boolean(required=True)


class SourcesOut(Schema):
    """All sources, by name."""

    sources = fields.List(fields.Nested(SourceOut), required=True)


class CostIn(Strict):
    """What it cost in the month of a day; null forgets it."""

    month = fields.Date(required=True)
    amount = Money(required=True, allow_none=True)


class CostOut(Schema):
    """What it cost in a month, by its first day."""

    month = fields.Date(required=True)
    amount = Money(required=True, allow_none=True)


class CostsOut(Schema):
    """What a source cost, the last month first."""

    costs = fields.List(fields.Nested(CostOut), required=True)


@sources.operation("GET", "/sources", "see", SourcesOut)
def list_sources() -> dict[str, Any]:
    """List all sources."""
    with store().database.read() as session:
        return {"sources": service.sources(session)}


@sources.operation("POST", "/sources", "registers", SourceOut, status=201, body=SourceIn, once=True)
def add_source(body: dict[str, Any]) -> Any:
    """Add a source; without a code one is made of its name."""
    return _source(service.add_source(desk(), **body))


@sources.operation("PATCH", _AT, "registers", SourceOut, body=SourceChangesIn)
def change_source(body: dict[str, Any], code: str) -> Any:
    """Name a source otherwise, or offer it for new customers no more."""
    service.change_source(desk(), code, **body)
    return _source(code)


@sources.operation("DELETE", _AT, "registers", status=204)
def delete_source(code: str) -> None:
    """Do away with a source that no customer has."""
    service.delete_source(desk(), code)


@sources.operation("GET", f"{_AT}/costs", "see", CostsOut)
def list_costs(code: str) -> dict[str, Any]:
    """List what a source cost."""
    return _costs(code)


@sources.operation("PUT", f"{_AT}/costs", "registers", CostsOut, body=CostIn)
def set_cost(body: dict[str, Any], code: str) -> dict[str, Any]:
    """Say what a source cost in a month."""
    service.set_cost(desk(), code, body["month"], body["amount"])
    return _costs(code)


def _source(code: str) -> Any:
    with store().database.read() as session:
        return service.source(session, code)


def _costs(code: str) -> dict[str, Any]:
    _source(code)
    with store().database.read() as session:
        found = service.costs(session, code)
    return {
        "costs": [{"month": one.month, "amount": exactly(one.amount, one.scale)} for one in found]
    }
