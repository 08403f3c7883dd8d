"""What went wrong, in words that a person understands; never SQL, never a traceback."""

from __future__ import annotations

import logging
import traceback

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from custrata.admin.here import person
from custrata.admin.language import _, language, lazy
from custrata.admin.particulars import named, particulars
from custrata.admin.sentences import ALONE, SENTENCES
from custrata.engine.diagnostics import CustrataError, Diagnostic, RulesError

_log = logging.getLogger("custrata.admin")
_PLAIN = {
    403: lazy("You may not do this. Ask an admin for a role that may. Nothing was changed."),
    404: lazy("There is no such page."),
    405: lazy("This page does not work that way. Nothing was changed."),
    413: lazy("This is more than can be taken in at once. Nothing was changed."),
    429: lazy("That was too often. Wait a minute, then try again."),
    500: lazy("Something went wrong here. It was written to the log. Nothing was changed."),
}


def install(app: Flask) -> None:
    """Pages for everything that can go wrong."""
    app.register_error_handler(CSRFError, _out_of_date)
    app.register_error_handler(CustrataError, _refused)
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(Exception, _broken)


def said(error: CustrataError) -> list[str]:
    """Each fault as a sentence in the reader's language."""
    return [sentence(one) for one in error.diagnostics]


def sentence(one: Diagnostic) -> str:
    """A fault in the reader's language; what it is about follows, in English as it was reported."""
    known = SENTENCES.get(one.code)
    if one.code in ALONE:
        return str(known)
    if language() == "en":
        return _reported(one)
    told, place = particulars(one), _place(one)
    told = f"{place}{told}".strip()
    sentence = known or _("Something is not right.")
    return (
        _("%(sentence)s (%(particulars)s)", sentence=sentence, particulars=told)
        if told
        else str(sentence)
    )


def _place(one: Diagnostic) -> str:
    return f"{one.mark.line}:{one.mark.column} " if one.mark and one.mark.line else ""


def _reported(one: Diagnostic) -> str:
    advice = " " + _("Allowed: %(what)s.", what=one.allowed) if one.allowed else ""
    close = " " + _("Did you mean %(word)s?", word=one.nearest) if one.nearest else ""
    message = named(one.message)
    message = message[:1].upper() + message[1:]
    return f"{_place(one)}{message}.{advice}{close}"


def fault_page(status: int, sentences: list[str]) -> Response:
    """A page, or a part of one, that says what went wrong."""
    part = "part" if request.headers.get("HX-Request") else "page"
    text = render_template(f"panel/fault_{part}.html", sentences=sentences, status=status)
    return Response(text, status, mimetype="text/html")


def _refused(error: CustrataError) -> Response:
    missing = any(one.code.startswith("no-") for one in error.diagnostics)
    status = 422 if isinstance(error, RulesError) else 404 if missing else 409
    return fault_page(status, said(error))


def _out_of_date(_error: CSRFError) -> Response:
    if person() is None:
        flash(_("You were signed out. Nothing was changed."), "warning")
        address = url_for("account.sign_in")
        if request.headers.get("HX-Request"):
            return Response("", 401, {"HX-Redirect": address})
        return redirect(address)
    return fault_page(400, [_("This page is out of date: load it again. Nothing was changed.")])


def _told(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect is no fault
        return Response.force_type(error.get_response())
    return fault_page(status, [str(_PLAIN.get(status, error.name))])


def _broken(error: Exception) -> Response:
    """What nobody thought of. Its message may hold anybody's text, so it stays out of the log."""
    lines = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s at %s\n%s", type(error).__name__, request.endpoint, lines)
    return fault_page(500, [str(_PLAIN[500])])
