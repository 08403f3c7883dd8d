"""Drafts: begun, saved, tried out, reviewed, published."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from custrata.api.fields import Flag, Label, Moment, Money, Strict, Text
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.api.problems import fault
from custrata.api.resources.rules import LONGEST, VersionOut
from custrata.api.schemas.common import Fault
from custrata.engine.what_if import Moved
from custrata.service.rules import drafts as service
from custrata.service.rules import publish, review
from custrata.service.runs import what_if

drafts = Operations("drafts", __name__, description="Changes of the rules that are worked on.")
_AT = "/drafts/<int:draft>"


class BeginIn(Strict):
    """What the change is for; the changed rules, or those of a version to begin with."""

    title = Text(required=True, validate=validate.Length(1, 200))
    text = Text(validate=validate.Length(1, LONGEST))
    base = fields.Integer(validate=validate.Range(1, 2**31))


class SaveIn(Strict):
    """The changed rules, and the revision that they are a change of."""

    text = Text(required=True, validate=validate.Length(1, LONGEST))
    revision = fields.Integer(required=True, validate=validate.Range(1, 2**31))
    title = Text(validate=validate.Length(1, 200))


class RevisionIn(Strict):
    """The revision that is meant."""

    revision = fields.Integer(required=True, validate=validate.Range(1, 2**31))


class SaidIn(RevisionIn):
    """The same, and what is said of it."""

    comment = Text(allow_none=True, validate=validate.Length(max=10_000))


class PublishIn(SaidIn):
    """The same, and whether the first run under it lets effects go out."""

    fires = Flag(load_default=False)


class DraftLine(Schema):
    """A draft in a list."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    base = fields.Integer(required=True)
    overtaken = fields.Boolean(required=True)
    revision = fields.Integer(required=True)
    state = fields.String(required=True)
    approved = fields.Boolean(required=True)
    created_by = fields.String(required=True)
    created_at = Moment(required=True)
    publish_at = Moment(required=True, allow_none=True)
    comment = fields.String(required=True, allow_none=True)
    fault = fields.String(required=True, allow_none=True)


class DraftOut(DraftLine):
    """A draft with its text, and what is wrong with it."""

    text = fields.String(required=True)
    diagnostics = fields.Function(
        lambda one: [fault(each) for each in one.diagnostics],
        required=True,
        metadata={"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
    )


class DraftsOut(Schema):
    """The drafts that are worked on, the newest first."""

    drafts = fields.List(fields.Nested(DraftLine), required=True)


class WayOut(Schema):
    """So many customers have one label now and another one after, and what they bring."""

    label = Label(required=True, allow_none=True)
    after = Label(required=True, allow_none=True)
    customers = fields.Integer(required=True)
    revenue = Money(required=True, allow_none=True)


class TableOut(Schema):
    """What becomes of one table: who moves, and all ways, movers or not."""

    classifier = fields.String(required=True)
    moved = fields.Integer(required=True)
    revenue = Money(required=True, allow_none=True)
    ways = fields.List(fields.Nested(WayOut), required=True)


class WhatIfOut(Schema):
    """A draft against the customers as the last run found them."""

    as_of = fields.Date(required=True)
    version = fields.Integer(required=True)
    tables = fields.List(fields.Nested(TableOut), required=True)
    diagnostics = fields.List(fields.Nested(Fault), required=True)


@drafts.operation("GET", "/drafts", "draft", DraftsOut)
def list_drafts() -> dict[str, Any]:
    """List the drafts that are worked on."""
    with store().database.read() as session:
        return {"drafts": service.drafts(session)}


@drafts.operation("POST", "/drafts", "draft", DraftOut, status=201, body=BeginIn, once=True)
def begin_draft(body: dict[str, Any]) -> Any:
    """Begin a change of the rules; they may be wrong."""
    return service.begin(desk(), body["title"], body.get("text"), body.get("base"))


@drafts.operation("GET", _AT, "draft", DraftOut)
def show_draft(draft: int) -> Any:
    """Show a draft with its text, and what is wrong with it."""
    with store().database.read() as session:
        return service.draft(session, draft)


@drafts.operation("PUT", _AT, "draft", DraftOut, body=SaveIn)
def save_draft(body: dict[str, Any], draft: int) -> Any:
    """Save a draft's text, right or wrong; it is to be submitted and approved anew."""
    revision, title = body["revision"], body.get("title")
    return service.save(desk(), draft, body["text"], revision, title=title)


@drafts.operation("POST", f"{_AT}/rebase", "draft", DraftOut)
def rebase_draft(draft: int) -> Any:
    """Bring a draft up to the version in force, where both change different parts."""
    return service.rebase(desk(), draft)


@drafts.operation("POST", f"{_AT}/discard", "draft", DraftOut, body=RevisionIn)
def discard_draft(body: dict[str, Any], draft: int) -> Any:
    """Give a draft up; it stays to be read."""
    return service.discard(desk(), draft, body["revision"])


@drafts.operation("POST", f"{_AT}/submit", "draft", DraftOut, body=RevisionIn)
def submit_draft(body: dict[str, Any], draft: int) -> Any:
    """Hand a draft in for review."""
    return review.submit(desk(), draft, body["revision"])


@drafts.operation("POST", f"{_AT}/approve", "approve", DraftOut, body=SaidIn)
def approve_draft(body: dict[str, Any], draft: int) -> Any:
    """Say that a draft may be published as it stands."""
    return review.approve(desk(), draft, body["revision"], body.get("comment"))


@drafts.operation("POST", f"{_AT}/send-back", "approve", DraftOut, body=SaidIn)
def send_draft_back(body: dict[str, Any], draft: int) -> Any:
    """Say that a draft is to be changed."""
    return review.send_back(desk(), draft, body["revision"], body.get("comment"))


@drafts.operation(
    "POST", f"{_AT}/publish", "publish", VersionOut, status=201, body=PublishIn, once=True
)
def publish_draft(body: dict[str, Any], draft: int) -> Any:
    """Bring a draft into force, as a new version."""
    return publish.publish(
        desk(), draft, body["revision"], body.get("comment"), fires=body["fires"]
    )


@drafts.operation("POST", f"{_AT}/what-if", "draft", WhatIfOut)
def try_draft(draft: int) -> dict[str, Any]:
    """Say who would move, if the draft took the place of the rules in force; nothing is kept."""
    with store().database.read() as session:
        text = service.draft(session, draft).text
    found = what_if(desk(), text)
    swaps = found.swaps
    return {
        "as_of": found.as_of,
        "version": found.version,
        "tables": [
            {**_said(swaps.moved[name]), "moved": swaps.moved[name].customers} | _ways(name, pairs)
            for name, pairs in swaps.matrix.items()
        ],
        "diagnostics": [fault(one) for one in swaps.diagnostics],
    }


def _ways(name: str, pairs: Any) -> dict[str, Any]:
    ways = [{"label": now, "after": after, **_said(moved)} for (now, after), moved in pairs.items()]
    return {"classifier": name, "ways": ways}


def _said(moved: Moved) -> dict[str, Any]:
    return {"customers": moved.customers, "revenue": moved.revenue}
