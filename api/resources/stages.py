"""Stages: where customers stand, in funnel order."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from custrata.api.fields import Flag, Strict, Text
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.service.registers import stages as service

stages = Operations("stages", __name__, description="Where customers stand.")
_AT = "/stages/<code>"
_NAMES: dict[str, Any] = {
    "keys": Text(),
    "values": Text(validate=validate.Length(1, 255)),
    "validate": validate.Length(1, 10),
    "metadata": {"description": "By language: en, vi, zh_Hant_TW, zh_Hans_CN."},
}
_COLOUR: dict[str, Any] = {"allow_none": True, "validate": validate.Regexp("^#[0-9a-fA-F]{6}$")}


class StageIn(Strict):
    """A stage to be, at the end of the funnel."""

    names = fields.Dict(required=True, **_NAMES)
    code = Text(allow_none=True, validate=validate.Length(1, 255))
    colour = Text(**_COLOUR)
    automatic = Flag()
    exit = Flag()


class StageChangesIn(Strict):
    """What is to change; what is left out stays."""

    names = fields.Dict(**_NAMES)
    colour = Text(**_COLOUR)
    automatic = Flag()
    exit = Flag()


class OrderIn(Strict):
    """The codes of all stages, each once."""

    order = fields.List(Text(), required=True, validate=validate.Length(1, 200))


class StageOut(Schema):
    """A stage: `automatic` is set by rules alone, `exit` stands outside of the funnel."""

    code = fields.String(required=True)
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    colour = fields.String(required=True, allow_none=True)
    automatic = fields.Boolean(required=True)
    exit = fields.Boolean(required=True)


class StagesOut(Schema):
    """All stages, in funnel order."""

    stages = fields.List(fields.Nested(StageOut), required=True)


@stages.operation("GET", "/stages", "see", StagesOut)
def list_stages() -> dict[str, Any]:
    """List all stages."""
    return _stages()


@stages.operation("POST", "/stages", "registers", StagesOut, status=201, body=StageIn, once=True)
def add_stage(body: dict[str, Any]) -> dict[str, Any]:
    """Add a stage; without a code one is made of its first name."""
    service.add_stage(desk(), **body)
    return _stages()


@stages.operation("PUT", "/stages", "registers", StagesOut, body=OrderIn)
def order_stages(body: dict[str, Any]) -> dict[str, Any]:
    """Put the stages in another order."""
    service.order_stages(desk(), body["order"])
    return _stages()


@stages.operation("PATCH", _AT, "registers", StagesOut, body=StageChangesIn)
def change_stage(body: dict[str, Any], code: str) -> dict[str, Any]:
    """Name a stage otherwise, give it another colour, have rules or persons set it."""
    service.change_stage(desk(), code, **body)
    return _stages()


@stages.operation("DELETE", _AT, "registers", status=204)
def delete_stage(code: str) -> None:
    """Do away with a stage in which nobody stands."""
    service.delete_stage(desk(), code)


def _stages() -> dict[str, Any]:
    with store().database.read() as session:
        return {"stages": service.stages(session)}
