"""Groups of customers: a tree of names, filled by hand or by a rule."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from custrata.api.fields import Strict, Text
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.service.registers import groups as service
from custrata.service.registers.members import put_in, take_out

groups = Operations("groups", __name__, description="Groups of customers.")
_AT = "/groups/<code>"
_MOST = 10_000
_WORD = validate.Length(1, 255)


class GroupIn(Strict):
    """A group to be; `rule` makes it a dynamic one: cells as in a row of a table, in YAML."""

    name = Text(required=True, validate=_WORD)
    code = Text(allow_none=True, validate=_WORD)
    parent = Text(allow_none=True, validate=_WORD)
    rule = Text(allow_none=True, validate=validate.Length(1, 10_000))
    note = Text(allow_none=True, validate=validate.Length(max=10_000))


class GroupChangesIn(Strict):
    """What is to change; what is left out stays."""

    name = Text(validate=_WORD)
    code = Text(validate=_WORD)
    parent = Text(allow_none=True, validate=_WORD)
    rule = Text(allow_none=True, validate=validate.Length(1, 10_000))
    note = Text(allow_none=True, validate=validate.Length(max=10_000))


class BranchOut(Schema):
    """A group; of more than 5,000 members no more are counted."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    parent = fields.String(required=True, allow_none=True)
    rule = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    members = fields.Integer(required=True)


class GroupsOut(Schema):
    """All groups by name, those below one right after it."""

    groups = fields.List(fields.Nested(BranchOut), required=True)


class MembersIn(Strict):
    """Ids of customers."""

    customers = fields.List(Text(validate=_WORD), required=True, validate=validate.Length(1, _MOST))


class MembersOut(Schema):
    """How many of them were put in, or taken out."""

    moved = fields.Integer(required=True)


@groups.operation("GET", "/groups", "see", GroupsOut)
def list_groups() -> dict[str, Any]:
    """List all groups."""
    with store().database.read() as session:
        return {"groups": service.groups(session)}


@groups.operation("POST", "/groups", "registers", BranchOut, status=201, body=GroupIn, once=True)
def add_group(body: dict[str, Any]) -> Any:
    """Add a group; without a code one is made of its name."""
    return _group(service.add_group(desk(), **body))


@groups.operation("GET", _AT, "see", BranchOut)
def show_group(code: str) -> Any:
    """Show a group."""
    return _group(code)


@groups.operation("PATCH", _AT, "registers", BranchOut, body=GroupChangesIn)
def change_group(body: dict[str, Any], code: str) -> Any:
    """Name a group otherwise, move it in the tree, give it another rule or code."""
    return _group(service.change_group(desk(), code, **body))


@groups.operation("DELETE", _AT, "registers", status=204)
def delete_group(code: str) -> None:
    """Do away with a group that nothing and nobody needs."""
    service.delete_group(desk(), code)


@groups.operation("POST", f"{_AT}/members", "record", MembersOut, body=MembersIn)
def put_into_group(body: dict[str, Any], code: str) -> dict[str, int]:
    """Put customers into a group that is filled by hand."""
    return {"moved": put_in(desk(), code, body["customers"])}


@groups.operation("POST", f"{_AT}/members/remove", "record", MembersOut, body=MembersIn)
def take_out_of_group(body: dict[str, Any], code: str) -> dict[str, int]:
    """Take customers out of a group that is filled by hand."""
    return {"moved": take_out(desk(), code, body["customers"])}


def _group(code: str) -> service.Branch:
    with store().database.read() as session:
        return service.group(session, code)
