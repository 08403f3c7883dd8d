"""The firm's choices, and its closed days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose

from custrata.admin import access, typed
from custrata.admin.faults import said
from custrata.admin.here import desk, store, zone
from custrata.admin.language import _, lazy, ngettext
from custrata.admin.page import Answer, Page
from custrata.engine.diagnostics import CustrataError
from custrata.service.registers.closed_days import (
    add_closed_days,
    closed_spans,
    remove_closed_days,
)
from custrata.service.sales.mornings import LETTER, MORNING
from custrata.service.settings import Settings, change_settings, settings
from custrata.service.work.asked import failed_jobs

_HUNDRED = 100
_TIMES = ("nightly_at", "morning_at")
_SHARES = {"alert_share": "alert_percent", "largest_share": "largest_percent"}
"""Fields of the form that show a share in percent."""
_CONSENTS = {
    "denied": lazy("All but those who refused"),
    "given": lazy("Only those who consented"),
    "off": lazy("Everyone"),
}
_UNSENT = 5
"""So many mails that could not be sent are told of."""


class FirmSettings(Page):
    """What the firm chose."""

    title = lazy("Settings")
    address = "settings"
    icon = "fa-cog"
    section = "system"
    needs = "registers"

    @expose("/")
    def index(self) -> str:
        """All choices."""
        return self._index([])

    @expose("/change", methods=("POST",))
    @access.needs("settings")
    def change(self) -> Answer:
        """Choose otherwise."""
        try:
            change_settings(
                desk(),
                request.form.get("seen"),
                four_eyes=request.form.get("four_eyes") == "1",
                nightly_at=request.form.get("nightly_at", "").strip(),
                morning_at=request.form.get("morning_at", "").strip(),
                **{name: _share(request.form.get(field, "")) for name, field in _SHARES.items()},
                **_consent(),
            )
        except CustrataError as error:
            return self._index(said(error)), 422
        flash(_("The settings are saved."), "success")
        return redirect(url_for(".index"))

    @expose("/closed-days/add", methods=("POST",))
    @access.needs("registers")
    def add(self) -> Answer:
        """Close from a day to another."""
        return self._days(_close)

    @expose("/closed-days/remove", methods=("POST",))
    @access.needs("registers")
    def remove(self) -> Answer:
        """Open again."""
        return self._days(_open)

    def _days(self, act: Callable[[], str]) -> Answer:
        try:
            told = act()
        except CustrataError as error:
            return self._index(said(error)), 422
        flash(told, "success")
        return redirect(url_for(".index"))

    def _index(self, faults: list[str]) -> str:
        with store().database.read() as session:
            chosen, days = settings(session), closed_spans(session)
            failed = failed_jobs(session, MORNING), failed_jobs(session, LETTER)
        return self.page(
            "panel/settings/index.html",
            faults=faults,
            chosen=_typed(chosen) if request.endpoint == "settings.change" else _plain(chosen),
            seen=request.form.get("seen", chosen.mark),
            spans=days[::-1],
            unsent=sorted(failed[0] + failed[1], key=lambda job: job.due_at, reverse=True)[
                :_UNSENT
            ],
            zone=zone().key,
            consents=_CONSENTS,
            typed=request.form,
        )


def _close() -> str:
    first = _day("first")
    last = _day("last") if request.form.get("last") else None
    count = add_closed_days(desk(), request.form.get("name", ""), first, last)
    return str(ngettext("%(num)s day is closed now.", "%(num)s days are closed now.", count))


def _open() -> str:
    count = remove_closed_days(desk(), _day("first"), _day("last"))
    return str(ngettext("%(num)s day is open again.", "%(num)s days are open again.", count))


def _consent() -> dict[str, str]:
    """Who is classified, where the form says so."""
    return {name: request.form[name] for name in ("consent_needed",) if name in request.form}


def _plain(chosen: Settings) -> dict[str, Any]:
    shares = {field: _percent(getattr(chosen, name)) for name, field in _SHARES.items()}
    texts = {name: getattr(chosen, name) for name in (*_TIMES, "consent_needed")}
    return {"four_eyes": chosen.four_eyes, **texts, **shares}


def _percent(share: float) -> float:
    percent = round(share * _HUNDRED, 6)
    return int(percent) if percent == int(percent) else percent


def _typed(chosen: Settings) -> dict[str, Any]:
    """What was typed and refused."""
    names = (*_TIMES, *_SHARES.values(), "consent_needed")
    given = {name: request.form.get(name, "") for name in names}
    return {**_plain(chosen), **given, "four_eyes": request.form.get("four_eyes") == "1"}


def _share(text: str) -> float | str:
    """A share of what was typed in percent; the text where it is no number."""
    try:
        return round(float(text.strip().replace(",", ".")) / _HUNDRED, 8)
    except ValueError:
        return text[:20]


def _day(name: str) -> date:
    return typed.day(request.form.get(name, ""))
