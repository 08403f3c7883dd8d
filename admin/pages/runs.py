"""Runs: started, watched, cancelled, and what each of them changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import needs
from custrata.admin.files import attached
from custrata.admin.here import desk, store, zone
from custrata.admin.language import _, lazy
from custrata.admin.page import STOP_POLLING, Page
from custrata.admin.pages.naming import Called
from custrata.admin.pages.run_words import KINDS, REASONS, STATES, STEPS, reported
from custrata.service.downloads import ENDINGS, table_file
from custrata.service.runs.listing import Listed, alerts_of, run_of, runs, under_way
from custrata.service.runs.moved import Move, movers_of, take_movers
from custrata.service.runs.summary import Flow
from custrata.service.runs.work import cancel
from custrata.service.work.asked import Asked, failed_jobs, open_jobs, withdraw
from custrata.service.work.jobs import ask

_PAGE = 30


class Runs(Page):
    """All runs; one of them; the one that is under way."""

    title = lazy("Runs")
    address = "runs"
    icon = "fa-play-circle-o"
    section = "data"

    @expose("/")
    def index(self) -> str:
        """The list, and what starts a run."""
        before = request.args.get("before", type=typed.whole)
        singles = request.args.get("singles") == "1"
        with store().database.read() as session:
            found = runs(session, before, _PAGE + 1, singles=singles)
            failed = failed_jobs(session, "run", 1)
        older = self._older(found[_PAGE - 1], singles) if len(found) > _PAGE else ""
        return self.page(
            "panel/runs/index.html",
            runs=found[:_PAGE],
            older=older,
            first=before is None,
            singles=singles,
            failed=failed if before is None else (),
            today=desk().today(zone().key),
            **self._pending(),
            **_WORDS,
        )

    @expose("/progress")
    def progress(self) -> str | tuple[str, int, dict[str, str]]:
        """How far the run is; at its end the page is loaded anew."""
        pending = self._pending()
        part = self.page("panel/runs/progress.html", **pending, **_WORDS)
        if pending["running"] or pending["waiting"]:
            return part
        return part, STOP_POLLING, {"HX-Refresh": "true"}

    @expose("/start", methods=("POST",))
    @needs("run")
    def start(self) -> Response:
        """Ask for a run."""
        day = request.form.get("as_of", "").strip()
        fault = _day_fault(day)
        pending = self._pending()
        if fault:
            flash(fault, "danger")
        elif pending["waiting"] or pending["running"]:
            flash(_("A run is asked for or under way already. Wait for it, or cancel it."), "info")
        else:
            recalibrate = request.form.get("recalibrate") == "1"
            ask(desk(), "run", {"as_of": day or None, "recalibrate": recalibrate})
            flash(_("The run was asked for. A worker begins it within seconds."), "success")
        return redirect(url_for("runs.index"))

    @expose("/cancel/<int:number>", methods=("POST",))
    @needs("run")
    def cancel(self, number: int) -> Response:
        """Have a run stop."""
        with store().database.read() as session:
            run_of(session, number)
        if cancel(desk(), number):
            flash(_("Run %(number)s stops at its next step.", number=number), "success")
        else:
            flash(_("Run %(number)s is over already.", number=number), "info")
        return redirect(url_for("runs.index"))

    @expose("/withdraw/<int:job>", methods=("POST",))
    @needs("run")
    def withdraw(self, job: int) -> Response:
        """Take back a run that has not begun."""
        if withdraw(desk(), job):
            flash(_("The run was taken back before it began."), "success")
        else:
            flash(_("The run has begun already: cancel it instead."), "warning")
        return redirect(url_for("runs.index"))

    @expose("/<int:number>")
    def one(self, number: int) -> str:
        """What a run did, and what it changed."""
        with store().database.read() as session:
            run = run_of(session, number)
            alerts = alerts_of(session, number)
        called = Called.of_version(run.version)
        return self.page(
            "panel/runs/one.html",
            run=run,
            alerts=alerts,
            called=called,
            warnings=[one for text in run.warnings for one in reported(text)],
            faults=reported(run.fault or ""),
            changes=list(changes(run.flows, called)),
            **_WORDS,
        )

    @expose("/<int:number>/moved")
    def moved(self, number: int) -> str:
        """Whose label a run changed from one to another."""
        move, after = _asked(number), request.args.get("after")
        with store().database.read() as session:
            run = run_of(session, number)
            found = movers_of(session, move, after, _PAGE + 1)
        more = found[_PAGE - 1].customer_id if len(found) > _PAGE else None
        return self.page(
            "panel/runs/moved.html",
            move=move,
            called=Called.of_version(run.version),
            found=found[:_PAGE],
            asked=_address(move),
            first=url_for(".moved", number=number, **_address(move)) if after else "",
            next=url_for(".moved", number=number, after=more, **_address(move)) if more else "",
            **_WORDS,
        )

    @expose("/<int:number>/moved.<ending>")
    @needs("export")
    def moved_file(self, number: int, ending: str) -> Response:
        """The same as a file for a spreadsheet."""
        if ending not in ENDINGS:
            abort(404)
        move = _asked(number)
        with store().database.read() as session:
            run = run_of(session, number)
        found = take_movers(desk(), move)
        called = Called.of_version(run.version)
        labels = [called.label(move.classifier, one) for one in (move.was, move.label)]
        head = (_("Customer"), _("Name"), _("from"), _("to"), _("Why"))
        rows = ((one.customer_id, one.name, *labels, str(REASONS[one.why])) for one in found)
        return attached(table_file(head, rows, ending), f"run-{number}-moved.{ending}")

    def _pending(self) -> dict[str, Any]:
        with store().database.read() as session:
            waiting: tuple[Asked, ...] = open_jobs(session, "run")
            return {"running": under_way(session), "waiting": waiting}

    def _older(self, last: Listed, singles: bool) -> str:
        return url_for("runs.index", before=last.id, singles="1" if singles else None)


def _asked(number: int) -> Move:
    """The move that the address names; a label that it leaves out is none."""
    given = request.args
    return Move(number, given.get("classifier", ""), given.get("was"), given.get("label"))


def _address(move: Move) -> dict[str, Any]:
    return {"classifier": move.classifier, "was": move.was, "label": move.label}


_WORDS = {
    "states": STATES,
    "kinds": KINDS,
    "steps": STEPS,
    "reasons": REASONS,
    "reported": reported,
}


def _day_fault(text: str) -> str | None:
    """Why this is no day; None where it is one, or none is asked for."""
    try:
        date.fromisoformat(text or "2026-11-21")
    except ValueError:
        return str(_("This is no date: write it as 2026-11-21. No run was started."))
    return None


# --- what changed -------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What became of one classifier's labels.

    Attributes:
        classifier: its id.
        before, after: labels that customers left, and those that they got, most customers first.
        cells: customers, by label before and after.
        why: customers, by reason.
    """

    classifier: str
    name: str
    before: tuple[str | None, ...]
    after: tuple[str | None, ...]
    cells: Mapping[tuple[str | None, str | None], int]
    why: Mapping[str, int]

    @property
    def customers(self) -> int:
        """How many labels changed."""
        return sum(self.cells.values())

    @property
    def most(self) -> int:
        """The largest cell."""
        return max(self.cells.values())


def changes(flows: Iterable[Flow], called: Called) -> Iterator[Change]:
    """Flows by classifier, the most changed first."""
    by_name: dict[str, list[Flow]] = {}
    for one in flows:
        by_name.setdefault(one.classifier, []).append(one)
    found = [_change(name, called.classifier(name), listed) for name, listed in by_name.items()]
    yield from sorted(found, key=lambda one: (-one.customers, one.classifier))


def _change(classifier: str, name: str, flows: list[Flow]) -> Change:
    cells: Counter[tuple[str | None, str | None]] = Counter()
    before: Counter[str | None] = Counter()
    after: Counter[str | None] = Counter()
    why: Counter[str] = Counter()
    for one in flows:
        cells[one.was, one.label] += one.customers
        before[one.was] += one.customers
        after[one.label] += one.customers
        why[one.why] += one.customers
    reasons = dict(why.most_common())
    return Change(classifier, name, _ordered(before), _ordered(after), cells, reasons)


def _ordered(side: Counter[str | None]) -> tuple[str | None, ...]:
    return tuple(label for label, _count in side.most_common())
