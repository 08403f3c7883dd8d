"""The rules in force, and those before: read, checked, brought back."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from custrata.api.fields import Flag, Moment, Strict, Text
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.api.problems import fault
from custrata.api.schemas.common import Fault
from custrata.service.rules.publish import roll_back
from custrata.service.rules.texts import diagnostics_of, need_storable
from custrata.service.rules.versions import Version, current, version
from custrata.service.rules.versions import versions as listed

rules = Operations("rules", __name__, description="Versions of the rules.")
LONGEST = 1_000_000


class VersionLine(Schema):
    """A version of the rules."""

    number = fields.Integer(required=True)
    published_at = Moment(required=True)
    by = fields.String(required=True)
    comment = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    fires = fields.Boolean(required=True)


class VersionOut(VersionLine):
    """The same with its text, to the character."""

    text = fields.String(required=True)


class VersionsOut(Schema):
    """The latest versions, the one in force first."""

    versions = fields.List(fields.Nested(VersionLine), required=True)


class CheckIn(Strict):
    """Rules as text, in YAML."""

    text = Text(required=True, validate=validate.Length(1, LONGEST))


class CheckOut(Schema):
    """What is wrong with them; `sound` where nothing is an error."""

    sound = fields.Boolean(required=True)
    diagnostics = fields.List(fields.Nested(Fault), required=True)


class BackIn(Strict):
    """Why; the number of the version in force, as far as one knows; whether effects go out."""

    comment = Text(allow_none=True, validate=validate.Length(max=10_000))
    expected = fields.Integer(allow_none=True, validate=validate.Range(1, 2**31))
    fires = Flag(load_default=False)


@rules.operation("GET", "/rules", "see", VersionOut)
def show_rules() -> Any:
    """Show the rules in force."""
    with store().database.read() as session:
        return Version.of(current(session))


@rules.operation("GET", "/rules/versions", "see", VersionsOut)
def list_versions() -> dict[str, Any]:
    """List the latest 200 versions."""
    with store().database.read() as session:
        return {"versions": listed(session, limit=200)}


@rules.operation("GET", "/rules/versions/<int:number>", "see", VersionOut)
def show_version(number: int) -> Any:
    """Show a version with its text."""
    with store().database.read() as session:
        return Version.of(version(session, number))


@rules.operation(
    "POST",
    "/rules/versions/<int:number>/roll-back",
    "publish",
    VersionOut,
    status=201,
    body=BackIn,
    once=True,
)
def roll_back_rules(body: dict[str, Any], number: int) -> Any:
    """Bring the rules of an earlier version into force again, as a new version."""
    return roll_back(desk(), number, body.get("comment"), body["fires"], body.get("expected"))


@rules.operation("POST", "/rules/check", "draft", CheckOut, body=CheckIn)
def check_rules(body: dict[str, Any]) -> dict[str, Any]:
    """Say what is wrong with rules; nothing is kept."""
    need_storable(body["text"])
    found = [fault(one) for one in diagnostics_of(body["text"], "rules")]
    return {"sound": all(one["severity"] != "error" for one in found), "diagnostics": found}
