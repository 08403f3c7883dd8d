"""Imports: files sent, their columns mapped, shown before they are taken, then taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import current_app, flash, redirect, request, send_file, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import access, typed
from custrata.admin.faults import said, sentence
from custrata.admin.here import desk, store
from custrata.admin.language import _, lazy
from custrata.admin.page import STOP_POLLING, Page
from custrata.admin.pages.imports_words import FIELDS, RECORDS, STEPS, SURE, refusal
from custrata.admin.pages.run_words import reported
from custrata.engine.diagnostics import CustrataError, Diagnostic
from custrata.service.imports import mapping, uploads
from custrata.service.imports.listing import imports
from custrata.service.imports.sheet import open_sheet
from custrata.service.work.asked import Asked, asked, open_jobs
from custrata.service.work.jobs import ask

_PAGE = 30
_MEGABYTE = 1024 * 1024


class Imports(Page):
    """Files of records, on their way into the store."""

    title = lazy("Imports")
    address = "imports"
    icon = "fa-upload"
    section = "data"
    needs = "import"

    @expose("/")
    def index(self) -> str:
        """What was sent, what was taken in, and where to send more."""
        return self._index([])

    @expose("/send", methods=("POST",))
    @access.needs("import")
    def send(self) -> str | Response | tuple[str, int]:
        """Keep a file, and go on to its plan."""
        given = request.files.get("file")
        if given is None or not given.filename:
            return self._index([_("Choose a file first.")]), 422
        try:
            kept = uploads.keep(desk(), given.filename, given.stream)
        except CustrataError as error:
            return self._index(said(error)), 422
        try:
            open_sheet(kept.path)
        except CustrataError as error:
            uploads.drop(desk(), kept.id)
            return self._index(said(error)), 422
        return redirect(url_for(".plan", upload=kept.id))

    @expose("/plan/<upload>")
    @access.needs("import")
    def plan(self, upload: str) -> str:
        """Which column goes where; changeable."""
        kept = uploads.upload(desk(), upload)
        found = mapping.mapped(kept, request.args.get("record") or None)
        return self.page(
            "panel/imports/plan.html",
            upload=kept,
            found=found,
            kept_days=uploads.KEPT.days,
            **_WORDS,
        )

    @expose("/preview/<upload>", methods=("POST",))
    @access.needs("import")
    def preview(self, upload: str) -> str:
        """What taking it in would do."""
        kept = uploads.upload(desk(), upload)
        try:
            choices = _choices(kept)
            plan = uploads.planned(desk(), kept, choices)
        except CustrataError as error:
            unclear = {one.code for one in error.diagnostics}
            return self.page(
                "panel/imports/unreadable.html",
                faults=_plain(error),
                dates="dates-unclear" in unclear,
                numbers="numbers-unclear" in unclear,
            )
        return self.page(
            "panel/imports/preview.html",
            plan=plan,
            spelt=plan.reading.rows.spelt,
            notes=[sentence(one) for one in plan.notes],
            **_WORDS,
        )

    @expose("/take/<upload>", methods=("POST",))
    @access.needs("import")
    def take(self, upload: str) -> Response:
        """Have it taken in by a worker."""
        kept = uploads.upload(desk(), upload)
        try:
            choices = _choices(kept)
        except CustrataError as error:
            for one in _plain(error):
                flash(one, "danger")
            return redirect(url_for(".plan", upload=upload, record=request.form.get("record")))
        job = _job_of(kept) or ask(desk(), "upload", {"upload": kept.id, "choices": choices.plain})
        return redirect(url_for(".job", number=job))

    @expose("/job/<int:number>")
    @access.needs("import")
    def job(self, number: int) -> str:
        """How far it is, and what came of it."""
        return self.page("panel/imports/job.html", **self._job(number))

    @expose("/progress/<int:number>")
    @access.needs("import")
    def progress(self, number: int) -> str | tuple[str, int]:
        """The same, as a part that is asked for again until it is over."""
        told = self._job(number)
        part = self.page("panel/imports/progress.html", **told)
        return part if told["job"].open else (part, STOP_POLLING)

    @expose("/refused/<upload>")
    @access.needs("import")
    def refused(self, upload: str) -> Response:
        """The refused rows, to be mended and sent again."""
        kept = uploads.upload(desk(), upload)
        if not kept.refused.exists():
            uploads.upload(desk(), "")  # tells that it is gone
        return send_file(kept.refused, as_attachment=True, download_name=kept.refused.name)

    @expose("/drop/<upload>", methods=("POST",))
    @access.needs("import")
    def drop(self, upload: str) -> Response:
        """Remove a file that was sent."""
        kept = uploads.upload(desk(), upload)
        uploads.drop(desk(), kept.id)
        flash(_("The file %(name)s was removed.", name=kept.name), "success")
        return redirect(url_for(".index"))

    # --- parts ----------------------------------------------------------------------------

    def _index(self, faults: list[str]) -> str:
        uploads.sweep(desk())
        before = request.args.get("before", type=typed.whole)
        with store().database.read() as session:
            found = imports(session, before, _PAGE + 1)
            running = open_jobs(session, "upload")
        taken = {one.arguments.get("upload") for one in running}
        return self.page(
            "panel/imports/index.html",
            imports=found[:_PAGE],
            older=url_for(".index", before=found[_PAGE - 1].id) if len(found) > _PAGE else "",
            first=before is None,
            running=running,
            kept=[one for one in uploads.uploads(desk()) if one.id not in taken],
            faults=faults,
            megabytes=current_app.config["CUSTRATA_UPLOAD_BYTES"] // _MEGABYTE,
            endings=", ".join(uploads.ENDINGS),
            kept_days=uploads.KEPT.days,
            **_WORDS,
        )

    def _job(self, number: int) -> dict[str, Any]:
        with store().database.read() as session:
            job = asked(session, number, "upload")
        kept = _kept(job)
        return {
            "job": job,
            "upload": kept,
            "far": uploads.how_far(kept) if kept and job.open else None,
            "faults": reported(job.fault or "") if job.state == "failed" else [],
            **_WORDS,
        }


_WORDS: dict[str, Any] = {
    "records": RECORDS,
    "fields": FIELDS,
    "sure": SURE,
    "steps": STEPS,
    "refusal": refusal,
}


def _job_of(kept: uploads.Upload) -> int | None:
    """The job that takes in a file already, as after a second click."""
    with store().database.read() as session:
        running = open_jobs(session, "upload")
    return next((one.id for one in running if one.arguments.get("upload") == kept.id), None)


def _kept(job: Asked) -> uploads.Upload | None:
    """The file of a job; None where it is gone."""
    try:
        return uploads.upload(desk(), str(job.arguments.get("upload")))
    except CustrataError:
        return None


def _choices(kept: uploads.Upload) -> uploads.Choices:
    """What was chosen in the form."""
    form: Mapping[str, str] = request.form
    return mapping.choices(
        kept,
        form.get("record") or None,
        {name: value for name, value in form.items() if name.startswith(mapping.COLUMN)},
        form.get("dates") or None,
        form.get("numbers") or None,
    )


def _plain(error: CustrataError) -> list[str]:
    """Faults without the options of the command line."""
    return [sentence(_without_options(one)) for one in error.diagnostics]


def _without_options(one: Diagnostic) -> Diagnostic:
    option = one.allowed is not None and one.allowed.startswith("--")
    told = one.message.partition("; add --map")[0]
    return replace(one, message=told, allowed=None if option else one.allowed)
