"""Runs: started, followed, called off; and how many customers are in each segment."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from custrata.api.cursors import cursor, place
from custrata.api.fields import Flag, Label, Moment, Strict
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.api.schemas.common import PageQuery, page_of
from custrata.service.runs import cancel
from custrata.service.runs.basis import last_full
from custrata.service.runs.listing import Listed, run_of
from custrata.service.runs.listing import runs as listed
from custrata.service.work.asked import asked
from custrata.service.work.jobs import ask
from custrata.store.faults import refuse

runs = Operations("runs", __name__, description="Runs, and the segments that they leave.")


class RunIn(Strict):
    """As of which day, default today; and whether cut points are found anew."""

    as_of = fields.Date(allow_none=True)
    recalibrate = Flag(load_default=True)


class JobOut(Schema):
    """Work that a worker does: waiting, working, done or failed; `run` where it is done."""

    job = fields.Integer(required=True)
    state = fields.String(required=True)
    run = fields.Integer(required=True, allow_none=True)
    fault = fields.String(required=True, allow_none=True)


class FlowOut(Schema):
    """So many customers moved from one label to another, for one reason."""

    classifier = fields.String(required=True)
    was = Label(required=True, allow_none=True)
    label = Label(required=True, allow_none=True)
    why = fields.String(required=True)
    customers = fields.Integer(required=True)


class RunLine(Schema):
    """A run in a list."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    as_of = fields.Date(required=True)
    version = fields.Integer(required=True)
    calibration = fields.String(required=True, allow_none=True)
    by = fields.String(required=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)
    customers = fields.Integer(required=True, allow_none=True)
    changed = fields.Integer(required=True, allow_none=True)


class SegmentOut(Schema):
    """How many customers have a label; null for those to whom a table gives none."""

    classifier = fields.String(required=True)
    label = Label(required=True, allow_none=True)
    customers = fields.Integer(required=True)


class RunOut(RunLine):
    """A run, how far it is, and what came of it."""

    step = fields.String(required=True, allow_none=True)
    done = fields.Integer(required=True)
    total = fields.Integer(required=True)
    fault = fields.String(required=True, allow_none=True)
    warnings = fields.List(fields.String(), required=True)
    flows = fields.List(fields.Nested(FlowOut), required=True)
    segments = fields.List(fields.Nested(SegmentOut), required=True)


class SegmentsOut(Schema):
    """The sizes of all segments, as the last run of everyone counted them."""

    run = fields.Integer(required=True)
    as_of = fields.Date(required=True)
    version = fields.Integer(required=True)
    customers = fields.Integer(required=True, allow_none=True)
    segments = fields.List(fields.Nested(SegmentOut), required=True)


class CancelledOut(Schema):
    """Whether it was under way; it stops at its next step."""

    asked = fields.Boolean(required=True)


@runs.operation("POST", "/runs", "run", JobOut, status=202, body=RunIn, once=True)
def start_run(body: dict[str, Any]) -> dict[str, Any]:
    """Have a worker classify everyone; follow it by its job."""
    day = body.get("as_of")
    arguments = {"as_of": day and day.isoformat(), "recalibrate": body["recalibrate"]}
    return _job(ask(desk(), "run", arguments))


@runs.operation("GET", "/jobs/<int:job>", "see", JobOut)
def show_job(job: int) -> dict[str, Any]:
    """Show how far the work is that was asked for."""
    return _job(job)


@runs.operation("GET", "/runs", "see", page_of(RunLine, "RunsPage"), query=PageQuery)
def list_runs(query: dict[str, Any]) -> dict[str, Any]:
    """List runs of everyone and back-fills, the latest first."""
    before, limit = place(query.get("cursor"), int), query["limit"]
    with store().database.read() as session:
        found = listed(session, before, limit + 1)
    more = len(found) > limit
    return {"items": found[:limit], "next": cursor(found[limit - 1].id if more else None)}


@runs.operation("GET", "/runs/<int:run>", "see", RunOut)
def show_run(run: int) -> dict[str, Any]:
    """Show a run: how far it is, who moved where, how large the segments are."""
    with store().database.read() as session:
        found = run_of(session, run)
    return {**vars(found), "changed": found.changed, "segments": _segments(found)}


@runs.operation("POST", "/runs/<int:run>/cancel", "run", CancelledOut)
def cancel_run(run: int) -> dict[str, bool]:
    """Ask a run to stop."""
    with store().database.read() as session:
        run_of(session, run)
    return {"asked": cancel(desk(), run)}


@runs.operation("GET", "/segments", "see", SegmentsOut, refusals=(409,))
def list_segments() -> dict[str, Any]:
    """List how many customers each label has, as the last run of everyone counted."""
    with store().database.read() as session:
        last = last_full(session)
        if last is None:
            raise refuse("no-run", "no run has landed yet, so nobody has a label", "a run first")
        found = run_of(session, last.id)
    return {
        "run": found.id,
        "as_of": found.as_of,
        "version": found.version,
        "customers": found.customers,
        "segments": _segments(found),
    }


def _segments(found: Listed) -> list[dict[str, Any]]:
    return [
        {"classifier": name, "label": label, "customers": count}
        for name, sizes in found.sizes.items()
        for label, count in sizes.items()
    ]


def _job(number: int) -> dict[str, Any]:
    with store().database.read() as session:
        found = asked(session, number, "run")
    run = found.result.get("run")
    return {"job": found.id, "state": found.state, "run": run, "fault": found.fault}
